"""Measured burning rates and emissive powers of pool fires, from `data/pool_fire/`."""

from __future__ import annotations

from functools import cache

import msgspec

from chemward.standards.edition import edition


class Burning(msgspec.Struct, frozen=True):
    """A fuel's burning rate. burning_rate [kg/(m² s)] of a large pool; k_beta [1/m], None: independent of diameter."""

    fuel: str
    cas: str | None
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


@cache
def burnings() -> tuple[Burning, ...]:
    """All burning rates. DataError when a row is broken."""
    return edition("Pool fires").table("pool_burning").read_as(Burning)


@cache
def emissive_powers() -> tuple[EmissivePower, ...]:
    """All emissive powers. DataError when a row is broken."""
    return edition("Pool fires").table("emissive_power").read_as(EmissivePower)


def burning(cas: str) -> Burning | None:
    """The burning rate of a fuel by CAS number; None when none is known."""
    return next((row for row in burnings() if row.cas == cas), None)


def emissive_power(cas: str) -> EmissivePower | None:
    """The emissive power of a fuel by CAS number; None when none is known."""
    return next((row for row in emissive_powers() if row.cas == cas), None)
