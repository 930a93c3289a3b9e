"""The historian's store: what any backend must be able to do, and the embedded one."""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from chemward.protocols.telemetry.batch import Batch
from chemward.telemetry.historian import archive as archiving
from chemward.telemetry.historian import backup as backing_up
from chemward.telemetry.historian import schema
from chemward.telemetry.historian.answers import Appended, Day, HistorianError, Position, Trend, Values
from chemward.telemetry.historian.last_values import LastValues, Samples
from chemward.telemetry.historian.layout import Layout
from chemward.telemetry.historian.progress import Progress, advance
from chemward.telemetry.historian.reading import Reading
from chemward.telemetry.historian.rollup import DirtyHours
from chemward.telemetry.historian.schema import DATABASE, DAY_MS, HOUR_MS
from chemward.telemetry.historian.sessions import Sessions

HOLD_S = 600
ROWS_PER_AGGREGATION = 8_000_000
PATIENCE_S = 30.0


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


class ChdbHistorian(Reading):
    """The embedded store: ClickHouse tables in one folder, owned by one process.

    folder: of the store. archive: folder of exported days (`folder/archive` unless told). hold_s: how long at most a sample speaks for
    its tag in the seconds of hourly aggregates [s].

    A crash between two of the writes of `append` leaves its steps unrecorded (`Progress`); stored again, the same samples fall on
    themselves.
    """

    def __init__(self, folder: Path, archive: Path | None = None, *, hold_s: int = HOLD_S) -> None:
        if not 0 < hold_s * 1000 <= HOUR_MS:
            raise ValueError(f"hold_s is {hold_s}; it must be above 0 and at most 3600 s")
        self._folder = folder.resolve()
        sessions = Sessions(self._folder)
        for statement in schema.create_statements():
            sessions.execute(statement)
        layout = Layout((archive or self._folder / "archive").resolve(), _raw_days(sessions), archiving.read_archived(sessions))
        last = LastValues()
        last.put(_latest(sessions))
        super().__init__(sessions, layout, DirtyHours(sessions, hold_s * 1000), last, hold_s * 1000)
        self._progress = Progress(sessions)
        self._writing = threading.RLock()  # appending, and what must not happen while samples arrive
        self._upkeep = threading.Lock()  # roll-up, retention, backup: one at a time
        archiving.remove_orphans(self._layout)
        backing_up.drop_frozen(self._folder)

    def close(self) -> None:
        with self._upkeep, self._writing:
            self._sessions.close()

    def __enter__(self) -> ChdbHistorian:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- keeping ------------------------------------------------------------------------------------------------------

    def append(self, batches: Sequence[Batch], position: Position | None = None) -> Appended:
        """Store batches in order, durably (fsync), before returning. A step stored before is skipped.

        position: up to where the stream has been read with these batches. Raises HistorianError when the store refuses; the same
        batches must then be given again before later ones.
        """
        with self._writing:
            steps = dict(self._progress.steps)
            fresh = [batch for batch in batches if advance(steps, batch.header)]
            samples = _joined(fresh)
            kept = _with_possible_time(samples)
            if len(kept.tag):
                self._store(kept)
            self._progress.note(steps, position, has_samples=bool(len(kept.tag)))
            stored, given = len(kept.tag), sum(len(batch) for batch in batches)
            return Appended(stored, given - len(samples.tag), len(samples.tag) - stored)

    def position(self, stream: str) -> Position | None:
        """Up to where this stream has been stored, None at the very beginning."""
        return self._progress.positions.get(stream)

    def last_step(self, partition: int) -> int:
        """The last step stored of a worker partition, 0 at the very beginning."""
        return self._progress.steps.get(partition, (0, 0))[0]

    def _store(self, samples: Samples) -> None:
        newer = self._last.newer(samples)
        self._layout.touch({schema.day_of(int(day) * DAY_MS) for day in np.unique(samples.ts // DAY_MS)})
        self._dirty.touch(samples.ts)
        columns = {"tag": samples.tag, "ts": samples.ts, "value": samples.value, "quality": samples.quality}
        as_moment = "fromUnixTimestamp64Milli(ts, 'UTC')"
        self._sessions.insert(f"{DATABASE}.raw", f"tag, {as_moment}, value, quality", pa.table(columns))
        if samples.texts:
            at = np.fromiter(samples.texts, np.int64)
            texts = {"tag": samples.tag[at], "ts": samples.ts[at], "text": list(samples.texts.values())}
            self._sessions.insert(f"{DATABASE}.texts", f"tag, {as_moment}, text", pa.table(texts))
        if len(newer):
            latest = {"tag": newer.tag, "ts": newer.ts, "value": newer.value, "quality": newer.quality}
            text = pa.array([newer.texts.get(tag, "") for tag in newer.tag.tolist()] if newer.texts else [""] * len(newer))
            self._sessions.insert(f"{DATABASE}.latest", "tag, ts, value, quality, text", pa.table({**latest, "text": text}))
        self._last.put(newer)

    # -- upkeep -------------------------------------------------------------------------------------------------------

    def roll_up(self, now_ms: int) -> int:
        """Bring hours that are over and have new samples into the table of hourly aggregates. Returns hours done. Call each minute."""
        with self._upkeep:
            done = sum(self._aggregate(hour, now_ms) for hour in self._dirty.due(now_ms))
            self._dirty.forget_done(now_ms)
            return done

    def apply_retention(self, keep_days: int, now_ms: int) -> list[str]:
        """Export days that ended more than keep_days ago to Parquet, verify, drop. Returns the days archived. Call each hour.

        A day that gets samples meanwhile stays and is taken the next time. HistorianError when an export cannot be proved right.
        """
        if keep_days < 1:
            raise ValueError(f"keep_days is {keep_days}; it must be at least 1")
        end = now_ms // DAY_MS * DAY_MS - keep_days * DAY_MS
        with self._upkeep:
            over = [day for day in sorted(self._layout.raw_days) if schema.day_span(day)[1] <= end]
            return [schema.day_name(day) for day in over if self._archive(day, now_ms)]

    def backup(self, target: Path) -> None:
        """Write a consistent copy of everything to an empty folder; appending goes on meanwhile."""
        backing_up.must_be_empty(target)
        target.mkdir(parents=True, exist_ok=True)
        with self._upkeep:
            with self._writing:
                backing_up.freeze(self._sessions, self._folder)
            try:
                rows = backing_up.copy_frozen(self._sessions, self._folder, target)
                for entry in self._layout.archived.values():
                    _copy_files(self._layout.archive, target / "archive", (entry.file, entry.texts_file))
                backing_up.write_manifest(target, rows)
            finally:
                backing_up.drop_frozen(self._folder)

    def _aggregate(self, hour: int, now_ms: int) -> bool:
        with self._writing:
            touches = self._dirty.touches(hour)
        span = (hour, hour + HOUR_MS)
        with self._layout.reading():
            for more in self._shares(span):
                query = self._aggregation(None, [span], more)
                self._sessions.execute(f"insert into {DATABASE}.hourly {query} settings max_memory_usage = {2 * 1024**3}")
        with self._writing:
            return self._dirty.clean(hour, touches, now_ms)

    def _shares(self, span: tuple[int, int]) -> list[str]:
        """Conditions that split the tags so that each share of an hour fits in memory."""
        samples = self._layout.samples(None, [span])
        if self._sessions.number(f"select count() from ({samples})") <= ROWS_PER_AGGREGATION:
            return [""]
        counts = self._sessions.table(f"select tag, count() as samples from ({samples}) group by tag order by tag")
        tag, total = counts["tag"].to_numpy(), np.cumsum(counts["samples"].to_numpy())
        ends = [int(tags.max()) for tags in np.split(tag, np.flatnonzero(np.diff(total // ROWS_PER_AGGREGATION)) + 1)]
        starts = [np.iinfo(np.int32).min, *(end + 1 for end in ends[:-1])]
        ends[-1] = np.iinfo(np.int32).max
        return [f"tag between {first} and {last}" for first, last in zip(starts, ends, strict=True)]

    def _archive(self, day: int, now_ms: int) -> bool:
        start, end = schema.day_span(day)
        for hour in self._dirty.within(start, end):
            self._aggregate(hour, now_ms)
        touches = self._layout.touches(day)
        entry = archiving.export_day(self._sessions, self._layout, day)
        archiving.record(self._sessions, entry)
        with self._writing:
            # A new mapping, because readers walk the one they have.
            self._layout.archived = {**self._layout.archived, day: entry}
            if self._layout.touches(day) != touches:
                return False
            with self._layout.moving(PATIENCE_S):
                archiving.drop_day(self._sessions, day)
                self._layout.raw_days = self._layout.raw_days - {day}
                archiving.remove_orphans(self._layout)
        return True


def _latest(sessions: Sessions) -> Values:
    """The newest sample of every tag as it was stored."""
    found = sessions.table(f"select tag, ts, value, quality, text from {DATABASE}.latest final order by tag")
    tag, ts, value, quality = (found[name].to_numpy() for name in ("tag", "ts", "value", "quality"))
    texts = {of: text for of, text in zip(tag.tolist(), found["text"].to_pylist(), strict=True) if text}
    return Values(tag, ts, value, quality, texts)


def _raw_days(sessions: Sessions) -> set[int]:
    parts = sessions.table(
        f"select distinct toUInt32(partition) as day from system.parts "
        f"where active and rows > 0 and database = '{DATABASE}' and table = 'raw'"
    )
    return set(parts["day"].to_pylist())


def _joined(batches: Sequence[Batch]) -> Samples:
    """All samples of some batches in order."""
    if not batches:
        return Samples(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8), {})
    texts: dict[int, str] = {}
    start = 0
    for batch in batches:
        texts.update({start + index: text for index, text in batch.texts.items()})
        start += len(batch)
    tag, ts, value, quality = (np.concatenate([getattr(b, name) for b in batches]) for name in ("tag", "ts", "value", "quality"))
    return Samples(tag, ts, value, quality, texts)


def _with_possible_time(samples: Samples) -> Samples:
    """Without samples whose time no calendar of ours holds."""
    possible = (samples.ts >= schema.EARLIEST_MS) & (samples.ts < schema.LATEST_MS)
    if possible.all():
        return samples
    index = np.cumsum(possible) - 1
    texts = {int(index[i]): text for i, text in samples.texts.items() if possible[i]}
    return Samples(samples.tag[possible], samples.ts[possible], samples.value[possible], samples.quality[possible], texts)


def _copy_files(source: Path, target: Path, names: Iterable[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in filter(None, names):
        shutil.copy2(source / name, target / name)


__all__ = ["ChdbHistorian", "Historian", "HistorianError"]
