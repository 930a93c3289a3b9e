"""Make the property tables of substances from `chemicals` (published tables) and commit them as data.

    python tools/make_substances.py            writes constants.csv and correlations.csv
    python tools/make_substances.py --check    compares a sample of substances with what is committed

`names.csv` beside them is kept by hand: it says which substances there are. For each property the sources stand below in the order of
preference; the first that has the substance and agrees with its boiling point is taken. What nobody has stands in the table as `missing`.
"""

from __future__ import annotations

import csv
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import chemicals
import CoolProp.CoolProp
import numpy as np

from chemward.science.substances.correlation import factor
from chemward.science.substances.equations import EQUATIONS

HERE = Path(__file__).parents[1] / "src/chemward/standards/data/substances"
TABLES = Path(chemicals.__file__).parent
SAMPLE = (
    "7782-50-5",
    "7664-41-7",
    "74-98-6",
    "75-44-5",
    "106-89-8",
    "7664-39-3",
    "100-42-5",
    "10102-44-0",
    "74-82-8",
    "7803-62-5",
)

PERRY = "Green and Perry, Perry's Chemical Engineers' Handbook 8th ed. (2008)"
POLING = "Poling, Prausnitz and O'Connell, Properties of Gases and Liquids 5th ed. (2000)"
VDI = "VDI Heat Atlas 2nd ed. (2010) D3.1"
CHEMSEP = "ChemSep 8.32 pure component data (Kooijman and Taylor 2021, Artistic Licence 2.0)"
COARSE = ("CycloPropane", "Propyne")  # short equations of state, poor away from the gas
HEOS = "CoolProp 8 (Bell et al., Ind. Eng. Chem. Res. 53 (2014) 2498)"
CRC = "CRC Handbook of Chemistry and Physics 95th ed. (2014)"

SOURCES = {  # what the tables of `chemicals` are called in print
    "HEOS": ("CoolProp/REFPROP equations of state, constants", "quoted"),
    "CRC_INORG": (f"{CRC}, physical constants of inorganic compounds", "quoted"),
    "CRC_ORG": (f"{CRC}, physical constants of organic compounds", "quoted"),
    "CRC": (CRC, "quoted"),
    "COMMON_CHEMISTRY": ("CAS Common Chemistry", "quoted"),
    "WEBBOOK": ("NIST Chemistry WebBook", "quoted"),
    "YAWS": ("Yaws, Thermophysical Properties of Chemicals and Hydrocarbons (2014)", "quoted"),
    "IUPAC": ("IUPAC critical properties (Ambrose, Tsonopoulos et al. 1995-2015)", "quoted"),
    "MATTHEWS": ("Mathews, Chem. Rev. 72 (1972) 71", "quoted"),
    "PD": ("Passut and Danner, Ind. Eng. Chem. Process Des. Dev. 12 (1973) 365", "quoted"),
    "PSRK": ("Horstmann et al., Fluid Phase Equilib. 227 (2005) 157, appendix", "quoted"),
    "PINAMARTINES": ("Pina-Martinez et al. 2021, from DIPPR 801", "quoted"),
    "OPEN_NTBKM": ("Open Notebook melting points (Bradley et al. 2014)", "quoted"),
    "DEFINITION": ("from the definition, with the vapour pressure at Tr = 0.7", "computed"),
    "WILSON_JASPERSON": ("Wilson and Jasperson 1996, group contribution", "computed"),
    "JOBACK": ("Joback and Reid 1987, group contribution", "computed"),
    "ATCT_G": ("Active Thermochemical Tables 1.112", "quoted"),
    "ATCT_L": ("Active Thermochemical Tables 1.112", "quoted"),
    "JANAF": ("NIST-JANAF Thermochemical Tables 4th ed. (1998)", "quoted"),
    "API_TDB_G": ("API Technical Data Book, as in Albahri 2013", "quoted"),
    "TRC": ("Kabo and Roganov, Thermodynamics of Organic Compounds in the Gas State (1994)", "quoted"),
}


class Row(NamedTuple):
    """One line of correlations.csv."""

    cas: str
    property: str
    equation: str
    coefficients: tuple[float, ...]
    unit: str
    low: float
    high: float
    source: str
    certainty: str = "quoted"


Known = dict[str, float]  # constants of one substance found so far


# -- reading the tables of `chemicals` ---------------------------------------------------------------------------------


