"""The state of an alarm after ISA-18.2 / IEC 62682 / GB/T 41261, from two things kept apart: what the process does now
(condition, from the engine) and what people still owe (obligations, rows of acts in the database).

List, live stream, key figures and replay all call `isa_state`, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class IsaState(StrEnum):
    """States of IEC 62682 figure 3, by their letters."""

    NORMAL = "A"
    UNACKNOWLEDGED = "B"
    ACKNOWLEDGED = "C"
    RETURNED_UNACKNOWLEDGED = "D"
    LATCHED_UNACKNOWLEDGED = "E"
    LATCHED_ACKNOWLEDGED = "F"
    SHELVED = "G"
    SUPPRESSED = "H"
    OUT_OF_SERVICE = "I"


class Verb(StrEnum):
    """What people and logic may do to an alarm."""

    ACK = "ack"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"
    OUT_OF_SERVICE = "out_of_service"
    RETURN = "return"
    RESET = "reset"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What the process does: one occurrence as the engine tells it. raised_at None: not raised since it was configured.

    raised_at, cleared_at: [ms]; cleared_at None: still in alarm. suppressed: by design. latch: of the definition.
    """

    raised_at: int | None = None
    cleared_at: int | None = None
    suppressed: bool = False
    latch: bool = False


class Obligations(msgspec.Struct, frozen=True, kw_only=True):
    """What people did about this occurrence and its alarm; times in [ms].

    acked_at, reset_at: of this occurrence. shelved_until: end of the shelving, None if not shelved. out_of_service: taken
    out for maintenance. The acts write platform time and the process source time, so presence counts, never their order.
    """

    acked_at: int | None = None
    shelved_until: int | None = None
    out_of_service: bool = False
    reset_at: int | None = None


NORMAL_CONDITION = Condition()
NOTHING_DONE = Obligations()


def isa_state(condition: Condition, obligations: Obligations, now_ms: int) -> IsaState:
    """The ISA-18.2 state at `now_ms` [ms].

    Silencing hides the rest, the stronger first: out of service (authorised, without end), shelved (until a time; over
    at that very millisecond), suppressed by design.
    """
    if obligations.out_of_service:
        return IsaState.OUT_OF_SERVICE
    if obligations.shelved_until is not None and now_ms < obligations.shelved_until:
        return IsaState.SHELVED
    if condition.suppressed:
        return IsaState.SUPPRESSED
    return _annunciated(condition, obligations)


def _annunciated(condition: Condition, obligations: Obligations) -> IsaState:
    """The state that the alarm has, or would have if nothing silenced it."""
    is_acked = obligations.acked_at is not None
    if condition.raised_at is None:
        return IsaState.NORMAL
    if condition.cleared_at is None:
        return IsaState.ACKNOWLEDGED if is_acked else IsaState.UNACKNOWLEDGED
    if condition.latch and obligations.reset_at is None:
        return IsaState.LATCHED_ACKNOWLEDGED if is_acked else IsaState.LATCHED_UNACKNOWLEDGED
    return IsaState.NORMAL if is_acked else IsaState.RETURNED_UNACKNOWLEDGED


# -- the table --------------------------------------------------------------------------------------------------------

A, B, C, D, E, F, G, H, I = IsaState  # noqa: E741 - the letters of the standard
ANNUNCIATED = (A, B, C, D, E, F)


@dataclass(frozen=True)
class Transition:
    """One line of the table. to: empty where the state returned to depends on condition and acknowledgement.

    The process itself moves A B C D E F by raising and clearing, and suppression by design ends with its condition:
    nobody's verb does that, so it has no line.
    """

    verb: Verb
    who: str
    start: tuple[IsaState, ...]
    to: tuple[IsaState, ...]
    proof: str


TRANSITIONS: tuple[Transition, ...] = (
    #          verb                 who            from              to                   proof
    Transition(Verb.ACK, "operator", (B,), (C,), "was on the screen of who acknowledges"),
    Transition(Verb.ACK, "operator", (D,), (A,), "was on the screen of who acknowledges"),
    Transition(Verb.ACK, "operator", (E,), (F,), "was on the screen of who acknowledges"),
    Transition(Verb.RESET, "operator", (F,), (A,), "condition gone and acknowledged"),
    Transition(Verb.SHELVE, "operator", ANNUNCIATED, (G,), "reason and end; second-level at a major hazard: two persons"),
    Transition(Verb.UNSHELVE, "operator or clock", (G,), (), "reason, or the end of the shelving"),
    Transition(Verb.SUPPRESS, "logic", ANNUNCIATED, (H,), "approved condition on plant state, with its reason"),
    Transition(Verb.OUT_OF_SERVICE, "maintenance", (*ANNUNCIATED, G, H), (I,), "reason and approval; two persons likewise"),
    Transition(Verb.RETURN, "maintenance", (I,), (), "work done and tested"),
)


def allowed(state: IsaState, verb: Verb | str) -> bool:
    """Whether `verb` may be done to an alarm in `state`. ValueError names a verb that the table does not know."""
    wanted = Verb(verb)
    return any(t.verb is wanted and state in t.start for t in TRANSITIONS)


def verbs(state: IsaState) -> tuple[Verb, ...]:
    """Verbs that may be done to an alarm in `state`, in the order of the table."""
    return tuple(dict.fromkeys(t.verb for t in TRANSITIONS if state in t.start))
