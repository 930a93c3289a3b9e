"""The alarm engine: configuration, samples and ticks in, alarm events out. A function of its inputs and nothing else:
the same calls in the same order give the same events in the same order with the same ids, on any machine, from any snapshot.

    engine = Engine()
    engine.apply_page(feed, page, tags, now_ms)           # as often as the configuration changes
    engine.judge(tag, ts, value, quality, now_ms)         # columns of one step
    engine.tick(now_ms)                                   # when `due_ms` has come, or each second
    blob = engine.snapshot();  engine = Engine.restore(blob)

What is an alarm and when is written in `kernel`, what a changed page does in `changes`, late samples in `backlogs`, design
suppression in `suppression`.

Order of events within one call: changes of the present by time, tag, place in the tag; then suppression; then history. The
order of tags in a batch makes no difference; the order of the samples of one tag does, as it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine import kernel
from chemward.telemetry.engine.backlogs import Backlogs
from chemward.telemetry.engine.changes import Changes
from chemward.telemetry.engine.config import TagConfig
from chemward.telemetry.engine.deviation import Deviations
from chemward.telemetry.engine.events import AlarmEvent, occurrence_id
from chemward.telemetry.engine.layout import (
    COUNTS,
    DUPLICATE,
    EVENT,
    EVENT_CLEARED,
    EVENT_RAISED,
    FOREVER,
    LATE,
    LEAVING,
    MODE_GOOD,
    MODE_NONE,
    NEVER,
    QUALITY_LATE,
    RAISED,
    STALE,
    WATCHED_BY_CONDITION,
    Rows,
    rows,
)
from chemward.telemetry.engine.memory import Memory, PageKey
from chemward.telemetry.engine.suppression import Suppression
from chemward.telemetry.engine.telling import Teller, number_or_none

Columns = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]

FORMAT = 1
"""Of the snapshot. Raise it when a row or the meaning of a field changes: an older snapshot is refused, never misread."""

ROOM = 1 << 15
"""Event rows that one call of the kernel may write; more make more calls."""


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that is raised now."""

    id: str
    definition: str
    tag: int
    raised_at_ms: int
    suppressed: bool


