"""Restrictions and the exemptions from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from chemward.apps.followup import queries
from chemward.apps.followup.actions import restrictions
from chemward.apps.followup.api.common import AboutOut, PageOut, ReasonIn, SubjectIO, actor_of, paged, subject_of
from chemward.apps.followup.models import Restriction
from chemward.apps.followup.registers import RestrictionRegister

router = Router()


class RestrictionOut(AboutOut):
    title: str
    verbs: list[str]
    reason: str
    clause: str
    is_inherited: bool
    imposed_by_name: str
    valid_from: datetime
    valid_until: datetime | None
    lifted_at: datetime | None


class RestrictionPage(PageOut):
    rows: list[RestrictionOut]


class RestrictionIn(Schema):
    org_path: str
    verbs: list[str]
    title: str
    reason: str
    clause: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    is_inherited: bool = True
    key: str | None = None
    subject: SubjectIO | None = None


class ExemptIn(Schema):
    org_path: str
    verbs: list[str]
    reason: str
    valid_until: datetime | None = None


class ExemptionOut(Schema):
    uuid: UUID
    org_path: str
    verbs: list[str]
    valid_until: datetime | None


@router.get("/restrictions", response=RestrictionPage)
def list_restrictions(request: HttpRequest) -> dict[str, Any]:
    """Restrictions in scope."""
    return paged(request, RestrictionRegister)


@router.get("/restrictions/holding", response=list[RestrictionOut])
def holding_restrictions(request: HttpRequest, org_path: str) -> Any:
    """What an organisation may not do now: its own restrictions and those it inherits."""
    return queries.restrictions_in_force(actor_of(request).scope, org_path, now=timezone.now())


@router.post("/restrictions", response={201: RestrictionOut})
def impose_restriction(request: HttpRequest, body: RestrictionIn) -> Any:
    """Forbid acts to an organisation or to one thing of it."""
    fields = body.dict(exclude={"subject", "org_path", "verbs"})
    return Status(
        201,
        restrictions.impose(
            actor_of(request), body.org_path, body.verbs, subject=subject_of(body.subject), now=timezone.now(), **fields
        ),
    )


@router.get("/restrictions/{uuid}", response=RestrictionOut)
def get_restriction(request: HttpRequest, uuid: UUID) -> Any:
    """One restriction."""
    return queries.one(actor_of(request).scope, Restriction.objects.all(), "restriction.view", uuid)


@router.post("/restrictions/{uuid}/lift", response=RestrictionOut)
def lift_restriction(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """End a restriction."""
    return restrictions.lift(actor_of(request), uuid, body.reason, now=timezone.now())


@router.post("/restrictions/{uuid}/exempt", response={201: ExemptionOut})
def exempt_from_restriction(request: HttpRequest, uuid: UUID, body: ExemptIn) -> Any:
    """Let one organisation do some of the verbs all the same."""
    return Status(
        201,
        restrictions.exempt(
            actor_of(request), uuid, body.org_path, body.verbs, body.reason, valid_until=body.valid_until, now=timezone.now()
        ),
    )


@router.post("/exemptions/{uuid}/revoke", response=ExemptionOut)
def revoke_exemption(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """End an exemption."""
    return restrictions.revoke(actor_of(request), uuid, body.reason, now=timezone.now())
