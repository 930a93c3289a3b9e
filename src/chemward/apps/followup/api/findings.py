"""Findings: what a rule says asks for attention."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from chemward.apps.followup import queries
from chemward.apps.followup.actions import findings
from chemward.apps.followup.api.common import AboutOut, PageOut, ReasonIn, actor_of, paged
from chemward.apps.followup.models import Finding
from chemward.apps.followup.registers import FindingRegister

router = Router()


class FindingOut(AboutOut):
    rule: str
    edition: str
    clause: str
    key: str
    level: int
    title: str
    message: str
    remedy: str
    state: str
    raised_at: datetime
    note: str
    cleared_at: datetime | None


class FindingPage(PageOut):
    rows: list[FindingOut]


class NoteIn(Schema):
    reason: str
    until: datetime | None = None


@router.get("/findings", response=FindingPage)
def list_findings(request: HttpRequest) -> dict[str, Any]:
    """Findings in scope."""
    return paged(request, FindingRegister)


@router.get("/findings/{uuid}", response=FindingOut)
def get_finding(request: HttpRequest, uuid: UUID) -> Any:
    """One finding."""
    return queries.one(actor_of(request).scope, Finding.objects.all(), "finding.view", uuid)


@router.post("/findings/{uuid}/note", response=FindingOut)
def note_finding(request: HttpRequest, uuid: UUID, body: NoteIn) -> Any:
    """Take note with a reason."""
    return findings.note(actor_of(request), uuid, body.reason, until=body.until, now=timezone.now())


@router.post("/findings/{uuid}/reopen", response=FindingOut)
def reopen_finding(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Open a noted finding again."""
    return findings.reopen(actor_of(request), uuid, body.reason, now=timezone.now())