@cache
def table(path: str, key: str = "CAS") -> dict[str, dict[str, str]]:
    """Rows of one table by CAS number; the first of several stands."""
    with (TABLES / path).open(encoding="utf-8") as file:
        found: dict[str, dict[str, str]] = {}
        for row in csv.DictReader(file, delimiter="\t"):
            found.setdefault(row[key].strip(), row)
    return found


@cache
def chemsep() -> dict[str, ElementTree.Element]:
    """Compounds of ChemSep by CAS number."""
    root = ElementTree.parse(TABLES / "Misc/ChemSep8.32.xml").getroot()
    return {c.find("CAS").get("value"): c for c in root}  # type: ignore[union-attr, misc]


@cache
def json_table(path: str) -> dict[str, Any]:
    return json.loads((TABLES / path).read_text("utf-8"))


def numbers(row: dict[str, str], *names: str) -> tuple[float, ...]:
    return tuple(float(row[n] or 0) for n in names)


def from_table(
    path: str, prop: str, equation: str, columns: str, unit: str, source: str, scale: float = 1.0
) -> Callable[[str, Known], Row | None]:
    """A source that reads its coefficients from the columns of a table; `scale` turns J/kmol into J/mol and the like."""

    def find(cas: str, known: Known) -> Row | None:
        row = table(path).get(cas)
        if row is None:
            return None
        coefficients = numbers(row, *columns.split())
        low = float(
            row.get("Tmin") or row.get("Tm") or known.get("melting_point") or 0.4 * known.get("critical_temperature", 600)
        )
        high = float(row.get("Tmax") or row.get("Tc") or known.get("critical_temperature") or 1000)
        return Row(
            cas, prop, equation, tuple(c * scale for c in coefficients) if scale != 1 else coefficients, unit, low, high, source
        )

    return find


CHEMSEP_EQUATIONS = {
    "100": "polynomial",
    "101": "dippr101",
    "102": "dippr102",
    "105": "dippr105",
    "106": "dippr106",
    "16": "exponential16",
}


def from_chemsep(tag: str, prop: str, unit: str) -> Callable[[str, Known], Row | None]:
    def find(cas: str, known: Known) -> Row | None:
        compound = chemsep().get(cas)
        node = None if compound is None else compound.find(tag)
        if compound is None or node is None:
            return None
        value = {child.tag: child.get("value") for child in node}
        equation = CHEMSEP_EQUATIONS.get(value["eqno"] or "")
        if equation is None:
            return None
        length = {"dippr105": 4, "dippr102": 4}.get(equation, 5)
        c = tuple(float(value.get(x) or 0) for x in "ABCDE"[:length])
        if equation == "dippr106":
            c = (float(compound.find("CriticalTemperature").get("value")), *c)  # type: ignore[union-attr, arg-type]
        return Row(cas, prop, equation, c, unit, float(value["Tmin"] or 0), float(value["Tmax"] or 0), CHEMSEP)

    return find


# -- estimates, for substances that no table has ------------------------------------------------------------------------


def lee_kesler(cas: str, known: Known) -> Row | None:
    if not {"critical_temperature", "critical_pressure", "boiling_point"} <= known.keys():
        return None
    tc, pc, tb = known["critical_temperature"], known["critical_pressure"], known["boiling_point"]
    f0, f1 = (np.log(EQUATIONS["lee_kesler"](tb, (tc, 1.0, w))) for w in (0.0, 1.0))
    omega = float((np.log(101325 / pc) - f0) / (f1 - f0))
    source = "Lee and Kesler 1975 through the boiling and the critical point"
    return Row(cas, "vapour_pressure", "lee_kesler", (tc, pc, omega), "Pa", 0.5 * tc, tc, source, "computed")


def crc_density(cas: str, known: Known) -> Row | None:
    for path in ("Misc/Physical Constants of Organic Compounds.csv", "Misc/Physical Constants of Inorganic Compounds.csv"):
        row = table(path).get(cas)
        melting, boiling = known.get("melting_point", 0), known.get("boiling_point", 1e9)
        if row is not None and row.get("rho") and melting < 298.15 < boiling:
            rho = float(row["rho"])
            if "critical_temperature" not in known:
                return Row(cas, "liquid_density", "polynomial", (rho,), "kg/m3", 288, 308, f"{CRC}, at 25 °C", "quoted")
            tc = known["critical_temperature"]
            z = 0.29056 - 0.08775 * known.get("acentric_factor", 0.3)
            source = f"{CRC} at 25 °C, carried by Rackett (Spencer and Danner 1972)"
            return Row(
                cas,
                "liquid_density",
                "rackett",
                (rho, 298.15, tc, z),
                "kg/m3",
                max(melting, 0.4 * tc),
                0.95 * tc,
                source,
                "computed",
            )
    return None


