"""History judged afterwards: late samples of a tag that was cut off.

A tag's backlog begins with its first late sample, in the state normal, and goes on over as many steps as it takes, in order of
source time. It ends when nothing more came for `idle_ms`, when an older late sample shows that another piece of history
begins, or when the tag's alarms are changed. What is still raised at its end is cleared at its last sample: from there on the
present condition tells, which a backlog never touches. All its events are marked late. Because occurrence ids come from
source times, a backlog delivered twice tells the same occurrences twice.

Suppression by design is not judged here. The state of the plant at that time is known only as far as the samples of those tags have
come, which as a rule were cut off together with this one; what the platform thought of them meanwhile is that they were silent, and
a silent tag suppresses nothing. So history tells an alarm too many rather than one too few; nobody is woken by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine.layout import (
    ALARM_STATE,
    EVENT,
    EVENT_CLEARED,
    FOREVER,
    LEAVING,
    RAISED,
    TAG_STATE,
    Rows,
    clear_alarms,
    clear_tags,
    rows,
)
from chemward.telemetry.engine.memory import Memory

NUMBER = np.dtype("i8")


class Backlogs:
    """States of their own for tags whose history is being delivered, parallel to the rows of `Memory`."""

    def __init__(self, idle_ms: int) -> None:
        self.idle_ms = idle_ms
        self.open: dict[int, int] = {}
        """slot → platform time of the last late sample [ms], the one that waited longest first."""
        self._tag_states = rows(0, TAG_STATE)
        self._good_ts = rows(0, NUMBER)
        self._due = rows(0, NUMBER)
        self._alarm_states = rows(0, ALARM_STATE)
        self._rings = rows(0, NUMBER)

    def memory(self, memory: Memory) -> tuple[Rows, ...]:
        """The rows for the kernel: settings of the present, states of the backlogs."""
        self._reserve(memory)
        return (memory.tags, self._tag_states, self._good_ts, memory.alarms, self._alarm_states, self._rings, self._due)

    def due_ms(self) -> int:
        """When the next backlog ends by itself [ms]."""
        oldest = next(iter(self.open.values()), None)
        return FOREVER if oldest is None else oldest + self.idle_ms

    def begin(self, memory: Memory, slots: Any, first_ts: Any, now_ms: int) -> Rows:
        """Open the backlogs of tags whose late samples begin at `first_ts` [ms]; event rows of those that end thereby."""
        self._reserve(memory)
        again = [s for s, t in zip(slots, first_ts, strict=True) if s in self.open and t < self._tag_states["ts"][s]]
        ended = self.end(memory, again)
        new = [s for s in slots if s not in self.open]
        clear_tags(self._tag_states, self._good_ts, new, now_ms)
        alarms = _alarm_rows(memory, new)
        clear_alarms(self._alarm_states, alarms)
        self._rings[_ring_rows(memory, alarms)] = 0
        for slot in slots:
            self.open.pop(slot, None)
            self.open[slot] = now_ms
        return ended

    def end_idle(self, memory: Memory, now_ms: int) -> Rows:
        """End the backlogs that nothing was added to for long; event rows."""
        idle = []
        for slot, last in self.open.items():
            if now_ms < last + self.idle_ms:
                break
            idle.append(slot)
        return self.end(memory, idle)

    def end(self, memory: Memory, slots: Iterable[int]) -> Rows:
        """End backlogs; event rows that clear what is still raised, at the last sample."""
        slots = [slot for slot in slots if self.open.pop(slot, None) is not None]
        alarms = _alarm_rows(memory, slots)
        alarms = alarms[np.isin(self._alarm_states["phase"][alarms], (RAISED, LEAVING))]
        events = rows(len(alarms), EVENT)
        events["slot"], events["alarm"], events["kind"] = memory.alarms["slot"][alarms], alarms, EVENT_CLEARED
        events["raised_at"] = self._alarm_states["raised_at"][alarms]
        events["at"] = np.maximum(self._tag_states["ts"][events["slot"]], self._alarm_states["changed_at"][alarms])
        events["value"] = self._tag_states["good_value"][events["slot"]]
        return events

    # -- room and snapshot ----------------------------------------------------------------------------------------

    def _reserve(self, memory: Memory) -> None:
        """Grow along with the memory; only open backlogs are copied, so the rest costs nothing."""
        slots = list(self.open)
        if len(self._tag_states) < len(memory.tags):
            self._tag_states = _moved(self._tag_states, len(memory.tags), slots)
            self._good_ts = _moved(self._good_ts, len(memory.tags), slots)
            self._due = _moved(self._due, len(memory.tags), slots)
        if len(self._alarm_states) < len(memory.alarms):
            self._alarm_states = _moved(self._alarm_states, len(memory.alarms), _alarm_rows(memory, slots))
        if len(self._rings) < len(memory.rings):
            self._rings = _moved(self._rings, len(memory.rings), np.arange(len(self._rings)))

    def dump(self, memory: Memory) -> dict[str, Any]:
        self._reserve(memory)
        slots = list(self.open)
        alarms = _alarm_rows(memory, slots)
        return {
            "open": list(self.open.items()),
            "tag_states": self._tag_states[slots].tobytes(),
            "good_ts": self._good_ts[slots].tobytes(),
            "alarm_states": self._alarm_states[alarms].tobytes(),
            "rings": self._rings[_ring_rows(memory, alarms)].tobytes(),
        }

    @classmethod
    def load(cls, dumped: dict[str, Any], memory: Memory, idle_ms: int) -> Backlogs:
        backlogs = cls(idle_ms)
        backlogs._reserve(memory)
        backlogs.open = {slot: last for slot, last in dumped["open"]}  # noqa: C416 - lists become pairs
        slots = list(backlogs.open)
        backlogs._tag_states[slots] = np.frombuffer(dumped["tag_states"], TAG_STATE)
        backlogs._good_ts[slots] = np.frombuffer(dumped["good_ts"], NUMBER)
        alarms = _alarm_rows(memory, slots)
        backlogs._alarm_states[alarms] = np.frombuffer(dumped["alarm_states"], ALARM_STATE)
        backlogs._rings[_ring_rows(memory, alarms)] = np.frombuffer(dumped["rings"], NUMBER)
        return backlogs


def _moved(old: Rows, capacity: int, kept: Any) -> Rows:
    new = rows(capacity, old.dtype)
    if len(kept):
        new[kept] = old[kept]
    return new


def _alarm_rows(memory: Memory, slots: list[int]) -> npt.NDArray[np.int64]:
    """Alarm rows of tags, one tag after the other."""
    blocks = [memory.alarm_rows(slot) for slot in slots]
    return np.concatenate([np.arange(b.start, b.stop) for b in blocks]) if blocks else np.zeros(0, np.int64)


def _ring_rows(memory: Memory, alarms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows in which these alarms remember their crossings."""
    counting = memory.alarms[alarms[memory.alarms["ring"][alarms] >= 0]]
    blocks = [np.arange(s["ring"], s["ring"] + s["count"] - 1, dtype=np.int64) for s in counting]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int64)
