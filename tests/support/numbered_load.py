"""Devices that send numbered samples through every door and keep a ledger of what they were promised.

A device sends one message after the other and sends a message again, under the same key, until it is answered; so what the ledger holds
as stored was answered as stored, and the order of each tag is known. Every `TURN` messages the tag `A-00` crosses its limit, so the ledger
also knows each alarm that must have been raised: by its definition and the time of the crossing, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import httpx
import nats
import nats.errors
import nats.js.errors

from chemward.telemetry.bus import callout, subjects
from chemward.telemetry.engine.events import occurrence_id
from tests.support.instance import Platform
from tests.support.seeded_plant import COUNTING, CROSSING

PAUSE_S = 0.06
TURN = 8  # messages between two turns of the crossing tag
HIGH, LOW = 80.0, 10.0
ANSWER_WITHIN_S = 4.0

Send = Callable[[bytes, str], Awaitable[bool]]


@dataclass
class Ledger:
    """What one door promised. samples: (tag number, time [ms]) → value; alarms: occurrence ids that must exist; sent: messages tried."""

    samples: dict[tuple[int, int], float] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    sent: int = 0
    repeated: int = 0
    longest_s: float = 0.0


class Device:
    """One device at one door: makes messages, keeps the ledger."""

    def __init__(self, feed: dict[str, Any]) -> None:
        self.feed, self.ledger = feed, Ledger()
        self._codes = [*COUNTING, CROSSING]
        self._numbers = [feed["tags"][code] for code in self._codes]
        self._count, self._is_high, self._last_ms = 0, False, 0
        self._raised = ""

    async def run(self, send: Send, stop: threading.Event) -> None:
        while not stop.is_set():
            await self._one(send)
            await asyncio.sleep(PAUSE_S)
        if self._is_high:
            self._count = -1  # the last message brings the crossing tag back
            await self._one(send)

    async def _one(self, send: Send) -> None:
        self._count += 1
        turns = self._count % TURN == 0
        high = self._is_high != turns
        at_ms = self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        values = [float(self._count)] * len(COUNTING) + [HIGH if high else LOW]
        body = json.dumps({"tags": self._codes, "t": at_ms, "v": values}).encode()
        began, key = time.monotonic(), f"{self.feed['feed']}-{at_ms}"
        self.ledger.sent += 1
        while not await send(body, key):
            self.ledger.repeated += 1
            await asyncio.sleep(0.2)
        self.ledger.longest_s = max(self.ledger.longest_s, time.monotonic() - began)
        self.ledger.samples |= {(n, at_ms): v for n, v in zip(self._numbers, values, strict=True)}
        self._note_turn(high, at_ms)

    def _note_turn(self, high: bool, at_ms: int) -> None:
        if high and not self._is_high:
            self._raised = occurrence_id(self.feed["definitions"][CROSSING], at_ms)
            self.ledger.alarms.append(self._raised)
        elif self._is_high and not high:
            self.ledger.cleared.append(self._raised)
        self._is_high = high


class Load:
    """Three devices at work in a thread of their own, until stopped."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.devices = {door: Device(feed) for door, feed in platform.plant["doors"].items()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), daemon=True)
        self.fault: BaseException | None = None

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, within_s: float = 60) -> None:
        self._stop.set()
        self._thread.join(within_s)
        assert not self._thread.is_alive(), "a device still waits for its answer"
        if self.fault:
            raise self.fault

    def ledger(self, door: str) -> Ledger:
        return self.devices[door].ledger

    async def _work(self) -> None:
        try:
            await asyncio.gather(self._over_http(), self._over_native(), self._over_mqtt())
        except BaseException as fault:
            self.fault = fault
            self._stop.set()

    async def _over_http(self) -> None:
        device = self.devices["http"]
        url = f"{self.platform.address}/ingest/v1/{device.feed['feed']}/data"
        headers = {"Authorization": f"Bearer {device.feed['secret']}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S * 2) as client:

            async def send(body: bytes, key: str) -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.post(url, content=body, headers={**headers, "Idempotency-Key": key})
                    return answer.status_code == 200
                return False

            await device.run(send, self._stop)

    async def _over_native(self) -> None:
        device = self.devices["native"]
        feed = device.feed
        nc = await nats.connect(
            f"nats://127.0.0.1:{self.platform.installation.port('bus')}",
            user=feed["user"],
            password=feed["secret"],
            inbox_prefix=callout.inbox_prefix(feed["feed"]),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
            error_cb=_quiet,
        )
        js = nc.jetstream(timeout=ANSWER_WITHIN_S)
        subject = subjects.native_input(feed["shard"], feed["feed"])

        async def send(body: bytes, key: str) -> bool:
            with contextlib.suppress(nats.errors.Error, nats.js.errors.Error, TimeoutError):
                await js.publish(subject, body, headers={"Nats-Msg-Id": key})
                return True
            return False

        await device.run(send, self._stop)
        await nc.close()

    async def _over_mqtt(self) -> None:
        device = self.devices["mqtt"]
        topic = f"cw/{device.feed['shard']}/{device.feed['feed']}/data"
        connection: aiomqtt.Client | None = None

        async def send(body: bytes, _key: str) -> bool:
            nonlocal connection
            try:
                if connection is None:
                    connection = await self._mqtt_connection(device)
                await connection.publish(topic, body, qos=1, timeout=ANSWER_WITHIN_S)
            except (aiomqtt.MqttError, OSError):
                if connection is not None:
                    with contextlib.suppress(aiomqtt.MqttError, OSError):
                        await connection.__aexit__(None, None, None)
                connection = None
                return False
            return True

        await device.run(send, self._stop)
        if connection is not None:
            await connection.__aexit__(None, None, None)

    async def _mqtt_connection(self, device: Device) -> aiomqtt.Client:
        port = self.platform.installation.port("mqtt")
        user, secret = device.feed["user"], device.feed["secret"]
        client = aiomqtt.Client("127.0.0.1", port, username=user, password=secret, timeout=ANSWER_WITHIN_S)
        await client.__aenter__()
        return client


async def _quiet(_: Exception) -> None:
    """Lost connections are what these tests are about."""
