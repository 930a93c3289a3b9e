"""Fires against closed forms, published figures and measured flames."""

from __future__ import annotations

import csv
import json
from math import cos, pi, radians, sin
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.fire import fireball, jet, pool, transmissivity
from chemward.science.fire.cylinder import upright_view_factors
from chemward.science.fire.solid_flame import frustum, greatest_view_factor, sheared_cylinder, view_factor_vector

TRIALS = Path(__file__).parents[1] / "trials"
METHANE = "74-82-8"


# -- view factors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("radius", "height", "distance"), [(5, 10, 20), (5, 10, 8), (17.5, 60, 52.5), (5, 30, 100), (1, 1, 3)])
def test_the_surface_integral_agrees_with_the_closed_form_of_an_upright_cylinder(radius, height, distance):
    vector = view_factor_vector(sheared_cylinder(radius, height), [[distance, 0, 0]])[0]
    vertical, level = upright_view_factors(radius, height, distance)
    assert -vector[0] == pytest.approx(vertical, rel=3e-3)
    assert vector[2] == pytest.approx(level, rel=5e-3)


def test_a_frustum_of_equal_ends_is_a_cylinder():
    at = [[20, 3, 0], [8, 0, 0]]
    cylinder, cone = sheared_cylinder(5, 10), frustum([0, 0, 0], [0, 0, 1], 10, 5, 5)
    assert greatest_view_factor(cone, at) == pytest.approx(greatest_view_factor(cylinder, at), rel=5e-3)


def test_the_area_of_a_frustum_is_that_of_the_formula():
    length, first, last = 10.0, 1.0, 3.0
    side = pi * (first + last) * np.hypot(length, last - first)
    assert frustum([0, 0, 0], [1, 0, 0], length, first, last).area == pytest.approx(side + pi * (first**2 + last**2), rel=2e-3)


@given(st.floats(0.5, 20), st.floats(1, 40), st.floats(0, 30), st.floats(1, 1.5), st.floats(0, 2 * pi), st.floats(1.3, 30))
@settings(max_examples=40, deadline=None)
def test_a_view_factor_is_a_share_and_far_flames_fade_with_the_square_of_distance(radius, height, lean, stretch, angle, times):
    surface = sheared_cylinder(radius, height, lean, stretch, 36, 16)
    size = radius * stretch + lean + height
    near = np.array([[times * size * cos(angle), times * size * sin(angle), 0.0]])
    far, farther = (greatest_view_factor(surface, near / times * k)[0] for k in (40, 80))
    assert 0 <= greatest_view_factor(surface, near)[0] <= 1
    assert far / farther == pytest.approx(4, rel=0.08)


def test_closed_surfaces_are_seen_from_outside_by_half_of_their_elements_at_most():
    surface = sheared_cylinder(3, 9)
    assert np.all(np.linalg.norm(surface.normals, axis=1) == pytest.approx(1))
    assert np.all((surface.points[:, :2] * surface.normals[:, :2]).sum(axis=1)[: 72 * 40] > 0)  # outward


# -- air -------------------------------------------------------------------------------------------------------------------


def test_saturation_pressure_at_published_points():
    assert transmissivity.saturation_pressure(273.15) == pytest.approx(611.2, rel=2e-3)  # ITS-90, triple point region
    assert transmissivity.saturation_pressure(293.15) == pytest.approx(2338.8, rel=3e-3)  # IAPWS saturation at 20 °C
    assert transmissivity.saturation_pressure(313.15) == pytest.approx(7384.9, rel=5e-3)  # IAPWS saturation at 40 °C


@given(st.floats(10, 900), st.floats(1.01, 3), st.floats(260, 315), st.floats(0.05, 0.95))
def test_farther_and_moister_air_lets_less_through(distance, times, temperature, humidity):
    for model in (transmissivity.wayne, transmissivity.bagster):
        here, there = model(distance, temperature, humidity), model(distance * times, temperature, humidity)
        assert 0 <= there <= here <= 1
        assert model(distance, temperature, min(humidity * 1.1, 1.0)) <= here


