"""Curves of explosion models, from `data/explosion/`: Kingery–Bulmash (Swisdak), multi-energy, Baker–Strehlow–Tang."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import msgspec


class Polynomial(msgspec.Struct, frozen=True):
    """ln(quantity) = Σ coefficients·(ln Z)ⁿ from `low` to `high` (Z in m/kg^⅓)."""

    quantity: str
    low: float
    high: float
    coefficients: tuple[float, ...]
    source: str


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


DETONATION_MACH = 5.2  # the curve of a detonation, Tang & Baker 1999


def _rows(name: str) -> list[dict[str, str]]:
    content = (files("chemward.standards") / "data" / "explosion" / name).read_text("utf-8")
    return list(csv.DictReader(content.splitlines()))


@cache
def polynomials(quantity: str) -> tuple[Polynomial, ...]:
    """The polynomials of one quantity in order of Z. LookupError when there is none."""
    found = tuple(
        Polynomial(r["quantity"], float(r["from"]), float(r["to"]), tuple(float(r[c]) for c in "abcde"), r["source"])
        for r in _rows("swisdak.csv")
        if r["quantity"] == quantity
    )
    if not found:
        raise LookupError(quantity)
    return found


@cache
def strengths() -> tuple[Strength, ...]:
    """Charge strengths 1 to 10."""
    return tuple(
        Strength(
            int(r["charge_strength"]),
            float(r["plateau"]),
            float(r["factor"]) if r["factor"] else None,
            float(r["exponent"]) if r["exponent"] else None,
            r["source"],
            r["certainty"],
        )
        for r in _rows("multi_energy.csv")
    )


@cache
def kinsella() -> tuple[Kinsella, ...]:
    """Rows of Kinsella's table, the strongest first."""
    return tuple(
        Kinsella(r["ignition"], r["obstruction"], r["confined"], int(r["least"]), int(r["most"]), r["source"])
        for r in _rows("kinsella.csv")
    )


@cache
def flame_machs() -> tuple[FlameMach, ...]:
    """Rows of the flame-speed table."""
    return tuple(
        FlameMach(
            r["confinement"],
            r["reactivity"],
            r["congestion"],
            DETONATION_MACH if r["flame_mach"] == "detonation" else float(r["flame_mach"]),
            r["source"],
        )
        for r in _rows("flame_mach.csv")
    )


@cache
def bst_curves() -> dict[float, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Flame Mach number → (scaled distances, scaled overpressures), distances rising."""
    curves: dict[float, tuple[list[float], list[float]]] = {}
    for r in _rows("bst_overpressure.csv"):
        distances, pressures = curves.setdefault(float(r["flame_mach"]), ([], []))
        distances.append(float(r["scaled_distance"]))
        pressures.append(float(r["scaled_overpressure"]))
    return {mach: (tuple(d), tuple(p)) for mach, (d, p) in sorted(curves.items())}
