"""Stating verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from chemward.apps.core.acts import Actor, act
from chemward.apps.followup import rulebook
from chemward.apps.followup.actions.common import announce, organisation_at
from chemward.apps.followup.models import Subject, Verdict
from chemward.apps.followup.models.base import COLOUR_OF_LEVEL, about
from chemward.apps.followup.rulebook import Input, Result

CONFIRM_EVERY = timedelta(minutes=10)


def state(
    actor: Actor, rule: str, subject: Subject, result: Result, *, org_path: str, now: datetime, valid_from: datetime | None = None
) -> Verdict:
    """Write down what a rule says. A new row only when the result or an input changed meaningfully; else the row in force, confirmed.

    The rule speaks, whoever caused its computation: no capability is asked for. LookupError when the rule is not in the rulebook.
    """
    card = rulebook.card(rule)
    in_force = _in_force(rule, subject)
    if in_force is not None and is_same(in_force, result, card.edition):
        return _confirm(in_force, now)
    with act(actor, "verdict.state", now=now) as a:
        before = _in_force(rule, subject)
        begins = valid_from or now
        if before is not None:
            # Closed first: only one row per rule and subject may be in force.
            Verdict.objects.filter(pk=before.pk).update(valid_until=max(begins, before.valid_from))
        verdict = Verdict(
            organisation=organisation_at(org_path),
            **about(subject),
            **_fields(rule, card, result),
            computed_at=now,
            checked_at=now,
            valid_from=begins,
            supersedes=before,
            source="platform",
        )
        verdict.save()
        a.record(verdict, {"result": (before.label if before else None, result.label)})
        announce(
            a, "verdict", "state", verdict, rule=rule, subject=[subject.type, subject.id], code=result.code, level=result.level
        )
        return verdict


def end(actor: Actor, rule: str, subject: Subject, *, now: datetime, reason: str = "") -> bool:
    """The rule has nothing to say about the subject any more (it was retired, the rule withdrawn)."""
    with act(actor, "verdict.end", now=now) as a:
        verdict = _in_force(rule, subject)
        if verdict is None:
            return False
        verdict.valid_until = now
        verdict.save(update_fields=["valid_until", "updated_at"])
        a.record(verdict, {"valid_until": (None, now)}, reason=reason)
        announce(a, "verdict", "end", verdict, rule=rule)
        return True


def is_same(verdict: Verdict, result: Result, edition: str) -> bool:
    """Whether a result says nothing new: same edition, words and level, value and inputs within their tolerances."""
    said = (verdict.code, verdict.label, verdict.level, verdict.unit, verdict.edition)
    if said != (result.code, result.label, result.level, result.unit, edition):
        return False
    return _near(verdict.value, result.value, result.tolerance) and _same_inputs(verdict.inputs, result.inputs)


def _same_inputs(kept: Sequence[dict[str, Any]], given: Sequence[Input]) -> bool:
    if len(kept) != len(given):
        return False
    return all(
        (k["name"], k["unit"], k["source"], k["quality"]) == (g.name, g.unit, g.source, g.quality)
        and _near(k["value"], g.value, g.tolerance)
        for k, g in zip(kept, given, strict=True)
    )


def _near(before: Any, after: Any, tolerance: float) -> bool:
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (before, after))
    return abs(before - after) <= tolerance if numbers else before == after


def _confirm(verdict: Verdict, now: datetime) -> Verdict:
    # Now and then, so that a rule that runs each second does not write each second.
    if now - verdict.checked_at >= CONFIRM_EVERY:
        Verdict.objects.filter(pk=verdict.pk).update(checked_at=now)
        verdict.checked_at = now
    return verdict


def _in_force(rule: str, subject: Subject) -> Verdict | None:
    return Verdict.objects.filter(rule=rule, subject_type=subject.type, subject_id=subject.id, valid_until=None).first()


def _fields(rule: str, card: rulebook.RuleCard, result: Result) -> dict[str, Any]:
    return {
        "rule": rule,
        "edition": card.edition,
        "clause": card.clause,
        "code": result.code,
        "label": result.label,
        "level": result.level,
        "colour": COLOUR_OF_LEVEL.get(result.level or 0, ""),
        "value": result.value,
        "unit": result.unit,
        "inputs": [i.as_json() for i in result.inputs],
        "steps": [asdict(s) for s in result.steps],
        "scale": [asdict(b) for b in result.scale],
        "what_if": [asdict(w) for w in result.what_if],
        "formula": result.formula,
    }
