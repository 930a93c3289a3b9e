"""Drops of a flashing jet: how large, how far they fly, how much of them rains out."""

from __future__ import annotations

import math
from collections.abc import Callable

from chemward.science.constants import ATMOSPHERE, GRAVITY, air_density
from chemward.science.faults import Fault, Faults
from chemward.science.release.checks import check
from chemward.science.substances import Substance
from chemward.standards.release import figure

SPREAD = 2.4  # exponent of Rosin and Rammler for sprays: 2 to 3 in the trade


def drop_diameter(surface_tension: float, velocity: float, ambient_density: float) -> float:
    """Diameter [m] of the largest drop that lives in a stream of air: We σ/(ρ u²).

    surface_tension [N/m], velocity [m/s] of the drop against the air, ambient_density [kg/m³] of the air.
    Raises Faults naming what is not above 0. Source: CPR 14E (1997) 2.5.3.8 (critical Weber number 10).
    """
    check(surface_tension=surface_tension, velocity=velocity, ambient_density=ambient_density)
    return figure("weber_critical") * surface_tension / (ambient_density * velocity**2)


def settling_velocity(diameter: float, density: float, ambient_density: float, viscosity: float) -> float:
    """Speed [m/s] at which a drop of diameter [m] and density [kg/m³] falls in air of ambient_density [kg/m³] and viscosity [Pa s].

    Drag of a sphere after Schiller and Naumann (Re < 800), above that 0.44. Source: Schiller and Naumann 1933; Clift et al. 1978.
    """
    check(drop=diameter, density=density, ambient_density=ambient_density, viscosity=viscosity)
    weight = 4 / 3 * GRAVITY * diameter * (density - ambient_density) / ambient_density
    if weight <= 0:
        return 0.0
    speed = weight * diameter * ambient_density / (24 * viscosity)  # Stokes
    for _ in range(100):
        reynolds = ambient_density * speed * diameter / viscosity
        drag = max(24 / reynolds * (1 + 0.15 * reynolds**0.687), 0.44)
        after = math.sqrt(weight / drag)
        if abs(after - speed) < 1e-8 * speed:
            break
        speed = math.sqrt(speed * after)
    return speed


def evaporation_time(substance: Substance, diameter: float, air_temperature: float) -> float:
    """Time [s] in which a drop of diameter [m] at its boiling point evaporates in air of air_temperature [K], by the law of d².

    Heat by conduction to the drop (Nusselt number 2), conductivity of air 0.026 W/(m K): the longest it can take. inf in cold air.
    Source: Spalding 1953, d² law; Kukkonen 1990 for aerosol of liquefied gas.
    """
    check(drop=diameter, temperature_air=air_temperature)
    boiling = substance.boiling_point if substance.boiling_point is not None else substance.saturation_temperature(ATMOSPHERE)
    excess = air_temperature - boiling
    if excess <= 0:
        return math.inf
    density = float(substance.liquid_density(boiling))
    transfer = float(substance.gas_heat_capacity(boiling)) * excess / float(substance.heat_of_vaporisation(boiling))
    return density * float(substance.gas_heat_capacity(boiling)) * diameter**2 / (8 * 0.026 * math.log1p(transfer))


def rained_out_fraction(
    substance: Substance, velocity: float, height: float, *, air_temperature: float, ambient_pressure: float = ATMOSPHERE
) -> float:
    """Share [-] of the drops of a horizontal jet of velocity [m/s] at height [m] that reaches the ground before it has evaporated.

    air_temperature [K], ambient_pressure [Pa]. Sizes after Rosin and Rammler with 99 % below the largest stable drop; each falls at its own
    speed and evaporates by the d² law. 1 at ground level. Raises Faults naming the field or the missing property.
    Source: CPR 14E (1997) 2.5.3.8; Kukkonen 1990.
    """
    if not (math.isfinite(height) and height >= 0):
        raise Faults([Fault("height", f"is {height:g} m", "give a height of 0 or above")])
    boiling = (
        substance.boiling_point if substance.boiling_point is not None else substance.saturation_temperature(ambient_pressure)
    )
    ambient = air_density(air_temperature, ambient_pressure)
    largest = drop_diameter(float(substance.surface_tension(boiling)), velocity, ambient)
    if height == 0:
        return 1.0
    viscosity = figure("air_viscosity") * ambient
    density = float(substance.liquid_density(boiling))

    def falls(diameter: float) -> bool:
        speed = settling_velocity(diameter, density, ambient, viscosity)
        return speed > 0 and height / speed < evaporation_time(substance, diameter, air_temperature)

    smallest = _smallest(falls)
    if smallest is None:
        return 0.0
    mean = largest / math.log(100) ** (1 / SPREAD)  # 1 % above the largest
    return math.exp(-((smallest / mean) ** SPREAD))


def _smallest(falls: Callable[[float], bool], low: float = 1e-6, high: float = 20e-3) -> float | None:
    """Diameter of the smallest drop that reaches the ground; None when not even one of 20 mm does."""
    if not falls(high):
        return None
    for _ in range(40):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if falls(middle) else (middle, high)
    return high
