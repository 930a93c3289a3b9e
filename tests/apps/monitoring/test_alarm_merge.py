"""One occurrence from its events, whatever order they come in and however often (Hypothesis)."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.apps.monitoring.rules.merge import Facts, announced_ms, facts_of_event, merge

RAISED = 1_000


def event(kind, at_ms, step=1, **more):
    return {"kind": kind, "at_ms": at_ms, "step": step, "value": 2.6, "reason": "检修" if kind == "suppressed" else "", **more}


turns = st.lists(
    st.tuples(st.sampled_from(["suppressed", "unsuppressed"]), st.integers(RAISED, RAISED + 50), st.integers(1, 5)), max_size=5
)
endings = st.lists(st.tuples(st.sampled_from(["cleared", "config_removed"]), st.integers(RAISED, RAISED + 60)), max_size=2)


@st.composite
def histories(draw):
    """Events of one occurrence: one raise, some turns of suppression, some ends."""
    told = [event("raised", RAISED, suppressed=draw(st.booleans()))]
    told += [event(kind, at, step) for kind, at, step in draw(turns)]
    told += [event(kind, at) for kind, at in draw(endings)]
    return told


def all_of(events):
    return reduce(merge, map(facts_of_event, events))


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_tell_the_same(told, random):
    shuffled = told + random.sample(told, random.randint(0, len(told)))
    random.shuffle(shuffled)
    assert all_of(shuffled) == all_of(told)


@given(histories(), histories(), histories())
def test_merging_is_a_join(one, two, three):
    a, b, c = all_of(one), all_of(two), all_of(three)
    assert merge(a, a) == a
    assert merge(a, b).turns == merge(b, a).turns
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


def test_a_clear_that_comes_first_waits_for_its_raise():
    early = facts_of_event(event("cleared", 5_000))
    assert early.raised_ms is None
    whole = merge(early, facts_of_event(event("raised", RAISED)))
    assert (whole.begin_ms, whole.end.at_ms) == (RAISED, 5_000)


def test_an_event_of_no_known_kind_is_refused():
    with pytest.raises(ValueError, match="shelved"):
        facts_of_event(event("shelved", 1))


class TestAnnounced:
    """When people were first told."""

    def test_at_once_when_nothing_silences_it(self):
        assert announced_ms(Facts(RAISED, RAISED), []) == RAISED

    def test_when_its_suppression_ends(self):
        told = [event("raised", RAISED, suppressed=True), event("unsuppressed", 3_000, 2)]
        assert announced_ms(all_of(told), []) == 3_000

    def test_when_the_shelf_after_the_suppression_ends(self):
        told = [event("raised", RAISED, suppressed=True), event("unsuppressed", 3_000, 2)]
        assert announced_ms(all_of(told), [(2_000, 7_000)]) == 7_000

    def test_never_while_it_is_out_of_service(self):
        assert announced_ms(Facts(RAISED, RAISED), [(0, None)]) is None

    def test_never_when_it_ended_in_silence(self):
        told = [event("raised", RAISED), event("cleared", 2_000)]
        assert announced_ms(all_of(told), [(500, 9_000)]) is None

    def test_a_silence_that_began_later_takes_nothing_back(self):
        assert announced_ms(Facts(RAISED, RAISED), [(RAISED + 1, None)]) == RAISED
