"""The search's inner loop against closed forms worked out here."""

import math

import numpy as np
import pytest

from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.weather import Weather
from chemward.science.inputs import convert
from chemward.science.leak import kernel
from chemward.science.leak.case import LeakInput
from chemward.science.leak.hypotheses import Hypotheses, all_of, axes, first_look
from chemward.science.leak.record import from_case
from chemward.science.leak.search import SCALES, Places, bench, log_evidence, search

SIDE = 1000.0


def a_case(places, readings, winds, **more):
    """Detectors at (x, y, z), limit 1 mg/m³, one row of readings a minute."""
    document = {
        "sensors": [{"id": f"S{i}", "x_m": x, "y_m": y, "z_m": z, "detection_limit": 1.0} for i, (x, y, z) in enumerate(places)],
        "times_s": [60.0 * (i + 1) for i in range(len(readings))],
        "readings": readings,
        "readings_unit": "mg/m3",
        "wind": [{"time_s": 60.0 * (i + 1), "speed_m_s": u, "from_deg": d} for i, (u, d) in enumerate(winds)],
        "stability": "D",
        "molar_mass_g_mol": 17.03,
        "extent": {"x_min_m": 0, "x_max_m": SIDE, "y_min_m": 0, "y_max_m": SIDE},
        "is_urban": False,
    } | more
    return convert(LeakInput, document)


def one_way(width=1.0, meander=0.0, turn=0.0, lag=0):
    return Hypotheses(np.array([0]), np.array([width]), np.array([meander]), np.array([turn]), np.array([lag]), np.array([0.0]))


def at(x, y, z=2.0):
    return Places(*(np.array([float(v)]) for v in (x, y, z, 0, 0)), np.array([0]), np.array([0.0]))


def touched(case, place, how):
    """Predicted concentration [kg/m³] per 1 kg/s at each reading that the plume touches, as the kernel takes it."""
    record = from_case(case)
    table = bench(case, record)
    index, out = np.empty(record.kind.size, np.int64), np.empty(record.kind.size)
    spot = np.array([place.x[0], place.y[0], place.z[0], 0.0])
    hows = np.array([how.width[0], how.meander[0] ** 2, math.cos(how.turn[0]), math.sin(how.turn[0])])
    n = kernel._touched(
        spot, record.sensors, table.tables.axis, table.tables.range_step, table.tables.widths, table.tables.distance_step,
        record.stability, np.zeros(len(record.mid)), hows, how.lag[0], how.set[0], record.kind, table.ground,
        np.empty((3, len(record.sensors))), index, out,
    )  # fmt: skip
    return {int(i): float(np.exp(v + table.ground[i % len(record.sensors)])) for i, v in zip(index[:n], out[:n], strict=True)}


def test_the_prediction_is_that_of_the_plume_of_the_dispersion_room():
    case = a_case([(700.0, 520.0, 3.0)], [[5.0]], [(4.0, 270.0)])
    found = touched(case, at(300, 500, 4.0), one_way())
    cloud = plume(1.0, Weather(wind_speed=4.0, stability="D"), height=4.0, sigma="briggs_rural", lid=math.inf)
    assert found[0] == pytest.approx(float(cloud.concentration(400.0, 20.0, 3.0)), rel=0.01)


@pytest.mark.parametrize(("from_deg", "dx", "dy"), [(270, 1, 0), (90, -1, 0), (0, 0, -1), (180, 0, 1)])
def test_wind_from_the_west_carries_gas_to_the_east(from_deg, dx, dy):
    case = a_case(
        [(500.0 + 200 * dx, 500.0 + 200 * dy, 1.0), (500.0 - 200 * dx, 500.0 - 200 * dy, 1.0)], [[5.0, 5.0]], [(3.0, from_deg)]
    )
    found = touched(case, at(500, 500), one_way())
    assert list(found) == [int(np.lexsort(np.array([[s.x_m, s.y_m] for s in case.sensors]).T).tolist().index(0))]


def test_the_prediction_falls_as_one_over_the_wind():
    slow, fast = (touched(a_case([(700.0, 500.0, 1.0)], [[5.0]], [(u, 270.0)]), at(300, 500), one_way())[0] for u in (2.0, 6.0))
    assert slow / fast == pytest.approx(3.0, rel=1e-6)


def test_meander_widens_the_plume_across_the_wind_alone():
    case = a_case([(700.0, 500.0, 1.0), (700.0, 560.0, 1.0)], [[5.0, 5.0]], [(4.0, 270.0)])
    still, swinging = (touched(case, at(300, 500), one_way(meander=math.radians(m))) for m in (0.0, 8.0))
    sigma = 0.08 * 400 / math.sqrt(1 + 1e-4 * 400)
    wide = math.hypot(sigma, 400 * math.radians(8.0))
    assert swinging[0] / still[0] == pytest.approx(sigma / wide, rel=0.01)
    assert swinging[1] / swinging[0] == pytest.approx(math.exp(-0.5 * (60 / wide) ** 2), rel=0.01)


def test_a_vane_that_is_off_is_turned_counter_clockwise():
    case = a_case([(700.0, 570.5, 1.0)], [[5.0]], [(4.0, 270.0)])
    straight, turned = (touched(case, at(300, 500), one_way(turn=math.radians(t)))[0] for t in (0.0, 10.0))
    assert turned > 3 * straight


