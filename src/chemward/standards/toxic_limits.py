"""Concentrations that harm: emergency guidelines (ERPG, PAC; AEGL and IDLH stand as missing) and limits at the workplace (TWA, STEL, C).

`data/substances/toxic_limits.csv` is kept by hand, `exposure_limits.csv` is made by `tools/make_substances.py`.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import msgspec

from chemward.standards.substances import names

EMERGENCY = ("AEGL", "ERPG", "PAC", "IDLH")
WORKPLACE = ("TWA", "STEL", "C")


class ToxicLimit(msgspec.Struct, frozen=True):
    """A limit of a substance. level 1 to 3 of a guideline, 0 for others; minutes of exposure; value in `unit` (ppm or mg/m3), None: missing.

    name_zh: as printed.
    """

    cas: str
    limit: str
    level: int
    minutes: float
    value: float | None
    unit: str
    name_zh: str
    source: str
    certainty: str
    note: str


@cache
def rows() -> tuple[ToxicLimit, ...]:
    """All rows, in the order of print; a substance that is printed twice stands twice."""
    folder = files("chemward.standards") / "data" / "substances"
    found = []
    for name in ("toxic_limits.csv", "exposure_limits.csv"):
        for row in csv.DictReader((folder / name).read_text("utf-8").splitlines()):
            value = float(row["value"]) if row["value"] else None
            plain = {**row, "value": value, "level": int(row["level"]), "minutes": float(row["minutes"])}
            found.append(msgspec.convert(plain, ToxicLimit))
    return tuple(found)


def limits_of(cas: str, limit: str | None = None) -> tuple[ToxicLimit, ...]:
    """Rows of a substance, of one kind of limit or of all."""
    return tuple(row for row in rows() if row.cas == cas and limit in (None, row.limit))


def guideline(cas: str, limit: str = "ERPG", minutes: float = 60.0) -> dict[int, ToxicLimit]:
    """Level → row of an emergency guideline; where the print has two figures the lower one, which protects more. Missing levels are left out."""
    found: dict[int, ToxicLimit] = {}
    for row in limits_of(cas, limit):
        if row.value is None or row.minutes != minutes:
            continue
        other = found.get(row.level)
        if other is None or other.value is None or row.value < other.value:
            found[row.level] = row
    return found


def coverage() -> dict[str, dict[str, str]]:
    """CAS number → kind of limit → best certainty among its rows, `missing` where there is none; for all substances of the table."""
    order = ("read", "quoted", "customary", "computed")
    found = {cas: dict.fromkeys((*EMERGENCY, *WORKPLACE), "missing") for cas in names()}
    for row in rows():
        before = found[row.cas][row.limit]
        if row.value is not None and (before == "missing" or order.index(row.certainty) < order.index(before)):
            found[row.cas][row.limit] = row.certainty
    return found