def crc_inorganic_density(cas: str, known: Known) -> Row | None:
    row = table("Density/CRC Liquid Inorganic Constant Densities.tsv").get(cas)
    if row is None:
        return None
    t = min(known.get("boiling_point", 298.15), max(298.15, known.get("melting_point", 0.0)))
    rho = known["molar_mass"] / float(row["Vm"])
    return Row(cas, "liquid_density", "polynomial", (rho,), "kg/m3", t - 20, t + 20, f"{CRC}, one value", "quoted")


def molten(cas: str, known: Known) -> Row | None:
    row = table("Density/CRC Inorganics densties of molten compounds and salts.tsv").get(cas)
    if row is None:
        return None
    rho, k, tm, tmax = numbers(row, "rho", "k", "Tm", "Tmax")
    return Row(cas, "liquid_density", "polynomial", (rho + k * tm, -k), "kg/m3", tm, tmax, f"{CRC}, molten elements and salts")


def corresponding_density(cas: str, known: Known) -> Row | None:
    """Rackett with the critical point alone (Yamada and Gunn 1973)."""
    if not {"critical_temperature", "critical_pressure", "acentric_factor", "molar_mass"} <= known.keys():
        return None
    tc, pc = known["critical_temperature"], known["critical_pressure"]
    z = 0.29056 - 0.08775 * known["acentric_factor"]
    t1 = 0.7 * tc
    rho = known["molar_mass"] * pc / (8.314462618 * tc) * z ** -(1 + 0.3 ** (2 / 7))
    source = "Rackett equation with Yamada and Gunn 1973"
    return Row(cas, "liquid_density", "rackett", (rho, t1, tc, z), "kg/m3", 0.45 * tc, 0.95 * tc, source, "computed")


def watson(cas: str, known: Known) -> Row | None:
    row = table("Phase Change/CRC Handbook Heat of Vaporization.tsv").get(cas)
    tc = known.get("critical_temperature")
    if row is None or tc is None:
        return None
    if row["HvapTb"] and (row["Tb"] or known.get("boiling_point")):
        h, t = float(row["HvapTb"]), float(row["Tb"] or known["boiling_point"])
    elif row["Hvap298"]:
        h, t = float(row["Hvap298"]), 298.15
    else:
        return None
    source = f"{CRC} at {t:.1f} K, carried by Watson 1943"
    return Row(cas, "heat_of_vaporisation", "watson", (h, t, tc), "J/mol", 0.45 * tc, 0.98 * tc, source, "computed")


def riedel(cas: str, known: Known) -> Row | None:
    if not {"critical_temperature", "critical_pressure", "boiling_point"} <= known.keys():
        return None
    tc, pc, tb = known["critical_temperature"], known["critical_pressure"], known["boiling_point"]
    h = 8.314462618 * tb * 1.093 * (np.log(pc / 1e5) - 1.013) / (0.930 - tb / tc)
    source = "Riedel 1954 at the boiling point, carried by Watson 1943"
    return Row(cas, "heat_of_vaporisation", "watson", (float(h), tb, tc), "J/mol", 0.45 * tc, 0.98 * tc, source, "computed")


def dippr114(cas: str, known: Known) -> Row | None:
    found = from_table("Heat Capacity/Perry_Table_2-153_DIPPR_114.tsv", "liquid_heat_capacity", "dippr114", "A B C D", "J/kmol/K",
                       f"{PERRY} Table 2-153")(cas, known)  # fmt: skip
    return found and found._replace(
        coefficients=(known["critical_temperature"], *found.coefficients),
        high=min(found.high, 0.98 * known["critical_temperature"]),
    )


def zabransky(cas: str, known: Known) -> Row | None:
    row = table("Heat Capacity/Zabransky.tsv", "CASRN").get(cas)
    if row is None:
        return None
    source = "Zábranský et al., Heat Capacity of Liquids (1996)"
    low, high = numbers(row, "Tmin", "Tmax")
    spline = numbers(row, *(f"A{i}-spline" for i in (1, 2, 3, 4)))
    if any(spline):
        c = tuple(8.314462618 * a / 100.0**i for i, a in enumerate(spline))
        return Row(cas, "liquid_heat_capacity", "polynomial", c, "J/mol/K", low, high, source)
    c = (float(row["Tc"]), *numbers(row, *(f"A{i}-quasi" for i in range(1, 7))))
    return Row(cas, "liquid_heat_capacity", "zabransky", c, "J/mol/K", low, high, source)


