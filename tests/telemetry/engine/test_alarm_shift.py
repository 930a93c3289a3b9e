"""Shifts in the control room: step, what fired, what stands."""

from __future__ import annotations

import math

import pytest

from chemward.telemetry.engine.config import Condition
from chemward.telemetry.engine.engine import Engine, SnapshotFault
from chemward.telemetry.engine.events import occurrence_id
from tests.telemetry.engine.shift import BAD_QUALITY, CALIBRATION, LATE, MAINTENANCE, UNCERTAIN, Shift, alarm, ms, tag, when


def standing(shift: Shift) -> list[str]:
    return [opened.definition for opened in shift.engine.open_alarms()]


# -- limits -----------------------------------------------------------------------------------------------------------


def test_a_tank_fills_past_both_limits_and_is_drained() -> None:
    shift = Shift(tag(1, alarm("H", 80, deadband=2), alarm("HH", 90, deadband=2)))
    assert shift.sample(1, 79.9) == []
    assert shift.sample(2, 85) == ["raised H @2"]
    assert shift.sample(3, 95) == ["raised HH @3"]
    assert standing(shift) == ["H", "HH"]
    assert shift.sample(4, 87) == ["cleared HH @4"]
    assert shift.sample(5, 70) == ["cleared H @5"]
    assert standing(shift) == []


@pytest.mark.parametrize(("kind", "sign"), [("H", 1), ("HH", 1), ("L", -1), ("LL", -1)])
def test_a_limit_is_reached_when_it_is_equalled_and_left_beyond_the_deadband(kind: str, sign: int) -> None:
    shift = Shift(tag(1, alarm(kind, sign * 10, deadband=1)))
    assert shift.sample(1, sign * math.nextafter(10, 0)) == []
    assert shift.sample(2, sign * 10) == [f"raised {kind} @2"]
    assert shift.sample(3, sign * 9) == []
    assert shift.sample(4, sign * math.nextafter(9, 0)) == [f"cleared {kind} @4"]


def test_the_event_says_everything_the_console_needs() -> None:
    shift = Shift(
        tag(1, alarm("HH", 20, id="def-7", priority=1, level=2, title="Chlorine 二级"), code="AT-1", unit="ppm", org_path="1.4.")
    )
    shift.sample(1.5, 25, now=2)
    (event,) = shift.events
    assert event.id == occurrence_id("def-7", ms(1.5))
    assert (event.definition, event.tag, event.code, event.unit) == ("def-7", 1, "AT-1", "ppm")
    assert (event.at_ms, event.received_ms, event.value, event.limit) == (ms(1.5), ms(2), 25, 20)
    assert (event.type, event.priority, event.level, event.title) == ("HH", 1, 2, "Chlorine 二级")
    assert (event.org_path, event.feed, event.late, event.suppressed) == ("1.4.", "feed", False, False)
    shift.sample(3, 5)
    assert shift.events[0].id == event.id, "clearing names the occurrence that it ends"


def test_nothing_is_said_of_tags_nobody_configured() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    assert shift.batch([(2, 1, 99, 0), (-1, 1, 99, 0), (2**31 - 1, 1, 99, 0)]) == []
    assert shift.engine.counts["unknown"] == 3


# -- delays -----------------------------------------------------------------------------------------------------------


def test_an_on_delay_is_outlasted_by_a_sample_in_source_time() -> None:
    shift = Shift(tag(1, alarm("H", 10, on_s=5)))
    assert shift.sample(1, 12) == []
    assert shift.sample(5.999, 12) == []
    assert shift.sample(6, 12) == ["raised H @6"]


def test_an_on_delay_is_outlasted_by_a_tick_and_bears_the_same_time() -> None:
    shift = Shift(tag(1, alarm("H", 10, on_s=5)))
    shift.sample(1, 12)
    assert shift.engine.due_ms() == ms(6)
    assert shift.tick(5.999) == []
    assert shift.tick(7.3) == ["raised H @6"]
    assert shift.engine.due_ms() is None


def test_a_return_within_the_on_delay_starts_it_anew_even_inside_the_deadband() -> None:
    shift = Shift(tag(1, alarm("H", 10, deadband=3, on_s=5)))
    shift.sample(1, 12)
    assert shift.sample(4, 9) == []
    assert shift.engine.due_ms() is None
    shift.sample(5, 12)
    assert shift.sample(9, 12) == []
    assert shift.sample(10, 12) == ["raised H @10"]


