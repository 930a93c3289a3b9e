"""Which tags are compared with which, and their last good values at the time judged so far."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine import kernel
from chemward.telemetry.engine.layout import DEV, EVENT, MODE_NONE, WATCHED_BY_DEVIATION, Rows, rows
from chemward.telemetry.engine.memory import Memory

NO_EVENTS = rows(0, EVENT)


class Deviations:
    """DEV alarms by the tags that concern them, as subject or as reference."""

    def __init__(self) -> None:
        self.peers: npt.NDArray[np.float64] = np.zeros(0)
        self.peer_modes: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._group_of: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self._group_first: npt.NDArray[np.int32] = np.zeros(1, np.int32)
        self._group_alarms: npt.NDArray[np.int32] = np.zeros(0, np.int32)

    def reserve(self, memory: Memory) -> None:
        """As many peers as there are tags."""
        missing = len(memory.tags) - len(self.peers)
        if missing > 0:
            self.peers = np.append(self.peers, np.full(missing, np.nan))
            self.peer_modes = np.append(self.peer_modes, np.full(missing, MODE_NONE, np.uint8))

    def forget(self, slots: Any) -> None:
        """Tags at these slots are new."""
        self.peers[slots] = np.nan
        self.peer_modes[slots] = MODE_NONE

    def inputs(self, memory: Memory) -> set[int]:
        """Numbers of all tags that others are compared with."""
        return {int(n) for n in memory.alarms["reference"][self._alarms(memory)]}

    def rebuild(self, memory: Memory) -> None:
        """Group the alarms anew after a change; a tag that is watched from now on starts with its last good value."""
        alarms = self._alarms(memory)
        by_slot: dict[int, list[int]] = {}
        for a in alarms.tolist():
            subject, other = int(memory.alarms["slot"][a]), memory.slot(int(memory.alarms["reference"][a]))
            for slot in (subject, other):
                if slot >= 0:
                    by_slot.setdefault(slot, []).append(a)
        slots = sorted(by_slot)
        self._group_of = np.full(len(memory.tags), -1, np.int32)
        self._group_of[slots] = np.arange(len(slots))
        self._group_first = np.cumsum([0, *(len(by_slot[s]) for s in slots)]).astype(np.int32)
        self._group_alarms = np.array([a for s in slots for a in by_slot[s]], np.int32)
        memory.tags["watched"][slots] |= WATCHED_BY_DEVIATION
        self.catch_up(memory, np.array(slots, np.int64))

    def catch_up(self, memory: Memory, slots: npt.NDArray[np.int64]) -> None:
        """Between steps peers are simply the last good values."""
        self.peers[slots] = memory.tag_states["good_value"][slots]
        self.peer_modes[slots] = memory.tag_states["mode"][slots]

    def judge(self, memory: Memory, slots: Any, ts: Any, values: Any, modes: Any) -> Rows:
        """Event rows of DEV alarms for judged samples of watched tags (columns of equal length, any order of tags)."""
        concerned = np.flatnonzero(self._group_of[slots] >= 0)
        if not len(concerned):
            return NO_EVENTS
        order = concerned[np.argsort(ts[concerned], kind="stable")]
        slots = np.ascontiguousarray(slots[order], np.int32)
        groups = self._group_of[slots]
        room = int((self._group_first[groups + 1] - self._group_first[groups]).sum())
        events = rows(room, EVENT)
        said = kernel.deviations(
            slots,
            np.ascontiguousarray(ts[order]),
            np.ascontiguousarray(values[order]),
            np.ascontiguousarray(modes[order]),
            self._group_of,
            self._group_first,
            self._group_alarms,
            memory.slot_of,
            self.peers,
            self.peer_modes,
            events,
            *memory.live(),
        )
        return events[:said]

    @staticmethod
    def _alarms(memory: Memory) -> npt.NDArray[np.int64]:
        used = memory.alarms[: memory.blocks.used]
        return np.flatnonzero((used["kind"] == DEV) & (used["slot"] >= 0))
