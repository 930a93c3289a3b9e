"""The live process against its table: devices' door, stream and last values, asked by callers of every kind, every role, and strangers."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chemward.apps.core.models import User
from chemward.apps.core.scope import capabilities, roles
from chemward.telemetry.bus import subjects
from chemward.telemetry.live.app import ROUTES
from chemward.telemetry.live.hub import TOPICS
from tests.access import live_world
from tests.access import world as objects
from tests.access.live_world import LiveWorld
from tests.support import plant
from tests.support.live_browser import Stream, address, is_up, until

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(240)]
TABLE = tomllib.loads((Path(__file__).parent / "live.toml").read_text("utf-8"))
ADDRESSES: dict[str, str] = TABLE["addresses"]
SHOWN: dict[str, str] = TABLE["shown"]
READING = b'{"tag":"GT-3107","v":0.4}'
REPORT = b'{"id":"DCS-1","kind":"raised","tag":"GT-3107"}'


# -- the table is whole -----------------------------------------------------------------------------------------------


def test_every_address_of_the_live_process_stands_in_the_table():
    """Whoever adds an address to the live process adds its line to `live.toml`: who is let in."""
    assert sorted(f"{method} {path}" for method, path in ROUTES) == sorted(ADDRESSES)


def test_what_is_shown_asks_for_capabilities_that_exist():
    assert set(SHOWN.values()) <= set(capabilities())


def test_every_topic_of_the_stream_is_shown_in_the_table():
    events = {"alarms": "alarm", "values": "value", "health": "health", "echo": "echo", "acts": "act on a duty"}
    assert events.keys() == TOPICS
    assert set(events.values()) <= SHOWN.keys()


# -- on a running process ---------------------------------------------------------------------------------------------


@pytest.fixture
def live(running_bus, settings, tree, user_of) -> LiveWorld:
    """The world with its tokens made by the pages of this very installation."""
    from django.utils import timezone

    settings.INSTALLATION = running_bus.installation
    person = User.objects.create(username="receiver", display_name="收件人", home=tree.chlor, password="!")
    world = objects.build(tree, person)
    return live_world.build(running_bus.installation, world, tree, user_of, timezone.now())


def on_a_running_process(live: LiveWorld, story: Callable[[Any], Any]) -> Any:
    """Put the world on the bus, start the process, tell the story with a connection to the bus."""

    async def told() -> Any:
        nc = await plant.connect(live.installation)
        await announce(nc, live.told)
        await _answer_open_alarms(nc, live)
        try:
            with plant.process(live.installation, "live"):
                assert await is_up(live.installation)
                return await story(nc)
        finally:
            await nc.close()

    return asyncio.run(told())


async def announce(nc: Any, rows: list[tuple[str, bytes]]) -> None:
    """What the recorder's outbox does."""
    for subject, body in rows:
        if subject.startswith(("cfg.", "ev.")):
            await nc.jetstream().publish(subject, body)
        else:
            await nc.publish(subject, body)


async def _answer_open_alarms(nc: Any, live: LiveWorld) -> None:
    async def answer(message: Any) -> None:
        info = await nc.jetstream().stream_info(subjects.EVENTS)
        await message.respond(json.dumps({**live.open_alarms, "seq": info.state.last_seq}, default=str).encode())

    await nc.subscribe(subjects.REQUEST_OPEN_ALARMS, cb=answer)


def test_the_devices_door_lets_in_a_key_of_the_feed_and_nothing_else(live):
    async def story(nc: Any) -> list[str]:
        wrong = []
        async with httpx.AsyncClient(base_url=address(live.installation), timeout=20) as client:
            for line in [line for line, asks in ADDRESSES.items() if asks == "key"]:
                body = READING if line.endswith("data") else REPORT
                for caller, expected in TABLE["key"].items():
                    feed = live.keys["closed feed"] if caller == "key of a closed feed" else live.feed
                    path = line.removeprefix("POST ").format(feed=feed)
                    answer = await client.post(path, content=body, headers=_headers(live, caller))
                    if answer.status_code != expected or (expected != 200 and "stored" in answer.json()):
                        wrong.append(f"{line} with {caller}: {answer.status_code}, expected {expected}")
                    if expected != 200 and objects.MARK in answer.text:
                        wrong.append(f"{line} with {caller}: shows what stands behind it")
        # Twice let in, on two addresses; whoever was refused has stored nothing.
        info = await nc.jetstream().stream_info(subjects.IN)
        return [*wrong, *([] if info.state.messages == 4 else [f"{info.state.messages} messages are stored, expected 4"])]

    assert on_a_running_process(live, story) == []


