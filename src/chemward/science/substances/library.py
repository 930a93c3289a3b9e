"""All substances of the tables, found by CAS number, Chinese or English name or synonym."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache

from chemward.science.faults import Fault, Faults
from chemward.science.notes import Note, warning
from chemward.science.substances.correlation import Curve, factor, law_of
from chemward.science.substances.substance import Substance
from chemward.standards import substances as tables

LIQUID = (
    "vapour_pressure",
    "liquid_density",
    "heat_of_vaporisation",
    "liquid_heat_capacity",
    "liquid_viscosity",
    "surface_tension",
)


def normalised(text: str) -> str:
    """A name as it is compared: half width, lower case, without spaces, hyphens, brackets and quotes."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("sulph", "sulf").replace("aluminium", "aluminum")
    return re.sub(r"[\s\-‐-―−·,，、()\[\]【】{}'’′`\"“”.]+", "", folded)


def find(text: str, field: str = "substance") -> Substance:
    """The substance of that CAS number, 中文名, English name or synonym; half or full width, any case, hyphens or not.

    field: name of the input, for the fault. Raises Faults with the nearest names when there is none.
    """
    cas = _index().get(normalised(text))
    if cas is None:
        raise Faults([Fault(field, f"{text!r} is not a substance known here", _suggestion(text))])
    return load(cas)


@cache
def load(cas: str) -> Substance:
    """The substance of a CAS number in the tables. Raises KeyError when there is none."""
    names = tables.names()[cas]
    basis = names.represented_by or cas
    constants = {n: c for n, c in tables.constants()[basis].items() if c.value is not None}
    values = {n: c.value for n, c in constants.items()}
    curves = _curves(basis, names.name, values)
    return Substance(
        cas=cas,
        name=names.name,
        name_zh=names.name_zh,
        synonyms=names.synonyms,
        curves=curves,
        sources={n: c.source for n, c in constants.items()} | {n: c.source for n, c in curves.items()},
        certainty={n: c.certainty for n, c in constants.items()} | {n: c.certainty for n, c in curves.items()},
        notes=_notes(names),
        **values,  # type: ignore[arg-type]
    )


def every() -> tuple[Substance, ...]:
    """All substances of the tables, in the order of `names.csv`."""
    return tuple(load(cas) for cas in tables.names())


def _curves(cas: str, name: str, values: dict[str, float | None]) -> dict[str, Curve]:
    mass = values.get("molar_mass")
    if mass is None:
        return {}
    found = {}
    for row in tables.correlations()[cas].values():
        if row.equation:
            law = law_of(row.equation, row.coefficients, factor(row.unit, mass))
            top = _top(row, values.get("critical_temperature")) if row.property in LIQUID else None
            found[row.property] = Curve(row.property, name, law, row.t_low, row.t_high, top, row.source, row.certainty)
    return _with_excess(cas, found)


def _top(row: tables.Correlation, critical: float | None) -> float:
    """No liquid above this [K]: the critical temperature, as the table has it when it reaches that far."""
    return row.t_high if critical is None or row.t_high > 0.98 * critical else critical


def _with_excess(cas: str, curves: dict[str, Curve]) -> dict[str, Curve]:
    """Rowlinson's equation gives what the liquid has more than the gas: add the gas."""
    row = tables.correlations()[cas].get("liquid_heat_capacity")
    if row is None or row.equation != "rowlinson_poling":
        return curves
    gas, excess = curves.get("gas_heat_capacity"), curves.pop("liquid_heat_capacity")
    if gas is not None:
        low, high = max(excess.low, gas.limits[0]), min(excess.high, gas.limits[1])
        law = lambda T: excess.law(T) + gas(T)  # noqa: E731, N803
        curves["liquid_heat_capacity"] = Curve(
            excess.name, excess.substance, law, low, high, excess.top, excess.source, excess.certainty
        )
    return curves


def _notes(names: tables.Names) -> tuple[Note, ...]:
    if not names.remark:
        return ()
    code = "represented_by_another_substance" if names.represented_by else "substance_remark"
    return (warning(code, names.remark),)


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = {}
    for cas, names in tables.names().items():
        for text in (cas, names.name, names.name_zh, *names.synonyms):
            found.setdefault(normalised(text), cas)
    return found


def _suggestion(text: str) -> str:
    near = difflib.get_close_matches(normalised(text), list(_index()), 3, 0.6)
    shown = dict.fromkeys(
        f"{tables.names()[_index()[n]].name} {tables.names()[_index()[n]].name_zh} ({_index()[n]})" for n in near
    )
    return f"is {' or '.join(shown)} meant?" if shown else "give a CAS number, or a name of the substance table"
