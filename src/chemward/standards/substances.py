"""Substances as data: names, single-number properties and correlations with a source on every figure (`data/substances/`).

The tables are made by `tools/make_substances.py` from published tables; `names.csv` is kept by hand. What nobody has stands as `missing`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files

import msgspec


class Names(msgspec.Struct, frozen=True):
    """What a substance is called. represented_by: CAS number of the pure substance whose properties stand for a commercial mixture."""

    cas: str
    name: str
    name_zh: str
    synonyms: tuple[str, ...]
    represented_by: str
    remark: str
    source: str
    certainty: str


class Constant(msgspec.Struct, frozen=True):
    """A property that is one number; value None where it is missing."""

    cas: str
    property: str
    value: float | None
    unit: str
    source: str
    certainty: str


class Correlation(msgspec.Struct, frozen=True):
    """A property as a function of temperature between t_low and t_high [K], in the unit of the row; equation "" where it is missing."""

    cas: str
    property: str
    equation: str
    coefficients: tuple[float, ...]
    unit: str
    t_low: float
    t_high: float
    source: str
    certainty: str


def _rows(name: str) -> list[dict[str, str]]:
    content = (files("chemward.standards") / "data" / "substances" / name).read_text("utf-8")
    return list(csv.DictReader(content.splitlines()))


@cache
def names() -> dict[str, Names]:
    """All substances by CAS number."""
    found = {}
    for row in _rows("names.csv"):
        synonyms = [s for s in row["synonyms"].split(";") if s]
        found[row["cas"]] = msgspec.convert({**row, "synonyms": synonyms}, Names)
    return found


@cache
def constants() -> dict[str, dict[str, Constant]]:
    """Single-number properties by CAS number and property; the missing ones too."""
    found: dict[str, dict[str, Constant]] = defaultdict(dict)
    for row in _rows("constants.csv"):
        value = float(row["value"]) if row["value"] else None
        found[row["cas"]][row["property"]] = msgspec.convert({**row, "value": value}, Constant)
    return dict(found)


@cache
def correlations() -> dict[str, dict[str, Correlation]]:
    """Correlations by CAS number and property; the missing ones too, with an empty equation."""
    found: dict[str, dict[str, Correlation]] = defaultdict(dict)
    for row in _rows("correlations.csv"):
        found[row["cas"]][row["property"]] = Correlation(
            cas=row["cas"],
            property=row["property"],
            equation=row["equation"],
            coefficients=tuple(float(c) for c in row["coefficients"].split()),
            unit=row["unit"],
            t_low=float(row["t_low_k"] or 0.0),
            t_high=float(row["t_high_k"] or 0.0),
            source=row["source"],
            certainty=row["certainty"],
        )
    return dict(found)


def coverage() -> dict[str, dict[str, str]]:
    """CAS number → property or toxic limit → certainty (`quoted`, `computed`, `missing` …): the page that shows what is not known."""
    from chemward.standards import toxic_limits

    toxic = toxic_limits.coverage()
    return {
        cas: {
            **{name: row.certainty for name, row in constants().get(cas, {}).items()},
            **{name: row.certainty for name, row in correlations().get(cas, {}).items()},
            **toxic[cas],
        }
        for cas in names()
    }
