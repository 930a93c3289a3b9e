"""The sweep over release points: strips, their sum before turning, the turn, and the F-N bins, one point after the other."""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled
from chemward.science.risk.kernel.people import count, deposit, enter, fold, lay_out
from chemward.science.risk.kernel.strips import disc, field, plume
from chemward.science.risk.kernel.turn import add, tails, turn, turn_pencils, unfold

PLUME, DISC, FIELD = 0, 1, 2

# What is known of the effects, of the grid, of the rose and of the people, as tuples of arrays: see `risk/loads.py` for names and shapes.
_i, _f, _d = "int32[::1]", "float32[::1]", "float64[::1]"
EFFECTS = (
    f"Tuple(({_i}, {_i}, {_i}, {_i}, {_i}, {_i}, {_i}, float32[:,::1], {_f}, float32[:,:,::1], float32[:,:,::1], "
    f"float32[:,:,::1], float32[:,:,::1], float32[:,:,:,::1], float32[:,:,::1], {_i}))"
)
RINGS = f"Tuple(({_i}, {_i}, {_i}, {_i}, {_i}, {_f}, {_f}, float32[:,::1]))"
GRID = f"Tuple((float64, float64, {_f}, {_f}, {_i}, {_f}, {_f}, {_f}))"
ROSE = (
    f"Tuple((float32[:,:,:,::1], {_i}, {_i}, {_i}, {_i}, {_i}, {_f}, int32[:,::1], float32[:,::1], int64, int64, float64, {_i}))"
)
PEOPLE = "Tuple((float64[:,::1], float64[:,::1], float32[:,::1], float64[::1]))"


@compiled(f"int64({EFFECTS}, int64, int64, {GRID}, float32[:,::1], {_i}, {_i})")
def strip_of(effects, n, w, grid, out, low, high):  # type: ignore[no-untyped-def]
    """Strip of effect n in weather w: how many angles it reaches; out, low and high as in `kernel.strips`."""
    kind, k = effects[1], effects[2][n]
    plume_a, plume_b, discs, disc_shape, fields, field_shape = (
        effects[9],
        effects[10],
        effects[11],
        effects[12],
        effects[13],
        effects[14],
    )
    ratio, radii, squared, shift, blend, spread, variance = grid[1], grid[2], grid[3], grid[4], grid[5], grid[6], grid[7]
    angle = np.float32(math.pi / (out.shape[0] - 1))
    if kind[n] == PLUME:
        return plume(plume_a[k, w], plume_b[k, w], shift, blend, spread, variance, squared, out, low, high)
    if kind[n] == DISC:
        step, centre = disc_shape[k, w, 0], disc_shape[k, w, 1]
        if step <= 0:
            return 0
        return disc(discs[k, w], step, centre, radii, np.float32(ratio), angle, out, low, high)
    x0, dx, dy = field_shape[k, w, 0], field_shape[k, w, 1], field_shape[k, w, 2]
    if dx <= 0:
        return 0
    return field(fields[k, w], x0, dx, dy, radii, angle, out, low, high)


@compiled(
    f"void(int64, {RINGS}, float32[:,:,:,::1], float32[:,::1], int64, boolean, {_d}, float64, float64, float32[:,::1], float64[:,::1], {_d})"
)
def add_rings(s, rings, roses, sums, periods, has_people, edges, log_edge, per_log, risk, bins, expected):  # type: ignore[no-untyped-def]
    """Add the effects that know no wind: one row of death probability over the rings each."""
    starts, beta_class, rose_of, follows, event, weight, beta, tables = rings
    azimuths = risk.shape[0]
    row = np.zeros(risk.shape[1], np.float32)
    dead, share = np.zeros(1, np.float32), np.zeros(1, np.float32)
    killed = np.zeros(periods, np.float32)
    for n in range(starts[s], starts[s + 1]):
        add(row, tables[n], row.size, weight[n] * beta[n] * roses[rose_of[n]].sum())
        if not has_people:
            continue
        if not follows[n]:
            killed[:] = np.float32(0.0)
        for p in range(periods):
            people = sums[beta_class[n] * periods + p]
            for j in range(row.size):
                killed[p] += tables[n, j] * people[j]
        if n + 1 < starts[s + 1] and follows[n + 1]:
            continue
        for p in range(periods):
            dead[0], share[0] = killed[p], roses[rose_of[n], p].sum()
            expected[event[n]] += enter(dead, share, weight[n], edges, log_edge, per_log, bins)
    for i in range(azimuths):
        add(risk[i], row, row.size, np.float32(1.0))


