"""Jets, the workbook, and which model a source gets."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.dispersion import choice
from chemward.science.dispersion.britter_mcquaid import (
    betas,
    continuous_ratio,
    instantaneous_ratio,
    thermal_correction,
    workbook_plume,
    workbook_puff,
)
from chemward.science.dispersion.choice import cloud_of, weight_criterion
from chemward.science.dispersion.cloud import Cloud
from chemward.science.dispersion.jet import jet_track
from chemward.science.dispersion.mixing import Vapour, mix
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults
from chemward.science.release.source import Source
from chemward.science.substances import find

OPEN = Weather(5.0, "D")
CHLORINE = find("chlorine")


def jet(**rest: object) -> Source:
    given_ = {
        "kind": "jet",
        "substance": CHLORINE,
        "rate": 5.0,
        "duration": 600.0,
        "height": 1.0,
        "radius": 0.1,
        "velocity": 60.0,
    }
    return Source(**(given_ | {"temperature": 239.1, "liquid_fraction": 0.7} | rest))  # type: ignore[arg-type]


def test_a_free_jet_thins_as_ricou_and_spalding_measured() -> None:
    """m/m0 = 0.32 (x/d)(ρa/ρ0)^½ for x/d well beyond the nozzle, in nearly still air."""
    still = Weather(0.6, "D", relative_humidity=0.0)
    air_like = mix(Vapour(0.0289647, 1005.0), 293.15, 0.0, still)
    radius, velocity = 0.05, 200.0
    rate = air_like.pure_density * math.pi * radius**2 * velocity
    track = jet_track(rate, radius, velocity, 10.0, "horizontal", air_like, still)
    at = float(np.interp(60 * 2 * radius, track.x, track.share))
    assert 1 / at == pytest.approx(0.32 * 60, rel=0.1)


def test_a_jet_keeps_its_momentum_along_the_wind() -> None:
    line = mix(Vapour(0.0289647, 1005.0), 293.15, 0.0, OPEN)
    track = jet_track(2.0, 0.05, 200.0, 10.0, "horizontal", line, OPEN)
    assert track.speed[-1] == pytest.approx(5.0, rel=0.25)
    assert (np.diff(track.share) <= 1e-12).all()
    assert (np.diff(track.radius) >= -1e-9).all()


def test_a_light_jet_rises_a_heavy_one_comes_down() -> None:
    calm = Weather(2.0, "D")
    light = jet_track(1.0, 0.1, 20.0, 5.0, "horizontal", mix(Vapour(0.002, 14_000.0), 293.15, 0.0, calm), calm)
    heavy = jet_track(5.0, 0.1, 20.0, 5.0, "horizontal", mix(Vapour(0.0709, 480.0), 239.0, 0.0, calm), calm)
    assert light.z[-1] > 6 and not light.is_grounded
    assert heavy.z[-1] < 5 and heavy.is_grounded


def test_concentration_is_nearly_the_same_on_both_sides_of_the_hand_over() -> None:
    for source in (jet(), jet(height=30.0, direction="vertical", velocity=80.0)):
        cloud = cloud_of(source, OPEN).cloud
        end = cloud.shift  # type: ignore[attr-defined]
        height = float(cloud.path.z[-1])  # type: ignore[attr-defined]
        before, after = cloud.centreline(np.array([end * 0.999, end * 1.002]), height)
        assert after == pytest.approx(before, rel=0.4)


def test_the_worked_example_of_liquefied_natural_gas() -> None:
    """CCPS 1999: 0.23 m³/s of liquid, wind 10.9 m/s: 5 % at 367 m."""
    flow = 0.23 * 425.6 / 1.76
    alpha = 0.2 * math.log10((9.80616 * (1.76 - 1.224) / 1.224) ** 2 * flow / 10.9**5)
    ratio = thermal_correction(continuous_ratio(367 / math.sqrt(flow / 10.9), alpha), 111.15 / 298)
    assert float(ratio) == pytest.approx(0.05, rel=0.01)
    cloud = workbook_plume(0.23 * 425.6, 1.76, 111.15, 0.016043, Weather(10.9, "F", temperature=298.0))
    assert float(cloud.centreline(367.0)) / cloud.reference.scale == pytest.approx(0.05, rel=0.06)


def test_the_workbook_is_read_off_its_pieces() -> None:
    assert betas(-0.75, "instantaneous")[1] == pytest.approx([0.7, 0.85, 0.95, 1.15, 1.48, 1.83, 2.075])
    assert betas(0.0, "instantaneous")[1] == pytest.approx([0.81, 1.0, 1.19, 1.39, 1.62, 1.83, 2.05])
    assert betas(0.0)[1] == pytest.approx([1.78, 1.96, 2.16, 2.35, 2.56, 2.71])
    assert betas(-1.0)[1] == pytest.approx([1.75, 1.92, 2.08, 2.25, 2.40, 2.60])


@settings(max_examples=60)
@given(st.floats(-1.5, 1.0))
def test_the_workbook_falls_without_jumps(alpha: float) -> None:
    scaled = np.geomspace(0.5, 1e4, 400)
    for law in (continuous_ratio, instantaneous_ratio):
        values = law(scaled, alpha)
        assert (np.diff(values) <= 1e-12).all()
        assert (values[1:] / values[:-1] > 0.6).all()


def test_the_workbook_gives_the_mass_back() -> None:
    cloud = workbook_plume(10.0, 3.6, 239.1, 0.0709, OPEN, 600.0)
    x = 200.0
    flow = 2 * cloud._half(x) * cloud._depth(x) * cloud.wind * cloud.centreline(x)
    pure = cloud.reference.scale * cloud.volume / cloud.warmth
    assert float(flow) == pytest.approx(pure, rel=1e-9)
    sudden = workbook_puff(1000.0, 3.6, 239.1, 0.0709, OPEN)
    assert float(math.pi * sudden._half(x) ** 2 * sudden._depth(x) * sudden.centreline(x)) == pytest.approx(
        sudden.reference.scale * sudden.volume / sudden.warmth, rel=1e-9
    )


def test_the_workbook_refuses_a_light_gas() -> None:
    with pytest.raises(Faults, match="heavier"):
        workbook_plume(1.0, 0.7, 293.0, 0.016, OPEN)


def test_the_criterion_of_weight() -> None:
    """(g' V̇/(u³ D))^⅓ with the width of the pool."""
    source = Source("pool", CHLORINE, rate=3.0, radius=8.0, temperature=239.1)
    reduced = 9.80665 * (source.density - OPEN.air_density) / OPEN.air_density
    expected = (reduced * 3.0 / source.density / (5.0**3 * 16.0)) ** (1 / 3)
    assert weight_criterion(source, OPEN) == (pytest.approx(expected), 0.15)
    sudden = Source("instantaneous", CHLORINE, mass=100.0, temperature=239.1)
    volume = 100 / sudden.density
    reduced = 9.80665 * (sudden.density - OPEN.air_density) / OPEN.air_density
    assert weight_criterion(sudden, OPEN) == (pytest.approx(math.sqrt(reduced * volume) / (5 * volume ** (1 / 3))), 0.20)
    assert weight_criterion(Source("pool", find("ammonia"), rate=1.0, radius=5.0, temperature=300.0), OPEN)[0] == 0


@pytest.mark.parametrize(
    ("source", "model"),
    [
        (jet(), "jet, then dense plume"),
        (jet(height=40.0, direction="vertical", liquid_fraction=0.0, temperature=290.0, rate=0.5), "jet, then Gaussian plume"),
        (Source("pool", CHLORINE, rate=5.0, radius=5.0, temperature=239.1), "dense plume"),
        (Source("pool", CHLORINE, rate=1e-3, radius=5.0, temperature=293.0), "Gaussian plume"),
        (Source("instantaneous", CHLORINE, mass=500.0, radius=3.0, temperature=239.1), "dense cloud"),
        (Source("instantaneous", find("ammonia"), mass=50.0, radius=3.0, temperature=293.0), "Gaussian puff"),
        (Source("area", CHLORINE, rate=5.0, duration=5.0, radius=3.0, temperature=239.1), "dense cloud"),
    ],
)
def test_each_source_gets_its_model_and_the_reason(source: Source, model: str) -> None:
    chosen = cloud_of(source, OPEN)
    assert chosen.model == model
    assert chosen.because
    assert isinstance(chosen.cloud, Cloud)
    x = np.array([50.0, 200.0, 1000.0])
    values = chosen.cloud.concentration(x, 0.0, 1.0)
    assert np.isfinite(values).all() and (values >= 0).all()
    assert (chosen.cloud.dose(x, 0.0, 1.0, 2.0, 1800.0) >= 0).all()


def test_a_regulatory_preset_gets_gaussian_models_alone() -> None:
    chosen = cloud_of(jet(), OPEN, sigma="aqt3046_rural", is_passive_only=True)
    assert (chosen.model, chosen.sigma) == ("Gaussian plume", "aqt3046_rural")


def test_asking_again_costs_nothing() -> None:
    source = jet(rate=7.7)
    first = cloud_of(source, OPEN)
    start = time.perf_counter()
    assert cloud_of(source, OPEN) is first
    assert time.perf_counter() - start < 0.005


def test_a_model_that_fails_falls_back_to_the_workbook_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("does not come to an end")

    monkeypatch.setattr(choice, "dense_plume", fail)
    chosen = cloud_of(Source("pool", CHLORINE, rate=5.5, radius=5.0, temperature=239.1), OPEN)
    assert chosen.model == "workbook of Britter and McQuaid"
    assert "fall_back" in {note.code for note in chosen.notes}


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from("ABCDEF"),
    st.floats(0.6, 15),
    st.floats(0.05, 50),
    st.floats(0, 0.9),
    st.sampled_from(["horizontal", "vertical"]),
)
def test_every_jet_gives_a_cloud(stability: str, wind: float, rate: float, liquid: float, direction: str) -> None:
    source = jet(rate=rate, liquid_fraction=liquid, direction=direction, radius=0.02 + 0.02 * math.sqrt(rate))
    chosen = cloud_of(source, Weather(wind, stability))
    values = chosen.cloud.concentration(np.geomspace(1, 2e4, 30), 0.0, 1.0)
    assert np.isfinite(values).all() and (values >= 0).all()


def test_a_cloud_is_found_within_an_eighth_of_a_second() -> None:
    spent = []
    for rate in (3.1, 3.2, 3.3):
        start = time.thread_time()
        cloud_of(jet(rate=rate), OPEN)
        spent.append(time.thread_time() - start)
    assert min(spent) < 0.125
