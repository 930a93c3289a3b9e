"""What the modules of this API share: who asks, pages of a register, and the shapes that several nouns take."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotFound
from chemward.apps.core.models import Post
from chemward.apps.followup.models import Subject


class SubjectIO(Schema):
    type: str
    id: str
    label: str


class PageOut(Schema):
    count: int
    is_capped: bool
    next: str
    previous: str


class AboutOut(Schema):
    uuid: UUID
    org_path: str
    subject_type: str
    subject_id: str
    subject_label: str


class ReasonIn(Schema):
    reason: str


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def paged(request: HttpRequest, register: Any) -> dict[str, Any]:
    """A page of a register; `next` and `previous` go back in as `after` and `before`, filters as on the page."""
    found = register(actor_of(request).scope, request.GET).page()
    return {
        "rows": found.rows,
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }


def subject_of(given: SubjectIO | None) -> Subject | None:
    return Subject(given.type, given.id, given.label) if given else None


def post_of(uuid: UUID) -> Post:
    found = Post.objects.select_related("organisation").filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("Not found."))
    return found
