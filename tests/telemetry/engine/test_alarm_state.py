"""The ISA-18.2 state is one function of condition and obligations, and the table agrees with it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.telemetry.engine.state import (
    ANNUNCIATED,
    NORMAL_CONDITION,
    NOTHING_DONE,
    TRANSITIONS,
    Condition,
    IsaState,
    Obligations,
    Verb,
    allowed,
    isa_state,
    verbs,
)

ACTIVE, GONE, LATCHED = (
    Condition(raised_at=10),
    Condition(raised_at=10, cleared_at=20),
    Condition(raised_at=10, cleared_at=20, latch=True),
)
ACKED, RESET = Obligations(acked_at=30), Obligations(acked_at=30, reset_at=40)


@pytest.mark.parametrize(
    ("condition", "obligations", "letter"),
    [
        (NORMAL_CONDITION, NOTHING_DONE, "A"),
        (ACTIVE, NOTHING_DONE, "B"),
        (ACTIVE, ACKED, "C"),
        (GONE, NOTHING_DONE, "D"),
        (GONE, ACKED, "A"),
        (LATCHED, NOTHING_DONE, "E"),
        (LATCHED, ACKED, "F"),
        (LATCHED, RESET, "A"),
        (Condition(raised_at=10, latch=True), ACKED, "C"),
        (ACTIVE, Obligations(shelved_until=1000), "G"),
        (NORMAL_CONDITION, Obligations(shelved_until=1000), "G"),
        (Condition(raised_at=10, suppressed=True), NOTHING_DONE, "H"),
        (Condition(raised_at=10, suppressed=True), Obligations(shelved_until=1000), "G"),
        (Condition(suppressed=True), Obligations(shelved_until=1000, out_of_service=True), "I"),
    ],
)
def test_the_states(condition: Condition, obligations: Obligations, letter: str) -> None:
    assert isa_state(condition, obligations, 100) == letter


def test_a_shelf_is_empty_at_its_end() -> None:
    shelved = Obligations(shelved_until=1000)
    assert isa_state(ACTIVE, shelved, 999) is IsaState.SHELVED
    assert isa_state(ACTIVE, shelved, 1000) is IsaState.UNACKNOWLEDGED


def test_an_acknowledgement_counts_even_when_the_devices_clock_was_ahead() -> None:
    assert isa_state(Condition(raised_at=50), Obligations(acked_at=40), 100) is IsaState.ACKNOWLEDGED


CONDITIONS = st.builds(
    Condition,
    raised_at=st.none() | st.just(10),
    cleared_at=st.none() | st.just(20),
    suppressed=st.booleans(),
    latch=st.booleans(),
)
OBLIGATIONS = st.builds(
    Obligations,
    acked_at=st.none() | st.just(30),
    shelved_until=st.none() | st.sampled_from((90, 200)),
    out_of_service=st.booleans(),
)
DONE = {
    Verb.ACK: {"acked_at": 50},
    Verb.RESET: {"reset_at": 50},
    Verb.SHELVE: {"shelved_until": 500},
    Verb.UNSHELVE: {"shelved_until": None},
    Verb.OUT_OF_SERVICE: {"out_of_service": True},
    Verb.RETURN: {"out_of_service": False},
}


@given(CONDITIONS, OBLIGATIONS, st.sampled_from(list(DONE)))
def test_doing_what_is_allowed_leads_where_the_table_says(condition: Condition, obligations: Obligations, verb: Verb) -> None:
    before = isa_state(condition, obligations, 100)
    if not allowed(before, verb):
        return
    after = isa_state(condition, msgspec.structs.replace(obligations, **DONE[verb]), 100)
    destinations = {to for t in TRANSITIONS if t.verb is verb and before in t.start for to in t.to}
    assert after in destinations if destinations else after is not before


def test_what_is_allowed_where() -> None:
    assert [s.value for s in IsaState if allowed(s, "ack")] == ["B", "D", "E"]
    assert [s.value for s in IsaState if allowed(s, "reset")] == ["F"]
    assert [s.value for s in IsaState if allowed(s, "unshelve")] == ["G"]
    assert [s.value for s in IsaState if allowed(s, "return")] == ["I"]
    assert all(allowed(s, "shelve") and allowed(s, "suppress") for s in ANNUNCIATED)
    assert verbs(IsaState.OUT_OF_SERVICE) == (Verb.RETURN,)
    assert verbs(IsaState.SUPPRESSED) == (Verb.OUT_OF_SERVICE,)
    with pytest.raises(ValueError, match="explode"):
        allowed(IsaState.NORMAL, "explode")
