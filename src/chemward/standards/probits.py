"""Sets of probits: toxic, heat, blast. A result names the set it used: the choice moves LC50 by a factor 0.3 to 7."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from chemward.standards import aqt3046
from chemward.standards.edition import Row, edition

AQT3046 = aqt3046.ID
PURPLE_BOOK = "CPR 18E-2005"
LEES = "Lees OSD/30"
TOXIC_SETS = (AQT3046, PURPLE_BOOK, LEES)
DEFAULT = AQT3046


class Toxic(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(C^n t), t [min], C in `unit` (mg/m³ or ppm). a, b, n [-]."""

    name: str
    cas: str
    a: float
    b: float
    n: float
    unit: Literal["mg/m³", "ppm"]


class Heat(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(q^n t), t [s], q in `unit` (kW/m² or W/m²). a, b, n [-]."""

    name: str
    outcome: str
    a: float
    b: float
    n: float
    unit: Literal["kW/m²", "W/m²"]


class Blast(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(overpressure), overpressure in `unit` (Pa or psi). a, b [-]."""

    name: str
    outcome: str
    a: float
    b: float
    unit: Literal["Pa", "psi"]


@cache
def toxic(name: str = DEFAULT) -> dict[str, Toxic]:
    """The toxic probits of a set by CAS number. LookupError names the sets when there is none of that name."""
    wanted = edition(name).id
    if wanted not in TOXIC_SETS:
        raise LookupError(f"{wanted} is no set of toxic probits; these are: {', '.join(TOXIC_SETS)}")
    if wanted == AQT3046:
        return {row.cas: _in_mg(row) for row in aqt3046.toxic_probits()}
    return {row.cas: row for row in edition(wanted).table("probit_toxic").read_as(Toxic)}


def _in_mg(row: aqt3046.ToxicProbit) -> Toxic:
    fields = msgspec.structs.asdict(row)
    fields.pop("name_zh")
    return Toxic(**fields, unit="mg/m³")


@cache
def heat() -> dict[str, Heat]:
    """Heat probits by author: "Eisenberg", "Tsao and Perry", "Lees", "AQ/T 3046-2013"."""
    return {row.name: row for row in edition("Heat and blast probits").table("heat").read_as(Heat)}


@cache
def blast() -> dict[str, Blast]:
    """Blast probits by what is hurt: "lung", "eardrum", "HSC", "structure", "glass"."""
    return {row.name: row for row in edition("Heat and blast probits").table("blast").read_as(Blast)}
