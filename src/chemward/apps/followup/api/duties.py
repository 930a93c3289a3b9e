"""Duties: what a post owes by when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from chemward.apps.followup import queries
from chemward.apps.followup.actions import duties
from chemward.apps.followup.api.common import AboutOut, PageOut, ReasonIn, SubjectIO, actor_of, paged, post_of, subject_of
from chemward.apps.followup.models import Duty, Proof
from chemward.apps.followup.registers import DutyRegister

router = Router()


class DutyOut(AboutOut):
    title: str
    text: str
    kind: str
    clause: str
    state: str
    proof_needed: str
    assigned_at: datetime
    due_at: datetime
    done_at: datetime | None
    is_late: bool
    is_by_deputy: bool
    escalation: int


class DutyPage(PageOut):
    rows: list[DutyOut]


class DutyIn(Schema):
    post: UUID
    title: str
    due_at: datetime
    text: str = ""
    kind: str = ""
    clause: str = ""
    key: str | None = None
    proof: Proof = Proof.NONE
    subject: SubjectIO | None = None


class ProofIn(Schema):
    proof: str = ""


class HandOverIn(Schema):
    post: UUID
    reason: str


@router.get("/duties", response=DutyPage)
def list_duties(request: HttpRequest) -> dict[str, Any]:
    """Duties in scope."""
    return paged(request, DutyRegister)


@router.post("/duties", response={201: DutyOut})
def assign_duty(request: HttpRequest, body: DutyIn) -> Any:
    """Let a post owe something. With a key it is idempotent."""
    fields = body.dict(exclude={"subject", "post", "title"})
    return Status(
        201,
        duties.assign(
            actor_of(request), post_of(body.post), body.title, subject=subject_of(body.subject), now=timezone.now(), **fields
        ),
    )


@router.get("/duties/{uuid}", response=DutyOut)
def get_duty(request: HttpRequest, uuid: UUID) -> Any:
    """One duty."""
    return queries.one(actor_of(request).scope, Duty.objects.all(), "duty.view", uuid)


@router.post("/duties/{uuid}/do", response=DutyOut)
def do_duty(request: HttpRequest, uuid: UUID, body: ProofIn) -> Any:
    """Do what is owed."""
    return duties.do(actor_of(request), uuid, proof=body.proof, now=timezone.now())


@router.post("/duties/{uuid}/hand-over", response=DutyOut)
def hand_over_duty(request: HttpRequest, uuid: UUID, body: HandOverIn) -> Any:
    """Give it to another post of the organisation."""
    return duties.hand_over(actor_of(request), uuid, post_of(body.post), body.reason, now=timezone.now())


@router.post("/duties/{uuid}/cancel", response=DutyOut)
def cancel_duty(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Nothing is owed any more."""
    return duties.cancel(actor_of(request), uuid, body.reason, now=timezone.now())
