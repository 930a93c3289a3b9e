"""What the map gets: what lies in its box, what the zoom shows, what the scope sees."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chemward.apps.assets import layers
from chemward.apps.assets.actions import draw, retire
from chemward.apps.assets.layers import Ask, Feature
from chemward.apps.core.errors import Invalid, NotFound
from tests.apps.assets.conftest import LAT, LON, point, square

HERE = (LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01)
AWAY = (LON + 1, LAT, LON + 2, LAT + 1)


@pytest.fixture
def look(actor_of):
    def _look(name: str, box=HERE, zoom: float = 17, role: str = "park_safety", at=None, place=None, **more) -> list[dict]:
        answer = json.loads(layers.collection(name, Ask(actor_of(role, place).scope, box, zoom, at, **more)))
        assert answer["type"] == "FeatureCollection"
        return answer["features"]

    return _look


def codes(features: list[dict]) -> list[str]:
    return [f["properties"].get("code", "?") for f in features]


def test_only_what_lies_in_the_box_and_only_from_the_layers_zoom(works, look):
    assert codes(look("assets.tanks")) == ["T-3301"]
    assert look("assets.tanks", AWAY) == []
    assert look("assets.tanks", zoom=10) == []


def test_a_feature_carries_geometry_and_what_the_map_must_know(works, look):
    (tank,) = look("assets.equipment")
    assert tank["geometry"] == point()
    assert tank["properties"] == {
        "id": str(works["tank"].uuid), "name": "液氯储罐", "subkind": "tank", "code": "T-3301", "volume_m3": 100.0, "is_own": True,
    }  # fmt: skip


def test_another_enterprises_equipment_is_not_seen_its_road_is_but_not_what_is_known_of_it(make, works, look, tree):
    make(
        "road",
        "R-1",
        at=tree.park,
        name="园区一路",
        geometry={"type": "LineString", "coordinates": [[LON, LAT], [LON + 0.001, LAT]]},
    )
    make(
        "road",
        "R-9",
        at=tree.tanks,
        name="厂内路",
        geometry={"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT + 0.001]]},
    )
    assert look("assets.equipment", role="enterprise_safety", place=tree.tanks) == []
    roads = {
        f["properties"]["name"]: set(f["properties"]) for f in look("assets.roads", role="enterprise_safety", place=tree.chlor)
    }
    assert roads == {"园区一路": {"id", "name", "subkind"}, "厂内路": {"id", "name", "subkind"}}
    assert look("assets.roads", role="park_safety", place=tree.other_park) == []


def test_a_past_moment_shows_what_stood_there_then(works, look, actor_of, later):
    draw(actor_of("park_safety"), works["tank"].uuid, square(half=0.0001), now=later(days=1))
    retire(actor_of("park_safety"), works["tank"].uuid, "拆除", now=later(days=2))
    assert look("assets.tanks") == []
    assert look("assets.tanks", at=later(hours=1))[0]["geometry"]["type"] == "Point"
    assert look("assets.tanks", at=later(hours=30))[0]["geometry"]["type"] == "Polygon"
    assert look("assets.tanks", at=later(days=3)) == []


def test_more_than_the_limit_is_cut_and_said(make, works, actor_of):
    for n in range(3):
        make("equipment", f"T-{n}", parent=works["unit"], subkind="tank", geometry=point(LON + n / 1e4))
    answer = json.loads(layers.collection("assets.tanks", Ask(actor_of("park_safety").scope, HERE, 17, limit=2)))
    assert (len(answer["features"]), answer["truncated"]) == (2, True)


def test_a_layer_takes_the_same_queries_however_many_things(make, works, actor_of):
    scope = actor_of("park_safety").scope

    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as made:
            layers.collection(name, Ask(scope, HERE, 17))
        return len(made)

    before = {name: queries(name) for name in ("assets.tanks", "assets.roads")}
    for n in range(5):
        make("equipment", f"T-{n}", parent=works["unit"], subkind="tank", geometry=point())
        make("road", f"R-{n}", geometry={"type": "LineString", "coordinates": [[LON, LAT], [LON + 0.001, LAT]]})
    assert {name: queries(name) for name in before} == before == {"assets.tanks": 1, "assets.roads": 2}


def test_who_may_not_see_assets_gets_no_layer(works, actor_of, tree):
    scope = actor_of("contractor").scope
    assert [x.name for x in layers.shown(scope) if x.name.startswith("assets.")] == []
    with pytest.raises(NotFound):
        layers.collection("assets.tanks", Ask(scope, HERE, 17))


def test_a_higher_room_registers_a_layer_once(monkeypatch, actor_of):
    monkeypatch.setattr(layers, "_layers", {})

    @layers.layer("test.halo", "光晕", min_zoom=3, capability="alarm.view")
    def halo(ask):
        return [Feature("1", point(), {"p": 1})]

    found = json.loads(layers.collection("test.halo", Ask(actor_of("wall").scope, HERE, 5)))
    assert found["features"][0]["properties"] == {"p": 1, "id": "1"}
    with pytest.raises(ValueError, match=r"test\.halo"):
        layers.layer("test.halo", "x")(lambda ask: [])


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "121,31,120,32", "120,32,121,31", "nan,1,2,3", "120,31,121,99"])
def test_a_box_that_is_none_is_refused(text):
    with pytest.raises(Invalid, match="bbox"):
        layers.box(text)
