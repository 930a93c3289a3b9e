"""Mixing of a released vapour, with or without drops, and moist air: temperature and density along the line of adiabatic mixing.

Everything stays in equilibrium at ambient pressure: drops of the substance while its vapour is saturated, fog and ice of the air's water.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.constants import ATMOSPHERE, GAS_CONSTANT, MOLAR_MASS_AIR
from chemward.science.dispersion.weather import Weather

Array = NDArray[np.float64]

_CP_AIR = 1005.0  # [J/(kg K)]
_CP_WATER = 1870.0  # [J/(kg K)], vapour
_WATER_MASS = 0.018_015_3  # [kg/mol]
_WATER_HEAT = 2.501e6  # [J/kg] of condensation
_ICE_HEAT = 0.334e6  # [J/kg] of freezing
_FREEZING = 273.15  # [K]
_SHARES = np.concatenate([[0.0], np.geomspace(1e-6, 0.05, 60), np.linspace(0.06, 1.0, 95)])


@dataclass(frozen=True)
class Vapour:
    """What mixing needs of a substance: molar_mass [kg/mol], heat_capacity of the gas [J/(kg K)], boiling_point [K] at 101 325 Pa and
    heat_of_vaporisation [J/kg] there, liquid_density [kg/m³]; boiling_point None: a gas that does not condense."""

    molar_mass: float
    heat_capacity: float
    boiling_point: float | None = None
    heat_of_vaporisation: float = 0.0
    liquid_density: float = 1000.0

    def saturation(self, temperature: Array) -> Array:
        """Vapour pressure [Pa] at temperature [K], any shape: Clausius-Clapeyron through the boiling point; inf for a permanent gas."""
        if self.boiling_point is None:
            return np.full_like(temperature, np.inf)
        slope = self.heat_of_vaporisation * self.molar_mass / GAS_CONSTANT
        return np.asarray(ATMOSPHERE * np.exp(np.clip(slope * (1 / self.boiling_point - 1 / temperature), -200, 200)))


@dataclass(frozen=True)
class Mixing:
    """The line of mixing, made by `mix`: at mass share [-] of the substance, ascending, temperature [K], density and concentration [kg/m³],
    all of shape (k,); heat capacity [J/(kg K)] of substance and air."""

    share: Array
    temperature: Array
    density: Array
    concentration: Array
    heat_capacity: float
    molar_mass: float

    def at_share(self, share: float, heat: float = 0.0) -> tuple[float, float]:
        """Temperature [K] and density [kg/m³] at a mass share [-], after heat [J/kg] was added to a kilogram of mixture."""
        temperature = float(np.interp(share, self.share, self.temperature))
        density = float(np.interp(share, self.share, self.density))
        warmed = temperature + heat / self.specific_heat(share)
        return warmed, density * temperature / warmed

    def share_of(self, concentration: float) -> float:
        """Mass share [-] at a concentration [kg/m³]; 1 from that of the pure substance on."""
        return float(np.interp(concentration, self.concentration, self.share))

    def specific_heat(self, share: float) -> float:
        """Heat capacity [J/(kg K)] of the mixture at a mass share [-], without condensation."""
        return share * self.heat_capacity + (1 - share) * _CP_AIR

    def mole_fraction(self, share: ArrayLike) -> Array:
        """Mole fraction [-] of the substance, drops counted, at mass share [-], any shape; the air dry."""
        share = np.asarray(share, float)
        own = share / self.molar_mass
        return np.asarray(own / (own + (1 - share) / MOLAR_MASS_AIR))

    def share_of_fraction(self, fraction: ArrayLike) -> Array:
        """Mass share [-] at a mole fraction [-], any shape; the air dry."""
        fraction = np.asarray(fraction, float)
        own = fraction * self.molar_mass
        return np.asarray(own / (own + (1 - fraction) * MOLAR_MASS_AIR))

    @property
    def pure_density(self) -> float:
        """Density [kg/m³] of what is released."""
        return float(self.density[-1])


@lru_cache(maxsize=64)
def mix(vapour: Vapour, temperature: float, liquid_fraction: float, weather: Weather) -> Mixing:
    """The line of mixing of a release at temperature [K] with a mass fraction of drops liquid_fraction [-] and the air of the weather.

    Equilibrium of phases, no heat from outside, ideal gas; the substance does not dissolve in fog. Source: DEGADIS (EPA-450/4-89-019) and
    SLAB (Ermak 1990, UCRL-MA-105607) thermodynamics of adiabatic mixing.
    """
    share = _SHARES
    water = (1 - share) * humidity_share(weather)
    air = 1 - share - water
    own = vapour.heat_capacity * (temperature - weather.temperature) - liquid_fraction * vapour.heat_of_vaporisation
    target = share * own
    low = np.full_like(share, min(temperature, weather.temperature) - (120.0 if liquid_fraction > 0 else 5.0))
    low = np.maximum(low, 15.0)
    high = np.full_like(share, max(temperature, weather.temperature) + 30.0)
    for _ in range(50):
        middle = (low + high) / 2
        is_low = _enthalpy(middle, share, air, water, vapour, weather) < target
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    found = (low + high) / 2
    _, fog = _condensed(found, share, air, water, vapour, weather.pressure)
    drops = _drops(found, share, air, water, fog, target, vapour, weather)
    moles = (share - drops) / vapour.molar_mass + air / MOLAR_MASS_AIR + (water - fog) / _WATER_MASS
    volume = moles * GAS_CONSTANT * found / weather.pressure + drops / vapour.liquid_density + fog / 1000.0
    density = 1 / volume
    return Mixing(share, found, density, np.maximum.accumulate(share * density), vapour.heat_capacity, vapour.molar_mass)


def humidity_share(weather: Weather) -> float:
    """Mass of water vapour in a mass of moist air [-]. Source: Magnus, WMO-No. 8, annex 4.B."""
    pressure = weather.relative_humidity * float(_water_saturation(np.array(weather.temperature)))
    moles = min(pressure / weather.pressure, 0.9)
    return moles * _WATER_MASS / (moles * _WATER_MASS + (1 - moles) * MOLAR_MASS_AIR)


def _water_saturation(temperature: Array) -> Array:
    """Vapour pressure [Pa] over water, over ice below freezing, at temperature [K]."""
    celsius = np.maximum(temperature, 120.0) - _FREEZING
    water = 611.2 * np.exp(17.62 * celsius / (243.12 + np.maximum(celsius, -60.0)))
    ice = 611.2 * np.exp(22.46 * celsius / (272.62 + np.maximum(celsius, -150.0)))
    return np.asarray(np.where(celsius < 0, ice, water))


def _condensed(
    temperature: Array, share: Array, air: Array, water: Array, vapour: Vapour, pressure: float
) -> tuple[Array, Array]:
    """Mass of drops of the substance and of fog in a kilogram of mixture [-]."""
    dry = air / MOLAR_MASS_AIR
    own = share / vapour.molar_mass
    wet = water / _WATER_MASS
    own_part = np.minimum(vapour.saturation(temperature) / pressure, 1.0)
    held = np.where(own_part < 1, own_part / np.maximum(1 - own_part, 1e-12) * (dry + wet), np.inf)
    gas = np.minimum(own, held)
    wet_part = np.minimum(_water_saturation(temperature) / pressure, 0.999)
    steam = np.minimum(wet, wet_part / (1 - wet_part) * (dry + gas))
    return (own - gas) * vapour.molar_mass, (wet - steam) * _WATER_MASS


def _drops(
    temperature: Array, share: Array, air: Array, water: Array, fog: Array, target: Array, vapour: Vapour, weather: Weather
) -> Array:
    """Mass of drops [-] from the heat that is missing: also right where the pure substance boils and its vapour share is open."""
    if vapour.heat_of_vaporisation <= 0:
        return np.zeros_like(share)
    sensible = _sensible(temperature, share, air, water, fog, vapour, weather)
    return np.asarray(np.clip((sensible - target) / vapour.heat_of_vaporisation, 0.0, share))


def _enthalpy(temperature: Array, share: Array, air: Array, water: Array, vapour: Vapour, weather: Weather) -> Array:
    """Enthalpy [J/kg] over that of vapours at the temperature of the air."""
    drops, fog = _condensed(temperature, share, air, water, vapour, weather.pressure)
    return np.asarray(_sensible(temperature, share, air, water, fog, vapour, weather) - drops * vapour.heat_of_vaporisation)


def _sensible(temperature: Array, share: Array, air: Array, water: Array, fog: Array, vapour: Vapour, weather: Weather) -> Array:
    """Enthalpy [J/kg] but for the drops of the substance."""
    heat = (share * vapour.heat_capacity + air * _CP_AIR + water * _CP_WATER) * (temperature - weather.temperature)
    frozen = np.clip((_FREEZING - temperature) / 5.0, 0.0, 1.0)
    return np.asarray(heat - fog * (_WATER_HEAT + frozen * _ICE_HEAT))


def air_share_of_steam(weather: Weather) -> float:
    """Density of the moist air over that of dry air [-], at the same temperature and pressure."""
    share = humidity_share(weather)
    return 1 / (1 + share * (MOLAR_MASS_AIR / _WATER_MASS - 1)) if math.isfinite(share) else 1.0
