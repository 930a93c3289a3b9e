"""Addresses of the platform core."""

from django.conf import settings
from django.urls import path

from chemward.apps.core.register import views as register_views
from chemward.apps.core.views import account, login, people, styleguide, system, work

app_name = "core"
urlpatterns = [
    path("login", login.log_in, name="login"),
    path("logout", login.log_out, name="logout"),
    path("first-password/<str:secret>/", login.first_password, name="first-password"),
    path("wall", login.wall, name="wall"),
    path("wall/grant", login.wall_grant, name="wall-grant"),
    path("wall/leave", login.wall_leave, name="wall-leave"),
    path("place/<int:pk>", account.place, name="place"),
    path("language", account.language, name="language"),
    path("account/", account.home, name="account"),
    path("account/password", account.change_password, name="change-password"),
    path("account/second-factor", account.second_factor, name="second-factor"),
    path("account/second-factor/drop", account.drop_second_factor, name="second-factor-drop"),
    path("account/sessions/<int:pk>/end", account.end_session, name="session-end"),
    path("account/tokens/new", account.new_token, name="token-new"),
    path("account/tokens/<uuid:uuid>/revoke", account.revoke_token, name="token-revoke"),
    path("account/notification", account.preference, name="preference"),
    path("users/", people.UserList.as_view(), name="users"),
    path("users/second-factor", people.second_factors, name="second-factors"),
    path("users/second-factor/<int:pk>/lift", people.lift_second_factor, name="second-factor-lift"),
    path("users/invite", people.invite, name="user-invite"),
    path("users/<uuid:uuid>/", people.user, name="user"),
    path("users/<uuid:uuid>/<str:verb>", people.user_act, name="user-act"),
    path("posts/", people.posts, name="posts"),
    path("posts/new", people.new_post, name="post-new"),
    path("posts/<uuid:uuid>/hold", people.hold_post, name="post-hold"),
    path("organisations/", people.OrganisationList.as_view(), name="organisations"),
    path("organisations/new", people.new_organisation, name="organisation-new"),
    path("walls/", people.walls, name="walls"),
    path("walls/<uuid:uuid>/revoke", people.revoke_wall, name="wall-revoke"),
    path("audit/", people.AuditList.as_view(), name="audit"),
    path("logins/", people.LoginList.as_view(), name="logins"),
    path("usage/", people.UsageList.as_view(), name="usage"),
    path("system/", system.home, name="system"),
    path("system/dead-letters/<int:pk>/resolve", system.resolve, name="dead-letter-resolve"),
    path("jobs/", work.jobs, name="jobs"),
    path("jobs/<uuid:uuid>/", work.job, name="job"),
    path("jobs/<uuid:uuid>/result", work.job_result, name="job-result"),
    path("jobs/<uuid:uuid>/<str:verb>", work.job_act, name="job-act"),
    path("attachments/<uuid:uuid>", work.attachment, name="attachment"),
    path("registers/<str:name>/export", register_views.ExportView.as_view(), name="register-export"),
    path("registers/<str:name>/filter", register_views.SaveFilterView.as_view(), name="filter-save"),
    path("filters/<int:pk>/drop", register_views.DropFilterView.as_view(), name="filter-drop"),
    path("imports/<str:name>/", register_views.ImportView.as_view(), name="register-import"),
]
if settings.DEMO:
    urlpatterns += [
        path("styleguide", styleguide.page, name="styleguide"),
        path("styleguide/why", styleguide.why, name="styleguide-why"),
    ]
