"""Ed25519 keys and signed claims in the form the bus server reads (nkeys and its JSON web tokens)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nkeys
import orjson

_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


@dataclass(frozen=True)
class Issuer:
    """The account key that signs what a device may do. public: its nkey, which stands in the server's configuration."""

    pair: nkeys.KeyPair
    public: str

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token of these claims; `iss` and `jti` are added."""
        body = {**claims, "iss": self.public}
        digest = hashlib.sha256(orjson.dumps(body)).digest()
        body["jti"] = base64.b32encode(digest).decode().rstrip("=")
        signed = f"{_base64(orjson.dumps(_HEADER))}.{_base64(orjson.dumps(body))}"
        return f"{signed}.{_base64(self.pair.sign(signed.encode()))}"


@lru_cache(maxsize=8)
def issuer(seed_hex: str) -> Issuer:
    """The issuer made from 32 bytes (hex): secret `bus_issuer_seed` of the installation."""
    pair = nkeys.from_seed(nkeys.encode_seed(bytes.fromhex(seed_hex), nkeys.PREFIX_BYTE_ACCOUNT))
    return Issuer(pair, pair.public_key.decode())


def claims_of(token: str) -> dict[str, Any]:
    """The claims in a token, its signature unchecked (the bus server's own requests come over a connection of its own account).

    Raises ValueError when it is not a token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not a token of three parts")
    claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    if not isinstance(claims, dict):
        raise ValueError("the claims of a token must be an object")
    return claims


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
