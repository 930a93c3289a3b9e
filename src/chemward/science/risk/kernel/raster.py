"""Reading polar tables onto a raster, on lattices that are coarse far from a source and fine near it.

Risk varies over a length that grows with the distance from its source. A ring of distances is read on a lattice whose spacing
fits it; rings blend into each other by weights that sum to 1, lattices are brought to the raster once, for all sources together,
by cubic midpoints.
"""

from __future__ import annotations

import math

import numpy as np

from chemward.science.risk.kernel.compiled import compiled

_row = "float32[::1]"


@compiled("float32(float32, float32)", fast=True, inline=True)
def bearing(dx, dy):  # type: ignore[no-untyped-def]
    """Bearing of (dx east, dy north) [m] clockwise from north as a fraction of a turn [-], 0 to 1, within 1e-6."""
    ax, ay = np.float32(abs(dx)), np.float32(abs(dy))
    t = min(ax, ay) / max(max(ax, ay), np.float32(1e-20))
    s = t * t  # arc tangent as t times a polynomial in t² fitted at Chebyshev points
    p = np.float32(-0.0363604309) + s * np.float32(0.00764835393)
    p = np.float32(-0.134478641) + s * (np.float32(0.083126453) + s * p)
    p = np.float32(-0.33325678) + s * (np.float32(0.198720403) + s * p)
    p = (np.float32(0.999999226) + s * p) * t * np.float32(0.15915494)
    turn = np.float32(0.25) - p if ax > ay else p
    turn = np.float32(0.5) - turn if dy < 0 else turn
    return np.float32(1.0) - turn if dx < 0 else turn


@compiled(f"void({_row}, int32[::1])", fast=True)
def log2_row(out, bits):  # type: ignore[no-untyped-def]
    """Binary logarithm [-] of positive values whose bits are given, within 2e-5."""
    mantissas = bits.view(np.float32)
    for i in range(out.size):
        out[i] = np.float32((bits[i] >> 23) - 127)
        bits[i] = (bits[i] & np.int32(0x007FFFFF)) | np.int32(0x3F800000)
    for i in range(out.size):
        m = mantissas[i]
        p = np.float32(-0.402513394) + m * np.float32(0.0430049578)
        p = np.float32(-3.48987855) + m * (np.float32(1.58947429) + m * p)
        out[i] += np.float32(-2.78792621) + m * (np.float32(5.04785541) + m * p)


@compiled("float32(float32, float32, float32)", inline=True)
def rise(r, low, high):  # type: ignore[no-untyped-def]
    """0 below low [m], 1 above high [m], smooth between (6t⁵ − 15t⁴ + 10t³), at r [m]; [-]."""
    t = min(max((r - low) / (high - low), np.float32(0.0)), np.float32(1.0))
    return t * t * t * (np.float32(10.0) + t * (t * np.float32(6.0) - np.float32(15.0)))


@compiled(
    f"void(float32, float32, float32, float32, float32, float32, float32, float32, float32, float32, int32[::1], {_row}, {_row}, {_row})",
    fast=True,
)
def place_row(  # type: ignore[no-untyped-def]
    offset, spacing, dy, scale, origin, azimuths, in_low, in_high, out_low, out_high, bits, ring, around, weight
):
    """Where the nodes of a row lie on a polar table.

    Ring and around [-] as indices, weight [-] of the ring of distances (see `read_ring`). The nodes lie at offset, offset +
    spacing … east and dy north of the source [m]; bits is room to work in.
    """
    squares = bits.view(np.float32)
    for j in range(ring.size):
        dx = offset + np.float32(j) * spacing
        squares[j] = max(dx * dx + dy * dy, np.float32(1e-6))
        around[j] = bearing(dx, dy) * azimuths
        weight[j] = np.float32(1.0)
    if in_high > 0:
        for j in range(ring.size):
            weight[j] = rise(np.float32(math.sqrt(squares[j])), in_low, in_high)
    if out_high < 1e30:
        for j in range(ring.size):
            weight[j] *= np.float32(1.0) - rise(np.float32(math.sqrt(squares[j])), out_low, out_high)
    log2_row(ring, bits)
    for j in range(ring.size):
        ring[j] = max(ring[j] * scale - origin, np.float32(0.0))


@compiled(f"void(float32[:,::1], {_row}, {_row}, {_row}, float64[::1])", fast=True)
def read_row(table, ring, around, weight, out):  # type: ignore[no-untyped-def]
    """Add to out (n,) [1/a] what a table says at ring and around (n,) [-], times weight (n,) [-].

    Linear both ways, nothing beyond the last ring.
    """
    top, last = table.shape[1] - 2, table.shape[0] - 2
    for j in range(ring.size):
        a, b = min(int(around[j]), last), int(ring[j])
        if b > top:
            continue
        v, u = around[j] - np.float32(a), ring[j] - np.float32(b)
        near = table[a, b] + u * (table[a, b + 1] - table[a, b])
        beside = table[a + 1, b] + u * (table[a + 1, b + 1] - table[a + 1, b])
        out[j] += weight[j] * (near + v * (beside - near))