def test_two_fits_of_transmissivity_agree_where_both_hold():
    path = np.array([20.0, 50.0, 100.0])  # p_w x from 1e4 to 1e5 N/m at 20 °C and half humidity
    assert transmissivity.wayne(path, 293.15, 0.5) == pytest.approx(transmissivity.bagster(path, 293.15, 0.5), rel=0.08)


# -- pool fire -------------------------------------------------------------------------------------------------------------


def test_burning_rates_are_those_of_the_table_for_large_pools_and_less_for_small():
    rows = list(
        csv.DictReader((Path(pool.pool_fire.__file__).parent / "data/pool_fire/pool_burning.csv").read_text("utf-8").splitlines())
    )
    for row in rows:
        if row["cas"]:
            large = pool.burning_rate(row["cas"], 1000.0)
            assert large == pytest.approx(float(row["burning_rate"]))
            assert pool.burning_rate(row["cas"], 0.3) <= large
    assert pool.burning_rate("64-19-7", 10.0) is None


def test_gasoline_pool_of_one_metre_burns_as_the_formula_says():
    assert pool.burning_rate("86290-81-5", 1.0) == pytest.approx(0.055 * (1 - 0.122456), rel=1e-5)  # exp(-2.1) = 0.122456


def test_burgess_for_a_liquid_that_boils_above_and_below_air():
    assert pool.burgess(44e6, 365e3, 2200, 341.9, 293.15) == pytest.approx(0.001 * 44e6 / (365e3 + 2200 * 48.75))
    assert pool.burgess(50e6, 510e3, 3500, 111.7, 293.15) == pytest.approx(0.001 * 50e6 / 510e3)


def test_calm_flame_length_of_a_worked_case():
    # 42 · 10 · (0.055 / (1.2 · √(9.80665 · 10)))^0.61, by hand: (0.0046283)^0.61 = 0.037663
    assert pool.flame_length_calm(0.055, 10.0, 1.2) == pytest.approx(420 * 0.037662, rel=1e-5)


def test_tilt_solves_its_equation_and_grows_with_wind():
    angles = [pool.tilt(u, 20.0) for u in (0.0, 1.0, 3.0, 10.0)]
    assert angles == sorted(angles)
    assert angles[0] == 0
    froude, reynolds = 9 / (9.80665 * 20), 3 * 20 / 1.5e-5
    assert np.tan(angles[2]) / np.cos(angles[2]) == pytest.approx(0.666 * froude**0.333 * reynolds**0.117, rel=1e-9)


def test_the_flame_of_a_pool_radiates_no_more_than_its_share():
    flame = pool.pool_fire_flame("67-56-1", 2.0, 0.015, 1.2, 20e6, 2.0, 293.15, 0.5)
    heat = 0.015 * 20e6 * pi
    assert flame.zones[0].emissive_power * flame.zones[0].surface.area <= 0.4 * heat * (1 + 1e-9)
    assert any(note.code == "radiant_share_capped" for note in flame.notes)


def test_flux_falls_outward_and_is_greatest_downwind():
    flame = pool.pool_fire_flame(METHANE, 20.0, 0.078, 1.8, 50e6, 5.0, 293.15, 0.6)
    downwind = flame.flux(np.array([40.0, 60.0, 100.0, 200.0]))
    assert np.all(np.diff(downwind) < 0)
    assert flame.flux(60.0) > flame.flux(0.0, 60.0) > flame.flux(-60.0)
    assert flame.flux(0.0) == flame.zones[0].emissive_power
    assert flame.flux(10.0, 70.0) == pytest.approx(flame.flux(10.0, -70.0), rel=1e-3)


