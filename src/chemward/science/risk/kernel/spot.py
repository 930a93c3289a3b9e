"""Risk at single points from plumes, each direction of the wind by itself."""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled
from chemward.science.risk.kernel.strips import FLOOR_PROBIT, normal


@compiled("int64(float32[::1])")
def reached(a):  # type: ignore[no-untyped-def]
    """Number of rings [-] up to the last with a probit a (rings,) [-] that counts, and one beyond; 0 where there is none."""
    last = a.size - 1
    while last >= 0 and a[last] <= FLOOR_PROBIT:
        last -= 1
    return min(last + 2, a.size) if last >= 0 else 0


@compiled("float64(float32[::1], float32[::1], float64[::1], float64[::1], float32[::1], int64)")
def plume_at(a, b, ring, across, share, parts):  # type: ignore[no-untyped-def]
    """Share of the time [-] times death probability [-] at one point from one plume over all directions of the wind.

    a, b (rings,): A [-], B [1/m²]; ring (directions,) [-]: where the point lies on the axis, negative upwind; across
    (directions,) [m²]: square of its distance from it; share (sectors,) [-], each cut into parts [-] directions.
    """
    rings = reached(a)
    total = 0.0
    if rings < 2:
        return total
    for d in range(ring.size):
        at = ring[d]
        if at < 0 or at > rings - 1 or share[d // parts] == 0:
            continue
        j = min(int(at), rings - 2)
        u = at - j
        probit = a[j] + u * (a[j + 1] - a[j]) - (b[j] + u * (b[j + 1] - b[j])) * across[d]
        if probit > FLOOR_PROBIT:
            total += share[d // parts] * normal(np.float32(probit - 5.0))
    return total / parts


@compiled(
    "void(float64[:,::1], float64[:,::1], int32[::1], int32[::1], int32[::1], int32[::1], float32[:,::1], float32[::1], "
    "float32[:,:,::1], float32[:,:,::1], float64, float64, float32[:,:,::1], int64, float64[:,::1])"
)
def plumes_at(points, sites, site_of, index, rose_of, event, weight, beta, plume_a, plume_b, inner, log_ratio, roses, parts, out):  # type: ignore[no-untyped-def]
    """Add to out (points, events) [1/a] the risk at points (m, 2) [m] from plumes at sites (n, 2) [m].

    roses (roses, weathers, sectors) [-]. Effects stand in the order of their sites, so that the place of a point in every wind is
    reckoned once a site.
    """
    directions = roses.shape[2] * parts
    ring, across = np.empty(directions), np.empty(directions)
    for m in range(points.shape[0]):
        placed = -1
        for n in range(site_of.size):
            if index[n] < 0:
                continue
            if site_of[n] != placed:
                placed = site_of[n]
                dx, dy = points[m, 0] - sites[placed, 0], points[m, 1] - sites[placed, 1]
                for d in range(directions):
                    wind = ((d + 0.5) / parts - 0.5) * 2 * math.pi / roses.shape[2]
                    x, y = dx * math.sin(wind) + dy * math.cos(wind), dx * math.cos(wind) - dy * math.sin(wind)
                    ring[d] = max(math.log(x / inner) / log_ratio, 0.0) if x > 0 else -1.0
                    across[d] = y * y
            for w in range(weight.shape[1]):
                times = weight[n, w] * beta[n]
                if times > 0:
                    a, b = plume_a[index[n], w], plume_b[index[n], w]
                    out[m, event[n]] += times * plume_at(a, b, ring, across, roses[rose_of[n], w], parts)
