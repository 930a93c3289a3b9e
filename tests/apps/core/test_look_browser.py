"""The look in a real Chromium under a policy stricter than the platform's own: no inline script, no inline style, no blob worker."""

from __future__ import annotations

import itertools
import json
import mimetypes
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation

from chemward.telemetry.engine.state import Condition, Obligations, isa_state

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(finders.find("vendor/maplibre-gl.mjs") is None, reason="browser files are not fetched"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--ignore-gpu-blocklist",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self'",
        "style-src-attr 'none'",
        "img-src 'self' data: blob:",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
    )
)
MAP_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>waiting</title><link rel="icon" href="/static/core/logo.svg">
<link rel="stylesheet" href="/static/vendor/maplibre-gl.css"><link rel="stylesheet" href="/static/core/cw.css">
<script type="module" src="/map.js"></script></head><body><div id="map" class="chart"></div></body></html>"""
MAP_SCRIPT = """
import { Map, Marker, addProtocol } from "/static/vendor/maplibre-gl.mjs";
import { Protocol } from "/static/vendor/pmtiles.mjs";
import { TerraDraw, TerraDrawPolygonMode } from "/static/vendor/terra-draw.mjs";
import { TerraDrawMapLibreGLAdapter } from "/static/vendor/terra-draw-maplibre-gl-adapter.mjs";
addProtocol("pmtiles", new Protocol().tile);
const ring = [[121, 31], [121.02, 31], [121.02, 31.01], [121, 31]];
const park = {type: "Feature", properties: {name: "示范园区"}, geometry: {type: "Polygon", coordinates: [ring]}};
const map = new Map({container: "map", localIdeographFontFamily: "sans-serif", center: [121.01, 31.005], zoom: 13, style: {version: 8,
  sources: {park: {type: "geojson", data: park}}, layers: [{id: "fill", type: "fill", source: "park"},
  {id: "name", type: "symbol", source: "park", layout: {"text-field": ["get", "name"]}}]}});
map.on("error", (event) => console.error("map", event.error?.message));
map.on("load", () => {
  new Marker({element: document.createElement("div")}).setLngLat([121.01, 31.005]).addTo(map);
  const draw = new TerraDraw({adapter: new TerraDrawMapLibreGLAdapter({map}), modes: [new TerraDrawPolygonMode()]});
  draw.start();
  map.once("idle", () => { document.body.dataset.drawn = map.queryRenderedFeatures({layers: ["name"]}).length; });
});
"""


def context(request: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "request": request,
        "actor": SimpleNamespace(name="值班员 甲", user=SimpleNamespace(username="duty")),
        "home": SimpleNamespace(name="示范园区", kind="park"),
        "navigation": [
            SimpleNamespace(
                entry=SimpleNamespace(section="alarms", label="报警", icon="bell-ringing", order=20, is_rail=True),
                url="/alarms",
                is_current=True,
            )
        ],
        "theme": request.COOKIES.get("cw_theme", "auto"),
        "fresh": now,
        "late": now - timedelta(seconds=14),
        "dead": now - timedelta(minutes=12),
        "yesterday": now - timedelta(days=1),
        "soon": now + timedelta(hours=3),
    }


class Pages(BaseHTTPRequestHandler):
    """Static files, the style guide, and nothing else: no live stream, no API."""

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            return self.answer(Path(found).read_bytes(), kind_of(path)) if found else self.answer(b"", "text/plain", 404)
        pages = {"/styleguide": "core/styleguide.html", "/styleguide/why": "core/styleguide_why.html"}
        if path in pages:
            extra = {"HTTP_HX_REQUEST": "true"} if self.headers.get("HX-Request") else {}
            request = RequestFactory().get(self.path, headers={"Cookie": self.headers.get("Cookie", "")}, **extra)
            with translation.override("zh-hans"):
                return self.answer(render_to_string(pages[path], context(request)).encode(), "text/html; charset=utf-8")
        if path == "/map":
            return self.answer(MAP_PAGE.encode(), "text/html; charset=utf-8")
        if path == "/map.js":
            return self.answer(MAP_SCRIPT.encode(), "text/javascript; charset=utf-8")
        return self.answer(b"", "text/plain", 503)

    def answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def kind_of(path: str) -> str:
    own = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2"}
    return own.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


MINUTE_MS = 60_000
ALARM = {"raised_at_ms": 1, "cleared_at_ms": None, "suppressed": False, "latch": False, "late": False, "shelved_until_ms": None}


class LivePages(Pages):
    """The same with a live stream that speaks: a snapshot, an alarm, an acknowledgement, then silence."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/api/v1/live-token":
            return self.answer(json.dumps({"token": "t.t"}).encode(), "application/json")
        if path != "/live/stream":
            return super().do_GET()
        told = [
            (
                "snapshot",
                {"stream": "s", "seq": 1, "alarms": [{**ALARM, "id": "a", "priority": 1}, {**ALARM, "id": "b", "priority": 2}]},
            ),
            ("alarm", {**ALARM, "id": "c", "priority": 2, "kind": "raised", "open": True, "seq": 2}),
            ("alarm", {**ALARM, "id": "d", "priority": 3, "kind": "raised", "late": True, "open": True, "seq": 3}),
            ("act", {"noun": "alarm", "verb": "acknowledge", "ids": ["a"], "fields": {"park_acked_ms": 5}, "gone": [], "seq": 4}),
            ("beat", {"at_ms": int(timezone.now().timestamp() * 1000), "state": "live", "seq": 4}),
        ]
        body = "".join(f"event: {name}\ndata: {json.dumps(detail)}\n\n" for name, detail in told)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(body.encode())
        self.wfile.flush()
        self.server.quiet.wait(30)  # type: ignore[attr-defined]
        return None


