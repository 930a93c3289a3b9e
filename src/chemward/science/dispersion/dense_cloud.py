"""The cloud of a dense plume: concentration, dose, widths and mass from its track."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from chemward.science.constants import GAS_CONSTANT, MOLAR_MASS_AIR
from chemward.science.dispersion.checks import require_positive
from chemward.science.dispersion.cloud import Shape
from chemward.science.dispersion.dense_plume import Blanket, Surroundings, Track, blanket, surroundings, track
from chemward.science.dispersion.mixing import Vapour, mix
from chemward.science.dispersion.passage import passage_integral, peak_factor
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults, out_of_range, refuse
from chemward.science.notes import Note, info, warning

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True)
class Reference:
    """Between mass concentration in a cold cloud and concentration at the temperature of the air with the same mole fraction.

    molar_mass [kg/mol], air: density of the air [kg/m³], scale: M p/(R T) of the pure vapour at the temperature of the air [kg/m³].
    """

    molar_mass: float
    air: float
    scale: float

    @classmethod
    def of(cls, molar_mass: float, weather: Weather) -> Reference:
        """The reference for a molar_mass [kg/mol] in the weather."""
        scale = molar_mass * weather.pressure / (GAS_CONSTANT * weather.temperature)
        return cls(molar_mass, weather.air_density, scale)

    def warm(self, mass: ArrayLike, slope: ArrayLike) -> Array:
        """Concentration [kg/m³] at the temperature of the air where the mass [kg/m³] is that much; slope [-] (ρ − ρ_air)/C of the cloud."""
        mass = np.asarray(mass, float)
        share = np.clip(mass / (self.air + np.asarray(slope, float) * mass), 0.0, 1.0)
        own = share / self.molar_mass
        return np.asarray(self.scale * own / (own + (1 - share) / MOLAR_MASS_AIR))

    def cold(self, level: float, slope: ArrayLike) -> Array:
        """Mass concentration [kg/m³] in the cloud of that slope [-] whose mole fraction is that of level [kg/m³] in warm air."""
        mole = min(level / self.scale, 1.0)
        own = mole * self.molar_mass
        share = own / (own + (1 - mole) * MOLAR_MASS_AIR)
        return np.asarray(share * self.air / np.maximum(1 - np.asarray(slope, float) * share, 1e-6))


@dataclass(frozen=True)
class DensePlume(Shape):
    """A plume heavier than air, made by `dense_plume`. Concentrations are those at the temperature of the air with the mole fraction that
    the cloud has, so that a limit in mol/mol is met where it is met in the cold cloud."""

    path: Track
    cover: Blanket
    around: Surroundings
    reference: Reference
    stability: str
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def start(self) -> float:  # type: ignore[override]
        """First x of the cloud [m]: the windward edge of the source, or where a jet came down."""
        return float(self.path.x[0]) - 2 * self.cover.half_length

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] from the lee edge of the source to the end of the integration."""
        return float(self.path.x[0]), float(self.path.x[-1])

    @cached_property
    def _log_x(self) -> Array:
        return np.asarray(np.log(self.path.x - self.path.x[0] + 1.0))

    def _at(self, x: ArrayLike, values: Array) -> Array:
        """A positive quantity of the track at x, linear in logarithms; over the source as at its lee edge, beyond the end carried on."""
        x = np.asarray(x, float)
        log = np.log(np.maximum(x - self.path.x[0], 0.0) + 1.0)
        table = np.log(np.maximum(values, 1e-30))
        found = np.interp(log, self._log_x, table)
        tail = (table[-1] - table[-9]) / (self._log_x[-1] - self._log_x[-9])
        return np.asarray(np.exp(found + tail * np.maximum(log - self._log_x[-1], 0.0)))

    def _slope(self, x: ArrayLike) -> Array:
        """(ρ − ρ_air)/C on the axis [-]."""
        log = np.log(np.maximum(np.asarray(x, float) - self.path.x[0], 0.0) + 1.0)
        return np.asarray(np.interp(log, self._log_x, (self.path.density - self.around.density) / self.path.ridge))

    def _inside(self, x: ArrayLike) -> NDArray[np.bool_]:
        return np.asarray(x, float) >= self.start

    def _ridge(self, x: ArrayLike, z: ArrayLike) -> Array:
        """Mass concentration on the axis [kg/m³] of the steady plume at height z [m]."""
        fall = np.exp(-((np.maximum(z, 0.0) / self._at(x, self.path.vertical)) ** self.around.rise))
        return np.where(self._inside(x), self._at(x, self.path.ridge) * fall, 0.0)

    def _across(self, x: ArrayLike, y: ArrayLike) -> Array:
        outside = np.maximum(np.abs(y) - self._at(x, np.maximum(self.path.flat, 1e-9)), 0.0)
        return np.asarray(np.exp(-((outside / self._at(x, self.path.shoulder)) ** 2)))

    def width_along(self, x: ArrayLike) -> Array:
        """Width along the wind [m] at x [m], any shape, by which a limited release is blurred. Source: Beals 1971; EPA-450/4-89-019."""
        figures = document("dense")["along"]
        distance = np.maximum(np.asarray(x, float) - self.start, 1.0)
        return np.asarray(figures["a"][self.stability] * distance ** figures["b"][self.stability])

    def _length(self, x: ArrayLike) -> Array:
        """Length of the cloud in widths along the wind [-]."""
        return self._at(x, self.path.speed) * self.cover.duration / self.width_along(x)

    def _growth(self, x: ArrayLike) -> Array:
        if math.isinf(self.cover.duration):
            return np.ones(np.shape(x))
        return peak_factor(self._length(x))

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s]; None: the greatest over time. Referred to the air's temperature."""
        in_time = self._growth(x) if t is None else self._in_time(x, np.asarray(t, float))
        return self.reference.warm(self._ridge(x, z) * self._across(x, y) * in_time, self._slope(x))

    def _in_time(self, x: ArrayLike, t: Array) -> Array:
        """Share of the steady concentration [-] at time t."""
        scale = math.sqrt(2) * self.width_along(x)
        speed, arrival = self._at(x, self.path.speed), self._at(x, self.path.time + 1e-9)
        head = erf(speed * (t - arrival) / scale)
        tail = -1.0 if math.isinf(self.cover.duration) else erf(speed * (t - arrival - self.cover.duration) / scale)
        return np.where(t > 0, np.maximum(0.5 * (head - tail), 0.0), 0.0)

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        return self.concentration(x, 0.0, z)

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded; x and z [m] broadcast."""
        over = self._ridge(x, z) * self._growth(x) / self.reference.cold(level, self._slope(x))
        edge = self._at(x, np.maximum(self.path.flat, 1e-9)) + self._at(x, self.path.shoulder) * np.sqrt(
            np.log(np.maximum(over, 1.0))
        )
        return np.where(over >= 1, edge, 0.0)

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over the worst stay of `exposure` [s]; exponent [-] n."""
        require_positive(exponent=exponent, exposure=exposure)
        plateau = self.reference.warm(self._ridge(x, z) * self._across(x, y), self._slope(x))
        if math.isinf(self.cover.duration):
            return plateau**exponent * exposure
        unit = self.width_along(x) / self._at(x, self.path.speed)
        return plateau**exponent * unit * passage_integral(self.cover.duration / unit, exponent, exposure / unit)

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³], both referred to the air's temperature; never more than was released.

        Crosswind in closed form, over height and distance by quadrature. Source: Purple Book CPR 18E, 4.8.
        """
        require_positive(lower=lower)
        total = self.cover.rate * self.cover.duration
        return float(min(max(self._mass_above(lower) - self._mass_above(upper), 0.0), total))

    def _mass_above(self, level: float) -> float:
        if math.isinf(level) or level >= self.reference.scale:
            return 0.0
        reach = self.reach(level)
        if reach.far <= self.start:
            return 0.0
        x = self.start + np.concatenate([[0.0], np.geomspace(0.05, max(reach.far - self.start, 0.1), 400)])
        edge = self.reference.cold(level, self._slope(x))
        ground = self._ridge(x, 0.0) * self._growth(x)
        top = self._at(x, self.path.vertical) * np.log(np.maximum(ground / edge, 1.0)) ** (1 / self.around.rise)
        z = top[:, None] * (_NODES + 1) / 2
        ridge = self._ridge(x[:, None], z) * self._growth(x)[:, None]
        over = np.sqrt(np.log(np.maximum(ridge / edge[:, None], 1.0)))
        flat, shoulder = self._at(x, np.maximum(self.path.flat, 1e-9))[:, None], self._at(x, self.path.shoulder)[:, None]
        slab = ridge * (2 * flat + math.sqrt(math.pi) * shoulder * erf(over))
        return float(np.trapezoid((slab * _WEIGHTS).sum(1) * top / 2, x))

    def mole_fraction(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Mole fraction [-] at x, y, z [m], broadcast, at time t [s]; None: the greatest over time."""
        return self.concentration(x, y, z, t) / self.reference.scale

    def released(self, x: float) -> float:
        """Mass flow [kg/s] through the plane at x [m] of the steady plume; equals the rate."""
        at = np.array([x])
        width = 2 * self._at(at, np.maximum(self.path.flat, 1e-9)) + math.sqrt(math.pi) * self._at(at, self.path.shoulder)
        return float((self._at(at, self.path.ridge) * width)[0] * self.around.flow(float(self._at(at, self.path.vertical)[0])))


