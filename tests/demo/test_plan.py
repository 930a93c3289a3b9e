"""The plan of the demo park: the same each time, plainly invented, drawn without faults."""

import collections
import itertools
import math

import pytest
from shapely import STRtree
from shapely.geometry import Point, shape

from chemward.demo.plan import build
from chemward.protocols.telemetry.units import canonical, conversions_for
from chemward.telemetry.engine.config import AlarmConfig, TagConfig, faults


def test_the_same_seed_draws_the_same_park(plan):
    build.cache_clear()
    assert build(plan.seed) == plan


def test_another_seed_draws_other_plants_on_the_same_lots(plan):
    other = build(8)
    assert [o.geometry for o in other.enterprises] == [o.geometry for o in plan.enterprises]
    assert {e.code: e.geometry for e in other.equipment} != {e.code: e.geometry for e in plan.equipment}


def test_the_park_is_as_large_as_promised(plan):
    assert len(plan.enterprises) >= 30
    assert len(plan.gates) == 8
    assert len(plan.tags) >= 3000
    assert {t.kind for t in plan.tags} == {"number", "state", "counter", "text"}


@pytest.mark.parametrize(
    "collection",
    [
        "organisations",
        "areas",
        "units",
        "equipment",
        "instruments",
        "buildings",
        "roads",
        "gates",
        "cameras",
        "targets",
        "population",
    ],
)
def test_codes_are_unique(plan, collection):
    counts = collections.Counter(row.code for row in getattr(plan, collection))
    assert [code for code, n in counts.items() if n > 1] == []


def test_tag_codes_are_unique_in_their_feed(plan):
    counts = collections.Counter((t.feed, t.code) for t in plan.tags)
    assert [key for key, n in counts.items() if n > 1] == []
    assert len({t.key for t in plan.tags}) == len(plan.tags)
    assert all(len(t.code) <= 64 for t in plan.tags)


def test_references_lead_somewhere(plan):
    organisations = {o.code for o in plan.organisations}
    areas, units, equipment = ({r.code for r in rows} for rows in (plan.areas, plan.units, plan.equipment))
    instruments, feeds, people = {i.code for i in plan.instruments}, {f.key for f in plan.feeds}, {u.username for u in plan.users}
    assert all(o.parent in organisations for o in plan.organisations if o.kind != "province")
    assert all(a.enterprise in organisations for a in plan.areas)
    assert all(u.area in areas for u in plan.units)
    assert all(e.unit in units and e.within in {"", *equipment} for e in plan.equipment)
    assert all(i.owner in organisations and i.unit in {"", *units} and i.equipment in {"", *equipment} for i in plan.instruments)
    assert all(t.instrument in instruments and t.feed in feeds for t in plan.tags)
    assert all(f.owner in organisations for f in plan.feeds)
    assert all(u.organisation in organisations and u.deputy in {"", *people} for u in plan.users)


# -- names ------------------------------------------------------------------------------------------------------------


def test_all_names_are_plainly_demo(plan):
    assert [o.name for o in plan.organisations if "示范" not in o.name] == []
    assert [t.name for t in plan.targets if "示范" not in t.name] == []


def test_people_are_a_role_and_a_stem(plan):
    assert [u.name for u in plan.users if u.name.split()[-1] not in ("甲", "乙", "丙", "丁")] == []
    roles = {u.role for u in plan.users}
    assert roles == {
        "duty_officer", "duty_lead", "park_safety", "enterprise_safety", "enterprise_lead", "enterprise_operator",
        "contractor", "city_bureau", "province_bureau", "integrator", "platform_administrator", "wall",
    }  # fmt: skip
    cared_for = {u.organisation for u in plan.users if u.role == "enterprise_safety"}
    assert cared_for == {o.code for o in plan.enterprises}


# -- geometry ---------------------------------------------------------------------------------------------------------


def test_every_geometry_is_valid(plan):
    rows = itertools.chain(
        plan.enterprises, plan.areas, plan.units, plan.equipment, plan.instruments, plan.buildings,
        plan.roads, plan.gates, plan.cameras, plan.targets, plan.population, plan.features,
    )  # fmt: skip
    broken = [row.code for row in rows if not shape(row.geometry).is_valid or shape(row.geometry).is_empty]
    assert broken == []


def test_enterprises_do_not_overlap(plan):
    lots = [(o.code, shape(o.geometry)) for o in plan.enterprises]
    assert [(a, b) for (a, x), (b, y) in itertools.combinations(lots, 2) if x.intersects(y)] == []


def test_everything_stands_where_it_belongs(plan):
    fence = shape(next(f.geometry for f in plan.features if f.kind == "fence"))
    lots = {o.code: shape(o.geometry) for o in plan.enterprises}
    areas, units = ({r.code: shape(r.geometry) for r in rows} for rows in (plan.areas, plan.units))
    assert [code for code, lot in lots.items() if not fence.contains(lot)] == []
    assert [a.code for a in plan.areas if not lots[a.enterprise].contains(areas[a.code])] == []
    hair = 1e-7
    assert [e.code for e in plan.equipment if not units[e.unit].buffer(hair).covers(shape(e.geometry))] == []


