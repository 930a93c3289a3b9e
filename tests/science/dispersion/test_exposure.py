"""Changing sources and rooms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from chemward.science.dispersion.exposure import indoor_concentration, indoor_dose, indoor_factor, varying_plume
from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults

OPEN = Weather(5.0, "D")


def test_a_source_that_does_not_change_is_the_plume_of_limited_duration() -> None:
    changing = varying_plume([0, 100, 300, 600], [2.0, 2.0, 2.0, 2.0], plume(1.0, OPEN))
    steady = plume(2.0, OPEN, duration=600.0)
    times = np.linspace(0, 1200, 61)
    assert changing.concentration(700.0, 5.0, 1.0, times) == pytest.approx(
        steady.concentration(700.0, 5.0, 1.0, times), rel=1e-9, abs=1e-15
    )


def test_the_dose_of_a_decaying_source_keeps_its_mass() -> None:
    release = np.linspace(0, 600, 121)
    rates = 5 * np.exp(-release / 150)
    times = np.linspace(0, 3000, 6001)
    mass = np.trapezoid(rates, release)
    dose = varying_plume(release, rates, plume(1.0, OPEN)).dose(400.0, 0.0, 0.0, 1.0, times)
    assert float(dose) == pytest.approx(float(plume(1.0, OPEN).concentration(400.0)) * mass, rel=1e-3)


def test_series_that_do_not_fit_are_refused() -> None:
    for times, rates in (([0, 1], [1]), ([0, 2, 1], [1, 1, 1]), ([0, 1], [1, -1])):
        with pytest.raises(Faults, match=r"rates|times"):
            varying_plume(times, rates, plume(1.0, OPEN))


def test_a_room_fills_by_one_minus_e() -> None:
    times = np.linspace(0, 3600, 37)
    inside = indoor_concentration(times, np.ones(37), 1 / 3600)
    assert inside == pytest.approx(1 - np.exp(-times / 3600), rel=1e-12)


def test_a_room_follows_what_is_outside() -> None:
    """Second route: numerical integration of dC/dt = λ (C_out − C)."""
    times = np.linspace(0, 3000, 31)
    outside = np.interp(times, [0, 600, 1200, 3000], [0, 3, 1, 0])
    rate = 2 / 3600
    found = solve_ivp(
        lambda t, c: [rate * (np.interp(t, times, outside) - c[0])],
        (0, 3000),
        [0.0],
        t_eval=times,
        rtol=1e-9,
        atol=1e-12,
        max_step=20,
    )
    assert indoor_concentration(times, outside, rate) == pytest.approx(found.y[0], rel=1e-5, abs=1e-9)
    assert indoor_dose(times, outside, rate, 2.0) == pytest.approx(np.trapezoid(found.y[0] ** 2, times), rel=1e-4)


def test_without_exchange_nothing_comes_in_and_the_rest_stays() -> None:
    assert indoor_concentration([0.0, 10.0], [1.0, 1.0], 0.0, start=0.3) == pytest.approx([0.3, 0.3])


def test_who_leaves_when_the_cloud_has_passed_takes_a_part_of_the_dose_and_who_stays_takes_all_of_it() -> None:
    rate, passage = 1 / 3600, 1800.0
    assert indoor_factor(rate, passage) == pytest.approx(1 - (1 - math.exp(-0.5)) / 0.5)
    times = np.linspace(0, 1800, 1801)
    assert indoor_factor(rate, passage) == pytest.approx(indoor_dose(times, np.ones(1801), rate, 1.0) / 1800, rel=1e-5)
    assert indoor_factor(rate, passage, 1e7) == pytest.approx(1.0, rel=1e-6)
    assert indoor_factor(rate, passage, 600.0) < indoor_factor(rate, passage)
