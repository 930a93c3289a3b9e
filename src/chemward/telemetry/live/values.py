"""The last value of every tag, and which changed since when. Pure arrays, no work per tag in Python but for what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

NEVER = -(2**62)


class LastValues:
    """Per tag the sample with the newest source time; of equal times the one that came last.

    version: grows with every batch, so that a client can ask what changed since it last looked.
    """

    def __init__(self) -> None:
        self.version = 0
        self._slot_of: npt.NDArray[np.int32] = np.full(1024, -1, np.int32)  # by tag number
        self._used = 0
        self._tag = np.zeros(1024, np.int32)
        self._ts = np.full(1024, NEVER, np.int64)
        self._value = np.full(1024, np.nan)
        self._quality = np.zeros(1024, np.uint8)
        self._changed = np.zeros(1024, np.int64)
        self._latest = np.zeros(1024, np.int64)
        self._texts: dict[int, str] = {}

    def __len__(self) -> int:
        return self._used

    def put(
        self,
        tag: npt.NDArray[np.int32],
        ts: npt.NDArray[np.int64],
        value: npt.NDArray[np.float64],
        quality: npt.NDArray[np.uint8],
        texts: Mapping[int, str] | None = None,
    ) -> None:
        """Take samples in order of arrival, columns of one length; texts by index."""
        if not len(tag):
            return
        self.version += 1
        slot = self._slots(tag)
        index = np.flatnonzero(ts >= self._ts[slot])
        # The last one of each tag is taken; an earlier one with a newer time, which is rare, in the next round.
        while len(index):
            own = slot[index]
            self._latest[own] = index
            chosen = index[self._latest[own] == index]
            own = slot[chosen]
            self._ts[own], self._value[own], self._quality[own] = ts[chosen], value[chosen], quality[chosen]
            self._changed[own] = self.version
            self._put_texts(chosen, own, value, texts)
            index = index[ts[index] > self._ts[slot[index]]]

    def _put_texts(self, chosen: Any, own: Any, value: Any, texts: Mapping[int, str] | None) -> None:
        if not texts and not self._texts:
            return
        for index, slot in zip(chosen.tolist(), own.tolist(), strict=True):
            if np.isnan(value[index]):
                self._texts.pop(slot, None)
                if texts and index in texts:
                    self._texts[slot] = texts[index]

    def slots(self, tags: Sequence[int]) -> npt.NDArray[np.int32]:
        """Rows of these tags, made where they are missing, so that a client may wait for a tag's first sample."""
        return self._slots(np.asarray(tags, np.int32))

    def rows(self, slots: npt.NDArray[np.int32], since: int = 0) -> list[list[Any]]:
        """`[tag, ts_ms, value or text or null, quality]` of rows that changed after version `since`."""
        changed = slots[self._changed[slots] > since]
        value = self._value[changed]
        shown: list[Any] = value.tolist()
        for place in np.flatnonzero(~np.isfinite(value)).tolist():
            shown[place] = self._texts.get(int(changed[place]))
        columns = (self._tag[changed].tolist(), self._ts[changed].tolist(), shown, self._quality[changed].tolist())
        return [list(row) for row in zip(*columns, strict=True)]

    def _slots(self, tag: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        highest = int(tag.max(initial=0))
        if highest >= len(self._slot_of):
            self._slot_of = _grown(self._slot_of, highest + 1, -1)
        slot = self._slot_of[tag]
        if (slot < 0).any():
            fresh = np.unique(tag[slot < 0])
            self._add(fresh)
            slot = self._slot_of[tag]
        return slot

    def _add(self, tags: npt.NDArray[np.int32]) -> None:
        first, self._used = self._used, self._used + len(tags)
        size = self._used
        self._tag, self._quality = _grown(self._tag, size, 0), _grown(self._quality, size, 0)
        self._ts, self._value = _grown(self._ts, size, NEVER), _grown(self._value, size, np.nan)
        self._changed, self._latest = _grown(self._changed, size, 0), _grown(self._latest, size, 0)
        self._tag[first:size] = tags
        self._slot_of[tags] = np.arange(first, size, dtype=np.int32)


def _grown(old: npt.NDArray[Any], size: int, fill: float) -> npt.NDArray[Any]:
    if len(old) >= size:
        return old
    grown = np.full(max(size, 2 * len(old)), fill, old.dtype)
    grown[: len(old)] = old
    return grown