def test_a_contour_stands_where_the_flux_is_its_level():
    flame = pool.pool_fire_flame(METHANE, 20.0, 0.078, 1.8, 50e6, 5.0, 293.15, 0.6)
    for level in (37.5e3, 12.5e3, 4.7e3, 1.58e3):
        (line,) = flame.contour(level)
        outside = np.hypot(line[:, 0], line[:, 1]) > 15  # elsewhere it is the flame's own edge
        assert outside.sum() > 10
        assert flame.flux(line[outside, 0], line[outside, 1]) == pytest.approx(level, rel=0.06)
    assert flame.contour(1e9) == []


def test_a_pool_outside_the_range_is_refused_by_name():
    with pytest.raises(Faults) as refused:
        pool.pool_fire_flame(METHANE, 0.2, -1.0, 1.8, 50e6, 50.0, 293.15, 2.0)
    assert {fault.field for fault in refused.value.faults} == {"diameter", "burning", "wind_speed", "relative_humidity"}


def montoir():
    """(interval, predicted flame, rows of (observed, predicted) flux in kW/m²) of the 35 m LNG fire."""
    test = json.loads((TRIALS / "montoir-pool-fire.json").read_text("utf-8"))["tests"]["test1"]
    for n, (wind, origin) in enumerate(zip(test["wind9m"], test["wind_from_deg"], strict=True)):
        flame = pool.pool_fire_flame(METHANE, 35.0, test["burn_kg_m2_s"][n], 1.78, 50e6, wind, 298.15, 0.53)
        rows = []
        for bearing, readings in test["radial_bearing_deg_to_rows_r_m_then_kW_m2_per_interval"].items():
            angle = radians(origin + 180 - float(bearing))
            for reading in readings:
                if reading[1 + n] is not None and 52.5 <= reading[0] <= 210:
                    predicted = float(flame.flux(reading[0] * cos(angle), reading[0] * sin(angle), 1.0)) / 1e3
                    rows.append((reading[1 + n], predicted))
        yield test["flame_length_m"][n], test["tilt_deg"][n], flame, rows


def test_the_measured_lng_fire_of_35_m_is_met():
    rows = []
    for length, tilt_deg, flame, readings in montoir():
        assert flame.extent["length_m"] == pytest.approx(length, rel=0.25)
        assert np.degrees(flame.extent["tilt_rad"]) == pytest.approx(tilt_deg, abs=12)
        rows += readings
    ratio = np.array([predicted / observed for observed, predicted in rows])
    assert len(ratio) == 68
    assert np.mean((ratio >= 0.5) & (ratio <= 2)) >= 0.9
    assert np.mean((ratio >= 1 / 1.5) & (ratio <= 1.5)) >= 0.7


# -- jet fire --------------------------------------------------------------------------------------------------------------


def test_the_expanded_jet_keeps_mass_and_energy():
    made = jet.expand(2.9, 0.01604, 1.31, 61e5, 288.0)
    assert made.density * made.velocity * pi * made.diameter**2 / 4 == pytest.approx(2.9)
    heat_capacity = 1.31 / 0.31 * 8.314462618 / 0.01604
    assert heat_capacity * made.temperature + made.velocity**2 / 2 == pytest.approx(heat_capacity * 288.0, rel=1e-9)


def test_the_expanded_jet_is_continuous_where_choking_begins():
    critical = 101_325 * (2.31 / 2) ** (1.31 / 0.31)
    below, above = (jet.expand(1.0, 0.01604, 1.31, critical * f, 288.0).velocity for f in (1 - 1e-7, 1 + 1e-7))
    assert below == pytest.approx(above, rel=1e-5)


def test_the_length_of_a_calm_flame_solves_its_equation():
    y = jet._dimensionless_length(0.06, 880.0, 0.0547)
    assert 0.024 * (9.80665 * 0.06 / 880**2) ** (1 / 3) * y ** (5 / 3) + 0.2 * y ** (2 / 3) == pytest.approx(
        (2.85 / 0.0547) ** (2 / 3)
    )