@pytest.fixture
def live_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LivePages)
    server.quiet = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.quiet.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    tab = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    tab.faults = []
    # The missing live stream is not a fault of the page: it must work without.
    tab.on("console", lambda m: tab.faults.append(m.text) if m.type == "error" and "503" not in m.text else None)
    tab.on("pageerror", lambda fault: tab.faults.append(str(fault)))
    yield tab
    tab.context.close()


def opened(page: Any, address: str) -> Any:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def test_all_components_are_drawn_under_a_strict_policy(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.wait_for_selector("#chart svg")
    assert page.faults == []
    assert page.locator("#chart text", has_text="HH 2.0").count() == 1


def test_a_page_without_a_live_stream_says_by_its_own_clock_that_data_is_interrupted(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.wait_for_selector("[data-stream].dead", timeout=15_000)
    assert "数据中断" in page.inner_text("[data-stream]")


def test_unacknowledged_alarms_are_counted_from_the_stream_and_a_late_one_is_not(page: Any, live_site: str) -> None:
    opened(page, f"{live_site}/styleguide")
    page.wait_for_selector("[data-priority='2'][data-count='2']")
    counts = [page.get_attribute(f"[data-counts] [data-priority='{level}']", "data-count") for level in "1234"]
    assert counts == ["0", "2", "0", "0"]
    assert page.inner_text("[data-badge=alarms]") == "2"
    assert "实时" in page.inner_text("[data-stream]")


def test_a_stream_that_falls_silent_is_seen_by_the_clock_of_the_browser(page: Any, live_site: str) -> None:
    opened(page, f"{live_site}/styleguide")
    page.wait_for_selector("[data-stream]:has-text('实时')")
    page.wait_for_selector("[data-stream].late", timeout=10_000)
    page.wait_for_selector("[data-stream].dead:has-text('数据中断')", timeout=10_000)


def test_the_browser_judges_the_state_of_an_alarm_as_the_engine_does(page: Any, site: str) -> None:
    now = 1_000 * MINUTE_MS
    cases = [
        {
            "out_of_service": out,
            "shelved_until_ms": until,
            "suppressed": hidden,
            "park_acked_ms": acked,
            "cleared_at_ms": cleared,
            "latch": latch,
            "reset_ms": reset,
        }
        for out, until, hidden, acked, cleared, latch, reset in itertools.product(
            (False, True), (None, now, now + 1), (False, True), (None, 5), (None, 6), (False, True), (None, 7)
        )
    ]
    expected = [
        isa_state(
            Condition(raised_at=1, cleared_at=c["cleared_at_ms"], suppressed=c["suppressed"], latch=c["latch"]),
            Obligations(
                acked_at=c["park_acked_ms"],
                shelved_until=c["shelved_until_ms"],
                out_of_service=c["out_of_service"],
                reset_at=c["reset_ms"],
            ),
            now,
        ).value
        for c in cases
    ]
    opened(page, f"{site}/styleguide")
    judge = (
        "async ([rows, now]) => { const m = await import('/static/core/alarms.js'); return rows.map((r) => m.isaState(r, now)); }"
    )
    assert page.evaluate(judge, [cases, now]) == expected


def test_an_age_is_counted_on_by_the_browser(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.wait_for_selector("table .age.late:has-text('3 s')", timeout=10_000)


def test_day_turns_to_night_and_is_remembered_by_the_server(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    button = page.locator("[data-theme-next]")
    button.click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(242, 243, 245)"
    button.click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 24)"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "night"


def test_why_opens_in_the_sheet_the_address_holds_it_and_escape_closes_it(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.locator("a.why").first.click()
    page.wait_for_selector("#sheet-body h1:has-text('三级重大危险源')")
    assert "sheet=%2Fstyleguide%2Fwhy" in page.url
    page.reload()
    page.wait_for_selector("#sheet-body h1:has-text('三级重大危险源')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#sheet:not([open])", state="attached")
    assert "sheet=" not in page.url
    page.go_back()
    page.wait_for_selector("#sheet[open]")
    assert page.faults == []


def test_an_address_from_outside_never_chooses_what_the_sheet_loads(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide?sheet=//example.org/x")
    assert page.locator("#sheet[open]").count() == 0


def test_rows_are_walked_by_key_and_chosen(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    for key in "jjx":
        page.keyboard.press(key)
    row = page.locator("tr[aria-selected=true]")
    assert "GT-1142" in row.inner_text()
    assert row.locator(".cbx").is_checked()


def test_a_dangerous_act_asks_first_and_no_leaves_it(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.locator("[data-confirm]").click()
    assert "将结束 3 个会话" in page.inner_text("#confirm")
    page.locator("#confirm [data-no]").click()
    assert page.locator("#confirm[open]").count() == 0


def test_what_is_typed_is_kept_as_a_draft(page: Any, site: str) -> None:
    opened(page, f"{site}/styleguide")
    page.fill("[name=measure]", "已启动喷淋")
    page.wait_for_selector("[data-draft-state]:has-text('草稿已存')")
    opened(page, f"{site}/styleguide")
    assert page.input_value("[name=measure]") == "已启动喷淋"
    page.get_by_text("丢弃草稿").click()
    opened(page, f"{site}/styleguide")
    assert page.input_value("[name=measure]") == ""


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Any, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{site}/styleguide")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.main').scrollWidth") <= 390


def test_map_worker_and_drawing_run_without_a_bundler(page: Any, site: str) -> None:
    page.goto(f"{site}/map")
    page.wait_for_selector("body[data-drawn='1']", timeout=60_000)
    assert page.faults == []
