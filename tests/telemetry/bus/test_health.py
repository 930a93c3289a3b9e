"""From beats to "all is well"."""

from hypothesis import given
from hypothesis import strategies as st

from chemward.telemetry.bus.health import LATE_AFTER_MS, Beats, judge

NOW = 1_800_000_000_000


def heard(*beats):
    board = Beats()
    for name, pid, at in beats:
        board.heard({"name": name, "pid": pid, "at_ms": at}, at)
    return board


def test_all_processes_beating_is_well():
    health = judge(["worker", "live"], heard(("worker", 1, NOW), ("live", 2, NOW - 900)).ages_ms(NOW))
    assert (health.status, health.body()) == (200, {"status": "ok", "missing": [], "late_ms": {}})


def test_a_silent_process_is_late_and_one_never_heard_is_missing():
    health = judge(["worker", "live"], heard(("worker", 1, NOW - 5_000)).ages_ms(NOW))
    assert health.status == 503
    assert (health.missing, health.late) == (["live"], {"worker": 5_000})


def test_the_successor_of_a_killed_process_counts():
    board = heard(("worker", 1, NOW - 9_000), ("worker", 2, NOW - 100))
    assert judge(["worker"], board.ages_ms(NOW)).is_well
    board.forget(NOW + 55_000)
    assert list(board.last) == [("worker", 2)]


def test_a_beat_without_name_is_not_taken():
    board = Beats()
    board.heard({"pid": 1}, NOW)
    board.heard({"name": "x", "pid": "1"}, NOW)
    assert board.last == {}


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10_000)), st.sets(st.sampled_from("abcdef")))
def test_well_exactly_when_each_expected_process_beat_in_time(ages, expected):
    assert judge(expected, ages).is_well == all(ages.get(name, LATE_AFTER_MS + 1) <= LATE_AFTER_MS for name in expected)
