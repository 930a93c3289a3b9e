"""Escalation of an accident to other equipment: thresholds, time to failure under fire, probits."""

from __future__ import annotations

from functools import cache
from typing import Literal

from chemward.standards.edition import Row, edition

ID = "Domino escalation"

Target = Literal["atmospheric vessel", "pressurised vessel", "elongated", "small equipment", "any"]


class Threshold(Row, frozen=True, kw_only=True):
    """From which effect escalation is possible: least to most, in `unit`; exposure_min [min]; None: always possible, or no time."""

    target: Target
    vector: str
    least: float | None
    most: float | None
    unit: Literal["kW/m²", "kPa"]
    exposure_min: float | None


class TimeToFailure(Row, frozen=True, kw_only=True):
    """ln(ttf [s]) = heat_factor ln(I [kW/m²]) + volume_factor V^volume_exponent + constant, V [m³]; the four figures [-]."""

    target: Target
    heat_factor: float
    volume_factor: float
    volume_exponent: float
    constant: float


class HeatProbit(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(ttf [min]). a, b [-]."""

    name: str
    a: float
    b: float
    unit: Literal["min"]


class BlastProbit(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(overpressure [Pa]). a, b [-]."""

    target: Target
    a: float
    b: float
    unit: Literal["Pa"]


@cache
def thresholds() -> tuple[Threshold, ...]:
    """Thresholds of escalation, Cozzani et al."""
    return edition(ID).table("thresholds").read_as(Threshold)


@cache
def times_to_failure() -> dict[str, TimeToFailure]:
    """Time to failure by target, Cozzani et al. 2005, Landucci et al. 2009."""
    return {row.target: row for row in edition(ID).table("time_to_failure").read_as(TimeToFailure)}


@cache
def heat_probits() -> dict[str, HeatProbit]:
    """The two published forms, "Cozzani 2005" and "Landucci 2009"."""
    return {row.name: row for row in edition(ID).table("heat_probits").read_as(HeatProbit)}


@cache
def blast_probits() -> dict[str, BlastProbit]:
    """Probits of overpressure by target, Cozzani and Salzano 2004."""
    return {row.target: row for row in edition(ID).table("blast_probits").read_as(BlastProbit)}
