"""Lists of tag codes, recognised again: a device sends the same list in message after message.

The decoder keys them by their raw bytes (columnar JSON, binary tables) or by the tuple of codes, so that a known list costs one
hash look-up, and whoever resolves codes to numbers does it once per list.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from chemward.protocols.telemetry.faults import Faults

MAX_CODE = 64
_MAX_WEIGHT = 32 << 20  # bytes of keys that are remembered: hostile senders make new lists without end


class TagList:
    """Codes of the samples of a message, in order. Compared by identity: the cache gives the same object for the same list."""

    __slots__ = ("codes", "faults")

    def __init__(self, codes: Sequence[Any]) -> None:
        self.faults = Faults()
        checked = []
        for index, code in enumerate(codes):
            problem = _problem(code)
            if problem:
                self.faults.add(index, "tag", problem, code)
            checked.append("" if problem else code)
        self.codes: tuple[str, ...] = tuple(checked)

    def __len__(self) -> int:
        return len(self.codes)


class TagListCache:
    """Known lists by key; forgets everything when the keys grow beyond a bound."""

    def __init__(self, max_weight: int = _MAX_WEIGHT) -> None:
        self._lists: dict[Hashable, TagList] = {}
        self._weight = 0
        self._max_weight = max_weight

    def __len__(self) -> int:
        return len(self._lists)

    def get(self, key: Hashable, weight: int, codes: Callable[[], Sequence[Any]]) -> TagList:
        """The list of this key; `codes` is asked only for an unknown one. `weight` is about the bytes that the key holds."""
        known = self._lists.get(key)
        if known is not None:
            return known
        made = TagList(codes())
        if self._weight + weight > self._max_weight:
            self._lists.clear()
            self._weight = 0
        if weight <= self._max_weight:
            self._lists[key] = made
            self._weight += weight
        return made


def _problem(code: Any) -> str | None:
    if code is None or code == "":
        return "missing_tag"
    if not isinstance(code, str) or len(code) > MAX_CODE or not code.isprintable():
        return "bad_tag"
    return None
