"""Pipes: friction takes away, choking holds, a pipeline gives what it held."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.release.gas import gas_hole
from chemward.science.release.pipe import (
    fanno,
    fittings_loss,
    friction_factor,
    gas_pipe,
    liquid_pipe,
    pipe_mach,
    pipeline_rupture,
)
from chemward.science.substances import find


@pytest.mark.parametrize(
    ("reynolds", "roughness", "moody"),
    [(1000, 0.0, 0.064), (1e5, 0.0, 0.01799), (1e5, 0.001, 0.02217), (1e6, 0.01, 0.03799), (1e8, 0.001, 0.01964)],
)
def test_four_times_fanning_is_the_factor_of_the_moody_chart(reynolds: float, roughness: float, moody: float) -> None:
    """Colebrook's equation solved by others: Moody 1944, as tabulated in fluid mechanics texts."""
    assert 4 * friction_factor(reynolds, roughness) == pytest.approx(moody, rel=5e-3)


def test_friction_has_no_step_between_laminar_and_turbulent() -> None:
    for edge in (2100, 4000):
        below, above = (friction_factor(edge * (1 + e), 0.001) for e in (-1e-9, 1e-9))
        assert below == pytest.approx(above, rel=1e-6)


@pytest.mark.parametrize(("mach", "tabulated"), [(0.1, 66.9216), (0.3, 5.2993), (0.5, 1.0691), (0.8, 0.07229)])
def test_fanno_function_is_the_printed_table(mach: float, tabulated: float) -> None:
    """4fL*/D for γ = 1.4: NACA 1135-type tables (Shapiro 1953, table B.4)."""
    assert fanno(mach, 1.4) == pytest.approx(tabulated, rel=2e-4)


def test_a_pipe_without_length_is_a_nozzle() -> None:
    gas = find("methane")
    bare = gas_pipe(gas, 1e6, 300, 0.1, 0.0, extra_loss=0.0)
    assert bare.rate == pytest.approx(gas_hole(gas, 1e6, 300, 0.1).rate, rel=1e-9)
    assert gas_pipe(gas, 1e6, 300, 0.1, 0.0, extra_loss=1e-7).rate == pytest.approx(bare.rate, rel=1e-3)


def test_fanno_flow_agrees_with_stepping_along_the_pipe() -> None:
    """Momentum and energy integrated along the pipe from the inlet the model found end at the speed of sound."""
    gas, gamma = find("nitrogen"), find("nitrogen").heat_capacity_ratio(300)
    entry, end = pipe_mach(5.0, gamma, 0.01)
    assert end == 1.0
    m2, x, steps = entry**2, 0.0, 200_000
    for _ in range(steps):
        if m2 >= 0.999:
            break
        dx = 5.0 / steps
        m2 += dx * gamma * m2**2 * (1 + (gamma - 1) / 2 * m2) / (1 - m2)
        x += dx
    assert x == pytest.approx(5.0, rel=2e-3)
    assert gas.molar_mass is not None


@given(st.floats(1.1e5, 4e6), st.floats(1, 500), st.floats(1.05, 5))
def test_a_longer_pipe_gives_less(pressure: float, length: float, factor: float) -> None:
    gas = find("propane")
    assert gas_pipe(gas, pressure, 310, 0.08, length * factor).rate < gas_pipe(gas, pressure, 310, 0.08, length).rate


@given(st.floats(1.02e5, 4e6), st.floats(1.001, 1.3))
def test_more_pressure_gives_more_through_a_pipe(pressure: float, factor: float) -> None:
    gas = find("nitrogen")
    assert gas_pipe(gas, pressure * factor, 290, 0.05, 20).rate > gas_pipe(gas, pressure, 290, 0.05, 20).rate


def test_the_end_of_an_unchoked_pipe_is_at_the_pressure_of_the_air() -> None:
    flow = gas_pipe(find("nitrogen"), 1.2e5, 290, 0.05, 100)
    assert not flow.is_choked
    assert flow.pressure == pytest.approx(101325, rel=1e-6)


def test_liquid_through_a_short_pipe_is_bernoulli_with_inlet_and_outlet() -> None:
    rate = liquid_pipe(1000, 1e-3, 0.1, 0.0, overpressure=1e5)
    loss = 1.0 + fittings_loss((), 1e6, 0.1)
    assert rate == pytest.approx(1000 * math.pi / 4 * 0.01 * math.sqrt(2 * 100 / loss), rel=1e-3)


def test_hagen_and_poiseuille_hold_in_a_long_thin_pipe() -> None:
    rate = liquid_pipe(1000, 1.0, 0.05, 200, overpressure=1e5)
    assert rate == pytest.approx(1000 * math.pi * 0.05**4 * 1e5 / (128 * 1.0 * 200), rel=2e-2)


def test_fittings_add_losses_and_unknown_ones_are_named() -> None:
    plain = liquid_pipe(1000, 1e-3, 0.1, 50, overpressure=1e5)
    bent = liquid_pipe(1000, 1e-3, 0.1, 50, overpressure=1e5, fittings=("globe valve, standard", "elbow 45, standard"))
    assert bent < plain
    with pytest.raises(Faults, match="fittings: bend of mine not known"):
        liquid_pipe(1000, 1e-3, 0.1, 50, overpressure=1e5, fittings=("bend of mine",))


def test_a_ruptured_pipeline_gives_its_content_and_no_more() -> None:
    gas = find("methane")
    out = pipeline_rupture(gas, 5e6, 288, 0.5, 10_000)
    content = gas.gas_density(288, 5e6) * math.pi / 4 * 0.25 * 10_000
    assert out.mass <= content * (1 + 1e-12)
    assert out.mass == pytest.approx(content, rel=5e-3)
    assert np.all(np.diff(out.rate) < 0)
    assert out.rate[0] == pytest.approx(gas_pipe(gas, 5e6, 288, 0.5, 0, extra_loss=0).rate, rel=2e-2)


def test_a_short_pipe_is_no_pipeline() -> None:
    with pytest.raises(Faults, match="length"):
        pipeline_rupture(find("methane"), 5e6, 288, 0.5, 50)
