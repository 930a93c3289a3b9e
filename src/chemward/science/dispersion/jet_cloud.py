"""The cloud of a jet: the jet as far as it drives itself, then the plume that the wind carries on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.dispersion.checks import passive_notes, require_positive
from chemward.science.dispersion.cloud import Shape, bell_half_width
from chemward.science.dispersion.dense_cloud import DensePlume, Reference, dense_notes
from chemward.science.dispersion.dense_plume import Blanket, follow, surroundings
from chemward.science.dispersion.jet import JetTrack, jet_track
from chemward.science.dispersion.mixing import Mixing, Vapour, mix
from chemward.science.dispersion.plume import Plume
from chemward.science.dispersion.sigma import SigmaSet, default_sigma
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import Weather
from chemward.science.notes import Note, info, warning

Array = NDArray[np.float64]

_PEAK = 0.6  # [-] by which the axis of a free jet exceeds its mean: 5.0 d/x against 3.1 d/x, Chen and Rodi 1980
_ROUND_TO_FLAT = 1.25  # [-] half-width of the half-disc of equal area over the radius, as an equivalent width


@dataclass(frozen=True)
class JetCloud(Shape):
    """A jet and what becomes of it, made by `jet_cloud`. beyond: the plume from `shift` [m] on, a dense one in the same x, a passive one
    counted from there. duration [s]. Concentrations are referred to the air's temperature."""

    path: JetTrack
    beyond: DensePlume | Plume
    shift: float
    duration: float
    reference: Reference
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] from the source to the end of the plume that follows."""
        return 0.0, self.shift + self.beyond.validity[1]

    def _on(self, x: Array) -> Array:
        """x of the plume that follows [m]."""
        return x if isinstance(self.beyond, DensePlume) else x - self.shift

    def _beside(self, x: Array, values: Array) -> Array:
        return np.interp(x, self.path.x, values)

    def _core(self, x: Array) -> tuple[Array, Array, Array]:
        """Axis concentration [kg/m³] by mass, width [m], height [m] of the jet at x."""
        mean = self._beside(x, self.path.share * self.path.density)
        speed = self._beside(x, self.path.speed)
        end = float(self.path.speed[-1])
        over = 1 + _PEAK * np.clip(1 - end / np.maximum(speed, 1e-9), 0.0, 1.0)
        radius = self._beside(x, self.path.radius)
        peak = np.minimum(over * mean, float(self.path.density[0]))
        return peak, radius / np.sqrt(2 * np.maximum(peak / np.maximum(mean, 1e-30), 1.0)), self._beside(x, self.path.z)

    def _ridge(self, x: Array, z: ArrayLike) -> tuple[Array, Array]:
        """Concentration on the axis [kg/m³] at height z, and the width across [m], of the jet with its image in the ground."""
        peak, width, centre = self._core(x)
        z = np.maximum(z, 0.0)
        ground = np.exp(-0.5 * ((z - centre) / width) ** 2) + np.exp(-0.5 * ((z + centre) / width) ** 2)
        mass = np.minimum(peak * ground, float(self.path.density[0]))
        slope = self._beside(x, (self.path.density - self.reference.air) / (self.path.share * self.path.density))
        return self.reference.warm(mass, slope), width

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s]; None: the greatest over time."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        ridge, width = self._ridge(x, z)
        near = np.where(x >= 0, ridge * np.exp(-0.5 * (y / width) ** 2), 0.0)
        if t is None:
            later = None
        else:
            t = np.asarray(t, float)
            arrival = self._beside(x, self.path.time)
            near = np.where((t >= arrival) & (t <= arrival + self.duration), near, 0.0)
            later = t - float(self.path.time[-1])
        return np.where(x < self.shift, near, self.beyond.concentration(self._on(np.maximum(x, self.shift)), y, z, later))

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        return self.concentration(x, 0.0, z)

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded; x and z [m] broadcast."""
        x = np.asarray(x, float)
        ridge, width = self._ridge(x, z)
        near = np.where(x >= 0, bell_half_width(ridge, level, width), 0.0)
        return np.where(x < self.shift, near, self.beyond.half_width(self._on(np.maximum(x, self.shift)), level, z))

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over the worst stay of `exposure` [s]; exponent [-] n."""
        require_positive(exponent=exponent, exposure=exposure)
        x, y = np.asarray(x, float), np.asarray(y, float)
        ridge, width = self._ridge(x, z)
        near = np.where(x >= 0, ridge * np.exp(-0.5 * (y / width) ** 2), 0.0) ** exponent * min(self.duration, exposure)
        return np.where(x < self.shift, near, self.beyond.dose(self._on(np.maximum(x, self.shift)), y, z, exponent, exposure))

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³] at one time: in the jet and in the plume beyond."""
        require_positive(lower=lower)
        near = self._mass_above(lower) - (0.0 if math.isinf(upper) else self._mass_above(upper))
        return max(near, 0.0) + self.beyond.flammable_mass(lower, upper)

    def _mass_above(self, level: float) -> float:
        mean = self.path.share * self.path.density
        slope = (self.path.density - self.reference.air) / mean
        above = np.maximum(mean - self.reference.cold(level, slope), 0.0)
        return float(np.trapezoid(math.pi * self.path.radius**2 * above, self.path.path))


