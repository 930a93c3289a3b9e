"""The tables that rules decide by, from `data/`: typed, with their edition and source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True)
class PriorityMatrix:
    """Priority by consequence class and time to respond [s]."""

    edition: str
    source: str
    bands_s: tuple[float, ...]
    band_names_zh: tuple[str, ...]
    cells: Mapping[str, tuple[int, ...]]

    def band(self, time_to_respond_s: float) -> int:
        """Index of the band of time: an upper end belongs to the next band (180 s is "3–10 min")."""
        return sum(time_to_respond_s >= end for end in self.bands_s)

    def priority(self, consequence_class: str, time_to_respond_s: float) -> int:
        """Priority 1–4. KeyError when the matrix does not know the consequence class."""
        return self.cells[consequence_class][self.band(time_to_respond_s)]


@cache
def priority_matrices() -> tuple[PriorityMatrix, ...]:
    """All editions, oldest first."""
    rows = sorted(_load("priority_matrix")["edition"], key=lambda e: e["valid_from"])
    return tuple(
        PriorityMatrix(
            e["edition"],
            e["source"],
            tuple(e["bands_s"]),
            tuple(e["band_names_zh"]),
            {k: tuple(v) for k, v in e["cells"].items()},
        )
        for e in rows
    )


def priority_matrix() -> PriorityMatrix:
    """The newest edition."""
    return priority_matrices()[-1]


@dataclass(frozen=True)
class Escalation:
    """One step: who is told so many minutes after the answer was due."""

    after_min: float
    to: str
    name_zh: str


@dataclass(frozen=True)
class AnswerRule:
    """What an alarm makes the enterprise owe."""

    edition: str
    source: str
    due_min: Mapping[int, float]
    escalation: tuple[Escalation, ...]

    def due_ms(self, priority: int) -> int | None:
        """Time to answer [ms], None when this priority owes no answer."""
        minutes = self.due_min.get(priority)
        return None if minutes is None else int(minutes * 60_000)

    def step(self, overdue_s: float) -> int:
        """How many steps of escalation are reached when the answer is late by `overdue_s` [s]."""
        return sum(overdue_s >= e.after_min * 60 for e in self.escalation) if overdue_s >= 0 else 0


@cache
def answer_rule() -> AnswerRule:
    row = _load("answers")
    steps = tuple(Escalation(e["after_min"], e["to"], e["name_zh"]) for e in row["escalation"])
    return AnswerRule(row["edition"], row["source"], {int(k): v for k, v in row["due_min"].items()}, steps)


@dataclass(frozen=True)
class SilenceRule:
    """How long an alarm may be shelved."""

    edition: str
    source: str
    max_min: Mapping[int, int]
    second_level_major_hazard_min: int

    def longest_min(self, priority: int, *, needs_second_person: bool) -> int:
        longest = self.max_min[priority]
        return min(longest, self.second_level_major_hazard_min) if needs_second_person else longest


@cache
def silence_rule() -> SilenceRule:
    row = _load("silences")
    return SilenceRule(
        row["edition"], row["source"], {int(k): v for k, v in row["max_min"].items()}, row["second_level_major_hazard_min"]
    )


@dataclass(frozen=True)
class ConformityPart:
    """One part of the conformity score: full at `good`, nothing at `bad`."""

    key: str
    name_zh: str
    weight: float
    good: float
    bad: float

    def score(self, measured: float) -> float:
        """0–1, straight between `good` and `bad`.

        >>> ConformityPart("freshness", "", 30, 2.0, 5.0).score(3.5)
        0.5
        """
        return min(1.0, max(0.0, (self.bad - measured) / (self.bad - self.good)))


def conformity_source() -> tuple[str, str]:
    """Edition and source of the conformity rule."""
    table = _load("conformity")
    return table["edition"], table["source"]


@cache
def conformity_parts() -> tuple[ConformityPart, ...]:
    return tuple(ConformityPart(p["key"], p["name_zh"], p["weight"], p["good"], p["bad"]) for p in _load("conformity")["part"])


def conformity_edition() -> str:
    return str(_load("conformity")["edition"])


@dataclass(frozen=True)
class ConformityBand:
    """What a conformity score is called from `low` up; `level` of its verdict, 0 when nothing is the matter."""

    code: str
    name_zh: str
    low: float
    level: int


@cache
def conformity_bands() -> tuple[ConformityBand, ...]:
    """The bands, worst first."""
    rows = sorted(_load("conformity")["band"], key=lambda b: b["low"])
    return tuple(ConformityBand(b["code"], b["name_zh"], b["low"], b["level"]) for b in rows)
