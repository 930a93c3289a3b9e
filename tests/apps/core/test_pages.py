"""Pages of the core, as people of different roles open them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chemward.apps.core.actions import users
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import ApiToken, AuditEntry, LoginRecord, User, UserSession

pytestmark = pytest.mark.django_db
PASSWORD = "Yuan-An-2026-demo"


@pytest.fixture
def person(user_of):
    def make(role, at=None):
        user = user_of(role, at)
        user.set_password(PASSWORD)
        user.save()
        return user

    return make


@pytest.fixture
def log_in(person):
    def enter(role, at=None) -> Client:
        client = Client()
        user = person(role, at)
        answer = client.post("/login", {"username": user.username, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return client

    return enter


ADMIN_PAGES = [
    "account", "users", "user-invite", "posts", "post-new", "organisations", "organisation-new", "walls", "audit", "logins", "usage", "system",
    "jobs", "token-new", "preference", "second-factor", "change-password",
]  # fmt: skip


@pytest.mark.parametrize("name", ADMIN_PAGES)
def test_an_administrator_opens_every_page_of_the_core(name, log_in):
    answer = log_in("platform_administrator").get(reverse(f"core:{name}"))
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_the_content_policy_knows_no_exception_but_pictures_made_by_the_page(log_in):
    policy = log_in("duty_officer").get("/account/")["Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert "unsafe" not in policy
    assert [name for name, sources in parts.items() if "blob:" in sources or "data:" in sources] == ["img-src"]


@pytest.mark.parametrize("name", ["users", "walls", "audit", "usage"])
def test_an_operator_is_refused_on_the_pages_of_administration(name, log_in):
    assert log_in("enterprise_operator").get(reverse(f"core:{name}")).status_code == 403


@pytest.mark.parametrize("name", ADMIN_PAGES)
def test_nobody_gets_in_without_logging_in(name, client):
    answer = client.get(reverse(f"core:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


def test_log_in_is_noted_and_opens_a_session_that_can_be_ended(log_in, person):
    client = log_in("duty_officer")
    row = UserSession.objects.get()
    assert LoginRecord.objects.get().outcome == "in"
    client.post(reverse("core:session-end", args=[row.pk]))
    assert client.get("/account/").status_code == 302


def test_a_wrong_password_locks_name_and_address_but_not_the_colleague(person):
    user, colleague = person("duty_officer"), person("duty_lead")
    client = Client()
    for _n in range(5):
        client.post("/login", {"username": user.username, "password": "wrong"})
    assert client.post("/login", {"username": user.username, "password": PASSWORD}).status_code == 429
    assert client.post("/login", {"username": colleague.username, "password": PASSWORD}).status_code == 302


def test_a_log_in_does_not_send_people_to_another_site(person):
    user = person("duty_officer")
    answer = Client().post("/login", {"username": user.username, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_an_invited_person_sets_a_password_by_the_link_once(tree, actor_of, now, client):
    from django.utils import timezone

    admin = actor_of("platform_administrator")
    user, secret = users.invite(
        admin,
        username="jia",
        display_name="值班员 甲",
        home=tree.park,
        memberships=[(tree.park, "duty_officer")],
        now=timezone.now(),
    )
    address = reverse("core:first-password", args=[secret])
    assert client.get(address).status_code == 200
    answer = client.post(address, {"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/account/").status_code == 200
    assert Client().get(address).status_code == 404


def test_a_weak_first_password_is_refused_with_the_reason(tree, actor_of, client):
    from django.utils import timezone

    _user, secret = users.invite(
        actor_of("platform_administrator"), username="yi", display_name="乙", home=tree.park, memberships=[], now=timezone.now()
    )
    answer = client.post(reverse("core:first-password", args=[secret]), {"password": "12345678901", "again": "12345678901"})
    assert answer.status_code == 200
    assert User.objects.get(username="yi").has_usable_password() is False


def test_a_deactivated_person_is_out_at_once(log_in, person, actor_of):
    from django.utils import timezone

    client = log_in("duty_officer")
    user = person("duty_officer")
    user = User.objects.get(pk=user.pk)
    client = Client()
    client.post("/login", {"username": user.username, "password": PASSWORD})
    users.deactivate(actor_of("platform_administrator"), user.uuid, reason="离职", now=timezone.now())
    assert client.get("/account/").status_code == 302


def test_an_enterprise_lead_gives_no_role_above_their_own(tree, person, actor_of, now):
    lead = actor_of("enterprise_lead")
    colleague = person("enterprise_operator")
    with pytest.raises(Exception, match="more than your own|不能"):
        users.grant(lead, colleague.uuid, tree.chlor, "enterprise_safety", now=now)


def test_a_token_opens_the_api_with_its_rights_only(person, now):
    from django.utils import timezone

    user = person("duty_officer")
    _token, secret = users.make_token(Actor.of(user), name="看板", wanted=["organisation.view"], now=timezone.now())
    client = Client()
    bearer = {"Authorization": f"Bearer {secret}"}
    me = client.get("/api/v1/me", headers=bearer).json()
    assert list(me["capabilities"]) == ["organisation.view"]
    assert client.get("/api/v1/organisations", headers=bearer).status_code == 200
    users.revoke_token(Actor.of(user), ApiToken.objects.get().uuid, now=timezone.now())
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_the_secret_of_a_token_is_not_stored(person, now):
    _token, secret = users.make_token(Actor.of(person("duty_officer")), name="x", wanted=["alarm.view"], now=now)
    assert secret not in str(ApiToken.objects.values())


def test_the_api_document_names_every_route_and_its_page_is_offline(log_in):
    client = log_in("platform_administrator")
    document = client.get("/api/v1/openapi.json").json()
    assert "/api/v1/me" in document["paths"]
    page = client.get("/api/v1/docs").content.decode()
    assert "https://" not in page.replace("https://www.w3.org", "")


def test_a_wall_may_look_and_an_act_asks_for_a_person(tree, person, actor_of):
    wall_user = person("wall")
    officer = person("duty_officer")
    _device, secret = users.make_wall(
        actor_of("platform_administrator"), name="值班大屏", organisation=tree.park, user=wall_user, now=timezone.now()
    )
    client = Client()
    assert client.get(f"/wall?device={secret}").status_code == 302
    assert client.get("/account/").status_code == 200
    assert client.get(reverse("core:users")).status_code == 403
    answer = client.post("/wall/grant", {"username": officer.username, "password": PASSWORD}).json()
    me = client.get("/api/v1/me", headers={"X-Wall-Grant": answer["grant"]}).json()
    assert me["username"] == officer.username  # this one request is the person's …
    assert "alarm.acknowledge" in me["capabilities"]
    assert client.get("/api/v1/me").json()["username"] == wall_user.username  # … the next one the wall's again
    assert "alarm.acknowledge" not in client.get("/api/v1/me").json()["capabilities"]


def test_a_person_at_the_wall_acts_by_plain_forms_for_a_minute(tree, person, actor_of):
    """The grant travels in a cookie of the wall's browser: pages show what the person may do, forms are theirs, the API is not."""
    _device, secret = users.make_wall(
        actor_of("platform_administrator"), name="值班大屏", organisation=tree.park, user=person("wall"), now=timezone.now()
    )
    client, officer = Client(), person("duty_officer")
    client.get(f"/wall?device={secret}")
    form = {"organisation": tree.chlor.pk, "title": "法兰渗漏", "level": "general", "origin": "patrol"}
    assert client.post("/hazards/new", form).status_code == 403
    assert client.get("/hazards/new").status_code == 403
    client.post("/wall/grant", {"username": officer.username, "password": PASSWORD})
    assert officer.display_name in client.get("/hazards/new").content.decode()
    assert client.post("/hazards/new", form).status_code == 302
    entry = AuditEntry.objects.get(verb="hazard.report")
    assert (entry.user, entry.via) == (officer, "wall")
    assert client.get("/api/v1/me").json()["username"] != officer.username
    client.post("/wall/leave")
    assert client.post("/hazards/new", form).status_code == 403


