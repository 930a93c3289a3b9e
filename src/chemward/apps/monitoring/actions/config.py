"""What the workers are told: feeds, credentials and pages of tags, exactly as `telemetry.engine.config` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import F, Prefetch

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.monitoring.models import AlarmDefinition, Credential, Feed, LimitVersion, Tag, TagPage
from chemward.protocols.telemetry.units import canonical, conversions_for
from chemward.telemetry.bus import subjects
from chemward.telemetry.engine import config

BASIS = ("molar_mass", "lel_pct_vol", "molar_volume")


def conversions(unit: str, basis: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Units a device may send instead of `unit` → (factor, offset). Other spellings and the unit itself are left to the reader."""
    known = {name: float(basis[name]) for name in BASIS if basis.get(name)}
    table = conversions_for(unit, **known)
    return {u: (t[0], t[1]) for u, t in table.items() if canonical(u) == u and u != canonical(unit)}


def alarm_config(definition: AlarmDefinition) -> config.AlarmConfig:
    """A definition as the engine reads it."""
    suppress = None if definition.suppress is None else msgspec.convert(definition.suppress, config.Condition)
    return config.AlarmConfig(
        id=str(definition.uuid),
        type=definition.type,  # type: ignore[arg-type]
        limit=definition.limit,
        deadband=definition.deadband,
        on_s=definition.on_s,
        off_s=definition.off_s,
        count=definition.count,
        window_s=definition.window_s,
        latch=definition.is_latched,
        priority=definition.priority,
        level=definition.level,
        title=definition.title,
        reference=definition.reference_id,
        suppress=suppress,
        reason=definition.suppress_reason,
        enabled=definition.is_enabled,
        major_hazard=definition.is_major_hazard,
    )


def tag_config(tag: Tag, definitions: Iterable[AlarmDefinition]) -> config.TagConfig:
    """A tag with its alarms as worker and engine read it."""
    return config.TagConfig(
        n=tag.n,
        code=tag.code,
        name=tag.name,
        kind=tag.kind,  # type: ignore[arg-type]
        unit=tag.unit,
        conversions=conversions(tag.unit, tag.conversion_basis),
        lo=tag.lo,
        hi=tag.hi,
        period_s=tag.period_s,
        states=tag.states,
        org_path=tag.org_path,
        asset=str(tag.asset_uuid or ""),
        place=tag.place,
        alarms=tuple(alarm_config(d) for d in definitions),
        enabled=tag.is_enabled and tag.deleted_at is None,
        frozen_s=tag.frozen_s,
        lon=tag.longitude,
        lat=tag.latitude,
    )


def page_config(feed: Feed, page: int, version: int) -> config.TagPage:
    """One page of a feed as it stands in the database (two queries)."""
    rows = (
        Tag.objects.filter(feed=feed, order__gte=page * config.PAGE_SIZE, order__lt=(page + 1) * config.PAGE_SIZE)
        .order_by("order")
        .prefetch_related(Prefetch("alarms", AlarmDefinition.objects.filter(deleted_at=None).order_by("id")))
    )
    tags = tuple(tag_config(tag, tag.alarms.all()) for tag in rows)
    return config.TagPage(feed=feed.key, page=page, version=version, tags=tags)


def feed_body(feed: Feed) -> dict[str, Any]:
    """The message `cfg.feed.<feed>`."""
    return {
        "feed": feed.key,
        "shard": feed.shard,
        "org_path": feed.org_path,
        "enterprise": feed.organisation.name,
        "name": feed.name,
        "lateness_s": feed.lateness_s,
        "period_s": feed.period_s,
        "max_skew_s": feed.max_skew_s,
        "active": feed.is_active,
        "version": feed.version,
    }


def credential_body(credential: Credential) -> dict[str, Any]:
    """The message `cfg.credential.<id>`."""
    return {
        "id": credential.key_id,
        "feed": credential.feed.key,
        "secret_sha256": credential.secret_sha256,
        "kinds": credential.kinds,
        "active": credential.is_active,
        "version": credential.version,
    }


def announce_feed(a: Act, feed: Feed) -> None:
    a.announce(subjects.feed_config(feed.key), feed_body(feed))


def announce_credential(a: Act, credential: Credential) -> None:
    a.announce(subjects.credential_config(credential.key_id), credential_body(credential))


