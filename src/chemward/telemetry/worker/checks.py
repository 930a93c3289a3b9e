"""The loop over all samples of a step: time, range, gaps, repeats. One compiled pass, no work per sample in Python."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from chemward.protocols.telemetry import quality as q

# Columns of the counts per feed.
COUNTS = ("samples", "clean", "late", "ahead", "out_of_range", "duplicates", "out_of_order", "gaps")
SAMPLES, CLEAN, LATE, AHEAD, OUT_OF_RANGE, DUPLICATES, OUT_OF_ORDER, GAPS = range(8)

# Columns of the times per feed [ms].
NEWEST, LAG, SKEW = range(3)
"""NEWEST: newest source time. LAG: receipt − source time of the newest sample. SKEW: largest source − receipt since it was reset."""

NEVER = -(2**62)
REMEMBERED = 8  # source times per tag among which a repeat is recognised
GAP_PERIODS = 3  # a silence of more than so many usual periods is a gap

FEED_LIMIT = np.dtype([("lateness_ms", "i8"), ("skew_ms", "i8")], align=True)
"""lateness_ms: older is late. skew_ms: further ahead is the device's clock, not the future."""

TAG_CHECK = np.dtype(
    [
        ("lo", "f8"),
        ("hi", "f8"),
        ("last_value", "f8"),
        ("period_ms", "i8"),
        ("frozen_ms", "i8"),
        ("last_ts", "i8"),
        ("changed_at", "i8"),
        ("feed", "i4"),
        ("place", "i4"),
    ],
    align=True,
)
"""lo, hi: measuring range, infinite where there is none. last_ts: newest source time. changed_at: source time at which the value
last changed. place: where in the ring of remembered times the next one goes. feed: index of its feed, -1 when it is not in use."""

_LATE, _SUBSTITUTED, _RANGE = q.LATE, q.SUBSTITUTED, q.OUT_OF_RANGE
_CLASS, _BAD = q.CLASS_MASK, q.BAD
_I8, _I4, _F8, _U1 = nb.int64, nb.int32, nb.float64, nb.uint8


@nb.njit(  # type: ignore[untyped-decorator, unused-ignore]
    nb.void(
        _I8[::1],
        _I8[::1],
        _I4[::1],
        _I4[::1],
        _I8[::1],
        _F8[::1],
        _U1[::1],
        nb.from_dtype(FEED_LIMIT)[::1],
        _I8[:, ::1],
        _I8[:, ::1],
        nb.from_dtype(TAG_CHECK)[::1],
        _I8[:, ::1],
    ),
    cache=True,
    nogil=True,
)
def check(
    ends: npt.NDArray[np.int64],
    received: npt.NDArray[np.int64],
    feed: npt.NDArray[np.int32],
    slot: npt.NDArray[np.int32],
    ts: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    quality: npt.NDArray[np.uint8],
    limits: npt.NDArray[Any],
    counts: npt.NDArray[np.int64],
    times: npt.NDArray[np.int64],
    tags: npt.NDArray[Any],
    ring: npt.NDArray[np.int64],
) -> None:
    """Check the samples of messages in order; writes ts, quality and the memory of tags and feeds in place.

    Message m holds the samples up to ends[m], was received at received[m] [ms] and belongs to feed[m]. slot, ts [ms], value,
    quality: the samples. limits (feeds,); counts (feeds, COUNTS); times (feeds, 3); tags (slots,); ring (slots, REMEMBERED) [ms].
    """
    i = 0
    for m in range(ends.shape[0]):
        f = feed[m]
        came = received[m]
        late_before = came - limits[f].lateness_ms
        ahead_after = came + limits[f].skew_ms
        while i < ends[m]:
            tag = tags[slot[i]]
            remembered = ring[slot[i]]
            t = ts[i]
            v = value[i]
            flags = quality[i]
            is_clean = True
            times[f, SKEW] = max(times[f, SKEW], t - came)
            if t > ahead_after:
                # A time from the future would block the tag until then: the time of receipt takes its place.
                t = came
                ts[i] = t
                flags |= _SUBSTITUTED
                counts[f, AHEAD] += 1
                is_clean = False
            elif t < late_before:
                flags |= _LATE
                counts[f, LATE] += 1
                is_clean = False
            if (flags & _CLASS) != _BAD and (v < tag.lo or v > tag.hi):
                flags |= _RANGE
                counts[f, OUT_OF_RANGE] += 1
                is_clean = False
            quality[i] = flags
            if t > tag.last_ts:
                if tag.period_ms > 0 and tag.last_ts != NEVER and t - tag.last_ts > GAP_PERIODS * tag.period_ms:
                    counts[f, GAPS] += 1
                # NaN differs from everything: two of them in a row are no change.
                if v != tag.last_value and (v == v or tag.last_value == tag.last_value):
                    tag.changed_at = t
                    tag.last_value = v
                tag.last_ts = t
                times[f, LAG] = came - t
                times[f, NEWEST] = max(times[f, NEWEST], t)
            else:
                is_repeat = False
                for k in range(remembered.shape[0]):
                    is_repeat |= remembered[k] == t
                if is_repeat:
                    counts[f, DUPLICATES] += 1
                    is_clean = False
                else:
                    counts[f, OUT_OF_ORDER] += 1
            remembered[tag.place] = t
            tag.place = (tag.place + 1) % remembered.shape[0]
            counts[f, SAMPLES] += 1
            counts[f, CLEAN] += is_clean
            i += 1


def fresh_tags(size: int) -> npt.NDArray[Any]:
    """`size` tags that never had a sample."""
    tags = np.zeros(size, TAG_CHECK)
    tags["lo"], tags["hi"], tags["last_value"] = -np.inf, np.inf, np.nan
    tags["last_ts"] = tags["changed_at"] = NEVER
    tags["feed"] = -1
    return tags
