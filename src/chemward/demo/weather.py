"""Weather of the demo park: a wind that turns, gusts, a day's course of temperature, and the stability class that follows.

All functions take the time in seconds since 1970 UTC, a number or an array, and depend on nothing else but the seed and the wind
shifts ordered by scenarios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chemward.demo.noise import Float, smooth, streams

DAY_S, HOUR_S = 86_400.0, 3_600.0
SHANGHAI_S = 8 * HOUR_S
YEAR_S = 365.2425 * DAY_S
# Pasquill's table (Turner 1970): wind speed [m/s] below → class by strong, moderate, slight sun, cloudy night, clear night.
PASQUILL = (
    (2.0, ("A", "A", "B", "E", "F")),
    (3.0, ("A", "B", "C", "E", "F")),
    (5.0, ("B", "B", "C", "D", "E")),
    (6.0, ("C", "C", "D", "D", "D")),
    (np.inf, ("C", "D", "D", "D", "D")),
)


@dataclass(frozen=True)
class Shift:
    """A turn of the wind ordered by a scenario, reached after `rise_s`, gone `fall_s` after its end."""

    start_s: float
    end_s: float
    turn_deg: float
    speed_factor: float = 1.0
    rise_s: float = 120.0
    fall_s: float = 300.0

    def share(self, t_s: ArrayLike) -> Float:
        """How much of the shift is in force: 0 … 1."""
        t = np.asarray(t_s, dtype=np.float64)
        return np.clip((t - self.start_s) / self.rise_s, 0, 1) * np.clip((self.end_s + self.fall_s - t) / self.fall_s, 0, 1)


class Weather:
    """Weather at any moment. `shifts` are the wind shifts in force."""

    def __init__(self, seed: int, shifts: Sequence[Shift] = ()) -> None:
        names = ["turn", "turn-fast", "speed", "speed-fast", "temperature", "humidity", "pressure", "gust"]
        self._streams = dict(zip(names, streams(seed, names, "weather"), strict=True))
        self.shifts = tuple(shifts)

    def _noise(self, name: str, t_s: ArrayLike, period_s: float) -> Float:
        return smooth(self._streams[name], t_s, period_s)

    def direction_deg(self, t_s: ArrayLike) -> Float:
        """Direction the wind comes from [degrees from north], turning slowly about the north-east."""
        t = np.asarray(t_s, dtype=np.float64)
        turn = 35.0 * np.sin(2 * np.pi * t / (7 * HOUR_S)) + 18.0 * self._noise("turn", t, 5400.0)
        ordered = sum((s.turn_deg * s.share(t) for s in self.shifts), np.zeros_like(t))
        return np.mod(52.0 + turn + 9.0 * self._noise("turn-fast", t, 45.0) + ordered, 360.0)

    def speed(self, t_s: ArrayLike) -> Float:
        """Wind speed at 10 m [m/s], stronger by day."""
        t = np.asarray(t_s, dtype=np.float64)
        mean = 3.3 + 0.9 * self._sun(t) + 0.7 * self._noise("speed", t, 2400.0)
        ordered = np.ones_like(t)
        for shift in self.shifts:
            ordered = ordered * (1.0 + (shift.speed_factor - 1.0) * shift.share(t))
        return np.maximum(0.4, (mean + 0.35 * self._noise("speed-fast", t, 20.0)) * ordered)

    def gust(self, t_s: ArrayLike) -> Float:
        """Strongest wind of the last minutes [m/s]."""
        speed = self.speed(t_s)
        return speed * (1.35 + 0.12 * np.abs(self._noise("gust", t_s, 60.0)))

    def temperature(self, t_s: ArrayLike) -> Float:
        """Air temperature [℃]: the year of a northern coast, warmest at three in the afternoon."""
        t = np.asarray(t_s, dtype=np.float64)
        year = 13.0 - 14.0 * np.cos(2 * np.pi * (t / YEAR_S - 0.055))
        day = 4.5 * np.cos(2 * np.pi * ((t + SHANGHAI_S) / DAY_S - 15 / 24))
        return year + day + 1.6 * self._noise("temperature", t, 6 * HOUR_S)

    def daily_temperature(self, t_s: ArrayLike) -> Float:
        """Mean of the day [℃], which is what a large tank follows."""
        t = np.asarray(t_s, dtype=np.float64)
        return 13.0 - 14.0 * np.cos(2 * np.pi * (t / YEAR_S - 0.055)) + 0.8 * self._noise("temperature", t, 6 * HOUR_S)

    def humidity(self, t_s: ArrayLike) -> Float:
        """Relative humidity [%], lowest when it is warmest."""
        t = np.asarray(t_s, dtype=np.float64)
        course = -2.6 * (self.temperature(t) - self.daily_temperature(t))
        return np.clip(63.0 + course + 6.0 * self._noise("humidity", t, 3 * HOUR_S), 15.0, 99.0)

    def pressure(self, t_s: ArrayLike) -> Float:
        """Air pressure [hPa]."""
        return 1014.0 + 5.0 * self._noise("pressure", t_s, 18 * HOUR_S)

    def stability(self, t_s: float) -> str:
        """Pasquill class A–F from wind and sun."""
        sun = float(self._sun(t_s))
        column = 0 if sun > 0.75 else 1 if sun > 0.4 else 2 if sun > 0.02 else 3 if float(self.humidity(t_s)) > 75 else 4
        speed = float(self.speed(t_s))
        return next(classes[column] for below, classes in PASQUILL if speed < below)

    @staticmethod
    def _sun(t_s: ArrayLike) -> Float:
        """Height of the sun as a share, 0 by night, from six to eighteen o'clock in Shanghai time."""
        t = np.asarray(t_s, dtype=np.float64)
        return np.maximum(0.0, -np.cos(2 * np.pi * (t + SHANGHAI_S) / DAY_S))

    def blown(self, t_s: Float) -> Float:
        """Velocity of the air [m/s east, m/s north] at each time: shape (n, 2)."""
        toward = np.deg2rad(self.direction_deg(t_s) + 180.0)
        speed = self.speed(t_s)
        return np.stack([speed * np.sin(toward), speed * np.cos(toward)], axis=-1)
