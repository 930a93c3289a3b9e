"""The conformity of feeds as verdicts: what the score of a feed is called, with every part it was computed from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from chemward.apps.core.acts import Actor
from chemward.apps.followup import rulebook
from chemward.apps.followup.actions import findings, verdicts
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.models import Subject, Verdict
from chemward.apps.followup.rulebook import Band, Input, Result, Step, WhatIf
from chemward.apps.monitoring.models import Feed, FeedHealth
from chemward.apps.monitoring.rules.tables import ConformityBand, conformity_bands, conformity_edition, conformity_source

RULE = "monitoring.feed_conformity"
CLOCK = Actor.platform("clock")
# The score moves with every report; a verdict says something new when it moved by more, or a part by a quarter of its span.
SCORE_TOLERANCE = 5.0
PART_TOLERANCE = 0.25
# A report that is older says nothing of now.
REPORT_VALID = timedelta(hours=1)
# Verdicts written in one run: the clock belongs to all rooms, the rest waits for the next run.
AT_ONCE = 100
SHARES = ("completeness", "quality", "format", "known")

rulebook.declare(
    RULE,
    title=gettext_lazy("Conformity of a feed"),
    edition=conformity_edition(),
    clause="",
    source=conformity_source()[1],
    sure="text",
)


def band_of(score: float) -> ConformityBand:
    """The band that a score [0–100] lies in."""
    return next(b for b in reversed(conformity_bands()) if score >= b.low or b is conformity_bands()[0])


def scale() -> tuple[Band, ...]:
    """The bands as the scale of a verdict, from the worst up."""
    bands = conformity_bands()
    highs: list[float | None] = [*(b.low for b in bands[1:]), None]
    return tuple(
        Band(b.code, b.name_zh, None if i == 0 else b.low, high, b.level or None)
        for i, (b, high) in enumerate(zip(bands, highs, strict=True))
    )


def result(score: float, parts: Sequence[Mapping[str, Any]], at: datetime) -> Result:
    """What the rule says of a feed with this score [0–100] and these parts (as `FeedHealth.score_parts` keeps them)."""
    band = band_of(score)
    return Result(
        code=band.code,
        label=band.name_zh,
        level=band.level or None,
        value=score,
        unit=_("points"),
        inputs=[_input(p, at) for p in parts],
        steps=list(_steps(score, parts)),
        scale=scale(),
        what_if=[_what_if(p, parts, band) for p in parts if p["score"] is not None and p["score"] < 1],
        tolerance=SCORE_TOLERANCE,
    )


def state(now: datetime) -> int:
    """State the verdict of every feed that reports, end those of feeds that are closed (clock). Returns the verdicts written."""
    rows = FeedHealth.objects.filter(feed__is_active=True, feed__deleted_at=None, reported_at__gte=now - REPORT_VALID)
    found = list(rows.exclude(score=None).select_related("feed__organisation"))
    in_force = {v.subject_id: v for v in Verdict.objects.filter(rule=RULE, valid_until=None)}
    said = [(row, result(row.score or 0.0, row.score_parts, row.reported_at)) for row in found]
    changed = [(row, new) for row, new in said if _says_something(in_force.get(str(row.feed.uuid)), new, now)]
    for row, new in changed[:AT_ONCE]:
        verdicts.state(CLOCK, RULE, Subject.of(row.feed), new, org_path=row.org_path, now=now)
    ended = _end_closed(in_force, now)
    if changed or ended:
        _settle(now)
    return min(len(changed), AT_ONCE)


def _says_something(kept: Verdict | None, new: Result, now: datetime) -> bool:
    if kept is None or not verdicts.is_same(kept, new, conformity_edition()):
        return True
    return now - kept.checked_at >= verdicts.CONFIRM_EVERY


def _end_closed(in_force: Mapping[str, Verdict], now: datetime) -> int:
    running = {str(u) for u in Feed.objects.filter(is_active=True, deleted_at=None).values_list("uuid", flat=True)}
    gone = [v for identity, v in in_force.items() if identity not in running]
    return sum(verdicts.end(CLOCK, RULE, v.subject, now=now, reason=_("The feed is closed.")) for v in gone)


def _settle(now: datetime) -> None:
    """A finding for every verdict that asks for attention."""
    wanted = [
        Wanted(
            v.subject,
            v.org_path,
            _("%(band)s: %(feed)s") % {"band": v.label, "feed": v.subject_label},
            remedy=_("See which part costs points; the onboarding page of the feed names its last faults."),
            level=v.level or 3,
            clause=conformity_source()[1],
            edition=v.edition,
            verdict=v,
        )
        for v in Verdict.objects.filter(rule=RULE, valid_until=None).exclude(level=None)
    ]
    findings.settle(CLOCK, RULE, wanted, under="", now=now, why=_("The score is good again."))


def _input(part: Mapping[str, Any], at: datetime) -> Input:
    factor, unit = _measure(part["key"])
    value = None if part["measured"] is None else round(part["measured"] * factor, 3)
    return Input(
        name=part["name_zh"],
        value=value,
        unit=unit,
        source=_("counts of the running hour"),
        at=at,
        quality="missing" if value is None else "good",
        tolerance=_tolerance(part) * factor,
    )


def _tolerance(part: Mapping[str, Any]) -> float:
    """How far a part may move without saying anything new: where it costs nothing, as far as it still costs nothing."""
    quarter = PART_TOLERANCE * abs(part["bad"] - part["good"])
    return float(max(quarter, part["good"]) if part["score"] == 1 else quarter)


def _measure(key: str) -> tuple[float, str]:
    """Factor and unit in which a part is shown."""
    if key in SHARES:
        return 100.0, "%"
    return 1.0, _("periods") if key == "freshness" else pgettext("conformity", "× allowed skew")


def _steps(score: float, parts: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    counted = [p for p in parts if p["score"] is not None]
    scores = " · ".join(f"{p['name_zh']} {p['score']:.2f}" for p in counted)
    yield Step(_("score = (nothing at − measured) ÷ (nothing at − full at), within 0 and 1"), scores)
    for p in counted:
        if 0 < p["score"] < 1:
            factor, unit = _measure(p["key"])
            bad, good, measured = (f"{p[k] * factor:.4g}" for k in ("bad", "good", "measured"))
            yield Step(p["name_zh"], f"({bad} − {measured}) ÷ ({bad} − {good}) = {p['score']:.2f}", note=unit)
    weights = sum(p["weight"] for p in counted)
    products = " + ".join(f"{p['weight']:g}×{p['score']:.2f}" for p in counted)
    text = _("conformity = 100 × Σ(weight × score) ÷ Σ weight")
    yield Step(text, f"100 × ({products}) ÷ {weights:g} = {score:.1f}", note=_("What was not measured is left out."))


def _what_if(part: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], band: ConformityBand) -> WhatIf:
    """The verdict if this part were as it should be."""
    counted = [p for p in parts if p["score"] is not None]
    total = sum(p["weight"] * (1.0 if p is part else p["score"]) for p in counted)
    better = round(100 * total / sum(p["weight"] for p in counted), 1)
    factor, unit = _measure(part["key"])
    change = _("%(part)s at %(good)s %(unit)s or less") % {
        "part": part["name_zh"],
        "good": f"{part['good'] * factor:g}",
        "unit": unit,
    }
    reached = band_of(better)
    return WhatIf(change, f"{better:g} {_('points')}", reached.name_zh, is_other=reached != band)
