"""The one map in a real browser, under the platform's own policy: it draws, alarms appear, hostile names stay text, the past is unmistakable."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from chemward.apps.assets.actions import Draft, create
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Membership, Organisation, User
from chemward.apps.monitoring import board
from chemward.apps.monitoring.actions import feeds, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence
from tests.apps.monitoring.conftest import told
from tests.apps.overview.conftest import LAT, LON, ground

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(finders.find("vendor/maplibre-gl.mjs") is None, reason="browser files are not fetched"),
]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
HOSTILE = '<img src=x onerror="window.hacked=1">'
PLATFORM = Actor.platform("test")


def park_with_an_alarm(now):
    """A park with a works, whose detector is in alarm since a minute; every name that comes from outside is hostile."""
    park = Organisation(kind="park", name="示范园区")
    park.save()
    works = Organisation(kind="enterprise", name=f"示范氯碱{HOSTILE}", parent=park)
    works.save()
    duty = User.objects.create(username="duty", display_name="值班员 甲", home=park, password="!")
    Membership.objects.create(user=duty, organisation=park, role="duty_officer")
    built = now - timedelta(days=2)

    def stand(org, parent, *words, geometry):
        return create(PLATFORM, org.path, Draft(*words, geometry=geometry), parent=parent, now=built)

    here = {"type": "Point", "coordinates": [LON, LAT]}
    stand(park, None, "site", "SITE", "示范园区", "park", geometry=ground(0.01))
    stand(park, None, "gate", "G1", f"1号门{HOSTILE}", "main", geometry={"type": "Point", "coordinates": [LON - 0.01, LAT]})
    site = stand(works, None, "site", "SITE", f"示范氯碱{HOSTILE}", "enterprise", geometry=ground())
    unit = stand(works, site, "unit", "U-31", "液氯罐区", "tanks", geometry=ground(0.002))
    detector = stand(works, unit, "instrument", "GT-3107", f"探测器{HOSTILE}", "gas_toxic", geometry=here)
    feed = feeds.create(PLATFORM, works.uuid, "DCS 网关", period_s=1, now=built)
    values = {
        "name": f"氯气{HOSTILE}",
        "unit": "mg/m³",
        "asset_uuid": detector.uuid,
        "period_s": 1,
        "longitude": LON,
        "latitude": LAT,
    }
    limit = NewAlarm("HH", f"氯气二级{HOSTILE}", {"limit": 2.0, "deadband": 0.1, "priority": 1, "level": 2})
    tag = tags.create(PLATFORM, feed.uuid, NewTag("GT-3107", values, [limit]), now=built)
    raised_at = now - timedelta(minutes=1)
    keep_alarms([told(AlarmDefinition.objects.get(tag=tag), "raised", raised_at)], raised_at)
    return duty


@pytest.fixture
def page(transactional_db, live_server, monkeypatch):
    """A page of Chromium, logged in as the duty officer. `page.stream` is what the live process says when the page asks."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.delenv("CHEMWARD_BASEMAP", raising=False)
    sync_api = pytest.importorskip("playwright.sync_api")
    duty = park_with_an_alarm(datetime.now(UTC))
    client = Client()
    client.force_login(duty, backend="django.contrib.auth.backends.ModelBackend")
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        opened.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        opened.faults, opened.stream = [], []
        opened.on("pageerror", lambda e: opened.faults.append(str(e)))
        # The historian and the live process are not there: that their questions fail is not a fault of the page.
        away = ("/live/", "/api/v1/values", "/api/v1/trends")
        opened.on(
            "console",
            lambda m: (
                opened.faults.append(f"{m.text} {m.location}")
                if m.type == "error" and not any(a in str(m.location) for a in away)
                else None
            ),
        )
        opened.route(
            "**/live/stream*", lambda route: route.fulfill(content_type="text/event-stream", body="".join(opened.stream))
        )
        opened.home = live_server.url + "/"
        yield opened
        browser.close()


def said(name, body):
    return f"event: {name}\ndata: {json.dumps(body)}\n\n"