def test_an_off_delay_holds_the_alarm_until_the_value_stayed_away() -> None:
    shift = Shift(tag(1, alarm("H", 10, deadband=2, off_s=5)))
    shift.sample(1, 12)
    assert shift.sample(2, 7) == []
    assert shift.sample(4, 9) == [], "back in the deadband: the delay starts anew"
    assert shift.sample(6, 7) == []
    assert standing(shift) == ["H"]
    assert shift.tick(11) == ["cleared H @11"]


def test_the_return_after_a_tick_raised_late_does_not_clear_before_it_was_raised() -> None:
    shift = Shift(tag(1, alarm("H", 10, on_s=30)))
    shift.sample(1, 12)
    assert shift.tick(40) == ["raised H @31"]
    assert shift.sample(20, 5, now=41) == ["cleared H @31"], "the sample is older than the raising that it ends"


def test_two_raisings_never_share_a_time() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    assert shift.batch([(1, 1, 12, 0), (1, 1, 5, 0), (1, 1, 12, 0)]) == ["raised H @1", "cleared H @1", "raised H @1.001"]


def test_three_crossings_within_a_minute_raise_and_counting_begins_anew() -> None:
    shift = Shift(tag(1, alarm("H", 10, count=3, window_s=60)))
    assert [shift.sample(t, v) for t, v in ((0, 12), (10, 5), (20, 12), (30, 5))] == [[], [], [], []]
    assert shift.sample(60, 12) == ["raised H @60"], "the first is exactly one window ago and counts"
    assert shift.sample(61, 5) == ["cleared H @61"]
    assert shift.sample(62, 12) == []


def test_crossings_too_far_apart_do_not_raise() -> None:
    shift = Shift(tag(1, alarm("H", 10, count=3, window_s=60)))
    for t in (0, 31, 62, 93, 124):
        assert shift.sample(t, 12) == []
        assert shift.sample(t + 5, 5) == []


def test_noise_inside_the_deadband_is_one_crossing() -> None:
    shift = Shift(tag(1, alarm("H", 10, deadband=2, count=2, window_s=60)))
    for t in range(10):
        assert shift.sample(t, 10.5 if t % 2 else 9.5) == []


# -- rate, deviation, state -------------------------------------------------------------------------------------------


def test_a_falling_pressure_is_not_a_rising_one() -> None:
    shift = Shift(tag(1, alarm("ROC", -2, id="fall", deadband=1), alarm("ROC", 5, id="rise")))
    assert shift.sample(0, 100) == [], "the first sample has no rate"
    assert shift.sample(1, 98.5) == []
    assert shift.sample(2, 96.5) == ["raised fall @2"], "2 kPa/s equals the limit"
    assert shift.sample(4, 94.5) == [], "1 kPa/s is the edge of the deadband"
    assert shift.sample(5, 94.5) == ["cleared fall @5"]
    assert shift.sample(7, 104.5) == ["raised rise @7"]


def test_a_replacing_sample_has_no_rate() -> None:
    shift = Shift(tag(1, alarm("ROC", 5)))
    shift.sample(0, 0)
    shift.sample(1, 1)
    assert shift.sample(1, 90) == []
    assert shift.sample(2, 91) == []


def test_two_instruments_on_one_vessel_disagree() -> None:
    shift = Shift(tag(1, alarm("DEV", 3, reference=2, deadband=1)), tag(2))
    assert shift.sample(1, 50) == [], "nothing to compare with"
    assert shift.sample(2, 53, n=2) == ["raised DEV @2"], "the reference moved"
    assert shift.sample(3, 51) == []
    assert shift.sample(4, 51.5) == ["cleared DEV @4"]
    assert shift.batch([(1, 5, 60, 0), (2, 5, 60, 0)]) == [], "both moved in the same millisecond"
    assert shift.sample(6, 90, BAD_QUALITY, n=2) == []
    assert shift.sample(7, 64) == ["raised DEV @7"], "the reference's last good value counts"


def test_a_deviation_is_found_between_the_samples_of_one_batch() -> None:
    shift = Shift(tag(1, alarm("DEV", 3, reference=2)), tag(2))
    batch = [(1, 1, 50, 0), (1, 3, 60, 0), (2, 1, 50, 0), (2, 4, 60, 0)]
    assert shift.batch(batch) == ["raised DEV @3", "cleared DEV @4"]


