"""Alarm performance by the hour into rows, for every enterprise with alarms and every park."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q

from chemward.apps.core.bulk import write_rows
from chemward.apps.core.models import Organisation, OrganisationKind
from chemward.apps.monitoring import performance_parties as parties
from chemward.apps.monitoring.models import AlarmKpi, AlarmOccurrence, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.state import ENTERPRISE, PARK, ms
from chemward.standards.alarm_management import alarm_management
from chemward.telemetry.engine import kpi as figures

HOUR = timedelta(hours=1)
# An hour is computed anew until it is so old: acknowledgements and late clears change it.
FINAL_AFTER = timedelta(hours=26)
# Hours one run of the clock takes, the newest first.
AT_ONCE = 3
FIELDS = ("definition_id", "tag_number", "code", "title", "type", "priority", "org_path")
TIMES = ("raised_at", "cleared_at", "annunciated_at", *parties.ACKNOWLEDGED)


def compute(now: datetime) -> int:
    """The hour of `now`, the hour before, and one older hour that has never been finished. Returns the hours computed."""
    this = now.replace(minute=0, second=0, microsecond=0)
    hours = [this, this - HOUR]
    missing = _unfinished(this - HOUR)
    for hour in [*hours, *missing][:AT_ONCE]:
        compute_hour(hour, now)
    return min(AT_ONCE, len(hours) + len(missing))


def _unfinished(before: datetime) -> list[datetime]:
    """Hours with alarms, older than `before`, whose rows were last computed before the hour was final: the newest such hour."""
    stale = AlarmKpi.objects.filter(hour__lt=before, hour__gte=before - 3 * FINAL_AFTER)
    for hour, at in stale.order_by("-hour").values_list("hour", "computed_at").distinct()[:200]:
        if at < hour + FINAL_AFTER < before + HOUR:
            return [hour]
    return []


def compute_hour(hour: datetime, now: datetime) -> int:
    """Rows of one hour: enterprises (or whoever owns the feeds) and the parks above them. Returns the rows written."""
    until = hour + HOUR
    raised = Q(raised_at__gte=hour - timedelta(minutes=10), raised_at__lt=until)
    standing = Q(is_open=True, raised_at__lt=until)
    rows = list(AlarmOccurrence.objects.filter(raised | standing, is_late=False).order_by().values(*FIELDS, *TIMES))
    answers = parties.answers_by_place(hour, min(until, now))
    silenced = _silenced(until)
    parks = list(Organisation.objects.filter(kind=OrganisationKind.PARK, is_active=True))
    paths = {r["org_path"] for r in rows} | set(silenced) | set(answers)
    owners = list(Organisation.objects.filter(path__in=paths))
    kept = {k.organisation_id: k for k in AlarmKpi.objects.filter(hour=hour)}
    made = []
    for place in {o.pk: o for o in (*owners, *parks)}.values():
        own = [r for r in rows if r["org_path"].startswith(place.path)]
        kpi = kept.get(place.pk) or AlarmKpi(organisation=place, org_path=place.path, hour=hour)
        _fill(kpi, own, place.path, answers, silenced, min(until, now), now)
        made.append(kpi)
    _store(made)
    return len(made)


def _fill(
    kpi: AlarmKpi,
    rows: Sequence[dict[str, Any]],
    path: str,
    answers: Mapping[str, parties.Answers],
    silenced: dict[str, Counter[str]],
    until: datetime,
    now: datetime,
) -> None:
    start_ms = ms(kpi.hour) or 0
    end_ms = max(start_ms + 1, ms(until) or 0)
    # Nobody heard what was never announced: it counts for nothing.
    heard = [r for r in rows if r["annunciated_at"] is not None and r["annunciated_at"] < until]
    report = _report(heard, start_ms, end_ms)
    kpi.raised, kpi.ten_minutes = report.alarms, report.per_interval
    kpi.by_priority = {str(k): round(share * report.alarms) for k, share in report.priorities.items()}
    kpi.flood_minutes = round(_flood_ms(heard, start_ms, end_ms) / 60_000, 2)
    kpi.chattering, kpi.fleeting, kpi.stale = len(report.chattering), report.fleeting, report.stale
    response = parties.responses(heard, kpi.hour, until)
    kpi.acked, kpi.ack_median_s = response[PARK].acknowledged, response[PARK].median_s
    kpi.enterprise_acked, kpi.enterprise_ack_median_s = response[ENTERPRISE].acknowledged, response[ENTERPRISE].median_s
    names = {_key(r): r for r in rows}
    kpi.top = [
        {
            "code": names[f.definition]["code"],
            "title": names[f.definition]["title"],
            "type": names[f.definition]["type"],
            "count": f.alarms,
        }
        for f in report.top
    ]
    _fill_answers(kpi, parties.under(answers, path))
    counts: Counter[str] = sum((c for place, c in silenced.items() if place.startswith(path)), Counter())
    kpi.shelved = counts[SilenceKind.SHELVED]
    kpi.out_of_service = counts[SilenceKind.OUT_OF_SERVICE]
    kpi.suppressed = counts[SilenceKind.SUPPRESSED]
    kpi.computed_at = now


def _fill_answers(kpi: AlarmKpi, answers: parties.Answers) -> None:
    kpi.answers_due, kpi.answered_in_time = answers.owed, answers.in_time
    kpi.answered = answers.in_time + answers.late
    kpi.urged, kpi.escalated, kpi.left_alone = answers.urged, answers.escalated, answers.left_alone


def _report(heard: Sequence[dict[str, Any]], start_ms: int, end_ms: int) -> figures.Report:
    """Key figures of alarms that people were told of."""
    standard = alarm_management()
    return figures.report(
        parties.moments(heard, "annunciated_at"),
        parties.moments(heard, "cleared_at"),
        parties.first_acknowledged(heard),
        np.array([_key(r) for r in heard], np.str_),
        np.array([r["priority"] for r in heard], np.int64),
        start_ms=start_ms,
        end_ms=end_ms,
        words=standard.definitions,
        targets=standard.targets,
    )


def _flood_ms(heard: Sequence[dict[str, Any]], start_ms: int, end_ms: int) -> int:
    """How long of the hour was a flood [ms], with floods that began in the ten minutes before it."""
    words = alarm_management().definitions
    window_ms = round(words.interval_s.value * 1000)
    told = parties.moments(heard, "annunciated_at")
    recent = told[told >= start_ms - window_ms]
    found = figures.floods(recent, end_ms, words.flood_start.value, words.flood_end.value, window_ms)
    return sum(max(0, min(f.end_ms, end_ms) - max(f.start_ms, start_ms)) for f in found)


def _key(row: dict[str, Any]) -> str:
    """Which alarm it is: the definition, or tag and type when that is gone."""
    return f"{row['definition_id'] or ''}/{row['tag_number']}/{row['type']}"


def _silenced(at: datetime) -> dict[str, Counter[str]]:
    """How many alarms were silenced at a moment, by path and kind."""
    rows = Silence.objects.filter(starts_at__lt=at).filter(Q(state=SilenceState.IN_FORCE) | Q(ended_at__gte=at))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path, kind in rows.values_list("org_path", "kind"):
        counts[path][kind] += 1
    return counts


def _store(rows: Sequence[AlarmKpi]) -> None:
    fields = [f.name for f in AlarmKpi._meta.concrete_fields if f.name not in ("id", "organisation", "org_path", "hour")]
    with transaction.atomic():
        write_rows([r for r in rows if r.pk is not None], fields)
        AlarmKpi.objects.bulk_create([r for r in rows if r.pk is None], batch_size=50, ignore_conflicts=True)
