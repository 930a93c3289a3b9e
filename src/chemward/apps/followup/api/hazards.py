"""Hidden hazards and the loop that rectifies them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from chemward.apps.followup import queries
from chemward.apps.followup.actions import hazards
from chemward.apps.followup.api.common import AboutOut, PageOut, ReasonIn, SubjectIO, actor_of, paged, post_of, subject_of
from chemward.apps.followup.models import HazardLevel, HazardSource, HiddenHazard
from chemward.apps.followup.registers import HazardRegister

router = Router()


class HazardOut(AboutOut):
    number: str
    title: str
    description: str
    level: str
    origin: str
    category: str
    place: str
    state: str
    found_at: datetime
    measure: str
    due_at: datetime | None
    evidence: str
    submitted_at: datetime | None
    closed_at: datetime | None
    is_late: bool
    extension_count: int
    return_count: int


class HazardPage(PageOut):
    rows: list[HazardOut]


class HazardIn(Schema):
    org_path: str
    title: str
    description: str = ""
    level: HazardLevel = HazardLevel.GENERAL
    origin: HazardSource = HazardSource.PATROL
    category: str = ""
    place: str = ""
    clause: str = ""
    external_key: str = ""
    subject: SubjectIO | None = None


class AssignIn(Schema):
    post: UUID
    due_at: datetime
    measure: str
    precaution: str = ""
    funds_cny: Decimal | None = None
    level: HazardLevel | None = None
    is_supervised: bool | None = None


class EvidenceIn(Schema):
    evidence: str
    cause: str = ""


class OpinionIn(Schema):
    opinion: str


class ReturnIn(Schema):
    reason: str
    due_at: datetime | None = None


class ExtensionIn(Schema):
    due_at: datetime
    reason: str


class DecisionIn(Schema):
    is_granted: bool
    answer: str = ""


@router.get("/hazards", response=HazardPage)
def list_hazards(request: HttpRequest) -> dict[str, Any]:
    """Hidden hazards in scope."""
    return paged(request, HazardRegister)


@router.post("/hazards", response={201: HazardOut})
def report_hazard(request: HttpRequest, body: HazardIn) -> Any:
    """Report a hidden hazard. With an external key it is idempotent."""
    fields = body.dict(exclude={"subject", "org_path", "title"})
    return Status(
        201,
        hazards.report(
            actor_of(request), body.org_path, body.title, subject=subject_of(body.subject), now=timezone.now(), **fields
        ),
    )


@router.get("/hazards/{uuid}", response=HazardOut)
def get_hazard(request: HttpRequest, uuid: UUID) -> Any:
    """One hidden hazard."""
    return queries.one(actor_of(request).scope, HiddenHazard.objects.all(), "hazard.view", uuid)


@router.post("/hazards/{uuid}/assign", response=HazardOut)
def assign_hazard(request: HttpRequest, uuid: UUID, body: AssignIn) -> Any:
    """Lay down who rectifies what until when."""
    return hazards.assign(actor_of(request), uuid, post=post_of(body.post), now=timezone.now(), **body.dict(exclude={"post"}))


@router.post("/hazards/{uuid}/submit", response=HazardOut)
def submit_hazard(request: HttpRequest, uuid: UUID, body: EvidenceIn) -> Any:
    """Give evidence that it is rectified."""
    return hazards.submit(actor_of(request), uuid, evidence=body.evidence, cause=body.cause, now=timezone.now())


@router.post("/hazards/{uuid}/accept", response=HazardOut)
def accept_hazard(request: HttpRequest, uuid: UUID, body: OpinionIn) -> Any:
    """Accept the rectification."""
    return hazards.accept(actor_of(request), uuid, opinion=body.opinion, now=timezone.now())


@router.post("/hazards/{uuid}/return", response=HazardOut)
def return_hazard(request: HttpRequest, uuid: UUID, body: ReturnIn) -> Any:
    """Send it back."""
    return hazards.return_(actor_of(request), uuid, reason=body.reason, due_at=body.due_at, now=timezone.now())


@router.post("/hazards/{uuid}/dismiss", response=HazardOut)
def dismiss_hazard(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """It is no hidden hazard."""
    return hazards.dismiss(actor_of(request), uuid, reason=body.reason, now=timezone.now())


@router.post("/hazards/{uuid}/extension", response={204: None})
def ask_extension(request: HttpRequest, uuid: UUID, body: ExtensionIn) -> Any:
    """Ask for more time."""
    hazards.ask_extension(actor_of(request), uuid, due_at=body.due_at, reason=body.reason, now=timezone.now())
    return Status(204, None)


@router.post("/hazards/{uuid}/decision", response=HazardOut)
def decide_extension(request: HttpRequest, uuid: UUID, body: DecisionIn) -> Any:
    """Grant or refuse more time."""
    return hazards.decide_extension(actor_of(request), uuid, is_granted=body.is_granted, answer=body.answer, now=timezone.now())
