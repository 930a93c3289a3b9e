"""What may stand where, who may change it, and what it said before."""

from __future__ import annotations

import pytest

from chemward.apps.assets import queries
from chemward.apps.assets.actions import Draft, change, create, draw, move, put_many, retire
from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset, AssetPast
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, Outbox
from tests.apps.assets.conftest import LAT, LON, point, square


def test_an_instrument_stands_under_equipment_under_unit_under_area(works):
    assert [a.code for a in queries.line(works["gauge"])] == ["A-1", "U-33", "T-3301", "LI-3301"]
    assert AuditEntry.objects.filter(verb="asset.create").count() == 4
    assert Outbox.objects.filter(subject="ev.act.asset.create").count() == 4


@pytest.mark.parametrize(
    ("kind", "parent"), [("unit", "tank"), ("area", "unit"), ("equipment", None), ("protected_target", "area")]
)
def test_nothing_stands_where_it_does_not_belong(make, works, kind, parent):
    with pytest.raises(Invalid, match="parent"):
        make(kind, "X-1", parent=works.get(parent))


def test_a_parent_of_another_enterprise_is_refused(make, works, tree):
    with pytest.raises(Invalid, match="parent"):
        make("unit", "U-1", at=tree.tanks, parent=works["area"])


def test_all_faults_of_a_draft_are_named(make):
    with pytest.raises(Invalid) as refused:
        make(
            "protected_target",
            " ",
            properties={"people_day": -3, "colour": "red"},
            geometry={"type": "LineString", "coordinates": []},
        )
    assert {f.field for f in refused.value.faults} >= {"code", "people_day", "people_night", "category", "colour", "geometry"}


def test_a_code_is_taken_once_in_an_enterprise_but_free_elsewhere_and_after_retirement(make, actor_of, tree, now, later):
    first = make("site", "S-1")
    with pytest.raises(Invalid, match="S-1"):
        make("site", "S-1")
    make("site", "S-1", at=tree.tanks)
    retire(actor_of("park_safety"), first.uuid, "已拆除", now=later(days=1))
    assert make("site", "S-1", when=later(days=2)).pk != first.pk


def test_made_twice_under_one_external_key_it_is_one(make):
    assert make("site", "S-1", external_key="erp-7") == make("site", "S-2", external_key="erp-7")


def test_who_only_looks_may_not_make_and_a_neighbour_sees_nothing(make, actor_of, tree):
    with pytest.raises(NotPermitted):
        make("site", "S-1", who=actor_of("duty_officer"))
    with pytest.raises(NotFound):
        make("site", "S-1", who=actor_of("park_safety", tree.other_park))


def test_changed_it_is_audited_and_what_it_said_is_kept(works, actor_of, now, later):
    tank = change(
        actor_of("enterprise_safety"), works["tank"].uuid, name="1#液氯储罐", properties={"volume_m3": 120}, now=later(days=1)
    )
    assert (tank.version, tank.since) == (2, later(days=1))
    assert AuditEntry.objects.get(verb="asset.change").change_list()["name"] == ["液氯储罐", "1#液氯储罐"]
    past = AssetPast.objects.get()
    assert (past.valid_from, past.valid_until, past.state["properties"]) == (now, later(days=1), {"volume_m3": 100.0})


def test_changed_to_what_it_is_nothing_is_written(works, actor_of, later):
    change(actor_of("enterprise_safety"), works["tank"].uuid, name="液氯储罐", now=later(days=1))
    assert not AuditEntry.objects.filter(verb="asset.change").exists()
    assert not AssetPast.objects.exists()


def test_a_property_is_taken_out_and_a_wrong_one_refused(works, actor_of, now):
    assert change(actor_of("enterprise_safety"), works["tank"].uuid, properties={"volume_m3": None}, now=now).properties == {}
    for wrong in ({"volume_m3": "viel"}, {"cas": "7782505"}, {"commissioned_on": "2020-13-01"}):
        with pytest.raises(Invalid):
            change(actor_of("enterprise_safety"), works["tank"].uuid, properties=wrong, now=now)


def test_drawn_it_has_a_box_and_a_point_inside_and_drawn_again_nothing_happens(works, actor_of, later):
    who = actor_of("enterprise_safety")
    tank = draw(who, works["tank"].uuid, square(half=0.0001), now=later(days=1))
    assert (tank.min_lon, tank.max_lat) == (pytest.approx(LON - 0.0001), pytest.approx(LAT + 0.0001))
    assert tank.min_lon < tank.lon < tank.max_lon
    assert draw(who, tank.uuid, square(half=0.0001), now=later(days=2)).version == tank.version
    assert draw(who, tank.uuid, None, now=later(days=2)).geometry is None


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[120, 31], [121, 32], [121, 31], [120, 32], [120, 31]]]},
        {"type": "Point", "coordinates": [31.9, 120.5]},
        {"type": "Point", "coordinates": [40512345.0, 3530000.0]},
        {"type": "Point", "coordinates": ["a", 1]},
        {"type": "Point", "coordinates": [float("nan"), 31.9]},
        {"type": "Polygon", "coordinates": [[[120, 31], [120, 31]]]},
        {"type": "GeometryCollection", "geometries": []},
        {"coordinates": [120, 31]},
        "POINT(120 31)",
        {"type": "Polygon", "coordinates": 7},
    ],
)
def test_a_shape_that_is_none_is_refused(works, actor_of, now, geometry):
    with pytest.raises(Invalid, match="geometry"):
        draw(actor_of("enterprise_safety"), works["tank"].uuid, geometry, now=now)


