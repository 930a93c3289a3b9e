"""The sums of `kernel/` in NumPy: slower, shorter, and equal to them (tests/science/risk/test_plain.py).

For machines without a compiler and for reading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.effects import Event
from chemward.science.risk.kernel.strips import FLOOR, FLOOR_PROBIT
from chemward.science.risk.kernel.sweep import DISC, PLUME
from chemward.science.risk.loads import Loads, pack
from chemward.science.risk.park import ParkRisk, Raster, Setting
from chemward.science.risk.polar import PolarGrid

Doubles = NDArray[np.float64]


def assess_plain(events: Sequence[Event], sites: Doubles, raster: Raster, setting: Setting) -> ParkRisk:
    """As `park.assess`: individual risk on the raster [1/a], F-N bins and expected deaths, of events at sites (n, 2) [m]."""
    loads = pack(events, len(sites), setting.weathers, setting.grid)
    individual = np.zeros((raster.rows, raster.columns))
    bins = np.zeros((len(sites), setting.edges.size, 2))
    expected = np.zeros(len(events))
    for s, site in enumerate(sites):
        table = np.zeros((setting.grid.azimuths, setting.grid.rings))
        crowd = people_about(site, setting)
        for rows, rose in _groups(loads, s):
            _add_group(loads, rows, rose, setting, crowd, table, bins[s], expected)
        _add_still(loads, s, setting, crowd, table, bins[s], expected)
        individual += read_table(unfolded(table), setting.grid, raster, site)
    return ParkRisk(np.maximum(individual, 0.0), bins, expected)


def _groups(loads: Loads, site: int) -> list[tuple[list[int], int]]:
    starts, roses = loads.effects[0], loads.effects[4]
    rows = range(starts[site], starts[site + 1])
    return [([n for n in rows if roses[n] == rose], int(rose)) for rose in sorted({roses[n] for n in rows})]


def _add_group(
    loads: Loads, rows: list[int], rose: int, setting: Setting, crowd: Doubles, table: Doubles, bins: Doubles, expected: Doubles
) -> None:
    _, _, _, class_of, _, follows, event, weight, beta = loads.effects[:9]
    own = setting.roses[rose]
    dead = np.zeros((own.shape[0], 0))
    for w in range(setting.weathers):
        total = np.zeros((setting.grid.half, setting.grid.rings))
        for i, n in enumerate(rows):
            strip = strip_of(loads, n, w, setting.grid) if weight[n, w] > 0 else np.zeros_like(total)
            total += weight[n, w] * beta[n] * strip
            killed = deaths_by_direction(strip, loads.classes[class_of[n]], crowd, setting)
            dead = dead + killed if follows[n] else killed
            if i + 1 == len(rows) or not follows[rows[i + 1]]:
                shares = direction_shares(own[:, w], setting)
                expected[event[n]] += enter(dead, shares * weight[n, w], setting.edges, bins)
        table += turned(total, own[:, w].sum(0), setting)


def _add_still(
    loads: Loads, site: int, setting: Setting, crowd: Doubles, table: Doubles, bins: Doubles, expected: Doubles
) -> None:
    starts, class_of, rose_of, follows, event, weight, beta, tables = loads.rings
    heads = crowd.reshape(-1, 2, *crowd.shape[1:]).sum(-1)
    dead = np.zeros(heads.shape[0])
    for n in range(starts[site], starts[site + 1]):
        rose = setting.roses[rose_of[n]]
        table += weight[n] * beta[n] * rose.sum() * tables[n]
        killed = np.tensordot(heads, loads.classes[class_of[n]], (1, 0)) @ tables[n]
        dead = dead + killed if follows[n] else killed
        if n + 1 == starts[site + 1] or not follows[n + 1]:
            expected[event[n]] += enter(dead[:, None], rose.sum((1, 2))[:, None] * weight[n], setting.edges, bins)


def strip_of(loads: Loads, n: int, w: int, grid: PolarGrid) -> Doubles:
    """Death probability (angles off the wind, rings) [-] of effect n [-] in weather w [-] on the grid, averaged over azimuth cells."""
    kind, k = loads.effects[1][n], loads.effects[2][n]
    if kind == PLUME:
        return plume_strip(loads.effects[9][k, w].astype(float), loads.effects[10][k, w].astype(float), grid)
    if kind == DISC:
        step, centre = loads.effects[12][k, w]
        return disc_strip(loads.effects[11][k, w], float(step), float(centre), grid)
    x0, dx, dy = loads.effects[14][k, w]
    return field_strip(loads.effects[13][k, w], float(x0), float(dx), float(dy), grid)


def plume_strip(a: Doubles, b: Doubles, grid: PolarGrid) -> Doubles:
    """Φ of the mean probit over the spread inside each azimuth cell, (half, rings) [-]; a [-], b [1/m²] (rings,) on the grid."""
    out = np.zeros((grid.half, grid.rings))
    alive = np.flatnonzero(a > FLOOR_PROBIT)
    if not alive.size:
        return out
    at = np.arange(grid.rings) - (grid.shift[:, None] + grid.blend[:, None])
    clipped = np.clip(at, 0, None)
    inside = (at <= alive[-1] + 1) & ((at > alive[0] - 1) if alive[0] else True)
    probit, fall = np.interp(clipped, np.arange(grid.rings), a), np.interp(clipped, np.arange(grid.rings), b)
    q = fall * grid.squared
    z = (probit - q * grid.spread[:, None] - 5.0) / np.sqrt(1.0 + q * q * grid.variance[:, None])
    out[: grid.quarter] = np.where(inside, _normal(z), 0.0)
    return np.where(out > FLOOR, out, 0.0)


def _normal(z: Doubles) -> Doubles:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def disc_strip(table: NDArray[np.float32], step: float, centre: float, grid: PolarGrid) -> Doubles:
    """Mean of 3 × 3 points in each cell of a circle whose middle lies centre [m] downwind, (half, rings) [-].

    table (n,) [-] at multiples of step [m].
    """
    if step <= 0:
        return np.zeros((grid.half, grid.rings))
    total = np.zeros((grid.half, grid.rings))
    for p in (-1, 0, 1):
        for q in (-1, 0, 1):
            rho = grid.radii * grid.ratio ** (p / 3)
            theta = ((np.arange(grid.half) + q / 3) * grid.step)[:, None]
            away = np.sqrt(np.maximum(rho**2 + centre**2 - 2 * rho * centre * np.cos(theta), 0.0)) / step
            total += np.interp(away, np.arange(table.size), table, right=0.0)
    return np.where(total / 9 > FLOOR, total / 9, 0.0)


def field_strip(table: NDArray[np.float32], x0: float, dx: float, dy: float, grid: PolarGrid) -> Doubles:
    """A table (nx, ny) [-] at x = x0 + i dx, y = j dy [m] read on the grid, (half, rings) [-]."""
    if dx <= 0:
        return np.zeros((grid.half, grid.rings))
    from scipy.ndimage import map_coordinates

    angle = np.arange(grid.half)[:, None] * grid.step
    fx, fy = (grid.radii * np.cos(angle) - x0) / dx, grid.radii * np.abs(np.sin(angle)) / dy
    inside = (fx >= 0) & (fx < table.shape[0] - 1) & (fy < table.shape[1] - 1)
    value = map_coordinates(table.astype(float), [np.where(inside, fx, 0.0), np.where(inside, fy, 0.0)], order=1)
    return np.where(inside & (value > FLOOR), value, 0.0)


def turned(total: Doubles, share: Doubles, setting: Setting) -> Doubles:
    """A table of angles off the wind (half, rings) turned by share (sectors,) [-] of the wind.

    (azimuths, rings), cell by cell of the wind.
    """
    t, azimuths = setting.turning, setting.grid.azimuths
    out = np.zeros((azimuths, total.shape[1]))
    both = np.concatenate([total, total[-2:0:-1]])
    if t.pencil_at.size:
        for k, p in enumerate(share):
            out += p * np.roll(both, t.pencil_at[k], 0)
        return out
    slope = 0.5 * (np.roll(both, -1, 0) - np.roll(both, 1, 0))
    wide = azimuths / share.size
    for k, p in enumerate(share):
        low, high = (k - 0.5) * wide, (k + 0.5) * wide
        for cell in range(math.floor(low - 0.5), math.ceil(high + 0.5) + 1):  # cells of wind: part of it in this sector
            a, b = max(low, cell - 0.5) - cell, min(high, cell + 0.5) - cell
            if b > a:  # wind from a to b about the middle of a cell sees the table from −b to −a
                out += p / wide * np.roll((b - a) * both + 0.5 * (a * a - b * b) * slope, cell, 0)
    return out


def people_about(site: NDArray[np.float64], setting: Setting) -> Doubles:
    """People about a site (2,) [m] on the nodes of the grid, (channels, rings, azimuths) [persons]."""
    from chemward.science.risk.kernel.people import deposit, fold

    grid, people = setting.grid, setting.people
    fine = np.zeros((people.heads.shape[1], 2 * grid.rings - 1, grid.azimuths), np.float32)
    out = np.zeros((people.heads.shape[1], grid.rings, grid.azimuths), np.float32)
    places, heads = np.ascontiguousarray(people.places, float), np.ascontiguousarray(people.heads, float)
    deposit(float(site[0]), float(site[1]), places, heads, grid.inner, 0.5 * math.log(grid.ratio), fine.shape[1], fine)
    fold(fine, grid.rings, out)
    return out.astype(float)


def deaths_by_direction(strip: Doubles, factors: NDArray[np.float32], crowd: Doubles, setting: Setting) -> Doubles:
    """Deaths (periods, directions) [persons] of a strip (half, rings) [-] among people (channels, rings, azimuths).

    factors (2,) [-] outdoors, indoors.
    """
    t, azimuths = setting.turning, setting.grid.azimuths
    heads = np.tensordot(crowd.reshape(-1, 2, *crowd.shape[1:]), factors, (1, 0))
    side = t.width // 2
    heads = np.sum([np.roll(heads, shift, -1) for shift in range(-side, side + 1)], 0) / t.width
    both = np.concatenate([strip, strip[-2:0:-1]])
    at = (np.arange(t.bin_sectors.shape[0]) * t.stride)[:, None] + np.arange(azimuths)
    return np.asarray(np.einsum("prda,ar->pd", heads[:, :, at % azimuths], both))


def direction_shares(own: Doubles, setting: Setting) -> Doubles:
    """Share of the wind (periods, directions) [-] in each direction of counting, from own (periods, sectors) [-]."""
    t = setting.turning
    return np.asarray((own[:, t.bin_sectors] * t.bin_shares).sum(-1))


def enter(dead: Doubles, frequency: Doubles, edges: Doubles, bins: Doubles) -> float:
    """Enter events of dead [persons] and frequency [1/a], one shape, into bins (edges, 2) of rising edges [persons].

    Their expected deaths [1/a].
    """
    alive = (dead > 0) & (frequency > 0)
    n, f = dead[alive], frequency[alive]
    at = np.searchsorted(edges, n, side="right") - 1
    for column, value in enumerate((f, f * n)):
        np.add.at(bins[:, column], at[at >= 0], value[at >= 0])
    return float((f * n).sum())


def unfolded(table: Doubles) -> Doubles:
    """A table (azimuths, rings) [1/a] on rings twice as dense, the first bearing again at the end."""
    rings = table.shape[1]
    out = np.zeros((table.shape[0], 2 * rings - 1))
    out[:, ::2] = table
    out[:, 1::2] = 0.5 * (table[:, :-1] + table[:, 1:])
    cubic = 0.5625 * (table[:, 1:-2] + table[:, 2:-1]) - 0.0625 * (table[:, :-3] + table[:, 3:])
    low, high = np.minimum(table[:, 1:-2], table[:, 2:-1]), np.maximum(table[:, 1:-2], table[:, 2:-1])
    out[:, 3:-2:2] = np.clip(cubic, low, high)
    return np.concatenate([out, out[:1]])


def read_table(table: Doubles, grid: PolarGrid, raster: Raster, site: NDArray[np.float64]) -> Doubles:
    """A dense table [1/a] of a site (2,) [m] read at every cell of the raster, (rows, columns) [1/a]."""
    dx, dy = raster.x[None, :] - site[0], raster.y[:, None] - site[1]
    ring = np.maximum(np.log(np.maximum(np.hypot(dx, dy), 1e-3) / grid.inner) / (0.5 * math.log(grid.ratio)), 0.0)
    around = np.arctan2(dx, dy) / (2 * math.pi) % 1.0 * grid.azimuths
    inside = ring < table.shape[1] - 1
    j, k = np.minimum(ring.astype(int), table.shape[1] - 2), np.minimum(around.astype(int), grid.azimuths - 1)
    u, v = ring - j, around - k
    near = table[k, j] * (1 - u) + table[k, j + 1] * u
    beside = table[k + 1, j] * (1 - u) + table[k + 1, j + 1] * u
    return np.where(inside, near * (1 - v) + beside * v, 0.0)
