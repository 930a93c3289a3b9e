"""The token of a browser's live stream: made by the web process, verified here; both share the installation's live key.

`base64url(JSON {u, caps, iat, exp}) "." base64url(HMAC-SHA256)`; iat and exp in ms.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

LIFE_MS = 10 * 60 * 1000
MAX_LENGTH = 16_384


class TokenRefused(ValueError):
    """The token is forged, over, or older than the user's rights; the text says which."""


class _Claims(msgspec.Struct):
    u: int
    caps: dict[str, list[str]]
    iat: int
    exp: int


@dataclass(frozen=True)
class Claims:
    """user: database id. caps: capability → paths of the organisation tree ("" is the root). issued_ms, expires_ms [ms UTC]."""

    user: int
    caps: Mapping[str, tuple[str, ...]]
    issued_ms: int
    expires_ms: int

    def sees(self, capability: str, org_path: str) -> bool:
        """Whether the holder has this capability at this place."""
        return any(org_path.startswith(path) for path in self.caps.get(capability, ()))


_decoder = msgspec.json.Decoder(_Claims)


def make(key: str, user: int, caps: Mapping[str, Iterable[str]], now_ms: int, life_ms: int = LIFE_MS) -> str:
    """A token for `user`, valid from `now_ms` for `life_ms`. caps: capability → organisation paths."""
    claims = _Claims(user, {name: list(paths) for name, paths in caps.items()}, now_ms, now_ms + life_ms)
    body = _base64(msgspec.json.encode(claims))
    return f"{body}.{_base64(_digest(key, body))}"


def verify(key: str, token: str, now_ms: int, epoch_ms: int = 0) -> Claims:
    """The claims of a token. epoch_ms: tokens made before it are refused. TokenRefused otherwise."""
    body, _, mark = token.partition(".")
    if len(token) > MAX_LENGTH or not hmac.compare_digest(mark.encode(), _base64(_digest(key, body)).encode()):
        raise TokenRefused("the live token is not genuine; load the page again")
    try:
        read = _decoder.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (msgspec.MsgspecError, binascii.Error, ValueError) as fault:
        raise TokenRefused("the live token cannot be read; load the page again") from fault
    if now_ms >= read.exp:
        raise TokenRefused("the live token is over; ask /api/v1/live-token for another")
    if read.iat < epoch_ms:
        raise TokenRefused("rights or session changed since the live token was made; sign in again")
    return Claims(read.u, {name: tuple(paths) for name, paths in read.caps.items()}, read.iat, read.exp)


def _digest(key: str, body: str) -> bytes:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
