"""Steady plume of a gas heavier than air at the ground, by the similarity model of DEGADIS.

A flat middle of half-width b with bell-shaped shoulders spreads under its own weight while air is taken in from above, the slower the more
the weight holds the layer down: C = c exp(−(z/Sz)^(1+α)) in |y| < b, falling as exp(−((|y|−b)/Sy)²) beyond. The wind is u0 (z/z_r)^α. A pool
that gives more than the wind can take away is covered by a blanket, from which the wind then takes. Cold clouds are warmed by the ground.
Source: Havens and Spicer 1985, 1990; EPA-450/4-89-019 (DEGADIS 2.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import gamma, hyp2f1

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.mixing import Mixing
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import VON_KARMAN, Weather

Array = NDArray[np.float64]

_NEARLY_WARM = 2.0  # [K] over which the warming of the axis fades out, so that it comes to rest at the temperature of the ground
_MOST = 20_000  # [-] evaluations after which an integration is given up
_REFERENCE = 10.0  # [m] height of the power law's reference wind


@dataclass(frozen=True)
class Surroundings:
    """What the plume needs of wind and ground: wind [m/s] at 10 m and alpha [-] of its power law, friction velocity [m/s], density of the
    air [kg/m³], temperature of air and ground [K], crosswind coefficient delta [m^0.1] of the meander, inverse_obukhov 1/L [1/m], lid [m]
    over the mixed layer; heats: the ground warms a cold layer."""

    wind: float
    alpha: float
    friction: float
    density: float
    temperature: float
    delta: float
    inverse_obukhov: float
    lid: float
    heats: bool

    @property
    def rise(self) -> float:
        """1 + α [-]."""
        return 1 + self.alpha

    @property
    def depth_share(self) -> float:
        """Effective depth over Sz [-]: Γ(1/(1+α))/(1+α)."""
        return float(gamma(1 / self.rise) / self.rise)

    def flow(self, vertical: float) -> float:
        """Volume flow a metre of width [m²/s] of a layer of vertical scale Sz [m]: u_eff H_eff."""
        return float(self.wind * _REFERENCE / self.rise * (vertical / _REFERENCE) ** self.rise)

    def scale(self, flow: float) -> float:
        """Vertical scale Sz [m] of a layer of volume flow [m²/s] a metre of width; the inverse of `flow`."""
        return float(_REFERENCE * (max(flow, 1e-12) * self.rise / (self.wind * _REFERENCE)) ** (1 / self.rise))


def surroundings(weather: Weather, averaging: float, heats: bool = True) -> Surroundings:
    """Power law nearest to the logarithmic profile below 10 m, weighted with 1/(1+z); meander for a mean over averaging [s].

    Source: EPA-450/4-89-019, section III (profile), Spicer and Havens 1989 (averaging time).
    """
    heights = np.geomspace(max(2 * weather.roughness, 0.1), _REFERENCE, 40)
    wanted = weather.log_wind_at(heights)
    top = float(weather.log_wind_at(_REFERENCE))
    weight = np.gradient(heights) / (1 + heights)
    alphas = np.linspace(0.02, 0.9, 441)
    misfit = ((top * (heights / _REFERENCE) ** alphas[:, None] - wanted) ** 2 * weight).sum(1)
    figures = document("dense")["meander"]
    least = max(averaging, figures["least_s"][weather.stability])
    delta = figures["delta"][weather.stability] * (least / 600.0) ** 0.2
    return Surroundings(
        top,
        float(alphas[misfit.argmin()]),
        weather.friction,
        weather.air_density,
        weather.temperature,
        delta,
        weather.inverse_obukhov,
        weather.mixing_lid(),
        heats,
    )


def air_factor(zeta: float) -> float:
    """φ_h [-] of the air itself over that of neutral air at zeta = z/L [-]: 1 + 5 ζ in stable air, (1 − 16 ζ)^(−1/2) in unstable.

    Taken at half the depth of the layer and held beyond ζ = 1 and −2. With it a plume without weight grows as in the air's own turbulence.
    Source: Van Ulden 1978, Atmospheric Environment 12:2125; Dyer 1974, Boundary-Layer Meteorology 7:363.
    """
    return 1 + 5 * min(zeta, 1.0) if zeta > 0 else 1 / math.sqrt(1 - 16 * max(zeta, -2.0))


def entrainment_factor(richardson: float, thermal: float = 0.0, air: float = 1.0) -> float:
    """φ [-] by which stratification divides the take-up of air; richardson [-] is g'H/u*², thermal [-] that of the heated layer.

    air [-]: `air_factor`. 0.88 in neutral layers, larger in dense ones; a layer lighter than the air takes in no more for that (option 4 of
    the model), since the heat which made it light is already in the thermal number. Source: EPA-450/4-89-019, equations III; the factor of
    the air is put to its neutral term.
    """
    figures = document("dense")["plume"]
    heated = 1 + figures["thermal"][0] * max(thermal, 0.0) ** figures["thermal"][1]
    weighted = richardson / heated
    held = figures["stable"][0] * weighted ** figures["stable"][1] if richardson > 0 else 0.0
    return float((figures["neutral"] * air + held) / math.sqrt(heated))


def greatest_take_up(around: Surroundings, density: float, fetch: float) -> float:
    """Mass flux [kg/(m² s)] of pure vapour of that density [kg/m³] which the wind can take from a source of length fetch [m].

    Source: EPA-450/4-89-019, section III: C κ u* (1+α) δ/(δ−1)/φ̂, φ̂ averaged over the fetch in closed form.
    """
    figures = document("dense")["plume"]
    layer = figures["layer"] / (figures["layer"] - 1)
    neutral, (factor, power) = figures["neutral"], figures["stable"]
    rise = around.rise
    mean = neutral
    if density > around.density:
        reduced = GRAVITY * (density - around.density) / around.density
        start = reduced * _REFERENCE / around.friction**2 * around.depth_share
        growth = VON_KARMAN * around.friction * rise**2 / (around.wind * _REFERENCE * figures["fetch"]) * layer
        richardson = start * (growth * fetch) ** (1 / rise)
        inverse = rise / power
        mean = neutral / float(hyp2f1(1, inverse, 1 + inverse, -factor * richardson**power / neutral))
    return float(density * VON_KARMAN * around.friction * rise * layer / mean)


@dataclass(frozen=True)
class Track:
    """The plume along x [m], all of shape (k,): concentration on the ground axis [kg/m³], flat half-width b, shoulder Sy, vertical scale Sz
    [m], speed of the layer [m/s], time of travel [s], temperature [K] and density [kg/m³] on the axis."""

    x: Array
    ridge: Array
    flat: Array
    shoulder: Array
    vertical: Array
    speed: Array
    time: Array
    temperature: Array
    density: Array


@dataclass(frozen=True)
class Blanket:
    """The source as the wind sees it: half-length and half-width [m], rate [kg/s], duration [s]; is_grown: larger than the pool."""

    half_length: float
    half_width: float
    rate: float
    duration: float
    is_grown: bool


def blanket(rate: float, radius: float, duration: float, mixing: Mixing, around: Surroundings) -> Blanket:
    """The blanket over a pool of radius [m] that gives rate [kg/s] for duration [s].

    It grows until the wind takes what the pool gives, but no further than a heavy gas can flow in the time of release; then the wind takes
    less for longer. As long as wide: length 2R, half-width πR/4. Air mixed in at its front is left out. Source: EPA-450/4-89-019.
    """
    density = mixing.pure_density

    def taken(size: float) -> float:
        return math.pi * size**2 * greatest_take_up(around, density, 2 * size)

    if taken(radius) >= rate:
        return Blanket(radius, math.pi * radius / 4, rate, duration, False)
    low, high = radius, 2 * radius
    while taken(high) < rate and high < 1e4:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if taken(middle) < rate else (low, middle)
    size = min(high, _front(rate, radius, duration, density, around))
    given = min(rate, taken(size))
    return Blanket(size, math.pi * size / 4, given, duration * rate / given, True)


def _front(rate: float, radius: float, duration: float, density: float, around: Surroundings) -> float:
    """Radius [m] that a heavy gas released at that rate reaches in the duration: R² = R0² + (4/3) C_E (g'V̇/π)^½ t^{3/2}."""
    reduced = GRAVITY * max(density - around.density, 0.0) / around.density
    if math.isinf(duration):
        return math.inf
    grown = 4 / 3 * document("dense")["plume"]["spreading"] * math.sqrt(reduced * rate / density / math.pi) * duration**1.5
    return math.sqrt(radius**2 + grown)


def over_source(cover: Blanket, mixing: Mixing, around: Surroundings) -> float:
    """Mass flow [kg/s] of layer over one half of the source's width at its lee edge, what the downwind integration starts from.

    Of a blanket: pure vapour at the ground. Of a pool that the wind keeps up with: the layer integrated along the fetch.
    Source: EPA-450/4-89-019, section III.
    """
    layer = document("dense")["plume"]["layer"]
    if cover.is_grown:
        share = mixing.share_of(mixing.pure_density / layer)
        return float(cover.rate / (2 * layer * share))
    length = 2 * cover.half_length
    flux = cover.rate / (length * 2 * cover.half_width)

    def growth(x: float, flow: Array) -> list[float]:
        share = min(flux * x / max(float(flow[0]), 1e-12), 1.0)
        _, density = mixing.at_share(share)
        _, middle = mixing.at_share(mixing.share_of(layer * share * density))
        depth = around.depth_share * around.scale(float(flow[0]) / density / layer)
        richardson = GRAVITY * (middle - around.density) / around.density * depth / around.friction**2
        taken = layer * VON_KARMAN * around.friction * around.rise / entrainment_factor(richardson)
        return [taken * around.density + flux]

    found = solve_ivp(growth, (0, length), [1e-9], method="RK23", rtol=1e-4, atol=1e-9, max_step=length / 10)
    return float(found.y[0, -1] / layer * cover.half_width)


@dataclass
class _State:
    """All that follows from the integrated quantities at one x."""

    ridge: float
    vertical: float
    depth: float
    speed: float
    temperature: float
    density: float
    layer_temperature: float
    layer_density: float
    share: float


class _Run:
    """Right-hand side of the plume: y = (half-width B_eff, Sy², mass flow P of half the layer, heat [J/kg], time)."""

    def __init__(self, rate: float, mixing: Mixing, around: Surroundings) -> None:
        self.rate, self.mixing, self.around = rate, mixing, around
        self.figures = document("dense")["plume"]
        self.power = document("dense")["meander"]["exponent"]
        self.calls = 0

    def state(self, y: Array) -> _State:
        width, _, flow, heat, _ = y
        layer = self.figures["layer"]
        share = min(self.rate / (2 * layer * flow), 1.0)
        layer_temperature, layer_density = self.mixing.at_share(share, heat)
        volume = flow / (layer_density * width)
        ridge = self.rate / (2 * width * volume)
        pure = self.mixing.pure_density
        temperature, density = self.mixing.at_share(self.mixing.share_of(min(ridge, pure)), layer * heat)
        vertical = self.around.scale(volume)
        depth = self.around.depth_share * vertical
        return _State(ridge, vertical, depth, volume / depth, temperature, density, layer_temperature, layer_density, share)

    def __call__(self, x: float, y: Array) -> list[float]:
        self.calls += 1
        if self.calls > _MOST:
            raise RuntimeError("dense plume: the integration does not come to an end")
        state, around = self.state(y), self.around
        width, shoulder2, flow, heat, _ = (float(value) for value in y)
        excess = (state.density - around.density) / around.density
        richardson = GRAVITY * excess * state.depth / around.friction**2
        thermal = self._thermal(state) if around.heats else 0.0
        factor = entrainment_factor(richardson, thermal, air_factor(state.depth / 2 * around.inverse_obukhov))
        room = max(1 - state.depth / around.lid, 0.0)
        taken = room * around.density * VON_KARMAN * around.friction * around.rise * width / factor
        gravity = self.figures["spreading"] * math.sqrt(GRAVITY * max(excess, 0.0) * state.depth) / state.speed
        shoulder_growth, passive = self._meander(width, shoulder2)
        warming = self._warming(state) * width / self.figures["layer"]
        flat = width - math.sqrt(math.pi * shoulder2) / 2
        spread = gravity if flat > 0 else max(gravity, passive)
        return [spread, shoulder_growth, taken, (warming - heat * taken) / flow, 1 / state.speed]

    def _meander(self, width: float, shoulder2: float) -> tuple[float, float]:
        """Growth of Sy² [m], and of the half-width of a plume without flat middle [-]."""
        delta, power = self.around.delta, self.power
        if width > math.sqrt(math.pi * shoulder2) / 2:
            growth = 8 * power / math.pi * width**2 * (delta * math.sqrt(math.pi / 2) / width) ** (1 / power)
            return growth, 0.0
        shoulder = math.sqrt(shoulder2)
        distance = (shoulder / (math.sqrt(2) * delta)) ** (1 / power)
        growth = math.sqrt(2) * delta * power * distance ** (power - 1)
        return 2 * shoulder * growth, math.sqrt(math.pi) / 2 * growth

    def _thermal(self, state: _State) -> float:
        """Thermal Richardson number [-] of a layer over warmer ground."""
        around = self.around
        wind = around.wind * (state.depth / _REFERENCE) ** around.alpha
        warmer = (around.temperature - state.temperature) / state.temperature
        return float(max(GRAVITY * warmer * state.depth / (around.friction * wind), 0.0))

    def _warming(self, state: _State) -> float:
        """Heat from the ground [W/m²]: the larger of natural and forced convection."""
        around = self.around
        gap = around.temperature - state.layer_temperature
        if not around.heats or gap <= 0 or state.temperature >= around.temperature:
            return 0.0
        mole = float(self.mixing.mole_fraction(state.share))
        mass = 1000 * (mole * self.mixing.molar_mass + (1 - mole) * 0.028_964_7)
        natural = self.figures["natural_heat"] * ((state.layer_density / mass) ** 2 * gap) ** (1 / 3)
        wind = around.wind * (max(state.depth * self.figures["layer"] / 2, 0.1) / _REFERENCE) ** around.alpha
        specific = self.mixing.specific_heat(state.share)
        forced = self.figures["forced_heat"] * state.layer_density * specific * around.friction**2 / wind
        return float(max(natural, forced) * gap * min((around.temperature - state.temperature) / _NEARLY_WARM, 1.0))


def track(cover: Blanket, mixing: Mixing, around: Surroundings, farthest: float = 20_000.0, points: int = 200) -> Track:
    """The plume from the lee edge of the source to farthest [m], at points [-] distances in a geometric series from there.

    Raises RuntimeError when the integration fails. Source: EPA-450/4-89-019, section III, equations of the dense and the Gaussian phase.
    """
    first = (cover.half_width, 1e-6 * cover.half_width**2, over_source(cover, mixing, around))
    return follow(cover.rate, cover.half_length, first, mixing, around, farthest, points)


def follow(
    rate: float,
    start: float,
    first: tuple[float, float, float],
    mixing: Mixing,
    around: Surroundings,
    farthest: float = 20_000.0,
    points: int = 200,
) -> Track:
    """The plume of a rate [kg/s] from start [m] with first: half-width [m], Sy² [m²] and mass flow of half the layer [kg/s].

    To farthest [m] at points [-] distances. Raises RuntimeError when the integration fails. Source: as `track`.
    """
    run = _Run(rate, mixing, around)
    x = start + np.concatenate([[0.0], np.geomspace(max(0.02 * first[0], 0.05), farthest, points - 1)])
    found = solve_ivp(run, (start, x[-1]), [*first, 0.0, 0.0], method="RK23", t_eval=x, rtol=1e-3, atol=1e-6)
    if not found.success or found.y.shape[1] != len(x) or not np.isfinite(found.y).all():
        raise RuntimeError(f"dense plume: {found.message}")
    states = [run.state(y) for y in found.y.T]
    shoulder = np.minimum(np.sqrt(found.y[1]), 2 / math.sqrt(math.pi) * found.y[0])
    names = ("vertical", "speed", "temperature", "density")
    vertical, speed, temperature, density = (np.array([getattr(state, name) for state in states]) for name in names)
    ridge = np.minimum([state.ridge for state in states], mixing.pure_density)
    flat = np.maximum(found.y[0] - math.sqrt(math.pi) / 2 * shoulder, 0.0)
    return Track(x, ridge, flat, shoulder, vertical, speed, found.y[4], temperature, density)
