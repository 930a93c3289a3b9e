"""A flood over MQTT outruns the worker: what the bus has room for is judged, all of it and once; what gave way is counted and said."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Any

import pytest

from chemward.protocols.telemetry.batch import decode
from chemward.telemetry.bus import subjects
from tests.support import plant

pytestmark = pytest.mark.timeout(120)
SUBJECT = subjects.mqtt_input(plant.SHARD, plant.FEED)
PADDING = b" " * 1000  # between the end of a message and the end of its JSON, as a careless device pads it


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


async def flood(nc: Any, base: int, count: int, padding: bytes = b"") -> Any:
    """Publish as fast as the connection takes it, as the MQTT door hands messages on; the state of the stream when it has them all."""
    first = (await nc.jetstream().stream_info(subjects.IN_MQTT)).state.last_seq
    for n in range(count):
        await nc.publish(SUBJECT, b'{"tag":"GT-1","v":20,"t":%d}' % (base + n) + padding)
        if n % 500 == 0:
            await nc.flush(30)
    await nc.flush(30)
    while (state := (await nc.jetstream().stream_info(subjects.IN_MQTT)).state).last_seq < first + count:
        await asyncio.sleep(0.05)
    return state


async def judged(nc: Any, count: int, patience_s: float = 60) -> Counter[int]:
    """Source times in the journal, once it holds so many samples."""
    batches = await plant.collect(nc, subjects.SAMPLES, subjects.ALL_SAMPLES, lambda got: _samples(got) >= count, patience_s)
    return Counter(int(t) for m in batches for t in decode(m.data).ts)


def _samples(batches: list[Any]) -> int:
    # Only what came since the last look is decoded again: a flood has many batches.
    for message in batches:
        if not hasattr(message, "held"):
            message.held = len(decode(message.data))
    return sum(message.held for message in batches)


async def detail(nc: Any, name: str) -> dict[str, Any]:
    """What the newest sign of life of a process says."""
    beats = await nc.subscribe(subjects.ALL_BEATS)
    while (body := json.loads((await beats.next_msg(10)).data))["name"] != name:
        pass
    await beats.unsubscribe()
    told: dict[str, Any] = body["detail"]
    return told


def test_a_flood_that_the_bus_has_room_for_is_judged_whole_and_once(bus):
    async def story() -> None:
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1")])
        base, count = time.time_ns() // 1_000_000, 20_000
        with plant.process(bus, "worker"):
            await flood(nc, base - count, count)
            times = await judged(nc, count)
            assert times == Counter(range(base - count, base))
            assert (await detail(nc, "worker"))["missed_messages"] == 0
        await nc.close()

    run(story())


def test_what_gives_way_in_a_full_stream_is_counted_and_the_rest_is_judged(bus, monkeypatch):
    monkeypatch.setenv("CHEMWARD_BUS_DISK_MB", "64")  # a fifth of it is for MQTT input

    async def story() -> None:
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1")])
        base, count = time.time_ns() // 1_000_000 - 60_000, 30_000
        with plant.process(bus, "worker"):
            await flood(nc, base - 1, 1)
            assert len(await judged(nc, 1)) == 1
        state = await flood(nc, base, count, PADDING)
        assert state.first_seq > 2, "the stream was not full"
        with plant.process(bus, "worker"):
            kept = state.last_seq - state.first_seq + 1
            times = await judged(nc, kept + 1)
            assert times == Counter([base - 1, *range(base + count - kept, base + count)])
            assert (await detail(nc, "worker"))["missed_messages"] == count - kept
        await nc.close()

    run(story())
