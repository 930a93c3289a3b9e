"""Pages of tags and of limits: what is known of a tag, a limit from proposal to decision; by role and by place."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chemward.apps.monitoring.actions import limits
from chemward.apps.monitoring.models import AlarmDefinition, ChangeState, LimitChange, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.historian.answers import Trend, Values
from chemward.telemetry.historian.client import HistorianAway


class Historian:
    """A historian with one sample a second for every tag asked for: a triangle from 0 to 3 and back."""

    def __init__(self, quality: int = 0, age_s: float = 1.0) -> None:
        self.quality, self.age_s = quality, age_s

    def last_all(self, tags=None) -> Values:
        tags = tags if tags is not None else list(Tag.objects.values_list("pk", flat=True))
        at = int(timezone.now().timestamp() * 1000 - self.age_s * 1000)
        n = len(tags)
        return Values(np.array(tags, np.int32), np.full(n, at, np.int64), np.full(n, 2.6), np.full(n, self.quality, np.uint8), {})

    def raw(self, tags, from_ms, to_ms, limit=None):
        ts = np.arange(from_ms, to_ms, 600_000, dtype=np.int64)
        value = 3 * np.abs(((np.arange(len(ts)) / 20) % 2) - 1)
        yield pa.RecordBatch.from_arrays(
            [pa.array(np.full(len(ts), tags[0], np.int32)), pa.array(ts), pa.array(value), pa.array(np.zeros(len(ts), np.uint8))],
            names=["tag", "ts", "value", "quality"],
        )

    def trend(self, tags, from_ms, to_ms, n=1000, gap_ms=None) -> list[Trend]:
        ts = np.array([from_ms, from_ms + 1000], np.int64)
        return [Trend(t, ts, np.array([1.0, 2.0]), np.zeros(2, np.uint8), (), 5000, 2) for t in tags]


class Away:
    def __getattr__(self, name):
        def refuse(*_args, **_more):
            raise HistorianAway("away")

        return refuse


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.fixture
def with_historian(monkeypatch):
    def put(one):
        for place in ("chemward.apps.monitoring.values", "chemward.apps.monitoring.registers.tags"):
            monkeypatch.setattr(f"{place}.historian", lambda: one)
        return one

    put(Historian())
    return put


@pytest.fixture
def proposal(actor_of, first_level) -> LimitChange:
    return limits.propose(actor_of("enterprise_safety"), first_level.uuid, {"limit": 1.5}, "误报多", now=timezone.now())


def test_the_register_of_tags_shows_values_with_their_age_and_only_ones_own_tags(enter, detector, with_historian, tree):
    page = enter("duty_officer").get(reverse("monitoring:tags"))
    text = page.content.decode()
    assert "GT-3107" in text
    assert "2.6" in text
    assert "GT-3107" not in enter("duty_officer", tree.other_park).get(reverse("monitoring:tags")).content.decode()
    assert enter("contractor").get(reverse("monitoring:tags")).status_code == 403


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("q=氯气", True),
        ("q=罐区", True),
        ("q=硫化", False),
        ("has_alarm=true", True),
        ("has_alarm=false", False),
        ("unit=mg/m³", True),
        ("kind=state", False),
        ("is_enabled=true", True),
        ("is_alarming=true", False),
        ("organisation=氯碱", True),
        ("organisation=储运", False),
        ("data=bad", False),
        ("data=stale", False),
        ("sort=-name", True),
    ],
)
def test_the_register_of_tags_is_found_by_what_is_asked(query, is_there, enter, detector, with_historian):
    text = enter("duty_officer").get(f"{reverse('monitoring:tags')}?{query}").content.decode()
    assert (reverse("monitoring:tag", args=[detector.uuid]) in text) == is_there


def test_bad_and_stale_tags_are_found_by_their_newest_value(enter, detector, with_historian):
    address = reverse("monitoring:tag", args=[detector.uuid])
    with_historian(Historian(quality=2, age_s=60))
    client = enter("duty_officer")
    assert address in client.get(reverse("monitoring:tags") + "?data=bad").content.decode()
    assert address in client.get(reverse("monitoring:tags") + "?data=stale").content.decode()


def test_without_the_historian_the_register_says_so_and_shows_no_figure(enter, detector, with_historian):
    with_historian(Away())
    page = enter("duty_officer").get(reverse("monitoring:tags"))
    assert page.status_code == 200
    assert page.context["is_away"]
    assert "2.6" not in page.content.decode()
    assert enter("duty_officer").get(reverse("monitoring:tags") + "?data=bad").status_code == 503


def test_the_register_of_tags_asks_as_often_for_fifty_as_for_one(enter, detector, feed, with_historian, now):
    from chemward.apps.monitoring.actions.tags import NewTag
    from chemward.apps.monitoring.actions.tags import enter as put
    from tests.apps.monitoring.conftest import PLATFORM

    client = enter("duty_officer")
    client.get(reverse("monitoring:tags"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("monitoring:tags"))
    put(PLATFORM, feed.uuid, [NewTag(f"TI-{i}") for i in range(40)], now=now)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("monitoring:tags"))
    assert len(many) == len(one)


def test_a_tag_shows_value_alarms_with_ground_and_guidance(enter, detector, first_level, with_historian, raise_alarm, tree):
    AlarmDefinition.objects.filter(pk=first_level.pk).update(limit_source="GB/T 50493-2019", limit_clause="5.5.2")
    Tag.objects.filter(pk=detector.pk).update(guidance="佩戴正压式空气呼吸器")
    raise_alarm(first_level, timezone.now() - timedelta(minutes=5))
    address = reverse("monitoring:tag", args=[detector.uuid])
    text = enter("duty_officer").get(address).content.decode()
    for word in ("2.6", "GB/T 50493-2019 5.5.2", "氯气浓度一级报警", "佩戴正压式空气呼吸器"):
        assert word in text
    assert enter("duty_officer", tree.other_park).get(address).status_code == 404
    assert enter("contractor").get(address).status_code == 404


def test_a_tag_without_the_historian_says_that_its_value_is_not_known(enter, detector, with_historian):
    with_historian(Away())
    page = enter("duty_officer").get(reverse("monitoring:tag", args=[detector.uuid]))
    assert page.context["is_away"]
    assert "2.6" not in page.content.decode()


def test_a_tag_is_entered_and_changed_by_who_keeps_tags(enter, feed, detector, with_historian):
    client = enter("integrator")
    body = {"code": "P-201", "kind": "state", "states": "停 = 0\n运行 = 1", "is_enabled": "on"}
    client.post(reverse("monitoring:tag-new", args=[feed.uuid]), body)
    assert Tag.objects.get(code="P-201").states == {"停": 0, "运行": 1}
    edit = reverse("monitoring:tag-edit", args=[detector.uuid])
    answer = client.post(edit, {"kind": "number", "unit": "mg/m³", "lo": 10, "hi": 0, "is_enabled": "on"})
    assert answer.status_code == 422
    assert client.post(edit, {"kind": "number", "unit": "mg/m³", "lo": 0, "hi": 20, "is_enabled": "on"}).status_code == 302
    assert Tag.objects.get(pk=detector.pk).hi == 20
    assert enter("duty_officer").get(edit).status_code == 403


def test_a_limit_is_proposed_and_tried_on_the_last_seven_days_at_once(enter, first_level, with_historian):
    address = reverse("monitoring:limit", args=[first_level.uuid])
    client = enter("enterprise_safety")
    body = {
        **{k: v for k, v in client.get(address).context["form"].initial.items() if v is not False},
        "limit": 1.5,
        "reason": "误报多",
    }
    answer = client.post(address, body)
    made = LimitChange.objects.get()
    assert answer["Location"] == reverse("monitoring:limit-change", args=[made.uuid])
    assert made.after == {"limit": 1.5}
    assert made.trial["would_raise"] > 0
    page = client.get(answer["Location"])
    assert page.context["waits_for_another"]
    assert not page.context["can_decide"]
    assert page.context["trend"]["marks"] == list(made.trial["raised_ms"])


def test_a_proposal_that_changes_nothing_stands_in_the_form_with_its_fault(enter, first_level, with_historian):
    address = reverse("monitoring:limit", args=[first_level.uuid])
    client = enter("enterprise_safety")
    body = {**{k: v for k, v in client.get(address).context["form"].initial.items() if v is not False}, "reason": "x"}
    answer = client.post(address, body)
    assert answer.status_code == 422
    assert answer.context["form"].errors["limit"]


def test_without_history_the_proposal_stands_and_the_page_says_it_was_not_tried(enter, first_level, with_historian):
    with_historian(Away())
    address = reverse("monitoring:limit", args=[first_level.uuid])
    client = enter("enterprise_safety")
    body = {
        **{k: v for k, v in client.get(address).context["form"].initial.items() if v is not False},
        "limit": 1.5,
        "reason": "误报多",
    }
    page = client.post(address, body, follow=True)
    assert LimitChange.objects.get().trial is None
    assert page.context["trial"] is None


def test_another_person_approves_and_a_new_version_stands(enter, proposal, first_level, with_historian):
    act = reverse("monitoring:limit-change-act", args=[proposal.uuid, "approve"])
    assert enter("enterprise_safety").post(act, {"reason": "同意"}).status_code == 403
    assert enter("duty_officer").post(act, {"reason": "同意"}).status_code == 403
    assert enter("enterprise_lead").post(act, {"reason": "同意"}).status_code == 302
    first_level.refresh_from_db()
    assert first_level.limit == 1.5
    page = enter("duty_officer").get(reverse("monitoring:limit", args=[first_level.uuid]))
    assert [v.values["limit"] for v in page.context["versions"]] == [1.5, 1.0]


def test_a_proposal_is_rejected_or_withdrawn_and_the_limit_stays(enter, proposal, first_level, actor_of):
    enter("enterprise_lead").post(reverse("monitoring:limit-change-act", args=[proposal.uuid, "reject"]), {"reason": "依据不足"})
    proposal.refresh_from_db()
    assert proposal.state == ChangeState.REJECTED
    again = limits.propose(actor_of("enterprise_safety"), first_level.uuid, {"limit": 1.6}, "再次", now=timezone.now())
    enter("enterprise_safety").post(reverse("monitoring:limit-change-act", args=[again.uuid, "withdraw"]))
    again.refresh_from_db()
    assert again.state == ChangeState.WITHDRAWN
    assert AlarmDefinition.objects.get(pk=first_level.pk).limit == 1.0


def test_the_register_of_changes_shows_what_waits_and_only_in_scope(enter, proposal, tree):
    page = enter("duty_officer").get(reverse("monitoring:limits") + "?state=proposed")
    assert reverse("monitoring:limit-change", args=[proposal.uuid]) in page.content.decode()
    other = enter("duty_officer", tree.other_park)
    assert "GT-3107" not in other.get(reverse("monitoring:limits")).content.decode()
    assert other.get(reverse("monitoring:limit-change", args=[proposal.uuid])).status_code == 404
    assert other.get(reverse("monitoring:limit", args=[proposal.definition.uuid])).status_code == 404


def test_times_of_the_trial_are_moments_of_its_span(proposal, actor_of, first_level):
    now = timezone.now()
    done = limits.try_on_history(actor_of("enterprise_safety"), proposal.uuid, Historian(), now=now)
    assert done.trial["to_ms"] == ms(now)
    assert all(done.trial["from_ms"] <= at < done.trial["to_ms"] for at in done.trial["raised_ms"])