def test_the_tilt_hardly_jumps_between_its_branches():
    for richardson in (1.0, 3.0, 10.0):
        assert jet._tilt(90, 0.05, richardson) == pytest.approx(jet._tilt(90, 0.05 + 1e-9, richardson), rel=0.01)


def test_the_measured_natural_gas_jet_is_met():
    trial = json.loads((TRIALS / "loughborough-jet-fire.json").read_text("utf-8"))["inputs"]["jet1"]
    flame = jet.jet_fire_flame(trial["mdot"], 0.01604, 1.31, 61e5, 288.0, 48e6, trial["wind"], 288.0, 0.7, 3.0, 0.0)
    assert flame.extent["length_m"] == pytest.approx(trial["flame_length_m"], rel=0.25)
    assert flame.extent["radiant_fraction"] == pytest.approx(trial["radiative_fraction"], rel=0.25)


@given(st.floats(0.1, 100), st.floats(0, 15), st.floats(0, pi))
@settings(max_examples=40, deadline=None)
def test_a_larger_jet_burns_longer_and_keeps_its_radiated_heat(rate, wind, angle):
    flame, larger = (jet.jet_fire_flame(rate * k, 0.044, 1.13, 9e5, 298.0, 46e6, wind, 293.0, 0.6, 1.0, angle) for k in (1, 2))
    assert larger.extent["length_m"] > flame.extent["length_m"]
    radiated = flame.zones[0].emissive_power * flame.zones[0].surface.area
    assert radiated == pytest.approx(flame.extent["radiant_fraction"] * rate * 46e6, rel=1e-9)


def test_a_jet_without_pressure_is_refused():
    with pytest.raises(Faults, match="pressure"):
        jet.jet_fire_flame(1.0, 0.044, 1.13, 101_000.0, 298.0, 46e6, 3.0, 293.0, 0.6)


# -- fireball --------------------------------------------------------------------------------------------------------------


def test_sizes_of_fireballs_at_published_masses():
    assert fireball.diameter(1000.0) == pytest.approx(58.0)  # CCPS 2010: 5.8 m^(1/3)
    assert fireball.duration(1000.0) == pytest.approx(4.5)
    assert fireball.duration(30_000.0) == pytest.approx(fireball.duration(29_999.9), rel=0.04)  # the two forms meet
    assert fireball.radiant_fraction(1e6) == pytest.approx(0.27)


def test_no_fireball_radiates_more_than_its_share_of_the_heat():
    ball = fireball.fireball(20_000.0, 46e6, 1.5e6, 293.0, 0.6)
    radiated = ball.emissive_power * 4 * pi * ball.radius**2 * ball.duration
    assert radiated <= 0.4 * 20_000 * 46e6 * (1 + 1e-9)


def test_the_printed_diameter_of_aqt_3046_is_taken_as_the_radius_and_its_power_in_kilowatt():
    ball = fireball.aqt3046_fireball(2000.0, "cylinder")
    assert ball.radius == pytest.approx(2.9 * 1000 ** (1 / 3))  # half of the content of one vessel
    assert ball.emissive_power == 270e3
    assert fireball.aqt3046_fireball(2000.0, "sphere", 2).radius == pytest.approx(2.9 * 1400 ** (1 / 3))
    assert 0.8 <= 2 * ball.radius / fireball.diameter(1000.0) <= 1.25  # as a radius it agrees with the measured sizes


def test_the_flux_of_a_fireball_far_away_is_that_of_its_power_over_a_sphere():
    ball = fireball.fireball(20_000.0, 46e6, 1.5e6, 293.0, 0.6)
    distance = 40 * ball.radius
    share = transmissivity.wayne(np.hypot(distance, ball.height) - ball.radius, 293.0, 0.6)
    expected = ball.emissive_power * ball.radius**2 / (distance**2 + ball.height**2) * share
    assert ball.flux(distance) == pytest.approx(expected)
    assert ball.flux(ball.distance(12.5e3)) == pytest.approx(12.5e3, rel=0.02)
