"""Properties of substances: published points, and the boiling point as a check of two tables on each other."""

from __future__ import annotations

from chemward.science.substances import find
from chemward.science.substances.mixtures import bubble_pressure, parts_of
from tests.science.validation.case import Case

NIST = "NIST Chemistry WebBook, saturation properties"

POINTS = (
    ("ammonia", 300.0, "vapour_pressure", "Pa", 1.0617e6, 0.01),
    ("ammonia", 240.0, "liquid_density", "kg/m³", 681.75, 0.01),
    ("ammonia", 239.82, "heat_of_vaporisation", "J/kg", 1.3697e6, 0.01),
    ("propane", 300.0, "vapour_pressure", "Pa", 9.978e5, 0.01),
    ("propane", 231.04, "liquid_density", "kg/m³", 580.9, 0.01),
    ("methane", 111.67, "liquid_density", "kg/m³", 422.36, 0.01),
    ("methane", 111.67, "heat_of_vaporisation", "J/kg", 5.1087e5, 0.02),
    ("carbon dioxide", 250.0, "vapour_pressure", "Pa", 1.785e6, 0.01),
    ("benzene", 298.15, "vapour_pressure", "Pa", 12690.0, 0.01),
    ("water", 373.15, "heat_of_vaporisation", "J/kg", 2.2565e6, 0.01),
    ("chlorine", 239.11, "heat_of_vaporisation", "J/kg", 2.88e5, 0.01),
)
BOILING = (
    "chlorine",
    "ammonia",
    "propane",
    "hydrogen fluoride",
    "phosgene",
    "sulfur dioxide",
    "benzene",
    "acrylonitrile",
    "ethylene oxide",
)

CASES: list[Case] = [
    *(
        Case(f"{name}-{prop}-{t:.0f}", f"{name} at {t:g} K", NIST, prop.replace("_", " "), unit, expected,
             lambda n=name, t=t, p=prop: getattr(find(n), p)(t), tolerance)
        for name, t, prop, unit, expected, tolerance in POINTS
    ),
    *(
        Case(f"{name}-boils", f"{name}: vapour pressure at the boiling point", "two tables", "pressure", "Pa", 101325.0,
             lambda n=name: float(find(n).vapour_pressure(find(n).need("boiling_point"))), 0.03)
        for name in BOILING
    ),
    Case("methane-gamma", "methane at 25 °C: cp/cv", "NIST Chemistry WebBook", "γ", "-", 1.304,
         lambda: float(find("methane").heat_capacity_ratio(298.15)), 5e-3),
    Case("lpg-raoult", "propane and butane, half and half at 20 °C", "Raoult by hand from 8.36 and 2.08 bar (NIST)", "pressure", "Pa", 5.22e5,
         lambda: bubble_pressure(parts_of([(find("propane"), 0.5), (find("butane"), 0.5)]), 293.15), 0.01),
]  # fmt: skip
