"""The whole chain from an input to its answer."""

from __future__ import annotations

import copy
import json

import msgspec
import numpy as np
import pytest

from chemward.science.commands import find as command
from chemward.science.faults import Faults
from chemward.science.inputs import convert, read
from chemward.science.risk import analysis, contours, curve
from chemward.science.risk.analysis import analyse, compare, what_if
from chemward.science.risk.points import contributions, contributions_at
from chemward.science.risk.run import QraInput, fingerprint, run

EXAMPLE = command("qra run").example_text()


def example(**changes):
    data = json.loads(EXAMPLE)
    data["area"] |= {"cell_m": 80, "columns": 100, "rows": 95}
    data["options"]["domino"] = False
    for path, value in changes.items():
        data[path] = value
    return convert(QraInput, data)


@pytest.fixture(scope="module")
def base():
    return analyse(example())


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qra")
    return run(read(QraInput, EXAMPLE), folder), folder


def test_the_same_file_gives_the_same_bytes(tmp_path):
    data = json.loads(EXAMPLE)
    data["area"] |= {"cell_m": 160, "columns": 50, "rows": 48}
    first, second = (command("qra run").execute(json.dumps(data), out=tmp_path / name) for name in ("a", "b"))
    assert first == second
    for name in json.loads(first)["files"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_answer_names_what_it_used_and_what_was_missing(answer):
    result, folder = answer
    assert result.sets["frequencies"] == "CPR 18E-2005"
    assert result.sets["criteria"] == "GB 36894-2018"
    assert any(gap.field == "equipment[6].detection" for gap in result.missing)
    assert {file.name for file in folder.iterdir()} == set(result.files)
    assert result.input_sha256 == fingerprint(read(QraInput, EXAMPLE))
    assert any(note.code == "raster_too_small" for note in result.notes) == result.contours[-1].touches_rim


def test_contours_hold_the_limits_of_the_criteria_and_go_down_to_1e_8(answer):
    result, folder = answer
    given = {level.level_per_year for level in result.contours}
    assert {3e-7, 3e-6, 1e-5, 3e-5, 1e-8} <= given
    areas = [level.area_m2 for level in result.contours]
    assert areas == sorted(areas)
    drawn = json.loads((folder / "contours.geojson").read_text("utf-8"))
    longitude, latitude = next(f for f in drawn["features"] if f["geometry"]["coordinates"])["geometry"]["coordinates"][0][0]
    assert abs(longitude - 121.6) < 0.1
    assert abs(latitude - 29.95) < 0.1


def test_the_fn_curve_falls_and_its_area_is_the_expected_deaths(base):
    edges = base.setting.edges
    frequency = curve.curve(base.bins, edges)
    assert (np.diff(frequency) <= 1e-18).all()
    area = float((frequency[:-1] * np.diff(edges)).sum()) + frequency[0] * edges[0]
    assert area == pytest.approx(base.expected_deaths, rel=0.05)


def test_the_ranking_adds_up_to_the_raster(base):
    for x, y in ((300.0, 300.0), (700.0, 60.0), (-400.0, -300.0)):
        parts = contributions(base.scenarios.events, base.sites, x, y, base.setting)
        assert parts.sum() == pytest.approx(contours.read_at(base.individual, base.raster, x, y), rel=0.2)


def test_the_ranking_of_many_points_is_that_of_one(base):
    spots = np.array([[300.0, 300.0], [700.0, 60.0], [-400.0, -300.0]])
    many = contributions_at(base.scenarios.events, base.sites, spots, base.setting)
    for spot, row in zip(spots, many, strict=True):
        one = contributions(base.scenarios.events, base.sites, *spot, base.setting)
        np.testing.assert_allclose(row, one, rtol=0.03, atol=1e-13)


def test_ignition_takes_its_share_from_the_toxic_cloud():
    data = json.loads(EXAMPLE)
    tank = copy.deepcopy(data["equipment"][0]) | {"substance": "硫化氢", "id": "H"}
    changed = example(equipment=[tank], ignition_sources=[], options={"delayed": "all"})
    found = analyse(changed)
    by_outcome = {(e.scenario, e.outcome) for e in found.scenarios.events}
    assert ("H/10 mm", "flash fire") in by_outcome
    assert not any(e.outcome == "toxic" for e in found.scenarios.events)
    assert any("none stays toxic" in gap.text for gap in found.gaps)


def test_the_roses_of_lit_and_unlit_clouds_make_the_whole(base):
    lit = [e for e in base.scenarios.events if e.outcome == "flash fire"]
    assert lit
    for event in lit:
        whole = base.setting.roses[event.rose] + base.setting.roses[event.rose + 1]
        np.testing.assert_allclose(whole, base.setting.roses[0], atol=1e-15)


def test_removing_a_unit_and_putting_it_back_changes_nothing(base):
    item = base.given.equipment[0]
    without = what_if(base, remove=[item.id])
    again = what_if(without, add=[item])
    np.testing.assert_allclose(again.individual, base.individual, rtol=1e-6, atol=1e-15)
    assert again.expected_deaths == pytest.approx(base.expected_deaths, rel=1e-6)
    assert without.expected_deaths < base.expected_deaths


def test_what_if_equals_a_run_from_the_start(base):
    item = base.given.equipment[2]
    moved = what_if(base, move={item.id: (600.0, 100.0)})
    data = msgspec.to_builtins(base.given)
    data["equipment"][2] |= {"x_m": 600.0, "y_m": 100.0}
    fresh = analyse(convert(QraInput, data))
    alive = fresh.individual > 1e-9
    np.testing.assert_allclose(moved.individual[alive], fresh.individual[alive], rtol=0.03)
    assert moved.expected_deaths == pytest.approx(fresh.expected_deaths, rel=0.01)
    found = compare(base, moved)
    assert found.area_of_rise_m2 > 0
    assert found.area_of_fall_m2 > 0
    assert next(iter(found.scenarios)).startswith(item.id)
    with pytest.raises(Faults, match="nothing"):
        what_if(base, remove=["nothing"])


def test_all_faults_of_an_input_are_named_at_once():
    data = json.loads(EXAMPLE)
    data["equipment"][0]["inventory_t"] = -1
    data["equipment"][1]["kind"] = "pipes"
    data["equipment"][3]["id"] = "V-201"
    data["weather"]["day"][0] = data["weather"]["day"][0][:-1]
    del data["area"]["cell_m"]
    with pytest.raises(Faults) as caught:
        convert(QraInput, data)
    assert {fault.field for fault in caught.value.faults} >= {"equipment[0].inventory_t", "equipment[1].kind", "area.cell_m"}


def test_sets_that_are_not_known_are_faults():
    with pytest.raises(Faults) as caught:
        run(example(sets={"frequencies": "A set of mine", "toxic_probits": "Another"}))
    assert [fault.field for fault in caught.value.faults] == ["sets.frequencies", "sets.toxic_probits"]


def test_a_park_without_any_effect_is_a_fault_and_says_why():
    water = json.loads(EXAMPLE)["equipment"][0] | {"substance": "水"}
    with pytest.raises(Faults, match="no event"):
        run(example(equipment=[water]))


def test_which_method_gives_the_external_distance():
    data = json.loads(EXAMPLE)["equipment"]
    charge = data[5] | {"id": "E", "tnt_kg": 1000, "substance": "苯", "s_ratio": 0.1}
    found = run(example(equipment=[data[0], charge]))
    methods = {entry.method: entry for entry in found.external_distance}
    assert methods["consequence"].distances_m["highly sensitive"] == pytest.approx(588.6, abs=0.2)
    assert methods["quantitative risk"].units == ["V-101", "E"]
    small = run(example(equipment=[data[0] | {"s_ratio": 0.5}]))
    assert [entry.method for entry in small.external_distance] == ["distances of the fire and siting standards"]


def test_escalation_adds_events_never_to_the_item_itself(answer):
    result, _ = answer
    assert result.escalations
    for entry in result.escalations:
        assert entry.level in (1, 2)
        assert entry.primary.split("/")[0] != entry.target
    assert {entry.level for entry in result.escalations} == {1, 2} or all(e.level == 1 for e in result.escalations)
    assert any(contributor.name.startswith("domino") for contributor in result.contributors["outcomes"])


def test_pencils_and_a_station_record_run_too():
    rng = np.random.default_rng(1)
    hours = 24 * 30
    station = {
        "kind": "station", "wind_m_s": rng.weibull(2, hours).round(2).tolist(), "from_deg": rng.uniform(0, 360, hours).round().tolist(),
        "cloud": rng.uniform(0, 1, hours).round(2).tolist(),
    }  # fmt: skip
    found = run(example(weather=station, options={"pencils": True}))
    assert found.weather.records == hours
    assert any(note.code == "pencils" for note in found.notes)
    assert found.summary.expected_deaths_per_year > 0


def test_blast_strength_and_defaults_are_reported():
    gaps = analyse(example(options={})).gaps
    assert any(gap.field == "options.blast_strength" and gap.used == str(analysis.BLAST_STRENGTH) for gap in gaps)