def announce_pages(a: Act, feed: Feed, pages: Iterable[int], *, changed: Sequence[AlarmDefinition] = ()) -> None:
    """Write new versions of some pages of a feed.

    changed: definitions whose limits changed: they are in force when a worker says that it applied the page's new version.
    """
    for page in sorted(set(pages)):
        row = _next_version(feed, page, a.now)
        own = [d.pk for d in changed if d.tag.page == page]
        if own:
            AlarmDefinition.objects.filter(pk__in=own).update(page_version=row.version, in_force_since=None)
            LimitVersion.objects.filter(definition__in=own, page_version=0).update(page_version=row.version)
        body = page_config(feed, page, row.version)
        a.announce(subjects.tags_config(feed.key, page), compact(body))


def mark_dirty(feed: Feed, pages: Iterable[int], now: datetime) -> None:
    """Say in the transaction that changes rows that these pages must be announced; `announce_dirty` does it once for all."""
    for page in set(pages):
        TagPage.objects.get_or_create(feed=feed, page=page)
    TagPage.objects.filter(feed=feed, page__in=set(pages), dirty_since=None).update(dirty_since=now)


def announce_dirty(
    actor: Actor, *, now: datetime, feed: Feed | None = None, before: datetime | None = None, most: int | None = None
) -> int:
    """Announce the pages that imports left to be announced, one short transaction each. Returns how many.

    before: only pages dirty since before this moment (the clock leaves running imports alone). most: so many at most, the longest dirty first.
    """
    rows = TagPage.objects.exclude(dirty_since=None).select_related("feed", "feed__organisation")
    rows = rows if feed is None else rows.filter(feed=feed)
    rows = rows if before is None else rows.filter(dirty_since__lt=before)
    found = list(rows.order_by("dirty_since", "id")[:most])
    for row in found:
        with act(actor, "tag.announce", now=now) as a:
            changed = list(
                AlarmDefinition.objects.filter(
                    tag__feed=row.feed,
                    tag__order__gte=row.page * config.PAGE_SIZE,
                    tag__order__lt=(row.page + 1) * config.PAGE_SIZE,
                    page_version=0,
                ).select_related("tag")
            )
            announce_pages(a, row.feed, [row.page], changed=changed)
    return len(found)


def announce_everything(actor: Actor, *, now: datetime) -> int:
    """Announce every feed, credential and page anew (after a restore, or when the bus lost its streams). Returns the pages."""
    pages = 0
    for feed in Feed.objects.select_related("organisation").order_by("id"):
        with act(actor, "feed.announce", now=now) as a:
            announce_feed(a, feed)
            for credential in feed.credentials.select_related("feed"):
                announce_credential(a, credential)
        last = Tag.objects.filter(feed=feed).order_by("-order").values_list("order", flat=True).first()
        for page in range(0 if last is None else last // config.PAGE_SIZE + 1):
            with act(actor, "tag.announce", now=now) as a:
                announce_pages(a, feed, [page])
            pages += 1
    return pages


def compact(page: config.TagPage) -> dict[str, Any]:
    """A page as JSON without what the reader fills in by itself: a third of the size at 440,000 tags."""
    return {
        "feed": page.feed,
        "page": page.page,
        "version": page.version,
        "tags": [
            {
                **_told(tag, config.TagConfig, skip=("alarms",)),
                "alarms": [_told(alarm, config.AlarmConfig) for alarm in tag.alarms],
            }
            for tag in page.tags
        ],
    }


def _told(struct: Any, kind: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(struct)
    return {k: v for k, v in built.items() if k not in skip and (k not in _defaults(kind) or v != _defaults(kind)[k])}


_known_defaults: dict[Any, dict[str, Any]] = {}


def _defaults(kind: Any) -> dict[str, Any]:
    if kind not in _known_defaults:
        required = {"n": 0, "code": ""} if kind is config.TagConfig else {"id": "", "type": "H"}
        built = msgspec.to_builtins(kind(**required))
        _known_defaults[kind] = {k: v for k, v in built.items() if k not in required}
    return _known_defaults[kind]


def _next_version(feed: Feed, page: int, now: datetime) -> TagPage:
    """The page row with its version raised. Locked, so that two acts on a page cannot announce one over the other."""
    TagPage.objects.get_or_create(feed=feed, page=page)
    row = TagPage.objects.select_for_update().get(feed=feed, page=page)
    TagPage.objects.filter(pk=row.pk).update(version=F("version") + 1, announced_at=now, dirty_since=None)
    row.refresh_from_db()
    return row
