"""What people see: scope everywhere, the same number of queries for many rows as for few."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chemward.apps.core.register.imports import Row, judge
from chemward.apps.monitoring import imports, queries
from chemward.apps.monitoring.actions import alarms, tags
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.live import token
from tests.apps.monitoring.conftest import PLATFORM, told


@pytest.fixture
def client_of(user_of):
    def make(role, at=None):
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


def test_each_party_sees_its_own_state(second_level, raise_alarm, actor_of, now, later):
    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(row.uuid)], now=later(seconds=5))
    park = queries.console_rows(actor_of("duty_officer").scope, later(seconds=6))
    own = queries.console_rows(actor_of("enterprise_safety").scope, later(seconds=6))
    assert [(r["party"], r["state"]) for r in (*park, *own)] == [("park", "C"), ("enterprise", "B")]


def test_a_stranger_sees_nothing(second_level, raise_alarm, actor_of, tree, now):
    raise_alarm(second_level)
    scope = actor_of("duty_officer", tree.other_park).scope
    for rows in (
        queries.open_alarms(scope),
        queries.occurrences(scope),
        queries.tags(scope),
        queries.feeds(scope),
        queries.silences(scope),
    ):
        assert not rows.exists()


def test_the_strip_over_the_console(second_level, actor_of, now, later):
    raised = [now + timedelta(seconds=10 * i) for i in range(4)]
    for at in raised:
        keep_alarms([told(second_level, "raised", at)], at)
    first = AlarmOccurrence.objects.order_by("raised_at").first()
    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(first.uuid)], now=later(seconds=60))
    strip = queries.console_strip(actor_of("duty_officer").scope, later(minutes=3))
    assert (strip.new_10min, sum(strip.bars), strip.shift_count, strip.chattering, strip.shelved) == (4, 4, 4, 1, 0)
    assert (strip.ack_median_s, strip.oldest_unacked_s) == (60.0, 170.0)


def test_neighbours_are_what_stands_within_fifty_metres(feed, detector, actor_of, now):
    north = {"longitude": 120.0, "latitude": 30.0 + 18 / 111_320}
    far = {"longitude": 120.001, "latitude": 30.0}
    tags.enter(PLATFORM, feed.uuid, [NewTag("GT-3105", north), NewTag("GT-9999", far), NewTag("XX")], now=now)
    found = queries.neighbours(actor_of("duty_officer").scope, Tag.objects.get(code="GT-3107"))
    assert [(n.tag.code, n.distance_m, n.bearing_deg) for n in found] == [("GT-3105", 18.0, 0.0)]


def test_guidance_is_inherited_from_the_nearest_place_that_has_any(second_level, tree, now):
    from chemward.apps.assets.models import Asset

    area = Asset(
        organisation=tree.chlor, kind="area", code="A1", name="液氯罐区", guidance="佩戴空气呼吸器", valid_from=now, since=now
    )
    area.save()
    unit = Asset(organisation=tree.chlor, kind="unit", code="U1", name="储罐组", parent=area, valid_from=now, since=now)
    unit.save()
    for asset, path in ((area, f"{area.pk}."), (unit, f"{area.pk}.{unit.pk}.")):
        Asset.objects.filter(pk=asset.pk).update(tree_path=path)
    Tag.objects.update(asset_uuid=unit.uuid)
    second_level = AlarmDefinition.objects.select_related("tag").get(pk=second_level.pk)
    found = queries.guidance(second_level)
    assert (found.text, found.origin) == ("佩戴空气呼吸器", str(area))
    assert len(found.chain) == 4
    second_level.guidance = "启动喷淋"
    assert queries.guidance(second_level).origin == second_level.title


class TestApi:
    def test_the_open_alarms_and_acknowledging_one(self, second_level, raise_alarm, client_of, now):
        row = raise_alarm(second_level, timezone.now())
        client = client_of("duty_officer")
        (shown,) = client.get("/api/v1/alarms/open").json()["alarms"]
        assert (shown["id"], shown["state"], shown["title"]) == (str(row.uuid), "B", second_level.title)
        body = {"alarms": [{"id": str(row.uuid), "seen_ms": ms(timezone.now())}]}
        answer = client.post("/api/v1/alarms/acknowledge", body, content_type="application/json")
        assert answer.json() == {"done": [str(row.uuid)], "already": [], "changed": [], "not_found": []}

    def test_out_of_scope_is_not_found_and_without_log_in_is_401(self, second_level, raise_alarm, client_of, tree, detector):
        row = raise_alarm(second_level)
        stranger = client_of("duty_officer", tree.other_park)
        for path in (
            f"alarms/{row.uuid}",
            f"tags/{detector.uuid}",
            f"feeds/{detector.feed.uuid}",
            f"alarm-definitions/{second_level.uuid}",
        ):
            assert stranger.get(f"/api/v1/{path}").status_code == 404
            assert Client().get(f"/api/v1/{path}").status_code == 401
        assert stranger.get(f"/api/v1/trends?tags={detector.pk}&from=0&to=1000").status_code == 404
        assert stranger.get(f"/api/v1/values?tags={detector.pk}").status_code == 404

    def test_faults_name_the_field_and_the_remedy(self, feed, client_of):
        body = {"code": "X", "values": {"lo": 5, "hi": 1}}
        answer = client_of("enterprise_safety").post(f"/api/v1/feeds/{feed.uuid}/tags", body, content_type="application/json")
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["field"] == "hi"

    def test_the_secret_of_a_key_is_in_one_answer_only(self, feed, client_of):
        client = client_of("enterprise_safety")
        made = client.post(f"/api/v1/feeds/{feed.uuid}/credentials", {}, content_type="application/json")
        assert made.status_code == 201
        assert made.json()["secret"]
        assert made.json()["secret"] not in client.get(f"/api/v1/feeds/{feed.uuid}/credentials").content.decode()

    def test_without_the_historian_trends_say_so(self, detector, client_of):
        answer = client_of("duty_officer").get(f"/api/v1/trends?tags={detector.pk}&from=0&to=1000")
        assert (answer.status_code, answer.json()["code"]) == (503, "away")

    def test_an_alarm_opens_without_the_historian(self, second_level, raise_alarm, client_of):
        row = raise_alarm(second_level)
        answer = client_of("duty_officer").get(f"/api/v1/alarms/{row.uuid}")
        assert answer.status_code == 200
        assert answer.json()["neighbours"] == []

    def test_the_live_token_carries_the_caller_s_paths(self, client_of, tree, settings, user_of):
        answer = client_of("enterprise_safety").get("/api/v1/live-token").json()
        claims = token.verify(settings.INSTALLATION.secrets()["live_key"], answer["token"], ms(timezone.now()))
        assert claims.user == user_of("enterprise_safety").pk
        assert claims.caps["alarm.view"] == (tree.chlor.path,)
        assert "alarm.acknowledge" not in claims.caps

    def test_hostile_names_come_back_as_they_were_given(self, feed, client_of):
        hostile = "</script><script>alert('氯')</script>"
        client = client_of("enterprise_safety")
        made = client.post(
            f"/api/v1/feeds/{feed.uuid}/tags", {"code": "H", "values": {"name": hostile}}, content_type="application/json"
        )
        assert made.json()["name"] == hostile
        assert client.get(f"/api/v1/tags/{made.json()['uuid']}").json()["name"] == hostile

    @pytest.mark.parametrize(
        "path", ["tags?size=100", "alarms?size=100", "alarms/open", "feeds", "alarm-definitions?size=100", "silences", "kpi"]
    )
    def test_lists_take_as_many_queries_for_many_rows_as_for_few(self, path, feed, second_level, client_of, now):
        client = client_of("duty_lead")

        def cost():
            with CaptureQueriesContext(connection) as counted:
                assert client.get(f"/api/v1/{path}").status_code == 200
            return len(counted)

        keep_alarms([told(second_level, "raised", now)], now)
        few = cost()
        tags.enter(PLATFORM, feed.uuid, [NewTag(f"T{i}") for i in range(30)], now=now)
        keep_alarms([told(second_level, "raised", now + timedelta(seconds=i)) for i in range(1, 40)], now)
        assert cost() == few

    def test_tags_are_found_by_two_characters(self, detector, client_of):
        client = client_of("duty_officer")
        assert [r["code"] for r in client.get("/api/v1/tags?q=罐区").json()["rows"]] == ["GT-3107"]
        assert client.get("/api/v1/tags?q=储运").json()["rows"] == []


def test_tags_come_in_by_excel_row_by_row(feed, tree, actor_of, now):
    kind = imports.TagImport(actor_of("enterprise_safety"), tree.chlor)
    good = Row(
        2, {"feed": feed.key, "code": "PT-1", "name": "压力", "unit": "MPa", "lo": 0, "hi": 2, "limit_h": 1.5, "limit_hh": 1.8}
    )
    bad = [
        Row(3, {"feed": feed.key, "code": "PT-2", "limit_h": "高"}),
        Row(4, {"feed": "nosuchfeed", "code": "PT-3"}),
        Row(5, {"feed": feed.key, "code": "PT-4", "lo": 3, "hi": 1}),
        Row(6, {"feed": "", "code": "PT-5"}),
    ]
    assert judge(kind, good).faults == []
    assert [judge(kind, r).faults[0].field for r in bad[:3]] == ["limit_h", "feed", "hi"]
    assert judge(kind, bad[3]).faults
    assert (kind.apply([good], now), kind.apply([good], now)) == (1, 0)
    assert set(AlarmDefinition.objects.values_list("type", "limit", "level")) == {("H", 1.5, 1), ("HH", 1.8, 2)}
    assert orjson.dumps(Tag.objects.get().org_path).decode() == f'"{tree.chlor.path}"'


def test_the_map_shows_tags_and_alarms_now_and_at_a_past_moment(second_level, raise_alarm, actor_of, tree, now, later):
    from chemward.apps.assets import layers

    raise_alarm(second_level)
    keep_alarms([told(second_level, "cleared", later(minutes=5), now)], later(minutes=5))
    scope = actor_of("duty_officer").scope

    def shown(name, at=None, scope=scope, box=(119.9, 29.9, 120.1, 30.1)):
        return orjson.loads(layers.collection(name, layers.Ask(scope, box, 16, at)))["features"]

    (tag,) = shown("monitoring.tags")
    assert (tag["geometry"]["coordinates"], tag["properties"]["code"]) == ([120.0, 30.0], "GT-3107")
    assert [f["properties"]["priority"] for f in shown("monitoring.alarms")] == [1]
    assert shown("monitoring.alarms", later(minutes=2))[0]["properties"]["is_acked"] is False
    assert shown("monitoring.alarms", later(minutes=6)) == []
    assert shown("monitoring.alarms", box=(0, 0, 1, 1)) == []
    assert shown("monitoring.alarms", scope=actor_of("duty_officer", tree.other_park).scope) == []
