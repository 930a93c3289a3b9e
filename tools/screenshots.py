"""Screenshots of the manual: starts a demo park of its own, lets something happen in it, visits the pages and stores docs/images/*.webp.

    python tools/screenshots.py                    all pages, with an instance of its own in a temporary folder
    python tools/screenshots.py todo system        only these
    python tools/screenshots.py --data var         with the demo that is running on this data folder

It needs Chromium (`chromium`, or CHROMIUM=/path) and a CJK font.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
BIN = ROOT / ".venv" / "bin"
DESK, PHONE = (1440, 900), (390, 844)
MAX_BYTES = 300_000
# The map is drawn without a graphics card.
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--ignore-gpu-blocklist",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@dataclass(frozen=True)
class Shot:
    """One picture. path: address of the page; `click`: then the first match of this selector is clicked, then
    the key `press` is pressed; `settle_s`: patience for live data [s]."""

    name: str
    path: str
    user: str = "lead.jia"
    theme: str = "day"
    size: tuple[int, int] = DESK
    click: str = ""
    press: str = ""
    settle_s: float = 1.5


SHOTS = (
    Shot("login", "/login", user=""),
    Shot("map", "/", settle_s=15),
    Shot("map-night", "/", theme="night", settle_s=15),
    Shot("alarms", "/alarms/", settle_s=4),
    Shot("alarms-night", "/alarms/", theme="night", settle_s=4),
    Shot("alarms-open", "/alarms/", settle_s=4, press="Enter"),
    Shot("alarms-phone", "/alarms/", user="e08.shift.jia", size=PHONE, settle_s=4),
    Shot("silences", "/alarms/silences/"),
    Shot("trends", "/alarms/", settle_s=4, press="t"),
    Shot("feeds", "/feeds/", user="bureau.jia", settle_s=3),
    Shot("feed", "/feeds/", user="bureau.jia", click="main tbody a[href*='/feeds/']", settle_s=4),
    Shot("tags", "/tags/", user="bureau.jia"),
    Shot("tag", "/tags/", user="bureau.jia", click="main tbody a[href*='/tags/']", settle_s=4),
    Shot("performance", "/alarm-performance/", settle_s=3),
    Shot("assets", "/assets/", user="bureau.jia"),
    Shot("asset-tree", "/assets/tree/", user="bureau.jia"),
    Shot("asset-import", "/assets/import/", user="bureau.jia"),
    Shot("todo", "/todo/", user="e08.safety.jia"),
    Shot("todo-phone", "/todo/", user="e08.safety.jia", size=PHONE),
    Shot("messages", "/messages/", user="e08.safety.jia"),
    Shot("message-rules", "/message-rules/", user="bureau.jia"),
    Shot("findings", "/findings/", user="bureau.jia"),
    Shot("hazards", "/hazards/", user="bureau.jia"),
    Shot("hazard", "/hazards/?state=closed", user="bureau.jia", click="main tbody a[href*='/hazards/']"),
    Shot("duties", "/duties/", user="bureau.jia"),
    Shot("restrictions", "/restrictions/", user="bureau.jia"),
    Shot(
        "limit-change", "/limits/?state=proposed", user="e08.lead.jia", click="main tbody a[href*='/limit-changes/']", settle_s=3
    ),
    Shot("verdicts", "/verdicts/", user="bureau.jia"),
    Shot("why", "/verdicts/", user="bureau.jia", click="main tbody a[href*='/why/']"),
    Shot("users", "/users/", user="admin.jia"),
    Shot("posts", "/posts/", user="admin.jia"),
    Shot("second-factors", "/users/second-factor", user="admin.jia"),
    Shot("organisations", "/organisations/", user="admin.jia"),
    Shot("walls", "/walls/", user="admin.jia"),
    Shot("audit", "/audit/", user="admin.jia"),
    Shot("usage", "/usage/", user="admin.jia"),
    Shot("jobs", "/jobs/", user="admin.jia"),
    Shot("account", "/account/", user="admin.jia"),
    Shot("system", "/system/", user="admin.jia", settle_s=3),
    Shot("system-night", "/system/", user="admin.jia", theme="night", settle_s=3),
    Shot("import", "/imports/monitoring.tags/", user="bureau.jia"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pictures")
    parser.add_argument("--data", type=Path, help="data folder of a running demo to use instead of an own one")
    parser.add_argument("--out", type=Path, default=IMAGES, help="where the pictures go (docs/images)")
    parser.add_argument("--scenario", default="chlorine-leak", help="what happens meanwhile (chlorine-leak)")
    parser.add_argument("--wait", type=float, default=200, help="seconds between the start of the scenario and the first picture")
    options = parser.parse_args(arguments)
    shots = [shot for shot in SHOTS if not options.names or shot.name in options.names]
    if unknown := set(options.names) - {shot.name for shot in SHOTS}:
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        data = options.data or stack.enter_context(own_demo(options.scenario, options.wait))
        return take_all(shots, data, options.out)


# -- the instance ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def own_demo(scenario: str, wait_s: float) -> Iterator[Path]:
    """A demo park in a folder of its own, with a scenario under way; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chemward-pictures-") as folder:
        environment = {**os.environ, "CHEMWARD_DATA": folder, "PORT": os.environ.get("PORT", "8471")}
        subprocess.run([BIN / "chemward", "setup", "--demo"], env=environment, check=True)
        instance = subprocess.Popen([BIN / "chemward", "run", "--demo"], env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_until_well(Path(folder))
            subprocess.run([BIN / "chemward", "demo", "scenario", scenario], env=environment, check=True)
            time.sleep(wait_s)
            yield Path(folder)
        finally:
            instance.send_signal(signal.SIGINT)
            instance.wait(30)


def wait_until_well(data: Path, patience_s: float = 120) -> None:
    """Wait until /healthz of the instance answers 200."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError, KeyError, ValueError), urllib.request.urlopen(address(data) + "/healthz", timeout=5):
            return
        time.sleep(0.5)
    raise TimeoutError(f"the instance in {data} is not well after {patience_s:.0f} s; see {data}/log")


def address(data: Path) -> str:
    return f"http://localhost:{json.loads((data / 'run.json').read_text('utf-8'))['ports']['door']}"


def password(data: Path) -> str:
    lines = (data / "demo-logins.txt").read_text("utf-8").splitlines()
    return next(line.split()[-1] for line in lines if line.startswith("密码"))


# -- the pictures ------------------------------------------------------------------------------------------------------


def take_all(shots: Sequence[Shot], data: Path, out: Path) -> int:
    """Take the pictures; answers 1 when a page was not there or failed."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    missing = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        states: dict[str, str] = {}
        for shot in shots:
            fault = take(shot, browser, states, data, out)
            print(f"{shot.name:16} {fault or 'ok'}", flush=True)
            missing += [shot.name] if fault else []
        browser.close()
    return 1 if missing else 0


def take(shot: Shot, browser: Browser, states: dict[str, str], data: Path, out: Path) -> str:
    """Take one picture; answers what was wrong, empty when all went well."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if shot.theme == "night" else "light",
        storage_state=json.loads(states[shot.user]) if shot.user in states else None,
    )
    faults: list[str] = []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        if shot.user and shot.user not in states:
            log_in(page, address(data), shot.user, password(data))
            states[shot.user] = json.dumps(context.storage_state())
        set_theme(context, address(data), shot.theme)
        answer = page.goto(address(data) + shot.path, wait_until="load")
        if answer is None or answer.status >= 400:
            return f"{shot.path} answers {answer.status if answer else 'nothing'}"
        page.wait_for_timeout(shot.settle_s * 1000)
        if shot.click:
            if not page.locator(shot.click).count():
                return f"nothing on {shot.path} matches {shot.click}"
            page.locator(shot.click).first.click()
            page.wait_for_timeout(shot.settle_s * 1000)
        if shot.press:
            page.keyboard.press(shot.press)
            page.wait_for_timeout(shot.settle_s * 1000)
        store(page.screenshot(), out / f"{shot.name}.webp")
        if faults:
            print(f"  {shot.name}: " + " | ".join(faults)[:600], file=sys.stderr)
    finally:
        context.close()
    return ""


def log_in(page: Page, where: str, user: str, secret: str) -> None:
    page.goto(where + "/login")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", secret)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.rstrip("/").endswith("/login"))


def set_theme(context: BrowserContext, where: str, theme: str) -> None:
    """Day or night, as the page remembers it: a cookie, so that the server writes it before the first paint."""
    context.add_cookies([{"name": "cw_theme", "value": theme, "url": where}])


def store(png: bytes, target: Path) -> None:
    """Store as WebP, as good as fits into MAX_BYTES."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (88, 80, 70, 60, 45):
        packed = io.BytesIO()
        picture.save(packed, "WEBP", quality=quality, method=6)
        if packed.tell() <= MAX_BYTES:
            break
    target.write_bytes(packed.getvalue())


if __name__ == "__main__":
    sys.exit(main())
