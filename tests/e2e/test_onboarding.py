"""A new device comes in, as an integrator does it: feed, key, first message, unknown tag, value; and the key is cut again."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from functools import partial
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support import instance

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
IN_FORCE_WITHIN_S = 2.0
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


async def open_feed(page: Page, platform) -> str:
    """A new feed of the enterprise, by its form; the address of its page."""
    await page.goto(f"{platform.address}/feeds/new")
    await page.select_option('select[name="organisation"]', label="示范氯碱")
    await page.fill('input[name="name"]', "罐区边缘网关")
    await page.click("main form button.btn.p")
    await page.wait_for_url(re.compile(r"/feeds/[0-9a-f-]{36}/$"))
    return page.url


async def make_key(page: Page) -> tuple[str, str]:
    """A key by its form: id and secret, as the page shows them once."""
    await page.click('form[action$="/credentials"] button.btn.p')
    key, secret = await page.inner_text("#key-id"), await page.inner_text("#secret")
    assert secret in await page.inner_text("#example-1"), "the example to paste is filled in"
    await page.click(".form-foot a.btn.p")
    return key, secret


async def publish(platform, topic: str, key: str, secret: str, body: str) -> None:
    """One message over MQTT, as the example on the page says."""
    port = platform.installation.port("mqtt")
    if program := shutil.which("mosquitto_pub"):
        door = ["-V", "mqttv311", "-h", "127.0.0.1", "-p", str(port), "-u", key, "-P", secret, "-q", "1", "-t", topic, "-m", body]
        sent = await asyncio.create_subprocess_exec(program, *door)
        assert await asyncio.wait_for(sent.wait(), 20) == 0
    else:
        import aiomqtt

        async with aiomqtt.Client("127.0.0.1", port, username=key, password=secret) as device:
            await device.publish(topic, body, qos=1)


def post(url: str, secret: str, body: dict) -> int:
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=10).status_code


def is_taken(url: str, secret: str, body: dict) -> bool:
    return post(url, secret, body) == 200


def has_unknown(platform, code: str) -> bool:
    return bool(platform.rows("select 1 from monitoring_unknowntag where code = ?", code))


async def story(platform) -> None:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        page.set_default_timeout(30_000)
        try:
            await page.goto(f"{platform.address}/login")
            await page.fill('input[name="username"]', platform.plant["username"])
            await page.fill('input[name="password"]', platform.plant["password"])
            await page.press('input[name="password"]', "Enter")
            await page.wait_for_url(lambda url: "/login" not in url)
            await onboard(page, platform)
        finally:
            await browser.close()


async def onboard(page: Page, platform) -> None:
    feed = await open_feed(page, platform)
    key, secret = await make_key(page)
    await page.wait_for_url(feed)
    topic, url = await page.inner_text("#topic"), await page.inner_text("#url")
    await expect(page.locator("[data-stream]")).not_to_have_class(re.compile("none|dead"), timeout=20_000)

    # The new key opens the door of HTTP within two seconds, and the message stands on the page with its faults.
    taken = partial(is_taken, url, secret, {"tag": "GT-NEW-1", "v": 7.25, "u": "ppm"})
    await asyncio.to_thread(instance.until, taken, IN_FORCE_WITHIN_S, "the new key is taken at HTTP")
    await expect(page.locator("[data-echo-text]")).to_contain_text("GT-NEW-1", timeout=15_000)
    await expect(page.locator("[data-echo-faults]")).to_contain_text("平台没有此位号")
    await publish(platform, topic, key, secret, json.dumps({"tag": "GT-NEW-1", "v": "<img src=x onerror=window.ran=1>"}))
    await expect(page.locator("[data-echo-text]")).to_contain_text("<img", timeout=15_000)
    assert await page.evaluate("window.ran") is None

    # The unknown tag is accepted, and from then on its values are kept.
    await asyncio.to_thread(instance.until, partial(has_unknown, platform, "GT-NEW-1"), 20, "the unknown tag is known as unknown")
    await page.goto(f"{platform.address}/unknown-tags/?feed={topic.split('/')[2]}")
    await page.check('input[name="ids"]')
    await page.click('button[name="act"][value="accept"]')
    await expect(page.locator("tbody tr")).to_have_count(0)
    (tag,) = platform.rows("select uuid, unit, kind from monitoring_tag where code = 'GT-NEW-1'")
    assert tag[1:] == ("ppm", "number")

    # The value stands on the page of the tag, with its age, and newer ones come by themselves.
    await asyncio.sleep(IN_FORCE_WITHIN_S)
    assert await asyncio.to_thread(post, url, secret, {"tag": "GT-NEW-1", "v": 8.5}) == 200
    await page.goto(f"{platform.address}/tags/{UUID(tag[0])}/")
    value = page.locator("[data-tag]")
    await expect(value).to_contain_text("8.5", timeout=15_000)
    await asyncio.to_thread(post, url, secret, {"tag": "GT-NEW-1", "v": 9.75})
    await expect(value).to_contain_text("9.75", timeout=15_000)
    await expect(page.locator("[data-tag-age] time")).to_be_visible()

    # Revoked, the key is cut within two seconds.
    await page.goto(feed)
    await page.click(".keyrow summary")
    await page.fill('.keyrow input[name="reason"]', "设备更换")
    await page.click(".keyrow form button")
    await page.click("dialog.confirm [data-yes]")
    await expect(page.locator(".keyrow.gone")).to_have_count(1)
    began = time.monotonic()
    shut = lambda: post(url, secret, {"tag": "GT-NEW-1", "v": 1.0}) == 401  # noqa: E731
    await asyncio.to_thread(instance.until, shut, IN_FORCE_WITHIN_S, "the revoked key is refused")
    assert time.monotonic() - began < IN_FORCE_WITHIN_S


def test_a_new_device_is_connected_on_the_page_and_its_value_is_seen(tmp_path):
    plant = instance.seed(tmp_path / "var")
    with instance.running(tmp_path / "var", plant) as platform:
        asyncio.run(story(platform))