def janaf(path: str, prop: str) -> Callable[[str, Known], Row | None]:
    """One polynomial through the JANAF table between 100 and 1000 K (gas) or in the liquid's range."""

    def find(cas: str, known: Known) -> Row | None:
        points = json_table(path).get(cas)
        if points is None:
            return None
        t, cp = np.array(points[0]), np.array(points[1])
        low, high = (
            (100.0, 1000.0)
            if "gas" in path
            else (known.get("melting_point", 200.0), 0.9 * known.get("critical_temperature", 1000.0))
        )
        keep = (t >= low) & (t <= high)
        if keep.sum() < 2:
            return None
        degree = min(6, int(keep.sum()) - 1)
        c = tuple(float(x) for x in np.polynomial.Polynomial.fit(t[keep], cp[keep], degree).convert().coef)
        source = "NIST-JANAF Thermochemical Tables 4th ed. (1998), polynomial through the table"
        return Row(cas, prop, "polynomial", c, "J/mol/K", float(t[keep][0]), float(t[keep][-1]), source)

    return find


def shomate(cas: str, known: Known) -> Row | None:
    found = json_table("Heat Capacity/webbook_shomate_coefficients.json").get(cas)
    if not found or not found[2]:
        return None
    low, high, *c = found[2][0]
    return Row(cas, "gas_heat_capacity", "shomate", tuple(c), "J/mol/K", low, high, "NIST Chemistry WebBook, Shomate equation")


@cache
def fluid(cas: str) -> str | None:
    """What CoolProp calls a substance; None when it does not know it."""
    row = table("Misc/heos_constants.tsv").get(cas)
    for name in (row["ID"], row["ID"].capitalize(), row["name"].replace(" ", "")) if row else ():
        try:
            CoolProp.CoolProp.PropsSI("Tmin", name)
        except ValueError:
            continue
        return name
    return None


def from_heos(prop: str, output: str, unit: str) -> Callable[[str, Known], Row | None]:
    """A polynomial through the saturated liquid of CoolProp's equation of state, where it keeps within 1 %."""

    def find(cas: str, known: Known) -> Row | None:
        name = fluid(cas)
        if not name or name in COARSE or "critical_temperature" not in known:
            return None
        low, high = known.get("melting_point", 0.0), 0.9 * known["critical_temperature"]
        try:
            low = max(low, CoolProp.CoolProp.PropsSI("Tmin", name) + 0.1)
            t = np.linspace(low, high, 60)
            y = CoolProp.CoolProp.PropsSI(output, "T", t, "Q", np.zeros_like(t), name)
        except ValueError:
            return None
        fit = np.polynomial.Polynomial.fit(t, y, 8)
        if np.max(np.abs(fit(t) / y - 1)) > 0.01:
            return None
        c = tuple(float(x) for x in fit.convert().coef)
        return Row(
            cas, prop, "polynomial", c, unit, low, high, f"{HEOS}, {name}, polynomial through the saturated liquid", "computed"
        )

    return find


def single_cp(column: str, prop: str) -> Callable[[str, Known], Row | None]:
    def find(cas: str, known: Known) -> Row | None:
        row = table("Heat Capacity/CRC Standard Thermodynamic Properties of Chemical Substances.tsv").get(cas)
        if row is None or not row[column]:
            return None
        return Row(cas, prop, "polynomial", (float(row[column]),), "J/mol/K", 273.15, 323.15, f"{CRC}, one value at 25 °C")

    return find


def vibrations(cas: str, known: Known) -> Row | None:
    """Ideal-gas heat capacity by harmonic oscillators with the scaled frequencies of psi4 (chemicals 1.5), as a polynomial."""
    thetas = json_table("Heat Capacity/psi4_adjusted_characteristic_temperatures.json").get(cas)
    linear = table("Misc/psi4_linear.tsv").get(cas, {}).get("linear")
    if not thetas:
        return None
    t = np.linspace(200.0, 1000.0, 41)
    cp = np.array([chemicals.Cpg_statistical_mechanics(x, thetas, linear in ("1", "True")) for x in t])
    c = tuple(float(x) for x in np.polynomial.Polynomial.fit(t, cp, 4).convert().coef)
    source = "harmonic oscillators with psi4 frequencies (table of chemicals 1.5)"
    return Row(cas, "gas_heat_capacity", "polynomial", c, "J/mol/K", 200.0, 1000.0, source, "computed")


