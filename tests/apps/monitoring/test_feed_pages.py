"""Pages of feeds: onboarding, keys, unknown tags, health; by role and by place."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chemward.apps.core.models import AuditEntry
from chemward.apps.monitoring.health import keep_health
from chemward.apps.monitoring.models import Credential, Feed, Tag, UnknownTag
from chemward.apps.monitoring.rules.state import ms

PAGES = ["feeds", "unknown"]
ROW_PAGES = ["feed", "feed-health", "feed-score"]


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.fixture
def unknown(feed):
    now = timezone.now()
    told = {"organisation": feed.organisation, "feed": feed, "first_seen_at": now, "last_seen_at": now}
    rows = [
        UnknownTag(code="GT-9001", example="2.6", unit="ppm", **told),
        UnknownTag(code="P-201.MODE", example="自动", **told),
        UnknownTag(code="<img src=x onerror=alert(1)>", example="1", **told),
    ]
    for row in rows:
        row.save()
    return rows


def report(feed, at, **more):
    return {
        "feed": feed.key,
        "at_ms": ms(at),
        "since_ms": 1,
        "rate": 12.5,
        "lag_ms": 40,
        "skew_ms": -1200,
        "frozen": 2,
        "last_sample_ms": ms(at),
        "last_received_ms": ms(at),
        "totals": {"messages": 10, "samples": 100, "faults": 3},
        "fault_codes": {"time_seconds": 3},
        **more,
    }


@pytest.mark.parametrize("name", PAGES)
def test_registers_open_for_who_may_see_them_and_show_only_their_own_rows(name, enter, feed, unknown, tree):
    page = enter("park_safety").get(reverse(f"monitoring:{name}"))
    assert page.status_code == 200
    assert feed.name in page.content.decode()
    neighbour = enter("park_safety", tree.other_park).get(reverse(f"monitoring:{name}"))
    assert neighbour.status_code == 200
    assert feed.name not in neighbour.content.decode()
    assert enter("contractor").get(reverse(f"monitoring:{name}")).status_code == 403
    assert Client().get(reverse(f"monitoring:{name}")).status_code == 302


@pytest.mark.parametrize("name", ROW_PAGES)
def test_a_feed_opens_in_scope_and_is_not_there_out_of_it(name, enter, feed, tree):
    address = reverse(f"monitoring:{name}", args=[feed.uuid])
    assert enter("integrator").get(address).status_code == 200
    assert enter("park_safety", tree.other_park).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_examples_carry_the_numbers_of_this_feed_and_a_tag_it_has(enter, feed, detector):
    text = enter("integrator").get(reverse("monitoring:feed", args=[feed.uuid])).content.decode()
    assert f"cw/{feed.shard}/{feed.key}/data" in text
    assert f"/ingest/v1/{feed.key}/data" in text
    assert "mosquitto_pub" in text
    assert "GT-3107" in text


def test_a_new_feed_is_opened_for_an_enterprise_and_its_page_follows(enter, tree):
    client = enter("integrator")
    body = {"organisation": tree.chlor.pk, "name": "罐区网关", "kind": "mqtt", "period_s": 5, "lateness_s": 60, "max_skew_s": 30}
    answer = client.post(reverse("monitoring:feed-new"), body)
    made = Feed.objects.get(name="罐区网关")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("monitoring:feed", args=[made.uuid])
    assert AuditEntry.objects.filter(verb="feed.create").exists()


def test_a_period_that_makes_no_sense_stands_at_its_field_and_nothing_is_made(enter, tree):
    body = {"organisation": tree.chlor.pk, "name": "罐区网关", "kind": "mqtt", "period_s": 0, "lateness_s": 60, "max_skew_s": 30}
    answer = enter("integrator").post(reverse("monitoring:feed-new"), body)
    assert answer.status_code == 422
    assert answer.context["form"].errors["period_s"]
    assert not Feed.objects.exists()


def test_a_feed_is_not_opened_for_an_enterprise_of_the_other_park(enter, tree):
    body = {"organisation": tree.other.pk, "name": "x", "kind": "mqtt", "period_s": 5, "lateness_s": 60, "max_skew_s": 30}
    assert enter("integrator").post(reverse("monitoring:feed-new"), body).status_code == 422
    assert enter("duty_officer").get(reverse("monitoring:feed-new")).status_code == 403


def test_a_secret_is_shown_once_and_never_stored(enter, feed):
    client = enter("integrator")
    answer = client.post(reverse("monitoring:credential-issue", args=[feed.uuid]), {"name": "网关 1", "kinds": ["mqtt", "http"]})
    page = answer.content.decode()
    secret = re.search(r'id="secret">([^<]+)<', page)[1]
    key = Credential.objects.get()
    assert answer["Cache-Control"] == "no-store"
    assert len(secret) >= 40
    assert secret in page.replace('id="secret">', "", 1)  # the examples are filled in too
    assert key.secret_sha256 != secret
    again = client.get(reverse("monitoring:feed", args=[feed.uuid])).content.decode()
    assert secret not in again
    assert key.key_id in again


def test_a_key_waits_until_the_bus_has_it_and_then_is_in_force(enter, feed):
    from chemward.apps.core.models import Outbox

    client = enter("integrator")
    client.post(reverse("monitoring:credential-issue", args=[feed.uuid]), {"kinds": ["http"]})
    address = reverse("monitoring:feed", args=[feed.uuid])
    assert client.get(address).context["keys"][0]["state"]["colour"] == "yel"
    Outbox.objects.all().delete()
    assert client.get(address).context["keys"][0]["state"]["colour"] == ""


def test_a_key_is_revoked_with_a_reason_only_and_by_who_may(enter, feed):
    client = enter("integrator")
    client.post(reverse("monitoring:credential-issue", args=[feed.uuid]), {"kinds": ["http"]})
    key = Credential.objects.get()
    address = reverse("monitoring:credential-revoke", args=[key.uuid])
    assert client.post(address, {"reason": ""}).status_code == 422
    assert enter("duty_officer").post(address, {"reason": "x"}).status_code == 403
    assert client.post(address, {"reason": "设备更换"}).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_who_may_not_issue_keys_sees_no_form_and_cannot_post_it(enter, feed):
    client = enter("duty_officer")
    address = reverse("monitoring:feed", args=[feed.uuid])
    assert client.get(address).context["credential_form"] is None
    assert client.post(reverse("monitoring:credential-issue", args=[feed.uuid]), {"kinds": ["http"]}).status_code in (403, 422)
    assert not Credential.objects.exists()


def test_a_feed_is_closed_and_opened_again_with_a_reason(enter, feed):
    client = enter("integrator")
    close = reverse("monitoring:feed-act", args=[feed.uuid, "deactivate"])
    assert client.get(close).status_code == 404
    assert client.post(close, {"reason": ""}).status_code == 422
    assert client.post(close, {"reason": "停产"}).status_code == 302
    feed.refresh_from_db()
    assert not feed.is_active
    client.post(reverse("monitoring:feed-act", args=[feed.uuid, "reactivate"]), {"reason": "复产"})
    feed.refresh_from_db()
    assert feed.is_active


def test_unknown_tags_are_accepted_as_they_were_sent_or_with_another_unit(enter, feed, unknown):
    client = enter("integrator")
    address = reverse("monitoring:unknown-act")
    client.post(address, {"act": "accept", "ids": [unknown[0].pk]})
    client.post(address, {"act": "accept", "ids": [unknown[1].pk], "kind": "state", "unit": ""})
    tags = {t.code: (t.kind, t.unit) for t in Tag.objects.filter(feed=feed)}
    assert tags == {"GT-9001": ("number", "ppm"), "P-201.MODE": ("state", "")}
    assert UnknownTag.objects.count() == 1


def test_unknown_tags_are_dismissed_and_found_again_under_dismissed(enter, unknown):
    client = enter("integrator")
    client.post(reverse("monitoring:unknown-act"), {"act": "dismiss", "ids": [u.pk for u in unknown]})
    assert not Tag.objects.exists()
    assert "GT-9001" not in client.get(reverse("monitoring:unknown")).content.decode()
    assert "GT-9001" in client.get(reverse("monitoring:unknown") + "?is_dismissed=true").content.decode()


def test_accepting_nothing_or_what_is_out_of_scope_does_nothing(enter, unknown, tree):
    address = reverse("monitoring:unknown-act")
    assert enter("integrator").post(address, {"act": "accept"}).status_code == 422
    assert enter("integrator", tree.other_park).post(address, {"act": "accept", "ids": [unknown[0].pk]}).status_code == 404
    assert enter("duty_officer").post(address, {"act": "accept", "ids": [unknown[0].pk]}).status_code == 403
    assert not Tag.objects.exists()


def test_a_hostile_tag_code_is_shown_as_text(enter, unknown):
    page = enter("integrator").get(reverse("monitoring:unknown")).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_health_names_every_fault_with_its_remedy_and_the_score_opens_to_its_parts(enter, feed, detector):
    now = timezone.now()
    keep_health([report(feed, now - timedelta(seconds=60))], now - timedelta(seconds=60))
    keep_health([report(feed, now, totals={"messages": 20, "samples": 200, "faults": 6})], now)
    client = enter("integrator")
    page = client.get(reverse("monitoring:feed-health", args=[feed.uuid])).content.decode()
    assert "时间 t 像是秒而不是毫秒" in page
    assert "乘以 1000 以毫秒发送" in page
    sheet = client.get(reverse("monitoring:feed-score", args=[feed.uuid]), headers={"HX-Request": "true"}).content.decode()
    assert "数据及时" in sheet
    assert "<html" not in sheet
    row = client.get(reverse("monitoring:feeds"))
    assert "feed-score" not in row.content.decode()
    assert reverse("monitoring:feed-score", args=[feed.uuid]) in row.content.decode()


def test_a_feed_that_never_sent_shows_dashes_and_no_zero(enter, feed):
    page = enter("integrator").get(reverse("monitoring:feed-health", args=[feed.uuid]))
    assert page.context["figures"][0]["value"] is None
    assert page.context["sums"] is None
