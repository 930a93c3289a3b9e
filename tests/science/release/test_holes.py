"""Holes: liquid by Bernoulli, gas by the nozzle, tanks as they drain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.release.gas import critical_ratio, gas_hole, ideal_nozzle, mass_flux
from chemward.science.release.liquid import drain, drain_time, liquid_rate, wetted
from chemward.science.release.real_gas import PengRobinson, greatest_root, real_gas_nozzle
from chemward.science.substances import find

# -- liquid


def test_water_one_metre_above_a_sharp_hole_runs_at_torricelli() -> None:
    assert liquid_rate(1000.0, 0.01, 0.61, 0.0, 1.0) == pytest.approx(0.61 * 10 * math.sqrt(2 * 9.80665), rel=1e-12)


def test_crowl_and_louvar_example_4_1_benzene_from_a_pipe() -> None:
    """Benzene at 100 psig, quarter-inch hole, Cd 0.61: printed 1.48 lb/s with specific gravity 0.8794."""
    rate = liquid_rate(0.8794 * 999.0, math.pi / 4 * 0.00635**2, 0.61, 100 * 6894.757, 0.0)
    assert rate / 0.45359237 == pytest.approx(1.48, abs=0.01)


def test_the_time_to_drain_goes_with_the_root_of_the_level_and_a_pad_shortens_it() -> None:
    foot = 0.3048
    seconds = drain_time(math.pi / 4 * (8 * foot) ** 2, math.pi / 4 * 0.0254**2, 0.61, 17 * foot, 0.0, 879.4)
    assert seconds == pytest.approx((8 * foot / 0.0254) ** 2 / 0.61 * math.sqrt(2 * 17 * foot / 9.80665), rel=1e-9)
    assert drain_time(4.67, 5.067e-4, 0.61, 5.18, 700.0, 879.4) < seconds


def test_vacuum_holds_the_liquid_back() -> None:
    assert liquid_rate(1000, 0.01, 0.6, -20e3, 1.0) == 0.0


def test_a_vertical_tank_drains_as_the_closed_form_says() -> None:
    out = drain("vertical cylinder", 4, 6, 5, 0.05, density=1000, temperature=293, coefficient=0.61, overpressure=2e4)
    closed = drain_time(math.pi * 4, math.pi * 0.05**2 / 4, 0.61, 5, 2e4, 1000)
    assert out.duration == pytest.approx(closed, rel=1e-9)
    assert out.mass == pytest.approx(1000 * math.pi * 4 * 5, rel=1e-12)


@pytest.mark.parametrize("shape", ["horizontal cylinder", "sphere"])
def test_other_shapes_drain_as_the_differential_equation_says(shape: str) -> None:
    from scipy.integrate import solve_ivp

    out = drain(shape, 3, 8, 2.4, 0.04, density=900, temperature=293, coefficient=0.62, overpressure=5e3, hole_height=0.3)
    area = math.pi * 0.04**2 / 4

    def fall(_: float, h: np.ndarray) -> list[float]:
        x = h[0]
        surface = 8 * 2 * math.sqrt(x * (3 - x)) if shape == "horizontal cylinder" else math.pi * x * (3 - x)
        return [-0.62 * area * math.sqrt(2 * (5e3 / 900 + 9.80665 * max(x - 0.3, 0))) / surface]

    done = solve_ivp(fall, (0, 1e6), [2.4], events=_at(0.3), rtol=1e-9, atol=1e-9)
    assert out.duration == pytest.approx(float(done.t_events[0][0]), rel=2e-4)


def _at(level: float):
    def event(_: float, h: np.ndarray) -> float:
        return h[0] - level

    event.terminal = True
    return event


@pytest.mark.parametrize("shape", ["vertical cylinder", "horizontal cylinder", "sphere"])
def test_a_full_tank_holds_its_geometric_volume_and_half_of_it_at_half_height(shape: str) -> None:
    top = 5.0 if shape == "vertical cylinder" else 3.0
    whole = {"vertical cylinder": math.pi * 2.25 * 5, "horizontal cylinder": math.pi * 2.25 * 5, "sphere": math.pi / 6 * 27}[
        shape
    ]
    assert float(wetted(shape, 3, 5, top)) == pytest.approx(whole)
    assert float(wetted(shape, 3, 5, top / 2)) == pytest.approx(whole / 2)


def test_a_hole_above_the_level_and_a_level_above_the_tank_are_refused_by_name() -> None:
    with pytest.raises(Faults) as fault:
        drain("sphere", 3, 3, 4, 0.04, density=900, temperature=293, coefficient=0.6, hole_height=5)
    assert {f.field for f in fault.value.faults} == {"level", "hole_height"}


# -- gas


@pytest.mark.parametrize(("gamma", "printed"), [(1.4, 0.528), (1.32, 0.542), (1.67, 0.487)])
def test_critical_ratios_are_the_printed_ones(gamma: float, printed: float) -> None:
    """Crowl and Louvar, table of critical pressure ratios for air, chlorine and monoatomic gases."""
    assert critical_ratio(gamma) == pytest.approx(printed, abs=7e-4)


def test_nitrogen_through_a_tenth_of_an_inch_as_worked_by_hand() -> None:
    """The choked formula in its other form, Q = A p √(γM/(RT) (2/(γ+1))^((γ+1)/(γ−1)))."""
    flow = ideal_nozzle(214.7 * 6894.757, 299.82, math.pi / 4 * 0.00254**2, gamma=1.41, gas_constant=8314.46 / 28)
    by_hand = math.pi / 4 * 0.00254**2 * 214.7 * 6894.757 * math.sqrt(1.41 * 28 / 8314.46 / 299.82 * (2 / 2.41) ** (2.41 / 0.41))
    assert flow.rate == pytest.approx(by_hand, rel=1e-12)
    assert flow.is_choked


@given(st.floats(1.05, 1.67), st.floats(1.2e5, 5e6))
def test_the_flux_of_a_choked_nozzle_is_the_greatest_over_all_throat_pressures(gamma: float, pressure: float) -> None:
    density = pressure / (296.8 * 300)
    ratios = np.linspace(0.3, 0.99999, 20001)
    unchoked = np.sqrt(2 * pressure * density * gamma / (gamma - 1) * (ratios ** (2 / gamma) - ratios ** ((gamma + 1) / gamma)))
    assert mass_flux(pressure, density, 0.0, gamma) == pytest.approx(unchoked.max(), rel=1e-6)


@given(st.floats(1.05, 1.67))
def test_the_flux_is_continuous_where_choking_begins(gamma: float) -> None:
    at = critical_ratio(gamma)
    below, above = (mass_flux(1e6, 10.0, 1e6 * at * (1 + e), gamma) for e in (-1e-7, 1e-7))
    assert below == pytest.approx(above, rel=1e-6)


@given(st.floats(1.02e5, 4.9e6), st.floats(1.001, 1.5))
def test_more_pressure_gives_more_gas(pressure: float, factor: float) -> None:
    gas = find("methane")
    assert gas_hole(gas, pressure * factor, 290, 0.01).rate > gas_hole(gas, pressure, 290, 0.01).rate


@given(st.floats(0.001, 0.5), st.floats(1.1, 3.0))
def test_the_rate_goes_with_the_area_of_the_hole(diameter: float, factor: float) -> None:
    gas = find("propane")
    small, large = (gas_hole(gas, 5e5, 290, d).rate for d in (diameter, min(diameter * factor, 3.0)))
    assert large / small == pytest.approx((min(diameter * factor, 3.0) / diameter) ** 2)


def test_the_throat_moves_at_the_speed_of_sound_when_choked() -> None:
    gas = find("nitrogen")
    flow = gas_hole(gas, 1e6, 300, 0.01)
    assert flow.velocity == pytest.approx(math.sqrt(gas.heat_capacity_ratio(300) * gas.gas_constant * flow.temperature), rel=1e-9)


def test_rate_is_density_velocity_area_in_the_throat() -> None:
    for pressure in (1.1e5, 3e5, 2e6, 8e6):
        flow = gas_hole(find("methane"), pressure, 300, 0.02, coefficient=0.9)
        assert flow.rate == pytest.approx(0.9 * flow.area * flow.density * flow.velocity, rel=0.01)


def test_a_vessel_without_overpressure_is_refused_by_name() -> None:
    with pytest.raises(Faults, match="pressure: is 90000 Pa, not above the air's"):
        gas_hole(find("methane"), 9e4, 300, 0.01)


# -- real gas


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_the_greatest_root_is_a_root_and_the_greatest(c2: float, c1: float, c0: float) -> None:
    z = greatest_root(c2, c1, c0)
    real = [r.real for r in np.roots([1, c2, c1, c0]) if abs(r.imag) < 1e-6]
    assert z == pytest.approx(max(real), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "pressure", "temperature"),
    [("Methane", 6e6, 290.0), ("Methane", 2e7, 300.0), ("CarbonDioxide", 3e6, 300.0), ("Nitrogen", 1e7, 300.0)],
)
def test_compressibility_is_that_of_the_reference_equation(name: str, pressure: float, temperature: float) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp")
    gas = find(coolprop.get_fluid_param_string(name, "CAS"))
    reference = coolprop.PropsSI("Z", "P", pressure, "T", temperature, name)
    assert PengRobinson.of(gas).compressibility(pressure, temperature) == pytest.approx(reference, rel=0.035)


@pytest.mark.parametrize(
    ("name", "pressure", "temperature"), [("Methane", 6e6, 290.0), ("Methane", 1.5e7, 300.0), ("Nitrogen", 1.5e7, 300.0)]
)
def test_the_real_gas_nozzle_agrees_with_the_isentrope_of_the_reference_equation(
    name: str, pressure: float, temperature: float
) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp")
    gas = find(coolprop.get_fluid_param_string(name, "CAS"))
    s = coolprop.PropsSI("S", "P", pressure, "T", temperature, name)
    h = coolprop.PropsSI("H", "P", pressure, "T", temperature, name)

    def flux(p: float) -> float:
        return math.sqrt(2 * (h - coolprop.PropsSI("H", "P", p, "S", s, name))) * coolprop.PropsSI("D", "P", p, "S", s, name)

    greatest = max(flux(p) for p in np.linspace(0.4, 0.7, 61) * pressure)
    assert real_gas_nozzle(gas, pressure, temperature, 1e5).flux == pytest.approx(greatest, rel=0.03)


def test_the_real_gas_becomes_ideal_at_low_pressure() -> None:
    gas = find("methane")
    real = real_gas_nozzle(gas, 3e5, 300, 1.01325e5)
    ideal = ideal_nozzle(3e5, 300, 1.0, gamma=gas.heat_capacity_ratio(300), gas_constant=gas.gas_constant)
    assert real.flux == pytest.approx(ideal.rate, rel=0.01)


def test_there_is_no_step_where_the_real_gas_takes_over() -> None:
    gas = find("methane")
    for edge in (5.0e6, 6.0e6):
        below, above = (gas_hole(gas, edge * (1 + e), 300, 0.01).rate for e in (-1e-6, 1e-6))
        assert below == pytest.approx(above, rel=1e-4)


def test_a_real_gas_carries_a_warning() -> None:
    assert any(n.code == "real_gas" and n.level == "warning" for n in gas_hole(find("hydrogen"), 2e7, 300, 0.01).notes)