def dense_plume(
    rate: float,
    vapour: Vapour,
    weather: Weather,
    *,
    radius: float,
    temperature: float,
    duration: float = math.inf,
    liquid_fraction: float = 0.0,
    averaging: float = 600.0,
    heats: bool = True,
    farthest: float = 20_000.0,
) -> DensePlume:
    """The plume of a pool or an area at the ground that gives a vapour heavier than air.

    rate [kg/s] for duration [s] from a circle of radius [m] at temperature [K] with a mass fraction of drops liquid_fraction [-];
    averaging [s] of the concentration; heats: ground as warm as the air warms a cold cloud; farthest [m] it is followed.
    Holds for wind from 0.5 m/s (warning below 1 m/s, where a heavy cloud drains by the slope of the ground), flat ground, roughness to
    0.5 m. Raises Faults for numbers outside, RuntimeError when the integration fails. Source: EPA-450/4-89-019 (DEGADIS 2.1).
    """
    require_positive(rate=rate, duration=duration, averaging=averaging)
    notes = dense_notes(weather, radius)
    mixing = mix(vapour, temperature, liquid_fraction, weather)
    around = surroundings(weather, min(averaging, duration), heats)
    cover = blanket(rate, radius, duration, mixing, around)
    if cover.is_grown:
        text = f"more vapour than the wind takes: a blanket of {cover.half_length:.0f} m radius lies over the source"
        notes += (info("blanket", text, "EPA-450/4-89-019, section III"),)
    return DensePlume(
        track(cover, mixing, around, farthest), cover, around, Reference.of(vapour.molar_mass, weather), weather.stability, notes
    )


def dense_notes(weather: Weather, radius: float) -> tuple[Note, ...]:
    """Remarks on a dense model at the ground; radius [m]. Raises Faults for calm and for a source without size."""
    speed = float(weather.wind_at(10.0))
    wind = document("limits")["wind"]
    if speed < wind["refused_below_m_s"]:
        raise Faults([out_of_range("wind_speed", speed, wind["refused_below_m_s"], 50, "m/s", "no steady plume forms in calm")])
    refuse([out_of_range("radius", radius, 0.01, 2000, "m")] if not 0.01 <= radius <= 2000 else [])
    notes = [
        info("dense_model", "similarity plume of a gas heavier than air", "EPA-450/4-89-019 (DEGADIS 2.1)"),
        info("obstacles_not_modelled", "buildings, fences, slopes are not modelled; they change concentrations by factors"),
    ]
    if speed < wind["warned_below_m_s"]:
        notes.append(
            warning("low_wind", f"wind {speed:g} m/s at 10 m: a heavy cloud follows the slope of the ground more than the wind")
        )
    if weather.roughness > 0.5:
        notes.append(warning("rough_ground", f"roughness {weather.roughness:g} m stands for obstacles as high as the cloud"))
    return tuple(notes)
