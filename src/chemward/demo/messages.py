"""What the gateways of the demo send: readings of a frame as device payloads, in the forms real devices use (docs/payload.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from chemward.demo.effects import Frame, Index
from chemward.demo.noise import streams, uniform
from chemward.demo.records import Feed, Plan, Tag
from chemward.protocols.telemetry import binary_payload, quality

QUALITY_WORDS = ("good", "uncertain", "bad")


@dataclass(frozen=True)
class Column:
    """The tags that one message carries, with what never changes about them."""

    index: Index
    codes: list[str]
    units: list[str | None] | None
    factor: np.ndarray  # value sent = value × factor
    states: dict[int, dict[float, str]]  # position → number: text
    texts: list[int]  # positions of text tags

    @classmethod
    def of(cls, plan: Plan, tags: Sequence[Tag]) -> Column:
        units = [t.send_unit or None for t in tags]
        return cls(
            index=np.array([plan.tag_index[t.key] for t in tags], dtype=np.int64),
            codes=[t.code for t in tags],
            units=units if any(units) else None,
            factor=np.array([1.0 / t.conversions[t.send_unit][0] if t.send_unit else 1.0 for t in tags]),
            states={i: {float(n): text for text, n in t.states.items()} for i, t in enumerate(tags) if t.kind == "state"},
            texts=[i for i, t in enumerate(tags) if t.kind == "text"],
        )


class Encoder:
    """Messages of one gateway."""

    def __init__(self, plan: Plan, feed: Feed, cycle_s: int = 1) -> None:
        self.feed = feed
        self._plan, self._cycle_s = plan, cycle_s
        self._tags = plan.tags_of(feed.key)
        phases = uniform(streams(plan.seed, [t.key for t in self._tags], "phase")) if self._tags else np.empty(0)
        self._period = np.array([t.period_s for t in self._tags], dtype=np.int64)
        self._phase = (phases * self._period).astype(np.int64)
        self._columns: dict[bytes, Column] = {}
        self.all = Column.of(plan, self._tags)

    def due(self, second: int) -> Column | None:
        """The tags whose period came round in the cycle that ends at `second`; None when there are none."""
        now, before = (second + self._phase) // self._period, (second - self._cycle_s + self._phase) // self._period
        chosen = now != before
        if not chosen.any():
            return None
        key = chosen.tobytes()
        if key not in self._columns:
            self._columns[key] = Column.of(self._plan, [t for t, c in zip(self._tags, chosen, strict=True) if c])
        return self._columns[key]

    def messages(self, frame: Frame, second: int) -> list[bytes]:
        """What the gateway sends at `second` [s UTC], stamped by its own, maybe wrong, clock."""
        column = self.due(second)
        if column is None:
            return []
        t_ms = round((second + frame.skew_s.get(self.feed.key, 0.0)) * 1000)
        if self.feed.form == "binary":
            return [_binary(column, frame, t_ms)]
        values, classes = readings(column, frame), quality_classes(column, frame)
        calibrating = frame.calibrating[column.index]
        flags: dict[str, Any] = {}
        if classes.any():
            flags["q"] = [QUALITY_WORDS[c] for c in classes]
        if calibrating.any():
            flags["cal"] = calibrating.tolist()
        if column.units is not None:
            flags["u"] = column.units
        if self.feed.form == "columns":
            return [orjson.dumps({"t": t_ms, "tags": column.codes, "v": values, **flags})]
        rows = _rows(column.codes, values, flags)
        if self.feed.form == "rows":
            return [orjson.dumps({"t": t_ms, "samples": rows})]
        return [orjson.dumps({"t": t_ms, **row}) for row in rows]


def readings(column: Column, frame: Frame) -> list[Any]:
    """Values as the gateway writes them: numbers in its unit, states and texts as text, None where there is no reading."""
    numbers = frame.values[column.index] * column.factor
    if column.units is not None:
        numbers = np.round(numbers, 4)
    values: list[Any] = numbers.tolist()
    for i, names in column.states.items():
        values[i] = names.get(values[i], values[i])
    for i in column.texts:
        values[i] = frame.texts[int(column.index[i])]
    return [None if v != v else v for v in values]


def quality_classes(column: Column, frame: Frame) -> np.ndarray:
    """Quality class of each reading: a number that is missing is bad."""
    missing = np.isnan(frame.values[column.index])
    missing[column.texts] = False
    bad = frame.bad[column.index] | missing
    return np.where(bad, quality.BAD, np.where(frame.uncertain[column.index], quality.UNCERTAIN, quality.GOOD))


def _rows(codes: list[str], values: list[Any], flags: dict[str, list[Any]]) -> list[dict[str, Any]]:
    rows = []
    for i, (code, value) in enumerate(zip(codes, values, strict=True)):
        row = {"tag": code, "v": value}
        row.update({name: given[i] for name, given in flags.items() if given[i] not in (None, False, "good")})
        rows.append(row)
    return rows


def _binary(column: Column, frame: Frame, t_ms: int) -> bytes:
    classes = quality_classes(column, frame).astype(np.uint8)
    classes[frame.calibrating[column.index]] |= quality.CALIBRATION
    channel = np.arange(len(column.codes), dtype=np.int32)
    return binary_payload.encode(column.codes, channel, frame.values[column.index] * column.factor, t_ms, quality=classes)
