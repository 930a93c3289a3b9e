"""Boiling on the way out: three routes that agree, and no steps between regimes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.release.two_phase import (
    Saturated,
    equilibrium,
    isentropic,
    nonequilibrium_omega,
    omega,
    omega_flux,
    relaxing,
    short_nozzle,
    subcooled_flux,
)
from chemward.science.substances import find

LIQUEFIED = ["chlorine", "ammonia", "propane", "n-butane", "vinyl chloride", "sulfur dioxide"]


def saturated(name: str, temperature: float = 293.15) -> tuple:
    s = find(name)
    return s, float(s.vapour_pressure(temperature)), temperature


@pytest.mark.parametrize("name", LIQUEFIED)
def test_the_omega_method_agrees_with_the_search_along_the_isentrope(name: str) -> None:
    s, p, t = saturated(name)
    assert equilibrium(s, p, t).flux == pytest.approx(isentropic(s, p, t).flux, rel=0.03)


@pytest.mark.parametrize(("name", "fluid"), [("ammonia", "Ammonia"), ("propane", "Propane"), ("chlorine", "Chlorine")])
def test_equilibrium_agrees_with_a_reference_equation_of_state(name: str, fluid: str) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp")
    s, p, t = saturated(name)
    h, entropy = (coolprop.PropsSI(x, "T", t, "Q", 0, fluid) for x in "HS")

    def flux(q: float) -> float:
        return math.sqrt(2 * (h - coolprop.PropsSI("H", "P", q, "S", entropy, fluid))) * coolprop.PropsSI(
            "D", "P", q, "S", entropy, fluid
        )

    greatest = max(flux(q) for q in np.linspace(0.6, 0.995, 80) * coolprop.PropsSI("P", "T", t, "Q", 0, fluid))
    assert equilibrium(s, p, t).flux == pytest.approx(greatest, rel=0.04)


@given(st.floats(0.5, 60), st.floats(0.0, 0.99))
def test_the_choked_omega_flux_is_the_greatest_and_equals_ratio_over_root_omega(w: float, back: float) -> None:
    flux, throat = omega_flux(1e6, 1e-3, w, 0.0)
    ratios = np.linspace(1e-3, 0.99999, 40001)
    search = np.sqrt(-2 * (w * np.log(ratios) + (w - 1) * (1 - ratios))) / (w * (1 / ratios - 1) + 1) * math.sqrt(1e6 / 1e-3)
    assert flux == pytest.approx(search.max(), rel=1e-6)
    assert flux == pytest.approx(throat / 1e6 * math.sqrt(1e9 / w), rel=1e-6)
    assert omega_flux(1e6, 1e-3, w, back * 1e6)[0] <= flux * (1 + 1e-12)


def test_omega_one_is_an_isothermal_ideal_gas() -> None:
    """ω = 1: the critical ratio is e^-½ = 0.6065 (Leung 1986)."""
    assert omega_flux(1e6, 0.1, 1.0, 0.0)[1] / 1e6 == pytest.approx(math.exp(-0.5), rel=1e-6)


@given(st.floats(2, 50))
def test_subcooled_flow_has_no_step_where_boiling_leaves_the_throat(w: float) -> None:
    edge = 2 * w / (1 + 2 * w) * 1e6
    low, high = (subcooled_flux(1e6, 1000, edge * (1 + e), w, 1e4)[0] for e in (1e-9, -1e-9))
    assert low == pytest.approx(high, rel=1e-4)


@given(st.floats(2, 50))
def test_little_subcooling_boils_before_the_throat_and_gives_more_than_bernoulli_to_saturation(w: float) -> None:
    edge = 2 * w / (1 + 2 * w)
    share = edge + 0.3 * (1 - edge)
    bernoulli = math.sqrt(2 * 1000 * 1e6 * (1 - share))
    flux, throat = subcooled_flux(1e6, 1000, share * 1e6, w, 1e4)
    assert flux > 1.01 * bernoulli
    assert throat < share * 1e6


@given(st.floats(2, 50))
def test_subcooled_flow_meets_saturated_flow(w: float) -> None:
    below = subcooled_flux(1e6, 1000, 1e6 * (1 - 1e-9), w, 1e4)[0]
    assert below == pytest.approx(omega_flux(1e6, 1e-3, w, 1e4)[0], rel=1e-4)


@given(st.floats(1.0, 3.0), st.floats(1.001, 1.5))
def test_more_pressure_over_the_liquid_gives_more(padding: float, factor: float) -> None:
    s, p, t = saturated("chlorine")
    assert equilibrium(s, p * padding * factor, t).flux > equilibrium(s, p * padding, t).flux


def test_a_pad_of_high_pressure_makes_it_a_liquid_that_boils_in_the_throat() -> None:
    s, p, t = saturated("propane")
    assert equilibrium(s, 3 * p, t).flux == pytest.approx(math.sqrt(2 * s.liquid_density(t) * 2 * p), rel=1e-9)


@pytest.mark.parametrize("name", LIQUEFIED)
def test_a_short_nozzle_gives_more_than_equilibrium_and_less_than_bernoulli(name: str) -> None:
    s, p, t = saturated(name)
    bernoulli = math.sqrt(2 * s.liquid_density(t) * (p - 101325))
    assert equilibrium(s, p, t).flux < short_nozzle(s, t).flux < bernoulli


def test_without_delay_the_nonequilibrium_omega_is_leungs() -> None:
    s, _, t = saturated("ammonia")
    state = Saturated.of(s, t)
    assert nonequilibrium_omega(state, 0.0, 1e-300) == pytest.approx(omega(state))


@given(st.floats(0, 0.2), st.floats(1.01, 3))
def test_a_longer_flow_path_never_gives_more(path: float, factor: float) -> None:
    s, p, t = saturated("chlorine")
    assert relaxing(s, p, t, path * factor).flux <= relaxing(s, p, t, path).flux * (1 + 1e-12)


def test_a_hole_without_length_is_bernoulli_and_a_tenth_of_a_metre_is_equilibrium() -> None:
    s, p, t = saturated("chlorine")
    state = Saturated.of(s, t)
    assert relaxing(s, p, t, 0.0).flux == pytest.approx(0.61 * math.sqrt(2 * s.liquid_density(t) * (p - 101325)))
    assert relaxing(s, p, t, 0.1).flux == pytest.approx(state.heat / state.v_difference / math.sqrt(t * state.cp))
    assert relaxing(s, p, t, 0.0999999).flux == pytest.approx(relaxing(s, p, t, 0.1).flux, rel=1e-4)


def test_fauske_is_the_derivative_of_the_vapour_pressure() -> None:
    """h_fg/v_fg (T cp)^-½ = dp/dT √(T/cp) by Clausius and Clapeyron: two ways to the same number."""
    s, p, t = saturated("ammonia")
    slope = (s.vapour_pressure(t + 0.1) - s.vapour_pressure(t - 0.1)) / 0.2
    assert relaxing(s, p, t, 1.0).flux == pytest.approx(slope * math.sqrt(t / s.liquid_heat_capacity(t)), rel=0.03)


def test_a_liquid_below_its_boiling_point_does_not_boil_in_any_pipe() -> None:
    s = find("toluene")
    assert relaxing(s, 3e5, 293.15, 1.0).flux == pytest.approx(relaxing(s, 3e5, 293.15, 0.0).flux)


def test_flow_meets_the_cold_liquid_where_the_vapour_pressure_is_that_of_the_air() -> None:
    s = find("n-butane")
    at = s.saturation_temperature(101325)
    cold, warm = (relaxing(s, 3e5, at + d, 1.0).flux for d in (-0.001, 0.001))
    assert cold == pytest.approx(warm, rel=1e-2)


def test_a_pressure_below_saturation_is_refused_by_name() -> None:
    s, p, t = saturated("propane")
    with pytest.raises(Faults, match="pressure: is .* below the vapour pressure"):
        equilibrium(s, 0.5 * p, t)


def test_api_520_example_c_2_2_2_crude_column_overhead() -> None:
    """216 560 kg/h at 5.564 bar, v 0.01945, v at 90 % of the pressure 0.02265 m³/kg: printed critical pressure 3.672 bar, 24 400 mm², Kd 0.85."""
    omega_9 = 9 * (0.02265 / 0.01945 - 1)
    flux, throat = omega_flux(5.564e5, 0.01945, omega_9, 2.045e5)
    assert throat == pytest.approx(3.672e5, rel=0.01)
    assert 216560 / 3600 / (0.85 * flux) * 1e6 == pytest.approx(24400, rel=0.01)


def test_api_520_example_c_2_3_subcooled_propane() -> None:
    """378.5 L/min at 20.733 bar, saturation 7.419 bar, 511.3 kg/m³ and 262.7 at 90 % of saturation: printed 134.5 mm² with Kd 0.65."""
    omega_s = 9 * (511.3 / 262.7 - 1)
    flux, throat = subcooled_flux(20.733e5, 511.3, 7.419e5, omega_s, 1.703e5)
    assert throat == pytest.approx(7.419e5)
    assert 378.5e-3 / 60 * 511.3 / (0.65 * flux) * 1e6 == pytest.approx(134.5, rel=0.005)
