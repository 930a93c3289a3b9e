"""Hostile text that comes in while the page looks: the echo of a message, unknown codes, alarms over the stream, the map, the trend.

The whole platform, a device that posts, one browser. Nothing that a device or a colleague writes may run, and all of it must be readable.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import instance
from tests.support.instance import Platform, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
HOSTILE = "\"'><img src=x onerror=cw=1>{{7*7}}"
UNKNOWN = "U</td><svg onload=cw=1>"
PROGRAM = Path(instance.__file__).with_name("hostile_plant.py")
WATCH = """
window.cwSeen = [];
document.addEventListener('securitypolicyviolation', e => window.cwSeen.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""
LOOK = "({ran: 'cw' in window, csp: window.cwSeen, image: document.querySelectorAll('img[src=x], svg[onload]').length})"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    data: Path = tmp_path_factory.mktemp("hostile") / "var"
    plant = instance.seed(data)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), HOSTILE],
        env=instance.environment(data),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    plant["hostile"] = json.loads(done.stdout.splitlines()[-1])
    with instance.running(data, plant) as running:
        yield running


@pytest.fixture
def page(platform: Platform) -> Iterator[Any]:
    """A page of the duty officer; whatever ran on it fails the test in the end."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        opened.set_default_timeout(60_000)
        opened.add_init_script(WATCH)
        dialogs: list[str] = []
        opened.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
        opened.goto(f"{platform.address}/login")
        opened.fill('input[name="username"]', platform.plant["username"])
        opened.fill('input[name="password"]', platform.plant["password"])
        opened.press('input[name="password"]', "Enter")
        opened.wait_for_url(lambda url: "/login" not in url)
        yield opened
        assert dialogs == []
        assert opened.evaluate(LOOK) == {"ran": False, "csp": [], "image": 0}
        browser.close()


def post(platform: Platform, body: Any, kind: str = "data") -> dict[str, Any]:
    """As a device of the hostile feed."""
    feed = platform.plant["hostile"]
    headers = {"Authorization": f"Bearer {feed['secret']}", "Content-Type": "application/json"}
    answer = httpx.post(
        f"{platform.address}/ingest/v1/{feed['feed']}/{kind}", content=json.dumps(body), headers=headers, timeout=20
    )
    told: dict[str, Any] = answer.json()
    return told


def read(platform: Platform, value: float) -> None:
    """A reading of the detector with the hostile code."""
    assert post(platform, {"tag": platform.plant["hostile"]["code"], "v": value})["stored"] == 1


def raised(platform: Platform) -> int:
    return int(
        platform.rows("select count(*) from monitoring_alarmoccurrence where code = ?", platform.plant["hostile"]["code"])[0][0]
    )


@pytest.fixture
def in_alarm(platform: Platform) -> Iterator[None]:
    """The detector goes into alarm while the test looks, and comes back after it."""
    yield
    read(platform, 1.0)


def test_the_echo_of_a_message_and_its_faults_are_text(platform, page):
    page.goto(f"{platform.address}/feeds/{platform.plant['hostile']['page']}/")
    echo = page.locator("[data-echo-text]")
    page.wait_for_selector("[data-stream]:not(.none):not(.dead)")
    post(platform, {"tag": UNKNOWN, "v": f"<script>cw=1</script>{HOSTILE}", "u": HOSTILE})
    page.wait_for_function("() => document.querySelector('[data-echo-text]').innerText.includes('<script>')")
    assert HOSTILE.replace('"', '\\"') in echo.inner_text()
    page.wait_for_function("() => document.querySelector('[data-echo-faults]').innerText.length > 0")
    assert UNKNOWN in page.locator("[data-echo-faults]").inner_text()


def test_unknown_codes_are_listed_as_text(platform, page):
    post(platform, [{"tag": UNKNOWN, "v": 3.5, "u": "<b>ppm"}, {"tag": HOSTILE, "v": "<u onclick=cw=1>x"}])
    until(lambda: len(platform.rows("select 1 from monitoring_unknowntag")) >= 2, 30, "both codes known as unknown")
    page.goto(f"{platform.address}/unknown-tags/?feed={platform.plant['hostile']['feed']}")
    shown = page.inner_text("main")
    assert UNKNOWN in shown
    assert HOSTILE in shown
    page.goto(f"{platform.address}/feeds/{platform.plant['hostile']['page']}/")
    page.wait_for_selector("#echo")


def test_an_alarm_that_arrives_over_the_stream_is_text_in_its_row_opened_and_in_the_history(platform, page, in_alarm):
    page.goto(f"{platform.address}/alarms/")
    page.wait_for_function("() => !document.querySelector('[data-empty]').hidden || document.querySelector('[data-rows] tr')")
    read(platform, 80.0)
    code = platform.plant["hostile"]["code"]
    row = page.locator("[data-rows] tr[data-id]", has_text=code)
    row.wait_for()
    assert f"二级 {HOSTILE}" in row.inner_text()
    row.locator("td.title").click()
    page.wait_for_function("text => document.querySelector('main').innerText.includes(text)", arg=f"罐区 {HOSTILE}")
    post(platform, {"id": HOSTILE[:30], "kind": "raised", "tag": code, "text": f"系统 {HOSTILE}"}, kind="alarm")
    until(lambda: raised(platform), 30, "the alarm in the database")
    page.evaluate(LOOK)
    page.goto(f"{platform.address}/alarms/history/")
    assert code in page.inner_text("main")


def test_the_map_shows_a_live_alarm_and_its_callout_as_text(platform, page, in_alarm):
    page.goto(f"{platform.address}/")
    page.wait_for_selector("[data-one-map][data-ready]", timeout=90_000)
    page.wait_for_selector("[data-alarms]:not([aria-busy])")
    read(platform, 90.0)
    halo = page.locator(".om-halo.k1")
    halo.first.wait_for(timeout=60_000)
    assert HOSTILE in page.locator(".om-al").first.inner_text()
    halo.first.click()
    page.wait_for_selector("[data-callout] .acts .btn")
    assert HOSTILE in page.locator("[data-callout]").inner_text()
    halo.first.hover()
    page.wait_for_timeout(500)


def test_the_trend_names_its_tag_and_its_values_under_the_pointer_as_text(platform, page):
    for value in (10.0, 20.0, 30.0):
        read(platform, value)
    page.goto(f"{platform.address}/trends/?tags={platform.plant['hostile']['number']}")
    page.wait_for_selector("[data-plot] svg")
    legend = page.locator("[data-legend]")
    page.wait_for_function("text => document.querySelector('[data-legend]').innerText.includes(text)", arg=HOSTILE)
    box = page.locator("[data-plot]").bounding_box()
    for part in (0.3, 0.6, 0.9, 0.98):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        page.wait_for_timeout(200)
    assert f"氯气 {HOSTILE}" in legend.inner_text()
    page.click("[data-table-view]")
    page.wait_for_timeout(300)