@compiled(
    "void(float32[:,:,::1], float64[:,::1], float64[::1], float64, float64, float64, float64, float64, float64, float64, float64, float64, "
    "int64, int64, int64, int64, float64[:,::1])",
    fast=True,
)
def read_ring(  # type: ignore[no-untyped-def]
    tables,
    sites,
    reach,
    inner,
    log2_ratio,
    x0,
    y0,
    spacing,
    in_low,
    in_high,
    out_low,
    out_high,
    row0,
    row1,
    column0,
    column1,
    out,
):
    """Add to rows row0 … row1 − 1, columns column0 … column1 − 1 of a lattice what the polar tables of all sites say in a ring of
    distances.

    tables (sites, azimuths + 1, rings) [1/a]; sites (n, 2) [m]; reach (n,) [m] beyond which a table is empty; node (i, j) of the
    lattice lies at (x0 + j spacing, y0 + i spacing) [m]. The weight rises from 0 at in_low to 1 at in_high and falls again from
    out_low to out_high [m]; in_high = 0 has no inner edge, out_low = inf no outer one. Sites are taken in order for every node,
    so that threads do not change a bit of the sum.
    """
    azimuths = np.float32(tables.shape[1] - 1)
    bits, ring = np.empty(out.shape[1], np.int32), np.empty(out.shape[1], np.float32)
    around, weight = np.empty(out.shape[1], np.float32), np.empty(out.shape[1], np.float32)
    scale, origin = np.float32(0.5 / log2_ratio), np.float32(math.log2(inner) / log2_ratio)
    f_in_low, f_in_high, f_out_low, f_out_high = (
        np.float32(in_low),
        np.float32(in_high),
        np.float32(out_low),
        np.float32(out_high),
    )
    for s in range(sites.shape[0]):
        limit = min(reach[s], out_high)
        if limit <= in_low:
            continue
        x, y = sites[s, 0], sites[s, 1]
        for i in range(max(row0, math.ceil((y - limit - y0) / spacing)), min(row1, math.floor((y + limit - y0) / spacing) + 1)):
            dy = y0 + i * spacing - y
            chord = math.sqrt(max(limit * limit - dy * dy, 0.0))
            begin = max(column0, math.ceil((x - chord - x0) / spacing))
            end = min(column1, math.floor((x + chord - x0) / spacing) + 1)
            gap0, gap1 = end, end
            if in_low > abs(dy):
                hole = math.sqrt(in_low * in_low - dy * dy)
                gap0, gap1 = math.ceil((x - hole - x0) / spacing), math.floor((x + hole - x0) / spacing) + 1
            for piece in range(2):
                left = begin if piece == 0 else max(begin, gap1)
                right = min(end, gap0) if piece == 0 else end
                n = right - left
                if n <= 0:
                    continue
                offset = np.float32(x0 + left * spacing - x)
                place_row(
                    offset, np.float32(spacing), np.float32(dy), scale, origin, azimuths, f_in_low, f_in_high, f_out_low, f_out_high,
                    bits[:n], ring[:n], around[:n], weight[:n],
                )  # fmt: skip
                read_row(tables[s], ring[:n], around[:n], weight[:n], out[i, left:right])


@compiled("float64(float64[::1], int64, int64)", inline=True)
def midpoint(row, at, n):  # type: ignore[no-untyped-def]
    """Value of a row of n [-] nodes at half-index at [-], by nodes and cubic midpoints kept between the nodes beside them; [1/a]."""
    k = at // 2
    if at % 2 == 0:
        return row[k]
    if k < 1 or k + 2 >= n:
        return 0.5 * (row[k] + row[min(k + 1, n - 1)])
    value = (9.0 * (row[k] + row[k + 1]) - row[k - 1] - row[k + 2]) / 16.0
    return min(max(value, min(row[k], row[k + 1])), max(row[k], row[k + 1]))


@compiled("void(float64[:,::1], float64[:,::1])")
def refine(coarse, out):  # type: ignore[no-untyped-def]
    """Add a lattice to one of half the spacing and the same origin: nodes as they are, midpoints by the cubic (−1, 9, 9, −1)/16.

    coarse (m, n), out (2m − 1, 2n − 1) or smaller [1/a]; at the rim the cubic becomes the mean of two.
    """
    m, n = coarse.shape
    half = np.zeros((m, out.shape[1]))
    for i in range(m):
        for j in range(out.shape[1]):
            half[i, j] = midpoint(coarse[i], j, n)
    column = np.empty(m)
    for j in range(out.shape[1]):
        column[:] = half[:, j]
        for i in range(out.shape[0]):
            out[i, j] += midpoint(column, i, m)
