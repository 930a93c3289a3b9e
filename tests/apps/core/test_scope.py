"""Who sees what: capabilities over subtrees."""

from __future__ import annotations

import pytest

from chemward.apps.core.models import Membership, Organisation
from chemward.apps.core.scope import Scope, capabilities, minimal, roles, under

pytestmark = pytest.mark.django_db


def test_a_role_holds_for_its_whole_subtree_and_nowhere_else(tree, user_of):
    scope = Scope.of(user_of("duty_officer"))
    assert scope.allows("alarm.acknowledge", tree.park.path)
    assert scope.allows("alarm.acknowledge", tree.chlor.path)
    assert not scope.allows("alarm.acknowledge", tree.city.path)
    assert not scope.allows("alarm.acknowledge", tree.other.path)


def test_a_path_is_not_taken_for_another_that_begins_with_the_same_digits(tree):
    twelve = tree.park.path[:-1] + "2."
    assert not Scope({"alarm.view": (tree.park.path,)}).allows("alarm.view", twelve)


def test_filtering_gives_the_rows_of_the_union_of_subtrees(tree, user_of):
    user = user_of("enterprise_safety", tree.chlor)
    Membership.objects.create(user=user, organisation=tree.other, role="enterprise_safety")
    seen = Scope.of(user).filter(Organisation.objects.all(), "organisation.view", field="path")
    assert {o.name for o in seen} == {"示范氯碱", "邻园企业"}


def test_who_has_no_membership_sees_nothing(tree):
    assert not Scope({}).filter(Organisation.objects.all(), "organisation.view", field="path").exists()


def test_the_platform_sees_everything(tree):
    rows = Scope.everything().filter(Organisation.objects.all(), "organisation.view", field="path")
    assert rows.count() == Organisation.objects.count()


def test_a_deactivated_user_has_no_rights(user_of):
    user = user_of("duty_officer")
    user.is_active = False
    assert Scope.of(user).grants == {}


def test_an_ended_membership_gives_no_rights(tree, user_of, now, later):
    user = user_of("duty_officer")
    user.memberships.update(valid_until=now)
    assert not Scope.of(user).has("alarm.view")


def test_an_ended_organisation_gives_no_rights(tree, user_of):
    user = user_of("enterprise_safety")
    Organisation.objects.filter(pk=tree.chlor.pk).update(is_active=False)
    assert Scope.of(user).grants == {}


def test_reading_a_scope_is_one_query(user_of, django_assert_num_queries):
    user = user_of("park_safety")
    with django_assert_num_queries(1):
        Scope.of(user)


def test_a_misspelt_capability_is_an_error_not_a_silent_no():
    with pytest.raises(ValueError, match="no such capability"):
        Scope.everything().allows("alarm.acknowlege", "1.")


def test_every_capability_of_every_role_exists_and_every_one_is_given_to_some_role():
    given = set().union(*(r.capabilities for r in roles().values()))
    assert given == set(capabilities())


def test_subtrees_inside_one_another_are_named_once():
    assert minimal(["1.4.9.", "1.4.", "2.", "1.40."]) == ("1.4.", "1.40.", "2.")


def test_scope_is_an_index_range(tree):
    sql = str(Organisation.objects.filter(under("path", [tree.park.path])).query)
    assert ">=" in sql and "LIKE" not in sql


def test_looking_at_a_part_hides_what_lies_beside_it_and_gives_nothing_more(tree, user_of):
    scope = Scope.of(user_of("city_bureau")).within(tree.park.path)
    assert scope.allows("alarm.view", tree.chlor.path)
    assert not scope.allows("alarm.view", tree.other.path)
    assert not Scope.of(user_of("enterprise_safety")).within(tree.other.path).grants
    assert Scope.of(user_of("enterprise_safety")).within(tree.park.path).paths("alarm.view") == (tree.chlor.path,)
