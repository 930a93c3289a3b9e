"""Ingest → judged → durable: 500 devices publish, the worker writes the journal and judges; generator, bus and worker share the machine.

    python benchmarks/ingest.py                                    # everything, about ten minutes
    python benchmarks/ingest.py --samples 20 --form json --seconds 5 --sync 2m --door mqtt --rate 0

Each device has a feed of its own with one limit a tag. Over MQTT every device is a connection of its own with QoS 1 and a window of
unacknowledged messages; over the native door the devices share a connection and count the stream's acknowledgements. Beside what was
offered stands what came out: samples a second that the worker had in the journal and judged (its own count, once a second: min / median /
max), its lag, and whether every acknowledged sample arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from chemward.protocols.telemetry import binary_payload
from chemward.telemetry.bus import client, server, streams, subjects
from chemward.telemetry.installation import Installation, free_port

SECRET = "benchmark"
WINDOW = 8  # unacknowledged messages of a device
OFFERED = {
    ("json", 1): 8e3,
    ("json", 20): 150e3,
    ("json", 500): 750e3,
    ("binary", 1): 8e3,
    ("binary", 20): 150e3,
    ("binary", 500): 2e6,
}


@dataclass
class Run:
    """One line of the table."""

    door: str
    form: str
    samples: int
    sync: str
    clients: int
    seconds: float
    rate: float  # samples offered a second, all devices together; 0 as fast as the acknowledgements come

    @property
    def pause_s(self) -> float:
        """Between two messages of a device [s]."""
        return self.clients * self.samples / self.rate if self.rate else 0.0


@dataclass
class Measured:
    judged: list[int] = field(default_factory=list)
    lag_ms: list[int] = field(default_factory=list)
    sent: int = 0
    acked: int = 0
    total: int = 0
    beat: dict[str, Any] = field(default_factory=dict)


# -- devices -----------------------------------------------------------------------------------------------------------


class Device:
    """Makes the messages of one device: the same tags again and again, new times and values."""

    def __init__(self, number: int, form: str, samples: int) -> None:
        self.feed = f"bench{number:05d}"
        self.shard = f"{number % 64:02d}"
        self._codes = [f"T-{number:03d}-{i:03d}.PV" for i in range(samples)]
        self._form = form
        self._turns = [np.round(np.random.default_rng(number + turn).random(samples) * 100, 2) for turn in range(4)]
        self._json = [json.dumps(values.tolist(), separators=(",", ":")).encode() for values in self._turns]
        self._tags = json.dumps(self._codes, separators=(",", ":")).encode()
        self._next = 0

    @property
    def tags(self) -> list[str]:
        return self._codes

    def message(self) -> bytes:
        turn = self._next % 4
        self._next += 1
        now_ms = time.time_ns() // 1_000_000
        if self._form == "json":
            return b'{"tags":%s,"t":%d,"v":%s}' % (self._tags, now_ms, self._json[turn])
        return binary_payload.encode(self._codes, np.arange(len(self._codes)), self._turns[turn], now_ms)


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT 3.1.1 packet."""
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([kind]) + size + body


def text(content: str) -> bytes:
    encoded = content.encode()
    return struct.pack(">H", len(encoded)) + encoded


