"""Properties against reference equations of state, published points, and what must hold of any liquid."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.substances import every, find, load

ASSOCIATED = {
    "hydrogen fluoride",
    "formic acid",
    "acetic acid",
    "propionic acid",
    "acrylic acid",
    "chloroacetic acid",
}  # dimers: the heat has a maximum
VOLATILE = [
    s.cas
    for s in every()
    if {"vapour_pressure", "liquid_density", "heat_of_vaporisation"} <= s.curves.keys() and s.critical_temperature
]


@pytest.mark.parametrize(
    ("name", "temperature", "prop", "expected", "tolerance"),
    [  # NIST Chemistry WebBook, saturation properties (Thermophysical Properties of Fluid Systems)
        ("ammonia", 300.0, "vapour_pressure", 1.0617e6, 0.01),
        ("ammonia", 240.0, "liquid_density", 681.75, 0.01),
        ("ammonia", 239.82, "heat_of_vaporisation", 1.3697e6, 0.01),
        ("propane", 300.0, "vapour_pressure", 9.978e5, 0.01),
        ("propane", 231.04, "liquid_density", 580.9, 0.01),
        ("methane", 111.67, "heat_of_vaporisation", 5.1087e5, 0.02),
        ("methane", 111.67, "liquid_density", 422.36, 0.01),
        ("carbon dioxide", 250.0, "vapour_pressure", 1.785e6, 0.01),
        ("benzene", 298.15, "vapour_pressure", 12690.0, 0.01),
        ("water", 373.15, "heat_of_vaporisation", 2.2565e6, 0.01),
        ("chlorine", 239.11, "heat_of_vaporisation", 2.88e5, 0.01),
    ],
)
def test_published_points_are_met(name: str, temperature: float, prop: str, expected: float, tolerance: float) -> None:
    assert getattr(find(name), prop)(temperature) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(
    "name", ["Ammonia", "n-Propane", "Methane", "CarbonDioxide", "Chlorine", "EthyleneOxide", "Benzene", "SulfurDioxide"]
)
def test_properties_agree_with_reference_equations_of_state(name: str) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp")
    chosen = load(coolprop.get_fluid_param_string(name, "CAS"))
    for share in (0.6, 0.7, 0.8):
        t = share * chosen.need("critical_temperature")
        if t < chosen.need("melting_point"):
            continue
        vapour, liquid = (coolprop.PropsSI("HMASS", "T", t, "Q", q, name) for q in (1, 0))
        assert chosen.vapour_pressure(t) == pytest.approx(coolprop.PropsSI("P", "T", t, "Q", 0, name), rel=0.03)
        assert chosen.liquid_density(t) == pytest.approx(coolprop.PropsSI("DMASS", "T", t, "Q", 0, name), rel=0.02)
        assert chosen.heat_of_vaporisation(t) == pytest.approx(vapour - liquid, rel=0.04)
        assert chosen.gas_heat_capacity(t) == pytest.approx(coolprop.PropsSI("CP0MASS", "T", t, "P", 100, name), rel=0.03)


@given(st.sampled_from(VOLATILE), st.floats(0.02, 0.9))
def test_vapour_pressure_rises_and_density_and_heat_of_vaporisation_fall_with_temperature(cas: str, share: float) -> None:
    substance = load(cas)
    for name, sign in (("vapour_pressure", 1), ("liquid_density", -1), ("heat_of_vaporisation", -1)):
        curve = substance.curves[name]
        floor = max(curve.low, 0.5 * substance.need("critical_temperature"))
        if curve.high <= floor or (curve.high - curve.low) < 60:
            continue
        t = floor + share * (min(curve.high, 0.95 * substance.need("critical_temperature")) - floor)
        if substance.name in ASSOCIATED and name == "heat_of_vaporisation":
            continue
        low, high = curve(t - 0.5), curve(t + 0.5)
        assert sign * (high - low) >= -1e-9 * abs(low), (substance.name, name, t)


def test_the_boiling_point_is_where_the_vapour_pressure_is_one_atmosphere() -> None:
    wrong = []
    for cas in VOLATILE:
        substance = load(cas)
        boiling = substance.boiling_point
        curve = substance.curves["vapour_pressure"]
        if boiling is not None and curve.low <= boiling <= curve.high and abs(curve(boiling) / 101325 - 1) > 0.1:
            wrong.append((substance.name, curve(boiling)))
    assert not wrong


@pytest.mark.parametrize("cas", VOLATILE)
def test_saturation_temperature_undoes_vapour_pressure(cas: str) -> None:
    substance = load(cas)
    t = 0.8 * substance.need("critical_temperature")
    low, high = substance.curves["vapour_pressure"].limits
    if low < t < high:
        assert substance.saturation_temperature(substance.vapour_pressure(t)) == pytest.approx(t, abs=1e-5)


def test_every_liquid_weighs_what_a_liquid_can() -> None:
    for substance in every():
        if (
            "liquid_density" not in substance.curves
            or substance.critical_temperature is None
            or substance.name in {"hydrogen", "helium"}
        ):
            continue
        curve = substance.curves["liquid_density"]
        t = min(max(0.65 * substance.critical_temperature, curve.low), curve.high)
        assert 250 < curve(t) < 14_000, substance.name
    assert find("propylene oxide").liquid_density(293.15) == pytest.approx(830, rel=0.01)  # CRC Handbook: 0.829 g/cm³ at 20 °C


def test_clausius_and_clapeyron_hold_between_two_tables_that_do_not_know_of_each_other() -> None:
    for name in ("ammonia", "propane", "chlorine", "benzene", "methanol", "water", "ethylene oxide", "toluene", "acetone"):
        s = find(name)
        t = s.need("boiling_point") - 15
        slope = (np.log(s.vapour_pressure(t + 0.5)) - np.log(s.vapour_pressure(t - 0.5))) / 1.0
        heat = slope * s.gas_constant * t**2  # vapour near ideal well below one atmosphere
        assert heat == pytest.approx(s.heat_of_vaporisation(t), rel=0.05), name


def test_a_temperature_a_little_beyond_the_range_is_told_and_far_beyond_is_refused() -> None:
    phosgene = find("光气")
    curve = phosgene.curves["vapour_pressure"]
    beyond = curve.low * 0.95
    assert phosgene.vapour_pressure(beyond) > 0
    assert phosgene.range_notes((beyond,), "vapour_pressure")[0].code == "property_outside_range"
    with pytest.raises(Faults, match="temperature: is"):
        phosgene.vapour_pressure(0.5 * curve.low)


def test_nothing_is_carried_above_the_critical_point_as_a_liquid() -> None:
    methane = find("methane")
    with pytest.raises(Faults, match="temperature"):
        methane.liquid_density(250.0)


@pytest.mark.parametrize("name", ["chlorine", "propane", "benzene", "hydrogen chloride"])
def test_a_curve_is_continuous_where_it_is_carried_on(name: str) -> None:
    for curve in find(name).curves.values():
        assert curve(curve.low - 1e-6) == pytest.approx(curve(curve.low), rel=1e-5)
        if curve.top is None or curve.high < curve.top:
            assert curve(curve.high + 1e-6) == pytest.approx(curve(curve.high), rel=1e-5, abs=1e-9)


def test_arrays_keep_their_shape() -> None:
    t = np.full((2, 3), 290.0)
    assert find("氨").vapour_pressure(t).shape == (2, 3)


def test_the_heat_capacity_ratio_of_simple_gases() -> None:
    assert find("argon").heat_capacity_ratio(300.0) == pytest.approx(5 / 3, rel=1e-3)
    assert find("nitrogen").heat_capacity_ratio(300.0) == pytest.approx(1.4, rel=5e-3)
    assert find("methane").heat_capacity_ratio(298.15) == pytest.approx(1.304, rel=5e-3)


@pytest.mark.parametrize(
    ("name", "lower_heat"),
    [
        ("methane", 50.0e6),
        ("propane", 46.35e6),
        ("hydrogen", 120.0e6),
        ("benzene", 40.6e6),
        ("methanol", 21.1e6),
        ("ammonia", 18.6e6),
    ],
)
def test_lower_heats_of_combustion_are_the_handbook_ones(name: str, lower_heat: float) -> None:
    assert find(name).heat_of_combustion == pytest.approx(lower_heat, rel=0.02)


def test_no_line_of_the_tables_stands_without_a_source_unless_it_is_missing() -> None:
    folder = Path(__file__).parents[3] / "src/chemward/standards/data/substances"
    for name in ("names.csv", "constants.csv", "correlations.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert (row["certainty"] == "missing") or row["source"], row


def test_the_script_would_make_the_committed_table_again() -> None:
    pytest.importorskip("chemicals")
    pytest.importorskip("CoolProp")
    import importlib.util

    path = Path(__file__).parents[3] / "tools/make_substances.py"
    spec = importlib.util.spec_from_file_location("make_substances", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.check() == []