class LastValue(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine knows of a tag: the newest sample's time, and the last good value and its time."""

    ts_ms: int | None
    good_value: float | None
    good_ts_ms: int | None


class SnapshotFault(ValueError):
    """A snapshot that this engine cannot continue from; the remedy is in the text."""


class Engine:
    """State of all tags of a partition.

    max_ahead_ms: samples further ahead of the platform's clock are not judged, the last line of defence behind the feed's own
        limit. late_idle_ms: a backlog to which nothing was added for so long is ended.
    refused: alarm id (or `tag n`) → faults of settings that could not be taken.
    """

    def __init__(self, *, max_ahead_ms: int = 3_600_000, late_idle_ms: int = 60_000) -> None:
        self.max_ahead_ms = max_ahead_ms
        self.refused: dict[str, list[str]] = {}
        self._memory = Memory()
        self._suppression = Suppression()
        self._deviations = Deviations()
        self._backlogs = Backlogs(late_idle_ms)
        self._teller = Teller(self._memory, self._suppression)
        self._pages: dict[PageKey, list[int]] = {}
        self._counts: npt.NDArray[np.int64] = np.zeros(len(COUNTS), np.int64)
        self._is_rebuilt = True
        self._inputs: set[int] = set()
        self._room = rows(ROOM, EVENT)

    # -- configuration --------------------------------------------------------------------------------------------

    def apply_page(self, feed: str, page: int, tags: Sequence[TagConfig], now_ms: int) -> list[AlarmEvent]:
        """Make a page hold exactly `tags` from now on; events of what that changed.

        A tag that stands in another page by then has moved and keeps its state. Conditions of design suppression that are
        new are evaluated with the next step or tick (`due_ms` says so), at once if this page raised something.
        """
        key = (feed, page)
        changes = Changes(self._memory, self._suppression, self._backlogs, self._teller, self.refused, now_ms)
        held = changes.apply(key, self._pages.get(key, ()), tags)
        if held:
            self._pages[key] = held
        else:
            self._pages.pop(key, None)
        self._deviations.reserve(self._memory)
        if changes.has_logic or not changes.touched.isdisjoint(self._inputs):
            self._is_rebuilt = False
        raw = self._review(changes.review, now_ms)
        if len(raw):
            self._rebuild()
        return changes.events + (self._tell(raw, now_ms) if len(raw) else []) + changes.late_events

    def _review(self, changed: list[npt.NDArray[np.int32]], now_ms: int) -> Rows:
        alarms = np.concatenate(changed) if changed else np.zeros(0, np.int32)
        events = rows(len(alarms), EVENT)
        said = kernel.review(alarms, now_ms, self._memory.slot_of, events, *self._memory.live())
        return events[:said]

    def _rebuild(self) -> None:
        """Find anew who watches whom, after configuration changed it."""
        if self._is_rebuilt:
            return
        memory = self._memory
        memory.tags["watched"][: memory.slots.used] = 0
        self._deviations.rebuild(memory)
        self._suppression.rebuild(memory)
        # Watched tags must go the long way, so that the watchers are told.
        memory.tag_states["quiet_lo"][np.flatnonzero(memory.tags["watched"][: memory.slots.used])] = np.inf
        self._inputs = self._suppression.inputs() | self._deviations.inputs(memory)
        self._is_rebuilt = True

    # -- samples and time -----------------------------------------------------------------------------------------

    def judge(self, tag: Any, ts: Any, value: Any, quality: Any, now_ms: int) -> list[AlarmEvent]:
        """Judge one step of samples.

        tag: tag numbers. ts: source times [ms]. value: [unit of the tag], NaN for a text. quality: quality bytes. Columns of
        equal length, converted to int32, int64, float64, uint8. now_ms: platform time of the step [ms].
        """
        columns = _columns(tag, ts, value, quality)
        self._rebuild()
        late_before = self._counts[LATE]
        raw, watched, modes = self._run(columns, now_ms, self._memory.live(), is_late=False)
        if len(watched):
            raw = np.concatenate([raw, self._watched(columns, watched, modes)])
        events = self._tell(raw, now_ms)
        if self._counts[LATE] > late_before:
            events += self._judge_late(columns, now_ms)
        return events

    def tick(self, now_ms: int) -> list[AlarmEvent]:
        """Let time run to `now_ms` [ms]: delays, silence, conditions not yet evaluated, backlogs that ended."""
        self._rebuild()
        memory, parts, slot = self._memory, [rows(0, EVENT)], 0
        while slot < memory.slots.used:
            slot, said = kernel.tick(slot, memory.slots.used, now_ms, self._room, *memory.live())
            parts.append(self._room[:said].copy())
        events = self._tell(np.concatenate(parts), now_ms)
        return events + self._teller.late(self._backlogs.end_idle(memory, now_ms), now_ms)

    def due_ms(self) -> int | None:
        """When a tick has something to do [ms]; 0 at once, None when nothing is timed."""
        if not self._is_rebuilt or self._suppression.is_pending:
            return 0
        used = self._memory.slots.used
        due = min(int(self._memory.due[:used].min(initial=FOREVER)), self._backlogs.due_ms())
        return None if due >= FOREVER else due

    def _run(self, columns: Columns, now_ms: int, memory: tuple[Rows, ...], *, is_late: bool) -> tuple[Rows, Any, Any]:
        """Event rows, and rows and modes of judged samples of watched tags."""
        size = len(columns[0])
        watched, modes = np.empty(size, np.int32), np.empty(size, np.uint8)
        parts, row, noted = [rows(0, EVENT)], 0, 0
        latest = now_ms + self.max_ahead_ms
        while row < size:
            row, said, noted = kernel.judge(
                *columns,
                row,
                is_late,
                now_ms,
                latest,
                self._memory.slot_of,
                self._room,
                watched,
                modes,
                noted,
                self._counts,
                *memory,
            )
            if said:
                parts.append(self._room[:said].copy())
        return np.concatenate(parts), watched[:noted], modes[:noted]

    def _watched(self, columns: Columns, watched: Any, modes: Any) -> Rows:
        """What new samples of watched tags mean to others: event rows of DEV alarms; conditions are touched."""
        numbers, ts, values, _ = columns
        slots = self._memory.slot_of[numbers[watched]]
        asked = slots[self._memory.tags["watched"][slots] & WATCHED_BY_CONDITION != 0]
        self._suppression.touch(np.unique(asked).tolist())
        return self._deviations.judge(self._memory, slots, ts[watched], values[watched], modes)

    def _judge_late(self, columns: Columns, now_ms: int) -> list[AlarmEvent]:
        """Judge the late samples of a step into history, each tag by source time; the last of one time wins."""
        numbers, ts, _, quality = columns
        known = (numbers >= 0) & (numbers < len(self._memory.slot_of)) & (quality & QUALITY_LATE != 0)
        chosen = np.flatnonzero(known & (ts <= now_ms + self.max_ahead_ms))
        chosen = chosen[self._memory.slot_of[numbers[chosen]] >= 0]
        chosen = chosen[np.lexsort((ts[chosen], numbers[chosen]))]
        if not len(chosen):
            return []
        is_next_tag = np.diff(numbers[chosen]) != 0
        is_last = np.append(is_next_tag | (np.diff(ts[chosen]) != 0), True)
        self._counts[DUPLICATE] += len(chosen) - int(is_last.sum())
        firsts = chosen[np.insert(is_next_tag, 0, True)]
        slots = self._memory.slot_of[numbers[firsts]].tolist()
        ended = self._backlogs.begin(self._memory, slots, ts[firsts].tolist(), now_ms)
        chosen = chosen[is_last]
        history = _columns(*(column[chosen] for column in columns))
        raw, _, _ = self._run(history, now_ms, self._backlogs.memory(self._memory), is_late=True)
        return self._teller.late(ended, now_ms) + self._teller.late(raw, now_ms)

    # -- events ---------------------------------------------------------------------------------------------------

    def _tell(self, raw: Rows, now_ms: int) -> list[AlarmEvent]:
        """Events of the present from event rows, and what they and changed inputs mean for suppression."""
        if not self._suppression:
            return self._teller.present(raw, now_ms)
        memory, alarms = self._memory, raw["alarm"]
        silence = raw["slot"][memory.alarms["kind"][alarms] == STALE]
        self._suppression.touch(np.unique(silence).tolist())
        # An occurrence that ended takes its suppression along; what was raised since is a new one.
        memory.alarm_states["is_suppressed"][alarms[raw["kind"] == EVENT_CLEARED]] = 0
        asked = self._suppression.refresh(memory)
        raised = alarms[(raw["kind"] == EVENT_RAISED) & (memory.alarms["condition"][alarms] >= 0)]
        concerned = np.unique(np.concatenate([raised, asked]))
        events = self._teller.present(raw, now_ms)
        return events + [self._teller.suppression(alarm, now_ms) for alarm in self._switched(concerned)]

    def _switched(self, alarms: npt.NDArray[np.int32]) -> list[int]:
        """Raised alarms whose suppression begins or ends now, by tag and place in the tag."""
        memory = self._memory
        alarms = alarms[np.isin(memory.alarm_states["phase"][alarms], (RAISED, LEAVING))]
        wanted = self._suppression.values[memory.alarms["condition"][alarms]]
        is_switched = memory.alarm_states["is_suppressed"][alarms] != wanted
        alarms, wanted = alarms[is_switched], wanted[is_switched]
        memory.alarm_states["is_suppressed"][alarms] = wanted
        numbers = memory.tags["n"][memory.alarms["slot"][alarms]]
        order = np.lexsort((memory.alarms["position"][alarms], numbers))
        switched: list[int] = alarms[order].tolist()
        return switched

    # -- what is known --------------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[str, int]:
        """Samples since the beginning: judged, unknown (no such tag), late, out_of_order, duplicate, ahead (of the clock)."""
        return dict(zip(COUNTS, self._counts.tolist(), strict=True))

    @property
    def tag_count(self) -> int:
        """Tags configured."""
        return sum(len(numbers) for numbers in self._pages.values())

    def last(self, tag: int) -> LastValue | None:
        """What is known of a tag, None when it is not configured."""
        slot = self._memory.slot(tag)
        if slot < 0:
            return None
        state = self._memory.tag_states[slot]
        good_ts = int(state["ts"] if state["mode"] == MODE_GOOD else self._memory.good_ts[slot])
        return LastValue(
            ts_ms=None if state["mode"] == MODE_NONE else int(state["ts"]),
            good_value=number_or_none(float(state["good_value"])),
            good_ts_ms=None if good_ts == NEVER else good_ts,
        )

    def open_alarms(self) -> list[OpenAlarm]:
        """All alarms raised now, by tag and place in the tag."""
        memory = self._memory
        used = slice(memory.blocks.used)
        alarms = np.flatnonzero(
            (memory.alarms["slot"][used] >= 0) & np.isin(memory.alarm_states["phase"][used], (RAISED, LEAVING))
        )
        numbers = memory.tags["n"][memory.alarms["slot"][alarms]]
        order = np.lexsort((memory.alarms["position"][alarms], numbers))
        return [
            OpenAlarm(
                id=occurrence_id(memory.definition[alarm], int(memory.alarm_states["raised_at"][alarm])),
                definition=memory.definition[alarm],
                tag=number,
                raised_at_ms=int(memory.alarm_states["raised_at"][alarm]),
                suppressed=bool(memory.alarm_states["is_suppressed"][alarm]),
            )
            for alarm, number in zip(alarms[order].tolist(), numbers[order].tolist(), strict=True)
        ]

    # -- snapshot -------------------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Everything needed to go on exactly from here, configuration included."""
        self._rebuild()
        return msgspec.msgpack.encode(
            {
                "format": FORMAT,
                "max_ahead_ms": self.max_ahead_ms,
                "late_idle_ms": self._backlogs.idle_ms,
                "refused": self.refused,
                "memory": self._memory.dump(),
                "suppression": self._suppression.dump(),
                "backlogs": self._backlogs.dump(self._memory),
                "pages": list(self._pages.items()),
                "counts": self._counts.tolist(),
            }
        )

    @classmethod
    def restore(cls, snapshot: bytes) -> Engine:
        """The engine that made `snapshot`, as it was. SnapshotFault when it is damaged or of another format."""
        try:
            dumped = msgspec.msgpack.decode(snapshot)
            if dumped["format"] != FORMAT:
                raise SnapshotFault(
                    f"snapshot format {dumped['format']}, this engine reads {FORMAT}; start from an older step of the journal"
                )
            return cls._load(dumped)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as fault:
            if isinstance(fault, SnapshotFault):
                raise
            raise SnapshotFault(f"snapshot is damaged ({fault}); use the one before it") from fault

    @classmethod
    def _load(cls, dumped: dict[str, Any]) -> Engine:
        engine = cls(max_ahead_ms=dumped["max_ahead_ms"], late_idle_ms=dumped["late_idle_ms"])
        engine.refused = dumped["refused"]
        memory = engine._memory = Memory.load(dumped["memory"])
        engine._backlogs = Backlogs.load(dumped["backlogs"], memory, dumped["late_idle_ms"])
        engine._pages = {(feed, page): numbers for (feed, page), numbers in dumped["pages"]}
        engine._counts = np.array(dumped["counts"], np.int64)
        engine._deviations.reserve(memory)
        engine._deviations.rebuild(memory)
        engine._suppression = Suppression.load(dumped["suppression"], memory)
        engine._teller = Teller(memory, engine._suppression)
        engine._inputs = engine._suppression.inputs() | engine._deviations.inputs(memory)
        return engine


def _columns(tag: Any, ts: Any, value: Any, quality: Any) -> Columns:
    columns = (
        np.ascontiguousarray(tag, np.int32),
        np.ascontiguousarray(ts, np.int64),
        np.ascontiguousarray(value, np.float64),
        np.ascontiguousarray(quality, np.uint8),
    )
    if len({len(column) for column in columns}) != 1:
        lengths = ", ".join(str(len(column)) for column in columns)
        raise ValueError(f"tag, ts, value, quality have {lengths} rows; give columns of equal length")
    return columns
