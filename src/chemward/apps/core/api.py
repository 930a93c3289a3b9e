"""API of the platform core: who am I, organisations, jobs, audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from ninja import Router, Schema

from chemward.apps.core.actions import jobs, organisations
from chemward.apps.core.errors import NotFound
from chemward.apps.core.models import Job, Organisation
from chemward.apps.core.register import exports
from chemward.apps.core.registers import AuditRegister, OrganisationRegister, UserRegister

router = Router()


class Me(Schema):
    username: str
    name: str
    organisation: str | None
    capabilities: dict[str, list[str]]


class OrganisationOut(Schema):
    uuid: UUID
    kind: str
    name: str
    short_name: str
    code: str
    path: str
    is_active: bool
    version: int


class OrganisationIn(Schema):
    kind: str
    parent: UUID
    name: str
    short_name: str = ""
    code: str = ""


class OrganisationChange(Schema):
    version: int
    name: str | None = None
    short_name: str | None = None
    code: str | None = None


class JobOut(Schema):
    uuid: UUID
    kind: str
    title: str
    state: str
    done_count: int
    total_count: int | None
    note: str
    error: str
    result: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


class ExportIn(Schema):
    name: str
    query: str = ""
    format: str = "xlsx"


class AuditOut(Schema):
    at: datetime
    actor: str
    via: str
    verb: str
    subject_type: str
    subject_id: str
    subject_label: str
    changes: str
    reason: str
    position: int | None


class UserOut(Schema):
    uuid: UUID
    username: str
    display_name: str
    is_active: bool


class PageOut(Schema):
    count: int
    is_capped: bool
    next: str
    previous: str


class OrganisationPage(PageOut):
    rows: list[OrganisationOut]


class AuditPage(PageOut):
    rows: list[AuditOut]


class UserPage(PageOut):
    rows: list[UserOut]


def paged(register: Any) -> dict[str, Any]:
    """A page of a register as the API gives it; `next` and `previous` go back in as `after` and `before`."""
    found = register.page()
    return {
        "rows": found.rows,
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]


def _query(request: HttpRequest) -> QueryDict:
    return request.GET


@router.get("/me", response=Me)
def me(request: HttpRequest) -> dict[str, Any]:
    """The caller and what they may do where (capability → organisation paths)."""
    actor = _actor(request)
    return {
        "username": actor.user.username,
        "name": actor.name,
        "organisation": actor.user.home.name if actor.user.home else None,
        "capabilities": {k: list(v) for k, v in actor.scope.grants.items()},
    }


@router.get("/organisations", response=OrganisationPage)
def list_organisations(request: HttpRequest) -> dict[str, Any]:
    """Organisations in scope. `kind`, `name`, `sort`, `after`, `before`, `last`, `size` as on the page."""
    return paged(OrganisationRegister(_actor(request).scope, _query(request)))


@router.get("/organisations/{uuid}", response=OrganisationOut)
def get_organisation(request: HttpRequest, uuid: UUID) -> Organisation:
    row = _actor(request).scope.filter(Organisation.objects.all(), "organisation.view", "path").filter(uuid=uuid).first()
    if row is None:
        raise NotFound("Not found.")
    return row


@router.post("/organisations", response={201: OrganisationOut})
def add_organisation(request: HttpRequest, body: OrganisationIn) -> Any:
    parent = get_organisation(request, body.parent)
    row = organisations.add(
        _actor(request),
        kind=body.kind,
        name=body.name,
        parent=parent,
        short_name=body.short_name,
        code=body.code,
        source="api",
        now=timezone.now(),
    )
    return 201, row


@router.patch("/organisations/{uuid}", response=OrganisationOut)
def change_organisation(request: HttpRequest, uuid: UUID, body: OrganisationChange) -> Organisation:
    fields = body.dict(exclude={"version"}, exclude_none=True)
    return organisations.change(_actor(request), uuid, version=body.version, now=timezone.now(), **fields)


@router.get("/users", response=UserPage)
def list_users(request: HttpRequest) -> dict[str, Any]:
    """Users in scope, without their personal data."""
    return paged(UserRegister(_actor(request).scope, _query(request)))


@router.get("/audit", response=AuditPage)
def list_audit(request: HttpRequest) -> dict[str, Any]:
    """Audit entries in scope, newest first."""
    return paged(AuditRegister(_actor(request).scope, _query(request)))


@router.get("/jobs", response=list[JobOut])
def list_jobs(request: HttpRequest) -> list[Job]:
    """One's own long work, newest first (100 at most)."""
    return list(Job.objects.filter(owner=request.user).order_by("-id")[:100])


@router.get("/jobs/{uuid}", response=JobOut)
def get_job(request: HttpRequest, uuid: UUID) -> Job:
    return jobs.own(_actor(request), uuid)


@router.post("/jobs/{uuid}/cancel", response=JobOut)
def cancel_job(request: HttpRequest, uuid: UUID) -> Job:
    return jobs.cancel(_actor(request), uuid, now=timezone.now())


@router.post("/exports", response={202: JobOut})
def order_export(request: HttpRequest, body: ExportIn) -> Any:
    """Order the export of a register as a job; its result is fetched from `/jobs/{uuid}/result` on the site."""
    try:
        return 202, exports.order(_actor(request), body.name, body.query, body.format, now=timezone.now())
    except LookupError:
        raise NotFound("Not found.") from None
