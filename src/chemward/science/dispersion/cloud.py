"""What every cloud can be asked, and what follows for all of them from concentration and half-width."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.faults import Faults, out_of_range
from chemward.science.notes import Note

Array = NDArray[np.float64]

FARTHEST = 100_000.0  # [m] beyond it no cloud is followed
NEAREST = 0.1  # [m]


@dataclass(frozen=True)
class Reach:
    """Where a level is exceeded along the axis: from near to far [m], widest half-width [m] at x_widest [m]. All 0 when nowhere."""

    level: float
    near: float
    far: float
    half_width: float
    x_widest: float


@runtime_checkable
class Cloud(Protocol):
    """A cloud in the wind's frame: x downwind, y left, z up [m], from the release point at the ground.

    notes: remarks on model and range. validity: range of x [m] for which the model is given.
    """

    @property
    def notes(self) -> tuple[Note, ...]:
        """Remarks on model and range."""
        ...

    @property
    def validity(self) -> tuple[float, float]:
        """Distances x [m] for which the model is given."""
        ...

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s] after the start; None: the greatest there is."""
        ...

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        ...

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded at some time; 0 where nowhere; x and z [m] broadcast."""
        ...

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, over the worst stay of `exposure` [s]; exponent [-] n."""
        ...

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between the concentrations lower and upper [kg/m³] at one time."""
        ...

    def contour(self, level: float, z: float = 0.0) -> list[Array]:
        """Closed polygons (k, 2) [m] of what exceeds the level [kg/m³] at height z [m] at some time."""
        ...

    def reach(self, level: float, z: float = 0.0) -> Reach:
        """Near and far distance and greatest half-width [m] of the level [kg/m³] at height z [m]."""
        ...

    def peak(self, z: float = 0.0) -> tuple[float, float]:
        """Distance [m] and value [kg/m³] of the greatest concentration at height z [m]."""
        ...


class Shape:
    """Contours, reach, peak of a cloud that has one ridge (y = 0) and falls off on both sides of it."""

    start: float = NEAREST  # [m] first x of the cloud; a pool or a jet that flows upwind begins below 0

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m] and height z [m]; each cloud has its own."""
        raise NotImplementedError

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded at x [m] and height z [m]; each cloud has its own."""
        raise NotImplementedError

    def axis(self) -> Array:
        """Distances [m] (about 500,) along which the cloud is looked at: a geometric series from its start."""
        series = np.geomspace(NEAREST, FARTHEST, 481)
        if self.start < 0:
            return np.concatenate([self.start + np.linspace(0, -self.start, 24, endpoint=False), [0.0], series])
        return series

    def reach(self, level: float, z: float = 0.0) -> Reach:
        """Near and far distance and greatest half-width [m] of the level [kg/m³] at height z [m]; zeros when it is nowhere exceeded."""
        spans = self._spans(level, z)
        if not spans:
            return Reach(level, 0.0, 0.0, 0.0, 0.0)
        x = np.concatenate([np.linspace(*span, 400) for span in spans])
        widths = self.half_width(x, level, z)
        widest = int(np.argmax(widths))
        return Reach(level, spans[0][0], spans[-1][1], float(widths[widest]), float(x[widest]))

    def peak(self, z: float = 0.0) -> tuple[float, float]:
        """Distance [m] and value [kg/m³] of the greatest concentration at height z [m]; at the ground below a release that touches it the
        distance is the first of the axis."""
        x = self.axis()
        best = int(np.argmax(self.centreline(x, z)))
        fine = np.linspace(x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)], 201)
        values = self.centreline(fine, z)
        top = int(np.argmax(values))
        return float(fine[top]), float(values[top])

    def contour(self, level: float, z: float = 0.0) -> list[Array]:
        """Closed polygons [(k, 2)], counter-clockwise, x and y [m], of what exceeds the level [kg/m³] at height z [m] at some time.

        Raises Faults for a level that is not above 0. Points are drawn together at both ends, where the edge turns fastest.
        """
        polygons = []
        for near, far in self._spans(level, z):
            turn = (1 - np.cos(np.linspace(0, math.pi, 161))) / 2
            x = near + (far - near) * turn
            half = self.half_width(x, level, z)
            half[[0, -1]] = 0.0 if near > NEAREST else (half[0], 0.0)
            right = np.column_stack([x, -half])
            left = np.column_stack([x[::-1], half[::-1]])
            polygons.append(np.concatenate([right, left[1:], right[:1]]))
        return polygons

    def _spans(self, level: float, z: float) -> list[tuple[float, float]]:
        """Stretches of the axis [m] where the level [kg/m³] is exceeded."""
        if not level > 0 or not math.isfinite(level):
            raise Faults([out_of_range("level", level, 0, math.inf, "kg/m³", "a contour needs a level above 0")])
        x = self.axis()
        above = self.centreline(x, z) >= level
        edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(np.int8)))
        return [self._span(x, int(a), int(b), level, z) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def _span(self, x: Array, first: int, after: int, level: float, z: float) -> tuple[float, float]:
        def exceeds(at: Array) -> NDArray[np.bool_]:
            return self.centreline(at, z) >= level

        near = float(x[0]) if first == 0 else crossing(exceeds, float(x[first]), float(x[first - 1]))
        far = float(x[-1]) if after == len(x) else crossing(exceeds, float(x[after - 1]), float(x[after]))
        return near, far


def crossing(exceeds: Callable[[Array], NDArray[np.bool_]], inside: float, outside: float) -> float:
    """Distance [m] between one inside [m] that exceeds and one outside [m] that does not, where that changes; to 1e-8 of the interval.

    Looks at 101 distances at once, four times over: a cloud answers for many as fast as for one.
    """
    for _ in range(4):
        x = np.linspace(inside, outside, 101)
        last = max(int(np.argmin(exceeds(x))), 1)  # the first that does not
        inside, outside = float(x[last - 1]), float(x[last])
    return (inside + outside) / 2


def bell_half_width(ridge: ArrayLike, level: float, width: ArrayLike) -> Array:
    """Half-width [m] of the level [kg/m³] in a profile of ridge·exp(−y²/2σ²); ridge [kg/m³] and width σ [m] broadcast; 0 below the level."""
    over = np.log(np.maximum(np.asarray(ridge, float) / level, 1.0))
    return np.asarray(np.asarray(width, float) * np.sqrt(2 * over))
