"""Suppression by design: conditions on plant state, compiled once, evaluated when an input changes.

Alarms that share a condition share its compiled form. Conditions are evaluated at the end of a step over the values it left:
all inputs of the step count at once, so the order of tags in a batch cannot matter. Suppression is the platform's decision
and bears platform time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from chemward.telemetry.engine import conditions
from chemward.telemetry.engine.config import Condition, condition_tags
from chemward.telemetry.engine.layout import WATCHED_BY_CONDITION
from chemward.telemetry.engine.memory import Memory

Int32s = npt.NDArray[np.int32]


class Suppression:
    """The table of conditions (a row each, -1 in an alarm's row means none), their compiled form and their present values."""

    def __init__(self) -> None:
        self.conditions: list[Condition | None] = []
        self.users: list[int] = []
        self.values: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.stale_values: set[int] = set()
        """Conditions whose inputs changed since they were evaluated."""
        self.is_swept = True
        """False after a rebuild: every alarm with a condition must be looked at, not only those whose condition changes."""
        self._index: dict[Condition, int] = {}
        self._free: list[int] = []
        self._by_slot: dict[int, list[int]] = {}
        self._program: tuple[Int32s, npt.NDArray[np.uint8], Int32s, npt.NDArray[np.float64]]
        self._first_alarm: Int32s = np.zeros(1, np.int32)
        self._alarms: Int32s = np.zeros(0, np.int32)

    def __bool__(self) -> bool:
        return bool(self._index)

    # -- table ----------------------------------------------------------------------------------------------------

    def acquire(self, condition: Condition) -> int:
        """Row of a condition, for one more alarm."""
        row = self._index.get(condition)
        if row is None:
            if self._free:
                row = self._free.pop()
            else:
                row = len(self.conditions)
                self.conditions.append(None)
                self.users.append(0)
            self.conditions[row] = condition
            self._index[condition] = row
        self.users[row] += 1
        return row

    def release(self, row: int) -> None:
        """One alarm less uses the condition; the last one takes it along."""
        self.users[row] -= 1
        condition = self.conditions[row]
        if self.users[row] == 0 and condition is not None:
            del self._index[condition]
            self.conditions[row] = None
            self._free.append(row)
            self.stale_values.discard(row)
            if row < len(self.values):
                self.values[row] = 0

    def inputs(self) -> set[int]:
        """Numbers of all tags that conditions ask about."""
        return set().union(*(condition_tags(c) for c in self._index)) if self._index else set()

    # -- compiled form --------------------------------------------------------------------------------------------

    def rebuild(self, memory: Memory) -> None:
        """Compile after a change of conditions, tags or alarms; all conditions are evaluated at the next chance."""
        code: list[tuple[int, int, float]] = []
        first = [0]
        self._by_slot = {}
        for row, condition in enumerate(self.conditions):
            if condition is not None:
                for n in sorted(condition_tags(condition)):
                    self._by_slot.setdefault(memory.slot(n), []).append(row)
                _compile(condition, memory, code)
            first.append(len(code))
        self._program = (
            np.array(first, np.int32),
            np.array([c for c, _, _ in code], np.uint8),
            np.array([s for _, s, _ in code], np.int32),
            np.array([v for _, _, v in code], np.float64),
        )
        self.values = np.append(self.values, np.zeros(len(self.conditions) - len(self.values), np.uint8))
        for slot in self._by_slot:
            if slot >= 0:
                memory.tags["watched"][slot] |= WATCHED_BY_CONDITION
        self._group_alarms(memory)
        self.stale_values = {row for row, condition in enumerate(self.conditions) if condition is not None}
        self.is_swept = False

    def _group_alarms(self, memory: Memory) -> None:
        used = memory.alarms["condition"][: memory.blocks.used]
        alarms = np.flatnonzero((used >= 0) & (memory.alarms["slot"][: memory.blocks.used] >= 0))
        order = np.argsort(used[alarms], kind="stable")
        self._alarms = alarms[order].astype(np.int32)
        bounds = np.searchsorted(used[self._alarms], np.arange(len(self.conditions) + 1))
        self._first_alarm = bounds.astype(np.int32)

    # -- values ---------------------------------------------------------------------------------------------------

    def touch(self, slots: Iterable[int]) -> None:
        """Inputs changed."""
        for slot in slots:
            self.stale_values.update(self._by_slot.get(slot, ()))

    @property
    def is_pending(self) -> bool:
        """Whether `refresh` has something to do."""
        return bool(self.stale_values) or not self.is_swept

    def refresh(self, memory: Memory) -> Int32s:
        """Evaluate the conditions whose inputs changed; alarm rows that must be looked at."""
        changed = self._evaluate(memory)
        if not self.is_swept:
            self.is_swept = True
            return self._alarms
        parts = [self._alarms[self._first_alarm[row] : self._first_alarm[row + 1]] for row in changed]
        return np.concatenate(parts) if parts else np.zeros(0, np.int32)

    def _evaluate(self, memory: Memory) -> list[int]:
        """Rows of conditions whose value changed."""
        if not self.stale_values:
            return []
        wanted = np.array(sorted(self.stale_values), np.int32)
        before = self.values[wanted]
        first, codes, slots, numbers = self._program
        conditions.evaluate(wanted, first, codes, slots, numbers, memory.tag_states, self.values)
        self.stale_values = set()
        changed: list[int] = wanted[self.values[wanted] != before].tolist()
        return changed

    # -- snapshot -------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        return {
            "conditions": self.conditions,
            "users": self.users,
            "free": self._free,
            "values": self.values.tobytes(),
            "stale_values": sorted(self.stale_values),
            "is_swept": self.is_swept,
        }

    @classmethod
    def load(cls, dumped: dict[str, Any], memory: Memory) -> Suppression:
        suppression = cls()
        suppression.conditions = msgspec.convert(dumped["conditions"], list[Condition | None])
        suppression.users, suppression._free = dumped["users"], dumped["free"]
        suppression.values = np.frombuffer(dumped["values"], np.uint8).copy()
        suppression._index = {c: row for row, c in enumerate(suppression.conditions) if c is not None}
        suppression.rebuild(memory)
        suppression.stale_values = set(dumped["stale_values"])
        suppression.is_swept = dumped["is_swept"]
        return suppression


def _compile(node: Condition, memory: Memory, code: list[tuple[int, int, float]]) -> None:
    """Append a condition in postfix form: (code, slot, number or arity)."""
    if node.tag is not None and node.op is not None and node.value is not None:
        code.append((conditions.OPERATORS.index(node.op), memory.slot(node.tag), node.value))
        return
    children = node.all if node.all is not None else node.any
    for child in children or ():
        _compile(child, memory, code)
    code.append((conditions.CODE_ALL if node.all is not None else conditions.CODE_ANY, -1, len(children or ())))
