"""Tables of lethality and of reach for a risk analysis: a cloud as few numbers along its axis.

A toxic cloud with a bell across the wind has a probit that is a parabola across it, Y(x, y) = A(x) − B(x) y², with the probability of death
Φ(Y − 5). A cloud of another profile is given the B that keeps its crosswind integral of lethality.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from chemward.science.dispersion.checks import require_positive
from chemward.science.dispersion.cloud import FARTHEST, Cloud
from chemward.science.dispersion.passage import dose_time
from chemward.science.dispersion.plume import Plume
from chemward.science.dispersion.puff import Puff
from chemward.science.notes import Note

Array = NDArray[np.float64]

MG_PER_KG = 1e6
SECONDS_PER_MINUTE = 60.0
RECEPTOR_HEIGHT = 1.0  # [m] AQ/T 3046-2013 chapter 11
NO_PROBIT = -1e3  # [-] probit of a place without dose: Φ is 0 there
LEAST_PROBIT = 5 - 3.719  # [-] probability 1e-4


def default_distances(count: int = 128, nearest: float = 5.0, farthest: float = 30_000.0) -> Array:
    """Distances [m], `count` [-] of them in a geometric series from nearest [m] to farthest [m], shape (count,)."""
    return np.geomspace(nearest, min(farthest, FARTHEST), count)


@dataclass(frozen=True)
class ToxicFootprint:
    """Probit along a cloud: Y = a − b·y² at x [m] with a [-] and b [1/m²], all of shape (k,), float64. Death: Φ(Y − 5)."""

    x: Array
    a: Array
    b: Array
    notes: tuple[Note, ...] = ()

    def lethality(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Probability of death [-] at x, y [m], broadcast; between the distances of the table A and ln B are linear in ln x, outside 0."""
        x = np.asarray(x, float)
        log = np.log(np.maximum(x, 1e-9))
        at = np.log(self.x)
        top = np.interp(log, at, self.a, left=NO_PROBIT, right=NO_PROBIT)
        fall = np.exp(np.interp(log, at, np.log(self.b)))
        return np.asarray(ndtr(top - fall * np.asarray(y, float) ** 2 - 5))


@dataclass(frozen=True)
class FlammableFootprint:
    """Where a level is exceeded at some time: half-width [m] at x [m], shape (k,), 0 where not; near and far [m]; mass [kg] above it."""

    level: float
    x: Array
    half_width: Array
    near: float
    far: float
    mass: float
    notes: tuple[Note, ...] = ()


def toxic_footprint(
    cloud: Cloud,
    exposure: float,
    a: float,
    b: float,
    n: float,
    *,
    height: float = RECEPTOR_HEIGHT,
    distances: ArrayLike | None = None,
) -> ToxicFootprint:
    """The probit Pr = a + b ln(Cⁿ t), C [mg/m³], t [min], as A − B y² along a cloud.

    cloud: a Plume, a Puff or any other; exposure [s]: longest stay (1800 s in AQ/T 3046-2013); a, b, n [-] of the probit; height [m] of the
    receptor; distances [m], shape (k,), by default 128 from 5 m to 30 km. Gives x, A, B of shape (k,), float64.
    Exact for Gaussian clouds (puffs: widths held during the passage); others keep the crosswind integral of lethality.
    Source: AQ/T 3046-2013 chapter 10 and Table I.2 (probit); strategy of the quadratic form: Gaussian profile in the logarithm.
    """
    require_positive(exposure=exposure, exponent=n)
    x = default_distances() if distances is None else np.asarray(distances, float)
    if isinstance(cloud, Plume | Puff):
        return _of_bell(cloud, x, exposure, a, b, n, height)
    return _of_any(cloud, x, exposure, a, b, n, height)


def _of_bell(cloud: Plume | Puff, x: Array, exposure: float, a: float, b: float, n: float, height: float) -> ToxicFootprint:
    if isinstance(cloud, Plume):
        ridge, across = cloud._steady(x, height)
    else:
        ridge, across = cloud._ridge(x, height, x)
    time = cloud.dose_time(x, n, exposure)
    return ToxicFootprint(
        x, probit_of_dose(np.minimum(ridge, cloud.ceiling) ** n * time, a, b, n), b * n / (2 * across**2), cloud.notes
    )


def _of_any(cloud: Cloud, x: Array, exposure: float, a: float, b: float, n: float, height: float) -> ToxicFootprint:
    """A from the axis; B so that the integral of lethality across the wind is that of the cloud."""
    top = probit_of_dose(cloud.dose(x, 0.0, height, n, exposure), a, b, n)
    floor = (np.minimum(LEAST_PROBIT, top) - 2 - a) / b
    faint = (np.exp(floor) / (MG_PER_KG**n / SECONDS_PER_MINUTE)) ** (
        1 / n
    )  # unit-time concentration, only a scale for the search
    reach = _reach_of(cloud, x, height, n, exposure, faint)
    share = np.linspace(0, 1, 49)
    y = share * reach[:, None]
    lethal = ndtr(probit_of_dose(cloud.dose(x[:, None], y, height, n, exposure), a, b, n) - 5)
    across = 2 * np.trapezoid(lethal, y, axis=1)
    wanted = lethal_width(top)
    counts = (top > LEAST_PROBIT - 2) & (across > 1e-12)
    if not counts.any():
        return ToxicFootprint(x, top, np.ones_like(x), cloud.notes)
    fall = (wanted[counts] / across[counts]) ** 2
    return ToxicFootprint(x, top, np.exp(np.interp(np.log(x), np.log(x[counts]), np.log(fall))), cloud.notes)


