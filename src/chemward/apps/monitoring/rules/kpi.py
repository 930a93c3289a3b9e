"""Alarm performance from what was raised, cleared and acknowledged: ISA-18.2 / IEC 62682 (GB/T 41261) and EEMUA 191.

A flood begins when ten or more alarms are raised within ten minutes and ends when fewer than five are. Chattering: three times or more
within a minute. Fleeting: gone by itself within a minute. Stale: there for more than 24 h.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

MINUTE_MS = 60_000
TEN_MINUTES_MS = 600_000
DAY_MS = 86_400_000
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
CHATTERS = 3


@dataclass(frozen=True)
class Happened:
    """One alarm for the figures [ms]. key: which alarm it is. announced_ms: when people were told, None when nobody was."""

    key: Hashable
    priority: int
    raised_ms: int
    cleared_ms: int | None = None
    announced_ms: int | None = None
    acked_ms: int | None = None


@dataclass(frozen=True)
class Figures:
    """Performance of a span. Times in seconds, None where there is nothing to measure."""

    raised: int
    ten_minutes: tuple[int, ...]
    by_priority: dict[int, int]
    flood_s: float
    chattering: int
    fleeting: int
    stale: int
    acked: int
    ack_median_s: float | None
    top: tuple[tuple[Hashable, int], ...]


def figures(alarms: Iterable[Happened], from_ms: int, to_ms: int) -> Figures:
    """Figures of [from_ms, to_ms) from alarms raised in it, in the ten minutes before it, or still there."""
    every = sorted(alarms, key=lambda a: a.raised_ms)
    inside = [a for a in every if from_ms <= a.raised_ms < to_ms]
    waited = [(a.acked_ms - a.announced_ms) / 1000 for a in inside if a.acked_ms is not None and a.announced_ms is not None]
    counted = Counter(a.key for a in inside)
    return Figures(
        raised=len(inside),
        ten_minutes=periods([a.raised_ms for a in inside], from_ms, to_ms),
        by_priority=dict(Counter(a.priority for a in inside)),
        flood_s=flood_ms([a.raised_ms for a in every], from_ms, to_ms) / 1000,
        chattering=sum(_chatters([a.raised_ms for a in inside if a.key == key]) for key, n in counted.items() if n >= CHATTERS),
        fleeting=sum(a.cleared_ms is not None and a.cleared_ms - a.raised_ms <= MINUTE_MS and a.acked_ms is None for a in inside),
        stale=sum(a.raised_ms < to_ms - DAY_MS and (a.cleared_ms is None or a.cleared_ms >= to_ms) for a in every),
        acked=len(waited),
        ack_median_s=median(waited) if waited else None,
        top=tuple(counted.most_common(10)),
    )


def periods(raised_ms: Sequence[int], from_ms: int, to_ms: int) -> tuple[int, ...]:
    """Alarms in each ten minutes of the span.

    >>> periods([0, 599_999, 600_000], 0, 1_200_000)
    (2, 1)
    """
    counts = [0] * -(-(to_ms - from_ms) // TEN_MINUTES_MS)
    for at in raised_ms:
        counts[(at - from_ms) // TEN_MINUTES_MS] += 1
    return tuple(counts)


def flood_ms(raised_ms: Sequence[int], from_ms: int, to_ms: int) -> int:
    """How long of the span was a flood [ms]. raised_ms sorted; those before the span begin count for the ten minutes before it."""
    moments = sorted({from_ms, to_ms, *raised_ms, *(t + TEN_MINUTES_MS for t in raised_ms)})
    is_flood, began, total = False, 0, 0
    for at in (m for m in moments if m <= to_ms):
        recent = bisect_left(raised_ms, at + 1) - bisect_left(raised_ms, at - TEN_MINUTES_MS + 1)
        if not is_flood and recent >= FLOOD_BEGINS:
            is_flood, began = True, at
        elif is_flood and recent < FLOOD_ENDS:
            is_flood = False
            total += max(0, at - max(began, from_ms))
    return total + (max(0, to_ms - max(began, from_ms)) if is_flood else 0)


def _chatters(raised_ms: Sequence[int]) -> bool:
    return any(last - first <= MINUTE_MS for first, last in zip(raised_ms, raised_ms[CHATTERS - 1 :], strict=False))
