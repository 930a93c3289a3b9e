"""The search: a lattice over the site and every unit, weighed under many hypotheses, refined where the probability is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chemward.science.leak.case import Extent, LeakInput
from chemward.science.leak.hypotheses import Axes, Hypotheses, all_of, axes, first_look
from chemward.science.leak.kernel import SOFTPLUS, weigh
from chemward.science.leak.record import MEASURED, Array, Record

SCALES = np.array([0.25, 0.5, 1.0])
_SCALE_PRIOR = np.log([0.3, 0.4, 0.3])
TEMPER = 0.35
"""Weight of a reading against a wholly independent one. Calibrated on generated parks (benchmarks/leak.py)."""
_SHARED = 0.6
"""Readings of one detector share its gain, those of one block its wind: the whole record weighs no more than this part of a reading for
each detector and each block that has seen gas. Calibrated likewise."""
PRICE = 2.5
_RATE_CENTRE, _RATE_WIDTH = np.log(0.2), 3.0  # of ln kg/s: any leak between grams and tonnes a minute
_UNITS_SHARE = 0.6  # of the prior; the rest lies evenly between the units (pipe racks, what the list forgot)

_CELLS = 28  # along the longer side of the first lattice
_SPLIT = 3
_LEVELS = 2
_THREADS = 2

FINENESS = _SPLIT**_LEVELS
"""Finest cells along a cell of the first lattice."""


@dataclass(frozen=True)
class Places:
    """N places: x, y, z (N,) [m]; half_x, half_y (N,) half widths of the cell [m] (0 for a unit); unit (N,) its index or -1;
    log_prior (N,) [-]."""

    x: Array
    y: Array
    z: Array
    half_x: Array
    half_y: Array
    unit: NDArray[np.int64]
    log_prior: Array

    def __len__(self) -> int:
        return len(self.x)

    def chosen(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Places:
        """The places of these indices: which (k,) [-]."""
        return Places(*(getattr(self, field)[which] for field in _COLUMNS))


_COLUMNS = ("x", "y", "z", "half_x", "half_y", "unit", "log_prior")


@dataclass(frozen=True)
class Weighed:
    """Places under hypotheses: evidence (N, H), log_rate (N, H) ln [kg/s], variance (N, H), fit (N, H) mean index into SCALES;
    all [-] but the rate."""

    places: Places
    hypotheses: Hypotheses
    evidence: Array
    log_rate: Array
    variance: Array
    fit: Array

    @property
    def log_weight(self) -> Array:
        """ln of the unnormalised posterior of each place and hypothesis (N, H) [-]."""
        return self.evidence + self.places.log_prior[:, None] + self.hypotheses.log_prior[None, :]

    @property
    def by_place(self) -> Array:
        """ln of the unnormalised posterior of each place (N,) [-]."""
        return _logsum(self.log_weight, 1)


@dataclass(frozen=True)
class Bench:
    """What stays the same through a search: the record prepared for the kernel. SI; see `kernel.weigh`."""

    record: Record
    tables: Axes
    levels: Array
    ground: Array
    narrow: Array
    quiet: Array
    scale_prior: Array
    temper: float

    def weigh(
        self,
        places: Places,
        hypotheses: Hypotheses,
        scales: slice = slice(None),
        rates: int = 5,
        step: float = 0.4,
        least: float = -1e300,
    ) -> Weighed:
        """Weigh places [m] under hypotheses [-].

        scales [-]: which of SCALES. rates [-] and step [-] of the ladder in ln rate. least [-]: evidence of which a place must be capable.
        """
        out = np.empty((len(places), len(hypotheses.lag), 4))
        spots = np.column_stack([places.x, places.y, places.z, 0.25 * places.half_x * places.half_y])
        hows = np.column_stack([hypotheses.width, hypotheses.meander**2, np.cos(hypotheses.turn), np.sin(hypotheses.turn)])
        narrow, quiet, prior = self.narrow[scales].copy(), self.quiet[scales].copy(), self.scale_prior[scales].copy()
        r = self.record

        def part(which: slice) -> None:
            weigh(
                spots[which], r.sensors, self.tables.axis, self.tables.range_step, self.tables.widths, self.tables.distance_step,
                r.stability, r.spread, hows, hypotheses.lag, hypotheses.set, r.kind, self.levels, self.ground, narrow, quiet, prior,
                SOFTPLUS, self.temper, PRICE, rates, step, _RATE_CENTRE, _RATE_WIDTH, least, out[which],
            )  # fmt: skip

        _in_parts(part, len(places))
        return Weighed(places, hypotheses, *(np.ascontiguousarray(out[:, :, k]) for k in range(4)))


def _in_parts(part: Callable[[slice], None], count: int) -> None:
    edges = np.linspace(0, count, _THREADS + 1).astype(int)
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(part, [slice(a, b) for a, b in pairwise(edges)]))


def bench(case: LeakInput, record: Record) -> Bench:
    """Prepare a record for the kernel."""
    e = case.extent
    xs = [e.x_min_m, e.x_max_m, *record.sensors[:, 0]]
    ys = [e.y_min_m, e.y_max_m, *record.sensors[:, 1]]
    tables = axes(record, 1.02 * float(np.hypot(max(xs) - min(xs), max(ys) - min(ys))) + 10.0)
    levels = np.ascontiguousarray(record.level - np.log1p(record.background / record.scale))
    narrow = 1.0 / (4.0 * SCALES**2)
    found = np.where(
        record.kind == MEASURED, levels, np.where(record.kind == 3, np.maximum(levels, 0.0), np.minimum(levels, 0.0))
    )
    found = np.where(record.kind == 0, 0.0, found).reshape(-1)
    quiet = np.log1p(found[None, :] ** 2 * narrow[:, None])
    temper = _temper(record)
    measured = int((record.kind == MEASURED).sum())
    prior = _SCALE_PRIOR - temper * (measured * np.log(SCALES) + 2.5 * quiet.sum(axis=1))
    return Bench(record, tables, levels, np.log(record.scale + record.background), narrow, quiet, prior - _logsum(prior), temper)


def _temper(record: Record) -> float:
    hit = record.is_hit
    seen = int(hit.any(axis=0).sum() + hit.any(axis=1).sum())
    return TEMPER * min(1.0, _SHARED * seen / max(1, int(hit.sum())))


def _logsum(values: Array, axis: int | None = None) -> Array:
    top = values.max(axis=axis, keepdims=True)
    out = np.log(np.exp(values - top).sum(axis=axis, keepdims=True)) + top
    return np.asarray(out.squeeze(axis) if axis is not None else out.squeeze())


def log_evidence(found: Weighed) -> float:
    """ln of how much likelier the record is with a leak than without [-]."""
    return float(_logsum(found.log_weight))


def units(case: LeakInput) -> Places:
    """Every unit, with its share of the prior."""
    weight = np.array([u.weight for u in case.equipment])
    x, y, z = np.array([[u.x_m, u.y_m, u.z_m] for u in case.equipment]).reshape(-1, 3).T
    prior = np.log(_UNITS_SHARE * weight / weight.sum()) if len(weight) else weight
    return Places(x, y, z, np.zeros(len(x)), np.zeros(len(x)), np.arange(len(x)), prior)


def lattice_shape(extent: Extent) -> tuple[int, int]:
    """Cells of the first lattice along x and y [-] over an extent [m]: about square."""
    wide, high = extent.x_max_m - extent.x_min_m, extent.y_max_m - extent.y_min_m
    step = max(wide, high) / _CELLS
    return max(1, round(wide / step)), max(1, round(high / step))


def lattice(case: LeakInput) -> Places:
    """The first lattice over the site, with its share of the prior."""
    e = case.extent
    nx, ny = lattice_shape(e)
    half_x, half_y = 0.5 * (e.x_max_m - e.x_min_m) / nx, 0.5 * (e.y_max_m - e.y_min_m) / ny
    gx, gy = np.meshgrid(e.x_min_m + (2 * np.arange(nx) + 1) * half_x, e.y_min_m + (2 * np.arange(ny) + 1) * half_y)
    share = 1.0 - _UNITS_SHARE if case.equipment else 1.0
    n = nx * ny
    z, wide, high = (np.full(n, v) for v in (case.source_height_m, half_x, half_y))
    return Places(gx.reshape(-1), gy.reshape(-1), z, wide, high, np.full(n, -1), np.full(n, np.log(share / n)))


def _split(cells: Places) -> Places:
    k = _SPLIT
    shift = (2 * np.arange(k) + 1 - k) / k
    dx, dy = (g.reshape(-1) for g in np.meshgrid(shift, shift))
    x = (cells.x[:, None] + cells.half_x[:, None] * dx).reshape(-1)
    y = (cells.y[:, None] + cells.half_y[:, None] * dy).reshape(-1)
    rest = (cells.z, cells.half_x / k, cells.half_y / k, cells.unit, cells.log_prior - np.log(k * k))
    return Places(x, y, *(np.repeat(v, k * k) for v in rest))


def joined(*parts: Places) -> Places:
    """Places after one another."""
    return Places(*(np.concatenate([getattr(part, field) for part in parts]) for field in _COLUMNS))


_BROAD = slice(1, 3)  # scales of the first look
_FAR = 16.0  # ln of probability below the best at which a place is given up
_MOST_HYPOTHESES, _MOST_SPLIT, _MOST_UNITS, _MOST_CELLS = 18, 60, 60, 260


def search(case: LeakInput, table: Bench, rough: Bench) -> Weighed:
    """The posterior over units and cells (fine where it matters) and hypotheses (those that matter).

    rough: the record in fewer blocks, by which places and hypotheses are given up; `table` weighs those that stay.
    """
    few = first_look(case.is_urban)
    spots = rough.weigh(units(case), few, _BROAD, 4, 0.6)
    least = _top(spots) - 25.0 if len(spots.places) else -1.0
    cells = rough.weigh(lattice(case), few, _BROAD, 4, 0.6, least)
    hypotheses = _likely(rough, joined(_leading(spots, 9), _leading(cells, 5)), case.is_urban)
    for _ in range(_LEVELS):
        near = _worth(cells, max(_top(cells), _top(spots)), 784)
        if len(near) > _MOST_SPLIT:
            break
        some = hypotheses.chosen(np.arange(min(6, len(hypotheses.lag))))
        cells = rough.weigh(_split(cells.places.chosen(near)), some, _BROAD, 4, 0.6)
    if not table.record.is_hit.any():
        hypotheses = few  # nothing to tell them apart
    best = max(_top(cells), _top(spots))
    places = [spots.places.chosen(_worth(spots, best, _MOST_UNITS)), cells.places.chosen(_worth(cells, best, _MOST_CELLS))]
    return table.weigh(joined(*places), hypotheses)


def _top(weighed: Weighed) -> float:
    return float(weighed.by_place.max()) if len(weighed.places) else -np.inf


def _leading(weighed: Weighed, count: int) -> Places:
    return weighed.places.chosen(np.argsort(-weighed.by_place, kind="stable")[:count])


def _worth(weighed: Weighed, best: float, most: int) -> NDArray[np.int64]:
    """Indices of the places that are near enough to the best, the likeliest first, `most` of them."""
    score = weighed.by_place
    order = np.argsort(-score, kind="stable")[:most]
    return order[(score[order] > best - _FAR) | (np.arange(len(order)) < 12)]


def _likely(table: Bench, places: Places, is_urban: bool | None) -> Hypotheses:
    """Of all hypotheses those that carry nearly all the probability, the likeliest first."""
    every = all_of(is_urban)
    weighed = table.weigh(places, every, slice(None), 4, 0.6)
    score = _logsum(weighed.log_weight, 0)
    order = np.argsort(-score, kind="stable")
    share = np.cumsum(np.exp(score[order] - score.max()))
    count = int(np.searchsorted(share / share[-1], 0.97)) + 1
    return every.chosen(order[: min(count, _MOST_HYPOTHESES)])
