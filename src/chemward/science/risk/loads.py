"""Events packed into arrays for the kernel, sorted by release point and wind rose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chemward.science.faults import Fault, Faults
from chemward.science.risk.effects import NEVER, Circle, Effect, Event, Layer, Plume, Table
from chemward.science.risk.kernel.compiled import compiled
from chemward.science.risk.kernel.strips import FLOOR_PROBIT
from chemward.science.risk.kernel.sweep import DISC, FIELD, PLUME
from chemward.science.risk.polar import PolarGrid

DISC_POINTS = 96  # points of the table of a circle that lies downwind
FIELD_POINTS = (48, 32)  # points of a table downwind and across, after resampling

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Loads:
    """Events of a set of release points as the kernel reads them.

    effects: starts (sites + 1,), kind, index, class, rose, follows, event (n,), weight (n, weathers) [1/a], beta (n,) [-], plume
    A [-] and B [1/m²] (plumes, weathers, rings), discs (discs, weathers, points) [-] with step and centre [m], fields (fields,
    weathers, nx, ny) [-] with x0, dx, dy [m]; reach (sites,): rings within which anything happens. rings: starts, class, rose,
    follows, event, weight (n,) [1/a], beta (n,) [-], table (n, rings) [-]. classes (classes, 2) [-]: factors for people outdoors
    and indoors. events [-]: how many there are.
    """

    effects: Arrays
    rings: Arrays
    classes: NDArray[np.float32]
    events: int


def pack(events: Sequence[Event], sites: int, weathers: int, grid: PolarGrid) -> Loads:
    """Events of `sites` [-] release points (numbered from 0) for `weathers` [-] weathers, on the grid.

    Raises Faults for what does not fit.
    """
    _check(events, sites, weathers)
    order = sorted(range(len(events)), key=lambda n: (events[n].site, events[n].rose))
    classes = _Classes()
    moving = [(n, k) for n in order if not events[n].is_still for k in range(len(events[n].layers))]
    still = [(n, k) for n in order if events[n].is_still for k in range(len(events[n].layers))]
    effects = _pack_moving(events, moving, sites, weathers, grid, classes)
    rings = _pack_still(events, still, sites, grid, classes)
    effects = (*effects, _reaches(effects, rings, sites, grid))
    return Loads(effects, rings, np.asarray(classes.found or [(1.0, 1.0)], np.float32), len(events))


def _check(events: Sequence[Event], sites: int, weathers: int) -> None:
    faults = []
    for n, event in enumerate(events):
        if not 0 <= event.site < sites:
            faults.append(Fault(f"events[{n}].site", f"is {event.site}", f"give a release point from 0 to {sites - 1}"))
        if not (np.isfinite(event.frequency) and event.frequency >= 0):
            faults.append(Fault(f"events[{n}].frequency", f"is {event.frequency}", "give at least 0 1/a"))
        if len(event.by_weather) not in (0, 1, weathers):
            faults.append(Fault(f"events[{n}].by_weather", f"has {len(event.by_weather)} factors", f"give {weathers}"))
        for k, layer in enumerate(event.layers):
            if len(layer.by_weather) not in (1, weathers):
                faults.append(
                    Fault(f"events[{n}].layers[{k}].by_weather", f"has {len(layer.by_weather)} effects", f"give 1 or {weathers}")
                )
    if faults:
        raise Faults(faults)


class _Classes:
    """Pairs of factors for people outdoors and indoors, numbered as they come."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float]] = []
        self._number: dict[tuple[float, float], int] = {}

    def number(self, layer: Layer) -> int:
        pair = (layer.outdoors, layer.indoors)
        if pair not in self._number:
            self._number[pair] = len(self.found)
            self.found.append(pair)
        return self._number[pair]


def _starts(events: Sequence[Event], rows: list[tuple[int, int]], sites: int) -> NDArray[np.int32]:
    return np.searchsorted([events[n].site for n, _ in rows], np.arange(sites + 1)).astype(np.int32)


def _ints(values: list[int]) -> NDArray[np.int32]:
    return np.asarray(values, np.int32)


def _weights(event: Event, weathers: int) -> list[float]:
    factors = event.by_weather or (1.0,)
    return [event.frequency * factor for factor in (factors if len(factors) == weathers else factors * weathers)]


