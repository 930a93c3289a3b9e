"""Samples for tests of the historian, and plain reckonings to compare its answers with."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from chemward.protocols.telemetry.batch import Batch, BatchHeader, decode, encode
from chemward.telemetry.historian.store import ChdbHistorian

MIDNIGHT = 1_790_035_200_000  # 2026-09-22 00:00 UTC
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Sample = tuple[int, int, float, int]  # tag, ts, value, quality


def batch(step: int, samples: Iterable[Sample], texts: Mapping[int, str] | None = None, *, partition: int = 0) -> Batch:
    """A step's batch as it comes off the bus."""
    rows = list(samples)
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    header = BatchHeader(partition, step, now_ms=MIDNIGHT + step, cfg_seq=0)
    return decode(encode(header, *columns, texts))


@dataclass
class Feed:
    """Appends to a store step after step, and knows what must be in it."""

    store: ChdbHistorian
    steps: Iterable[int] = field(default_factory=lambda: itertools.count(1))
    known: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)

    def send(self, samples: Iterable[Sample], texts: Mapping[int, str] | None = None) -> Batch:
        rows = list(samples)
        sent = batch(next(iter(self.steps)), rows, texts)
        self.store.append([sent])
        for tag, ts, value, quality in rows:
            self.known[tag, ts] = (value, quality)
        return sent

    def of(self, tag: int, from_ms: int = 0, to_ms: int = 2**62) -> list[tuple[int, float, int]]:
        """Samples of a tag in order of time."""
        return sorted((ts, *sample) for (t, ts), sample in self.known.items() if t == tag and from_ms <= ts < to_ms)


def read_back(store: ChdbHistorian, tags: list[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> list[Sample]:
    return [
        (row["tag"], row["ts"], row["value"], row["quality"])
        for chunk in store.raw(tags, from_ms, to_ms, limit)
        for row in chunk.to_pylist()
    ]


def expected_hour(samples: list[tuple[int, float, int]], hour: int, hold_ms: int) -> dict[str, float]:
    """Aggregates of one hour by the plainest reckoning. samples: all of the tag, in order of time."""
    own = [s for s in samples if hour <= s[0] < hour + HOUR]
    fine = [value for _, value, quality in own if quality & 3 < 2 and math.isfinite(value)]
    seconds = [0.0, 0.0, 0.0]
    for (ts, _, quality), following in itertools.zip_longest(samples, samples[1:]):
        until = min(ts + hold_ms, following[0] if following else ts + hold_ms)
        stood = min(until, hour + HOUR) - max(ts, hour)
        if stood > 0:
            seconds[min(quality & 3, 2)] += stood / 1000
    nan = float("nan")
    return {
        "count": len(own),
        "min": min(fine, default=nan),
        "max": max(fine, default=nan),
        "mean": float(np.mean(fine)) if fine else nan,
        "first": own[0][1] if own else nan,
        "last": own[-1][1] if own else nan,
        "last_ts": own[-1][0] if own else 0,
        "good_s": seconds[0],
        "uncertain_s": seconds[1],
        "bad_s": seconds[2],
    }
