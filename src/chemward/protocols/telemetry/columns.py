"""Columns of a message: from what stood in the fields to numpy columns, with a fault for each field that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from chemward.protocols.telemetry import quality as q
from chemward.protocols.telemetry.batch import Float64, Int64, UInt8
from chemward.protocols.telemetry.faults import MESSAGE, Faults
from chemward.protocols.telemetry.taglists import TagList

MAX_TEXT = 256
MAX_TEXTS = 500_000  # characters of all texts of a message
MAX_UNIT = 16
FIRST_MS = 946_684_800_000  # 2000-01-01
LAST_MS = 4_102_444_800_000  # 2100-01-01
_QUALITY_WORDS = {"good": q.GOOD, "uncertain": q.UNCERTAIN, "bad": q.BAD}
_NO_TEXTS: Mapping[int, str] = {}


@dataclass(slots=True)
class RawColumns:
    """Fields as they stood in the message. A list holds one entry per sample, anything else counts for all samples.

    value may be an array (binary form); the entry None means absent.
    """

    tags: TagList
    value: Any
    t: Any = None
    q: Any = None
    u: Any = None
    cal: Any = None
    maint: Any = None


@dataclass(slots=True)
class Built:
    ts: Int64
    value: Float64
    quality: UInt8
    units: str | tuple[str | None, ...] | None
    texts: Mapping[int, str] = field(default_factory=dict)


def build(raw: RawColumns, received_ms: int, faults: Faults) -> Built | None:
    """Columns of the message, shape (number of tags,); None when the columns do not fit together."""
    count = len(raw.tags)
    if not _lengths_agree(raw, count, faults):
        return None
    quality = _quality(raw, count, faults)
    value, texts = _values(raw.value, quality, faults)
    return Built(_times(raw.t, count, received_ms, faults), value, quality, _units(raw.u, faults), texts)


def _lengths_agree(raw: RawColumns, count: int, faults: Faults) -> bool:
    if not isinstance(raw.value, list | np.ndarray):
        faults.add(MESSAGE, "v", "length_mismatch", "v")
        return False
    for name in ("value", "t", "q", "u", "cal", "maint"):
        column = getattr(raw, name)
        if isinstance(column, list | np.ndarray) and len(column) != count:
            shown = "v" if name == "value" else name
            faults.add(MESSAGE, shown, "length_mismatch", f"{shown} {len(column)}, tags {count}")
            return False
    return True


# -- value -------------------------------------------------------------------------------------------------------------


def _values(values: Any, quality: UInt8, faults: Faults) -> tuple[Float64, Mapping[int, str]]:
    if isinstance(values, np.ndarray):
        return _finite(values, quality, faults), _NO_TEXTS
    if set(map(type, values)) <= {float}:
        return _finite(np.array(values, dtype=np.float64), quality, faults), _NO_TEXTS
    return _mixed_values(values, quality, faults)


def _finite(value: Float64, quality: UInt8, faults: Faults) -> Float64:
    strange = ~np.isfinite(value)
    if strange.any():
        value = np.where(strange, np.nan, value)
        for index in np.flatnonzero(strange & (quality & q.CLASS_MASK != q.BAD)).tolist():
            faults.add(index, "v", "not_finite")
    return value


def _mixed_values(values: Sequence[Any], quality: UInt8, faults: Faults) -> tuple[Float64, Mapping[int, str]]:
    numbers: list[float] = []
    texts: dict[int, str] = {}
    room = MAX_TEXTS
    classes = (quality & q.CLASS_MASK).tolist()
    for index, value in enumerate(values):
        number = float("nan")
        if isinstance(value, int | float):
            number = _number(index, value, classes[index], faults)
        elif isinstance(value, str):
            room -= len(value)
            if _is_clean_text(value, MAX_TEXT) and room >= 0:
                texts[index] = value
            else:
                faults.add(index, "v", "text_too_long" if len(value) > MAX_TEXT or room < 0 else "bad_value", value)
        elif value is not None:
            faults.add(index, "v", "bad_value", value)
        elif classes[index] != q.BAD:
            faults.add(index, "v", "missing_value")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64), texts


def _number(index: int, value: float, quality_class: int, faults: Faults) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if np.isfinite(number):
        return number
    if quality_class != q.BAD:
        faults.add(index, "v", "not_finite")
    return float("nan")


def _is_clean_text(text: str, limit: int) -> bool:
    """Short enough and writable as UTF-8 (JSON can smuggle half a surrogate pair)."""
    return len(text) <= limit and not any("\ud800" <= c <= "\udfff" for c in text)


# -- time --------------------------------------------------------------------------------------------------------------


def _times(t: Any, count: int, received_ms: int, faults: Faults) -> Int64:
    if t is None:
        return np.full(count, received_ms, dtype=np.int64)
    if isinstance(t, np.ndarray):
        return _checked_times(t, faults)
    if not isinstance(t, list):
        return np.full(count, _shared_time(t, count, received_ms, faults), dtype=np.int64)
    if set(map(type, t)) == {int}:
        try:
            return _checked_times(np.array(t, dtype=np.int64), faults)
        except OverflowError:
            pass
    return np.array([_sample_time(index, entry, received_ms, faults) for index, entry in enumerate(t)], dtype=np.int64)


def _checked_times(ts: Int64, faults: Faults) -> Int64:
    strange = (ts < FIRST_MS) | (ts > LAST_MS)
    if strange.any():
        for index in np.flatnonzero(strange).tolist():
            number = int(ts[index])
            faults.add(index, "t", _range_fault(number), number)
    return ts


def _shared_time(t: Any, count: int, received_ms: int, faults: Faults) -> int:
    ms, problem = time_ms(t)
    if problem is None:
        return ms
    # One wrong time spoils all samples, and is told once.
    faults.add(MESSAGE, "t", problem, t)
    faults.refused.update(range(count))
    return received_ms


def _sample_time(index: int, t: Any, received_ms: int, faults: Faults) -> int:
    if t is None:
        return received_ms
    ms, problem = time_ms(t)
    if problem is not None:
        faults.add(index, "t", problem, t)
        return received_ms
    return ms


def time_ms(t: Any) -> tuple[int, str | None]:
    """A time field as (ms UTC, None), or (0, fault code). Accepts whole ms, or ISO 8601 with an offset."""
    if isinstance(t, bool) or not isinstance(t, int | float | str):
        return 0, "bad_time"
    if isinstance(t, str):
        return _iso_ms(t)
    if isinstance(t, float) and not t.is_integer():
        # Seconds with a fraction are the usual cause; never guess.
        return 0, "time_seconds" if FIRST_MS <= t * 1000 <= LAST_MS else "bad_time"
    number = int(t)
    if FIRST_MS <= number <= LAST_MS:
        return number, None
    return 0, _range_fault(number)


def _iso_ms(text: str) -> tuple[int, str | None]:
    # A bare date or a basic-format number would parse too: an instant needs its "T" and its offset.
    if len(text) > 40 or len(text) < 16 or text[10] not in "Tt ":
        return 0, "bad_time"
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            return 0, "time_no_offset"
        ms = round(instant.timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0, "bad_time"
    return (ms, None) if FIRST_MS <= ms <= LAST_MS else (0, "time_out_of_range")


def _range_fault(number: int) -> str:
    return "time_seconds" if FIRST_MS <= number * 1000 <= LAST_MS else "time_out_of_range"


# -- quality, flags, units ---------------------------------------------------------------------------------------------


def _quality(raw: RawColumns, count: int, faults: Faults) -> UInt8:
    quality = _classes(raw.q, count, faults)
    for field_name, bit in (("cal", q.CALIBRATION), ("maint", q.MAINTENANCE)):
        flag = getattr(raw, field_name)
        if flag is not None:
            quality = quality | _flags(flag, count, field_name, bit, faults)
    return quality


def _classes(given: Any, count: int, faults: Faults) -> UInt8:
    if given is None:
        return np.zeros(count, dtype=np.uint8)
    if isinstance(given, np.ndarray):
        return given
    if not isinstance(given, list):
        return np.full(count, _class(MESSAGE, given, faults), dtype=np.uint8)
    return np.array([_class(index, entry, faults) for index, entry in enumerate(given)], dtype=np.uint8)


def _class(index: int, given: Any, faults: Faults) -> int:
    if given is None:
        return q.GOOD
    if isinstance(given, str):
        found = _QUALITY_WORDS.get(given[:16].strip().lower())
    else:
        found = int(given) if isinstance(given, int | float) and given in (0, 1, 2) and not isinstance(given, bool) else None
    if found is None:
        faults.add(index, "q", "bad_quality", given)
        return q.UNCERTAIN
    return found


def _flags(given: Any, count: int, field_name: str, bit: int, faults: Faults) -> UInt8:
    if not isinstance(given, list):
        return np.full(count, bit if _flag(MESSAGE, given, field_name, faults) else 0, dtype=np.uint8)
    return np.array([bit if _flag(i, entry, field_name, faults) else 0 for i, entry in enumerate(given)], dtype=np.uint8)


def _flag(index: int, given: Any, field_name: str, faults: Faults) -> bool:
    if given is None or isinstance(given, bool):
        return bool(given)
    if isinstance(given, int | float) and given in (0, 1):
        return bool(given)
    faults.add(index, field_name, "bad_flag", given)
    return False


def _units(given: Any, faults: Faults) -> str | tuple[str | None, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        unit = _unit(MESSAGE, given, faults)
        return unit if unit is not None else "?"  # a unit that cannot be read fits no tag: the worker refuses by tag
    units = tuple(_unit(index, entry, faults) for index, entry in enumerate(given))
    return units if any(units) else None


def _unit(index: int, given: Any, faults: Faults) -> str | None:
    if given is None or given == "":
        return None
    if isinstance(given, str) and len(given) <= MAX_UNIT and given.isprintable():
        return given
    faults.add(index, "u", "bad_unit", given)
    return None
