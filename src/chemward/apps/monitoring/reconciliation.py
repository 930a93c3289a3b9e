"""Alarms of enterprises' own systems beside ours: taken in, and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from chemward.apps.core.bulk import write_rows
from chemward.apps.monitoring.condition import moment
from chemward.apps.monitoring.models import AlarmOccurrence, ExternalAlarm, Feed, Reconciliation, Tag

# Two alarms of one tag are the same event when they were raised within this time of each other.
NEAR = timedelta(minutes=2)
# So long the other system, or we, may take before "only theirs" is said.
PATIENCE = timedelta(minutes=5)

Body = Mapping[str, Any]


def keep_external(bodies: Sequence[Body], now: datetime) -> None:
    """Transitions `{feed, id, kind raised|cleared, at_ms, tag (number), code, level, text}`, in any order and however often."""
    told = [(body["feed"], body) for body in bodies]
    feeds = {f.key: f for f in Feed.objects.filter(key__in={key for key, _alarm in told}, deleted_at=None)}
    told = [(key, alarm) for key, alarm in told if key in feeds]
    if not told:
        return
    of = Q(feed__in=feeds.values())
    kept = {
        (x.feed_id, x.external_key): x for x in ExternalAlarm.objects.filter(of, external_key__in={a["id"] for _k, a in told})
    }
    tags = {(t.feed_id, t.code): t for t in Tag.objects.filter(of, code__in={a.get("code", "") for _k, a in told})}
    changed: dict[tuple[int, str], ExternalAlarm] = {}
    for key, alarm in told:
        feed = feeds[key]
        identity = (feed.pk, alarm["id"])
        row = changed.get(identity) or kept.get(identity) or _new(feed, alarm, tags.get((feed.pk, alarm.get("code", ""))), now)
        _apply(row, alarm)
        changed[identity] = row
    rest = [r for r in changed.values() if r.pk is not None]
    ExternalAlarm.objects.bulk_create([r for r in changed.values() if r.pk is None], batch_size=100)
    write_rows(rest, ["raised_at", "cleared_at", "title", "priority"])
    compare(changed.values(), now)


def _new(feed: Feed, alarm: Body, tag: Tag | None, now: datetime) -> ExternalAlarm:
    return ExternalAlarm(
        organisation_id=feed.organisation_id,
        org_path=feed.org_path,
        feed=feed,
        tag=tag,
        external_key=alarm["id"],
        code=alarm.get("code", "")[:64],
        raised_at=moment(alarm["at_ms"]),
        received_at=now,
        source="feed",
    )


def _apply(row: ExternalAlarm, alarm: Body) -> None:
    at = moment(alarm["at_ms"])
    if alarm["kind"] == "cleared":
        row.cleared_at = at if row.cleared_at is None else min(row.cleared_at, at)
        row.raised_at = min(row.raised_at, at)
    else:
        # A clear that came first left its own moment here.
        row.raised_at = at if row.cleared_at is not None and row.raised_at == row.cleared_at else min(row.raised_at, at)
        row.title, row.priority = alarm.get("text", "")[:200], alarm.get("level", "")[:32]


def compare(alarms: Iterable[ExternalAlarm], now: datetime) -> None:
    """Find ours for theirs: same tag, raised within NEAR, the nearest one that no other of theirs has. Waits PATIENCE for ours."""
    pending = [x for x in alarms if x.reconciliation != Reconciliation.MATCHED]
    with_tag = [x for x in pending if x.tag_id]
    ours = _candidates(with_tag)
    taken = set(ExternalAlarm.objects.filter(occurrence__in=[o.pk for o in ours]).values_list("occurrence_id", flat=True))
    for theirs in sorted(pending, key=lambda x: (x.raised_at, x.pk)):
        near = [
            o for o in ours if o.tag_id == theirs.tag_id and abs(o.raised_at - theirs.raised_at) <= NEAR and o.pk not in taken
        ]
        if theirs.tag_id and near:
            best = min(near, key=lambda o, at=theirs.raised_at: (abs(o.raised_at - at), o.pk))
            theirs.occurrence, theirs.reconciliation = best, Reconciliation.MATCHED
            taken.add(best.pk)
        elif now - theirs.received_at >= PATIENCE:
            theirs.reconciliation = Reconciliation.THEIRS_ONLY
    write_rows(pending, ["occurrence", "reconciliation"])


def compare_pending(now: datetime) -> int:
    """Compare what still waits, and what was only theirs until lately (ours may have come late). Returns how many were looked at."""
    recent = Q(reconciliation=Reconciliation.THEIRS_ONLY, received_at__gte=now - timedelta(hours=1))
    rows = list(
        ExternalAlarm.objects.filter(Q(reconciliation=Reconciliation.PENDING) | recent).order_by("raised_at", "id")[:1000]
    )
    if rows:
        compare(rows, now)
    return len(rows)


def _candidates(alarms: Sequence[ExternalAlarm]) -> list[AlarmOccurrence]:
    if not alarms:
        return []
    first, last = min(x.raised_at for x in alarms) - NEAR, max(x.raised_at for x in alarms) + NEAR
    rows = AlarmOccurrence.objects.filter(tag__in={x.tag_id for x in alarms}, raised_at__range=(first, last))
    return list(rows.only("id", "tag_id", "raised_at").order_by("raised_at", "id"))