def _headers(live: LiveWorld, caller: str) -> dict[str, str]:
    brought = {**live_world.page_tokens(live), **live.keys, "internal key": live.installation.secrets()["internal_key"]}
    if caller.endswith("as Basic"):
        pair = f"{live.key_id}:{live.keys['http key of the feed']}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if caller == "internal key":
        return {"X-Internal-Key": brought[caller], "Authorization": f"Bearer {brought[caller]}"}
    if caller == "session of a person":
        return {"Cookie": f"sessionid={live.sessions['platform_administrator']}"}
    return {"Authorization": f"Bearer {brought[caller]}"} if caller != "nothing" else {}


def test_pages_are_let_in_with_a_token_in_force_and_nothing_else(live):
    async def story(nc: Any) -> list[str]:
        await announce(nc, live.shut_out)
        await asyncio.sleep(1)
        wrong = []
        async with httpx.AsyncClient(base_url=address(live.installation), timeout=20) as client:
            for line in [line for line, asks in ADDRESSES.items() if asks == "token"]:
                for caller, expected in TABLE["token"].items():
                    status = await _ask_with(client, live, line, caller)
                    if status != expected:
                        wrong.append(f"{line} with {caller}: {status}, expected {expected}")
            for line in [line for line, asks in ADDRESSES.items() if asks == "anyone"]:
                answer = await client.request(*line.split())
                if answer.status_code not in (200, 503) or objects.MARK in answer.text:
                    wrong.append(f"{line}: {answer.status_code}")
            elsewhere = {(await client.get(path)).status_code for path in ("/live/", "/live/else", "/ingest/v1/else")}
            inside = await client.get("/live/last", headers={"X-Internal-Key": live.installation.secrets()["internal_key"]})
        assert elsewhere == {404}
        assert inside.status_code == 200
        return wrong

    assert on_a_running_process(live, story) == []


async def _ask_with(client: httpx.AsyncClient, live: LiveWorld, line: str, caller: str) -> int:
    """The status of an address with what a caller brings; a stream is left as soon as it has answered."""
    method, path = line.split()
    query = {"tags": str(live.number), "topics": "alarms"}
    headers: dict[str, str] = {}
    if caller == "session of a person":
        headers = _headers(live, caller)
    elif brought := live_world.page_tokens(live)[caller]:
        query["token"] = brought
    if path == "/live/values" and TABLE["token"][caller] == 200:
        return await _ask_own_stream(client, live, query)
    async with client.stream(method, path, params=query, headers=headers, content=b'{"tags":[]}') as answer:
        return answer.status_code


async def _ask_own_stream(client: httpx.AsyncClient, live: LiveWorld, query: dict[str, str]) -> int:
    async with Stream(live.installation, query["token"]) as stream:
        own = (await stream.wait("snapshot"))[0]["stream"]
        return (await client.post("/live/values", params={**query, "stream": own}, json={"tags": [live.number]})).status_code


