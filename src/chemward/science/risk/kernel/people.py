"""People on the polar grid and how many of them an effect kills, for every direction of the wind."""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled

_row = "float32[::1]"
_table = "float32[:,::1]"
_cube = "float32[:,:,::1]"
_index = "int32[::1]"


@compiled(f"void(float64, float64, float64[:,::1], float64[:,::1], float64, float64, int64, {_cube})")
def deposit(x, y, places, heads, inner, log_ratio, reach, out):  # type: ignore[no-untyped-def]
    """Spread people over the nodes of the polar grid about (x, y) [m]: out (channels, rings, azimuths) is set.

    places (n, 3): x, y, side of a square [m]; heads (n, channels) [persons]. Each node gets the share that the same linear
    reading of a table between nodes would give it, so that the sum of people times risk is the same on both grids. A square that
    is large seen from here is split. Only the first `reach` [-] rings are set; who is farther is not reached by anything.
    """
    channels, azimuths = out.shape[0], out.shape[2]
    rings = min(reach, out.shape[1])
    out[:, :rings, :] = np.float32(0.0)
    limit = inner * math.exp(log_ratio * (rings - 1))
    for i in range(places.shape[0]):
        dx, dy, side = places[i, 0] - x, places[i, 1] - y, places[i, 2]
        away = math.sqrt(dx * dx + dy * dy)
        if away > limit + 0.71 * side:
            continue
        parts = 1 if side <= 0 else min(16, 1 + int(side / max(0.07 * away, side / 16)))
        share = 1.0 / (parts * parts)
        for p in range(parts):
            for q in range(parts):
                px = dx + side * ((p + 0.5) / parts - 0.5)
                py = dy + side * ((q + 0.5) / parts - 0.5)
                ring = max(0.5 * math.log(max(px * px + py * py, 1e-12)) - math.log(inner), 0.0) / log_ratio
                if ring > rings - 1:
                    continue
                turn = math.atan2(px, py) / (2 * math.pi) * azimuths
                j, k = min(int(ring), rings - 2), math.floor(turn)
                u, v = ring - j, turn - k
                k0, k1 = int(k) % azimuths, int(k + 1) % azimuths
                for c in range(channels):
                    n = heads[i, c] * share
                    if n > 0:
                        out[c, j, k0] += np.float32(n * (1 - u) * (1 - v))
                        out[c, j, k1] += np.float32(n * (1 - u) * v)
                        out[c, j + 1, k0] += np.float32(n * u * (1 - v))
                        out[c, j + 1, k1] += np.float32(n * u * v)


@compiled(f"void({_cube}, int64, {_cube})", fast=True)
def fold(fine, reach, out):  # type: ignore[no-untyped-def]
    """People on rings twice as dense (channels, 2 rings − 1, azimuths) brought to the rings, out (channels, rings, azimuths) [persons].

    Only the first `reach` [-] rings are set, from the first 2 reach + 1 of the dense ones. The transpose of `turn.unfold`: people
    times risk is the same before and after.
    """
    rings = out.shape[1]
    last = min(reach + 1, rings)
    for c in range(out.shape[0]):
        for j in range(last):
            for i in range(out.shape[2]):
                out[c, j, i] = fine[c, 2 * j, i]
        for j in range(last - 1):
            rim = j == 0 or j == rings - 2
            inside, beyond = (np.float32(0.5), np.float32(0.0)) if rim else (np.float32(0.5625), np.float32(-0.0625))
            for i in range(out.shape[2]):
                n = fine[c, 2 * j + 1, i]
                out[c, j, i] += inside * n
                out[c, j + 1, i] += inside * n
                if not rim:
                    out[c, j - 1, i] += beyond * n
                    if j + 2 < last:
                        out[c, j + 2, i] += beyond * n


