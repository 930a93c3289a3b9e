"""The engine's memory: rows of tags and alarms, where they lie, and the texts that events bear."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine.layout import ALARM_SETTING, ALARM_STATE, FOREVER, TAG_SETTING, TAG_STATE, Rows, rows

PageKey = tuple[str, int]
"""(feed, page)."""

FIRST_TAGS, FIRST_ALARMS, FIRST_RINGS = 1024, 4096, 64


class Blocks:
    """Hands out blocks of rows; a block given back is handed out again for the same size, the last one first."""

    def __init__(self, used: int = 0, free: dict[int, list[int]] | None = None) -> None:
        self.used = used
        self.free: dict[int, list[int]] = free or {}

    def take(self, size: int) -> int:
        """First row of a block of `size` rows."""
        kept = self.free.get(size)
        if kept:
            return kept.pop()
        first = self.used
        self.used += size
        return first

    def give(self, first: int, size: int) -> None:
        if size:
            self.free.setdefault(size, []).append(first)

    def dump(self) -> dict[str, Any]:
        return {"used": self.used, "free": [[size, firsts] for size, firsts in self.free.items()]}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Blocks:
        return cls(dumped["used"], {size: list(firsts) for size, firsts in dumped["free"]})


def grown(old: Rows, used: int, capacity: int) -> Rows:
    """`old` with room for `capacity` rows, the first `used` kept."""
    new = rows(capacity, old.dtype)
    new[:used] = old[:used]
    return new


class Memory:
    """Rows by slot (tag) and by alarm row; `slot_of` leads from a tag number to its slot."""

    def __init__(self) -> None:
        self.slots, self.blocks, self.ring_blocks = Blocks(), Blocks(), Blocks()
        self.slot_of: npt.NDArray[np.int32] = np.full(FIRST_TAGS, -1, np.int32)
        self.tags = rows(FIRST_TAGS, TAG_SETTING)
        self.tag_states = rows(FIRST_TAGS, TAG_STATE)
        self.good_ts = rows(FIRST_TAGS, np.dtype("i8"))
        self.due = rows(FIRST_TAGS, np.dtype("i8"))
        self.alarms = rows(FIRST_ALARMS, ALARM_SETTING)
        self.alarm_states = rows(FIRST_ALARMS, ALARM_STATE)
        self.rings = rows(FIRST_RINGS, np.dtype("i8"))
        self.code: list[str] = []
        self.unit: list[str] = []
        self.org_path: list[str] = []
        self.owner: list[PageKey] = []
        self.definition: list[str] = []
        self.title: list[str] = []
        self.reason: list[str] = []

    # -- room -----------------------------------------------------------------------------------------------------

    def reserve(self) -> None:
        """Make the rows that the blocks have handed out."""
        self._reserve_tags(self.slots.used)
        self._reserve_alarms(self.blocks.used)
        if self.ring_blocks.used > len(self.rings):
            self.rings = grown(self.rings, len(self.rings), 2 * self.ring_blocks.used)

    def _reserve_tags(self, used: int) -> None:
        if used > len(self.tags):
            before, capacity = len(self.tags), 2 * used
            self.tags = grown(self.tags, before, capacity)
            self.tag_states = grown(self.tag_states, before, capacity)
            self.good_ts = grown(self.good_ts, before, capacity)
            self.due = grown(self.due, before, capacity)
        missing = used - len(self.code)
        if missing > 0:
            self.due[len(self.code) : used] = FOREVER
            for texts in (self.code, self.unit, self.org_path):
                texts.extend([""] * missing)
            self.owner.extend([("", 0)] * missing)

    def _reserve_alarms(self, used: int) -> None:
        if used > len(self.alarms):
            before, capacity = len(self.alarms), 2 * used
            self.alarms = grown(self.alarms, before, capacity)
            self.alarm_states = grown(self.alarm_states, before, capacity)
        missing = used - len(self.definition)
        if missing > 0:
            self.alarms["slot"][len(self.definition) : used] = -1
            for texts in (self.definition, self.title, self.reason):
                texts.extend([""] * missing)

    def number(self, slots: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> None:
        """Lead tag numbers to slots, both of equal length."""
        highest = int(numbers.max(initial=0))
        if highest >= len(self.slot_of):
            wider = np.full(max(highest + 1, 2 * len(self.slot_of)), -1, np.int32)
            wider[: len(self.slot_of)] = self.slot_of
            self.slot_of = wider
        self.slot_of[numbers] = slots

    def slot(self, number: int) -> int:
        """Slot of a tag, -1 when there is none."""
        return int(self.slot_of[number]) if 0 <= number < len(self.slot_of) else -1

    def alarm_rows(self, slot: int) -> slice:
        """Rows of the alarms of a tag."""
        first = int(self.tags["first"][slot])
        return slice(first, first + int(self.tags["size"][slot]))

    # -- release --------------------------------------------------------------------------------------------------

    def release_alarms(self, slot: int) -> None:
        """Give back the alarm rows of a tag. Their rings are given back by who knows whether they are kept."""
        block = self.alarm_rows(slot)
        self.alarms["slot"][block] = -1
        self.alarms["condition"][block] = -1
        self.blocks.give(block.start, block.stop - block.start)
        self.tags["size"][slot] = 0

    def release_tag(self, slot: int) -> None:
        """Give back a slot whose alarms are gone."""
        self.slot_of[self.tags["n"][slot]] = -1
        self.tags[slot] = np.zeros((), TAG_SETTING)
        self.due[slot] = FOREVER
        self.owner[slot] = ("", 0)
        self.slots.give(slot, 1)

    # -- for the kernel -------------------------------------------------------------------------------------------

    def live(self) -> tuple[Rows, ...]:
        """The rows that every loop of the kernel works on, in its order."""
        return (self.tags, self.tag_states, self.good_ts, self.alarms, self.alarm_states, self.rings, self.due)

    # -- snapshot -------------------------------------------------------------------------------------------------

    _BY_TAG = ("tags", "tag_states", "good_ts", "due")
    _BY_ALARM = ("alarms", "alarm_states")
    _TEXTS = ("code", "unit", "org_path", "definition", "title", "reason")

    def dump(self) -> dict[str, Any]:
        """Everything, as msgpack can write it."""
        dumped: dict[str, Any] = {name: getattr(self, name)[: self.slots.used].tobytes() for name in self._BY_TAG}
        dumped |= {name: getattr(self, name)[: self.blocks.used].tobytes() for name in self._BY_ALARM}
        dumped["rings"] = self.rings[: self.ring_blocks.used].tobytes()
        dumped |= {name: getattr(self, name) for name in self._TEXTS}
        dumped |= {name: getattr(self, name).dump() for name in ("slots", "blocks", "ring_blocks")}
        keys = list(dict.fromkeys(self.owner))
        index = {key: i for i, key in enumerate(keys)}
        dumped["owners"] = keys
        dumped["owner"] = [index[key] for key in self.owner]
        return dumped

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Memory:
        """A memory from what `dump` wrote."""
        memory = cls()
        for name in ("slots", "blocks", "ring_blocks"):
            setattr(memory, name, Blocks.load(dumped[name]))
        memory.reserve()
        for name in (*cls._BY_TAG, *cls._BY_ALARM, "rings"):
            array: Rows = getattr(memory, name)
            loaded = np.frombuffer(dumped[name], array.dtype)
            array[: len(loaded)] = loaded
        for name in cls._TEXTS:
            setattr(memory, name, dumped[name])
        keys: list[PageKey] = [(feed, page) for feed, page in dumped["owners"]]
        memory.owner = [keys[i] for i in dumped["owner"]]
        slots = np.flatnonzero(memory.tags["n"][: memory.slots.used] > 0)
        memory.number(slots, memory.tags["n"][slots].astype(np.int64))
        return memory
