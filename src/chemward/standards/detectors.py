"""GB/T 50493-2019, gas detectors: set points, ranges, distances, heights."""

from __future__ import annotations

from functools import cache

from chemward.standards.edition import Row, edition

ID = "GB/T 50493-2019"


class SetPoint(Row, frozen=True, kw_only=True):
    """At which value, in `unit`, a detector alarms at the latest. level [-]: 1 or 2."""

    quantity: str
    level: int
    value: float
    unit: str


class Range(Row, frozen=True, kw_only=True):
    """What a detector measures, from_value to to_value in `unit`."""

    quantity: str
    from_value: float
    to_value: float
    unit: str


class Distance(Row, frozen=True, kw_only=True):
    """How far a detector stands from the source at the most, and at the least where that is said [m]."""

    place: str
    gas: str
    least_m: float | None
    most_m: float
    clause: str


class Height(Row, frozen=True, kw_only=True):
    """Height of a detector from_m to to_m [m], counted from `reference`."""

    gas: str
    from_m: float
    to_m: float
    reference: str


class ToxicSetPoint(Row, frozen=True, kw_only=True):
    """Set points level_1, level_2 [mg/m³] worked from the exposure limit of the kind `limit_kind`."""

    name_zh: str
    name: str
    cas: str
    level_1: float
    level_2: float
    limit_kind: str


@cache
def set_points() -> tuple[SetPoint, ...]:
    """Alarm set points (5.5.2)."""
    return edition(ID).table("set_points").read_as(SetPoint)


@cache
def ranges() -> tuple[Range, ...]:
    """Measuring ranges (5.5.1)."""
    return edition(ID).table("ranges").read_as(Range)


@cache
def distances() -> tuple[Distance, ...]:
    """Distances of detectors (4)."""
    return edition(ID).table("distances").read_as(Distance)


@cache
def heights() -> tuple[Height, ...]:
    """Heights of detectors (6.1)."""
    return edition(ID).table("heights").read_as(Height)


@cache
def toxic_set_points() -> dict[str, ToxicSetPoint]:
    """Set points of toxic gases by CAS number."""
    return {row.cas: row for row in edition(ID).table("toxic_limits").read_as(ToxicSetPoint)}
