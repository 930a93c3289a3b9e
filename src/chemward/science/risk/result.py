"""What a quantitative risk analysis answers."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chemward.science.notes import Note
from chemward.science.risk.climate import Record
from chemward.science.risk.missing import Gap


class Level(msgspec.Struct, frozen=True):
    """A contour of individual risk: level_per_year [1/a], area_m2 [m²] above it, lines in metres [[x, y], …].

    touches_rim: the contour leaves the raster.
    """

    level_per_year: float
    area_m2: float
    lines: list[list[list[float]]]
    touches_rim: bool


class FnPoint(msgspec.Struct, frozen=True):
    """Frequency [1/a] of accidents with at least so many deaths [persons], and zone of GB 36894-2018 4.2."""

    deaths: float
    frequency_per_year: float
    zone: Literal["unacceptable", "as low as reasonably practicable", "acceptable"]


class Contributor(msgspec.Struct, frozen=True):
    """Who contributes: name, risk [1/a] (individual risk, or expected deaths), share [-] of the whole."""

    name: str
    per_year: float
    share: float


class Place(msgspec.Struct, frozen=True):
    """Individual risk [1/a] at a point [m] and who makes it."""

    x_m: float
    y_m: float
    individual_risk_per_year: float
    scenarios: list[Contributor]
    units: list[Contributor]


class Verdict(msgspec.Struct, frozen=True):
    """A protected target against its limit [1/a].

    distance_m: from it to where risk is at its limit, negative inside; null when nowhere.
    """

    id: str
    target: str
    individual_risk_per_year: float
    limit_per_year: float
    is_met: bool
    distance_m: float | None
    contributors: list[Contributor]
    source: str


class Societal(msgspec.Struct, frozen=True):
    """Societal risk: the worst zone, the deaths [persons] where the curve comes nearest to the upper line, and how near [-] (1: on it)."""

    zone: Literal["unacceptable", "as low as reasonably practicable", "acceptable"]
    worst_at_deaths: float | None
    worst_ratio: float
    source: str


class ExternalDistance(msgspec.Struct, frozen=True):
    """External safety distance of a unit or of all plant by class of target [m].

    of explosives, of risk (farthest point with that risk).
    """

    method: str
    reason: str
    units: list[str]
    distances_m: dict[str, float | None]
    source: str


class Escalation(msgspec.Struct, frozen=True):
    """An item struck by a scenario of another: effect, its size, probability [-] and frequency [1/a] of the second accident.

    level 1 or 2.
    """

    primary: str
    target: str
    effect: Literal["heat", "overpressure"]
    value: float
    unit: str
    probability: float
    frequency_per_year: float
    level: int


class Summary(msgspec.Struct, frozen=True):
    """Counts: items, release points, losses, events, dropped for low frequency; greatest individual risk [1/a].

    expected deaths [1/a] (PLL).
    """

    equipment: int
    release_points: int
    losses: int
    events: int
    dropped: int
    greatest_individual_risk_per_year: float
    expected_deaths_per_year: float


class QraResult(msgspec.Struct, frozen=True):
    """Risk of a park. input_sha256: of the input in canonical form; sets: names of sets and editions used.

    files: what was written into --out.
    """

    name: str
    input_sha256: str
    model: str
    sets: dict[str, str]
    missing: list[Gap]
    weather: Record | None
    summary: Summary
    verdicts: list[Verdict]
    societal: Societal
    fn_curve: list[FnPoint]
    contours: list[Level]
    contributors: dict[str, list[Contributor]]
    places: list[Place]
    external_distance: list[ExternalDistance]
    escalations: list[Escalation]
    notes: list[Note]
    files: list[str]
    losses: list[dict[str, Any]]
