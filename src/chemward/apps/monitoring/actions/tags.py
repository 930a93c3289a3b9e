"""Entering, changing and accepting tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Max
from django.utils.translation import gettext as _

from chemward.apps.assets.models import Asset
from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.register.search import fill
from chemward.apps.monitoring.actions.common import change as put
from chemward.apps.monitoring.actions.common import field_faults, need_version
from chemward.apps.monitoring.actions.config import announce_dirty, announce_pages, mark_dirty, tag_config
from chemward.apps.monitoring.actions.definitions import NewAlarm, add_alarms, alarm_faults, engine_fault, need_known
from chemward.apps.monitoring.models import AlarmDefinition, Feed, Tag, TagKind, UnknownTag
from chemward.telemetry.engine import config

CHANGEABLE = (
    "name",
    "kind",
    "unit",
    "conversion_basis",
    "lo",
    "hi",
    "period_s",
    "frozen_s",
    "states",
    "asset_uuid",
    "asset_label",
    "place",
    "longitude",
    "latitude",
    "is_enabled",
    "consequence",
    "guidance",
    "external_key",
)
# Enough rows for a fast import, few enough for a short write transaction.
CHUNK = 200


@dataclass(frozen=True)
class NewTag:
    """A tag to be entered: its code, other fields as CHANGEABLE, and its alarms."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    alarms: Sequence[NewAlarm] = ()


