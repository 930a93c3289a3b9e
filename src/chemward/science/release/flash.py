"""Superheated liquid let down to the pressure of the air: how much flashes, and the jet after it has expanded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from chemward.science.constants import ATMOSPHERE
from chemward.science.faults import Fault, Faults
from chemward.science.notes import Note, info
from chemward.science.release.checks import check
from chemward.science.substances import Substance
from chemward.standards import aqt3046


@dataclass(frozen=True)
class Expanded:
    """A jet at the pressure of the air, before it has taken in air.

    velocity [m/s], temperature [K], liquid_fraction [-] by mass, density [kg/m³], area [m²] and radius [m] of the jet there: not those of
    the hole.
    """

    velocity: float
    temperature: float
    liquid_fraction: float
    density: float
    area: float
    notes: tuple[Note, ...] = ()

    @property
    def radius(self) -> float:
        """Radius of the expanded jet [m], taken as round."""
        return math.sqrt(self.area / math.pi)


@lru_cache(maxsize=4096)
def boiling_temperature(substance: Substance, pressure: float = ATMOSPHERE) -> float:
    """Temperature [K] at which the substance boils under a pressure [Pa]: the table's boiling point at one atmosphere, else its vapour
    pressure. Raises Faults when neither is known."""
    if substance.boiling_point is not None and abs(pressure / ATMOSPHERE - 1) < 1e-3:
        return substance.boiling_point
    return substance.saturation_temperature(pressure)


def sensible_heat(substance: Substance, low: float, high: float) -> float:
    """Heat [J/kg] that takes the liquid from temperature low [K] to high [K]: the integral of its heat capacity (five Gauss points)."""
    nodes, weights = np.polynomial.legendre.leggauss(5)
    t = 0.5 * (high - low) * nodes + 0.5 * (high + low)
    return float(0.5 * (high - low) * np.dot(weights, substance.liquid_heat_capacity(t)))


def flash_fraction(substance: Substance, temperature: float, ambient_pressure: float = ATMOSPHERE) -> float:
    """Share [-] of a liquid at temperature [K] that is vapour once it has come to ambient_pressure [Pa] at constant enthalpy.

    0 at or below the boiling point, 1 where the heat is more than it takes. Linear in the sensible heat.
    Source: AQ/T 3046-2013 E.2.2, E.30; Yellow Book (CPR 14E, 1997) 2.5.3.
    """
    check(temperature=temperature, pressure_ambient=ambient_pressure)
    boiling = boiling_temperature(substance, ambient_pressure)
    if temperature <= boiling:
        return 0.0
    heat = sensible_heat(substance, boiling, temperature)
    return min(heat / float(substance.heat_of_vaporisation(boiling)), 1.0)


def airborne_fraction(vapour_fraction: float) -> float:
    """Share [-] of a flashing release that stays in the air, vapour and drops together, by the rule of the standard.

    vapour_fraction [-] after flashing. Up to 0.2 it is five times that; above, everything.
    Source: AQ/T 3046-2013 E.2.2, E.31 and E.32 (also GB/T 37243-2019 D.31 and D.32).
    """
    if not 0 <= vapour_fraction <= 1:
        raise Faults([Fault("vapour_fraction", f"is {vapour_fraction:g}", "give a value within 0 to 1")])
    figures = aqt3046.figures()
    if vapour_fraction > figures["flash_limit"].value:
        return 1.0
    return min(figures["airborne_factor"].value * vapour_fraction, 1.0)


def expand(
    substance: Substance,
    rate: float,
    *,
    pressure_exit: float,
    temperature_exit: float,
    velocity_exit: float,
    vapour_fraction: float,
    exit_area: float,
    ambient_pressure: float = ATMOSPHERE,
) -> Expanded:
    """The jet at ambient_pressure [Pa] from rate [kg/s] and the state of the exit plane, by momentum and enthalpy; no air taken in.

    pressure_exit [Pa], temperature_exit [K], velocity_exit [m/s], vapour_fraction [-] by mass and exit_area [m²] of the stream in the exit
    plane. Momentum: u₂ = u₁ + (p₁ − p₂) A₁ / rate; enthalpy with the kinetic energy of the exit; a stream with liquid comes to its
    boiling point. The area that dispersion needs is this one: the hole's own would be too small (EPA 1991).
    Source: Yellow Book (CPR 14E, 1997) 2.107 to 2.114; Britter et al., Atmos. Environ. 45 (2011) 1, section 3.
    """
    check(rate=rate, temperature=temperature_exit, pressure_ambient=ambient_pressure, area=exit_area)
    velocity = velocity_exit + max(pressure_exit - ambient_pressure, 0.0) * exit_area / rate
    gained = 0.5 * (velocity_exit**2 - velocity**2)  # J/kg taken from enthalpy (negative: the jet sped up)
    if vapour_fraction >= 1.0:
        temperature, quality = _gas_after(substance, temperature_exit, gained, ambient_pressure)
    else:
        temperature, quality = _mixture_after(substance, temperature_exit, vapour_fraction, gained, ambient_pressure)
    density = mixture_density(substance, temperature, quality, ambient_pressure)
    note = info("expanded_jet", "jet expanded to the pressure of the air: momentum and enthalpy kept", "CPR 14E 2.107 to 2.114")
    return Expanded(velocity, temperature, 1.0 - quality, density, rate / (density * velocity), (note,))


def mixture_density(substance: Substance, temperature: float, vapour_fraction: float, pressure: float) -> float:
    """Density [kg/m³] of vapour and drops in equilibrium of velocity: vapour_fraction [-] by mass at temperature [K] and pressure [Pa]."""
    specific = vapour_fraction / substance.gas_density(temperature, pressure)
    if vapour_fraction < 1:
        specific += (1 - vapour_fraction) / float(substance.liquid_density(temperature))
    return 1.0 / specific


def _gas_after(substance: Substance, temperature: float, gained: float, pressure: float) -> tuple[float, float]:
    """Temperature and vapour fraction of a gas whose enthalpy changed by `gained`; it condenses when that takes it below boiling."""
    after = temperature + gained / float(substance.gas_heat_capacity(temperature))
    for _ in range(20):
        middle = max(0.5 * (after + temperature), 0.2 * temperature)
        after = temperature + gained / float(substance.gas_heat_capacity(middle))
    if "vapour_pressure" not in substance.curves or "heat_of_vaporisation" not in substance.curves:
        return max(after, 0.2 * temperature), 1.0
    boiling = boiling_temperature(substance, pressure)
    if after >= boiling:
        return after, 1.0
    short = float(substance.gas_heat_capacity(boiling)) * (boiling - after)
    return boiling, max(1.0 - short / float(substance.heat_of_vaporisation(boiling)), 0.0)


def _mixture_after(
    substance: Substance, temperature: float, vapour: float, gained: float, pressure: float
) -> tuple[float, float]:
    """Temperature and vapour fraction of a stream with liquid at the pressure of the air."""
    boiling = boiling_temperature(substance, pressure)
    if temperature <= boiling and vapour == 0.0:
        return temperature, 0.0
    heat = (1 - vapour) * sensible_heat(substance, boiling, temperature) if temperature != boiling else 0.0
    heat += vapour * float(substance.gas_heat_capacity(boiling)) * (temperature - boiling) + gained
    quality = vapour + heat / float(substance.heat_of_vaporisation(boiling))
    if quality <= 1.0:
        return boiling, max(quality, 0.0)
    surplus = (quality - 1.0) * float(substance.heat_of_vaporisation(boiling))
    return boiling + surplus / float(substance.gas_heat_capacity(boiling)), 1.0
