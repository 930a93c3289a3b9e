"""Conversions that a tag accepts, from its unit and the basis given for its gas.

ppm = mg/m³ × Vm / M with Vm the molar volume at the stated temperature and 101 325 Pa (24.45 L/mol at 25 ℃); %vol = 10⁴ ppm;
%LEL = %vol / LEL × 100. Other pairs are fixed factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GAS_CONSTANT = 8.314462618
"""Molar gas constant [J/(mol K)], CODATA 2018."""
STANDARD_PRESSURE = 101_325.0
"""[Pa]"""
ZERO_CELSIUS = 273.15

Conversion = tuple[float, float]

# unit → (base unit, factor, offset): base = value × factor + offset.
LINEAR: dict[str, tuple[str, float, float]] = {
    "Pa": ("Pa", 1.0, 0.0),
    "kPa": ("Pa", 1e3, 0.0),
    "MPa": ("Pa", 1e6, 0.0),
    "bar": ("Pa", 1e5, 0.0),
    "mbar": ("Pa", 100.0, 0.0),
    "K": ("K", 1.0, 0.0),
    "℃": ("K", 1.0, ZERO_CELSIUS),
    "°C": ("K", 1.0, ZERO_CELSIUS),
    "℉": ("K", 5 / 9, ZERO_CELSIUS - 32 * 5 / 9),
    "m": ("m", 1.0, 0.0),
    "cm": ("m", 0.01, 0.0),
    "mm": ("m", 0.001, 0.0),
    "m/s": ("m/s", 1.0, 0.0),
    "km/h": ("m/s", 1 / 3.6, 0.0),
    "kg": ("kg", 1.0, 0.0),
    "t": ("kg", 1e3, 0.0),
    "kg/h": ("kg/h", 1.0, 0.0),
    "t/h": ("kg/h", 1e3, 0.0),
    "kg/s": ("kg/h", 3600.0, 0.0),
}
GAS_UNITS = ("ppm", "mg/m³", "%vol", "%LEL")


def molar_volume_l(temperature_c: float = 25.0) -> float:
    """Molar volume of an ideal gas at 101 325 Pa [L/mol].

    >>> round(molar_volume_l(25.0), 2)
    24.47
    """
    return GAS_CONSTANT * (temperature_c + ZERO_CELSIUS) / STANDARD_PRESSURE * 1000


def conversions(unit: str, basis: Mapping[str, Any]) -> dict[str, Conversion]:
    """What a device may send instead of `unit`: unit → (factor, offset), kept = sent × factor + offset.

    basis: `molar_mass_g_per_mol`, `lel_percent_vol`, `temperature_c` (25 when absent); a pair whose basis is missing is left out.
    """
    if unit in LINEAR:
        return _linear(unit)
    own = _ppm_per(unit, basis)
    if own is None:
        return {}
    found = {other: _ppm_per(other, basis) for other in GAS_UNITS if other != unit}
    return {other: (factor / own, 0.0) for other, factor in found.items() if factor is not None}


def _linear(unit: str) -> dict[str, Conversion]:
    base, factor, offset = LINEAR[unit]
    return {other: (f / factor, (o - offset) / factor) for other, (b, f, o) in LINEAR.items() if b == base and other != unit}


def _ppm_per(unit: str, basis: Mapping[str, Any]) -> float | None:
    """How many ppm one `unit` is, None when the basis does not say."""
    molar_mass, lel = basis.get("molar_mass_g_per_mol"), basis.get("lel_percent_vol")
    if unit == "ppm":
        return 1.0
    if unit == "%vol":
        return 1e4
    if unit == "mg/m³" and molar_mass:
        return molar_volume_l(basis.get("temperature_c", 25.0)) / float(molar_mass)
    if unit == "%LEL" and lel:
        return float(lel) * 100.0
    return None
