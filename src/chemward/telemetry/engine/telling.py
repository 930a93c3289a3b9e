"""Events from the rows that the kernel writes, with the texts that the memory holds."""

from __future__ import annotations

import math

import numpy as np

from chemward.telemetry.engine.events import AlarmEvent, EventKind, occurrence_id
from chemward.telemetry.engine.layout import EVENT_CLEARED, EVENT_RAISED, KINDS, Rows
from chemward.telemetry.engine.memory import Memory
from chemward.telemetry.engine.suppression import Suppression

_KIND_OF_ROW: dict[int, EventKind] = {EVENT_RAISED: "raised", EVENT_CLEARED: "cleared"}


class Teller:
    """Tells events while the rows they speak of are still there."""

    def __init__(self, memory: Memory, suppression: Suppression) -> None:
        self._memory, self._suppression = memory, suppression

    def present(self, raw: Rows, now_ms: int) -> list[AlarmEvent]:
        """Raisings and clearings of the present, by time, tag and place in the tag."""
        return [
            self._event(
                _KIND_OF_ROW[kind],
                alarm,
                at,
                raised_at,
                value,
                now_ms,
                is_suppressed=kind == EVENT_RAISED and self._is_silent(alarm),
            )
            for at, raised_at, value, _, alarm, kind in self._sorted(raw)
        ]

    def late(self, raw: Rows, now_ms: int) -> list[AlarmEvent]:
        """Raisings and clearings of history, likewise."""
        return [
            self._event(_KIND_OF_ROW[kind], alarm, at, raised_at, value, now_ms, is_late=True)
            for at, raised_at, value, _, alarm, kind in self._sorted(raw)
        ]

    def suppression(self, alarm: int, now_ms: int) -> AlarmEvent:
        """Design suppression of a raised alarm that has just begun or ended; platform time, never before the raising."""
        state = self._memory.alarm_states[alarm]
        raised_at, is_suppressed = int(state["raised_at"]), bool(state["is_suppressed"])
        kind: EventKind = "suppressed" if is_suppressed else "unsuppressed"
        at = max(now_ms, raised_at)
        return self._event(kind, alarm, at, raised_at, self._last_value(alarm), now_ms, is_suppressed=is_suppressed)

    def config_removed(self, alarm: int, now_ms: int) -> AlarmEvent:
        """The end of an occurrence whose alarm the configuration takes away; platform time, never before the raising."""
        raised_at = int(self._memory.alarm_states["raised_at"][alarm])
        return self._event("config_removed", alarm, max(now_ms, raised_at), raised_at, self._last_value(alarm), now_ms)

    def _sorted(self, raw: Rows) -> list[tuple[int, int, float, int, int, int]]:
        if not len(raw):
            return []
        numbers, positions = self._memory.tags["n"][raw["slot"]], self._memory.alarms["position"][raw["alarm"]]
        told: list[tuple[int, int, float, int, int, int]] = raw[np.lexsort((positions, numbers, raw["at"]))].tolist()
        return told

    def _last_value(self, alarm: int) -> float:
        return float(self._memory.tag_states["good_value"][self._memory.alarms["slot"][alarm]])

    def _is_silent(self, alarm: int) -> bool:
        condition = int(self._memory.alarms["condition"][alarm])
        return condition >= 0 and bool(self._suppression.values[condition])

    def _event(
        self,
        kind: EventKind,
        alarm: int,
        at_ms: int,
        raised_at_ms: int,
        value: float,
        now_ms: int,
        *,
        is_late: bool = False,
        is_suppressed: bool = False,
    ) -> AlarmEvent:
        memory = self._memory
        setting = memory.alarms[alarm]
        slot = int(setting["slot"])
        definition = memory.definition[alarm]
        return AlarmEvent(
            id=occurrence_id(definition, raised_at_ms, is_late),
            definition=definition,
            tag=int(memory.tags["n"][slot]),
            kind=kind,
            at_ms=at_ms,
            received_ms=now_ms,
            value=number_or_none(value),
            limit=float(setting["limit"]),
            type=KINDS[setting["kind"]],
            priority=int(setting["priority"]),
            level=int(setting["level"]),
            title=memory.title[alarm],
            code=memory.code[slot],
            unit=memory.unit[slot],
            late=is_late,
            org_path=memory.org_path[slot],
            feed=memory.owner[slot][0],
            suppressed=is_suppressed,
            reason=memory.reason[alarm] if is_suppressed or kind == "unsuppressed" else "",
        )


def number_or_none(value: float) -> float | None:
    """NaN and infinity are no values to tell."""
    return value if math.isfinite(value) else None
