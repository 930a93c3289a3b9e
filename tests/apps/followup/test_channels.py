"""Ways out of the platform: only to where they are allowed to go, tried until they are taken."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chemward.apps.core.errors import Invalid, NotPermitted
from chemward.apps.core.models import AuditEntry, Job, NotificationPreference
from chemward.apps.followup import outward
from chemward.apps.followup.actions import channels, messages
from chemward.apps.followup.jobs import DELIVER, order_deliveries
from chemward.apps.followup.models import Channel, Delivery, DeliveryState

ROBOT = "wecombot://demo-key-0000"


@pytest.fixture
def hook(monkeypatch):
    """A web hook on this machine, listed by whoever runs it; `status` is what it answers."""
    got: list[dict] = []
    state = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(state["status"])
            if state["status"] == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("CHEMWARD_NOTIFY_HOSTS", f"127.0.0.1:{server.server_port}")
    yield f"json://127.0.0.1:{server.server_port}/duty", got, state
    server.shutdown()
    server.server_close()


@pytest.fixture
def add(actor_of, tree, now):
    return lambda url=ROBOT, **more: channels.add(
        more.pop("who", actor_of("park_safety")), tree.park.path,
        **{"code": "duty", "name": "值班群", "url": url, "message_classes": ["warning", "alarm"], "is_personal": False, "now": now, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "http://169.254.169.254/latest", "json://169.254.169.254/latest", "jsons://localhost/x", "syslog://",
        "mailto://u:p@example.org?smtp=127.0.0.1", "mailtos://u:p@intranet.example", "gotify://10.0.0.1/token", "wecombot://k?redirect=yes",
        "form://127.0.0.1/x", "", "nonsense", "json://", "xml://127.0.0.1", "dbus://", "apprise://127.0.0.1/x", "jsons://h?verify=no",
    ],
)  # fmt: skip
def test_an_address_that_is_not_allowed_is_refused(add, url):
    with pytest.raises(Invalid):
        add(url)
    assert not Channel.objects.exists()


@pytest.mark.parametrize("url", [ROBOT, "dingtalk://demotoken000/", "feishu://demo-token/"])
def test_robots_with_an_address_of_their_own_are_allowed(url):
    outward.check(url)


def test_the_secret_is_neither_in_the_row_nor_in_the_audit(add):
    row = add()
    assert "demo-key-0000" not in row.url_cipher + row.shown_url
    assert "demo-key-0000" not in AuditEntry.objects.get(verb="channel.add").changes


def test_only_who_may_configure_messages_adds_a_channel(add, actor_of):
    with pytest.raises(NotPermitted):
        add(who=actor_of("duty_officer"))


def test_a_code_is_taken_once_and_never_that_of_the_page(add):
    add()
    for code in ("duty", "page", "值班"):
        with pytest.raises(Invalid, match="code"):
            add(code=code)


def test_an_alarm_is_delivered_once_to_the_group(add, hook, platform, people, tree, now, later):
    url, got, _state = hook
    add(url)
    messages.send(
        platform, "alarm", "氯气 51 ppm", "T-3301 东侧", org_path=tree.chlor.path, to=[people.officer, people.lead], now=now
    )
    (delivery,) = channels.due(now)
    assert channels.attempt(delivery, now=later(seconds=1)).state == DeliveryState.SENT
    assert got[0]["title"].endswith("氯气 51 ppm")
    assert "T-3301" in got[0]["message"]
    assert channels.due(later(days=1)) == []


def test_a_class_the_channel_does_not_carry_and_a_place_it_does_not_serve_stay_inside(add, platform, people, tree, now):
    add()
    messages.send(platform, "reminder", "月报", org_path=tree.chlor.path, to=[people.officer], now=now)
    messages.send(platform, "alarm", "氯气", org_path=tree.other.path, to=[people.officer], now=now)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("status", [500, 302])
def test_refused_it_is_tried_again_later_and_in_the_end_given_up(add, hook, platform, people, tree, now, status):
    url, got, state = hook
    state["status"] = status
    add(url)
    messages.send(platform, "alarm", "氯气", org_path=tree.chlor.path, to=[people.officer], now=now)
    at, waits = now, []
    for _ in range(5):
        (delivery,) = channels.due(at)
        delivery = channels.attempt(delivery, now=at)
        waits.append((delivery.try_at - at).total_seconds())
        at = delivery.try_at
    assert delivery.state == DeliveryState.GIVEN_UP
    assert delivery.fault
    assert waits[:4] == [30, 120, 600, 3600]
    assert len(got) == 5


def test_taken_off_the_list_of_hosts_a_kept_channel_sends_nothing(add, hook, platform, people, tree, now, monkeypatch):
    url, got, _state = hook
    add(url)
    messages.send(platform, "alarm", "氯气", org_path=tree.chlor.path, to=[people.officer], now=now)
    monkeypatch.setenv("CHEMWARD_NOTIFY_HOSTS", "")
    (delivery,) = channels.due(now)
    assert channels.attempt(delivery, now=now).state == DeliveryState.WAITING
    assert got == []


def test_to_each_receiver_who_has_a_mail_and_wants_it(add, platform, people, tree, now, monkeypatch):
    monkeypatch.setenv("CHEMWARD_NOTIFY_HOSTS", "mail.example.org")
    add("mailtos://robot:secret@mail.example.org?to={email}", code="mail", is_personal=True)
    for user in (people.officer, people.lead):
        user.email = f"{user.pk}@example.org"
        user.save()
    NotificationPreference.objects.create(user=people.lead, message_class="alarm", channel="mail", is_on=False)
    messages.send(platform, "alarm", "氯气", org_path=tree.chlor.path, to=[people.officer, people.lead, people.deputy], now=now)
    assert [d.user for d in Delivery.objects.all()] == [people.officer]


def test_the_clock_orders_one_job_for_what_waits(add, platform, people, tree, now, later):
    order_deliveries(now)
    assert not Job.objects.exists()
    add()
    messages.send(platform, "alarm", "氯气", org_path=tree.chlor.path, to=[people.officer], now=now)
    order_deliveries(now)
    order_deliveries(later(seconds=10))
    assert Job.objects.filter(kind=DELIVER).count() == 1


def test_switched_off_and_removed_its_address_is_forgotten(add, actor_of, now):
    row = add()
    assert not channels.switch(actor_of("park_safety"), row.uuid, False, now=now).is_active
    assert channels.remove(actor_of("park_safety"), row.uuid, now=now).url_cipher == ""
    assert add().code == "duty"
