"""The alarm page of a running instance in a real Chromium, with a clock on it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Page, async_playwright

from tests.support.instance import Platform

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

# Notes when each row is first on the page and when it stops asking to be acknowledged [ms since 1970], whatever else the page does.
WATCH = """() => {
  window.cwSeen = {}; window.cwAcked = {};
  const clock = () => performance.timeOrigin + performance.now();
  const look = () => {
    for (const row of document.querySelectorAll("[data-rows] tr[data-id]")) {
      const id = row.dataset.id;
      if (!(id in window.cwSeen)) window.cwSeen[id] = clock();
      if (!(id in window.cwAcked) && !row.classList.contains("unk") && row.classList.contains("al")) window.cwAcked[id] = clock();
    }
  };
  new MutationObserver(look).observe(document.querySelector("[data-rows]"), {childList: true, subtree: true, attributes: true});
  look();
}"""


class Console:
    """The page and what was seen on it. All moments are in ms since 1970 of this machine's clock."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def watch(self) -> None:
        await self.page.evaluate(WATCH)

    async def seen(self, id_: str, within_s: float = 60) -> float:
        """When the row of an alarm was first on the page; TimeoutError when it does not come."""
        handle = await self.page.wait_for_function("id => window.cwSeen[id]", arg=id_, timeout=within_s * 1000, polling=20)
        return float(await handle.json_value())

    async def acked(self, id_: str, within_s: float = 60) -> float:
        """When its row was first shown as acknowledged."""
        wanted = """id => window.cwAcked[id]
            || (window.cwSeen[id] && !document.querySelector(`tr[data-id="${id}"]`) && performance.timeOrigin + performance.now())"""
        handle = await self.page.wait_for_function(wanted, arg=id_, timeout=within_s * 1000, polling=20)
        return float(await handle.json_value())

    async def choose(self, id_: str) -> None:
        """Bring the cursor to the row of an alarm: pointed at, then closed again, so that the list is as it was."""
        await self.page.click(f'tr[data-id="{id_}"] td.title')
        await self.page.keyboard.press("Escape")
        chosen = "id => document.querySelector('tr[aria-selected=true]')?.dataset.id === id"
        await self.page.wait_for_function(chosen, arg=id_, polling=20)

    async def press(self, key: str) -> float:
        """Press a key; when [ms]."""
        at: float = await self.page.evaluate("() => performance.timeOrigin + performance.now()")
        await self.page.keyboard.press(key)
        return at


@contextlib.asynccontextmanager
async def console(platform: Platform) -> AsyncIterator[Console]:
    """The alarm page, logged in as the duty officer of the plant."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        page.set_default_timeout(60_000)
        try:
            await page.goto(f"{platform.address}/login?next=/alarms/")
            await page.fill('input[name="username"]', platform.plant["username"])
            await page.fill('input[name="password"]', platform.plant["password"])
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/alarms/**")
            await page.wait_for_selector("[data-rows]", state="attached")
            await page.wait_for_function(
                "() => !document.querySelector('[data-empty]').hidden || document.querySelector('[data-rows] tr')"
            )
            found = Console(page)
            await found.watch()
            yield found
        finally:
            await browser.close()
