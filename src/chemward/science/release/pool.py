"""A pool: how it spreads, what warms it, what evaporates from it over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chemward.science.constants import ATMOSPHERE, GRAVITY, STEFAN_BOLTZMANN
from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import Note, info, warning
from chemward.science.release.checks import check, check_not_negative
from chemward.science.release.evaporation import convective_coefficient, evaporation_flux, mass_transfer
from chemward.science.release.outflow import Outflow
from chemward.science.substances import Substance
from chemward.standards import aqt3046
from chemward.standards.release import figure

Array = NDArray[np.float64]

STEPS = 200
WATER = "calm water"


@dataclass(frozen=True)
class Surface:
    """What a pool lies on: ground conductivity [W/(m K)] and diffusivity [m²/s] (None: water, which stirs itself), least depth [m]."""

    name: str
    conductivity: float | None
    diffusivity: float | None
    depth: float


@dataclass(frozen=True)
class Pool:
    """A pool over time: time (n,) [s], radius (n,) [m], evaporation (n,) [kg/s], temperature (n,) [K], left (n,) [kg] liquid in it.

    spilled [kg] in all; substance. Between two times the evaporation is a straight line; its integral and what is left make up the spill.
    """

    substance: Substance
    time: Array
    radius: Array
    evaporation: Array
    temperature: Array
    left: Array
    spilled: float
    notes: tuple[Note, ...] = field(default=())

    @property
    def evaporated(self) -> float:
        """All that has evaporated [kg]."""
        return float(np.trapezoid(self.evaporation, self.time))

    @property
    def greatest_rate(self) -> float:
        """Greatest evaporation [kg/s]."""
        return float(self.evaporation.max())

    @property
    def greatest_radius(self) -> float:
        """Greatest radius [m]."""
        return float(self.radius.max())


DEPTH_OF = {
    "concrete": "concrete",
    "soil": "rough",
    "sand": "rough",
    "gravel": "rough",
    "grass": "grass",
    "water": WATER,
    "flat": "flat",
}
GROUND_OF = {"soil": "soil, 8 % water", "sand": "dry soil", "grass": "soil, 8 % water", "flat": "soil, 8 % water"}


def surface(name: str) -> Surface:
    """The surface of a name: concrete, soil, dry soil, wet soil, sand, gravel, grass, flat, water.

    Sand takes the figures of dry soil, grass and flat ground those of soil with 8 % water. Raises Faults naming `surface`.
    Source: AQ/T 3046-2013 E.1.6.2, Table E.3; E.4.1, Table E.9.
    """
    grounds = aqt3046.grounds()
    if name in ("water", WATER):
        return Surface(WATER, None, None, aqt3046.pool_depths()[WATER])
    ground = grounds.get(GROUND_OF.get(name, name))
    if ground is None:
        raise Faults([Fault("surface", f"is {name!r}", f"give one of {', '.join(sorted({*DEPTH_OF, *grounds}))}")])
    depth = aqt3046.pool_depths()[DEPTH_OF.get(name, "rough")]
    return Surface(name, ground.conductivity, ground.diffusivity, depth)


def equivalent_radius(area: float) -> float:
    """Radius [m] of the round pool of an area [m²]. Source: AQ/T 3046-2013 E.1.6."""
    check(area=area)
    return math.sqrt(area / math.pi)


def spread_radius(volume: float, depth: float, bund_area: float | None = None) -> float:
    """Radius [m] at which volume [m³] of liquid comes to rest at its least depth [m]; not beyond a bund of bund_area [m²].

    Source: AQ/T 3046-2013 E.4.1, Table E.9.
    """
    check(depth=depth)
    radius = math.sqrt(max(volume, 0.0) / (math.pi * depth))
    return radius if bund_area is None else min(radius, equivalent_radius(bund_area))


def ground_heat_flux(conductivity: float, diffusivity: float, excess: float, time: float) -> float:
    """Heat [W/m²] from ground that has been covered for time [s] by a liquid colder than it by excess [K]: k ΔT/√(π α t).

    conductivity [W/(m K)], diffusivity [m²/s]. Half-infinite ground. Source: AQ/T 3046-2013 E.1.6.2, E.27; CPR 14E (1997) 3.2.2.
    """
    check(conductivity=conductivity, diffusivity=diffusivity, time=time)
    return conductivity * excess / math.sqrt(math.pi * diffusivity * time)


@dataclass(frozen=True)
class Air:
    """Air over a pool: wind_speed [m/s] at 10 m, temperature [K], pressure [Pa], solar [W/m²] taken in by the pool, ground [K] temperature
    of the ground, None: that of the air."""

    wind_speed: float
    temperature: float
    pressure: float = ATMOSPHERE
    solar: float = 0.0
    ground: float | None = None

    def __post_init__(self) -> None:
        check(temperature=self.temperature, pressure=self.pressure)
        check_not_negative(wind_speed=self.wind_speed, solar=self.solar)
        if self.wind_speed > 60:
            raise Faults([Fault("wind_speed", f"is {self.wind_speed:g} m/s", "give at most 60 m/s")])


class _State:
    """What changes from step to step."""

    def __init__(self, radius: float, temperature: float) -> None:
        self.radius, self.temperature, self.mass, self.evaporated, self.spilled = radius, temperature, 0.0, 0.0, 0.0
        self.rings: list[tuple[float, float]] = []  # (time it was wetted, area)


def pool(
    substance: Substance,
    spill: Outflow,
    air: Air,
    on: Surface,
    *,
    share: float = 1.0,
    temperature: float | None = None,
    bund_area: float | None = None,
    lasting: float = 3600.0,
) -> Pool:
    """A pool fed by an outflow, until `lasting` [s] or until it has gone.

    spill: what flows out, of which share [-] reaches the ground; temperature [K] at which it arrives, None: that of the outflow, at most
    boiling; bund_area [m²] holds it in. Spreads by gravity (Shaw and Briscoe) down to the least depth of the surface, takes heat from
    ground, air and sun, evaporates by Mackay and Matsugu and boils at its boiling point. One temperature for the whole pool.
    Raises Faults naming the field or the missing property. Source: CPR 14E (1997) 3.2 to 3.4; AQ/T 3046-2013 E.1.6.
    """
    check(lasting=lasting)
    refuse(_pool_faults(share, bund_area))
    substance.require("vapour_pressure", "liquid_density", "heat_of_vaporisation", "liquid_heat_capacity", "molar_mass")
    boiling = substance.saturation_temperature(
        air.pressure
    )  # not the tabulated point: pressure and temperature have to agree here
    arriving = min(float(spill.temperature[0]) if temperature is None else temperature, boiling)
    times = _times(spill, lasting)
    state = _State(math.sqrt(spill.hole_area / math.pi), arriving)
    rows = [(0.0, state.radius, 0.0, arriving, 0.0)]
    supply = share * spill.mass_until(times)
    for k in range(1, len(times)):
        rows.append(
            _step(state, substance, air, on, bund_area, boiling, arriving, (times[k - 1], times[k]), supply[k] - supply[k - 1])
        )
        if state.mass <= 0 and times[k] >= spill.time[-1]:
            break
    return _finished(substance, rows, state, on, bund_area)


def _pool_faults(share: float, bund_area: float | None) -> list[Fault]:
    found = []
    if not 0 < share <= 1:
        found.append(Fault("share", f"is {share:g}", "give a share above 0, up to 1"))
    if bund_area is not None and not (math.isfinite(bund_area) and bund_area > 0):
        found.append(Fault("bund_area", f"is {bund_area:g} m²", "give an area above 0 m²"))
    return found


def _times(spill: Outflow, lasting: float) -> Array:
    """Short steps at the begin, and one at the end of the spill."""
    first = min(1.0, 0.01 * lasting, 0.1 * spill.duration)
    grid = np.concatenate([[0.0], np.geomspace(first, lasting, STEPS)])
    return np.unique(np.append(grid, min(spill.time[-1], lasting)))


def _step(
    state: _State,
    substance: Substance,
    air: Air,
    on: Surface,
    bund_area: float | None,
    boiling: float,
    arriving: float,
    span: tuple[float, float],
    fed: float,
) -> tuple[float, float, float, float, float]:
    """One step: feed, spread, warm, evaporate. The row that it adds."""
    begin, end = span
    dt = end - begin
    mixed = state.mass + fed
    if mixed > 0:
        state.temperature = (state.mass * state.temperature + fed * arriving) / mixed
    state.mass, state.spilled = mixed, state.spilled + fed
    _spread(state, mixed / float(substance.liquid_density(state.temperature)), dt, end, on, bund_area)
    area = math.pi * state.radius**2
    gone = min(_evaporate(state, substance, air, on, boiling, area, begin, dt), state.mass)
    state.mass -= gone
    state.evaporated += gone
    return end, state.radius, gone / dt, state.temperature, state.mass


def _spread(state: _State, volume: float, dt: float, now: float, on: Surface, bund_area: float | None) -> None:
    """dr/dt = √(2 g h) by Shaw and Briscoe, with h above the least depth, up to the resting radius; rings remember when they were wetted."""
    rest = spread_radius(volume, on.depth, bund_area)
    depth = volume / (math.pi * state.radius**2) if state.radius > 0 else 0.0
    pull = max(depth - on.depth, 0.0) * (
        0.1 if on.conductivity is None else 1.0
    )  # floating: reduced gravity, water lifts nine tenths
    radius = min(state.radius + math.sqrt(figure("spread_factor") * GRAVITY * pull) * dt, max(rest, state.radius))
    if volume <= 0:
        return
    if bund_area is None and rest < state.radius:
        radius = rest  # shrinks when it has become too thin
    grown = math.pi * (radius**2 - state.radius**2)
    if grown > 0:
        state.rings.append((now, grown))
    if not state.rings:
        state.rings.append((now, math.pi * radius**2))
    state.radius = radius


def _ground_conductance(state: _State, on: Surface, area: float, begin: float, dt: float) -> float:
    """W/K from ground or water, over the rings by the time each has been wet; mean of the step."""
    if on.conductivity is None or on.diffusivity is None:
        return figure("water_heat_transfer") * area
    wetted, areas = np.array(state.rings).T
    share = min(area / areas.sum(), 1.0)
    before, after = np.maximum(begin - wetted, 0.0), np.maximum(begin + dt - wetted, 0.05 * dt)
    mean = (
        2 * (np.sqrt(after) - np.sqrt(np.minimum(before, after))) / np.maximum(after - before, 1e-9)
    )  # mean of 1/√t over the step
    return float(on.conductivity / math.sqrt(math.pi * on.diffusivity) * np.dot(areas, mean) * share)


def _evaporate(
    state: _State, substance: Substance, air: Air, on: Surface, boiling: float, area: float, begin: float, dt: float
) -> float:
    """Mass that goes in a step; moves the temperature of the pool. Implicit in temperature, so that thin pools stay calm."""
    if area <= 0 or state.mass <= 0:
        return 0.0
    transfer = mass_transfer(substance, air.wind_speed, 2 * state.radius)
    capacity = state.mass * float(substance.liquid_heat_capacity(state.temperature))
    ground = _ground_conductance(state, on, area, begin, dt)
    below = air.ground if air.ground is not None else air.temperature
    warmth = convective_coefficient(substance, transfer, air.temperature, air.pressure)

    def balance(t: float) -> tuple[float, float]:
        """Heat in [W], and evaporation [kg/s], at pool temperature t."""
        long_wave = figure("pool_emissivity") * STEFAN_BOLTZMANN * (air.temperature**4 - t**4)
        flux = evaporation_flux(substance, transfer, t, air.pressure)
        return ground * (below - t) + area * (warmth * (air.temperature - t) + long_wave + air.solar), area * flux

    return _settle(state, substance, balance, capacity, boiling, dt)


def _settle(
    state: _State,
    substance: Substance,
    balance: Callable[[float], tuple[float, float]],
    capacity: float,
    boiling: float,
    dt: float,
) -> float:
    """Mass gone in a step: temperature at its end by the implicit balance (false position); above boiling all heat makes vapour."""
    heat, start = float(substance.heat_of_vaporisation(state.temperature)), state.temperature

    def excess(t: float) -> float:
        warm, rate = balance(t)
        return (warm - rate * heat) * dt - capacity * (t - start)

    top = boiling - 1e-3
    over = excess(top)
    if over >= 0:
        state.temperature = top
        return balance(top)[1] * dt + over / heat
    low = substance.curve("vapour_pressure").limits[0] * 1.0001
    substance.vapour_pressure(start)  # refuses a pool that is colder than the vapour pressure is known for
    state.temperature = _root(excess, low, top, min(start, top))
    return balance(state.temperature)[1] * dt


def _root(function: Callable[[float], float], low: float, high: float, guess: float) -> float:
    """Where a falling function of temperature is zero: secant steps kept between low and high."""
    t = min(max(guess, low), high)
    for _ in range(40):
        here = function(t)
        low, high = (t, high) if here > 0 else (low, t)
        step = 0.01 if t + 0.01 < high else -0.01
        slope = (function(t + step) - here) / step
        after = t - here / slope if slope < 0 else 0.5 * (low + high)
        if not low < after < high:
            after = 0.5 * (low + high)
        if abs(after - t) < 1e-4:
            return after
        t = after
    return t


def _finished(
    substance: Substance,
    rows: list[tuple[float, float, float, float, float]],
    state: _State,
    on: Surface,
    bund_area: float | None,
) -> Pool:
    time, radius, rate, temperature, left = (np.array(column) for column in zip(*rows, strict=True))
    total = state.evaporated
    nodes = np.append(rate[1:], rate[-1]) * 0.5 + rate * 0.5  # rates of steps to rates at times
    nodes[0] = 0.0
    made = float(np.trapezoid(nodes, time))
    notes: list[Note] = [
        info("pool", f"pool on {on.name}, evaporation by Mackay and Matsugu", "CPR 14E 3.2 to 3.4; AQ/T 3046-2013 E.1.6")
    ]
    if bund_area is not None:
        notes.append(info("bund", f"held by a bund of {bund_area:.0f} m²", "AQ/T 3046-2013 E.1.6"))
    if substance.melting_point is not None and float(temperature.min()) < substance.melting_point:
        notes.append(
            warning(
                "pool_below_melting", f"the pool cools below melting at {substance.melting_point:.0f} K; ice is not modelled", ""
            )
        )
    if on.conductivity is None:
        notes.append(warning("pool_on_water", "on water: no mixing in, no ice", "CPR 14E 3.2.3"))
    scaled = nodes * (total / made) if made > 0 else nodes
    return Pool(substance, time, radius, scaled, temperature, left, state.spilled, tuple(notes))
