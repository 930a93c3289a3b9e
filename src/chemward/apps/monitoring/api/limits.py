"""Changes of limits: proposed with a reason, tried on history, decided by another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.monitoring import queries, values
from chemward.apps.monitoring.actions import limits
from chemward.apps.monitoring.api.common import PageQuery, Reason, actor_of, paged
from chemward.apps.monitoring.models import LimitChange

router = Router()


class LimitIn(Schema):
    values: dict[str, Any]
    reason: str


class TrialIn(Schema):
    from_ms: int | None = None
    to_ms: int | None = None


def change_out(row: LimitChange) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "definition": row.definition.uuid,
        "state": row.state,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
        "proposed_at": row.proposed_at,
        "trial": row.trial,
        "decided_at": row.decided_at,
        "decision_reason": row.decision_reason,
    }


@router.get("/limit-changes", response=dict)
def list_limit_changes(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    return paged(queries.limit_changes(actor_of(request).scope), asked, "-id", change_out)


@router.post("/alarm-definitions/{uuid:uuid}/limit-changes", response={201: dict})
def propose_limit(request: HttpRequest, uuid: UUID, body: LimitIn) -> Any:
    return Status(201, change_out(limits.propose(actor_of(request), uuid, body.values, body.reason, now=timezone.now())))


@router.post("/limit-changes/{uuid:uuid}/try", response=dict)
def try_limit(request: HttpRequest, uuid: UUID, body: TrialIn) -> dict[str, Any]:
    """Run the proposal over history: "would have raised n"."""
    span = body.dict()
    return change_out(limits.try_on_history(actor_of(request), uuid, values.historian(), now=timezone.now(), **span))


@router.post("/limit-changes/{uuid:uuid}/approve", response=dict)
def approve_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.approve(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.post("/limit-changes/{uuid:uuid}/reject", response=dict)
def reject_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.reject(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.post("/limit-changes/{uuid:uuid}/withdraw", response=dict)
def withdraw_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.withdraw(actor_of(request), uuid, body.reason, now=timezone.now()))
