"""Which hours of the hourly table are out of date.

An hour is dirty from the first sample that touches it until it has been aggregated after the last one. The list is stored before the
samples are, so a crash leaves an hour too many in it, never one too few; dirty hours are answered from the samples themselves.
"""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from chemward.telemetry.historian.answers import Int64
from chemward.telemetry.historian.schema import DATABASE, HOUR_MS
from chemward.telemetry.historian.sessions import Sessions

# After its end an hour is left alone for a moment (samples in flight), and late samples do not make it be aggregated again at once.
SETTLE_MS = 60_000
AGAIN_AFTER_MS = 600_000


class DirtyHours:
    """The dirty hours (start in ms), mirrored in a table. The caller holds the store's write lock for `touch` and `clean`."""

    def __init__(self, sessions: Sessions, hold_ms: int) -> None:
        self._sessions = sessions
        self._hold_ms = hold_ms
        self._touches: dict[int, int] = {}  # hour → how often touched: whether it changed while being aggregated
        self._done_at: dict[int, int] = {}
        for hour in sessions.table(f"select hour from {DATABASE}.dirty final where is_dirty")["hour"].to_pylist():
            self._touches[hour] = 0

    def touch(self, ts: Int64) -> None:
        """Samples at these times are about to be stored."""
        # A sample speaks for its hour and for what its hold reaches of the next.
        hours = np.unique(np.concatenate((ts, ts + self._hold_ms)) // HOUR_MS * HOUR_MS).tolist()
        if added := [hour for hour in hours if hour not in self._touches]:
            self._write(added, is_dirty=1)
        for hour in hours:
            self._touches[hour] = self._touches.get(hour, 0) + 1

    def within(self, from_ms: int, to_ms: int) -> list[int]:
        """Dirty hours that begin in the span."""
        return sorted(hour for hour in tuple(self._touches) if from_ms <= hour < to_ms)

    def due(self, now_ms: int) -> list[int]:
        """Dirty hours that are over and not aggregated a moment ago."""
        return sorted(
            hour
            for hour in tuple(self._touches)
            if hour + HOUR_MS + SETTLE_MS <= now_ms and now_ms - self._done_at.get(hour, -AGAIN_AFTER_MS) >= AGAIN_AFTER_MS
        )

    def touches(self, hour: int) -> int:
        return self._touches.get(hour, 0)

    def clean(self, hour: int, touches: int, now_ms: int) -> bool:
        """The hour has been aggregated as of so many touches. False when it has been touched since: it stays dirty."""
        self._done_at[hour] = now_ms
        if self._touches.get(hour) != touches:
            return False
        self._write([hour], is_dirty=0)
        del self._touches[hour]
        return True

    def forget_done(self, now_ms: int) -> None:
        """Drop the memory of when hours were aggregated where it no longer matters."""
        self._done_at = {hour: at for hour, at in self._done_at.items() if now_ms - at < AGAIN_AFTER_MS}

    def _write(self, hours: Iterable[int], *, is_dirty: int) -> None:
        rows = pa.table({"hour": pa.array(hours, pa.int64())})
        self._sessions.insert(f"{DATABASE}.dirty", f"hour, {is_dirty}", rows)


def spans_of(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring hours as spans [ms]."""
    spans: list[tuple[int, int]] = []
    for hour in sorted(hours):
        if spans and spans[-1][1] == hour:
            spans[-1] = (spans[-1][0], hour + HOUR_MS)
        else:
            spans.append((hour, hour + HOUR_MS))
    return spans
