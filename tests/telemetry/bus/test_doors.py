"""What a device can and cannot do at the doors of the bus: real server, real MQTT clients."""

import asyncio
import contextlib
import ssl

import aiomqtt
import nats
import pytest

from chemward.telemetry.bus import callout, client, server, streams, subjects
from chemward.telemetry.bus.refusals import Refusals
from chemward.telemetry.installation import Installation

OURS = callout.DeviceGrant("cred-1", "07", "feedaaaaaa")
OTHER_FEED = "feedbbbbbb"
DATA = subjects.mqtt_topic(OURS.shard, OURS.feed)


class Desk:
    """Decides from a table that a test may change: (credential, secret, door) → grant."""

    def __init__(self):
        self.known = {
            ("cred-1", "s3cret", "mqtt"): OURS,
            ("cred-n", "s3cret", "native"): callout.DeviceGrant("cred-n", "07", "feedaaaaaa"),
        }

    def __call__(self, user, password, door):
        return self.known.get((user, password, door))


@contextlib.asynccontextmanager
async def platform(bus: Installation, desk=None, admitted=None):
    nc = await client.connect(bus, "test")
    await streams.ensure_streams(nc.jetstream())
    await callout.serve_callout(nc, bus, desk or Desk(), admitted)
    try:
        yield nc
    finally:
        await nc.close()


def device(bus: Installation, *, user="cred-1", password="s3cret", **more):
    return aiomqtt.Client(
        "127.0.0.1",
        bus.port("mqtt"),
        username=user,
        password=password,
        identifier=f"device-{user}",
        protocol=aiomqtt.ProtocolVersion.V311,
        timeout=5,
        **more,
    )


async def stored(nc, stream):
    info = await nc.jetstream().stream_info(stream, subjects_filter=">")
    return info.state.subjects or {}


async def until(condition, within_s=5.0):
    """Wait for an asynchronous condition; answers whether it came true in time."""
    for _ in range(int(within_s / 0.02)):
        if await condition():
            return True
        await asyncio.sleep(0.02)
    return False


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 40))


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_what_a_device_publishes_stands_in_the_input_stream(bus: Installation, qos):
    async def story():
        async with platform(bus) as nc:
            async with device(bus) as d:
                await d.publish(DATA, b"[1]", qos=qos)
            assert await until(lambda: _has(nc, subjects.IN_MQTT, 1))
            message = await nc.jetstream().get_msg(subjects.IN_MQTT, 1)
            return message.subject, message.data

    assert run(story()) == (subjects.mqtt_input("07", "feedaaaaaa"), b"[1]")


async def _has(nc, stream, count):
    return sum((await stored(nc, stream)).values()) == count


@pytest.mark.parametrize(
    "topic",
    [
        f"cw/07/{OTHER_FEED}/data",
        "cw/08/feedaaaaaa/data",
        "ev/alarm/07",
        "cfg/feed/feedaaaaaa",
        "in/07/feedaaaaaa/data",
        "smp/0",
        "sys/beat/live/1",
        "$SYS/REQ/SERVER/PING",
    ],
)
def test_a_device_cannot_publish_anywhere_else(bus: Installation, topic):
    async def story():
        async with platform(bus) as nc:
            heard = await nc.subscribe(">")
            async with device(bus) as d:
                with contextlib.suppress(aiomqtt.MqttError):  # some topics cost the device its connection
                    await d.publish(topic, b"forged", qos=1)
                    await d.publish(DATA, b"honest", qos=1)
            await asyncio.sleep(0.2)
            seen = [await heard.next_msg(0.2) for _ in range(heard.pending_msgs)]
            return {m.subject for m in seen if m.data == b"forged"}

    assert run(story()) == set()


@pytest.mark.parametrize("topic", ["#", "cw/#", DATA, f"cw/07/{OTHER_FEED}/data", "ev/#", "$MQTT/#"])
def test_a_device_cannot_subscribe(bus: Installation, topic):
    async def story():
        async with platform(bus), device(bus) as d:
            return await d.subscribe(topic, qos=1)

    assert [code.value for code in run(story())] == [128]


