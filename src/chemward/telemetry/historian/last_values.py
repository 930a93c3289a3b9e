"""The newest sample of every tag, in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chemward.telemetry.historian.answers import Float64, Int32, Int64, UInt8, Values

BEFORE_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples in order of arrival, columns of one length; texts by index."""

    tag: Int32
    ts: Int64
    value: Float64
    quality: UInt8
    texts: Mapping[int, str]


class LastValues:
    """Keeps per tag the sample with the newest time; of two with the same time, the one that came last.

    Safe to read while another thread puts.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tag = np.empty(0, np.int32)
        self._ts = np.empty(0, np.int64)
        self._value = np.empty(0, np.float64)
        self._quality = np.empty(0, np.uint8)
        self._texts: dict[int, str] = {}

    def newer(self, samples: Samples) -> Values:
        """Which of these samples replace a known one: at most one per tag, ordered by tag."""
        # In order of time and, within one time, of arrival: then the last one of each tag is the newest.
        order = np.argsort(samples.ts, kind="stable")
        order = order[np.argsort(samples.tag[order], kind="stable")]
        tag = samples.tag[order]
        ends = np.flatnonzero(np.append(tag[1:] != tag[:-1], True)) if len(tag) else np.empty(0, np.int64)
        chosen = order[ends]
        chosen = chosen[samples.ts[chosen] >= self._known_ts(samples.tag[chosen])]
        texts = {int(samples.tag[i]): samples.texts[i] for i in map(int, chosen) if i in samples.texts} if samples.texts else {}
        return Values(samples.tag[chosen], samples.ts[chosen], samples.value[chosen], samples.quality[chosen], texts)

    def put(self, newer: Values) -> None:
        """Take what `newer` answered."""
        if not len(newer):
            return
        with self._guard:
            self._add(np.setdiff1d(newer.tag, self._tag))
            slot = np.searchsorted(self._tag, newer.tag)
            self._ts[slot], self._value[slot], self._quality[slot] = newer.ts, newer.value, newer.quality
            for tag in self._texts.keys() & set(newer.tag.tolist() if self._texts else ()):
                del self._texts[tag]
            self._texts.update(newer.texts)

    def all(self) -> Values:
        """A copy of everything, ordered by tag."""
        with self._guard:
            return Values(self._tag.copy(), self._ts.copy(), self._value.copy(), self._quality.copy(), dict(self._texts))

    def _known_ts(self, tags: Int32) -> Int64:
        with self._guard:
            if not len(self._tag):
                return np.full(len(tags), BEFORE_TIME, np.int64)
            slot = np.minimum(np.searchsorted(self._tag, tags), len(self._tag) - 1)
            return np.where(self._tag[slot] == tags, self._ts[slot], BEFORE_TIME)

    def _add(self, tags: Int32) -> None:
        """Make room for tags not yet known, with a time before any other."""
        if not len(tags):
            return
        place = np.searchsorted(self._tag, tags)
        self._tag = np.insert(self._tag, place, tags)
        self._ts = np.insert(self._ts, place, BEFORE_TIME)
        self._value = np.insert(self._value, place, np.nan)
        self._quality = np.insert(self._quality, place, 0)
