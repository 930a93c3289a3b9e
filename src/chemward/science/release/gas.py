"""Gas through a hole: isentropic nozzle, choked or not, ideal or by an equation of state."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from chemward.science.constants import ATMOSPHERE
from chemward.science.faults import Fault, Faults
from chemward.science.notes import Note, info, warning
from chemward.science.release.checks import area_of, check
from chemward.science.release.real_gas import real_gas_nozzle
from chemward.science.substances import Substance

REAL_GAS_PRESSURE = 5.0e6  # Pa; Yellow Book and AQ/T take an ideal gas, above this the error is more than their scatter
REAL_GAS_BLEND = 1.0e6  # Pa; over this the ideal gas gives way to the real one, so that the rate has no step


@dataclass(frozen=True)
class NozzleFlow:
    """Gas in the throat of a hole: rate [kg/s], pressure [Pa], temperature [K], density [kg/m³], velocity [m/s]; is_choked: at the speed
    of sound; area [m²] of the hole; coefficient [-] of discharge."""

    rate: float
    pressure: float
    temperature: float
    density: float
    velocity: float
    is_choked: bool
    area: float
    coefficient: float
    notes: tuple[Note, ...] = ()


def critical_ratio(gamma: float) -> float:
    """Ratio of throat to vessel pressure [-] at and below which the flow is choked: (2/(γ+1))^(γ/(γ−1)).

    gamma [-] above 1. Source: AQ/T 3046-2013 E.1.4, E.15; Yellow Book (CPR 14E, 1997) 2.23.
    """
    if not gamma > 1:
        raise Faults([Fault("gamma", f"is {gamma:g}", "give a ratio of heat capacities above 1")])
    return math.pow(2 / (gamma + 1), gamma / (gamma - 1))


def mass_flux(pressure: float, density: float, ambient_pressure: float, gamma: float) -> float:
    """Isentropic mass flux of an ideal gas [kg/(m² s)] from pressure [Pa] and density [kg/m³] into ambient_pressure [Pa].

    gamma [-]. Choked below the critical ratio and continuous there; 0 when the vessel has no overpressure.
    Source: AQ/T 3046-2013 E.1.4, E.13 and E.14; Yellow Book (CPR 14E, 1997) 2.22 to 2.26.
    """
    ratio = max(ambient_pressure / pressure, critical_ratio(gamma))
    if ratio >= 1:
        return 0.0
    expansion = ratio ** (2 / gamma) - ratio ** ((gamma + 1) / gamma)
    return math.sqrt(2 * pressure * density * gamma / (gamma - 1) * expansion)


def gas_hole(
    substance: Substance,
    pressure: float,
    temperature: float,
    diameter: float,
    *,
    coefficient: float = 1.0,
    ambient_pressure: float = ATMOSPHERE,
) -> NozzleFlow:
    """Gas of a substance at pressure [Pa] and temperature [K] through a round hole of diameter [m] into ambient_pressure [Pa].

    coefficient [-] of discharge. Ideal gas up to 5 MPa; above, the isentrope of the Peng–Robinson equation, with a warning.
    Raises Faults naming the field when the vessel has no overpressure or the substance lacks a property.
    Source: AQ/T 3046-2013 E.1.4; Yellow Book (CPR 14E, 1997) 2.5.2.2; Peng and Robinson 1976.
    """
    area = area_of(diameter)
    check(pressure=pressure, temperature=temperature, pressure_ambient=ambient_pressure, coefficient=coefficient)
    if pressure <= ambient_pressure:
        raise Faults(
            [
                Fault(
                    "pressure",
                    f"is {pressure:g} Pa, not above the air's {ambient_pressure:g} Pa",
                    "give an absolute pressure above it",
                )
            ]
        )
    ideal = ideal_nozzle(
        pressure,
        temperature,
        area,
        gamma=float(substance.heat_capacity_ratio(temperature)),
        gas_constant=substance.gas_constant,
        coefficient=coefficient,
        ambient_pressure=ambient_pressure,
        notes=(info("gas_hole", "isentropic flow of an ideal gas through a hole", "AQ/T 3046-2013 E.1.4"),),
    )
    if pressure <= REAL_GAS_PRESSURE:
        return ideal
    real = _real(substance, pressure, temperature, area, coefficient, ambient_pressure)
    return _between(ideal, real, min((pressure - REAL_GAS_PRESSURE) / REAL_GAS_BLEND, 1.0))


def ideal_nozzle(
    pressure: float,
    temperature: float,
    area: float,
    *,
    gamma: float,
    gas_constant: float,
    coefficient: float = 1.0,
    ambient_pressure: float = ATMOSPHERE,
    notes: tuple[Note, ...] = (),
) -> NozzleFlow:
    """Ideal gas of pressure [Pa] and temperature [K] in a hole of area [m²]: rate and state of the throat.

    gamma [-], gas_constant [J/(kg K)], coefficient [-], ambient_pressure [Pa]. Source: as `mass_flux`.
    """
    density = pressure / (gas_constant * temperature)
    flux = mass_flux(pressure, density, ambient_pressure, gamma)
    ratio = min(max(ambient_pressure / pressure, critical_ratio(gamma)), 1.0)
    throat_density = density * ratio ** (1 / gamma)
    return NozzleFlow(
        rate=coefficient * area * flux,
        pressure=ratio * pressure,
        temperature=temperature * ratio ** ((gamma - 1) / gamma),
        density=throat_density,
        velocity=flux / throat_density,
        is_choked=ambient_pressure / pressure <= critical_ratio(gamma),
        area=area,
        coefficient=coefficient,
        notes=notes,
    )


def _between(ideal: NozzleFlow, real: NozzleFlow, weight: float) -> NozzleFlow:
    """Each figure of the flow between ideal (weight 0) and real (weight 1)."""
    mixed = {
        n: (1 - weight) * getattr(ideal, n) + weight * getattr(real, n)
        for n in ("rate", "pressure", "temperature", "density", "velocity")
    }
    return replace(real, **mixed)


def _real(
    substance: Substance, pressure: float, temperature: float, area: float, coefficient: float, ambient_pressure: float
) -> NozzleFlow:
    throat = real_gas_nozzle(substance, pressure, temperature, ambient_pressure)
    note = warning(
        "real_gas",
        f"{pressure / 1e5:.0f} bar: real gas by Peng–Robinson, compressibility {throat.compressibility:.3f}",
        "Peng and Robinson 1976",
    )
    return NozzleFlow(
        rate=coefficient * area * throat.flux,
        pressure=throat.pressure,
        temperature=throat.temperature,
        density=throat.density,
        velocity=throat.flux / throat.density,
        is_choked=throat.pressure > ambient_pressure * 1.0001,
        area=area,
        coefficient=coefficient,
        notes=(note,),
    )