def joback(cas: str, known: Known) -> Row | None:
    row = table("Misc/joback_predictions.tsv").get(cas.replace("-", ""))
    if row is None or not row["Cpg0"]:
        return None
    c = numbers(row, "Cpg0", "Cpg1", "Cpg2", "Cpg3")
    return Row(
        cas,
        "gas_heat_capacity",
        "polynomial",
        c,
        "J/mol/K",
        280.0,
        1000.0,
        "Joback and Reid 1987, group contribution",
        "computed",
    )


def corresponding_cp(cas: str, known: Known) -> Row | None:
    if not {"critical_temperature", "acentric_factor"} <= known.keys():
        return None
    tc = known["critical_temperature"]
    source = f"{POLING} eq. 6-6.2 from the gas heat capacity"
    c = (tc, known["acentric_factor"])
    return Row(cas, "liquid_heat_capacity", "rowlinson_poling", c, "J/mol/K", 0.45 * tc, 0.9 * tc, source, "computed")


_VP, _RHO, _HV, _CL, _CG = (
    "vapour_pressure",
    "liquid_density",
    "heat_of_vaporisation",
    "liquid_heat_capacity",
    "gas_heat_capacity",
)
_MU, _MUG, _SIGMA = "liquid_viscosity", "gas_viscosity", "surface_tension"

CORRELATIONS: dict[str, tuple[Callable[[str, Known], Row | None], ...]] = {
    _VP: (
        from_table("Vapor Pressure/Table 2-8 Vapor Pressure of Inorganic and Organic Liquids.tsv", _VP, "dippr101", "C1 C2 C3 C4 C5", "Pa",
                   f"{PERRY} Table 2-8"),
        from_table("Vapor Pressure/Wagner Collection Poling.tsv", _VP, "wagner25", "Tc Pc A B C D", "Pa", f"{POLING} App. A"),
        from_table("Vapor Pressure/Wagner Original McGarry.tsv", _VP, "wagner36", "Tc Pc A B C D", "Pa",
                   "McGarry, Ind. Eng. Chem. Process Des. Dev. 22 (1983) 313"),
        from_chemsep("VaporPressure", _VP, "Pa"),
        from_table("Vapor Pressure/VDI PPDS Boiling temperatures at different pressures.tsv", _VP, "wagner25", "Tc Pc A B C D", "Pa", VDI),
        from_table("Vapor Pressure/Antoine Collection Poling.tsv", _VP, "antoine10", "A B C", "Pa", f"{POLING} App. A"),
        from_table("Vapor Pressure/Landolt_antoine_V20.tsv", _VP, "antoine_e", "A B C", "Pa", "Landolt-Börnstein IV/20 (1999-2001)"),
        from_table("Vapor Pressure/Alcock_Itkin_Horrigan_metalic_elements.tsv", _VP, "dippr101", "A B C D E", "Pa",
                   "Alcock, Itkin and Horrigan, Can. Metall. Q. 23 (1984) 309"),
        lee_kesler,
    ),
    _RHO: (
        from_table("Density/Perry Parameters 105.tsv", _RHO, "dippr105", "C1 C2 C3 C4", "mol/m3", f"{PERRY} Table 2-32"),
        from_chemsep("LiquidDensity", _RHO, "kmol/m3"),
        from_table("Density/VDI PPDS Density of Saturated Liquids.tsv", _RHO, "vdi_density", "Tc rhoc A B C D", "kg/m3", VDI),
        from_heos(_RHO, "DMASS", "kg/m3"), molten, crc_density, crc_inorganic_density, corresponding_density,
    ),
    _HV: (
        from_table("Phase Change/Table 2-150 Heats of Vaporization of Inorganic and Organic Liquids.tsv", _HV, "dippr106", "Tc C1 C2 C3 C4",
                   "J/mol", f"{PERRY} Table 2-150"),
        from_chemsep("HeatOfVaporization", _HV, "J/kmol"),
        from_table("Phase Change/VDI PPDS Enthalpies of vaporization.tsv", _HV, "ppds12", "Tc A B C D E", "J/mol", VDI),
        watson, riedel,
    ),
    _CL: (
        from_heos(_CL, "CPMOLAR", "J/mol/K"),
        from_table("Heat Capacity/Perry_Table_2-153_DIPPR_100.tsv", _CL, "polynomial", "A B C D E", "J/kmol/K", f"{PERRY} Table 2-153"),
        dippr114, from_chemsep("LiquidHeatCapacityCp", _CL, "J/kmol/K"), zabransky, janaf("Heat Capacity/JANAF_1998_liq_Cp.json", _CL),
        single_cp("Cpl", _CL), corresponding_cp,
    ),
    _CG: (
        janaf("Heat Capacity/JANAF_1998_gas_Cp.json", _CG),
        from_table("Heat Capacity/TRC Thermodynamics of Organic Compounds in the Gas State.tsv", _CG, "trc", "a0 a1 a2 a3 a4 a5 a6 a7",
                   "J/mol/K", SOURCES["TRC"][0]),
        from_table("Heat Capacity/PolingDatabank.tsv", _CG, "poling", "a0 a1 a2 a3 a4", "J/mol/K", f"{POLING} App. A"),
        from_chemsep("IdealGasHeatCapacityCp", _CG, "J/kmol/K"),
        shomate, vibrations, single_cp("Cpg", _CG), joback,
    ),
    _MU: (
        from_table("Viscosity/Table 2-313 Viscosity of Inorganic and Organic Liquids.tsv", _MU, "dippr101", "C1 C2 C3 C4 C5", "Pa s",
                   f"{PERRY} Table 2-313"),
        from_chemsep("LiquidViscosity", _MU, "Pa s"),
    ),
    _MUG: (
        from_table("Viscosity/Table 2-312 Vapor Viscosity of Inorganic and Organic Substances.tsv", _MUG, "dippr102", "C1 C2 C3 C4", "Pa s",
                   f"{PERRY} Table 2-312"),
        from_chemsep("VaporViscosity", _MUG, "Pa s"),
    ),
    _SIGMA: (
        from_table("Interface/MuleroCachadinaParameters.tsv", _SIGMA, "tension", "Tc sigma0 n0 sigma1 n1 sigma2 n2", "N/m",
                   "Mulero, Cachadiña and Parra, J. Phys. Chem. Ref. Data 41 (2012) 043105"),
        from_table("Interface/VDI PPDS surface tensions.tsv", _SIGMA, "vdi_tension", "Tc A B C D E", "N/m", VDI),
        from_chemsep("SurfaceTension", _SIGMA, "N/m"),
    ),
}  # fmt: skip


