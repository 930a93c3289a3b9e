"""Reading of the figures in `standards/data/dispersion`."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files("chemward.standards") / "data" / "dispersion"

STABILITIES = ("A", "B", "C", "D", "E", "F")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of the CSV of that name, every cell as text. FileNotFoundError when there is none."""
    return tuple(csv.DictReader((_FOLDER / f"{name}.csv").read_text("utf-8").splitlines()))


@cache
def document(name: str) -> dict[str, Any]:
    """The TOML document of that name. FileNotFoundError when there is none."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