def test_a_pump_trips() -> None:
    shift = Shift(tag(1, alarm("STATE", 2), kind="state", states={"run": 1, "tripped": 2}))
    assert shift.sample(1, 1) == []
    assert shift.sample(2, 2) == ["raised STATE @2"]
    assert shift.sample(3, 1) == ["cleared STATE @3"]


# -- quality ----------------------------------------------------------------------------------------------------------


def test_a_failing_instrument_says_nothing_about_the_process() -> None:
    shift = Shift(tag(1, alarm("H", 10), alarm("BAD")))
    shift.sample(1, 12)
    assert shift.sample(2, 0, BAD_QUALITY) == ["raised BAD @2"], "H neither clears"
    assert shift.sample(3, 5) == ["cleared H @3", "cleared BAD @3"]
    assert shift.sample(4, 99, BAD_QUALITY) == ["raised BAD @4"], "nor raises"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_good(value: float) -> None:
    shift = Shift(tag(1, alarm("H", 10), alarm("L", -10), alarm("BAD")))
    shift.sample(1, 0)
    assert shift.sample(2, value) == ["raised BAD @2"]
    assert shift.events[0].value is None
    assert shift.engine.last(1).good_value == 0  # type: ignore[union-attr]


def test_a_text_tag_is_not_bad_for_having_no_number() -> None:
    shift = Shift(tag(1, alarm("BAD"), kind="text"))
    assert shift.sample(1, math.nan) == []
    assert shift.sample(2, math.nan, BAD_QUALITY) == ["raised BAD @2"]


def test_an_uncertain_high_reading_is_looked_at() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    assert shift.sample(1, 12, UNCERTAIN) == ["raised H @1"]


@pytest.mark.parametrize("flag", [CALIBRATION, MAINTENANCE, CALIBRATION | BAD_QUALITY])
def test_test_gas_is_no_leak(flag: int) -> None:
    shift = Shift(tag(1, alarm("HH", 20), alarm("BAD")))
    shift.sample(1, 0)
    assert shift.sample(2, 50, flag) == []
    assert shift.sample(3, 0) == []
    assert shift.sample(4, 25) == ["raised HH @4"]
    assert shift.sample(5, 0, flag) == [], "and zero gas is no return"


def test_delays_stand_still_while_the_detector_is_calibrated() -> None:
    shift = Shift(tag(1, alarm("H", 10, on_s=5)))
    shift.sample(1, 12)
    shift.sample(2, 12, CALIBRATION)
    assert shift.tick(60) == []
    assert shift.sample(61, 12) == ["raised H @6"], "the next good sample judges from the true start"


# -- order ------------------------------------------------------------------------------------------------------------


def test_an_older_sample_does_not_judge_the_present() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    shift.sample(5, 5)
    assert shift.sample(4, 99) == []
    assert shift.engine.counts["out_of_order"] == 1


def test_of_the_same_time_the_last_wins_and_is_counted() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    assert shift.sample(5, 12) == ["raised H @5"]
    assert shift.sample(5, 3) == ["cleared H @5"]
    assert shift.engine.counts["duplicate"] == 1


def test_a_sample_from_the_future_does_not_deafen_the_tag() -> None:
    shift = Shift(tag(1, alarm("H", 10)), max_ahead_ms=10_000)
    assert shift.sample(3600, 5, now=1) == []
    assert shift.engine.counts["ahead"] == 1
    assert shift.sample(2, 12) == ["raised H @2"]


# -- silence ----------------------------------------------------------------------------------------------------------


def test_a_silent_instrument_is_noticed_by_the_clock_and_cleared_by_a_sample() -> None:
    shift = Shift(tag(1, alarm("STALE", 60)))
    shift.sample(10, 5)
    assert shift.tick(69.999) == []
    assert shift.tick(75) == ["raised STALE @70"]
    assert shift.sample(80, 5) == ["cleared STALE @80"]
    assert shift.engine.due_ms() == ms(140)


