"""The historian's store: what any backend must be able to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from chemward.protocols.telemetry.batch import Batch
from chemward.telemetry.historian.answers import Appended, Day, Position, Trend, Values


class Historian(Protocol):
    """History of all tags. Same tag and time twice: the last one stored wins. Safe to call from several threads.

    Spans are half open, `from_ms` ≤ t < `to_ms` [ms UTC]. `tags` None means all tags.
    """

    def append(self, batches: Sequence[Batch], position: Position | None = None) -> Appended:
        """Store batches in order, durably, before returning. A step stored before is skipped.

        position: up to where the stream has been read with these batches; kept with them.
        """

    def position(self, stream: str) -> Position | None:
        """Up to where this stream has been stored, None at the very beginning."""

    def raw(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        """Samples ordered by time, then tag, in chunks of SAMPLES_SCHEMA; archived days are read as well."""

    def texts(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> pa.Table:
        """Texts ordered by time, then tag (TEXTS_SCHEMA)."""

    def trend(self, tags: Sequence[int], from_ms: int, to_ms: int, n: int, gap_ms: int | None = None) -> list[Trend]:
        """Each tag's samples thinned to at most n points that keep extremes, ends, bad quality and gaps."""

    def hourly(self, tags: Sequence[int] | None, from_ms: int, to_ms: int) -> pa.Table:
        """Aggregates of the hours that begin in the span (HOURLY_SCHEMA), ordered by tag, hour."""

    def at(self, tags: Sequence[int] | None, when_ms: int) -> Values:
        """The newest sample of each tag at or before a moment."""

    def last_all(self) -> Values:
        """The newest sample of every tag, from memory."""

    def days(self) -> list[Day]:
        """Days that have history, oldest first."""

    def roll_up(self, now_ms: int) -> int:
        """Bring closed hours with new samples into the table of hourly aggregates. Returns hours done. Call each minute."""

    def apply_retention(self, keep_days: int, now_ms: int) -> list[str]:
        """Export days older than the limit to Parquet, verify, drop. Returns the days archived. Call each hour."""

    def backup(self, target: Path) -> None:
        """Write a consistent copy of everything to an empty folder."""

    def close(self) -> None:
        """Let go of the file; nothing more may be asked."""
