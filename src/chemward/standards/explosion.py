"""Curves of explosion models, from `data/blast_curves/`: Kingery–Bulmash (Swisdak), multi-energy, Baker–Strehlow–Tang."""

from __future__ import annotations

from functools import cache

import msgspec

from chemward.standards.edition import Table, edition


class Polynomial(msgspec.Struct, frozen=True):
    """ln(quantity) = a + b ln Z + c (ln Z)² + … from `low` to `high` (Z in m/kg^⅓)."""

    quantity: str
    low: float
    high: float
    a: float
    b: float
    c: float
    d: float
    e: float
    source: str

    @property
    def coefficients(self) -> tuple[float, ...]:
        """a to e [-], the constant first."""
        return (self.a, self.b, self.c, self.d, self.e)


class Strength(msgspec.Struct, frozen=True):
    """A charge strength of the multi-energy method. plateau [-] scaled source overpressure; factor·R̄^exponent [-] far field, None: no figure."""

    charge_strength: int
    plateau: float
    factor: float | None
    exponent: float | None
    source: str
    certainty: str


class Kinsella(msgspec.Struct, frozen=True):
    """Range of charge strengths for a class of ignition, obstruction and confinement."""

    ignition: str
    obstruction: str
    confined: str
    least: int
    most: int
    source: str


class FlameMach(msgspec.Struct, frozen=True):
    """Flame Mach number [-] by confinement, reactivity and congestion; 5.2 where the table says detonation."""

    confinement: str
    reactivity: str
    congestion: str
    flame_mach: float
    source: str


class _Point(msgspec.Struct, frozen=True):
    flame_mach: float
    scaled_distance: float
    scaled_overpressure: float


def _table(name: str) -> Table:
    return edition("Blast curves").table(name)


@cache
def polynomials(quantity: str) -> tuple[Polynomial, ...]:
    """The polynomials of one quantity in order of Z. LookupError when there is none."""
    found = tuple(row for row in _table("swisdak").read_as(Polynomial) if row.quantity == quantity)
    if not found:
        raise LookupError(quantity)
    return found


@cache
def strengths() -> tuple[Strength, ...]:
    """Charge strengths 1 to 10."""
    return _table("multi_energy").read_as(Strength)


@cache
def kinsella() -> tuple[Kinsella, ...]:
    """Rows of Kinsella's table, the strongest first."""
    return _table("kinsella").read_as(Kinsella)


@cache
def flame_machs() -> tuple[FlameMach, ...]:
    """Rows of the flame-speed table."""
    return _table("flame_mach").read_as(FlameMach)


@cache
def bst_curves() -> dict[float, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Flame Mach number → (scaled distances, scaled overpressures), distances rising."""
    curves: dict[float, tuple[list[float], list[float]]] = {}
    for point in _table("bst_overpressure").read_as(_Point):
        distances, pressures = curves.setdefault(point.flame_mach, ([], []))
        distances.append(point.scaled_distance)
        pressures.append(point.scaled_overpressure)
    return {mach: (tuple(d), tuple(p)) for mach, (d, p) in sorted(curves.items())}