# -- constants ----------------------------------------------------------------------------------------------------------

Constant = tuple[str, float | None, str, str, str]  # property, value, unit, source, certainty

UNTRUSTED = {"WIKIDATA", "FEDORS", "OMEGA_PSAT_TC"}
CONSTANTS = (  # property, unit, function of chemicals, function that lists its sources
    ("melting_point", "K", chemicals.Tm, chemicals.phase_change.Tm_methods),
    ("boiling_point", "K", chemicals.Tb, chemicals.phase_change.Tb_methods),
    ("critical_temperature", "K", chemicals.Tc, chemicals.critical.Tc_methods),
    ("critical_pressure", "Pa", chemicals.Pc, chemicals.critical.Pc_methods),
    ("acentric_factor", "-", chemicals.omega, chemicals.acentric.omega_methods),
)


SAFETY = (  # IEC first: it is the international standard; explosion limits in mole fraction, temperatures in K
    ("Safety/IS IEC 60079-20-1 2010.tsv", "IEC 60079-20-1:2010"),
    ("Safety/NFPA 497 2008.tsv", "NFPA 497 (2008)"),
    ("Safety/DIPPR T_flash Serat.csv", "Serat, Mahmoud and Mannan 2017, from DIPPR 801"),
)
FIRE = (("lower_flammable", "mol/mol", "LFL"), ("upper_flammable", "mol/mol", "UFL"), ("flash_point", "K", "T_flash"),
        ("autoignition", "K", "T_autoignition"))  # fmt: skip


def fire(cas: str) -> Iterator[Constant]:
    """Flammability from the tables of zones for electrical equipment."""
    for prop, unit, column in FIRE:
        for path, source in SAFETY:
            text = table(path).get(cas, {}).get(column)
            if text:
                yield prop, float(text), unit, source, "quoted"
                break
        else:
            yield prop, None, unit, "", "missing"


