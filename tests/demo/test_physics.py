"""Readings of the demo park: a function of seed and time, calm when nothing happens, alive when something does."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.demo.ambient import Ambient
from chemward.demo.noise import normal, smooth, streams, uniform
from chemward.demo.physics import Course, Park, TepOrder
from chemward.demo.puff import BRIGGS, Leak, disperse, sigmas
from chemward.demo.tep import TennesseeEastman
from chemward.demo.weather import Shift, Weather

from .conftest import NOON_S


def same(a, b):
    return np.array_equal(a, b, equal_nan=True)


def limits_broken(park, frame):
    """(tag, type) of every high or low limit that the readings of a frame break; readings under test gas or bad do not count."""
    broken = set()
    for i, tag in enumerate(park.plan.tags):
        if frame.calibrating[i] or frame.bad[i]:
            continue
        for a in tag.alarms:
            value = frame.values[i]
            if (a.type in ("H", "HH") and value >= a.limit) or (a.type in ("L", "LL") and value <= a.limit and not a.suppress):
                broken.add((tag.key, a.type))
    return broken


# -- determinism ------------------------------------------------------------------------------------------------------


def test_the_same_moment_reads_the_same_after_a_restart(plan):
    first = Park(plan, plan.seed, NOON_S, with_tep=False)
    for t in range(0, 300, 60):
        first.frame((NOON_S + t) * 1000)
    again = Park(plan, plan.seed, NOON_S + 600, with_tep=False)
    a, b = first.frame((NOON_S + 600) * 1000), again.frame((NOON_S + 600) * 1000)
    assert same(a.values, b.values)
    assert a.texts == b.texts


def test_another_seed_reads_otherwise(plan):
    a = Park(plan, 1, NOON_S, with_tep=False).frame(NOON_S * 1000).values
    b = Park(plan, 2, NOON_S, with_tep=False).frame(NOON_S * 1000).values
    assert not same(a, b)


@given(st.integers(0, 2**40), st.integers(0, 1000))
def test_noise_is_bounded_and_repeatable(slot, seed):
    stream = streams(seed, ["a", "b"])
    assert same(normal(stream, slot), normal(stream, slot))
    assert (np.abs(normal(stream, slot)) <= 3.47).all()
    assert ((uniform(stream, slot) >= 0) & (uniform(stream, slot) < 1)).all()


def test_noise_looks_normal():
    drawn = normal(streams(1, ["a"]), np.arange(20_000))
    assert abs(drawn.mean()) < 0.03
    assert drawn.std() == pytest.approx(1.0, abs=0.03)


def test_smooth_noise_does_not_jump():
    t = np.arange(0.0, 600.0)
    assert np.abs(np.diff(smooth(streams(1, ["a"]), t, 60.0))).max() < 0.2


# -- a calm day -------------------------------------------------------------------------------------------------------


def test_nothing_alarms_while_nothing_happens(quiet_park):
    broken = set()
    for hour in range(0, 48, 2):
        broken |= limits_broken(quiet_park, quiet_park.frame((NOON_S + hour * 3600) * 1000))
    assert broken == set()


def test_nothing_alarms_in_any_season(quiet_park):
    for month in range(12):
        frame = quiet_park.frame((NOON_S + month * 30 * 86_400) * 1000)
        assert limits_broken(quiet_park, frame) == set()


def test_readings_stay_inside_their_span(quiet_park):
    frame = quiet_park.frame(NOON_S * 1000)
    outside = [
        t.key
        for t, v in zip(quiet_park.plan.tags, frame.values, strict=True)
        if t.kind == "number" and t.model != "tep" and not t.lo <= v <= t.hi
    ]
    assert outside == []


def test_tanks_are_filled_and_emptied(quiet_park):
    level = quiet_park.find(owner="E27", quantity="level")
    day = np.array([quiet_park.frame((NOON_S + h * 3600) * 1000).values[level] for h in range(24)])
    assert (np.ptp(day, axis=0) > 20).all()


def test_counters_never_run_backwards(quiet_park):
    counters = np.array([i for i, t in enumerate(quiet_park.plan.tags) if t.kind == "counter"])
    read = np.array([quiet_park.frame((NOON_S + m * 60) * 1000).values[counters] for m in range(0, 720, 30)])
    assert (np.diff(read, axis=0) >= 0).all()
    assert (read[-1] > read[0]).mean() > 0.5


def test_one_pump_of_a_pair_runs(quiet_park):
    states = {t.equipment: i for i, t in enumerate(quiet_park.plan.tags) if t.model == "running"}
    values = quiet_park.frame(NOON_S * 1000).values
    pairs = [(states[a], states[a[:-1] + "B"]) for a in states if a.endswith("A") and a[:-1] + "B" in states]
    assert pairs
    assert [values[a] + values[b] for a, b in pairs] == [1.0] * len(pairs)


# -- weather ----------------------------------------------------------------------------------------------------------


def test_the_wind_turns_but_not_in_jumps():
    weather = Weather(7)
    hours = weather.direction_deg(NOON_S + 3600.0 * np.arange(24))
    seconds = np.unwrap(np.deg2rad(weather.direction_deg(NOON_S + np.arange(600.0))))
    assert np.ptp(np.unwrap(np.deg2rad(hours))) > np.deg2rad(40)
    assert np.abs(np.diff(seconds)).max() < np.deg2rad(4)


def test_it_is_warmest_in_the_afternoon_and_stability_follows_the_sun():
    weather = Weather(7)
    midnight = NOON_S - 12 * 3600
    by_hour = weather.temperature(midnight + 3600.0 * np.arange(24))
    assert 11 <= int(np.argmax(by_hour)) <= 18
    assert weather.stability(NOON_S) in "ABC"
    assert weather.stability(midnight) in "DEF"


def test_a_shift_turns_the_wind_and_lets_it_go():
    still, shifted = Weather(7), Weather(7, [Shift(NOON_S, NOON_S + 600.0, 110.0)])
    turn = lambda t: float((shifted.direction_deg(t) - still.direction_deg(t)) % 360)  # noqa: E731
    assert turn(NOON_S - 1) == 0
    assert turn(NOON_S + 300.0) == pytest.approx(110.0)
    assert turn(NOON_S + 2000.0) == pytest.approx(0.0, abs=1e-9)


# -- the puff ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stability", list(BRIGGS))
def test_a_cloud_grows_as_it_travels(stability):
    y, z = sigmas(np.array([50.0, 100.0, 500.0, 2000.0]), stability)
    assert (np.diff(y) > 0).all()
    assert (np.diff(z) > 0).all()


def test_briggs_curves_at_one_kilometre():
    """Open country, class D at 1 km: sigma_y 80/sqrt(1.1), sigma_z 60/sqrt(2.5) (Hanna, Briggs and Hosker 1982, table 4.5)."""
    y, z = sigmas(np.array([1000.0]), "D")
    assert y[0] == pytest.approx(76.3, abs=0.1)
    assert z[0] == pytest.approx(37.9, abs=0.1)


def test_a_train_of_puffs_agrees_with_the_plume_formula():
    """In a steady wind the puffs sum up to Q / (pi u sigma_y sigma_z) on the axis at the ground."""

    class Steady(Weather):
        def direction_deg(self, t_s):
            return np.full_like(np.asarray(t_s, dtype=float), 270.0)

        def speed(self, t_s):
            return np.full_like(np.asarray(t_s, dtype=float), 4.0)

        def stability(self, t_s):
            return "D"

    leak = Leak((0.0, 0.0), 0.0, 600.0, lambda t: np.full_like(t, 0.1), height_m=0.0, width_m=0.0)
    read = disperse(leak, Steady(7), np.array([[400.0, 0.0]]), height_m=0.0).at(500.0)[0]
    y, z = sigmas(np.array([400.0]), "D")
    assert read == pytest.approx(0.1 / (np.pi * 4.0 * y[0] * z[0]), rel=0.05)


def test_no_gas_before_the_leak_and_long_after_it():
    leak = Leak((0.0, 0.0), float(NOON_S), 120.0, lambda t: np.full_like(t, 0.1))
    cloud = disperse(leak, Weather(7), np.array([[10.0, 0.0], [-10.0, 0.0]]))
    assert (cloud.at(NOON_S - 1.0) == 0).all()
    assert (cloud.at(NOON_S + 5000.0) == 0).all()


# -- small troubles ---------------------------------------------------------------------------------------------------


def test_every_day_has_its_small_troubles_and_few_alarms(plan):
    park = Park(plan, plan.seed, NOON_S, with_tep=False)
    broken = [limits_broken(park, park.frame((NOON_S + m * 60) * 1000)) for m in range(0, 8 * 60, 5)]
    alarms = sum(len(now - before) for before, now in itertools.pairwise(broken))
    assert 8 <= alarms <= 160


def test_a_troubled_hour_is_the_same_whenever_it_is_asked(plan):
    park = Park(plan, plan.seed, NOON_S, with_tep=False)
    effects = lambda: [(type(e).__name__, e.start_s, e.end_s) for e in Ambient(park, plan.seed).at(NOON_S + 1800)]  # noqa: E731
    assert effects() == effects()


# -- Tennessee Eastman ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steady_unit():
    pytest.importorskip("tep_studio")
    return TennesseeEastman(7, 0.0)


def test_the_unit_runs_steadily_at_its_base_state(steady_unit):
    values = steady_unit.advance(300.0)
    assert values[6] == pytest.approx(2705, abs=15)  # XMEAS(7) reactor pressure, kPa
    assert values[8] == pytest.approx(120.4, abs=0.5)  # XMEAS(9) reactor temperature, ℃


def test_a_disturbance_moves_the_measurements():
    pytest.importorskip("tep_studio")
    unit = TennesseeEastman(7, 0.0)
    before = unit.advance(60.0)
    after = unit.advance(120.0, disturbances=(6,))
    assert before[0] > 0.2  # XMEAS(1), A feed
    assert after[0] < 0.05


def test_an_unpublished_disturbance_is_refused(steady_unit):
    with pytest.raises(ValueError, match="1 to 20"):
        steady_unit.advance(400.0, disturbances=(21,))


def test_the_unit_reaches_the_tags_of_its_enterprise(plan):
    pytest.importorskip("tep_studio")
    park = Park(plan, plan.seed, NOON_S, with_ambient=False)
    park.follow(Course(tep=[TepOrder(NOON_S + 60, NOON_S + 600, (6,))]))
    feed = park.find(owner="E19", code="XMEAS(1)")
    assert park.frame((NOON_S + 30) * 1000).values[feed] > 0.2
    assert park.frame((NOON_S + 120) * 1000).values[feed] < 0.05
