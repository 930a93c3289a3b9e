"""Key figures of a shift, counted by hand."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.standards.alarm_management import alarm_management, read
from chemward.telemetry.engine import kpi
from chemward.telemetry.engine.kpi import NONE

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WORDS, TARGETS = alarm_management().definitions, alarm_management().targets


def at(*minutes: float) -> np.ndarray:
    return np.array([round(m * MINUTE) for m in minutes], np.int64)


# -- rate and floods --------------------------------------------------------------------------------------------------


def test_ten_minute_periods_begin_where_the_period_begins() -> None:
    counts = kpi.per_interval(at(0, 9.99, 10, 29, 30), 0, 30 * MINUTE, 10 * MINUTE)
    assert counts.tolist() == [2, 1, 1]
    assert kpi.distribution(counts) == [0, 2, 1]
    assert kpi.share_above(counts, 1) == pytest.approx(1 / 3)


def test_a_period_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="end must come after"):
        kpi.per_interval(at(1), 5, 5, 1)


def test_a_flood_begins_with_the_tenth_alarm_and_is_over_when_fewer_than_five_came_in_ten_minutes() -> None:
    raised = at(*range(10), 11, 12)
    (flood,) = kpi.floods(raised, HOUR, 10, 5, 10 * MINUTE)
    assert flood.start_ms == 9 * MINUTE
    assert (flood.alarms, flood.peak) == (12, 10)
    assert flood.end_ms == 17 * MINUTE, "then only those of 8, 9, 11 and 12 came within the last ten"


def test_nine_alarms_are_no_flood_and_two_floods_are_two() -> None:
    assert kpi.floods(at(*range(9)), HOUR, 10, 5, 10 * MINUTE) == []
    two = kpi.floods(at(*[0.0] * 10, *[30.0] * 12), HOUR, 10, 5, 10 * MINUTE)
    assert [(f.start_ms, f.end_ms, f.alarms) for f in two] == [(0, 10 * MINUTE, 10), (30 * MINUTE, 40 * MINUTE, 12)]
    assert kpi.time_share(two, 0, HOUR) == pytest.approx(1 / 3)


def test_a_flood_that_is_still_on_ends_with_the_period() -> None:
    (flood,) = kpi.floods(at(*[55.0] * 10), HOUR, 10, 5, 10 * MINUTE)
    assert flood.end_ms == HOUR


@given(st.lists(st.integers(0, 2400), max_size=60))
@settings(max_examples=60, deadline=None)
def test_floods_agree_with_counting_second_by_second(seconds: list[int]) -> None:
    raised = np.array(seconds, np.int64) * 1000
    expected, is_flood = [], False
    for second in range(2400 + 601):
        came = sum(second - 600 < s <= second for s in seconds)
        if not is_flood and came >= 10:
            expected.append([second, None])
            is_flood = True
        elif is_flood and came < 5:
            expected[-1][1] = second
            is_flood = False
    found = kpi.floods(raised, 10**9, 10, 5, 600_000)
    assert [[f.start_ms // 1000, f.end_ms // 1000] for f in found] == expected


# -- bad actors -------------------------------------------------------------------------------------------------------


def test_three_times_in_a_minute_is_chattering() -> None:
    raised = at(0, 0.5, 1, 0, 0.5, 1.02, 5, 5)
    names = np.array(["a", "a", "a", "b", "b", "b", "c", "c"])
    assert kpi.chattering(raised, names, 3, MINUTE) == ["a"]
    assert kpi.chattering(raised[:0], names[:0], 3, MINUTE) == []


def test_an_alarm_gone_within_a_minute_unanswered_is_fleeting() -> None:
    raised, cleared = at(0, 0, 0, 0), np.array([MINUTE, MINUTE + 1, NONE, MINUTE])
    acked = np.array([NONE, NONE, NONE, 30_000])
    assert kpi.fleeting(raised, cleared, acked, MINUTE).tolist() == [True, False, False, False]


def test_an_alarm_that_stands_for_more_than_a_day_is_stale() -> None:
    raised, cleared = np.array([0, 1, 0, 0]), np.array([NONE, NONE, DAY, DAY + 2])
    assert kpi.stale(raised, cleared, DAY + 1, DAY).tolist() == [True, False, False, True]


def test_the_most_frequent_come_first_with_their_share() -> None:
    names = np.array([7, 7, 7, 3, 5, 5, 9, 9, 1, 1])
    most = kpi.top(names, 2)
    assert [(f.definition, f.alarms, f.share) for f in most] == [(7, 3, 0.3), (1, 2, 0.2)]


def test_priorities_and_response() -> None:
    assert kpi.priority_split(np.array([1, 3, 3, 3])) == {1: 0.25, 3: 0.75}
    told = kpi.response(at(0, 0, 0, 5), np.array([MINUTE, 3 * MINUTE, NONE, MINUTE]))
    assert (told.median_s, told.acknowledged, told.waiting) == (60, 3, 1)
    assert told.p90_s == pytest.approx(156)
    assert kpi.response(at(1), np.array([NONE])).median_s is None


# -- report -----------------------------------------------------------------------------------------------------------


def test_a_quiet_day_meets_every_target() -> None:
    raised = np.arange(40, dtype=np.int64) * 36 * MINUTE
    names = np.arange(40) % 1000
    quiet = {"start_ms": 0, "end_ms": DAY, "words": WORDS, "targets": TARGETS}
    report = kpi.report(raised, raised + 5 * MINUTE, raised + MINUTE, names, np.full(40, 4), **quiet)
    missed = [m.name for m in report.measures if not m.is_met]
    assert missed == ["top_share"], "with forty alarms ten of them are a quarter"
    assert report.alarms == 40
    assert sum(report.per_interval) == 40


def test_a_bad_day_says_what_was_missed() -> None:
    raised = np.sort(np.concatenate([np.full(400, 6 * HOUR), np.arange(100) * MINUTE])).astype(np.int64)
    cleared, acked = np.full(500, NONE), np.full(500, NONE)
    report = kpi.report(
        raised, cleared, acked, np.zeros(500, int), np.ones(500, int), start_ms=0, end_ms=DAY, words=WORDS, targets=TARGETS
    )
    missed = {m.name for m in report.measures if not m.is_met}
    assert missed == {"mean_per_interval", "per_day", "most_per_interval", "flood_share", "top_share", "chattering"}
    assert report.response.waiting == 500
    assert msgspec.json.encode(report)


def test_a_period_without_alarms_is_perfect() -> None:
    nothing = np.zeros(0, np.int64)
    report = kpi.report(nothing, nothing, nothing, nothing, nothing, start_ms=0, end_ms=DAY, words=WORDS, targets=TARGETS)
    assert all(m.is_met for m in report.measures)
    assert (report.floods, report.top, report.priorities) == ([], [], {})


def test_rates_are_per_operator() -> None:
    raised = np.zeros(16, np.int64)
    none = np.full(16, NONE)
    given_two = {"start_ms": 0, "end_ms": HOUR, "words": WORDS, "targets": TARGETS, "consoles": 2}
    report = kpi.report(raised, none, none, np.arange(16), np.ones(16, int), **given_two)
    assert report.floods == []
    assert next(m.value for m in report.measures if m.name == "most_per_interval") == 8


# -- figures ----------------------------------------------------------------------------------------------------------


def test_every_figure_says_where_it_stands_and_how_sure_it_is() -> None:
    figures = alarm_management()
    for group in (figures.definitions, figures.targets):
        for name in group.__struct_fields__:
            figure = getattr(group, name)
            assert figure.certainty in ("quoted", "customary"), name
            assert all((figure.unit, figure.meaning, figure.source)), name
    for count, split in figures.priorities.items():
        assert len(split.shares) == int(count)
    assert (figures.definitions.flood_start.value, figures.definitions.flood_end.value) == (10, 5)


def test_a_misspelt_figure_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="clause"):
        read('edition = "x"')
