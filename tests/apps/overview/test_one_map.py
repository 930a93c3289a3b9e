"""The one map: who gets the page, what it says of a thing, of the past, of today; nothing from outside the scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chemward.apps.followup import facts
from chemward.apps.monitoring.actions import alarms, silences
from chemward.apps.monitoring.models import AlarmOccurrence, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.overview import queries, today
from tests.apps.overview.conftest import LAT, LON


def api(client, name, **query):
    return client.get(f"/api/v1/map/{name}", query)


# -- the page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["duty_officer", "duty_lead", "park_safety", "enterprise_safety", "enterprise_operator", "city_bureau"]
)
def test_who_sees_assets_gets_the_map(works, seen_by, role):
    answer = seen_by(role).get("/")
    assert answer.status_code == 200
    assert "data-one-map" in answer.text


def test_who_sees_no_asset_is_sent_to_what_waits_for_him(works, seen_by):
    assert seen_by("contractor").get("/").url == reverse("followup:todo")


def test_nobody_looks_without_logging_in(client, works):
    assert client.get("/").status_code == 302
    assert client.get("/search", {"q": "氯碱"}).status_code == 302
    assert api(client, "today").status_code == 401


def test_the_map_opens_on_the_park_or_on_ones_own_works(works, actor_of, tree):
    park = queries.extent(actor_of("duty_officer").scope)
    own = queries.extent(actor_of("enterprise_safety").scope)
    assert park == pytest.approx([LON - 0.02, LAT - 0.02, LON + 0.02, LAT + 0.02])
    assert own == pytest.approx([LON - 0.004, LAT - 0.004, LON + 0.004, LAT + 0.004])


def test_who_may_only_look_gets_no_acknowledging(works, seen_by):
    assert seen_by("city_bureau").get("/").context["config"]["may"]["acknowledge"] is False
    assert seen_by("duty_officer").get("/").context["config"]["may"]["acknowledge"] is True


def test_the_map_loads_nothing_from_elsewhere_unless_told(works, seen_by, monkeypatch):
    monkeypatch.delenv("CHEMWARD_BASEMAP", raising=False)
    assert "tianditu" not in seen_by("duty_officer").get("/").headers["Content-Security-Policy"]
    monkeypatch.setenv("CHEMWARD_BASEMAP", "tianditu:0123456789abcdef")
    assert "https://*.tianditu.gov.cn" in seen_by("duty_officer").get("/").headers["Content-Security-Policy"]


# -- one thing ----------------------------------------------------------------------------------------------------------


def test_a_thing_tells_its_tags(works, seen_by):
    told_of = api(seen_by("duty_officer"), "thing", asset=works.tank.uuid).json()
    assert told_of["title"] == "V-3101 液氯储罐"
    assert [t["code"] for t in told_of["tags"]] == ["GT-3107"]


def test_a_tag_and_an_alarm_lead_to_the_same_thing(works, seen_by, raise_alarm, now):
    row = raise_alarm(works.second, now)
    client = seen_by("duty_officer")
    by_tag, by_alarm = (api(client, "thing", **w).json() for w in ({"tag": works.tag.pk}, {"alarm": row.uuid}))
    assert by_tag == by_alarm
    assert by_tag["lon"] == LON


def test_another_works_sees_the_name_of_a_shared_thing_and_no_tags(works, seen_by, tree):
    neighbour = seen_by("enterprise_safety", tree.tanks)
    told_of = api(neighbour, "thing", asset=works.site.uuid).json()
    assert (told_of["title"], told_of["tags"], told_of["asset"]) == ("示范氯碱", [], None)


@pytest.mark.parametrize("place", ["tanks", "other"])
def test_what_is_out_of_scope_is_not_there(works, seen_by, tree, raise_alarm, now, place):
    client = seen_by("enterprise_safety", getattr(tree, place))
    row = raise_alarm(works.second, now)
    for asked in ({"asset": works.tank.uuid}, {"tag": works.tag.pk}, {"alarm": row.uuid}):
        assert api(client, "thing", **asked).status_code == 404
    assert api(client, "places", tags=works.tag.pk).json() == {}
    assert api(client, "search", q="GT-31").json()["results"] == []
    assert api(client, "replay", at=ms(now), tags=works.tag.pk).json()["alarms"] == []
    assert sum(map(sum, api(client, "histogram", end=ms(now)).json()["counts"])) == 0


def test_nothing_asked_is_a_fault_with_its_remedy(works, seen_by):
    answer = api(seen_by("duty_officer"), "thing")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["remedy"]


# -- the past -----------------------------------------------------------------------------------------------------------


def test_replay_shows_an_alarm_from_its_raise_to_its_end_and_who_owed_what(works, seen_by, actor_of, raise_alarm, now, later):
    row = raise_alarm(works.second, now)
    duty = seen_by("duty_officer")

    def at(moment):
        return api(duty, "replay", at=ms(moment)).json()["alarms"]

    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(row.uuid, ms(later(minutes=5)))], now=later(minutes=5))
    assert at(later(minutes=-1)) == []
    assert [(r["id"], r["park_acked_ms"]) for r in at(later(minutes=1))] == [(str(row.uuid), None)]
    assert at(later(minutes=6))[0]["park_acked_ms"] == ms(later(minutes=5))
    AlarmOccurrence.objects.filter(pk=row.pk).update(cleared_at=later(minutes=10), is_open=False)
    assert at(later(minutes=9))[0]["cleared_at_ms"] is None
    assert at(later(minutes=11)) == []


def test_what_came_back_to_normal_unacknowledged_was_still_owed(works, seen_by, raise_alarm, now, later):
    row = raise_alarm(works.second, now)
    AlarmOccurrence.objects.filter(pk=row.pk).update(cleared_at=later(minutes=2))
    then = api(seen_by("duty_officer"), "replay", at=ms(later(minutes=5))).json()["alarms"]
    assert [r["cleared_at_ms"] for r in then] == [ms(later(minutes=2))]


def test_a_shelf_shows_only_in_its_own_time(works, actor_of, raise_alarm, now, later):
    row = raise_alarm(works.first, now)
    silences.shelve(actor_of("duty_lead"), [works.first.uuid], 30, "标定", now=later(minutes=5))
    scope = actor_of("duty_officer").scope
    assert queries.alarms_at(scope, later(minutes=1))[0]["shelved_until_ms"] is None
    assert queries.alarms_at(scope, later(minutes=6))[0]["shelved_until_ms"] == ms(later(minutes=35))
    assert row.pk


def test_without_the_historian_the_replay_says_that_values_are_not_to_be_had(works, seen_by, now):
    told_of = api(seen_by("duty_officer"), "replay", at=ms(now), tags=works.tag.pk).json()
    assert (told_of["values"], told_of["is_away"]) == ([], True)


@pytest.mark.parametrize("at", [0, -5, 10**17])
def test_what_is_no_past_moment_is_refused(works, seen_by, at):
    assert api(seen_by("duty_officer"), "replay", at=at).status_code == 422


def test_tomorrow_cannot_be_replayed(works, seen_by):
    assert api(seen_by("duty_officer"), "replay", at=ms(timezone.now() + timedelta(days=1))).status_code == 422


def test_bars_count_what_was_raised_by_priority(works, seen_by, raise_alarm, now):
    raise_alarm(works.first, now)
    raise_alarm(works.second, now)
    counts = api(seen_by("duty_officer"), "histogram", end=ms(now)).json()["counts"]
    assert counts[-1] == [1, 1, 0, 0]


# -- wind, deeds, today, search -----------------------------------------------------------------------------------------


def test_the_mast_of_the_park_is_seen_by_the_park(works, seen_by):
    [mast] = api(seen_by("duty_officer"), "weather").json()
    assert mast["name"] == "WS-01"
    assert set(mast["tags"]) == {"speed", "direction"}


def test_a_works_sees_only_its_own_mast(works, seen_by):
    assert api(seen_by("enterprise_safety"), "weather").json() == []


def test_last_deeds_are_told_in_scope_and_one_stroke_is_one_line(works, seen_by, actor_of, raise_alarm, now, later, tree):
    rows = [raise_alarm(works.first, now), raise_alarm(works.second, now)]
    seen = [alarms.Seen(r.uuid, ms(later(minutes=1))) for r in rows]
    alarms.acknowledge(actor_of("duty_officer"), seen, now=later(minutes=1))
    [line] = api(seen_by("duty_officer"), "deeds").json()
    assert (line["who"], line["more"]) == ("duty_officer 甲", 1)
    assert api(seen_by("enterprise_safety", tree.tanks), "deeds").json() == []


def test_a_counter_whose_room_is_not_there_is_not_nought(works, seen_by):
    told_of = {c["name"]: c for c in api(seen_by("duty_officer"), "today").json()["counters"]}
    tickets = told_of["special_work.open_tickets"]
    assert (tickets["value"], tickets["is_connected"]) == (None, False)
    assert told_of["followup.duties_owed"]["value"] == 0


def test_tags_online_are_unknown_while_the_historian_is_away(works, seen_by):
    told_of = {c["name"]: c for c in api(seen_by("duty_officer"), "today").json()["counters"]}
    assert told_of["monitoring.tags_online"]["value"] is None


def test_a_room_that_offers_its_counter_is_heard(works, actor_of, now, monkeypatch):
    answer = {"value": 18, "unit": "张", "note": "特级动火 2"}
    monkeypatch.setitem(facts._providers, "special_work.open_tickets", lambda scope, now: answer)
    told_of = {c["name"]: c for c in today.counters(actor_of("duty_officer").scope, now)["counters"]}
    assert told_of["special_work.open_tickets"]["value"] == 18


def test_search_finds_by_two_characters_and_refuses_one(works, seen_by):
    client = seen_by("duty_officer")
    found = api(client, "search", q="氯碱").json()["results"]
    assert found[0]["title"] == "示范氯碱"
    assert found[0]["lon"] == pytest.approx(LON)
    assert any(f["tag"] == works.tag.pk for f in api(client, "search", q="GT-3107").json()["results"])
    assert api(client, "search", q="氯").status_code == 422


def test_the_page_of_the_search_works_without_scripts(works, seen_by):
    page = seen_by("duty_officer").get(reverse("overview:search"), {"q": "氯碱"})
    assert f"?asset={works.site.uuid}" in page.text
    assert seen_by("duty_officer").get(reverse("overview:search"), {"q": "氯"}).status_code == 200


def test_hostile_names_are_text_on_the_page_of_the_search(works, seen_by):
    Tag.objects.filter(pk=works.tag.pk).update(name="<script>alert(1)</script>")
    page = seen_by("duty_officer").get(reverse("overview:search"), {"q": "GT-3107"})
    assert "<script>alert(1)" not in page.text


def test_the_map_of_gas_detectors_and_stations(works, seen_by):
    where = {"bbox": f"{LON - 0.01},{LAT - 0.01},{LON + 0.01},{LAT + 0.01}", "zoom": 14}
    client = seen_by("duty_officer")
    codes = [f["properties"]["code"] for f in client.get("/api/v1/layers/overview.detectors", where).json()["features"]]
    names = [f["properties"]["name"] for f in client.get("/api/v1/layers/overview.stations", where).json()["features"]]
    assert (codes, names) == (["GT-3107"], ["WS-01"])
