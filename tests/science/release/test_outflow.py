"""Outflow and source: what they promise to who takes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.release import Outflow, Source, steady
from chemward.science.release.outflow import times_of
from chemward.science.substances import find


def falling(n: int = 11) -> Outflow:
    t = np.linspace(0, 100, n)
    ones = np.ones(n)
    return Outflow(t, 10 - 0.1 * t, 280 * ones, 1e5 * ones, 0 * ones, 5 * ones, "liquid", 0.01)


def test_mass_is_the_integral_of_the_rate() -> None:
    assert falling().mass == pytest.approx(500)
    assert falling().mean_rate == pytest.approx(5)


@given(st.floats(0.1, 200))
def test_mass_until_is_the_exact_integral_between_the_times_too(t: float) -> None:
    seen = min(t, 100)
    assert falling().mass_until(t) == pytest.approx(10 * seen - 0.05 * seen**2, rel=1e-9)


@given(st.floats(1, 99))
def test_shutting_off_keeps_what_has_come_out(t: float) -> None:
    assert falling().until(t).mass == pytest.approx(float(falling().mass_until(t)), rel=1e-9)
    assert falling().until(t).duration == pytest.approx(t)


def test_segments_share_the_mass_equally() -> None:
    parts = falling().segments(4)
    assert sum(rate * (end - begin) for begin, end, rate in parts) == pytest.approx(500)
    assert parts[0][0] == 0 and parts[-1][1] == 100
    assert parts[0][2] > parts[-1][2]


@given(st.lists(st.floats(0.1, 50), min_size=3, max_size=20))
def test_stepping_in_mass_neither_makes_nor_loses_any(rates: list[float]) -> None:
    r = np.array(rates)
    masses = np.linspace(100, 20, len(r))
    assert np.trapezoid(r, times_of(masses, r)) == pytest.approx(80, rel=1e-12)


def test_series_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(Faults) as fault:
        Outflow(np.array([0.0, 0.0]), np.ones(3), np.ones(2), np.ones(2), np.ones(2), np.array([1, np.nan]), "gas", 1.0)
    assert {f.field for f in fault.value.faults} == {"time", "rate", "velocity"}


def test_a_source_names_all_its_wrong_fields() -> None:
    with pytest.raises(Faults) as fault:
        Source("jet", find("propane"), rate=0, height=-1, liquid_fraction=1.2, temperature=float("nan"))
    assert {f.field for f in fault.value.faults} == {"rate", "height", "liquid_fraction", "temperature"}


def test_density_of_a_source_with_drops_lies_between_vapour_and_liquid() -> None:
    chlorine = find("氯")
    wet = Source("jet", chlorine, rate=1, temperature=239.2, liquid_fraction=0.8)
    dry = Source("jet", chlorine, rate=1, temperature=239.2)
    assert dry.density == pytest.approx(101325 * 0.070906 / (8.314462618 * 239.2))
    assert wet.density == pytest.approx(1 / (0.2 / dry.density + 0.8 / chlorine.liquid_density(239.2)))


def test_a_steady_outflow_gives_rate_times_duration() -> None:
    out = steady(2, 30, temperature=280, pressure_exit=1e5, vapour_fraction=0, velocity=3, regime="liquid", hole_area=0.1)
    assert out.mass == pytest.approx(60)
