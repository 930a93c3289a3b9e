"""Physical constants and the conversions used at the doors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAS_CONSTANT = 8.314462618  # J/(mol K), CODATA 2018, exact
GRAVITY = 9.80665  # m/s², ISO 80000-3, standard value
STEFAN_BOLTZMANN = 5.670374419e-8  # W/(m² K⁴), CODATA 2018
ATMOSPHERE = 101_325.0  # Pa
ZERO_CELSIUS = 273.15  # K
MOLAR_MASS_AIR = 0.028_964_7  # kg/mol, dry air


def kelvin(celsius: float) -> float:
    """Temperature [K] from celsius [°C]."""
    return celsius + ZERO_CELSIUS


def mole_fraction(
    concentration: ArrayLike, molar_mass: float, temperature: float, pressure: float = ATMOSPHERE
) -> NDArray[np.float64]:
    """Mole fraction [mol/mol] of a vapour in air from its concentration [kg/m³], at ambient temperature [K] and pressure [Pa].

    molar_mass [kg/mol] of the vapour. Ideal gas. Ambient conditions, not those at the release: a cloud is measured in air.
    """
    return np.asarray(concentration, float) * GAS_CONSTANT * temperature / (molar_mass * pressure)


def concentration(
    fraction: ArrayLike, molar_mass: float, temperature: float, pressure: float = ATMOSPHERE
) -> NDArray[np.float64]:
    """Concentration [kg/m³] of a vapour from its fraction [mol/mol], molar_mass [kg/mol], temperature [K] and pressure [Pa] of the air.

    The inverse of `mole_fraction`.
    """
    return np.asarray(fraction, float) * molar_mass * pressure / (GAS_CONSTANT * temperature)


def air_density(temperature: float, pressure: float = ATMOSPHERE) -> float:
    """Density of dry air [kg/m³] at temperature [K] and pressure [Pa]; ideal gas."""
    return pressure * MOLAR_MASS_AIR / (GAS_CONSTANT * temperature)
