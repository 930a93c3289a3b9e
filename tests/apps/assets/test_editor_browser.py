"""The drawing board in a real browser: what is drawn on the map is what is kept."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from chemward.apps.assets.actions import Draft, create
from chemward.apps.assets.models import Asset
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Membership, Organisation, User
from tests.apps.assets.conftest import LAT, LON, square

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(finders.find("vendor/terra-draw.mjs") is None, reason="browser files are not fetched"),
]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture
def board(transactional_db, live_server, monkeypatch):
    """A page of Chromium, logged in as the safety officer of a works, on the drawing board of a new unit."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sync_api = pytest.importorskip("playwright.sync_api")
    now = datetime.now(UTC)
    park = Organisation(kind="park", name="示范园区")
    park.save()
    works = Organisation(kind="enterprise", name="示范氯碱", parent=park)
    works.save()
    user = User.objects.create(username="officer", display_name="企业 安全员 甲", home=works, password="!")
    Membership.objects.create(user=user, organisation=works, role="enterprise_safety")
    platform = Actor.platform("test")
    area = create(platform, works.path, Draft("area", "A-1", "一区", geometry=square()), now=now)
    unit = create(platform, works.path, Draft("unit", "U-1", "一装置"), parent=area, now=now)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page.faults = []
        page.on("pageerror", lambda e: page.faults.append(str(e)))
        # The live stream is a process of its own, which is not there in this test.
        page.on(
            "console",
            lambda m: (
                page.faults.append(f"{m.text} {m.location}") if m.type == "error" and "live" not in str(m.location) else None
            ),
        )
        page.goto(live_server.url + reverse("assets:draw", args=[unit.uuid]))
        page.wait_for_selector("#map[data-ready]", timeout=60_000)
        yield page
        browser.close()


def test_a_polygon_drawn_on_the_map_is_kept_and_opens_again(board):
    page = board
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.click("[data-mode=polygon]")
    for dx, dy in ((-80, -60), (80, -60), (80, 60), (-80, 60), (-80, 60)):
        page.mouse.move(x + dx, y + dy)
        page.wait_for_timeout(120)
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(120)
    page.wait_for_function("document.querySelector('textarea[name=geometry]').value.includes('Polygon')", timeout=10_000)
    drawn = json.loads(page.input_value("textarea[name=geometry]"))
    assert len(drawn["coordinates"][0]) == 5
    page.click("#geometry-form button.btn.p")
    page.wait_for_url("**/assets/*/")
    unit = Asset.objects.get(code="U-1")
    assert unit.geometry["type"] == "Polygon"
    assert (unit.lon, unit.lat) == (pytest.approx(LON, abs=1e-4), pytest.approx(LAT, abs=1e-4))
    page.goto(page.url + "draw")
    page.wait_for_selector("#map[data-ready]", timeout=60_000)
    page.click("[data-clear-drawing]")
    assert page.input_value("textarea[name=geometry]") == ""
    assert page.faults == []
