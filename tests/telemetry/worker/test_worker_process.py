"""The worker process on a real bus: alarms, late data, unknown tags, and `kill -9` under load."""

import asyncio
import json
import random
import time
from collections import Counter

import pytest

from chemward.protocols.telemetry import quality as q
from chemward.protocols.telemetry.batch import decode
from chemward.telemetry.bus import subjects
from tests.support import plant

pytestmark = pytest.mark.timeout(60)


def run(coroutine):
    return asyncio.run(coroutine)


def test_a_reading_above_its_second_limit_becomes_an_alarm_and_clears(bus):
    async def story():
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(50, title="氯气高高")])])
        with plant.process(bus, "worker"):
            await plant.send(nc, {"tag": "GT-1", "v": 80})
            await plant.alarms(nc, 1)
            await plant.send(nc, {"tag": "GT-1", "v": 10})
            raised, cleared = await plant.alarms(nc, 2)
            assert (raised["kind"], raised["title"], raised["value"], raised["org_path"]) == (
                "raised",
                "氯气高高",
                80.0,
                plant.ORG,
            )
            assert (cleared["kind"], cleared["id"]) == ("cleared", raised["id"])
            applied = await plant.collect(nc, "EVENTS", subjects.CONFIG_APPLIED, lambda got: got)
            assert json.loads(applied[0].data)["version"] == 1
        await nc.close()

    run(story())


def test_a_changed_limit_is_in_force_at_once_and_late_data_make_no_sound(bus):
    async def story():
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(50, "d-1")])])
        with plant.process(bus, "worker"):
            await plant.send(nc, {"tag": "GT-1", "v": 40})
            await plant.collect(nc, "SAMPLES", subjects.ALL_SAMPLES, lambda got: any(len(decode(m.data)) for m in got))
            began = time.monotonic()
            await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(30, "d-1")])], version=2)
            (raised,) = await plant.alarms(nc, 1)
            assert raised["limit"] == 30
            assert time.monotonic() - began < 2
            hour_ago = time.time_ns() // 1_000_000 - 3_600_000
            await plant.send(nc, [{"tag": "GT-1", "v": 90, "t": hour_ago}, {"tag": "GT-1", "v": 1, "t": hour_ago + 1000}])
            events = await plant.alarms(nc, 3)
            assert [(e["kind"], e["late"]) for e in events[1:]] == [("raised", True), ("cleared", True)]
            batches = [decode(m.data) for m in await plant.everything(nc, "SAMPLES", subjects.ALL_SAMPLES)]
            late = [int(x) for b in batches for x in b.quality if x & q.LATE]
            assert len(late) == 2
        await nc.close()

    run(story())


def test_unknown_tags_and_alarms_of_the_enterprises_system_are_told(bus):
    async def story():
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1")])
        with plant.process(bus, "worker"):
            await plant.send(nc, [{"tag": "GT-9", "v": 4, "u": "ppm"}, {"tag": "GT-1", "v": 1}])
            await plant.send(nc, {"id": "DCS-1", "kind": "raised", "tag": "GT-1", "level": 2, "text": "高高"}, kind="alarm")
            (unknown,) = await plant.collect(nc, "EVENTS", subjects.ALL_UNKNOWN_TAGS, lambda got: got)
            body = json.loads(unknown.data)
            assert (body["feed"], body["codes"][0]["code"], body["codes"][0]["example"]) == (plant.FEED, "GT-9", 4.0)
            (external,) = await plant.collect(nc, "EVENTS", subjects.ALL_EXTERNAL_ALARMS, lambda got: got)
            body = json.loads(external.data)
            assert (body["id"], body["kind"], body["tag"], body["level"]) == ("DCS-1", "raised", 1, "2")
        await nc.close()

    run(story())


def test_hostile_payloads_never_stall_the_good_ones_and_are_counted(bus):
    async def story():
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(50)])])
        dice = random.Random(4)
        with plant.process(bus, "worker"):
            health = await nc.subscribe(subjects.health(plant.FEED))
            good = json.dumps({"tag": "GT-1", "v": 1}).encode()
            for _ in range(300):
                at = dice.randrange(len(good))
                broken = (
                    good[:at] + bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9))) + good[at + dice.randrange(9) :]
                )
                await plant.send(nc, dice.choice([broken, b"CWB1" + broken, b"[" * dice.randrange(9000), good[:at]]))
            await nc.publish(subjects.native_input(plant.SHARD, plant.FEED, "nonsense"), b"x")
            await plant.send(nc, {"tag": "GT-1", "v": 80})
            assert [e["kind"] for e in await plant.alarms(nc, 1)] == ["raised"]
            assert json.loads((await health.next_msg(5)).data)["faults"] > 200
        await nc.close()

    run(story())


