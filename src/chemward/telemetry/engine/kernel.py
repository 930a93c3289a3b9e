"""The judge: compiled loops over rows of samples and rows of alarms. Knows no clock, network, database or text.

What it decides, and why:

*Limits.* H and HH are in alarm at `value >= limit`, L and LL at `value <= limit`: a set point is reached when it is equalled
(GB/T 50493 sets levels that must alarm when reached). A raised alarm clears when the value has come back by more than the
deadband: at exactly `limit - deadband` (or `limit + deadband`) it still stands. The deadband belongs to leaving only: while
an on-delay runs the value must stay at or beyond the limit itself.

*ROC.* Signed: a positive limit is a rise, a negative one a fall [unit/s], because a falling pressure and a rising one are two
different alarms with two different answers; who wants both sets two. The rate lies between two good samples of different
time; the first sample has none, and a sample that replaces another of the same time has none: the alarm holds.

*DEV.* |value - last good value of the reference tag|, judged whenever either of the two gets a sample, in order of source
time over both, all samples of one millisecond before any judgement: the order of tags in a batch cannot matter.

*STATE.* The value equals the limit. *BAD.* The quality class is bad (or undefined), or a number is NaN or infinite.

*Quality.* Good and uncertain samples are judged alike: a doubtful high reading is a reason to look, not to wait. A bad
sample neither raises nor clears limits, only BAD: an instrument that fails says nothing about the process. A sample flagged
calibration or maintenance holds everything, BAD included: test gas is no leak, and a detector being calibrated is known to
be off. While the newest sample is bad (limits) or flagged (all), running delays stand still for ticks; the next good sample
judges them from their true start.

*Delays.* By samples in source time, by ticks in platform time: a batch sent once a minute is judged as it happened, and a
value that stays needs no second sample. The event bears the moment at which the delay ran out, whoever noticed, so that the
occurrence id does not depend on the tick. Times of one alarm never run backwards, and no two raisings share a time.

*Count in window.* A crossing is an arrival that outlasted its on-delay; between two the value must have left beyond the
deadband. The n-th within the window (equal counts) raises; after that counting begins anew.

*Order.* A sample older than the newest of its tag does not judge the present. One of the same time replaces it and is judged
(last wins); a bad one that replaces a good one does not withdraw its value. One ahead of the platform's clock by more than
the allowed skew is not judged: it would make every honest sample after it look old.

*STALE.* Silence is counted in platform time since the last sample that was newer than the one before: a device's clock is no
witness of its own silence, and one reading sent again and again is no sign of life. Judged by ticks; cleared by a sample.

*Late samples* (quality bit 2) are judged by the same loops with the same settings and other states, see `engine.Backlogs`:
there delays run by samples only, and STALE and DEV are not judged, because silence and the other tag's value of that time
are not known.

Latching is not here: it is an obligation, see `state.isa_state`.

All functions are compiled when this module is imported, or read from the cache (`NUMBA_CACHE_DIR`; `warm.py` fills it).
"""

from __future__ import annotations

import math
from typing import Any

from numba import types as nt

from chemward.telemetry.engine.compiling import (
    ALARM_SETTINGS,
    ALARM_STATES,
    EVENTS,
    F8,
    I4,
    I8,
    MEMORY,
    PAIR,
    U1,
    column,
    compiled,
    numba_types,
)
from chemward.telemetry.engine.layout import (
    AHEAD,
    ARRIVING,
    BAD,
    COUNTED,
    DEV,
    DUPLICATE,
    EVENT_CLEARED,
    EVENT_RAISED,
    FOREVER,
    HH,
    JUDGED,
    LATE,
    LEAVING,
    LL,
    MODE_BAD,
    MODE_GOOD,
    MODE_HELD,
    MODE_NONE,
    NEVER,
    NORMAL,
    OUT_OF_ORDER,
    QUALITY_BAD,
    QUALITY_CLASS,
    QUALITY_HELD,
    QUALITY_LATE,
    RAISED,
    ROC,
    STALE,
    STATE,
    UNKNOWN,
    H,
    L,
)

EDITION = 1
"""Raised with every change of a number in `layout`, so that this file changes and the cache is made anew."""

# -- one alarm --------------------------------------------------------------------------------------------------------


