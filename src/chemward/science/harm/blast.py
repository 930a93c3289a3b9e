"""Harm by overpressure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.harm.probit import probability
from chemward.standards import aqt3046, probits

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


PA_PER_PSI = 6894.757293168  # Pa, exact by definition of the pound-force


def damage(kind: str, overpressure: ArrayLike) -> Array:
    """Probability (…) [-] of what a blast does at an overpressure (…) [Pa].

    kind: "lung", "eardrum", "structure", "glass" (Eisenberg, Lynch & Breeding 1975) or "HSC" (death outdoors, Hurst, Nussey & Pape 1989).
    LookupError for another. Source: `standards.probits.blast`, which tells of each row where it was found.
    """
    rows = probits.blast()
    if kind not in rows:
        raise LookupError(f"{kind!r} is not known; known are {', '.join(rows)}")
    row, pressure = rows[kind], np.maximum(np.asarray(overpressure, float), 1e-9)
    return probability(row.a + row.b * np.log(pressure / PA_PER_PSI if row.unit == "psi" else pressure))
