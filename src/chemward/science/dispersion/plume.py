"""Gaussian plume: a steady or limited release of a gas that neither sinks nor pushes its way.

Reflected at the ground and at the lid of the mixed layer. A limited release grows and decays at each point as Palazzi has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from chemward.science.dispersion.checks import passive_notes, require_positive
from chemward.science.dispersion.cloud import NEAREST, Shape, bell_half_width
from chemward.science.dispersion.passage import dose_time, passage_factor, passage_integral, peak_factor
from chemward.science.dispersion.rise import Rise
from chemward.science.dispersion.sigma import SigmaSet, default_sigma, sigma_set
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.vertical import vertical_share
from chemward.science.dispersion.weather import Weather
from chemward.science.notes import Note

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plume(Shape):
    """A plume, made by `plume`. Fields as there; wind [m/s] carries it, lid [m] reflects, virtual_y and virtual_z [m] are the distances
    upwind at which a point would have to release to be as wide at x = 0 as the source is."""

    rate: float
    weather: Weather
    height: float
    duration: float
    sigma: SigmaSet
    sigma_along: SigmaSet
    averaging: float | None
    wind: float
    lid: float
    ceiling: float
    virtual_y: float
    virtual_z: float
    rise: Rise | None
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] for which the set of widths is given."""
        return self.sigma.near, self.sigma.far

    def widths(self, x: ArrayLike) -> tuple[Array, Array]:
        """Crosswind and vertical width [m] at x [m], any shape; of the source's own width at x = 0."""
        x = np.maximum(x, 0.0)
        weather = self.weather
        across = self.sigma.y(x + self.virtual_y, weather.stability, weather.roughness, self.averaging)
        upward = self.sigma.z(x + self.virtual_z, weather.stability, weather.roughness)
        if self.rise is None:
            return across, upward
        own = self.rise.width(x)
        return np.hypot(across, own), np.hypot(upward, own)

    def width_along(self, x: ArrayLike) -> Array:
        """Width along the wind [m] at x [m], any shape: that of a puff."""
        return self.sigma_along.x(np.maximum(x, NEAREST), self.weather.stability, self.weather.roughness)

    def centre_height(self, x: ArrayLike) -> Array:
        """Height of the axis [m] at x [m], any shape, plume rise included."""
        if self.rise is None:
            return np.full(np.shape(x), self.height)
        return self.height + self.rise.at(x)

    def _steady(self, x: ArrayLike, z: ArrayLike) -> tuple[Array, Array]:
        """Concentration of the steady plume on the axis [kg/m³] and crosswind width [m]."""
        x = np.asarray(x, float)
        across, upward = self.widths(x)
        share = vertical_share(z, self.centre_height(x), upward, self.lid)
        ridge = self.rate / (math.sqrt(2 * math.pi) * self.wind * across) * share
        return np.where(x > 0, ridge, 0.0), across

    def _growth(self, x: ArrayLike) -> Array:
        """Greatest share of the steady concentration that a limited release reaches [-]."""
        if math.isinf(self.duration):
            return np.ones(np.shape(x))
        return peak_factor(self.wind * self.duration / self.width_along(x))

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s] after the start; None: the greatest over time. 0 upwind.

        Source: AQ/T 3046-2013 appendix E; Turner 1970, equation 3.1; limited releases Palazzi et al. 1982.
        """
        ridge, across = self._steady(x, z)
        shape = np.exp(-0.5 * (np.asarray(y, float) / across) ** 2)
        if t is None:
            in_time = self._growth(x)
        else:
            in_time = passage_factor(t, x, self.wind, self.duration, self.width_along(x))
        return np.minimum(ridge * shape * in_time, self.ceiling)

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        return self.concentration(x, 0.0, z)

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded; x and z [m] broadcast."""
        ridge, across = self._steady(x, z)
        return bell_half_width(ridge * self._growth(x), level, across)

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over the worst stay of `exposure` [s]; exponent [-] n."""
        require_positive(exponent=exponent, exposure=exposure)
        ridge, across = self._steady(x, z)
        plateau = np.minimum(ridge * np.exp(-0.5 * (np.asarray(y, float) / across) ** 2), self.ceiling)
        if math.isinf(self.duration):
            return plateau**exponent * exposure
        unit = self.width_along(x) / self.wind
        return plateau**exponent * unit * passage_integral(self.duration / unit, exponent, exposure / unit)

    def dose_time(self, x: ArrayLike, exponent: float, exposure: float) -> Array:
        """Time [s] at the steady concentration with the same dose, at x [m], any shape; exponent [-], exposure [s] as in `dose`."""
        if math.isinf(self.duration):
            return np.full(np.shape(x), exposure)
        return dose_time(self.wind * self.duration / self.width_along(x), self.duration, exposure, exponent)

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³] at one time: of the steady plume, never more than was released.

        Crosswind in closed form, over height and distance by quadrature (relative error below 1e-3). Source: Purple Book CPR 18E, 4.8.
        """
        require_positive(lower=lower)
        return min(self._mass_above(lower) - self._mass_above(upper), self.rate * self.duration)

    def _mass_above(self, level: float) -> float:
        if math.isinf(level):
            return 0.0
        top = max(self.reach(level, self.height).far, self.reach(level).far)
        if top <= 0:
            return 0.0
        x = np.geomspace(min(NEAREST, top / 10), top, 600)[:, None]
        across, upward = self.widths(x)
        centre = self.centre_height(x)
        nodes, weights = np.polynomial.legendre.leggauss(64)
        low, high = np.maximum(centre - 5 * upward, 0), np.minimum(centre + 5 * upward, max(self.lid, self.height))
        z = low + (high - low) * (nodes + 1) / 2
        ridge = np.minimum(self._steady(x, z)[0] * self._growth(x), self.ceiling)
        half = bell_half_width(ridge, level, across)
        slab = ridge * across * math.sqrt(2 * math.pi) * erf(half / (math.sqrt(2) * across))
        per_metre = (slab * weights).sum(1) * (high - low)[:, 0] / 2
        return float(np.trapezoid(per_metre * x[:, 0], np.log(x[:, 0])))

    def released(self, x: float) -> float:
        """Mass flow [kg/s] through the plane at x [m], by quadrature over y and z: equals the rate where nothing is lost."""
        _, upward = self.widths(np.array([x]))
        top = min(self.lid, float(self.centre_height(np.array([x]))[0] + 8 * upward[0]))
        z = np.linspace(0, top, 4001)
        ridge, across = self._steady(np.full_like(z, x), z)
        return float(np.trapezoid(ridge * across * math.sqrt(2 * math.pi), z) * self.wind)

    def with_rate(self, rate: float) -> Plume:
        """The same plume at another rate [kg/s]."""
        require_positive(rate=rate)
        return replace(self, rate=rate)


