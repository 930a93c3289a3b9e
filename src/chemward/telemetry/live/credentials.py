"""Credentials of devices in memory: who may come in at which door, for which feed. Pure."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, field

import msgspec

log = logging.getLogger(__name__)


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """The message `cfg.credential.<id>`. kinds: doors "mqtt", "http", "native"."""

    id: str
    feed: str
    secret_sha256: str
    kinds: tuple[str, ...] = ("mqtt", "http", "native")
    active: bool = True
    version: int = 0


_decoder = msgspec.json.Decoder(Credential)


@dataclass
class Credentials:
    """All credentials, by id and by the digest of their secret."""

    by_id: dict[str, Credential] = field(default_factory=dict)
    _by_digest: dict[str, str] = field(default_factory=dict)

    def apply(self, data: bytes) -> str | None:
        """Take a message; the id of a credential whose sessions must be cut: revoked, re-issued, moved to another feed or barred from a door."""
        try:
            new = _decoder.decode(data)
        except msgspec.MsgspecError as fault:
            log.error("a credential cannot be read: %s", fault)
            return None
        old = self.by_id.get(new.id)
        if old is not None:
            self._by_digest.pop(old.secret_sha256, None)
        self.by_id[new.id] = new
        if new.active:
            self._by_digest[new.secret_sha256] = new.id
        if old is None:
            return None if new.active else new.id
        is_narrowed = (
            not new.active or (old.secret_sha256, old.feed) != (new.secret_sha256, new.feed) or set(old.kinds) - set(new.kinds)
        )
        return new.id if is_narrowed else None

    def check(self, id_: str, secret: str, door: str) -> Credential | None:
        """The credential of this id when the secret is right, it is active and meant for this door."""
        found = self.by_id.get(id_)
        digest = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
        if found is None or not found.active or door not in found.kinds:
            return None
        return found if hmac.compare_digest(found.secret_sha256, digest) else None

    def by_secret(self, secret: str, door: str) -> Credential | None:
        """The active credential with this secret (256 random bits, so the secret alone names it)."""
        id_ = self._by_digest.get(hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest())
        return self.check(id_, secret, door) if id_ is not None else None
