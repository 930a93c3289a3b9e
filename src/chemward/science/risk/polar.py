"""The polar grid about a release point: log-spaced rings and equal azimuths, so that turning the wind is a shift of rows.

Rings stand in a geometric series. A point at angle theta off the wind on ring j lies x = r cos(theta) downwind, and log x = log r
+ log cos(theta): a table given on the same series is read at j minus a shift that depends on theta alone. Azimuths are compass
bearings, clockwise from north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class PolarGrid:
    """Rings r_j = inner · ratio^j [m], j < rings [-], and `azimuths` [-] bearings; the angle off the wind runs from 0 to 180°.

    inner [m] is the innermost radius, ratio [-] above 1; azimuths must be a multiple of 4.
    """

    inner: float
    ratio: float
    rings: int = 128
    azimuths: int = 360

    @classmethod
    def spanning(cls, inner: float, outer: float, rings: int = 128, azimuths: int = 360) -> PolarGrid:
        """The grid of `rings` [-] rings from inner [m] to outer [m] and `azimuths` [-] bearings.

        Needs 0 < inner < outer, rings of at least 2.
        """
        if not 0 < inner < outer or rings < 2 or azimuths % 4:
            raise ValueError(f"no polar grid from {inner} m to {outer} m with {rings} rings and {azimuths} azimuths")
        return cls(inner, (outer / inner) ** (1 / (rings - 1)), rings, azimuths)

    @property
    def step(self) -> float:
        """Angle of one azimuth cell [rad]."""
        return 2 * math.pi / self.azimuths

    @property
    def half(self) -> int:
        """How many angles off the wind there are [-], 0 and 180° included."""
        return self.azimuths // 2 + 1

    @property
    def quarter(self) -> int:
        """How many angles off the wind look downwind [-], 0 and 90° included."""
        return self.azimuths // 4 + 1

    @cached_property
    def radii(self) -> Floats:
        """Radii of the rings, shape (rings,) [m]."""
        return np.asarray(self.inner * self.ratio ** np.arange(self.rings), np.float32)

    @cached_property
    def squared(self) -> Floats:
        """Squares of the radii, shape (rings,) [m²]."""
        return np.asarray((self.inner * self.ratio ** np.arange(self.rings)) ** 2, np.float32)

    @cached_property
    def angles(self) -> Floats:
        """Angles off the wind, shape (half,) [rad]."""
        return np.asarray(np.arange(self.half) * self.step, np.float32)

    @cached_property
    def shift(self) -> Ints:
        """Whole rings by which log x lies below log r at each downwind angle, shape (quarter,) [-].

        At 90° as many as there are rings.
        """
        return np.minimum(np.floor(self._lag), self.rings).astype(np.int32)

    @cached_property
    def blend(self) -> Floats:
        """Fraction of a ring that is left over by `shift`, shape (quarter,) [-]."""
        return np.where(self._lag < self.rings, self._lag - np.floor(self._lag), 0.0).astype(np.float32)

    @cached_property
    def _lag(self) -> NDArray[np.float64]:
        cosines = np.cos(np.arange(self.quarter) * self.step)
        with np.errstate(divide="ignore"):
            return np.where(cosines > 1e-12, -np.log(np.maximum(cosines, 1e-300)) / math.log(self.ratio), float(self.rings))

    @cached_property
    def spread(self) -> Floats:
        """Mean of sin² over each downwind azimuth cell, shape (quarter,) [-]."""
        return self._moments()[0].astype(np.float32)

    @cached_property
    def variance(self) -> Floats:
        """Variance of sin² over each downwind azimuth cell, shape (quarter,) [-]."""
        mean, square = self._moments()
        return np.asarray(np.maximum(square - mean**2, 0.0), np.float32)

    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        theta, h = np.arange(self.quarter) * self.step, self.step
        mean = 0.5 - 0.5 * np.cos(2 * theta) * math.sin(h) / h
        square = 0.375 - 0.5 * np.cos(2 * theta) * math.sin(h) / h + 0.125 * np.cos(4 * theta) * math.sin(2 * h) / (2 * h)
        return mean, square
