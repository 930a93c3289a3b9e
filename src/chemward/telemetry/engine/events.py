"""What the engine says: one message a change of an alarm, the subject `ev.alarm.<shard>`."""

from __future__ import annotations

import hashlib
import uuid
from typing import Literal

import msgspec

EventKind = Literal["raised", "cleared", "suppressed", "unsuppressed", "config_removed"]

OCCURRENCES = uuid.UUID("6d0f6a5e-6a67-5d0e-9b1c-3f2f0a5b7c11")
"""Namespace of occurrence ids. Changing it would make every replayed occurrence a new one."""
_NAMESPACE = OCCURRENCES.bytes
_VARIABLE_BITS = ~((0xF << 76) | (0b11 << 62)) & (2**128 - 1)
_VERSION_5 = (5 << 76) | (0b10 << 62)


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
    """Id of an occurrence (UUID text, version 5 after RFC 9562), the same in every replay.

    definition: definition id. raised_at_ms: at_ms of its `raised` event. late: judged into history.
    """
    # uuid5 by hand: a flood makes thousands a second, and the standard function spends most of its time on checks.
    digest = hashlib.sha1(_NAMESPACE + f"{definition}/{raised_at_ms}/{int(late)}".encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big") & _VARIABLE_BITS | _VERSION_5
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
