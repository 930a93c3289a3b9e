"""A substance with its properties as functions of temperature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chemward.science.constants import ATMOSPHERE, GAS_CONSTANT
from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import Note, warning
from chemward.science.substances.correlation import Curve


@dataclass(frozen=True)
class Substance:
    """A pure substance, or a mixture treated as one.

    molar_mass [kg/mol]; melting_point, boiling_point (at 101 325 Pa), critical_temperature, flash_point, autoignition [K];
    critical_pressure [Pa]; acentric_factor [-]; lower_flammable, upper_flammable [mol/mol] in air; heat_of_combustion [J/kg], lower.
    None where it is not known. `sources`: property → source of the figure. `curves`: the properties over temperature.
    """

    cas: str
    name: str
    name_zh: str
    synonyms: tuple[str, ...] = ()
    molar_mass: float | None = None
    melting_point: float | None = None
    boiling_point: float | None = None
    critical_temperature: float | None = None
    critical_pressure: float | None = None
    acentric_factor: float | None = None
    lower_flammable: float | None = None
    upper_flammable: float | None = None
    flash_point: float | None = None
    autoignition: float | None = None
    heat_of_combustion: float | None = None
    curves: dict[str, Curve] = field(default_factory=dict, repr=False, compare=False)
    sources: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    certainty: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)

    def vapour_pressure(self, T: Any) -> Any:  # noqa: N803
        """Saturation pressure [Pa] over the liquid at T [K], any shape. Raises Faults where it is not known or out of range."""
        return self.curve("vapour_pressure")(T)

    def liquid_density(self, T: Any) -> Any:  # noqa: N803
        """Density of the saturated liquid [kg/m³] at T [K], any shape. Raises Faults where it is not known or out of range."""
        return self.curve("liquid_density")(T)

    def heat_of_vaporisation(self, T: Any) -> Any:  # noqa: N803
        """Heat of vaporisation [J/kg] at T [K], any shape. Raises Faults where it is not known or out of range."""
        return self.curve("heat_of_vaporisation")(T)

    def liquid_heat_capacity(self, T: Any) -> Any:  # noqa: N803
        """Heat capacity of the liquid at constant pressure [J/(kg K)] at T [K], any shape. Raises Faults where it is not known."""
        return self.curve("liquid_heat_capacity")(T)

    def gas_heat_capacity(self, T: Any) -> Any:  # noqa: N803
        """Heat capacity of the ideal gas at constant pressure [J/(kg K)] at T [K], any shape. Raises Faults where it is not known."""
        return self.curve("gas_heat_capacity")(T)

    def heat_capacity_ratio(self, T: Any) -> Any:  # noqa: N803
        """cp/cv of the ideal gas [-] at T [K], any shape. Raises Faults where the heat capacity is not known."""
        cp = self.gas_heat_capacity(T)
        return cp / (cp - self.gas_constant)

    def surface_tension(self, T: Any) -> Any:  # noqa: N803
        """Surface tension of the liquid against its vapour [N/m] at T [K], any shape. Raises Faults where it is not known."""
        return self.curve("surface_tension")(T)

    def liquid_viscosity(self, T: Any) -> Any:  # noqa: N803
        """Viscosity of the liquid [Pa s] at T [K], any shape. Raises Faults where it is not known."""
        return self.curve("liquid_viscosity")(T)

    def gas_viscosity(self, T: Any) -> Any:  # noqa: N803
        """Viscosity of the dilute gas [Pa s] at T [K], any shape. Raises Faults where it is not known."""
        return self.curve("gas_viscosity")(T)

    @property
    def gas_constant(self) -> float:
        """R/M [J/(kg K)]. Raises Faults where the molar mass is not known."""
        return GAS_CONSTANT / self.need("molar_mass")

    def gas_density(self, temperature: float, pressure: float = ATMOSPHERE) -> float:
        """Density of the ideal gas [kg/m³] at temperature [K] and pressure [Pa]."""
        return pressure / (self.gas_constant * temperature)

    def saturation_temperature(self, pressure: float) -> float:
        """Boiling temperature [K] at a pressure [Pa]: where the vapour pressure is that.

        Raises Faults naming `pressure` when the vapour pressure curve does not reach it.
        """
        curve = self.curve("vapour_pressure")
        low, high = curve.limits
        if not curve(low) <= pressure <= curve(high):
            limits = f"{curve(low):.3g} to {curve(high):.3g} Pa"
            raise Faults([Fault("pressure", f"{self.name} does not boil at {pressure:g} Pa", f"give a pressure within {limits}")])
        return _bisect_log(curve, pressure, low, high)

    def curve(self, name: str) -> Curve:
        """The named property over temperature. Raises Faults naming it where it is not known."""
        if name not in self.curves:
            raise Faults([self._unknown(name)])
        return self.curves[name]

    def need(self, name: str) -> float:
        """A single-number property, in the unit of its field [-]. Raises Faults naming it where it is not known."""
        value = getattr(self, name)
        if value is None:
            raise Faults([self._unknown(name)])
        return float(value)

    def require(self, *names: str) -> None:
        """Raises Faults naming every one of these properties (single numbers or curves) that is not known."""
        refuse(self._unknown(n) for n in names if not self.has(n))

    def has(self, name: str) -> bool:
        """Is this property, a single number or a curve, known?"""
        value = getattr(self, name, None)
        return name in self.curves or (value is not None and not callable(value))

    def range_notes(self, temperatures: tuple[float, ...], *names: str) -> tuple[Note, ...]:
        """Warnings for properties that at one of the temperatures [K] are carried beyond their correlation or are estimates."""
        found = []
        for name in names:
            curve = self.curves.get(name)
            what = name.replace("_", " ")
            if curve is not None and any(curve.is_carried(t) for t in temperatures):
                text = f"{what} of {self.name} is carried beyond {curve.low:.0f} to {curve.high:.0f} K"
                found.append(warning("property_outside_range", text, curve.source))
            if curve is not None and curve.certainty == "computed":
                found.append(warning("property_estimated", f"{what} of {self.name} is an estimate", curve.source))
        return tuple(found)

    def _unknown(self, name: str) -> Fault:
        return Fault(
            f"substance.{name}",
            f"is not known for {self.name} ({self.cas or 'mixture'})",
            "choose a substance that has it, or another model",
        )


def _bisect_log(curve: Curve, pressure: float, low: float, high: float) -> float:
    for _ in range(200):
        middle = 0.5 * (low + high)
        if curve(middle) < pressure:
            low = middle
        else:
            high = middle
        if high - low < 1e-9 * high:
            break
    return 0.5 * (low + high)
