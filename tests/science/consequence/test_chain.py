"""One accident from the hole to the contours: which models it takes, what it refuses, what it promises."""

from __future__ import annotations

import copy
import json
from importlib.resources import files

import numpy as np
import pytest

from chemward.science import commands
from chemward.science.consequence.accident import Accident
from chemward.science.consequence.chain import consequence
from chemward.science.consequence.geojson import collections
from chemward.science.consequence.toxic_step import zones
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults
from chemward.science.inputs import convert

EXAMPLE = json.loads((files("chemward.science") / "examples" / "consequence-run.json").read_text("utf-8"))
METHANE = {
    "substance": "methane",
    "release": {"kind": "hole", "vessel": {"volume_m3": 50, "temperature_c": 15, "pressure_kpa": 3000, "fill": 0}, "hole_mm": 25},
    "weather": {"wind_m_s": 3, "stability": "D"},
}
BENZENE = {
    "substance": "苯",
    "release": {"kind": "hole", "vessel": {"volume_m3": 500, "temperature_c": 25, "fill": 0.8}, "hole_mm": 50},
    "weather": {"wind_m_s": 3, "stability": "D"},
    "bund": {"area_m2": 400},
}
PROPANE = {
    "substance": "丙烷",
    "release": {"kind": "rupture", "vessel": {"volume_m3": 50, "temperature_c": 25, "fill": 0.8}},
    "weather": {"wind_m_s": 3, "stability": "D"},
    "congestion": {"volume_m3": 2000, "at_m": 40},
}


def run(data, **changes):
    given = copy.deepcopy(data)
    for path, value in changes.items():
        target = given
        *parents, last = path.split("__")
        for parent in parents:
            target = target[parent]
        target[last] = value
    return consequence(convert(Accident, given))


def steps(result):
    return [step.step for step in result.steps]


def reach(result, effect, name, of=None):
    found = [c.distance_m for c in result.contours if c.effect == effect and c.name == name and of in (None, c.of)]
    assert found, [(c.effect, c.name, c.of) for c in result.contours]
    return max(found)


def test_liquefied_chlorine_flashes_and_harms_by_poison_alone():
    result = run(EXAMPLE)
    assert result.cas == "7782-50-5"
    assert steps(result)[:2] == ["release", "pool"]
    assert "toxic" in steps(result)
    assert not {"pool_fire", "jet_fire", "fireball", "explosion", "flash_fire"} & set(steps(result))
    flash = next(s for s in result.steps if s.step == "release").results["vapour_fraction"]
    assert flash == pytest.approx(0.19, abs=0.01)  # cp ΔT / Δh of chlorine from 25 °C


def test_emergency_guidelines_lie_around_each_other():
    result = run(EXAMPLE)
    assert (
        reach(result, "toxic", "ERPG-3", "jet")
        < reach(result, "toxic", "ERPG-2", "jet")
        < reach(result, "toxic", "ERPG-1", "jet")
    )
    assert result.sets["toxic_probit"] == "AQ/T 3046-2013"


def test_emergency_guidelines_stand_where_their_concentration_does():
    """Chlorine: ERPG-2 is 3 ppm, 8.8 mg/m³ in air of 15 °C, far below the level at which half die."""
    result = run(EXAMPLE, weather__stability="D", weather__wind_m_s=5.0)
    assert reach(result, "toxic", "ERPG-2", "jet") > 3 * reach(result, "lethality", "half die", "jet")
    level = next(c for c in result.contours if c.name == "ERPG-2" and c.of == "jet")
    assert (level.level, level.unit) == (3.0, "ppm")
    milligrams = zones("7782-50-5", 0.070906, Weather(5.0, "D", 288.15))
    assert {row.name: value for row, value in milligrams}["ERPG-2"] == pytest.approx(
        3e-6 * 0.070906 * 101_325 / (8.314 * 288.15), rel=1e-3
    )


def test_gas_under_pressure_makes_a_jet_fire_and_no_pool():
    result = run(METHANE)
    assert "jet_fire" in steps(result)
    assert "pool" not in steps(result)
    assert reach(result, "heat", "certain death") < reach(result, "heat", "pain") < reach(result, "heat", "no discomfort")


