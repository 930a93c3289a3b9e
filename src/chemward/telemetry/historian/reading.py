"""Questions to the store: samples, trends, hours, values at a moment. Nothing here changes anything."""

from __future__ import annotations

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from chemward.telemetry.historian import schema, thinning
from chemward.telemetry.historian.answers import HOURLY_SCHEMA, SAMPLES_SCHEMA, TEXTS_SCHEMA, Day, Trend, Values
from chemward.telemetry.historian.last_values import LastValues
from chemward.telemetry.historian.layout import Layout
from chemward.telemetry.historian.rollup import DirtyHours, spans_of
from chemward.telemetry.historian.schema import DATABASE, DAY_MS, HOUR_MS
from chemward.telemetry.historian.sessions import Sessions

# A look back over few tags goes day by day, over many hour by hour: so that sorting by time fits in memory.
FEW_TAGS = 64
NEAR_MS = 120_000


class Reading:
    """The questions of `Historian`, over the parts of an open store. Safe to ask from several threads.

    hold_ms: how long at most a sample speaks for its tag in the seconds of hourly aggregates [ms].
    """

    def __init__(self, sessions: Sessions, layout: Layout, dirty: DirtyHours, last: LastValues, hold_ms: int) -> None:
        self._sessions = sessions
        self._layout = layout
        self._dirty = dirty
        self._last = last
        self._hold_ms = hold_ms

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


def _by_tag(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each tag; rows are ordered by tag."""
    rows = rows.combine_chunks()
    tags, starts = np.unique(rows["tag"].to_numpy(), return_index=True)
    ends = np.append(starts[1:], rows.num_rows)[: len(starts)]
    for tag, start, end in zip(tags.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield tag, rows.slice(start, end - start)


def _is_one_of(hours: Sequence[int]) -> str:
    return f"hour in ({', '.join(map(str, hours))})" if hours else "0"
