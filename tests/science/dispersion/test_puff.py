"""Gaussian puff: mass, passage, dose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.dispersion.puff import puff
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults

OPEN = Weather(2.0, "F")


def test_ground_puff_at_its_centre() -> None:
    """CCPS 1999: C = M/(√2 π^{3/2} σx σy σz)."""
    cloud = puff(10.0, OPEN, lid=math.inf)
    expected = 10.0 / (math.sqrt(2) * math.pi**1.5 * (0.02 * 800**0.89) ** 2 * 0.05 * 800**0.61)
    assert float(cloud.concentration(800.0, 0, 0, 400.0)) == pytest.approx(expected, rel=1e-12)
    assert float(cloud.concentration(800.0)) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from("ABCDEF"), st.floats(0, 60), st.floats(20, 2000))
def test_the_mass_in_the_air_is_the_mass_released(stability: str, height: float, t: float) -> None:
    cloud = puff(7.0, Weather(2.0, stability), height=height, lid=5000.0)
    along, across, upward = (float(width) for width in cloud.widths(cloud.wind * t))
    x = cloud.wind * t + along * np.linspace(-6, 6, 61)[:, None, None]
    y = across * np.linspace(-6, 6, 61)[None, :, None]
    z = np.linspace(0, min(height + 8 * upward, 5000.0), 801)[None, None, :]
    values = cloud.concentration(x, y, z, t)
    total = np.trapezoid(np.trapezoid(np.trapezoid(values, z[0, 0], axis=2), y[0, :, 0], axis=1), x[:, 0, 0])
    assert total == pytest.approx(7.0, rel=1e-3)


def test_before_it_arrives_and_after_it_has_gone_there_is_nothing() -> None:
    cloud = puff(10.0, OPEN)
    top = float(cloud.concentration(800.0))
    assert (cloud.concentration(800.0, 0, 0, [0.0, 100.0, 900.0]) < 1e-6 * top).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 3), st.floats(60, 5000), st.floats(10, 3600))
def test_dose_is_the_integral_over_the_passage(exponent: float, x: float, exposure: float) -> None:
    cloud = puff(50.0, Weather(3.0, "D"))
    along = float(cloud.widths(x)[0])
    half = min(exposure / 2, 6 * along / cloud.wind)
    times = np.linspace(max(x / cloud.wind - half, 0), x / cloud.wind + half, 20_001)
    summed = np.trapezoid(cloud.concentration(x, 5.0, 1.0, times) ** exponent, times)
    assert float(cloud.dose(x, 5.0, 1.0, exponent, exposure)) == pytest.approx(float(summed), rel=2e-3)


def test_the_time_at_the_peak_gives_nearly_the_same_dose() -> None:
    cloud = puff(50.0, Weather(3.0, "D"))
    x = np.array([100.0, 400.0, 2000.0])
    short = cloud.concentration(x, 0, 1.0) ** 2 * cloud.dose_time(x, 2.0, 1800.0)
    assert short == pytest.approx(cloud.dose(x, 0, 1.0, 2.0, 1800.0), rel=0.05)


def test_flammable_mass_by_brute_sum_at_one_moment() -> None:
    cloud = puff(200.0, Weather(3.0, "D"))
    t = 40.0
    along, across, upward = (float(width) for width in cloud.widths(cloud.wind * t))
    x = cloud.wind * t + along * np.linspace(-4, 4, 161)[:, None, None]
    y = across * np.linspace(-4, 4, 161)[None, :, None]
    z = np.linspace(0, 5 * upward, 161)[None, None, :]
    values = cloud.concentration(x, y, z, t)
    cell = (x[1, 0, 0] - x[0, 0, 0]) * (y[0, 1, 0] - y[0, 0, 0]) * z[0, 0, 1]
    inside = np.where(values > 0.02, values, 0.0)
    weights = np.ones(161)
    weights[0] = 0.5
    assert cloud._mass_between(cloud.wind * t, 0.02, math.inf) == pytest.approx(float((inside * weights).sum() * cell), rel=0.02)


def test_flammable_mass_is_the_greatest_of_all_moments_and_the_upper_limit_takes_away() -> None:
    cloud = puff(200.0, Weather(3.0, "D"), radius=5.0)
    assert cloud.flammable_mass(0.04, 0.2) < cloud.flammable_mass(0.04) <= 200.0
    assert cloud.flammable_mass(0.02) >= cloud.flammable_mass(0.04)


def test_a_plume_set_is_no_set_for_a_puff() -> None:
    with pytest.raises(Faults, match="puffs"):
        puff(1.0, OPEN, sigma="briggs_rural")


def test_contour_of_the_swept_ground_ends_at_the_reach() -> None:
    cloud = puff(50.0, OPEN, height=5.0)
    (line,) = cloud.contour(1e-3, 1.0)
    reach = cloud.reach(1e-3, 1.0)
    assert line[:, 0].min() == pytest.approx(reach.near)
    assert line[:, 0].max() == pytest.approx(reach.far)
