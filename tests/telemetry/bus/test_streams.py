"""The streams of the bus, on a real server."""

import asyncio

import pytest
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import APIError

from chemward.telemetry.bus import client, streams, subjects
from chemward.telemetry.installation import Installation


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def test_every_process_may_make_the_streams_at_once(bus: Installation):
    async def story():
        connections = [await client.connect(bus, f"p{n}") for n in range(4)]
        await asyncio.gather(*(client.ensure_streams(nc.jetstream()) for nc in connections))
        return {s.config.name for s in await connections[0].jetstream().streams_info()}

    assert run(story()) == {"IN_MQTT", "IN", "SAMPLES", "EVENTS", "CONFIG"}


def test_a_changed_limit_changes_the_stream_and_keeps_its_messages(bus: Installation):
    async def story():
        js = (await client.connect(bus, "p")).jetstream()
        await streams.ensure_streams(js)
        await js.publish(subjects.feed_config("abcdefghij"), b"{}")
        await streams.ensure_streams(js, streams.StreamSettings(disk_bytes=10 * streams.GIB))
        return await js.stream_info(subjects.CONFIG)

    info = run(story())
    assert info.config.max_bytes == 10 * streams.GIB // 20
    assert info.state.messages == 1


def test_full_input_is_refused_and_nothing_is_lost_silently(bus: Installation):
    async def story():
        js = (await client.connect(bus, "p")).jetstream()
        await streams.ensure_streams(js, streams.StreamSettings(disk_bytes=64 * streams.MIB))
        stored = []

        async def fill():
            while True:
                stored.append(await js.publish(subjects.native_input("07", "abcdefghij"), bytes(1024 * 1024)))

        with pytest.raises(APIError, match="maximum bytes exceeded"):
            await fill()
        return len(stored), await js.stream_info(subjects.IN)

    stored, info = run(story())
    assert 0 < stored == info.state.messages
    assert info.state.first_seq == 1


def test_read_input_is_dropped_only_once_acknowledged(bus: Installation):
    async def story():
        js = (await client.connect(bus, "p")).jetstream()
        await streams.ensure_streams(js)
        for _ in range(10):
            await js.publish(subjects.native_input("07", "abcdefghij"), b"x")
        await streams.trim_inputs(js)
        before = (await js.stream_info(subjects.IN)).state.messages
        reader = await js.pull_subscribe(
            subjects.ALL_INPUT, durable="worker-0", stream=subjects.IN, config=ConsumerConfig(ack_policy=AckPolicy.ALL)
        )
        messages = await reader.fetch(10, timeout=2)
        await messages[6].ack_sync()
        await streams.trim_inputs(js)
        return before, (await js.stream_info(subjects.IN)).state

    before, state = run(story())
    assert before == 10
    assert (state.messages, state.first_seq) == (3, 8)


def test_two_workers_drop_only_input_of_their_own_shards(bus: Installation):
    async def story():
        js = (await client.connect(bus, "p")).jetstream()
        await streams.ensure_streams(js)
        for shard in ("01", "02", "01", "02"):
            await js.publish(subjects.native_input(shard, "abcdefghij"), b"x")
        for shard, last in (("01", 1), ("02", 0)):
            reader = await js.pull_subscribe(
                f"in.{shard}.*.*", durable=f"worker-{shard}", stream=subjects.IN, config=ConsumerConfig(ack_policy=AckPolicy.ALL)
            )
            await (await reader.fetch(2, timeout=2))[last].ack_sync()
        await streams.trim_inputs(js)
        left = await js.stream_info(subjects.IN, subjects_filter=">")
        return left.state.subjects

    assert run(story()) == {"in.02.abcdefghij.data": 1}


def test_acknowledged_messages_survive_kill_9_of_the_bus(running_bus):
    async def publish(n):
        js = (await client.connect(running_bus.installation, "p")).jetstream()
        await streams.ensure_streams(js)
        return [(await js.publish(subjects.native_input("07", "abcdefghij"), b"%d" % i)).seq for i in range(n)]

    async def count():
        js = (await client.connect(running_bus.installation, "p")).jetstream()
        await streams.ensure_streams(js)
        return (await js.stream_info(subjects.IN)).state.messages

    acknowledged = run(publish(200))
    running_bus.kill()
    running_bus.restart()
    assert run(count()) == len(acknowledged)


def test_a_connection_comes_back_by_itself_after_the_bus_was_killed(running_bus):
    async def story():
        nc = await client.connect(running_bus.installation, "p")
        await asyncio.to_thread(running_bus.kill)
        await asyncio.to_thread(running_bus.restart)
        subscription = await nc.subscribe("sys.beat.>")
        beating = asyncio.create_task(client.beat(nc, "worker", lambda: {"lag_ms": 7, "step": 3}, interval_s=0.1))
        message = await subscription.next_msg(10)
        beating.cancel()
        return client.decode(message.data)

    said = run(story())
    assert (said["name"], said["lag_ms"], said["detail"]) == ("worker", 7, {"step": 3})


def test_a_fault_in_the_detail_of_a_beat_does_not_silence_the_process(bus: Installation):
    def broken():
        raise RuntimeError("no counter")

    async def story():
        nc = await client.connect(bus, "p")
        subscription = await nc.subscribe("sys.beat.>")
        beating = asyncio.create_task(client.beat(nc, "worker", broken))
        message = await subscription.next_msg(5)
        beating.cancel()
        return client.decode(message.data)

    assert run(story())["detail"] == {"fault": "RuntimeError: no counter"}


def test_an_absent_bus_is_named_after_the_patience_is_over(tmp_path):
    with pytest.raises(client.BusUnavailable, match="no running bus"):
        run(client.connect(Installation(data=tmp_path), "p", patience_s=0.3))


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [({"CHEMWARD_BUS_DISK_MB": "much"}, "CHEMWARD_BUS_DISK_MB"), ({"CHEMWARD_BUS_REPLICAS": "0"}, "at least 1")],
)
def test_a_wrong_stream_setting_is_named(settings, remedy):
    with pytest.raises(ValueError, match=remedy):
        streams.StreamSettings.from_environment(settings)