def test_every_role_and_every_stranger_is_shown_what_the_table_says(live):
    """One stream for each role at its place, for people of other places and for a wall screen; then one of every kind of event."""
    assert set(roles()) < live.tokens.keys()

    async def story(nc: Any) -> list[str]:
        streams = {
            who: Stream(live.installation, token, ",".join(TOPICS), values=str(live.number), feeds=live.feed)
            for who, token in live.tokens.items()
        }
        for stream in streams.values():
            await stream.__aenter__()
        try:
            for who, stream in streams.items():
                assert await stream.wait("snapshot", patience_s=20), who
            await nc.publish(subjects.samples(0), live.batch)
            await announce_events(nc, live)
            for stream in streams.values():  # events come in order: what has not come before the third beat will not come
                await stream.wait("beat", len(stream.of("beat")) + 3, patience_s=20)
            wrong = []
            async with httpx.AsyncClient(base_url=address(live.installation), timeout=20) as client:
                for who, stream in streams.items():
                    seen = _seen(stream) | await _seen_when_asked(client, live, who, stream)
                    wrong += [f"{who}: {fault}" for fault in judged(live, who, seen)]
                    if not live.scopes[who].sees(live.path) and objects.MARK in json.dumps(stream.events, ensure_ascii=False):
                        wrong.append(f"{who}: meets what stands elsewhere")
                wrong += await _others_streams_are_not_there(client, live, streams)
            return wrong
        finally:
            for stream in streams.values():
                await stream.__aexit__(None, None, None)

    assert on_a_running_process(live, story) == []


async def announce_events(nc: Any, live: LiveWorld) -> None:
    await announce(nc, [(subject, json.dumps(body).encode()) for subject, body in live.events])
    await nc.flush()


def judged(live: LiveWorld, who: str, seen: set[str]) -> list[str]:
    """Where what somebody saw differs from the table."""
    may = {what for what, capability in SHOWN.items() if live.scopes[who].allows(capability, live.path)}
    return [f"is shown {what}" for what in sorted(seen - may)] + [f"is not shown {what}" for what in sorted(may - seen)]


def _seen(stream: Stream) -> set[str]:
    """What came, by the words of the table."""
    snapshot = stream.of("snapshot")[0]
    seen = {name for name, _body in stream.events if name in {"alarm", "value", "health", "echo"}}
    seen |= {f"act on a{'n' if body['noun'][0] in 'aeio' else ''} {body['noun']}" for body in stream.of("act")}
    seen |= {"alarms of the snapshot"} if snapshot.get("alarms") else set()
    return seen | ({"values of the snapshot"} if "values" in snapshot else set())


async def _seen_when_asked(client: httpx.AsyncClient, live: LiveWorld, who: str, stream: Stream) -> set[str]:
    query = {"token": live.tokens[who], "tags": str(live.number)}
    last = (await client.get("/live/last", params=query)).json()["values"]
    own = stream.of("snapshot")[0]["stream"]
    asked = (await client.post("/live/values", params={**query, "stream": own}, json={"tags": [live.number]})).json()["tags"]
    return ({"last values"} if last else set()) | ({"values asked for"} if asked else set())


async def _others_streams_are_not_there(client: httpx.AsyncClient, live: LiveWorld, streams: dict[str, Stream]) -> list[str]:
    """Nobody steers the stream of somebody else."""
    others = streams["duty_officer"].of("snapshot")[0]["stream"]
    wrong = []
    for who in live.tokens.keys() - {"duty_officer"}:
        answer = await client.post("/live/values", params={"token": live.tokens[who], "stream": others}, json={"tags": []})
        wrong += [] if answer.status_code == 404 else [f"{who}: steers the duty officer's stream ({answer.status_code})"]
    return wrong


def test_a_stream_ends_when_its_user_is_shut_out(live):
    async def story(nc: Any) -> float:
        async with (
            Stream(live.installation, live.tokens["city_bureau"]) as stream,
            Stream(live.installation, live.tokens["duty_officer"]) as other,
        ):
            assert await stream.wait("snapshot", patience_s=20)
            assert await other.wait("snapshot", patience_s=20)
            began = time.monotonic()
            await announce(nc, live.shut_out)
            await nc.flush()
            assert await stream.wait("gone", patience_s=10)
            took_s = time.monotonic() - began
            assert await until(lambda: stream.is_over)
            assert not other.of("gone")
            return took_s

    assert on_a_running_process(live, story) < 2
