"""Heat from a flame seen as a radiating surface.

The view factor of a receiver that may be turned any way is the length of a vector: V = ∫ ŝ cos β / (π s²) dA over the part of the surface
that faces the receiver (s from receiver to surface element, β between the element's normal and the line to the receiver). A receiver with
normal n sees n·V as long as all the flame stands before it. One integral serves cylinders, frustums and any other shape; closed forms
(`cylinder.py`) check it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """A surface cut into elements. points (n, 3) [m]; normals (n, 3) [-], outward, of length one; areas (n,) [m²]."""

    points: Array
    normals: Array
    areas: Array

    @property
    def area(self) -> float:
        """Area of the whole surface [m²]."""
        return float(self.areas.sum())


def view_factor_vector(surface: Surface, receivers: ArrayLike) -> Array:
    """View-factor vector (k, 3) [-] of receivers (k, 3) [m]; its length is the view factor of a receiver turned to the greatest flux.

    Valid outside the surface; near it (closer than an element is wide) the integral is coarse.
    Source: definition of the view factor between an element and a surface, Howell, Catalogue of Radiation Heat Transfer Configuration Factors.
    """
    at = np.atleast_2d(np.asarray(receivers, float))
    result = np.empty_like(at)
    step = max(1, 4_000_000 // max(len(surface.areas), 1))
    for begin in range(0, len(at), step):
        result[begin : begin + step] = _vectors(surface, at[begin : begin + step])
    return result


def _vectors(surface: Surface, receivers: Array) -> Array:
    line = surface.points[None, :, :] - receivers[:, None, :]
    distance = np.sqrt(np.einsum("kni,kni->kn", line, line))
    np.maximum(distance, 1e-9, out=distance)
    facing = np.maximum(-np.einsum("kni,ni->kn", line, surface.normals) / distance, 0.0)
    weight = facing * surface.areas / (np.pi * distance**3)
    return np.asarray(np.einsum("kni,kn->ki", line, weight), float)


def greatest_view_factor(surface: Surface, receivers: ArrayLike) -> Array:
    """View factor (k,) [-] of receivers (k, 3) [m] turned to the greatest flux; at most 1."""
    vector = view_factor_vector(surface, receivers)
    return np.asarray(np.minimum(np.sqrt(np.einsum("ki,ki->k", vector, vector)), 1.0), float)


def sheared_cylinder(
    radius: float, height: float, lean: float = 0.0, stretch: float = 1.0, around: int = 72, up: int = 40, base: float = 0.0
) -> Surface:
    """Side and top of a cylinder whose level cross-sections are carried downwind with height: a wind-blown pool flame.

    radius [m] of the base across the wind; height [m]; lean [m], how far downwind the top is carried; stretch [-], base along the wind
    over base across it (drag), downwind edge moved, upwind edge standing; around [-], up [-]: elements; base [m] above ground.
    """
    angle = (np.arange(around) + 0.5) * 2 * np.pi / around
    level = (np.arange(up) + 0.5) / up
    long = radius * stretch
    shift = long - radius  # the upwind edge of a dragged base stays where it was
    a, h = (m.ravel() for m in np.meshgrid(angle, level))
    points = np.column_stack([shift + long * np.cos(a) + lean * h, radius * np.sin(a), base + height * h])
    along = np.column_stack([-long * np.sin(a), radius * np.cos(a), np.zeros_like(a)]) * (2 * np.pi / around)
    upward = np.column_stack([np.full_like(a, lean), np.zeros_like(a), np.full_like(a, height)]) / up
    side = _elements(points, np.cross(along, upward))
    return join(side, _ellipse(shift + lean, base + height, long, radius, around))


def _ellipse(x: float, z: float, long: float, wide: float, around: int, rings: int = 6) -> Surface:
    angle = (np.arange(around) + 0.5) * 2 * np.pi / around
    ring = np.sqrt((np.arange(rings) + 0.5) / rings)
    a, r = (m.ravel() for m in np.meshgrid(angle, ring))
    points = np.column_stack([x + long * r * np.cos(a), wide * r * np.sin(a), np.full_like(a, z)])
    normals = np.tile([0.0, 0.0, 1.0], (len(a), 1))
    return Surface(points, normals, np.full(len(a), np.pi * long * wide / len(a)))


def frustum(
    start: ArrayLike,
    direction: ArrayLike,
    length: float,
    first_radius: float,
    last_radius: float,
    around: int = 48,
    along: int = 40,
) -> Surface:
    """A frustum of a cone with both ends: start (3,) [m], direction (3,) [-], length [m].

    first_radius [m] at the start, last_radius [m] at the end; around [-], along [-]: elements.
    """
    axis = np.asarray(direction, float) / np.linalg.norm(direction)
    across, third = _across(axis)
    angle = (np.arange(around) + 0.5) * 2 * np.pi / around
    a, t = (m.ravel() for m in np.meshgrid(angle, (np.arange(along) + 0.5) / along))
    radius = first_radius + (last_radius - first_radius) * t
    spoke = np.cos(a)[:, None] * across + np.sin(a)[:, None] * third
    points = np.asarray(start, float) + (t * length)[:, None] * axis + radius[:, None] * spoke
    round_ = (-np.sin(a)[:, None] * across + np.cos(a)[:, None] * third) * (radius * 2 * np.pi / around)[:, None]
    onward = (length * axis + (last_radius - first_radius) * spoke) / along
    side = _elements(points, np.cross(round_, onward))
    begin = _disc(np.asarray(start, float), -axis, first_radius, around)
    end = _disc(np.asarray(start, float) + length * axis, axis, last_radius, around)
    return join(side, begin, end)


def _across(axis: Array) -> tuple[Array, Array]:
    helper = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = np.cross(helper, axis)
    across /= np.linalg.norm(across)
    return across, np.cross(axis, across)


def _disc(centre: Array, normal: Array, radius: float, around: int, rings: int = 4) -> Surface:
    across, third = _across(normal)
    angle = (np.arange(around) + 0.5) * 2 * np.pi / around
    a, r = (m.ravel() for m in np.meshgrid(angle, radius * np.sqrt((np.arange(rings) + 0.5) / rings)))
    points = centre + (r * np.cos(a))[:, None] * across + (r * np.sin(a))[:, None] * third
    return Surface(points, np.tile(normal, (len(a), 1)), np.full(len(a), np.pi * radius**2 / len(a)))


def _elements(points: Array, outward: Array) -> Surface:
    area = np.linalg.norm(outward, axis=1)
    return Surface(points, outward / np.maximum(area, 1e-300)[:, None], area)


def join(*surfaces: Surface) -> Surface:
    """Several surfaces as one."""
    return Surface(
        np.concatenate([s.points for s in surfaces]),
        np.concatenate([s.normals for s in surfaces]),
        np.concatenate([s.areas for s in surfaces]),
    )
