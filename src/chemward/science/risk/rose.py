"""The wind rose in the form the kernel turns with: constant density inside each sector, or pencils in the middle of the sectors.

With a density that is constant inside sectors, risk at a bearing is density there times the whole sum of a table over angle,
plus, for every edge between two sectors, the jump of density times the sum of the table beyond that edge (its tail): some 16
jumps in place of 360 products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.polar import PolarGrid

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rose:
    """Joint frequency of period, weather and direction, shape (periods, weathers, sectors) [-], summing to 1.

    Sector k is centred on the bearing 360° k / sectors *towards which* the wind blows; pencils [-] says whether wind blows along
    the middles of the sectors alone.
    """

    share: Doubles
    pencils: bool = False

    @property
    def sectors(self) -> int:
        """Number of sectors [-]."""
        return int(self.share.shape[2])


@dataclass(frozen=True)
class Turning:
    """Indices by which a rose of a number of sectors lies on a polar grid. All arrays are small and read-only.

    sector_of (azimuths,) [-]; edges: first bearing right of each edge and which tail it takes, the same to the left, (sectors,)
    [-]; fractions (tails,) [-] of a cell; bins: two sectors of each direction of counting and how much of each, (directions,)
    [-]; stride [-] azimuths a direction; width [-] azimuths over which people are averaged for it; density [-]: sectors per
    azimuth.
    """

    sector_of: NDArray[np.int32]
    edge_start: NDArray[np.int32]
    right_tail: NDArray[np.int32]
    left_tail: NDArray[np.int32]
    left_skip: NDArray[np.int32]
    fractions: NDArray[np.float32]
    bin_sectors: NDArray[np.int32]
    bin_shares: NDArray[np.float32]
    stride: int
    width: int
    density: float
    pencil_at: NDArray[np.int32]


def turning(grid: PolarGrid, sectors: int, pencils: bool, degrees_per_direction: int = 5) -> Turning:
    """How a rose of `sectors` [-] lies on the grid.

    People are counted in directions of degrees_per_direction [°], an odd divisor of 360. With pencils [-] people are counted
    along the pencils alone. Raises ValueError when pencils do not fall on bearings of the grid.
    """
    wide = grid.azimuths / sectors
    if pencils and grid.azimuths % sectors:
        raise ValueError(f"{sectors} pencils do not fall on {grid.azimuths} bearings")
    edges = (np.arange(sectors) + 0.5) * wide
    start = np.ceil(edges - 1e-9).astype(np.int32)
    right, left = np.maximum(start - edges, 0.0), edges - start + 1
    skip = (left > 1 - 1e-9).astype(np.int32)
    left = np.where(skip == 1, 0.0, left)
    fractions = np.unique(np.round(np.concatenate([right, left]), 9))
    bins = _bins(grid, sectors, pencils, degrees_per_direction)
    bearings = np.arange(grid.azimuths)
    return Turning(
        sector_of=(np.searchsorted(edges - 1e-9, bearings, side="right") % sectors).astype(np.int32),
        edge_start=start,
        right_tail=np.searchsorted(fractions, np.round(right, 9)).astype(np.int32),
        left_tail=np.searchsorted(fractions, np.round(left, 9)).astype(np.int32),
        left_skip=skip,
        fractions=fractions.astype(np.float32),
        bin_sectors=bins[0],
        bin_shares=bins[1],
        stride=bins[2],
        width=bins[3],
        density=1.0 if pencils else sectors / grid.azimuths,
        pencil_at=np.round(np.arange(sectors) * wide).astype(np.int32) if pencils else np.zeros(0, np.int32),
    )


def _bins(grid: PolarGrid, sectors: int, pencils: bool, degrees: int) -> tuple[NDArray[np.int32], NDArray[np.float32], int, int]:
    """Directions of counting.

    The two sectors each takes part in, the share of each sector that falls to it, the stride, the width.
    """
    if pencils:
        own = np.stack([np.arange(sectors), np.arange(sectors)], 1).astype(np.int32)
        return own, np.tile(np.asarray([1.0, 0.0], np.float32), (sectors, 1)), grid.azimuths // sectors, 1
    stride = degrees * grid.azimuths // 360
    stride -= 1 - stride % 2
    if grid.azimuths % stride:
        raise ValueError(f"directions of {stride} azimuths do not divide {grid.azimuths}")
    wide, count = grid.azimuths / sectors, grid.azimuths // stride
    if stride > wide:
        raise ValueError("a direction of counting is wider than a sector")
    middle = np.arange(count) * stride
    low = np.floor((middle - stride / 2) / wide + 0.5).astype(int)
    high = np.floor((middle + stride / 2) / wide + 0.5 - 1e-9).astype(int)
    border = (low + 0.5) * wide
    first = np.where(low == high, stride, border - (middle - stride / 2))
    shares = np.stack([first, stride - first], 1) / wide
    return np.stack([low % sectors, high % sectors], 1).astype(np.int32), shares.astype(np.float32), stride, stride
