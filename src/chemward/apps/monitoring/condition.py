"""Occurrences between the engine's facts and the database: what a row says, what follows from it, what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from chemward.apps.core.bulk import write_rows
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmResponse, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.merge import End, Facts, Interval, Turn, announced_ms
from chemward.apps.monitoring.rules.state import is_open, ms
from chemward.apps.monitoring.rules.tables import answer_rule

# What the listener may write; everything else of a row belongs to acts.
CONDITION_FIELDS = (
    "has_raise",
    "raised_at",
    "raise_value",
    "cleared_at",
    "clear_value",
    "cleared_by",
    "suppressions",
    "is_suppressed",
    "suppressed_reason",
    "worsened_at",
    "annunciated_at",
    "is_late",
    "is_open",
    "shelved_until",
    "shelved_by",
    "shelf_reason",
    "is_out_of_service",
    "title",
    "code",
    "type",
    "priority",
    "level",
    "unit",
    "limit",
)


def moment(at_ms: int) -> datetime:
    """The moment of epoch milliseconds.

    Exact: the float way would lose a microsecond now and then, and with it the equality of a moment with itself.
    """
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def facts_of(row: AlarmOccurrence) -> Facts:
    """What a row knows of the engine's events."""
    began = ms(row.raised_at) or 0
    cleared = ms(row.cleared_at)
    return Facts(
        first_ms=began,
        raised_ms=began if row.has_raise else None,
        raise_value=row.raise_value,
        end=None if cleared is None else End(cleared, row.cleared_by, row.clear_value),
        turns=tuple(Turn(*turn) for turn in row.suppressions),
    )


def put_facts(row: AlarmOccurrence, facts: Facts) -> None:
    """Write what the events say onto a row."""
    row.has_raise, row.raised_at, row.raise_value = facts.raised_ms is not None, moment(facts.begin_ms), facts.raise_value
    row.cleared_at = None if facts.end is None else moment(facts.end.at_ms)
    row.cleared_by = "" if facts.end is None else facts.end.kind
    row.clear_value = None if facts.end is None else facts.end.value
    row.suppressions = [[t.at_ms, t.step, t.is_suppressed, t.reason] for t in facts.turns]
    row.is_suppressed, row.suppressed_reason = facts.is_suppressed, facts.suppressed_reason[:200]
    row.worsened_at = moment(facts.worsened_ms)


def silences_of(definitions: Iterable[int], since: datetime | None = None) -> dict[int, list[Silence]]:
    """Silences by act (shelved, out of service) that are in force, or ended after `since`, by definition: one query."""
    rows = Silence.objects.filter(definition__in=set(definitions)).exclude(kind=SilenceKind.SUPPRESSED).exclude(starts_at=None)
    rows = rows.filter(state__in=(SilenceState.IN_FORCE, SilenceState.ENDED)).select_related("requested_by")
    found: dict[int, list[Silence]] = {}
    for row in rows:
        if row.state == SilenceState.IN_FORCE or (since is not None and row.ended_at is not None and row.ended_at > since):
            found.setdefault(row.definition_id, []).append(row)
    return found


def intervals(silences: Iterable[Silence]) -> list[Interval]:
    """[from, to) of silences. One in force has no end yet, even when its time is nearly over: its end is an act of its own."""
    return [(ms(s.starts_at) or 0, ms(s.ended_at)) for s in silences]


def settle(row: AlarmOccurrence, silences: Sequence[Silence]) -> None:
    """Write onto a row what follows from its facts, its acknowledgements and the silences of its alarm."""
    announced = None if row.is_late else announced_ms(facts_of(row), intervals(silences))
    row.annunciated_at = None if announced is None else moment(announced)
    shelf = next((s for s in silences if s.kind == SilenceKind.SHELVED and s.state == SilenceState.IN_FORCE), None)
    row.shelved_until = shelf.until if shelf else None
    row.shelved_by = shelf.requested_by if shelf else None
    row.shelf_reason = shelf.reason[:200] if shelf else ""
    row.is_out_of_service = any(s.kind == SilenceKind.OUT_OF_SERVICE and s.state == SilenceState.IN_FORCE for s in silences)
    row.is_open = is_open(row)


def keep_answers(rows: Iterable[AlarmOccurrence]) -> list[AlarmOccurrence]:
    """Open what the enterprise owes for announced alarms, move its due time, take back what was opened for an alarm that nobody was told of.

    Returns the occurrences that owe an answer since now. At most four queries, whatever the number of rows.
    """
    stored = [r for r in rows if r.pk is not None]
    kept = {a.occurrence_id: a for a in AlarmResponse.objects.filter(occurrence__in=[r.pk for r in stored])}
    anew, moved, gone = [], [], []
    for row in stored:
        answer, due_at = kept.get(row.pk), due_of(row)
        if answer is None and due_at is not None:
            anew.append(row)
        elif answer is not None and answer.answered_at is None and due_at is None:
            gone.append(answer.pk)
        elif answer is not None and answer.answered_at is None and answer.due_at != due_at:
            answer.opened_at, answer.due_at = row.annunciated_at, due_at
            moved.append(answer)
    AlarmResponse.objects.bulk_create([_answer(r) for r in anew], ignore_conflicts=True, batch_size=200)
    write_rows(moved, ["opened_at", "due_at"])
    if gone:
        AlarmResponse.objects.filter(pk__in=gone).delete()
    return anew


def due_of(row: AlarmOccurrence) -> datetime | None:
    """When the answer is due, None when none is owed (not announced, or its priority owes none)."""
    allowed_ms = answer_rule().due_ms(row.priority)
    if allowed_ms is None or row.annunciated_at is None or row.is_late:
        return None
    return row.annunciated_at + timedelta(milliseconds=allowed_ms)


def _answer(row: AlarmOccurrence) -> AlarmResponse:
    due_at = due_of(row)
    assert due_at is not None
    return AlarmResponse(
        organisation_id=row.organisation_id,
        org_path=row.org_path,
        occurrence=row,
        opened_at=row.annunciated_at,
        due_at=due_at,
        source="platform",
    )


def by_path(rows: Iterable[AlarmOccurrence]) -> Mapping[str, list[AlarmOccurrence]]:
    """Rows by organisation path: an announcement is for one place, so that streams can be cut by scope."""
    grouped: dict[str, list[AlarmOccurrence]] = {}
    for row in rows:
        grouped.setdefault(row.org_path, []).append(row)
    return grouped
