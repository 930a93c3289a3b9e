"""Values, trends, alarm performance, and the token of the live stream."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from chemward.apps.monitoring import queries, values
from chemward.apps.monitoring.api.common import actor_of
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.live import token

router = Router()


@router.get("/trends", response=list[dict])
def get_trends(
    request: HttpRequest, tags: str, from_ms: int = Query(..., alias="from"), to_ms: int = Query(..., alias="to"), n: int = 1000
) -> list[dict[str, Any]]:
    """Trends of tags (numbers, separated by commas) between two moments [ms], thinned to `n` points that keep extremes."""
    return values.trends(actor_of(request).scope, values.numbers_in(tags), from_ms, to_ms, n)


@router.get("/values", response=list[dict])
def get_values(request: HttpRequest, tags: str) -> list[dict[str, Any]]:
    """Newest values of tags (numbers, separated by commas)."""
    return values.last_values(actor_of(request).scope, values.numbers_in(tags), timezone.now())


@router.get("/kpi", response=dict)
def get_kpi(
    request: HttpRequest, since: datetime | None = None, until: datetime | None = None, org_path: str | None = None
) -> dict[str, Any]:
    """Alarm performance by hour and organisation (the last day unless told; 31 days at most), and the most frequent alarms."""
    scope = actor_of(request).scope
    before = until or timezone.now()
    begins = max(since or before - timedelta(days=1), before - timedelta(days=31))
    hidden = ("id", "organisation_id")
    rows = queries.kpi_hours(scope, begins, before, org_path)
    fields = [f.attname for f in rows.model._meta.concrete_fields if f.attname not in hidden]
    hours = [{**{f: getattr(r, f) for f in fields}, "organisation": r.organisation.name} for r in rows[:20_000]]
    return {"hours": hours, "top": queries.top_alarms(scope, begins, before)}


@router.get("/live-token", response=dict)
def live_token(request: HttpRequest) -> dict[str, Any]:
    """A token for the browser's live stream, for ten minutes. It carries what the caller may see, and where."""
    actor, now_ms = actor_of(request), ms(timezone.now()) or 0
    caps = {name: list(paths) for name, paths in actor.scope.grants.items() if name.endswith(".view")}
    key = settings.INSTALLATION.secrets()["live_key"]
    made = token.make(key, actor.user.pk if actor.user else 0, caps, now_ms)
    return {"token": made, "expires_ms": now_ms + token.LIFE_MS}
