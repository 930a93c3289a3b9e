"""One occurrence from its events, whatever order they come in and however often.

`merge` is commutative, associative and idempotent (a join of a semilattice): the raise is the raise, the end is the earliest end, the
turns of suppression are a set. So a stream read again from anywhere gives the same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Interval = tuple[int, int | None]

RAISED = "raised"
CLOSING = ("cleared", "config_removed")
TURNING = ("suppressed", "unsuppressed")


@dataclass(frozen=True, order=True)
class Turn:
    """Suppression by design began or ended at `at_ms`."""

    at_ms: int
    step: int
    is_suppressed: bool
    reason: str = ""


@dataclass(frozen=True, order=True)
class End:
    """The end of an occurrence: `kind` is "cleared" or "config_removed"."""

    at_ms: int
    kind: str
    value: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Facts:
    """What is known of one occurrence. raised_ms None: the raise has not come yet; first_ms: earliest event seen."""

    first_ms: int
    raised_ms: int | None = None
    raise_value: float | None = None
    end: End | None = None
    turns: tuple[Turn, ...] = ()

    @property
    def begin_ms(self) -> int:
        return self.first_ms if self.raised_ms is None else self.raised_ms

    @property
    def is_suppressed(self) -> bool:
        """Suppressed by design now: an ended occurrence is not."""
        return self.end is None and bool(self.turns) and self.turns[-1].is_suppressed

    @property
    def suppressed_reason(self) -> str:
        return self.turns[-1].reason if self.is_suppressed else ""

    @property
    def worsened_ms(self) -> int:
        """Newest turn for the worse: the raise, or the end of a suppression."""
        return max([self.begin_ms, *(t.at_ms for t in self.turns if not t.is_suppressed)])

    def suppressed_intervals(self) -> list[Interval]:
        """[from, to) in which it was suppressed by design; `to` None: still."""
        intervals: list[Interval] = []
        since: int | None = None
        for turn in self.turns:
            if turn.is_suppressed and since is None:
                since = turn.at_ms
            elif not turn.is_suppressed and since is not None:
                intervals.append((since, turn.at_ms))
                since = None
        return [*intervals, (since, None)] if since is not None else intervals


def facts_of_event(body: Mapping[str, Any]) -> Facts:
    """What one event alone says. KeyError names a missing field, ValueError an unknown kind."""
    kind, at_ms, step = body["kind"], int(body["at_ms"]), int(body.get("step", 0))
    reason = body.get("reason", "")
    if kind == RAISED:
        turns = (Turn(at_ms, step, True, reason),) if body.get("suppressed") else ()
        return Facts(at_ms, at_ms, body.get("value"), None, turns)
    if kind in CLOSING:
        return Facts(at_ms, end=End(at_ms, kind, body.get("value")))
    if kind in TURNING:
        return Facts(at_ms, turns=(Turn(at_ms, step, kind == "suppressed", reason if kind == "suppressed" else ""),))
    raise ValueError(f"kind: {kind!r} is not a change of an alarm")


def merge(one: Facts, other: Facts) -> Facts:
    """Both sets of facts together."""
    raised = one if one.raised_ms is not None else other
    ends = [f.end for f in (one, other) if f.end is not None]
    return Facts(
        first_ms=min(one.first_ms, other.first_ms),
        raised_ms=raised.raised_ms,
        raise_value=raised.raise_value,
        end=min(ends) if ends else None,
        turns=tuple(sorted({*one.turns, *other.turns})),
    )


def announced_ms(facts: Facts, silences: Iterable[Interval]) -> int | None:
    """When people were first told: the first moment from the raise on that is in no suppression and no silence.

    None when there is none before the end (or none yet). silences: [from, to) of shelving and out of service of the alarm.
    """
    intervals = sorted([*facts.suppressed_intervals(), *silences], key=lambda i: i[0])
    at_ms = facts.begin_ms
    for start, stop in intervals:
        if start <= at_ms and (stop is None or at_ms < stop):
            if stop is None:
                return None
            at_ms = stop
    return None if facts.end is not None and facts.end.at_ms <= at_ms and at_ms > facts.begin_ms else at_ms