def test_renewed_silence_stops_the_off_delay() -> None:
    shift = Shift(tag(1, alarm("STALE", 3, off_s=5)))
    assert shift.tick(3) == ["raised STALE @3"]
    shift.sample(3, 0)
    assert shift.engine.due_ms() == ms(6)
    assert shift.tick(6) == []
    assert shift.sample(8, 0) == []
    assert shift.sample(10.5, 0) == []
    assert shift.tick(13) == ["cleared STALE @13"]


def test_an_instrument_that_never_spoke_is_silent_too() -> None:
    shift = Shift(tag(1, alarm("STALE", 60)))
    assert shift.tick(60) == ["raised STALE @60"]


def test_one_reading_sent_again_and_again_is_no_sign_of_life() -> None:
    shift = Shift(tag(1, alarm("STALE", 60)))
    shift.sample(0, 5)
    for second in (20, 40, 59):
        shift.sample(0, 5, now=second)
    assert shift.tick(60) == ["raised STALE @60"]
    assert shift.sample(0, 5, now=61) == []
    assert shift.sample(1, 5, now=62) == ["cleared STALE @62"], "silence is told in the platform's time"


def test_a_clock_that_is_wrong_is_no_silence() -> None:
    shift = Shift(tag(1, alarm("STALE", 60)))
    shift.sample(-3000, 5, now=0)
    assert shift.tick(59) == []


# -- late samples -----------------------------------------------------------------------------------------------------


def test_history_is_told_late_and_does_not_touch_the_present() -> None:
    shift = Shift(tag(1, alarm("H", 10, deadband=1)))
    shift.sample(1000, 5)
    late = [(1, 30, 12, LATE), (1, 10, 5, LATE), (1, 20, 12, LATE), (1, 40, 5, LATE)]
    assert shift.batch(late, now=1001) == ["late raised H @20", "late cleared H @40"]
    assert shift.events[0].id == occurrence_id("H", ms(20), late=True) == shift.events[1].id
    assert standing(shift) == []
    assert shift.engine.last(1).good_value == 5  # type: ignore[union-attr]
    assert shift.engine.last(1).ts_ms == ms(1000)  # type: ignore[union-attr]


def test_a_backlog_goes_on_over_several_batches_and_ends_at_its_last_sample() -> None:
    shift = Shift(tag(1, alarm("H", 10, on_s=15)), late_idle_ms=60_000)
    assert shift.batch([(1, 10, 12, LATE), (1, 20, 12, LATE)], now=1000) == []
    assert shift.batch([(1, 30, 12, LATE)], now=1001) == ["late raised H @25"]
    assert shift.engine.due_ms() == ms(1061)
    assert shift.tick(1060) == []
    assert shift.tick(1061) == ["late cleared H @30"]
    assert shift.engine.due_ms() is None


def test_an_older_piece_of_history_starts_from_normal() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    assert shift.batch([(1, 100, 12, LATE)], now=1000) == ["late raised H @100"]
    assert shift.batch([(1, 50, 13, LATE)], now=1001) == ["late cleared H @100", "late raised H @50"]


def test_a_backlog_delivered_twice_tells_the_same_occurrences() -> None:
    shift = Shift(tag(1, alarm("H", 10)))
    backlog = [(1, 10, 12, LATE), (1, 20, 5, LATE)]
    first = shift.batch(backlog, now=1000)
    ids = [event.id for event in shift.events]
    assert shift.batch(backlog, now=1001) == first
    assert [event.id for event in shift.events] == ids


# -- suppressed by design ---------------------------------------------------------------------------------------------


def test_a_low_flow_is_expected_while_the_pump_is_stopped() -> None:
    stopped = {"suppress": when(2, "==", 0), "reason": "pump stopped"}
    shift = Shift(tag(1, alarm("L", 5, **stopped)), tag(2, kind="state"))
    shift.sample(1, 1, n=2)
    assert shift.sample(2, 3) == ["raised L @2"]
    assert shift.sample(3, 0, n=2) == ["suppressed L @3"]
    assert (shift.events[0].suppressed, shift.events[0].reason) == (True, "pump stopped")
    assert shift.engine.open_alarms()[0].suppressed, "the condition stays known"
    assert shift.sample(4, 1, n=2) == ["unsuppressed L @4"]
    shift.sample(5, 0, n=2)
    assert shift.sample(6, 9) == ["cleared L @6"]
    assert shift.sample(7, 3) == ["raised L @7", "suppressed L @7"]
    assert shift.events[0].suppressed, "the raising itself says that it is silent"


