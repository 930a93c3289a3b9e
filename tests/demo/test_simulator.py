"""The simulator comes in through the real MQTT door, survives the death of the bus, and obeys the word of command."""

import asyncio
import contextlib
import time

import pytest

from chemward.demo import control, credentials
from chemward.demo.gateway import BUFFER_S, Gateway, reachable
from chemward.demo.plan import build
from chemward.demo.simulator import Simulator, main
from chemward.protocols.telemetry.payload import PayloadDecoder
from chemward.telemetry.bus import callout, client, streams
from chemward.telemetry.installation import Installation


def seed_gateways(installation: Installation, feeds=None) -> dict[str, credentials.GatewayCredential]:
    """What seeding leaves behind: a credential for each feed of the plan."""
    keys = [f.key for f in build().feeds if feeds is None or f.key in feeds]
    gateways = tuple(
        credentials.GatewayCredential(key, f"feed{n:06d}", f"{n:02d}", f"cred-{n}", f"secret-{n}") for n, key in enumerate(keys)
    )
    credentials.write(installation, credentials.DemoFile(7, gateways))
    return {g.key: g for g in gateways}


@contextlib.asynccontextmanager
async def doorkeeper(installation, gateways):
    """A platform that lets the gateways in."""
    grants = {(g.user, g.secret): callout.DeviceGrant(g.user, g.shard, g.feed) for g in gateways.values()}
    nc = await client.connect(installation, "test")
    await streams.ensure_streams(nc.jetstream())
    await callout.serve_callout(nc, installation, lambda user, secret, door: grants.get((user, secret)))
    try:
        yield nc
    finally:
        await nc.close()


@contextlib.asynccontextmanager
async def running(work):
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def stored(nc, feed_subject=">"):
    info = await nc.jetstream().stream_info("IN_MQTT", subjects_filter=feed_subject)
    return info.state.subjects or {}


async def until(condition, within_s=15.0):
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        if await condition():
            return True
        await asyncio.sleep(0.1)
    return False


def test_the_secrets_of_the_gateways_are_readable_by_their_owner_only(tmp_path):
    installation = Installation(tmp_path)
    written = seed_gateways(installation)
    assert credentials.path(installation).stat().st_mode & 0o777 == 0o600
    assert {g.key: g for g in credentials.read(installation).gateways} == written


def test_without_a_demo_park_the_simulator_says_what_to_do(tmp_path):
    with pytest.raises(credentials.NotSeeded, match="setup --demo"):
        Simulator(Installation(tmp_path), time.time())


def test_loopback_stands_for_all_interfaces():
    assert reachable("0.0.0.0") == "127.0.0.1"
    assert reachable("::") == "127.0.0.1"
    assert reachable("192.0.2.7") == "192.0.2.7"
    assert reachable("park.example") == "park.example"


def test_a_gateway_buffers_one_minute(tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("chemward.demo.gateway.time.monotonic", lambda: clock[0])
    gateway = Gateway(Installation(tmp_path), credentials.GatewayCredential("E01", "feedaaaaaa", "00", "u", "s"))
    for _ in range(200):
        gateway.offer([b"x"])
        clock[0] += 1.0
    assert gateway.waiting == BUFFER_S + 1
    assert gateway.dropped == 200 - gateway.waiting


def test_every_gateway_comes_in_through_the_mqtt_door_and_obeys_commands(bus):
    async def scene():
        gateways = seed_gateways(bus)
        async with doorkeeper(bus, gateways) as nc, running(main(bus)):

            async def all_are_heard():
                return len(await stored(nc)) == len(gateways)

            assert await until(all_are_heard)
            message = await nc.jetstream().get_last_msg("IN_MQTT", f"cw.{gateways['E08'].shard}.{gateways['E08'].feed}.data")
            payload = PayloadDecoder().decode(message.data, round(time.time() * 1000))
            assert payload.listed_faults == []
            assert abs(int(payload.ts[-1]) / 1000 - time.time()) < 5

            started = await control.ask(bus, {"do": "start", "scenario": "feed-outage"})
            assert started["title"] == "企业网关断线"
            with pytest.raises(control.NotStarted, match="there are"):
                await control.ask(bus, {"do": "start", "scenario": "nothing"})
            assert (await control.ask(bus, {"do": "stop"}))["stopped"] == ["feed-outage"]

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_a_command_without_a_simulator_says_so(bus):
    with pytest.raises(control.NotStarted, match="make run"):
        control.command(bus, ["chlorine-leak"])


def test_the_list_of_scenarios_needs_no_running_platform(tmp_path):
    lines = control.command(Installation(tmp_path), ["list"])
    assert any(line.startswith("chlorine-leak") for line in lines)
    with pytest.raises(control.NotStarted, match="no scenario"):
        control.command(Installation(tmp_path), ["nothing"])


@pytest.mark.faults
def test_the_seconds_of_a_dead_bus_are_sent_when_it_is_back(running_bus):
    bus = running_bus.installation

    async def scene():
        gateways = seed_gateways(bus, {"K"})
        subject = f"cw.{gateways['K'].shard}.{gateways['K'].feed}.data"
        async with running(main(bus)):
            async with doorkeeper(bus, gateways) as nc:

                async def heard():
                    return (await stored(nc)).get(subject, 0) >= 3

                assert await until(heard)
            running_bus.kill()
            await asyncio.sleep(4)
            running_bus.restart()
            async with doorkeeper(bus, gateways) as nc:
                back = round(time.time() * 1000)

                async def caught_up():
                    last = await nc.jetstream().get_last_msg("IN_MQTT", subject)
                    return int(PayloadDecoder().decode(last.data, 0).ts[-1]) > back

                assert await until(caught_up, 30)
                return await seconds_of(nc, subject)

    seconds = asyncio.run(asyncio.wait_for(scene(), 90))
    assert seconds == list(range(seconds[0], seconds[-1] + 1))


async def seconds_of(nc, subject):
    """The distinct seconds that stored messages are stamped with."""
    js = nc.jetstream()
    info = await js.stream_info("IN_MQTT")
    found = set()
    for number in range(info.state.first_seq, info.state.last_seq + 1):
        message = await js.get_msg("IN_MQTT", number)
        if message.subject == subject:
            found.add(int(PayloadDecoder().decode(message.data, 0).ts[0]) // 1000)
    return sorted(found)
