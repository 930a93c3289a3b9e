"""How much of a flame's heat passes the air: absorption by water vapour and carbon dioxide."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def saturation_pressure(temperature: float) -> float:
    """Saturation pressure of water [Pa] at temperature [K], 233 to 333 K. Source: Alduchov & Eskridge 1996, eq. 21 (Magnus form)."""
    celsius = temperature - 273.15
    return float(610.94 * np.exp(17.625 * celsius / (celsius + 243.04)))


def wayne(distance: ArrayLike, temperature: float, relative_humidity: float) -> Array:
    """Transmissivity (…) [-] over distance (…) [m], air temperature [K], relative humidity [-].

    Fitted from 10 to 1000 m for a black body of 1500 K; outside that range the nearest end is used. Between 0 and 1.
    Source: Wayne 1991, J. Loss Prev. Process Ind. 4, 86–92, the recommended correlation.
    """
    path = np.clip(np.asarray(distance, float), 10.0, 1000.0)
    vapour_mmhg = saturation_pressure(temperature) / 133.322
    water = np.maximum(relative_humidity * path * vapour_mmhg * 288.651 / temperature, 1e-3)
    carbon = path * 273.0 / temperature
    lw, lc = np.log10(water), np.log10(carbon)
    result = 1.006 - 0.01171 * lw - 0.02368 * lw**2 - 0.03188 * lc + 0.001164 * lc**2
    return np.asarray(np.clip(result, 0.0, 1.0), float)


def bagster(distance: ArrayLike, temperature: float, relative_humidity: float) -> Array:
    """Transmissivity (…) [-] over distance (…) [m], air temperature [K], relative humidity [-]: 2.02 (p_w x)^-0.09, at most 1.

    Valid for p_w·x from 1e4 to 1e5 N/m. Source: Pietersen & Huerta 1984; AQ/T 3046-2013, E.4.
    """
    path = np.maximum(np.asarray(distance, float), 1e-3)
    product = np.maximum(relative_humidity * saturation_pressure(temperature) * path, 1e-6)
    return np.asarray(np.minimum(2.02 * product**-0.09, 1.0), float)


def aqt3046_horizontal(distance: ArrayLike) -> Array:
    """Transmissivity (…) [-] over distance (…) [m]: 1 − 0.058 ln x, between 0 and 1. Source: AQ/T 3046-2013, E.4.1."""
    path = np.maximum(np.asarray(distance, float), 1.0)
    return np.asarray(np.clip(1 - 0.058 * np.log(path), 0.0, 1.0), float)
