"""Tags and alarms on the one map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.assets.layers import Ask, Feature, layer
from chemward.apps.monitoring.models import AlarmOccurrence, Tag
from chemward.apps.monitoring.rules.state import ms

LIVE = _("Live")


def _point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def _in_box(ask: Ask, prefix: str = "") -> Q:
    west, south, east, north = ask.box
    return Q(**{f"{prefix}longitude__range": (west, east), f"{prefix}latitude__range": (south, north)})


@layer("monitoring.tags", _("Tags"), min_zoom=15, capability="tag.view", group=LIVE, max_age_s=60, order=50)
def tags(ask: Ask) -> Iterable[Feature]:
    """Tags with a place. Their values come over the live stream by number, those of the past from `/values`."""
    rows = ask.scope.filter(Tag.objects.filter(_in_box(ask), deleted_at=None, is_enabled=True), "tag.view")
    values = rows.order_by("id").values_list("uuid", "pk", "code", "name", "kind", "unit", "period_s", "longitude", "latitude")
    for uuid, n, code, name, kind, unit, period_s, longitude, latitude in values[: ask.limit + 1]:
        said = {"n": n, "code": code, "name": name, "kind": kind, "unit": unit, "period_s": period_s}
        yield Feature(str(uuid), _point(longitude, latitude), said)


@layer("monitoring.alarms", _("Alarms"), capability="alarm.view", group=LIVE, max_age_s=0, order=51)
def alarms(ask: Ask) -> Iterable[Feature]:
    """Alarms with a place: those open now, or those that stood at a past moment, the worst last so that it is drawn on top."""
    rows = ask.scope.filter(AlarmOccurrence.objects.filter(_in_box(ask, "tag__"), _standing(ask)), "alarm.view")
    values = rows.order_by("-priority", "raised_at", "id").values(
        *("uuid", "code", "title", "type", "priority", "level", "raised_at", "cleared_at", "raise_value", "limit", "unit"),
        *("is_suppressed", "is_out_of_service", "shelved_until", "park_acked_at", "org_path"),
        *("tag_number", "tag__longitude", "tag__latitude", "organisation__name"),
    )
    for r in values[: ask.limit + 1]:
        yield Feature(str(r["uuid"]), _point(r["tag__longitude"], r["tag__latitude"]), _alarm(r, ask))


def _standing(ask: Ask) -> Q:
    if ask.at is None:
        return Q(is_open=True)
    return Q(raised_at__lte=ask.at, is_late=False) & (Q(cleared_at=None) | Q(cleared_at__gt=ask.at))


def _alarm(r: dict[str, Any], ask: Ask) -> dict[str, Any]:
    acked_at = r["park_acked_at"]
    is_past = ask.at is not None
    shelf = r["shelved_until"]
    return {
        "n": r["tag_number"],
        "code": r["code"],
        "title": r["title"],
        "type": r["type"],
        "priority": r["priority"],
        "level": r["level"],
        "enterprise": r["organisation__name"],
        "org_path": r["org_path"],
        "raised_at_ms": ms(r["raised_at"]),
        "cleared_at_ms": None if is_past else ms(r["cleared_at"]),
        "value": r["raise_value"],
        "limit": r["limit"],
        "unit": r["unit"],
        "is_acked": acked_at is not None and (ask.at is None or acked_at <= ask.at),
        # What was silenced in the past is not known by moment here; a map of the past shows what stood.
        "is_silenced": not is_past and bool(r["is_suppressed"] or r["is_out_of_service"] or shelf),
    }