def test_a_grant_ends_with_its_minute_and_is_worth_nothing_elsewhere(tree, person, actor_of, monkeypatch):
    _device, secret = users.make_wall(
        actor_of("platform_administrator"), name="值班大屏", organisation=tree.park, user=person("wall"), now=timezone.now()
    )
    client, officer = Client(), person("duty_officer")
    client.get(f"/wall?device={secret}")
    client.post("/wall/grant", {"username": officer.username, "password": PASSWORD})
    stranger = Client()
    stranger.get(f"/wall?device={secret}")
    stranger.cookies["cw_wall_grant"] = client.cookies["cw_wall_grant"].value
    assert stranger.get("/hazards/new").status_code == 403
    monkeypatch.setattr("chemward.apps.core.middleware.GRANT_VALID_S", -1)
    assert client.get("/hazards/new").status_code == 403


def test_looking_at_a_page_writes_nothing(log_in, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = log_in("platform_administrator")
    client.get(reverse("core:jobs"))
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse("core:jobs"))
    assert not [q["sql"] for q in seen if not q["sql"].startswith("SELECT")]


def test_use_of_somebody_who_is_gone_costs_nobody_a_page(person):
    from chemward.apps.core import usage
    from chemward.apps.core.models import UsageDay

    usage.flush()
    gone, here = person("duty_officer"), person("duty_lead")
    usage.count(gone, "/alarms/", "GET")
    usage.count(here, "/alarms/", "GET")
    usage.count(here, "/api/v1/me", "GET")
    gone.delete()
    usage.flush()
    row = UsageDay.objects.get()
    assert (row.user, row.pages, row.api_calls) == (here, 1, 1)


def test_somebody_with_many_parks_chooses_the_part_to_look_at(tree, log_in):
    client = log_in("platform_administrator", tree.city)
    assert "邻园" in client.get(reverse("core:organisations")).content.decode()
    assert client.get(reverse("core:place", args=[tree.park.pk])).status_code == 302
    table = client.get(reverse("core:organisations")).context["table"]
    assert {str(row.record) for row in table.rows} == {"示范园区", "示范氯碱", "示范储运"}
    client.get(reverse("core:place", args=[0]))
    assert len(client.get(reverse("core:organisations")).context["table"].rows) == 6


def test_a_place_out_of_scope_changes_nothing(tree, log_in):
    client = log_in("duty_officer")
    client.get(reverse("core:place", args=[tree.other_park.pk]))
    rows = client.get(reverse("core:organisations")).context["table"].rows
    assert {str(row.record) for row in rows} == {"示范园区", "示范氯碱", "示范储运"}
