"""Ending alarms and tags for good. What they were, and what happened to them, stays; the engine hears of them no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import WrongState
from chemward.apps.monitoring.actions import limits, silences
from chemward.apps.monitoring.actions.common import need_text
from chemward.apps.monitoring.actions.config import announce_pages
from chemward.apps.monitoring.models import AlarmDefinition, Tag
from chemward.telemetry.engine import config

CODE_LENGTH = 64


def end_alarm(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> AlarmDefinition:
    """End an alarm: it is judged no more within two seconds, an occurrence that stands is closed as "definition removed".

    An alarm that is in use guards something: ending it asks for the right to approve limits. One that was never in force, or that an
    approved change took out of use, is ended by whoever keeps the tags.
    """
    words = need_text("reason", reason, _("Say why it is ended."))
    with act(actor, "alarm_definition.end", now=now) as a:
        rows = AlarmDefinition.objects.filter(deleted_at=None)
        row = a.get(rows.select_related("tag__feed__organisation", "organisation"), "alarm.view", uuid=uuid)
        a.permit(asks([row]), row.org_path)
        _end(a, [row], words)
        announce_pages(a, row.tag.feed, [row.tag.page])
        return row


def retire_tag(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Tag:
    """End a tag with all its alarms. Its values and alarms of the past stay; its code is free, so a device that still sends it shows up
    among the unknown tags.

    WrongState names the alarms of other tags that are compared with it or suppressed by it.
    """
    words = need_text("reason", reason, _("Say why it is ended."))
    with act(actor, "tag.retire", now=now) as a:
        rows = Tag.objects.filter(deleted_at=None).select_related("feed__organisation", "organisation")
        tag = a.get(rows, "tag.view", uuid=uuid)
        alarms = list(AlarmDefinition.objects.filter(tag=tag, deleted_at=None).select_related("tag", "organisation"))
        a.permit(asks(alarms), tag.org_path)
        if leaning := referring(tag):
            titles = "、".join(f"{d.tag.code} {d.title}" for d in leaning[:5])
            raise WrongState(
                _("Other alarms depend on this tag: %(titles)s.") % {"titles": titles}, remedy=_("Change or end them first.")
            )
        _end(a, alarms, words)
        code = tag.code
        # The code belongs to whoever sends it next; the row keeps what it was called in its audit.
        tag.code = f"{code[: CODE_LENGTH - len(str(tag.pk)) - 1]}~{tag.pk}"
        tag.deleted_at, tag.is_enabled, tag.version = now, False, tag.version + 1
        tag.save()
        a.record(tag, {"deleted_at": (None, now), "code": (code, tag.code)}, reason=words)
        announce_pages(a, tag.feed, [tag.page])
        return tag


def guards(definition: AlarmDefinition) -> bool:
    """Whether the alarm is in use and was in force."""
    return definition.is_enabled and definition.in_force_since is not None


def asks(alarms: Iterable[AlarmDefinition]) -> str:
    """The right that it takes to end these alarms."""
    return "limit.approve" if any(guards(d) for d in alarms) else "tag.edit"


def referring(tag: Tag) -> list[AlarmDefinition]:
    """Alarms of other tags that are compared with this one or suppressed by its state."""
    others = AlarmDefinition.objects.filter(deleted_at=None).exclude(tag=tag).select_related("tag")
    compared = list(others.filter(reference=tag))
    # Conditions name tags by number, inside one enterprise or its park.
    kin = others.exclude(suppress=None).filter(tag__feed__organisation=tag.organisation)
    suppressed = [d for d in kin if tag.n in config.condition_tags(msgspec.convert(d.suppress, config.Condition))]
    return compared + [d for d in suppressed if d not in compared]


def _end(a: Act, alarms: Sequence[AlarmDefinition], reason: str) -> None:
    """Close what hangs on the alarms (silences, open proposals), then the alarms."""
    silences.end_of_ended(a, alarms, reason)
    for row in alarms:
        limits.drop_proposals(a, row, reason)
        row.deleted_at, row.is_enabled, row.version = a.now, False, row.version + 1
        row.save()
        a.record(row, {"deleted_at": (None, a.now)}, reason=reason, verb="alarm_definition.end")
