"""Workbook of Britter and McQuaid for gases heavier than air: correlations of field trials and wind tunnels, a first estimate and a fall-back.

Distances at which a ratio C/C0 by volume is met stand in `standards/data/dispersion/britter_mcquaid.csv` as β(α), straight in pieces. The
workbook gives the greatest concentration along the wind and the ground that a plume covers; within it the cloud is uniform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.checks import require_positive
from chemward.science.dispersion.cloud import Shape
from chemward.science.dispersion.dense_cloud import Reference
from chemward.science.dispersion.tables import rows
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults, out_of_range
from chemward.science.notes import Note, info, warning

Array = NDArray[np.float64]

_NEAR_PLUME = 30.0  # [-] x/D within which the near-field law holds
_NEAR_ROOM = 1.4  # [-] the near field ends this much before the first tabled ratio, where that lies within 30 (α above 0.3)
_NEAR_FACTOR = 306.0  # [-] of that law, CCPS 1999
_NEAR_PUFF = 3.24  # [-] of the near-field law of a puff
_ALPHA = (-3.0, 1.0)


@cache
def _pieces(release: str) -> dict[float, tuple[tuple[float, float, float], ...]]:
    found: dict[float, list[tuple[float, float, float]]] = {}
    for row in rows("britter_mcquaid"):
        if row["release"] == release:
            found.setdefault(float(row["ratio"]), []).append(
                (float(row["to_alpha"]), float(row["slope"]), float(row["intercept"]))
            )
    return {ratio: tuple(pieces) for ratio, pieces in found.items()}


def betas(alpha: float, release: str = "continuous") -> tuple[Array, Array]:
    """Ratios C/C0 [-], falling, and β = log10 of the scaled distance [-] at which each is met, for α = alpha [-].

    release: "continuous" (α = 0.2 log10(g'²V̇/u⁵), distance over (V̇/u)^½) or "instantaneous" (α = 0.5 log10(g'V^⅓/u²), over V^⅓).
    α above 1 is read along the last piece. Source: Britter and McQuaid 1988; CCPS 1999; EPA-454/B-94-023.
    """
    ratios, found = [], []
    for ratio, pieces in sorted(_pieces(release).items(), reverse=True):
        _, slope, intercept = next((piece for piece in pieces if alpha <= piece[0]), pieces[-1])
        ratios.append(ratio)
        found.append(slope * alpha + intercept)
    return np.array(ratios), np.array(found)


def continuous_ratio(scaled: ArrayLike, alpha: float) -> Array:
    """C/C0 by volume [-] at x/(V̇/u)^½ = scaled [-], any shape, for α = alpha [-].

    Within 30 the near-field law 306 s⁻²/(1 + 306 s⁻²); between the tabled ratios straight in β against C/C0, as in the worked example of CCPS 1999;
    beyond the last ratio it falls as the inverse square. Source: Britter and McQuaid 1988; CCPS 1999.
    """
    s: Array = np.asarray(np.maximum(np.asarray(scaled, float), 1e-6))
    ratios, beta = betas(alpha)
    near = _NEAR_FACTOR / (s**2 + _NEAR_FACTOR)
    end = min(_NEAR_PLUME, 10 ** beta[0] / _NEAR_ROOM)
    edge = _NEAR_FACTOR / (end**2 + _NEAR_FACTOR)
    table = np.interp(np.log10(s), [math.log10(end), *beta], [edge, *ratios])
    far = ratios[-1] * (10 ** beta[-1] / s) ** 2
    return np.where(s <= end, near, np.where(s > 10 ** beta[-1], far, table))


def instantaneous_ratio(scaled: ArrayLike, alpha: float) -> Array:
    """C/C0 by volume [-] at x/V^⅓ = scaled [-], any shape, for α = alpha [-].

    Before the first tabled ratio 3.24/(3.24 + s²), no less than it; beyond the last the inverse square. Source: as `continuous_ratio`.
    """
    s: Array = np.asarray(np.maximum(np.asarray(scaled, float), 1e-6))
    ratios, beta = betas(alpha, "instantaneous")
    near = np.maximum(_NEAR_PUFF / (_NEAR_PUFF + s**2), ratios[0])
    table = np.interp(np.log10(s), beta, ratios)
    far = ratios[-1] * (10 ** beta[-1] / s) ** 2
    return np.where(s <= 10 ** beta[0], near, np.where(s > 10 ** beta[-1], far, table))


def thermal_correction(ratio: ArrayLike, warmth: float) -> Array:
    """Ratio by volume of a cloud that was cold at the source, from ratio [-] without that, any shape; warmth [-] is T_source/T_air.

    Source: Britter and McQuaid 1988, section 4; CCPS 1999: C'/(C' + (1 − C') T0/Ta).
    """
    ratio = np.asarray(ratio, float)
    return np.asarray(ratio / (ratio + (1 - ratio) * warmth))


@dataclass(frozen=True)
class WorkbookCloud(Shape):
    """A cloud of the workbook, made by `workbook_plume` or `workbook_puff`: uniform within its half-width. alpha [-], scale [m] of distance,
    warmth [-], pure [kg/m³]: concentration of what is released at the temperature of the air; flow [m³/s] or volume [m³] at the source."""

    release: str
    alpha: float
    scale: float
    warmth: float
    reference: Reference
    wind: float
    volume: float
    reduced: float
    duration: float
    mass: float
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] between the first and the last tabled ratio."""
        _, beta = betas(self.alpha, self.release)
        return self.scale * float(10 ** beta[0]), self.scale * float(10 ** beta[-1])

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] at x [m], any shape, where the cloud reaches the height z [m]; 0 upwind."""
        x = np.asarray(x, float)
        ratio = self._ratio(x)
        return np.where((x > 0) & (z <= self._depth(x)), self.reference.scale * ratio, 0.0)

    def _ratio(self, x: ArrayLike) -> Array:
        law = continuous_ratio if self.release == "continuous" else instantaneous_ratio
        return thermal_correction(law(np.maximum(x, 0) / self.scale, self.alpha), self.warmth)

    def _half(self, x: ArrayLike) -> Array:
        """Half-width [m] of the ground covered: D + 8 l_b + 2.5 l_b^⅓ x^⅔ of a plume, (R0² + 1.2 (g'V)^½ t)^½ of a puff."""
        at: Array = np.asarray(np.maximum(np.asarray(x, float), 0.0))
        if self.release == "continuous":
            buoyancy = self.volume * self.reduced / self.wind**3
            return np.asarray(self.scale + 8 * buoyancy + 2.5 * np.cbrt(buoyancy) * at ** (2 / 3))
        start = np.cbrt(3 * self.volume / (4 * math.pi))
        return np.asarray(np.sqrt(start**2 + 1.2 * math.sqrt(self.reduced * self.volume) * at / (0.4 * self.wind)))

    def _depth(self, x: ArrayLike) -> Array:
        """Depth [m] by continuity."""
        ratio, half = self._ratio(x), self._half(x)
        if self.release == "continuous":
            return np.asarray(self.volume / self.warmth / (2 * self.wind * half * ratio))
        return np.asarray(self.volume / self.warmth / (math.pi * half**2 * ratio))

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Half-width [m] of the ground covered where the level [kg/m³] is exceeded; x and z [m] broadcast."""
        x, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(z, float))
        inside = (x > 0) & (self.reference.scale * self._ratio(x) >= level) & (z <= self._depth(x))
        return np.where(inside, self._half(x), 0.0)

    def _passage(self, x: ArrayLike) -> tuple[Array, Array]:
        """First and last time [s] that the cloud is at x."""
        at: Array = np.asarray(np.maximum(np.asarray(x, float), 0.0))
        if self.release == "continuous":
            return at / (0.4 * self.wind), at / (0.4 * self.wind) + self.duration
        half = self._half(at)
        return np.asarray(np.maximum(at - half, 0) / (0.4 * self.wind)), (at + half) / (0.4 * self.wind)

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s]; None: the greatest over time."""
        x, y, z = (np.asarray(value, float) for value in (x, y, z))
        inside = (x > 0) & (np.abs(y) <= self._half(x)) & (z <= self._depth(x))
        if t is not None:
            first, last = self._passage(x)
            inside = inside & (np.asarray(t, float) >= first) & (np.asarray(t, float) <= last)
        return np.where(inside, self.reference.scale * self._ratio(x), 0.0)

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over a stay of `exposure` [s] at most; exponent [-] n."""
        require_positive(exponent=exponent, exposure=exposure)
        first, last = self._passage(x)
        return np.asarray(self.concentration(x, y, z) ** exponent * np.minimum(last - first, exposure))

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³] at one time."""
        require_positive(lower=lower)
        far, near = self.reach(lower).far, 0.0 if math.isinf(upper) else self.reach(upper).far
        if self.release == "instantaneous":
            return self.mass if far > 0 else 0.0
        rate = self.reference.scale * self.volume / self.warmth
        return float(min(rate * max(far - near, 0.0) / self.wind, rate * self.duration))


def _checked(density: float, warmth: float, weather: Weather) -> float:
    """g' [m/s²]. Raises Faults for a gas that is not heavier than air and for calm."""
    wind = float(weather.wind_at(10.0))
    if density <= weather.air_density:
        raise Faults(
            [out_of_range("density", density, weather.air_density, 100, "kg/m³", "the workbook is for gases heavier than air")]
        )
    if wind < 0.5:
        raise Faults([out_of_range("wind_speed", wind, 0.5, 50, "m/s")])
    return GRAVITY * (density - weather.air_density) / weather.air_density


def _notes(alpha: float) -> tuple[Note, ...]:
    found = [info("workbook", "correlations of Britter and McQuaid: uniform across and upward", "HSE CRR 17/1988")]
    if not _ALPHA[0] <= alpha <= _ALPHA[1]:
        found.append(
            warning("outside_correlation", f"alpha {alpha:.2f} lies outside {_ALPHA[0]:g} to {_ALPHA[1]:g} of the workbook")
        )
    return tuple(found)


def workbook_plume(
    rate: float, density: float, temperature: float, molar_mass: float, weather: Weather, duration: float = math.inf
) -> WorkbookCloud:
    """The plume of a steady release at the ground by the workbook.

    rate [kg/s], density [kg/m³] and temperature [K] of what is released, molar_mass [kg/mol], duration [s]. The wind is that at 10 m.
    Raises Faults for a gas lighter than air and for calm; notes α outside −3 to 1. Source: Britter and McQuaid 1988; CCPS 1999.
    """
    require_positive(rate=rate, duration=duration)
    warmth = temperature / weather.temperature
    reduced, wind = _checked(density, warmth, weather), float(weather.wind_at(10.0))
    flow = rate / density
    alpha = 0.2 * math.log10(reduced**2 * flow / wind**5)
    reference = Reference.of(molar_mass, weather)
    return WorkbookCloud(
        "continuous",
        alpha,
        math.sqrt(flow / wind),
        warmth,
        reference,
        wind,
        flow,
        reduced,
        duration,
        rate * duration,
        _notes(alpha),
    )


def workbook_puff(mass: float, density: float, temperature: float, molar_mass: float, weather: Weather) -> WorkbookCloud:
    """The cloud of a sudden release at the ground by the workbook.

    mass [kg], density [kg/m³] and temperature [K] of what is released, molar_mass [kg/mol]. Errors, source: as `workbook_plume`.
    """
    require_positive(mass=mass)
    warmth = temperature / weather.temperature
    reduced, wind = _checked(density, warmth, weather), float(weather.wind_at(10.0))
    volume = mass / density
    alpha = 0.5 * math.log10(reduced * np.cbrt(volume) / wind**2)
    reference = Reference.of(molar_mass, weather)
    return WorkbookCloud(
        "instantaneous", alpha, float(np.cbrt(volume)), warmth, reference, wind, volume, reduced, 0.0, mass, _notes(alpha)
    )
