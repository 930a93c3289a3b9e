"""Gaussian plume: nothing lost, reflections, finite duration, dose, reach."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.rise import briggs_rise
from chemward.science.dispersion.sigma import sigma_names, sigma_set
from chemward.science.dispersion.vertical import vertical_share
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults

OPEN = Weather(5.0, "D")
CLASSES = st.sampled_from("ABCDEF")


def test_ground_release_on_the_axis_is_q_over_pi_u_sigma_sigma() -> None:
    """Turner 1970, equation 3.4."""
    rural = sigma_set("briggs_rural")
    expected = 0.1 / (math.pi * 5.0 * float(rural.y(500.0, "D")) * float(rural.z(500.0, "D")))
    assert float(plume(0.1, OPEN, lid=math.inf).concentration(500.0)) == pytest.approx(expected, rel=1e-12)


def test_elevated_release_on_the_ground_is_doubled_by_its_image() -> None:
    rural = sigma_set("briggs_rural")
    sy, sz = float(rural.y(800.0, "D")), float(rural.z(800.0, "D"))
    alone = 2.0 / (2 * math.pi * OPEN.transport_wind(40.0) * sy * sz) * math.exp(-0.5 * (40 / sz) ** 2)
    assert float(plume(2.0, OPEN, height=40.0, lid=math.inf).concentration(800.0)) == pytest.approx(2 * alone, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(CLASSES, st.floats(0, 80), st.floats(50, 2e4), st.sampled_from(sigma_names("plume")))
def test_the_mass_that_passes_every_plane_is_the_mass_released(stability: str, height: float, x: float, name: str) -> None:
    cloud = plume(3.0, Weather(4.0, stability), height=height, sigma=name)
    assert cloud.released(x) == pytest.approx(3.0, rel=1e-5)


def test_mass_flow_by_brute_quadrature_over_the_field() -> None:
    cloud = plume(3.0, Weather(4.0, "C", mixing_height=120.0), height=30.0)
    found, _ = dblquad(lambda z, y: float(cloud.concentration(1500.0, y, z)) * cloud.wind, -900, 900, 0, 120, epsabs=1e-7)
    assert found == pytest.approx(3.0, rel=1e-4)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 3))
def test_images_and_cosines_are_the_same_sum(z: float, height: float, width: float) -> None:
    """Second route: images alone, sixty of them."""
    images = sum(math.exp(-0.5 * ((sign * z - height + 2 * n) / width) ** 2) for n in range(-30, 31) for sign in (1, -1)) / (
        math.sqrt(2 * math.pi) * width
    )
    assert float(vertical_share(z, height, width, 1.0)) == pytest.approx(images, rel=1e-6, abs=1e-8)


def test_far_below_the_lid_the_lid_is_not_felt_and_far_away_the_layer_is_mixed() -> None:
    near, open_air = plume(1.0, OPEN, lid=500.0), plume(1.0, OPEN, lid=math.inf)
    assert float(near.concentration(500.0)) == pytest.approx(float(open_air.concentration(500.0)), rel=1e-9)
    unstable = plume(1.0, Weather(3.0, "B"), lid=500.0)
    across = float(sigma_set("briggs_rural").y(30_000.0, "B"))
    mixed = 1.0 / (math.sqrt(2 * math.pi) * across * 500.0 * unstable.wind)
    assert float(unstable.concentration(30_000.0, 0, 250.0)) == pytest.approx(mixed, rel=1e-6)


def test_nothing_of_a_release_above_the_lid_reaches_the_ground_and_the_result_says_so() -> None:
    above = plume(1.0, OPEN, height=150.0, lid=100.0)
    assert float(above.concentration(2000.0)) == 0
    assert float(above.concentration(2000.0, 0, 150.0)) > 0
    assert "above_lid" in {note.code for note in above.notes}


def test_upwind_there_is_nothing() -> None:
    assert (plume(1.0, OPEN).concentration([-500.0, -1.0, 0.0]) == 0).all()


@given(CLASSES, st.floats(1, 20), st.floats(0, 60), st.floats(0.1, 50), st.floats(1.1, 10))
def test_concentration_is_linear_in_the_rate(stability: str, wind: float, height: float, rate: float, factor: float) -> None:
    weather = Weather(wind, stability)
    one, more = plume(rate, weather, height=height), plume(rate * factor, weather, height=height)
    x = np.geomspace(20, 2e4, 12)
    assert more.concentration(x, 5.0, 2.0) == pytest.approx(factor * one.concentration(x, 5.0, 2.0), rel=1e-9)


@given(CLASSES, st.floats(1, 10), st.floats(1.1, 2))
def test_concentration_goes_with_one_over_the_wind(stability: str, wind: float, factor: float) -> None:
    slow, fast = (plume(1.0, Weather(u, stability, mixing_height=800.0)) for u in (wind, wind * factor))
    x = np.geomspace(20, 2e4, 12)
    assert fast.concentration(x) == pytest.approx(slow.concentration(x) / factor, rel=1e-9)


@given(CLASSES, st.floats(-300, 300), st.floats(0, 100))
def test_left_and_right_of_the_wind_are_alike(stability: str, y: float, z: float) -> None:
    cloud = plume(1.0, Weather(3.0, stability), height=20.0)
    assert float(cloud.concentration(700.0, y, z)) == float(cloud.concentration(700.0, -y, z))


@given(CLASSES, st.floats(0, 100))
def test_concentration_falls_beyond_its_peak(stability: str, height: float) -> None:
    cloud = plume(1.0, Weather(4.0, stability), height=height)
    at, _ = cloud.peak()
    beyond = cloud.centreline(np.geomspace(max(at, 0.2) * 1.01, 9e4, 60))
    assert (np.diff(beyond) <= 1e-12 * beyond[0] + 1e-300).all()


def test_the_peak_of_an_elevated_release_lies_where_sigma_z_is_height_over_root_two() -> None:
    """Where σy/σz is fixed (class A of Briggs at short range, nearly): Turner 1970, section 4."""
    weather = Weather(4.0, "A")
    cloud = plume(1.0, weather, height=10.0, lid=math.inf)
    at, _ = cloud.peak()
    assert float(sigma_set("briggs_rural").z(at, "A")) == pytest.approx(10 / math.sqrt(2), rel=0.01)


def test_finite_release_grows_to_the_plateau_and_decays() -> None:
    cloud = plume(1.0, OPEN, duration=600.0)
    steady = float(plume(1.0, OPEN).concentration(500.0))
    at = cloud.concentration(500.0, 0, 0, [0.0, 50.0, 100.0, 400.0, 700.0, 1000.0])
    assert at[0] == pytest.approx(0, abs=1e-12 * steady)
    assert at[2] == pytest.approx(steady / 2, rel=1e-6)
    assert at[3] == pytest.approx(steady, rel=1e-9)
    assert at[4] == pytest.approx(steady / 2, rel=1e-6)
    assert at[5] == pytest.approx(0, abs=1e-9 * steady)


def test_finite_release_is_the_sum_of_its_puffs() -> None:
    """Second route: puffs of σx, σy, σz of the receptor released one after the other."""
    cloud = plume(2.0, OPEN, duration=30.0)
    sx = float(cloud.width_along(300.0))
    steady = float(plume(2.0, OPEN).concentration(300.0))
    for t in (45.0, 60.0, 75.0, 90.0):
        summed, _ = quad(
            lambda s, t=t: math.exp(-0.5 * ((300 - cloud.wind * (t - s)) / sx) ** 2) * cloud.wind / (math.sqrt(2 * math.pi) * sx),
            0,
            min(t, 30.0),
        )
        assert float(cloud.concentration(300.0, 0, 0, t)) == pytest.approx(steady * summed, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 3), st.floats(20, 3000), st.floats(50, 8000), st.floats(30, 3600))
def test_dose_is_the_integral_over_the_worst_stay(exponent: float, duration: float, x: float, exposure: float) -> None:
    """Second route: the trapezoid rule over the concentration in time."""
    cloud = plume(2.0, OPEN, duration=duration)
    middle = x / cloud.wind + duration / 2
    times = np.linspace(max(middle - exposure / 2, 0), middle + exposure / 2, 20_001)
    summed = np.trapezoid(cloud.concentration(x, 10.0, 1.0, times) ** exponent, times)
    assert float(cloud.dose(x, 10.0, 1.0, exponent, exposure)) == pytest.approx(float(summed), rel=2e-4)


def test_the_dose_of_a_passage_keeps_the_mass() -> None:
    cloud = plume(2.0, OPEN, duration=120.0)
    steady = plume(2.0, OPEN)
    assert float(cloud.dose(400.0, 0.0, 0.0, 1.0, 1e6)) == pytest.approx(float(steady.concentration(400.0)) * 120, rel=1e-6)
    assert float(steady.dose(400.0, 0.0, 0.0, 2.0, 1800.0)) == pytest.approx(float(steady.concentration(400.0)) ** 2 * 1800)


def test_contour_encloses_what_exceeds_the_level() -> None:
    cloud = plume(1.0, OPEN, height=10.0)
    reach = cloud.reach(1e-4)
    (line,) = cloud.contour(1e-4)
    inner = line[5:-5:7]
    assert cloud.concentration(inner[:, 0], inner[:, 1]) == pytest.approx(np.full(len(inner), 1e-4), rel=1e-6)
    assert line[0] == pytest.approx(line[-1])
    assert line[:, 0].max() == pytest.approx(reach.far)
    assert line[:, 1].max() == pytest.approx(reach.half_width, rel=0.01)
    assert float(cloud.concentration(reach.far * 1.01)) < 1e-4 < float(cloud.concentration(reach.far * 0.99))
    assert cloud.contour(1.0) == []
    with pytest.raises(Faults, match="level"):
        cloud.contour(-1.0)


def test_flammable_mass_by_brute_sum() -> None:
    cloud = plume(5.0, OPEN, height=2.0)
    x = np.linspace(0.5, 200, 800)[:, None, None]
    y = np.linspace(-40, 40, 161)[None, :, None]
    z = np.linspace(0, 30, 121)[None, None, :]
    values = cloud.concentration(x, y, z)
    inside = np.where((values > 0.01) & (values < 0.08), values, 0.0)
    inside[:, :, 0] /= 2
    summed = inside.sum() * (x[1, 0, 0] - x[0, 0, 0]) * 0.5 * 0.25
    assert cloud.flammable_mass(0.01, 0.08) == pytest.approx(summed, rel=0.02)


def test_half_the_level_holds_more_mass_and_never_more_than_released() -> None:
    cloud = plume(5.0, OPEN)
    assert cloud.flammable_mass(0.01) < cloud.flammable_mass(0.005)
    assert plume(5.0, OPEN, duration=10.0).flammable_mass(1e-6) <= 50.0


def test_calm_is_refused_and_low_wind_is_said() -> None:
    with pytest.raises(Faults, match="wind_speed"):
        plume(1.0, Weather(0.3, "F"))
    assert "low_wind" in {note.code for note in plume(1.0, Weather(0.8, "F")).notes}
    assert "low_wind" not in {note.code for note in plume(1.0, Weather(1.0, "F")).notes}


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": math.nan}, {"height": -1.0}, {"duration": -5.0}, {"radius": math.nan}])
def test_numbers_that_mean_nothing_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(Faults, match=next(iter(wrong))):
        plume(**({"rate": 1.0, "weather": OPEN} | wrong))  # type: ignore[arg-type]


def test_a_wide_source_starts_wide_and_is_not_felt_far_away() -> None:
    point, pool = plume(1.0, OPEN), plume(1.0, OPEN, radius=20.0)
    assert float(pool.widths(0.0)[0]) == pytest.approx(20 * math.sqrt(math.pi) / 4.3, rel=1e-6)
    assert float(pool.concentration(50.0)) < float(point.concentration(50.0))
    assert float(pool.concentration(20_000.0)) == pytest.approx(float(point.concentration(20_000.0)), rel=0.02)


def test_a_hot_release_rises_no_higher_than_its_final_rise_and_the_lid() -> None:
    """EPA-454/B-95-003b: 21.425 F^(3/4)/u for F < 55 m⁴/s³, reached at 49 F^(5/8)."""
    flux = 9.80665 * 10.0 * 1.0 * (1 - 293.15 / 400.0)
    rise = briggs_rise(10.0, 1.0, 400.0, OPEN)
    assert rise.final == pytest.approx(21.425 * flux**0.75 / 5.0, rel=1e-3)
    assert rise.distance == pytest.approx(49 * flux**0.625)
    assert float(rise.at(1e5)) == rise.final
    assert float(rise.at(rise.distance / 8)) == pytest.approx(rise.final / 4)
    assert briggs_rise(10.0, 1.0, 400.0, OPEN, height=30.0, lid=40.0).final == pytest.approx(10.0)


def test_stable_air_holds_a_hot_plume_down() -> None:
    weather = Weather(3.0, "F")
    wind = weather.transport_wind(0.0)
    flux = 9.80665 * 10.0 * 1.0 * (1 - 293.15 / 400.0)
    s = 9.80665 * 0.035 / 293.15
    assert briggs_rise(10.0, 1.0, 400.0, weather).final == pytest.approx(2.6 * (flux / (wind * s)) ** (1 / 3))


def test_a_cold_release_rises_by_momentum_alone() -> None:
    rise = briggs_rise(20.0, 0.5, 250.0, OPEN)
    assert not rise.is_buoyant
    assert rise.final == pytest.approx(3 * 1.0 * 20 / 5.0)


def test_a_rising_plume_keeps_its_mass() -> None:
    cloud = plume(3.0, OPEN, height=20.0, rise=briggs_rise(10.0, 1.0, 450.0, OPEN, 20.0))
    assert cloud.released(600.0) == pytest.approx(3.0, rel=1e-5)


def test_a_field_of_forty_thousand_points_takes_less_than_20_ms() -> None:
    cloud = plume(1.0, OPEN, height=5.0, duration=600.0)
    x, y = np.linspace(5, 4000, 200)[:, None], np.linspace(-400, 400, 200)[None, :]
    spent = []
    for _ in range(7):
        start = time.thread_time()
        cloud.concentration(x, y, 1.0)
        spent.append(time.thread_time() - start)
    assert min(spent) < 0.02
