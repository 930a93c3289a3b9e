"""Units of measurement of plant and gas readings, and the linear conversions between them.

Every conversion here is linear: `value_to = value_from * factor + offset`. Gas units need what the substance gives: the molar mass
for ppm ↔ mg/m³, the lower explosive limit for %LEL.

Sources: SI brochure (9th ed.) tables 4 and 8 for pressure, mass, volume, time and energy; ISO 80000-4/5; molar volume of an ideal
gas 24.45 L/mol at 25 ℃ and 101.325 kPa (24.04 at 20 ℃, 22.41 at 0 ℃), ppm = mg/m³ × molar volume / molar mass (GBZ/T 300 series
and NIOSH usage); % of the lower explosive limit as in GB/T 50493-2019.
"""

from __future__ import annotations

from typing import Final

Linear = tuple[float, float]

MOLAR_VOLUME_25C: Final = 24.45  # [L/mol] at 25 ℃, 101.325 kPa

# Family → unit: (factor, offset) to the family's base unit, which stands first.
_FAMILIES: Final[dict[str, dict[str, Linear]]] = {
    "pressure": {
        "Pa": (1.0, 0.0),
        "hPa": (1e2, 0.0),
        "kPa": (1e3, 0.0),
        "MPa": (1e6, 0.0),
        "mbar": (1e2, 0.0),
        "bar": (1e5, 0.0),
        "atm": (101_325.0, 0.0),
        "mmHg": (133.322387415, 0.0),
        "mmH2O": (9.80665, 0.0),
        "kgf/cm2": (98_066.5, 0.0),
        "psi": (6_894.757293168, 0.0),
    },
    "temperature": {"K": (1.0, 0.0), "℃": (1.0, 273.15), "℉": (5 / 9, 273.15 - 32 * 5 / 9)},
    "length": {
        "m": (1.0, 0.0),
        "mm": (1e-3, 0.0),
        "cm": (1e-2, 0.0),
        "km": (1e3, 0.0),
        "μm": (1e-6, 0.0),
        "in": (0.0254, 0.0),
        "ft": (0.3048, 0.0),
    },
    "mass": {"kg": (1.0, 0.0), "g": (1e-3, 0.0), "mg": (1e-6, 0.0), "t": (1e3, 0.0)},
    "volume": {"m3": (1.0, 0.0), "L": (1e-3, 0.0), "mL": (1e-6, 0.0)},
    "volume flow": {
        "m3/s": (1.0, 0.0),
        "m3/h": (1 / 3600, 0.0),
        "m3/min": (1 / 60, 0.0),
        "L/s": (1e-3, 0.0),
        "L/min": (1e-3 / 60, 0.0),
        "L/h": (1e-3 / 3600, 0.0),
    },
    "mass flow": {
        "kg/s": (1.0, 0.0),
        "kg/h": (1 / 3600, 0.0),
        "kg/min": (1 / 60, 0.0),
        "t/h": (1e3 / 3600, 0.0),
        "t/d": (1e3 / 86_400, 0.0),
    },
    "speed": {"m/s": (1.0, 0.0), "km/h": (1 / 3.6, 0.0), "mm/s": (1e-3, 0.0)},
    "time": {"s": (1.0, 0.0), "ms": (1e-3, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0), "d": (86_400.0, 0.0)},
    "power": {"W": (1.0, 0.0), "kW": (1e3, 0.0), "MW": (1e6, 0.0)},
    "energy": {"J": (1.0, 0.0), "kJ": (1e3, 0.0), "MJ": (1e6, 0.0), "kWh": (3.6e6, 0.0)},
    "current": {"A": (1.0, 0.0), "mA": (1e-3, 0.0)},
    "voltage": {"V": (1.0, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)},
    "frequency": {"Hz": (1.0, 0.0), "kHz": (1e3, 0.0), "r/min": (1 / 60, 0.0)},
    "angle": {"°": (1.0, 0.0), "rad": (57.29577951308232, 0.0)},
    "ratio": {"%": (1.0, 0.0), "‰": (0.1, 0.0), "1": (100.0, 0.0)},
    "mass concentration": {"mg/m3": (1.0, 0.0), "μg/m3": (1e-3, 0.0), "g/m3": (1e3, 0.0)},
    "density": {"kg/m3": (1.0, 0.0), "g/cm3": (1e3, 0.0), "g/L": (1.0, 0.0)},
}
_FAMILY_OF: Final = {unit: family for family, units in _FAMILIES.items() for unit in units}

