"""Addresses of the follow-up room."""

from django.urls import path

from chemward.apps.followup.views import duties, hazards, message_rules, messages, rest

app_name = "followup"
urlpatterns = [
    path("todo/", duties.mine, name="todo"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/new", messages.new, name="message-new"),
    path("messages/read", messages.read_all, name="messages-read"),
    path("messages/<uuid:uuid>/", messages.message, name="message"),
    path("messages/<uuid:uuid>/<slug:verb>", messages.message, name="message-act"),
    path("channels/", messages.channel_list, name="channels"),
    path("channels/new", messages.new_channel, name="channel-new"),
    path("channels/<uuid:uuid>/<slug:verb>", messages.channel_act, name="channel-act"),
    path("message-rules/", message_rules.listed, name="message-rules"),
    path("message-rules/new", message_rules.new, name="message-rule-new"),
    path("message-rules/<uuid:uuid>/", message_rules.edit, name="message-rule"),
    path("message-rules/<uuid:uuid>/drop", message_rules.drop, name="message-rule-drop"),
    path("findings/", rest.FindingList.as_view(), name="findings"),
    path("findings/<uuid:uuid>/", rest.finding, name="finding"),
    path("findings/<uuid:uuid>/<slug:verb>", rest.finding, name="finding-act"),
    path("hazards/", hazards.HazardList.as_view(), name="hazards"),
    path("hazards/new", hazards.new, name="hazard-new"),
    path("hazards/<uuid:uuid>/", hazards.hazard, name="hazard"),
    path("hazards/<uuid:uuid>/<slug:verb>", hazards.hazard, name="hazard-act"),
    path("duties/", duties.DutyList.as_view(), name="duties"),
    path("duties/new", duties.new, name="duty-new"),
    path("duties/<uuid:uuid>/", duties.duty, name="duty"),
    path("duties/<uuid:uuid>/<slug:verb>", duties.duty, name="duty-act"),
    path("restrictions/", rest.RestrictionList.as_view(), name="restrictions"),
    path("restrictions/new", rest.new_restriction, name="restriction-new"),
    path("restrictions/<uuid:uuid>/", rest.restriction, name="restriction"),
    path("restrictions/<uuid:uuid>/<slug:verb>", rest.restriction, name="restriction-act"),
    path("exemptions/<uuid:uuid>/revoke", rest.revoke_exemption, name="exemption-revoke"),
    path("verdicts/", rest.VerdictList.as_view(), name="verdicts"),
    path("why/<uuid:uuid>/", rest.why, name="verdict"),
]
