"""Vertical spread between the ground and the lid of the mixed layer, both reflecting."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_SERIES_FROM = 0.6  # [-] width over lid from which the cosine series is the shorter one
_LID_UNSEEN = 6.0  # [-] distance of the nearest image beyond the lid, in widths, from which it counts for less than 1e-8
_IMAGES = 3
_TERMS = 4


def vertical_share(z: ArrayLike, height: ArrayLike, width: ArrayLike, lid: float = math.inf) -> Array:
    """Density over height [1/m] of what was released at height [m], at z [m], where the vertical width is `width` [m].

    lid [m]: height of the reflecting lid, inf for none. All broadcast. Its integral from the ground to the lid is 1. A release above the lid
    stays above it: 0 below. z below the ground counts as the ground, above the lid there is nothing of what was released under it.
    Image sources as long as width < 0.6 lid, else the cosine series of the same sum; both agree to 1e-7 where they meet.
    Source: Turner 1970, AP-26, equation 5.4 (lid); Pasquill and Smith 1983, section 6.
    """
    z, height, width = np.broadcast_arrays(np.maximum(z, 0.0), np.asarray(height, float), np.asarray(width, float))
    share = _reflected(z, height, width)
    if math.isinf(lid):
        return share
    seen = 2 * lid - z - height < _LID_UNSEEN * width
    if seen.any():
        share = np.array(share)
        share[seen] = _between(z[seen], height[seen], width[seen], lid)
    return np.where((z > lid) != (height > lid), 0.0, np.where(height > lid, _above(z, height, width, lid), share))


def _bell(distance: Array, width: Array) -> Array:
    return np.asarray(np.exp(-0.5 * (distance / width) ** 2) / (math.sqrt(2 * math.pi) * width))


def _reflected(z: Array, height: Array, width: Array) -> Array:
    """With the ground alone."""
    return _bell(z - height, width) + _bell(z + height, width)


def _above(z: Array, height: Array, width: Array, lid: float) -> Array:
    """Above the lid, which reflects from below."""
    return _bell(z - height, width) + _bell(z - 2 * lid + height, width)


def _between(z: Array, height: Array, width: Array, lid: float) -> Array:
    """Between ground and lid."""
    narrow = width < _SERIES_FROM * lid
    share = np.empty_like(z)
    share[narrow] = _image_sum(z[narrow], height[narrow], width[narrow], lid)
    wide = ~narrow
    share[wide] = _cosine_sum(z[wide], height[wide], width[wide], lid)
    return share


def _image_sum(z: Array, height: Array, width: Array, lid: float) -> Array:
    total = np.zeros_like(z)
    for n in range(-_IMAGES, _IMAGES + 1):
        total += _bell(z - height + 2 * n * lid, width) + _bell(z + height + 2 * n * lid, width)
    return total


def _cosine_sum(z: Array, height: Array, width: Array, lid: float) -> Array:
    total = np.ones_like(z)
    for m in range(1, _TERMS + 1):
        wave = m * math.pi / lid
        total += 2 * np.cos(wave * z) * np.cos(wave * height) * np.exp(-0.5 * (wave * width) ** 2)
    return np.maximum(total, 0.0) / lid