def test_a_dead_pump_signal_suppresses_nothing() -> None:
    stopped = {"suppress": when(2, "==", 0), "reason": "pump stopped"}
    shift = Shift(tag(1, alarm("L", 5, **stopped)), tag(2, alarm("STALE", 60), kind="state"))
    assert shift.sample(1, 3) == ["raised L @1"], "no pump signal yet"
    assert shift.sample(2, 0, n=2) == ["suppressed L @2"]
    assert shift.sample(3, 0, BAD_QUALITY, n=2) == ["unsuppressed L @3"]
    assert shift.sample(4, 0, n=2) == ["suppressed L @4"]
    assert shift.tick(64) == ["raised STALE @64", "unsuppressed L @64"]


def test_all_and_any_read_as_they_say() -> None:
    logic = Condition(all=(when(2, "==", 0), Condition(any=(when(3, ">", 5), when(4, "<=", 1)))))
    shift = Shift(tag(1, alarm("H", 10, suppress=logic, reason="start-up")), *(tag(n) for n in (2, 3, 4)))
    shift.sample(0, 20)
    assert shift.batch([(2, 1, 0, 0), (3, 1, 5, 0), (4, 1, 2, 0)]) == []
    assert shift.sample(2, 1, n=4) == ["suppressed H @2"]
    assert shift.batch([(4, 3, 2, 0), (3, 3, 6, 0)]) == []
    assert shift.sample(4, 1, n=2) == ["unsuppressed H @4"]


def test_a_condition_that_comes_with_the_configuration_is_evaluated_at_the_next_tick() -> None:
    shift = Shift(tag(1, alarm("H", 10)), tag(2))
    shift.batch([(1, 1, 12, 0), (2, 1, 0, 0)])
    suppressed = alarm("H", 10, suppress=when(2, "==", 0), reason="test")
    assert shift.configure(tag(1, suppressed), tag(2)) == []
    assert shift.engine.due_ms() == 0
    assert shift.tick(2) == ["suppressed H @2"]
    assert shift.configure(tag(1, alarm("H", 10)), tag(2)) == ["unsuppressed H @2"]
    other = alarm("H", 10, suppress=when(2, "<", 1), reason="test")
    shift.configure(tag(1, suppressed), tag(2))
    assert shift.tick(3) == ["suppressed H @3"]
    shift.configure(tag(1, other), tag(2))
    assert shift.tick(4) == [], "another condition that holds as well changes nothing"
    shift.configure(tag(1, alarm("H", 10, suppress=when(2, ">", 1), reason="test")), tag(2))
    assert shift.tick(5) == ["unsuppressed H @5"]


# -- configuration ----------------------------------------------------------------------------------------------------


def test_a_changed_limit_judges_the_last_value_at_once() -> None:
    shift = Shift(tag(1, alarm("H", 80)))
    shift.sample(1, 75)
    shift.now = 10
    assert shift.configure(tag(1, alarm("H", 70))) == ["raised H @10"]
    shift.now = 11
    assert shift.configure(tag(1, alarm("H", 75))) == [], "still at the limit: the same occurrence stands"
    assert shift.configure(tag(1, alarm("H", 90, deadband=10))) == ["cleared H @11"]


def test_an_alarm_added_to_a_known_value_is_judged_at_once() -> None:
    shift = Shift(tag(1))
    shift.sample(1, 75)
    shift.now = 10
    assert shift.configure(tag(1, alarm("H", 70), alarm("HH", 90, on_s=1))) == ["raised H @10"]


@pytest.mark.parametrize(
    "after", [[], [tag(1)], [tag(1, alarm("H", 70), enabled=False)], [tag(1, alarm("H", 70, enabled=False))]]
)
def test_what_is_removed_or_disabled_while_raised_says_so_and_never_fires_again(after: list) -> None:
    shift = Shift(tag(1, alarm("H", 70, on_s=0)))
    shift.sample(1, 75)
    raised = shift.events[0]
    shift.now = 10
    assert shift.configure(*after) == ["config_removed H @10"]
    assert shift.events[0].id == raised.id
    assert shift.sample(11, 99) == []
    assert shift.tick(100) == []


