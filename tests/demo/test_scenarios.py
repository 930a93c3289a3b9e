"""Scenarios on command do to the park what they say."""

import itertools

import numpy as np
import pytest

from chemward.demo import control, scenarios
from chemward.demo.physics import Park

from .conftest import NOON_S
from .test_physics import limits_broken, same

DETECTOR_LAG_S = 60


def play(park, name, until_s, step_s=10, **options):
    """Frames of a scenario that starts at noon."""
    park.follow(scenarios.course([scenarios.Order(name, NOON_S, options)], park))
    return [park.frame((NOON_S + s) * 1000) for s in range(0, until_s, step_s)]


def alarms(park, frames):
    return set().union(*(limits_broken(park, f) for f in frames))


def test_every_scenario_has_texts_and_does_something(plan):
    assert set(scenarios.scenarios()) == set(scenarios.EFFECTS) | set(scenarios.SHIFTS) | {"tep-disturbance"}
    for one in scenarios.scenarios().values():
        assert one.duration_s > 0
        assert one.title
        assert [m for m, _ in one.minutes] == sorted(m for m, _ in one.minutes)
        assert one.minutes[-1][0] * 60 <= one.duration_s + 60


def test_every_scenario_changes_the_readings_and_leaves_no_trace(plan):
    for name, one in scenarios.scenarios().items():
        if name == "tep-disturbance":
            continue
        park = Park(plan, plan.seed, NOON_S, with_tep=False, with_ambient=False)
        moments = [one.duration_s * share for share in (0.1, 0.25, 0.5)] + [one.duration_s + 2000]
        calm = [park.frame(round((NOON_S + s) * 1000)) for s in moments]
        park.follow(scenarios.course([scenarios.Order(name, NOON_S, {})], park))
        stirred = [park.frame(f.t_s * 1000) for f in calm]
        alike = [a.skew_s == b.skew_s and not b.silent and same(a.values, b.values) for a, b in zip(calm, stirred, strict=True)]
        assert not all(alike[:-1]), name
        assert alike[-1], name


def test_a_chlorine_leak_raises_detectors_downwind_over_the_second_limit_and_none_upwind(quiet_park):
    frames = play(quiet_park, "chlorine-leak", 600)
    index = quiet_park.find(gas="chlorine")
    peaks = np.max([f.values[index] for f in frames], axis=0)
    places = np.array([quiet_park.plan.tags[i].at for i in index])
    tank = scenarios.source_with_detector_downwind(
        quiet_park, quiet_park.weather, scenarios.Order("chlorine-leak", NOON_S, {}), "E08", 31, ("tank",), "chlorine"
    )
    wind = quiet_park.weather.blown(np.arange(NOON_S, NOON_S + 600.0)).mean(axis=0)
    downwind = (places - np.array(tank.at)) @ (wind / np.hypot(*wind))
    assert (peaks[downwind > 0] >= 2.0).any()
    assert (peaks[downwind < -60] < 0.5).all()


def test_a_chlorine_leak_is_a_first_level_alarm_before_it_is_a_second_level_one(quiet_park):
    frames = play(quiet_park, "chlorine-leak", 300, step_s=2)
    owners = {k.split("-")[0] for k, _ in alarms(quiet_park, frames)}
    assert "E08" in owners
    first = next(i for i, f in enumerate(frames) if any(t == "H" for _, t in limits_broken(quiet_park, f)))
    second = next(i for i, f in enumerate(frames) if any(t == "HH" for _, t in limits_broken(quiet_park, f)))
    assert first < second
    assert second * 2 < 180


def test_the_wind_decides_where_the_chlorine_goes(quiet_park):
    index = quiet_park.find(gas="chlorine")
    straight = np.max([f.values[index] for f in play(quiet_park, "chlorine-leak", 600)], axis=0)
    orders = [scenarios.Order("wind-shift", NOON_S - 300, {}), scenarios.Order("chlorine-leak", NOON_S, {})]
    quiet_park.follow(scenarios.course(orders, quiet_park))
    turned = np.max([quiet_park.frame((NOON_S + s) * 1000).values[index] for s in range(0, 600, 10)], axis=0)
    assert set(index[straight >= 2.0]) != set(index[turned >= 2.0])


