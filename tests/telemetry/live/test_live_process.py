"""The live process on a real bus: devices at the doors, browsers on the stream."""

import asyncio
import json
import shutil
import time

import httpx
import pytest

from chemward.telemetry.bus import subjects
from tests.support import plant
from tests.support.live_browser import Stream, address, answer_open_alarms, is_up, make_token, ms, until

pytestmark = pytest.mark.timeout(60)
READING = {"tag": "GT-1", "v": 80}
AUTH = {"Authorization": "Bearer s3cret"}


def run(coroutine):
    return asyncio.run(coroutine)


async def post(bus, content=READING, kind="data", feed=plant.FEED, headers=AUTH):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(f"{address(bus)}/ingest/v1/{feed}/{kind}", content=data, headers=headers)


async def mqtt(running_bus, user, secret, topic=f"cw/{plant.SHARD}/{plant.FEED}/data", message='{"tag":"GT-1","v":1}') -> int:
    """Exit code of mosquitto_pub: 0 when the bus took the message."""
    port = str(running_bus.mqtt_port)
    arguments = ["-V", "mqttv311", "-h", "127.0.0.1", "-p", port, "-u", user, "-P", secret, "-q", "1", "-t", topic, "-m", message]
    process = await asyncio.create_subprocess_exec("mosquitto_pub", *arguments, stderr=asyncio.subprocess.DEVNULL)
    return await asyncio.wait_for(process.wait(), 10)


async def stored(nc, stream="IN") -> int:
    return (await nc.jetstream().stream_info(stream)).state.last_seq


async def set_up(bus):
    nc = await plant.connect(bus)
    await plant.configure(nc, [plant.tag(1, "GT-1", alarms=[plant.high(50)])])
    await plant.credential(nc, "c1", "s3cret")
    return nc


def test_a_post_is_answered_after_it_is_stored_and_every_refusal_names_its_remedy(bus):
    async def story():
        nc = await set_up(bus)
        await plant.configure(nc, [], feed="otherfeed1", shard="04")
        with plant.process(bus, "live"):
            assert await is_up(bus)
            answer = await post(bus)
            assert (answer.status_code, answer.json()["stored"]) == (200, 1)
            assert await stored(nc) == answer.json()["seq"]
            half = (await post(bus, [READING, {"tag": "GT-1", "v": []}])).json()
            assert (half["stored"], half["refused"], half["faults"][0]["code"]) == (1, 1, "bad_value")
            assert (await post(bus, {"id": "D-1", "kind": "raised"}, kind="alarm")).json()["stored"] == 1
            basic = httpx.BasicAuth("c1", "s3cret")
            async with httpx.AsyncClient() as client:
                assert (
                    await client.post(f"{address(bus)}/ingest/v1/{plant.FEED}/data", json=READING, auth=basic)
                ).status_code == 200
            refusals = [
                (await post(bus, headers={}), 401, "unauthorized"),
                (await post(bus, headers={"Authorization": "Bearer wrong"}), 401, "unauthorized"),
                (await post(bus, headers={"Authorization": "Basic %%%"}), 401, "unauthorized"),
                (await post(bus, feed="otherfeed1"), 403, "wrong_feed"),
                (await post(bus, kind="else"), 404, "unknown_kind"),
                (await post(bus, headers=AUTH | {"Content-Type": "application/xml"}), 415, "unsupported_type"),
                (await post(bus, b"x" * (8 << 20)), 413, "too_large"),
                (await post(bus, b"{broken"), 400, "no_readable_sample"),
            ]
            for answer, status, code in refusals:
                assert (answer.status_code, answer.json()["error"]) == (status, code)
                assert answer.json()["remedy"]
        await nc.close()

    run(story())


def test_a_repeated_post_with_the_same_key_is_stored_once(bus):
    async def story():
        nc = await set_up(bus)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            headers = AUTH | {"Idempotency-Key": "2026-05-01T08:00"}
            first, second = (await post(bus, headers=headers)).json(), (await post(bus, headers=headers)).json()
            assert (second["seq"], second["duplicate"]) == (first["seq"], True)
            assert await stored(nc) == 1
        await nc.close()

    run(story())


@pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
def test_a_credential_works_and_is_cut_within_two_seconds_at_every_door(running_bus):
    async def story():
        bus = running_bus.installation
        nc = await set_up(bus)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            assert await mqtt(running_bus, "c2", "new") != 0
            began = time.monotonic()
            await plant.credential(nc, "c2", "new")
            assert await until(lambda: _is(post(bus, headers={"Authorization": "Bearer new"}), 200), 2)
            assert await mqtt(running_bus, "c2", "new") == 0
            assert time.monotonic() - began < 2
            assert await until(lambda: _stored(nc, "IN_MQTT"), 2)

            import aiomqtt

            began = 0.0

            async def publish_until_cut() -> None:
                nonlocal began
                async with aiomqtt.Client("127.0.0.1", running_bus.mqtt_port, username="c2", password="new") as device:
                    began = time.monotonic()
                    await plant.credential(nc, "c2", "new", active=False)
                    while time.monotonic() - began < 4:
                        await device.publish(f"cw/{plant.SHARD}/{plant.FEED}/data", b'{"tag":"GT-1","v":2}', qos=1, timeout=1)
                        await asyncio.sleep(0.05)

            with pytest.raises(aiomqtt.MqttError):
                await publish_until_cut()
            assert time.monotonic() - began < 2
            assert (await post(bus, headers={"Authorization": "Bearer new"})).status_code == 401
            assert await mqtt(running_bus, "c2", "new") != 0
        await nc.close()

    run(story())


async def _is(answer, status) -> bool:
    return (await answer).status_code == status


async def _stored(nc, stream) -> bool:
    return await stored(nc, stream) > 0


@pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
def test_a_publish_to_another_feed_is_dropped_and_counted_for_the_own_one(running_bus):
    async def story():
        bus = running_bus.installation
        nc = await set_up(bus)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            health = await nc.subscribe(subjects.health(plant.FEED))
            await mqtt(running_bus, "c1", "s3cret", topic="cw/04/otherfeed1/data")
            body = json.loads((await health.next_msg(6)).data)
            assert (body["source"], body["refused_publishes"]) == ("live", 1)
            assert await stored(nc, "IN_MQTT") == 0
        await nc.close()

    run(story())


def test_an_alarm_reaches_those_in_scope_at_once_and_nobody_else(bus):
    async def story():
        nc = await set_up(bus)
        await answer_open_alarms(nc)
        with plant.process(bus, "worker"), plant.process(bus, "live"):
            assert await is_up(bus)
            inside, outside = (
                make_token(bus, alarm_view=["1.4."], value_view=["1.4."]),
                make_token(bus, 8, alarm_view=["2."], value_view=["2."]),
            )
            async with (
                Stream(bus, inside, "alarms,values", values="1") as mine,
                Stream(bus, outside, "alarms,values", values="1") as theirs,
                Stream(bus, make_token(bus, 9, value_view=["1.4."]), "alarms,values,health", values="1") as half,
            ):
                for stream in (mine, theirs, half):
                    await stream.wait("snapshot")
                await post(bus, {"tag": "GT-1", "v": 1})
                assert await mine.wait("value")
                began = time.monotonic()
                await post(bus)
                (alarm,) = await mine.wait("alarm")
                assert time.monotonic() - began < 0.5
                assert (alarm["kind"], alarm["value"], alarm["enterprise"]) == ("raised", 80.0, "示范化工")
                body = {
                    "org_path": plant.ORG,
                    "at_ms": ms(),
                    "by": "张三",
                    "ids": [alarm["id"]],
                    "fields": {"park_acked_ms": ms()},
                }
                await plant.put(nc, subjects.act_event("alarm", "acknowledge"), body)
                assert (await mine.wait("act"))[0]["ids"] == [alarm["id"]]
                await asyncio.sleep(0.3)
                assert theirs.of("alarm") == theirs.of("act") == theirs.of("value") == []
                assert theirs.of("snapshot")[0]["alarms"] == []
                assert half.of("value")
                assert half.of("alarm") == half.of("act") == half.of("health") == []
            async with Stream(bus, inside, "alarms") as again:
                (snapshot,) = await again.wait("snapshot")
                assert [row["park_acked_ms"] is not None for row in snapshot["alarms"]] == [True]
        await nc.close()

    run(story())


