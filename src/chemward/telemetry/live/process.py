"""The live process: bus on one side, browsers and devices on the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy
from nats.js.errors import APIError

from chemward.protocols.telemetry.batch import BatchError
from chemward.protocols.telemetry.batch import decode as decode_batch
from chemward.telemetry.bus import callout, subjects
from chemward.telemetry.bus.callout import DeviceGrant, Question
from chemward.telemetry.bus.client import beat, connect, decode, encode, ensure_streams
from chemward.telemetry.bus.refusals import Refusals
from chemward.telemetry.historian.client import HistorianAway, HistorianClient, HistorianRefused
from chemward.telemetry.installation import Installation
from chemward.telemetry.live.app import Live
from chemward.telemetry.live.board import Board
from chemward.telemetry.live.credentials import Credentials
from chemward.telemetry.live.directory import Directory
from chemward.telemetry.live.hub import Hub
from chemward.telemetry.live.ingest import Door
from chemward.telemetry.live.values import LastValues
from chemward.telemetry.worker.reading import Follower, Stored, read_all

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
OPEN_STREAMS = 4096  # granian stops taking connections at its default near 900
PUBLISH_TIMEOUT_S = 5.0
VALUES_EVERY_S = 0.25
REFUSALS_EVERY_S = 2.0
OPEN_ALARMS_EVERY_S = 0.5
SESSIONS_EVERY_S = 0.5


class Process:
    """Feeds the pure state of `Live` from the bus."""

    def __init__(self, installation: Installation, nc: Client, system: Client) -> None:
        self._installation = installation
        self._nc = nc
        self._system = system
        self._js = nc.jetstream(timeout=PUBLISH_TIMEOUT_S)
        self._directory = Directory()
        self._credentials = Credentials()
        self._values = LastValues()
        self._board = Board(self._directory)
        self._hub = Hub(self._board, self._values, self._directory)
        secrets = installation.secrets()
        self.live = Live(
            hub=self._hub,
            door=Door(self._credentials, self._directory, self._publish),
            live_key=secrets["live_key"],
            internal_key=secrets["internal_key"],
            expected=lambda: installation.run().get("expected", ()),
        )
        self._refusals = Refusals(installation.folder("log") / "bus.log")
        self._kicks: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Event()

    async def run(self, port: int) -> None:
        """Load what is in force, then serve until cancelled."""
        await ensure_streams(self._js)
        config_seq = await self._load_config()
        await self._nc.subscribe(subjects.ALL_SAMPLES, cb=self._on_samples, pending_bytes_limit=256 << 20)
        await self._nc.subscribe(subjects.ALL_HEALTH, cb=self._on_health)
        await self._nc.subscribe(subjects.ALL_ECHOES, cb=self._on_echo)
        await self._nc.subscribe(subjects.ALL_BEATS, cb=self._on_beat)
        await self._nc.subscribe(subjects.ALL_REVOKED_SESSIONS, cb=self._on_revoked)
        await callout.serve_callout(self._nc, self._installation, self._decide, self._admitted)
        self._config = Follower(self._nc, subjects.CONFIG, [subjects.ALL_CONFIG], config_seq, self._arrived.set)
        self.live.is_loaded = True
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._config.keep_open())
            tasks.create_task(self._follow_config())
            tasks.create_task(self._take_over_sessions())
            tasks.create_task(self._follow_events())
            tasks.create_task(self._load_values())
            tasks.create_task(self._watch_connection())
            tasks.create_task(_every(1.0, self._beat_browsers))
            tasks.create_task(_every(VALUES_EVERY_S, self._push_values))
            tasks.create_task(_every(REFUSALS_EVERY_S, self._tell_refusals))
            tasks.create_task(beat(self._nc, "live", self._detail))
            tasks.create_task(serve(self.live, port))

    # -- configuration ------------------------------------------------------------------------------------------------

    async def _load_config(self) -> int:
        """Take the configuration in force; its last sequence."""
        seq = 0
        everything = read_all(self._nc, subjects.CONFIG, [subjects.ALL_CONFIG], deliver=DeliverPolicy.LAST_PER_SUBJECT)
        async for message in everything:
            self._apply(message, is_news=False)
            seq = max(seq, message.seq)
        return seq

    async def _follow_config(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._config.queue:
                self._apply(self._config.queue.popleft(), is_news=True)

    def _apply(self, message: Stored, *, is_news: bool) -> None:
        if message.subject.startswith("cfg.credential."):
            cut = self._credentials.apply(message.data)
            if cut is not None and is_news:
                task = asyncio.ensure_future(self._kick(cut))
                self._kicks.add(task)
                task.add_done_callback(self._kicks.discard)
        elif message.subject.startswith("cfg.user."):
            self._apply_user(message.data)
        else:
            self._directory.apply(message.subject, message.data)

    def _apply_user(self, data: bytes) -> None:
        try:
            body = decode(data)
            user, epoch = int(body["id"]), int(body["epoch"])
        except (ValueError, KeyError, TypeError) as fault:
            log.error("a user's epoch cannot be read: %s", fault)
            return
        self.live.epochs[user] = max(epoch, self.live.epochs.get(user, 0))
        self._hub.revoke(user, self.live.epochs[user])

    async def _kick(self, credential: str) -> None:
        for _ in range(5):
            try:
                cut = await callout.kick(self._system, credential)
                log.info("credential %s: %d sessions cut", credential, cut)
                return
            except (TimeoutError, nats.errors.Error) as reason:
                log.warning("sessions of credential %s could not be cut yet: %s", credential, reason or type(reason).__name__)
                await asyncio.sleep(0.5)

    # -- devices ------------------------------------------------------------------------------------------------------

    def _decide(self, user: str, password: str, door: callout.Door) -> DeviceGrant | None:
        credential = self._credentials.check(user, password, door)
        feed = self._directory.feeds.get(credential.feed) if credential else None
        if credential is None or feed is None or not feed.active:
            return None
        return DeviceGrant(credential.id, feed.shard, feed.feed)

    def _admitted(self, grant: DeviceGrant, asked: Question) -> None:
        self._refusals.learn(asked.connection, grant.feed)

    async def _take_over_sessions(self) -> None:
        """Sessions that our predecessor let in: those that may stay belong to feeds too, the others are cut. A credential may have been
        revoked while nobody listened; such a session would otherwise send until it is closed."""
        while True:
            try:
                found = await callout.sessions(self._system)
                break
            except (TimeoutError, nats.errors.Error, LookupError) as reason:
                log.warning("open sessions are not known yet: %s", reason or type(reason).__name__)
                await asyncio.sleep(SESSIONS_EVERY_S)
        cut = set()
        for session in found:
            if self._may_stay(session.credential):
                self._refusals.learn(session.number, self._credentials.by_id[session.credential].feed)
            elif session.credential:
                cut.add(session.credential)
        for credential in sorted(cut):
            await self._kick(credential)

    def _may_stay(self, credential: str) -> bool:
        known = self._credentials.by_id.get(credential)
        feed = self._directory.feeds.get(known.feed) if known else None
        return known is not None and known.active and feed is not None and feed.active

    async def _publish(self, subject: str, data: bytes, message_id: str) -> tuple[int, bool]:
        headers = {"Nats-Msg-Id": message_id} if message_id else None
        ack = await self._js.publish(subject, data, timeout=PUBLISH_TIMEOUT_S, headers=headers)
        return ack.seq, bool(ack.duplicate)

    async def _tell_refusals(self) -> None:
        """What was refused at the doors, per feed, beside what the worker tells of it."""
        at_mqtt = await asyncio.to_thread(self._refusals.news)
        at_http = self.live.door.take_refusals()
        now_ms = _now_ms()
        for feed in sorted((set(at_mqtt) | set(at_http)) - {""}):
            config = self._directory.feeds.get(feed)
            body = {
                "feed": feed,
                "org_path": config.org_path if config else "",
                "at_ms": now_ms,
                "source": "live",
                "refused_publishes": at_mqtt.get(feed, 0),
                "refused_requests": sum(at_http.get(feed, {}).values()),
                "refusal_codes": dict(at_http.get(feed, {})),
            }
            await self._nc.publish(subjects.health(feed), encode(body))

    # -- what happens -------------------------------------------------------------------------------------------------

    async def _on_samples(self, message: Msg) -> None:
        try:
            batch = decode_batch(message.data)
        except BatchError as fault:
            log.error("a batch of samples cannot be read: %s", fault)
            return
        self._values.put(batch.tag, batch.ts, batch.value, batch.quality, batch.texts)

    async def _on_health(self, message: Msg) -> None:
        with contextlib.suppress(ValueError):
            self._hub.tell_health(decode(message.data))

    async def _on_echo(self, message: Msg) -> None:
        with contextlib.suppress(ValueError):
            self._hub.tell_echo(message.subject.rpartition(".")[2], decode(message.data))

    async def _on_beat(self, message: Msg) -> None:
        with contextlib.suppress(ValueError):
            self.live.beats.heard(decode(message.data), _now_ms())

    async def _on_revoked(self, message: Msg) -> None:
        user = message.subject.rpartition(".")[2]
        if user.isdigit():
            self._hub.revoke(int(user))

    async def _follow_events(self) -> None:
        """Open alarms from the recorder, then every event after its answer, in order."""
        answer = await self._open_alarms()
        self._board.load(answer)
        assert self._board.seq is not None
        arrived = asyncio.Event()
        self._events = Follower(self._nc, subjects.EVENTS, ["ev.alarm.>", "ev.act.>"], self._board.seq, arrived.set)
        keeper = asyncio.ensure_future(self._events.keep_open())
        for client in self._hub.clients.values():
            client.wake.set()
        try:
            while True:
                await arrived.wait()
                arrived.clear()
                while self._events.queue:
                    for _ in range(min(64, len(self._events.queue))):
                        self._on_event(self._events.queue.popleft())
                    await asyncio.sleep(0)  # a flood must not keep the writers waiting
        finally:
            keeper.cancel()

    async def _open_alarms(self) -> dict[str, Any]:
        """The recorder's answer, asked for until it comes."""
        told = ""
        while True:
            try:
                message = await self._nc.request(subjects.REQUEST_OPEN_ALARMS, b"{}", timeout=5)
                answer: dict[str, Any] = decode(message.data)
                if isinstance(answer, dict) and isinstance(answer.get("alarms"), list) and "seq" in answer:
                    return answer
                log.warning("the recorder's answer on open alarms is not one: %s", str(answer)[:200])
            except (TimeoutError, nats.errors.Error, ValueError) as reason:
                if str(reason) != told:
                    log.info("open alarms are not known yet: %s", reason or type(reason).__name__)
                told = str(reason)
            await asyncio.sleep(OPEN_ALARMS_EVERY_S)

    def _on_event(self, message: Stored) -> None:
        parts = message.subject.split(".")
        try:
            body = decode(message.data)
            if parts[1] == "alarm":
                delta = self._board.alarm(body, message.seq, _now_ms())
            elif parts[2] == "alarm":
                delta = self._board.act(".".join(parts[3:]), body, message.seq, _now_ms())
            else:
                noun, verb = parts[2], ".".join(parts[3:])
                told = {"noun": noun, "verb": verb, "seq": message.seq, "at_ms": body.get("at_ms"), "id": body.get("id")}
                self._hub.tell_act(noun, str(body.get("org_path", "")), told)
                return
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as fault:
            log.error("event %s (%d) cannot be read: %r", message.subject, message.seq, fault)
            return
        if delta is not None:
            self._hub.tell(delta)

    async def _load_values(self) -> None:
        """Last values from before our start, from the historian; what came since is newer and stays."""
        client, told = HistorianClient(self._installation), ""
        while True:
            try:
                known = await asyncio.to_thread(client.last_all)
            except (HistorianAway, HistorianRefused, KeyError, OSError) as reason:
                if str(reason) != told:
                    log.info("last values are not known yet: %s", reason)
                told = str(reason)
                await asyncio.sleep(1.0)
                continue
            self._values.put(known.tag, known.ts, known.value, known.quality, known.texts)
            return

    # -- clock --------------------------------------------------------------------------------------------------------

    async def _watch_connection(self) -> None:
        """After a lost connection: read on from where we were, and fetch the values that went by."""
        seen = self._nc.stats["reconnects"]
        while True:
            await asyncio.sleep(0.1)
            if self._nc.stats["reconnects"] == seen or not self._nc.is_connected:
                continue
            seen = self._nc.stats["reconnects"]
            self._config.interrupted()
            if self._board.is_ready:
                self._events.interrupted()
            await asyncio.sleep(2.0)
            await self._load_values()

    async def _beat_browsers(self) -> None:
        self._hub.beat(_now_ms())

    async def _push_values(self) -> None:
        self._hub.push_values(_now_ms())

    def _detail(self) -> dict[str, Any]:
        return {
            "streams": len(self._hub.clients),
            "open_alarms": len(self._board.rows) if self._board.is_ready else None,
            "values": len(self._values),
            "requests": self.live.requests,
            "credentials": len(self._credentials.by_id),
        }


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except (TimeoutError, OSError, nats.errors.Error, APIError) as reason:
            log.warning("%s: %s", work.__name__, reason or type(reason).__name__)


async def serve(live: Live, port: int) -> None:
    """Answer HTTP on loopback until cancelled; the door stands in front."""
    server = Server(
        live,
        address=LOOPBACK,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=OPEN_STREAMS,
        backpressure=OPEN_STREAMS,
        log_enabled=False,
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await asyncio.wait_for(serving, 5)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def main(installation: Installation) -> None:
    """Entry of `chemward process live`: run until cancelled."""
    port = installation.port("live")
    nc = await connect(installation, "live")
    system = await connect(installation, "live-system", system=True)
    try:
        await Process(installation, nc, system).run(port)
    finally:
        for connection in (nc, system):
            with contextlib.suppress(nats.errors.Error):
                await connection.close()
