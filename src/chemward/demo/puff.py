"""A simple Gaussian puff model for the demo: a leak as a train of puffs carried by a wind that turns.

Each puff moves with the wind of each moment and grows with the distance it has travelled; the ground reflects. Not for judging a real
release: dense-gas effects, buildings and deposition are left out.

Growth: Briggs (1973) open-country curves for A–F as given by Gifford (1976) and in Hanna, Briggs and Hosker, Handbook on Atmospheric
Diffusion (1982), table 4.5; sigma_x = sigma_y.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chemward.demo.noise import Float
from chemward.demo.weather import Weather

# class: (a, b, c, d, e) of sigma_y = a x / sqrt(1 + b x), sigma_z = c x * (1 + d x)^e
BRIGGS: dict[str, tuple[float, float, float, float, float]] = {
    "A": (0.22, 1e-4, 0.20, 0.0, 0.0),
    "B": (0.16, 1e-4, 0.12, 0.0, 0.0),
    "C": (0.11, 1e-4, 0.08, 2e-4, -0.5),
    "D": (0.08, 1e-4, 0.06, 1.5e-3, -0.5),
    "E": (0.06, 1e-4, 0.03, 3e-4, -1.0),
    "F": (0.04, 1e-4, 0.016, 3e-4, -1.0),
}
STEP_S = 5.0
RESPONSE_S = 20.0  # first-order lag of a detector (T63)
MIXING_HEIGHT_M = 800.0


@dataclass(frozen=True)
class Leak:
    """A release at a place. rate: kg/s as a function of seconds since the start; height of the source [m]; width: standard deviation
    of the young cloud [m], wide for a heavy gas that first spreads along the ground."""

    at: tuple[float, float]
    start_s: float
    duration_s: float
    rate: Callable[[Float], Float]
    height_m: float = 1.0
    width_m: float = 6.0


def sigmas(distance_m: Float, stability: str, width_m: float = 0.0) -> tuple[Float, Float]:
    """sigma_y and sigma_z [m] after `distance_m` of travel of a cloud that began `width_m` wide and a quarter of that high."""
    a, b, c, d, e = BRIGGS[stability]
    sigma_y = a * distance_m / np.sqrt(1 + b * distance_m)
    sigma_z = np.minimum(c * distance_m * (1 + d * distance_m) ** e, MIXING_HEIGHT_M)
    return np.hypot(sigma_y, width_m), np.hypot(sigma_z, width_m / 4)


@dataclass(frozen=True)
class Concentrations:
    """Concentration at each place over the time of a leak and of its drifting away."""

    start_s: float
    table: Float  # kg/m³, shape (times, places), every STEP_S

    def at(self, t_s: float) -> Float:
        """Concentrations [kg/m³] at a time: shape (places,); zero outside the time covered."""
        position = (t_s - self.start_s) / STEP_S
        i = int(np.floor(position))
        if i < 0 or i + 1 >= len(self.table):
            return np.zeros(self.table.shape[1])
        share = position - i
        return self.table[i] * (1 - share) + self.table[i + 1] * share  # type: ignore[no-any-return]


def disperse(leak: Leak, weather: Weather, places: Float, after_s: float = 900.0, height_m: float = 1.5) -> Concentrations:
    """What detectors at `places` (n, 2) [m east, north] read of a leak, lag of the detector included."""
    times = leak.start_s + np.arange(0.0, leak.duration_s + after_s, STEP_S)
    path = np.vstack([np.zeros(2), np.cumsum(weather.blown(times) * STEP_S, axis=0)[:-1]])
    travelled = np.concatenate([[0.0], np.cumsum(weather.speed(times) * STEP_S)[:-1]])
    released = int(np.ceil(leak.duration_s / STEP_S))
    mass = leak.rate(times[:released] - leak.start_s) * STEP_S
    stability = weather.stability(leak.start_s)
    table = np.zeros((len(times), len(places)))
    for i in range(1, len(times)):
        n = min(i, released)
        # The puff of step k is born in the middle of its step, so it has travelled half a step less.
        table[i] = _sum_of_puffs(
            mass[:n],
            leak.at + path[i] - (path[:n] + path[1 : n + 1]) / 2,
            travelled[i] - (travelled[:n] + travelled[1 : n + 1]) / 2,
            places,
            stability,
            leak,
            height_m,
        )
    return Concentrations(leak.start_s, _lagged(table))


def _sum_of_puffs(
    mass: Float, centre: Float, travelled: Float, places: Float, stability: str, leak: Leak, height_m: float
) -> Float:
    sigma_y, sigma_z = sigmas(travelled, stability, leak.width_m)
    squared = (places[:, None, 0] - centre[None, :, 0]) ** 2 + (places[:, None, 1] - centre[None, :, 1]) ** 2
    flat = np.exp(-squared / (2 * sigma_y**2))
    upright = np.exp(-((height_m - leak.height_m) ** 2) / (2 * sigma_z**2)) + np.exp(
        -((height_m + leak.height_m) ** 2) / (2 * sigma_z**2)
    )
    return (mass / ((2 * np.pi) ** 1.5 * sigma_y**2 * sigma_z) * upright * flat).sum(axis=1)  # type: ignore[no-any-return]


def _lagged(table: Float) -> Float:
    lagged = table.copy()
    share = 1.0 - np.exp(-STEP_S / RESPONSE_S)
    for i in range(1, len(table)):
        lagged[i] = lagged[i - 1] + share * (table[i] - lagged[i - 1])
    return lagged
