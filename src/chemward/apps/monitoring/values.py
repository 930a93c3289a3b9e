"""Values and trends for pages and API: asked of the historian, cut to the caller's scope, given in the caller's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Away, Fault, Invalid
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.models import AlarmDefinition, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.historian.answers import Trend, Values
from chemward.telemetry.historian.client import HistorianAway, HistorianClient, HistorianRefused

MOST_TAGS = 32
MOST_POINTS = 5_000
LONGEST_MS = 10 * 366 * 86_400_000


@cache
def historian() -> HistorianClient:
    """The historian of this installation."""
    return HistorianClient(settings.INSTALLATION)


@contextmanager
def answered() -> Iterator[None]:
    """Faults of the historian as refusals: away is 503, a question that makes no sense is 422."""
    try:
        yield
    except HistorianAway as fault:
        raise Away(_("The historian does not answer."), remedy=_("Try again in a minute.")) from fault
    except HistorianRefused as fault:
        raise Invalid(Fault("tags", str(fault))) from fault


def trends(scope: Scope, numbers: Sequence[int], from_ms: int, to_ms: int, n: int = 1000) -> list[dict[str, Any]]:
    """Trends of tags in scope, thinned to at most n points each, with the limits to draw. NotFound when one is out of scope.

    `{tag, code, name, unit, lo, hi, states, enterprise, count, gaps, limits, ts, value, quality}`; value null for a text or a bad number.
    """
    _need_span(numbers, from_ms, to_ms, n)
    tags = queries.visible_tags(scope, numbers)
    limits = limits_of(tags)
    with answered():
        found = historian().trend(list(numbers), from_ms, to_ms, n)
    return [{**_described(tags[t.tag]), "limits": limits.get(t.tag, []), **_points(t)} for t in found]


def last_values(scope: Scope, numbers: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    """Newest value of tags in scope: `{tag, code, unit, at_ms, age_ms, value, text, quality, period_s}`; at_ms null when there is none."""
    if len(numbers) > 2_000:
        raise Invalid(Fault("tags", _("Too many at once."), _("At most %(most)s.") % {"most": 2_000}))
    tags = queries.visible_tags(scope, numbers)
    with answered():
        found = historian().last_all(list(numbers)) if numbers else None
    known = {} if found is None else _by_tag(found)
    return [_last(tags[n], known.get(n), ms(now) or 0) for n in dict.fromkeys(numbers)]


def neighbours(scope: Scope, origin: Tag, now: datetime, metres: float = 50.0) -> list[dict[str, Any]]:
    """Tags near one, each with its last value, what it was ten minutes before, and its worst open priority.

    Without the historian the neighbours are told with `value` null and `is_away` true: the row of an alarm must open all the same.
    """
    near = queries.neighbours(scope, origin, metres)
    numbers = [x.tag.pk for x in near]
    worst = dict(queries.open_alarms(scope).filter(tag__in=numbers).order_by("-priority").values_list("tag_id", "priority"))
    now_ms = ms(now) or 0
    try:
        last = _by_tag(historian().last_all(numbers)) if numbers else {}
        before = _by_tag(historian().at(numbers, now_ms - 600_000)) if numbers else {}
        is_away = False
    except HistorianAway:
        last, before, is_away = {}, {}, True
    rows = []
    for x in near:
        row = _last(x.tag, last.get(x.tag.pk), now_ms)
        value, past = row["value"], (before.get(x.tag.pk) or (None, None, None, None))[1]
        change = None if value is None or past is None else value - past
        told = {"distance_m": x.distance_m, "bearing_deg": x.bearing_deg, "change_10min": change}
        rows.append({**row, **told, "worst_priority": worst.get(x.tag.pk), "is_away": is_away})
    return rows


def limits_of(tags: dict[int, Tag]) -> dict[int, list[dict[str, Any]]]:
    """Limits to draw in trends, by tag (one query)."""
    drawn = ("HH", "H", "L", "LL")
    rows = AlarmDefinition.objects.filter(tag__in=list(tags), is_enabled=True, deleted_at=None, type__in=drawn)
    found: dict[int, list[dict[str, Any]]] = {}
    for d in rows.order_by("limit"):
        found.setdefault(d.tag_id, []).append({"type": d.type, "limit": d.limit, "priority": d.priority, "level": d.level})
    return found


def _described(tag: Tag) -> dict[str, Any]:
    return {
        "tag": tag.pk,
        "uuid": str(tag.uuid),
        "code": tag.code,
        "name": tag.name,
        "kind": tag.kind,
        "unit": tag.unit,
        "lo": tag.lo,
        "hi": tag.hi,
        "states": tag.states,
        "enterprise": tag.organisation.name,
    }


def _points(trend: Trend) -> dict[str, Any]:
    return {
        "count": trend.count,
        "gaps": [list(g) for g in trend.gaps],
        "ts": trend.ts.tolist(),
        "value": [_finite(v) for v in trend.value.tolist()],
        "quality": trend.quality.tolist(),
    }


def _by_tag(found: Values) -> dict[int, tuple[int, float | None, int, str | None]]:
    columns = (found.tag.tolist(), found.ts.tolist(), found.value.tolist(), found.quality.tolist())
    return {n: (ts, _finite(v), q, found.texts.get(n)) for n, ts, v, q in zip(*columns, strict=True)}


def _last(tag: Tag, found: tuple[int, float | None, int, str | None] | None, now_ms: int) -> dict[str, Any]:
    at_ms, value, quality, text = found or (None, None, None, None)
    return {
        "tag": tag.pk,
        "uuid": str(tag.uuid),
        "code": tag.code,
        "name": tag.name,
        "unit": tag.unit,
        "period_s": tag.period_s,
        "at_ms": at_ms,
        "age_ms": None if at_ms is None else max(0, now_ms - at_ms),
        "value": value,
        "text": text,
        "quality": quality,
    }


def _finite(value: float) -> float | None:
    return value if value - value == 0 else None


def _need_span(numbers: Sequence[int], from_ms: int, to_ms: int, n: int) -> None:
    faults = []
    if not 1 <= len(numbers) <= MOST_TAGS:
        faults.append(Fault("tags", _("%(count)s tags.") % {"count": len(numbers)}, f"1 – {MOST_TAGS}"))
    if not 0 < to_ms - from_ms <= LONGEST_MS:
        faults.append(Fault("to", _("The span is empty or too long."), _("Give a moment after `from`.")))
    if not 10 <= n <= MOST_POINTS:
        faults.append(Fault("n", _("%(n)s points.") % {"n": n}, f"10 – {MOST_POINTS}"))
    if faults:
        raise Invalid(*faults)


def numbers_in(text: str) -> list[int]:
    """Tag numbers from `1,2,3`. Invalid when it is something else."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise Invalid(Fault("tags", _("These are not tag numbers."), _("Give numbers, separated by commas."))) from None
