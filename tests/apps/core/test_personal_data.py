"""Personal data at rest, masked on pages; use of the platform counted without a write per request."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from chemward.apps.core import personal, usage
from chemward.apps.core.actions import users
from chemward.apps.core.models import AuditEntry, Outbox, UsageDay, User

PHONE = "13800001234"


@given(st.text())
def test_what_was_encrypted_comes_back(text):
    assert personal.decrypt(personal.encrypt(text)) == text


def test_the_same_datum_is_never_written_the_same_way():
    assert personal.encrypt(PHONE) != personal.encrypt(PHONE)
    assert personal.encrypt("") == ""


def test_a_changed_cipher_text_or_another_key_is_refused(monkeypatch):
    raw = bytearray(base64.b64decode(personal.encrypt(PHONE)))
    raw[-1] ^= 1
    with pytest.raises(ValueError, match="another key"):
        personal.decrypt(base64.b64encode(bytes(raw)).decode())
    cipher = personal.encrypt(PHONE)
    monkeypatch.setattr(personal, "_key", lambda: b"0" * 32)
    with pytest.raises(ValueError, match="another key"):
        personal.decrypt(cipher)


@given(st.text(max_size=30))
def test_a_masked_datum_shows_at_most_its_ends(text):
    shown = personal.masked(text)
    assert len(shown) == len(text)
    assert sum(a == b and a != "*" for a, b in zip(shown, text, strict=True)) <= 7


@pytest.mark.django_db
def test_a_phone_number_stands_nowhere_in_clear(tree, actor_of, now):
    user, _secret = users.invite(
        actor_of("platform_administrator"),
        username="jia",
        display_name="甲",
        home=tree.park,
        memberships=[],
        phone=PHONE,
        now=now,
    )
    assert personal.decrypt(User.objects.get(pk=user.pk).phone_cipher) == PHONE
    written = "".join(str(list(model.objects.values())) for model in (User, AuditEntry, Outbox))
    assert PHONE not in written
    client = Client()
    client.force_login(actor_of("park_safety").user)  # sees users, does not manage them
    page = client.get(reverse("core:user", args=[user.uuid])).content.decode()
    assert PHONE not in page
    assert personal.masked(PHONE) in page


# -- use --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(user_of, monkeypatch):
    """A logged-in person, and nothing counted before them."""
    monkeypatch.setattr(usage, "_counts", {})
    user = user_of("duty_officer")
    client = Client()
    client.force_login(user)
    return client, user


@pytest.mark.django_db
def test_pages_acts_and_calls_are_counted_apart_and_written_together(counted, monkeypatch):
    client, user = counted
    monkeypatch.setattr(usage, "_flushed_s", 10**12)
    for _n in range(3):
        client.get(reverse("core:jobs"))
    client.get("/api/v1/me")
    client.post(reverse("core:language"), {"language": "zh-hans"})
    assert not UsageDay.objects.exists()
    usage.flush()
    usage.flush()
    row = UsageDay.objects.get()
    assert (row.user, row.org_path, row.pages, row.api_calls, row.acts) == (user, user.org_path, 3, 1, 1)
    assert 1 <= row.active_minutes <= 2


@pytest.mark.django_db
def test_counts_of_a_day_add_up_over_processes_and_flushes(counted):
    client, _user = counted
    for _n in range(2):
        client.get(reverse("core:jobs"))
        usage.flush()
    assert UsageDay.objects.get().pages == 2


@pytest.mark.django_db
def test_a_request_between_two_writings_costs_no_query_more(counted, monkeypatch):
    client, _user = counted
    monkeypatch.setattr(usage, "_flushed_s", 10**12)
    client.get(reverse("core:jobs"))
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse("core:jobs"))
    assert not [q for q in seen if "usageday" in q["sql"]]


@pytest.mark.django_db
def test_the_day_is_that_of_the_park(counted, monkeypatch):
    _client, user = counted
    monkeypatch.setattr(usage, "_flushed_s", 10**12)
    before_midnight_utc = datetime(2026, 3, 18, 17, 0, tzinfo=UTC).timestamp()
    monkeypatch.setattr(usage.time, "time", lambda: before_midnight_utc)
    usage.count(user, "/jobs/", "GET")
    usage.flush()
    assert str(UsageDay.objects.get().day) == "2026-03-19"
