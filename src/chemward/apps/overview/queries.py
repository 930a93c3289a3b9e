"""Reads of the one map, scope applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.assets import queries as assets
from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.models import AuditEntry, Organisation
from chemward.apps.core.register.search import matching
from chemward.apps.core.scope import Scope, under
from chemward.apps.monitoring import board
from chemward.apps.monitoring.models import AlarmOccurrence, Silence, SilenceKind, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.overview import rules, words

LONGEST_STANDING = timedelta(days=90)
"""An alarm that was over long ago and had stood for longer than this before the asked moment is not looked for."""
MOST_ALARMS = 2_000
MOST_TAGS_OF_A_THING = 12
MOST_FOUND = 12
DAY = timedelta(hours=24)
FOUND_KINDS = ("site", "unit", "equipment", "building", "gate", "protected_target", "camera", "area", "road")


# -- where to look ------------------------------------------------------------------------------------------------------


def extent(scope: Scope) -> list[float] | None:
    """Bounding box [°] west, south, east, north of the sites in scope; of what the park shares when none is; None without assets."""
    for rows in (assets.living(scope).filter(kind="site"), assets.on_the_map(scope, "site").filter(valid_until=None)):
        found = rows.aggregate(west=Min("min_lon"), south=Min("min_lat"), east=Max("max_lon"), north=Max("max_lat"))
        if found["west"] is not None:
            return [found["west"], found["south"], found["east"], found["north"]]
    return None


# -- one thing ----------------------------------------------------------------------------------------------------------


def thing(scope: Scope, asset: UUID | None = None, tag: int | None = None, alarm: UUID | None = None) -> dict[str, Any]:
    """What a callout says of a thing: its names, its place, its tags. NotFound out of scope.

    `{asset, kind, title, detail, lon, lat, url, tags: [{n, uuid, code, name, unit, kind, period_s, states}], tag_count}`; what strangers of
    the same park may see of shared assets has no tags.
    """
    if alarm is not None:
        row = scope.filter(AlarmOccurrence.objects.filter(uuid=alarm), "alarm.view").first()
        if row is None:
            raise NotFound(_("Not found."))
        tag = row.tag_number
    if tag is not None:
        found = tags_in_scope(scope).filter(pk=tag).select_related("organisation").first()
        if found is None:
            raise NotFound(_("Not found."))
        return _tag_thing(found)
    if asset is None:
        raise Invalid(Fault("asset", _("Say which thing."), "asset, tag, alarm"))
    return _asset_thing(scope, asset)


def places(scope: Scope, asked: Sequence[int]) -> dict[str, list[Any]]:
    """Number of a tag → `[lon, lat, asset]`."""
    rows = tags_in_scope(scope).filter(pk__in=list(asked), longitude__isnull=False).order_by()
    told = rows.values_list("pk", "longitude", "latitude", "asset_uuid")
    return {str(n): [lon, lat, str(asset or "")] for n, lon, lat, asset in told}


def tags_in_scope(scope: Scope) -> QuerySet[Tag]:
    return scope.filter(Tag.objects.filter(deleted_at=None), "tag.view")


def _tag_thing(tag: Tag) -> dict[str, Any]:
    place = " · ".join(p for p in (tag.organisation.name, tag.place) if p)
    title = " ".join(p for p in (tag.code, tag.name) if p)
    where = {"lon": tag.longitude, "lat": tag.latitude}
    return {"asset": tag.asset_uuid, "kind": "tag", "title": title, "detail": place, **where, "tags": [_tag(tag)], "tag_count": 1}


def _tag(tag: Tag) -> dict[str, Any]:
    shown = ("uuid", "code", "name", "unit", "kind", "period_s", "states")
    return {"n": tag.pk, **{f: getattr(tag, f) for f in shown}}


def _asset_thing(scope: Scope, uuid: UUID) -> dict[str, Any]:
    try:
        row = assets.one(scope, uuid)
    except NotFound:
        return _shared_thing(scope, uuid)
    below = Asset.objects.filter(tree_path__startswith=row.tree_path, valid_until=None, deleted_at=None).values("uuid")
    hanging = tags_in_scope(scope).filter(asset_uuid__in=below)
    worst = scope.filter(AlarmOccurrence.objects.filter(is_open=True, tag__in=hanging), "alarm.view")
    first = list(dict.fromkeys(worst.order_by("priority", "-raised_at").values_list("tag_id", flat=True)[:MOST_TAGS_OF_A_THING]))
    rows = {t.pk: t for t in hanging.filter(pk__in=first)}
    for tag in hanging.order_by("code")[:MOST_TAGS_OF_A_THING]:
        rows.setdefault(tag.pk, tag)
    ordered = [rows.pop(n) for n in first if n in rows] + list(rows.values())
    kind = kinds()[row.kind]
    return {
        "asset": row.uuid,
        "kind": row.kind,
        "title": str(row),
        "detail": " · ".join(p for p in (row.organisation.name, kind.subkinds.get(row.subkind, kind.name)) if p),
        "lon": row.lon,
        "lat": row.lat,
        "tags": [_tag(t) for t in ordered[:MOST_TAGS_OF_A_THING]],
        "tag_count": hanging.count(),
        "properties": _properties(row),
    }


def _properties(row: Asset) -> list[list[Any]]:
    """What is known of an asset, as `[label, value, unit]`, in the order of its kind."""
    known = kinds()[row.kind].properties
    return [[p.label, row.properties[name], p.unit] for name, p in known.items() if row.properties.get(name) not in (None, "")]


def _shared_thing(scope: Scope, uuid: UUID) -> dict[str, Any]:
    """A thing of another enterprise of the same park: name and type, nothing else."""
    shared = [code for code, k in kinds().items() if k.is_shared]
    rows = Asset.objects.filter(uuid=uuid, kind__in=shared, valid_until=None, deleted_at=None)
    row = rows.filter(under("org_path", assets.horizon(scope))).first() if scope.has("asset.view") else None
    if row is None:
        raise NotFound(_("Not found."))
    kind = kinds()[row.kind]
    return {
        "asset": None,
        "kind": row.kind,
        "title": row.name,
        "detail": kind.subkinds.get(row.subkind, kind.name),
        "lon": row.lon,
        "lat": row.lat,
        "tags": [],
        "tag_count": 0,
        "properties": [],
    }


# -- the past -----------------------------------------------------------------------------------------------------------


def histogram(scope: Scope, end: datetime) -> dict[str, Any]:
    """Alarms raised in each ten minutes of the 24 hours up to a moment: `{from_ms, bin_ms, counts}`, counts 144 × [1, 2, 3, 4]."""
    end_ms = ms(end) or 0
    first_ms = rules.first_bin_ms(end_ms)
    since = datetime.fromtimestamp(first_ms / 1000, UTC)
    rows = scope.filter(AlarmOccurrence.objects.filter(raised_at__gte=since, raised_at__lte=end), "alarm.view").order_by()
    raised = ((ms(at) or 0, priority) for at, priority in rows.values_list("raised_at", "priority").iterator())
    return {"from_ms": first_ms, "bin_ms": rules.BIN_MS, "counts": rules.bars(raised, end_ms)}


def alarms_at(scope: Scope, at: datetime) -> list[dict[str, Any]]:
    """Console rows as they stood at a past moment, highest priority first: what still stood, and what people still owed."""
    at_ms = ms(at) or 0
    rows = scope.filter(AlarmOccurrence.objects.filter(_stood(at)), "alarm.view").order_by("priority", "-raised_at")[:MOST_ALARMS]
    told = board.rows(rows)
    kept = dict(rows.values_list("uuid", "suppressions"))
    quiet = silences_at(scope, {r["definition"] for r in told}, at)
    return [rules.as_at(r, at_ms, quiet, kept.get(UUID(r["id"]), ())) for r in told]


def _stood(at: datetime) -> Q:
    recent = Q(raised_at__lte=at) & (Q(raised_at__gte=at - LONGEST_STANDING) | Q(is_open=True))
    there = Q(cleared_at=None) | Q(cleared_at__gt=at)
    owed = Q(is_late=False, annunciated_at__lte=at) & (Q(park_acked_at=None) | Q(park_acked_at__gt=at))
    return recent & (there | owed)


def silences_at(scope: Scope, definitions: Iterable[str], at: datetime) -> list[rules.Quiet]:
    """What people had silenced at a moment, of these definitions."""
    kinds_wanted = (SilenceKind.SHELVED, SilenceKind.OUT_OF_SERVICE)
    rows = Silence.objects.filter(kind__in=kinds_wanted, starts_at__lte=at, definition__uuid__in=[d for d in definitions if d])
    rows = scope.filter(rows.filter(Q(ended_at=None) | Q(ended_at__gt=at)), "alarm.view").order_by("id")
    told = rows.values_list("definition__uuid", "kind", "starts_at", "until", "ended_at")
    return [rules.Quiet(str(d), kind, ms(a) or 0, ms(u), ms(e)) for d, kind, a, u, e in told]


# -- weather ------------------------------------------------------------------------------------------------------------


def weather_stations(scope: Scope) -> list[dict[str, Any]]:
    """Weather masts in scope with their tags by what they measure: `{name, lon, lat, tags: {speed: {n, unit, period_s}, …}}`."""
    masts = assets.living(scope).filter(kind="instrument", subkind="weather").values_list("uuid", flat=True)
    found: dict[tuple[float | None, float | None], dict[str, Any]] = {}
    for tag in tags_in_scope(scope).filter(asset_uuid__in=list(masts)).order_by("id"):
        role = rules.weather_role(tag.code, tag.unit, tag.name)
        place = {"name": tag.code.partition(".")[0], "lon": tag.longitude, "lat": tag.latitude, "tags": {}}
        station = found.setdefault((tag.longitude, tag.latitude), place)
        if role:
            station["tags"].setdefault(role, {"n": tag.pk, "unit": tag.unit, "period_s": tag.period_s})
    return [s for s in found.values() if {"speed", "direction"} <= s["tags"].keys()]


# -- last deeds ---------------------------------------------------------------------------------------------------------


def recent_deeds(scope: Scope, limit: int = 8) -> list[dict[str, Any]]:
    """What people did last about alarms in scope: `{at_ms, who, deed, subject}`, newest first. One query.

    One stroke over many alarms is one line.
    """
    rows = AuditEntry.objects.filter(verb__in=list(words.deeds())).exclude(via="clock")
    rows = scope.filter(rows, "alarm.view").order_by("-id")[: limit * 20]
    told: list[dict[str, Any]] = []
    # Written last, told by their moment: what came in late stands where it happened.
    for e in sorted(rows, key=lambda e: (e.at, e.pk), reverse=True):
        at_ms, deed = ms(e.at), str(words.deeds()[e.verb])
        if told and (told[-1]["at_ms"], told[-1]["who"], told[-1]["deed"]) == (at_ms, e.actor, deed):
            told[-1]["more"] += 1
        elif len(told) == limit:
            break
        else:
            told.append({"at_ms": at_ms, "who": e.actor, "deed": deed, "subject": e.subject_label, "more": 0})
    return told


# -- search -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One thing that a search found: where it stands and what names it. `asset` or `tag` says what to open on the map."""

    title: str
    detail: str
    icon: str
    lon: float | None
    lat: float | None
    asset: str = ""
    tag: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


