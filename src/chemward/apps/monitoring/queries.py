"""Reads of live monitoring that are more than a look-up, scope applied."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from chemward.apps.assets import queries as assets
from chemward.apps.assets.models import Asset
from chemward.apps.core.errors import NotFound
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring import board
from chemward.apps.monitoring.models import (
    AlarmDefinition,
    AlarmKpi,
    AlarmOccurrence,
    AlarmResponse,
    Credential,
    ExternalAlarm,
    Feed,
    LimitChange,
    Reconciliation,
    Silence,
    SilenceKind,
    SilenceState,
    Tag,
    UnknownTag,
)
from chemward.apps.monitoring.rules.state import ms, party_of
from chemward.standards.alarm_management import alarm_management
from chemward.telemetry.engine import kpi as figures

PEOPLE = ("park_acked_by", "enterprise_acked_by", "shelved_by")
TEN_MINUTES = timedelta(minutes=10)
SHIFT_BEGINS = (0, 8, 16)
"""Hours at which a shift begins, local time."""
METRES_PER_DEGREE = 111_320.0
"""Of latitude; of longitude times the cosine of the latitude."""


# -- console ------------------------------------------------------------------------------------------------------------


def open_alarms(scope: Scope) -> QuerySet[AlarmOccurrence]:
    """Open alarms in scope, highest priority first, newest first within it."""
    return scope.filter(AlarmOccurrence.objects.filter(is_open=True), "alarm.view").order_by("priority", "-raised_at", "-id")


def console_rows(scope: Scope, now: datetime) -> list[dict[str, Any]]:
    """Console rows as boards hold them, with `state` as the caller's party sees it and `party` (one query)."""
    rows = board.rows(open_alarms(scope))
    now_ms = ms(now) or 0
    for row in rows:
        row["party"] = party_of(scope, row["org_path"])
        row["state"] = board.state(row, row["party"], now_ms).value
    return rows


def alarm(scope: Scope, uuid: UUID) -> AlarmOccurrence:
    """One alarm with all that its opened row needs. NotFound out of scope."""
    rows = AlarmOccurrence.objects.select_related("organisation", "tag", "definition", "definition__tag", "answer", *PEOPLE)
    return one(scope.filter(rows, "alarm.view"), uuid)


@dataclass(frozen=True)
class Strip:
    """Figures over the console. Times in seconds; None where there is nothing to measure."""

    new_10min: int
    bars: tuple[int, ...]
    shift_mean_per_10min: float
    shift_count: int
    oldest_unacked_s: float | None
    chattering: int
    stale: int
    ack_median_s: float | None
    shelved: int
    first_return_at: datetime | None


