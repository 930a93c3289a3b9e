"""Alarm performance by the hour into rows, for every enterprise with alarms and every park."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from chemward.apps.core.models import Organisation, OrganisationKind
from chemward.apps.monitoring.models import AlarmKpi, AlarmOccurrence, AlarmResponse, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.kpi import Figures, Happened, figures
from chemward.apps.monitoring.rules.state import ms

HOUR = timedelta(hours=1)
# An hour is computed anew until it is so old: acknowledgements and late clears change it.
FINAL_AFTER = timedelta(hours=26)
# Hours one run of the clock takes, the newest first.
AT_ONCE = 3
FIELDS = ("definition_id", "tag_number", "code", "title", "type", "priority", "org_path")
TIMES = ("raised_at", "cleared_at", "annunciated_at", "park_acked_at")


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
    answers = _answers(hour, until)
    silenced = _silenced(until)
    parks = list(Organisation.objects.filter(kind=OrganisationKind.PARK, is_active=True))
    paths = {r["org_path"] for r in rows} | set(silenced)
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
    answers: Iterable[tuple[str, bool]],
    silenced: dict[str, Counter[str]],
    until: datetime,
    now: datetime,
) -> None:
    found: Figures = figures(map(_happened, rows), ms(kpi.hour) or 0, (ms(kpi.hour) or 0) + 3_600_000)
    kpi.raised, kpi.ten_minutes, kpi.by_priority = (
        found.raised,
        list(found.ten_minutes),
        {str(k): v for k, v in found.by_priority.items()},
    )
    kpi.flood_minutes = round(min(found.flood_s, (until - kpi.hour).total_seconds()) / 60, 2)
    kpi.chattering, kpi.fleeting, kpi.stale = found.chattering, found.fleeting, found.stale
    kpi.acked, kpi.ack_median_s = found.acked, found.ack_median_s
    names = {(r["tag_number"], r["type"]): r for r in rows}
    kpi.top = [{"code": names[key]["code"], "title": names[key]["title"], "type": key[1], "count": n} for key, n in found.top]  # type: ignore[index]
    own = [in_time for place, in_time in answers if place.startswith(path)]
    kpi.answered, kpi.answered_in_time = len(own), sum(own)
    counts: Counter[str] = sum((c for place, c in silenced.items() if place.startswith(path)), Counter())
    kpi.shelved = counts[SilenceKind.SHELVED]
    kpi.out_of_service = counts[SilenceKind.OUT_OF_SERVICE]
    kpi.suppressed = counts[SilenceKind.SUPPRESSED]
    kpi.computed_at = now


def _happened(row: dict[str, Any]) -> Happened:
    return Happened(
        (row["tag_number"], row["type"]),
        row["priority"],
        ms(row["raised_at"]) or 0,
        ms(row["cleared_at"]),
        ms(row["annunciated_at"]),
        ms(row["park_acked_at"]),
    )


def _answers(since: datetime, until: datetime) -> list[tuple[str, bool]]:
    """Answers given in a span: (path, whether in time)."""
    rows = AlarmResponse.objects.filter(answered_at__gte=since, answered_at__lt=until)
    return [(path, at <= due) for path, at, due in rows.values_list("org_path", "answered_at", "due_at")]


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
        AlarmKpi.objects.bulk_create([r for r in rows if r.pk is None], batch_size=50, ignore_conflicts=True)
        AlarmKpi.objects.bulk_update([r for r in rows if r.pk is not None], fields, batch_size=50)
