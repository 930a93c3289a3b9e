"""The rail and the pages behind it, as data that apps add to at start."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from chemward.apps.core.scope import Scope


@dataclass(frozen=True)
class Entry:
    """One page in the navigation. `section` names the rail entry it belongs to; a rail entry is its own section."""

    section: str
    label: str | Promise
    icon: str
    view: str
    capability: str = ""
    order: int = 100
    is_rail: bool = False


@dataclass(frozen=True)
class Shown:
    entry: Entry
    url: str
    is_current: bool


_entries: list[Entry] = []


def add(*entries: Entry) -> None:
    """Add pages (called from `AppConfig.ready`)."""
    _entries.extend(e for e in entries if e not in _entries)


def shown(scope: Scope, path: str) -> list[Shown]:
    """What this scope sees, in order; the entry whose address is the longest prefix of `path` is current."""
    seen = [e for e in sorted(_entries, key=lambda e: e.order) if not e.capability or scope.has(e.capability)]
    with_urls = [(e, _url(e)) for e in seen]
    # Every address begins with "/": the first page is current only on itself.
    best = max((u for _, u in with_urls if u and (path == u or (u != "/" and path.startswith(u)))), key=len, default="")
    section = next((e.section for e, u in with_urls if u and u == best), "")
    return [Shown(e, u, u == best or (e.is_rail and e.section == section)) for e, u in with_urls if u]


def _url(entry: Entry) -> str:
    try:
        return reverse(entry.view)
    except NoReverseMatch:
        return ""
