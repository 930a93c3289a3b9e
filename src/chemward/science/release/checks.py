"""Checks that all models of release share, and discharge coefficients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from chemward.science.faults import Fault, Faults, out_of_range, refuse
from chemward.standards import aqt3046

Opening = Literal["sharp", "rounded", "short pipe", "unknown"]

LARGEST_HOLE = 3.0  # m; above this it is a rupture, not a hole
PRESSURES = (1e3, 1e8)  # Pa, absolute
TEMPERATURES = (15.0, 1500.0)  # K


def check(**values: float) -> None:
    """Raises Faults naming each value that is not a positive finite number; arguments whose names begin alike have a range.

    values [-]: pressure… [Pa] 1 kPa to 100 MPa; temperature… [K] 15 to 1500 K; diameter… [m] up to 3 m; all others above 0.
    """
    refuse(fault for name, value in values.items() for fault in _faults(name, value))


def check_not_negative(**values: float) -> None:
    """Raises Faults naming each of the values [-] that is below 0 or not finite."""
    refuse(
        Fault(name, f"is {value:g}", "give a finite value, 0 or above")
        for name, value in values.items()
        if not (math.isfinite(value) and value >= 0)
    )


def _faults(name: str, value: float) -> Iterator[Fault]:
    if not (math.isfinite(value) and value > 0):
        yield Fault(name, f"is {value:g}", "give a finite value above 0")
    elif name.startswith("pressure") and not PRESSURES[0] <= value <= PRESSURES[1]:
        yield out_of_range(name, value, *PRESSURES, "Pa", "absolute")
    elif name.startswith("temperature") and not TEMPERATURES[0] <= value <= TEMPERATURES[1]:
        yield out_of_range(name, value, *TEMPERATURES, "K")
    elif name.startswith("diameter") and value > LARGEST_HOLE:
        yield out_of_range(name, value, 0.0, LARGEST_HOLE, "m", "above it the vessel is ruptured")


def discharge_coefficient(opening: Opening) -> float:
    """Discharge coefficient of a liquid [-] by the kind of opening: sharp 0.61, rounded 1.0, short pipe (L/D ≥ 3) 0.81, unknown 1.0.

    Raises Faults naming `opening`. Source: AQ/T 3046-2013 E.1.1.
    """
    known = aqt3046.liquid_discharge()
    if opening not in known:
        raise Faults([Fault("opening", f"is {opening!r}", f"give one of {', '.join(known)}")])
    return known[opening]


def gas_discharge_coefficient(shape: str = "circle") -> float:
    """Discharge coefficient of a gas [-] by the shape of the hole: circle 1.0, triangle 0.95, rectangle 0.9.

    Raises Faults naming `shape`. Source: AQ/T 3046-2013 E.1.4.
    """
    known = aqt3046.gas_discharge()
    if shape not in known:
        raise Faults([Fault("shape", f"is {shape!r}", f"give one of {', '.join(known)}")])
    return known[shape]


def area_of(diameter: float) -> float:
    """Area [m²] of a round hole of diameter [m]. Raises Faults naming `diameter`."""
    check(diameter=diameter)
    return math.pi * diameter**2 / 4
