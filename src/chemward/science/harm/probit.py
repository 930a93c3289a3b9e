"""Probit to probability and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]


def probability(probit: ArrayLike) -> Array:
    """Probability (…) [-] of a probit (…) [-]: ½ (1 + erf((Pr − 5)/√2)). Source: Finney 1971; AQ/T 3046-2013, equation (3).

    The normal integral itself: the look-up table I.1 of AQ/T 3046 has wrong entries at 99.6 and 99.7 %.
    """
    return np.asarray(ndtr(np.asarray(probit, float) - 5.0), float)


def probit_of(share: ArrayLike) -> Array:
    """Probit (…) [-] of a share (…) [-] of people, above 0 and below 1; −∞ and ∞ at the ends. The inverse of `probability`."""
    return np.asarray(ndtri(np.asarray(share, float)) + 5.0, float)
