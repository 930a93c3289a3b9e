"""Channels and message rules over the API: made, switched, removed; the address never comes back."""

import json

import pytest
from django.test import Client

from chemward.apps.followup import receivers
from chemward.apps.followup.models import Channel
from tests.apps.followup.test_channels import ROBOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(user_of, monkeypatch):
    """`call("park_safety", "POST", "/channels", {...})` → (status, body)."""
    from chemward.apps.followup import outward

    monkeypatch.setattr(outward, "check", lambda url: None)

    def ask(role, method, path, body=None, at=None):
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        answer = client.generic(method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    return ask


def channel(tree):
    return {"org_path": tree.park.path, "code": "robot", "name": "值班群", "url": ROBOT, "message_classes": ["alarm"]}


def test_a_channel_is_made_switched_and_removed_and_its_secret_stays_inside(call, tree):
    status, made = call("park_safety", "POST", "/channels", channel(tree))
    assert status == 201
    assert ROBOT not in json.dumps(made)
    assert call("park_safety", "POST", f"/channels/{made['uuid']}/off")[1]["is_active"] is False
    assert call("park_safety", "POST", f"/channels/{made['uuid']}/on")[1]["is_active"] is True
    assert [c["code"] for c in call("park_safety", "GET", "/channels")[1]] == ["robot"]
    assert call("park_safety", "GET", "/channels", at=tree.other_park)[1] == []
    assert call("park_safety", "POST", f"/channels/{made['uuid']}/remove")[0] == 204
    assert Channel.objects.get().url_cipher == ""
    assert call("park_safety", "GET", "/channels")[1] == []


def test_only_who_configures_messages_there_may(call, tree):
    assert call("duty_officer", "POST", "/channels", channel(tree))[0] == 403
    assert call("park_safety", "POST", "/channels", channel(tree), at=tree.other_park)[0] == 404


def test_a_rule_is_laid_down_and_dropped(call, tree):
    step = {"after_s": 60, "at": "park", "posts": ["duty"], "deputies": True}
    body = {"org_path": tree.park.path, "message_class": "alarm", "name": "夜班", "handle_within_s": 300, "steps": [step]}
    status, made = call("park_safety", "POST", "/message-rules", body)
    assert (status, made["steps"][0]["after_s"]) == (200, 60)
    assert receivers.plan("duty", "alarm", tree.chlor.path).handle_within_s == 300
    assert call("park_safety", "POST", "/message-rules", {**body, "steps": []})[0] == 422
    assert call("park_safety", "POST", f"/message-rules/{made['uuid']}/drop")[0] == 204
    assert call("park_safety", "GET", "/message-rules")[1] == []
