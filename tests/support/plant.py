"""A small plant for tests: feeds and tags on CONFIG, devices that publish, the worker and live processes beside them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nats
from nats.aio.client import Client

from chemward.telemetry.bus import client, streams, subjects
from chemward.telemetry.installation import Installation, free_port

FEED = "tankfarm01"
SHARD = "03"
ORG = "1.4.9."


def tag(n: int, code: str, **more: Any) -> dict[str, Any]:
    return {"n": n, "code": code, "name": code, "unit": "ppm", "org_path": ORG, **more}


def high(limit: float, id_: str = "", **more: Any) -> dict[str, Any]:
    """A high-high alarm, second level."""
    return {
        "id": id_ or f"00000000-0000-0000-0000-{int(limit):012d}",
        "type": "HH",
        "limit": limit,
        "level": 2,
        "priority": 1,
        **more,
    }


def feed_config(feed: str = FEED, shard: str = SHARD, **more: Any) -> dict[str, Any]:
    base = {"feed": feed, "shard": shard, "org_path": ORG, "enterprise": "示范化工", "name": "罐区", "version": 1}
    return {**base, "lateness_s": 60, "period_s": 1, "max_skew_s": 30, "active": True, **more}


async def connect(bus: Installation) -> Client:
    nc = await client.connect(bus, "test")
    await streams.ensure_streams(nc.jetstream())
    return nc


async def put(nc: Client, subject: str, body: Any) -> int:
    """Publish one configuration message as the outbox would."""
    return (await nc.jetstream().publish(subject, json.dumps(body).encode())).seq


async def configure(
    nc: Client, tags: list[dict[str, Any]], feed: str = FEED, shard: str = SHARD, version: int = 1, **more: Any
) -> None:
    await put(nc, subjects.feed_config(feed), feed_config(feed, shard, **more))
    for page in range(0, len(tags), 256):
        body = {"feed": feed, "page": page // 256, "version": version, "tags": tags[page : page + 256]}
        await put(nc, subjects.tags_config(feed, page // 256), body)


async def credential(
    nc: Client, id_: str, secret: str, feed: str = FEED, active: bool = True, kinds: tuple[str, ...] = ("mqtt", "http", "native")
) -> None:
    body = {
        "id": id_,
        "feed": feed,
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "kinds": kinds,
        "active": active,
        "version": 1,
    }
    await put(nc, subjects.credential_config(id_), body)


async def send(nc: Client, content: Any, feed: str = FEED, shard: str = SHARD, kind: str = "data") -> int:
    """Publish as a native device; the acknowledged sequence."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return (await nc.jetstream().publish(subjects.native_input(shard, feed, kind), data)).seq


async def collect(nc: Client, stream: str, subject: str, enough: Any, patience_s: float = 8.0) -> list[Any]:
    """Messages of a stream from its beginning until `enough(list)` or the time is over."""
    subscription = await nc.jetstream().subscribe(subject, stream=stream, ordered_consumer=True)
    got: list[Any] = []
    give_up_at = time.monotonic() + patience_s
    try:
        while not enough(got) and time.monotonic() < give_up_at:
            try:
                got.append(await subscription.next_msg(timeout=0.2))
            except nats.errors.TimeoutError:
                continue
    finally:
        await subscription.unsubscribe()
    return got


async def everything(nc: Client, stream: str, subject: str, quiet_s: float = 0.5) -> list[Any]:
    """All messages of a stream, until nothing comes for `quiet_s`."""
    subscription = await nc.jetstream().subscribe(subject, stream=stream, ordered_consumer=True)
    got: list[Any] = []
    try:
        while True:
            got.append(await subscription.next_msg(timeout=quiet_s))
    except nats.errors.TimeoutError:
        return got
    finally:
        await subscription.unsubscribe()


async def alarms(nc: Client, count: int, patience_s: float = 8.0) -> list[dict[str, Any]]:
    got = await collect(nc, "EVENTS", subjects.ALL_ALARMS, lambda g: len(g) >= count, patience_s)
    return [json.loads(m.data) for m in got]


@contextmanager
def process(bus: Installation, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the platform (`worker`, `live`), as the supervisor runs it."""
    started = start(bus, name)
    try:
        yield started
    finally:
        end(started)


def start(bus: Installation, name: str) -> subprocess.Popen[bytes]:
    """Start it as `chemward process NAME` does; a port is given to it in the run file."""
    run = bus.run()
    run["ports"].setdefault(name, free_port())
    bus.write_run(run)
    command = [sys.executable, "-m", "chemward.cli", "process", name]
    log = (bus.folder("log") / f"{name}.log").open("ab")
    with log:
        return subprocess.Popen(command, env={**os.environ, "CHEMWARD_DATA": str(bus.data)}, stdout=log, stderr=log)


def end(started: subprocess.Popen[bytes]) -> None:
    if started.poll() is None:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(8)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