@compiled(nt.boolean(ALARM_SETTINGS, ALARM_STATES, I8, nt.int64, nt.int64))
def _count_crossing(settings: Any, states: Any, rings: Any, a: int, at: int) -> bool:
    """Note a crossing at `at`; True when it completes the count within the window, which then begins anew."""
    wanted = settings[a].count - 1
    if wanted <= 0:
        return True
    first = settings[a].ring
    filled = states[a].crossings
    if filled == wanted and at - rings[first] <= settings[a].window_ms:
        states[a].crossings = 0
        return True
    if filled == wanted:
        for k in range(first, first + wanted - 1):
            rings[k] = rings[k + 1]
        filled -= 1
    rings[first + filled] = at
    states[a].crossings = filled + 1
    return False


@compiled(nt.int64(ALARM_SETTINGS, ALARM_STATES, I8, nt.int64, nt.int64))
def _arrive(settings: Any, states: Any, rings: Any, a: int, at: int) -> int:
    """The condition outlasted its on-delay at `at`: raise, or count the crossing."""
    if not _count_crossing(settings, states, rings, a, at):
        states[a].phase = COUNTED
        return 0
    at = max(at, states[a].changed_at)
    if at <= states[a].raised_at:
        at = states[a].raised_at + 1
    states[a].phase = RAISED
    states[a].changed_at = at
    states[a].raised_at = at
    return EVENT_RAISED


@compiled(nt.int64(ALARM_SETTINGS, ALARM_STATES, I8, nt.int64, nt.boolean, nt.boolean, nt.int64))
def _step(settings: Any, states: Any, rings: Any, a: int, is_in: bool, is_still_in: bool, t: int) -> int:
    """Move one alarm on at time `t` [ms].

    is_in: at or beyond the limit. is_still_in: not yet back by more than the deadband.
    Returns EVENT_RAISED, EVENT_CLEARED or 0; the time of the event is `changed_at`.
    """
    phase = states[a].phase
    if phase in (NORMAL, ARRIVING):
        if not is_in:
            states[a].phase = NORMAL
            return 0
        if phase == NORMAL:
            states[a].phase = ARRIVING
            states[a].since = t
        if t - states[a].since >= settings[a].on_ms:
            return _arrive(settings, states, rings, a, states[a].since + settings[a].on_ms)
        return 0
    if phase == COUNTED:
        if not is_still_in:
            states[a].phase = NORMAL
        return 0
    if is_still_in:
        states[a].phase = RAISED
        return 0
    if phase == RAISED:
        states[a].phase = LEAVING
        states[a].since = t
    if t - states[a].since >= settings[a].off_ms:
        states[a].phase = NORMAL
        states[a].changed_at = max(states[a].since + settings[a].off_ms, states[a].changed_at)
        return EVENT_CLEARED
    return 0


@compiled(PAIR(ALARM_SETTINGS, nt.int64, nt.float64))
def _reached(settings: Any, a: int, value: float) -> tuple[bool, bool]:
    """(at or beyond the limit, not yet back by more than the deadband) of HH, H, L, LL and STATE."""
    limit = settings[a].limit
    deadband = settings[a].deadband
    kind = settings[a].kind
    if kind in (HH, H):
        return value >= limit, value >= limit - deadband
    if kind in (L, LL):
        return value <= limit, value <= limit + deadband
    return value == limit, value == limit


@compiled(PAIR(ALARM_SETTINGS, nt.int64, nt.float64, nt.int64))
def _moved(settings: Any, a: int, change: float, span_ms: int) -> tuple[bool, bool]:
    """The same of ROC, for a change of value over a time; multiplied out so that the quiet band compares the very same numbers."""
    limit = settings[a].limit
    deadband = settings[a].deadband
    moved = change * 1000.0
    if limit > 0:
        return moved >= limit * span_ms, moved >= (limit - deadband) * span_ms
    return moved <= limit * span_ms, moved <= (limit + deadband) * span_ms


@compiled(PAIR(ALARM_SETTINGS, nt.int64, nt.float64))
def _deviated(settings: Any, a: int, distance: float) -> tuple[bool, bool]:
    """The same of DEV, for a distance between two tags."""
    return distance >= settings[a].limit, distance >= settings[a].limit - settings[a].deadband


@compiled(nt.int64(nt.float64))
def _silence_ms(limit: float) -> int:
    """Limit of a STALE alarm [s] in milliseconds, rounded like the delays."""
    return math.floor(limit * 1000.0 + 0.5)


@compiled(nt.boolean(nt.int64, nt.int64))
def _stands_still(kind: int, mode: int) -> bool:
    """Whether the newest sample of the tag forbids ticks to judge an alarm of this kind."""
    if kind == STALE:
        return False
    if kind == BAD:
        return mode in (MODE_HELD, MODE_NONE)
    return mode != MODE_GOOD


