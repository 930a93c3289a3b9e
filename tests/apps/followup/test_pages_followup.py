"""Pages of the follow-up room, as people of different roles open them and act on them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chemward.apps.core.models import Attachment
from chemward.apps.followup.actions import duties, findings, hazards, messages, restrictions, verdicts
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.models import Channel, Duty, Finding, HazardState, HiddenHazard, Message, Restriction, Subject
from tests.apps.followup.test_verdicts import RULE, grade

LISTS = ["todo", "messages", "findings", "hazards", "duties", "restrictions", "verdicts"]


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.fixture
def world(platform, actor_of, tank, tree, posts):
    """One of everything, at the chlor-alkali works, now."""
    now = timezone.now()
    verdict = verdicts.state(platform, RULE, tank, grade(45.48), org_path=tree.chlor.path, now=now)
    wanted = Wanted(tank, tree.chlor.path, "<b>等级</b>不符", message="与备案不一致", verdict=verdict)
    return {
        "verdict": verdict,
        "finding": findings.raise_(platform, "test.mismatch", wanted, now=now),
        "hazard": hazards.report(actor_of("city_bureau"), tree.chlor.path, "<script>法兰渗漏", subject=tank, now=now),
        "duty": duties.assign(actor_of("park_safety"), posts.officer, "核对液位计", due_at=now + timedelta(hours=1), now=now),
        "restriction": restrictions.impose(
            actor_of("city_bureau"), tree.park.path, ["project.*"], title="限制新改扩建", reason="B级", now=now
        ),
        "message": messages.send(platform, "alarm", "氯气 51 ppm", org_path=tree.chlor.path, subject=tank, now=now),
    }  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_empty_and_full(name, enter, world, tree):
    assert enter("park_safety").get(reverse(f"followup:{name}")).status_code == 200
    assert enter("park_safety", tree.other_park).get(reverse(f"followup:{name}")).status_code == 200


@pytest.mark.parametrize("name", ["verdict", "finding", "hazard", "duty", "restriction", "message"])
def test_every_record_opens_in_scope_and_is_not_there_out_of_it(name, enter, world, tree):
    address = reverse(f"followup:{name}", args=[world[name].uuid])
    answer = enter("park_safety").get(address)
    assert answer.status_code == 200
    assert "<script>法兰" not in answer.content.decode()
    assert "<b>等级" not in answer.content.decode()
    assert enter("park_safety", tree.other_park).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_why_opens_as_a_sheet_and_as_a_page(enter, world):
    address = reverse("followup:verdict", args=[world["verdict"].uuid])
    client = enter("duty_officer")
    sheet = client.get(address, headers={"HX-Request": "true"}).content.decode()
    page = client.get(address).content.decode()
    for text in (sheet, page):
        assert "45.4800" in text
        assert "社区台账" in text
        assert "升为 二级" in text
        assert "4.3.2" in text
    assert "<html" not in sheet
    assert "<html" in page


def test_a_hazard_goes_through_its_loop_on_the_page(enter, world, posts):
    hazard = world["hazard"]
    address = reverse("followup:hazard", args=[hazard.uuid])
    due = timezone.localtime(timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    park, works = enter("park_safety"), enter("enterprise_safety")
    faulty = park.post(
        f"{address}assign",
        {"assign-post": posts.officer.pk, "assign-due_at": due, "assign-level": "major", "assign-measure": "x"},
    )
    assert faulty.status_code == 422
    assert "assign-measure" in faulty.content.decode()
    sent = {"assign-post": posts.officer.pk, "assign-due_at": due, "assign-level": "general", "assign-measure": "更换垫片"}
    assert park.post(f"{address}assign", sent).status_code == 302
    photo = SimpleUploadedFile("现场.txt", "已更换".encode())
    assert works.post(f"{address}submit", {"submit-evidence": "已更换", "submit-file": photo}).status_code == 302
    assert "accept-opinion" not in works.get(address).content.decode()
    assert park.post(f"{address}accept", {"accept-opinion": "合格"}).status_code == 302
    hazard.refresh_from_db()
    assert hazard.state == HazardState.CLOSED
    assert Attachment.objects.get().name == "现场.txt"


def test_an_act_that_is_not_the_roles_is_refused_with_words_and_nothing_changes(enter, world):
    address = reverse("followup:finding", args=[world["finding"].uuid])
    wall = enter("wall")
    assert "note-reason" not in wall.get(address).content.decode()
    assert wall.post(f"{address}note", {"note-reason": "x"}).status_code == 422
    assert Finding.objects.get().state == "open"
    assert enter("duty_officer").post(f"{address}note", {"note-reason": "已知"}).status_code == 302
    assert enter("duty_officer").post(f"{address}nonsense").status_code == 404


def test_a_duty_is_done_and_a_message_handled_and_the_list_is_empty(enter, world):
    works = enter("enterprise_safety")
    # the head of the table, the duty, the message, the hazard to be assigned
    assert works.get(reverse("followup:todo")).content.decode().count("<tr>") == 4
    assert works.post(reverse("followup:duty-act", args=[world["duty"].uuid, "do"]), {"do-proof": "已核对"}).status_code == 302
    assert works.post(reverse("followup:message-act", args=[world["message"].uuid, "handle"]), {}).status_code == 302
    assert Duty.objects.get().state == "done"
    assert Message.objects.get(uuid=world["message"].uuid).state == "handled"
    hazards_left = works.get(reverse("followup:todo")).content.decode()
    assert "核对液位计" not in hazards_left


def test_new_ones_are_made_on_the_page(enter, tree, posts):
    due = timezone.localtime(timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    park, city = enter("park_safety"), enter("city_bureau")
    made = [
        park.post(reverse("followup:hazard-new"), {"organisation": tree.chlor.pk, "title": "护栏松动", "level": "general", "origin": "patrol"}),
        park.post(reverse("followup:duty-new"), {"post": posts.officer.pk, "title": "巡检", "due_at": due, "proof": "none"}),
        city.post(reverse("followup:restriction-new"), {"organisation": tree.park.pk, "title": "限制", "verbs": "project.*", "reason": "B级"}),
        park.post(reverse("followup:message-new"), {"organisation": tree.chlor.pk, "message_class": "reminder", "title": "月报"}),
        park.post(
            reverse("followup:channel-new"),
            {"organisation": tree.park.pk, "code": "duty", "name": "值班群", "url": "wecombot://demo-key", "message_classes": ["alarm"]},
        ),
    ]  # fmt: skip
    assert [r.status_code for r in made] == [302] * 5
    assert (HiddenHazard.objects.count(), Duty.objects.count(), Restriction.objects.count(), Channel.objects.count()) == (
        1,
        1,
        1,
        1,
    )
    assert "demo-key" not in park.get(reverse("followup:channels")).content.decode()
    refused = park.post(
        reverse("followup:channel-new"),
        {"organisation": tree.park.pk, "code": "x", "name": "x", "url": "file:///etc/passwd", "message_classes": ["alarm"]},
    )
    assert refused.status_code == 422


@pytest.mark.parametrize("name", ["hazard-new", "duty-new", "restriction-new", "message-new", "channel-new", "channels"])
def test_who_may_not_make_them_is_refused(name, enter):
    assert enter("wall").get(reverse(f"followup:{name}")).status_code == 403


def test_two_chinese_characters_find_a_hazard(enter, world):
    client = enter("park_safety")
    assert "渗漏" in client.get(reverse("followup:hazards"), {"q": "渗漏"}).content.decode().split("<tbody>")[1]
    assert "法兰渗漏" not in client.get(reverse("followup:hazards"), {"q": "垫片"}).content.decode()


@pytest.mark.parametrize("name", ["hazards", "findings", "duties", "messages"])
def test_a_list_takes_the_same_queries_however_long(name, enter, world, platform, actor_of, tree, posts):
    client = enter("enterprise_safety")

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(reverse(f"followup:{name}")).status_code == 200
        return len(made)

    queries()
    before, now = queries(), timezone.now()
    for n in range(4):
        hazards.report(actor_of("city_bureau"), tree.chlor.path, f"隐患{n}", now=now)
        subject = Subject("assets.asset", f"s{n}", f"罐{n}")
        findings.raise_(platform, "test.mismatch", Wanted(subject, tree.chlor.path, "x"), now=now)
        duties.assign(actor_of("park_safety"), posts.officer, f"任务{n}", due_at=now, now=now)
        messages.send(platform, "alarm", f"报警{n}", org_path=tree.chlor.path, now=now)
    assert queries() == before