def test_in_steady_wind_the_path_of_the_air_is_the_straight_plume():
    case = a_case([(800.0, 520.0, 1.0)], [[5.0]] * 5, [(3.0, 270.0)] * 5)
    straight, lagged = (touched(case, at(300, 500), one_way(lag=lag)) for lag in (0, 1))
    assert lagged == pytest.approx(straight, rel=1e-6)


def test_gas_far_away_left_in_the_wind_of_before():
    """The wind turns from west to south after ten minutes; at 1 m/s what is 400 m away still came with the west wind."""
    wind = [(1.0, 270.0)] * 10 + [(1.0, 180.0)] * 2
    case = a_case([(700.0, 540.0, 1.0)], [[5.0]] * 12, wind)
    record = from_case(case)
    table = axes(record, 1000.0)
    far = int(400 / table.range_step)
    assert table.axis[0, 11, far, 1] == pytest.approx(1.0)
    assert table.axis[1, 11, far, 0] > 0.9


def test_softplus_from_its_table_is_within_2e_4():
    for x in np.linspace(-12, 40, 1501):
        assert kernel.softplus(float(x), kernel.SOFTPLUS) == pytest.approx(np.logaddexp(0.0, x), abs=2e-4)


@pytest.mark.parametrize(
    ("found", "expected", "kind", "off"),
    [(2.0, 3.0, 1, 1.0), (2.0, 1.0, 1, -1.0), (0.7, 0.2, 2, 0.0), (0.7, 1.7, 2, 1.0), (5.0, 6.0, 3, 0.0), (5.0, 4.0, 3, -1.0)],
)
def test_a_reading_below_the_limit_or_over_range_counts_on_one_side(found, expected, kind, off):
    assert kernel._excess(found, expected, kind) == pytest.approx(off)


def test_the_evidence_is_that_of_the_law_summed_by_hand():
    """One reading, one place, one hypothesis: the average over rates and scales against a plain quadrature."""
    case = a_case([(700.0, 500.0, 1.0)], [[50.0]], [(4.0, 270.0)])
    table = bench(case, from_case(case))
    per_rate = touched(case, at(300, 500), one_way())[0] / 1e-6
    weighed = table.weigh(at(300, 500), one_way(), rates=25, step=0.25)
    rates = np.linspace(-12, 12, 4001)
    z = np.log1p(np.exp(rates) * per_rate) - np.log(51.0)
    prior = np.exp(-0.5 * ((rates - math.log(0.2)) / 3.0) ** 2)
    quiet = np.log(51.0) ** 2 / (4 * SCALES**2)
    by_scale = [
        np.log((prior * ((1 + q) / (1 + z**2 / (4 * k * k))) ** (2.5 * table.temper)).sum() * (rates[1] - rates[0]))
        for q, k in zip(quiet, SCALES, strict=True)
    ]
    expected = np.log(np.sum(np.exp(table.scale_prior + np.array(by_scale))))
    spread = table.record.spread[0]
    assert spread < 0.05
    assert weighed.evidence[0, 0] == pytest.approx(expected, abs=0.12)


def test_silence_after_the_leak_stops_does_not_speak_against_its_place():
    blown = [[200.0]] * 10 + [[0.0]] * 10
    stopped, other = (
        bench(case, from_case(case)).weigh(at(300, 500), one_way()).evidence[0, 0]
        for case in (
            a_case([(700.0, 500.0, 1.0)], blown, [(4.0, 270.0)] * 20),
            a_case([(700.0, 500.0, 1.0)], [[200.0], [0.0]] * 10, [(4.0, 270.0)] * 20),
        )
    )
    assert stopped > other + 1.0


def test_a_leak_that_starts_late_is_judged_as_one_that_stops_early():
    early, late = (
        bench(case, from_case(case)).weigh(at(300, 500), one_way()).evidence[0, 0]
        for case in (
            a_case([(700.0, 500.0, 1.0)], [[200.0]] * 10 + [[0.0]] * 10, [(4.0, 270.0)] * 20),
            a_case([(700.0, 500.0, 1.0)], [[0.0]] * 10 + [[200.0]] * 10, [(4.0, 270.0)] * 20),
        )
    )
    assert late == pytest.approx(early, abs=1e-6)


def test_hypotheses_are_a_probability_law():
    for these in (all_of(None), all_of(True), first_look(None), first_look(False)):
        assert np.exp(these.log_prior).sum() == pytest.approx(1.0)


def test_the_search_finds_the_plume_that_it_would_make_itself():
    rng = np.random.default_rng(7)
    sensors = [(float(x), float(y), 1.5) for x, y in rng.uniform(100, 900, (30, 2))]
    wind = [(4.0, 250.0 + 4 * i) for i in range(12)]
    rows = []
    for speed, degrees in wind:
        towards = math.radians(270 - degrees)
        cloud = plume(0.8, Weather(wind_speed=speed, stability="D"), height=2.0, sigma="briggs_rural", lid=math.inf)
        dx, dy = np.array([s[0] - 240 for s in sensors]), np.array([s[1] - 480 for s in sensors])
        x, y = math.cos(towards) * dx + math.sin(towards) * dy, math.cos(towards) * dy - math.sin(towards) * dx
        rows.append([float(v) * 1e6 for v in cloud.concentration(x, y, 1.5)])
    case = a_case(sensors, rows, wind)
    table = bench(case, from_case(case))
    found = search(case, table, table)
    best = int(found.by_place.argmax())
    assert math.hypot(found.places.x[best] - 240, found.places.y[best] - 480) < 30
    assert np.exp(found.log_rate[best, found.log_weight[best].argmax()]) == pytest.approx(0.8, rel=0.4)
    assert log_evidence(found) > 3