def test_a_pending_delay_of_a_disabled_alarm_does_not_fire() -> None:
    shift = Shift(tag(1, alarm("H", 70, on_s=5)))
    shift.sample(1, 75)
    assert shift.configure(tag(1, alarm("H", 70, on_s=5, enabled=False))) == []
    assert shift.tick(100) == []


def test_an_alarm_of_another_type_is_another_alarm() -> None:
    shift = Shift(tag(1, alarm("H", 70, id="x")))
    shift.sample(1, 75)
    assert shift.configure(tag(1, alarm("L", 80, id="x"))) == ["config_removed x @1", "raised x @1"]


def test_another_unit_makes_another_tag() -> None:
    shift = Shift(tag(1, alarm("H", 70)))
    shift.sample(1, 75)
    assert shift.configure(tag(1, alarm("H", 70), unit="MPa")) == ["config_removed H @1"]
    assert shift.engine.last(1).good_value is None  # type: ignore[union-attr]


def test_neighbours_keep_their_state_when_one_tag_changes() -> None:
    first, second = tag(1, alarm("H", 70, id="a")), tag(2, alarm("H", 70, id="b", on_s=5, count=2, window_s=60))
    shift = Shift(first, second)
    shift.batch([(1, 1, 75, 0), (2, 1, 75, 0)])
    assert shift.configure(tag(1, alarm("L", 10, id="c"), alarm("H", 70, id="a"), alarm("H", 90, id="d")), second) == []
    assert standing(shift) == ["a"]
    shift.sample(6, 75, n=2)
    shift.sample(7, 5, n=2)
    shift.sample(8, 75, n=2)
    assert shift.configure(first, tag(2, alarm("L", 0, id="e"), second.alarms[0])) == [], "crossings and delays go along"
    assert shift.tick(13) == ["raised b @13"]


def test_a_tag_that_moves_to_another_page_keeps_its_state() -> None:
    shift = Shift(tag(1, alarm("H", 70)))
    shift.sample(1, 75)
    assert shift.configure(tag(1, alarm("H", 70)), page=1) == []
    assert shift.configure(page=0) == []
    assert standing(shift) == ["H"]
    assert shift.configure(page=1) == ["config_removed H @1"]


def test_settings_that_cannot_be_judged_are_named_and_harm_nobody() -> None:
    nonsense = [alarm("H", math.nan, id="a"), alarm("H", 80, id="b", deadband=-1), alarm("H", 80, id="c", priority=300)]
    more = [
        alarm("STALE", 0, id="d"),
        alarm("DEV", 1, id="e"),
        alarm("H", 80, id="f", on_s=1e300),
        alarm("H", 80, id="g", count=10**12),
    ]
    deep = alarm("H", 70, id="h", suppress=Condition(all=()), reason="?")
    shift = Shift(tag(1, *nonsense, *more, deep, alarm("H", 75, id="h")), tag(2**40), tag(2, alarm("H", 1, id="ok")))
    assert set(shift.engine.refused) == {*"abcdefgh", f"tag {2**40}"}
    assert shift.batch([(1, 1, 72, 0), (2, 1, 2, 0)]) == ["raised h @1", "raised ok @1"]
    shift.configure(tag(1, alarm("H", 75, id="a")), tag(2, alarm("H", 1, id="ok")))
    assert "a" not in shift.engine.refused


def test_an_event_flood_larger_than_the_kernels_room_loses_nothing() -> None:
    count = 40_000
    shift = Shift()
    for page in range(0, count, 256):
        tags = [tag(n, alarm("H", 10, id=f"d{n}")) for n in range(page + 1, min(page + 256, count) + 1)]
        shift.engine.apply_page("feed", page, tags, ms(0))
    events = shift.engine.judge(range(1, count + 1), [ms(1)] * count, [12.0] * count, [0] * count, ms(1))
    assert [event.tag for event in events] == list(range(1, count + 1))
    assert shift.engine.counts == {"judged": count, "unknown": 0, "late": 0, "out_of_order": 0, "duplicate": 0, "ahead": 0}


# -- bad calls --------------------------------------------------------------------------------------------------------


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equal length"):
        Engine().judge([1, 2], [0], [0.0], [0], 0)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x81\xa6format\x63", b"\x81\xa6format\x01"])
def test_a_damaged_snapshot_is_refused_with_a_remedy(damage: bytes) -> None:
    with pytest.raises(SnapshotFault, match=r"step of the journal|the one before it"):
        Engine.restore(damage)
