"""Issuing and revoking the keys of feeds."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid, WrongState
from chemward.apps.monitoring.actions.common import need_text
from chemward.apps.monitoring.actions.config import announce_credential
from chemward.apps.monitoring.models import Credential, Feed, FeedKind

SECRET_BYTES = 32


@dataclass(frozen=True)
class Issued:
    """A new credential and its secret: the only time that anybody sees it."""

    credential: Credential
    secret: str


def issue(actor: Actor, feed: UUID, *, kinds: Sequence[str] = (), name: str = "", now: datetime) -> Issued:
    """A key for a feed, 256 bit. kinds: the doors it opens; by default the feed's own kind."""
    with act(actor, "credential.issue", now=now) as a:
        owner = a.get(Feed.objects.filter(deleted_at=None).select_related("organisation"), "credential.issue", uuid=feed)
        if not owner.is_active:
            raise WrongState(_("This feed is closed."), remedy=_("Open the feed first."))
        doors = _doors(kinds or [owner.kind])
        secret = secrets.token_urlsafe(SECRET_BYTES)
        credential = Credential(
            organisation=owner.organisation,
            feed=owner,
            key_id=f"k{secrets.token_hex(8)}",
            name=name.strip(),
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            kinds=doors,
            issued_by=actor.user,
            issued_at=now,
        )
        credential.save()
        a.record(credential, {"feed": (None, owner.key), "kinds": (None, doors)})
        announce_credential(a, credential)
        return Issued(credential, secret)


def revoke(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Credential:
    """End a key: its sessions are cut within two seconds. Repeated it does nothing."""
    words = need_text("reason", reason, _("Say why the key is revoked."))
    with act(actor, "credential.revoke", now=now) as a:
        rows = Credential.objects.select_related("feed", "organisation")
        credential = a.get(rows, "credential.issue", uuid=uuid)
        if credential.revoked_at is not None:
            return credential
        credential.revoked_at, credential.revoked_by = now, actor.user
        credential.version += 1
        credential.save()
        a.record(credential, {"revoked_at": (None, now)}, reason=words)
        announce_credential(a, credential)
        return credential


def _doors(kinds: Sequence[str]) -> list[str]:
    unknown = [k for k in kinds if k not in FeedKind.values]
    if unknown:
        raise Invalid(
            Fault("kinds", _("There is no such door: %(kinds)s.") % {"kinds": ", ".join(unknown)}, ", ".join(FeedKind.values))
        )
    return sorted(set(kinds))
