"""Liquid through a hole in a tank: rate by Bernoulli, and the tank as it drains."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chemward.science.constants import ATMOSPHERE, GRAVITY
from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import info
from chemward.science.release.checks import area_of, check, check_not_negative
from chemward.science.release.outflow import Outflow, times_of

Shape = Literal["vertical cylinder", "horizontal cylinder", "sphere"]
Array = NDArray[np.float64]

STEPS = 200  # of level in a drain; the vertical cylinder is exact with any number


def liquid_rate(density: float, area: float, coefficient: float, overpressure: float, head: float) -> float:
    """Rate [kg/s] of a liquid of density [kg/m³] through a hole of area [m²].

    coefficient [-] of discharge; overpressure [Pa] over the liquid above that of the air (negative: vacuum); head [m] of liquid above the
    hole. 0 when vacuum holds the liquid back. Holds for a liquid that does not boil in the hole.
    Raises Faults naming what is not positive. Source: AQ/T 3046-2013 E.1.1, E.1; Yellow Book (CPR 14E, 1997) 2.194.
    """
    check(density=density, area=area, coefficient=coefficient)
    check_not_negative(head=head)
    drive = overpressure / density + GRAVITY * head
    return coefficient * area * density * math.sqrt(2 * drive) if drive > 0 else 0.0


def drain_time(
    tank_area: float, hole_area: float, coefficient: float, head: float, overpressure: float = 0.0, density: float = 1000.0
) -> float:
    """Time [s] in which a vertical tank of cross-section tank_area [m²] drains from head [m] above the hole down to it.

    hole_area [m²], coefficient [-]; a constant overpressure [Pa] on a liquid of density [kg/m³]. Closed form.
    Source: AQ/T 3046-2013 E.1.2, E.5; Crowl and Louvar, Chemical Process Safety 3rd ed. eq. 4-18 to 4-20.
    """
    check(tank_area=tank_area, hole_area=hole_area, coefficient=coefficient, head=head, density=density)
    gauge = overpressure / density
    if gauge < 0:
        raise Faults(
            [Fault("overpressure", "is below that of the air", "a tank under vacuum does not drain to the hole by itself")]
        )
    ends = math.sqrt(2 * (gauge + GRAVITY * head)) - math.sqrt(2 * gauge)
    return tank_area / (coefficient * hole_area * GRAVITY) * ends


def wetted(shape: Shape, diameter: float, height: float, level: Array | float) -> Array:
    """Volume [m³] of liquid in a tank up to level (any shape) [m] above its bottom.

    diameter [m] of the cylinder or the sphere; height [m] of a vertical cylinder, or length of a lying one (flat ends); not used for a
    sphere. Raises Faults naming `shape`. Source: geometry.
    """
    h = np.asarray(level, float)
    r = diameter / 2
    if shape == "vertical cylinder":
        return np.asarray(math.pi * r**2 * np.clip(h, 0, height))
    h = np.clip(h, 0, diameter)
    if shape == "horizontal cylinder":
        return np.asarray(height * (r**2 * np.arccos(1 - h / r) - (r - h) * np.sqrt(np.maximum(2 * r * h - h**2, 0.0))))
    if shape == "sphere":
        return np.asarray(math.pi * h**2 * (3 * r - h) / 3)
    raise Faults([Fault("shape", f"is {shape!r}", "give one of vertical cylinder, horizontal cylinder, sphere")])


def drain(
    shape: Shape,
    diameter: float,
    height: float,
    level: float,
    hole_diameter: float,
    *,
    density: float,
    temperature: float,
    coefficient: float,
    hole_height: float = 0.0,
    overpressure: float = 0.0,
    ambient_pressure: float = ATMOSPHERE,
) -> Outflow:
    """A tank that empties through a hole below its level, until the level has come down to the hole.

    shape, diameter [m], height [m] as in `wetted`; level [m] of the liquid and hole_height [m] of the hole above the bottom; hole_diameter
    [m]; density [kg/m³] and temperature [K] of the liquid; coefficient [-]; a constant overpressure [Pa] (inerted or open tank);
    ambient_pressure [Pa]. Raises Faults naming the field.
    Source: AQ/T 3046-2013 E.1.2, E.3 to E.5; Yellow Book (CPR 14E, 1997) 2.5.3, 2.194 to 2.197.
    """
    area = area_of(hole_diameter)
    refuse(_drain_faults(shape, diameter, height, level, hole_height))
    levels = (
        hole_height + (level - hole_height) * np.linspace(1.0, 0.0, STEPS + 1) ** 2
    )  # the rate goes with the root of the head
    rates = np.array([liquid_rate(density, area, coefficient, overpressure, max(h - hole_height, 0.0)) for h in levels])
    masses = density * wetted(shape, diameter, height, levels)
    flowing = rates[:-1] + rates[1:] > 0
    if not np.all(flowing):
        raise Faults(
            [Fault("overpressure", f"is {overpressure:g} Pa: vacuum holds the liquid back", "give a pressure that lets it flow")]
        )
    n = len(rates)
    return Outflow(
        time=times_of(masses, rates),
        rate=rates,
        temperature=np.full(n, temperature),
        pressure_exit=np.full(n, ambient_pressure),
        vapour_fraction=np.zeros(n),
        velocity=rates / (density * area * coefficient),
        regime="liquid",
        hole_area=area,
        notes=(info("liquid_hole", "liquid through a hole, head falling as the tank drains", "AQ/T 3046-2013 E.1.1, E.1.2"),),
    )


def _drain_faults(shape: Shape, diameter: float, height: float, level: float, hole_height: float) -> list[Fault]:
    found = []
    top = height if shape == "vertical cylinder" else diameter
    for name, value in (("diameter", diameter), ("height", height)):
        if not (math.isfinite(value) and value > 0):
            found.append(Fault(name, f"is {value:g} m", "give a length above 0 m"))
    if not found and not 0 < level <= top * (1 + 1e-9):
        found.append(Fault("level", f"is {level:g} m in a tank {top:g} m high", f"give a level above 0, up to {top:g} m"))
    if not 0 <= hole_height < level:
        found.append(
            Fault(
                "hole_height", f"is {hole_height:g} m with the liquid at {level:g} m", "give a height from 0 to below the level"
            )
        )
    return found
