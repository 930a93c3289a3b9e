"""Pure rules of the one map: alarms as they stood at a past moment, bars of the time slider, what a weather station says."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
BIN_MS = 600_000
BINS = 144

# Obligations that were not there yet at an earlier moment: the field that says when, and what goes with it.
LATER_DEEDS: Mapping[str, Sequence[str]] = {
    "park_acked_ms": ("park_acked_by",),
    "enterprise_acked_ms": ("enterprise_acked_by",),
    "reset_ms": (),
    "answered_ms": (),
    "urged_ms": (),
}


@dataclass(frozen=True)
class Quiet:
    """A silence by a person: of which definition, of which kind (shelved, out_of_service), from when to when [ms]."""

    definition: str
    kind: str
    starts_ms: int
    until_ms: int | None
    ended_ms: int | None

    def holds(self, at_ms: int) -> bool:
        ends = min((e for e in (self.until_ms, self.ended_ms) if e is not None), default=None)
        return self.starts_ms <= at_ms and (ends is None or at_ms < ends)


def as_at(row: Mapping[str, Any], at_ms: int, quiet: Iterable[Quiet], suppressions: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A console row as it stood at a moment: what people did later is taken off, silences are those of then.

    suppressions: `[[at_ms, step, is_suppressed, reason], …]` in order of time, as the occurrence keeps them.
    """
    then = dict(row)
    for said_at, others in LATER_DEEDS.items():
        if (when := then.get(said_at)) is not None and when > at_ms:
            then[said_at] = None
            then.update(dict.fromkeys(others, ""))
    if (cleared := then["cleared_at_ms"]) is not None and cleared > at_ms:
        then["cleared_at_ms"] = None
        then["outcome"] = ""
    past = [s for s in suppressions if s[0] <= at_ms]
    then["suppressed"] = bool(past and past[-1][2])
    then["suppressed_reason"] = past[-1][3] if then["suppressed"] else ""
    kinds = {q.kind: q for q in quiet if q.definition == then["definition"] and q.holds(at_ms)}
    shelf = kinds.get("shelved")
    then["shelved_until_ms"] = shelf.until_ms if shelf else None
    then["out_of_service"] = "out_of_service" in kinds
    return then


def bars(raised: Iterable[tuple[int, int]], end_ms: int) -> list[list[int]]:
    """Alarms raised in each ten minutes of the 24 hours up to `end_ms`, by priority 1 to 4: 144 × 4.

    The last bin is the one that `end_ms` lies in; bins begin at whole ten minutes.
    """
    first = (end_ms // BIN_MS - BINS + 1) * BIN_MS
    counted = [[0, 0, 0, 0] for _ in range(BINS)]
    for at_ms, priority in raised:
        index = (at_ms - first) // BIN_MS
        if 0 <= index < BINS and 1 <= priority <= 4:
            counted[index][priority - 1] += 1
    return counted


def first_bin_ms(end_ms: int) -> int:
    """When the first bar of the slider begins [ms]."""
    return (end_ms // BIN_MS - BINS + 1) * BIN_MS


# What a tag of a weather mast measures, by the last part of its code and its unit. Codes vary with makers; the unit decides where it can.
_ROLE_BY_UNIT = {"°": "direction", "deg": "direction", "℃": "temperature", "°C": "temperature", "hPa": "pressure"}
_ROLE_BY_CODE = {"WS": "speed", "WG": "gust", "RH": "humidity", "ST": "stability", "WD": "direction", "TA": "temperature"}


def weather_role(code: str, unit: str, name: str) -> str:
    """What a tag of a mast measures: speed, gust, direction, temperature, humidity, pressure, stability; empty when nobody can tell."""
    ending = code.rsplit(".", 1)[-1].upper()
    if ending in _ROLE_BY_CODE:
        return _ROLE_BY_CODE[ending]
    if unit in _ROLE_BY_UNIT:
        return _ROLE_BY_UNIT[unit]
    if unit == "m/s":
        return "gust" if "阵风" in name else "speed"
    return "humidity" if "湿度" in name else ""


@cache
def beaufort_bounds() -> tuple[float, ...]:
    """Lower bounds of wind forces 0, 1, 2 … [m/s] (GB/T 28591-2012, table 1)."""
    return tuple(tomllib.loads((DATA / "beaufort.toml").read_text("utf-8"))["lower_bounds"])


def wind_force(speed: float) -> int:
    """Wind force of a mean speed [m/s] (GB/T 28591-2012).

    >>> wind_force(3.4), wind_force(0.2), wind_force(33)
    (3, 0, 12)
    """
    return max(0, bisect_right(beaufort_bounds(), speed) - 1)
