"""Weather: class from wind and sky, wind profile, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.dispersion.weather import (
    Weather,
    inverse_obukhov,
    pasquill_class,
    roughness_of,
    stability_function,
    wind_exponent,
)
from chemward.science.faults import Faults


@pytest.mark.parametrize(
    ("wind", "sky", "turner", "aqt"),
    [
        (1.0, "strong", "A", "A"),
        (2.5, "slight", "C", "C"),
        (2.5, "night_clear", "F", "F"),
        (3.5, "moderate", "C", "C"),
        (4.5, "moderate", "C", "D"),
        (4.5, "strong", "B", "C"),
        (4.5, "night_clear", "E", "D"),
        (5.5, "strong", "C", "C"),
        (6.0, "strong", "C", "C"),
        (6.1, "moderate", "D", "D"),
        (9.0, "strong", "C", "C"),
    ],
)
def test_the_class_follows_the_row_of_its_edition(wind: float, sky: str, turner: str, aqt: str) -> None:
    assert pasquill_class(wind, sky, "turner") == turner
    assert pasquill_class(wind, sky, "aqt3046") == aqt


def test_turner_parts_at_5_and_aqt_at_4_metres_a_second() -> None:
    assert [pasquill_class(u, "night_clear", "turner") for u in (3.99, 4.0, 4.99, 5.0)] == ["E", "E", "E", "D"]
    assert [pasquill_class(u, "night_clear", "aqt3046") for u in (3.99, 4.0, 4.99, 5.0)] == ["E", "D", "D", "D"]


def test_a_cell_of_two_classes_leans_as_asked_and_an_overcast_sky_is_neutral() -> None:
    assert pasquill_class(1.5, "moderate", lean="unstable") == "A"
    assert pasquill_class(1.5, "moderate", lean="stable") == "B"
    assert pasquill_class(1.5, "overcast") == "D"


def test_a_calm_night_has_no_class_in_print() -> None:
    assert pasquill_class(1.5, "night_clear") == "F"
    with pytest.raises(Faults, match="no class"):
        pasquill_class(1.5, "night_clear", calm_night=None)


def test_wind_grows_with_height_by_the_exponents_of_irwin() -> None:
    assert Weather(3.0, "D").wind_at(100.0) == pytest.approx(3.0 * 10**0.15)
    assert Weather(3.0, "D", is_urban=True).wind_at(100.0) == pytest.approx(3.0 * 10**0.25)
    assert wind_exponent("F") == 0.55
    assert (wind_exponent("E", True), wind_exponent("F", True)) == (0.30, 0.30)
    assert (wind_exponent("E", edition="ccps_urban_printed"), wind_exponent("F", edition="ccps_urban_printed")) == (0.40, 0.60)


def test_both_profiles_pass_through_the_given_wind() -> None:
    for stability in "ABCDEF":
        weather = Weather(4.0, stability, wind_height=8.0)
        assert weather.wind_at(8.0) == pytest.approx(4.0)
        assert weather.log_wind_at(8.0) == pytest.approx(4.0)


def test_neutral_log_profile_has_the_slope_of_the_friction_velocity() -> None:
    weather = Weather(5.0, "D", roughness=0.1)
    assert weather.friction == pytest.approx(0.4 * 5 / math.log(100))
    assert weather.log_wind_at(20.0) - weather.log_wind_at(10.0) == pytest.approx(weather.friction / 0.4 * math.log(2))


def test_obukhov_length_is_negative_by_day_positive_by_night_and_shrinks_with_instability() -> None:
    by_class = [inverse_obukhov(stability, 0.1) for stability in "ABCDEF"]
    assert by_class == sorted(by_class)
    assert by_class[3] == 0
    assert 1 / by_class[0] == pytest.approx(33.162 / math.log10(0.1 / 1117))
    assert 1 / by_class[5] == pytest.approx(13.70, abs=0.01)


def test_stability_correction_is_smooth_at_neutral() -> None:
    assert stability_function(0.0) == 0
    steps = stability_function([-1e-6, 1e-6]) / 1e-6
    assert steps[0] == pytest.approx(4.0, abs=0.1)
    assert steps[1] == pytest.approx(-4.93, abs=0.1)


def test_the_lid_stands_at_320_times_the_wind_and_there_is_none_at_night() -> None:
    assert Weather(5.0, "D").mixing_lid() == pytest.approx(320 * 5, rel=1e-3)
    assert Weather(2.0, "F").mixing_lid() == 10_000
    assert Weather(2.0, "F", mixing_height=200.0).mixing_lid() == 200


def test_every_field_out_of_range_is_named_at_once() -> None:
    with pytest.raises(Faults) as caught:
        Weather(-1.0, "G", temperature=20.0, relative_humidity=70.0, roughness=math.nan)
    assert {fault.field for fault in caught.value.faults} == {
        "wind_speed",
        "stability",
        "temperature",
        "relative_humidity",
        "roughness",
    }


def test_terrain_is_known_by_name() -> None:
    assert roughness_of("water") == 0.0002
    with pytest.raises(Faults, match="terrain"):
        roughness_of("jungle")


@given(st.floats(0.6, 20), st.sampled_from("ABCDEF"), st.floats(1e-4, 1.0))
def test_wind_never_falls_with_height(speed: float, stability: str, roughness: float) -> None:
    weather = Weather(speed, stability, roughness=roughness)
    heights = np.geomspace(1.5, 200, 40)
    assert (np.diff(weather.wind_at(heights)) > 0).all()
    assert (np.diff(weather.log_wind_at(heights)) > -1e-12).all()