@compiled(nt.int64(EVENTS, nt.int64, ALARM_STATES, nt.int64, nt.int64, nt.float64, nt.int64))
def _say(events: Any, said: int, states: Any, slot: int, a: int, value: float, kind: int) -> int:
    """Write one event row, if there is one to write; returns how many rows are written."""
    if kind == 0:
        return said
    events[said].kind = kind
    events[said].at = states[a].changed_at
    events[said].raised_at = states[a].raised_at
    events[said].value = value
    events[said].slot = slot
    events[said].alarm = a
    return said + 1


# -- one tag ----------------------------------------------------------------------------------------------------------


@compiled(nt.void(nt.int64, *MEMORY))
def _settle(slot: int, tags: Any, tag_states: Any, good_ts: Any, alarms: Any, alarm_states: Any, rings: Any, due: Any) -> None:
    """After a change: when must a tick look at the tag again, is it silent, and between which values may it be left alone."""
    mode = tag_states[slot].mode
    is_quiet = mode == MODE_GOOD and tags[slot].watched == 0
    is_silent = False
    lo, hi, rise, fall = -math.inf, math.inf, math.inf, -math.inf
    next_due = FOREVER
    first = tags[slot].first
    for a in range(first, first + tags[slot].size):
        kind = alarms[a].kind
        phase = alarm_states[a].phase
        limit = alarms[a].limit
        if phase != NORMAL or kind in (STATE, DEV):
            is_quiet = False
        if kind <= H:
            hi = min(hi, limit)
        elif kind <= LL:
            lo = max(lo, limit)
        elif kind == ROC:
            if limit > 0:
                rise = min(rise, limit)
            else:
                fall = max(fall, limit)
        elif kind == STALE:
            if phase in (RAISED, LEAVING):
                is_silent = True
            # While the off-delay runs, renewed silence must stop it.
            if phase in (NORMAL, LEAVING):
                next_due = min(next_due, tag_states[slot].received + _silence_ms(limit))
        if not _stands_still(kind, mode):
            if phase == ARRIVING:
                next_due = min(next_due, alarm_states[a].since + alarms[a].on_ms)
            elif phase == LEAVING:
                next_due = min(next_due, alarm_states[a].since + alarms[a].off_ms)
    due[slot] = next_due
    tag_states[slot].is_silent = is_silent
    tag_states[slot].rise = rise
    tag_states[slot].fall = fall
    tag_states[slot].quiet_lo = lo if is_quiet else math.inf
    tag_states[slot].quiet_hi = hi if is_quiet else -math.inf


@compiled(nt.int64(nt.int64, nt.boolean, nt.float64))
def _mode_of(quality: int, is_text: bool, value: float) -> int:
    """What a sample is good for."""
    if quality & QUALITY_HELD:
        return MODE_HELD
    if quality & QUALITY_CLASS >= QUALITY_BAD or not (is_text or math.isfinite(value)):
        return MODE_BAD
    return MODE_GOOD


