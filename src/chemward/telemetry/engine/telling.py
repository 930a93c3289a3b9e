"""Events from the rows that the kernel writes, with the texts that the memory holds."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

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
        return self._changes(raw, now_ms, is_late=False)

    def late(self, raw: Rows, now_ms: int) -> list[AlarmEvent]:
        """Raisings and clearings of history, likewise."""
        return self._changes(raw, now_ms, is_late=True)

    def _changes(self, raw: Rows, now_ms: int, *, is_late: bool) -> list[AlarmEvent]:
        """Columns are gathered at once: in a flood this is where the time goes."""
        if not len(raw):
            return []
        memory = self._memory
        numbers, settings = memory.tags["n"][raw["slot"]], memory.alarms[raw["alarm"]]
        order = np.lexsort((settings["position"], numbers, raw["at"]))
        raw, numbers, settings = raw[order], numbers[order], settings[order]
        silent = np.zeros(len(raw), bool) if is_late else self._silent(raw, settings)
        finite = np.isfinite(raw["value"])
        limits, kinds = settings["limit"].tolist(), settings["kind"].tolist()
        priorities, levels = settings["priority"].tolist(), settings["level"].tolist()
        columns = zip(
            raw.tolist(), numbers.tolist(), limits, kinds, priorities, levels, finite.tolist(), silent.tolist(), strict=True
        )
        return [
            AlarmEvent(
                id=occurrence_id(memory.definition[alarm], raised_at, is_late),
                definition=memory.definition[alarm],
                tag=number,
                kind=_KIND_OF_ROW[change],
                at_ms=at,
                received_ms=now_ms,
                value=value if is_finite else None,
                limit=limit,
                type=KINDS[kind],
                priority=priority,
                level=level,
                title=memory.title[alarm],
                code=memory.code[slot],
                unit=memory.unit[slot],
                late=is_late,
                org_path=memory.org_path[slot],
                feed=memory.owner[slot][0],
                suppressed=is_silent,
                reason=memory.reason[alarm] if is_silent else "",
            )
            for (at, raised_at, value, slot, alarm, change), number, limit, kind, priority, level, is_finite, is_silent in columns
        ]

    def _silent(self, raw: Rows, settings: Rows) -> npt.NDArray[np.bool_]:
        """Which raisings happen under a condition that suppresses them."""
        silent = (raw["kind"] == EVENT_RAISED) & (settings["condition"] >= 0)
        silent[silent] = self._suppression.values[settings["condition"][silent]] != 0
        return np.asarray(silent, np.bool_)

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

    def _last_value(self, alarm: int) -> float:
        return float(self._memory.tag_states["good_value"][self._memory.alarms["slot"][alarm]])

    def _event(
        self,
        kind: EventKind,
        alarm: int,
        at_ms: int,
        raised_at_ms: int,
        value: float,
        now_ms: int,
        *,
        is_suppressed: bool = False,
    ) -> AlarmEvent:
        memory = self._memory
        setting = memory.alarms[alarm]
        slot = int(setting["slot"])
        definition = memory.definition[alarm]
        return AlarmEvent(
            id=occurrence_id(definition, raised_at_ms),
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
            late=False,
            org_path=memory.org_path[slot],
            feed=memory.owner[slot][0],
            suppressed=is_suppressed,
            reason=memory.reason[alarm] if is_suppressed or kind == "unsuppressed" else "",
        )


def number_or_none(value: float) -> float | None:
    """NaN and infinity are no values to tell."""
    return value if math.isfinite(value) else None
