"""Effects of losses of containment for all weathers: toxic clouds, flash fires, explosions, jet fires, pool fires, fireballs.

Clouds of releases from one height in one weather differ by their rate alone: axis and width of one plume serve all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chemward.science.constants import ATMOSPHERE
from chemward.science.dispersion.footprint import RECEPTOR_HEIGHT, probit_of_dose
from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.puff import puff
from chemward.science.dispersion.weather import Weather
from chemward.science.explosion.multi_energy import multi_energy_blast
from chemward.science.faults import Faults
from chemward.science.fire.fireball import fireball
from chemward.science.fire.jet import expand, radiant_fraction, shape
from chemward.science.fire.pool import burgess, burning_rate, emissive_power, flame_length_thomas
from chemward.science.harm.heat import CERTAIN_DEATH, lethality
from chemward.science.harm.probit import probit_of as probit_of_share
from chemward.science.harm.toxic import ToxicProbit, toxic_probit
from chemward.science.risk.effects import Circle, Layer, Plume, zone
from chemward.science.risk.losses import Loss
from chemward.science.substances.substance import Substance
from chemward.standards import aqt3046

Doubles = NDArray[np.float64]

DISTANCES = np.geomspace(3.0, 20_000.0, 96)
LONGEST_EXPOSURE = 1800.0  # [s] AQ/T 3046-2013 10.2
HEAT_EXPOSURE = 20.0  # [s] AQ/T 3046-2013 10.3
CERTAIN = np.array([1.0, 0.0])  # everybody up to the radius, nobody beyond
FIRE_WIND = 5.0  # [m/s] AQ/T 3046-2013 9.2.4
HARMLESS_PROBIT = 0.735  # [-] 1e-5


@dataclass(frozen=True)
class Models:
    """What the effects are computed with: weathers, set of widths (None.

    the default), set of toxic probits, share [-] of the lower flammable limit, blast strength [-].
    """

    weathers: tuple[Weather, ...]
    widths: str | None
    probits: str
    limit_share: float
    strength: int
    units: dict[tuple[float, int], UnitClouds] = field(default_factory=dict, compare=False)

    def unit(self, height: float, w: int) -> UnitClouds:
        """Clouds of one kilogram from height [m] in weather w [-], computed once."""
        key = (round(height, 1), w)
        if key not in self.units:
            self.units[key] = UnitClouds.of(self.weathers[w], key[0], self.widths)
        return self.units[key]


@dataclass(frozen=True)
class UnitClouds:
    """A plume of 1 kg/s and a puff of 1 kg at DISTANCES: axis [s/m³] and [1/m³], width across [m], time a puff lasts [s], wind [m/s]."""

    plume_ridge: Doubles
    plume_across: Doubles
    puff_ridge: Doubles
    puff_across: Doubles
    puff_lasting: Doubles
    wind: float

    @classmethod
    def of(cls, weather: Weather, height: float, widths: str | None) -> UnitClouds:
        """Both from a height [m] in a weather, with a set of widths for the plume. Source: AQ/T 3046-2013 E.6."""
        steady, single = plume(1.0, weather, height=height, sigma=widths), puff(1.0, weather, height=height)
        along, across, _ = single.widths(DISTANCES)
        return cls(
            steady.centreline(DISTANCES, RECEPTOR_HEIGHT),
            steady.widths(DISTANCES)[0],
            single.centreline(DISTANCES, RECEPTOR_HEIGHT),
            across,
            along / single.wind * math.sqrt(2 * math.pi),
            steady.wind,
        )


@dataclass(frozen=True)
class Axis:
    """Concentration on the axis [kg/m³] and crosswind width [m] of a cloud at DISTANCES, time [s] for which it lasts there at one point."""

    ridge: Doubles
    across: Doubles
    lasting: Doubles
    wind: float


def vapour_source(loss: Loss, weather: Weather) -> tuple[float, float, float]:
    """Vapour of a loss: rate [kg/s], duration [s], mass [kg] at once; one of rate and mass is 0.

    A pool gives off vapour to the end of an exposure.
    """
    pool_rate, pool_time = pool_vapour(loss, weather)
    if loss.is_instantaneous:
        at_once = loss.mass * loss.airborne
        return (0.0, 0.0, at_once) if at_once > 0 else (pool_rate, pool_time, 0.0)
    direct = loss.rate * loss.airborne
    return direct + pool_rate, max(loss.duration, 60.0), 0.0


def pool_area(loss: Loss) -> float:
    """Area of the pool [m²]: the bund, or what the liquid covers at its least depth (concrete, 5 mm).

    Source: AQ/T 3046-2013 Table E.9.
    """
    left = (loss.mass if loss.is_instantaneous else min(loss.rate * loss.duration, loss.mass)) * (1 - loss.airborne)
    density = float(
        loss.content.substance.liquid_density(min(loss.content.temperature, loss.content.boiling or loss.content.temperature))
    )
    free = left / density / aqt3046.pool_depths()["concrete"]
    return min(free, loss.equipment.bund_m2 or math.inf, 20_000.0)


def pool_vapour(loss: Loss, weather: Weather) -> tuple[float, float]:
    """Vapour a pool gives off: rate [kg/s] and time [s], by mass transfer at its temperature, never more than is left.

    Source: AQ/T 3046-2013 E.3.2 with Table E.4 (Sutton and Pasquill); stability C, which the table lacks, as D.
    """
    if loss.airborne >= 1 or loss.content.is_gas:
        return 0.0, 0.0
    substance = loss.content.substance
    temperature = min(loss.content.temperature, (loss.content.boiling or loss.content.temperature) - 0.1)
    row = aqt3046.pool_evaporation()[weather.stability]
    if row.exponent is None or row.factor is None:
        row = aqt3046.pool_evaporation()["D"]
    assert row.exponent is not None
    assert row.factor is not None
    n, radius = row.exponent, math.sqrt(pool_area(loss) / math.pi)
    density = float(substance.vapour_pressure(temperature)) / (substance.gas_constant * weather.temperature)
    rate = row.factor * density * weather.wind_speed ** ((2 - n) / (2 + n)) * radius ** ((4 + n) / (2 + n))
    left = (loss.mass if loss.is_instantaneous else loss.rate * loss.duration) * (1 - loss.airborne)
    return min(rate, left / 60.0), min(LONGEST_EXPOSURE, left / max(rate, 1e-12))


def axis_of(loss: Loss, w: int, models: Models) -> Axis | None:
    """The axis of the vapour cloud of a loss in weather w [-]; None when there is no vapour."""
    weather = models.weathers[w]
    rate, duration, mass = vapour_source(loss, weather)
    unit = models.unit(loss.height, w)
    if rate > 0:
        return Axis(rate * unit.plume_ridge, unit.plume_across, np.full(DISTANCES.size, duration), unit.wind)
    if mass > 0:
        ridge = np.minimum(mass * unit.puff_ridge, loss.content.substance.gas_density(weather.temperature))
        return Axis(ridge, unit.puff_across, unit.puff_lasting, unit.wind)
    return None


def toxic_layer(loss: Loss, probit: ToxicProbit, models: Models, indoors: float) -> Layer:
    """The toxic cloud in every weather; indoors [-]: share of the outdoor death probability.

    Source: AQ/T 3046-2013 10.2, Table 10.
    """
    return Layer(tuple(_toxic(loss, w, probit, models) for w in range(len(models.weathers))), 1.0, 1.0, indoors)


def _toxic(loss: Loss, w: int, probit: ToxicProbit, models: Models) -> Plume | None:
    axis = axis_of(loss, w, models)
    if axis is None:
        return None
    time = np.minimum(axis.lasting, LONGEST_EXPOSURE)
    a = probit_of_dose(axis.ridge**probit.n * time, probit.a, probit.b, probit.n)
    return _plume(a, probit.b * probit.n / (2 * axis.across**2))


@lru_cache(maxsize=1)
def _least_probit() -> float:
    """Probit of the least death probability for which a scenario is kept. Source: AQ/T 3046-2013 8.2."""
    return float(probit_of_share(aqt3046.figures()["least_death_probability"].value))


def _plume(a: Doubles, b: Doubles) -> Plume | None:
    if a.max() < _least_probit():
        return None
    alive = np.flatnonzero(a > HARMLESS_PROBIT)
    stop = min(alive[-1] + 2, a.size)
    return Plume(DISTANCES[:stop], np.maximum(a[:stop], -49.0), b[:stop])


@dataclass(frozen=True)
class Flammable:
    """The flammable part of a cloud in one weather.

    zone, its length [m], widest half-width [m], mass [kg] in it, middle [m], time [s] it stands.
    """

    shape: Plume | None
    reach: float
    half_width: float
    mass: float
    middle: float
    lasting: float


def flammable(loss: Loss, w: int, models: Models) -> Flammable:
    """Where a cloud can burn in weather w [-]: above the lower flammable limit at 1 m.

    Source: AQ/T 3046-2013 10.4; Purple Book CPR 18E 4.8.
    """
    nothing = Flammable(None, 0.0, 0.0, 0.0, 0.0, 0.0)
    substance = loss.content.substance
    axis = axis_of(loss, w, models)
    if axis is None or substance.lower_flammable is None:
        return nothing
    level = models.limit_share * substance.lower_flammable * substance.gas_density(models.weathers[w].temperature)
    log = np.log(np.maximum(axis.ridge, 1e-300) / level)
    if log.max() <= 0:
        return nothing
    half = axis.across * np.sign(log) * np.sqrt(2 * np.abs(log))
    inside = np.flatnonzero(log > 0)
    stop = min(inside[-1] + 2, log.size)
    reach = float(DISTANCES[inside[-1]])
    rate, duration, mass = vapour_source(loss, models.weathers[w])
    held = (
        float(np.trapezoid(np.where(log > 0, 1 - np.exp(-np.maximum(log, 0)), 0.0), DISTANCES)) * rate / axis.wind
        if rate > 0
        else 0.0
    )
    burning = min(held, rate * duration) if rate > 0 else mass * float(1 - np.exp(-log.max()))
    clipped = np.maximum(half[:stop], -axis.across[:stop])
    stays = max(duration, 0.0) + reach / axis.wind if rate > 0 else reach / axis.wind
    return Flammable(zone(DISTANCES[:stop], clipped), reach, float(half.max()), burning, 0.5 * reach, stays)


def blast_layers(loss: Loss, clouds: list[Flammable], models: Models) -> tuple[Layer, ...]:
    """Explosion at the middle of each weather's cloud: certain death from 30 kPa, 2.5 % indoors from 10 kPa.

    Multi-energy with the strength of the models; the obstructed volume, where given, bounds the energy. Source: AQ/T 3046-2013
    10.5, E.4.3, Table 10.
    """
    near: list[Circle | None] = []
    indoors: list[Circle | None] = []
    figures = aqt3046.figures()
    fatal, harmless = figures["fatal_overpressure"].value * 1e6, figures["harmless_overpressure"].value * 1e6
    for cloud in clouds:
        volume = explosive_volume(loss, cloud.mass)
        if volume <= 1.0:
            near.append(None)
            indoors.append(None)
            continue
        inner, outer = blast_radius(round(volume, -math.floor(math.log10(volume)) + 1), models.strength, fatal, harmless)
        near.append(Circle(np.array([inner, inner]), CERTAIN, cloud.middle) if inner > 0 else None)
        share = figures["indoor_blast_deaths"].value
        ring = (
            Circle(np.array([0.0, inner, inner, outer, outer]), np.array([0.0, 0.0, share, share, 0.0]), cloud.middle)
            if outer > inner
            else None
        )
        indoors.append(ring)
    layers = (Layer(tuple(near)), Layer(tuple(indoors), 0.0, 0.0, 1.0))
    return tuple(layer for layer in layers if any(effect is not None for effect in layer.by_weather))


def explosive_volume(loss: Loss, mass: float) -> float:
    """Volume [m³] of stoichiometric cloud with the energy of a mass [kg] of fuel, at most the obstructed volume that was given."""
    heat = loss.content.substance.heat_of_combustion or 0.0
    volume = mass * heat / aqt3046.figures()["explosion_energy"].value
    return min(volume, loss.equipment.congested_m3) if loss.equipment.congested_m3 is not None else volume


@lru_cache(maxsize=4096)
def blast_radius(volume: float, strength: int, *pressures: float) -> tuple[float, ...]:
    """Distances [m] at which a cloud of volume [m³] and strength [-] gives these pressures [Pa]; 0 where it does not.

    Source: van den Berg 1985.
    """
    blast = multi_energy_blast(volume, strength)
    return tuple(blast.radius(pressure) for pressure in pressures)


def heat_layers(radius: Doubles, flux: Doubles, centre: float, exposure: float) -> tuple[Layer, ...]:
    """Death by heat about a flame: radius (n,) [m] rising with flux (n,) [W/m²] falling, centre [m] downwind, exposure [s].

    From 37.5 kW/m² certain and for everybody, below it outdoors by clothing and not indoors. Source: AQ/T 3046-2013 10.3, Table
    10.
    """
    certain = float(np.interp(-CERTAIN_DEATH, -flux, radius)) if flux[0] >= CERTAIN_DEATH else 0.0
    below = aqt3046.factors()["heat below 37.5 kW/m²"]
    share = np.where(radius > certain, lethality(np.minimum(flux, CERTAIN_DEATH * 0.999), min(exposure, HEAT_EXPOSURE)), 0.0)
    alive = share > 1e-5
    layers = []
    if certain > 0:
        layers.append(Layer((Circle(np.array([certain, certain]), CERTAIN, centre),)))
    if alive.any():
        at = np.concatenate([[0.0, certain, certain], radius[alive], [radius[alive][-1]]])
        values = np.concatenate([[0.0, 0.0, share[alive][0]], share[alive], [0.0]])
        ring = Circle(np.maximum.accumulate(at), values, centre)
        layers.append(Layer((ring,), below.individual, below.societal_outdoors, below.societal_indoors))
    return tuple(layers)


RADII = np.geomspace(1.0, 3000.0, 160)


@dataclass(frozen=True)
class Fire:
    """Heat of a fire: flux [W/m²] at RADII about a middle `centre` [m] downwind, for exposure [s] at most."""

    flux: Doubles
    centre: float
    exposure: float

    def layers(self) -> tuple[Layer, ...]:
        """What it does to people."""
        return heat_layers(RADII, self.flux, self.centre, self.exposure)

    def flux_at(self, distance: float) -> float:
        """Flux [W/m²] at a distance [m] from the release point, at the worst bearing."""
        return float(np.interp(max(distance - self.centre, 0.0), RADII, self.flux))


def fireball_of(loss: Loss, models: Models) -> Fire:
    """The fireball of what comes out at once. Source: CCPS 2010 chapter 6; AQ/T 3046-2013 10.3."""
    weather = models.weathers[0]
    heat = loss.content.substance.need("heat_of_combustion")
    ball = fireball(
        loss.mass * loss.airborne, heat, max(loss.content.pressure, 2e5), weather.temperature, weather.relative_humidity
    )
    return Fire(np.minimum.accumulate(ball.flux(RADII)), 0.0, ball.duration)


def jet_fire_of(loss: Loss, models: Models) -> Fire:
    """A jet fire: its heat as of a point at 4/5 of the flame's length.

    Source: length CPR 14E 6.5.3 (Chamberlain); AQ/T 3046-2013 E.4.3.
    """
    substance, weather = loss.content.substance, models.weathers[0]
    gamma = float(substance.heat_capacity_ratio(weather.temperature))
    rate = loss.rate * loss.airborne
    molar = substance.need("molar_mass")
    jet = expand(rate, molar, gamma, max(loss.content.pressure, 1.05 * ATMOSPHERE), loss.content.temperature)
    length = shape(jet, rate, molar, FIRE_WIND, 0.0, weather.air_density).length
    power = radiant_fraction(jet.velocity, molar) * rate * substance.need("heat_of_combustion")
    return Fire(power / (4 * math.pi * RADII**2), aqt3046.figures()["jet_point_source"].value * length, loss.duration)


def pool_fire_of(loss: Loss, models: Models) -> Fire:
    """A pool fire: its heat as of a point over the pool's middle at half the flame's length; within the pool certain death.

    Source: burning rate Babrauskas 1983, Burgess; flame Thomas 1963; radiated share by the emissive power of Mudan 1984.
    """
    substance, weather = loss.content.substance, models.weathers[0]
    diameter = min(max(math.sqrt(4 * pool_area(loss) / math.pi), 1.0), 100.0)
    burning = burning_rate(substance.cas, diameter) or _burgess(substance, weather.temperature)
    vapour = substance.gas_density(substance.need("boiling_point"))
    length = flame_length_thomas(burning, diameter, FIRE_WIND, weather.air_density, vapour)
    surface = math.pi * diameter * length + math.pi * diameter**2 / 4
    heat = burning * math.pi * diameter**2 / 4 * substance.need("heat_of_combustion")
    power = min(emissive_power(substance.cas, diameter)[0] * surface, 0.4 * heat)
    away = np.sqrt(np.maximum(RADII, diameter / 2) ** 2 + (length / 2) ** 2)
    flux = np.where(diameter / 2 >= RADII, CERTAIN_DEATH * 1.01, power / (4 * math.pi * away**2))
    return Fire(np.minimum.accumulate(flux), 0.0, HEAT_EXPOSURE)


def fire_of(loss: Loss, models: Models) -> tuple[str, Fire]:
    """What burns when a loss is lit at once: a fireball of what comes out at once and flashes, a jet of gas or mist, else a pool.

    Source: AQ/T 3046-2013 Annex F (event trees). Raises Faults for properties that are not known.
    """
    if loss.is_instantaneous and loss.airborne > 0 and (loss.content.is_superheated or loss.content.is_gas):
        return "fireball", fireball_of(loss, models)
    if not loss.is_instantaneous and loss.airborne > 0.5:
        return "jet fire", jet_fire_of(loss, models)
    return "pool fire", pool_fire_of(loss, models)


def _burgess(substance: Substance, ambient: float) -> float:
    boiling = substance.need("boiling_point")
    capacity = float(substance.liquid_heat_capacity(min(ambient, boiling)))
    return burgess(
        substance.need("heat_of_combustion"), float(substance.heat_of_vaporisation(boiling)), capacity, boiling, ambient
    )


def probit_of(loss: Loss, models: Models) -> ToxicProbit | None:
    """The toxic probit of what is let out, None when the set has none."""
    try:
        return toxic_probit(loss.content.substance.cas, loss.content.substance.need("molar_mass"), models.probits)
    except Faults:
        return None
