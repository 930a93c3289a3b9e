"""Laying down who gets which messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.followup import receivers
from chemward.apps.followup.actions.common import need, organisation_at
from chemward.apps.followup.models import MessageClass, MessageRule

KEPT = ("name", "steps", "handle_within_s")


def lay_down(
    actor: Actor,
    org_path: str,
    topic: str,
    message_class: str,
    *,
    name: str,
    steps: list[dict[str, Any]],
    handle_within_s: int | None,
    now: datetime,
) -> MessageRule:
    """Make or replace the rule of an organisation for a topic (`*` for all) and class."""
    with act(actor, "message_rule.lay_down", now=now) as a:
        a.permit("message.configure", org_path)
        label = need("name", name, _("Give it a name."))
        if message_class not in MessageClass.values:
            raise Invalid(Fault("message_class", _("Choose reminder, warning or alarm."), ", ".join(MessageClass.values)))
        receivers.check_steps(steps)
        place = organisation_at(org_path)
        row = MessageRule.objects.filter(organisation=place, topic=topic, message_class=message_class).first()
        before = {name: getattr(row, name) for name in KEPT} if row and row.is_active else dict.fromkeys(KEPT)
        row = row or MessageRule(organisation=place, topic=topic, message_class=message_class)
        row.name, row.steps, row.handle_within_s = label, sorted(steps, key=lambda s: s["after_s"]), handle_within_s
        row.is_active, row.deleted_at = True, None
        row.save()
        if differing := {name: (before[name], getattr(row, name)) for name in KEPT if before[name] != getattr(row, name)}:
            a.record(row, differing)
        return row


def drop(actor: Actor, uuid: UUID, *, now: datetime) -> MessageRule:
    """The rules above, or the defaults, hold again."""
    with act(actor, "message_rule.drop", now=now) as a:
        row = a.get(MessageRule.objects.filter(deleted_at=None), "message.configure", uuid=uuid)
        row.is_active, row.deleted_at = False, now
        row.save()
        a.record(row, {"is_active": (True, False)})
        return row
