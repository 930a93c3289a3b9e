"""What comes out of a hole over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import Note

Array = NDArray[np.float64]
Regime = Literal["gas", "liquid", "two-phase"]


@dataclass(frozen=True)
class Outflow:
    """A release over time at its exit plane; between two times the rate is a straight line, so that its integral is exact.

    time (n,) [s] rising from 0; rate (n,) [kg/s]; temperature (n,) [K], pressure_exit (n,) [Pa], vapour_fraction (n,) [-] by mass
    and velocity (n,) [m/s] in the exit plane; hole_area [m²] of the opening; regime: what fills the exit plane at the start.
    Raises Faults when the series do not fit together.
    """

    time: Array
    rate: Array
    temperature: Array
    pressure_exit: Array
    vapour_fraction: Array
    velocity: Array
    regime: Regime
    hole_area: float
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> list[Fault]:
        n = len(self.time)
        found = []
        for name in ("rate", "temperature", "pressure_exit", "vapour_fraction", "velocity"):
            series = getattr(self, name)
            if len(series) != n:
                found.append(Fault(name, f"has {len(series)} values for {n} times", "give one for each time"))
            elif not np.all(np.isfinite(series)):
                found.append(Fault(name, "has values that are no numbers", "give finite numbers"))
        if n < 2 or np.any(np.diff(self.time) <= 0):
            found.append(Fault("time", "does not rise", "give at least two times, each later than the one before"))
        return found

    @property
    def duration(self) -> float:
        """How long it lasts [s]."""
        return float(self.time[-1] - self.time[0])

    @property
    def mass(self) -> float:
        """All that comes out [kg]: the integral of the rate."""
        return float(np.trapezoid(self.rate, self.time))

    @property
    def mean_rate(self) -> float:
        """Mass over duration [kg/s]."""
        return self.mass / self.duration

    def mass_until(self, time: ArrayLike) -> Array:
        """What has come out by `time` (any shape) [s], in the same shape [kg]."""
        t = np.clip(np.asarray(time, float), self.time[0], self.time[-1])
        out = np.concatenate([[0.0], np.cumsum(0.5 * (self.rate[1:] + self.rate[:-1]) * np.diff(self.time))])
        k = np.clip(np.searchsorted(self.time, t, side="right") - 1, 0, len(self.time) - 2)
        since = t - self.time[k]
        slope = (self.rate[k + 1] - self.rate[k]) / (self.time[k + 1] - self.time[k])
        return np.asarray(out[k] + since * (self.rate[k] + 0.5 * slope * since))

    def until(self, time: float) -> Outflow:
        """The same outflow shut off at `time` [s]; the whole of it when it ends before. Raises Faults unless time is above 0."""
        if not time > 0:
            raise Faults([Fault("time", f"is {time:g} s", "give a time above 0 s")])
        if time >= self.time[-1]:
            return self
        keep = self.time < time
        cut: dict[str, Any] = {
            name: np.append(getattr(self, name)[keep], np.interp(time, self.time, getattr(self, name))) for name in SERIES
        }
        return replace(self, time=np.append(self.time[keep], time), **cut)

    def segments(self, count: int) -> list[tuple[float, float, float]]:
        """`count` [-] parts of equal mass: (begin [s], end [s], mean rate [kg/s]) of each, for models that want steady sources."""
        shares = np.linspace(0.0, 1.0, count + 1) * self.mass
        fine = np.linspace(self.time[0], self.time[-1], 4000)
        edges = np.interp(shares, self.mass_until(fine), fine)
        edges[0], edges[-1] = self.time[0], self.time[-1]
        return [(float(a), float(b), self.mass / count / float(b - a)) for a, b in pairwise(edges)]


SERIES = ("rate", "temperature", "pressure_exit", "vapour_fraction", "velocity")


def steady(
    rate: float,
    duration: float,
    *,
    temperature: float,
    pressure_exit: float,
    vapour_fraction: float,
    velocity: float,
    regime: Regime,
    hole_area: float,
    notes: tuple[Note, ...] = (),
) -> Outflow:
    """An outflow that does not change: rate [kg/s] over duration [s].

    temperature [K], pressure_exit [Pa], vapour_fraction [-], velocity [m/s] in the exit plane; hole_area [m²].
    """
    two = np.ones(2)
    return Outflow(
        time=np.array([0.0, duration]),
        rate=rate * two,
        temperature=temperature * two,
        pressure_exit=pressure_exit * two,
        vapour_fraction=vapour_fraction * two,
        velocity=velocity * two,
        regime=regime,
        hole_area=hole_area,
        notes=notes,
    )


def times_of(masses: Array, rates: Array) -> Array:
    """The times (n,) [s] at which the masses (n,) [kg] that remain are reached, for rates (n,) [kg/s] straight between them.

    The trapezoid of the rates over these times is the mass gone, exactly: nothing is made or lost by the stepping.
    """
    steps = -np.diff(masses) / (0.5 * (rates[1:] + rates[:-1]))
    return np.concatenate([[0.0], np.cumsum(steps)])
