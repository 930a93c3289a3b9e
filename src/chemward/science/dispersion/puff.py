"""Gaussian puff: an instantaneous release that neither sinks nor pushes its way."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from chemward.science.dispersion.checks import passive_notes, require_positive
from chemward.science.dispersion.cloud import NEAREST, Shape, bell_half_width
from chemward.science.dispersion.sigma import SigmaSet, default_sigma, sigma_set
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.vertical import vertical_share
from chemward.science.dispersion.weather import Weather
from chemward.science.notes import Note

Array = NDArray[np.float64]

_PASSAGE, _PASSAGE_WEIGHTS = np.polynomial.legendre.leggauss(64)
_PASSAGE_REACH = 6.0  # [-] widths before and after the centre that a passage is followed


@dataclass(frozen=True)
class Puff(Shape):
    """A puff, made by `puff`. Its widths are those at the distance its centre has drifted."""

    mass: float
    weather: Weather
    height: float
    sigma: SigmaSet
    wind: float
    lid: float
    ceiling: float
    virtual: float
    virtual_z: float
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] for which the set of widths is given."""
        return self.sigma.near, self.sigma.far

    def widths(self, drift: ArrayLike) -> tuple[Array, Array, Array]:
        """Widths [m] along the wind, across and upward after a drift of the centre [m], any shape."""
        drift = np.maximum(drift, 0.0)
        stability, roughness = self.weather.stability, self.weather.roughness
        return (
            self.sigma.x(np.maximum(drift + self.virtual, NEAREST), stability, roughness),
            self.sigma.y(np.maximum(drift + self.virtual, NEAREST), stability, roughness),
            self.sigma.z(np.maximum(drift + self.virtual_z, NEAREST), stability, roughness),
        )

    def _ridge(self, x: Array, z: ArrayLike, drift: Array) -> tuple[Array, Array]:
        """Concentration on the axis [kg/m³] at x when the centre is at `drift`, and the width across [m]."""
        along, across, upward = self.widths(drift)
        share = vertical_share(z, self.height, upward, self.lid)
        ridge = self.mass / (2 * math.pi * along * across) * np.exp(-0.5 * ((x - drift) / along) ** 2) * share
        return ridge, across

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s] after the release; None: when the centre passes, the greatest.

        Source: AQ/T 3046-2013 appendix E; CCPS 1999, puff of instantaneous release.
        """
        x = np.asarray(x, float)
        drift = np.maximum(x, 0.0) if t is None else self.wind * np.asarray(t, float)
        ridge, across = self._ridge(x, z, drift)
        found = ridge * np.exp(-0.5 * (np.asarray(y, float) / across) ** 2)
        return np.minimum(np.where(drift >= 0, found, 0.0), self.ceiling)

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        return self.concentration(x, 0.0, z)

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded at some time; x and z [m] broadcast."""
        x = np.asarray(x, float)
        ridge, across = self._ridge(x, z, np.maximum(x, 0.0))
        return bell_half_width(ridge, level, across)

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over the stay of `exposure` [s] centred on the passage; exponent [-] n."""
        require_positive(exponent=exponent, exposure=exposure)
        x, y, z = (np.asarray(value, float)[..., None] for value in np.broadcast_arrays(x, y, z))
        along, _, _ = self.widths(x)
        half = np.minimum(_PASSAGE_REACH * along / self.wind, exposure / 2)
        middle = np.maximum(x / self.wind, half)
        values = self.concentration(x, y, z, middle + half * _PASSAGE) ** exponent
        return np.asarray((values * _PASSAGE_WEIGHTS).sum(-1) * half[..., 0])

    def dose_time(self, x: ArrayLike, exponent: float, exposure: float) -> Array:
        """Time [s] at the greatest concentration with the same dose, at x [m], any shape, widths held while the puff passes.

        exponent [-] n of the dose, exposure [s] the longest stay. Differs from `dose` by (σx/x)², some percent.
        """
        along, _, _ = self.widths(np.asarray(x, float))
        spread = along / self.wind
        return np.asarray(spread * math.sqrt(2 * math.pi / exponent) * erf(exposure / 2 * math.sqrt(exponent / 2) / spread))

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³] at one time, by quadrature over the puff at 160 drifts.

        Relative error below 1 %, never more than the mass released. Source: Purple Book CPR 18E, 4.8.
        """
        require_positive(lower=lower)
        drifts = np.geomspace(NEAREST, max(10 * NEAREST, 2 * self.reach(lower, self.height).far), 160)
        return float(min(max(self._mass_between(float(drift), lower, upper) for drift in drifts), self.mass))

    def _mass_between(self, drift: float, lower: float, upper: float) -> float:
        """Mass [kg] between the levels when the centre is at `drift` [m]: elliptic rings in x and y closed, z by quadrature."""
        along, across, upward = (float(width) for width in self.widths(drift))
        z = np.linspace(max(self.height - 5 * upward, 0), min(self.height + 5 * upward, max(self.lid, self.height)), 401)
        ridge = self.mass / (2 * math.pi * along * across) * vertical_share(z, self.height, upward, self.lid)
        inside = np.maximum(ridge - lower, 0) - np.maximum(ridge - upper, 0)
        return float(np.trapezoid(2 * math.pi * along * across * inside, z))


def puff(
    mass: float,
    weather: Weather,
    *,
    height: float = 0.0,
    radius: float = 0.0,
    sigma: SigmaSet | str | None = None,
    ceiling: float = math.inf,
    lid: float | None = None,
) -> Puff:
    """A Gaussian puff.

    mass [kg]; height [m] of release; radius [m] of the cloud at the start; sigma: set of widths or its name, by default CCPS; ceiling [kg/m³]
    no concentration can exceed; lid [m] of the mixed layer, None: the weather's, inf: none. Its widths are those of a cloud without meander:
    no averaging time. Raises Faults for calm (below 0.5 m/s) and numbers that mean nothing. Source: AQ/T 3046-2013 appendix E.
    """
    require_positive(mass=mass)
    chosen = sigma_set(sigma) if isinstance(sigma, str) else sigma or default_sigma(weather.is_urban, "puff")
    top = weather.mixing_lid() if lid is None else lid
    notes = passive_notes(weather, chosen, "puff", height=height, radius=radius, lid=top, rise=0.0)
    width = 2 * radius / document("limits")["area_source"]["width_per_sigma"]
    stability, roughness = weather.stability, weather.roughness
    return Puff(
        mass=mass,
        weather=weather,
        height=height,
        sigma=chosen,
        wind=weather.transport_wind(height),
        lid=top,
        ceiling=ceiling,
        virtual=chosen.distance_of(width, "y", stability, roughness),
        virtual_z=chosen.distance_of(width / 2, "z", stability, roughness),
        notes=notes,
    )