async def mqtt_device(port: int, device: Device, run: Run, measured: Measured, start: asyncio.Event, stop: asyncio.Event) -> None:
    """One connection: publishes with QoS 1 as fast as its window of unacknowledged messages allows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connect = text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 60) + text(device.feed) + text(device.feed) + text(SECRET)
    writer.write(packet(0x10, connect))
    if (await reader.readexactly(4))[3] != 0:
        raise RuntimeError(f"{device.feed} was refused")
    topic = text(f"cw/{device.shard}/{device.feed}/data")
    await start.wait()
    number, open_ = 0, 0
    due = time.monotonic() + random.random() * run.pause_s  # devices do not all speak in the same moment
    while not stop.is_set() or open_:
        if run.pause_s and not stop.is_set() and not open_:
            await asyncio.sleep(due - time.monotonic())
        while open_ < WINDOW and not stop.is_set() and (not run.pause_s or time.monotonic() >= due):
            due += run.pause_s
            number = number % 65_535 + 1
            writer.write(packet(0x32, topic + struct.pack(">H", number) + device.message()))
            open_ += 1
            measured.sent += 1
        if open_:
            await reader.readexactly(4)
            open_ -= 1
            measured.acked += 1
    writer.close()


async def native_devices(
    installation: Installation, devices: list[Device], run: Run, measured: Measured, start: asyncio.Event, stop: asyncio.Event
) -> None:
    """Devices that share a connection, each message acknowledged by the stream."""
    nc = await client.connect(installation, "bench")
    room = asyncio.Semaphore(WINDOW * len(devices))
    inbox = nc.new_inbox()

    async def on_ack(_: Any) -> None:
        measured.acked += 1
        room.release()

    await nc.subscribe(inbox, cb=on_ack)
    await start.wait()
    due = time.monotonic()
    while not stop.is_set():
        for device in devices:
            if run.pause_s and due > time.monotonic():
                await asyncio.sleep(due - time.monotonic())
            due += run.pause_s / len(devices)
            await room.acquire()
            await nc.publish(subjects.native_input(device.shard, device.feed), device.message(), reply=inbox)
            measured.sent += 1
    give_up_at = time.monotonic() + 10
    while measured.acked < measured.sent and time.monotonic() < give_up_at:
        await asyncio.sleep(0.05)
    await nc.close()


# -- one run -----------------------------------------------------------------------------------------------------------


async def measure(bus: server.RunningBus, run: Run) -> Measured:
    measured = Measured()
    nc = await client.connect(bus.installation, "bench-control")
    await streams.ensure_streams(nc.jetstream())
    devices = [Device(number, run.form, run.samples) for number in range(run.clients)]
    await configure(nc, devices)
    watched = asyncio.Event()

    async def on_beat(message: Any) -> None:
        measured.beat = json.loads(message.data)
        watched.set()

    await nc.subscribe("sys.beat.worker.*", cb=on_beat)
    with process(bus.installation, "worker"), process(bus.installation, "live"):
        await ready(bus.installation, watched, measured, len(devices) * run.samples)
        start, stop = asyncio.Event(), asyncio.Event()
        if run.door == "mqtt":
            jobs = [mqtt_device(bus.mqtt_port, device, run, measured, start, stop) for device in devices]
        else:
            jobs = [native_devices(bus.installation, devices, run, measured, start, stop)]
        tasks = [asyncio.create_task(job) for job in jobs]
        await asyncio.sleep(1.5)
        start.set()
        await observe(run, measured, watched)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        await drained(measured, watched, measured.acked * run.samples)
    await nc.close()
    return measured


async def configure(nc: Any, devices: list[Device]) -> None:
    js = nc.jetstream()
    number = 0
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    for device in devices:
        feed = {
            "feed": device.feed,
            "shard": device.shard,
            "org_path": "1.",
            "name": device.feed,
            "lateness_s": 600,
            "active": True,
        }
        await js.publish(subjects.feed_config(device.feed), json.dumps(feed).encode())
        key = {
            "id": device.feed,
            "feed": device.feed,
            "secret_sha256": digest,
            "kinds": ["mqtt", "http", "native"],
            "active": True,
        }
        await js.publish(subjects.credential_config(device.feed), json.dumps(key).encode())
        tags = []
        for code in device.tags:
            number += 1
            alarms = [{"id": f"d{number}", "type": "HH", "limit": 120.0}, {"id": f"l{number}", "type": "LL", "limit": -20.0}]
            tags.append({"n": number, "code": code, "unit": "ppm", "lo": -50, "hi": 200, "alarms": alarms})
        for first in range(0, len(tags), 256):
            body = {"feed": device.feed, "page": first // 256, "version": 1, "tags": tags[first : first + 256]}
            await js.publish(subjects.tags_config(device.feed, first // 256), json.dumps(body).encode())


async def ready(installation: Installation, watched: asyncio.Event, measured: Measured, tags: int) -> None:
    """Until the worker knows all tags and live answers."""
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        watched.clear()
        await asyncio.wait_for(watched.wait(), 60)
        if measured.beat["detail"]["tags"] >= tags and server.is_listening(installation.port("live")):
            return
    raise TimeoutError("worker and live were not ready within 60 s")


async def observe(run: Run, measured: Measured, watched: asyncio.Event) -> None:
    """The worker's own count, once a second."""
    before: tuple[int, int] | None = None
    until = time.monotonic() + run.seconds + 1
    while time.monotonic() < until:
        watched.clear()
        await asyncio.wait_for(watched.wait(), 10)
        now = (measured.beat["at_ms"], measured.beat["detail"]["samples"])
        if before is not None and now[1] > before[1]:
            measured.judged.append(round((now[1] - before[1]) * 1000 / max(1, now[0] - before[0])))
            measured.lag_ms.append(measured.beat["lag_ms"])
        before = now


