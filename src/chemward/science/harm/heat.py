"""Harm by heat radiation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.harm.probit import probability, probit_of
from chemward.standards import aqt3046

Array = NDArray[np.float64]
LONGEST_EXPOSURE = 20.0  # s: people flee or find cover, AQ/T 3046-2013 10.3.1; Purple Book 5.2.2
CERTAIN_DEATH = 37.5e3  # W/m², AQ/T 3046-2013 10.3.2


def heat_probit(flux: ArrayLike, exposure: ArrayLike) -> Array:
    """Probit (…) [-] of death by heat: flux (…) [W/m²], exposure (…) [s], counted to 20 s at most.

    Pr = −36.38 + 2.56 ln(q^(4/3) t). Source: AQ/T 3046-2013 10.3.1, equation (6) (Tsao & Perry 1979; Purple Book 5.2.2).
    """
    row = aqt3046.heat_probit()
    dose = np.maximum(np.asarray(flux, float), 1e-9) ** row.n * np.minimum(np.asarray(exposure, float), LONGEST_EXPOSURE)
    return np.asarray(row.a + row.b * np.log(np.maximum(dose, 1e-300)), float)


def lethality(flux: ArrayLike, exposure: ArrayLike) -> Array:
    """Probability (…) [-] that a person in the open without protection dies: flux (…) [W/m²], exposure (…) [s].

    1 at 37.5 kW/m² and above. Source: AQ/T 3046-2013 10.3.
    """
    q = np.asarray(flux, float)
    return np.asarray(np.where(q >= CERTAIN_DEATH, 1.0, probability(heat_probit(q, exposure))), float)


def flux_of(share: float, exposure: float) -> float:
    """Heat flux [W/m²] at which a share [-] of unprotected people dies within an exposure [s]; at most 37.5 kW/m²."""
    row = aqt3046.heat_probit()
    time = min(exposure, LONGEST_EXPOSURE)
    dose = float(np.exp((float(probit_of(share)) - row.a) / row.b))
    return min(float((dose / time) ** (1 / row.n)), CERTAIN_DEATH)


def factors(flux: ArrayLike) -> tuple[Array, Array, Array]:
    """Factors (…) [-] on the probability of death at a flux (…) [W/m²]: individual, societal outdoors, societal indoors.

    Source: AQ/T 3046-2013 11.4, Table 10.
    """
    below, above = aqt3046.factors()["heat below 37.5 kW/m²"], aqt3046.factors()["heat at least 37.5 kW/m²"]
    hot = np.asarray(flux, float) >= CERTAIN_DEATH
    return (
        np.where(hot, above.individual, below.individual),
        np.where(hot, above.societal_outdoors, below.societal_outdoors),
        np.where(hot, above.societal_indoors, below.societal_indoors),
    )