@compiled(f"void({_table}, {_table}, int64, float32, float32, int64, int64, {_cube}, {_row})", fast=True)
def lay_out(outdoors, indoors, reach, of_outdoors, of_indoors, stride, width, out, rings_sum):  # type: ignore[no-untyped-def]
    """People of one class of harm laid out for counting: out (rings, stride, directions + 2 pad), rings_sum (rings,) [persons].

    outdoors, indoors (rings, azimuths) [persons], the first `reach` [-] rings of them, count with of_outdoors, of_indoors [-],
    and are averaged over `width` [-] azimuths about each bearing. out[r, phase, pad + i] stands for bearing stride · i + phase: a
    turn by some azimuths is a shift within one row.
    """
    azimuths = outdoors.shape[1]
    rings_sum[:] = np.float32(0.0)
    directions = azimuths // stride
    pad = (out.shape[2] - directions) // 2
    mean = np.empty(azimuths, np.float32)
    side = width // 2
    round_ = np.empty(azimuths + 2 * side, np.float32)
    for r in range(reach):
        outside, inside = outdoors[r], indoors[r]
        total = np.float32(0.0)
        for i in range(azimuths):
            mean[i] = of_outdoors * outside[i] + of_indoors * inside[i]
            total += mean[i]
        rings_sum[r] = total
        if total == 0:
            continue
        round_[side : side + azimuths] = mean
        round_[:side] = mean[azimuths - side :]
        round_[side + azimuths :] = mean[:side]
        mean[:] = np.float32(0.0)
        for w in range(width):
            shifted = round_[w : w + azimuths]
            for i in range(azimuths):
                mean[i] += shifted[i]
        for i in range(azimuths):
            mean[i] /= np.float32(width)
        for phase in range(stride):
            for i in range(out.shape[2]):
                at = (stride * (i - pad) + phase) % azimuths
                out[r, phase, i] = mean[at]


@compiled(f"void({_table}, int64, {_index}, {_index}, {_cube}, {_row}, int64, {_row})", fast=True)
def count(strip, angles, low, high, people, rings_sum, half, deaths):  # type: ignore[no-untyped-def]
    """Add to deaths (directions,) [persons] the people times the death probability of a strip (angles off the wind, rings)."""
    stride = people.shape[1]
    directions = deaths.size
    pad = (people.shape[2] - directions) // 2
    widest, nearest = 0, rings_sum.size
    for d in range(angles):
        widest = max(widest, high[d])
        nearest = min(nearest, low[d])
    for r in range(nearest, widest):
        if rings_sum[r] == 0:
            continue
        for d in range(angles):
            if r < low[d] or r >= high[d]:
                continue
            p = strip[d, r]
            whole, phase = d // stride, d % stride
            ahead = people[r, phase, pad + whole : pad + whole + directions]
            if d == 0 or d == half - 1:
                for i in range(directions):
                    deaths[i] += p * ahead[i]
                continue
            back = pad - whole - (1 if phase else 0)
            behind = people[r, stride - phase if phase else 0, back : back + directions]
            for i in range(directions):
                deaths[i] += p * (ahead[i] + behind[i])


@compiled(f"float64({_row}, {_row}, float32, float64[::1], float64, float64, float64[:,::1])")
def enter(deaths, shares, frequency, edges, log_edge, per_log, out):  # type: ignore[no-untyped-def]
    """Enter events into the bins of an F-N curve; returns the expected deaths of all of them [1/a].

    deaths, shares (directions,): persons and joint share of the wind [-]; frequency [1/a]. edges (bins,) rising [persons];
    log_edge is the log of the first, per_log bins a unit of log, to guess with. out (bins, 2): frequency [1/a] and frequency
    times deaths of events that have at least edges[b] and less than edges[b + 1] deaths. Events below the first edge count for
    the expected deaths alone.
    """
    expected = 0.0
    bins = edges.size
    for i in range(deaths.size):
        f = np.float64(frequency) * shares[i]
        n = np.float64(deaths[i])
        if f == 0 or n <= 0:
            continue
        expected += f * n
        if n < edges[0]:
            continue
        at = min(int((math.log(n) - log_edge) * per_log), bins - 1)
        while at + 1 < bins and n >= edges[at + 1]:
            at += 1
        while at > 0 and n < edges[at]:
            at -= 1
        out[at, 0] += f
        out[at, 1] += f * n
    return expected
