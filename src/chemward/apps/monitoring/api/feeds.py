"""Feeds and the keys of their devices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions import credentials, feeds
from chemward.apps.monitoring.api.common import PageQuery, Reason, actor_of, paged
from chemward.apps.monitoring.models import Credential, Feed
from chemward.apps.monitoring.rules.tables import conformity_edition

router = Router()


class FeedIn(Schema):
    organisation: UUID
    name: str
    kind: str = "mqtt"
    lateness_s: float = 300
    period_s: float = 10
    max_skew_s: float = 60
    note: str = ""


class FeedChange(Schema):
    version: int
    name: str | None = None
    kind: str | None = None
    lateness_s: float | None = None
    period_s: float | None = None
    max_skew_s: float | None = None
    note: str | None = None


class CredentialIn(Schema):
    kinds: list[str] = []
    name: str = ""


def feed_out(row: Feed) -> dict[str, Any]:
    health = getattr(row, "health", None)
    return {
        "uuid": row.uuid,
        "key": row.key,
        "name": row.name,
        "kind": row.kind,
        "shard": row.shard,
        "organisation": row.organisation.uuid,
        "enterprise": row.organisation.name,
        "lateness_s": row.lateness_s,
        "period_s": row.period_s,
        "max_skew_s": row.max_skew_s,
        "is_active": row.is_active,
        "note": row.note,
        "version": row.version,
        "tag_count": getattr(row, "tag_count", None) or 0,
        "unknown_count": getattr(row, "unknown_count", None) or 0,
        "credential_count": getattr(row, "credential_count", None) or 0,
        "health": None
        if health is None
        else {
            "reported_at": health.reported_at,
            "last_sample_at": health.last_sample_at,
            "rate_per_s": health.rate_per_s,
            "lag_ms": health.lag_ms,
            "skew_ms": health.skew_ms,
            "frozen_tags": health.frozen_tags,
            "fault_codes": health.fault_codes,
            "conformity": health.score,
            "conformity_parts": health.score_parts,
            "conformity_edition": conformity_edition(),
        },
    }


def credential_out(row: Credential) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "id": row.key_id,
        "name": row.name,
        "kinds": row.kinds,
        "issued_at": row.issued_at,
        "revoked_at": row.revoked_at,
    }


@router.get("/feeds", response=dict)
def list_feeds(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    """Feeds in scope with their health."""
    return paged(queries.feeds(actor_of(request).scope), asked, "id", feed_out)


@router.post("/feeds", response={201: dict})
def create_feed(request: HttpRequest, body: FeedIn) -> Any:
    told = body.dict(exclude={"organisation", "name", "kind"})
    row = feeds.create(actor_of(request), body.organisation, body.name, kind=body.kind, now=timezone.now(), **told)
    return Status(201, feed_out(row))


@router.get("/feeds/{uuid:uuid}", response=dict)
def get_feed(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    return feed_out(queries.feed(actor_of(request).scope, uuid))


@router.patch("/feeds/{uuid:uuid}", response=dict)
def change_feed(request: HttpRequest, uuid: UUID, body: FeedChange) -> dict[str, Any]:
    """Change settings; `version` as it was read."""
    told = body.dict(exclude={"version"}, exclude_none=True)
    return feed_out(feeds.change(actor_of(request), uuid, told, version=body.version, now=timezone.now()))


@router.post("/feeds/{uuid:uuid}/deactivate", response=dict)
def deactivate_feed(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return feed_out(feeds.deactivate(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.post("/feeds/{uuid:uuid}/reactivate", response=dict)
def reactivate_feed(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return feed_out(feeds.reactivate(actor_of(request), uuid, body.reason, now=timezone.now()))


@router.get("/feeds/{uuid:uuid}/credentials", response=list[dict])
def list_credentials(request: HttpRequest, uuid: UUID) -> list[dict[str, Any]]:
    """Keys of a feed, without their secrets: those are nowhere."""
    scope = actor_of(request).scope
    queries.feed(scope, uuid)
    return [credential_out(c) for c in queries.credentials(scope, uuid)]


@router.post("/feeds/{uuid:uuid}/credentials", response={201: dict})
def issue_credential(request: HttpRequest, uuid: UUID, body: CredentialIn) -> Any:
    """A new key. `secret` is in this answer and never again."""
    issued = credentials.issue(actor_of(request), uuid, kinds=body.kinds, name=body.name, now=timezone.now())
    return Status(201, {**credential_out(issued.credential), "secret": issued.secret})


@router.post("/credentials/{uuid:uuid}/revoke", response=dict)
def revoke_credential(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return credential_out(credentials.revoke(actor_of(request), uuid, body.reason, now=timezone.now()))