@dataclass(frozen=True)
class Entered:
    """What came of entering tags: codes made anew, codes changed, codes that stood as asked already."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]


def create(actor: Actor, feed: UUID, new: NewTag, *, now: datetime) -> Tag:
    """Enter one tag with its alarms. Invalid when its code is taken or anything of it makes no sense."""
    with act(actor, "tag.create", now=now) as a:
        owner = _feed(a, feed)
        if Tag.objects.filter(feed=owner, code=new.code).exists():
            raise Invalid(
                Fault("code", _("This feed already has a tag %(code)s.") % {"code": new.code}, _("Choose another code."))
            )
        need_sense([new])
        need_known(owner, new.alarms)
        (tag,) = _insert(a, owner, _placed(owner, [new]))
        announce_pages(a, owner, [tag.page], changed=list(tag.alarms.select_related("tag")))
        return tag


def change(actor: Actor, uuid: UUID, values: Mapping[str, Any], *, version: int | None = None, now: datetime) -> Tag:
    """Change what is said of a tag (not its limits: those go through a limit change). In force within two seconds."""
    with act(actor, "tag.change", now=now) as a:
        tag = a.get(Tag.objects.select_related("feed", "feed__organisation", "organisation"), "tag.edit", uuid=uuid)
        need_version(tag, version)
        differing = put(tag, values, CHANGEABLE)
        if "asset_uuid" in differing:
            (placed,) = _placed(tag.feed, [NewTag(tag.code, {**values, "asset_uuid": tag.asset_uuid})])
            differing |= put(tag, placed.values, CHANGEABLE)
        if not differing:
            return tag
        _need_sense_of(tag)
        tag.version += 1
        tag.save()
        a.record(tag, differing)
        announce_pages(a, tag.feed, [tag.page])
        return tag


def accept(actor: Actor, feed: UUID, codes: Sequence[str], *, now: datetime, values: Mapping[str, Any] | None = None) -> Entered:
    """Accept unknown tags of a feed, one or many, with the unit that the device sends. A code that is a tag already is left alone.

    values: fields that all of them get.
    """
    owner = _visible_feed(actor, feed, now)
    known = {u.code: u for u in UnknownTag.objects.filter(feed=owner, code__in=codes)}
    news = [NewTag(code, {"unit": known[code].unit, "kind": kind_of(known[code].example), **(values or {})}) for code in known]
    return enter(actor, feed, news, now=now, verb="tag.accept")


def kind_of(example: str) -> str:
    """What kind of tag an unknown one seems to be, from the value it sent.

    >>> kind_of("2.6"), kind_of("running"), kind_of("")
    ('number', 'text', 'number')
    """
    if not example:
        return TagKind.NUMBER.value
    try:
        float(example)
    except ValueError:
        return TagKind.TEXT.value
    return TagKind.NUMBER.value


def dismiss(actor: Actor, feed: UUID, codes: Sequence[str], *, now: datetime) -> int:
    """Say that these unknown tags are not wanted. Returns how many were not dismissed before."""
    with act(actor, "tag.dismiss", now=now) as a:
        owner = _feed(a, feed)
        rows = list(UnknownTag.objects.filter(feed=owner, code__in=list(codes), dismissed_at=None))
        UnknownTag.objects.filter(pk__in=[r.pk for r in rows]).update(dismissed_at=now, dismissed_by=actor.user)
        for row in rows:
            a.record(row, {"dismissed_at": (None, now)})
        return len(rows)


def enter(
    actor: Actor,
    feed: UUID,
    news: Sequence[NewTag],
    *,
    now: datetime,
    verb: str = "tag.enter",
    progress: Callable[[int], None] | None = None,
    announces: bool = True,
) -> Entered:
    """Enter or change many tags: checked as a whole first, then written in paced transactions of at most 200, every page announced once.

    Repeated it changes nothing. A limit of an alarm that exists already is never changed here. progress: called with the rows done.
    announces: False leaves the pages to the clock, for who enters a large file piece by piece.
    Invalid lists the faults of all rows (`rows.<index>.<field>`) and nothing is written.
    """
    owner = _visible_feed(actor, feed, now)
    need_sense(news)
    need_known(owner, [alarm for new in news for alarm in new.alarms])
    news = _placed(owner, news)
    total = Entered([], [], [])
    for start in range(0, len(news), CHUNK):
        done = _enter_chunk(actor, owner, news[start : start + CHUNK], verb, now)
        for collected, more in zip(_lists(total), _lists(done), strict=True):
            collected += more
        if progress is not None:
            progress(start + len(news[start : start + CHUNK]))
    if announces:
        announce_dirty(actor, now=now, feed=owner)
    return total


def _lists(entered: Entered) -> tuple[list[str], list[str], list[str]]:
    return entered.created, entered.changed, entered.unchanged


def _enter_chunk(actor: Actor, owner: Feed, news: Sequence[NewTag], verb: str, now: datetime) -> Entered:
    with act(actor, verb, now=now) as a:
        a.permit("tag.edit", owner.org_path)
        codes = [n.code for n in news]
        existing = {t.code: t for t in Tag.objects.filter(feed=owner, code__in=codes)}
        created = _insert(a, owner, [n for n in news if n.code not in existing])
        changed, alarmed = _update(a, existing, news, is_accept=verb == "tag.accept")
        pages = {t.page for t in created} | {t.page for t in (*changed, *alarmed)}
        mark_dirty(owner, pages, now)
        UnknownTag.objects.filter(feed=owner, code__in=codes).delete()
        touched = {t.code for t in (*created, *changed, *alarmed)}
        return Entered(
            [t.code for t in created],
            sorted({t.code for t in (*changed, *alarmed)}),
            [c for c in codes if c not in touched],
        )


def _insert(a: Act, owner: Feed, news: Sequence[NewTag]) -> list[Tag]:
    if not news:
        return []
    order = Tag.objects.filter(feed=owner).aggregate(last=Max("order"))["last"]
    first = 0 if order is None else order + 1
    tags = [
        Tag(
            organisation=owner.organisation,
            org_path=owner.organisation.path,
            feed=owner,
            code=new.code,
            order=first + i,
            source="excel" if a.actor.via == "job" else "hand",
            **new.values,
        )
        for i, new in enumerate(news)
    ]
    fill(tags)
    Tag.objects.bulk_create(tags, batch_size=CHUNK)
    for tag in tags:
        a.record(tag, {"code": (None, tag.code), "unit": (None, tag.unit)})
    add_alarms(a, [(tag, alarm) for tag, new in zip(tags, news, strict=True) for alarm in new.alarms])
    return tags


def _placed(owner: Feed, news: Sequence[NewTag]) -> list[NewTag]:
    """Tags with label and position of the assets they hang on, where they do not say them themselves. Invalid when there is no such asset."""
    wanted = {UUID(str(n.values["asset_uuid"])) for n in news if n.values.get("asset_uuid")}
    if not wanted:
        return list(news)
    found = {a.uuid: a for a in Asset.objects.filter(uuid__in=wanted, deleted_at=None)}
    # A tag hangs on what its own enterprise, or whoever stands above or below it, has entered.
    fits = {u for u, a in found.items() if a.org_path.startswith(owner.org_path) or owner.org_path.startswith(a.org_path)}
    if missing := [u for u in wanted if u not in fits]:
        raise Invalid(
            *(Fault("asset_uuid", _("There is no asset %(asset)s here.") % {"asset": u}, _("Choose another.")) for u in missing)
        )
    return [_on_asset(n, found[UUID(str(u))] if (u := n.values.get("asset_uuid")) else None) for n in news]


def _on_asset(new: NewTag, asset: Asset | None) -> NewTag:
    if asset is None:
        return new
    told = {"asset_label": str(asset)[:200], "longitude": asset.lon, "latitude": asset.lat}
    return replace(new, values={**told, **new.values})


def _update(a: Act, existing: Mapping[str, Tag], news: Sequence[NewTag], *, is_accept: bool) -> tuple[list[Tag], list[Tag]]:
    """Change what differs of tags that exist; returns (changed tags, tags that got a new alarm)."""
    if is_accept or not existing:
        return [], []
    changed = []
    for new in (n for n in news if n.code in existing):
        tag = existing[new.code]
        if differing := put(tag, new.values, CHANGEABLE):
            tag.version += 1
            a.record(tag, differing)
            changed.append(tag)
    if changed:
        fill(changed)
        Tag.objects.bulk_update(changed, [*CHANGEABLE, "version", "search_text", "search_grams"], batch_size=50)
    known = set(AlarmDefinition.objects.filter(tag__in=existing.values()).values_list("tag_id", "type"))
    missing = [
        (existing[n.code], alarm)
        for n in news
        if n.code in existing
        for alarm in n.alarms
        if (existing[n.code].pk, alarm.type) not in known
    ]
    add_alarms(a, missing)
    return changed, [tag for tag, _alarm in missing]


# -- checks -----------------------------------------------------------------------------------------------------------


def need_sense(news: Sequence[NewTag]) -> None:
    """Invalid with every fault of every row, `rows.<index>.<field>` (one row: the bare field)."""
    faults = [
        Fault(f.field if len(news) == 1 else f"rows.{i}.{f.field}", f.message, f.remedy)
        for i, new in enumerate(news)
        for f in tag_faults(new)
    ]
    seen: set[str] = set()
    for i, new in enumerate(news):
        if new.code in seen:
            faults.append(
                Fault(f"rows.{i}.code", _("The code %(code)s stands twice.") % {"code": new.code}, _("Remove one row."))
            )
        seen.add(new.code)
    if faults:
        raise Invalid(*faults)


def tag_faults(new: NewTag) -> list[Fault]:
    """Faults of one tag with its alarms."""
    unknown = [f for f in new.values if f not in CHANGEABLE]
    if unknown:
        return [Fault(f, _("There is no such field."), _("Leave it out.")) for f in unknown]
    # A number that no other tag has, so that an alarm that refers to tag 1 is not taken to refer to its own.
    tag = Tag(pk=config.MAX_TAG_NUMBER - 1, code=new.code, order=0, **new.values)
    return [*_sense(tag), *(f for i, alarm in enumerate(new.alarms) for f in alarm_faults(tag, alarm, f"alarms.{i}."))]


def _need_sense_of(tag: Tag) -> None:
    if faults := _sense(tag):
        raise Invalid(*faults)


def _sense(tag: Tag) -> list[Fault]:
    # The engine says what is wrong with a code; the rest of the row must fit its columns.
    found = field_faults(tag, exclude=("feed", "organisation", "code"))
    for name, least, most in (("longitude", -180, 180), ("latitude", -90, 90)):
        value = getattr(tag, name)
        if isinstance(value, float) and not (math.isfinite(value) and least <= value <= most):
            found.append(Fault(name, _("%(value)s does not fit.") % {"value": value}, f"{least} – {most}"))
    if found:
        return found
    try:
        asked = msgspec.convert(msgspec.to_builtins(tag_config(tag, ())), config.TagConfig)
    except (msgspec.ValidationError, ValueError, TypeError) as fault:
        return [Fault("conversion_basis" if "molar" in str(fault) else "states", str(fault), _("Correct this value."))]
    return [engine_fault(text) for text in config.faults(asked)]


def _feed(a: Act, uuid: UUID) -> Feed:
    return a.get(Feed.objects.filter(deleted_at=None).select_related("organisation"), "tag.edit", uuid=uuid)


def _visible_feed(actor: Actor, uuid: UUID, now: datetime) -> Feed:
    """The feed of a bulk act, checked before the first of its transactions."""
    feed = Feed.objects.filter(deleted_at=None, uuid=uuid).select_related("organisation").first()
    if feed is None:
        raise NotFound(_("Not found."))
    Act(actor, "tag.enter", now).permit("tag.edit", feed.org_path)
    return feed
