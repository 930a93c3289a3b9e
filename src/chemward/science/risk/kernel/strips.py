"""Probability of death of one effect on the polar grid, in the wind's own frame: rows are angles off the wind, columns are rings."""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled

FLOOR = np.float32(1e-5)  # [-] death probability below which a cell is left out
FLOOR_PROBIT = np.float32(0.735)  # [-] Y with Φ(Y − 5) = 1e-5

_row = "float32[::1]"
_index = "int32[::1]"


@compiled("float32(float32)", fast=True, inline=True)
def normal(z):  # type: ignore[no-untyped-def]
    """Φ(z) [-] within 1.5e-7, from z [-]; Abramowitz and Stegun 7.1.28: no exponential, so that a row of it becomes vector code."""
    x = np.float32(abs(z)) * np.float32(0.70710678)
    p = np.float32(0.0002765672) + x * np.float32(0.0000430638)
    p = np.float32(0.0092705272) + x * (np.float32(0.0001520143) + x * p)
    p = np.float32(1.0) + x * (np.float32(0.0705230784) + x * (np.float32(0.0422820123) + x * p))
    p = p * p
    p = p * p
    p = p * p
    tail = np.float32(0.5) / (p * p)
    return np.float32(1.0) - tail if z > 0 else tail


@compiled(f"int64({_row}, {_row}, {_index}, {_row}, {_row}, {_row}, {_row}, float32[:,::1], {_index}, {_index})", fast=True)
def plume(a, b, shift, blend, spread, variance, squared, out, low, high):  # type: ignore[no-untyped-def]
    """Fill out[d, low[d]:high[d]] with Φ(A(x) − B(x) y² − 5), averaged over the azimuth cell.

    Returns how many angles are reached. a, b (rings,): A [-] and B [1/m²] at x on the radii of the grid. At a given x the
    probability falls with the angle, so the first empty angle ends the sweep. Below the innermost radius A and B stay as they are
    there.
    """
    rings = a.size
    first, last = rings, -1
    for j in range(rings):
        if a[j] > FLOOR_PROBIT:
            first = min(first, j)
            last = j
    if last < 0:
        return 0
    for d in range(shift.size):
        k = shift[d]
        u = blend[d]
        s2 = spread[d]
        v = variance[d]
        begin = 0 if first == 0 else first + k
        end = min(rings, last + k + 2)
        if begin >= end:
            return d
        middle = min(max(begin, k + 1), end)
        row = out[d]
        for j in range(begin, middle):
            q = b[0] * squared[j]
            row[j] = normal((a[0] - q * s2 - np.float32(5.0)) / np.float32(math.sqrt(np.float32(1.0) + q * q * v)))
        width = end - middle
        near, far = a[middle - k : end - k], a[max(middle - k - 1, 0) : end - k - 1]
        near_b, far_b = b[middle - k : end - k], b[max(middle - k - 1, 0) : end - k - 1]
        rr, piece = squared[middle:end], row[middle:end]
        for j in range(width):
            y = near[j] + u * (far[j] - near[j])
            q = (near_b[j] + u * (far_b[j] - near_b[j])) * rr[j]
            piece[j] = normal((y - q * s2 - np.float32(5.0)) / np.float32(math.sqrt(np.float32(1.0) + q * q * v)))
        while begin < end and row[begin] <= FLOOR:
            begin += 1
        while end > begin and row[end - 1] <= FLOOR:
            end -= 1
        if begin == end:
            return d
        low[d] = begin
        high[d] = end
    return shift.size


@compiled(f"int64({_row}, float32, float32, {_row}, float32, float32, float32[:,::1], {_index}, {_index})")
def disc(table, step, centre, radii, ratio, angle, out, low, high):  # type: ignore[no-untyped-def]
    """Fill out with a circular effect whose middle lies `centre` [m] downwind; returns how many angles are reached.

    table (points,): death probability [-] at distances 0, step, 2 step … [m] from the middle. Each cell is the mean of 3 × 3
    points, so that a circle small against the cell keeps its area.
    """
    rings = radii.size
    reach = step * (table.size - 1)
    count = 0
    for d in range(out.shape[0]):
        low[d] = rings
        high[d] = 0
    for d in range(out.shape[0]):
        for j in range(rings):
            r = radii[j]
            if r * ratio < centre - reach or r > (centre + reach) * ratio:
                continue
            total = np.float32(0.0)
            for p in range(-1, 2):
                rho = r * ratio ** (np.float32(p) / np.float32(3.0))
                for q in range(-1, 2):
                    theta = (np.float32(d) + np.float32(q) / np.float32(3.0)) * angle
                    away = math.sqrt(max(rho * rho + centre * centre - 2 * rho * centre * math.cos(theta), 0.0)) / step
                    at = int(away)
                    if at < table.size - 1:
                        total += table[at] + np.float32(away - at) * (table[at + 1] - table[at])
            total /= np.float32(9.0)
            if total > FLOOR:
                if j < low[d]:
                    low[d] = j
                for empty in range(max(high[d], low[d]), j):
                    out[d, empty] = 0.0
                out[d, j] = total
                high[d] = j + 1
                count = d + 1
    return count


@compiled(f"int64(float32[:,::1], float32, float32, float32, {_row}, float32, float32[:,::1], {_index}, {_index})")
def field(table, x0, dx, dy, radii, angle, out, low, high):  # type: ignore[no-untyped-def]
    """Fill out from a table of death probability [-] at x = x0 + i dx, y = j dy [m], y ≥ 0, shape (nx, ny).

    Returns the angles reached.
    """
    nx, ny = table.shape
    rings = radii.size
    count = 0
    for d in range(out.shape[0]):
        cosine, sine = math.cos(d * angle), abs(math.sin(d * angle))
        low[d] = rings
        high[d] = 0
        for j in range(rings):
            fx, fy = (radii[j] * cosine - x0) / dx, radii[j] * sine / dy
            value = np.float32(0.0)
            if 0 <= fx < nx - 1 and fy < ny - 1:
                i, k = int(fx), int(fy)
                u, v = np.float32(fx - i), np.float32(fy - k)
                near = table[i, k] + v * (table[i, k + 1] - table[i, k])
                far = table[i + 1, k] + v * (table[i + 1, k + 1] - table[i + 1, k])
                value = near + u * (far - near)
            out[d, j] = value
            if value > FLOOR:
                low[d] = min(low[d], j)
                high[d] = j + 1
                count = d + 1
    return count
