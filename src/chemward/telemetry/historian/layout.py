"""Which days lie where: in the store's table, in an archive file, or (late samples of an archived day) in both."""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chemward.telemetry.historian.answers import HistorianError
from chemward.telemetry.historian.schema import DATABASE, day_of, day_span, in_spans, of_tags

SAMPLE_FILE = "tag Int32, ts Int64, value Float64, quality UInt8"
TEXT_FILE = "tag Int32, ts Int64, text String"
EMPTY_SAMPLES = "select toInt32(0) as tag, toInt64(0) as t, toFloat64(0) as value, toUInt8(0) as quality where 0"
EMPTY_TEXTS = "select toInt32(0) as tag, toInt64(0) as t, '' as text where 0"


@dataclass(frozen=True, slots=True)
class ArchivedDay:
    """Where a day was exported to (names inside the archive folder) and what the export held. texts_file "" when it had none."""

    day: int
    file: str
    rows: int
    checksum: int
    texts_file: str
    texts_rows: int
    bytes: int


class Layout:
    """Readers ask for the source of samples and read it while no day is being moved; moving waits for readers."""

    def __init__(self, archive: Path, raw_days: set[int], archived: dict[int, ArchivedDay]) -> None:
        self.archive = archive
        self.raw_days = raw_days
        self.archived = archived
        self._turn = threading.Condition()
        self._readers = 0
        self._touches: dict[int, int] = {}

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        with self._turn:
            self._readers += 1
        try:
            yield
        finally:
            with self._turn:
                self._readers -= 1
                self._turn.notify_all()

    @contextlib.contextmanager
    def moving(self, patience_s: float) -> Iterator[None]:
        """Alone with the days. HistorianError when readers do not let go in time [s]: try later."""
        give_up_at = time.monotonic() + patience_s
        with self._turn:
            while self._readers:
                if not self._turn.wait(give_up_at - time.monotonic()) and self._readers:
                    raise HistorianError("history is being read without a pause; the day is dropped another time")
            yield

    def touch(self, days: Iterable[int]) -> None:
        """Samples of these days are about to be stored."""
        for day in days:
            self._touches[day] = self._touches.get(day, 0) + 1
            if day not in self.raw_days:
                # A new set, because readers walk the one they have.
                self.raw_days = self.raw_days | {day}

    def touches(self, day: int) -> int:
        """How often a day has been touched since the start: whether it changed while being exported."""
        return self._touches.get(day, 0)

    def known_days(self, from_ms: int, to_ms: int) -> list[int]:
        """Days in the span that have samples somewhere, oldest first."""
        if to_ms <= from_ms:
            return []
        first, last = day_of(from_ms), day_of(to_ms - 1)
        return sorted(day for day in self.raw_days | self.archived.keys() if first <= day <= last)

    def samples(self, tags: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> str:
        """Query of the samples of some tags in some spans, each tag and time once: columns tag, t [ms], value, quality."""
        columns = "tag, toUnixTimestamp64Milli(ts) as t, value, quality"
        return self._union("raw", columns, "tag, ts as t, value, quality", SAMPLE_FILE, EMPTY_SAMPLES, tags, spans)

    def texts(self, tags: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> str:
        """The same for texts: columns tag, t [ms], text."""
        columns = "tag, toUnixTimestamp64Milli(ts) as t, text"
        return self._union("texts", columns, "tag, ts as t, text", TEXT_FILE, EMPTY_TEXTS, tags, spans)

    def _union(
        self,
        table: str,
        columns: str,
        file_columns: str,
        structure: str,
        empty: str,
        tags: Sequence[int] | None,
        spans: Sequence[tuple[int, int]],
    ) -> str:
        days = sorted({day for a, b in spans for day in self.known_days(a, b)})
        parts = []
        if any(day in self.raw_days for day in days):
            parts.append(f"select {columns} from {DATABASE}.{table} final where {of_tags(tags)} and {in_spans(spans)}")
        untouched = [self.archived[day] for day in days if day in self.archived and day not in self.raw_days]
        touched = [self.archived[day] for day in days if day in self.archived and day in self.raw_days]
        within = f"{of_tags(tags)} and {in_spans(spans, as_moment=False)}"
        if files := self._files(untouched, table):
            parts.append(f"select {file_columns} from {from_files(files, structure)} where {within}")
        for entry in touched:
            # Late samples of an archived day wait in the table: they win over the file.
            late = f"select tag, toUnixTimestamp64Milli(ts) from {DATABASE}.{table} where {of_tags(tags)} and {in_spans([day_span(entry.day)])}"
            if files := self._files([entry], table):
                parts.append(
                    f"select {file_columns} from {from_files(files, structure)} where {within} and (tag, ts) not in ({late})"
                )
        return " union all ".join(parts) or empty

    def _files(self, entries: Sequence[ArchivedDay], table: str) -> list[Path]:
        names = [entry.file if table == "raw" else entry.texts_file for entry in entries]
        return [self.archive / name for name in names if name]


def from_files(files: Sequence[Path], structure: str) -> str:
    """Table expression over Parquet files of one folder."""
    folder = files[0].parent
    names = files[0].name if len(files) == 1 else "{" + ",".join(file.name for file in files) + "}"
    return f"file('{folder}/{names}', 'Parquet', '{structure}')"
