"""The API of the follow-up room: the same acts through another door."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chemward.apps.core.models import ApiToken, AuditEntry
from chemward.apps.core.scope import capabilities
from chemward.apps.followup.actions import findings, verdicts
from chemward.apps.followup.actions.findings import Wanted
from tests.apps.followup.test_verdicts import RULE, grade


@pytest.fixture
def call(user_of):
    """`call("park_safety", "post", "/hazards", {...})` with an API token of such a user."""

    def _call(role, method, path, body=None, at=None):
        user = user_of(role, at)
        secret = f"secret-{user.pk}"
        ApiToken.objects.get_or_create(
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            defaults={"user": user, "name": "t", "capabilities": list(capabilities()), "created_at": timezone.now()},
        )
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(Client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"}, **extra)

    return _call


def test_a_hazard_through_its_loop(call, tree, posts):
    made = call("park_safety", "post", "/hazards", {"org_path": tree.chlor.path, "title": "法兰渗漏"})
    assert made.status_code == 201
    uuid = made.json()["uuid"]
    due = (timezone.now() + timedelta(days=3)).isoformat()
    steps = [
        ("park_safety", "assign", {"post": str(posts.officer.uuid), "due_at": due, "measure": "更换垫片"}, "assigned"),
        ("enterprise_safety", "submit", {"evidence": "已更换"}, "submitted"),
        ("park_safety", "return", {"reason": "照片不清"}, "returned"),
        ("enterprise_safety", "submit", {"evidence": "补拍"}, "submitted"),
        ("park_safety", "accept", {"opinion": "合格"}, "closed"),
    ]
    for role, verb, body, state in steps:
        answer = call(role, "post", f"/hazards/{uuid}/{verb}", body)
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert set(AuditEntry.objects.values_list("via", flat=True)) == {"api"}
    again = call("park_safety", "post", f"/hazards/{uuid}/accept", {"opinion": "合格"})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_out_of_scope_is_not_there_and_no_role_is_forbidden(call, tree, posts):
    uuid = call("park_safety", "post", "/hazards", {"org_path": tree.chlor.path, "title": "x"}).json()["uuid"]
    assert call("park_safety", "get", f"/hazards/{uuid}", at=tree.other_park).status_code == 404
    assert call("wall", "post", f"/hazards/{uuid}/dismiss", {"reason": "x"}).status_code == 403
    assert call("wall", "post", "/hazards", {"org_path": tree.chlor.path, "title": "x"}).status_code == 403
    assert Client().get("/api/v1/hazards").status_code == 401


def test_faults_are_listed_by_field(call, tree):
    answer = call("park_safety", "post", "/restrictions", {"org_path": tree.chlor.path, "verbs": [], "title": "x", "reason": "x"})
    assert answer.status_code == 422
    assert [f["field"] for f in answer.json()["faults"]] == ["verbs"]


def test_a_restriction_is_imposed_seen_exempted_and_lifted(call, tree):
    made = call(
        "city_bureau",
        "post",
        "/restrictions",
        {"org_path": tree.park.path, "verbs": ["project.*"], "title": "限制", "reason": "B级"},
    )
    uuid = made.json()["uuid"]
    seen = call("enterprise_safety", "get", f"/restrictions/holding?org_path={tree.chlor.path}")
    assert [r["title"] for r in seen.json()] == ["限制"]
    body = {"org_path": tree.chlor.path, "verbs": ["project.start"], "reason": "提升项目"}
    exemption = call("city_bureau", "post", f"/restrictions/{uuid}/exempt", body)
    assert exemption.status_code == 201
    assert call("city_bureau", "post", f"/exemptions/{exemption.json()['uuid']}/revoke", {"reason": "变更"}).status_code == 200
    assert call("park_safety", "post", f"/restrictions/{uuid}/lift", {"reason": "x"}).status_code == 403
    assert call("city_bureau", "post", f"/restrictions/{uuid}/lift", {"reason": "复评"}).json()["lifted_at"]


def test_duties_and_messages_wait_and_are_dealt_with(call, tree, posts):
    due = (timezone.now() + timedelta(hours=1)).isoformat()
    duty = call(
        "park_safety", "post", "/duties", {"post": str(posts.officer.uuid), "title": "核对液位计", "due_at": due, "key": "k"}
    ).json()
    assert (
        call("park_safety", "post", "/duties", {"post": str(posts.officer.uuid), "title": "x", "due_at": due, "key": "k"}).json()
        == duty
    )
    message = call(
        "park_safety", "post", "/messages", {"message_class": "warning", "title": "大风", "org_path": tree.chlor.path}
    ).json()
    assert [t["kind"] for t in call("enterprise_safety", "get", "/todos").json()] == ["duty", "message"]
    assert call("enterprise_safety", "get", "/messages").json()[0]["message"]["title"] == "大风"
    assert call("enterprise_safety", "post", f"/messages/{message['uuid']}/read").json() == 1
    assert (
        call("enterprise_safety", "post", f"/messages/{message['uuid']}/handle", {"note": "已通知"}).json()["state"] == "handled"
    )
    assert call("enterprise_safety", "post", f"/duties/{duty['uuid']}/do", {"proof": "已核对"}).json()["state"] == "done"
    assert call("enterprise_safety", "get", "/todos").json() == []


def test_why_and_the_rules(call, platform, tank, tree):
    verdict = verdicts.state(platform, RULE, tank, grade(45.48), org_path=tree.chlor.path, now=timezone.now())
    finding = findings.raise_(platform, RULE, Wanted(tank, tree.chlor.path, "不符", verdict=verdict), now=timezone.now())
    answer = call("duty_officer", "get", f"/verdicts/{verdict.uuid}/why").json()
    assert [d["label"] for d in answer["distances"]] == ["二级", "四级"]
    assert answer["findings"][0]["uuid"] == str(finding.uuid)
    assert answer["rule"]["edition"] == "GB 18218-2018"
    assert RULE in [r["id"] for r in call("duty_officer", "get", "/rules").json()]
    assert call("duty_officer", "post", f"/findings/{finding.uuid}/note", {"reason": "已知"}).json()["state"] == "noted"
    assert call("duty_officer", "post", f"/findings/{finding.uuid}/reopen", {"reason": "未备案"}).json()["state"] == "open"


@pytest.mark.parametrize("path", ["/hazards", "/findings", "/duties", "/restrictions", "/verdicts"])
def test_lists_page_and_refuse_what_they_do_not_understand(call, path, tree):
    answer = call("park_safety", "get", path).json()
    assert (answer["count"], answer["rows"]) == (0, [])
    assert call("park_safety", "get", f"{path}?sort=nonsense").status_code == 422
    assert call("park_safety", "get", f"{path}?after=nonsense").status_code == 422