def test_no_two_pieces_of_equipment_stand_on_the_same_ground(plan):
    by_unit = collections.defaultdict(list)
    for e in plan.equipment:
        if e.kind != "dike":
            by_unit[e.unit].append(e)
    clashes = []
    for pieces in by_unit.values():
        shapes = [shape(e.geometry) for e in pieces]
        tree = STRtree(shapes)
        for i, j in tree.query(shapes, predicate="intersects").T:
            if i < j:
                clashes.append((pieces[i].code, pieces[j].code))
    assert clashes == []


def test_tanks_stand_inside_their_dikes(plan):
    pieces = {e.code: e for e in plan.equipment}
    tanks = [e for e in plan.equipment if e.kind == "tank"]
    assert tanks
    assert [t.code for t in tanks if not shape(pieces[t.within].geometry).contains(shape(t.geometry))] == []


def test_gates_stand_at_the_fence_and_targets_outside_of_it(plan):
    fence = shape(next(f.geometry for f in plan.features if f.kind == "fence"))
    metres = 111_000
    assert [g.code for g in plan.gates if fence.exterior.distance(Point(g.geometry["coordinates"])) * metres > 60] == []
    assert [t.code for t in plan.targets if shape(t.geometry).intersects(fence)] == []


def test_metres_and_degrees_agree(plan):
    a, b = plan.cameras[0], plan.cameras[50]
    (lon1, lat1), (lon2, lat2) = a.geometry["coordinates"], b.geometry["coordinates"]
    east = (lon2 - lon1) * 111_320 * math.cos(math.radians(38.02))
    assert b.at[0] - a.at[0] == pytest.approx(east, abs=0.5)
    assert b.at[1] - a.at[1] == pytest.approx((lat2 - lat1) * 110_574, abs=0.5)


# -- tags and alarms --------------------------------------------------------------------------------------------------


def test_every_number_has_a_unit_and_a_span(plan):
    assert [t.key for t in plan.tags if t.kind == "number" and (not t.unit or t.lo >= t.hi)] == []


def test_what_gateways_send_can_be_converted(plan):
    for tag in (t for t in plan.tags if t.send_unit):
        factor, offset = tag.conversions[tag.send_unit]
        from chemward.demo.tables import table

        known = conversions_for(canonical(tag.unit), molar_mass=table("gases")[tag.gas]["molar_mass"])
        assert (factor, offset) == pytest.approx(tuple(known[tag.send_unit]), rel=1e-5)


def test_the_engine_finds_no_fault_in_any_tag(plan):
    number = {t.key: i + 1 for i, t in enumerate(plan.tags)}
    found = {}
    for tag in plan.tags:
        if fault := faults(_configuration(tag, number), set(number.values())):
            found[tag.key] = fault
    assert found == {}


def _configuration(tag, number):
    alarms = tuple(
        AlarmConfig(
            id=f"{tag.key}/{a.type}", type=a.type, limit=a.limit, deadband=a.deadband, on_s=a.on_s, off_s=a.off_s, count=a.count,
            window_s=a.window_s, latch=a.latch, priority=a.priority, level=a.level, title=a.title,
            reference=number[a.reference] if a.reference else None, reason=a.reason,
        )
        for a in tag.alarms
    )  # fmt: skip
    return TagConfig(
        n=number[tag.key], code=tag.code, kind=tag.kind, unit=tag.unit, lo=tag.lo, hi=tag.hi, period_s=tag.period_s,
        states=dict(tag.states), conversions=dict(tag.conversions), alarms=alarms, frozen_s=tag.frozen_s,
    )  # fmt: skip


def test_every_alarm_says_what_it_means_and_where_its_limit_comes_from(plan):
    silent = [
        (t.key, a.type)
        for t in plan.tags
        for a in t.alarms
        if not (a.title and a.consequence and a.response and a.guidance and a.source and a.respond_s > 0)
        or "{" in a.title + a.source
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("gas", "first", "second", "span"),
    [("chlorine", 1.0, 2.0, 3.0), ("hydrogen_sulphide", 10.0, 20.0, 30.0), ("hydrogen", 25.0, 50.0, 100.0)],
)
def test_gas_detectors_follow_gb_50493(plan, gas, first, second, span):
    for tag in (t for t in plan.tags if t.gas == gas):
        limits = {a.type: (a.limit, a.level) for a in tag.alarms}
        assert (limits["H"], limits["HH"], tag.hi) == ((first, 1), (second, 2), span)
        assert all("GB/T 50493-2019" in a.source for a in tag.alarms if a.type in ("H", "HH"))


def test_oxygen_alarms_low_and_high(plan):
    oxygen = next(t for t in plan.tags if t.gas == "oxygen")
    assert {a.type: a.limit for a in oxygen.alarms} == {"L": 19.5, "H": 23.5}


def test_one_unit_carries_the_tennessee_eastman_signals(plan):
    codes = {t.code for t in plan.tags if t.model == "tep"}
    assert codes == {f"XMEAS({i})" for i in range(1, 42)} | {f"XMV({i})" for i in range(1, 13)}
