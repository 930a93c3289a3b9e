"""The record: units, limits, gaps, background, wind, averaging."""

import math

import numpy as np
import pytest

from chemward.science.leak.record import ABOVE, BELOW, MEASURED, MISSING, ROUGH, from_case, to_readings
from tests.science.leak.test_leak_kernel import a_case

WEST = (4.0, 270.0)
PLACES = [(100.0 * i, 200.0, 1.5) for i in range(1, 7)]


def test_one_ppm_of_ammonia_at_20_degrees_is_708_micrograms_per_cubic_metre():
    case = a_case(PLACES[:1], [[1000.0]], [WEST], readings_unit="ppm", temperature_c=20.0)
    record = from_case(case)
    assert math.expm1(record.level[0, 0]) * record.scale[0] == pytest.approx(1000 * 0.708e-6, rel=1e-3)
    assert to_readings(708e-9, case) == pytest.approx(1.0, rel=1e-3)


def test_thin_air_at_altitude_holds_less_mass_in_one_ppm():
    low, high = (
        from_case(a_case(PLACES[:1], [[9.0]], [WEST], readings_unit="ppm", pressure_kpa=p)).scale[0] for p in (101.325, 80.0)
    )
    assert high / low == pytest.approx(80 / 101.325)


def test_readings_are_missing_measured_below_the_limit_or_over_range():
    case = a_case(
        PLACES[:4],
        [[None, 7.0, 0.2, 99.99]],
        [WEST],
        sensors=[
            {"id": str(x), "x_m": x, "y_m": y, "z_m": z, "detection_limit": 1.0, "saturation": 100.0} for x, y, z in PLACES[:4]
        ],
    )
    assert from_case(case).kind.tolist() == [[MISSING, MEASURED, BELOW, ABOVE]]


def test_a_hit_is_twice_the_limit_or_over_range():
    assert from_case(a_case(PLACES[:3], [[1.5, 3.5, 0.0]], [WEST])).is_hit.tolist() == [[False, True, False]]


def test_detectors_may_be_listed_in_any_order():
    forward = from_case(a_case(PLACES, [[1.0, 2, 3, 4, 5, 6]], [WEST]))
    backward = from_case(a_case(PLACES[::-1], [[6.0, 5, 4, 3, 2, 1]], [WEST]))
    assert np.array_equal(forward.level, backward.level)
    assert np.array_equal(forward.sensors, backward.sensors)


def test_what_nearly_all_detectors_always_read_is_background():
    rows = [[4.0, 4.2, 3.8, 4.1, 3.9, 80.0]] * 8
    record = from_case(a_case(PLACES, rows, [WEST] * 8))
    assert record.background[:5] == pytest.approx(np.array(rows[0][:5]) * 1e-6, rel=1e-6)
    assert record.background[5] == pytest.approx(3 * 3.8e-6, rel=0.1)
    assert record.is_hit.any(axis=0).tolist() == [False] * 5 + [True]


def test_gas_at_a_few_detectors_is_not_background():
    rows = [[0.0, 0.0, 0.0, 0.0, 50.0, 80.0]] * 8
    assert not from_case(a_case(PLACES, rows, [WEST] * 8)).background.any()


def test_wind_from_the_north_west_blows_to_the_south_east():
    record = from_case(a_case(PLACES[:1], [[1.0]], [(2.0, 315.0)]))
    assert (record.u[0], record.v[0]) == pytest.approx((math.sqrt(2), -math.sqrt(2)))


def test_winds_about_north_average_to_north():
    case = a_case(
        PLACES[:1],
        [[1.0]],
        [WEST],
        wind=[{"time_s": 40.0 + 10 * i, "speed_m_s": 3.0, "from_deg": d} for i, d in enumerate((350.0, 10.0, 350.0, 10.0))],
    )
    record = from_case(case)
    assert record.u[0] == pytest.approx(0.0, abs=1e-9)
    assert record.v[0] == pytest.approx(-3.0 * math.cos(math.radians(10)), rel=1e-6)
    assert record.spread[0] > math.radians(8)


def test_a_long_record_is_averaged_and_keeps_its_mean():
    rows = [[10.0 + (i % 4), 0.0] for i in range(200)]
    record = from_case(a_case(PLACES[:2], rows, [WEST] * 200))
    assert len(record.mid) <= 64
    assert np.expm1(record.level[:, 0]).mean() * 1.0 == pytest.approx(11.5, rel=0.01)
    assert (record.kind[:, 1] == BELOW).all()
    assert len(from_case(a_case(PLACES[:2], rows, [WEST] * 200), ROUGH).mid) <= ROUGH


def test_a_gap_in_the_average_is_no_zero():
    rows = [[10.0] if i % 2 else [None] for i in range(128)]
    record = from_case(a_case(PLACES[:1], rows, [WEST] * 128))
    assert np.expm1(record.level) == pytest.approx(np.full((64, 1), 10.0))


def test_calm_air_carries_a_plume_at_half_a_metre_a_second_and_spreads_it():
    record = from_case(a_case(PLACES[:1], [[1.0]], [(0.0, 0.0)]))
    assert record.speed[0] == 0.5
    assert record.spread[0] == pytest.approx(0.3)


def test_without_limits_the_noise_of_the_record_takes_their_place():
    rng = np.random.default_rng(3)
    case = a_case(
        PLACES,
        rng.normal(0, 0.5, (40, 6)).tolist(),
        [WEST] * 40,
        sensors=[{"id": str(i), "x_m": x, "y_m": y, "z_m": z} for i, (x, y, z) in enumerate(PLACES)],
    )
    record = from_case(case)
    assert 0.2e-6 < record.scale[0] < 1.2e-6
    assert (record.kind == MEASURED).all()


def test_a_limit_of_zero_is_no_limit():
    case = a_case(
        PLACES[:1],
        [[0.0], [5.0]],
        [WEST] * 2,
        sensors=[{"id": "a", "x_m": 100, "y_m": 200, "detection_limit": 0, "saturation": 50}],
    )
    assert from_case(case).kind.tolist() == [[MEASURED], [MEASURED]]
