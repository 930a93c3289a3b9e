"""How a release of limited duration passes a point: growth, plateau and decay of the concentration, and the dose taken in that time.

With s = u T/σx, the length of the cloud in widths along the wind, the concentration over that of a steady plume is
F(τ) = ½ [erf((τ + s/2)/√2) − erf((τ − s/2)/√2)], τ = (u t − x)/σx − s/2 counted from the middle of the passage.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

Array = NDArray[np.float64]

_TAIL = 7.0  # [-] widths beyond which an edge of the cloud counts for less than 3e-12
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_TABLE_S = np.geomspace(1e-4, 1e5, 721)


def passage_factor(time: ArrayLike, x: ArrayLike, wind: float, duration: float, width: ArrayLike) -> Array:
    """Concentration over that of the steady plume [-] at time [s] after the start of a release of duration [s].

    x [m] downwind, wind [m/s], width [m] along the wind at x; all broadcast. Before the start 0. Source: Palazzi et al. 1982, Atmospheric
    Environment 16:2785, equations 9 and 10.
    """
    time, x = np.asarray(time, float), np.asarray(x, float)
    scale = math.sqrt(2) * np.asarray(width, float)
    head = erf((wind * np.maximum(time, 0.0) - x) / scale)
    tail = erf((wind * np.maximum(time - duration, 0.0) - x) / scale)
    return np.asarray(np.maximum(0.5 * (head - tail), 0.0))


def peak_factor(length: ArrayLike) -> Array:
    """Greatest concentration of the passage over that of the steady plume [-]; length [-] is s = u T/σx, any shape.

    Source: Palazzi et al. 1982, equation 10 at its greatest.
    """
    return np.asarray(erf(np.asarray(length, float) / (2 * math.sqrt(2))))


def passage_integral(length: ArrayLike, exponent: float = 1.0, window: ArrayLike = math.inf) -> Array:
    """Integral of F(τ)ⁿ dτ [-] over the passage; times σx/u [s] it is the time of exposure to the plateau with the same dose.

    length [-]: s = u T/σx, any shape; exponent [-] n of the dose, above 0; window [-]: u t_exposure/σx, centred on the passage, the worst
    that a stay of that length can meet; broadcasts with length. For n = 1 and no window the integral is s.
    The flat middle is taken whole, the edges by Gauss-Legendre with 48 nodes; good to 1e-8.
    """
    length, window = np.broadcast_arrays(np.asarray(length, float), np.asarray(window, float))
    start = np.maximum(length / 2 - _TAIL, 0.0)
    half = np.minimum(window / 2, length / 2 + _TAIL)
    flat = np.minimum(start, half)
    span = (half - flat)[..., None]
    tau = flat[..., None] + span * (_NODES + 1) / 2
    ends = length[..., None] / 2
    shape = 0.5 * (erf((tau + ends) / math.sqrt(2)) - erf((tau - ends) / math.sqrt(2)))
    return np.asarray(2 * (flat + (shape**exponent * _WEIGHTS).sum(-1) * span[..., 0] / 2))


@lru_cache(maxsize=256)
def _table(exponent: float, ratio: float) -> Array:
    """Integral over s at the nodes of the table, for exposure/duration = ratio."""
    return passage_integral(_TABLE_S, exponent, _TABLE_S * ratio) / _TABLE_S


def dose_time(length: ArrayLike, duration: float, exposure: float, exponent: float) -> Array:
    """Time [s] at the plateau's concentration that gives the same dose as the passage.

    length [-]: s = u T/σx, any shape; duration [s] of the release, finite; exposure [s]: longest stay; exponent [-] of the dose.
    Read from a table in log s (relative error below 1e-4 for s from 1e-4 to 1e5) that is made once for an exponent and exposure/duration.
    """
    share = _table(float(exponent), min(round(exposure / duration, 9), 1e9))
    return np.asarray(duration * np.interp(np.log(np.maximum(length, 1e-30)), np.log(_TABLE_S), share))
