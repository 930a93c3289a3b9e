"""The recorder: bus → database exactly once, database → bus in order, and an event that poisons nothing but itself."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from django.db import IntegrityError, OperationalError, connections

from chemward.apps.core.actions import system
from chemward.apps.core.acts import Actor, act
from chemward.apps.core.models import BusPosition, DeadLetter, Organisation, Outbox, Post
from chemward.apps.core.recorder import process, registry
from chemward.apps.core.recorder.process import Recorder, keep_events
from chemward.apps.core.recorder.registry import BusEvent
from chemward.telemetry.bus import client, streams, subjects

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECT = "ev.act.test.happened"


def event(sequence: int, **body) -> BusEvent:
    return BusEvent(SUBJECT, sequence, 0, {"n": sequence, **body})


def position() -> int:
    return process.stored_position()


@dataclass
class Listener:
    """Keeps each event as a post of the park; poison is refused in the way that the event says."""

    park: Organisation
    batches: list[list[int]] = field(default_factory=list)

    def __call__(self, events, now) -> None:
        self.batches.append([e.sequence for e in events])
        for e in events:
            if e.body.get("poison") == "rule":
                raise ValueError("no such thing")
            name = None if e.body.get("poison") == "database" else f"事件 {e.body['n']}"
            Post.objects.get_or_create(organisation=self.park, code=str(e.body["n"]), defaults={"name": name})

    def kept(self) -> list[int]:
        return sorted(int(code) for code in Post.objects.values_list("code", flat=True))


@pytest.fixture
def listener(tree, monkeypatch) -> Listener:
    listening = Listener(tree.park)
    monkeypatch.setattr(registry, "_listeners", [("ev.act.test.>", listening)])
    return listening


# -- bus → database ---------------------------------------------------------------------------------------------------


def test_a_batch_and_its_position_are_one(listener, now):
    keep_events([event(4), event(5), event(6)], now)
    assert (listener.kept(), position()) == ([4, 5, 6], 6)


def test_redelivery_is_harmless(listener, now):
    keep_events([event(1), event(2)], now)
    keep_events([event(1), event(2)], now)
    keep_events([event(2), event(3)], now)
    assert listener.batches == [[1, 2], [3]]
    assert (listener.kept(), position()) == ([1, 2, 3], 3)


@pytest.mark.parametrize("poison", ["rule", "database"])
def test_a_poisonous_event_goes_to_the_dead_letters_and_the_others_are_kept(poison, listener, now):
    keep_events([event(1), event(2, poison=poison), event(3)], now)
    assert (listener.kept(), position()) == ([1, 3], 3)
    letter = DeadLetter.objects.get()
    assert (letter.sequence, letter.subject, letter.body["poison"]) == (2, SUBJECT, poison)
    assert letter.error.split(":")[0] in {"ValueError", "IntegrityError"}


def test_a_fault_that_passes_is_left_to_be_tried_again(listener, monkeypatch, now):
    def locked(events, at) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(registry, "_listeners", [("ev.>", locked)])
    with pytest.raises(OperationalError):
        keep_events([event(1)], now)
    assert position() == 0
    assert not DeadLetter.objects.exists()


def test_a_second_listener_that_fails_takes_back_what_the_first_wrote(listener, monkeypatch, now):
    def second(events, at) -> None:
        if any(e.body.get("refuse") for e in events):
            raise IntegrityError("second")

    monkeypatch.setattr(registry, "_listeners", [("ev.act.test.>", listener), ("ev.>", second)])
    keep_events([event(1), event(2, refuse=1), event(3)], now)
    assert (listener.kept(), position()) == ([1, 3], 3)
    assert DeadLetter.objects.get().sequence == 2


@pytest.mark.parametrize("body", [{"poison": "rule", "n": 1, "text": "a\0b", "list": ["\0"]}, {"n": "x\0", "poison": "rule"}])
def test_even_an_unstorable_event_finds_a_place_among_the_dead_letters(body, listener, now):
    keep_events([BusEvent(SUBJECT, 1, 0, body)], now)
    assert position() == 1
    assert "\0" not in str(DeadLetter.objects.get().body)


def test_a_dead_letter_is_tried_again_by_hand_whole_or_not_at_all(listener, monkeypatch, now):
    keep_events([event(1, poison="rule")], now)
    letter = DeadLetter.objects.get()
    assert not system.retry_dead_letter(Actor.platform("test"), letter.pk, now=now)
    letter.refresh_from_db()
    assert letter.resolved_at is None
    DeadLetter.objects.filter(pk=letter.pk).update(body={"n": 1})

    def second(events, at) -> None:
        raise ValueError("second")

    monkeypatch.setattr(registry, "_listeners", [("ev.>", listener), ("ev.>", second)])
    assert not system.retry_dead_letter(Actor.platform("test"), letter.pk, now=now)
    assert listener.kept() == []
    monkeypatch.setattr(registry, "_listeners", [("ev.>", listener)])
    assert system.retry_dead_letter(Actor.platform("test"), letter.pk, now=now)
    assert listener.kept() == [1]


def test_a_listener_hears_its_own_subjects_only(listener, now):
    keep_events([BusEvent("ev.alarm.00", 1, 0, {}), event(2)], now)
    assert listener.batches == [[2]]
    assert position() == 2


# -- with a real bus --------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def recorder_on(bus):
    nc = await client.connect(bus, "recorder")
    js = nc.jetstream(timeout=5)
    await streams.ensure_streams(js)
    recorder = Recorder(bus, nc, js, thread=ThreadPoolExecutor(1))
    try:
        yield recorder
    finally:
        await recorder.in_database(connections.close_all)
        recorder.thread.shutdown(wait=True)
        await nc.close()


async def run_until(condition, *loops, patience_s: float = 15.0) -> bool:
    """Run the recorder's loops until something is so in the database."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        async with asyncio.timeout(patience_s):
            while not await asyncio.to_thread(_in_thread, condition):
                await asyncio.sleep(0.02)
            return True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _in_thread(condition):
    try:
        return condition()
    finally:
        connections.close_all()


