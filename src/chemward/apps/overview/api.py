"""API of the one map: one thing, the past, the counters of today, the wind, the search."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring import values
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.overview import queries, today

router = Router()
MOST_REPLAYED = 500
MOST_PLACES = 500
LAST_MOMENT_MS = 4_102_444_800_000


def _scope(request: HttpRequest, capability: str = "") -> Scope:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if capability and not actor.scope.has(capability):
        raise NotPermitted(_("Your role may not do this here."), remedy=_("Ask somebody whose role allows it."))
    return actor.scope


def _moment(at_ms: int, field: str, now: datetime) -> datetime:
    """A past moment from milliseconds. Invalid when it lies ahead of now or is no moment."""
    if not 0 < at_ms < LAST_MOMENT_MS or at_ms > (ms(now) or 0) + 60_000:
        raise Invalid(Fault(field, _("This is not a past moment."), _("Milliseconds since 1970, not later than now.")))
    return datetime.fromtimestamp(at_ms / 1000, UTC)


@router.get("/map/thing", response=dict)
def get_thing(
    request: HttpRequest, asset: UUID | None = None, tag: int | None = None, alarm: UUID | None = None
) -> dict[str, Any]:
    """What a callout says of one thing: by asset, by tag number, or by the alarm that stands there."""
    return queries.thing(_scope(request), asset, tag, alarm)


@router.get("/map/places", response=dict)
def get_places(request: HttpRequest, tags: str) -> dict[str, Any]:
    """Where tags stand: number → `[lon, lat, asset]`, those without a place left out. Alarms of the live stream are put on the map by it."""
    asked = values.numbers_in(tags)
    if len(asked) > MOST_PLACES:
        raise Invalid(Fault("tags", _("Too many at once."), _("At most %(most)s.") % {"most": MOST_PLACES}))
    return queries.places(_scope(request), asked)


@router.get("/map/histogram", response=dict)
def get_histogram(request: HttpRequest, end: int | None = Query(None)) -> dict[str, Any]:
    """Alarms raised in each ten minutes of the 24 hours up to `end` [ms], by priority; up to now without it."""
    now = timezone.now()
    return queries.histogram(_scope(request, "alarm.view"), now if end is None else _moment(end, "end", now))


@router.get("/map/replay", response=dict)
def get_replay(request: HttpRequest, at: int, tags: str = "") -> dict[str, Any]:
    """A past moment [ms]: alarms as they stood then, and of the asked tags (numbers, by commas) the value that held then.

    `values`: `[[tag, at_ms, value | text | null, quality], …]` as the live stream has them; `is_away`: the historian does not answer.
    """
    scope, now = _scope(request, "alarm.view"), timezone.now()
    when = _moment(at, "at", now)
    asked = values.numbers_in(tags)
    if len(asked) > MOST_REPLAYED:
        raise Invalid(Fault("tags", _("Too many at once."), _("At most %(most)s.") % {"most": MOST_REPLAYED}))
    told, is_away = _values_at(queries.numbers(scope, asked), at)
    return {"at_ms": at, "alarms": queries.alarms_at(scope, when), "values": told, "is_away": is_away}


def _values_at(numbers: list[int], at_ms: int) -> tuple[list[list[Any]], bool]:
    if not numbers:
        return [], False
    try:
        found = values.historian().at(numbers, at_ms)
    except values.HistorianAway:
        return [], True
    columns = (found.tag.tolist(), found.ts.tolist(), found.value.tolist(), found.quality.tolist())
    rows = zip(*columns, strict=True)
    return [[n, ts, found.texts.get(n, v if v - v == 0 else None), q] for n, ts, v, q in rows], False


@router.get("/map/today", response=dict)
def get_today(request: HttpRequest) -> dict[str, Any]:
    """The counters of today; what no room offers is `is_connected: false`, never 0."""
    return today.counters(_scope(request), timezone.now())


@router.get("/map/weather", response=list[dict])
def get_weather(request: HttpRequest) -> list[dict[str, Any]]:
    """Weather masts in scope with their tags by what they measure."""
    return queries.weather_stations(_scope(request))


@router.get("/map/deeds", response=list[dict])
def get_deeds(request: HttpRequest) -> list[dict[str, Any]]:
    """What people did last about alarms in scope, newest first."""
    return queries.recent_deeds(_scope(request, "alarm.view"))


@router.get("/map/search", response=dict)
def search(request: HttpRequest, q: str) -> dict[str, Any]:
    """Things and tags in scope whose name or code holds `q` (two characters or more)."""
    return {"results": [f.as_dict() for f in queries.find(_scope(request), q.strip())]}
