"""Verdicts, the answer to "why", and the rules behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from chemward.apps.followup import queries, rulebook
from chemward.apps.followup.api.common import AboutOut, PageOut, actor_of, paged
from chemward.apps.followup.api.findings import FindingOut
from chemward.apps.followup.registers import VerdictRegister

router = Router()


class VerdictOut(AboutOut):
    rule: str
    edition: str
    clause: str
    code: str
    label: str
    level: int | None
    colour: str
    value: float | None
    unit: str
    computed_at: datetime
    checked_at: datetime
    valid_from: datetime
    valid_until: datetime | None


class VerdictPage(PageOut):
    rows: list[VerdictOut]


class RuleOut(Schema):
    id: str
    title: str
    edition: str
    clause: str
    source: str
    sure: str


class DistanceOut(Schema):
    code: str
    label: str
    amount: float


class WhyOut(Schema):
    verdict: VerdictOut
    rule: RuleOut | None
    inputs: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    formula: str
    scale: list[dict[str, Any]]
    distances: list[DistanceOut]
    what_if: list[dict[str, Any]]
    findings: list[FindingOut]
    history: list[VerdictOut]


@router.get("/verdicts", response=VerdictPage)
def list_verdicts(request: HttpRequest) -> dict[str, Any]:
    """Verdicts in scope, also those that are no longer in force."""
    return paged(request, VerdictRegister)


@router.get("/verdicts/{uuid}/why", response=WhyOut)
def why(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """A verdict opened to every factor."""
    found = queries.why(actor_of(request).scope, uuid)
    v = found.verdict
    return {
        "verdict": v,
        "rule": rule_out(found.rule) if found.rule else None,
        "inputs": v.inputs,
        "steps": v.steps,
        "formula": v.formula,
        "scale": v.scale,
        "distances": [{"code": d.to.code, "label": d.to.label, "amount": d.amount} for d in found.distances],
        "what_if": v.what_if,
        "findings": found.findings,
        "history": found.history,
    }


@router.get("/rules", response=list[RuleOut])
def list_rules(request: HttpRequest) -> list[dict[str, str]]:
    """The rules that state verdicts, each with edition, clause, source and how sure its reading is."""
    return [rule_out(card) for card in rulebook.cards().values()]


def rule_out(card: rulebook.RuleCard) -> dict[str, str]:
    return {
        "id": card.id,
        "title": str(card.title),
        "edition": card.edition,
        "clause": card.clause,
        "source": card.source,
        "sure": card.sure,
    }