def plume(
    rate: float,
    weather: Weather,
    *,
    height: float = 0.0,
    duration: float = math.inf,
    radius: float = 0.0,
    sigma: SigmaSet | str | None = None,
    averaging: float | None = None,
    ceiling: float = math.inf,
    lid: float | None = None,
    rise: Rise | None = None,
) -> Plume:
    """A Gaussian plume.

    rate [kg/s]; height [m] of release; duration [s] of it, inf: steady; radius [m] of a source spread over the ground; sigma: set of widths
    or its name, by default Briggs for open country or town; averaging [s] of the concentration, None: that of the set; ceiling [kg/m³]
    no concentration can exceed (pure vapour); lid [m] of the mixed layer, None: the weather's, inf: none; rise: plume rise.
    The wind is that at the height of release, not below 10 m. Raises Faults for a wind below 0.5 m/s and numbers that mean nothing; notes
    what is less sure (wind below 1 m/s, distances outside the set's). Source: AQ/T 3046-2013 appendix E.
    """
    require_positive(rate=rate, duration=duration)
    chosen = sigma_set(sigma) if isinstance(sigma, str) else sigma or default_sigma(weather.is_urban)
    top = weather.mixing_lid() if lid is None else lid
    notes = passive_notes(weather, chosen, "plume", height=height, radius=radius, lid=top, rise=rise.final if rise else 0.0)
    width = radius * math.sqrt(math.pi) / document("limits")["area_source"]["width_per_sigma"]
    return Plume(
        rate=rate,
        weather=weather,
        height=height,
        duration=duration,
        sigma=chosen,
        sigma_along=default_sigma(weather.is_urban, "puff"),
        averaging=averaging,
        wind=weather.transport_wind(height),
        lid=top,
        ceiling=ceiling,
        virtual_y=chosen.distance_of(width, "y", weather.stability, weather.roughness),
        virtual_z=0.0,
        rise=rise,
        notes=notes,
    )
