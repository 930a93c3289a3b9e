"""Speed of the alarm engine: samples a second on one core, and loading tags with limits.

    python benchmarks/kernel.py [--repeats 5] [--tags 50000 500000] [--load 440000]

Six alarm definitions a tag, of which 3.7 on average are enabled (LL, L, H, HH, ROC, BAD, drawn from a fixed seed), deadbands
everywhere, on- and off-delays of 5 s on half of them, one sample of every tag each second.

calm        values normally distributed about the middle: about 6 samples in 10,000 change an alarm
upset       one value in five lies beyond a limit, one sample in four changes an alarm: a plant that never is
tag-ordered a batch sorted by tag, as a feed that reports its tags one after the other makes it
random      the worst case for the memory

Figures are whole calls of `Engine.judge`, events included, on one thread: samples by processor time, so that neighbours on the
machine do not count; loading by the clock and by processor time. Aims: 20 M samples/s on a core, calm and tag-ordered; 440,000 tags
loaded in pages of 256 in less than 5 s.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
import uuid
from collections.abc import Callable, Iterator

import numpy as np

from chemward.telemetry.engine.config import PAGE_SIZE, AlarmConfig, TagConfig
from chemward.telemetry.engine.engine import Engine

LIMITS = (("LL", 5.0), ("L", 15.0), ("H", 85.0), ("HH", 95.0), ("ROC", 40.0), ("BAD", 0.0))
ENABLED = 3.7 / len(LIMITS)
SPREADS = {"calm": 9.0, "upset": 27.0}
"""Standard deviation of the values about 50, by state of the plant."""
START = 1_700_000_000_000


def configured(first: int, count: int, rng: np.random.Generator) -> list[TagConfig]:
    """`count` tags numbered from `first`."""
    enabled = rng.random((count, len(LIMITS))) < ENABLED
    delayed = rng.random((count, len(LIMITS))) < 0.5
    return [
        TagConfig(
            n=first + i,
            code=f"AT-{first + i}",
            unit="%LEL",
            lo=0.0,
            hi=100.0,
            org_path="1.4.9.",
            alarms=tuple(
                AlarmConfig(
                    id=str(uuid.UUID(int=(first + i) * 8 + k)),
                    type=kind,
                    limit=limit,
                    deadband=0.0 if kind == "BAD" else 2.0,
                    on_s=5.0 if delayed[i, k] else 0.0,
                    off_s=5.0 if delayed[i, k] else 0.0,
                    title=f"{kind} of AT-{first + i}",
                    enabled=bool(enabled[i, k]),
                )
                for k, (kind, limit) in enumerate(LIMITS)
            ),
        )
        for i in range(count)
    ]


def pages(tags: list[TagConfig]) -> Iterator[tuple[int, list[TagConfig]]]:
    for page, start in enumerate(range(0, len(tags), PAGE_SIZE)):
        yield page, tags[start : start + PAGE_SIZE]


def loaded(tags: list[TagConfig]) -> Engine:
    engine = Engine()
    for page, held in pages(tags):
        engine.apply_page("bench", page, held, START)
    return engine


def report(name: str, unit: str, figures: list[float]) -> None:
    low, middle, high = min(figures), statistics.median(figures), max(figures)
    print(f"{name:<46} min {low:8.2f}   median {middle:8.2f}   max {high:8.2f}   {unit}")


def batches(count: int, rng: np.random.Generator, spread: float, *, is_random: bool) -> Callable[[int], tuple[np.ndarray, ...]]:
    """One sample of every tag for a step number."""
    order = rng.permutation(count) if is_random else np.arange(count)
    numbers = (order + 1).astype(np.int32)

    def batch(step: int) -> tuple[np.ndarray, ...]:
        values = 50.0 + spread * rng.standard_normal(count)
        return numbers, np.full(count, START + 1000 * step), values, np.zeros(count, np.uint8)

    return batch


def measure_samples(count: int, repeats: int, plant: str, *, is_random: bool) -> None:
    rng = np.random.default_rng(7)
    engine = loaded(configured(1, count, rng))
    batch = batches(count, rng, SPREADS[plant], is_random=is_random)
    per_repeat = max(1, 2_000_000 // count)
    for step in (1, 2):
        engine.judge(*batch(step), START + 1000 * step)
    figures, events, step = [], 0, 2
    for _ in range(repeats):
        steps = [batch(step + k) for k in range(1, per_repeat + 1)]
        started = time.process_time()
        for k, columns in enumerate(steps, 1):
            events += len(engine.judge(*columns, START + 1000 * (step + k)))
        figures.append(count * per_repeat / (time.process_time() - started) / 1e6)
        step += per_repeat
    order = "random" if is_random else "tag-ordered"
    samples = count * per_repeat * repeats
    rate = f"{1000 * events / samples:.2f} events in 1,000 samples"
    report(f"judge, {count:,} tags, {plant}, {order}", f"M samples/s/core ({rate})", figures)


def measure_load(count: int, repeats: int) -> None:
    tags = configured(1, count, np.random.default_rng(7))
    limits = sum(alarm.enabled for tag in tags for alarm in tag.alarms)
    loads, busies, snapshots, restores, ticks = [], [], [], [], []
    for _ in range(repeats):
        started, busy = time.perf_counter(), time.process_time()
        engine = loaded(tags)
        loads.append(time.perf_counter() - started)
        busies.append(time.process_time() - busy)
        started = time.perf_counter()
        engine.tick(START + 1000)
        ticks.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        snapshot = engine.snapshot()
        snapshots.append(time.perf_counter() - started)
        started = time.perf_counter()
        Engine.restore(snapshot)
        restores.append(time.perf_counter() - started)
        size = len(snapshot) / 1e6
    report(f"load, {count:,} tags, {limits:,} alarms", "s", loads)
    report("  of which processor time", "s", busies)
    report("tick with nothing due", "ms", ticks)
    report(f"snapshot, {size:.0f} MB", "s", snapshots)
    report("restore", "s", restores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tags", type=int, nargs="*", default=[50_000, 500_000])
    parser.add_argument("--load", type=int, default=440_000)
    options = parser.parse_args()
    for count, plant, is_random in itertools.product(options.tags, SPREADS, (False, True)):
        measure_samples(count, options.repeats, plant, is_random=is_random)
    if options.load:
        measure_load(options.load, min(options.repeats, 3))


if __name__ == "__main__":
    main()
