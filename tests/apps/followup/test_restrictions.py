"""What is forbidden above is forbidden below, until the authority lifts it or exempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, Restricted, WrongState
from chemward.apps.core.models import AuditEntry
from chemward.apps.followup import rules
from chemward.apps.followup.actions import restrictions
from chemward.apps.followup.actions.restrictions import check
from chemward.apps.followup.models import Restriction, Subject


@pytest.fixture
def impose(actor_of, tree, now):
    def make(**more):
        given = {"verbs": ["project.*"], "title": "B级园区限制新改扩建", "reason": "安全风险等级为B级", "now": now, **more}
        who, path = given.pop("who", actor_of("city_bureau")), given.pop("path", tree.park.path)
        return restrictions.impose(who, path, given.pop("verbs"), **given)

    return make


def test_a_graded_b_park_and_all_its_enterprises_may_not_start_projects(impose, tree, now):
    impose(clause="应急〔2021〕3号")
    for place in (tree.park, tree.chlor):
        with pytest.raises(Restricted, match="B级"):
            check(place.path, "project.start", now=now)
    check(tree.other.path, "project.start", now=now)
    check(tree.chlor.path, "ticket.open", now=now)


def test_one_that_is_not_inherited_holds_only_for_the_place_itself(impose, tree, now):
    impose(is_inherited=False)
    with pytest.raises(Restricted):
        check(tree.park.path, "project.start", now=now)
    check(tree.chlor.path, "project.start", now=now)


def test_it_begins_and_ends(impose, tree, later):
    impose(valid_from=later(days=1), valid_until=later(days=2))
    check(tree.chlor.path, "project.start", now=later(hours=1))
    with pytest.raises(Restricted):
        check(tree.chlor.path, "project.start", now=later(hours=30))
    check(tree.chlor.path, "project.start", now=later(days=2))


def test_an_exempted_enterprise_may_its_neighbour_may_not(impose, actor_of, tree, now, later):
    row = impose()
    restrictions.exempt(
        actor_of("city_bureau"),
        row.uuid,
        tree.chlor.path,
        ["project.start"],
        "安全环保提升项目",
        valid_until=later(days=9),
        now=now,
    )
    check(tree.chlor.path, "project.start", now=now)
    for path, verb, at in (
        (tree.chlor.path, "project.expand", now), (tree.tanks.path, "project.start", now), (tree.chlor.path, "project.start", later(days=10)),
    ):  # fmt: skip
        with pytest.raises(Restricted):
            check(path, verb, now=at)


def test_a_revoked_exemption_no_longer_helps(impose, actor_of, tree, now):
    row, city = impose(), actor_of("city_bureau")
    given = restrictions.exempt(city, row.uuid, tree.chlor.path, ["project.start"], "提升项目", valid_until=None, now=now)
    assert restrictions.exempt(city, row.uuid, tree.chlor.path, ["project.start"], "提升项目", valid_until=None, now=now) == given
    restrictions.revoke(city, given.uuid, "项目内容变更", now=now)
    with pytest.raises(Restricted):
        check(tree.chlor.path, "project.start", now=now)
    with pytest.raises(WrongState):
        restrictions.revoke(city, given.uuid, "项目内容变更", now=now)


def test_one_thing_of_an_enterprise_is_restricted_the_rest_is_free(impose, tree, now):
    truck, other = Subject("closed.vehicle", "1", "示A12345"), Subject("closed.vehicle", "2", "示A54321")
    impose(path=tree.chlor.path, verbs=["gate.enter"], subject=truck)
    with pytest.raises(Restricted):
        check(tree.chlor.path, "gate.enter", subject=truck, now=now)
    check(tree.chlor.path, "gate.enter", subject=other, now=now)
    check(tree.chlor.path, "gate.enter", now=now)


def test_the_restricted_park_may_not_free_itself(impose, actor_of, tree, now):
    row = impose()
    with pytest.raises(NotPermitted):
        restrictions.lift(actor_of("park_safety"), row.uuid, "已整改", now=now)
    with pytest.raises(NotPermitted):
        restrictions.exempt(actor_of("park_safety"), row.uuid, tree.chlor.path, ["project.start"], "x", valid_until=None, now=now)
    with pytest.raises(NotFound):
        restrictions.lift(actor_of("park_safety", tree.other_park), row.uuid, "x", now=now)


def test_the_authority_or_one_above_lifts_it_once(impose, actor_of, tree, now):
    row = impose()
    restrictions.lift(actor_of("province_bureau"), row.uuid, "复评为C级", now=now)
    check(tree.chlor.path, "project.start", now=now)
    with pytest.raises(WrongState):
        restrictions.lift(actor_of("city_bureau"), row.uuid, "复评为C级", now=now)
    assert AuditEntry.objects.filter(verb__startswith="restriction.").count() == 2


def test_imposed_by_a_rule_it_is_lifted_from_above(platform, impose, actor_of, now):
    row = impose(who=platform, key="grade:park")
    assert impose(who=platform, key="grade:park") == row
    with pytest.raises(NotPermitted):
        restrictions.lift(actor_of("park_safety"), row.uuid, "x", now=now)
    restrictions.lift(actor_of("city_bureau"), row.uuid, "复评", now=now)
    assert impose(who=platform, key="grade:park") != row


def test_an_enterprise_may_not_impose(impose, actor_of, tree):
    with pytest.raises(NotPermitted):
        impose(who=actor_of("enterprise_lead"), path=tree.chlor.path)


def test_faults_are_named(impose, now, later):
    with pytest.raises(Invalid) as refused:
        impose(verbs=[], valid_until=later(days=-1))
    assert {f.field for f in refused.value.faults} == {"verbs", "valid_until"}


@given(st.lists(st.integers(1, 9999), min_size=1, max_size=6))
def test_ancestors_are_exactly_the_prefixes_that_end_with_a_dot(ids):
    path = "".join(f"{i}." for i in ids)
    above = rules.ancestors(path)
    assert above[-1] == path
    assert len(above) == len(ids)
    assert all(path.startswith(a) and a.endswith(".") for a in above)


def test_asking_takes_two_queries_whatever_stands_there(impose, tree, now, django_assert_num_queries):
    for n in range(4):
        impose(verbs=[f"x.{n}"])
    with django_assert_num_queries(2):
        check(tree.chlor.path, "project.start", now=now)
    assert Restriction.objects.count() == 4