@compiled(
    f"void(int64, int64, {EFFECTS}, {RINGS}, {GRID}, {ROSE}, {PEOPLE}, float64[:,::1], boolean, float32[:,:,::1], float64[:,:,::1], {_d})"
)
def sweep(first, last, effects, rings, grid, rose, people, sites, has_people, risk, bins, expected):  # type: ignore[no-untyped-def]
    """Fill risk, bins and expected of the release points first … last − 1.

    risk (sites, azimuths + 1, 2 rings − 1) [1/a]: individual risk about each point, its first bearing again at the end. bins
    (sites, edges, 2): F-N bins, see `enter`. expected (events,) [1/a]: expected deaths of each event. Rows of other points are
    not touched.
    """
    starts, beta_class, rose_of, follows = effects[0], effects[3], effects[4], effects[5]
    event, weight, beta, reaches = effects[6], effects[7], effects[8], effects[15]
    inner, ratio, radii = grid[0], grid[1], grid[2]
    (
        roses,
        sector_of,
        edge_start,
        right_tail,
        left_tail,
        left_skip,
        fractions,
        bin_sectors,
        bin_shares,
        stride,
        width,
        density,
        pencil_at,
    ) = rose
    places, heads, classes, edges = people
    periods, weathers, sectors = roses.shape[1], roses.shape[2], roses.shape[3]
    azimuths, half, ring_count = sector_of.size, sector_of.size // 2 + 1, radii.size
    directions = bin_sectors.shape[0]
    pad = (half + stride) // stride + 1
    strip = np.zeros((half, ring_count), np.float32)
    total = np.zeros((half, ring_count), np.float32)
    tail = np.zeros((fractions.size, half, ring_count), np.float32)
    whole = np.zeros(ring_count, np.float32)
    low, high, reach = np.zeros(half, np.int32), np.zeros(half, np.int32), np.zeros(half, np.int32)
    crowd = np.zeros((heads.shape[1], ring_count, azimuths), np.float32)
    fine_crowd = np.zeros((heads.shape[1], 2 * ring_count - 1, azimuths), np.float32)
    around = np.zeros((azimuths, ring_count), np.float32)
    laid = np.zeros((classes.shape[0] * periods, ring_count, stride, directions + 2 * pad), np.float32)
    sums = np.zeros((classes.shape[0] * periods, ring_count), np.float32)
    deaths = np.zeros((periods, directions), np.float32)
    shares = np.zeros(directions, np.float32)
    needed = np.zeros(classes.shape[0], np.bool_)
    mean_rose = np.zeros(sectors, np.float32)
    log_ratio = math.log(ratio)
    log_edge, per_log = math.log(edges[0]), (edges.size - 1) / max(math.log(edges[-1] / edges[0]), 1e-9)
    for s in range(first, last):
        around[:, :] = np.float32(0.0)
        if has_people:
            deposit(sites[s, 0], sites[s, 1], places, heads, inner, 0.5 * log_ratio, 2 * reaches[s] + 1, fine_crowd)
            fold(fine_crowd, reaches[s], crowd)
            needed[:] = False
            for n in range(starts[s], starts[s + 1]):
                needed[beta_class[n]] = True
            for n in range(rings[0][s], rings[0][s + 1]):
                needed[rings[1][n]] = True
            for c in range(classes.shape[0]):
                for p in range(periods if needed[c] else 0):
                    lay_out(
                        crowd[2 * p],
                        crowd[2 * p + 1],
                        reaches[s],
                        classes[c, 0],
                        classes[c, 1],
                        stride,
                        width,
                        laid[c * periods + p],
                        sums[c * periods + p],
                    )
        begin, end = starts[s], starts[s + 1]
        while begin < end:
            stop = begin
            while stop < end and rose_of[stop] == rose_of[begin]:
                stop += 1
            own = roses[rose_of[begin]]
            for w in range(weathers):
                for k in range(sectors):
                    share = np.float32(0.0)
                    for p in range(periods):
                        share += own[p, w, k]
                    mean_rose[k] = share * np.float32(density)
                if mean_rose.max() <= 0:
                    continue
                used = 0
                for n in range(begin, stop):
                    if weight[n, w] <= 0:
                        angles = 0
                    else:
                        angles = strip_of(effects, n, w, grid, strip, low, high)
                    times = weight[n, w] * beta[n]
                    for d in range(angles):
                        if high[d] > low[d]:
                            add(total[d, low[d] :], strip[d, low[d] :], high[d] - low[d], times)
                    if times > 0:
                        used = max(used, angles)
                    if not has_people:
                        continue
                    if not follows[n]:
                        deaths[:, :] = np.float32(0.0)
                    for p in range(periods):
                        c = beta_class[n] * periods + p
                        count(strip, angles, low, high, laid[c], sums[c], half, deaths[p])
                    if n + 1 < stop and follows[n + 1]:
                        continue
                    for p in range(periods):
                        for i in range(directions):
                            shares[i] = (
                                bin_shares[i, 0] * own[p, w, bin_sectors[i, 0]] + bin_shares[i, 1] * own[p, w, bin_sectors[i, 1]]
                            )
                        expected[event[n]] += enter(deaths[p], shares, weight[n, w], edges, log_edge, per_log, bins[s])
                if used == 0:
                    continue
                if pencil_at.size:
                    turn_pencils(total, used, mean_rose, pencil_at, around)
                else:
                    tails(total, used, fractions, tail, whole, reach)
                    turn(tail, used, whole, reach, mean_rose, sector_of, edge_start, right_tail, left_tail, left_skip, around)
                total[:used, :] = np.float32(0.0)
            begin = stop
        add_rings(s, rings, roses, sums, periods, has_people, edges, log_edge, per_log, around, bins[s], expected)
        unfold(around, risk[s])
