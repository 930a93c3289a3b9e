"""The output of a consequence run. Every number has its unit in its name; every part says by which model it was found."""

from __future__ import annotations

from typing import Literal

import msgspec

from chemward.science.notes import Note


class Band(msgspec.Struct, frozen=True):
    """Range of a distance [m]: one geometric standard deviation of what is uncertain (`because`) to either side."""

    low_m: float
    high_m: float
    because: str


class Contour(msgspec.Struct, frozen=True):
    """Where an effect reaches a level.

    of: what makes it, "jet", "pool", "burst" (clouds), "pool_fire", "jet_fire", "fireball", "explosion", "vessel_burst".
    rings: closed lines of [x_m, y_m], or of [lon_deg, lat_deg] when the place was given so; empty when it is nowhere reached.
    distance_m: farthest from the source; area_m2; band: of the distance.
    """

    effect: Literal["toxic", "flammable", "heat", "overpressure", "lethality"]
    of: str
    name: str
    name_zh: str
    level: float
    unit: str
    distance_m: float
    area_m2: float
    rings: list[list[tuple[float, float]]]
    source: str
    band: Band | None = None


class Step(msgspec.Struct, frozen=True):
    """One step of the chain: which model was chosen and why, and what it found (numbers with their unit in the name)."""

    step: Literal["release", "pool", "dispersion", "pool_fire", "jet_fire", "fireball", "flash_fire", "explosion", "toxic"]
    model: str
    because: str
    results: dict[str, float]
    notes: list[Note] = []


class Series(msgspec.Struct, frozen=True):
    """What leaves over time: times_s and rates_kg_s of the same length."""

    times_s: list[float]
    rates_kg_s: list[float]


class Consequence(msgspec.Struct, frozen=True):
    """Result of one accident. sets: name → the edition or set that was used."""

    substance: str
    cas: str
    steps: list[Step]
    contours: list[Contour]
    release: Series
    sets: dict[str, str]
    notes: list[Note]
