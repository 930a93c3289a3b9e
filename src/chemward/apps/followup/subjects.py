"""Where the page of a subject is. Rooms register the kinds of their records at start."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import NoReverseMatch

UrlOf = Callable[[str], str]
_urls: dict[str, UrlOf] = {}


def register(kind: str, url_of: UrlOf) -> None:
    """`kind` is `app.model`; `url_of` takes the public id."""
    _urls[kind] = url_of


def url(kind: str, identity: str) -> str:
    """The page of a subject, empty when nobody shows such things."""
    if kind not in _urls:
        return ""
    try:
        return _urls[kind](identity)
    except NoReverseMatch:
        return ""
