"""Figures that models of release use and that stand in no standard's table (`data/release/`)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import msgspec


class ReleaseFigure(msgspec.Struct, frozen=True):
    """One figure with its unit and where it is from."""

    name: str
    value: float
    unit: str
    source: str
    certainty: str
    note: str


@cache
def figures() -> dict[str, ReleaseFigure]:
    """All figures by name."""
    content = (files("chemward.standards") / "data" / "release" / "figures.csv").read_text("utf-8")
    rows = csv.DictReader(content.splitlines())
    return {row["name"]: msgspec.convert({**row, "value": float(row["value"])}, ReleaseFigure) for row in rows}


def figure(name: str) -> float:
    """The value of a figure, in its unit."""
    return figures()[name].value
