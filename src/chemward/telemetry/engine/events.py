"""What the engine says: one message a change of an alarm, the subject `ev.alarm.<shard>`."""

from __future__ import annotations

import uuid
from typing import Literal

import msgspec

EventKind = Literal["raised", "cleared", "suppressed", "unsuppressed", "config_removed"]

OCCURRENCES = uuid.UUID("6d0f6a5e-6a67-5d0e-9b1c-3f2f0a5b7c11")
"""Namespace of occurrence ids. Changing it would make every replayed occurrence a new one."""


class AlarmEvent(msgspec.Struct, kw_only=True, rename={"definition": "def"}, gc=False):
    """A change of one alarm.

    id: the occurrence, the same in all its events. definition (`def` in JSON): the alarm definition. tag: tag number.
    at_ms: when the process did it: source time of the sample, end of the delay, or platform time for STALE, configuration
        and suppression. received_ms: platform time of the step that noticed.
    value: value that decided [unit], None where there is none. limit: the limit in force.
    late: judged into history, no sound and no duty. suppressed: the occurrence is suppressed by design after this step.
    reason: why it is suppressed. step: number of the worker's step, filled in by the worker.
    """

    id: str
    definition: str
    tag: int
    kind: EventKind
    at_ms: int
    received_ms: int
    value: float | None
    limit: float
    type: str
    priority: int
    level: int
    title: str
    code: str
    unit: str
    late: bool
    org_path: str
    feed: str
    step: int = 0
    suppressed: bool = False
    reason: str = ""


def occurrence_id(definition: str, raised_at_ms: int, late: bool = False) -> str:
    """Id of an occurrence (UUID text), the same in every replay.

    definition: definition id. raised_at_ms: at_ms of its `raised` event. late: judged into history.
    """
    return str(uuid.uuid5(OCCURRENCES, f"{definition}/{raised_at_ms}/{int(late)}"))
