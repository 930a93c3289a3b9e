"""Events into rows, in bulk and idempotent: a constant number of statements for a batch, whatever order its events come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from chemward.apps.assets.models import Asset
from chemward.apps.core.bulk import write_rows
from chemward.apps.core.models import Organisation
from chemward.apps.core.register.search import fill
from chemward.apps.monitoring.condition import CONDITION_FIELDS, facts_of, keep_answers, moment, put_facts, settle, silences_of
from chemward.apps.monitoring.models import (
    AlarmDefinition,
    AlarmOccurrence,
    Feed,
    LimitVersion,
    Silence,
    SilenceKind,
    SilenceState,
    Tag,
    TagPage,
    UnknownTag,
)
from chemward.apps.monitoring.rules.merge import RAISED, facts_of_event, merge
from chemward.telemetry.engine.config import PAGE_SIZE

Body = Mapping[str, Any]


def keep_alarms(bodies: Sequence[Body], now: datetime) -> None:
    """Changes of alarms into occurrences; what the enterprise owes is opened. KeyError or ValueError for a malformed event."""
    by_id: dict[UUID, list[Body]] = {}
    for body in bodies:
        by_id.setdefault(UUID(body["id"]), []).append(body)
    definitions = _definitions(bodies)
    kept = {r.uuid: r for r in AlarmOccurrence.objects.select_for_update().filter(uuid__in=list(by_id))}
    places = _places(bodies, definitions)
    rows = []
    for uuid, told in by_id.items():
        row = kept.get(uuid) or _new(uuid, told[0], definitions, places, now)
        if row is not None and (_apply(row, told) or row.pk is None):
            rows.append(row)
    silences = silences_of({r.definition_id for r in rows if r.definition_id}, min((r.raised_at for r in rows), default=now))
    for row in rows:
        settle(row, silences.get(row.definition_id or 0, ()))
    _store(rows)
    keep_answers(rows)
    keep_design_suppressions(rows, now)


def _definitions(bodies: Iterable[Body]) -> dict[str, AlarmDefinition]:
    wanted = {UUID(b["def"]) for b in bodies}
    return {str(d.uuid): d for d in AlarmDefinition.objects.filter(uuid__in=wanted)}


def _places(bodies: Iterable[Body], definitions: Mapping[str, AlarmDefinition]) -> dict[str, Organisation]:
    """Organisations of events whose definition is gone, by path (no query when there are none)."""
    paths = {b["org_path"] for b in bodies if b["def"] not in definitions}
    return {o.path: o for o in Organisation.objects.filter(path__in=paths)} if paths else {}


def _new(
    uuid: UUID, body: Body, definitions: Mapping[str, AlarmDefinition], places: Mapping[str, Organisation], now: datetime
) -> AlarmOccurrence | None:
    """A row for an occurrence that the database does not know. None when nobody is left to whom it would belong."""
    definition = definitions.get(body["def"])
    place = places.get(body["org_path"])
    if definition is None and place is None:
        return None
    return AlarmOccurrence(
        uuid=uuid,
        organisation_id=definition.organisation_id if definition else place.pk,  # type: ignore[union-attr]
        org_path=definition.org_path if definition else place.path,  # type: ignore[union-attr]
        definition=definition,
        tag_id=definition.tag_id if definition else None,
        tag_number=body["tag"],
        feed_key=body["feed"],
        is_latched=bool(definition and definition.is_latched),
        received_at=moment(body["received_ms"]),
        raised_at=now,
        worsened_at=now,
        source="platform",
        **_texts(body),
    )


def _texts(body: Body) -> dict[str, Any]:
    return {
        "code": body["code"][:64],
        "title": body["title"][:120],
        "type": body["type"],
        "priority": body["priority"],
        "level": body["level"],
        "unit": body["unit"][:32],
        "limit": body["limit"],
        "is_late": bool(body["late"]),
    }


def _apply(row: AlarmOccurrence, told: Iterable[Body]) -> bool:
    """Merge events into a row. False when they say nothing new."""
    before = facts_of(row) if row.pk is not None else None
    facts = before
    for body in told:
        said = facts_of_event(body)
        facts = said if facts is None else merge(facts, said)
        if body["kind"] == RAISED:
            for name, value in _texts(body).items():
                setattr(row, name, value)
    if facts == before:
        return False
    assert facts is not None
    put_facts(row, facts)
    return True


def _store(rows: Sequence[AlarmOccurrence]) -> None:
    new, changed = [r for r in rows if r.pk is None], [r for r in rows if r.pk is not None]
    fill(new)
    AlarmOccurrence.objects.bulk_create(new, batch_size=100)
    for row in changed:
        row.version += 1
    write_rows(changed, [*CONDITION_FIELDS, "version"])


def keep_design_suppressions(rows: Iterable[AlarmOccurrence], now: datetime) -> None:
    """The list "who silenced what" holds what the design logic silences, too: opened and ended as the engine says."""
    concerned = {r.definition_id: r for r in rows if r.definition_id and not r.is_late and r.suppressions}
    if not concerned:
        return
    kept = Silence.objects.filter(definition__in=concerned, kind=SilenceKind.SUPPRESSED, state=SilenceState.IN_FORCE)
    open_rows = {s.definition_id: s for s in kept}
    begun = [r for d, r in concerned.items() if r.is_suppressed and d not in open_rows]
    Silence.objects.bulk_create([_design_silence(r, now) for r in begun], ignore_conflicts=True, batch_size=100)
    over = [open_rows[d] for d, r in concerned.items() if not r.is_suppressed and d in open_rows]
    for silence in over:
        row = concerned[silence.definition_id]
        silence.state, silence.ended_at = SilenceState.ENDED, row.cleared_at or moment(row.suppressions[-1][0])
    write_rows(over, ["state", "ended_at"])


def _design_silence(row: AlarmOccurrence, now: datetime) -> Silence:
    since = moment(row.suppressions[-1][0])
    return Silence(
        organisation_id=row.organisation_id,
        org_path=row.org_path,
        definition_id=row.definition_id,
        occurrence=row,
        kind=SilenceKind.SUPPRESSED,
        state=SilenceState.IN_FORCE,
        reason=row.suppressed_reason,
        requested_at=now,
        starts_at=since,
        source="platform",
    )


# -- unknown tags -------------------------------------------------------------------------------------------------------


def keep_unknown_tags(bodies: Sequence[Body], now: datetime) -> None:
    """Codes that feeds send and nobody has accepted. A code that has become a tag meanwhile is left out."""
    feeds = {f.key: f for f in Feed.objects.filter(key__in={b["feed"] for b in bodies}, deleted_at=None)}
    heard: dict[tuple[int, str], dict[str, Any]] = {}
    for body in bodies:
        feed = feeds.get(body["feed"])
        for told in body["codes"] if feed else ():
            heard.setdefault((feed.pk, told["code"][:64]), {**told, "feed": feed, "times": 0})["times"] += told.get("count", 1)
    if not heard:
        return
    mine = Q(feed__in=feeds.values(), code__in={code for _feed, code in heard})
    known = set(Tag.objects.filter(mine).values_list("feed_id", "code"))
    kept = {(u.feed_id, u.code): u for u in UnknownTag.objects.filter(mine)}
    new = [_unknown(code, told, now) for (pk, code), told in heard.items() if (pk, code) not in known and (pk, code) not in kept]
    UnknownTag.objects.bulk_create(new, ignore_conflicts=True, batch_size=100)
    again = [kept[key].pk for key in heard if key in kept]
    UnknownTag.objects.filter(pk__in=again).update(last_seen_at=now, count=F("count") + 1)


def _unknown(code: str, told: Body, now: datetime) -> UnknownTag:
    feed = told["feed"]
    return UnknownTag(
        organisation_id=feed.organisation_id,
        org_path=feed.org_path,
        feed=feed,
        code=code,
        first_seen_at=moment(told["first_ms"]) if told.get("first_ms") else now,
        last_seen_at=now,
        example=str(told.get("example", ""))[:200],
        unit=str(told.get("unit") or "")[:32],
        count=told["times"],
        source="feed",
    )


# -- applied configuration ----------------------------------------------------------------------------------------------


def keep_applied(bodies: Sequence[Body]) -> None:
    """ "In force since": a worker has applied a version of a page. The earliest moment of any version that carries a limit counts."""
    for body in bodies:
        pages = TagPage.objects.filter(feed__key=body["feed"], page=body["page"])
        at = moment(body["at_ms"])
        pages.filter(applied_version__lt=body["version"]).update(applied_version=body["version"], applied_at=at)
        first = body["page"] * PAGE_SIZE
        carried = {"page_version__gt": 0, "page_version__lte": body["version"]}
        later = Q(in_force_since=None) | Q(in_force_since__gt=at)
        place = {"tag__feed__key": body["feed"], "tag__order__gte": first, "tag__order__lt": first + PAGE_SIZE}
        AlarmDefinition.objects.filter(later, **place, **carried).update(in_force_since=at)
        versions = {f"definition__{name}": value for name, value in place.items()}
        LimitVersion.objects.filter(later, **versions, **carried).update(in_force_since=at)


# -- assets -------------------------------------------------------------------------------------------------------------


def follow_assets(bodies: Sequence[Body]) -> None:
    """Tags carry the label of their asset, and the position of the instrument they are: both follow when the asset changes."""
    wanted = {UUID(b["id"]) for b in bodies if "id" in b}
    hanging = list(Tag.objects.filter(asset_uuid__in=wanted))
    if not hanging:
        return
    found = {a.uuid: a for a in Asset.objects.filter(uuid__in={t.asset_uuid for t in hanging})}
    changed = [t for t in hanging if t.asset_uuid in found and _follow(t, found[t.asset_uuid])]
    fill(changed)
    write_rows(changed, ["asset_label", "longitude", "latitude", "search_text", "search_grams"])


def _follow(tag: Tag, asset: Asset) -> bool:
    """Bring a tag in line with its asset. False when it was."""
    before = (tag.asset_label, tag.longitude, tag.latitude)
    tag.asset_label = str(asset)[:200]
    if asset.kind == "instrument" and asset.lon is not None:
        tag.longitude, tag.latitude = asset.lon, asset.lat
    return before != (tag.asset_label, tag.longitude, tag.latitude)
