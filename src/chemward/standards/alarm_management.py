"""Figures of alarm management (ISA-18.2, IEC 62682, GB/T 41261, EEMUA 191) from `data/alarm_management.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure with where it stands and how sure it is ("quoted" or "customary", see the data file).

    manageable: the looser bound that the standards name beside the target, where there is one.
    """

    value: float
    unit: str
    meaning: str
    source: str
    certainty: str
    manageable: float | None = None


class Definitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the words mean. Times in seconds, the others are numbers of alarms."""

    interval_s: Figure
    flood_start: Figure
    flood_end: Figure
    busy_interval: Figure
    chattering_count: Figure
    chattering_s: Figure
    fleeting_s: Figure
    stale_s: Figure
    top: Figure


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Performance aimed at per operator console, each "at most". Shares are fractions of 1."""

    mean_per_interval: Figure
    per_day: Figure
    most_per_interval: Figure
    busy_share: Figure
    flood_share: Figure
    top_share: Figure
    chattering: Figure
    fleeting: Figure
    stale: Figure


class PrioritySplit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Share of all alarms by priority, the highest first."""

    shares: tuple[float, ...]
    meaning: str
    source: str
    certainty: str


class AlarmManagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole data file. priorities: number of priorities in use ("3", "4") → split aimed at."""

    edition: str
    clause: str
    definitions: Definitions
    targets: Targets
    priorities: dict[str, PrioritySplit]


def read(content: str) -> AlarmManagement:
    """The figures from TOML text. msgspec.ValidationError names what is missing or misspelt."""
    loaded: dict[str, Any] = tomllib.loads(content)
    return msgspec.convert(loaded, AlarmManagement)


@cache
def alarm_management() -> AlarmManagement:
    """The figures of this edition."""
    return read(files("chemward.standards").joinpath("data/alarm_management.toml").read_text("utf-8"))
