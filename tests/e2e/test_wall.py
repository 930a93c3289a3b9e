"""A wall screen in a real browser: it looks; a person gives name and password and acts by plain forms for a minute; the minute ends in sight."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from chemward.apps.core.actions import users
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import AuditEntry, Membership, Organisation, Post, PostHolding, User
from chemward.apps.followup.actions import duties
from chemward.apps.followup.models import Duty, DutyState

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
PASSWORD = "Yuan-An-2026-demo"
PLATFORM = Actor.platform("test")


@pytest.fixture
def wall(transactional_db, live_server, monkeypatch):
    """Chromium on the bound screen of a duty room that owes one duty. `wall.faults`: what the browser complained of."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sync_api = pytest.importorskip("playwright.sync_api")
    now = datetime.now(UTC)
    park = Organisation(kind="park", name="示范园区")
    park.save()
    officer = person("zhiban.jia", "值班员 甲", park, "duty_officer")
    screen = person("daping", "值班大屏", park, "wall")
    post = Post(organisation=park, code="duty", name="园区值班室")
    post.save()
    PostHolding.objects.create(post=post, user=officer, starts_at=now - timedelta(days=1))
    duty = duties.assign(PLATFORM, post, "核对应急通讯录", due_at=now + timedelta(hours=2), now=now)
    _device, secret = users.make_wall(PLATFORM, name="大屏", organisation=park, user=screen, now=now)
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        page.set_default_timeout(20_000)
        page.faults = []
        page.on("pageerror", lambda e: page.faults.append(str(e)))
        # The live process is not there: its stream is answered empty. The map is not what is looked at here.
        page.route("**/live/**", lambda route: route.fulfill(content_type="text/event-stream", body=""))
        page.home, page.duty, page.officer = live_server.url, duty, officer
        page.goto(f"{live_server.url}/wall?device={secret}", wait_until="commit")
        page.goto(f"{live_server.url}/duties/{duty.uuid}/")
        yield page
        browser.close()


def person(username, name, park, role):
    user = User(username=username, display_name=name, home=park)
    user.set_password(PASSWORD)
    user.save()
    Membership.objects.create(user=user, organisation=park, role=role)
    return user


def give_name(page, password=PASSWORD):
    page.fill("#person input[name=username]", "zhiban.jia")
    page.fill("#person input[name=password]", password)
    page.click("#person button.p")


def test_the_wall_looks_and_offers_nothing_to_do(wall):
    wall.wait_for_selector("[data-person]")
    assert wall.locator("form[action$='/do']").count() == 0


def test_a_person_acts_by_a_plain_form_and_the_audit_names_them(wall):
    wall.click("[data-person]")
    give_name(wall, "falsch")
    wall.wait_for_selector("#person [data-fault]:not(:empty)")
    give_name(wall)
    wall.wait_for_selector("[data-person-until]")
    assert "值班员 甲" in wall.inner_text(".top")
    wall.wait_for_selector("[data-person-left]:not(:empty)")
    assert re.fullmatch(r"[01]:[0-5]\d", wall.inner_text("[data-person-left]"))
    wall.click("form[action$='/do'] button.p")
    wall.wait_for_selector("form[action$='/do']", state="detached")
    duty = Duty.objects.get()
    assert (duty.state, duty.done_by) == (DutyState.DONE, wall.officer)
    assert AuditEntry.objects.get(verb="duty.do").via == "wall"
    assert wall.faults == []


def test_done_before_the_minute_is_over_the_wall_only_looks_again(wall):
    wall.click("[data-person]")
    give_name(wall)
    wall.click("[data-person-until] button")
    wall.wait_for_selector("[data-person]")
    assert wall.locator("form[action$='/do']").count() == 0


COUNTS = "() => /^\\d:\\d\\d$/.test(document.querySelector('[data-person-left]')?.textContent ?? '')"


def test_a_form_sent_after_the_minute_asks_who_is_acting_and_is_sent_then(wall):
    wall.clock.install()
    wall.click("[data-person]")
    give_name(wall)
    wall.wait_for_function(COUNTS)  # the page's own script has seen when the minute ends, by the clock that is turned on below
    wall.fill("form[action$='/do'] textarea", "31 家已逐一拨通")
    wall.focus("form[action$='/do'] textarea")
    wall.clock.fast_forward(70_000)
    # What is being filled in is not taken away; sending it asks for the person again.
    wall.click("form[action$='/do'] button.p")
    wall.wait_for_selector("#person[open]")
    assert Duty.objects.get().state == DutyState.OWED
    give_name(wall)
    wall.wait_for_selector("form[action$='/do']", state="detached")
    assert Duty.objects.get().proof == "31 家已逐一拨通"