async def stored(js, count: int) -> list[tuple[str, dict]]:
    subscription = await js.pull_subscribe(subjects.ALL_EVENTS, stream=subjects.EVENTS)
    messages = await subscription.fetch(count + 1, timeout=1)
    return [(m.subject, client.decode(m.data)) for m in messages]


def test_the_outbox_reaches_the_bus_once_and_in_order(bus, tree, now):
    for start in range(0, 150, 50):
        with act(Actor.platform("test"), "test.act", now=now) as a:
            for n in range(start, start + 50):
                a.announce(SUBJECT, {"n": n})

    async def walk():
        async with recorder_on(bus) as recorder:
            assert await run_until(lambda: not Outbox.objects.exists(), recorder.relay())
            return [body["n"] for _s, body in await stored(recorder.js, 150)]

    assert asyncio.run(walk()) == list(range(150))


def test_an_outbox_relayed_before_a_crash_is_not_doubled_after_it(bus, tree, now):
    with act(Actor.platform("test"), "test.act", now=now) as a:
        for n in range(20):
            a.announce(SUBJECT, {"n": n})

    async def walk():
        async with recorder_on(bus) as recorder:
            # The bus has them, the process dies before the rows are deleted.
            await recorder._publish(await recorder.in_database(lambda: list(Outbox.objects.order_by("id")[:12])))
            assert await run_until(lambda: not Outbox.objects.exists(), recorder.relay())
            return [body["n"] for _s, body in await stored(recorder.js, 20)]

    assert asyncio.run(walk()) == list(range(20))


def test_what_the_bus_says_is_kept_from_where_the_database_stands(bus, listener, now):
    async def walk():
        async with recorder_on(bus) as recorder:
            for n in range(1, 31):
                await recorder.js.publish(SUBJECT, client.encode({"n": n}))
            await recorder.in_database(lambda: BusPosition.objects.create(stream=subjects.EVENTS, sequence=10))
            assert await run_until(lambda: position() == 30, recorder.follow())
            for n in range(31, 41):
                await recorder.js.publish(SUBJECT, client.encode({"n": n, **({"poison": "database"} if n == 35 else {})}))
            # A second recorder after the first: nothing twice, nothing missing.
            assert await run_until(lambda: position() == 40, recorder.follow())

    asyncio.run(walk())
    assert listener.kept() == [n for n in range(11, 41) if n != 35]
    assert DeadLetter.objects.get().sequence == 35


def test_bytes_that_are_no_json_do_not_stop_the_recorder(bus, listener, now):
    async def walk():
        async with recorder_on(bus) as recorder:
            await recorder.js.publish(SUBJECT, b"\xff\x00 no json")
            await recorder.js.publish(SUBJECT, client.encode([1, 2]))
            await recorder.js.publish(SUBJECT, client.encode({"n": 3}))
            assert await run_until(lambda: position() == 3, recorder.follow())

    asyncio.run(walk())
    assert listener.kept() == [3]
    assert DeadLetter.objects.count() == 2


def test_an_announcement_of_an_act_comes_back_as_an_event(bus, listener, now):
    with act(Actor.platform("test"), "test.act", now=now) as a:
        a.announce(SUBJECT, {"n": 7})

    async def walk():
        async with recorder_on(bus) as recorder:
            assert await run_until(lambda: position() == 1, recorder.relay(), recorder.follow())

    asyncio.run(walk())
    assert listener.kept() == [7]