def jet_cloud(
    rate: float,
    vapour: Vapour,
    weather: Weather,
    *,
    radius: float,
    velocity: float,
    temperature: float,
    height: float,
    direction: str = "horizontal",
    duration: float = math.inf,
    liquid_fraction: float = 0.0,
    averaging: float = 600.0,
    sigma: SigmaSet | None = None,
) -> JetCloud:
    """The cloud of a jet with the wind or upward.

    rate [kg/s] for duration [s] through radius [m] at velocity [m/s] and temperature [K], all after expansion to the pressure of the air,
    height [m], liquid_fraction [-] of drops, averaging [s] of the concentration, sigma: set of a passive plume. It ends where the wind
    carries it; one that comes down heavy goes on as a dense plume, another as a Gaussian plume as wide and as thin there as the jet.
    Raises Faults for calm, RuntimeError when the integration fails. Source: `jet_track`; hand-over CCPS 1999 (jet at 1.1 times the wind).
    """
    require_positive(rate=rate, duration=duration, averaging=averaging)
    mixing = mix(vapour, temperature, liquid_fraction, weather)
    track = jet_track(rate, radius, velocity, height, direction, mixing, weather)
    reference = Reference.of(vapour.molar_mass, weather)
    notes: tuple[Note, ...] = (
        info("jet", f"jet as far as {track.x[-1]:.0f} m, then carried by the wind", "Ricou and Spalding 1961; Ooms 1972"),
    )
    if direction == "horizontal":
        notes += (
            info("free_jet", "the jet meets nothing: one that hits an obstacle loses its momentum and makes a denser cloud"),
        )
    if track.is_grounded:
        beyond: DensePlume | Plume = _grounded(rate, track, mixing, weather, duration, averaging, reference)
    else:
        beyond = _carried(rate, track, weather, duration, averaging, sigma)
        if track.density[-1] > 1.02 * weather.air_density:
            notes += (
                warning("heavy_aloft", "still heavier than air where the wind takes it: may come down farther on than computed"),
            )
    return JetCloud(track, beyond, float(track.x[-1]), duration, reference, notes + beyond.notes)


def _grounded(
    rate: float, track: JetTrack, mixing: Mixing, weather: Weather, duration: float, averaging: float, reference: Reference
) -> DensePlume:
    around = surroundings(weather, min(averaging, duration))
    layer = document("dense")["plume"]["layer"]
    width = _ROUND_TO_FLAT * float(track.radius[-1])
    share = mixing.share_of(float(track.share[-1] * track.density[-1]) / layer)
    first = (width, 1e-3 * width**2, rate / (2 * layer * share))
    path = follow(rate, float(track.x[-1]), first, mixing, around)
    cover = Blanket(0.0, width, rate, duration, False)
    return DensePlume(path, cover, around, reference, weather.stability, dense_notes(weather, max(width, 0.01)))


def _carried(rate: float, track: JetTrack, weather: Weather, duration: float, averaging: float, sigma: SigmaSet | None) -> Plume:
    chosen = sigma or default_sigma(weather.is_urban)
    height, lid = float(track.z[-1]), weather.mixing_lid()
    wind = weather.transport_wind(height)
    width = float(track.radius[-1]) / math.sqrt(2) * math.sqrt(float(track.speed[-1]) / wind)
    stability, roughness = weather.stability, weather.roughness
    notes = passive_notes(weather, chosen, "plume", height=min(height, 999.0), radius=0.0, lid=lid, rise=0.0)
    return Plume(
        rate=rate,
        weather=weather,
        height=height,
        duration=duration,
        sigma=chosen,
        sigma_along=default_sigma(weather.is_urban, "puff"),
        averaging=averaging,
        wind=wind,
        lid=lid,
        ceiling=math.inf,
        virtual_y=chosen.distance_of(width, "y", stability, roughness),
        virtual_z=chosen.distance_of(width, "z", stability, roughness),
        rise=None,
        notes=notes,
    )
