"""An administrator demands a second factor of a person or of a role; what a role demands reaches those who get it later."""

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from chemward.apps.core.actions import second_factor, users
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted
from chemward.apps.core.models import AuditEntry, SecondFactorDemand, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(actor_of, tree):
    return actor_of("platform_administrator", tree.province)


def must(user: User) -> bool:
    user.refresh_from_db()
    return user.must_use_totp


def test_a_person_of_whom_it_is_demanded_is_sent_to_set_it_up(admin, user_of, now):
    person = user_of("duty_officer")
    second_factor.demand_of_user(admin, person.uuid, True, now=now)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("followup:todo")).headers["Location"] == reverse("core:second-factor")
    assert AuditEntry.objects.get(verb="user.demand_totp").subject_id == str(person.uuid)


def test_a_role_demands_it_of_all_who_hold_it_below_and_of_nobody_beside(admin, user_of, tree, now):
    here, there, other = user_of("duty_officer"), user_of("duty_officer", tree.other_park), user_of("duty_lead")
    second_factor.demand_of_role(admin, "duty_officer", tree.park, now=now)
    assert (must(here), must(there), must(other)) == (True, False, False)


def test_who_gets_the_role_later_owes_it_too(admin, user_of, tree, now):
    second_factor.demand_of_role(admin, "duty_lead", tree.province, now=now)
    person = user_of("duty_officer")
    users.grant(admin, person.uuid, tree.park, "duty_lead", now=now)
    assert must(person)


def test_lifted_it_is_gone_for_those_it_was_set_for_alone(admin, user_of, tree, now):
    own, both = user_of("duty_officer"), user_of("duty_lead")
    second_factor.demand_of_user(admin, both.uuid, True, now=now)
    demand = second_factor.demand_of_role(admin, "duty_officer", tree.park, now=now)
    users.grant(admin, both.uuid, tree.park, "duty_officer", now=now)
    second_factor.lift_of_role(admin, demand.pk, now=now)
    second_factor.lift_of_role(admin, demand.pk, now=now)
    assert (must(own), must(both)) == (False, True)


def test_what_a_role_demands_cannot_be_spared_one_person(admin, user_of, tree, now):
    person = user_of("duty_officer")
    second_factor.demand_of_role(admin, "duty_officer", tree.park, now=now)
    with pytest.raises(Invalid):
        second_factor.demand_of_user(admin, person.uuid, False, now=now)


def test_repeated_it_is_one_demand_and_one_entry(admin, user_of, tree, now):
    user_of("duty_officer")
    first = second_factor.demand_of_role(admin, "duty_officer", tree.park, now=now)
    assert second_factor.demand_of_role(admin, "duty_officer", tree.park, now=now) == first
    assert AuditEntry.objects.filter(verb="role.demand_totp").count() == 1


def test_a_wall_screen_cannot_be_asked_for_a_code(admin, tree, now):
    with pytest.raises(Invalid):
        second_factor.demand_of_role(admin, "wall", tree.park, now=now)


def test_only_who_manages_people_there_may_demand_it(actor_of, user_of, tree, now):
    person = user_of("duty_officer")
    with pytest.raises(NotPermitted):
        second_factor.demand_of_role(actor_of("duty_lead"), "duty_officer", tree.park, now=now)
    with pytest.raises(NotFound):
        second_factor.demand_of_user(actor_of("enterprise_lead"), person.uuid, True, now=now)


def test_the_page_counts_who_has_set_one_up(admin, user_of, tree, now):
    ready = user_of("duty_officer")
    TOTPDevice.objects.create(user=ready, name="x", confirmed=True)
    client = Client()
    client.force_login(admin.user, backend="django.contrib.auth.backends.ModelBackend")
    body = {"role": "duty_officer", "organisation": tree.park.pk}
    assert client.post(reverse("core:second-factors"), body).status_code == 302
    assert "1 / 1" in client.get(reverse("core:second-factors")).content.decode()
    demand = SecondFactorDemand.objects.get()
    assert client.post(reverse("core:second-factor-lift", args=[demand.pk])).status_code == 302
    assert not must(ready)
    assert client.post(reverse("core:user-act", args=[ready.uuid, "demand-second-factor"])).status_code == 302
    assert must(ready)
    assert client.post(reverse("core:user-act", args=[ready.uuid, "spare-second-factor"])).status_code == 302
    assert not must(ready)
