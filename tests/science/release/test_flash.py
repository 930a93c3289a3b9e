"""Flash, expanded jet, drops."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from chemward.science.faults import Faults
from chemward.science.release.aerosol import drop_diameter, evaporation_time, rained_out_fraction, settling_velocity
from chemward.science.release.flash import (
    airborne_fraction,
    boiling_temperature,
    expand,
    flash_fraction,
    mixture_density,
    sensible_heat,
)
from chemward.science.release.gas import gas_hole
from chemward.science.substances import find


@pytest.mark.parametrize(
    ("name", "fluid"), [("ammonia", "Ammonia"), ("propane", "Propane"), ("chlorine", "Chlorine"), ("n-butane", "Butane")]
)
def test_flash_is_that_of_a_reference_equation_of_state(name: str, fluid: str) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp")
    h = coolprop.PropsSI("H", "T", 293.15, "Q", 0, fluid)
    assert flash_fraction(find(name), 293.15) == pytest.approx(coolprop.PropsSI("Q", "P", 101325, "H", h, fluid), abs=0.012)


def test_no_flash_at_the_boiling_point_and_little_just_above() -> None:
    s = find("chlorine")
    assert flash_fraction(s, boiling_temperature(s)) == 0.0
    assert 0 < flash_fraction(s, boiling_temperature(s) + 0.01) < 1e-4


@given(st.floats(240, 330), st.floats(0.1, 20))
def test_a_warmer_liquid_flashes_more(temperature: float, more: float) -> None:
    s = find("propane")
    assert flash_fraction(s, temperature + more) > flash_fraction(s, temperature)


def test_sensible_heat_is_the_integral_of_the_heat_capacity() -> None:
    s = find("ammonia")
    assert sensible_heat(s, 240, 300) == pytest.approx(quad(s.liquid_heat_capacity, 240, 300)[0], rel=1e-6)


@pytest.mark.parametrize(("flash", "airborne"), [(0.0, 0.0), (0.1, 0.5), (0.2, 1.0), (0.21, 1.0), (1.0, 1.0)])
def test_five_times_the_flash_stays_in_the_air(flash: float, airborne: float) -> None:
    assert airborne_fraction(flash) == pytest.approx(airborne)


def test_a_fraction_above_one_is_refused() -> None:
    with pytest.raises(Faults, match="vapour_fraction"):
        airborne_fraction(1.1)


def test_a_choked_jet_expands_to_more_area_than_its_hole_with_momentum_kept() -> None:
    gas = find("methane")
    flow = gas_hole(gas, 1e6, 300, 0.02)
    jet = expand(gas, flow.rate, pressure_exit=flow.pressure, temperature_exit=flow.temperature, velocity_exit=flow.velocity,
                 vapour_fraction=1.0, exit_area=flow.area)  # fmt: skip
    assert jet.area > 2 * flow.area
    assert flow.rate * jet.velocity == pytest.approx(flow.rate * flow.velocity + (flow.pressure - 101325) * flow.area)
    assert jet.area * jet.velocity * jet.density == pytest.approx(flow.rate)
    cooled, _ = quad(gas.gas_heat_capacity, jet.temperature, flow.temperature)
    assert cooled == pytest.approx((jet.velocity**2 - flow.velocity**2) / 2, rel=2e-3)


def test_an_unchoked_jet_is_its_hole() -> None:
    gas = find("methane")
    flow = gas_hole(gas, 1.3e5, 300, 0.02)
    jet = expand(gas, flow.rate, pressure_exit=flow.pressure, temperature_exit=flow.temperature, velocity_exit=flow.velocity,
                 vapour_fraction=1.0, exit_area=flow.area)  # fmt: skip
    assert jet.area == pytest.approx(flow.area, rel=1e-6)


def test_liquefied_chlorine_expands_to_its_boiling_point_with_four_fifths_of_drops() -> None:
    s = find("chlorine")
    area = math.pi / 4 * 0.02**2
    jet = expand(s, 8.0, pressure_exit=101325, temperature_exit=293.15, velocity_exit=18.0, vapour_fraction=0.0, exit_area=area)
    assert jet.temperature == pytest.approx(s.boiling_point)
    assert 1 - jet.liquid_fraction == pytest.approx(flash_fraction(s, 293.15))
    assert jet.area > 20 * area


def test_a_mixture_weighs_between_vapour_and_liquid() -> None:
    s = find("propane")
    half = mixture_density(s, 231.0, 0.5, 101325)
    assert s.gas_density(231.0) < half < s.liquid_density(231.0)


def test_drops_shrink_with_the_square_of_the_speed() -> None:
    assert drop_diameter(0.03, 20, 1.2) / drop_diameter(0.03, 40, 1.2) == pytest.approx(4)


def test_a_small_drop_falls_as_stokes_says_and_rain_at_some_metres_a_second() -> None:
    assert settling_velocity(20e-6, 1000, 1.2, 1.8e-5) == pytest.approx(9.80665 * 998.8 * (20e-6) ** 2 / 18 / 1.8e-5, rel=0.02)
    assert settling_velocity(2e-3, 1000, 1.2, 1.8e-5) == pytest.approx(6.5, rel=0.1)  # Gunn and Kinzer 1949: 6.49 m/s


def test_a_drop_evaporates_in_the_square_of_its_size() -> None:
    s = find("propane")
    assert evaporation_time(s, 2e-4, 293) / evaporation_time(s, 1e-4, 293) == pytest.approx(4)
    assert math.isinf(evaporation_time(find("toluene"), 1e-4, 293))


@settings(deadline=None, max_examples=30)
@given(st.floats(5, 80), st.floats(1.05, 2))
def test_a_faster_jet_rains_out_less_and_so_does_a_higher_one(velocity: float, factor: float) -> None:
    s = find("chlorine")
    here = rained_out_fraction(s, velocity, 1.0, air_temperature=293)
    assert rained_out_fraction(s, velocity * factor, 1.0, air_temperature=293) <= here
    assert rained_out_fraction(s, velocity, 1.0 * factor, air_temperature=293) <= here
    assert 0 <= here <= 1
