"""How well alarms serve the operator: key figures of ISA-18.2 / IEC 62682 / GB/T 41261 clause 16, as pure functions.

Columns are NumPy arrays of equal length, one row an occurrence; times are [ms], NONE where a thing has not happened. What
counts as a flood, as chattering, and what is aimed at come in from `standards.alarm_management`. Occurrences judged late into
history and those suppressed from their raising are for the caller to leave out: nobody heard them.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from chemward.standards.alarm_management import Definitions, Figure, Targets

Times = npt.NDArray[np.int64]

NONE = -1
"""A time that has not come."""
DAY_MS = 86_400_000


class Flood(msgspec.Struct, frozen=True):
    """From the alarm that began it to the moment it was over (or the end of the period); how many alarms it brought."""

    start_ms: int
    end_ms: int
    alarms: int
    peak: int


class Frequent(msgspec.Struct, frozen=True):
    """A definition, how often it was raised, and its share of all alarms."""

    definition: Any
    alarms: int
    share: float


class Response(msgspec.Struct, frozen=True):
    """Time from raising to acknowledgement [s], None where nothing was acknowledged; how many still wait."""

    median_s: float | None
    p90_s: float | None
    acknowledged: int
    waiting: int


class Measure(msgspec.Struct, frozen=True):
    """One figure beside its target; is_manageable: within the looser bound, where the standards name one."""

    name: str
    value: float
    target: Figure
    is_met: bool
    is_manageable: bool


class Report(msgspec.Struct, frozen=True):
    """All key figures of a period."""

    start_ms: int
    end_ms: int
    alarms: int
    per_interval: list[int]
    distribution: list[int]
    floods: list[Flood]
    chattering: list[Any]
    fleeting: int
    stale: int
    top: list[Frequent]
    priorities: dict[int, float]
    response: Response
    measures: list[Measure]


# -- rate -------------------------------------------------------------------------------------------------------------


def per_interval(raised_ms: Times, start_ms: int, end_ms: int, interval_ms: int) -> Times:
    """Alarms in each whole or begun period of `interval_ms` from `start_ms` (included) to `end_ms` (not included).

    ValueError when the period is empty.
    """
    if not start_ms < end_ms:
        raise ValueError(f"period from {start_ms} to {end_ms}: the end must come after the start")
    within = raised_ms[(raised_ms >= start_ms) & (raised_ms < end_ms)]
    return np.bincount((within - start_ms) // interval_ms, minlength=-(-(end_ms - start_ms) // interval_ms)).astype(np.int64)


def distribution(counts: Times) -> list[int]:
    """How many periods had 0, 1, 2 … alarms."""
    told: list[int] = np.bincount(counts).tolist()
    return told


def share_above(counts: Times, limit: float) -> float:
    """Share of periods with more than `limit` alarms, 0 to 1."""
    return float((counts > limit).mean()) if len(counts) else 0.0


# -- floods -----------------------------------------------------------------------------------------------------------


def floods(raised_ms: Times, end_ms: int, start: float, end: float, window_ms: int) -> list[Flood]:
    """Floods, the window sliding: a flood begins with the alarm that makes `start` within the last `window_ms`, and is over as
    soon as fewer than `end` came within the last `window_ms`. An alarm counts for exactly `window_ms`.
    """
    raised = np.sort(raised_ms)
    times = np.concatenate([raised + window_ms, raised])
    steps = np.repeat([-1, 1], len(raised))
    order = np.argsort(times, kind="stable")
    times, counts = times[order], np.cumsum(steps[order])
    begins, ends = np.flatnonzero((counts >= start) & (steps[order] > 0)), np.flatnonzero(counts < end)
    found: list[Flood] = []
    at = 0
    while True:
        k = int(np.searchsorted(begins, at))
        if k == len(begins) or times[begins[k]] >= end_ms:
            return found
        first = int(begins[k])
        # The last count of all is 0, so every flood has an end.
        at = int(ends[np.searchsorted(ends, first)])
        found.append(_flood(raised, times, counts, first, at, end_ms, window_ms))


def _flood(raised: Times, times: Times, counts: Times, first: int, over: int, end_ms: int, window_ms: int) -> Flood:
    begun, ended = int(times[first]), min(int(times[over]), end_ms)
    # The alarms that made the flood came before it was noticed.
    alarms = int(((raised > begun - window_ms) & (raised < ended)).sum())
    return Flood(start_ms=begun, end_ms=ended, alarms=alarms, peak=int(counts[first : over + 1].max()))


def time_share(found: list[Flood], start_ms: int, end_ms: int) -> float:
    """Share of the period spent in flood, 0 to 1."""
    return sum(max(0, min(f.end_ms, end_ms) - max(f.start_ms, start_ms)) for f in found) / (end_ms - start_ms)


# -- bad actors -------------------------------------------------------------------------------------------------------


def chattering(raised_ms: Times, definition: npt.NDArray[Any], count: int, within_ms: int) -> list[Any]:
    """Definitions raised at least `count` times within `within_ms`, in order."""
    if not len(raised_ms):
        return []
    names, codes = np.unique(definition, return_inverse=True)
    order = np.lexsort((raised_ms, codes))
    codes, raised = codes[order], raised_ms[order]
    span = count - 1
    is_same = codes[span:] == codes[: len(codes) - span]
    is_close = raised[span:] - raised[: len(raised) - span] <= within_ms
    told: list[Any] = names[np.unique(codes[span:][is_same & is_close])].tolist()
    return told


def fleeting(raised_ms: Times, cleared_ms: Times, acked_ms: Times, within_ms: int) -> npt.NDArray[np.bool_]:
    """Which occurrences cleared within `within_ms` before anybody had acknowledged them."""
    is_unanswered = (acked_ms == NONE) | (acked_ms > cleared_ms)
    return np.asarray((cleared_ms != NONE) & (cleared_ms - raised_ms <= within_ms) & is_unanswered, np.bool_)


def stale(raised_ms: Times, cleared_ms: Times, now_ms: int, longer_ms: int) -> npt.NDArray[np.bool_]:
    """Which occurrences stand at `now_ms` for longer than `longer_ms`."""
    is_standing = (raised_ms <= now_ms) & ((cleared_ms == NONE) | (cleared_ms > now_ms))
    return np.asarray(is_standing & (now_ms - raised_ms > longer_ms), np.bool_)


def top(definition: npt.NDArray[Any], length: int) -> list[Frequent]:
    """The most frequent definitions, the most frequent first, equals by name."""
    names, counts = np.unique(definition, return_counts=True)
    order = np.lexsort((np.arange(len(names)), -counts))[:length]
    return [
        Frequent(definition=name, alarms=count, share=count / len(definition))
        for name, count in zip(names[order].tolist(), counts[order].tolist(), strict=True)
    ]


def priority_split(priority: npt.NDArray[Any]) -> dict[int, float]:
    """Share of all alarms by priority, 0 to 1."""
    values, counts = np.unique(priority, return_counts=True)
    return {value: count / len(priority) for value, count in zip(values.tolist(), counts.tolist(), strict=True)}


def response(raised_ms: Times, acked_ms: Times) -> Response:
    """Time to acknowledgement. An acknowledgement before the raising (a device's clock ahead) counts as at once."""
    is_acked = acked_ms != NONE
    seconds = np.maximum(acked_ms[is_acked] - raised_ms[is_acked], 0) / 1000.0
    quantiles = [float(q) for q in np.quantile(seconds, (0.5, 0.9))] if len(seconds) else [None, None]
    return Response(median_s=quantiles[0], p90_s=quantiles[1], acknowledged=len(seconds), waiting=int((~is_acked).sum()))


# -- all together -----------------------------------------------------------------------------------------------------


def report(
    raised_ms: Times,
    cleared_ms: Times,
    acked_ms: Times,
    definition: npt.NDArray[Any],
    priority: npt.NDArray[Any],
    *,
    start_ms: int,
    end_ms: int,
    words: Definitions,
    targets: Targets,
    consoles: int = 1,
) -> Report:
    """All key figures from `start_ms` (included) to `end_ms` (not included), which is also the "now" of what stands.

    Occurrences raised before the period count only as stale. consoles: operators who share the alarms; rates are per operator.
    """
    is_new = (raised_ms >= start_ms) & (raised_ms < end_ms)
    raised, cleared, acked, names = raised_ms[is_new], cleared_ms[is_new], acked_ms[is_new], definition[is_new]
    counts = per_interval(raised, start_ms, end_ms, _ms(words.interval_s))
    starts, ends = words.flood_start.value * consoles, words.flood_end.value * consoles
    found = floods(raised, end_ms, starts, ends, _ms(words.interval_s))
    chatterers = chattering(raised, names, int(words.chattering_count.value), _ms(words.chattering_s))
    is_fleeting = fleeting(raised, cleared, acked, _ms(words.fleeting_s))
    is_stale = stale(raised_ms, cleared_ms, end_ms, _ms(words.stale_s))
    most = top(names, int(words.top.value))
    days = (end_ms - start_ms) / DAY_MS
    measures = [
        _measure("mean_per_interval", float(counts.mean()) / consoles, targets.mean_per_interval),
        _measure("per_day", len(raised) / days / consoles, targets.per_day),
        _measure("most_per_interval", float(counts.max()) / consoles, targets.most_per_interval),
        _measure("busy_share", share_above(counts, words.busy_interval.value * consoles), targets.busy_share),
        _measure("flood_share", time_share(found, start_ms, end_ms), targets.flood_share),
        _measure("top_share", sum(frequent.share for frequent in most), targets.top_share),
        _measure("chattering", len(chatterers), targets.chattering),
        _measure("fleeting", int(is_fleeting.sum()), targets.fleeting),
        _measure("stale", int(is_stale.sum()), targets.stale),
    ]
    return Report(
        start_ms=start_ms,
        end_ms=end_ms,
        alarms=len(raised),
        per_interval=counts.tolist(),
        distribution=distribution(counts),
        floods=found,
        chattering=chatterers,
        fleeting=int(is_fleeting.sum()),
        stale=int(is_stale.sum()),
        top=most,
        priorities=priority_split(priority[is_new]),
        response=response(raised, acked),
        measures=measures,
    )


def _ms(figure: Figure) -> int:
    return round(figure.value * 1000)


def _measure(name: str, value: float, target: Figure) -> Measure:
    manageable = target.value if target.manageable is None else target.manageable
    return Measure(name=name, value=value, target=target, is_met=value <= target.value, is_manageable=value <= manageable)
