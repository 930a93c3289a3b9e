"""Historian: bytes a sample, ingest rate, query latencies, on one day of plant-like data.

    python benchmarks/historian.py --samples 100000000

The day has 2,000 scans of samples/2000 tags: a quantised random walk (half of the steps 0, 30 % of the tags nearly constant), times with
±20 ms jitter, 0.05 % bad. Everything runs in this process, through the same `append` and the same questions as in operation, fsync on.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from chemward.protocols.telemetry.batch import Batch, BatchHeader
from chemward.telemetry.historian.schema import DAY_MS, HOUR_MS
from chemward.telemetry.historian.store import ChdbHistorian

MIDNIGHT = 1_790_035_200_000
SCANS = 2000
ROWS_PER_APPEND = 200_000
REPEATS = 20


def scans(tags: int, random: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    """One sample per tag, scan after scan: tag, ts, value, quality."""
    numbers = np.arange(1, tags + 1, dtype=np.int32)
    value = random.normal(50, 10, tags).round(2)
    moves = np.where(random.random(tags) < 0.3, 0.01, 0.5)
    for scan in range(SCANS):
        value = (value + random.integers(-3, 4, tags) * 0.05 * (random.random(tags) < moves)).round(2)
        ts = MIDNIGHT + scan * DAY_MS // SCANS + random.integers(0, 41, tags)
        quality = np.where(random.random(tags) < 0.0005, 2, 0).astype(np.uint8)
        yield numbers, ts, value, quality


def steps(tags: int) -> Iterator[Batch]:
    """Scans gathered to steps of about ROWS_PER_APPEND samples."""
    random = np.random.default_rng(20_260_922)
    gathered: list[tuple[np.ndarray, ...]] = []
    step = 0
    for number, scan in enumerate(scans(tags, random), 1):
        gathered.append(scan)
        if len(gathered) * tags >= ROWS_PER_APPEND or number == SCANS:
            step += 1
            columns = [np.concatenate(column) for column in zip(*gathered, strict=True)]
            header = BatchHeader(0, step, MIDNIGHT + step, 0, count=len(columns[0]))
            yield Batch(header, *columns)
            gathered = []


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def report(name: str, times_ms: list[float], aim_ms: float | None = None) -> None:
    aim = f"   aim < {aim_ms:g} ms" if aim_ms else ""
    print(f"{name:<46} {min(times_ms):8.1f} {statistics.median(times_ms):8.1f} {max(times_ms):8.1f} ms{aim}")


def ingest(store: ChdbHistorian, tags: int) -> None:
    times = []
    rows = 0
    for batch in steps(tags):
        times.append(timed(lambda batch=batch: store.append([batch])))
        rows += len(batch)
    print(f"{'ingest, fsync on':<46} {rows / sum(times) * 1000 / 1e6:8.2f} M samples/s")
    report(f"append of {ROWS_PER_APPEND} samples", times)


def size(store: ChdbHistorian, name: str) -> None:
    (day,) = store.days()
    print(f"{name:<46} {day.bytes / day.rows:8.2f} bytes/sample   aim ≤ 2")


def questions(store: ChdbHistorian, tags: int) -> None:
    random = np.random.default_rng(1)

    def some(count: int) -> list[int]:
        return (random.choice(tags, min(count, tags), replace=False) + 1).tolist()

    end = MIDNIGHT + DAY_MS

    def repeated(name: str, question: Callable[[], object], aim_ms: float | None = None, repeats: int = REPEATS) -> None:
        report(name, [timed(question) for _ in range(repeats)], aim_ms)

    repeated("trend, 1 tag, day → 1000 points", lambda: store.trend(some(1), MIDNIGHT, end, 1000), 50)
    repeated("trend, 8 tags, day → 1000 points", lambda: store.trend(some(8), MIDNIGHT, end, 1000))
    repeated("raw, 1 tag, 1 hour", lambda: list(store.raw(some(1), end - HOUR_MS, end)))
    repeated("last values of all tags", store.last_all, 100)
    repeated(
        f"values at a past moment, {min(3000, tags)} tags", lambda: store.at(some(3000), MIDNIGHT + int(random.integers(DAY_MS)))
    )
    repeated(f"hourly, {min(500, tags)} tags, day, from samples", lambda: store.hourly(some(500), MIDNIGHT, end), repeats=5)
    began = time.perf_counter()
    hours = store.roll_up(end + DAY_MS)
    print(f"{'roll-up':<46} {(time.perf_counter() - began) / max(1, hours) * 1000:8.1f} ms an hour of history ({hours} hours)")
    repeated(f"hourly, {min(500, tags)} tags, day, rolled up", lambda: store.hourly(some(500), MIDNIGHT, end))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=100_000_000)
    parser.add_argument("--folder", type=Path, help="where to put the store (made anew, removed afterwards)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="historian-", dir=options.folder))
    tags = max(1, options.samples // SCANS)
    print(f"{tags * SCANS / 1e6:g} M samples, {tags} tags, {SCANS} scans a day\n{'':<46} {'min':>8} {'median':>8} {'max':>8}")
    try:
        with ChdbHistorian(folder / "store") as store:
            ingest(store, tags)
            size(store, "on disk as ingested")
            questions(store, tags)
            size(store, "on disk in the end")
        opened: list[ChdbHistorian] = []
        report("start: open with all last values", [timed(lambda: opened.append(ChdbHistorian(folder / "store")))])
        assert len(opened[0].last_all()) == tags
        opened[0].close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
