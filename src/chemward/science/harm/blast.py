"""Harm by overpressure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.harm.probit import probability
from chemward.standards import aqt3046

Array = NDArray[np.float64]
CERTAIN, NONE = 0.03e6, 0.01e6  # Pa, AQ/T 3046-2013 10.5


def lethality(overpressure: ArrayLike) -> Array:
    """Probability (…) [-] of death for individual risk, in the open: overpressure (…) [Pa]; 1 from 30 kPa, 0 below.

    Source: AQ/T 3046-2013 10.5 and 11.4, Table 10.
    """
    return _by_band(overpressure, "individual")


def societal(overpressure: ArrayLike) -> tuple[Array, Array]:
    """Probability (…) [-] of death for societal risk, outdoors and indoors: overpressure (…) [Pa].

    Indoors 0.025 between 10 and 30 kPa, by damage to buildings. Source: AQ/T 3046-2013 11.4, Table 10.
    """
    return _by_band(overpressure, "societal_outdoors"), _by_band(overpressure, "societal_indoors")


def _by_band(overpressure: ArrayLike, column: str) -> Array:
    p, rows = np.asarray(overpressure, float), aqt3046.factors()
    high, middle, low = (
        getattr(rows[f"overpressure {band}"], column)
        for band in ("at least 0.03 MPa", "between 0.01 and 0.03 MPa", "at most 0.01 MPa")
    )
    return np.asarray(np.where(p >= CERTAIN, high, np.where(p > NONE, middle, low)), float)


PROBITS = {
    # name: (a, b) of Pr = a + b ln p, p in Pa
    "lung": (-77.1, 6.91),
    "eardrum": (-15.6, 1.93),
    "structure": (-23.8, 2.92),
    "glass": (-18.1, 2.79),
}


def damage(kind: str, overpressure: ArrayLike) -> Array:
    """Probability (…) [-] of "lung" haemorrhage, "eardrum" rupture, "structure" damage or "glass" breakage: overpressure (…) [Pa].

    LookupError for another kind. Source: Eisenberg, Lynch & Breeding 1975 (customary figures, see the data of the probit sets).
    """
    a, b = PROBITS[kind]
    return probability(a + b * np.log(np.maximum(np.asarray(overpressure, float), 1e-9)))


def hse_outdoor(overpressure: ArrayLike) -> Array:
    """Probability (…) [-] of death outdoors by the HSE relation Pr = 1.47 + 1.37 ln p: overpressure (…) [Pa], in the formula in psi.

    Source: Hurst, Nussey & Pape 1989; HSE OSD/30.
    """
    psi = np.maximum(np.asarray(overpressure, float), 1e-9) / 6894.757293168
    return probability(1.47 + 1.37 * np.log(psi))
