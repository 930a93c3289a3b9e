"""Trends: several tags over time, with their limits and alarms; sets that people keep; raw samples as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chemward.apps.core.actions import filters
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted
from chemward.apps.core.models import SavedFilter
from chemward.apps.core.register.cells import LOCAL, plain
from chemward.apps.core.register.register import Register
from chemward.apps.monitoring import queries, values
from chemward.apps.monitoring.actions import trend_exports
from chemward.apps.monitoring.models import AlarmOccurrence, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.historian.client import HistorianAway

# Name under which sets of trends are kept among the saved filters.
SETS = "monitoring.trends"
SPANS = ("1h", "8h", "24h", "7d")
DEFAULT_SPAN = "1h"
OF_ASSET = 12
MOST_ALARMS = 500
QUALITY = ("good", "uncertain", "bad")


@login_required
def trends(request: HttpRequest) -> HttpResponse:
    """The trend viewer. `tags=1,2` or `asset=<uuid>`; `span=1h…7d` that follows, or `from` and `to` [ms]."""
    actor = _actor(request)
    _need(actor, "value.view")
    numbers = _numbers(request, actor)
    tags = queries.visible_tags(actor.scope, numbers)
    shown = SimpleNamespace(name=SETS, query=request.GET)
    sets = filters.tabs(actor, cast(Register, shown)) if actor.user else []
    context = {
        "heading": _("Trends"),
        "sets": sets[1:],
        "own_sets": set(SavedFilter.objects.filter(register=SETS, owner=actor.user).values_list("pk", flat=True)),
        "spans": SPANS,
        "viewer": {
            "tags": [_described(tags[n]) for n in dict.fromkeys(numbers)],
            "from": _moment(request.GET, "from"),
            "to": _moment(request.GET, "to"),
            "span": request.GET["span"] if request.GET.get("span") in SPANS else DEFAULT_SPAN,
            "most": values.MOST_TAGS,
            "most_points": values.MOST_POINTS,
            "can_see_alarms": actor.scope.has("alarm.view"),
        },
        "can_export": actor.scope.has("record.export"),
        "can_share": actor.scope.has("filter.share"),
        "can_search": actor.scope.has("tag.view"),
    }
    return render(request, "monitoring/trends.html", context)


def _numbers(request: HttpRequest, actor: Actor) -> list[int]:
    numbers = values.numbers_in(request.GET.get("tags", ""))
    if asked := request.GET.get("asset", ""):
        try:
            rows = Tag.objects.filter(asset_uuid=UUID(asked), deleted_at=None, is_enabled=True).exclude(kind="text")
        except ValueError:
            raise Invalid(Fault("asset", _("This is not an asset."), _("Choose it from its page."))) from None
        numbers += actor.scope.filter(rows, "value.view").order_by("code").values_list("pk", flat=True)[:OF_ASSET]
    if len(numbers) > values.MOST_TAGS:
        raise Invalid(Fault("tags", _("Too many at once."), _("At most %(most)s.") % {"most": values.MOST_TAGS}))
    return numbers


def _moment(told: Mapping[str, Any], name: str) -> int | None:
    text = told.get(name, "")
    return int(text) if text.isdigit() and len(text) < 15 else None


def _described(tag: Tag) -> dict[str, Any]:
    return {
        "n": tag.pk,
        "uuid": str(tag.uuid),
        "code": tag.code,
        "name": tag.name,
        "unit": tag.unit,
        "kind": tag.kind,
        "states": tag.states,
        "period_s": tag.period_s,
        "enterprise": tag.organisation.name,
    }


@login_required
def trends_of(request: HttpRequest) -> HttpResponse:
    """POST: the trends of the tags chosen in their register."""
    _need(_actor(request), "value.view")
    chosen = [i for i in request.POST.getlist("ids") if i.isdigit()]
    return redirect(f"{reverse('monitoring:trends')}?tags={','.join(chosen[: values.MOST_TAGS])}")


@login_required
def alarms(request: HttpRequest) -> JsonResponse:
    """Alarms of tags that stood in a span, as the viewer marks them: `{tag, at_ms, cleared_ms, title, priority}`."""
    actor = _actor(request)
    tags, from_ms, to_ms = _asked(request.GET, actor)
    since, before = _at(from_ms), _at(to_ms)
    rows = AlarmOccurrence.objects.filter(tag__in=list(tags), raised_at__gte=since, raised_at__lt=before)
    found = actor.scope.filter(rows, "alarm.view").order_by("priority", "-raised_at")[:MOST_ALARMS]
    shown = [
        {"tag": a.tag_id, "at_ms": ms(a.raised_at), "cleared_ms": ms(a.cleared_at), "title": a.title, "priority": a.priority}
        for a in found
    ]
    return JsonResponse({"alarms": shown, "is_cut": len(shown) == MOST_ALARMS})


def _asked(told: Mapping[str, Any], actor: Actor) -> tuple[Mapping[int, Tag], int, int]:
    """Tags in scope and a span. Invalid names what is missing; NotFound when a tag is out of scope."""
    numbers = values.numbers_in(told.get("tags", ""))
    from_ms, to_ms = _moment(told, "from"), _moment(told, "to")
    if not 1 <= len(numbers) <= values.MOST_TAGS:
        raise Invalid(Fault("tags", _("%(count)s tags.") % {"count": len(numbers)}, f"1 – {values.MOST_TAGS}"))
    if from_ms is None or to_ms is None or not 0 < to_ms - from_ms <= values.LONGEST_MS:
        raise Invalid(Fault("to", _("The span is empty or too long."), _("Give a moment after `from`.")))
    return queries.visible_tags(actor.scope, numbers), from_ms, to_ms


@login_required
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """POST: all samples of the tags in the span as CSV, streamed as the historian gives them. What leaves the platform is audited."""
    actor = _actor(request)
    tags, from_ms, to_ms = _asked(request.POST, actor)
    for tag in tags.values():
        if not actor.scope.allows("record.export", tag.org_path):
            raise NotPermitted(_("Your role may not do this."))
    with values.answered():
        batches = iter(values.historian().raw(sorted(tags), from_ms, to_ms))
        # The first piece is asked for before the answer begins: a historian that is away is still a refusal, not half a file.
        first = next(batches, None)
    trend_exports.record(actor, list(tags.values()), _at(from_ms), _at(to_ms), now=timezone.now())
    lines = _lines(tags, first, batches)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="trend-{timezone.localtime():%Y%m%d-%H%M}.csv"'
    return response


def _lines(tags: Mapping[int, Tag], first: Any, rest: Iterator[Any]) -> Iterator[str]:
    heads = [_("Time"), "ms", _("Tag code"), _("Name"), _("Enterprise"), _("Value"), _("Unit"), _("Quality")]
    yield "\ufeff" + _csv([heads])
    if first is None:
        return
    yield _piece(tags, first)
    try:
        for batch in rest:
            yield _piece(tags, batch)
    except HistorianAway:
        yield _csv([[_("The historian broke off here: this file is not complete.")]])


def _piece(tags: Mapping[int, Tag], batch: Any) -> str:
    columns = (batch[name].to_pylist() for name in ("tag", "ts", "value", "quality"))
    return _csv([_line(tags[n], at, value, quality) for n, at, value, quality in zip(*columns, strict=True)])


def _line(tag: Tag, at_ms: int, value: float | None, quality: int) -> list[Any]:
    local = datetime.fromtimestamp(at_ms / 1000, LOCAL).isoformat(timespec="milliseconds")
    known = value if value is not None and value == value else ""
    texts = (plain(t) for t in (tag.code, tag.name, tag.organisation.name))
    return [local, at_ms, *texts, known, plain(tag.unit), QUALITY[min(quality & 3, 2)]]


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@login_required
def save(request: HttpRequest) -> HttpResponse:
    """POST: keep the tags and the span under a name."""
    actor = _actor(request)
    _need(actor, "value.view")
    if request.method != "POST":
        raise NotFound(_("Not found."))
    told = {"label": request.POST.get("label", ""), "query": request.POST.get("query", "")}
    kept = filters.save(actor, SETS, is_shared="is_shared" in request.POST, now=timezone.now(), **told)
    messages.success(request, _("Saved: %(name)s") % {"name": kept.name})
    return redirect(f"{reverse('monitoring:trends')}?{kept.query}")


@login_required
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: forget a set of one's own."""
    if request.method != "POST":
        raise NotFound(_("Not found."))
    filters.drop(_actor(request), pk, now=timezone.now())
    return redirect("monitoring:trends")


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)


def _need(actor: Actor, capability: str) -> None:
    if not actor.scope.has(capability):
        raise NotPermitted(_("Your role may not see this."))


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


urls: list[URLPattern] = [
    path("trends/", trends, name="trends"),
    path("trends/of", trends_of, name="trends-of"),
    path("trends/alarms", alarms, name="trends-alarms"),
    path("trends/samples.csv", export, name="trends-csv"),
    path("trends/save", save, name="trends-save"),
    path("trends/sets/<int:pk>/drop", drop, name="trends-drop"),
]
