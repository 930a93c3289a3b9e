"""Risk at single points from plumes, each direction of the wind by itself."""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled
from chemward.science.risk.kernel.strips import FLOOR_PROBIT, normal


@compiled("float64(float32[::1], float32[::1], float64, float64, float64, float64, float32[::1], int64)")
def plume_at(a, b, inner, log_ratio, away, bearing, share, parts):  # type: ignore[no-untyped-def]
    """Share of the time [-] times death probability [-] at a distance [m] and bearing [rad] from one plume over all directions of the wind.

    a, b (rings,): A [-], B [1/m²] on rings from inner [m] with log_ratio [-]; share (sectors,) [-], each cut into parts [-] directions.
    """
    rings = a.size
    if a.max() <= FLOOR_PROBIT:
        return 0.0
    sectors = share.size
    total = 0.0
    for k in range(sectors):
        if share[k] == 0:
            continue
        for p in range(parts):
            off = bearing - (k + (p + 0.5) / parts - 0.5) * 2 * math.pi / sectors
            x, y = away * math.cos(off), away * math.sin(off)
            if x <= 0:
                continue
            at = max(math.log(x / inner) / log_ratio, 0.0)
            if at > rings - 1:
                continue
            j = min(int(at), rings - 2)
            u = at - j
            probit = a[j] + u * (a[j + 1] - a[j]) - (b[j] + u * (b[j + 1] - b[j])) * y * y
            if probit > FLOOR_PROBIT:
                total += share[k] / parts * normal(np.float32(probit - 5.0))
    return total


@compiled(
    "void(float64[:,::1], float64[:,::1], int32[::1], int32[::1], int32[::1], int32[::1], float32[:,::1], float32[::1], "
    "float32[:,:,::1], float32[:,:,::1], float64, float64, float32[:,:,::1], int64, float64[:,::1])"
)
def plumes_at(points, sites, site_of, index, rose_of, event, weight, beta, plume_a, plume_b, inner, log_ratio, roses, parts, out):  # type: ignore[no-untyped-def]
    """Add to out (points, events) [1/a] the risk at points (m, 2) [m] from plumes at sites (n, 2) [m]; roses (roses, weathers, sectors) [-]."""
    for m in range(points.shape[0]):
        for n in range(site_of.size):
            if index[n] < 0:
                continue
            dx, dy = points[m, 0] - sites[site_of[n], 0], points[m, 1] - sites[site_of[n], 1]
            away, bearing = math.sqrt(dx * dx + dy * dy), math.atan2(dx, dy)
            for w in range(weight.shape[1]):
                times = weight[n, w] * beta[n]
                if times > 0:
                    share = roses[rose_of[n], w]
                    a, b = plume_a[index[n], w], plume_b[index[n], w]
                    out[m, event[n]] += times * plume_at(a, b, inner, log_ratio, away, bearing, share, parts)
