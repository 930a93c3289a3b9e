"""Tags, their entry one by one or many at once, and the codes that nobody has accepted yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.core.register.search import matching
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions import definitions, tags
from chemward.apps.monitoring.api.common import PageQuery, TagChange, actor_of, paged
from chemward.apps.monitoring.api.definitions import AlarmIn, definition_out
from chemward.apps.monitoring.models import Tag

router = Router()


class TagIn(Schema):
    """A tag: `values` are its fields, `alarms` its alarms."""

    code: str
    values: dict[str, Any] = {}
    alarms: list[AlarmIn] = []

    def as_new(self) -> tags.NewTag:
        return tags.NewTag(self.code, self.values, [definitions.NewAlarm(a.type, a.title, a.values) for a in self.alarms])


class Codes(Schema):
    codes: list[str]
    values: dict[str, Any] = {}


def tag_out(row: Tag) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "n": row.pk,
        "feed": row.feed.uuid,
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "unit": row.unit,
        "conversion_basis": row.conversion_basis,
        "lo": row.lo,
        "hi": row.hi,
        "period_s": row.period_s,
        "frozen_s": row.frozen_s,
        "states": row.states,
        "asset": row.asset_uuid,
        "asset_label": row.asset_label,
        "place": row.place,
        "longitude": row.longitude,
        "latitude": row.latitude,
        "is_enabled": row.is_enabled,
        "enterprise": row.organisation.name,
        "alarm_count": getattr(row, "alarm_count", None) or 0,
        "version": row.version,
    }


@router.get("/tags", response=dict)
def list_tags(request: HttpRequest, asked: Query[PageQuery], feed: UUID | None = None) -> dict[str, Any]:
    """Tags in scope, by number; `q` searches code, name and place from two characters on."""
    rows = queries.tags(actor_of(request).scope)
    rows = rows if feed is None else rows.filter(feed__uuid=feed)
    return paged(matching(rows, asked.q) if asked.q else rows, asked, "id", tag_out)


@router.get("/tags/{uuid:uuid}", response=dict)
def get_tag(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One tag with its alarms."""
    scope = actor_of(request).scope
    row = queries.tag(scope, uuid)
    return {**tag_out(row), "alarms": [definition_out(d) for d in queries.definitions(scope).filter(tag=row).order_by("id")]}


@router.post("/feeds/{uuid:uuid}/tags", response={201: dict})
def create_tag(request: HttpRequest, uuid: UUID, body: TagIn) -> Any:
    return Status(201, tag_out(tags.create(actor_of(request), uuid, body.as_new(), now=timezone.now())))


@router.put("/feeds/{uuid:uuid}/tags", response=dict)
def enter_tags(request: HttpRequest, uuid: UUID, body: list[TagIn]) -> dict[str, Any]:
    """Enter or change many tags at once; repeated it changes nothing. With a fault in one nothing is written."""
    done = tags.enter(actor_of(request), uuid, [t.as_new() for t in body], now=timezone.now())
    return {"created": done.created, "changed": done.changed, "unchanged": done.unchanged}


@router.patch("/tags/{uuid:uuid}", response=dict)
def change_tag(request: HttpRequest, uuid: UUID, body: TagChange) -> dict[str, Any]:
    return tag_out(tags.change(actor_of(request), uuid, body.values, version=body.version, now=timezone.now()))


@router.get("/feeds/{uuid:uuid}/unknown-tags", response=dict)
def list_unknown_tags(request: HttpRequest, uuid: UUID, asked: Query[PageQuery]) -> dict[str, Any]:
    """Codes that the feed sends and nobody has accepted."""
    scope = actor_of(request).scope
    queries.feed(scope, uuid)
    shown = ("code", "first_seen_at", "last_seen_at", "example", "unit", "count")
    return paged(queries.unknown_tags(scope, uuid), asked, "-id", lambda r: {f: getattr(r, f) for f in shown})


@router.post("/feeds/{uuid:uuid}/unknown-tags/accept", response=dict)
def accept_unknown_tags(request: HttpRequest, uuid: UUID, body: Codes) -> dict[str, Any]:
    done = tags.accept(actor_of(request), uuid, body.codes, values=body.values, now=timezone.now())
    return {"created": done.created, "unchanged": done.unchanged}


@router.post("/feeds/{uuid:uuid}/unknown-tags/dismiss", response=dict)
def dismiss_unknown_tags(request: HttpRequest, uuid: UUID, body: Codes) -> dict[str, Any]:
    return {"dismissed": tags.dismiss(actor_of(request), uuid, body.codes, now=timezone.now())}
