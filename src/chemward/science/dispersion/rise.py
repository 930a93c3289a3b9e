"""Plume rise of hot or fast releases after Briggs, no higher than the final rise and the lid allow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import out_of_range, refuse

Array = NDArray[np.float64]

_SMALL_FLUX = 55.0  # [m⁴/s³] where the two laws of final distance part
LAPSE = {"E": 0.020, "F": 0.035}  # [K/m] potential temperature gradient of the stable classes, EPA-454/B-95-003b section 1.1.4


@dataclass(frozen=True)
class Rise:
    """Rise of a plume's axis. final [m]; distance [m] at which it is reached; power [-] of the growth with x before that."""

    final: float
    distance: float
    power: float
    is_buoyant: bool

    def at(self, x: ArrayLike) -> Array:
        """Rise [m] at x [m], any shape: final·(x/distance)^power up to the final rise."""
        if self.distance <= 0:
            return np.full(np.shape(x), self.final)
        return self.final * np.minimum(np.maximum(x, 0.0) / self.distance, 1.0) ** self.power

    def width(self, x: ArrayLike) -> Array:
        """Width [m] that the plume gives itself while it rises, at x [m], any shape: rise/3.5.

        Source: Pasquill 1976; EPA-454/B-95-003b section 1.1.5.4.
        """
        return self.at(x) / 3.5


def briggs_rise(
    velocity: float, radius: float, temperature: float, weather: Weather, height: float = 0.0, lid: float | None = None
) -> Rise:
    """Plume rise of a vertical release.

    velocity [m/s] and temperature [K] at the outlet of radius [m] at height [m]; lid [m], None: the weather's. The larger of buoyant and
    momentum rise counts; neither lifts the axis above the lid when the outlet lies below it. A release colder than the air rises by momentum.
    Raises Faults for velocities outside 0 to 500 m/s, radii outside 0 to 100 m, temperatures outside 100 to 3000 K.
    Source: Briggs 1969, 1971, 1974 as in EPA-454/B-95-003b sections 1.1.4.2 to 1.1.4.6.
    """
    limits = {
        "velocity": (velocity, 0, 500, "m/s"),
        "radius": (radius, 0, 100, "m"),
        "temperature": (temperature, 100, 3000, "K"),
    }
    refuse(out_of_range(name, *rest) for name, rest in limits.items() if not rest[1] <= rest[0] <= rest[2])
    wind = weather.transport_wind(height)
    buoyancy = GRAVITY * velocity * radius**2 * max(1 - weather.temperature / temperature, 0.0)
    momentum = velocity**2 * radius**2 * weather.temperature / temperature
    candidates = (_buoyant(buoyancy, wind, weather), _momentum(momentum, velocity, radius, wind, weather))
    best = max(candidates, key=lambda rise: rise.final)
    room = (weather.mixing_lid() if lid is None else lid) - height
    if 0 < room < best.final:
        return Rise(room, best.distance * (room / best.final) ** (1 / best.power), best.power, best.is_buoyant)
    return best


def _stability_parameter(weather: Weather) -> float:
    """s = g (dθ/dz)/T [1/s²] of classes E and F, else 0."""
    return GRAVITY * LAPSE.get(weather.stability, 0.0) / weather.temperature


def _buoyant(flux: float, wind: float, weather: Weather) -> Rise:
    """Buoyant rise of the flux [m⁴/s³]: (1.6 F^⅓ x^⅔)/u up to its final distance."""
    stable = _stability_parameter(weather)
    if flux <= 0:
        return Rise(0.0, 0.0, 2 / 3, True)
    distance = 49 * flux**0.625 if flux < _SMALL_FLUX else 119 * flux**0.4
    final = 1.6 * flux ** (1 / 3) * distance ** (2 / 3) / wind
    if stable:
        limit = 2.6 * (flux / (wind * stable)) ** (1 / 3)
        if limit < final:
            final, distance = limit, 2.0715 * wind / math.sqrt(stable)
    return Rise(final, distance, 2 / 3, True)


def _momentum(flux: float, velocity: float, radius: float, wind: float, weather: Weather) -> Rise:
    """Momentum rise of the flux [m⁴/s²], reached along x^⅓."""
    if flux <= 0:
        return Rise(0.0, 0.0, 1 / 3, False)
    final = 6 * radius * velocity / wind
    distance = 8 * radius * (velocity + 3 * wind) ** 2 / (velocity * wind)
    stable = _stability_parameter(weather)
    if stable:
        limit = 1.5 * (flux / (wind * math.sqrt(stable))) ** (1 / 3)
        if limit < final:
            final, distance = limit, 0.5 * math.pi * wind / math.sqrt(stable)
    return Rise(final, distance, 1 / 3, False)
