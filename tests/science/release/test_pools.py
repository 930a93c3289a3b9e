"""Pools: mass and heat are kept, the bund holds, cold liquids boil off the ground's heat."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.release import Outflow, steady
from chemward.science.release.evaporation import aqt_evaporation, evaporation_flux, mass_transfer, schmidt_number
from chemward.science.release.pool import Air, ground_heat_flux, pool, spread_radius, surface
from chemward.science.substances import find


def spill(rate: float, duration: float, temperature: float) -> Outflow:
    return steady(
        rate,
        duration,
        temperature=temperature,
        pressure_exit=101325,
        vapour_fraction=0,
        velocity=1,
        regime="liquid",
        hole_area=0.01,
    )


@settings(deadline=None, max_examples=15)
@given(
    st.sampled_from(["benzene", "ammonia", "methane", "acetone", "water", "chlorine"]),
    st.floats(0.5, 50),
    st.floats(10, 2000),
    st.sampled_from(["concrete", "soil", "gravel", "water"]),
    st.one_of(st.none(), st.floats(20, 2000)),
    st.floats(0.5, 12),
)
def test_what_is_spilt_has_evaporated_or_is_left(
    name: str, rate: float, duration: float, ground: str, bund: float | None, wind: float
) -> None:
    s = find(name)
    cold = min(s.saturation_temperature(101325) - 0.1, 293.0)
    result = pool(s, spill(rate, duration, cold), Air(wind, 293.0), surface(ground), bund_area=bund)
    assert result.evaporated + result.left[-1] == pytest.approx(result.spilled, rel=1e-6)
    assert result.spilled <= rate * duration * (1 + 1e-9)
    assert np.all(result.evaporation >= 0) and np.all(result.left >= -1e-9)


def test_a_bund_holds_the_pool() -> None:
    s = find("benzene")
    free = pool(s, spill(20, 600, 293), Air(3, 293), surface("concrete"))
    held = pool(s, spill(20, 600, 293), Air(3, 293), surface("concrete"), bund_area=100)
    assert held.greatest_radius == pytest.approx(math.sqrt(100 / math.pi))
    assert free.greatest_radius > held.greatest_radius
    assert held.greatest_rate < free.greatest_rate


def test_a_pool_at_rest_is_as_thin_as_its_ground_lets_it() -> None:
    s = find("n-nonane")
    result = pool(s, spill(50, 60, 293), Air(1, 293), surface("flat"), lasting=3600)
    depth = result.left[-1] / s.liquid_density(result.temperature[-1]) / (math.pi * result.radius[-1] ** 2)
    assert depth == pytest.approx(0.010, rel=0.02)


def test_spreading_depths_are_those_of_the_standard() -> None:
    """AQ/T 3046-2013 Table E.9."""
    assert spread_radius(1.0, surface("concrete").depth) == pytest.approx(math.sqrt(1 / (math.pi * 0.005)))
    assert surface("grass").depth == 0.02 and surface("water").depth == 0.0018


def test_a_cryogenic_pool_boils_at_the_rate_at_which_the_ground_gives_heat() -> None:
    """LNG of constant area on concrete: m'' = k ΔT/(h √(π α t)), with the air's heat small beside it."""
    s = find("methane")
    boiling = s.saturation_temperature(101325)
    result = pool(s, spill(2000.0, 1.0, boiling), Air(0.5, 293.15), surface("concrete"), bund_area=100.0, lasting=60)
    k = int(np.searchsorted(result.time, 20.0))
    ground = surface("concrete")
    assert ground.conductivity is not None and ground.diffusivity is not None
    flux = ground_heat_flux(ground.conductivity, ground.diffusivity, 293.15 - boiling, float(result.time[k]))
    expected = flux / s.heat_of_vaporisation(boiling) * 100.0
    assert result.evaporation[k] == pytest.approx(expected, rel=0.08)
    assert result.temperature[k] == pytest.approx(boiling, abs=0.05)


def test_ground_heat_falls_with_the_root_of_time() -> None:
    assert ground_heat_flux(1.1, 1.29e-7, 180, 10) == pytest.approx(2 * ground_heat_flux(1.1, 1.29e-7, 180, 40))
    assert ground_heat_flux(1.1, 1.29e-7, 180, 10) == pytest.approx(1.1 * 180 / math.sqrt(math.pi * 1.29e-7 * 10))


def test_a_volatile_pool_cools_and_a_dull_one_does_not() -> None:
    acetone = pool(find("acetone"), spill(10, 300, 293), Air(4, 293), surface("soil"))
    glycol = pool(find("ethylene glycol"), spill(10, 300, 293), Air(4, 293), surface("soil"))
    assert acetone.temperature[-1] < 285
    assert glycol.temperature[-1] == pytest.approx(293, abs=1)


def test_sun_and_wind_make_more_vapour() -> None:
    s = find("n-hexane")
    calm, windy, sunny = (pool(s, spill(5, 600, 293), air, surface("soil"), bund_area=150).evaporated
                          for air in (Air(2, 293), Air(6, 293), Air(2, 293, solar=700)))  # fmt: skip
    assert windy > calm and sunny > calm


def test_the_printed_form_of_aqt_3046() -> None:
    """Q = a p M/(R T) u^((2-n)/(2+n)) r^((4+n)/(2+n)) with n 0.25, a 4.685e-3 for D."""
    s = find("benzene")
    p = s.vapour_pressure(298.15)
    expected = 4.685e-3 * p * s.molar_mass / (8.314462618 * 298.15) * 3 ** (1.75 / 2.25) * 10 ** (4.25 / 2.25)
    assert aqt_evaporation(s, 10, 3, "D", 298.15) == pytest.approx(expected, rel=1e-12)


def test_class_c_has_no_row_and_is_refused() -> None:
    with pytest.raises(Faults, match="stability"):
        aqt_evaporation(find("benzene"), 10, 3, "C", 298.15)


def test_mackay_and_matsugu_reproduces_an_evaporation_measured_outdoors() -> None:
    """Mackay and Matsugu 1973 measured cumene of 1.2 to 2.4 m pools at 3 to 5 m/s: transfer near 0.006 to 0.011 m/s."""
    assert 0.006 < mass_transfer(find("cumene"), 4.0, 1.7) < 0.016


def test_evaporation_of_a_dilute_vapour_is_the_simple_law_and_near_boiling_more() -> None:
    s = find("benzene")
    simple = 0.005 * s.molar_mass * s.vapour_pressure(280) / (8.314462618 * 280)
    assert evaporation_flux(s, 0.005, 280) == pytest.approx(simple, rel=0.03)
    assert evaporation_flux(s, 0.005, 280) > simple
    with pytest.raises(Faults, match="boils"):
        evaporation_flux(s, 0.005, 360)


@given(st.floats(0.5, 20), st.floats(0.5, 300))
def test_wind_moves_vapour_and_size_slows_it(wind: float, size: float) -> None:
    s = find("toluene")
    assert mass_transfer(s, wind * 2, size) == pytest.approx(mass_transfer(s, wind, size) * 2**0.78)
    assert mass_transfer(s, wind, size * 2) == pytest.approx(mass_transfer(s, wind, size) * 2**-0.11)


def test_heavy_vapours_have_larger_schmidt_numbers() -> None:
    assert schmidt_number(0.018015) == pytest.approx(1.51e-5 / 2.42e-5)
    assert schmidt_number(0.092) > schmidt_number(0.017)


def test_an_unknown_surface_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Faults, match="surface: is 'moon'; give one of"):
        surface("moon")
