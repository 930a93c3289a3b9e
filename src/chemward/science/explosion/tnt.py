"""TNT: blast of a hemispherical charge on the ground, and fuels reckoned as TNT."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.explosion.blast import Blast
from chemward.science.faults import Fault, refuse
from chemward.science.notes import info, warning
from chemward.standards.explosion import polynomials

Array = NDArray[np.float64]
ENERGY = 4.52e6  # J/kg, blast energy of TNT, AQ/T 3046-2013 E.4 and CPR 14E 5.5.2


def kingery_bulmash(quantity: str, scaled_distance: ArrayLike) -> Array:
    """Incident pressure (…) [Pa] ("incident_pressure_kpa") or impulse (…) [Pa s/kg^⅓] ("incident_impulse_kpa_ms") at scaled distance (…) [m/kg^⅓].

    Hemispherical surface burst of TNT, 0.2 to 198.5 (impulse: 158.7) m/kg^⅓; outside, the nearest end. Source: Swisdak 1994, table 2.
    """
    rows = polynomials(quantity)
    z = np.clip(np.asarray(scaled_distance, float), rows[0].low, rows[-1].high)
    log = np.log(z)
    result = np.empty_like(z)
    for row in rows:
        here = (z >= row.low) & (z <= row.high)
        result[here] = np.exp(np.polynomial.polynomial.polyval(log[here], row.coefficients))
    return np.asarray(result * (1e3 if quantity == "incident_pressure_kpa" else 1.0), float)  # kPa → Pa; kPa ms = Pa s


def kinney_graham(scaled_distance: ArrayLike, ambient: float = 101_325.0) -> Array:
    """Incident overpressure (…) [Pa] of TNT in free air at scaled distance (…) [m/kg^⅓], ambient [Pa].

    808 [1 + (Z/4.5)²] / √(1 + (Z/0.048)²) / √(1 + (Z/0.32)²) / √(1 + (Z/1.35)²). Source: Kinney & Graham 1985, eq. 6-2.
    """
    z = np.asarray(scaled_distance, float)
    roots = np.sqrt(1 + (z / 0.048) ** 2) * np.sqrt(1 + (z / 0.32) ** 2) * np.sqrt(1 + (z / 1.35) ** 2)
    return np.asarray(ambient * 808 * (1 + (z / 4.5) ** 2) / roots, float)


def equivalent_mass(fuel: float, heat_of_combustion: float, efficiency: float) -> float:
    """Mass of TNT [kg] with the blast of a mass of fuel [kg]: η m ΔHc / ΔH_TNT; heat_of_combustion [J/kg], efficiency [-].

    Source: CPR 14E 5.5.2; AQ/T 3046-2013 E.4.
    """
    return efficiency * fuel * heat_of_combustion / ENERGY


def tnt_blast(mass: float) -> Blast:
    """Blast of a mass [kg] of TNT on the ground. Raises Faults. Source: Kingery & Bulmash 1984 by Swisdak 1994."""
    refuse([Fault("mass", f"is {mass:g} kg", "give a value above 0")] if not mass > 0 else [])
    scale = mass ** (1 / 3)
    return Blast(
        "tnt",
        mass * ENERGY,
        lambda r: kingery_bulmash("incident_pressure_kpa", r / scale),
        lambda r: kingery_bulmash("incident_impulse_kpa_ms", r / scale) * scale,
        0.2 * scale,
        158.7 * scale,
        {"tnt_kg": mass},
        (
            info("blast_model", "TNT, hemispherical on the ground", "Swisdak 1994"),
            warning(
                "tnt_near_field",
                "a vapour cloud is no TNT: near the cloud pressures are overstated and durations understated",
                "CPR 14E 5.5.2",
            ),
        ),
    )


def explosives_pressure(mass: float, distance: ArrayLike) -> Array:
    """Overpressure (…) [Pa] of a mass [kg] of explosive, as TNT, at distance (…) [m].

    Δp = 14 Q/R³ + 4.3 Q^⅔/R² + 1.1 Q^⅓/R in 10⁵ Pa. Source: GB/T 37243-2019, chapter 5; GB 6722-2014, 13.3.2.
    """
    r = np.asarray(distance, float)
    return np.asarray(1e5 * (14 * mass / r**3 + 4.3 * mass ** (2 / 3) / r**2 + 1.1 * mass ** (1 / 3) / r), float)
