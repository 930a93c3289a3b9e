"""Evaporation from a pool below its boiling point: Mackay and Matsugu, and the form of AQ/T 3046."""

from __future__ import annotations

import math
from functools import lru_cache

from chemward.science.constants import ATMOSPHERE, GAS_CONSTANT, air_density
from chemward.science.faults import Fault, Faults
from chemward.science.release.checks import check, check_not_negative
from chemward.science.substances import Substance
from chemward.standards import aqt3046
from chemward.standards.release import figure

CALM = 0.5  # m/s: below it air moves by itself, the wind's law gives too little
WATER_MOLAR_MASS = 0.018015  # kg/mol


@lru_cache(maxsize=1024)
def schmidt_number(molar_mass: float) -> float:
    """Schmidt number [-] of a vapour of molar_mass [kg/mol] in air: diffusivity from that of water by the square root of the molar mass.

    Source: EPA 550-B-99-009 (1999) D.2.1 scales the transfer likewise.
    """
    check(molar_mass=molar_mass)
    diffusivity = figure("water_diffusivity") * math.sqrt(WATER_MOLAR_MASS / molar_mass)
    return figure("air_viscosity") / diffusivity


def mass_transfer(substance: Substance, wind_speed: float, diameter: float) -> float:
    """Mass transfer coefficient [m/s] over a pool of diameter [m] in wind_speed [m/s] at 10 m: C u^0.78 D^−0.11 Sc^−0.67.

    Wind below 0.5 m/s counts as 0.5. Holds for pools of 0.1 to 1000 m in diameter.
    Source: Mackay and Matsugu, Can. J. Chem. Eng. 51 (1973) 434; CPR 14E (1997) 3.24.
    """
    check_not_negative(wind_speed=wind_speed)
    check(size=diameter)
    wind = max(wind_speed, CALM) ** figure("mackay_wind_exponent")
    size = max(diameter, 0.1) ** figure("mackay_size_exponent")
    return float(
        figure("mackay_matsugu") * wind * size * schmidt_number(substance.need("molar_mass")) ** figure("mackay_schmidt_exponent")
    )


def evaporation_flux(substance: Substance, transfer: float, temperature: float, pressure: float = ATMOSPHERE) -> float:
    """Evaporation [kg/(m² s)] from liquid at temperature [K] with a transfer coefficient [m/s] into air of pressure [Pa].

    k M/(R T) · (−p ln(1 − p_v/p)): with p_v small it is k M p_v/(R T), near boiling it grows without end (Stefan flow).
    Raises Faults at or above boiling. Source: Brighton, J. Fluid Mech. 159 (1985) 323; CPR 14E (1997) 3.3, 3.4.
    """
    check_not_negative(transfer=transfer)
    vapour = float(substance.vapour_pressure(temperature))
    if vapour >= pressure:
        raise Faults(
            [Fault("temperature", f"{temperature:g} K: {substance.name} boils", "use the heat balance of a boiling pool")]
        )
    return transfer * substance.need("molar_mass") / (GAS_CONSTANT * temperature) * (-pressure * math.log1p(-vapour / pressure))


def convective_coefficient(substance: Substance, transfer: float, air_temperature: float, pressure: float = ATMOSPHERE) -> float:
    """Heat transfer coefficient [W/(m² K)] from the air to a pool by the analogy of heat and mass: k ρ cp (Sc/Pr)^0.67.

    transfer [m/s] of mass, air_temperature [K], pressure [Pa]. Source: Chilton and Colburn 1934; CPR 14E (1997) 3.2.4.
    """
    ratio = schmidt_number(substance.need("molar_mass")) / figure("air_prandtl")
    return float(transfer * air_density(air_temperature, pressure) * figure("air_heat_capacity") * ratio**0.67)


def aqt_evaporation(substance: Substance, radius: float, wind_speed: float, stability: str, temperature: float) -> float:
    """Evaporation [kg/s] of a pool of radius [m] by AQ/T 3046: a p M/(R T) u^((2−n)/(2+n)) r^((4+n)/(2+n)).

    wind_speed [m/s]; stability "A" to "F" chooses n and a; temperature [K] of the air. Class C has no row in the table: refused.
    Raises Faults naming the field. Source: AQ/T 3046-2013 E.1.6.3, Table E.4; Sutton 1934.
    """
    check(radius=radius, wind_speed=wind_speed, temperature=temperature)
    row = aqt3046.pool_evaporation().get(stability)
    if row is None or row.exponent is None or row.factor is None:
        raise Faults(
            [
                Fault(
                    "stability",
                    f"is {stability!r}, without a row in Table E.4",
                    "give A, B, D, E or F, or use Mackay and Matsugu",
                )
            ]
        )
    n = row.exponent
    drive = float(substance.vapour_pressure(temperature)) * substance.need("molar_mass") / (GAS_CONSTANT * temperature)
    return float(row.factor * drive * wind_speed ** ((2 - n) / (2 + n)) * radius ** ((4 + n) / (2 + n)))
