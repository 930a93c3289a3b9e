"""The recorder's loops around one database thread.

All database work of the recorder happens in one thread, one short transaction at a time: EVENTS in stream order, then the outbox, the
clock, the seal. The bus side is asyncio and only waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import nats.errors
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, transaction
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from chemward.apps.core import audit, clock
from chemward.apps.core.models import BusPosition, DeadLetter, Outbox
from chemward.apps.core.recorder import registry
from chemward.apps.core.recorder.registry import BusEvent
from chemward.telemetry.bus import client, streams, subjects
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)
T = TypeVar("T")
# What goes by itself: a lock, a lost connection, a full disk. Any other fault of the database is the event's own and would come back for ever.
PASSING = (OperationalError, InterfaceError)

BATCH = 200
RELAY_BATCH = 500
RELAY_PAUSE_S = 0.04
SEAL_PAUSE_S = 0.5
CLOCK_PAUSE_S = 1.0
ONE_JOB = timedelta(milliseconds=1)
PULSE_PAUSE_S = 5.0
WEIGH_PAUSE_S = 10.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Recorder:
    """One recorder: what it is connected to and how it stands."""

    installation: Installation
    nc: Client
    js: JetStreamContext
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="database"))
    # Set when the process is to stop: whoever works in the database thread looks at it between two pieces.
    stopping: threading.Event = field(default_factory=threading.Event)
    position: int = 0
    lag_ms: int = 0
    waiting: int = 0
    outbox: int = 0
    slowest_ms: int = 0
    dead_letters: int = 0
    streams: dict[str, float] = field(default_factory=dict)
    # Newest pulse of each subject and sender: of a feed both its worker and its door tell.
    pulses: dict[tuple[str, str], BusEvent] = field(default_factory=dict)

    async def in_database(self, work: Callable[[], T]) -> T:
        """Run `work` in the database thread. A locked or lost database is tried again for ever: nothing may be dropped."""
        pause_s = 0.1
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self.thread, work)
            except DatabaseError as fault:
                log.warning("database: %s; trying again", fault)
                await asyncio.get_running_loop().run_in_executor(self.thread, close_old_connections)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 5)

    # -- bus → database ---------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """EVENTS into the database, from where the database stands, for ever."""
        self.position = await self.in_database(stored_position)
        while True:
            try:
                await self._follow_from(self.position + 1)
            except (TimeoutError, nats.errors.Error, APIError, LookupError) as fault:
                log.warning("EVENTS: %s; starting again after %d", fault, self.position)
                await asyncio.sleep(0.3)

    async def _follow_from(self, sequence: int) -> None:
        subscription = await self.js.pull_subscribe(
            subjects.ALL_EVENTS,
            stream=subjects.EVENTS,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=sequence,
                ack_policy=AckPolicy.NONE,
                inactive_threshold=60,
                mem_storage=True,
            ),
        )
        expected = 1
        try:
            while True:
                try:
                    messages = await subscription.fetch(BATCH, timeout=1)
                except (TimeoutError, nats.errors.TimeoutError):
                    self.waiting, self.lag_ms = 0, 0
                    continue
                # Without acknowledgements a lost delivery shows as a hole in the consumer's own count.
                for m in messages:
                    if m.metadata.sequence.consumer != expected:
                        raise LookupError(f"delivery {expected} was lost")
                    expected += 1
                await self._keep(messages)
        finally:
            with contextlib.suppress(Exception):
                await subscription.unsubscribe()

    async def _keep(self, messages: list[Msg]) -> None:
        events = [event_of(m) for m in messages]
        started = time.monotonic()
        await self.in_database(lambda: keep_events(events, utc_now()))
        self.position = events[-1].sequence
        self.waiting = messages[-1].metadata.num_pending
        self.lag_ms = max(0, int(time.time() * 1000) - events[-1].received_ms)
        self.slowest_ms = max(self.slowest_ms, int((time.monotonic() - started) * 1000))

    # -- database → bus ---------------------------------------------------------------------------------------------

    async def relay(self) -> None:
        """The outbox onto the bus, in order, each with its id as message id; deleted once the bus has it."""
        while True:
            rows = await self.in_database(lambda: list(Outbox.objects.order_by("id")[:RELAY_BATCH]))
            if not rows:
                self.outbox = 0
                await asyncio.sleep(RELAY_PAUSE_S)
                continue
            self.outbox = len(rows)
            try:
                await self._publish(rows)
            except (TimeoutError, nats.errors.Error, APIError) as fault:
                log.warning("outbox: %s; trying again", fault)
                await asyncio.sleep(0.3)
                continue
            ids = [r.pk for r in rows]
            await self.in_database(lambda ids=ids: Outbox.objects.filter(pk__in=ids).delete())  # type: ignore[misc]

    async def _publish(self, rows: list[Outbox]) -> None:
        stored = ("ev.", "cfg.")
        key = self.installation.secrets()["audit_seed"][:8]
        for start in range(0, len(rows), 64):
            waiting = []
            for row in rows[start : start + 64]:
                body = row.body.encode()
                if row.subject.startswith(stored):
                    waiting.append(self.js.publish(row.subject, body, timeout=5, headers={"Nats-Msg-Id": f"ob-{key}-{row.pk}"}))
                else:
                    await self.nc.publish(row.subject, body)
            await asyncio.gather(*waiting)

    # -- clock, seal, pulses, answers -------------------------------------------------------------------------------

    async def tick(self) -> None:
        while True:
            # One job at a time: between two of them the events that came meanwhile have their turn.
            ran = await self.in_database(lambda: clock.run_due(utc_now(), budget=ONE_JOB, is_stopping=self.stopping.is_set))
            await asyncio.sleep(0 if ran else CLOCK_PAUSE_S)

    async def seal(self) -> None:
        while True:
            sealed = await self.in_database(lambda: audit.seal(self.installation, now=utc_now()))
            await asyncio.sleep(SEAL_PAUSE_S if sealed < audit.SEALED_AT_ONCE else RELAY_PAUSE_S)

    async def hear(self) -> None:
        """Pulses: the newest message of each subject and sender, handed on every few seconds."""
        for pattern, _function in registry.pulses():
            await self.nc.subscribe(pattern, cb=self._heard)
        while True:
            await asyncio.sleep(PULSE_PAUSE_S)
            taken, self.pulses = self.pulses, {}
            for pattern, function in registry.pulses():
                events = [event for (subject, _sender), event in taken.items() if registry.matches(pattern, subject)]
                if events:
                    await self.in_database(lambda function=function, events=events: guarded(function, events))  # type: ignore[misc]

    async def _heard(self, message: Msg) -> None:
        pulse = pulse_of(message)
        self.pulses[pulse.subject, str(pulse.body.get("source", ""))] = pulse

    async def weigh(self) -> None:
        """How full the streams are [%] that must not be: the others drop their oldest and are meant to be full."""
        while True:
            with contextlib.suppress(nats.errors.Error, APIError, asyncio.TimeoutError):
                for name in (subjects.IN, subjects.IN_MQTT, subjects.CONFIG):
                    info = await self.js.stream_info(name)
                    limit = info.config.max_bytes or 0
                    if limit > 0:
                        self.streams[name] = round(100 * info.state.bytes / limit, 1)
            await asyncio.sleep(WEIGH_PAUSE_S)

    async def answer(self) -> None:
        for subject, responder in registry.responders().items():

            async def reply(message: Msg, responder: registry.Responder = responder) -> None:
                asked = client.decode(message.data) if message.data else {}
                try:
                    body = await self.in_database(lambda: responder(asked, utc_now()))
                except Exception as fault:
                    log.exception("request %s failed", message.subject)
                    body = {"error": f"{type(fault).__name__}: {fault}"}
                await message.respond(client.encode(body))

            await self.nc.subscribe(subject, cb=reply)

    def detail(self) -> dict[str, Any]:
        slowest, self.slowest_ms = self.slowest_ms, 0
        return {
            "lag_ms": self.lag_ms,
            "position": self.position,
            "waiting": self.waiting,
            "outbox": self.outbox,
            "slowest_batch_ms": slowest,
            "streams": dict(self.streams),
        }


def event_of(message: Msg) -> BusEvent:
    meta = message.metadata
    try:
        body = client.decode(message.data)
    except ValueError:
        body = {"undecodable": message.data[:2000].hex()}
    return BusEvent(message.subject, meta.sequence.stream, int(meta.timestamp.timestamp() * 1000), body)


def pulse_of(message: Msg) -> BusEvent:
    try:
        body = client.decode(message.data)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    return BusEvent(message.subject, 0, int(time.time() * 1000), body)


def stored_position() -> int:
    return BusPosition.objects.filter(stream=subjects.EVENTS).values_list("sequence", flat=True).first() or 0


def keep_events(events: list[BusEvent], now: datetime) -> None:
    """Hand a batch to the listeners and move the position, in one transaction. A batch with a poisonous event is taken event by event; the
    event itself goes to the dead letters, where the system page shows it."""
    try:
        _keep_batch(events, now)
    except PASSING:
        raise
    except Exception:
        log.exception("a batch of %d events failed; taking them one by one", len(events))
        for event in events:
            _keep_or_bury(event, now)


def _keep_batch(events: list[BusEvent], now: datetime) -> None:
    with transaction.atomic():
        position, _made = BusPosition.objects.select_for_update().get_or_create(stream=subjects.EVENTS)
        fresh = [e for e in events if e.sequence > position.sequence]
        if not fresh:
            return
        for pattern, listener in registry.listeners():
            matching = [e for e in fresh if registry.matches(pattern, e.subject)]
            if matching:
                listener(matching, now)
        position.sequence = fresh[-1].sequence
        position.save(update_fields=["sequence"])


def _keep_or_bury(event: BusEvent, now: datetime) -> None:
    try:
        _keep_batch([event], now)
    except PASSING:
        raise
    except Exception as fault:
        with transaction.atomic():
            DeadLetter.objects.get_or_create(
                stream=subjects.EVENTS,
                sequence=event.sequence,
                defaults={
                    "subject": storable(event.subject)[:160],
                    "body": storable(event.body),
                    "error": storable(f"{type(fault).__name__}: {fault}")[:2000],
                    "at": now,
                },
            )
            BusPosition.objects.update_or_create(stream=subjects.EVENTS, defaults={"sequence": event.sequence})


def storable(value: Any) -> Any:
    """The value without NUL characters, which PostgreSQL keeps neither in texts nor in JSON: a dead letter must always find a place."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return [storable(v) for v in value] if isinstance(value, list) else value


def guarded(function: registry.Listener, events: list[BusEvent]) -> None:
    try:
        function(events, utc_now())
    except PASSING:
        raise
    except Exception:
        log.exception("a pulse listener failed")


async def run(installation: Installation) -> None:
    """The recorder until it is told to stop (SIGTERM, SIGINT)."""
    registry.load()
    nc = await client.connect(installation, "recorder")
    js = nc.jetstream(timeout=5)
    await streams.ensure_streams(js)
    recorder = Recorder(installation, nc, js)
    await recorder.answer()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    loops = [recorder.follow(), recorder.relay(), recorder.tick(), recorder.seal(), recorder.hear(), recorder.weigh()]
    tasks = [asyncio.create_task(c) for c in [*loops, client.beat(nc, "recorder", recorder.detail)]]
    stopped = asyncio.create_task(stop.wait())
    done, _pending = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    recorder.stopping.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    recorder.thread.shutdown(wait=True, cancel_futures=True)
    await nc.close()
    for task in done - {stopped}:
        task.result()