@pytest.mark.parametrize(
    ("user", "password"), [("cred-1", "wrong"), ("nobody", "s3cret"), ("cred-n", "s3cret"), ("platform", "s3cret"), ("", "")]
)
def test_a_wrong_credential_does_not_come_in(bus: Installation, user, password):
    async def story():
        async with platform(bus), device(bus, user=user or None, password=password or None):
            pass

    with pytest.raises(aiomqtt.MqttError):
        run(story())


def test_a_fault_in_the_decision_refuses(bus: Installation):
    def broken(user, password, door):
        raise RuntimeError("table not loaded")

    async def story():
        async with platform(bus, broken), device(bus):
            pass

    with pytest.raises(aiomqtt.MqttError):
        run(story())


def test_a_revoked_credential_is_cut_and_stays_out(bus: Installation):
    async def story():
        desk = Desk()
        system = await client.connect(bus, "system", system=True)
        async with platform(bus, desk) as nc, contextlib.AsyncExitStack() as stack:
            with contextlib.suppress(aiomqtt.MqttError):
                await stack.enter_async_context(device(bus))
            desk.known[("cred-2", "s3cret", "mqtt")] = callout.DeviceGrant("cred-2", "09", OTHER_FEED)
            neighbour = await stack.enter_async_context(device(bus, user="cred-2"))
            before = {s.credential for s in await callout.sessions(system)}
            desk.known.pop(("cred-1", "s3cret", "mqtt"))
            begun = asyncio.get_running_loop().time()
            cut = await callout.kick(system, "cred-1")
            took = asyncio.get_running_loop().time() - begun
            after = {s.credential for s in await callout.sessions(system)}
            with pytest.raises(aiomqtt.MqttError):
                await device(bus).__aenter__()
            await neighbour.publish(subjects.mqtt_topic("09", OTHER_FEED), b"still here", qos=1)
            assert await until(lambda: _has(nc, subjects.IN_MQTT, 1))
            stack.pop_all()
            return before, cut, took, after

    before, cut, took, after = run(story())
    assert before == {"cred-1", "cred-2"}
    assert (cut, after) == (1, {"cred-2"})
    assert took < 2


def test_nobody_is_kicked_without_being_named(bus: Installation):
    async def story():
        await callout.kick(await client.connect(bus, "system", system=True), "")

    with pytest.raises(ValueError, match="must be named"):
        run(story())


# -- the native door --------------------------------------------------------------------------------------------------


def native(bus: Installation, *, inbox=callout.inbox_prefix("feedaaaaaa")):
    return nats.connect(client.bus_addresses(bus), user="cred-n", password="s3cret", inbox_prefix=inbox, allow_reconnect=False)


def test_a_native_client_gets_the_streams_own_ack(bus: Installation):
    async def story():
        async with platform(bus) as nc:
            d = await native(bus)
            ack = await d.jetstream().publish(subjects.native_input("07", "feedaaaaaa"), b"[1]", headers={"Nats-Msg-Id": "a"})
            again = await d.jetstream().publish(subjects.native_input("07", "feedaaaaaa"), b"[1]", headers={"Nats-Msg-Id": "a"})
            await d.close()
            return ack, again, await stored(nc, subjects.IN)

    ack, again, found = run(story())
    assert (ack.stream, ack.seq) == (subjects.IN, 1)
    assert again.duplicate
    assert found == {"in.07.feedaaaaaa.data": 1}


@pytest.mark.parametrize("subject", ["in.07.feedbbbbbb.data", "cw.07.feedaaaaaa.data", "ev.alarm.07", "$JS.API.STREAM.NAMES"])
def test_a_native_client_cannot_publish_anywhere_else(bus: Installation, subject):
    async def story():
        async with platform(bus) as nc:
            heard = await nc.subscribe(">")
            d = await native(bus)
            await d.publish(subject, b"forged")
            await d.flush()
            await asyncio.sleep(0.2)
            await d.close()
            return [m.subject for m in [await heard.next_msg(0.2) for _ in range(heard.pending_msgs)] if m.data == b"forged"]

    assert run(story()) == []


