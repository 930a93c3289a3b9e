"""Opening, changing and closing feeds."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Invalid, NotFound
from chemward.apps.core.models import Organisation
from chemward.apps.monitoring.actions.common import change as put
from chemward.apps.monitoring.actions.common import field_faults, need_number, need_text, need_version
from chemward.apps.monitoring.actions.config import announce_credential, announce_feed
from chemward.apps.monitoring.models import Feed, FeedKind

ALPHABET = string.ascii_lowercase + string.digits
CHANGEABLE = ("name", "kind", "lateness_s", "period_s", "max_skew_s", "note", "external_key")
BOUNDS = {"lateness_s": (0, 7 * 86_400), "period_s": (0.1, 86_400), "max_skew_s": (1, 86_400)}


def new_key() -> str:
    """An opaque feed number, 10 letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def create(actor: Actor, organisation: UUID, name: str, *, kind: str = FeedKind.MQTT, now: datetime, **settings: Any) -> Feed:
    """A new feed of an enterprise, in force at the workers within two seconds. settings: as CHANGEABLE."""
    with act(actor, "feed.create", now=now) as a:
        owner = Organisation.objects.filter(uuid=organisation, deleted_at=None).first()
        if owner is None:
            raise NotFound(_("Not found."))
        a.permit("feed.edit", owner.path)
        feed = Feed(organisation=owner, key=new_key(), name=need_text("name", name), kind=kind)
        put(feed, settings, CHANGEABLE)
        _check(feed)
        feed.save()
        a.record(feed, {"name": (None, feed.name), "key": (None, feed.key), "kind": (None, feed.kind)})
        announce_feed(a, feed)
        return feed


def change(actor: Actor, uuid: UUID, values: Mapping[str, Any], *, version: int | None = None, now: datetime) -> Feed:
    """Change settings of a feed. version: as the caller saw it."""
    with act(actor, "feed.change", now=now) as a:
        feed = _get(a, uuid)
        need_version(feed, version)
        differing = put(feed, values, CHANGEABLE)
        if not differing:
            return feed
        _check(feed)
        return _store(a, feed, differing)


def deactivate(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Feed:
    """Close a feed: its connections are cut, what it sends is refused. Repeated it does nothing."""
    words = need_text("reason", reason, _("Say why the feed is closed."))
    with act(actor, "feed.deactivate", now=now) as a:
        feed = _get(a, uuid)
        if not feed.is_active:
            return feed
        feed.is_active = False
        _store(a, feed, {"is_active": (True, False)}, reason=words)
        # The door asks only for credentials: announced anew they make it look at the feed again.
        for credential in feed.credentials.filter(revoked_at=None).select_related("feed"):
            announce_credential(a, credential)
        return feed


def reactivate(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Feed:
    """Open a closed feed again."""
    words = need_text("reason", reason, _("Say why the feed is opened again."))
    with act(actor, "feed.reactivate", now=now) as a:
        feed = _get(a, uuid)
        if feed.is_active:
            return feed
        feed.is_active = True
        return _store(a, feed, {"is_active": (False, True)}, reason=words)


def _get(a: Act, uuid: UUID) -> Feed:
    return a.get(Feed.objects.filter(deleted_at=None).select_related("organisation"), "feed.edit", uuid=uuid)


def _store(a: Act, feed: Feed, differing: Mapping[str, tuple[Any, Any]], reason: str = "") -> Feed:
    feed.version += 1
    feed.save()
    a.record(feed, differing, reason=reason)
    announce_feed(a, feed)
    return feed


def _check(feed: Feed) -> None:
    need_text("name", feed.name)
    if faults := field_faults(feed, exclude=("organisation",)):
        raise Invalid(*faults)
    for field, (least, most) in BOUNDS.items():
        need_number(field, getattr(feed, field), least, most)