def _pack_moving(
    events: Sequence[Event], rows: list[tuple[int, int]], sites: int, weathers: int, grid: PolarGrid, classes: _Classes
) -> Arrays:
    kinds, index, shapes = [], [], ([], [], [])  # type: ignore[var-annotated]
    for n, k in rows:
        layer = events[n].layers[k]
        effects = layer.by_weather if len(layer.by_weather) == weathers else layer.by_weather * weathers
        kind = _kind(effects)
        kinds.append(kind)
        index.append(len(shapes[kind]))
        shapes[kind].append(effects)
    plume_a, plume_b = _plumes(shapes[PLUME], weathers, grid)
    discs, disc_shape = _discs(shapes[DISC], weathers)
    fields, field_shape = _fields(shapes[FIELD], weathers)
    return (
        _starts(events, rows, sites),
        _ints(kinds),
        _ints(index),
        _ints([classes.number(events[n].layers[k]) for n, k in rows]),
        _ints([events[n].rose for n, _ in rows]),
        _ints([int(k > 0) for _, k in rows]),
        _ints([n for n, _ in rows]),
        np.asarray([_weights(events[n], weathers) for n, _ in rows], np.float32).reshape(len(rows), weathers),
        np.asarray([events[n].layers[k].individual for n, k in rows], np.float32),
        plume_a,
        plume_b,
        discs,
        disc_shape,
        fields,
        field_shape,
    )


def _kind(effects: tuple[Effect | None, ...]) -> int:
    kinds = {type(effect) for effect in effects if effect is not None}
    if kinds <= {Plume}:
        return PLUME
    if kinds == {Circle}:
        return DISC
    if kinds == {Table}:
        return FIELD
    raise Faults([Fault("by_weather", "mixes kinds of effect in one layer", "give one kind for all weathers, or a layer each")])


def _pack_still(events: Sequence[Event], rows: list[tuple[int, int]], sites: int, grid: PolarGrid, classes: _Classes) -> Arrays:
    root = np.sqrt(grid.ratio)
    radii = grid.inner * grid.ratio ** np.arange(grid.rings)
    low, high = radii / root, radii * root
    low[0] = 0.0
    tables = np.zeros((len(rows), grid.rings), np.float32)
    for i, (n, k) in enumerate(rows):
        circle = events[n].layers[k].by_weather[0]
        assert isinstance(circle, Circle)
        tables[i] = (circle.area_integral(high) - circle.area_integral(low)) / (high**2 - low**2)
    weights = [events[n].frequency * (events[n].by_weather or (1.0,))[0] for n, _ in rows]
    return (
        _starts(events, rows, sites),
        _ints([classes.number(events[n].layers[k]) for n, k in rows]),
        _ints([events[n].rose for n, _ in rows]),
        _ints([int(k > 0) for _, k in rows]),
        _ints([n for n, _ in rows]),
        np.asarray(weights, np.float32),
        np.asarray([events[n].layers[k].individual for n, k in rows], np.float32),
        tables,
    )


def _reaches(effects: Arrays, rings: Arrays, sites: int, grid: PolarGrid) -> NDArray[np.int32]:
    """How many rings about each release point are reached by anything."""
    starts, kinds, index, plume_a, disc_shape, field_shape = (effects[i] for i in (0, 1, 2, 9, 12, 14))
    far = np.zeros(len(kinds), np.int64)
    by_kind = (
        _last(plume_a.max(1) > FLOOR_PROBIT) + 2,
        _ring_of((disc_shape[..., 0] * (DISC_POINTS - 1) + disc_shape[..., 1]).max(1, initial=0.0), grid) + 2,
        _ring_of(_corner(field_shape).max(1, initial=0.0), grid) + 2,
    )
    for kind, reach in zip((PLUME, DISC, FIELD), by_kind, strict=True):
        far[kinds == kind] = reach[index[kinds == kind]]
    still = _last(rings[7] > 0) + 2
    out = np.zeros(sites, np.int64)
    np.maximum.at(out, np.repeat(np.arange(sites), np.diff(starts)), far)
    np.maximum.at(out, np.repeat(np.arange(sites), np.diff(rings[0])), still)
    return np.minimum(out, grid.rings).astype(np.int32)


