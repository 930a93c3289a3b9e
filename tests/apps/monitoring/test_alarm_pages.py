"""Pages of alarms: the console's frame, an opened row, the history, who silenced what, performance."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chemward.apps.monitoring.actions import alarms, silences, tags
from chemward.apps.monitoring.actions.alarms import Seen
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.history import HistoryRegister
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, Silence, SilenceState
from chemward.apps.monitoring.views.performance import NAMES
from chemward.standards.alarm_management import alarm_management
from tests.apps.monitoring.conftest import PLATFORM

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def enter(user_of):
    """`enter("duty_officer")`: a browser of somebody with that role."""

    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.fixture
def raised(raise_alarm, second_level):
    """The second level of the chlorine detector, raised two minutes ago by the clock of the pages."""
    return raise_alarm(second_level, timezone.now() - timedelta(minutes=2))


def page(client: Client, name: str, *args, **query: str) -> str:
    answer = client.get(reverse(f"monitoring:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.parametrize("name", ["alarms", "alarm-strip", "alarm-history", "silences", "performance"])
def test_every_page_opens_with_nothing_and_with_an_alarm(name, enter, tree, raised):
    page(enter("duty_officer"), name)
    page(enter("enterprise_safety"), name)
    page(enter("duty_officer", tree.other_park), name)


def test_who_may_not_see_alarms_sees_no_console(enter):
    for name in ("alarms", "alarm-strip", "silences", "alarm-history"):
        assert enter("contractor").get(reverse(f"monitoring:{name}")).status_code == 403


def test_the_console_tells_its_scripts_what_the_caller_may_do_where(enter, tree):
    html = page(enter("duty_officer"), "alarms")
    told = json.loads(re.search(r'<script id="alarm-told" type="application/json">(.*?)</script>', html, re.S).group(1))
    assert told["may"]["alarm.acknowledge"] == [tree.park.path]
    assert told["may"]["alarm.respond"] == []
    assert told["shelf_max_min"]["1"] == 60


def test_an_opened_row_shows_guidance_and_what_is_owed(enter, raised):
    park = page(enter("duty_officer"), "alarm-open", raised.uuid)
    assert 'data-do="acknowledge"' in park
    assert "data-answer" not in park
    enterprise = page(enter("enterprise_safety"), "alarm-open", raised.uuid)
    assert "data-answer" in enterprise
    assert 'name="measure"' in enterprise


def test_an_answer_that_was_given_is_shown_to_the_park(enter, actor_of, raised):
    safety = actor_of("enterprise_safety")
    alarms.respond(safety, raised.uuid, cause="法兰渗漏", measure="已堵漏", verdict="true", now=timezone.now())
    assert "已堵漏" in page(enter("duty_officer"), "alarm-open", raised.uuid)
    assert "已堵漏" in page(enter("duty_officer"), "alarm", raised.uuid)


def test_an_alarm_of_others_is_not_there(enter, tree, raised):
    for name in ("alarm-open", "alarm"):
        assert enter("duty_officer", tree.other_park).get(reverse(f"monitoring:{name}", args=[raised.uuid])).status_code == 404


def test_a_hostile_name_or_reason_stays_text_on_every_page(enter, actor_of, feed, raise_alarm):
    now = timezone.now()
    tags.create(
        PLATFORM, feed.uuid, NewTag("X<b>1", {"name": HOSTILE}, [NewAlarm("H", HOSTILE, {"limit": 1.0, "priority": 3})]), now=now
    )
    definition = AlarmDefinition.objects.get(title=HOSTILE)
    row = raise_alarm(definition, now)
    silences.shelve(actor_of("duty_officer"), [definition.uuid], 30, HOSTILE, now=now)
    client = enter("duty_officer")
    pages = [page(client, "alarm-open", row.uuid), page(client, "alarm", row.uuid), page(client, "alarm-history")]
    for html in [*pages, page(client, "silences"), page(client, "performance")]:
        assert "<img src=x" not in html
        assert "X<b>1" not in html


def test_the_history_is_filtered_by_the_address(enter, raised):
    client = enter("duty_officer")
    assert raised.title in page(client, "alarm-history", priority="1", is_open="true", code="gt-3107")
    assert str(raised.uuid) not in page(client, "alarm-history", priority="4")
    assert str(raised.uuid) not in page(client, "alarm-history", org="999.")


def test_the_history_costs_as_many_queries_for_many_rows_as_for_one(enter, raised, raise_alarm, first_level):
    client = enter("duty_officer")

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            page(client, "alarm-history")
        return len(counted)

    queries()
    one = queries()
    for minutes in range(5, 30):
        raise_alarm(first_level, timezone.now() - timedelta(minutes=minutes))
    assert queries() == one


def test_the_history_can_be_exported_by_its_name():
    from chemward.apps.core.register import register as registers

    assert registers.get("monitoring.alarms") is HistoryRegister


def test_a_silence_at_a_major_hazard_waits_for_a_second_person_who_is_another(enter, actor_of, raised, second_level):
    silence = silences.shelve(actor_of("duty_lead"), [second_level.uuid], 30, "换探头", now=timezone.now())[0]
    own = enter("duty_lead")
    act = reverse("monitoring:silence-act", args=[silence.uuid, "approve"])
    assert act not in page(own, "silences")
    own.post(act, {"reason": "好"})
    assert Silence.objects.get().state == SilenceState.REQUESTED
    other = enter("park_safety")
    assert act in page(other, "silences", kind="waiting")
    other.post(act, {"reason": "已派人看守"})
    assert Silence.objects.get().state == SilenceState.IN_FORCE


def test_a_silence_is_turned_down_only_with_a_reason(enter, actor_of, second_level):
    silence = silences.shelve(actor_of("duty_officer"), [second_level.uuid], 30, "换探头", now=timezone.now())[0]
    act = reverse("monitoring:silence-act", args=[silence.uuid, "reject"])
    answer = enter("duty_lead").post(act, {"reason": ""}, follow=True)
    assert 'class="fault"' in answer.content.decode()
    assert Silence.objects.get().state == SilenceState.REQUESTED
    enter("duty_lead").post(act, {"reason": "备件未到"})
    assert Silence.objects.get().state == SilenceState.REJECTED


def test_a_shelved_alarm_is_ended_by_who_may_shelve_and_by_nobody_else(enter, actor_of, tree, first_level):
    silence = silences.shelve(actor_of("duty_officer"), [first_level.uuid], 30, "标定", now=timezone.now())[0]
    act = reverse("monitoring:silence-act", args=[silence.uuid, "end"])
    assert enter("duty_officer", tree.other_park).post(act).status_code == 404
    assert enter("duty_officer").get(act).status_code == 405
    assert Silence.objects.get().state == SilenceState.IN_FORCE
    enter("duty_officer").post(act, {"reason": "标定完"})
    assert Silence.objects.get().state == SilenceState.ENDED


def test_performance_counts_what_people_were_told_and_how_fast_they_answered(enter, actor_of, raise_alarm, first_level):
    now = timezone.now()
    rows = [raise_alarm(first_level, now - timedelta(minutes=m)) for m in range(3, 15)]
    seen = [Seen(r.uuid) for r in AlarmOccurrence.objects.order_by("raised_at")[:2]]
    alarms.acknowledge(actor_of("duty_officer"), seen, now=now)
    html = page(enter("duty_officer"), "performance", span="8h")
    assert first_level.title in html
    assert f'<div class="v">{len(rows)}</div>' in html
    assert "100.0<span" in html
    assert "示范氯碱" in html


def test_performance_says_what_each_party_owes(enter, actor_of, raise_alarm, second_level):
    now = timezone.now()
    row = raise_alarm(second_level, now - timedelta(hours=3))
    alarms.acknowledge(actor_of("enterprise_operator"), [Seen(row.uuid)], now=now - timedelta(hours=3) + timedelta(seconds=90))
    html = " ".join(page(enter("duty_officer"), "performance", span="8h").split())
    table = html[html.index('class="tb parties"') :].split("</table>")[0]
    # acknowledged, waiting: of the enterprise, of the park
    assert re.findall(r'class="num[^"]*">([^<]*)', table)[2:6] == ["1", "0", "0", "1"]
    assert "0 / 1" in table


def test_performance_of_one_enterprise_stands_in_the_address_and_others_are_not_there(enter, tree, raised):
    assert "示范氯碱" in page(enter("duty_officer"), "performance", org=tree.chlor.path)
    missing = enter("duty_officer").get(reverse("monitoring:performance"), {"org": tree.other.path})
    assert missing.status_code == 404


def test_every_figure_says_how_it_is_counted_and_where_its_target_stands(enter):
    standard = alarm_management()
    client = enter("duty_officer")
    for name in NAMES:
        html = page(client, "performance-why", name)
        assert standard.edition in html
        assert getattr(standard.targets, name).source in html
    assert client.get(reverse("monitoring:performance-why", args=["nonsense"])).status_code == 404
