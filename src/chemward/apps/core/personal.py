"""Personal data at rest: encrypted with a key that is not in the database, shown masked unless the role may see more."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


def encrypt(text: str) -> str:
    """Cipher text (base64 of nonce + AES-256-GCM) of a personal datum; empty stays empty."""
    if not text:
        return ""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(_key()).encrypt(nonce, text.encode(), None)).decode()


def decrypt(cipher: str) -> str:
    """The datum. ValueError when the key is not the one it was encrypted with."""
    if not cipher:
        return ""
    raw = base64.b64decode(cipher)
    try:
        return AESGCM(_key()).decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
    except InvalidTag:
        raise ValueError("personal data was encrypted with another key; restore secrets.json of its installation") from None


def masked(text: str, *, head: int = 3, tail: int = 4) -> str:
    """The datum with its middle hidden.

    >>> masked("13800001234"), masked("12")
    ('138****1234', '**')
    """
    if len(text) <= head + tail:
        return "*" * len(text)
    return f"{text[:head]}{'*' * (len(text) - head - tail)}{text[-tail:]}"


def _key() -> bytes:
    return base64.urlsafe_b64decode(settings.INSTALLATION.secrets()["personal_data_key"])