@pytest.mark.parametrize("subject", [">", "cw.>", "in.>", "_INBOX.>", "_INBOX.feedbbbbbb.>"])
def test_a_native_client_cannot_listen_to_others(bus: Installation, subject):
    refused = []

    async def on_error(error):
        refused.append(str(error))

    async def story():
        async with platform(bus):
            d = await nats.connect(
                client.bus_addresses(bus), user="cred-n", password="s3cret", error_cb=on_error, allow_reconnect=False
            )
            await d.subscribe(subject)
            await d.flush()
            await asyncio.sleep(0.1)
            await d.close()

    run(story())
    assert any("permissions violation" in text for text in refused)


# -- refusals and TLS -------------------------------------------------------------------------------------------------


def test_refused_publishes_are_counted_for_their_feed(bus: Installation):
    refusals = Refusals(bus.folder("log") / "bus.log")

    async def story():
        async with (
            platform(bus, admitted=lambda grant, asked: refusals.learn(asked.connection, grant.feed)),
            device(bus) as d,
        ):
            for _ in range(3):
                await d.publish("ev/alarm/07", b"forged", qos=1)
            await d.publish(DATA, b"honest", qos=1)
        return refusals.news(), refusals.news()

    first, second = run(story())
    assert first == {"feedaaaaaa": 3}
    assert not second


def test_reading_refusals_goes_on_in_a_new_log_file(tmp_path):
    line = b'[1] 2026/01/01 00:00:00 [ERR] 10.0.0.1:1 - mid:7 - "d" - Publish Violation - Subject "ev.alarm.07"\n'
    log = tmp_path / "bus.log"
    log.write_bytes(line)
    refusals = Refusals(log)
    refusals.learn(7, "feedaaaaaa")
    with log.open("ab") as f:
        f.write(line + line[:40])
    assert refusals.news() == {"feedaaaaaa": 1}
    log.rename(tmp_path / "bus.log.1")
    log.write_bytes(line)
    assert refusals.news() == {"feedaaaaaa": 1}


def test_the_mqtt_door_speaks_tls_with_a_certificate_made_here(tmp_path):
    installation = Installation(data=tmp_path / "var")
    settings = server.BusSettings.from_environment(installation, {"CHEMWARD_MQTT_TLS": "1"})
    running = server.start(installation, settings)
    trust = ssl.create_default_context(cafile=settings.mqtt_certificate)

    async def story():
        async with platform(installation) as nc:
            async with device(installation, tls_context=trust) as d:
                await d.publish(DATA, b"[1]", qos=1)
            assert await until(lambda: _has(nc, subjects.IN_MQTT, 1))
            with pytest.raises(aiomqtt.MqttError):
                await device(installation).__aenter__()

    try:
        run(story())
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("environment", "remedy"),
    [
        ({"CHEMWARD_BUS_SYNC": "sometimes"}, "CHEMWARD_BUS_SYNC"),
        ({"CHEMWARD_MQTT_CERT": "/a.pem"}, "belong together"),
        ({"CHEMWARD_MQTT_CERT": "/no/a.pem", "CHEMWARD_MQTT_KEY": "/no/k.pem"}, "there is no file"),
    ],
)
def test_a_wrong_bus_setting_is_named(tmp_path, environment, remedy):
    with pytest.raises(ValueError, match=remedy):
        server.BusSettings.from_environment(Installation(data=tmp_path), environment)


def test_the_configuration_holds_passwords_so_only_its_owner_reads_it(bus: Installation):
    assert (bus.folder("bus") / "nats-server.conf").stat().st_mode & 0o777 == 0o600
