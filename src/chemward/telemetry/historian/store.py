"""The historian's store: what any backend must be able to do, and the embedded one."""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from chemward.protocols.telemetry.batch import Batch, BatchHeader
from chemward.telemetry.historian import archive as archiving
from chemward.telemetry.historian import backup as backing_up
from chemward.telemetry.historian import schema, thinning
from chemward.telemetry.historian.answers import (
    HOURLY_SCHEMA,
    SAMPLES_SCHEMA,
    TEXTS_SCHEMA,
    Appended,
    Day,
    HistorianError,
    Position,
    Trend,
    Values,
)
from chemward.telemetry.historian.last_values import LastValues, Samples
from chemward.telemetry.historian.layout import Layout
from chemward.telemetry.historian.rollup import DirtyHours, spans_of
from chemward.telemetry.historian.schema import DATABASE, DAY_MS, HOUR_MS
from chemward.telemetry.historian.sessions import Sessions

HOLD_S = 600
# A look back over few tags goes day by day, over many hour by hour: so that sorting by time fits in memory.
FEW_TAGS = 64
NEAR_MS = 120_000
ROWS_PER_AGGREGATION = 8_000_000
# Clock ticks carry no samples: where they have got to is written down now and then only.
STEPS_PER_NOTE = 64
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


class ChdbHistorian:
    """The embedded store: ClickHouse tables in one folder, owned by one process.

    folder: of the store. archive: folder of exported days (`folder/archive` unless told). hold_s: how long at most a sample speaks for
    its tag in the seconds of hourly aggregates [s].

    A redelivered step is known by its number: the step was stored before when its number is not above the last stored one of its
    partition and it is not newer (a worker that has lost its state counts from 1 again, with later times). A crash between
    two of the writes of `append` leaves the step unrecorded; stored again, the same samples fall on themselves.
    """

    def __init__(self, folder: Path, archive: Path | None = None, *, hold_s: int = HOLD_S) -> None:
        if not 0 < hold_s * 1000 <= HOUR_MS:
            raise ValueError(f"hold_s is {hold_s}; it must be above 0 and at most 3600 s")
        self._folder = folder.resolve()
        self._hold_ms = hold_s * 1000
        self._sessions = Sessions(self._folder)
        for statement in schema.create_statements():
            self._sessions.execute(statement)
        self._writing = threading.RLock()  # appending, and what must not happen while samples arrive
        self._upkeep = threading.Lock()  # roll-up, retention, backup: one at a time
        self._progress, self._positions = self._load_progress()
        self._unnoted = 0
        self._last = LastValues()
        self._last.put(self._load_latest())
        self._dirty = DirtyHours(self._sessions, self._hold_ms)
        self._layout = Layout(
            (archive or self._folder / "archive").resolve(), self._load_raw_days(), archiving.read_archived(self._sessions)
        )
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
            progress = dict(self._progress)
            fresh = [batch for batch in batches if _advance(progress, batch.header)]
            samples = _joined(fresh)
            kept = _with_possible_time(samples)
            if len(kept.tag):
                self._store(kept)
            self._note(progress, position, has_samples=bool(len(kept.tag)))
            stored, given = len(kept.tag), sum(len(batch) for batch in batches)
            return Appended(stored, given - len(samples.tag), len(samples.tag) - stored)

    def position(self, stream: str) -> Position | None:
        """Up to where this stream has been stored, None at the very beginning."""
        return self._positions.get(stream)

    def last_step(self, partition: int) -> int:
        """The last step stored of a worker partition, 0 at the very beginning."""
        return self._progress.get(partition, (0, 0))[0]

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

    def _note(self, progress: dict[int, tuple[int, int]], position: Position | None, *, has_samples: bool) -> None:
        """Write down which steps are stored, after they are."""
        changed = {partition: step for partition, step in progress.items() if self._progress.get(partition) != step}
        self._progress = progress
        if position:
            self._positions[position.stream] = position
        self._unnoted += len(changed)
        if not has_samples and self._unnoted < STEPS_PER_NOTE:
            return
        self._unnoted = 0
        rows = [(f"partition {name}", step, at_ms, "") for name, (step, at_ms) in progress.items()]
        rows += [(f"stream {p.stream}", p.sequence, 0, p.created) for p in self._positions.values()]
        if rows:
            keys, numbers, times, notes = zip(*rows, strict=True)
            table = pa.table({"key": keys, "number": pa.array(numbers, pa.uint64()), "at_ms": times, "note": notes})
            self._sessions.insert(f"{DATABASE}.progress", "key, number, at_ms, note", table)

    def _load_progress(self) -> tuple[dict[int, tuple[int, int]], dict[str, Position]]:
        progress: dict[int, tuple[int, int]] = {}
        positions: dict[str, Position] = {}
        for row in self._sessions.table(f"select key, number, at_ms, note from {DATABASE}.progress final").to_pylist():
            kind, name = row["key"].split(" ", 1)
            if kind == "partition":
                progress[int(name)] = (row["number"], row["at_ms"])
            else:
                positions[name] = Position(name, row["note"], row["number"])
        return progress, positions

    def _load_latest(self) -> Values:
        found = self._sessions.table(f"select tag, ts, value, quality, text from {DATABASE}.latest final order by tag")
        tag, ts, value, quality = (found[name].to_numpy() for name in ("tag", "ts", "value", "quality"))
        texts = found.filter(pa.compute.not_equal(found["text"], ""))
        return Values(tag, ts, value, quality, dict(zip(texts["tag"].to_pylist(), texts["text"].to_pylist(), strict=True)))

    def _load_raw_days(self) -> set[int]:
        parts = self._sessions.table(
            f"select distinct toUInt32(partition) as day from system.parts "
            f"where active and rows > 0 and database = '{DATABASE}' and table = 'raw'"
        )
        return set(parts["day"].to_pylist())

    # -- answering ----------------------------------------------------------------------------------------------------

    def raw(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        """Samples ordered by time, then tag, in chunks of SAMPLES_SCHEMA; archived days are read as well.

        Close the iterator when leaving it early.
        """
        left = limit
        for span in self._slices(tags, from_ms, to_ms):
            with self._layout.reading():
                source = self._layout.samples(tags, [span])
                most = "" if left is None else f"limit {left}"
                for batch in self._sessions.stream(
                    f"select tag, t as ts, value, quality from ({source}) order by ts, tag {most}"
                ):
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=SAMPLES_SCHEMA)
                    left = None if left is None else left - batch.num_rows
            if left == 0:
                return

    def texts(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> pa.Table:
        """Texts ordered by time, then tag (TEXTS_SCHEMA)."""
        most = "" if limit is None else f"limit {int(limit)}"
        with self._layout.reading():
            source = self._layout.texts(tags, [(from_ms, to_ms)])
            return self._sessions.table(f"select tag, t as ts, text from ({source}) order by ts, tag {most}").cast(TEXTS_SCHEMA)

    def trend(self, tags: Sequence[int], from_ms: int, to_ms: int, n: int, gap_ms: int | None = None) -> list[Trend]:
        """Each tag's samples thinned to at most n points, in the order of `tags`.

        n: at least 8. gap_ms: from which distance two samples are a gap; unless told, five times the usual distance, at least 5 s.
        """
        if n < thinning.LEAST_POINTS:
            raise ValueError(f"n is {n}; a trend needs at least {thinning.LEAST_POINTS} points")
        if to_ms <= from_ms:
            raise ValueError(f"to_ms {to_ms} is not after from_ms {from_ms}")
        trends = self._thinned(tags, from_ms, to_ms, max(1, n // thinning.POINTS_PER_BUCKET), gap_ms)
        # Short series are shown whole; where bad quality and gaps are everywhere, buckets are made wider.
        whole = [tag for tag in tags if tag not in trends or trends[tag].count <= n]
        crowded = [tag for tag, trend in trends.items() if trend.count > n and len(trend.ts) > n]
        trends.update(self._whole(whole, from_ms, to_ms, gap_ms))
        if crowded:
            trends.update(self._thinned(crowded, from_ms, to_ms, max(1, n // thinning.MOST_POINTS_PER_BUCKET), gap_ms))
        return [trends[tag] for tag in tags]

    def _thinned(self, tags: Sequence[int], from_ms: int, to_ms: int, buckets: int, gap_ms: int | None) -> dict[int, Trend]:
        with self._layout.reading():
            source = self._layout.samples(tags, [(from_ms, to_ms)])
            rows = self._sessions.table(schema.trend_query(source, from_ms, to_ms, buckets))
        return {tag: thinning.thinned_trend(tag, part, gap_ms) for tag, part in _by_tag(rows)}

    def _whole(self, tags: Sequence[int], from_ms: int, to_ms: int, gap_ms: int | None) -> dict[int, Trend]:
        if not tags:
            return {}
        with self._layout.reading():
            source = self._layout.samples(tags, [(from_ms, to_ms)])
            rows = self._sessions.table(f"select tag, t, value, quality from ({source}) order by tag, t")
        found = dict(_by_tag(rows))
        nothing = rows.slice(0, 0)
        return {tag: thinning.whole_trend(tag, found.get(tag, nothing), gap_ms) for tag in tags}

    def hourly(self, tags: Sequence[int] | None, from_ms: int, to_ms: int) -> pa.Table:
        """Aggregates of the hours that begin in the span (HOURLY_SCHEMA), ordered by tag, hour.

        Hours that samples have touched since they were last aggregated are answered from the samples.
        """
        dirty = self._dirty.within(from_ms, to_ms)
        columns = ", ".join(HOURLY_SCHEMA.names)
        stored = self._sessions.table(
            f"select {columns} from {DATABASE}.hourly final "
            f"where {schema.of_tags(tags)} and hour >= {int(from_ms)} and hour < {int(to_ms)} and not {_is_one_of(dirty)}"
        ).cast(HOURLY_SCHEMA)
        tables = [stored]
        if dirty:
            with self._layout.reading():
                tables.append(self._sessions.table(self._aggregation(tags, spans_of(dirty))).cast(HOURLY_SCHEMA))
        return pa.concat_tables(tables).sort_by([("tag", "ascending"), ("hour", "ascending")])

    def at(self, tags: Sequence[int] | None, when_ms: int) -> Values:
        """The newest sample of each tag at or before a moment, however old it is; tags without any are left out."""
        wanted = self._last.all().tag.tolist() if tags is None else list(tags)
        hour = when_ms // HOUR_MS * HOUR_MS
        dirty = self._dirty.within(0, hour)
        found = _Newest()
        with self._layout.reading():
            found.take(self._newest(wanted, [(when_ms + 1 - NEAR_MS, when_ms + 1)]))
            # Most tags report often: the rest is looked up further and further back.
            found.take(self._newest(found.older_than(when_ms + 1 - NEAR_MS, wanted), [*spans_of(dirty), (hour, when_ms + 1)]))
            ends = (hour, hour - 26 * HOUR_MS, hour - 32 * DAY_MS, 0)
            for end, start in itertools.pairwise(ends):
                found.take(self._newest_of_hours(found.older_than(end, wanted), start, end, dirty))
            return self._with_texts(found.values())

    def last_all(self) -> Values:
        """The newest sample of every tag, from memory."""
        return self._last.all()

    def days(self) -> list[Day]:
        """Days that have history, oldest first."""
        parts = self._sessions.table(
            f"select toUInt32(partition) as day, sum(rows) as samples, sum(bytes_on_disk) as bytes from system.parts "
            f"where active and rows > 0 and database = '{DATABASE}' and table = 'raw' group by day"
        ).to_pylist()
        days = {day: [entry.rows, entry.bytes, 1] for day, entry in self._layout.archived.items()}
        for part in parts:
            rows, size, is_archived = days.get(part["day"], [0, 0, 0])
            days[part["day"]] = [rows + part["samples"], size + part["bytes"], is_archived]
        return [Day(schema.day_name(day), rows, size, bool(kept)) for day, (rows, size, kept) in sorted(days.items())]

    def _slices(self, tags: Sequence[int] | None, from_ms: int, to_ms: int) -> Iterator[tuple[int, int]]:
        """Spans in order of time that together hold everything there is, each small enough to be sorted."""
        step = DAY_MS if tags is not None and len(tags) <= FEW_TAGS else HOUR_MS
        for day in self._layout.known_days(from_ms, to_ms):
            start, end = schema.day_span(day)
            for at in range(start, end, step):
                if max(at, from_ms) < min(at + step, to_ms):
                    yield max(at, from_ms), min(at + step, to_ms)

    def _aggregation(self, tags: Sequence[int] | None, spans: Sequence[tuple[int, int]], more: str = "") -> str:
        source = self._layout.samples(tags, [(start - self._hold_ms, end) for start, end in spans])
        if more:
            source = f"select tag, t, value, quality from ({source}) where {more}"
        return f"select {', '.join(HOURLY_SCHEMA.names)} from ({schema.hourly_query(source, spans, self._hold_ms)})"

    def _newest(self, tags: Sequence[int], spans: Sequence[tuple[int, int]]) -> pa.Table | None:
        if not tags:
            return None
        source = self._layout.samples(tags, spans)
        return self._sessions.table(
            f"select tag, max(t) as ts, argMax(value, t) as value, argMax(quality, t) as quality from ({source}) group by tag"
        )

    def _newest_of_hours(self, tags: Sequence[int], from_ms: int, to_ms: int, dirty: Sequence[int]) -> pa.Table | None:
        if not tags:
            return None
        return self._sessions.table(
            f"select tag, max(last_ts) as ts, argMax(last, last_ts) as value, argMax(last_quality, last_ts) as quality "
            f"from {DATABASE}.hourly final where {schema.of_tags(tags)} and hour >= {from_ms} and hour < {to_ms} and count > 0 "
            f"and not {_is_one_of(dirty)} group by tag"
        )

    def _with_texts(self, values: Values) -> Values:
        is_text = ~np.isfinite(values.value)
        if not is_text.any():
            return values
        moments = dict(zip(values.tag[is_text].tolist(), values.ts[is_text].tolist(), strict=True))
        spans = sorted({(ts, ts + 1) for ts in moments.values()})
        found = self._sessions.table(f"select tag, t, text from ({self._layout.texts(list(moments), spans)})").to_pylist()
        texts = {row["tag"]: row["text"] for row in found if moments[row["tag"]] == row["t"]}
        return Values(values.tag, values.ts, values.value, values.quality, texts)

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

    def _shares(self, span: tuple[int, int]) -> Iterable[str]:
        """Conditions that split the tags so that each share of an hour fits in memory."""
        counts = self._sessions.table(
            f"select tag, count() as samples from ({self._layout.samples(None, [span])}) group by tag order by tag"
        )
        tag, total = counts["tag"].to_numpy(), np.cumsum(counts["samples"].to_numpy())
        if not len(tag) or total[-1] <= ROWS_PER_AGGREGATION:
            return [""]
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


class _Newest:
    """Collects the newest sample per tag from several look-ups."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[int, float, int]] = {}

    def take(self, found: pa.Table | None) -> None:
        if found is None:
            return
        columns = (found[name].to_numpy().tolist() for name in ("tag", "ts", "value", "quality"))
        for tag, ts, value, quality in zip(*columns, strict=True):
            if tag not in self._rows or self._rows[tag][0] < ts:
                self._rows[tag] = (ts, value, quality)

    def older_than(self, ms: int, tags: Iterable[int]) -> list[int]:
        """Those of the tags of which nothing at or after this time is known."""
        return [tag for tag in tags if tag not in self._rows or self._rows[tag][0] < ms]

    def values(self) -> Values:
        tags = sorted(self._rows)
        rows = [self._rows[tag] for tag in tags]
        ts, value, quality = zip(*rows, strict=True) if rows else ((), (), ())
        return Values(np.array(tags, np.int32), np.array(ts, np.int64), np.array(value, np.float64), np.array(quality, np.uint8))


def _advance(progress: dict[int, tuple[int, int]], header: BatchHeader) -> bool:
    """Whether a step is new; progress is then up to it."""
    step, at_ms = progress.get(header.partition, (0, 0))
    if header.step <= step and header.now_ms <= at_ms:
        return False
    progress[header.partition] = (header.step, header.now_ms)
    return True


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


def _by_tag(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each tag; rows are ordered by tag."""
    rows = rows.combine_chunks()
    tags, starts = np.unique(rows["tag"].to_numpy(), return_index=True)
    ends = np.append(starts[1:], rows.num_rows)[: len(starts)]
    for tag, start, end in zip(tags.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield tag, rows.slice(start, end - start)


def _is_one_of(hours: Sequence[int]) -> str:
    return f"hour in ({', '.join(map(str, hours))})" if hours else "0"


def _copy_files(source: Path, target: Path, names: Iterable[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in filter(None, names):
        shutil.copy2(source / name, target / name)


__all__ = ["ChdbHistorian", "Historian", "HistorianError"]
