"""Binary device payload `CWB1`: raw little-endian columns, for gateways that send much.

     0  4  magic `CWB1`
     4  1  flags: bit 0 a table of tag codes follows the header; bit 1 one time for all (no column of times);
           bit 2 quality column; the others 0
     5  1  reserved, 0
     6  2  uint16  K, codes in the table (0 without a table)
     8  8  int64   time base [ms since 1970-01-01 UTC]
    16  4  uint32  N, samples
    20  4  uint32  L, bytes of the table with its padding (0 without a table), a multiple of 8
    24  L  table: K × (uint8 length, code in UTF-8), zeros up to L
        …  value   float64 × N
        …  channel int32   × N   index into the table; without a table the number in decimal is the tag code (17 → `17`)
        …  time    int32   × N   [ms] added to the time base; absent with flag bit 1
        …  quality uint8   × N   bits 0–1 class (0 good, 1 uncertain, 2 bad), bit 3 calibration, bit 4 maintenance; with flag bit 2

The length of the message is exactly the sum. NaN is allowed where the quality is bad.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.protocols.telemetry import quality as q
from chemward.protocols.telemetry.columns import RawColumns
from chemward.protocols.telemetry.faults import Faults, UnreadableMessage
from chemward.protocols.telemetry.taglists import TagList, TagListCache

MAGIC = b"CWB1"
TABLE, ONE_TIME, QUALITY = 1, 2, 4
_HEADER = struct.Struct("<4sBBHqII")
_PLACEHOLDER = "-"  # stands for the code of a refused sample, so that the others keep their index
_DEVICE_BITS = q.CLASS_MASK | q.CALIBRATION | q.MAINTENANCE


def parse(data: bytes, faults: Faults, cache: TagListCache) -> RawColumns:
    """Columns of a binary message. UnreadableMessage when nothing of it can be read."""
    if len(data) < _HEADER.size:
        raise UnreadableMessage("cut_short", f"{len(data)} B")
    _, flags, reserved, codes, base, count, table = _HEADER.unpack_from(data)
    if flags & ~(TABLE | ONE_TIME | QUALITY) or reserved or table % 8 or (not flags & TABLE and (codes or table)):
        raise UnreadableMessage("bad_header", f"flags {flags:#x}, codes {codes}, table {table} B")
    if not count:
        raise UnreadableMessage("empty")
    needed = _HEADER.size + table + count * (12 + (0 if flags & ONE_TIME else 4) + (1 if flags & QUALITY else 0))
    if needed != len(data):
        raise UnreadableMessage("cut_short" if needed > len(data) else "bad_header", f"{len(data)} B / {needed} B")
    return _columns(data, flags, codes, base, count, table, faults, cache)


def _columns(
    data: bytes, flags: int, codes: int, base: int, count: int, table: int, faults: Faults, cache: TagListCache
) -> RawColumns:
    offset = _HEADER.size + table
    value = np.frombuffer(data, "<f8", count, offset)
    channel = np.frombuffer(data, "<i4", count, offset + 8 * count)
    offset += 12 * count
    times: Any = base
    if not flags & ONE_TIME:
        times = np.frombuffer(data, "<i4", count, offset) + np.int64(base)
        offset += 4 * count
    quality = _quality(np.frombuffer(data, "u1", count, offset), faults) if flags & QUALITY else None
    listed = _tag_codes(data[_HEADER.size : _HEADER.size + table], codes, channel, bool(flags & TABLE), faults, cache)
    return RawColumns(listed, value, times, quality)


def _quality(given: npt.NDArray[np.uint8], faults: Faults) -> npt.NDArray[np.uint8]:
    strange = (given & q.CLASS_MASK == 3) | (given & ~np.uint8(_DEVICE_BITS) != 0)
    if not strange.any():
        return given
    for index in np.flatnonzero(strange).tolist():
        faults.add(index, "q", "bad_quality", int(given[index]))
    return np.where(strange, np.uint8(q.UNCERTAIN), given).astype(np.uint8)


def _tag_codes(
    table: bytes, codes: int, channel: npt.NDArray[np.int32], has_table: bool, faults: Faults, cache: TagListCache
) -> TagList:
    key = (table, codes, channel.tobytes())
    weight = len(table) + len(key[2])
    if not has_table:
        return cache.get(key, weight, lambda: [str(number) for number in channel.tolist()])
    strange = (channel < 0) | (channel >= codes)
    if strange.any():
        for index in np.flatnonzero(strange).tolist():
            faults.add(index, "tag", "bad_channel", int(channel[index]))

    def named() -> list[str]:
        names = _table(table, codes)
        return [names[c] if 0 <= c < codes else _PLACEHOLDER for c in channel.tolist()]

    return cache.get(key, weight, named)


def _table(table: bytes, codes: int) -> list[str]:
    names: list[str] = []
    offset = 0
    for _ in range(codes):
        end = offset + 1 + (table[offset] if offset < len(table) else 0)
        if end > len(table):
            raise UnreadableMessage("bad_header", f"table: {len(names)} of {codes} codes")
        names.append(table[offset + 1 : end].decode("utf-8", "replace"))
        offset = end
    if len(table) - offset >= 8 or any(table[offset:]):
        raise UnreadableMessage("bad_header", f"table: {len(table) - offset} B left over")
    return names


# -- the other direction: gateways written in Python, the simulator, tests ------------------------------------------------


def encode(
    codes: Sequence[str],
    channel: npt.ArrayLike,
    value: npt.ArrayLike,
    base_ms: int,
    offset_ms: npt.ArrayLike | None = None,
    quality: npt.ArrayLike | None = None,
) -> bytes:
    """A `CWB1` message. codes: the table (may be empty: channel numbers are the codes); channel, value, offset_ms [ms],
    quality of equal length. ValueError when a code is longer than 255 bytes or the columns differ in length."""
    encoded = [code.encode() for code in codes]
    if any(len(code) > 255 for code in encoded):
        raise ValueError("a tag code is longer than 255 bytes")
    table = b"".join(bytes([len(code)]) + code for code in encoded)
    table += bytes(-len(table) % 8)
    columns = [np.asarray(value, "<f8"), np.asarray(channel, "<i4")]
    flags = TABLE if encoded else 0
    if offset_ms is None:
        flags |= ONE_TIME
    else:
        columns.append(np.asarray(offset_ms, "<i4"))
    if quality is not None:
        flags |= QUALITY
        columns.append(np.asarray(quality, "u1"))
    count = len(columns[0])
    if any(column.shape != (count,) for column in columns):
        raise ValueError("columns of a binary payload differ in length")
    head = _HEADER.pack(MAGIC, flags, 0, len(encoded), base_ms, count, len(table))
    return b"".join([head, table, *(column.tobytes() for column in columns)])
