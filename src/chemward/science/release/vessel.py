"""Vessels that empty: gas, boiling liquid with a hole in the vapour space, liquefied gas with a hole below the level, and rupture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chemward.science.constants import ATMOSPHERE, GRAVITY
from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import Note, info, warning
from chemward.science.release.checks import area_of, check
from chemward.science.release.flash import airborne_fraction, boiling_temperature, flash_fraction, mixture_density
from chemward.science.release.gas import NozzleFlow, critical_ratio, gas_hole, ideal_nozzle
from chemward.science.release.outflow import Outflow, times_of
from chemward.science.release.source import Source
from chemward.science.release.two_phase import Saturated, relaxed_flux
from chemward.science.substances import Substance

Array = NDArray[np.float64]

STEPS = 80  # of mass


@dataclass(frozen=True)
class Vessel:
    """A closed vessel: volume [m³], temperature [K], pressure [Pa] absolute, fill [-] share of the volume that is liquid, height [m].

    height: inner height, None for that of a sphere of this volume. Raises Faults that name every wrong field.
    """

    substance: Substance
    volume: float
    temperature: float
    pressure: float
    fill: float = 0.0
    height: float | None = None

    def __post_init__(self) -> None:
        check(volume=self.volume, temperature=self.temperature, pressure=self.pressure)
        refuse(self._faults())

    def _faults(self) -> list[Fault]:
        found = []
        if not 0.0 <= self.fill <= 1.0:
            found.append(Fault("fill", f"is {self.fill:g}", "give a share within 0 to 1"))
        if self.height is not None and not 0 < self.height <= 200:
            found.append(Fault("height", f"is {self.height:g} m", "give a height above 0, up to 200 m"))
        critical = self.substance.critical_temperature
        if self.fill > 0 and critical is not None and self.temperature >= critical:
            found.append(
                Fault("fill", f"{self.substance.name} has no liquid at {self.temperature:g} K", "give 0, or a lower temperature")
            )
        return found

    @property
    def liquid_mass(self) -> float:
        """Liquid in it [kg]."""
        return self.volume * self.fill * float(self.substance.liquid_density(self.temperature)) if self.fill > 0 else 0.0

    @property
    def gas_mass(self) -> float:
        """Gas or vapour of the substance in it [kg]; over a liquid at its vapour pressure, the rest of the pressure being inert gas."""
        pressure = self.pressure
        if self.fill > 0:
            pressure = min(pressure, float(self.substance.vapour_pressure(self.temperature)))
        return self.volume * (1 - self.fill) * self.substance.gas_density(self.temperature, pressure)

    @property
    def mass(self) -> float:
        """All of the substance in it [kg]."""
        return self.liquid_mass + self.gas_mass

    @property
    def level(self) -> float:
        """Liquid above the bottom [m], taken as a share of the height."""
        height = self.height if self.height is not None else (6 * self.volume / math.pi) ** (1 / 3)
        return self.fill * height


def blowdown_time(volume: float, area: float, temperature: float, gamma: float, gas_constant: float, mass_ratio: float) -> float:
    """Time [s] in which a vessel of ideal gas has come down to mass_ratio [-] of its content through a choked hole, adiabatically.

    volume [m³], effective area [m²] (with the coefficient), starting temperature [K], gamma [-], gas_constant [J/(kg K)].
    Closed form; holds while the hole is choked. Source: CPR 14E (1997) 2.5.2.3; Crowl and Louvar 3rd ed. chapter 4.
    """
    sound = math.sqrt(gamma * gas_constant * temperature)
    choke = math.pow(2 / (gamma + 1), (gamma + 1) / (2 * (gamma - 1)))
    return 2 * volume / ((gamma - 1) * area * sound * choke) * (math.pow(mass_ratio, -(gamma - 1) / 2) - 1)


def gas_blowdown(vessel: Vessel, diameter: float, *, coefficient: float = 1.0, ambient_pressure: float = ATMOSPHERE) -> Outflow:
    """A vessel of gas that empties through a round hole of diameter [m], adiabatic: what stays expands isentropically.

    coefficient [-] of discharge, ambient_pressure [Pa]. Ideal gas; ends at ambient pressure. The mass out is what the vessel lost.
    Raises Faults naming the field. Source: AQ/T 3046-2013 E.1.4; CPR 14E (1997) 2.5.2.3.
    """
    area = area_of(diameter)
    if vessel.fill > 0:
        raise Faults(
            [Fault("vessel.fill", f"is {vessel.fill:g}: there is liquid", "use the outflow of boiling or of liquefied gas")]
        )
    first = gas_hole(
        vessel.substance,
        vessel.pressure,
        vessel.temperature,
        diameter,
        coefficient=coefficient,
        ambient_pressure=ambient_pressure,
    )
    gamma = float(vessel.substance.heat_capacity_ratio(vessel.temperature))
    end = (ambient_pressure / vessel.pressure) ** (1 / gamma)
    shares = end + (1 - end) * np.cos(np.linspace(0, math.pi / 2, STEPS + 1)) ** 1.5  # dense where the flow dies
    pressures = np.maximum(vessel.pressure * shares**gamma, ambient_pressure)
    temperatures = vessel.temperature * shares ** (gamma - 1)
    flows = [
        _nozzle(vessel.substance, float(p), float(t), gamma, area, coefficient, ambient_pressure)
        for p, t in zip(pressures, temperatures, strict=True)
    ]
    real = first.rate / flows[0].rate
    rates = np.array([f.rate for f in flows]) * (1 + (real - 1) * shares)  # the real-gas excess goes with the density
    masses = vessel.gas_mass * shares
    notes: list[Note] = [
        info("gas_blowdown", "adiabatic blow-down, isentropic in the vessel", "AQ/T 3046-2013 E.1.4; CPR 14E 2.5.2.3")
    ]
    if abs(real - 1) > 0.02:
        notes.append(
            warning(
                "real_gas", f"rate at the start is {real:.2f} of the ideal gas's; content as ideal gas", "Peng and Robinson 1976"
            )
        )
    return Outflow(
        time=times_of(masses, rates),
        rate=rates,
        temperature=np.array([f.temperature for f in flows]),
        pressure_exit=np.array([f.pressure for f in flows]),
        vapour_fraction=np.ones(len(flows)),
        velocity=np.array([f.velocity for f in flows]),
        regime="gas",
        hole_area=area,
        notes=tuple(notes),
    )


def boiling_blowdown(
    vessel: Vessel, diameter: float, *, coefficient: float = 1.0, ambient_pressure: float = ATMOSPHERE
) -> Outflow:
    """Vapour out of a hole of diameter [m] above the level of a liquefied gas, which boils and cools to make it up.

    coefficient [-], ambient_pressure [Pa]. Heat comes from the liquid alone; the foam does not reach the hole (told in a note). Ends when
    the liquid has cooled to its boiling point or has gone. Raises Faults naming the field.
    Source: CPR 14E (1997) 2.5.3.5 (energy balance of a boiling vessel); AQ/T 3046-2013 E.1.4 for the hole.
    """
    area = area_of(diameter)
    substance = vessel.substance
    boiling = _must_boil(vessel, ambient_pressure)
    temperatures = np.linspace(vessel.temperature, boiling, STEPS + 1)
    middle = 0.5 * (temperatures[1:] + temperatures[:-1])
    ratio = substance.liquid_heat_capacity(middle) / substance.heat_of_vaporisation(middle)  # dm/m = cp dT/h
    left = vessel.liquid_mass * np.exp(np.concatenate([[0.0], np.cumsum(ratio * np.diff(temperatures))]))
    pressures = np.maximum(substance.vapour_pressure(temperatures), ambient_pressure)
    gammas = substance.heat_capacity_ratio(temperatures)
    flows = [
        _nozzle(substance, float(p), float(t), float(g), area, coefficient, ambient_pressure)
        for p, t, g in zip(pressures, temperatures, gammas, strict=True)
    ]
    rates = np.array([f.rate for f in flows])
    return Outflow(
        time=times_of(left, rates),
        rate=rates,
        temperature=np.array([f.temperature for f in flows]),
        pressure_exit=np.array([f.pressure for f in flows]),
        vapour_fraction=np.ones(len(flows)),
        velocity=np.array([f.velocity for f in flows]),
        regime="gas",
        hole_area=area,
        notes=(
            info("boiling_blowdown", "vapour made up by boiling, the liquid cools", "CPR 14E 2.5.3.5"),
            warning("swell_not_modelled", "the swelling of the boiling liquid to the hole is not modelled", ""),
        ),
    )


def _must_boil(vessel: Vessel, ambient_pressure: float) -> float:
    boiling = boiling_temperature(vessel.substance, ambient_pressure)
    if vessel.fill <= 0:
        raise Faults([Fault("vessel.fill", "is 0: there is no liquid to boil", "use the blow-down of gas")])
    if vessel.temperature <= boiling:
        raise Faults(
            [
                Fault(
                    "vessel.temperature",
                    f"is {vessel.temperature:g} K, below boiling at {boiling:.1f} K",
                    "use the outflow of a liquid",
                )
            ]
        )
    return boiling


def _nozzle(
    substance: Substance, pressure: float, temperature: float, gamma: float, area: float, coefficient: float, ambient: float
) -> NozzleFlow:
    gas_constant = substance.gas_constant
    return ideal_nozzle(
        pressure, temperature, area, gamma=gamma, gas_constant=gas_constant, coefficient=coefficient, ambient_pressure=ambient
    )


def liquefied_outflow(
    vessel: Vessel,
    diameter: float,
    *,
    hole_height: float = 0.0,
    coefficient: float = 0.61,
    path: float = 0.0,
    ambient_pressure: float = ATMOSPHERE,
) -> Outflow:
    """Liquid out of a hole of diameter [m] below the level of a vessel, until the level has come down to it.

    hole_height [m] above the bottom; coefficient [-] of discharge; path [m]: length of the flow path, from 0 (sharp hole: no boiling in it)
    to 0.1 and more (pipe: equilibrium); ambient_pressure [Pa]. A liquid below its boiling point flows by the pad pressure and the head; a
    liquefied gas by its own vapour pressure, and cools as it boils to fill the space. Temperature stays above the boiling point.
    Raises Faults naming the field. Source: AQ/T 3046-2013 E.1.1, E.1.2; CPR 14E (1997) 2.5.3, 2.5.4; Fauske 1985.
    """
    area = area_of(diameter)
    refuse(_level_faults(vessel, hole_height))
    substance = vessel.substance
    density = float(substance.liquid_density(vessel.temperature))
    to_go = vessel.volume * vessel.fill * (1 - hole_height / vessel.level)
    volumes = (1 - np.linspace(1.0, 0.0, STEPS + 1) ** 2) * to_go  # of space that vapour has taken over
    temperatures = _cooling(vessel, volumes, ambient_pressure)
    head = (vessel.level - hole_height) * (1 - volumes / to_go)
    state = Saturated.of(substance, temperatures)
    pressures = _pad(vessel, volumes, state.pressure, ambient_pressure) + density * GRAVITY * head
    flow = area * relaxed_flux(state, pressures, path, coefficient, ambient_pressure)
    until = _while_it_flows(flow)
    volumes, temperatures, flow = volumes[:until], temperatures[:until], flow[:until]
    masses = vessel.liquid_mass - density * volumes
    boils = vessel.temperature > boiling_temperature(substance, ambient_pressure)
    what = "liquid flows out and boils outside" if path == 0 else f"boiling in a flow path of {path:g} m"
    return Outflow(
        time=times_of(masses, flow),
        rate=flow,
        temperature=np.asarray(temperatures),
        pressure_exit=np.full(len(flow), ambient_pressure),
        vapour_fraction=np.zeros(len(flow)),
        velocity=flow / (density * area * coefficient),
        regime="two-phase" if boils and path > 0 else "liquid",
        hole_area=area,
        notes=(
            info("liquid_hole", what, "AQ/T 3046-2013 E.1.1; Fauske 1985"),
            *substance.range_notes((vessel.temperature,), "liquid_density", "vapour_pressure"),
        ),
    )


def _level_faults(vessel: Vessel, hole_height: float) -> list[Fault]:
    if vessel.fill <= 0:
        return [Fault("vessel.fill", "is 0: there is no liquid", "use the blow-down of gas")]
    if not 0 <= hole_height < vessel.level:
        return [
            Fault(
                "hole_height",
                f"is {hole_height:g} m with the liquid at {vessel.level:g} m",
                "give a height from 0 to below the level",
            )
        ]
    return []


def _while_it_flows(flow: Array) -> int:
    """How many of the rates there are before nothing drives the liquid any more. Raises Faults when nothing ever did."""
    stuck = np.flatnonzero(flow[:-1] + flow[1:] <= 0)
    if len(stuck) and stuck[0] == 0:
        raise Faults(
            [Fault("vessel.pressure", "does not drive the liquid out", "give a pressure above that of the air, or a head")]
        )
    return int(stuck[0]) + 1 if len(stuck) else len(flow)


def _pad(vessel: Vessel, taken: Array, own: Array, ambient_pressure: float) -> Array:
    """Pressure over the liquid when vapour has taken over a volume: its own, and inert gas that expands with the space.

    Not below that of the air: it comes in by the vent, or through the hole in gulps.
    """
    start = float(vessel.substance.vapour_pressure(vessel.temperature))
    inert = max(vessel.pressure - start, 0.0)
    space = vessel.volume * (1 - vessel.fill)
    return np.asarray(np.maximum(own + inert * space / (space + taken + 1e-12), ambient_pressure))


def _cooling(vessel: Vessel, volumes: Array, ambient_pressure: float) -> Array:
    """Temperature of the liquid (n,) as vapour takes over the volumes (n,): the heat of that vapour comes from what liquid is left."""
    substance, start = vessel.substance, vessel.temperature
    boiling = boiling_temperature(substance, ambient_pressure)
    if start <= boiling:
        return np.full(len(volumes), start)
    grid = np.linspace(boiling, start, 24)
    vapour_density = substance.vapour_pressure(grid) / (substance.gas_constant * grid)
    fall_per_share = vapour_density * substance.heat_of_vaporisation(grid) / substance.liquid_heat_capacity(grid)  # K kg/m³
    density = float(substance.liquid_density(start))
    temperature, found = start, [start]
    for before, after in pairwise(volumes):
        left = max(vessel.liquid_mass - density * 0.5 * (before + after), 0.02 * vessel.liquid_mass)
        fall = float(np.interp(temperature, grid, fall_per_share)) * (after - before) / left
        temperature = max(temperature - fall, boiling)
        found.append(temperature)
    return np.array(found)


def rupture(vessel: Vessel, *, ambient_pressure: float = ATMOSPHERE, height: float = 0.0) -> Source | None:
    """The cloud of a vessel that gives way all at once: vapour with the drops that stay in the air. None: nothing is airborne.

    ambient_pressure [Pa]; height [m] of the vessel above ground. Flash at constant enthalpy, drops by the rule of AQ/T 3046 (five times the
    vapour, all above a fifth); what does not stay in the air is for a pool, `rained_out`. The cloud is taken as a half sphere on the ground
    before air comes in. Gas expands isentropically.
    Source: AQ/T 3046-2013 E.2.2, E.31 and E.32; CPR 14E (1997) 2.5.2.4 and 4.5.
    """
    substance = vessel.substance
    vapour, airborne = _airborne(vessel, ambient_pressure)
    mass = vessel.liquid_mass * airborne + vessel.gas_mass
    if mass <= 0:
        return None
    gas = vessel.liquid_mass * vapour + vessel.gas_mass
    temperature = vessel.temperature if vessel.fill > 0 else _expanded_temperature(vessel, ambient_pressure)
    if vapour > 0:
        temperature = boiling_temperature(substance, ambient_pressure)
    density = mixture_density(substance, temperature, min(gas / mass, 1.0), ambient_pressure)
    radius = (3 * mass / density / (2 * math.pi)) ** (1 / 3)
    notes = (info("rupture", "whole content at once; drops by the rule of AQ/T 3046", "AQ/T 3046-2013 E.2.2"),)
    return Source("instantaneous", substance, mass=mass, height=height, radius=radius, temperature=temperature,
                  liquid_fraction=max(1.0 - gas / mass, 0.0), notes=notes)  # fmt: skip


def rained_out(vessel: Vessel, *, ambient_pressure: float = ATMOSPHERE) -> float:
    """Liquid [kg] of a ruptured vessel that falls into a pool. ambient_pressure [Pa]. Source: as `rupture`."""
    return vessel.liquid_mass * (1 - _airborne(vessel, ambient_pressure)[1])


def _airborne(vessel: Vessel, ambient_pressure: float) -> tuple[float, float]:
    if vessel.fill <= 0:
        return 0.0, 0.0
    vapour = flash_fraction(vessel.substance, vessel.temperature, ambient_pressure)
    return vapour, airborne_fraction(vapour)


def _expanded_temperature(vessel: Vessel, ambient_pressure: float) -> float:
    gamma = float(vessel.substance.heat_capacity_ratio(vessel.temperature))
    cold = vessel.temperature * math.pow(min(ambient_pressure / vessel.pressure, 1.0), (gamma - 1) / gamma)
    try:
        return max(cold, boiling_temperature(vessel.substance, ambient_pressure))
    except Faults:
        return cold


def is_choked(pressure: float, ambient_pressure: float, gamma: float) -> bool:
    """Is a hole between pressure [Pa] and ambient_pressure [Pa] choked for an ideal gas of gamma [-]? Source: AQ/T 3046-2013 E.15."""
    return ambient_pressure / pressure <= critical_ratio(gamma)
