"""A flame and the heat that a receiver near it takes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.fire.solid_flame import Surface, greatest_view_factor
from chemward.science.notes import Note

Array = NDArray[np.float64]
Transmissivity = Callable[[ArrayLike], Array]


@dataclass(frozen=True)
class Zone:
    """Part of a flame's surface that radiates with one power. emissive_power [W/m²]."""

    surface: Surface
    emissive_power: float


@dataclass(frozen=True)
class Flame:
    """A flame as radiating surface, in the wind's frame (x downwind, z up), base at the origin.

    zones: parts of the surface. outline (k, 2) [m]: the ground plan, inside which people are in the flame. extent: length, radius and
    the like, in [m], [s], [W], [rad] as their names say. transmissivity: share [-] that passes a distance [m]. duration [s], None: goes on.
    """

    kind: str
    zones: tuple[Zone, ...]
    outline: Array
    transmissivity: Transmissivity
    extent: dict[str, float] = field(default_factory=dict)
    duration: float | None = None
    notes: tuple[Note, ...] = ()

    def flux(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0) -> Array:
        """Heat flux (…) [W/m²] at x, y, z (…) [m] on a receiver turned to the greatest flux; the flame's own power inside it."""
        x, y, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), np.asarray(z, float))
        at = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
        total = np.zeros(len(at))
        for zone in self.zones:
            near = self._distance(zone.surface, at)
            total += zone.emissive_power * greatest_view_factor(zone.surface, at) * self.transmissivity(near)
        hottest = max(zone.emissive_power for zone in self.zones)
        total = np.minimum(total, hottest)
        total[self._is_inside(at)] = hottest
        return total.reshape(x.shape)

    def _distance(self, surface: Surface, at: Array) -> Array:
        """Distance [m] from receivers (k, 3) to the nearest of a sample of the surface's elements."""
        some = surface.points[:: max(1, len(surface.points) // 200)]
        gap = np.linalg.norm(some[None, :, :] - at[:, None, :], axis=2)
        return np.asarray(gap.min(axis=1), float)

    def _is_inside(self, at: Array) -> NDArray[np.bool_]:
        from shapely import contains_xy, polygons

        if len(self.outline) < 3:
            return np.zeros(len(at), bool)
        low = at[:, 2] < 2.0  # above the heads of people the plan says nothing
        return np.asarray(contains_xy(polygons(self.outline), at[:, 0], at[:, 1]), bool) & low

    @cached_property
    def _polar(self) -> tuple[Array, Array, Array, Array]:
        """Centre (2,), angles (n,), radii (m,), log of flux (n, m) at ground level; one side of the wind, the other is its mirror."""
        centre = np.array([self.outline[:, 0].mean(), 0.0])
        size = float(np.abs(self.outline - centre).max())
        angles = np.linspace(0.0, np.pi, 25)
        radii = size * np.geomspace(0.5, 60.0, 48)
        r, a = np.meshgrid(radii, angles)
        flux = self.flux(centre[0] + r * np.cos(a), r * np.sin(a))
        return centre, angles, radii, np.log(np.maximum(flux, 1e-9))

    def contour(self, level: float) -> list[Array]:
        """Where the flux at ground level falls to `level` [W/m²]: closed lines (k, 2) [m]; empty when it is nowhere reached."""
        centre, angles, radii, log_flux = self._polar
        reach = np.array([_outermost(radii, row, np.log(level)) for row in log_flux])
        if not np.any(reach > 0):
            return []
        x = centre[0] + reach * np.cos(angles)
        y = reach * np.sin(angles)
        return [np.concatenate([np.column_stack([x, y]), np.column_stack([x, -y])[-2::-1]])]

    def distance(self, level: float) -> float:
        """Greatest distance [m] from the origin at which the flux at ground level is `level` [W/m²]; 0 when it is nowhere reached."""
        lines = self.contour(level)
        return float(max((np.linalg.norm(line, axis=1).max() for line in lines), default=0.0))


def _outermost(radii: Array, log_flux: Array, log_level: float) -> float:
    above = np.flatnonzero(log_flux >= log_level)
    if not len(above):
        return 0.0
    last = above[-1]
    if last == len(radii) - 1:
        return float(radii[last])
    share = (log_flux[last] - log_level) / max(log_flux[last] - log_flux[last + 1], 1e-12)
    return float(np.exp(np.log(radii[last]) + share * (np.log(radii[last + 1]) - np.log(radii[last]))))