def _last(alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the last true value of each row, −2 where there is none."""
    last = alive.shape[1] - 1 - np.argmax(alive[:, ::-1], 1)
    return np.where(alive.any(1), last, -2).astype(np.int64)


def _ring_of(distance: NDArray[np.float32], grid: PolarGrid) -> NDArray[np.int64]:
    return np.asarray(np.ceil(np.log(np.maximum(distance, grid.inner) / grid.inner) / np.log(grid.ratio)), np.int64)


def _corner(shape: NDArray[np.float32]) -> NDArray[np.float32]:
    ends = np.maximum(np.abs(shape[..., 0]), np.abs(shape[..., 0] + shape[..., 1] * (FIELD_POINTS[0] - 1)))
    return np.asarray(np.hypot(ends, shape[..., 2] * (FIELD_POINTS[1] - 1)), np.float32)


@compiled(
    "void(float64[::1], float64[::1], float64[::1], int64[::1], int64[::1], float64, float64, float32[:,::1], float32[:,::1])"
)
def _onto_rings(x, a, b, starts, rows, log_inner, log_ratio, out_a, out_b):  # type: ignore[no-untyped-def]
    """Bring tables over x, one after the other, onto the rings: linear in log x, kept below the first x, nothing beyond the last."""
    rings = out_a.shape[1]
    for t in range(rows.size):
        at, end = starts[t], starts[t + 1]
        left, k = at, rows[t]
        log_left, log_right = np.log(x[left]), np.log(x[left + 1])
        for j in range(rings):
            log_r = log_inner + j * log_ratio
            while left + 2 < end and log_r > log_right:
                left += 1
                log_left, log_right = log_right, np.log(x[left + 1])
            if log_r > log_right + 1e-9:
                break
            u = max((log_r - log_left) / (log_right - log_left), 0.0)
            out_a[k, j] = a[left] + u * (a[left + 1] - a[left])
            out_b[k, j] = b[left] + u * (b[left + 1] - b[left])


def _plumes(
    shapes: list[tuple[Effect | None, ...]], weathers: int, grid: PolarGrid
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    a = np.full((len(shapes) * weathers, grid.rings), NEVER, np.float32)
    b = np.zeros_like(a)
    flat = [
        (i, effect) for i, effect in enumerate(effect for effects in shapes for effect in effects) if isinstance(effect, Plume)
    ]
    if flat:
        starts = np.concatenate([[0], np.cumsum([plume.x.size for _, plume in flat])]).astype(np.int64)
        joined = (np.concatenate([getattr(plume, name) for _, plume in flat]) for name in ("x", "a", "b"))
        _onto_rings(*joined, starts, np.asarray([i for i, _ in flat], np.int64), np.log(grid.inner), np.log(grid.ratio), a, b)
    return a.reshape(len(shapes), weathers, grid.rings), b.reshape(len(shapes), weathers, grid.rings)


def _discs(shapes: list[tuple[Effect | None, ...]], weathers: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    tables = np.zeros((len(shapes), weathers, DISC_POINTS), np.float32)
    shape = np.zeros((len(shapes), weathers, 2), np.float32)
    made: dict[int, tuple[NDArray[np.float64], float]] = {}
    for i, effects in enumerate(shapes):
        for w, circle in enumerate(effects):
            if isinstance(circle, Circle) and circle.reach > 0:
                if id(circle) not in made:
                    step = float(circle.radius[-1]) / (DISC_POINTS - 2)
                    edge = step * (np.arange(DISC_POINTS + 1) - 0.5).clip(0)
                    made[id(circle)] = np.diff(circle.area_integral(edge)) / np.diff(edge**2), step
                tables[i, w], step = made[id(circle)]
                shape[i, w] = step, circle.centre
    return tables, shape


def _fields(shapes: list[tuple[Effect | None, ...]], weathers: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    nx, ny = FIELD_POINTS
    tables = np.zeros((len(shapes), weathers, nx, ny), np.float32)
    shape = np.zeros((len(shapes), weathers, 3), np.float32)
    for i, effects in enumerate(shapes):
        for w, table in enumerate(effects):
            if isinstance(table, Table):
                x, y = np.linspace(table.x[0], table.x[-1], nx), np.linspace(0.0, table.y[-1], ny)
                across = np.stack([np.interp(y, table.y, row) for row in table.lethality])
                tables[i, w] = np.stack([np.interp(x, table.x, column) for column in across.T], 1)
                shape[i, w] = x[0], x[1] - x[0], y[1]
    return tables, shape
