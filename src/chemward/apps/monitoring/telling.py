"""Alarms as messages: the first one, and those of the clock when the answer does not come. In a flood one message tells of many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.models import Membership, Organisation, User
from chemward.apps.followup.actions import messages
from chemward.apps.followup.models import MessageClass, Subject
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmResponse
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.monitoring.rules.tables import Escalation, answer_rule
from chemward.telemetry.bus import subjects

# What one run of the clock takes: the recorder's database thread must be back for events within a fraction of a second.
LOOKED_AT = 200
MESSAGES = 12
# More alarms of one enterprise than this at once are one message.
SINGLY = 3
PLATFORM = Actor.platform("clock:alarm")


def tell(now: datetime) -> int:
    """Send the messages of alarms that owe an answer and were not told of yet. Returns how many messages went out."""
    rows = AlarmResponse.objects.filter(told_at=None).select_related("occurrence", "occurrence__definition", "organisation")
    sent = 0
    for answers in _by_organisation(rows.order_by("id")[:LOOKED_AT]):
        if sent >= MESSAGES:
            break
        with transaction.atomic():
            open_answers = [x for x in answers if x.answered_at is None]
            for group in _groups(open_answers):
                _send(group, now)
                sent += 1
            AlarmResponse.objects.filter(pk__in=[x.pk for x in answers]).update(told_at=now)
    return sent


def escalate(now: datetime) -> int:
    """Urge, then climb: each step of the rule once, for answers that are overdue. Returns how many answers climbed."""
    rule, last = answer_rule(), len(answer_rule().escalation)
    overdue = AlarmResponse.objects.filter(answered_at=None, due_at__lte=now, escalation_step__lt=last)
    climbing: list[AlarmResponse] = []
    for answer in overdue.select_related("occurrence", "organisation").order_by("due_at", "id")[:LOOKED_AT]:
        if rule.step((now - answer.due_at).total_seconds()) > answer.escalation_step:
            climbing.append(answer)
    climbed, sent = 0, 0
    for answers in _by_organisation(climbing):
        if sent >= MESSAGES:
            break
        for number in sorted({x.escalation_step for x in answers}):
            same = [x for x in answers if x.escalation_step == number]
            sent += _climb(same, number, rule.escalation[number], now)
            climbed += len(same)
    return climbed


def _climb(answers: Sequence[AlarmResponse], number: int, step: Escalation, now: datetime) -> int:
    """One step for answers of one enterprise: rows, audit, boards, message."""
    with act(PLATFORM, "alarm.escalate", now=now) as a:
        AlarmResponse.objects.filter(pk__in=[x.pk for x in answers]).update(
            escalation_step=number + 1, escalated_at=now, updated_at=now, version=F("version") + 1
        )
        for answer in answers:
            a.record(answer.occurrence, {"escalation_step": (number, number + 1)}, reason=step.name_zh)
        body = {
            "org_path": answers[0].org_path,
            "at_ms": ms(now),
            "by": PLATFORM.name,
            "ids": [str(x.occurrence.uuid) for x in answers],
            "fields": {"escalation_step": number + 1, "escalated_ms": ms(now)},
        }
        a.announce(subjects.act_event("alarm", "escalate"), body)
        groups = list(_groups(answers))
        for group in groups:
            _send_overdue(group, number, step, now)
    return len(groups)


def _by_organisation(answers: Iterable[AlarmResponse]) -> list[list[AlarmResponse]]:
    grouped: dict[int, list[AlarmResponse]] = {}
    for answer in answers:
        grouped.setdefault(answer.organisation_id, []).append(answer)
    return list(grouped.values())


def _groups(answers: Sequence[AlarmResponse]) -> list[list[AlarmResponse]]:
    """One message each, or all in one when there are many; the highest priority first."""
    ordered = sorted(answers, key=lambda x: (x.occurrence.priority, x.occurrence.raised_at))
    return [[x] for x in ordered] if len(ordered) <= SINGLY else [ordered]


def _send(group: Sequence[AlarmResponse], now: datetime) -> None:
    first = group[0]
    definition = first.occurrence.definition
    messages.send(
        PLATFORM,
        class_of(first.occurrence.priority),
        _title(group),
        _listing(group) if len(group) > 1 else (definition.guidance or definition.response if definition else ""),
        org_path=first.org_path,
        now=now,
        topic="alarm",
        subject=_subject(group),
        due_at=min(x.due_at for x in group),
        key=f"alarm:{first.occurrence.uuid}" if len(group) == 1 else f"alarms:{first.organisation_id}:{first.pk}",
        level=first.occurrence.priority,
    )


def _send_overdue(group: Sequence[AlarmResponse], number: int, step: Escalation, now: datetime) -> None:
    first = group[0]
    single = f"alarm:{first.occurrence.uuid}:overdue:{number}"
    messages.send(
        PLATFORM,
        MessageClass.WARNING,
        _("Answer overdue: %(alarm)s") % {"alarm": _title(group)},
        _listing(group),
        org_path=first.org_path,
        now=now,
        topic="alarm.overdue",
        subject=_subject(group),
        to=bearers(step.to, first.org_path) or None,
        key=single if len(group) == 1 else f"alarms:{first.organisation_id}:{first.pk}:overdue:{number}",
        level=first.occurrence.priority,
    )


def class_of(priority: int) -> str:
    """Message class of an alarm: 报警 for priorities 1 and 2, 预警 below."""
    return str(MessageClass.ALARM if priority <= 2 else MessageClass.WARNING)


def bearers(role: str, org_path: str) -> list[User]:
    """Who has a role at the organisation or above it."""
    parts = org_path.rstrip(".").split(".")
    paths = [".".join(parts[: i + 1]) + "." for i in range(len(parts))]
    rows = Membership.objects.current().filter(role=role, organisation__path__in=paths, user__is_active=True)
    return list({m.user_id: m.user for m in rows.select_related("user").order_by("id")}.values())


def _subject(group: Sequence[AlarmResponse]) -> Subject:
    if len(group) == 1:
        return Subject.of(group[0].occurrence)
    place: Organisation = group[0].organisation
    return Subject.of(place)


def _title(group: Sequence[AlarmResponse]) -> str:
    line = line_of(group[0].occurrence)
    if len(group) == 1:
        return line
    return _("%(count)s alarms, first %(alarm)s") % {"count": len(group), "alarm": line}


def _listing(group: Sequence[AlarmResponse]) -> str:
    return "\n".join(line_of(x.occurrence) for x in group[:50])


def line_of(row: AlarmOccurrence) -> str:
    """An alarm in one line: code, what it is, value with unit."""
    value = "" if row.raise_value is None else f" {row.raise_value:g} {row.unit}".rstrip()
    return f"{row.code} {row.title}{value}"
