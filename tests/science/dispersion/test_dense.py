"""Dense plume and dense cloud: mass kept, weight felt, passive when light, field trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.dispersion.dense_cloud import Reference, dense_plume
from chemward.science.dispersion.dense_plume import (
    air_factor,
    blanket,
    entrainment_factor,
    greatest_take_up,
    surroundings,
)
from chemward.science.dispersion.dense_puff import dense_puff
from chemward.science.dispersion.jet_cloud import jet_cloud
from chemward.science.dispersion.mixing import Vapour, humidity_share, mix
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults
from tests.science.validation.case import statistics
from tests.science.validation.cases.dispersion import lng_computed, lng_measured

CHLORINE = Vapour(0.0709, 480.0, 239.1, 288_000.0, 1560.0)
METHANE = Vapour(0.016043, 2100.0, 111.7, 510_000.0, 424.0)
OPEN = Weather(5.0, "D")


def test_ends_of_the_line_of_mixing_are_air_and_what_is_released() -> None:
    line = mix(CHLORINE, 239.1, 0.0, OPEN)
    assert line.temperature[0] == pytest.approx(293.15, abs=0.01)
    assert line.density[0] == pytest.approx(OPEN.air_density, rel=0.012)  # moist air is lighter
    assert line.temperature[-1] == pytest.approx(239.1, abs=0.02)
    assert line.pure_density == pytest.approx(101_325 * 0.0709 / (8.314463 * 239.1), rel=1e-4)


def test_drops_cool_a_cloud_below_the_boiling_point_and_fog_warms_it() -> None:
    flashed = mix(CHLORINE, 239.1, 0.8, Weather(5.0, "D", relative_humidity=0.0))
    humid = mix(CHLORINE, 239.1, 0.8, Weather(5.0, "D", relative_humidity=1.0))
    assert flashed.temperature.min() < 235
    thin = (flashed.share > 1e-4) & (flashed.share < 0.2)
    assert (humid.temperature[thin] > flashed.temperature[thin]).all()
    assert flashed.pure_density > 3 * mix(CHLORINE, 239.1, 0.0, OPEN).pure_density


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0, 0.9))
def test_heat_is_kept_when_dry_vapours_mix(share: float, liquid: float) -> None:
    """Second route: where nothing is condensed the temperature is the mean weighted with the heat capacities."""
    dry = Weather(5.0, "D", relative_humidity=0.0)
    line = mix(Vapour(0.044, 1500.0), 230.0, 0.0, dry)
    expected = (share * 1500 * 230 + (1 - share) * 1005 * 293.15) / (share * 1500 + (1 - share) * 1005)
    assert line.at_share(share)[0] == pytest.approx(expected, abs=0.05)


def test_moisture_of_air_at_20_degrees() -> None:
    """Saturated air at 20 °C and 1013 hPa holds 14.5 g/kg."""
    assert humidity_share(Weather(5.0, "D", relative_humidity=1.0)) == pytest.approx(0.0145, rel=0.02)


def test_take_up_of_air_in_neutral_heavy_and_layered_air() -> None:
    assert entrainment_factor(0.0) == pytest.approx(0.88)
    assert entrainment_factor(10.0) == pytest.approx(0.88 + 0.099 * 10**1.04)
    assert entrainment_factor(-5.0) == pytest.approx(0.88)
    assert entrainment_factor(0.0, 8.0) == pytest.approx(0.88 / math.sqrt(2), rel=1e-3)
    assert air_factor(0.2) == pytest.approx(2.0)
    assert air_factor(-0.5) == pytest.approx(1 / 3)
    assert air_factor(0.0) == 1


def test_the_mean_over_the_fetch_is_the_integral_of_the_factor() -> None:
    """Second route: φ averaged along the fetch by quadrature of d(flow)/dx = 1/φ in the same similarity."""
    around = surroundings(OPEN, 600.0)
    closed = greatest_take_up(around, 3.6, 20.0)
    light = greatest_take_up(around, around.density, 20.0) * 3.6 / around.density
    assert 0 < closed < light
    assert greatest_take_up(around, 3.6, 200.0) < closed
    assert light == pytest.approx(3.6 * 0.4 * around.friction * around.rise * 2.15 / 1.15 / 0.88)


def test_a_pool_beyond_what_the_wind_takes_is_covered_by_a_blanket_that_gives_the_same_rate() -> None:
    around, line = surroundings(OPEN, 600.0), mix(CHLORINE, 239.1, 0.0, OPEN)
    small = blanket(2.0, 10.0, 600.0, line, around)
    large = blanket(40.0, 3.0, math.inf, line, around)
    assert not small.is_grown and small.half_length == 10
    assert large.is_grown and large.half_length > 3
    taken = math.pi * large.half_length**2 * greatest_take_up(around, line.pure_density, 2 * large.half_length)
    assert taken == pytest.approx(40.0, rel=1e-6)
    short = blanket(40.0, 3.0, 5.0, line, around)
    assert short.rate * short.duration == pytest.approx(40.0 * 5.0)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from("BDF"), st.floats(2, 10), st.floats(0.3, 20))
def test_a_dense_plume_keeps_its_mass(stability: str, wind: float, rate: float) -> None:
    cloud = dense_plume(rate, CHLORINE, Weather(wind, stability), radius=6.0, temperature=239.1)
    for x in cloud.path.x[[3, 80, 150]]:
        assert cloud.released(float(x)) == pytest.approx(cloud.cover.rate, rel=0.01)


def test_mass_flow_by_brute_quadrature_over_the_field() -> None:
    cloud = dense_plume(2.0, Vapour(0.0289, 1005.0), OPEN, radius=6.0, temperature=293.15, heats=False)
    x = float(cloud.path.x[120])
    z = np.linspace(0, 12 * cloud.path.vertical[120], 1200)[:, None]
    y = np.linspace(-1, 1, 801)[None, :] * (cloud.path.flat[120] + 4 * cloud.path.shoulder[120])
    wind = cloud.around.wind * (z / 10) ** cloud.around.alpha
    flow = np.trapezoid(np.trapezoid(cloud.concentration(x, y, z) * wind, y[0], axis=1), z[:, 0])
    assert flow == pytest.approx(2.0, rel=0.01)


def test_weight_makes_a_plume_wider_and_lower() -> None:
    heavy = dense_plume(5.0, CHLORINE, OPEN, radius=6.0, temperature=239.1)
    light = dense_plume(5.0, Vapour(0.0289, 1005.0), OPEN, radius=6.0, temperature=293.15)
    x = 60.0
    for name, sign in (("flat", 1), ("vertical", -1)):
        assert sign * np.interp(x, heavy.path.x, getattr(heavy.path, name)) > sign * np.interp(
            x, light.path.x, getattr(light.path, name)
        )


def test_a_cold_cloud_is_warmed_by_the_ground() -> None:
    warmed = dense_plume(50.0, METHANE, OPEN, radius=12.0, temperature=111.7)
    adiabatic = dense_plume(50.0, METHANE, OPEN, radius=12.0, temperature=111.7, heats=False)
    at = np.searchsorted(warmed.path.x, 60.0)
    assert warmed.path.temperature[at] > adiabatic.path.temperature[at] + 2
    assert warmed.path.temperature.max() <= 293.2


@pytest.mark.parametrize("stability", "ABCDEF")
@pytest.mark.parametrize("wind", [0.6, 1.5, 5.0, 12.0])
def test_a_heavy_plume_is_found_in_every_weather(stability: str, wind: float) -> None:
    cloud = dense_plume(10.0, CHLORINE, Weather(wind, stability), radius=5.0, temperature=239.1, duration=600.0)
    values = cloud.centreline(np.geomspace(1, 2e4, 50), 1.0)
    assert np.isfinite(values).all() and values.max() > 0


def test_a_limited_release_comes_and_goes() -> None:
    cloud = dense_plume(10.0, CHLORINE, OPEN, radius=5.0, temperature=239.1, duration=300.0)
    top = float(cloud.concentration(500.0))
    over = cloud.concentration(500.0, 0, 0, np.array([0.0, 10.0, 300.0, 2000.0])) / top
    assert over == pytest.approx([0, 0, 1, 0], abs=0.02)
    times = np.linspace(0, 3000, 3001)
    summed = np.trapezoid(cloud.concentration(500.0, 0, 0, times) ** 2, times)
    assert float(cloud.dose(500.0, 0, 0, 2.0, 1e5)) == pytest.approx(float(summed), rel=0.03)


def test_the_half_width_lies_on_the_level_and_the_contour_closes() -> None:
    cloud = dense_plume(10.0, CHLORINE, OPEN, radius=5.0, temperature=239.1)
    half = float(cloud.half_width(200.0, 1e-3, 1.0))
    assert float(cloud.concentration(200.0, half, 1.0)) == pytest.approx(1e-3, rel=1e-3)
    (line,) = cloud.contour(1e-3)
    assert line[0] == pytest.approx(line[-1])
    assert line[:, 0].min() < 0 < line[:, 0].max()


def test_mole_fraction_of_a_cold_cloud_and_back() -> None:
    reference = Reference.of(0.016043, OPEN)
    slope = np.array([0.0, 0.3, -0.4])
    level = 0.05 * reference.scale
    assert reference.warm(reference.cold(level, slope), slope) == pytest.approx(np.full(3, level), rel=1e-9)
    assert reference.warm(reference.cold(1e-9, 0.0), 0.0) == pytest.approx(1e-9, rel=1e-4)


def test_flammable_mass_by_brute_sum() -> None:
    cloud = dense_plume(20.0, Vapour(0.0441, 1500.0), OPEN, radius=6.0, temperature=293.15)
    x = np.linspace(-6, 400, 700)[:, None, None]
    y = np.linspace(0, 120, 241)[None, :, None]
    z = np.linspace(0, 12, 121)[None, None, :]
    values = cloud.concentration(x, y, z)
    mass = cloud._ridge(x, z) * cloud._across(x, y)
    inside = np.where(values > 0.04, mass, 0.0)
    inside[:, 0] /= 2
    inside[:, :, 0] /= 2
    summed = 2 * inside.sum() * (x[1, 0, 0] - x[0, 0, 0]) * 0.5 * 0.1
    assert cloud.flammable_mass(0.04) == pytest.approx(summed, rel=0.03)


def test_calm_and_a_source_without_size_are_refused() -> None:
    with pytest.raises(Faults, match="wind_speed"):
        dense_plume(1.0, CHLORINE, Weather(0.2, "F"), radius=5.0, temperature=239.1)
    with pytest.raises(Faults, match="radius"):
        dense_plume(1.0, CHLORINE, OPEN, radius=0.0, temperature=239.1)


def test_a_sudden_cloud_keeps_its_mass_spreads_and_thins() -> None:
    cloud = dense_puff(5000.0, CHLORINE, OPEN, radius=8.0, temperature=239.1, liquid_fraction=0.5)
    assert cloud.contained() == pytest.approx(np.full(len(cloud.time), 5000.0), rel=1e-6)
    assert (np.diff(cloud.ridge) <= 1e-12).all()
    assert (np.diff(cloud.drift) >= 0).all()
    assert cloud.flammable_mass(0.01, 0.05) <= cloud.flammable_mass(0.01) <= 5000


def test_the_front_of_a_sudden_cloud_runs_at_its_own_depth() -> None:
    """dR/dt = 1.15 (g' H)^½ at the start: R² grows at 2.3 (g' V/π)^½."""
    cloud = dense_puff(2000.0, CHLORINE, Weather(1.0, "F"), radius=6.0, temperature=239.1)
    density = cloud.reference.molar_mass * 101_325 / (8.314463 * 239.1)
    reduced = 9.80665 * (density / cloud.around.density - 1)
    spread = 2 * 1.15 * math.sqrt(reduced * 2000 / density / math.pi)
    radius2 = (cloud.flat**2 + math.sqrt(math.pi) * cloud.flat * cloud.shoulder + cloud.shoulder**2)[:3]
    assert (radius2[2] - radius2[0]) / (cloud.time[2] - cloud.time[0]) == pytest.approx(spread, rel=0.15)


def test_swept_ground_of_a_sudden_cloud_is_what_it_covers_at_its_times() -> None:
    cloud = dense_puff(2000.0, CHLORINE, OPEN, radius=6.0, temperature=239.1)
    x = np.array([0.0, 100.0, 400.0])
    half = cloud.half_width(x, 2e-3, 1.0)
    inside = cloud.concentration(x, 0.97 * half, 1.0)
    outside = cloud.concentration(x, 1.03 * half, 1.0)
    assert (inside > 2e-3 * 0.999).all() and (outside < 2e-3 * 1.001).all()


def test_trials_of_liquefied_natural_gas_are_met() -> None:
    found = statistics(list(lng_measured().values()), lng_computed())
    assert found.count == 24
    assert abs(found.fb) <= 0.3
    assert 0.7 <= found.mg <= 1.3
    assert found.vg <= 1.6
    assert found.fac2 >= 0.8


@pytest.mark.parametrize("kind", ["pool", "jet"])
def test_slab_gives_the_same_within_a_factor_of_two_in_neutral_air(kind: str) -> None:
    """Second route: SLAB (Ermak 1990) in the reimplementation `slabx`, chlorine, 5 kg/s, 5 m/s, class D, 100 m to 1.6 km."""
    pytest.importorskip("slabx")
    from slabx.core.plume import run_dispersion
    from slabx.core.source import EvaporatingPool, HorizontalJet
    from slabx.post.concentration import concentration_field
    from slabx.submodels.atmosphere import Atmosphere
    from slabx.thermo.base import LegacyThermo, Substance, water_backend

    gas = Substance("chlorine", 0.0709, 480.0, 930.0, 288_000.0, 239.1, 1560.0, sat_B=-1.0, sat_C=0.0)
    air = Atmosphere(u_ref=5.0, z_ref=10.0, T=293.15, rh=70.0, z0=0.03, stability="D")
    weather = Weather(5.0, "D", roughness=0.03)
    if kind == "pool":
        source = EvaporatingPool(substance=gas, rate=5.0, area=math.pi * 36, duration=1800.0)
        cloud = dense_plume(5.0, CHLORINE, weather, radius=6.0, temperature=239.1, duration=1800.0)
    else:
        source = HorizontalJet(gas, 5.0, math.pi * 0.01, 1800.0, liquid_fraction=0.7, height=1.0)
        speed = source.exit_velocity(air)
        made = {"temperature": 239.1, "height": 1.0, "duration": 1800.0, "liquid_fraction": 0.7}
        cloud = jet_cloud(5.0, CHLORINE, weather, radius=0.1, velocity=speed, **made)
    path, _ = run_dispersion(source, air, LegacyThermo(gas), water_backend(), x_max=3000.0)
    slab = concentration_field(path, air, z=1.0, t_avg=600.0, t_release=1800.0)
    x = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])
    wanted = np.exp(np.interp(np.log(x), np.log(np.maximum(slab.x, 0.01)), np.log(np.maximum(slab.peak, 1e-12))))
    ratio = cloud.concentration(x, 0.0, 1.0) / cloud.reference.scale / wanted
    assert (ratio > 0.5).all() and (ratio < 2).all()
