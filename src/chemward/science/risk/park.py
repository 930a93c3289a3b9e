"""Risk of a park: individual risk on a raster, the F-N bins and the expected deaths, from events at release points.

Release points are taken in chunks, so that memory does not grow with their number; threads share the points of a chunk, then the
rows of the raster. Every node sums the points in their order: the result does not depend on the number of threads.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.effects import Event
from chemward.science.risk.kernel.raster import read_ring, refine
from chemward.science.risk.kernel.sweep import sweep
from chemward.science.risk.loads import Loads, pack
from chemward.science.risk.polar import PolarGrid
from chemward.science.risk.rose import Rose, Turning, turning

Doubles = NDArray[np.float64]

CHUNK = 256  # release points whose polar tables are held at a time (94 MB)
FEW = 150  # up to so many release points there is time for half degrees
TASK = 8  # release points a thread takes at a time
FINENESS = 17.0  # a lattice is fit from this many of its spacings away from a source
BLEND = 1.5  # a ring of distances blends into the next over this ratio
LEVELS = 4  # lattices beyond the raster itself, each of twice the spacing
MARGIN = 4  # spacings of the coarsest lattice by which lattices reach beyond the raster


@dataclass(frozen=True)
class Raster:
    """Square cells over a site: the middle of cell (row i, column j) lies at (west + (j + ½) cell, south + (i + ½) cell) [m].

    west, south, cell [m]; columns, rows [-].
    """

    west: float
    south: float
    cell: float
    columns: int
    rows: int

    @cached_property
    def x(self) -> Doubles:
        """Middles of the columns, shape (columns,) [m]."""
        return np.asarray(self.west + (np.arange(self.columns) + 0.5) * self.cell)

    @cached_property
    def y(self) -> Doubles:
        """Middles of the rows, shape (rows,) [m]."""
        return np.asarray(self.south + (np.arange(self.rows) + 0.5) * self.cell)

    def farthest(self, x: float, y: float) -> float:
        """Distance from (x, y) [m] to the farthest middle of a cell [m]."""
        return math.hypot(max(abs(self.x[0] - x), abs(self.x[-1] - x)), max(abs(self.y[0] - y), abs(self.y[-1] - y)))


@dataclass(frozen=True)
class People:
    """Where people are. places (n, 3): x, y, side of the square that they are spread over [m].

    Heads (n, 2 · periods) [persons]: outdoors and indoors in each period.
    """

    places: Doubles
    heads: Doubles

    @classmethod
    def nobody(cls, periods: int = 1) -> People:
        """Nobody anywhere, in that many [-] periods."""
        return cls(np.zeros((0, 3)), np.zeros((0, 2 * periods)))


def default_edges() -> Doubles:
    """Edges of the F-N bins [persons], rising: 40 a decade from 0.01 to 1e6, and the whole numbers up to 20."""
    decades = np.round(10.0 ** (np.arange(-80, 241) / 40.0), 10)
    return np.unique(np.concatenate([decades, np.arange(1.0, 21.0)]))


@dataclass(frozen=True)
class Setting:
    """What all release points share: polar grid, wind roses (rose 0 is the plain one), people, edges of the F-N bins [persons].

    roses (roses, periods, weathers, sectors) [-]: joint share of the wind; pencils [-]: wind along the middle of sectors only.
    """

    grid: PolarGrid
    roses: Doubles
    pencils: bool
    people: People
    edges: Doubles
    degrees_per_direction: int = 5

    @cached_property
    def turning(self) -> Turning:
        """How the rose lies on the grid."""
        return turning(self.grid, self.roses.shape[3], self.pencils, self.degrees_per_direction)

    @property
    def weathers(self) -> int:
        """How many weathers there are [-]."""
        return int(self.roses.shape[2])

    @cached_property
    def kernel_grid(self) -> tuple[Any, ...]:
        """The grid as the kernel reads it."""
        g = self.grid
        return g.inner, g.ratio, g.radii, g.squared, g.shift, g.blend, g.spread, g.variance

    @cached_property
    def kernel_rose(self) -> tuple[Any, ...]:
        """The rose as the kernel reads it."""
        t = self.turning
        return (
            np.ascontiguousarray(self.roses, np.float32),
            t.sector_of,
            t.edge_start,
            t.right_tail,
            t.left_tail,
            t.left_skip,
            t.fractions,
            t.bin_sectors,
            t.bin_shares,
            t.stride,
            t.width,
            float(t.density),
            t.pencil_at,
        )


@dataclass(frozen=True)
class ParkRisk:
    """What the sweep finds. individual (rows, columns) [1/a].

    Bins (sites, edges, 2): F-N bins of each release point, frequency [1/a] and frequency times deaths; expected (events,) [1/a]:
    expected deaths of each event.
    """

    individual: Doubles
    bins: Doubles
    expected: Doubles


def setting_for(
    events: Sequence[Event],
    sites: Doubles,
    rose: Rose,
    raster: Raster,
    people: People,
    own_roses: Sequence[Doubles] = (),
    edges: Doubles | None = None,
) -> Setting:
    """The setting that reaches as far as any effect, but no farther than raster and people.

    sites (n, 2) [m]; own_roses: further roses (periods, weathers, sectors) [-] of events with rose 1, 2, …; edges [persons] of
    the F-N bins.
    """
    reach = max((layer.reach for event in events for layer in event.layers), default=0.0)
    need = max((raster.farthest(x, y) for x, y in sites), default=0.0)
    if people.places.shape[0] and len(sites):
        px, py = people.places[:, 0], people.places[:, 1]
        need = max(need, max(float(np.hypot(px - x, py - y).max()) for x, y in sites) + float(people.places[:, 2].max()))
    inner = min(4.0, raster.cell / 2)
    outer = max(min(reach, need) * 1.1, 50 * inner)
    azimuths = 1440 if rose.pencils else 720 if len(sites) <= FEW else 360  # a pencil shows every plume's flank as it is
    grid = PolarGrid.spanning(inner, outer, 128, azimuths)
    return Setting(grid, np.stack([rose.share, *own_roses]), rose.pencils, people, default_edges() if edges is None else edges)


def assess(events: Sequence[Event], sites: Doubles, raster: Raster, setting: Setting, threads: int | None = None) -> ParkRisk:
    """Individual risk on the raster, F-N bins and expected deaths of events at release points, sites (n, 2) [m].

    threads [-]: how many work at it, by default as many as there are processors. Source: CPR 18E (Purple Book) 6.2 to 6.4; AQ/T
    3046-2013 ch. 11.
    """
    return assess_kept(events, sites, raster, setting, threads)[0]


def assess_kept(
    events: Sequence[Event], sites: Doubles, raster: Raster, setting: Setting, threads: int | None = None
) -> tuple[ParkRisk, Lattices]:
    """As `assess`, and the sums from which a change can start; sites (n, 2) [m], threads [-]."""
    points = np.ascontiguousarray(sites, float).reshape(-1, 2)
    lattices = Lattices(raster)
    bins = np.zeros((len(points), setting.edges.size, 2))
    expected = np.zeros(len(events))
    owners = _by_site(events, len(points))
    workers = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        chunk = CHUNK * 360 // setting.grid.azimuths
        for first in range(0, len(points), chunk):
            last = min(first + chunk, len(points))
            numbers = [n for site in range(first, last) for n in owners[site]]
            part = [_moved(events[n], first) for n in numbers]
            found = polar_risk(part, points[first:last], setting, pool)
            bins[first:last], expected[numbers] = found.bins, found.expected
            lattices.add(found, pool, workers)
    return ParkRisk(lattices.raster_values(), bins, expected), lattices


def _by_site(events: Sequence[Event], sites: int) -> list[list[int]]:
    owners: list[list[int]] = [[] for _ in range(sites)]
    for n, event in enumerate(events):
        owners[event.site].append(n)
    return owners


def _moved(event: Event, first: int) -> Event:
    if first == 0:
        return event
    return Event(event.site - first, event.frequency, event.layers, event.by_weather, event.rose)


@dataclass(frozen=True)
class PolarRisk:
    """Risk about release points, sites (n, 2) [m], on their polar grids.

    tables (n, azimuths + 1, 2 rings − 1) [1/a]: individual risk, the first bearing again at the end; reach (n,) [m]: beyond it a
    table is empty; bins (n, edges, 2), expected (events,): as in `ParkRisk`.
    """

    sites: Doubles
    grid: PolarGrid
    tables: NDArray[np.float32]
    reach: Doubles
    bins: Doubles
    expected: Doubles


def polar_risk(events: Sequence[Event], sites: Doubles, setting: Setting, pool: ThreadPoolExecutor | None = None) -> PolarRisk:
    """Risk about each release point, sites (n, 2) [m], from the events there, whose numbers of site are rows of sites."""
    loads = pack(events, len(sites), setting.weathers, setting.grid)
    grid = setting.grid
    tables = np.empty((len(sites), grid.azimuths + 1, 2 * grid.rings - 1), np.float32)
    bins = np.zeros((len(sites), setting.edges.size, 2))
    expected = np.zeros(max(loads.events, 1))
    people = _kernel_people(setting, loads)
    has_people = bool(setting.people.heads.any())
    shared = loads.effects, loads.rings, setting.kernel_grid, setting.kernel_rose, people, sites, has_people

    def work(first: int) -> None:
        sweep(first, min(first + TASK, len(sites)), *shared, tables, bins, expected)

    _spread(work, range(0, len(sites), TASK), pool)
    reach = grid.inner * grid.ratio ** np.asarray(loads.effects[15], float)
    return PolarRisk(sites, grid, tables, reach, bins, expected[: loads.events])


def _kernel_people(setting: Setting, loads: Loads) -> tuple[Any, ...]:
    people = setting.people
    return (
        np.ascontiguousarray(people.places, float),
        np.ascontiguousarray(people.heads, float),
        loads.classes,
        np.ascontiguousarray(setting.edges, float),
    )


def _spread(work: Callable[[int], None], items: Iterable[int], pool: ThreadPoolExecutor | None) -> None:
    if pool is None:
        for item in items:
            work(item)
    else:
        for done in pool.map(work, items):
            del done


class Lattices:
    """Sums of polar tables on lattices of 1, 2, 4 … cells, all with one origin; see `kernel.raster`."""

    def __init__(self, raster: Raster) -> None:
        self.raster = raster
        longest = max(raster.columns, raster.rows)
        self.levels = min(LEVELS, max(0, int(math.log2(max(longest / (2 * FINENESS), 1.0))) + 1))
        self.margin = MARGIN * 2**self.levels if self.levels else 0
        coarsest = 2**self.levels
        columns = -(-(raster.columns + 2 * self.margin) // coarsest) * coarsest + 1
        rows = -(-(raster.rows + 2 * self.margin) // coarsest) * coarsest + 1
        self.sums = [np.zeros(((rows - 1) // 2**k + 1, (columns - 1) // 2**k + 1)) for k in range(self.levels + 1)]

    def add(self, polar: PolarRisk, pool: ThreadPoolExecutor | None = None, workers: int = 1) -> None:
        """Add what the polar tables say; workers [-] threads of the pool share the rows."""
        tasks = []
        for level, out in enumerate(self.sums):
            rows = max(1, -(-out.shape[0] // (4 * workers)))
            tasks += [(level, row, rows) for row in range(0, out.shape[0], rows)]
        _spread(lambda task: self._read(polar, *tasks[task]), range(len(tasks)), pool)

    def _read(self, polar: PolarRisk, level: int, row: int, rows: int) -> None:
        out, cell = self.sums[level], self.raster.cell
        spacing = cell * 2**level
        x0, y0 = self.raster.x[0] - self.margin * cell, self.raster.y[0] - self.margin * cell
        low = FINENESS * spacing if level else 0.0
        outer = 2 * FINENESS * spacing if level < self.levels else math.inf
        begin, end, left, right = row, min(row + rows, out.shape[0]), 0, out.shape[1]
        if level == 0:  # the margin is for midpoints of coarser lattices only
            begin, end = max(begin, self.margin), min(end, self.margin + self.raster.rows)
            left, right = self.margin, self.margin + self.raster.columns
        read_ring(
            polar.tables, polar.sites, polar.reach, polar.grid.inner, 0.5 * math.log2(polar.grid.ratio), x0, y0, spacing,
            low, low * BLEND, outer, outer * BLEND, begin, end, left, right, out,
        )  # fmt: skip

    def copy(self) -> Lattices:
        """The same sums, to be changed."""
        other = Lattices(self.raster)
        other.sums = [level.copy() for level in self.sums]
        return other

    def raster_values(self) -> Doubles:
        """Sums on the raster, shape (rows, columns) [1/a]."""
        sums = [level.copy() for level in self.sums]
        for level in range(self.levels, 0, -1):
            refine(sums[level], sums[level - 1])
        m = self.margin
        return np.maximum(sums[0][m : m + self.raster.rows, m : m + self.raster.columns], 0.0)