def console_strip(scope: Scope, now: datetime) -> Strip:
    """The KPI strip: new alarms of the last ten minutes (bars: of each minute), this shift's mean, what is oldest, chattering, stale,
    shelved. Four queries."""
    shift = shift_began(now)
    since = min(shift, now - TEN_MINUTES)
    rows = scope.filter(AlarmOccurrence.objects.filter(raised_at__gte=since, is_late=False), "alarm.view").order_by()
    raised = list(rows.values_list("raised_at", "definition_id", "tag_number", "type", "park_acked_at", "annunciated_at"))
    minutes = [0] * 10
    for at, *_rest in raised:
        age = int((now - at).total_seconds() // 60)
        if 0 <= age < 10:
            minutes[9 - age] += 1
    in_shift = [r for r in raised if r[0] >= shift]
    waited = [(acked - told).total_seconds() for at, *_k, acked, told in in_shift if acked is not None and told is not None]
    is_open = scope.filter(AlarmOccurrence.objects.filter(is_open=True), "alarm.view").order_by()
    unacked = is_open.filter(park_acked_at=None, is_suppressed=False, is_out_of_service=False).exclude(annunciated_at=None)
    unacked = unacked.filter(Q(shelved_until=None) | Q(shelved_until__lte=now))
    oldest = unacked.order_by("annunciated_at").values_list("annunciated_at", flat=True).first()
    stale = is_open.filter(
        raised_at__lt=now - timedelta(seconds=alarm_management().definitions.stale_s.value), cleared_at=None
    ).count()
    shelves = scope.filter(Silence.objects.filter(kind=SilenceKind.SHELVED, state=SilenceState.IN_FORCE), "alarm.view")
    returns = list(shelves.order_by("until").values_list("until", flat=True))
    periods = max(1.0, (now - shift) / TEN_MINUTES)
    return Strip(
        new_10min=sum(minutes),
        bars=tuple(minutes),
        shift_mean_per_10min=round(len(in_shift) / periods, 2),
        shift_count=len(in_shift),
        oldest_unacked_s=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        chattering=len(chattering([(f"{r[1]}/{r[2]}/{r[3]}", r[0]) for r in raised if r[0] >= now - timedelta(hours=1)])),
        stale=stale,
        ack_median_s=median(waited) if waited else None,
        shelved=len(returns),
        first_return_at=returns[0] if returns else None,
    )


def shift_began(now: datetime) -> datetime:
    """When the present shift began."""
    local = timezone.localtime(now)
    hour = max(h for h in SHIFT_BEGINS if h <= local.hour)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def chattering(raised: Sequence[tuple[str, datetime]]) -> list[str]:
    """Alarms, by key, that were raised so often within so short a time that the standard calls it chattering."""
    words = alarm_management().definitions
    times = np.array([ms(at) for _key, at in raised], np.int64)
    count, within_ms = int(words.chattering_count.value), round(words.chattering_s.value * 1000)
    return figures.chattering(times, np.array([key for key, _at in raised], np.str_), count, within_ms)


# -- registers ----------------------------------------------------------------------------------------------------------


def occurrences(scope: Scope) -> QuerySet[AlarmOccurrence]:
    """The register of alarms, late ones too."""
    rows = AlarmOccurrence.objects.select_related("organisation", "tag", "answer")
    return scope.filter(rows, "alarm.view")


def answers_owed(scope: Scope) -> QuerySet[AlarmResponse]:
    """Answers that enterprises owe, the most overdue first."""
    rows = AlarmResponse.objects.filter(answered_at=None).select_related("occurrence", "organisation")
    return scope.filter(rows, "alarm.view").order_by("due_at", "id")


def silences(scope: Scope, *, is_open: bool = True) -> QuerySet[Silence]:
    """Who silenced what: open ones, or all that ever were; the oldest first."""
    rows = Silence.objects.select_related(
        "definition", "definition__tag", "organisation", "requested_by", "decided_by", "ended_by"
    )
    rows = rows.filter(state__in=(SilenceState.REQUESTED, SilenceState.IN_FORCE)) if is_open else rows
    return scope.filter(rows, "alarm.view").order_by("requested_at", "id")


def definitions(scope: Scope) -> QuerySet[AlarmDefinition]:
    """The master alarm database."""
    rows = AlarmDefinition.objects.filter(deleted_at=None).select_related("tag", "tag__feed", "organisation")
    return scope.filter(rows, "alarm.view")


def limit_changes(scope: Scope) -> QuerySet[LimitChange]:
    """Proposed and decided changes of limits, newest first."""
    rows = LimitChange.objects.select_related("definition", "definition__tag", "organisation", "proposed_by", "decided_by")
    return scope.filter(rows, "alarm.view").order_by("-id")


def tags(scope: Scope) -> QuerySet[Tag]:
    """The register of tags with the number of their alarms and what is open now (`alarm_count`, `worst_priority`)."""
    count = AlarmDefinition.objects.filter(tag=OuterRef("pk"), deleted_at=None).order_by().values("tag").annotate(n=Count("pk"))
    worst = AlarmOccurrence.objects.filter(tag=OuterRef("pk"), is_open=True).order_by("priority").values("priority")[:1]
    rows = Tag.objects.filter(deleted_at=None).select_related("feed", "organisation")
    rows = rows.annotate(alarm_count=Subquery(count.values("n")), worst_priority=Subquery(worst))
    return scope.filter(rows, "tag.view")


def feeds(scope: Scope) -> QuerySet[Feed]:
    """The register of feeds with health and counts (`tag_count`, `unknown_count`, `credential_count`)."""

    def count(rows: Any) -> Subquery:
        return Subquery(rows.order_by().values("feed").annotate(n=Count("pk")).values("n"))

    mine = {"feed": OuterRef("pk")}
    rows = Feed.objects.filter(deleted_at=None).select_related("organisation", "health")
    rows = rows.annotate(
        tag_count=count(Tag.objects.filter(deleted_at=None, **mine)),
        unknown_count=count(UnknownTag.objects.filter(dismissed_at=None, **mine)),
        credential_count=count(Credential.objects.filter(revoked_at=None, **mine)),
    )
    return scope.filter(rows, "feed.view")


def feed(scope: Scope, uuid: UUID) -> Feed:
    """One feed with health and counts. NotFound out of scope."""
    return one(feeds(scope), uuid)


def tag(scope: Scope, uuid: UUID) -> Tag:
    """One tag. NotFound out of scope."""
    return one(tags(scope), uuid)


def definition(scope: Scope, uuid: UUID) -> AlarmDefinition:
    """One alarm definition. NotFound out of scope."""
    return one(definitions(scope), uuid)


def unknown_tags(scope: Scope, feed: UUID | None = None) -> QuerySet[UnknownTag]:
    """Codes that feeds send and nobody has accepted or dismissed."""
    rows = UnknownTag.objects.filter(dismissed_at=None).select_related("feed", "organisation")
    rows = rows if feed is None else rows.filter(feed__uuid=feed)
    return scope.filter(rows, "tag.view").order_by("-last_seen_at", "-id")


def credentials(scope: Scope, feed: UUID) -> QuerySet[Credential]:
    """Keys of a feed, newest first."""
    rows = Credential.objects.filter(feed__uuid=feed).select_related("feed", "issued_by", "revoked_by")
    return scope.filter(rows, "feed.view").order_by("-id")


def external_alarms(scope: Scope) -> QuerySet[ExternalAlarm]:
    """Alarms of enterprises' systems with ours beside them, newest first."""
    rows = ExternalAlarm.objects.select_related("feed", "tag", "occurrence", "organisation")
    return scope.filter(rows, "alarm.view").order_by("-raised_at", "-id")


def ours_only(scope: Scope, since: datetime, before: datetime) -> QuerySet[AlarmOccurrence]:
    """Our alarms of a span that an enterprise's system, which does send us its alarms, did not have."""
    sending = ExternalAlarm.objects.order_by().values("feed__key").distinct()
    rows = AlarmOccurrence.objects.filter(raised_at__gte=since, raised_at__lt=before, feed_key__in=sending, is_late=False)
    rows = rows.exclude(external_alarms__reconciliation=Reconciliation.MATCHED)
    return scope.filter(rows, "alarm.view").order_by("-raised_at", "-id")


# -- what the opened row shows ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guidance:
    """What to do, and where it is written: `origin` is the level it was taken from, `chain` the places from area down to the alarm."""

    text: str
    origin: str
    chain: tuple[str, ...]
    consequence: str
    response: str
    time_to_respond_s: int | None


def guidance(definition: AlarmDefinition) -> Guidance:
    """Guidance of an alarm: its own, else its tag's, else the nearest asset's above the tag (one or two queries)."""
    owner = definition.tag
    above = asset_chain(owner.asset_uuid)
    chain = [*(str(a) for a in above), owner.name or owner.code, definition.title]
    texts = [
        *((a.guidance, str(a)) for a in above),
        (owner.guidance, owner.name or owner.code),
        (definition.guidance, definition.title),
    ]
    text, origin = next(((t, o) for t, o in reversed(texts) if t.strip()), ("", ""))
    return Guidance(
        text=text,
        origin=origin,
        chain=tuple(chain),
        consequence=definition.consequence or owner.consequence,
        response=definition.response,
        time_to_respond_s=definition.time_to_respond_s,
    )


def asset_chain(uuid: UUID | None) -> list[Asset]:
    """An asset with all above it, the uppermost first."""
    if uuid is None:
        return []
    found = Asset.objects.filter(uuid=uuid).only("id", "tree_path").first()
    return [] if found is None else assets.line(found)


@dataclass(frozen=True)
class Neighbour:
    """A tag near another one: distance [m], direction as one of eight, degrees clockwise from north."""

    tag: Tag
    distance_m: float
    bearing_deg: float


def neighbours(scope: Scope, origin: Tag, metres: float = 50.0, limit: int = 12) -> list[Neighbour]:
    """Tags in scope within some metres of a tag, nearest first (one query, by bounding box first)."""
    if origin.longitude is None or origin.latitude is None:
        return []
    east = METRES_PER_DEGREE * math.cos(math.radians(origin.latitude))
    d_lat, d_lon = metres / METRES_PER_DEGREE, metres / max(east, 1.0)
    rows = scope.filter(Tag.objects.filter(deleted_at=None, is_enabled=True), "value.view").exclude(pk=origin.pk)
    rows = rows.filter(
        latitude__range=(origin.latitude - d_lat, origin.latitude + d_lat),
        longitude__range=(origin.longitude - d_lon, origin.longitude + d_lon),
    )
    found = []
    for near in rows.select_related("organisation"):
        dx, dy = (near.longitude - origin.longitude) * east, (near.latitude - origin.latitude) * METRES_PER_DEGREE
        if (distance := math.hypot(dx, dy)) <= metres:
            found.append(Neighbour(near, round(distance, 1), round(math.degrees(math.atan2(dx, dy)) % 360, 1)))
    return sorted(found, key=lambda n: (n.distance_m, n.tag.pk))[:limit]


def visible_tags(scope: Scope, numbers: Sequence[int]) -> dict[int, Tag]:
    """Tags by number that the scope may see values of. NotFound when one is not among them."""
    rows = scope.filter(Tag.objects.filter(pk__in=list(numbers), deleted_at=None), "value.view").select_related("organisation")
    found = {t.pk: t for t in rows}
    if len(found) < len(set(numbers)):
        raise NotFound(_("Not found."))
    return found


def tag_numbers(scope: Scope) -> list[int]:
    """Numbers of all tags in scope."""
    rows = scope.filter(Tag.objects.filter(deleted_at=None, is_enabled=True), "value.view")
    return list(rows.order_by("id").values_list("pk", flat=True))


# -- performance --------------------------------------------------------------------------------------------------------


def top_alarms(scope: Scope, since: datetime, before: datetime, limit: int = 10) -> list[dict[str, Any]]:
    """The most frequent alarms of a span with their share (two queries)."""
    rows = AlarmOccurrence.objects.filter(raised_at__gte=since, raised_at__lt=before, is_late=False)
    rows = scope.filter(rows, "kpi.view").order_by()
    total = rows.count()
    grouped = rows.values("tag_number", "code", "title", "type", enterprise=F("organisation__name"))
    best = grouped.annotate(count=Count("pk"), last_at=Max("raised_at")).order_by("-count", "code", "type")[:limit]
    return [{**row, "share": row["count"] / total} for row in best]


def kpi_hours(scope: Scope, since: datetime, before: datetime, org_path: str | None = None) -> QuerySet[AlarmKpi]:
    """Hours of alarm performance in scope, oldest first; of one organisation when its path is given."""
    rows = AlarmKpi.objects.filter(hour__gte=since, hour__lt=before).select_related("organisation")
    rows = rows if org_path is None else rows.filter(org_path=org_path)
    return scope.filter(rows, "kpi.view").order_by("hour", "org_path")


def one(rows: QuerySet[Any], uuid: UUID) -> Any:
    """The row with this public id. NotFound when there is none among `rows`."""
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


def counts_by_priority(rows: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Console rows by priority, 1 to 4."""
    counted = dict.fromkeys((1, 2, 3, 4), 0)
    for row in rows:
        counted[row["priority"]] += 1
    return counted