def constants(cas: str) -> Iterator[Constant]:
    """All single-number properties of a substance, the missing ones too."""
    formula = formula_of(cas)
    mass = chemicals.molecular_weight(chemicals.nested_formula_parser(formula)) / 1000 if formula else None
    yield ("molar_mass", mass, "kg/mol", "IUPAC atomic weights (chemicals 1.5)", "computed" if mass else "missing")
    for prop, unit, function, methods in CONSTANTS:
        yield first_of(cas, prop, unit, function, methods)
    yield from fire(cas)
    yield combustion(cas, formula)


def first_of(cas: str, prop: str, unit: str, function: Any, methods: Any) -> Constant:
    for method in methods(cas):
        if method in UNTRUSTED:
            continue
        value = function(cas, method=method)
        source, certainty = SOURCES.get(method, (method, "quoted"))
        if value is not None and np.isfinite(value):
            return prop, float(value), unit, source, certainty
    return prop, None, unit, "", "missing"


def formula_of(cas: str) -> str | None:
    try:
        return chemicals.search_chemical(cas).formula
    except ValueError:
        return None


COMBUSTIBLE = {"C", "H", "N", "O", "S", "F", "Cl", "Br", "I"}


def combustion(cas: str, formula: str | None) -> Constant:
    """Lower heating value [J/kg] from the heat of formation; products CO2, H2O(g), N2, SO2, HX."""
    name = "heat_of_combustion"
    missing = (name, None, "J/kg", "", "missing")
    atoms = chemicals.nested_formula_parser(formula) if formula else {}
    if not atoms or not set(atoms) <= COMBUSTIBLE or not ({"C", "H", "S"} & set(atoms)):
        return missing
    for phase, function, methods in (
        ("gas", chemicals.Hfg, chemicals.reaction.Hfg_methods),
        ("liquid", chemicals.Hfl, chemicals.reaction.Hfl_methods),
    ):
        method = next((m for m in methods(cas) if m not in UNTRUSTED | {"JOBACK"}), None)
        if method is None:
            continue
        data = chemicals.combustion_data(formula=formula, Hf=function(cas, method=method), MW=chemicals.molecular_weight(atoms))
        value = -data.LHV / (chemicals.molecular_weight(atoms) / 1000)
        source = f"lower, of the {phase}; heat of formation from {SOURCES.get(method, (method,))[0]}"
        return (
            (name, float(value), "J/kg", source, "computed")
            if value > 2.5e6
            else (name, None, "J/kg", "does not burn", "missing")
        )
    return missing


# -- choosing and writing -----------------------------------------------------------------------------------------------


def agrees(row: Row, known: Known) -> bool:
    """Does a correlation give numbers that can be true: 1 atm at the boiling point within 5 %, all finite and above zero."""
    if not row.low < row.high:
        return False
    inside = np.linspace(row.low, row.low + 0.97 * (row.high - row.low), 15)
    value = EQUATIONS[row.equation](inside, row.coefficients)
    if not (np.all(np.isfinite(value)) and np.all(value > 0)):
        return False
    boiling = known.get("boiling_point")
    if row.property == "vapour_pressure" and boiling is not None and row.low <= boiling <= row.high:
        limit = 0.05 if "Antoine" not in row.equation else 0.1
        return abs(float(EQUATIONS[row.equation](boiling, row.coefficients)) / 101325 - 1) < limit
    return True


REFERENCE = {
    "vapour_pressure": ("P", 0.03),
    "liquid_density": ("DMASS", 0.02),
    "heat_of_vaporisation": ("", 0.04),
    "gas_heat_capacity": ("CP0MASS", 0.03),
}


def contradicts(row: Row, known: Known) -> bool:
    """Is a published correlation further from the reference equation of state than it may be, somewhere in the working range?"""
    name = fluid(row.cas)
    if not name or name in COARSE or row.property not in REFERENCE:
        return False
    output, limit = REFERENCE[row.property]
    low, high = working_range(row.property, known)
    scale = factor(row.unit, known["molar_mass"])
    for t in np.linspace(max(low, row.low), min(high, row.high), 5):
        try:
            if output:
                true = CoolProp.CoolProp.PropsSI(output, "T", t, *(("P", 100.0) if output == "CP0MASS" else ("Q", 0)), name)
            else:
                true = CoolProp.CoolProp.PropsSI("HMASS", "T", t, "Q", 1, name) - CoolProp.CoolProp.PropsSI(
                    "HMASS", "T", t, "Q", 0, name
                )
        except ValueError:
            continue
        if abs(scale * float(EQUATIONS[row.equation](t, row.coefficients)) / true - 1) > limit:
            return True
    return False