def test_a_liquid_below_its_boiling_point_makes_a_pool_in_its_bund_and_a_pool_fire():
    result = run(BENZENE)
    pool = next(s for s in result.steps if s.step == "pool")
    assert pool.results["radius_m"] == pytest.approx((400 / np.pi) ** 0.5, rel=0.01)
    assert "pool_fire" in steps(result)
    assert "jet_fire" not in steps(result)


def test_a_bursting_vessel_of_liquefied_gas_makes_a_fireball_a_cloud_and_a_blast():
    result = run(PROPANE)
    assert {"fireball", "flash_fire", "explosion"} <= set(steps(result))
    assert reach(result, "overpressure", "certain death", "explosion") < reach(
        result, "overpressure", "safe distance", "explosion"
    )


def test_a_new_wind_direction_turns_the_contours_and_changes_nothing_else():
    north, east = run(METHANE, weather__wind_from_deg=0.0), run(METHANE, weather__wind_from_deg=90.0)
    for a, b in zip(north.contours, east.contours, strict=True):
        assert a.distance_m == pytest.approx(b.distance_m)
        assert a.area_m2 == pytest.approx(b.area_m2)
        for ring_a, ring_b in zip(a.rings, b.rings, strict=True):
            turned = np.array(ring_a) @ np.array([[0.0, -1.0], [1.0, 0.0]])
            assert turned == pytest.approx(np.array(ring_b), abs=1e-5) or -turned == pytest.approx(np.array(ring_b), abs=1e-5)


def test_a_larger_hole_reaches_farther():
    small, large = run(EXAMPLE, release__hole_mm=10.0), run(EXAMPLE, release__hole_mm=40.0)
    assert reach(small, "lethality", "one in ten dies") < reach(large, "lethality", "one in ten dies")


def test_every_contour_has_a_band_around_it_and_names_its_source():
    for contour in run(METHANE).contours:
        assert contour.source
        if contour.rings and contour.effect != "heat":
            assert contour.band.low_m <= contour.distance_m * 1.02
            assert contour.band.high_m >= contour.distance_m * 0.98
    assert all(c.band is None for c in run(METHANE, with_band=False).contours)


def test_the_same_input_gives_the_same_bytes():
    command = commands.find("consequence run")
    assert command.execute(command.example_text()) == command.execute(command.example_text())


def test_contours_come_as_geojson_the_farthest_first():
    found = collections(run(EXAMPLE))
    for collection in found.values():
        distances = [f["properties"]["distance_m"] for f in collection["features"]]
        assert distances == sorted(distances, reverse=True)
        for feature in collection["features"]:
            for (ring,) in feature["geometry"]["coordinates"]:
                assert ring[0] == ring[-1]
                assert all(119 < lon < 122 and 31 < lat < 33 for lon, lat in ring)


def test_the_regulatory_preset_takes_gaussian_models_alone():
    result = run(EXAMPLE, sets={"preset": "aqt3046"})
    models = {s.model for s in result.steps if s.step == "dispersion"}
    assert all("Gauss" in model for model in models)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"substance": "unobtainium"}, {"substance"}),
        ({"release__hole_mm": -1.0, "weather__stability": "G"}, {"release.hole_mm", "weather.stability"}),
        ({"release__vessel__fill": 1.5, "weather__wind_m_s": float("nan")}, {"release.vessel.fill", "weather.wind_m_s"}),
        ({"release__vessel__pressure_kpa": 200.0}, {"release.vessel.pressure_kpa"}),
        ({"mixture": [{"substance": "氯", "mole_fraction": 1.0}]}, {"substance"}),
        ({"release__vessel__temperature_c": 200.0}, {"release.vessel.fill"}),
    ],
)
def test_wrong_input_is_refused_by_the_names_of_its_fields(changes, fields):
    with pytest.raises(Faults) as refused:
        run(EXAMPLE, **changes)
    assert {fault.field for fault in refused.value.faults} == fields


def test_calm_is_refused_not_reckoned():
    with pytest.raises(Faults, match="wind"):
        run(EXAMPLE, weather__wind_m_s=0.0)
