"""From the sensor to the browser: 200 streams of different scopes and one real browser at the alarm page of a whole platform.

    python benchmarks/live.py [--streams 200] [--tries 20] [--flood 5000] [--flood-seconds 10]

quiet   one reading beyond its second limit over MQTT at a time: from before the sending until its row stands in the browser; the key A
        until the row shows it acknowledged
flood   so many alarms of lower priority in so many seconds, and among them, once a second, one of the highest priority: until its row stands
        in the browser; the key A in the midst of it

Aims: sensor to browser p95 < 1 s; in a flood the newest of the highest priority visible < 1 s, key to reaction < 200 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiomqtt

sys.path.insert(0, str(Path(__file__).parents[1]))  # the instance and the browser are those of the tests

from chemward.telemetry.engine.events import occurrence_id
from tests.support import instance
from tests.support.console import CHROMIUM, Console, console
from tests.support.instance import Platform
from tests.support.live_browser import Stream, make_token
from tests.support.seeded_plant import CROSSING, HELD, LOW

LINE = "{:<46} {:>8.0f} {:>8.0f} {:>8.0f} ms   {}"


def line(name: str, values: list[float], aim: str = "") -> None:
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    print(LINE.format(name, statistics.median(values), p95, max(values), aim), flush=True)


class Device:
    """One gateway at the MQTT door."""

    def __init__(self, platform: Platform, door: str, connection: aiomqtt.Client) -> None:
        self.feed = platform.plant["doors"][door]
        self._connection = connection
        self._topic = f"cw/{self.feed['shard']}/{self.feed['feed']}/data"
        self._last_ms = 0

    async def send(self, codes: list[str], value: float) -> int:
        """One message; its source time [ms]."""
        at_ms = self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        body = json.dumps({"tags": codes, "t": at_ms, "v": [value] * len(codes)})
        await self._connection.publish(self._topic, body, qos=1, timeout=30)
        return at_ms

    def alarm(self, code: str, at_ms: int) -> str:
        return occurrence_id(self.feed["definitions"][code], at_ms)


async def device(platform: Platform, stack: AsyncExitStack) -> Device:
    feed = platform.plant["doors"]["mqtt"]
    port = platform.installation.port("mqtt")
    connection = aiomqtt.Client("127.0.0.1", port, username=feed["user"], password=feed["secret"])
    return Device(platform, "mqtt", await stack.enter_async_context(connection))


async def streams(platform: Platform, count: int, stack: AsyncExitStack) -> list[Stream]:
    """Streams of users who see the whole park, one enterprise, or another one and so nothing."""
    ((path,),) = platform.rows("select path from core_organisation where kind = 'enterprise'")
    scopes = ["", path, f"{path}9."]
    opened = []
    for number in range(count):
        token = make_token(platform.installation, user=1000 + number, alarm_view=[scopes[number % len(scopes)]])
        opened.append(await stack.enter_async_context(Stream(platform.installation, token)))
    for stream in opened:
        assert await stream.wait("snapshot", patience_s=60), "a stream did not open"
    return opened


async def quiet(gateway: Device, desk: Console, watching: list[Stream], tries: int) -> None:
    shown, reacted = [], []
    for _ in range(tries):
        at_ms = await gateway.send([CROSSING], 80.0)
        alarm = gateway.alarm(CROSSING, at_ms)
        shown.append(await desk.seen(alarm) - at_ms)
        await desk.choose(alarm)
        pressed = await desk.press("a")
        reacted.append(await desk.acked(alarm) - pressed)
        await gateway.send([CROSSING], 10.0)
        await asyncio.sleep(0.3 + random.random() * 0.2)
    line(f"sensor to browser, {len(watching)} streams beside", shown, "aim p95 < 1000")
    line("key A to reaction, quiet", reacted, "aim < 200")


async def flood(gateway: Device, desk: Console, count: int, seconds: float) -> None:
    codes = LOW
    over = asyncio.Event()

    async def rain() -> None:
        sent, began, high = 0, time.monotonic(), True
        while sent < count:
            piece = 50
            for first in range(0, len(codes), piece):
                if sent >= count and high:
                    break
                await gateway.send(codes[first : first + piece], 80.0 if high else 10.0)
                sent += len(codes[first : first + piece]) if high else 0
                await asyncio.sleep(max(0.0, began + sent * seconds / count - time.monotonic()))
            high = not high
        over.set()

    raining = asyncio.ensure_future(rain())
    shown, reacted = [], []
    turn = 0
    while not over.is_set() or not shown:
        await asyncio.sleep(1.0)
        code = HELD[turn % len(HELD)]
        turn += 1
        at_ms = await gateway.send([code], 90.0)
        alarm = gateway.alarm(code, at_ms)
        shown.append(await desk.seen(alarm, 60) - at_ms)
        await desk.choose(alarm)
        pressed = await desk.press("a")
        reacted.append(await desk.acked(alarm, 60) - pressed)
        await gateway.send([code], 10.0)
    await raining
    line(f"flood of {count:,} in {seconds:g} s: newest of priority 1", shown, "aim < 1000")
    line("key A to reaction in the flood", reacted, "aim < 200")


async def measure(platform: Platform, options: Any) -> None:
    async with AsyncExitStack() as stack:
        watching = await streams(platform, options.streams, stack)
        gateway = await device(platform, stack)
        desk = await stack.enter_async_context(console(platform))
        await quiet(gateway, desk, watching, options.tries)
        await flood(gateway, desk, options.flood, options.flood_seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--flood", type=int, default=5000)
    parser.add_argument("--flood-seconds", type=float, default=10)
    options = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium on this machine: nothing measured")
        return 0
    with tempfile.TemporaryDirectory(prefix="chemward-bench-") as folder:
        data = Path(folder) / "var"
        plant = instance.seed(data, has_low=True)
        print(f"{'':<46} {'p50':>8} {'p95':>8} {'max':>8}")
        with instance.running(data, plant) as platform:
            asyncio.run(measure(platform, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
