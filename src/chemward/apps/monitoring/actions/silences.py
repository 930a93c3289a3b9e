"""Silencing alarms: shelving for a time, taking out of service; with a second person where the law wants two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.bulk import write_rows
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.monitoring.actions.common import need_text
from chemward.apps.monitoring.condition import CONDITION_FIELDS, keep_answers, settle, silences_of
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.monitoring.rules.tables import silence_rule
from chemward.telemetry.bus import subjects

OPEN = (SilenceState.REQUESTED, SilenceState.IN_FORCE)
SETTLED_FIELDS = ("annunciated_at", "shelved_until", "shelved_by", "shelf_reason", "is_out_of_service", "is_open")
assert set(SETTLED_FIELDS) <= set(CONDITION_FIELDS)


def shelve(actor: Actor, definitions: Sequence[UUID], minutes: int, reason: str, *, now: datetime) -> list[Silence]:
    """Shelve alarms (by definition) for some minutes. Second-level limits at major hazards wait for a second person.

    An alarm shelved already is left as it is. Invalid when the minutes exceed the longest that the table allows.
    """
    words = need_text("reason", reason, _("Say why the alarm is shelved."))
    with act(actor, "alarm.shelve", now=now) as a:
        rows = _definitions(a, definitions, "alarm.shelve")
        for row in rows:
            _need_minutes(row, minutes)
        made = [_request(a, row, SilenceKind.SHELVED, words, minutes) for row in _unsilenced(rows, SilenceKind.SHELVED)]
        _settle(a, "shelve", made)
        return made


def shelve_occurrences(actor: Actor, ids: Sequence[UUID], minutes: int, reason: str, *, now: datetime) -> list[Silence]:
    """Shelve the alarms whose occurrences these are."""
    return shelve(actor, definitions_of(ids), minutes, reason, now=now)


def unshelve(actor: Actor, definitions: Sequence[UUID], reason: str = "", *, now: datetime) -> int:
    """Bring shelved alarms back before their time. Returns how many; what is not shelved is left alone."""
    with act(actor, "alarm.unshelve", now=now) as a:
        rows = _definitions(a, definitions, "alarm.shelve")
        return _end(a, _open(rows, SilenceKind.SHELVED), reason, "unshelve")


def take_out_of_service(actor: Actor, definition: UUID, reason: str, *, until: datetime | None = None, now: datetime) -> Silence:
    """Take an alarm out of service for maintenance, without end unless `until` is given."""
    words = need_text("reason", reason, _("Say why the alarm is taken out of service."))
    if until is not None and until <= now:
        raise Invalid(Fault("until", _("This moment has passed."), _("Choose a later one or leave it empty.")))
    with act(actor, "alarm.out_of_service", now=now) as a:
        (row,) = _definitions(a, [definition], "alarm.out_of_service")
        known = _open([row], SilenceKind.OUT_OF_SERVICE)
        if known:
            return known[0]
        made = _request(a, row, SilenceKind.OUT_OF_SERVICE, words, None, until)
        _settle(a, "out_of_service", [made])
        return made


def return_to_service(actor: Actor, definition: UUID, reason: str, *, now: datetime) -> int:
    """The work is done and tested: the alarm is in service again. Returns 0 when it was already."""
    words = need_text("reason", reason, _("Say what was done and tested."))
    with act(actor, "alarm.return_to_service", now=now) as a:
        rows = _definitions(a, [definition], "alarm.out_of_service")
        return _end(a, _open(rows, SilenceKind.OUT_OF_SERVICE), words, "return_to_service")


def approve(actor: Actor, silence: UUID, reason: str = "", *, now: datetime) -> Silence:
    """The second person agrees: the silence is in force from now. It cannot be who asked for it."""
    with act(actor, "alarm.suppress_approve", now=now) as a:
        row = _waiting(a, silence)
        if row.state == SilenceState.IN_FORCE:
            return row
        row.decided_by, row.decided_at, row.decision_reason = actor.user, now, reason
        _begin(a, row)
        row.save()
        a.record(row, {"state": (SilenceState.REQUESTED, SilenceState.IN_FORCE)}, reason=reason)
        _settle(a, "shelve" if row.kind == SilenceKind.SHELVED else "out_of_service", [row])
        return row


def reject(actor: Actor, silence: UUID, reason: str, *, now: datetime) -> Silence:
    """The second person does not agree."""
    words = need_text("reason", reason, _("Say why not."))
    with act(actor, "alarm.suppress_reject", now=now) as a:
        row = _waiting(a, silence)
        if row.state != SilenceState.REQUESTED:
            raise WrongState(_("This is in force already."), remedy=_("End it instead."))
        row.state, row.decided_by, row.decided_at, row.decision_reason = SilenceState.REJECTED, actor.user, now, words
        row.version += 1
        row.save()
        a.record(row, {"state": (SilenceState.REQUESTED, SilenceState.REJECTED)}, reason=words)
        return row


def end_due(actor: Actor, *, now: datetime) -> int:
    """End every silence whose time is over (the clock's act). Returns how many."""
    due = Silence.objects.filter(state=SilenceState.IN_FORCE, until__lte=now)
    if not due.exists():
        return 0
    with act(actor, "alarm.unshelve", now=now) as a:
        rows = list(due.select_related("definition", "requested_by").select_for_update(of=("self",))[:200])
        return _end(a, rows, _("Its time is over."), "unshelve")


def end_of_ended(a: Act, definitions: Sequence[AlarmDefinition], reason: str) -> int:
    """Inside another act: end every silence, in force or asked for, of alarms that are ended. Returns how many."""
    rows = [s for kind in (SilenceKind.SHELVED, SilenceKind.OUT_OF_SERVICE) for s in _open(definitions, kind)]
    return _end(a, rows, reason, "unshelve")


def definitions_of(ids: Sequence[UUID]) -> list[UUID]:
    """Definitions of occurrences, without repeats."""
    rows = AlarmOccurrence.objects.filter(uuid__in=list(ids)).exclude(definition=None).order_by()
    return list(rows.values_list("definition__uuid", flat=True).distinct())


# -- parts --------------------------------------------------------------------------------------------------------------


def _definitions(a: Act, uuids: Sequence[UUID], capability: str) -> list[AlarmDefinition]:
    """The definitions, all permitted. NotFound when none is in scope."""
    rows = AlarmDefinition.objects.filter(uuid__in=list(uuids), deleted_at=None).select_related("organisation")
    found = [r for r in rows if a.actor.scope.sees(r.org_path)]
    if not found:
        raise NotFound(_("Not found."))
    for row in found:
        a.permit(capability, row.org_path)
    return found


def _open(rows: Iterable[AlarmDefinition], kind: str) -> list[Silence]:
    found: QuerySet[Silence] = Silence.objects.filter(definition__in=list(rows), kind=kind, state__in=OPEN)
    return list(found.select_related("definition", "requested_by").select_for_update(of=("self",)))


def _unsilenced(rows: Sequence[AlarmDefinition], kind: str) -> list[AlarmDefinition]:
    known = {s.definition_id for s in _open(rows, kind)}
    return [r for r in rows if r.pk not in known]


def _need_minutes(row: AlarmDefinition, minutes: int) -> None:
    longest = silence_rule().longest_min(row.priority, needs_second_person=row.needs_second_person)
    if not 1 <= minutes <= longest:
        fault = Fault(
            "minutes",
            _("%(alarm)s may be shelved for at most %(longest)s min.") % {"alarm": row.title, "longest": longest},
            _("Choose 1 to %(longest)s minutes, or take it out of service.") % {"longest": longest},
        )
        raise Invalid(fault)


def _request(a: Act, row: AlarmDefinition, kind: str, reason: str, minutes: int | None, until: datetime | None = None) -> Silence:
    silence = Silence(
        organisation=row.organisation,
        definition=row,
        kind=kind,
        state=SilenceState.REQUESTED,
        reason=reason,
        needs_second_person=row.needs_second_person,
        requested_by=a.actor.user,
        requested_at=a.now,
        minutes=minutes,
        until=until,
    )
    if not row.needs_second_person:
        _begin(a, silence)
    silence.save()
    a.record(row, {str(kind): (None, silence.state), "until": (None, silence.until)}, reason=reason)
    return silence


def _begin(a: Act, silence: Silence) -> None:
    silence.state, silence.starts_at = SilenceState.IN_FORCE, a.now
    silence.version += 1
    if silence.minutes is not None:
        silence.until = a.now + timedelta(minutes=silence.minutes)


def _waiting(a: Act, uuid: UUID) -> Silence:
    row = a.get(Silence.objects.select_related("definition", "organisation", "requested_by"), "alarm.suppress_approve", uuid=uuid)
    if row.requested_by_id is not None and a.actor.user is not None and row.requested_by_id == a.actor.user.pk:
        raise NotPermitted(
            _("Who asked for it cannot be the second person."), code="second_person", remedy=_("Ask a colleague who may approve.")
        )
    if row.state not in OPEN:
        raise WrongState(_("This is over: %(state)s.") % {"state": row.get_state_display()})
    return row


def _end(a: Act, rows: Sequence[Silence], reason: str, verb: str) -> int:
    for row in rows:
        before = row.state
        # A shelf ends at its time, however late the clock comes to say so.
        ended_at = a.now if row.until is None else min(a.now, row.until)
        row.state, row.ended_at, row.ended_by, row.end_reason = SilenceState.ENDED, ended_at, a.actor.user, reason
        row.version += 1
        row.save()
        a.record(row.definition, {str(row.kind): (before, SilenceState.ENDED)}, reason=reason)
    _settle(a, verb, rows)
    return len(rows)


def _settle(a: Act, verb: str, changed: Sequence[Silence]) -> None:
    """Bring the open occurrences of these alarms in line with the silences, and tell the boards.

    Message: `{org_path, at_ms, by, definitions, ids, fields}`; `definitions` because the next occurrence of a silenced alarm, which the
    database does not know yet, must appear silenced too.
    """
    in_effect = [s for s in changed if s.state != SilenceState.REQUESTED]
    definitions = {s.definition_id: s.definition for s in in_effect}
    if not definitions:
        return
    rows = list(
        AlarmOccurrence.objects.filter(definition__in=definitions, is_open=True).select_for_update(of=("self",)).order_by("id")
    )
    since = min((r.raised_at for r in rows), default=a.now)
    silences = silences_of(definitions, since)
    for row in rows:
        settle(row, silences.get(row.definition_id or 0, ()))
        row.version += 1
    write_rows(rows, [*SETTLED_FIELDS, "version"])
    keep_answers(rows)
    for silence in in_effect:
        own = [str(r.uuid) for r in rows if r.definition_id == silence.definition_id]
        body = {
            "org_path": silence.org_path,
            "at_ms": ms(a.now),
            "by": a.actor.name,
            "definitions": [str(silence.definition.uuid)],
            "ids": own,
            "fields": silence_fields(silences.get(silence.definition_id, ())),
        }
        a.announce(subjects.act_event("alarm", verb), body)


def silence_fields(silences: Iterable[Silence]) -> dict[str, Any]:
    """What silences by act mean for the rows of their alarm, as boards hold it."""
    in_force = {s.kind: s for s in silences if s.state == SilenceState.IN_FORCE}
    shelf = in_force.get(SilenceKind.SHELVED)
    return {
        "shelved_until_ms": ms(shelf.until) if shelf else None,
        "shelved_by": shelf.requested_by.display_name if shelf and shelf.requested_by else "",
        "shelf_reason": shelf.reason if shelf else "",
        "out_of_service": SilenceKind.OUT_OF_SERVICE in in_force,
    }
