"""What of this room waits for a person: duties, messages, hidden hazards."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.acts import Actor
from chemward.apps.followup import posts
from chemward.apps.followup.models import Duty, DutyState, HazardState, HiddenHazard, MessageState, Receipt
from chemward.apps.followup.todo import MOST, Todo, provider


@provider("followup.duties")
def duties(actor: Actor, now: datetime) -> list[Todo]:
    """Duties owed by the posts that the actor holds or stands in for, and those that climbed to one of them."""
    held = list(posts.held_by(actor.user, now)) if actor.user else []
    rows = Duty.objects.filter(Q(post__in=held) | Q(escalated_to__in=held), state=DutyState.OWED).select_related("post")
    return [
        Todo(
            "duty",
            _("Duty"),
            str(d.uuid),
            d.title,
            f"{d.post} · {d.subject_label}" if d.subject_label else str(d.post),
            reverse("followup:duty", args=[d.uuid]),
            d.assigned_at,
            d.due_at,
            d.level,
            _("Do it"),
        )
        for d in rows.order_by("due_at")[:MOST]
    ]


@provider("followup.messages")
def messages(actor: Actor, now: datetime) -> list[Todo]:
    """Messages that wait to be handled. What a duty or a hazard of the list says already is not said twice."""
    rows = Receipt.objects.filter(user=actor.user, message__state=MessageState.OPEN).select_related("message__organisation")
    rows = rows.exclude(message__topic__in=("duty", "hazard"))
    return [
        Todo(
            "message",
            r.message.get_message_class_display(),
            str(r.message.uuid),
            r.message.title,
            r.message.subject_label or str(r.message.organisation),
            reverse("followup:message", args=[r.message.uuid]),
            r.received_at,
            r.message.due_at,
            r.message.level,
            _("Handle"),
        )
        for r in rows.order_by("-received_at")[:MOST]
    ]


@provider("followup.hazards")
def hazards(actor: Actor, now: datetime) -> list[Todo]:
    """Hidden hazards to be assigned, rectified, accepted, or given more time, by the actor."""
    scope, user = actor.scope, actor.user
    held = list(posts.held_by(user, now)) if user else []
    found = scope.filter(HiddenHazard.objects.filter(state=HazardState.FOUND), "hazard.assign")
    mine = HiddenHazard.objects.filter(state__in=(HazardState.ASSIGNED, HazardState.RETURNED), post__in=held)
    given = scope.filter(HiddenHazard.objects.filter(state=HazardState.SUBMITTED), "hazard.accept").exclude(submitted_by=user)
    wishes = scope.filter(HiddenHazard.objects.filter(extensions__decided_at=None, extensions__isnull=False), "hazard.accept")
    wishes = wishes.exclude(extensions__asked_by=user).filter(state__in=(HazardState.ASSIGNED, HazardState.RETURNED))
    entries: dict[int, Todo] = {}
    for rows, verb in ((found, _("Assign")), (mine, _("Rectify")), (given, _("Accept")), (wishes, _("Decide on more time"))):
        for h in rows.select_related("organisation").order_by("due_at", "id")[:MOST]:
            entries.setdefault(
                h.pk,
                Todo(
                    "hazard",
                    _("Hidden hazard"),
                    str(h.uuid),
                    h.title,
                    f"{h.organisation} · {h.number}",
                    reverse("followup:hazard", args=[h.uuid]),
                    h.found_at,
                    h.due_at,
                    1 if h.level == "major" else None,
                    verb,
                ),
            )
    return list(entries.values())