@compiled(nt.int64(nt.int64, nt.int64, nt.float64, nt.int64, nt.boolean, nt.int64, EVENTS, nt.int64, *MEMORY))
def _judge_sample(
    slot: int,
    t: int,
    value: float,
    mode: int,
    is_late: bool,
    now: int,
    events: Any,
    said: int,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> int:
    """The long way: judge every alarm of the tag. Returns the rows of events written so far."""
    old_mode = tag_states[slot].mode
    old_ts = tag_states[slot].ts
    last_good = old_ts if old_mode == MODE_GOOD else good_ts[slot]
    is_newer = t > old_ts
    has_rate = mode == MODE_GOOD and is_newer and last_good != NEVER
    change = value - tag_states[slot].good_value
    tag_states[slot].ts = t
    tag_states[slot].mode = mode
    good_ts[slot] = t if mode == MODE_GOOD else last_good
    if mode == MODE_GOOD:
        tag_states[slot].good_value = value
    if is_newer:
        tag_states[slot].received = now
    first = tags[slot].first
    for a in range(first, first + tags[slot].size):
        kind = alarms[a].kind
        event = 0
        if kind == STALE:
            if is_newer and not is_late:
                event = _step(alarms, alarm_states, rings, a, False, False, now)
        elif kind == BAD:
            if mode != MODE_HELD:
                event = _step(alarms, alarm_states, rings, a, mode == MODE_BAD, mode == MODE_BAD, t)
        elif mode != MODE_GOOD or kind == DEV:
            continue
        elif kind == ROC:
            if has_rate:
                is_in, is_still_in = _moved(alarms, a, change, t - last_good)
                event = _step(alarms, alarm_states, rings, a, is_in, is_still_in, t)
        else:
            is_in, is_still_in = _reached(alarms, a, value)
            event = _step(alarms, alarm_states, rings, a, is_in, is_still_in, t)
        said = _say(events, said, alarm_states, slot, a, value, event)
    _settle(slot, tags, tag_states, good_ts, alarms, alarm_states, rings, due)
    return said


@compiled(nt.int64(nt.int64, nt.int64, EVENTS, nt.int64, *MEMORY))
def _tick_tag(
    slot: int,
    now: int,
    events: Any,
    said: int,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> int:
    """Let the delays and the silence of one tag run to `now`. Returns the rows of events written so far."""
    mode = tag_states[slot].mode
    first = tags[slot].first
    for a in range(first, first + tags[slot].size):
        kind = alarms[a].kind
        phase = alarm_states[a].phase
        event = 0
        if kind == STALE:
            silent_at = tag_states[slot].received + _silence_ms(alarms[a].limit)
            is_silent = now >= silent_at
            if is_silent and phase == NORMAL:
                event = _step(alarms, alarm_states, rings, a, True, True, silent_at)
            if event == 0:
                event = _step(alarms, alarm_states, rings, a, is_silent, is_silent, now)
        elif not _stands_still(kind, mode):
            if phase == ARRIVING:
                event = _step(alarms, alarm_states, rings, a, True, True, now)
            elif phase == LEAVING:
                event = _step(alarms, alarm_states, rings, a, False, False, now)
        said = _say(events, said, alarm_states, slot, a, tag_states[slot].good_value, event)
    _settle(slot, tags, tag_states, good_ts, alarms, alarm_states, rings, due)
    return said


# -- the loops --------------------------------------------------------------------------------------------------------


@compiled(
    numba_types.UniTuple(nt.int64, 3)(
        column(nt.int32),
        column(nt.int64),
        column(nt.float64),
        column(nt.uint8),
        nt.int64,
        nt.boolean,
        nt.int64,
        nt.int64,
        column(nt.int32),
        EVENTS,
        I4,
        U1,
        nt.int64,
        I8,
        *MEMORY,
    )
)
def judge(
    numbers: Any,
    ts: Any,
    values: Any,
    qualities: Any,
    start: int,
    is_late: bool,
    now: int,
    latest: int,
    slot_of: Any,
    events: Any,
    watched: Any,
    watched_modes: Any,
    noted: int,
    counts: Any,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> tuple[int, int, int]:
    """Judge samples from row `start` on, those marked late or those not.

    numbers, ts [ms], values, qualities: columns of equal length. now [ms]: platform time. latest [ms]: samples after it are
    not judged. slot_of: tag number → slot, -1 unknown. events: room for event rows. watched, watched_modes: rows and modes of
    judged samples of watched tags, `noted` of them written before.

    Returns (row to go on from, event rows written, rows noted); stops early when the room for events might not suffice.
    """
    said = 0
    room = len(events)
    known = len(slot_of)
    for i in range(start, len(numbers)):
        n = numbers[i]
        slot = slot_of[n] if 0 <= n < known else -1
        if slot < 0:
            counts[UNKNOWN] += 1
            continue
        quality = qualities[i]
        if (quality & QUALITY_LATE != 0) != is_late:
            counts[LATE] += 1
            continue
        t = ts[i]
        value = values[i]
        state = tag_states[slot]
        last = state.ts
        if t > latest:
            counts[AHEAD] += 1
            continue
        if t > last:
            if quality & (QUALITY_CLASS | QUALITY_HELD) < QUALITY_BAD and state.quiet_lo < value < state.quiet_hi:
                moved = (value - state.good_value) * 1000.0
                span = t - last
                if state.fall * span < moved < state.rise * span:
                    counts[JUDGED] += 1
                    state.ts = t
                    state.received = now
                    state.good_value = value
                    continue
        elif t < last:
            counts[OUT_OF_ORDER] += 1
            continue
        else:
            counts[DUPLICATE] += 1
        if said + tags[slot].size > room:
            if t == last:
                counts[DUPLICATE] -= 1
            return i, said, noted
        counts[JUDGED] += 1
        mode = _mode_of(quality, tags[slot].is_text != 0, value)
        said = _judge_sample(
            slot, t, value, mode, is_late, now, events, said, tags, tag_states, good_ts, alarms, alarm_states, rings, due
        )
        if tags[slot].watched != 0:
            watched[noted] = i
            watched_modes[noted] = mode
            noted += 1
    return len(numbers), said, noted


@compiled(numba_types.UniTuple(nt.int64, 2)(nt.int64, nt.int64, nt.int64, EVENTS, *MEMORY))
def tick(
    start: int,
    used: int,
    now: int,
    events: Any,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> tuple[int, int]:
    """Let time run to `now` [ms] for slots `start` to `used`.

    Returns (slot to go on from, event rows written); stops early when the room for events might not suffice.
    """
    said = 0
    for slot in range(start, used):
        if due[slot] > now:
            continue
        if said + tags[slot].size > len(events):
            return slot, said
        said = _tick_tag(slot, now, events, said, tags, tag_states, good_ts, alarms, alarm_states, rings, due)
    return used, said


@compiled(nt.int64(column(nt.int32), nt.int64, column(nt.int32), EVENTS, *MEMORY))
def review(
    changed: Any,
    now: int,
    slot_of: Any,
    events: Any,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> int:
    """Judge the last value again after alarms were changed or added. ROC waits for the next sample: the last rate is not kept.

    changed: rows of alarms. events: as much room as `changed`.
    Returns the event rows written.
    """
    said = 0
    for k in range(len(changed)):
        a = changed[k]
        slot = alarms[a].slot
        mode = tag_states[slot].mode
        value = tag_states[slot].good_value
        kind = alarms[a].kind
        event = 0
        if kind == STALE:
            is_silent = now >= tag_states[slot].received + _silence_ms(alarms[a].limit)
            event = _step(alarms, alarm_states, rings, a, is_silent, is_silent, now)
        elif kind == BAD:
            if not _stands_still(kind, mode):
                event = _step(alarms, alarm_states, rings, a, mode == MODE_BAD, mode == MODE_BAD, now)
        elif mode != MODE_GOOD or kind == ROC:
            continue
        elif kind == DEV:
            n = alarms[a].reference
            other = slot_of[n] if 0 < n < len(slot_of) else -1
            peer = tag_states[other].good_value if other >= 0 else math.nan
            if not math.isnan(peer):
                is_in, is_still_in = _deviated(alarms, a, abs(value - peer))
                event = _step(alarms, alarm_states, rings, a, is_in, is_still_in, now)
        else:
            is_in, is_still_in = _reached(alarms, a, value)
            event = _step(alarms, alarm_states, rings, a, is_in, is_still_in, now)
        said = _say(events, said, alarm_states, slot, a, value, event)
    for k in range(len(changed)):
        _settle(alarms[changed[k]].slot, tags, tag_states, good_ts, alarms, alarm_states, rings, due)
    return said


@compiled(
    nt.int64(
        column(nt.int32),
        column(nt.int64),
        column(nt.float64),
        column(nt.uint8),
        column(nt.int32),
        column(nt.int32),
        column(nt.int32),
        column(nt.int32),
        F8,
        U1,
        EVENTS,
        *MEMORY,
    )
)
def deviations(
    slots: Any,
    ts: Any,
    values: Any,
    modes: Any,
    group_of: Any,
    group_first: Any,
    group_alarms: Any,
    slot_of: Any,
    peers: Any,
    peer_modes: Any,
    events: Any,
    tags: Any,
    tag_states: Any,
    good_ts: Any,
    alarms: Any,
    alarm_states: Any,
    rings: Any,
    due: Any,
) -> int:
    """Judge DEV alarms over samples of watched tags, sorted by source time.

    group_of: slot → group, -1 none; alarms of group g, as subject or reference, are group_alarms[group_first[g]:group_first[g+1]].
    peers, peer_modes: last good value and mode by slot at the time judged so far. Returns the event rows written.
    """
    said = 0
    i = 0
    while i < len(slots):
        end = i
        while end < len(slots) and ts[end] == ts[i]:
            peer_modes[slots[end]] = modes[end]
            if modes[end] == MODE_GOOD:
                peers[slots[end]] = values[end]
            end += 1
        for k in range(i, end):
            group = group_of[slots[k]]
            if group < 0:
                continue
            for g in range(group_first[group], group_first[group + 1]):
                a = group_alarms[g]
                subject = alarms[a].slot
                other = slot_of[alarms[a].reference]
                if peer_modes[subject] != MODE_GOOD or other < 0 or math.isnan(peers[other]):
                    continue
                is_in, is_still_in = _deviated(alarms, a, abs(peers[subject] - peers[other]))
                event = _step(alarms, alarm_states, rings, a, is_in, is_still_in, ts[k])
                said = _say(events, said, alarm_states, subject, a, peers[subject], event)
        i = end
    for g in range(len(group_alarms)):
        _settle(alarms[group_alarms[g]].slot, tags, tag_states, good_ts, alarms, alarm_states, rings, due)
    return said


__all__ = ["deviations", "judge", "review", "tick"]
