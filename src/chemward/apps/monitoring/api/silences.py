"""Who silenced what: shelved alarms and alarms out of service, and the second person's word."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions import silences
from chemward.apps.monitoring.api.common import Reason, actor_of
from chemward.apps.monitoring.models import Silence

router = Router()


class OutOfServiceIn(Schema):
    reason: str
    until: datetime | None = None


def silence_out(row: Silence) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "kind": row.kind,
        "state": row.state,
        "definition": row.definition.uuid,
        "title": row.definition.title,
        "reason": row.reason,
        "needs_second_person": row.needs_second_person,
        "requested_by": row.requested_by.display_name if row.requested_by else "",
        "requested_at": row.requested_at,
        "decided_by": row.decided_by.display_name if row.decided_by else "",
        "starts_at": row.starts_at,
        "until": row.until,
        "ended_at": row.ended_at,
    }


@router.get("/silences", response=list[dict])
def list_silences(request: HttpRequest) -> list[dict[str, Any]]:
    """Who silenced what, the oldest first (1,000 at most)."""
    return [silence_out(s) for s in queries.silences(actor_of(request).scope)[:1000]]


@router.post("/silences/{uuid:uuid}/approve", response=dict)
def approve_silence(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    """The second person agrees."""
    return silence_out(silences.approve(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.post("/silences/{uuid:uuid}/reject", response=dict)
def reject_silence(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return silence_out(silences.reject(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.post("/alarm-definitions/{uuid:uuid}/out-of-service", response=dict)
def take_out_of_service(request: HttpRequest, uuid: UUID, body: OutOfServiceIn) -> dict[str, Any]:
    return silence_out(silences.take_out_of_service(actor_of(request), uuid, body.reason, until=body.until, now=timezone.now()))


@router.post("/alarm-definitions/{uuid:uuid}/return-to-service", response=dict)
def return_to_service(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return {"returned": silences.return_to_service(actor_of(request), uuid, body.reason, now=timezone.now())}