ICONS = {
    "site": "building-factory-2",
    "unit": "sitemap",
    "equipment": "cylinder",
    "building": "buildings",
    "gate": "door",
    "camera": "video",
    "road": "route",
    "protected_target": "home-shield",
}


def find(scope: Scope, text: str) -> list[Found]:
    """Things whose name or code holds `text`: enterprises first, then other assets, then tags. Invalid below two characters."""
    if not text:
        return []
    found: list[Found] = []
    if scope.has("asset.view"):
        found += _find_assets(scope, text)
    if scope.has("tag.view"):
        found += _find_tags(scope, text)
    return found


def _find_assets(scope: Scope, text: str) -> list[Found]:
    rows = assets.living(scope).filter(kind__in=FOUND_KINDS).select_related("organisation")
    told = matching(rows, text).order_by("id")[: MOST_FOUND * 8]
    ordered = sorted(told, key=lambda a: (FOUND_KINDS.index(a.kind), len(a.name), a.code))
    known = kinds()
    return [
        Found(
            title=a.name if a.kind == "site" else str(a),
            detail=" · ".join((known[a.kind].subkinds.get(a.subkind, known[a.kind].name), a.organisation.name)),
            icon=ICONS.get(a.kind, "map-pin"),
            lon=a.lon,
            lat=a.lat,
            asset=str(a.uuid),
        )
        for a in ordered[:MOST_FOUND]
    ]


