"""Credible regions: the posterior on a fine raster, the densest cells up to a probability, their outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from chemward.science.leak.answer import Region
from chemward.science.leak.case import LeakInput
from chemward.science.leak.record import Array
from chemward.science.leak.search import FINENESS, Places, lattice_shape

_BLUR = 15.0  # m, by which plume models misplace what stands between the units, however sure they seem
_FOOTPRINT = 15.0  # m, a unit leaks within this of its place

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Raster:
    """Probability (ny, nx) [-] of each cell of the site; x, y: edges (nx + 1,), (ny + 1,) [m]."""

    probability: Array
    x: Array
    y: Array

    @property
    def cell_area(self) -> float:
        """Area of a cell [m²]."""
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))

    def densest(self, share: float) -> Mask:
        """The fewest cells (ny, nx) [-] that hold this share [-] of the probability; equal ones all or none."""
        flat = np.sort(self.probability.reshape(-1))[::-1]
        held = np.cumsum(flat)
        least = flat[min(int(np.searchsorted(held, share * held[-1] * (1 - 1e-9))), len(flat) - 1)]
        return np.asarray((self.probability >= least * (1 - 1e-9)) & (self.probability > 0), np.bool_)


def raster(case: LeakInput, places: Places, probability: Array) -> Raster:
    """The probability (N,) [-] of places laid on the site: cells evenly over themselves, units over their footprint."""
    e = case.extent
    nx, ny = lattice_shape(e)
    x = np.linspace(e.x_min_m, e.x_max_m, nx * FINENESS + 1)
    y = np.linspace(e.y_min_m, e.y_max_m, ny * FINENESS + 1)
    cells, units = np.zeros((len(y) - 1, len(x) - 1)), np.zeros((len(y) - 1, len(x) - 1))
    middle = 0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1])
    radius = max(_FOOTPRINT, 0.75 * max(x[1] - x[0], y[1] - y[0]))
    for i in np.flatnonzero(probability > 1e-9):
        if places.unit[i] >= 0:
            _lay_disc(units, middle, (places.x[i], places.y[i]), radius, probability[i])
        else:
            _lay_cell(cells, (x, y), (places.x[i], places.y[i]), (places.half_x[i], places.half_y[i]), probability[i])
    reach = [round(_BLUR / float(edge[1] - edge[0])) for edge in (y, x)]
    return Raster(units + _blurred(_blurred(cells, reach[0]).T, reach[1]).T, x, y)


def _blurred(values: Array, reach: int) -> Array:
    """Each row spread evenly over those up to `reach` away, nothing lost at the edges."""
    if reach == 0:
        return values
    count = len(values)
    low, high = np.maximum(np.arange(count) - reach, 0), np.minimum(np.arange(count) + reach + 1, count)
    thin = values / (high - low)[:, None]
    held = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(thin, axis=0)])
    return np.asarray(held[high] - held[low])


def _lay_disc(held: Array, middle: tuple[Array, Array], at: tuple[float, float], radius: float, amount: float) -> None:
    i, j = (np.flatnonzero(np.abs(m - p) <= radius) for m, p in zip(middle, at, strict=True))
    inside = (middle[0][i][None, :] - at[0]) ** 2 + (middle[1][j][:, None] - at[1]) ** 2 <= radius**2
    held[np.ix_(j, i)] += amount * inside / max(1, int(inside.sum()))


def _lay_cell(held: Array, edges: tuple[Array, Array], at: tuple[float, float], half: tuple[float, float], amount: float) -> None:
    spans = []
    for edge, centre, wide in zip(edges, at, half, strict=True):
        step = edge[1] - edge[0]
        low = round((centre - wide - edge[0]) / step)
        spans.append(slice(low, max(low + 1, round((centre + wide - edge[0]) / step))))
    block = held[spans[1], spans[0]]
    block += amount / block.size


def region(site: Raster, share: float) -> Region:
    """The region that holds this share [-] of the probability."""
    mask = site.densest(share)
    return Region(
        probability=share,
        area_m2=float(mask.sum() * site.cell_area),
        area_share=float(mask.mean()),
        rings=rings(mask, site.x, site.y),
    )


def rings(mask: Mask, x: Array, y: Array) -> list[list[tuple[float, float]]]:
    """Closed outlines of the cells of a mask (ny, nx) [-] between edges x, y [m]; corners [m], outer rings counter-clockwise."""
    ahead = _edges(mask)
    found = []
    while ahead:
        start = min(ahead)
        corners = _walk(ahead, start)
        found.append([(round(float(x[i]), 2), round(float(y[j]), 2)) for i, j in _corners(corners)])
    return found


Node = tuple[int, int]


def _edges(mask: Mask) -> dict[Node, list[Node]]:
    """Border steps from node to node, the marked cell on the left."""
    wide = np.pad(mask, 1)
    ahead: dict[Node, list[Node]] = {}
    sides = (
        (wide[1:-1, 1:-1] & ~wide[:-2, 1:-1], (0, 0), (1, 0)),  # south
        (wide[1:-1, 1:-1] & ~wide[1:-1, 2:], (1, 0), (1, 1)),  # east
        (wide[1:-1, 1:-1] & ~wide[2:, 1:-1], (1, 1), (0, 1)),  # north
        (wide[1:-1, 1:-1] & ~wide[1:-1, :-2], (0, 1), (0, 0)),  # west
    )
    for border, first, last in sides:
        for j, i in np.argwhere(border).tolist():
            ahead.setdefault((i + first[0], j + first[1]), []).append((i + last[0], j + last[1]))
    return ahead


def _walk(ahead: dict[Node, list[Node]], start: Node) -> list[Node]:
    """Nodes from start round to it again; where two cells touch at a corner the way that keeps to one cell is taken."""
    path, node, before = [start], start, start
    while True:
        onward = ahead[node]
        step = max(onward, key=partial(_turn, before, node))
        onward.remove(step)
        if not onward:
            del ahead[node]
        path.append(step)
        before, node = node, step
        if node == start:
            return path


def _turn(before: Node, node: Node, after: Node) -> int:
    """1 to the left, 0 straight on, -1 to the right."""
    a, b = (node[0] - before[0], node[1] - before[1]), (after[0] - node[0], after[1] - node[1])
    return a[0] * b[1] - a[1] * b[0]


def _corners(path: list[Node]) -> list[Node]:
    """The closed path without the nodes on straight stretches."""
    body = path[:-1]
    n = len(body)
    kept = [body[k] for k in range(n) if _turn(body[k - 1], body[k], body[(k + 1) % n]) != 0]
    return [*kept, kept[0]]