async def drained(measured: Measured, watched: asyncio.Event, expected: int) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        measured.total = measured.beat["detail"]["samples"]
        if measured.total >= expected:
            return
        watched.clear()
        await asyncio.wait_for(watched.wait(), 10)


@contextmanager
def process(installation: Installation, name: str) -> Iterator[None]:
    log = (installation.folder("log") / f"{name}.log").open("ab")
    started = subprocess.Popen(
        [sys.executable, "-m", "chemward.cli", "process", name],
        env={**os.environ, "CHEMWARD_DATA": str(installation.data)},
        stdout=log,
        stderr=log,
    )
    try:
        yield
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        log.close()


def one(run: Run) -> Measured:
    with tempfile.TemporaryDirectory(prefix="chemward-bench-") as folder:
        installation = Installation(data=Path(folder) / "var")
        bus = server.start(installation, server.BusSettings(sync=run.sync))
        state = installation.run()
        state["ports"]["live"] = free_port()
        installation.write_run(state)
        try:
            return uvloop.run(measure(bus, run))
        finally:
            bus.stop()


def line(run: Run, measured: Measured) -> str:
    rates = measured.judged[1:-1] or measured.judged or [0]
    lags = measured.lag_ms or [0]
    expected = measured.acked * run.samples
    verdict = "all arrived" if measured.total >= expected else f"{expected - measured.total} MISSING"
    return (
        f"{run.door:7}{run.form:8}{run.samples:5}  {run.sync:7}{f'{run.rate:,.0f}' if run.rate else 'all':>10}"
        f"{min(rates):>11,}{round(statistics.median(rates)):>11,}{max(rates):>11,}"
        f"{round(statistics.median(lags)):>9}{max(lags):>9}   {expected:>12,} acked, {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--samples", type=int, nargs="*", default=[1, 20, 500], help="samples a message")
    parser.add_argument("--form", nargs="*", default=["json", "binary"], choices=["json", "binary"])
    parser.add_argument("--sync", nargs="*", default=["2m", "always"], help="how often the bus flushes to disk")
    parser.add_argument("--door", nargs="*", default=["mqtt", "native"], choices=["mqtt", "native"])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument(
        "--rate", type=float, help="samples offered a second, 0 for all that goes; default by form and N, above the aims"
    )
    given = parser.parse_args()
    print(f"{given.clients} clients, {given.seconds:g} s each; samples a second in the journal and judged; lag in ms")
    print(
        f"{'door':7}{'form':8}{'N':>5}  {'sync':7}{'offered':>10}{'min':>11}{'median':>11}{'max':>11}{'lag med':>9}{'lag max':>9}"
    )
    for sync in given.sync:
        for door in given.door:
            for form in given.form:
                for samples in given.samples:
                    offered = OFFERED.get((form, samples), 0.0) if given.rate is None else given.rate
                    run = Run(door, form, samples, sync, given.clients, given.seconds, offered)
                    print(line(run, one(run)), flush=True)


if __name__ == "__main__":
    main()