def _find_tags(scope: Scope, text: str) -> list[Found]:
    rows = matching(tags_in_scope(scope).select_related("organisation"), text).order_by("code", "id")[:MOST_FOUND]
    return [
        Found(
            title=" ".join(p for p in (t.code, t.name) if p),
            detail=" · ".join(p for p in (t.organisation.name, t.place) if p),
            icon="radar-2",
            lon=t.longitude,
            lat=t.latitude,
            tag=t.pk,
        )
        for t in rows
    ]


# -- counters -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Silent:
    """Tags in use, how many of them have gone silent, and the enterprise with most of those."""

    total: int
    silent: int
    worst: str
    worst_count: int


SILENT_AFTER_PERIODS = 5


def silent_tags(scope: Scope, last: tuple[np.ndarray, np.ndarray], now_ms: int) -> Silent:
    """How many tags in use have not been heard for five of their periods.

    last: numbers (int32) and newest moments [ms] (int64) as the historian tells them; a tag that never sent is silent.
    """
    rows = scope.filter(Tag.objects.filter(deleted_at=None, is_enabled=True, feed__is_active=True), "tag.view").order_by()
    told = list(rows.values_list("pk", "period_s", "feed__period_s", "organisation_id"))
    heard = dict(zip(last[0].tolist(), last[1].tolist(), strict=True))
    quiet: dict[int, int] = {}
    for n, period, feed_period, organisation in told:
        usual_s = max(period or feed_period or 60.0, 1.0)
        if now_ms - heard.get(n, 0) > SILENT_AFTER_PERIODS * usual_s * 1000:
            quiet[organisation] = quiet.get(organisation, 0) + 1
    worst = max(quiet, key=lambda o: quiet[o], default=None)
    name = Organisation.objects.filter(pk=worst).values_list("name", flat=True).first() if worst else ""
    return Silent(len(told), sum(quiet.values()), name or "", quiet.get(worst, 0) if worst else 0)


def major_hazard_units(scope: Scope) -> dict[str, int]:
    """Units that bear a grade of major hazard in the register of assets, by grade."""
    rows = assets.living(scope).filter(kind="unit").values_list("properties", flat=True)
    grades = [p["major_hazard"] for p in rows if p.get("major_hazard")]
    return {g: grades.count(g) for g in ("一级", "二级", "三级", "四级")}


def numbers(scope: Scope, asked: Sequence[int]) -> list[int]:
    """Those of the asked tags whose values the scope may see."""
    rows = scope.filter(Tag.objects.filter(pk__in=list(asked), deleted_at=None), "value.view")
    return sorted(rows.values_list("pk", flat=True))
