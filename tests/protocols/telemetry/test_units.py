"""Units that devices send, and what they are kept in."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.protocols.telemetry import units
from chemward.protocols.telemetry.units import conversions_for, convert, known_units


def test_the_worked_examples_hold():
    assert doctest.testmod(units).failed == 0


@pytest.mark.parametrize(
    ("value", "source", "target", "substance", "expected"),
    [
        (10.0, "mg/m³", "ppm", {"molar_mass": 34.08}, 7.174),  # hydrogen sulfide at 25 ℃
        (1.0, "ppm", "mg/m3", {"molar_mass": 70.906}, 2.900),  # chlorine
        (10.0, "mg/m3", "ppm", {"molar_mass": 34.08, "molar_volume": 24.04}, 7.054),  # at 20 ℃
        (25.0, "%LEL", "ppm", {"lel_pct_vol": 5.0}, 12_500.0),  # methane
        (0.5, "%vol", "%LEL", {"lel_pct_vol": 5.0}, 10.0),
        (100.0, "%LEL", "mg/m3", {"lel_pct_vol": 5.0, "molar_mass": 16.04}, 32_801.6),
        (2.0, "g/m3", "mg/m3", {}, 2_000.0),
        (0.6, "MPa", "kPa", {}, 600.0),
        (1.0, "bar", "MPa", {}, 0.1),
        (25.0, "℃", "K", {}, 298.15),
        (212.0, "℉", "°C", {}, 100.0),
        (2_350.0, "mm", "m", {}, 2.35),
        (1.2, "t", "kg", {}, 1_200.0),
    ],
)
def test_known_conversions(value, source, target, substance, expected):
    assert convert(value, source, target, **substance) == pytest.approx(expected, rel=1e-4)


def test_a_gas_without_molar_mass_does_not_convert_to_mass():
    with pytest.raises(ValueError, match="molar mass"):
        convert(1, "ppm", "mg/m3")


def test_quantities_are_not_mixed():
    with pytest.raises(ValueError, match="another quantity"):
        convert(1, "kPa", "m")


def test_megapascal_and_milli_are_not_confused():
    assert "mPa" not in conversions_for("kPa")


def test_an_unknown_unit_is_kept_as_it_is():
    assert conversions_for("pH") == {"pH": [1.0, 0.0]}


@pytest.mark.parametrize("figures", [{"molar_mass": 0.0}, {"lel_pct_vol": -1.0}, {"molar_mass": 16.0, "molar_volume": 0.0}])
def test_impossible_figures_are_refused(figures):
    with pytest.raises(ValueError, match="must be"):
        conversions_for("ppm", **figures)


every_unit = st.sampled_from([unit for family in known_units().values() for unit in family])


@given(every_unit, st.floats(-1e6, 1e6), st.data())
def test_there_and_back_is_the_same(unit, value, data):
    substance = {"molar_mass": 34.08, "lel_pct_vol": 4.0}
    other = data.draw(st.sampled_from(sorted(conversions_for(unit, **substance))))
    there = convert(value, unit, other, **substance)
    assert convert(there, other, unit, **substance) == pytest.approx(value, rel=1e-9, abs=1e-6)