def _reach_of(cloud: Cloud, x: Array, height: float, n: float, exposure: float, faint: Array) -> Array:
    """A distance from the axis [m] at which the dose is a thousandth part of what would still count, at least a metre."""
    y = np.geomspace(0.1, 1e4, 60)
    dose = cloud.dose(x[:, None], y[None, :], height, n, exposure)
    counts = dose > faint[:, None] ** n
    last = np.where(counts.any(1), counts.shape[1] - 1 - counts[:, ::-1].argmax(1), 0)
    return np.asarray(y[np.minimum(last + 1, len(y) - 1)])


def probit_of_dose(dose: ArrayLike, a: float, b: float, n: float) -> Array:
    """Probit [-] of a dose [(kg/m³)ⁿ s], any shape, with a, b, n [-] for mg/m³ and minutes: a + b ln(10^{6n} dose/60).

    Where there is no dose NO_PROBIT. Source: AQ/T 3046-2013 chapter 10 and Table I.2.
    """
    dose = np.asarray(dose, float)
    scaled = np.maximum(dose * (MG_PER_KG**n / SECONDS_PER_MINUTE), 1e-300)
    return np.where(dose > 0, a + b * np.log(scaled), NO_PROBIT)


def lethal_width(top: ArrayLike) -> Array:
    """W [-]: the integral over s of Φ(top − 5 − s²), top [-] the probit on the axis, any shape; W/√B [m] is the lethal width of a cloud.

    Read from a table from −10 to 60 (relative error below 1e-4 within).
    """
    nodes, values = _width_table()
    return np.asarray(np.exp(np.interp(np.asarray(top, float), nodes, np.log(values))))


@lru_cache(maxsize=1)
def _width_table() -> tuple[Array, Array]:
    tops = np.linspace(-10, 60, 1401)
    share = (np.polynomial.legendre.leggauss(200)[0] + 1) / 2
    weights = np.polynomial.legendre.leggauss(200)[1]
    far = np.sqrt(np.maximum(tops - 5, 0) + 12)[:, None]
    lethal = ndtr(tops[:, None] - 5 - (far * share) ** 2)
    return tops, (lethal * weights).sum(1) * far[:, 0]


def flammable_footprint(
    cloud: Cloud, level: float, *, height: float = RECEPTOR_HEIGHT, distances: ArrayLike | None = None
) -> FlammableFootprint:
    """Where the level [kg/m³], the lower flammable limit or half of it, is exceeded at some time at the height [m].

    distances [m], shape (k,), by default 128 from 5 m to 30 km. Gives half-widths [m] of shape (k,) and the greatest mass [kg] above it.
    Source: Purple Book CPR 18E 4.8; AQ/T 3046-2013 chapter 10 (flash fire within the lower limit).
    """
    require_positive(level=level)
    x = default_distances() if distances is None else np.asarray(distances, float)
    reach = cloud.reach(level, height)
    return FlammableFootprint(
        level, x, cloud.half_width(x, level, height), reach.near, reach.far, cloud.flammable_mass(level), cloud.notes
    )


_Timing = Callable[[Array], Array]


def plume_tables(
    rate: ArrayLike,
    duration: ArrayLike,
    plume: Plume,
    exposure: float,
    a: ArrayLike,
    b: ArrayLike,
    n: ArrayLike,
    *,
    height: float = RECEPTOR_HEIGHT,
    distances: ArrayLike | None = None,
) -> tuple[Array, Array, Array]:
    """Probits of many releases from one place in one weather at once: x (k,), A (s, k), B (s, k), float64.

    rate [kg/s], duration [s], a, b, n [-], each of shape (s,) or one number; plume: any plume of that height, weather and set, its own rate
    and duration are not used; exposure [s]; height [m] of the receptor; distances [m] (k,). Row i is what `toxic_footprint` gives.
    Source: as `toxic_footprint`.
    """
    x = default_distances() if distances is None else np.asarray(distances, float)
    rate, duration, a, b, n = (np.atleast_1d(np.asarray(value, float)) for value in np.broadcast_arrays(rate, duration, a, b, n))
    ridge, across = plume._steady(x, height)
    per_rate = np.log(np.maximum(ridge, 1e-300)) - math.log(plume.rate) + math.log(MG_PER_KG)
    length = plume.wind / plume.width_along(x)
    times = np.empty((len(rate), len(x)))
    for (lasting, power), members in _alike(duration, n).items():
        times[members] = _timing(plume, lasting, exposure, power)(length)
    top = a[:, None] + b[:, None] * (n[:, None] * (per_rate + np.log(rate)[:, None]) + np.log(times / SECONDS_PER_MINUTE))
    return x, top, (b * n)[:, None] / (2 * across**2)


def _alike(duration: Array, n: Array) -> dict[tuple[float, float], NDArray[np.intp]]:
    """Indices of the rows that share duration and exponent."""
    pairs, inverse = np.unique(np.column_stack([duration, n]), axis=0, return_inverse=True)
    return {(float(p[0]), float(p[1])): np.flatnonzero(inverse.ravel() == i) for i, p in enumerate(pairs)}


def _timing(plume: Plume, duration: float, exposure: float, n: float) -> _Timing:
    if math.isinf(duration):
        return lambda length: np.full(length.shape, exposure)
    return lambda length: dose_time(length * duration, duration, exposure, n)
