"""SAMPLES batch: one worker step's samples in order, the journal of the alarm engine.

Layout, little-endian; every part starts at a multiple of 8 bytes so that numpy and numba read the columns in place:

    0   4  magic `CWS1`
    4   4  uint32 length of the header
    8   …  header, msgpack map {partition, step, now_ms, cfg_seq, positions {stream: seq}, count}
        …  tag      int32   × count
        …  ts       int64   × count   [ms since 1970-01-01 UTC]
        …  value    float64 × count   (NaN where the sample is a text)
        …  quality  uint8   × count   (bits: `quality`)
        …  annex, msgpack map {index of the sample: text}, absent when there is no text

A batch of length 0 is a clock tick of the step.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

MAGIC = b"CWS1"
ALIGNMENT = 8
BYTES_PER_SAMPLE = 21

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]


class BatchError(ValueError):
    """These bytes are no batch: cut short, another format, or damaged. The message says where."""


class BatchHeader(msgspec.Struct, frozen=True):
    """What a step was: everything needed to take the same step again.

    partition: number of the worker's partition of shards.
    step: number of the step, counted up by 1 from 1.
    now_ms: the one clock reading of the step [ms UTC].
    cfg_seq: sequence of the last CONFIG message applied before the step.
    positions: for each input stream the sequence of the last message that is contained in this or an earlier step.
    count: samples in the batch; `encode` sets it.
    """

    partition: int
    step: int
    now_ms: int
    cfg_seq: int
    positions: dict[str, int] = {}
    count: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded batch. The columns are read-only views of the message, shape (count,)."""

    header: BatchHeader
    tag: Int32
    ts: Int64
    value: Float64
    quality: UInt8
    texts: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.header.count


_header_encoder = msgspec.msgpack.Encoder()
_header_decoder = msgspec.msgpack.Decoder(BatchHeader)
_annex_decoder = msgspec.msgpack.Decoder(dict[int, str])
_COLUMNS = (("tag", np.dtype("<i4")), ("ts", np.dtype("<i8")), ("value", np.dtype("<f8")), ("quality", np.dtype("u1")))


def encode(
    header: BatchHeader,
    tag: npt.ArrayLike,
    ts: npt.ArrayLike,
    value: npt.ArrayLike,
    quality: npt.ArrayLike,
    texts: Mapping[int, str] | None = None,
) -> bytes:
    """The bytes of a batch. The four columns have the same length; `texts` maps sample index to text.

    ValueError when the columns differ in length or a text belongs to no sample.
    """
    given = dict(zip(("tag", "ts", "value", "quality"), (tag, ts, value, quality), strict=True))
    columns = [np.ascontiguousarray(given[name], dtype=dtype) for name, dtype in _COLUMNS]
    count = len(columns[0])
    if any(column.shape != (count,) for column in columns):
        raise ValueError(f"columns of a batch differ in length: {[column.shape for column in columns]}")
    if texts and not all(0 <= index < count for index in texts):
        raise ValueError(f"a text belongs to no sample of a batch of {count}")
    head = _header_encoder.encode(msgspec.structs.replace(header, count=count))
    parts: list[bytes] = [MAGIC, struct.pack("<I", len(head)), head, _padding(len(head))]
    for column in columns:
        raw = column.tobytes()
        parts += (raw, _padding(len(raw)))
    if texts:
        parts.append(_header_encoder.encode(dict(texts)))
    return b"".join(parts)


def decode(data: bytes | memoryview) -> Batch:
    """The batch in these bytes, columns as views without a copy. BatchError when they are no whole batch."""
    header, offset = _decode_header(data)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    for name, dtype in _COLUMNS:
        length = header.count * dtype.itemsize
        end = offset + length + len(_padding(length))
        if end > len(data):
            raise BatchError(f"batch cut short in column {name}: {end} bytes needed, {len(data)} there")
        columns[name] = np.frombuffer(data, dtype, header.count, offset)
        offset = end
    return Batch(header, texts=_decode_annex(data, offset, header.count), **columns)  # type: ignore[arg-type]


def _decode_header(data: bytes | memoryview) -> tuple[BatchHeader, int]:
    if len(data) < 8 or bytes(data[:4]) != MAGIC:
        raise BatchError(f"no batch: it starts with {bytes(data[:4])!r} instead of {MAGIC!r}")
    (length,) = struct.unpack_from("<I", data, 4)
    if 8 + length > len(data):
        raise BatchError(f"batch cut short in its header: {8 + length} bytes needed, {len(data)} there")
    try:
        header = _header_decoder.decode(data[8 : 8 + length])
    except msgspec.MsgspecError as error:
        raise BatchError(f"damaged header of a batch: {error}") from error
    if header.count < 0:
        raise BatchError(f"damaged header of a batch: count {header.count}")
    return header, 8 + length + len(_padding(length))


def _decode_annex(data: bytes | memoryview, offset: int, count: int) -> dict[int, str]:
    if offset >= len(data):
        return {}
    try:
        texts = _annex_decoder.decode(data[offset:])
    except msgspec.MsgspecError as error:
        raise BatchError(f"damaged annex of texts: {error}") from error
    if not all(0 <= index < count for index in texts):
        raise BatchError(f"damaged annex of texts: an index is outside the {count} samples")
    return texts


def _padding(length: int) -> bytes:
    return bytes(-length % ALIGNMENT)
