"""How feeds run: reports of the workers kept per feed and hour, scored by the conformity rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, FloatField, Sum, Value
from django.db.models.functions import Cast

from chemward.apps.core.bulk import write_rows
from chemward.apps.monitoring.condition import moment
from chemward.apps.monitoring.models import Feed, FeedHealth, FeedHour, Tag
from chemward.apps.monitoring.rules.conformity import FeedFacts, conformity
from chemward.apps.monitoring.rules.state import ms

# Live pages read health from the bus; the rows here are for registers and scores and need no more than this.
KEEP_EVERY = timedelta(seconds=25)
# A feed is silent after so many of its usual periods, but never before a minute.
SILENT_PERIODS = 5
SILENT_LEAST_S = 60.0
COUNTED = (
    "messages",
    "samples",
    "refused",
    "unknown",
    "faults",
    "late",
    "duplicates",
    "out_of_range",
    "ahead",
    "out_of_order",
    "gaps",
)


def keep_health(bodies: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Newest reports into the rows of their feeds and hours; a report that is hardly newer than the kept one is passed over.

    The door (`source` live) tells of refusals only, for pages that are open now: it says nothing of samples and is not kept.
    """
    told = {b["feed"]: b for b in bodies if "feed" in b and b.get("source") != "live"}
    feeds = Feed.objects.filter(key__in=told, deleted_at=None).select_related("health")
    due = [f for f in feeds if _is_due(f, told[f.key])]
    if not due:
        return
    with transaction.atomic():
        rates = expected_rates([f for f in due if not hasattr(f, "health")])
        hours = _hours(due, now)
        rows = [_apply(f, told[f.key], hours[f.pk], rates, now) for f in due]
        _store(rows, list(hours.values()))


def _is_due(feed: Feed, body: Mapping[str, Any]) -> bool:
    kept: FeedHealth | None = getattr(feed, "health", None)
    return kept is None or moment(body["at_ms"]) - kept.reported_at >= KEEP_EVERY


def _hours(feeds: Iterable[Feed], now: datetime) -> dict[int, FeedHour]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    kept = {h.feed_id: h for h in FeedHour.objects.filter(feed__in=feeds, hour=hour)}
    return {f.pk: kept.get(f.pk) or FeedHour(feed=f, org_path=f.org_path, hour=hour) for f in feeds}


def _apply(feed: Feed, body: Mapping[str, Any], hour: FeedHour, rates: Mapping[int, float], now: datetime) -> FeedHealth:
    kept: FeedHealth | None = getattr(feed, "health", None)
    row = kept or FeedHealth(feed=feed, org_path=feed.org_path, expected_per_s=rates.get(feed.pk, 0.0), reported_at=now)
    at = moment(body["at_ms"])
    totals = body.get("totals", {})
    before = row.totals if body.get("since_ms") == row.since_ms else {}
    for name in COUNTED:
        setattr(hour, name, getattr(hour, name) + max(0, totals.get(name, 0) - before.get(name, 0)))
    elapsed_s = (at - max(hour.hour, row.reported_at if kept else at)).total_seconds()
    hour.expected += round(row.expected_per_s * max(0.0, elapsed_s))
    row.reported_at, row.totals, row.since_ms = at, dict(totals), body.get("since_ms", 0)
    row.rate_per_s, row.lag_ms, row.skew_ms = body.get("rate", 0.0), body.get("lag_ms"), body.get("skew_ms")
    row.frozen_tags, row.fault_codes = body.get("frozen", 0), body.get("fault_codes", {})
    row.last_sample_at = _moment(body.get("last_sample_ms")) or row.last_sample_at
    row.last_received_at = _moment(body.get("last_received_ms")) or row.last_received_at
    row.score, row.score_parts = conformity(facts_of(feed, row, hour, now))
    hour.score = row.score
    return row


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)


def facts_of(feed: Feed, row: FeedHealth, hour: FeedHour, now: datetime) -> FeedFacts:
    """What the conformity rule scores a feed by."""
    age_s = None if row.last_sample_at is None else max(0.0, (now - row.last_sample_at).total_seconds())
    return FeedFacts(
        age_s=age_s,
        period_s=feed.period_s,
        skew_s=(row.skew_ms or 0) / 1000,
        max_skew_s=feed.max_skew_s,
        messages=hour.messages,
        refused=hour.refused,
        samples=hour.samples,
        expected=hour.expected,
        faults=hour.faults,
        out_of_range=hour.out_of_range,
        unknown=hour.unknown,
    )


def _store(rows: Sequence[FeedHealth], hours: Sequence[FeedHour]) -> None:
    fields = [f.name for f in FeedHealth._meta.concrete_fields if f.name not in ("id", "feed", "org_path", "silent_since")]
    write_rows([r for r in rows if r.pk is not None], fields)
    FeedHealth.objects.bulk_create([r for r in rows if r.pk is None], batch_size=50, ignore_conflicts=True)
    write_rows([h for h in hours if h.pk is not None], [*COUNTED, "expected", "score"])
    FeedHour.objects.bulk_create([h for h in hours if h.pk is None], batch_size=50, ignore_conflicts=True)


def expected_rates(feeds: Iterable[Feed]) -> dict[int, float]:
    """Samples per second that the enabled tags of feeds should send together (one query)."""
    wanted = [f.pk for f in feeds]
    if not wanted:
        return {}
    rows = Tag.objects.filter(feed__in=wanted, is_enabled=True, deleted_at=None, period_s__gt=0).order_by().values("feed")
    rates = rows.annotate(rate=Sum(Cast(Value(1.0), FloatField()) / F("period_s")))
    return {r["feed"]: r["rate"] for r in rates}


def refresh_expected(now: datetime) -> int:
    """Bring the expected rates up to date with the tags (clock). Returns how many differed."""
    rows = list(FeedHealth.objects.select_related("feed"))
    rates = expected_rates([r.feed for r in rows])
    differing = [r for r in rows if abs(r.expected_per_s - rates.get(r.feed_id, 0.0)) > 1e-9]
    for row in differing:
        row.expected_per_s = rates.get(row.feed_id, 0.0)
    write_rows(differing, ["expected_per_s"])
    return len(differing)


def silent_after_s(feed: Feed) -> float:
    """How long a feed may say nothing [s]."""
    return max(SILENT_LEAST_S, SILENT_PERIODS * feed.period_s)


def silent_feeds(now: datetime) -> list[tuple[Feed, datetime]]:
    """Active feeds that sent before and have been silent for too long, with their last sign of life."""
    rows = Feed.objects.filter(is_active=True, deleted_at=None).exclude(health__last_sample_at=None)
    found = []
    for feed in rows.select_related("health", "organisation"):
        seen_at = max(t for t in (feed.health.last_sample_at, feed.health.last_received_at) if t is not None)
        if (now - seen_at).total_seconds() > silent_after_s(feed) + KEEP_EVERY.total_seconds():
            found.append((feed, seen_at))
    return found


def age_ms(row: FeedHealth, now: datetime) -> int | None:
    """Age of the newest sample [ms]."""
    last = ms(row.last_sample_at)
    return None if last is None else max(0, (ms(now) or 0) - last)