def test_an_overfilled_tank_passes_high_then_high_high(quiet_park):
    frames = play(quiet_park, "tank-overfill", 480)
    raised = {(k, t) for k, t in alarms(quiet_park, frames) if "-LI-" in k}
    assert {t for _, t in raised} == {"H", "HH"}


def test_a_flood_brings_more_than_ten_alarms_in_ten_minutes(quiet_park):
    assert len(alarms(quiet_park, play(quiet_park, "alarm-flood", 600, step_s=20))) > 30


def test_a_calibration_is_flagged_and_alarms_nobody(quiet_park):
    frames = play(quiet_park, "detector-calibration", 900)
    index = quiet_park.find(owner="E08", gas="chlorine")
    assert any(f.calibrating[index].any() and f.values[index].max() > 2.0 for f in frames)
    assert alarms(quiet_park, frames) == set()


def test_a_chattering_detector_crosses_its_limit_three_times_a_minute(quiet_park):
    frames = play(quiet_park, "chattering-tag", 60, step_s=1)
    raised = [bool(limits_broken(quiet_park, f)) for f in frames]
    assert sum(b and not a for a, b in itertools.pairwise(raised)) >= 3


def test_a_broken_line_reads_below_its_range_and_bad(quiet_park):
    frame = play(quiet_park, "bad-sensor", 20)[-1]
    index = quiet_park.find(owner="E08", gas="chlorine")[:2]
    assert frame.bad[index].all()
    assert (frame.values[index] < 0).all()


def test_two_scenarios_at_once_add_up(quiet_park):
    quiet_park.follow(
        scenarios.course([scenarios.Order("pump-trip", NOON_S, {}), scenarios.Order("feed-outage", NOON_S, {})], quiet_park)
    )
    frame = quiet_park.frame((NOON_S + 60) * 1000)
    assert "E24" in frame.silent
    assert 2.0 in frame.values[quiet_park.find(owner="E01", quantity="running")]


# -- the word of command ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["chlorine-leak", "tep-disturbance", "tep-disturbance=4", " gale "])
def test_a_scenario_is_understood(text):
    name, options = scenarios.parse(text)
    assert name in scenarios.scenarios()
    assert options == ({"idv": 4} if "=" in text else {})


@pytest.mark.parametrize("text", ["", "fire", "gale=3", "tep-disturbance=21", "tep-disturbance=x"])
def test_what_is_no_scenario_is_refused_with_what_there_is(text):
    with pytest.raises((scenarios.UnknownScenario, ValueError)):
        scenarios.parse(text)


def test_orders_survive_a_restart_and_are_forgotten_when_over(tmp_path):
    file = tmp_path / "orders.json"
    orders = control.Orders(file)
    orders.start("gale", {}, 100.0)
    orders.start("gale", {}, 200.0)
    orders.start("tep-disturbance", {"idv": 4}, 200.0)
    again = control.Orders(file)
    assert [(o.name, o.start_s) for o in again.listed] == [("gale", 200.0), ("tep-disturbance", 200.0)]
    assert again.listed[1].options == {"idv": 4}
    assert not again.forget_ended(1000.0, 0.0)
    assert again.forget_ended(2000.0, 0.0)
    assert control.Orders(file).listed == []


def test_a_spoilt_orders_file_is_no_orders(tmp_path):
    file = tmp_path / "orders.json"
    file.write_text('[{"name": "gale"')
    assert control.Orders(file).listed == []


@pytest.mark.parametrize(
    "request_", [{}, {"do": "dance"}, {"do": "start"}, {"do": "start", "scenario": "x"}, {"do": "start", "scenario": 7}]
)
def test_a_wrong_request_is_answered_with_the_remedy(tmp_path, request_):
    answered = control.answer(control.Orders(tmp_path / "o.json"), request_, 0.0)
    assert answered["ok"] is False
    assert "start" in answered["error"] or "there are" in answered["error"]


def test_a_scenario_is_started_listed_and_stopped(tmp_path):
    orders = control.Orders(tmp_path / "o.json")
    started = control.answer(orders, {"do": "start", "scenario": "chlorine-leak"}, 50.0)
    assert (started["ok"], started["title"]) == (True, "液氯罐阀门法兰泄漏")
    assert [o["name"] for o in control.answer(orders, {"do": "list"}, 60.0)["running"]] == ["chlorine-leak"]
    assert control.answer(orders, {"do": "stop"}, 70.0)["stopped"] == ["chlorine-leak"]
    assert orders.listed == []