def test_until_the_recorder_answers_the_stream_says_starting_and_never_claims_calm(bus):
    async def story():
        nc = await set_up(bus)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            async with Stream(bus, make_token(bus, alarm_view=[""])) as stream:
                assert (await stream.wait("beat"))[0]["state"] == "starting"
                assert stream.of("snapshot") == []
                await answer_open_alarms(nc, [{"id": "o-1", "org_path": "1.4.9.", "priority": 1, "raised_at_ms": ms()}])
                assert [row["id"] for row in (await stream.wait("snapshot"))[0]["alarms"]] == ["o-1"]
        await nc.close()

    run(story())


def test_a_forged_token_or_one_from_before_a_revocation_sees_nothing(bus):
    async def story():
        nc = await set_up(bus)
        await answer_open_alarms(nc)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            token = make_token(bus, 7, alarm_view=[""])
            async with Stream(bus, token + "x") as forged:
                await until(lambda: forged.is_over)
                assert forged.status == 401
            async with Stream(bus, token) as stream, Stream(bus, make_token(bus, 8, alarm_view=[""])) as other:
                await stream.wait("snapshot")
                await plant.put(nc, subjects.user_config(7), {"id": 7, "epoch": ms() + 1})
                assert await stream.wait("gone", patience_s=2)
                assert await until(lambda: stream.is_over)
                await nc.publish(subjects.session_revoked(8), b"{}")
                assert await other.wait("gone", patience_s=2)
            async with Stream(bus, token) as again:
                await until(lambda: again.is_over)
                assert again.status == 401
        await nc.close()

    run(story())


def test_last_values_are_for_our_own_processes_and_for_those_in_scope(bus):
    async def story():
        nc = await set_up(bus)
        with plant.process(bus, "worker"), plant.process(bus, "live"):
            assert await is_up(bus)
            await post(bus, {"tag": "GT-1", "v": 7})

            async def last(params, headers=None):
                async with httpx.AsyncClient() as client:
                    return await client.get(f"{address(bus)}/live/last", params={"tags": "1,2", **params}, headers=headers)

            key = {"X-Internal-Key": bus.secrets()["internal_key"]}

            async def has_arrived() -> bool:
                return bool((await last({}, key)).json()["values"])

            assert await until(has_arrived)
            assert (await last({}, key)).json()["values"][0][2] == 7.0
            assert (await last({"token": make_token(bus, value_view=["1.4."])})).json()["values"][0][0] == 1
            assert (await last({"token": make_token(bus, value_view=["9."])})).json()["values"] == []
            assert (await last({})).status_code == 401
            assert (await last({}, {"X-Internal-Key": "wrong"})).status_code == 401
        await nc.close()

    run(story())


def test_a_key_revoked_while_live_was_down_is_cut_when_it_comes_back(running_bus):
    async def story():
        import aiomqtt

        bus = running_bus.installation
        nc = await set_up(bus)
        await plant.credential(nc, "c2", "kept")
        topic = f"cw/{plant.SHARD}/{plant.FEED}/data"

        async def publish_for(device, seconds) -> bool:
            """Whether the device could publish all the while."""
            over_at = time.monotonic() + seconds
            try:
                while time.monotonic() < over_at:
                    await device.publish(topic, b'{"tag":"GT-1","v":2}', qos=1, timeout=1)
                    await asyncio.sleep(0.05)
            except aiomqtt.MqttError:
                return False
            return True

        first = plant.start(bus, "live")
        try:
            assert await is_up(bus)
            revoked = aiomqtt.Client("127.0.0.1", running_bus.mqtt_port, username="c1", password="s3cret")
            kept = aiomqtt.Client("127.0.0.1", running_bus.mqtt_port, username="c2", password="kept")
            await revoked.__aenter__()
            await kept.__aenter__()
        finally:
            first.kill()
            first.wait()
        await plant.credential(nc, "c1", "s3cret", active=False)
        assert await publish_for(revoked, 0.3)
        with plant.process(bus, "live"):
            assert await is_up(bus)
            assert not await publish_for(revoked, 4)
            assert await publish_for(kept, 0.5)
            await kept.__aexit__(None, None, None)
        await nc.close()

    run(story())
