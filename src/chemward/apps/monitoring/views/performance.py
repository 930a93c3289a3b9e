"""Alarm performance: how well the alarms serve whoever must answer them, beside what the standards aim at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.errors import NotFound, NotPermitted
from chemward.apps.core.models import Organisation
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring import performance_parties as parties
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmResponse
from chemward.apps.monitoring.rules.state import ENTERPRISE, PARK, ms
from chemward.apps.monitoring.rules.tables import answer_rule
from chemward.standards.alarm_management import Figure, alarm_management
from chemward.telemetry.engine import kpi

SPANS: dict[str, tuple[str | Promise, timedelta]] = {
    "8h": (gettext_lazy("8 hours"), timedelta(hours=8)),
    "24h": (gettext_lazy("24 hours"), timedelta(hours=24)),
    "7d": (gettext_lazy("7 days"), timedelta(days=7)),
    "30d": (gettext_lazy("30 days"), timedelta(days=30)),
}
MOST_ROWS = 300_000
"""Alarms that one page counts; with more of them the span is too long to be told honestly in a request."""
MOST_BARS = 144
WIDTH, HEIGHT = 864, 96
FIELDS = ("org_path", "definition_id", "tag_number", "type", "priority", "annunciated_at", "cleared_at", *parties.ACKNOWLEDGED)

NAMES: dict[str, tuple[str | Promise, str | Promise, bool]] = {
    # name of a figure: title, how it is counted, whether it is a share
    "mean_per_interval": (
        gettext_lazy("Mean rate in 10 min"),
        gettext_lazy("All announced alarms of the span, divided by the number of its periods of ten minutes."),
        False,
    ),
    "per_day": (gettext_lazy("Alarms in a day"), gettext_lazy("All announced alarms of the span, per day."), False),
    "most_per_interval": (
        gettext_lazy("Most in 10 min"),
        gettext_lazy("The fullest period of ten minutes, counted from the begin of the span."),
        False,
    ),
    "busy_share": (
        gettext_lazy("Periods with more than 10"),
        gettext_lazy("Share of the periods of ten minutes that brought more alarms than an operator can answer."),
        True,
    ),
    "flood_share": (
        gettext_lazy("Time in flood"),
        gettext_lazy("Share of the time between the alarm that made ten in ten minutes and the moment with fewer than five."),
        True,
    ),
    "top_share": (
        gettext_lazy("Share of the ten most frequent"),
        gettext_lazy("Alarms of the ten most frequent definitions, divided by all."),
        True,
    ),
    "chattering": (
        gettext_lazy("Chattering alarms"),
        gettext_lazy("Definitions that came three times or more within a minute."),
        False,
    ),
    "fleeting": (
        gettext_lazy("Fleeting alarms"),
        gettext_lazy("Alarms that were gone within a minute, before anybody had acknowledged them."),
        False,
    ),
    "stale": (gettext_lazy("Stale alarms"), gettext_lazy("Alarms that stand longer than a day at the end of the span."), False),
}


DEFINITIONS: dict[str, str | Promise] = {
    "interval_s": gettext_lazy("Length of the periods in which alarms are counted [s]"),
    "flood_start": gettext_lazy("A flood begins with so many alarms in ten minutes"),
    "flood_end": gettext_lazy("A flood ends when fewer than these come in ten minutes"),
    "busy_interval": gettext_lazy("More alarms in ten minutes than one operator can answer"),
    "chattering_count": gettext_lazy("The same alarm so often chatters"),
    "chattering_s": gettext_lazy("Time within which chattering is counted [s]"),
    "fleeting_s": gettext_lazy("An alarm gone within this time is fleeting [s]"),
    "stale_s": gettext_lazy("An alarm that stands longer is stale [s]"),
    "top": gettext_lazy("Length of the list of the most frequent alarms"),
}


@dataclass(frozen=True)
class Row:
    """One figure beside its target."""

    name: str
    title: str
    value: float
    is_share: bool
    target: Figure
    is_met: bool
    is_manageable: bool


@dataclass(frozen=True)
class PlaceRow:
    """One enterprise beside the others; response times in seconds, None where nothing was acknowledged."""

    organisation: Organisation
    report: kpi.Report
    enterprise: kpi.Response
    park: kpi.Response
    answers: parties.Answers

    @property
    def mean(self) -> float:
        return next(m.value for m in self.report.measures if m.name == "mean_per_interval")

    @property
    def flood_share(self) -> float:
        return next(m.value for m in self.report.measures if m.name == "flood_share")

    @property
    def is_over(self) -> bool:
        return any(not m.is_manageable for m in self.report.measures if m.name in ("mean_per_interval", "flood_share"))


@login_required
def performance(request: HttpRequest) -> HttpResponse:
    """报警绩效, of everything in scope or of one enterprise, over a span that stands in the address."""
    scope: Scope = request.actor.scope  # type: ignore[attr-defined]
    if not scope.has("kpi.view"):
        raise NotPermitted(_("Your role may not see this."))
    now = timezone.now()
    asked = request.GET.get("span", "24h")
    label, length = SPANS.get(asked, SPANS["24h"])
    since = now - length
    place = _place(scope, request.GET.get("org", ""))
    rows = _rows(scope, since, now, place.path if place else "")
    is_too_many = len(rows) > MOST_ROWS
    rows = [] if is_too_many else rows
    report = _report(rows, since, now)
    response = parties.responses(rows, since, now)
    answers = _answers(scope, since, now)
    context = {
        "heading": _("Alarm performance"),
        "crumbs": [(_("Alarms"), reverse("monitoring:alarms")), (str(place) if place else _("All in scope"), "")],
        "spans": [(key, name, key == (asked if asked in SPANS else "24h")) for key, (name, _length) in SPANS.items()],
        "span_label": label,
        "since": since,
        "until": now,
        "place": place,
        "report": report,
        "measures": _measures(report),
        "chart": _bars(report.per_interval),
        "spread": _spread(report.distribution),
        "top": _top(rows, report),
        "floods": [_flood(f) for f in sorted(report.floods, key=lambda f: -f.alarms)[:10]],
        "chattering": list(_described(rows, [str(k) for k in report.chattering]).values()),
        "priorities": _priorities(report),
        "places": [] if place else _places(scope, rows, answers, since, now),
        "enterprise": response[ENTERPRISE],
        "park": response[PARK],
        "answers": parties.under(answers, place.path if place else ""),
        "answer_rule": answer_rule(),
        "standard": alarm_management(),
        "is_too_many": is_too_many,
        "most": MOST_ROWS,
    }
    return render(request, "monitoring/performance.html", context)


@login_required
def why(request: HttpRequest, figure: str) -> HttpResponse:
    """口径 of one figure: how it is counted, what is aimed at, standard, edition, source, and how sure that is."""
    if figure not in NAMES:
        raise NotFound(_("Not found."))
    title, counted, is_share = NAMES[figure]
    standard = alarm_management()
    words = {
        "most_per_interval": ("interval_s",),
        "mean_per_interval": ("interval_s",),
        "busy_share": ("interval_s", "busy_interval"),
        "flood_share": ("interval_s", "flood_start", "flood_end"),
        "top_share": ("top",),
        "chattering": ("chattering_count", "chattering_s"),
        "fleeting": ("fleeting_s",),
        "stale": ("stale_s",),
    }
    context = {
        "title": title,
        "counted": counted,
        "is_share": is_share,
        "target": getattr(standard.targets, figure),
        "definitions": [(DEFINITIONS[name], getattr(standard.definitions, name)) for name in words.get(figure, ())],
        "standard": standard,
    }
    return render(request, "monitoring/performance_why.html", context)


# -- reading ------------------------------------------------------------------------------------------------------------


def _place(scope: Scope, org_path: str) -> Organisation | None:
    """The organisation asked for. NotFound out of scope."""
    if not org_path:
        return None
    found = scope.filter(Organisation.objects.filter(path=org_path), "kpi.view", "path").first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


def _rows(scope: Scope, since: datetime, until: datetime, org_path: str) -> list[dict[str, Any]]:
    """Announced alarms of the span, and those from before it that may stand: one row more than MOST_ROWS says "too many"."""
    asked = Q(annunciated_at__gte=since, annunciated_at__lt=until) | Q(is_open=True, annunciated_at__lt=since)
    # The index is by raise; nobody is told before that.
    rows = AlarmOccurrence.objects.filter(Q(raised_at__gte=since - timedelta(days=1)) | Q(is_open=True), asked, is_late=False)
    rows = rows.filter(org_path__startswith=org_path) if org_path else rows
    return list(scope.filter(rows, "kpi.view").order_by().values(*FIELDS)[: MOST_ROWS + 1])


def _report(rows: Sequence[dict[str, Any]], since: datetime, until: datetime) -> kpi.Report:
    standard = alarm_management()
    return kpi.report(
        parties.moments(rows, "annunciated_at"),
        parties.moments(rows, "cleared_at"),
        parties.first_acknowledged(rows),
        np.array([_key(r) for r in rows], np.str_),
        np.array([r["priority"] for r in rows], np.int64),
        start_ms=ms(since) or 0,
        end_ms=ms(until) or 0,
        words=standard.definitions,
        targets=standard.targets,
    )


def _key(row: dict[str, Any]) -> str:
    return f"{row['definition_id'] or ''}/{row['tag_number']}/{row['type']}"


def _places(
    scope: Scope, rows: Sequence[dict[str, Any]], answers: dict[str, parties.Answers], since: datetime, until: datetime
) -> list[PlaceRow]:
    """Enterprises with alarms, the worst rate first."""
    own: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        own.setdefault(row["org_path"], []).append(row)
    places = scope.filter(Organisation.objects.filter(path__in={*own, *answers}), "kpi.view", "path")
    found = [_place_row(o, own.get(o.path, []), answers, since, until) for o in places]
    return sorted(found, key=lambda p: -p.report.alarms)


def _place_row(
    place: Organisation, rows: list[dict[str, Any]], answers: dict[str, parties.Answers], since: datetime, until: datetime
) -> PlaceRow:
    response = parties.responses(rows, since, until)
    return PlaceRow(
        place, _report(rows, since, until), response[ENTERPRISE], response[PARK], answers.get(place.path, parties.Answers())
    )


def _answers(scope: Scope, since: datetime, until: datetime) -> dict[str, parties.Answers]:
    """What enterprises in scope owed in the span, by place."""
    return parties.answers_by_place(since, until, scope.filter(AlarmResponse.objects.all(), "kpi.view"))


# -- telling ------------------------------------------------------------------------------------------------------------


def _measures(report: kpi.Report) -> list[Row]:
    return [
        Row(
            m.name,
            str(NAMES[m.name][0]),
            m.value * (100 if NAMES[m.name][2] else 1),
            NAMES[m.name][2],
            m.target,
            m.is_met,
            m.is_manageable,
        )
        for m in report.measures
    ]


def _bars(counts: Sequence[int]) -> dict[str, Any]:
    """Bars of the periods, several of them in one bar when there are many: then the fullest of them is drawn."""
    per_bar = -(-len(counts) // MOST_BARS)
    fullest = [max(counts[i : i + per_bar]) for i in range(0, len(counts), per_bar)]
    limit = alarm_management().definitions.busy_interval.value
    top = max(*fullest, limit * 1.2) if fullest else limit
    step = WIDTH / max(1, len(fullest))
    bars = [
        {
            "x": round(i * step, 2),
            "width": round(max(1.0, step - 1.5), 2),
            "height": round(max(0.6, n / top * HEIGHT) if n else 0, 2),
            "y": round(HEIGHT - max(0.6, n / top * HEIGHT) if n else HEIGHT, 2),
            "is_over": n > limit,
            "count": n,
        }
        for i, n in enumerate(fullest)
    ]
    return {
        "bars": bars,
        "limit_y": round(HEIGHT - limit / top * HEIGHT, 2),
        "limit": limit,
        "per_bar": per_bar,
        "top": top,
        "width": WIDTH,
        "height": HEIGHT,
    }


def _spread(distribution: Sequence[int]) -> list[dict[str, Any]]:
    """How many periods were quiet, easy, busy and overloaded (EEMUA 191: 0, 1–2, 3–10, more)."""
    total = sum(distribution)
    bands = (
        (_("none"), 0, 0, ""),
        ("1–2", 1, 2, ""),
        ("3–5", 3, 5, ""),
        ("6–10", 6, 10, ""),
        (_("more than 10"), 11, None, "org"),
    )
    found = []
    for label, least, most, colour in bands:
        count = sum(distribution[least : None if most is None else most + 1])
        found.append(
            {"label": label, "count": count, "share": 100 * count / total if total else 0.0, "colour": colour if count else ""}
        )
    return found


def _described(rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Alarms of these keys in words: code, title, type, enterprise of their newest occurrence (a query each, ten at most)."""
    by_key = {_key(r): r for r in rows}
    known: dict[str, dict[str, Any]] = {}
    for key in keys[:10]:
        row = by_key[key]
        same = AlarmOccurrence.objects.filter(tag_number=row["tag_number"], type=row["type"], definition=row["definition_id"])
        newest = same.select_related("organisation").order_by("-raised_at", "-id").first()
        if newest is not None:
            words = {"code": newest.code, "title": newest.title, "type": newest.type, "enterprise": str(newest.organisation)}
            known[key] = words
    return known


def _top(rows: Sequence[dict[str, Any]], report: kpi.Report) -> list[dict[str, Any]]:
    told = {str(f.definition): f for f in report.top}
    known = _described(rows, list(told))
    return [{**known[k], "count": f.alarms, "share": 100 * f.share} for k, f in told.items() if k in known]


def _flood(flood: kpi.Flood) -> dict[str, Any]:
    return {
        "from_ms": flood.start_ms,
        "lasts_s": (flood.end_ms - flood.start_ms) / 1000,
        "alarms": flood.alarms,
        "peak": flood.peak,
    }


def _priorities(report: kpi.Report) -> list[dict[str, Any]]:
    aimed = alarm_management().priorities["4"].shares
    return [
        {
            "priority": p,
            "share": 100 * report.priorities.get(p, 0.0),
            "target": 100 * aimed[p - 1],
            "is_over": p < 4 and report.priorities.get(p, 0.0) > aimed[p - 1],
        }
        for p in (1, 2, 3, 4)
    ]


urls: list[URLPattern] = [
    path("alarm-performance/", performance, name="performance"),
    path("alarm-performance/why/<slug:figure>", why, name="performance-why"),
]