def snapshot(alarms):
    # The page sets its clock by the beat.
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    first = {"stream": "s", "seq": 1, "alarms": alarms, "values": []}
    return [said("snapshot", first), said("beat", {"at_ms": now_ms, "state": "live"})]


def open_map(page, query=""):
    page.goto(page.home + query)
    page.wait_for_selector("[data-one-map][data-ready]", timeout=90_000)


def test_an_alarm_of_the_snapshot_is_a_halo_and_a_row_and_hostile_names_stay_text(page):
    page.stream = snapshot([])
    open_map(page)
    page.wait_for_selector("[data-alarms]:not([aria-busy])", timeout=20_000)
    assert page.locator(".om-halo").count() == 0
    # As live tells a fresh alarm: without its place, which the page asks for.
    rows = [{**r, "lon": None, "lat": None} for r in board.rows(AlarmOccurrence.objects.filter(is_open=True))]
    page.stream = snapshot(rows)
    page.wait_for_selector(".om-halo.k1.owed", timeout=30_000)
    row = page.locator(".om-al.on")
    assert HOSTILE in row.inner_text()
    page.click(".om-halo.k1")
    page.wait_for_selector("[data-callout] .acts .btn", timeout=20_000)
    assert HOSTILE in page.locator("[data-callout]").inner_text()
    page.fill("[data-search] input", "GT-3107")
    page.wait_for_selector("[role=option]", timeout=20_000)
    assert HOSTILE in page.locator("[role=option]").first.inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".om img").count() == 0
    assert page.faults == []


def test_a_row_shows_the_present_value_with_its_age_beside_that_of_the_raise(page):
    row = AlarmOccurrence.objects.get()
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    values = said("value", {"values": [[row.tag_id, now_ms, 0.4, 0]]})
    page.stream = [*snapshot(board.rows(AlarmOccurrence.objects.filter(is_open=True))), values]
    open_map(page)
    page.wait_for_selector(".om-al .v[data-says]", timeout=20_000)
    assert page.locator(".om-al .v").inner_text().replace("\u2009", "").startswith("0.4")
    assert "报警时 2.6 mg/m³" in page.locator(".om-al .om-then").inner_text()
    page.wait_for_selector(".om-al .om-age[data-at-ms]", timeout=20_000)
    assert page.faults == []


def test_one_key_acknowledges_the_top_alarm(page):
    page.stream = snapshot(board.rows(AlarmOccurrence.objects.filter(is_open=True)))
    open_map(page)
    page.wait_for_selector(".om-al.on", timeout=20_000)
    with page.expect_response("**/api/v1/alarms/acknowledge") as answer:
        page.keyboard.press("a")
    assert answer.value.status == 200
    assert AlarmOccurrence.objects.get().park_acked_at is not None
    assert page.faults == []


def test_the_past_is_unmistakable_and_escape_leads_back(page):
    page.stream = snapshot(board.rows(AlarmOccurrence.objects.filter(is_open=True)))
    open_map(page)
    page.wait_for_selector(".om-halo", timeout=30_000)
    box = page.locator("[data-bars]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.wait_for_selector("[data-one-map][data-mode=replay]", timeout=20_000)
    assert page.locator("[data-replay-band]").is_visible()
    assert page.locator("[data-replay-frame]").is_visible()
    page.wait_for_selector(".om-halo", state="detached", timeout=20_000)
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert AlarmOccurrence.objects.get().park_acked_at is None
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-one-map][data-mode=live]", timeout=20_000)
    page.wait_for_selector(".om-halo.k1", timeout=20_000)
    assert not page.locator("[data-replay-band]").is_visible()
    assert page.faults == []


def test_an_address_opens_its_thing(page):
    page.stream = snapshot(board.rows(AlarmOccurrence.objects.filter(is_open=True)))
    open_map(page, f"?alarm={AlarmOccurrence.objects.get().uuid}")
    page.wait_for_selector("[data-callout] .figure", timeout=20_000)
    assert "GT-3107" in page.locator("[data-callout]").inner_text()
    assert page.faults == []
