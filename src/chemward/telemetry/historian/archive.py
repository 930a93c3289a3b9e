"""A day leaves the store: exported to Parquet, read back and compared, recorded, then dropped. Cut off anywhere, it is done again.

What is exported is what readers see of the day (an earlier export and late samples together), so a day may come back and be
archived again under a new file name; the older file goes when nobody can be reading it.
"""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chemward.telemetry.historian.answers import SAMPLES_SCHEMA, TEXTS_SCHEMA, HistorianError
from chemward.telemetry.historian.layout import SAMPLE_FILE, TEXT_FILE, ArchivedDay, Layout, from_files
from chemward.telemetry.historian.schema import DATABASE, day_name, day_span
from chemward.telemetry.historian.sessions import Sessions

ROW_GROUP = 131_072
SAMPLES_HASH = "cityHash64(tag, t, reinterpretAsUInt64(value), quality)"
TEXTS_HASH = "cityHash64(tag, t, text)"
# Smallest and fastest of those measured on plant data.
SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "column_encoding": {"tag": "DELTA_BINARY_PACKED", "ts": "DELTA_BINARY_PACKED"},
    "sorting_columns": [pq.SortingColumn(0), pq.SortingColumn(1)],
}


def read_archived(sessions: Sessions) -> dict[int, ArchivedDay]:
    """The record of archived days."""
    rows = sessions.table(
        f"select day, file, rows, checksum, texts_file, texts_rows, bytes from {DATABASE}.archived final order by day"
    )
    return {row["day"]: ArchivedDay(**row) for row in rows.to_pylist()}


def export_day(sessions: Sessions, layout: Layout, day: int) -> ArchivedDay:
    """Export what readers see of a day and prove the files equal to it. HistorianError when they are not: nothing is recorded then."""
    layout.archive.mkdir(parents=True, exist_ok=True)
    span = [day_span(day)]
    with layout.reading():
        samples, texts = layout.samples(None, span), layout.texts(None, span)
        rows, checksum = _digest(sessions, samples, SAMPLES_HASH)
        text_rows, text_checksum = _digest(sessions, texts, TEXTS_HASH)
        known = layout.archived.get(day)
        if known and (known.rows, known.checksum, known.texts_rows) == (rows, checksum, text_rows):
            _verify(sessions, layout.archive / known.file, SAMPLE_FILE, SAMPLES_HASH, rows, checksum)
            if not text_rows or _holds(
                sessions, layout.archive / known.texts_file, TEXT_FILE, TEXTS_HASH, text_rows, text_checksum
            ):
                return known
        name = _free_name(layout.archive, day)
        file, texts_file = layout.archive / f"samples-{name}", layout.archive / f"texts-{name}"
        _write(
            file, SAMPLES_SCHEMA, sessions, f"select tag, t as ts, value, quality from ({samples}) order by tag, ts", ["quality"]
        )
        _verify(sessions, file, SAMPLE_FILE, SAMPLES_HASH, rows, checksum)
        if text_rows:
            _write(texts_file, TEXTS_SCHEMA, sessions, f"select tag, t as ts, text from ({texts}) order by tag, ts", ["text"])
            _verify(sessions, texts_file, TEXT_FILE, TEXTS_HASH, text_rows, text_checksum)
    size = file.stat().st_size + (texts_file.stat().st_size if text_rows else 0)
    return ArchivedDay(day, file.name, rows, checksum, texts_file.name if text_rows else "", text_rows, size)


def record(sessions: Sessions, entry: ArchivedDay) -> None:
    """From now on the day is in the archive, also after a crash."""
    columns = {
        "day": pa.array([entry.day], pa.uint32()),
        "file": [entry.file],
        "rows": pa.array([entry.rows], pa.uint64()),
        "checksum": pa.array([entry.checksum], pa.uint64()),
        "texts_file": [entry.texts_file],
        "texts_rows": pa.array([entry.texts_rows], pa.uint64()),
        "bytes": pa.array([entry.bytes], pa.uint64()),
    }
    sessions.insert(f"{DATABASE}.archived", ", ".join(columns), pa.table(columns))


def drop_day(sessions: Sessions, day: int) -> None:
    """Take a day out of the tables."""
    for table in ("raw", "texts"):
        sessions.execute(f"alter table {DATABASE}.{table} drop partition {day}")


def remove_orphans(layout: Layout) -> None:
    """Delete exports that no record names: left by a crash, or replaced by a newer one."""
    kept = {name for entry in layout.archived.values() for name in (entry.file, entry.texts_file)}
    for pattern in ("samples-*.parquet", "texts-*.parquet", "*.parquet.part"):
        for file in layout.archive.glob(pattern):
            if file.name not in kept:
                file.unlink()


def fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_name(archive: Path, day: int) -> str:
    names = (f"{day_name(day)}.{generation}.parquet" for generation in itertools.count(1))
    return next(name for name in names if not (archive / f"samples-{name}").exists())


def _write(file: Path, schema: pa.Schema, sessions: Sessions, query: str, dictionary: list[str]) -> None:
    """Write the answer of a query as Parquet: whole under its name, or not there."""
    part = file.with_suffix(".parquet.part")
    with part.open("wb") as sink:
        with pq.ParquetWriter(sink, schema, use_dictionary=dictionary, **SETTINGS) as writer:
            for table in _row_groups(sessions.stream(query), schema):
                writer.write_table(table, row_group_size=ROW_GROUP)
        sink.flush()
        os.fsync(sink.fileno())
    os.replace(part, file)
    fsync_folder(file.parent)


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterable[pa.Table]:
    """Tables of a few whole row groups, and the rest."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        pending.append(batch)
        rows += batch.num_rows
        if rows >= ROW_GROUP:
            table = pa.Table.from_batches(pending).cast(schema)
            whole = rows - rows % ROW_GROUP
            yield table.slice(0, whole)
            pending = table.slice(whole).to_batches()
            rows -= whole
    if rows:
        yield pa.Table.from_batches(pending).cast(schema)


def _digest(sessions: Sessions, source: str, row_hash: str) -> tuple[int, int]:
    """Count and checksum of samples, whatever their order."""
    answer = sessions.table(f"select count() as rows, sum({row_hash}) as checksum from ({source})").to_pylist()[0]
    return int(answer["rows"]), int(answer["checksum"])


def _holds(sessions: Sessions, file: Path, structure: str, row_hash: str, rows: int, checksum: int) -> bool:
    if not file.exists():
        return False
    columns = "tag, ts as t, text" if structure is TEXT_FILE else "tag, ts as t, value, quality"
    return _digest(sessions, f"select {columns} from {from_files([file], structure)}", row_hash) == (rows, checksum)


def _verify(sessions: Sessions, file: Path, structure: str, row_hash: str, rows: int, checksum: int) -> None:
    if not _holds(sessions, file, structure, row_hash, rows, checksum):
        raise HistorianError(
            f"the export {file} does not hold what was stored ({rows} rows expected); the day is kept. Is the disk full?"
        )
