"""Mixtures: partial pressures by Raoult, and a pseudo-substance by Kay for models that take one substance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import warning
from chemward.science.substances.correlation import Curve
from chemward.science.substances.substance import Substance

Parts = tuple[tuple[Substance, float], ...]
"""Substances with their mole fractions [mol/mol]."""

_BY_MOLE = ("critical_temperature", "critical_pressure", "acentric_factor")


def parts_of(components: Iterable[tuple[Substance, float]], *, field: str = "mixture") -> Parts:
    """The components, substances with their mole fractions [mol/mol] that are above 0 and add up to 1 within 1 %; made to add up exactly.

    field: name of the input for the fault. Raises Faults.
    """
    parts = tuple(components)
    found = [
        Fault(f"{field}[{k}].mole_fraction", f"is {x:g}", "give a share above 0, up to 1")
        for k, (_, x) in enumerate(parts)
        if not 0 < x <= 1
    ]
    total = sum(x for _, x in parts)
    if not found and abs(total - 1) > 0.01:
        found.append(Fault(field, f"mole fractions add up to {total:g}", "let them add up to 1"))
    refuse(found)
    return tuple((s, x / total) for s, x in parts)


def molar_mass(parts: Parts) -> float:
    """Mean molar mass [kg/mol]."""
    return sum(x * s.need("molar_mass") for s, x in parts)


def partial_pressures(parts: Parts, temperature: float) -> list[float]:
    """Partial pressure [Pa] of each part over the ideal liquid mixture at temperature [K], in their order: Raoult."""
    return [x * float(s.vapour_pressure(temperature)) for s, x in parts]


def bubble_pressure(parts: Parts, temperature: float) -> float:
    """Pressure [Pa] at which the mixture begins to boil at temperature [K]. Source: Raoult's law."""
    return sum(partial_pressures(parts, temperature))


def vapour_composition(parts: Parts, temperature: float) -> list[float]:
    """Mole fractions [mol/mol] of the first vapour at temperature [K], in the order of the parts."""
    pressures = partial_pressures(parts, temperature)
    return [p / sum(pressures) for p in pressures]


def flammable_limit(parts: Parts, name: str = "lower_flammable") -> float | None:
    """Lower or upper flammable limit [mol/mol] of the vapour mixture by Le Chatelier; parts without a limit count as inert diluent.

    None when no part burns. Source: Le Chatelier 1891; Crowl and Louvar 3rd ed. eq. 6-1.
    """
    burning = [(x, getattr(s, name)) for s, x in parts if getattr(s, name) is not None]
    return 1.0 / sum(x / limit for x, limit in burning) if burning else None


def pseudo_substance(components: Iterable[tuple[Substance, float]], name: str = "mixture") -> Substance:
    """One substance that stands for a mixture: mole means (Kay) of critical figures, mass means of heats, Raoult's bubble pressure.

    The composition is taken as constant while it boils (told in a note): wrong for parts that boil far apart.
    components: substances with mole fractions [mol/mol]. Raises Faults for fractions that do not fit.
    Source: Kay, Ind. Eng. Chem. 28 (1936) 1014; Raoult; Amagat for the density.
    """
    parts = parts_of(components)
    mass = molar_mass(parts)
    shares = [x * s.need("molar_mass") / mass for s, x in parts]
    values: dict[str, Any] = {n: _mean(parts, n) for n in _BY_MOLE}
    heats = [s.heat_of_combustion or 0.0 for s, _ in parts]
    curves = _curves(parts, shares, mass, name)
    return Substance(
        cas="",
        name=name,
        name_zh=" ".join(s.name_zh for s, _ in parts),
        molar_mass=mass,
        boiling_point=_boiling_point(parts, curves),
        lower_flammable=flammable_limit(parts),
        upper_flammable=flammable_limit(parts, "upper_flammable"),
        heat_of_combustion=sum(w * h for w, h in zip(shares, heats, strict=True)) or None,
        curves=curves,
        notes=(
            warning("pseudo_substance", "the mixture is taken as one substance whose composition does not change", "Kay 1936"),
        ),
        **values,
    )


def _mean(parts: Parts, name: str) -> float | None:
    values = [getattr(s, name) for s, _ in parts]
    return None if any(v is None for v in values) else sum(x * v for (_, x), v in zip(parts, values, strict=True))


def _curves(parts: Parts, shares: list[float], mass: float, name: str) -> dict[str, Curve]:
    """Properties that every part has, mixed; within the temperatures at which all of them are given."""
    mixers: dict[str, Callable[[list[float]], float]] = {
        "vapour_pressure": lambda values: float(np.dot([x for _, x in parts], values)),
        "liquid_density": lambda values: 1.0 / float(np.dot(shares, 1.0 / np.asarray(values))),
        "liquid_viscosity": lambda values: math.exp(float(np.dot([x for _, x in parts], np.log(values)))),
    }
    found = {}
    for prop in sorted(set.intersection(*(set(s.curves) for s, _ in parts))):
        own = [s.curves[prop] for s, _ in parts]
        low, high = max(c.limits[0] for c in own), min(c.limits[1] for c in own)
        if low < high:
            mix = mixers.get(prop, lambda values: float(np.dot(shares, values)))
            tops = [c.top for c in own if c.top is not None]
            top = min(tops) if tops else None
            found[prop] = Curve(
                prop, name, _law(own, mix), low, high, top, "mixed by Kay, Raoult or Amagat", "computed", is_whole=False
            )
    return found


def _law(curves: list[Curve], mix: Callable[[list[float]], float]) -> Callable[[Any], float]:
    return lambda T: mix([float(c(T)) for c in curves])  # noqa: N803


def _boiling_point(parts: Parts, curves: dict[str, Curve]) -> float | None:
    if "vapour_pressure" not in curves:
        return None
    bare = Substance(cas="", name="mixture", name_zh="", curves=curves)
    try:
        return bare.saturation_temperature(101_325.0)
    except Faults:
        return None
