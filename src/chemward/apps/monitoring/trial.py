"""A limit tried on history: the engine itself runs over the stored samples, once with the limit of now, once with the new one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chemward.telemetry.engine.config import AlarmConfig, TagConfig, condition_tags
from chemward.telemetry.engine.engine import Engine

NOW, NEW = "now", "new"
DAY_MS = 86_400_000
LONGEST_MS = 31 * DAY_MS
# Samples that the engine is given at once; between two silences only.
PIECE = 100_000
Columns = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]


class History(Protocol):
    """Where samples come from: the historian's client, or a test's."""

    def raw(self, tags: list[int], from_ms: int, to_ms: int) -> Iterable[pa.RecordBatch]: ...


@dataclass(frozen=True)
class Trial:
    """What a trial found: how often each limit would have raised in the span."""

    from_ms: int
    to_ms: int
    samples: int
    would_raise: int
    raises_now: int
    raised_ms: tuple[int, ...] = ()


def tags_needed(tag: TagConfig, alarms: Iterable[AlarmConfig]) -> list[int]:
    """Numbers of the tags that a trial must read: the tag, what it is compared with, what suppresses it."""
    numbers = {tag.n}
    for alarm in alarms:
        numbers |= {alarm.reference} if alarm.reference is not None else set()
        numbers |= condition_tags(alarm.suppress) if alarm.suppress is not None else set()
    return sorted(numbers)


def run(history: History, tag: TagConfig, now: AlarmConfig, new: AlarmConfig, from_ms: int, to_ms: int) -> Trial:
    """Judge [from_ms, to_ms) of a tag with both limits. Alarms that were suppressed by design when raised are not counted.

    ValueError when the span is empty or longer than LONGEST_MS. What the history raises (away, refused) goes through.
    """
    if not 0 < to_ms - from_ms <= LONGEST_MS:
        raise ValueError(f"the span must be above 0 and at most {LONGEST_MS // DAY_MS} days")
    alarms = tuple(msgspec.structs.replace(a, id=i, enabled=True) for i, a in ((NOW, now), (NEW, new)))
    engine = Engine()
    numbers = tags_needed(tag, alarms)
    others = [TagConfig(n=n, code=str(n)) for n in numbers if n != tag.n]
    own = msgspec.structs.replace(tag, alarms=alarms, enabled=True)
    engine.apply_page("trial", 0, [own, *others], from_ms)
    silence_ms = _silence_ms(alarms)
    inputs = sorted(set().union(*(condition_tags(a.suppress) for a in alarms if a.suppress is not None)))
    trial = Trial(from_ms, to_ms, 0, 0, 0)
    last_ms = from_ms
    for columns in _pieces(history.raw(numbers, from_ms, to_ms), silence_ms, inputs):
        first_ms = int(columns[1][0])
        # Time runs through a silence too: delays end and "no data" is noticed within it.
        for at_ms in _ticks(engine, last_ms, first_ms):
            trial = _count(trial, engine.tick(at_ms))
        last_ms = int(columns[1][-1])
        trial = _count(replace(trial, samples=trial.samples + len(columns[0])), engine.judge(*columns, last_ms))
    for at_ms in _ticks(engine, last_ms, to_ms):
        trial = _count(trial, engine.tick(at_ms))
    return trial


def _silence_ms(alarms: Iterable[AlarmConfig]) -> int:
    """A gap that time must be told of: longer than the shortest delay or silence that counts [ms]."""
    timed = [s for a in alarms for s in (a.on_s, a.off_s, a.limit if a.type == "STALE" else 0.0) if s > 0]
    return int(min(timed, default=math.inf) * 1000) if timed else DAY_MS


def _ticks(engine: Engine, after_ms: int, before_ms: int) -> Iterator[int]:
    """Moments in a silence at which the engine has something to do."""
    at_ms = after_ms
    while (due := engine.due_ms()) is not None and due < before_ms:
        at_ms = max(due, at_ms + 1)
        if at_ms >= before_ms:
            return
        yield at_ms


def _pieces(batches: Iterable[pa.RecordBatch], silence_ms: int, inputs: list[int]) -> Iterator[Columns]:
    """Columns in pieces that hold no silence inside, and begin anew where plant state that suppresses changes: the engine looks at
    conditions once a step, which is fifty milliseconds when it is live and must not be a week here."""
    for batch in batches:
        columns: Columns = tuple(batch[name].to_numpy(zero_copy_only=False) for name in ("tag", "ts", "value", "quality"))  # type: ignore[assignment]
        size = len(columns[0])
        if not size:
            continue
        silences = np.flatnonzero(np.diff(columns[1]) > silence_ms) + 1
        bounds = {0, size, *silences.tolist(), *_switches(columns, inputs), *range(0, size, PIECE)}
        for start, stop in pairwise(sorted(bounds)):
            yield tuple(c[start:stop] for c in columns)  # type: ignore[misc]


def _switches(columns: Columns, inputs: list[int]) -> Iterator[int]:
    """Where samples of the condition's tags differ from the one before: the places before and after them."""
    for tag in inputs:
        places = np.flatnonzero(columns[0] == tag)
        values = columns[2][places]
        for place in places[np.append(True, values[1:] != values[:-1])[: len(places)]].tolist():
            yield from (place, place + 1)


def _count(trial: Trial, events: Iterable[object]) -> Trial:
    raised = [e for e in events if e.kind == "raised" and not e.suppressed and trial.from_ms <= e.at_ms < trial.to_ms]  # type: ignore[attr-defined]
    new = [e.at_ms for e in raised if e.definition == NEW]  # type: ignore[attr-defined]
    return replace(
        trial,
        would_raise=trial.would_raise + len(new),
        raises_now=trial.raises_now + len(raised) - len(new),
        raised_ms=(*trial.raised_ms, *new)[:200],
    )
