"""The trend viewer: what it opens with, alarms in the span, samples as a file, kept sets; by role and by place."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chemward.apps.core.models import AuditEntry, SavedFilter
from chemward.apps.monitoring.models import Tag
from chemward.apps.monitoring.rules.state import ms
from tests.apps.monitoring.test_tag_pages import Away, Historian

VIEWER = "monitoring:trends"


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.fixture
def historian(monkeypatch):
    def put(one):
        monkeypatch.setattr("chemward.apps.monitoring.values.historian", lambda: one)

    put(Historian())
    return put


def span(tag: Tag, hours: float = 1.0) -> str:
    now_ms = ms(timezone.now()) or 0
    return f"?tags={tag.pk}&from={now_ms - int(hours * 3_600_000)}&to={now_ms}"


def asked(tag: Tag) -> dict[str, int]:
    """What the export of the last hour of a tag sends."""
    now_ms = ms(timezone.now()) or 0
    return {"tags": tag.pk, "from": now_ms - 3_600_000, "to": now_ms}


def test_the_viewer_opens_with_the_tags_and_the_span_of_its_address(enter, detector):
    page = enter("duty_officer").get(f"{reverse(VIEWER)}?tags={detector.pk}&span=8h")
    viewer = page.context["viewer"]
    assert [t["code"] for t in viewer["tags"]] == ["GT-3107"]
    assert viewer["span"] == "8h"
    fixed = enter("duty_officer").get(reverse(VIEWER) + span(detector)).context["viewer"]
    assert fixed["to"] - fixed["from"] == 3_600_000


def test_the_viewer_opens_with_all_tags_of_an_asset(enter, detector):
    asset = "7d0f3a4e-1f6f-4a0e-9f0e-0d6f1d2c3b4a"
    Tag.objects.filter(pk=detector.pk).update(asset_uuid=asset)
    page = enter("duty_officer").get(f"{reverse(VIEWER)}?asset={asset}")
    assert [t["n"] for t in page.context["viewer"]["tags"]] == [detector.pk]
    assert enter("duty_officer").get(f"{reverse(VIEWER)}?asset=x").status_code == 422


def test_the_viewer_does_not_show_tags_of_another_park_and_not_to_whom_values_are_closed(enter, detector, tree):
    address = f"{reverse(VIEWER)}?tags={detector.pk}"
    assert enter("duty_officer", tree.other_park).get(address).status_code == 404
    assert enter("contractor").get(reverse(VIEWER)).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("tags", ["a,b", ",".join(str(i) for i in range(1, 40))])
def test_what_is_no_list_of_at_most_32_tags_is_refused_in_words(tags, enter, detector):
    assert enter("duty_officer").get(f"{reverse(VIEWER)}?tags={tags}").status_code == 422


def test_a_hostile_tag_name_cannot_leave_the_data_of_the_page(enter, detector):
    Tag.objects.filter(pk=detector.pk).update(name="</script><script>alert(1)</script>")
    page = enter("duty_officer").get(f"{reverse(VIEWER)}?tags={detector.pk}").content.decode()
    assert "<script>alert(1)" not in page


def test_alarms_of_the_span_are_marked_and_only_those(enter, detector, second_level, raise_alarm):
    now = timezone.now()
    raise_alarm(second_level, now - timedelta(minutes=10))
    client = enter("duty_officer")
    (found,) = client.get(reverse("monitoring:trends-alarms") + span(detector)).json()["alarms"]
    assert found["title"] == "氯气浓度二级报警"
    assert found["priority"] == 1
    assert client.get(reverse("monitoring:trends-alarms") + span(detector, 0.1)).json()["alarms"] == []


def test_samples_leave_as_csv_with_time_quality_and_no_formula(enter, detector, historian):
    Tag.objects.filter(pk=detector.pk).update(name="=HYPERLINK(1)")
    answer = enter("duty_officer").post(reverse("monitoring:trends-csv"), asked(detector))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert len(head) == 8
    assert len(rows) == 6
    assert rows[0][2] == "GT-3107"
    assert rows[0][3].startswith("'=")
    assert rows[0][0].endswith("+08:00")
    assert rows[0][7] == "good"
    entry = AuditEntry.objects.get(verb="trend.export")
    assert (entry.subject_id, entry.user.username.split(".")[0]) == (str(detector.uuid), "duty_officer")


def test_looking_at_a_trend_is_not_audited_and_a_link_takes_nothing_out(enter, detector, historian):
    assert enter("duty_officer").get(reverse("monitoring:trends-csv") + span(detector)).status_code == 405
    enter("duty_officer").get(reverse("monitoring:trends-alarms") + span(detector))
    assert not AuditEntry.objects.filter(verb="trend.export").exists()


def test_samples_are_refused_to_who_may_not_export_out_of_scope_and_without_the_historian(enter, detector, historian, tree):
    address, body = reverse("monitoring:trends-csv"), asked(detector)
    assert enter("enterprise_operator").post(address, body).status_code == 403
    assert enter("duty_officer", tree.other_park).post(address, body).status_code == 404
    assert enter("duty_officer").post(address, {"tags": detector.pk}).status_code == 422
    historian(Away())
    assert enter("duty_officer").post(address, body).status_code == 503
    assert not AuditEntry.objects.filter(verb="trend.export").exists()


def test_a_set_is_kept_found_again_and_forgotten_by_its_owner_only(enter, detector, user_of):
    client = enter("duty_officer")
    client.post(reverse("monitoring:trends-save"), {"label": "氯区", "query": f"tags={detector.pk}&span=8h"})
    kept = SavedFilter.objects.get(register="monitoring.trends")
    page = client.get(f"{reverse(VIEWER)}?{kept.query}")
    assert [(s["name"], s["is_current"]) for s in page.context["sets"]] == [("氯区", True)]
    assert kept.pk in page.context["own_sets"]
    drop = reverse("monitoring:trends-drop", args=[kept.pk])
    assert enter("duty_lead").post(drop).status_code == 404
    assert client.get(drop).status_code == 404
    assert client.post(drop).status_code == 302
    assert not SavedFilter.objects.exists()


def test_chosen_tags_of_the_register_open_in_the_viewer(enter, detector):
    answer = enter("duty_officer").post(reverse("monitoring:trends-of"), {"ids": [detector.pk, "x"]})
    assert answer["Location"] == f"{reverse(VIEWER)}?tags={detector.pk}"
