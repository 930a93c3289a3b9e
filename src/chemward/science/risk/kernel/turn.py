"""Turning a table of angles off the wind by a wind rose onto bearings."""

from __future__ import annotations

import numpy as np

from chemward.science.risk.kernel.compiled import compiled

_row = "float32[::1]"
_table = "float32[:,::1]"
_index = "int32[::1]"


@compiled(f"void({_row}, {_row}, int64, float32)", fast=True, inline=True)
def add(to, what, count, times):  # type: ignore[no-untyped-def]
    """to[:count] += times [-] · what[:count]."""
    for j in range(count):
        to[j] += times * what[j]


@compiled(f"void({_table}, int64, {_row}, float32[:,:,::1], {_row}, {_index})", fast=True)
def tails(table, count, fractions, out, whole, reach):  # type: ignore[no-untyped-def]
    """Sums of a table beyond every angle: out[f, d] = ∫ from d + fractions[f] to 180°, in azimuth steps.

    Whole = over all angles, both sides. table (half, rings): means over azimuth cells, of which the first `count` rows hold
    something; inside a cell linear. reach[d]: rings to the last that is not empty from d on. Values of out beyond reach are not
    set.
    """
    rings = table.shape[1]
    half = table.shape[0]
    whole[:] = np.float32(0.0)
    last = 0
    for d in range(count - 1, -1, -1):
        end = rings
        while end > last and table[d, end - 1] == 0:
            end -= 1
        last = end
        reach[d] = last
    for d in range(count - 1, -1, -1):
        row = table[d]
        after = table[d + 1] if d + 1 < count else row
        before = table[d - 1] if d > 0 else (table[1] if count > 1 else row)
        has_after = np.float32(1.0) if d + 1 < count else np.float32(0.0)
        has_before = np.float32(1.0) if d > 0 or count > 1 else np.float32(0.0)
        if d == 0:
            has_before, before = has_after, after
        part = np.float32(0.5) if d == half - 1 else np.float32(1.0)
        for f in range(fractions.size):
            u = fractions[f]
            if u <= 0.5:
                inside, lean, at = np.float32(0.5) - u, np.float32(0.125) - np.float32(0.5) * u * u, d
            else:
                w = u - np.float32(1.0)
                inside, lean, at = np.float32(0.5) - w, np.float32(0.125) - np.float32(0.5) * w * w, d - 1
            if at < 0:
                continue
            if d == half - 1:
                inside, lean = max(inside - np.float32(0.5), np.float32(0.0)), np.float32(0.0)
            piece = out[f, at]
            for j in range(reach[at]):
                slope = np.float32(0.5) * (has_after * after[j] - has_before * before[j])
                piece[j] = whole[j] + inside * row[j] + lean * slope
        if d == count - 1:  # beyond the last row a fraction above one half finds nothing
            for f in range(fractions.size):
                if fractions[f] > 0.5:
                    out[f, d, : reach[d]] = np.float32(0.0)
        for j in range(reach[d]):
            whole[j] += (np.float32(0.5) if d == 0 else part) * row[j]
    for j in range(rings):
        whole[j] *= np.float32(2.0)


@compiled(
    f"void(float32[:,:,::1], int64, {_row}, {_index}, {_row}, {_index}, {_index}, {_index}, {_index}, {_index}, {_table})",
    fast=True,
)
def turn(tail, count, whole, reach, density, sector_of, edge_start, right_tail, left_tail, left_skip, out):  # type: ignore[no-untyped-def]
    """Add to out (azimuths or more, rings) the table whose tails are given, turned by a rose of constant density [1/azimuth] in
    each sector.
    """
    azimuths = sector_of.size
    sectors = density.size
    width = reach[0]
    for i in range(azimuths):
        p = density[sector_of[i]]
        row = out[i]
        for j in range(width):
            row[j] += p * whole[j]
    for k in range(sectors):
        jump = density[(k + 1) % sectors] - density[k]
        if jump == 0:
            continue
        right, left, skip = tail[right_tail[k]], tail[left_tail[k]], left_skip[k]
        for d in range(count):
            at = (edge_start[k] + d) % azimuths
            add(out[at], right[d], reach[d], -jump)
            at = (edge_start[k] - 1 - d + skip + azimuths) % azimuths
            if d >= skip:
                add(out[at], left[d], reach[d], jump)


@compiled(f"void({_table}, int64, {_row}, {_index}, {_table})", fast=True)
def turn_pencils(table, count, share, pencil_at, out):  # type: ignore[no-untyped-def]
    """Add to out the table blown along pencils: share (sectors,) [-] of the wind at bearings pencil_at (sectors,) [azimuths]."""
    rings = table.shape[1]
    azimuths = 2 * (table.shape[0] - 1)
    for k in range(share.size):
        for d in range(count):
            add(out[(pencil_at[k] + d) % azimuths], table[d], rings, share[k])
            if 0 < d < table.shape[0] - 1:
                add(out[(pencil_at[k] - d + azimuths) % azimuths], table[d], rings, share[k])


@compiled(f"void({_table}, {_table})", fast=True)
def unfold(table, out):  # type: ignore[no-untyped-def]
    """A table (azimuths, rings) on rings twice as dense, out (azimuths + 1, 2 rings − 1).

    Midpoints by the cubic (−1, 9, 9, −1)/16. Risk falls with a high power of the distance: linear reading between rings of the
    first table would be 1 % too high.
    """
    azimuths, rings = table.shape
    for i in range(azimuths):
        row, fine = table[i], out[i]
        for j in range(rings):
            fine[2 * j] = row[j]
        for j in range(1, rings - 2):
            value = np.float32(0.5625) * (row[j] + row[j + 1]) - np.float32(0.0625) * (row[j - 1] + row[j + 2])
            fine[2 * j + 1] = min(max(value, min(row[j], row[j + 1])), max(row[j], row[j + 1]))
        fine[1] = np.float32(0.5) * (row[0] + row[1])
        fine[2 * rings - 3] = np.float32(0.5) * (row[rings - 2] + row[rings - 1])
    out[azimuths] = out[0]
