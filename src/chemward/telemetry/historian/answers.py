"""What the historian answers with: small frozen records around numpy columns and Arrow tables.

Times are milliseconds since 1970-01-01 UTC. A span is half open: from_ms ≤ t < to_ms. Values are NaN where a sample is a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]

SAMPLES_SCHEMA = pa.schema(
    [
        pa.field("tag", pa.int32()),
        pa.field("ts", pa.int64()),
        pa.field("value", pa.float64()),
        pa.field("quality", pa.uint8()),
    ]
)
TEXTS_SCHEMA = pa.schema([pa.field("tag", pa.int32()), pa.field("ts", pa.int64()), pa.field("text", pa.utf8())])
HOURLY_SCHEMA = pa.schema(
    [
        pa.field("tag", pa.int32()),
        pa.field("hour", pa.int64()),
        pa.field("count", pa.uint32()),
        pa.field("min", pa.float64()),
        pa.field("max", pa.float64()),
        pa.field("mean", pa.float64()),
        pa.field("first", pa.float64()),
        pa.field("last", pa.float64()),
        pa.field("last_ts", pa.int64()),
        pa.field("last_quality", pa.uint8()),
        pa.field("good_s", pa.float32()),
        pa.field("uncertain_s", pa.float32()),
        pa.field("bad_s", pa.float32()),
    ]
)
"""One row per tag and hour (`hour` is its start). `count` counts all samples; min, max, mean leave out bad and not finite ones
(NaN when none is left); first and last are of any quality. The seconds say for how long the tag's reading stood with each class
of quality: a sample stands until the next one, at most the store's hold; what is missing to 3,600 s was a gap."""


class HistorianError(Exception):
    """The historian cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Values:
    """One sample per tag, ordered by tag. Columns of shape (tags,); `texts` holds the text of tags whose sample is one."""

    tag: Int32
    ts: Int64
    value: Float64
    quality: UInt8
    texts: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tag)

    def of(self, tags: Sequence[int]) -> Values:
        """Only these tags."""
        kept = np.isin(self.tag, np.array(tags, np.int64))
        texts = {tag: self.texts[tag] for tag in tags if tag in self.texts}
        return Values(self.tag[kept], self.ts[kept], self.value[kept], self.quality[kept], texts)

    def as_table(self) -> pa.Table:
        """As an Arrow table with a column `text` (null where the sample is none)."""
        texts = [self.texts.get(tag) for tag in self.tag.tolist()] if self.texts else [None] * len(self)
        columns = {"tag": self.tag, "ts": self.ts, "value": self.value, "quality": self.quality}
        return pa.table({**columns, "text": pa.array(texts, pa.utf8())})

    @classmethod
    def from_table(cls, table: pa.Table) -> Values:
        """What `as_table` made."""
        tag, ts, value, quality = (table[name].to_numpy() for name in ("tag", "ts", "value", "quality"))
        texts = {row: text for row, text in zip(tag.tolist(), table["text"].to_pylist(), strict=True) if text is not None}
        return cls(tag, ts, value, quality, texts)


@dataclass(frozen=True, slots=True)
class Trend:
    """Samples of one tag, thinned so that the eye sees what the full series shows.

    ts, value, quality: real samples in order of time, never interpolated, shape (points,).
    gaps: (last sample before, first sample after) of gaps longer than gap_ms; both samples are among the points.
    count: samples in the span before thinning.
    """

    tag: int
    ts: Int64
    value: Float64
    quality: UInt8
    gaps: tuple[tuple[int, int], ...]
    gap_ms: int
    count: int

    @property
    def is_thinned(self) -> bool:
        return len(self.ts) < self.count


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day of history. rows: samples stored (a sample sent again may count twice until parts merge); bytes: on disk."""

    day: str
    rows: int
    bytes: int
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a stream has been stored. `created` tells a stream from one made again under the same name."""

    stream: str
    created: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: samples stored, samples of steps stored before (skipped), samples with an impossible time."""

    stored: int
    skipped: int
    refused: int
