"""What people do about alarms: acknowledge, take it back, reset, answer, urge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.followup.actions import messages
from chemward.apps.monitoring.actions.common import need_text
from chemward.apps.monitoring.condition import by_path
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmResponse, Outcome
from chemward.apps.monitoring.rules.state import PARK, Party, condition_of, is_open, ms, obligations_of, parties_acting
from chemward.telemetry.bus import subjects
from chemward.telemetry.engine.state import IsaState, Verb, allowed, isa_state

# Alarms acknowledged in one transaction: it is over in 20 ms, whoever else waits to write.
CHUNK = 100
# SQLite takes 32,766 parameters in a statement.
LOOKUP = 5_000
UNDO = timedelta(seconds=10)
MOST = 20_000
LOOKED_AT = (
    "uuid",
    "organisation_id",
    "org_path",
    "code",
    "title",
    "raised_at",
    "worsened_at",
    "annunciated_at",
    "cleared_at",
    "cleared_by",
    "is_late",
    "is_latched",
    "is_suppressed",
    "is_out_of_service",
    "shelved_until",
    "reset_at",
    "park_acked_at",
    "park_acked_by_id",
    "enterprise_acked_at",
    "enterprise_acked_by_id",
)


@dataclass(frozen=True)
class Seen:
    """An alarm as it stood on the screen of who acts. seen_ms: moment of what was shown (server clock, ms); None: not told."""

    id: UUID
    seen_ms: int | None = None


@dataclass(frozen=True)
class Outcomes:
    """What came of a bulk act, by id: done now, in that state already, turned for the worse since it was shown, not there."""

    done: list[UUID] = field(default_factory=list)
    already: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    not_found: list[UUID] = field(default_factory=list)

    def add(self, other: Outcomes) -> None:
        self.done.extend(other.done)
        self.already.extend(other.already)
        self.changed.extend(other.changed)
        self.not_found.extend(other.not_found)


def acknowledge(actor: Actor, seen: Sequence[Seen], *, now: datetime) -> Outcomes:
    """Acknowledge alarms that were shown, each audited, for the park or the enterprise, as whom the actor acts there.

    An alarm that turned for the worse after it was shown (raised from suppression) is left and listed in `changed`. Repeated it does
    nothing. NotFound when none of them is in scope, NotPermitted when one may not be acknowledged: then none is.
    """
    return _in_chunks(actor, "alarm.acknowledge", seen, _acknowledge, now)


def undo_acknowledge(actor: Actor, ids: Sequence[UUID], *, now: datetime) -> Outcomes:
    """Take back one's own acknowledgement within ten seconds. What is older or another's is listed in `changed`."""
    return _in_chunks(actor, "alarm.acknowledge", [Seen(i) for i in ids], _undo, now)


def reset(actor: Actor, ids: Sequence[UUID], *, now: datetime) -> Outcomes:
    """Reset latched alarms whose condition is gone and that are acknowledged. Others are listed in `changed`."""
    return _in_chunks(actor, "alarm.acknowledge", [Seen(i) for i in ids], _reset, now)


def respond(
    actor: Actor, uuid: UUID, *, cause: str, measure: str, verdict: str, acknowledges: bool = True, now: datetime
) -> AlarmResponse:
    """The enterprise's answer: cause, measure and verdict. With `acknowledges` it acknowledges in the same act.

    The same answer again is harmless; another answer is refused with WrongState.
    """
    words = {"cause": need_text("cause", cause), "measure": need_text("measure", measure), "verdict": verdict}
    if verdict not in Outcome.values:
        raise Invalid(Fault("verdict", _("There is no such verdict."), ", ".join(Outcome.values)))
    with act(actor, "alarm.respond", now=now) as a:
        row = a.get(_rows(), "alarm.respond", uuid=uuid)
        answer = AlarmResponse.objects.select_for_update().filter(occurrence=row).first()
        if answer is not None and answer.answered_at is not None:
            if all(getattr(answer, k) == v for k, v in words.items()):
                return answer
            raise WrongState(_("This alarm is answered already."), remedy=_("Report what is new as a hidden hazard."))
        if answer is None:
            # Its priority owes no answer: what is volunteered is due when it comes.
            opened_at = row.annunciated_at or row.raised_at
            answer = AlarmResponse(organisation=row.organisation, occurrence=row, opened_at=opened_at, due_at=now)
        for name, value in words.items():
            setattr(answer, name, value)
        answer.answered_at, answer.answered_by = now, actor.user
        answer.save()
        fields = {"outcome": verdict, "updated_at": now}
        if acknowledges and not row.is_late:
            fields |= _acked_fields(actor, [p for p in _parties(actor, row) if _acked_at(row, p) is None], now)
        _write(a, [row], fields)
        a.record(row, {k: ("", v) for k, v in words.items()})
        messages.conclude(actor, f"alarm:{row.uuid}", now=now)
        _announce(a, "respond", [row], {**_told(fields), "answered_ms": ms(now), "due_ms": ms(answer.due_at)})
        return answer


def urge(actor: Actor, ids: Sequence[UUID], note: str = "", *, now: datetime) -> int:
    """The park urges enterprises that owe an answer. Returns how many were urged; answered ones are left alone."""
    _need_permission(actor, "alarm.urge", ids, now)
    with act(actor, "alarm.urge", now=now) as a:
        answers = AlarmResponse.objects.select_for_update(of=("self",)).filter(occurrence__uuid__in=list(ids), answered_at=None)
        rows = {x.occurrence_id: x for x in answers.select_related("occurrence")}
        AlarmResponse.objects.filter(pk__in=[x.pk for x in rows.values()]).update(
            urge_count=F("urge_count") + 1, urged_at=now, urged_by=actor.user, version=F("version") + 1, updated_at=now
        )
        for answer in rows.values():
            a.record(answer.occurrence, {"urge_count": (answer.urge_count, answer.urge_count + 1)}, reason=note)
        _announce(a, "urge", [x.occurrence for x in rows.values()], {"urged_ms": ms(now), "urged_by": actor.name, "note": note})
        return len(rows)


# -- parts --------------------------------------------------------------------------------------------------------------


def _in_chunks(actor: Actor, capability: str, seen: Sequence[Seen], step: Any, now: datetime) -> Outcomes:
    if len(seen) > MOST:
        raise Invalid(Fault("ids", _("Too many at once."), _("At most %(most)s.") % {"most": MOST}))
    unique = list({s.id: s for s in seen}.values())
    _need_permission(actor, capability, [s.id for s in unique], now)
    total = Outcomes()
    for start in range(0, len(unique), CHUNK):
        chunk = {s.id: s for s in unique[start : start + CHUNK]}
        with act(actor, capability, now=now) as a:
            found = {r.uuid: r for r in _rows().select_for_update(of=("self",)).filter(uuid__in=list(chunk))}
            visible = {i: r for i, r in found.items() if actor.scope.allows(capability, r.org_path)}
            outcomes = step(a, visible, chunk)
            outcomes.not_found.extend(i for i in chunk if i not in visible)
        total.add(outcomes)
    return total


def _rows() -> QuerySet[AlarmOccurrence]:
    """Rows with what acts look at and nothing more: of ten thousand, every column counts."""
    return AlarmOccurrence.objects.only(*LOOKED_AT).annotate(organisation_kind=F("organisation__kind"))


def _need_permission(actor: Actor, capability: str, ids: Sequence[UUID], now: datetime) -> None:
    """Refuse the whole before anything is written, when one of them is seen but may not be acted on, or none is there."""
    paths: set[str] = set()
    for start in range(0, len(ids), LOOKUP):
        rows = AlarmOccurrence.objects.filter(uuid__in=list(ids[start : start + LOOKUP])).order_by()
        paths.update(rows.values_list("org_path", flat=True).distinct())
    visible = [p for p in paths if actor.scope.sees(p)]
    if not visible:
        raise NotFound(_("Not found."))
    if not all(actor.scope.allows(capability, p) for p in visible):
        raise NotPermitted(_("Your role may not do this here."), remedy=_("Ask somebody whose role allows it."))


def _parties(actor: Actor, row: AlarmOccurrence) -> tuple[Party, ...]:
    return parties_acting(actor.scope, row.org_path, row.organisation_kind)  # type: ignore[attr-defined]


def _acked_at(row: AlarmOccurrence, party: Party) -> datetime | None:
    return row.park_acked_at if party == PARK else row.enterprise_acked_at


def _acked_fields(actor: Actor, parties: Iterable[Party], at: datetime | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for party in parties:
        fields |= {f"{party}_acked_at": at, f"{party}_acked_by": actor.user if at else None}
    return fields


def _acknowledge(a: Act, found: Mapping[UUID, AlarmOccurrence], seen: Mapping[UUID, Seen]) -> Outcomes:
    outcomes, groups = Outcomes(), {}
    for uuid, row in found.items():
        shown_ms = seen[uuid].seen_ms
        owing = tuple(p for p in _parties(a.actor, row) if _acked_at(row, p) is None)
        if not owing or row.is_late:
            outcomes.already.append(uuid)
        elif shown_ms is not None and shown_ms < (ms(row.worsened_at) or 0):
            outcomes.changed.append(uuid)
        else:
            outcomes.done.append(uuid)
            groups.setdefault(owing, []).append(row)
    for parties, rows in groups.items():
        fields = _acked_fields(a.actor, parties, a.now)
        _write(a, rows, fields)
        for row in rows:
            a.record(row, {f"{p}_acked_at": (None, a.now) for p in parties})
        _announce(a, "acknowledge", rows, _told(fields))
    return outcomes


def _undo(a: Act, found: Mapping[UUID, AlarmOccurrence], _seen: Mapping[UUID, Seen]) -> Outcomes:
    outcomes, groups = Outcomes(), {}
    for uuid, row in found.items():
        acked = [p for p in _parties(a.actor, row) if _acked_at(row, p) is not None]
        own = tuple(p for p in acked if _is_own_and_fresh(a, row, p))
        if not acked:
            outcomes.already.append(uuid)
        elif not own:
            outcomes.changed.append(uuid)
        else:
            outcomes.done.append(uuid)
            groups.setdefault(own, []).append(row)
    for parties, rows in groups.items():
        before = {r.pk: {p: _acked_at(r, p) for p in parties} for r in rows}
        fields = _acked_fields(a.actor, parties, None)
        _write(a, rows, fields)
        for row in rows:
            a.record(row, {f"{p}_acked_at": (before[row.pk][p], None) for p in parties}, verb="alarm.undo_acknowledge")
        _announce(a, "undo_acknowledge", rows, _told(fields))
    return outcomes


def _is_own_and_fresh(a: Act, row: AlarmOccurrence, party: Party) -> bool:
    by = row.park_acked_by_id if party == PARK else row.enterprise_acked_by_id
    at = _acked_at(row, party)
    return a.actor.user is not None and by == a.actor.user.pk and at is not None and a.now - at <= UNDO


def _reset(a: Act, found: Mapping[UUID, AlarmOccurrence], _seen: Mapping[UUID, Seen]) -> Outcomes:
    outcomes, rows = Outcomes(), []
    for uuid, row in found.items():
        if row.reset_at is not None:
            outcomes.already.append(uuid)
        elif allowed(_latched_state(a, row), Verb.RESET):
            outcomes.done.append(uuid)
            rows.append(row)
        else:
            outcomes.changed.append(uuid)
    fields = {"reset_at": a.now, "reset_by": a.actor.user}
    _write(a, rows, fields)
    for row in rows:
        a.record(row, {"reset_at": (None, a.now)}, verb="alarm.reset")
    _announce(a, "reset", rows, _told(fields))
    return outcomes


def _latched_state(a: Act, row: AlarmOccurrence) -> IsaState:
    return isa_state(condition_of(row), obligations_of(row, _parties(a.actor, row)[0]), ms(a.now) or 0)


def _write(a: Act, rows: Sequence[AlarmOccurrence], fields: Mapping[str, Any]) -> None:
    """Put the same fields on all rows, with what follows for the consoles: at most two statements."""
    for row in rows:
        for name, value in fields.items():
            setattr(row, name, value)
    for stays in (True, False):
        same = [r.pk for r in rows if is_open(r) is stays]
        if same:
            AlarmOccurrence.objects.filter(pk__in=same).update(
                **{**fields, "is_open": stays, "updated_at": a.now, "version": F("version") + 1}
            )


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a row as boards hold them: moments as `…_ms`, people by name."""
    told: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "updated_at":
            continue
        if name.endswith("_at"):
            told[f"{name[:-3]}_ms"] = ms(value)
        elif name.endswith("_by"):
            told[name] = "" if value is None else value.display_name
        else:
            told[name] = value
    return told


def _announce(a: Act, verb: str, rows: Iterable[AlarmOccurrence], fields: Mapping[str, Any]) -> None:
    """`ev.act.alarm.<verb>`, one message a place: `{org_path, at_ms, by, ids, fields}`."""
    for path, there in by_path(rows).items():
        body = {
            "org_path": path,
            "at_ms": ms(a.now),
            "by": a.actor.name,
            "ids": [str(r.uuid) for r in there],
            "fields": dict(fields),
        }
        a.announce(subjects.act_event("alarm", verb), body)
