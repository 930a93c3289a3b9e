"""Conformity score of a feed: how well it keeps the connection rules, with every part shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chemward.apps.monitoring.rules.tables import conformity_parts


@dataclass(frozen=True)
class FeedFacts:
    """What the score is computed from; counts of the last hour.

    age_s: since the newest sample [s], None when there never was one. period_s: usual period [s]. skew_s, max_skew_s: clock [s].
    expected: samples that the tags of the feed should have sent.
    """

    age_s: float | None
    period_s: float
    skew_s: float
    max_skew_s: float
    messages: int = 0
    refused: int = 0
    samples: int = 0
    expected: int = 0
    faults: int = 0
    out_of_range: int = 0
    unknown: int = 0


def measured(facts: FeedFacts) -> dict[str, float | None]:
    """The measure of each part; None when there is nothing to measure it by (it is left out, never counted as 0)."""
    samples = facts.samples
    sent = facts.messages + facts.refused
    return {
        "freshness": None if facts.age_s is None else facts.age_s / max(facts.period_s, 1.0),
        "completeness": None if not facts.expected else max(0.0, 1 - samples / facts.expected),
        "quality": None if not samples else (facts.faults + facts.out_of_range) / samples,
        "clock": None if facts.age_s is None else abs(facts.skew_s) / max(facts.max_skew_s, 1.0),
        "format": None if not sent else facts.refused / sent,
        "known": None if not samples + facts.unknown else facts.unknown / (samples + facts.unknown),
    }


def conformity(facts: FeedFacts) -> tuple[float | None, list[dict[str, Any]]]:
    """Score 0–100 (None when nothing can be measured) and its parts `{key, name_zh, weight, good, bad, measured, score}`."""
    values: Mapping[str, float | None] = measured(facts)
    parts = []
    for part in conformity_parts():
        value = values[part.key]
        parts.append({**asdict(part), "measured": value, "score": None if value is None else part.score(value)})
    counted = [p for p in parts if p["score"] is not None]
    weight = sum(p["weight"] for p in counted)
    score = 100 * sum(p["weight"] * p["score"] for p in counted) / weight if weight else None
    return None if score is None else round(score, 1), parts
