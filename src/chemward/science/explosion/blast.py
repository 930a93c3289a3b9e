"""A blast and what it does at a distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.notes import Note

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]


@dataclass(frozen=True)
class Blast:
    """A blast around a point on the ground.

    energy [J] that drives it; pressure_at: distance (…) [m] → incident (side-on) overpressure (…) [Pa], falling with distance;
    impulse_at: distance [m] → incident impulse [Pa s], None where the model has none; nearest [m]: below it the model says nothing and
    its value there is used; farthest [m]: beyond it the pressure falls as 1/r.
    """

    kind: str
    energy: float
    pressure_at: Curve
    impulse_at: Curve | None
    nearest: float
    farthest: float
    extent: dict[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def overpressure(self, distance: ArrayLike) -> Array:
        """Incident overpressure (…) [Pa] at distance (…) [m]."""
        r = np.maximum(np.asarray(distance, float), 1e-9)
        within = np.clip(r, self.nearest, self.farthest)
        return np.asarray(self.pressure_at(within) * np.minimum(self.farthest / r, 1.0), float)

    def impulse(self, distance: ArrayLike) -> Array | None:
        """Incident impulse (…) [Pa s] at distance (…) [m]; None when the model gives none."""
        if self.impulse_at is None:
            return None
        r = np.maximum(np.asarray(distance, float), 1e-9)
        return np.asarray(self.impulse_at(np.clip(r, self.nearest, self.farthest)) * np.minimum(self.farthest / r, 1.0), float)

    def radius(self, pressure: float) -> float:
        """Greatest distance [m] at which the overpressure is `pressure` [Pa]; 0 when it is nowhere reached."""
        radii = np.geomspace(self.nearest, self.farthest * 1e4, 4000)
        values = self.overpressure(radii)
        above = np.flatnonzero(values >= pressure)
        if not len(above):
            return 0.0
        i = int(above[-1])
        if i == len(radii) - 1:
            return float(radii[i])
        low, high = radii[i], radii[i + 1]
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.overpressure(middle) >= pressure else (low, middle)
        return float(low)
