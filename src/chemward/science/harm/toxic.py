"""Harm by toxic gas: dose, probit, probability of death."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.constants import ATMOSPHERE, GAS_CONSTANT
from chemward.science.harm.probit import probability, probit_of
from chemward.standards import probits

Array = NDArray[np.float64]
LONGEST_EXPOSURE = 1800.0  # s, AQ/T 3046-2013 10.2; Purple Book 5.2.1
MG_PER_KG = 1e6
SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class ToxicProbit:
    """Pr = a + b ln(Cⁿ t), C in mg/m³, t in minutes. set: which set of figures; source: where in it."""

    cas: str
    a: float
    b: float
    n: float
    set: str
    source: str

    def of_dose(self, dose: ArrayLike) -> Array:
        """Probit (…) [-] of a dose (…) [(mg/m³)ⁿ min]; −∞ for none."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.a + self.b * np.log(np.asarray(dose, float)), float)

    def of(self, concentration: ArrayLike, exposure: ArrayLike) -> Array:
        """Probit (…) [-] of a steady concentration (…) [kg/m³] over an exposure (…) [s], counted to 30 minutes at most."""
        minutes = np.minimum(np.asarray(exposure, float), LONGEST_EXPOSURE) / SECONDS_PER_MINUTE
        return self.of_dose((np.maximum(np.asarray(concentration, float), 0.0) * MG_PER_KG) ** self.n * minutes)

    def of_series(self, times: ArrayLike, concentrations: ArrayLike) -> Array:
        """Probit (…) [-] of a concentration that changes: times (t,) [s], concentrations (t, …) [kg/m³]; ∫Cⁿ dt by trapezes."""
        t = np.asarray(times, float)
        c = np.maximum(np.asarray(concentrations, float), 0.0) * MG_PER_KG
        return self.of_dose(np.trapezoid(c**self.n, t / SECONDS_PER_MINUTE, axis=0))

    def lethality(self, concentration: ArrayLike, exposure: ArrayLike) -> Array:
        """Probability (…) [-] of death: concentration (…) [kg/m³], exposure (…) [s]. Source: AQ/T 3046-2013 10.2, equation (5)."""
        return probability(self.of(concentration, exposure))

    def concentration(self, share: float, exposure: float) -> float:
        """Concentration [kg/m³] at which a share [-] dies within an exposure [s]."""
        minutes = min(exposure, LONGEST_EXPOSURE) / SECONDS_PER_MINUTE
        dose = float(np.exp((float(probit_of(share)) - self.a) / self.b))
        return float((dose / minutes) ** (1 / self.n) / MG_PER_KG)


def toxic_probit(cas: str, molar_mass: float, set_id: str = probits.DEFAULT) -> ToxicProbit | None:
    """The probit of a substance in a set; None when the set has none. molar_mass [kg/mol], for sets that reckon in ppm.

    LookupError when there is no such set.
    """
    row = probits.toxic(set_id).get(cas)
    if row is None:
        return None
    if row.unit == "ppm":
        return from_ppm(cas, row.a, row.b, row.n, molar_mass, set_id, row.source)
    return ToxicProbit(cas, row.a, row.b, row.n, set_id, row.source)


def from_ppm(
    cas: str, a: float, b: float, n: float, molar_mass: float, set_id: str, source: str, temperature: float = 298.15
) -> ToxicProbit:
    """A probit given for C in ppm as one for mg/m³: a [-], b [-], n [-], molar_mass [kg/mol], temperature [K] at which ppm are meant.

    ln((C/k)ⁿ t) = ln(Cⁿ t) − n ln k with k mg/m³ in a ppm; 101 325 Pa.
    """
    per_ppm = molar_mass * ATMOSPHERE / (GAS_CONSTANT * temperature)  # mg/m³ in a ppm: 1e-6 kg/m³ · 1e6
    return ToxicProbit(cas, a - b * n * float(np.log(per_ppm)), b, n, set_id, source)