@pytest.mark.faults
def test_kill_9_twice_under_load_loses_and_doubles_nothing(bus):
    """Every acknowledged sample is in the journal once, every alarm is told once, in the order of the process."""

    async def story():
        nc = await plant.connect(bus)
        tags = 6
        await plant.configure(nc, [plant.tag(n, f"T-{n}", alarms=[plant.high(50, f"d-{n}")]) for n in range(1, tags + 1)])
        worker = plant.start(bus, "worker")
        acked = 0

        async def load(until: float) -> None:
            nonlocal acked
            base = time.time_ns() // 1_000_000
            while time.monotonic() < until:
                # Values cross the limit up and down, so that alarms come all the time; times are unique.
                value = 80 if acked % 2 else 20
                await plant.send(nc, {"tags": [f"T-{n}" for n in range(1, tags + 1)], "v": [value] * tags, "t": base + acked})
                acked += 1
                await asyncio.sleep(0.001)

        try:
            for pause in (3.0, 3.0):
                loading = asyncio.create_task(load(time.monotonic() + pause))
                await asyncio.sleep(pause * 0.75)
                worker.kill()
                worker.wait()
                worker = plant.start(bus, "worker")
                await loading
            await _drained(nc, acked * tags)
        finally:
            plant.end(worker)
        batches = [decode(m.data) for m in await plant.everything(nc, "SAMPLES", subjects.ALL_SAMPLES)]
        steps = [b.header.step for b in batches]
        assert steps == list(range(1, len(steps) + 1))
        stored = Counter((int(n), int(t)) for b in batches for n, t in zip(b.tag, b.ts, strict=True))
        assert len(stored) == acked * tags
        assert set(stored.values()) == {1}
        events = [json.loads(m.data) for m in await plant.everything(nc, "EVENTS", subjects.ALL_ALARMS)]
        assert Counter((e["id"], e["kind"]) for e in events).most_common(1)[0][1] == 1
        # Each change of the value is one event: the first message is below the limit, all others change the state.
        assert len(events) == (acked - 1) * tags
        for n in range(1, tags + 1):
            kinds = [e["kind"] for e in events if e["tag"] == n]
            assert kinds == [("raised", "cleared")[i % 2] for i in range(acked - 1)]
        await nc.close()

    run(story())


async def _drained(nc, samples: int, patience_s: float = 20.0) -> None:
    """Until the journal holds so many samples."""
    subscription = await nc.jetstream().subscribe(subjects.ALL_SAMPLES, stream="SAMPLES", ordered_consumer=True)
    give_up_at, seen = time.monotonic() + patience_s, 0
    while seen < samples and time.monotonic() < give_up_at:
        try:
            seen += len(decode((await subscription.next_msg(timeout=0.5)).data))
        except TimeoutError:
            continue
    await subscription.unsubscribe()
    assert seen >= samples
    await asyncio.sleep(0.5)


@pytest.mark.faults
def test_the_bus_killed_under_load_loses_nothing_that_was_acknowledged(running_bus):
    async def story():
        bus = running_bus.installation
        nc = await plant.connect(bus)
        await plant.configure(nc, [plant.tag(1, "T-1", alarms=[plant.high(50)])])
        with plant.process(bus, "worker"):
            acked, base = 0, time.time_ns() // 1_000_000
            until = time.monotonic() + 4
            killed = False
            while time.monotonic() < until:
                try:
                    await plant.send(nc, {"tag": "T-1", "v": 80 if acked % 2 else 20, "t": base + acked})
                    acked += 1
                except Exception:
                    await asyncio.sleep(0.05)
                if not killed and time.monotonic() > until - 2:
                    killed = True
                    running_bus.kill()
                    running_bus.restart()
            await _drained(nc, acked)
            batches = [decode(m.data) for m in await plant.everything(nc, "SAMPLES", subjects.ALL_SAMPLES)]
            times = Counter(int(t) for b in batches for t in b.ts)
            assert set(range(base, base + acked)) <= set(times)
        await nc.close()

    run(story())


def test_the_journal_judged_by_a_second_engine_says_the_same(bus):
    async def story():
        from chemward.telemetry.worker.replay import replay

        nc = await plant.connect(bus)
        delayed = plant.high(60, "d-2", on_s=0.3, off_s=0.3)
        tags = [plant.tag(1, "GT-1", alarms=[plant.high(50, "d-1")]), plant.tag(2, "GT-2", alarms=[delayed])]
        await plant.configure(nc, tags)
        chance = random.Random(7)
        middle_ms = 0
        with plant.process(bus, "worker"):
            await plant.collect(nc, "EVENTS", subjects.CONFIG_APPLIED, lambda got: got, 30)
            for number in range(60):
                await plant.send(nc, [{"tag": code, "v": chance.choice([10, 55, 90])} for code in ("GT-1", "GT-2")])
                if number == 30:
                    await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(70, "d-1")]), tags[1]], version=2)
                    middle_ms = time.time_ns() // 1_000_000
                await asyncio.sleep(0.02)
            judged = lambda got: sum(len(decode(m.data)) for m in got) >= 120  # noqa: E731
            await plant.collect(nc, "SAMPLES", subjects.ALL_SAMPLES, judged, 30)
            await asyncio.sleep(1.0)
        over_ms = time.time_ns() // 1_000_000 + 1
        result = await replay(nc, 0, over_ms)
        assert result.is_same, (result.missing, result.surplus, result.changed)
        assert result.first_step == 1
        assert (result.samples, result.events > 10) == (120, True)
        half = await replay(nc, middle_ms, over_ms)
        assert half.is_same
        assert half.steps < result.steps
        body = {"id": "0", "kind": "raised", "at_ms": 1}
        await nc.jetstream().publish("ev.alarm.03", json.dumps(body).encode(), headers={"Nats-Msg-Id": "0.1.900"})
        assert list((await replay(nc, 0, over_ms)).missing) == ["0.1.900"]
        await nc.close()

    run(story())
