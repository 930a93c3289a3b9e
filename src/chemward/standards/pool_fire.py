"""Measured burning rates and emissive powers of pool fires, from `data/fire/`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import msgspec


class Burning(msgspec.Struct, frozen=True):
    """A fuel's burning rate. burning_rate [kg/(m² s)] of a large pool; k_beta [1/m], None: independent of diameter."""

    fuel: str
    cas: str
    burning_rate: float
    k_beta: float | None
    source: str
    certainty: str
    note: str


class EmissivePower(msgspec.Struct, frozen=True):
    """A fuel's surface emissive power. emissive_power_kw_m2 [kW/m²] of a large fire; extinction [1/m]; None: no figure."""

    fuel: str
    cas: str
    emissive_power_kw_m2: float | None
    extinction: float | None
    source: str
    certainty: str
    note: str


def _rows(name: str) -> list[dict[str, str]]:
    content = (files("chemward.standards") / "data" / "fire" / name).read_text("utf-8")
    return list(csv.DictReader(content.splitlines()))


def _float(text: str) -> float | None:
    return float(text) if text else None


@cache
def burnings() -> tuple[Burning, ...]:
    """All burning rates. ValueError when a row is broken."""
    return tuple(
        Burning(
            r["fuel"],
            r["cas"],
            float(r["burning_rate_kg_m2_s"]),
            _float(r["k_beta_per_m"]),
            r["source"],
            r["certainty"],
            r["note"],
        )
        for r in _rows("pool_burning.csv")
    )


@cache
def emissive_powers() -> tuple[EmissivePower, ...]:
    """All emissive powers. ValueError when a row is broken."""
    return tuple(
        EmissivePower(
            r["fuel"],
            r["cas"],
            _float(r["emissive_power_kW_m2"]),
            _float(r["extinction_per_m"]),
            r["source"],
            r["certainty"],
            r["note"],
        )
        for r in _rows("emissive_power.csv")
    )


def burning(cas: str) -> Burning | None:
    """The burning rate of a fuel by CAS number; None when none is known."""
    return next((row for row in burnings() if row.cas and row.cas == cas), None)


def emissive_power(cas: str) -> EmissivePower | None:
    """The emissive power of a fuel by CAS number; None when none is known."""
    return next((row for row in emissive_powers() if row.cas == cas), None)
