"""One property of one substance as a function of temperature, with what happens outside its range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chemward.science.faults import Faults, out_of_range
from chemward.science.substances.equations import EQUATIONS

MARGIN = 0.15  # how far beyond its range a correlation is carried, as a part of the temperature at the edge
COLD = {  # the same below the range, where more is safe
    "gas_heat_capacity": 0.6,  # fewer and fewer degrees of freedom: it flattens
    "vapour_pressure": 0.35,  # ln p is nearly straight in 1/T
}
UNITS = {"Pa": 1.0, "Pa s": 1.0, "N/m": 1.0, "kg/m3": 1.0}
MOLAR = {"J/mol": 1.0, "J/kmol": 1e-3, "J/mol/K": 1.0, "J/kmol/K": 1e-3}  # per mole: divided by the molar mass
MOLAR_DENSITY = {"mol/m3": 1.0, "kmol/m3": 1e3}


def factor(unit: str, molar_mass: float) -> float:
    """What a figure in the unit of its table is multiplied by to be SI per kilogram [-]; molar_mass [kg/mol]. KeyError: unknown unit."""
    if unit in MOLAR:
        return MOLAR[unit] / molar_mass
    if unit in MOLAR_DENSITY:
        return MOLAR_DENSITY[unit] * molar_mass
    return UNITS[unit]


def _as_edge(law: Callable[[Any], Any], edge: float, T: Any) -> Any:  # noqa: N803
    return law(edge) + 0.0 * T


def _arrhenius(law: Callable[[Any], Any], edge: float, T: Any) -> Any:  # noqa: N803
    """ln y straight in 1/T from the edge on: Clausius and Clapeyron for vapour pressure, Andrade for viscosity."""
    step = edge * 1e-4
    inward = edge + step if law(edge + step) > law(edge) else edge - step
    slope = (np.log(law(inward)) - np.log(law(edge))) / (1 / inward - 1 / edge)
    return law(edge) * np.exp(slope * (1 / np.asarray(T, float) - 1 / edge))


def _straight(law: Callable[[Any], Any], edge: float, T: Any) -> Any:  # noqa: N803
    step = edge * 1e-4
    return law(edge) + (law(edge + step) - law(edge - step)) / (2 * step) * (T - edge)


def _to_zero(law: Callable[[Any], Any], edge: float, T: Any) -> Any:  # noqa: N803
    """Guggenheim's 11/9 law, with the slope at the edge saying where the tension vanishes."""
    slope = (law(edge) - law(edge - edge * 1e-4)) / (edge * 1e-4)
    reach = -11 / 9 * law(edge) / slope if slope < 0 else np.inf
    return law(edge) * np.maximum(1 - (T - edge) / reach, 0.0) ** (11 / 9)


BEYOND: dict[str, Callable[[Callable[[Any], Any], float, Any], Any]] = {
    "vapour_pressure": _arrhenius,
    "liquid_viscosity": _arrhenius,
    "liquid_density": _straight,
    "heat_of_vaporisation": _straight,
    "surface_tension": _to_zero,
}  # heat capacities and gas viscosity stay as they are at the edge


@dataclass(frozen=True)
class Curve:
    """A property over temperature: `law` within low…high [K], carried on for a margin beyond, refused after that.

    top: no liquid above this temperature [K] (the critical one); None for gases. is_whole: the law takes arrays as a whole.
    """

    name: str
    substance: str
    law: Callable[[Any], Any] = field(repr=False)
    low: float
    high: float
    top: float | None
    source: str
    certainty: str
    is_whole: bool = True

    def __call__(self, T: Any) -> Any:  # noqa: N803
        """The property at temperature T [K], float or array of any shape; SI, per kilogram [-].

        Raises Faults naming `temperature` beyond the margin. In the margin see `is_carried`.
        """
        if np.ndim(T) == 0:
            return self._at(float(T))
        every = np.asarray(T, float)
        if every.size and self.is_whole and every.min() >= self.low and every.max() <= self.high:
            return np.asarray(self.law(every), float)
        return np.array([self._at(t) for t in every.ravel()]).reshape(every.shape)

    def _at(self, temperature: float) -> float:
        if self.low <= temperature <= self.high:
            return float(self.law(temperature))
        self._refuse(temperature)
        edge = self.low if temperature < self.low else self.high
        return float(BEYOND.get(self.name, _as_edge)(self.law, edge, temperature))

    def _refuse(self, temperature: float) -> None:
        lowest, highest = self.limits
        if not lowest <= temperature <= highest:
            what = f"{self.name.replace('_', ' ')} of {self.substance}"
            raise Faults([out_of_range("temperature", temperature, lowest, highest, "K", what)])

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest temperature [K] at which the property is given at all."""
        highest = self.high * (1 + MARGIN)
        return self.low * (1 - COLD.get(self.name, MARGIN)), min(highest, self.top) if self.top is not None else highest

    def is_carried(self, temperature: float) -> bool:
        """Is the value at `temperature` [K] carried beyond the range of the correlation?"""
        return not self.low <= temperature <= self.high


def law_of(equation: str, coefficients: tuple[float, ...], scale: float) -> Callable[[Any], Any]:
    """The equation with its coefficients, in SI per kilogram; scale [-] from `factor`."""
    function = EQUATIONS[equation]
    return lambda T: scale * function(T, coefficients)  # noqa: N803
