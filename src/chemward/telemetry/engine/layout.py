"""How the engine's memory is laid out: the rows that kernel, engine and snapshot share.

Tags and alarms are rows of NumPy record arrays; the alarms of a tag stand next to each other (compressed sparse rows:
`first`, `size`), six typically, as many as the tag needs. Settings and states are apart, so that history can be judged with
the same settings and states of its own. A tag's state is one cache line of 64 bytes, because with half a million tags in
random order the kernel waits for memory and nothing else. Padding is named, so that equal states are equal bytes.

Compiled code holds the numbers below, and the compiler's cache notices a change of `kernel.py` only: whoever changes a number
here raises `kernel.EDITION` and `conditions.EDITION`, and `engine.FORMAT` if old snapshots can no longer be read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]

NEVER = -(2**62)
"""A time before all times [ms]."""
FOREVER = 2**62
"""A time after all times [ms]."""

# Kinds of alarm, in the order in which `KINDS` names them.
KINDS = ("HH", "H", "L", "LL", "ROC", "DEV", "STATE", "STALE", "BAD")
HH, H, L, LL, ROC, DEV, STATE, STALE, BAD = range(9)

# Phases of an alarm's condition.
NORMAL, ARRIVING, RAISED, LEAVING, COUNTED = range(5)
"""ARRIVING: on-delay runs. LEAVING: off-delay runs, still raised. COUNTED: a crossing that was counted, not yet enough."""

# What the newest sample of a tag is good for.
MODE_GOOD, MODE_BAD, MODE_HELD, MODE_NONE = range(4)
"""HELD: flagged calibration or maintenance. NONE: no sample yet."""

# The quality byte (docs/architecture.md, "SAMPLES").
QUALITY_CLASS = 0b11
QUALITY_BAD = 2
QUALITY_LATE = 0b100
QUALITY_HELD = 0b11000
"""Calibration or maintenance."""

# What a tag is watched for by others.
WATCHED_BY_DEVIATION = 1
WATCHED_BY_CONDITION = 2

EVENT_RAISED, EVENT_CLEARED = 1, 2

TAG_SETTING = np.dtype(
    [("n", "i4"), ("first", "i4"), ("size", "i4"), ("is_text", "u1"), ("watched", "u1"), ("pad", "u2")], align=True
)
"""n: tag number, 0 for a free slot. first, size: its alarms."""

TAG_STATE = np.dtype(
    [
        ("ts", "i8"),
        ("received", "i8"),
        ("good_value", "f8"),
        ("quiet_lo", "f8"),
        ("quiet_hi", "f8"),
        ("rise", "f8"),
        ("fall", "f8"),
        ("mode", "u1"),
        ("is_silent", "u1"),
        ("pad", "u2"),
        ("pad_more", "u4"),
    ],
    align=True,
)
"""ts: source time of the newest sample [ms]. received: platform time at which it came [ms]. good_value: the last good one.

Between quiet_lo and quiet_hi, with a rate between fall and rise [unit/s], a good sample can change no alarm of the tag: the
kernel keeps it and goes on. An empty band (lo = +inf) sends the next sample the long way. is_silent: a STALE alarm is raised.
"""

ALARM_SETTING = np.dtype(
    [
        ("limit", "f8"),
        ("deadband", "f8"),
        ("on_ms", "i8"),
        ("off_ms", "i8"),
        ("window_ms", "i8"),
        ("slot", "i4"),
        ("ring", "i4"),
        ("count", "i4"),
        ("reference", "i4"),
        ("condition", "i4"),
        ("kind", "u1"),
        ("position", "u1"),
        ("priority", "u1"),
        ("level", "u1"),
    ],
    align=True,
)
"""slot: its tag. ring: where its crossings are remembered, -1 none. reference: tag number, 0 none. condition: -1 none."""

ALARM_STATE = np.dtype(
    [
        ("since", "i8"),
        ("changed_at", "i8"),
        ("raised_at", "i8"),
        ("phase", "u1"),
        ("is_suppressed", "u1"),
        ("crossings", "u1"),
        ("pad", "u1"),
        ("pad_more", "u4"),
    ],
    align=True,
)
"""since: start of the running delay. changed_at: last raising or clearing. raised_at: last raising. [ms]"""

EVENT = np.dtype(
    [("at", "i8"), ("raised_at", "i8"), ("value", "f8"), ("slot", "i4"), ("alarm", "i4"), ("kind", "u1")],
    align=True,
)

COUNTS = ("judged", "unknown", "late", "out_of_order", "duplicate", "ahead")
JUDGED, UNKNOWN, LATE, OUT_OF_ORDER, DUPLICATE, AHEAD = range(6)

CACHE_LINE = 64


def rows(size: int, dtype: np.dtype[Any]) -> Rows:
    """`size` zeroed rows that begin on a cache line. Untouched memory costs nothing until it is written."""
    raw = np.zeros(size * dtype.itemsize + CACHE_LINE, np.uint8)
    offset = -raw.ctypes.data % CACHE_LINE
    return raw[offset : offset + size * dtype.itemsize].view(dtype)


def clear_tags(states: Rows, good_ts: Rows, slots: Any, now_ms: int) -> None:
    """Set tag states as they are before the first sample; silence counts from `now_ms`."""
    fresh = np.zeros(1, TAG_STATE)
    fresh["ts"], fresh["received"], fresh["good_value"] = NEVER, now_ms, np.nan
    fresh["quiet_lo"], fresh["quiet_hi"], fresh["rise"], fresh["fall"] = np.inf, -np.inf, np.inf, -np.inf
    fresh["mode"] = MODE_NONE
    states[slots] = fresh[0]
    good_ts[slots] = NEVER


def clear_alarms(states: Rows, alarms: Any) -> None:
    """Set alarm states to normal, never raised."""
    fresh = np.zeros(1, ALARM_STATE)
    fresh["since"] = fresh["changed_at"] = fresh["raised_at"] = NEVER
    states[alarms] = fresh[0]