def test_moved_all_below_moves_with_it(works, make, actor_of, later):
    other = make("unit", "U-34", parent=works["area"])
    moved = move(actor_of("park_safety"), works["tank"].uuid, other, now=later(days=1))
    gauge = Asset.objects.get(pk=works["gauge"].pk)
    assert moved.tree_path == f"{other.tree_path}{moved.pk}."
    assert [a.code for a in queries.line(gauge)] == ["A-1", "U-34", "T-3301", "LI-3301"]


def test_nothing_hangs_under_itself(works, make, actor_of, now):
    inner = make("equipment", "E-1", parent=works["tank"])
    with pytest.raises(Invalid, match="parent"):
        move(actor_of("park_safety"), works["tank"].uuid, inner, now=now)


def test_retired_with_all_below_and_then_neither_changed_nor_retired_again(works, actor_of, later):
    who = actor_of("park_safety")
    assert retire(who, works["unit"].uuid, "装置拆除", now=later(days=1)) == 3
    assert [a.code for a in queries.living(who.scope)] == ["A-1"]
    for act in (
        lambda: change(who, works["tank"].uuid, name="x", now=later(days=2)),
        lambda: retire(who, works["unit"].uuid, "x", now=later(days=2)),
    ):
        with pytest.raises(WrongState):
            act()


def test_as_of_a_past_day_everything_says_what_it_said_then(works, actor_of, later):
    who = actor_of("park_safety")
    change(who, works["tank"].uuid, name="新罐", now=later(days=10))
    draw(who, works["tank"].uuid, point(LON + 0.001), now=later(days=20))
    retire(who, works["unit"].uuid, "装置拆除", now=later(days=30))
    rows = Asset.objects.filter(code="T-3301")

    def said(days: int) -> list:
        return [(a.name, a.lon) for a in queries.as_of(rows, later(days=days))]

    assert said(-1) == []
    assert said(5) == [("液氯储罐", LON)]
    assert said(15) == [("新罐", LON)]
    assert said(25) == [("新罐", LON + 0.001)]
    assert said(31) == []


def test_guidance_is_inherited_from_area_to_instrument(works):
    assert [g.text for g in queries.guidance(works["gauge"])] == ["撤离方向：上风向", "佩戴空气呼吸器", "先核对就地液位"]
    assert queries.guidance_of([works["gauge"].uuid, works["area"].uuid]) == {
        works["gauge"].uuid: ["撤离方向：上风向", "佩戴空气呼吸器", "先核对就地液位"],
        works["area"].uuid: ["撤离方向：上风向"],
    }


def test_near_a_point_the_nearest_first_with_true_metres(works, make, actor_of):
    make("camera", "C-1", geometry=point(LON + 0.002), parent=works["area"])
    scope = actor_of("park_safety").scope
    found = queries.near(scope, LON, LAT, 300, ["camera", "equipment"])
    assert [n.asset.code for n in found] == ["T-3301", "C-1"]
    # 0.002° of longitude at 31.9° north: 0.002 · 94 538 m
    assert found[1].distance_m == pytest.approx(189.2, abs=0.5)
    assert [n.asset.code for n in queries.near(scope, LON, LAT, 100, ["camera"])] == []
    with pytest.raises(Invalid):
        queries.near(scope, LON, LAT, 1e9)


def test_the_tree_of_an_enterprise_takes_one_query(works, actor_of, tree, django_assert_num_queries):
    scope = actor_of("park_safety").scope
    with django_assert_num_queries(1):
        (root,) = queries.forest(scope, tree.chlor.path)
    assert root.children[0].children[0].children[0].asset.code == "LI-3301"


def test_many_are_put_by_code_and_put_again_nothing_changes(actor_of, tree, now, later):
    who = actor_of("park_safety")
    drafts = [
        Draft("area", "A-9", "九区", geometry=square()),
        Draft("unit", "U-9", "九装置", parent="A-9"),
        Draft("equipment", "T-9", "九罐", parent="U-9", subkind="tank", geometry=point()),
    ]
    assert put_many(who, tree.chlor.path, drafts, source="excel", now=now) == (3, 0)
    assert put_many(who, tree.chlor.path, drafts, source="excel", now=later(days=1)) == (0, 0)
    drafts[2] = Draft("equipment", "T-9", "九号罐", parent="U-9")
    assert put_many(who, tree.chlor.path, drafts, source="excel", now=later(days=2)) == (0, 1)
    assert Asset.objects.get(code="T-9").geometry is not None


def test_one_bad_row_of_many_changes_nothing(actor_of, tree, now):
    drafts = [Draft("site", "S-1", "一"), Draft("unit", "U-1", "二", parent="no-such")]
    with pytest.raises(Invalid, match="no-such"):
        put_many(actor_of("park_safety"), tree.chlor.path, drafts, source="excel", now=now)
    assert not Asset.objects.exists()


def test_create_needs_an_organisation_that_is(actor_of, platform_actor, now):
    with pytest.raises(NotFound):
        create(platform_actor, "9999.", Draft("site", "S", "S"), now=now)


@pytest.fixture
def platform_actor():
    from chemward.apps.core.acts import Actor

    return Actor.platform("test")


def test_the_kinds_file_is_whole():
    for kind in kinds().values():
        assert kind.name_zh
        assert kind.geometry
        for p in kind.properties.values():
            assert p.label_zh
            assert p.type in {"number", "integer", "text", "choice", "boolean", "date"}
            assert (p.type == "choice") == bool(p.choices)
