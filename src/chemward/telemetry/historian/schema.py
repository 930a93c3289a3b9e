"""Tables of the store and the expressions that read them.

Codecs as measured on plant-like data (benchmarks/historian.py): Delta + ZSTD throughout, on values as on the bits they are; Gorilla, FPC and
DoubleDelta came out larger. Each table collapses rows of
one key to the last one inserted (ReplacingMergeTree); until parts merge, `final` does so while reading.
"""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

DATABASE = "historian"
FSYNC = "fsync_after_insert = 1, fsync_part_directory = 1"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Times that the time column and the partitions can hold; anything else is a broken clock, not history.
EARLIEST_MS = 0
LATEST_MS = 4_102_444_800_000  # 2100-01-01

TABLES: dict[str, str] = {
    "raw": f"""(
        tag Int32 codec(Delta, ZSTD(1)), ts DateTime64(3, 'UTC') codec(Delta, ZSTD(1)),
        value Float64 codec(Delta, ZSTD(1)), quality UInt8 codec(ZSTD(1))
    ) engine = ReplacingMergeTree order by (tag, ts) partition by toYYYYMMDD(ts) settings {FSYNC}""",
    "texts": f"""(
        tag Int32 codec(Delta, ZSTD(1)), ts DateTime64(3, 'UTC') codec(Delta, ZSTD(1)), text String codec(ZSTD(1))
    ) engine = ReplacingMergeTree order by (tag, ts) partition by toYYYYMMDD(ts) settings {FSYNC}""",
    # Newest sample of each tag, so that a start needs no scan of history.
    "latest": f"""(
        tag Int32, ts Int64, value Float64, quality UInt8, text String
    ) engine = ReplacingMergeTree(ts) order by tag settings {FSYNC}""",
    "hourly": f"""(
        tag Int32 codec(Delta, ZSTD(1)), hour Int64 codec(Delta, ZSTD(1)), count UInt32 codec(ZSTD(1)),
        min Float64 codec(ZSTD(1)), max Float64 codec(ZSTD(1)), mean Float64 codec(ZSTD(1)),
        first Float64 codec(ZSTD(1)), last Float64 codec(ZSTD(1)), last_ts Int64 codec(Delta, ZSTD(1)), last_quality UInt8 codec(ZSTD(1)),
        good_s Float32 codec(ZSTD(1)), uncertain_s Float32 codec(ZSTD(1)), bad_s Float32 codec(ZSTD(1))
    ) engine = ReplacingMergeTree order by (tag, hour) partition by toYYYYMM(fromUnixTimestamp64Milli(hour, 'UTC')) settings {FSYNC}""",
    # Hours whose row in `hourly` is missing or out of date (is_dirty 1).
    "dirty": f"(hour Int64, is_dirty UInt8) engine = ReplacingMergeTree order by hour settings {FSYNC}",
    # Per worker partition the last step, per stream the last sequence (in `number`) and when the stream was made (in `note`).
    "progress": f"(key String, number UInt64, at_ms Int64, note String) engine = ReplacingMergeTree order by key settings {FSYNC}",
    "archived": f"""(
        day UInt32, file String, rows UInt64, checksum UInt64, texts_file String, texts_rows UInt64, bytes UInt64
    ) engine = ReplacingMergeTree order by day settings {FSYNC}""",
}


def create_statements() -> list[str]:
    made = [f"create table if not exists {DATABASE}.{name} {body}" for name, body in TABLES.items()]
    return [f"create database if not exists {DATABASE} engine = Atomic", *made]


def moment(ms: int) -> str:
    """A time as the time columns compare it."""
    return f"fromUnixTimestamp64Milli(toInt64({int(ms)}), 'UTC')"


def of_tags(tags: Sequence[int] | None) -> str:
    """Condition on the tag; None is all."""
    if tags is None:
        return "1"
    numbers = ",".join(str(int(tag)) for tag in tags)
    if not numbers:
        return "0"
    # A long list of literals is slow to analyse; a string split at run time is not.
    return f"tag in ({numbers})" if len(tags) <= 1000 else f"tag in (select arrayJoin(splitByChar(',', '{numbers}'))::Int32)"


