"""What the modules of this API share: who asks, pages of rows, and the shapes that several nouns take."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema

from chemward.apps.core.acts import Actor
from chemward.apps.core.register.paging import Page, Place, page

MOST_ROWS = 200


class PageQuery(Schema):
    """Where a page begins: `after` or `before` a place that an answer gave, or the `last` page."""

    after: str = ""
    before: str = ""
    last: bool = False
    size: int = 50
    q: str = ""


class Reason(Schema):
    reason: str


class TagChange(Schema):
    version: int
    values: dict[str, Any]


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def paged(rows: QuerySet[Any], asked: PageQuery, sort: str, shape: Any) -> dict[str, Any]:
    found = page(rows, sort=sort, place=Place(asked.after, asked.before, asked.last), size=max(1, min(asked.size, MOST_ROWS)))
    return shown(found, shape)


def shown(found: Page[Any], shape: Any) -> dict[str, Any]:
    return {
        "rows": [shape(r) for r in found.rows],
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }
