"""Who gets which messages is laid down on a page; an exemption is taken back on the page of its restriction."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chemward.apps.core.models import AuditEntry
from chemward.apps.followup import receivers
from chemward.apps.followup.actions import message_rules, restrictions
from chemward.apps.followup.models import Exemption, MessageRule, Restriction

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


def sent(tree, *steps, **more):
    """What a browser sends for a rule with these steps."""
    body = {"organisation": tree.park.pk, "topic": "alarm", "message_class": "warning", "name": "夜班", "handle_within_min": "30"}
    body |= {"step-TOTAL_FORMS": len(steps), "step-INITIAL_FORMS": 0, **more}
    for n, step in enumerate(steps):
        body |= {f"step-{n}-{field}": value for field, value in step.items()}
    return body


AT_ONCE = {"after_min": "0", "at": "own", "posts": ["duty"], "roles": ["enterprise_safety"]}
LATER = {"after_min": "15", "at": "park", "posts": ["duty"], "deputies": "on"}


def test_a_rule_laid_down_on_the_page_holds_for_what_is_below(enter, tree, posts):
    answer = enter("park_safety").post(reverse("followup:message-rule-new"), sent(tree, AT_ONCE, LATER, {"at": "own"}))
    assert answer.status_code == 302
    plan = receivers.plan("alarm", "warning", tree.chlor.path)
    assert plan.handle_within_s == 1800
    assert [(s["after_s"], s["at"], s["posts"], s["deputies"]) for s in plan.steps] == [
        (0, "own", ["duty"], False),
        (900, "park", ["duty"], True),
    ]
    assert AuditEntry.objects.filter(verb="message_rule.lay_down").count() == 1


def test_the_list_says_the_steps_in_words_and_who_would_be_reached(enter, tree, posts, people):
    enter("park_safety").post(reverse("followup:message-rule-new"), sent(tree, {**LATER, "after_min": "0"}))
    text = enter("park_safety").get(reverse("followup:message-rules")).content.decode()
    assert "夜班" in text
    assert people.park.display_name in text
    assert "园区值班岗" in text.split("夜班")[1].split("</tbody>")[0]


def test_without_a_step_nothing_is_laid_down_and_the_page_says_so(enter, tree, posts):
    answer = enter("park_safety").post(reverse("followup:message-rule-new"), sent(tree, {"at": "own"}))
    assert answer.status_code == 422
    assert not MessageRule.objects.exists()


def test_a_step_needs_its_time(enter, tree, posts):
    answer = enter("park_safety").post(reverse("followup:message-rule-new"), sent(tree, {**AT_ONCE, "after_min": ""}))
    assert answer.status_code == 422


def test_a_changed_name_is_audited_and_the_place_stands_fast(enter, tree, posts, platform, now):
    steps = [{"after_s": 0, "at": "own", "posts": ["duty"], "roles": [], "deputies": False}]
    row = message_rules.lay_down(platform, tree.park.path, "*", "alarm", name="报警", steps=steps, handle_within_s=None, now=now)
    client = enter("park_safety")
    page = client.get(reverse("followup:message-rule", args=[row.uuid])).content.decode()
    assert page.count("step-1-") and "step-2-" not in page
    body = sent(tree, AT_ONCE, name="报警（新）", organisation=tree.other_park.pk)
    assert client.post(reverse("followup:message-rule", args=[row.uuid]), body).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.organisation, row.topic) == ("报警（新）", tree.park, "*")
    assert "name" in AuditEntry.objects.filter(verb="message_rule.lay_down").latest("id").changes


def test_a_dropped_rule_gives_way_to_the_defaults(enter, tree, posts, platform, now):
    steps = [{"after_s": 0, "at": "own", "posts": ["lead"], "roles": [], "deputies": False}]
    row = message_rules.lay_down(platform, tree.park.path, "*", "alarm", name="报警", steps=steps, handle_within_s=None, now=now)
    assert enter("park_safety").post(reverse("followup:message-rule-drop", args=[row.uuid])).status_code == 302
    assert receivers.plan("alarm", "alarm", tree.chlor.path).handle_within_s == 600
    assert enter("park_safety").get(reverse("followup:message-rule", args=[row.uuid])).status_code == 404


def test_rules_of_another_park_are_not_there(enter, tree, posts, platform, now):
    steps = [{"after_s": 0, "at": "own", "posts": ["duty"], "roles": [], "deputies": False}]
    row = message_rules.lay_down(
        platform, tree.other_park.path, "*", "alarm", name="邻园报警", steps=steps, handle_within_s=None, now=now
    )
    client = enter("park_safety")
    assert "邻园报警" not in client.get(reverse("followup:message-rules")).content.decode()
    assert client.get(reverse("followup:message-rule", args=[row.uuid])).status_code == 404
    assert client.post(reverse("followup:message-rule-drop", args=[row.uuid])).status_code == 404
    assert enter("duty_officer").get(reverse("followup:message-rules")).status_code == 403


@pytest.fixture
def exempted(tree, actor_of):
    now = timezone.now()
    row = restrictions.impose(actor_of("park_safety"), tree.park.path, ["project.*"], title="限制", reason="B级", now=now)
    given = restrictions.exempt(
        actor_of("park_safety"), row.uuid, tree.chlor.path, ["project.*"], "民生项目", valid_until=None, now=now
    )
    return row, given


def test_an_exemption_is_revoked_on_the_page_with_a_reason(enter, exempted):
    row, given = exempted
    client = enter("park_safety")
    page = client.get(reverse("followup:restriction", args=[row.uuid])).content.decode()
    address = reverse("followup:exemption-revoke", args=[given.uuid])
    assert address in page and "新建、改建、扩建项目" in page
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "已完工"}).status_code == 302
    given.refresh_from_db()
    assert given.revoked_at is not None
    assert address not in client.get(reverse("followup:restriction", args=[row.uuid])).content.decode()


def test_who_is_restricted_sees_no_way_to_revoke(enter, exempted, tree):
    row, given = exempted
    address = reverse("followup:exemption-revoke", args=[given.uuid])
    assert enter("duty_officer").post(address, {"reason": "x"}).status_code == 403
    assert enter("park_safety", tree.other_park).post(address, {"reason": "x"}).status_code == 404
    assert Exemption.objects.get().revoked_at is None


def test_acts_are_chosen_by_name_or_typed(enter, tree):
    body = {"organisation": tree.chlor.pk, "title": "停", "reason": "超量", "verbs": ["gate.enter"], "other_verbs": "x.y z.*"}
    assert enter("park_safety").post(reverse("followup:restriction-new"), body).status_code == 302
    assert Restriction.objects.get().verbs == ["gate.enter", "x.y", "z.*"]
    body |= {"verbs": [], "other_verbs": " "}
    assert enter("park_safety").post(reverse("followup:restriction-new"), body).status_code == 422