# How devices write the same unit. Case counts elsewhere (mPa is not MPa), so only exact spellings are listed.
_SPELLINGS: Final = {
    "°C": "℃", "C": "℃", "degC": "℃", "摄氏度": "℃", "°F": "℉", "degF": "℉",
    "m³": "m3", "m^3": "m3", "Nm3": "m3", "m³/h": "m3/h", "m^3/h": "m3/h", "m³/s": "m3/s", "m³/min": "m3/min",
    "l": "L", "ml": "mL", "um": "μm", "µm": "μm", "kgf/cm²": "kgf/cm2", "mmH₂O": "mmH2O", "kpa": "kPa", "Mpa": "MPa",
    "mg/m³": "mg/m3", "mg/m^3": "mg/m3", "ug/m3": "μg/m3", "µg/m3": "μg/m3", "μg/m³": "μg/m3", "g/m³": "g/m3",
    "PPM": "ppm", "PPB": "ppb", "%LEL": "%LEL", "%lel": "%LEL", "LEL%": "%LEL", "%VOL": "%vol", "%Vol": "%vol", "vol%": "%vol", "VOL%": "%vol",
    "kg/m³": "kg/m3", "g/cm³": "g/cm3", "rpm": "r/min", "deg": "°", "吨": "t", "米": "m", "小时": "h",
}  # fmt: skip

# Gas concentration: unit → ppm (volume fraction × 10⁶) as far as no substance is needed.
_VOLUME_FRACTION: Final = {"ppm": 1.0, "ppb": 1e-3, "%vol": 1e4}


def canonical(unit: str) -> str:
    """The unit as written here: `°C` → `℃`, `mg/m³` → `mg/m3`. A unit that is not known comes back stripped."""
    stripped = unit.strip()
    return _SPELLINGS.get(stripped, stripped)


def ppm_per_mg_m3(molar_mass: float, molar_volume: float = MOLAR_VOLUME_25C) -> float:
    """ppm of a gas for 1 mg/m³. molar_mass [g/mol], molar_volume [L/mol]. ValueError when either is not positive.

    >>> round(ppm_per_mg_m3(34.08) * 10, 2)  # hydrogen sulfide, 10 mg/m³
    7.17
    """
    if not (molar_mass > 0 and molar_volume > 0):
        raise ValueError(f"molar mass {molar_mass} g/mol and molar volume {molar_volume} L/mol must be positive")
    return molar_volume / molar_mass


def ppm_per_pct_lel(lel_pct_vol: float) -> float:
    """ppm of a gas for 1 % of its lower explosive limit. lel_pct_vol [%vol]. ValueError when it is outside 0–100.

    >>> ppm_per_pct_lel(5.0)  # methane
    500.0
    """
    if not 0 < lel_pct_vol <= 100:
        raise ValueError(f"lower explosive limit {lel_pct_vol} %vol must be above 0 and at most 100")
    return lel_pct_vol * 1e4 / 100


def conversions_for(
    unit: str,
    molar_mass: float | None = None,
    lel_pct_vol: float | None = None,
    molar_volume: float = MOLAR_VOLUME_25C,
) -> dict[str, list[float]]:
    """The table `TagConfig.conversions` of a tag kept in `unit`: {unit a device may send: [factor, offset] to `unit`}.

    molar_mass [g/mol] opens ppm ↔ mg/m³, lel_pct_vol [%vol] opens %LEL; what needs a missing figure is left out. The unit itself
    and other spellings of all units are included, so that a look-up of the sent text is enough. An unknown unit converts only
    from itself. ValueError when a figure is not positive.
    """
    target = canonical(unit)
    to_base = _gas_units(molar_mass, lel_pct_vol, molar_volume)
    if target not in to_base:
        to_base = _FAMILIES.get(_FAMILY_OF.get(target, ""), {target: (1.0, 0.0)})
    own_factor, own_offset = to_base[target]
    table = {source: [factor / own_factor, (offset - own_offset) / own_factor] for source, (factor, offset) in to_base.items()}
    table[target] = [1.0, 0.0]
    spelled = {spelling: table[name] for spelling, name in _SPELLINGS.items() if name in table}
    return {**table, **spelled, unit: [1.0, 0.0]}


def convert(value: float, source: str, target: str, **substance: float) -> float:
    """`value` [source] in [target]; substance: molar_mass, lel_pct_vol, molar_volume. ValueError when it cannot be converted.

    >>> convert(1.6, "MPa", "bar")
    16.0
    >>> convert(25, "%LEL", "%vol", lel_pct_vol=5.0)
    1.25
    """
    table = conversions_for(target, **substance)
    if canonical(source) not in table:
        raise ValueError(f"{source} cannot be converted to {target}: another quantity, or molar mass or LEL is missing")
    factor, offset = table[canonical(source)]
    return value * factor + offset


def known_units() -> dict[str, tuple[str, ...]]:
    """All units by family, for a page's choice list."""
    gas = (*_VOLUME_FRACTION, "%LEL")
    return {"gas concentration": gas, **{family: tuple(units) for family, units in _FAMILIES.items()}}


def _gas_units(molar_mass: float | None, lel_pct_vol: float | None, molar_volume: float) -> dict[str, Linear]:
    """Gas units that can be brought to ppm with what is known of the substance."""
    to_ppm = dict(_VOLUME_FRACTION)
    if lel_pct_vol is not None:
        to_ppm["%LEL"] = ppm_per_pct_lel(lel_pct_vol)
    if molar_mass is not None:
        to_ppm |= {
            name: factor * ppm_per_mg_m3(molar_mass, molar_volume)
            for name, (factor, _) in _FAMILIES["mass concentration"].items()
        }
    return {name: (factor, 0.0) for name, factor in to_ppm.items()}
