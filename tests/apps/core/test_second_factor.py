"""The second factor, the idle time-out, and what people may not do before they are who they say."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from chemward.apps.core import middleware
from chemward.apps.core.models import AuditEntry, LoginRecord, User

pytestmark = pytest.mark.django_db
PASSWORD = "Yuan-An-2026-demo"


@pytest.fixture
def person(user_of) -> User:
    user = user_of("duty_officer")
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(user: User, code: str = "") -> tuple[Client, int]:
    client = Client()
    answer = client.post("/login", {"username": user.username, "password": PASSWORD, "otp_token": code})
    return client, answer.status_code


def code_of(device: TOTPDevice, drift: int = 0) -> str:
    return f"{totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits, drift=drift):06d}"


def device_of(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="Chemward", confirmed=True)


def test_a_second_factor_is_in_force_once_a_code_came_from_it(person):
    client, _status = enter(person)
    page = client.get(reverse("core:second-factor"))
    assert page.status_code == 200
    device = TOTPDevice.objects.get()
    assert client.post(reverse("core:second-factor"), {"code": "000000"}).status_code == 200
    assert not TOTPDevice.objects.get().confirmed
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert client.post(reverse("core:second-factor"), {"code": code_of(device)}).status_code == 302
    assert TOTPDevice.objects.get().confirmed
    assert AuditEntry.objects.filter(verb="user.set_totp").count() == 1
    # The code that set it up is used up; the log-in asks for the next one.
    assert enter(person)[1] == 401


def test_without_the_code_the_password_is_not_enough(person):
    device_of(person)
    assert enter(person)[1] == 401
    assert LoginRecord.objects.latest("id").outcome == "second"


def test_with_the_code_one_is_in(person):
    client, status = enter(person, code_of(device_of(person)))
    assert status == 302
    assert client.get(reverse("core:account")).status_code == 200


def test_a_code_is_good_once(person):
    code = code_of(device_of(person))
    assert enter(person, code)[1] == 302
    assert enter(person, code)[1] == 401


def test_guessing_codes_is_slowed_down(person):
    device = device_of(person)
    assert enter(person, "000000")[1] == 401
    device.refresh_from_db()
    assert device.throttling_failure_count == 1
    # After ten wrong ones even the right code waits for minutes.
    TOTPDevice.objects.update(throttling_failure_count=10)
    assert enter(person, code_of(device))[1] == 401


def test_wrong_password_and_missing_code_look_alike(person):
    device_of(person)
    wrong = Client().post("/login", {"username": person.username, "password": "wrong"})
    missing = Client().post("/login", {"username": person.username, "password": PASSWORD})
    assert wrong.status_code == missing.status_code == 401
    assert wrong.context["form"].non_field_errors() == missing.context["form"].non_field_errors()


def test_the_second_factor_goes_with_the_password_only(person):
    client, _status = enter(person, code_of(device_of(person)))
    assert client.post(reverse("core:second-factor-drop"), {"password": "wrong"}).status_code == 422
    assert TOTPDevice.objects.count() == 1
    assert client.post(reverse("core:second-factor-drop"), {"password": PASSWORD}).status_code == 302
    assert not TOTPDevice.objects.exists()


def test_who_must_use_one_gets_no_further_than_setting_it_up(person):
    User.objects.filter(pk=person.pk).update(must_use_totp=True)
    client, status = enter(person)
    assert status == 302
    assert client.get(reverse("core:account"))["Location"] == reverse("core:second-factor")
    assert client.get("/api/v1/me").status_code == 302
    assert client.get(reverse("core:second-factor")).status_code == 200
    client.post(reverse("core:second-factor"), {"code": code_of(TOTPDevice.objects.get())})
    assert client.get(reverse("core:account")).status_code == 200
    assert client.post(reverse("core:second-factor-drop"), {"password": PASSWORD}).status_code == 403


# -- idle -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """`clock(s)`: so many seconds later, for the idle time-out."""
    real = time.time

    def move(seconds: float) -> None:
        monkeypatch.setattr(middleware.time, "time", lambda: real() + seconds)

    yield move
    monkeypatch.undo()


def test_who_does_nothing_is_out_after_half_an_hour(person, clock, settings):
    client, _status = enter(person)
    clock(settings.IDLE_TIMEOUT_S - 5)
    assert client.get(reverse("core:account")).status_code == 200
    clock(2 * settings.IDLE_TIMEOUT_S - 15)
    assert client.get(reverse("core:account")).status_code == 200
    clock(3 * settings.IDLE_TIMEOUT_S)
    assert client.get(reverse("core:account")).status_code == 302
    assert client.get("/api/v1/me").status_code == 401


def test_a_page_that_asks_by_itself_keeps_nobody_in(person, clock, settings):
    client, _status = enter(person)
    clock(settings.IDLE_TIMEOUT_S - 5)
    assert client.get("/api/v1/me").status_code == 200
    clock(settings.IDLE_TIMEOUT_S + 5)
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("cookie", ["", "1", "9999999999", "9999999999:abc:def"])
def test_leaving_out_or_forging_the_idle_cookie_does_not_help(cookie, person, clock, settings):
    client, _status = enter(person)
    client.cookies["cw_seen"] = cookie
    assert client.get(reverse("core:account")).status_code == 200
    client.cookies["cw_seen"] = cookie
    clock(settings.IDLE_TIMEOUT_S + 5)
    assert client.get(reverse("core:account")).status_code == 302


def test_the_idle_cookie_of_another_salt_is_none(person, clock, settings):
    from django.core import signing

    client, _status = enter(person)
    client.cookies["cw_seen"] = signing.get_cookie_signer(salt="cw_seenother").sign(str(int(time.time()) + 10**6))
    clock(settings.IDLE_TIMEOUT_S + 5)
    assert client.get(reverse("core:account")).status_code == 302
