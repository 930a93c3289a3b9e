"""GB/T 37243-2019, external safety distance: which method, and the figures of the method for explosives."""

from __future__ import annotations

from functools import cache

from chemward.standards.edition import Row, edition

ID = "GB/T 37243-2019"


class MethodRule(Row, frozen=True, kw_only=True):
    """Which method applies to what. rule [-]: order in which they are asked."""

    rule: int
    applies_to: str
    method: str
    extent: str


class Term(Row, frozen=True, kw_only=True):
    """A term of the overpressure [1e5 Pa]: factor Q^charge_power R^distance_power, Q [kg TNT], R [m]; powers [-]."""

    term: str
    factor: float
    charge_power: float
    distance_power: float


class Threshold(Row, frozen=True, kw_only=True):
    """Overpressure [Pa] of an explosion that is tolerated at a target."""

    target: str
    overpressure_pa: float


@cache
def methods() -> tuple[MethodRule, ...]:
    """Rules for the choice of the method (4), in their order."""
    return edition(ID).table("method").read_as(MethodRule)


@cache
def overpressure_terms() -> tuple[Term, ...]:
    """Terms of the overpressure of explosives (5)."""
    return edition(ID).table("explosives_overpressure").read_as(Term)


@cache
def overpressure_thresholds() -> dict[str, Threshold]:
    """Tolerated overpressure by target, named as in `gb36894.limits` (5)."""
    return {row.target: row for row in edition(ID).table("explosives_thresholds").read_as(Threshold)}