def working_range(prop: str, known: Known) -> tuple[float, float]:
    """Temperatures [K] a park works at: storage, boiling and release."""
    if prop.startswith("gas"):
        return min(250.0, max(110.0, known.get("boiling_point", 250.0))), 400.0
    top = 0.9 * known.get("critical_temperature", 370.0)
    boiling = known.get("boiling_point", 350.0)
    return max(known.get("melting_point", 0.0), min(boiling, 270.0)), min(top, max(boiling, 320.0))


def correlation(cas: str, prop: str, known: Known) -> Row:
    """The first source that agrees and reaches over the working range (a tenth may be carried); else the first that agrees."""
    low, high = working_range(prop, known)
    sound = [row for source in CORRELATIONS[prop] if (row := source(cas, known)) is not None and agrees(row, known)]
    wide = [row for row in sound if 0.9 * row.low <= low and high <= 1.1 * row.high]
    wide = [row for row in wide if not contradicts(row, known)] or wide
    sound.sort(
        key=lambda row: max(row.low - low, 0.0) + max(high - row.high, 0.0)
    )  # stable: the order of preference among equals
    return (wide or sound or [Row(cas, prop, "", (), "", 0.0, 0.0, "", "missing")])[0]


def lines_of(cas: str) -> tuple[list[list[str]], list[list[str]]]:
    """Lines of constants.csv and of correlations.csv for one substance."""
    found = list(constants(cas))
    known: Known = {name: value for name, value, *_ in found if value is not None}
    rows = [correlation(cas, prop, known) for prop in CORRELATIONS]
    return (
        [[cas, name, number(value), unit, source, certainty] for name, value, unit, source, certainty in found],
        [[cas, r.property, r.equation, " ".join(number(c) for c in r.coefficients), r.unit, number(r.low or None), number(r.high or None),
          r.source, r.certainty] for r in rows],
    )  # fmt: skip


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


HEADS = {
    "constants.csv": ["cas", "property", "value", "unit", "source", "certainty"],
    "correlations.csv": ["cas", "property", "equation", "coefficients", "unit", "t_low_k", "t_high_k", "source", "certainty"],
}


EXPOSURE = (("TWA", "TWA (ppm)", 480), ("STEL", "STEL (ppm)", 15), ("C", "Ceiling (ppm)", 0))
EXPOSURE_HEAD = ["cas", "limit", "level", "minutes", "value", "unit", "name_zh", "source", "certainty", "note"]
ONTARIO = "Ontario Regulation 833, control of exposure to biological or chemical agents (table of chemicals 1.5)"


def exposure_lines(cas: str, name_zh: str) -> list[list[str]]:
    """Limits at the workplace in ppm of one substance, as far as there are any."""
    row = json_table("Safety/Ontario Exposure Limits.json").get(cas, {})
    return [
        [cas, limit, "0", str(minutes), number(row[column]), "ppm", name_zh, ONTARIO, "quoted", ""]
        for limit, column, minutes in EXPOSURE
        if row.get(column) is not None
    ]


def write_exposure(named: list[dict[str, str]]) -> None:
    with (HERE / "exposure_limits.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(EXPOSURE_HEAD)
        out.writerows(line for row in named for line in exposure_lines(row["cas"], row["name_zh"]))


def write() -> None:
    with (HERE / "names.csv").open(encoding="utf-8") as file:
        named = list(csv.DictReader(file))
    write_exposure(named)
    made = [lines_of(row["cas"]) for row in named]
    for index, (name, head) in enumerate(HEADS.items()):
        with (HERE / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(head)
            out.writerows(line for lines in made for line in lines[index])


def check() -> list[str]:
    """Differences between what would be made and what is committed, for a sample."""
    differences = []
    for index, name in enumerate(HEADS):
        with (HERE / name).open(encoding="utf-8", newline="") as file:
            committed = [row for row in csv.reader(file) if row[0] in SAMPLE]
        made = [line for cas in SAMPLE for line in lines_of(cas)[index]]
        differences += [f"{name}: {line}" for line in made if line not in committed]
        differences += [f"{name}: {line} is not made any more" for line in committed if line not in made]
    return differences


if __name__ == "__main__":
    if "--check" in sys.argv:
        found = check()
        print("\n".join(found) or "the committed tables agree")
        sys.exit(bool(found))
    write()
