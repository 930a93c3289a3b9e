"""Pipes: gas with friction and a choked end, liquid with friction and fittings, and a long pipeline that empties after a rupture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np

from chemward.science.constants import ATMOSPHERE, GRAVITY
from chemward.science.faults import Fault, Faults
from chemward.science.notes import info, warning
from chemward.science.release.checks import area_of, check, check_not_negative
from chemward.science.release.gas import NozzleFlow, ideal_nozzle
from chemward.science.release.outflow import Outflow
from chemward.science.substances import Substance
from chemward.standards import aqt3046

INCH = 0.0254  # m


@lru_cache(maxsize=64)
def roughness_of(material: str = "commercial steel") -> float:
    """Roughness [m] of a clean pipe of a material, the middle of the range of the table. Source: AQ/T 3046-2013 E.1.3, Table E.1."""
    for row in aqt3046.pipe_roughnesses():
        if row.material == material:
            return 0.5e-3 * (row.least_mm + row.most_mm)
    raise Faults(
        [Fault("material", f"is {material!r}", f"give one of {', '.join(r.material for r in aqt3046.pipe_roughnesses())}")]
    )


def friction_factor(reynolds: float, relative_roughness: float) -> float:
    """Fanning friction factor [-]: laminar 16/Re, turbulent by Colebrook, a straight line between 2100 and 4000.

    reynolds [-] above 0, inf for fully rough flow; relative_roughness [-] is roughness over diameter, up to 0.05.
    Source: AQ/T 3046-2013 E.1.3, E.8 to E.11; Crowl and Louvar 3rd ed. eq. 4-34 to 4-38.
    """
    if reynolds <= 2100:
        return 16 / reynolds
    if reynolds < 4000:
        low, high = 16 / 2100, friction_factor(4000, relative_roughness)
        return low + (high - low) * (reynolds - 2100) / 1900
    root = 1 / (4 * math.log10(3.7 / max(relative_roughness, 1e-6)))  # fully rough
    for _ in range(50):
        after = 1 / (-4 * math.log10(relative_roughness / 3.7 + 1.255 / (reynolds * root)))
        if abs(after - root) < 1e-12:
            break
        root = after
    return root * root


def fitting_loss(k1: float, k_infinity: float, reynolds: float, diameter: float) -> float:
    """Velocity heads lost in a fitting [-] by the 2-K method: K1/Re + K∞ (1 + 1/ID in inches).

    k1 [-], k_infinity [-], reynolds [-], diameter [m]. Source: AQ/T 3046-2013 E.1.3, E.12; Hooper 1981.
    """
    return k1 / reynolds + k_infinity * (1 + INCH / diameter)


def fittings_loss(names: Iterable[str], reynolds: float, diameter: float) -> float:
    """Velocity heads lost [-] in named fittings and a plain inlet at reynolds [-] in a pipe of diameter [m].

    Raises Faults naming `fittings` for an unknown name. Source: AQ/T 3046-2013 E.1.3, Table E.2.
    """
    known = {row.fitting: row for row in aqt3046.fittings()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Faults([Fault("fittings", f"{', '.join(unknown)} not known", f"give names out of: {'; '.join(known)}")])
    inlet = next(row for row in aqt3046.pipe_ends() if row.end == "inlet")
    loss = inlet.k1 / reynolds + inlet.k_infinity  # the ends have no correction for the diameter
    return loss + sum(fitting_loss(known[n].k1, known[n].k_infinity, reynolds, diameter) for n in names)


def liquid_pipe(
    density: float,
    viscosity: float,
    diameter: float,
    length: float,
    *,
    overpressure: float,
    fall: float = 0.0,
    roughness: float | None = None,
    fittings: tuple[str, ...] = (),
) -> float:
    """Rate [kg/s] of a liquid out of a broken pipe: mechanical energy with friction and fittings.

    density [kg/m³], viscosity [Pa s]; diameter [m] and length [m] of the pipe; overpressure [Pa] at its inlet above the air; fall [m] from
    the level of the liquid down to the break (negative: uphill); roughness [m], default commercial steel.
    0 when nothing drives it. Raises Faults naming the field. Source: AQ/T 3046-2013 E.1.3, E.6 to E.12.
    """
    check(density=density, viscosity=viscosity, diameter=diameter)
    check_not_negative(length=length)
    drive = overpressure / density + GRAVITY * fall
    if drive <= 0:
        return 0.0
    rough = (roughness_of() if roughness is None else roughness) / diameter
    speed = math.sqrt(2 * drive)
    for _ in range(100):
        reynolds = density * speed * diameter / viscosity
        losses = 1.0 + 4 * friction_factor(reynolds, rough) * length / diameter + fittings_loss(fittings, reynolds, diameter)
        after = math.sqrt(2 * drive / losses)
        if abs(after - speed) < 1e-9 * speed:
            break
        speed = 0.5 * (speed + after)
    return density * speed * area_of(diameter)


def fanno(mach: float, gamma: float) -> float:
    """Velocity heads of friction 4fL/D [-] from mach [-] to the speed of sound in adiabatic flow of an ideal gas.

    gamma [-]. Source: AQ/T 3046-2013 E.1.5, E.18 to E.22; Shapiro, Compressible Fluid Flow I (1953) 6.17.
    """
    m2 = mach * mach
    return (1 - m2) / (gamma * m2) + (gamma + 1) / (2 * gamma) * math.log((gamma + 1) * m2 / (2 + (gamma - 1) * m2))


def _sonic_pressure(mach: float, gamma: float) -> float:
    """p*/p where the Mach number is `mach`."""
    return mach * math.sqrt((2 + (gamma - 1) * mach * mach) / (gamma + 1))


def _solve(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is zero, by halving."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
        if high - low < 1e-12 * high:
            break
    return 0.5 * (low + high)


def gas_pipe(
    substance: Substance,
    pressure: float,
    temperature: float,
    diameter: float,
    length: float,
    *,
    roughness: float | None = None,
    extra_loss: float = 0.5,
    ambient_pressure: float = ATMOSPHERE,
) -> NozzleFlow:
    """Gas out of a full-bore break at the end of a pipe fed from a vessel: adiabatic flow with friction, choked at the end or not.

    pressure [Pa] and temperature [K] of the vessel; diameter [m], length [m]; roughness [m], default commercial steel; extra_loss [-]
    velocity heads of inlet and fittings; ambient_pressure [Pa]. Ideal gas, fully rough friction. The pipe of no length is a nozzle.
    Raises Faults naming the field. Source: AQ/T 3046-2013 E.1.5; Crowl and Louvar 3rd ed. eq. 4-57 to 4-66.
    """
    area = area_of(diameter)
    check(pressure=pressure, temperature=temperature, pressure_ambient=ambient_pressure)
    check_not_negative(length=length, extra_loss=extra_loss)
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
    gamma = float(substance.heat_capacity_ratio(temperature))
    rough = (roughness_of() if roughness is None else roughness) / diameter
    loss = 4 * friction_factor(math.inf, rough) * length / diameter + extra_loss
    entry, end = pipe_mach(loss, gamma, ambient_pressure / pressure)
    if loss == 0:
        return ideal_nozzle(
            pressure, temperature, area, gamma=gamma, gas_constant=substance.gas_constant, ambient_pressure=ambient_pressure
        )
    inner = pressure * (1 + (gamma - 1) / 2 * entry**2) ** (-gamma / (gamma - 1))
    exit_pressure = inner * _sonic_pressure(entry, gamma) / _sonic_pressure(end, gamma)
    exit_temperature = temperature / (1 + (gamma - 1) / 2 * end**2)
    density = exit_pressure / (substance.gas_constant * exit_temperature)
    velocity = end * math.sqrt(gamma * substance.gas_constant * exit_temperature)
    notes = [info("gas_pipe", "adiabatic flow of an ideal gas with friction", "AQ/T 3046-2013 E.1.5")]
    if pressure > 5e6:
        notes.append(
            warning("ideal_gas", f"ideal gas at {pressure / 1e5:.0f} bar in a pipe", "Peng–Robinson is used for holes only")
        )
    is_choked = end > 0.9999
    return NozzleFlow(
        density * velocity * area, exit_pressure, exit_temperature, density, velocity, is_choked, area, 1.0, tuple(notes)
    )


def pipe_mach(loss: float, gamma: float, pressure_ratio: float) -> tuple[float, float]:
    """Mach numbers [-] at the inlet and at the end of a pipe with loss [-] velocity heads, for pressure_ratio [-] of air to vessel.

    gamma [-]. The end is 1 when choked. Source: as `gas_pipe`.
    """
    entry = _solve(lambda m: fanno(m, gamma) - loss, 1e-6, 1.0) if loss > 0 else 1.0

    def end_ratio(m1: float, m2: float) -> float:
        inner = math.pow(1 + (gamma - 1) / 2 * m1**2, -gamma / (gamma - 1))
        return inner * _sonic_pressure(m1, gamma) / _sonic_pressure(m2, gamma)

    if end_ratio(entry, 1.0) >= pressure_ratio:
        return entry, 1.0

    def end_of(m1: float) -> float:
        rest = max(fanno(m1, gamma) - loss, 0.0)
        return _solve(lambda m: fanno(m, gamma) - rest, m1, 1.0)

    slow = _solve(lambda m1: end_ratio(m1, end_of(m1)) - pressure_ratio, 1e-6, entry)
    return slow, end_of(slow)


def pipeline_rupture(
    substance: Substance,
    pressure: float,
    temperature: float,
    diameter: float,
    length: float,
    *,
    roughness: float | None = None,
    ambient_pressure: float = ATMOSPHERE,
    lasting: float = 6.0,
) -> Outflow:
    """A long gas pipeline, shut in at its far end, that empties through a full-bore break: Wilson's double exponential.

    pressure [Pa] and temperature [K] of the gas at rest; diameter [m] and length [m] of the pipe that empties (one side of the break);
    roughness [m], default commercial steel; ambient_pressure [Pa]; lasting [-] time constants are followed, what is left is small and told.
    q = q₀/(1 + C) [C e^(−t/B) + e^(−t/(B C²))], C = m₀/(B q₀), B = ⅔ (L/a) √(γ f_D L/D): its integral is the content.
    Raises Faults for a pipe shorter than 200 diameters. Source: Wilson 1979 as in CPR 14E (1997) 2.5.2.5; Bell 1978.
    """
    if not length >= 200 * diameter:
        raise Faults(
            [Fault("length", f"is {length:g} m, under 200 diameters", "take the pipe as a vessel, or give the whole length")]
        )
    start = gas_pipe(substance, pressure, temperature, diameter, 0.0, extra_loss=0.0, ambient_pressure=ambient_pressure)
    gamma = float(substance.heat_capacity_ratio(temperature))
    sound = math.sqrt(gamma * substance.gas_constant * temperature)
    darcy = 4 * friction_factor(math.inf, (roughness_of() if roughness is None else roughness) / diameter)
    constant = 2 / 3 * length / sound * math.sqrt(gamma * darcy * length / diameter)
    content = substance.gas_density(temperature, pressure) * start.area * length
    ratio = content / (constant * start.rate)
    slow = constant * max(1.0, ratio**2)
    time = np.concatenate([[0.0], np.geomspace(1e-3 * min(constant, constant * ratio**2), lasting * slow, 300)])
    rate = start.rate / (1 + ratio) * (ratio * np.exp(-time / constant) + np.exp(-time / (constant * ratio**2)))
    scale = min(1.0, content / float(np.trapezoid(rate, time)))  # straight lines over a convex curve: never more than the content
    n = len(time)
    return Outflow(
        time=time,
        rate=rate * scale,
        temperature=np.full(n, start.temperature),
        pressure_exit=np.maximum(start.pressure * rate / start.rate, ambient_pressure),
        vapour_fraction=np.ones(n),
        velocity=np.full(n, start.velocity),
        regime="gas",
        hole_area=start.area,
        notes=(info("pipeline_rupture", f"full-bore rupture, time constant {constant:.0f} s", "Wilson 1979; CPR 14E 2.5.2.5"),),
    )