def in_spans(spans: Sequence[tuple[int, int]], *, column: str = "ts", as_moment: bool = True) -> str:
    """Condition that the time lies in one of the half-open spans [ms]."""
    write = moment if as_moment else str
    return "(" + " or ".join(f"({column} >= {write(a)} and {column} < {write(b)})" for a, b in spans) + ")" if spans else "0"


def day_of(ms: int) -> int:
    """The UTC day of a time, as its partition is called: 20260930."""
    return int(datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y%m%d"))


def day_span(day: int) -> tuple[int, int]:
    """First and following midnight of a day [ms UTC]."""
    start = int(datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC).timestamp() * 1000)
    return start, start + DAY_MS


def day_name(day: int) -> str:
    return f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def trend_query(source: str, from_ms: int, to_ms: int, buckets: int) -> str:
    """Per tag and bucket of time: ends, extremes, ends of bad quality, the longest gap. Samples are (t, value, quality)."""
    return f"""
        select tag, intDiv((t - {from_ms}) * {buckets}, {to_ms - from_ms}) as bucket, count() as samples,
            quantileIf(0.5)(t - before_t, t > before_t) as spacing,
            argMin(sample, t) as first, argMax(sample, t) as last,
            countIf(is_fine) as fine, argMinIf(sample, (value, t), is_fine) as low, argMinIf(sample, (-value, t), is_fine) as high,
            countIf(is_bad) as bad, argMinIf(sample, t, is_bad) as first_bad, argMaxIf(sample, t, is_bad) as last_bad,
            argMax(before, t - before_t) as gap_before, argMax(sample, t - before_t) as gap_after
        from (
            select tag, t, value, (t, value, quality) as sample, bitAnd(quality, 3) >= 2 as is_bad, isFinite(value) and not is_bad as is_fine,
                lagInFrame(t, 1, t) over w as before_t,
                (before_t, lagInFrame(value, 1, value) over w, lagInFrame(quality, 1, quality) over w) as before
            from ({source})
            window w as (partition by tag order by t rows between 1 preceding and current row)
        )
        group by tag, bucket order by tag, bucket"""


def hourly_query(source: str, hours: Sequence[tuple[int, int]], hold_ms: int) -> str:
    """Aggregates of the hours in the spans (columns of `hourly`). The source must reach back to `hold_ms` before each span."""
    return f"""
        select tag, hour, toUInt32(countIf(is_own)) as count,
            if(countIf(is_fine) > 0, minIf(value, is_fine), nan) as min, if(countIf(is_fine) > 0, maxIf(value, is_fine), nan) as max,
            avgIf(value, is_fine) as mean,
            if(countIf(is_own) > 0, argMinIf(value, t, is_own), nan) as first,
            if(countIf(is_own) > 0, argMaxIf(value, t, is_own), nan) as last,
            maxIf(t, is_own) as last_ts, argMaxIf(quality, t, is_own) as last_quality,
            toFloat32(sumIf(stood_ms, class = 0) / 1000) as good_s, toFloat32(sumIf(stood_ms, class = 1) / 1000) as uncertain_s,
            toFloat32(sumIf(stood_ms, class >= 2) / 1000) as bad_s
        from (
            select tag, t, value, quality, bitAnd(quality, 3) as class, number_of_hour * {HOUR_MS} as hour,
                t >= hour as is_own, is_own and class < 2 and isFinite(value) as is_fine,
                least(until, hour + {HOUR_MS}) - greatest(t, hour) as stood_ms
            from (
                select tag, t, value, quality, least(leadInFrame(t, 1, t + {hold_ms}) over w, t + {hold_ms}) as until
                from ({source})
                window w as (partition by tag order by t rows between current row and 1 following)
            )
            array join range(intDiv(t, {HOUR_MS}), intDiv(until - 1, {HOUR_MS}) + 1) as number_of_hour
        )
        where {in_spans(hours, column="hour", as_moment=False)}
        group by tag, hour"""
