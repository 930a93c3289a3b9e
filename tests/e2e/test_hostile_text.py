"""Text that would be a program if a page forgot what it is: it stands in every name, reason and message, and runs nowhere."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from chemward.apps.core.models import Membership, User
from tests.access import world as objects

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
HOSTILE = "\"'></script><img src=x onerror=cw=1>{{7*7}}"
TABLE = tomllib.loads((Path(__file__).parents[1] / "access" / "table.toml").read_text("utf-8"))
# Downloads and what asks for a running historian show no text of ours.
LEFT_OUT = (
    "/api/",
    "/logout",
    "/login",
    "/wall",
    "/first-password",
    ".csv",
    ".geojson",
    "/result",
    "/attachments",
    "/trends/alarms",
)
# What a page would have done had the text become a program.
WATCH = """
window.cwSeen = [];
document.addEventListener('securitypolicyviolation', e => window.cwSeen.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""


def addresses(world: dict) -> list[str]:
    keys = [key for part, lines in TABLE.items() if part != "see" for key in lines if key.startswith("GET ")]
    filled = [re.sub(r"\{(\w+)\}", lambda m: str(world[m[1]]), key[4:]) for key in keys]
    return [a for a in filled if not any(part in a for part in LEFT_OUT)]


@pytest.fixture
def park(transactional_db, live_server, monkeypatch):
    """The address of a server whose every object is named with hostile text, and somebody who may see all of it."""
    from tests.apps import conftest as people

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.setattr(objects, "MARK", HOSTILE)
    tree = people.tree.__wrapped__(None)
    user = User.objects.create(username="hostile", display_name=f"人 {HOSTILE}", home=tree.park, password="!")
    for role in ("platform_administrator", "park_safety", "duty_officer"):
        Membership.objects.create(user=user, organisation=tree.park, role=role)
    world = objects.build(tree, user)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return live_server.url, client.cookies["sessionid"].value, world


def test_no_page_runs_what_somebody_wrote(park):
    sync_api = pytest.importorskip("playwright.sync_api")
    server, session, world = park
    told, shown = [], 0
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": server}])
        page.add_init_script(WATCH)
        page.on("dialog", lambda d: (told.append(f"{page.url}: dialog {d.message}"), d.dismiss()))
        page.on("pageerror", lambda e: "cw" in str(e) and told.append(f"{page.url}: {e}"))
        for address in addresses(world):
            answer = page.goto(server + address, wait_until="load", timeout=60_000)
            page.wait_for_timeout(150)
            seen = page.evaluate("({ran: 'cw' in window, csp: window.cwSeen, image: !!document.querySelector('img[src=x]')})")
            if seen["ran"] or seen["image"] or seen["csp"]:
                told.append(f"{address}: {seen}")
            if answer is None or answer.status >= 500:
                told.append(f"{address}: {answer and answer.status}")
            shown += HOSTILE in page.inner_text("body")
        browser.close()
    if told:
        pytest.fail("\n".join(told), pytrace=False)
    # The text is really there, as text: lists and details of most kinds show it.
    assert shown >= 15
