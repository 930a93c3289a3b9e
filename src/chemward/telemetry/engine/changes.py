"""A configuration page into the engine's memory: tags and alarms added, changed, removed.

The state of what did not change is kept. A changed limit, deadband, delay or count is in force at once: the last value is
judged again at platform time. An alarm whose type or reference changed is another alarm; a tag whose unit or kind changed is
another tag, because its last value no longer means what it did. What is raised and removed or disabled is told as
`config_removed`. Settings that cannot be judged are left out and named in `refused`; they never take the page down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine.backlogs import Backlogs
from chemward.telemetry.engine.config import (
    MAX_ALARMS,
    MAX_COUNT,
    MAX_SECONDS,
    MAX_TAG_NUMBER,
    AlarmConfig,
    TagConfig,
    alarm_faults,
    condition_faults,
)
from chemward.telemetry.engine.events import AlarmEvent
from chemward.telemetry.engine.layout import (
    ALARM_SETTING,
    COUNTED,
    DEV,
    KINDS,
    LEAVING,
    NORMAL,
    RAISED,
    ROC,
    STALE,
    Rows,
    clear_alarms,
    clear_tags,
    rows,
)
from chemward.telemetry.engine.memory import Memory, PageKey
from chemward.telemetry.engine.suppression import Suppression
from chemward.telemetry.engine.telling import Teller

KIND_OF = {name: code for code, name in enumerate(KINDS)}
_COLUMNS = (
    "id",
    "type",
    "limit",
    "deadband",
    "on_s",
    "off_s",
    "count",
    "window_s",
    "priority",
    "level",
    "title",
    "reference",
    "suppress",
    "reason",
)
_columns_of = attrgetter(*_COLUMNS)
_SAME_ALARM = ("kind", "reference")
_JUDGED = ("limit", "deadband", "on_ms", "off_ms", "count", "window_ms")


class Changes:
    """One page being applied: collects the events of what is taken away, and the alarms to be judged again."""

    def __init__(
        self,
        memory: Memory,
        suppression: Suppression,
        backlogs: Backlogs,
        teller: Teller,
        refused: dict[str, list[str]],
        now_ms: int,
    ) -> None:
        self.memory, self.suppression, self.backlogs = memory, suppression, backlogs
        self.teller, self.refused, self.now_ms = teller, refused, now_ms
        self.events: list[AlarmEvent] = []
        self.late_events: list[AlarmEvent] = []
        self.review: list[npt.NDArray[np.int32]] = []
        """Rows of alarms whose last value is to be judged again."""
        self.touched: set[int] = set()
        """Numbers of tags that came or went: whoever refers to them must look again."""
        self.has_logic = False
        """A DEV alarm or a suppressed one came, changed or went."""

    def apply(self, key: PageKey, before: Iterable[int], tags: Iterable[TagConfig]) -> list[int]:
        """Make the page hold `tags`; `before` are the tag numbers it held. Returns the numbers it holds now."""
        wanted = {tag.n: tag for tag in tags if tag.enabled and self._is_numbered(tag)}
        for n in before:
            slot = self.memory.slot(n)
            # A tag that another page has taken over meanwhile is not this page's to remove.
            if n not in wanted and slot >= 0 and self.memory.owner[slot] == key:
                self._remove(slot)
        known = [self._known(tag) for tag in wanted.values()]
        self._add(key, [tag for tag, slot in zip(wanted.values(), known, strict=True) if slot < 0])
        self._change(key, [(tag, slot) for tag, slot in zip(wanted.values(), known, strict=True) if slot >= 0])
        return list(wanted)

    def _is_numbered(self, tag: TagConfig) -> bool:
        if 0 < tag.n < MAX_TAG_NUMBER:
            return True
        self.refused[f"tag {tag.n}"] = [f"n: {tag.n} is outside 1–{MAX_TAG_NUMBER - 1}; use the number of the database row"]
        return False

    def _known(self, tag: TagConfig) -> int:
        """Slot of a tag that stays itself, -1 for a new one."""
        memory = self.memory
        slot = memory.slot(tag.n)
        if slot >= 0 and (memory.unit[slot] != tag.unit or bool(memory.tags["is_text"][slot]) != (tag.kind == "text")):
            self._remove(slot)
            return -1
        return slot

    # -- tags -----------------------------------------------------------------------------------------------------

    def _add(self, key: PageKey, tags: list[TagConfig]) -> None:
        if not tags:
            return
        memory = self.memory
        fresh, texts, sizes = self._settings(tags)
        slots = np.array([memory.slots.take(1) for _ in tags], np.int64)
        firsts = np.array([memory.blocks.take(size) for size in sizes.tolist()], np.int64)
        memory.reserve()
        numbers = np.array([tag.n for tag in tags], np.int64)
        memory.number(slots, numbers)
        memory.tags["n"][slots], memory.tags["first"][slots], memory.tags["size"][slots] = numbers, firsts, sizes
        memory.tags["is_text"][slots] = [tag.kind == "text" for tag in tags]
        memory.tags["watched"][slots] = 0
        clear_tags(memory.tag_states, memory.good_ts, slots, self.now_ms)
        for slot, tag in zip(slots.tolist(), tags, strict=True):
            self._name_tag(slot, tag, key)
        offsets = np.cumsum(sizes) - sizes
        alarms = np.repeat(firsts - offsets, sizes) + np.arange(len(fresh))
        fresh["slot"] = np.repeat(slots, sizes)
        fresh["position"] = np.arange(len(fresh)) - np.repeat(offsets, sizes)
        self._take_rings(fresh)
        memory.alarms[alarms] = fresh
        clear_alarms(memory.alarm_states, alarms)
        self._name_alarms(alarms.tolist(), texts, 0)
        self.review.append(alarms.astype(np.int32))
        self.touched.update(numbers.tolist())
        self._note_logic(fresh)

    def _change(self, key: PageKey, tags: list[tuple[TagConfig, int]]) -> None:
        if not tags:
            return
        fresh, texts, sizes = self._settings([tag for tag, _ in tags])
        end = 0
        for (tag, slot), size in zip(tags, sizes.tolist(), strict=True):
            start, end = end, end + size
            self._name_tag(slot, tag, key)
            self._change_alarms(slot, fresh[start:end], texts, start)

    def _change_alarms(self, slot: int, fresh: Rows, texts: Sequence[Any], start: int) -> None:
        """Alarms of one tag: `fresh` are the wanted settings, their texts begin at `start`."""
        memory = self.memory
        block = memory.alarm_rows(slot)
        fresh["slot"], fresh["position"], fresh["ring"] = slot, np.arange(len(fresh)), -1
        current = memory.alarms[block].copy()
        rings = current["ring"].copy()
        current["ring"] = -1
        ids = [texts[0][start + i] for i in range(len(fresh))]
        if memory.definition[block] == ids and bool((current == fresh).all()):
            self._name_alarms(range(block.start, block.stop), texts, start)
            self._release_conditions(fresh["condition"])
            return
        self._end_backlog(slot)
        self._note_logic(current)
        self._note_logic(fresh)
        current["ring"] = rings
        self._lay_out(slot, block, current, fresh, ids, texts, start)

    def _lay_out(
        self, slot: int, block: slice, current: Rows, fresh: Rows, ids: list[str], texts: Sequence[Any], start: int
    ) -> None:
        """Put the wanted alarms of a tag in a block, carrying over the states of those that stay themselves."""
        memory = self.memory
        old = {definition: i for i, definition in enumerate(memory.definition[block])}
        states = memory.alarm_states[block].copy()
        kept = [self._same(current, old.get(definition), fresh, i) for i, definition in enumerate(ids)]
        for i in range(len(current)):
            if i not in kept and states["phase"][i] in (RAISED, LEAVING):
                self.events.append(self.teller.config_removed(block.start + i, self.now_ms))
        crossings = {i: self._crossings(current[i], states[i]) for i in kept if i is not None}
        self._release_conditions(current["condition"])
        self._give_rings(current)
        memory.release_alarms(slot)
        first = memory.blocks.take(len(fresh))
        self._take_rings(fresh)
        memory.reserve()
        rows_now = np.arange(first, first + len(fresh), dtype=np.int32)
        memory.tags["first"][slot], memory.tags["size"][slot] = first, len(fresh)
        memory.alarms[rows_now] = fresh
        clear_alarms(memory.alarm_states, rows_now)
        changed, unsuppressed = [], []
        for i, was in enumerate(kept):
            if was is None or any(current[name][was] != fresh[name][i] for name in _JUDGED):
                changed.append(i)
            if was is not None and self._carry_over(int(rows_now[i]), states[was], current[was], crossings[was]):
                unsuppressed.append(i)
        self._name_alarms(rows_now.tolist(), texts, start)
        self.events += [self.teller.suppression(int(alarm), self.now_ms) for alarm in rows_now[unsuppressed]]
        self.review.append(rows_now[changed])
        # Even where nothing is judged again, due times and quiet band must fit the new settings.
        self.resettle(slot)

    def resettle(self, slot: int) -> None:
        """The next sample goes the long way; the next tick looks at the tag."""
        self.memory.tag_states["quiet_lo"][slot] = math.inf
        self.memory.due[slot] = min(int(self.memory.due[slot]), self.now_ms)

    def _same(self, current: Rows, was: int | None, fresh: Rows, i: int) -> int | None:
        """Place of the same alarm before the change."""
        if was is None or any(current[name][was] != fresh[name][i] for name in _SAME_ALARM):
            return None
        return was

    def _crossings(self, setting: Any, state: Any) -> list[int]:
        first = int(setting["ring"])
        return [] if first < 0 else [int(t) for t in self.memory.rings[first : first + int(state["crossings"])]]

    def _carry_over(self, alarm: int, state: Any, was: Any, crossings: list[int]) -> bool:
        """Give an alarm the state it had; whether its suppression ends because it has no condition any more."""
        memory = self.memory
        memory.alarm_states[alarm] = state
        setting = memory.alarms[alarm]
        if (setting["count"], setting["window_ms"]) == (was["count"], was["window_ms"]):
            first = int(setting["ring"])
            if first >= 0:
                memory.rings[first : first + len(crossings)] = crossings
        else:
            # Another count is another question: what was counted for the old one does not answer it.
            memory.alarm_states["crossings"][alarm] = 0
            if state["phase"] == COUNTED:
                memory.alarm_states["phase"][alarm] = NORMAL
        ends = bool(state["is_suppressed"]) and setting["condition"] < 0
        if ends:
            memory.alarm_states["is_suppressed"][alarm] = 0
        return bool(ends)

    def _remove(self, slot: int) -> None:
        memory = self.memory
        self._end_backlog(slot)
        block = memory.alarm_rows(slot)
        current = memory.alarms[block].copy()
        for alarm in range(block.start, block.stop):
            if memory.alarm_states["phase"][alarm] in (RAISED, LEAVING):
                self.events.append(self.teller.config_removed(alarm, self.now_ms))
        self.touched.add(int(memory.tags["n"][slot]))
        self._note_logic(current)
        self._release_conditions(current["condition"])
        self._give_rings(current)
        memory.release_alarms(slot)
        memory.release_tag(slot)

    def _end_backlog(self, slot: int) -> None:
        """History is judged by one set of settings to its end."""
        self.late_events += self.teller.late(self.backlogs.end(self.memory, [slot]), self.now_ms)

    # -- parts ----------------------------------------------------------------------------------------------------

    def _name_tag(self, slot: int, tag: TagConfig, key: PageKey) -> None:
        memory = self.memory
        memory.code[slot], memory.unit[slot], memory.org_path[slot], memory.owner[slot] = tag.code, tag.unit, tag.org_path, key

    def _name_alarms(self, alarms: Sequence[int], texts: Sequence[Any], start: int) -> None:
        memory = self.memory
        definitions, titles, reasons = texts
        if start == 0 and len(alarms) and alarms[-1] - alarms[0] + 1 == len(alarms) == len(definitions):
            block = slice(alarms[0], alarms[-1] + 1)
            memory.definition[block], memory.title[block], memory.reason[block] = definitions, titles, reasons
            return
        for i, alarm in enumerate(alarms, start):
            memory.definition[alarm], memory.title[alarm], memory.reason[alarm] = definitions[i], titles[i], reasons[i]

    def _take_rings(self, fresh: Rows) -> None:
        for i in np.flatnonzero(fresh["count"] > 1).tolist():
            fresh["ring"][i] = self.memory.ring_blocks.take(int(fresh["count"][i]) - 1)
        self.memory.reserve()

    def _give_rings(self, settings: Rows) -> None:
        for setting in settings[settings["ring"] >= 0]:
            self.memory.ring_blocks.give(int(setting["ring"]), int(setting["count"]) - 1)

    def _release_conditions(self, conditions: Any) -> None:
        for row in conditions[conditions >= 0].tolist():
            self.suppression.release(row)

    def _note_logic(self, settings: Rows) -> None:
        self.has_logic = self.has_logic or bool(((settings["kind"] == DEV) | (settings["condition"] >= 0)).any())

    # -- settings -------------------------------------------------------------------------------------------------

    def _settings(self, tags: list[TagConfig]) -> tuple[Rows, Sequence[Any], npt.NDArray[np.int64]]:
        """Rows of the sound, enabled alarms of `tags`, (ids, titles, reasons), and how many each tag has."""
        alarms = [alarm for tag in tags for alarm in tag.alarms if alarm.enabled]
        owners = [i for i, tag in enumerate(tags) for alarm in tag.alarms if alarm.enabled]
        columns = _columns(alarms)
        unsound = ~_is_sound(columns)
        for i in _repeated(owners, alarms):
            unsound[i] = True
        if unsound.any():
            for i in np.flatnonzero(unsound).tolist():
                self._refuse(alarms[i], tags[owners[i]])
            alarms = [alarm for alarm, out in zip(alarms, unsound, strict=True) if not out]
            owners = [owner for owner, out in zip(owners, unsound, strict=True) if not out]
            columns = _columns(alarms)
        if self.refused:
            for alarm in alarms:
                self.refused.pop(alarm.id, None)
        settings = _rows_of(columns)
        for i, condition in enumerate(columns["suppress"]):
            if condition is not None:
                settings["condition"][i] = self._condition(alarms[i], tags[owners[i]])
        texts = (columns["id"], columns["title"], columns["reason"])
        return settings, texts, np.bincount(np.array(owners, np.int64), minlength=len(tags))

    def _condition(self, alarm: AlarmConfig, tag: TagConfig) -> int:
        """Row of its suppression; a condition that makes no sense suppresses nothing, the alarm itself stays."""
        found = condition_faults(alarm.suppress, tag.n) if alarm.suppress is not None else []
        if found or alarm.suppress is None:
            self.refused[alarm.id] = found
            return -1
        return self.suppression.acquire(alarm.suppress)

    def _refuse(self, alarm: AlarmConfig, tag: TagConfig) -> None:
        self.refused[alarm.id] = alarm_faults(alarm, tag) or [f"id: twice in tag {tag.n}, or more than {MAX_ALARMS} alarms"]


def _columns(alarms: list[AlarmConfig]) -> dict[str, Any]:
    values = list(zip(*map(_columns_of, alarms), strict=True)) or [()] * len(_COLUMNS)
    columns: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    for name in ("limit", "deadband", "on_s", "off_s", "window_s"):
        columns[name] = np.array(columns[name], np.float64)
    columns["kind"] = np.array([KIND_OF[name] for name in columns["type"]], np.int64)
    for name in ("count", "priority", "level"):
        # Far-out integers must not break the page: they are judged as numbers first and refused.
        columns[name] = np.array(columns[name], np.float64)
    columns["reference"] = np.array([n or 0 for n in columns["reference"]], np.float64)
    return columns


def _is_sound(columns: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """What the kernel can judge; finer sense is checked where people enter it (`config.faults`)."""
    kind, limit, reference = columns["kind"], columns["limit"], columns["reference"]
    sound = np.isfinite(limit) & np.isfinite(columns["deadband"]) & (columns["deadband"] >= 0)
    for name in ("on_s", "off_s", "window_s"):
        sound &= (columns[name] >= 0) & (columns[name] <= MAX_SECONDS)
    sound &= (columns["count"] >= 1) & (columns["count"] <= MAX_COUNT)
    sound &= (columns["priority"] >= 1) & (columns["priority"] <= 4) & (columns["level"] >= 0) & (columns["level"] <= 2)
    sound &= (kind != ROC) | (limit != 0)
    sound &= (kind != DEV) | ((limit > 0) & (reference > 0) & (reference < MAX_TAG_NUMBER))
    sound &= (kind != STALE) | ((limit > 0) & (limit <= MAX_SECONDS))
    return np.asarray(sound, np.bool_)


def _repeated(owners: list[int], alarms: list[AlarmConfig]) -> list[int]:
    """Places of alarms whose id their tag already has, or that are too many for one tag."""
    if len({alarm.id for alarm in alarms}) == len(alarms) and np.bincount(owners or [0]).max() <= MAX_ALARMS:
        return []
    seen: dict[int, set[str]] = {}
    out = []
    for i, (owner, alarm) in enumerate(zip(owners, alarms, strict=True)):
        ids = seen.setdefault(owner, set())
        if alarm.id in ids or len(ids) >= MAX_ALARMS:
            out.append(i)
        ids.add(alarm.id)
    return out


def _rows_of(columns: dict[str, Any]) -> Rows:
    settings = rows(len(columns["kind"]), ALARM_SETTING)
    for name in ("kind", "limit", "deadband", "count", "priority", "level"):
        settings[name] = columns[name]
    settings["reference"] = np.where(columns["kind"] == DEV, columns["reference"], 0)
    for name in ("on", "off", "window"):
        settings[f"{name}_ms"] = np.round(columns[f"{name}_s"] * 1000.0)
    settings["ring"] = settings["condition"] = -1
    return settings
