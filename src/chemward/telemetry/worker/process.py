"""The worker process: the journal of one partition, step by step (docs/architecture.md, "SAMPLES is the engine's journal")."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
import nats.errors
import uvloop
from nats.aio.client import Client
from nats.js.errors import APIError

from chemward.protocols.telemetry import batch
from chemward.protocols.telemetry.batch import BatchHeader
from chemward.telemetry.bus import streams, subjects
from chemward.telemetry.bus.client import beat, connect, encode
from chemward.telemetry.engine.events import AlarmEvent
from chemward.telemetry.installation import Installation
from chemward.telemetry.worker import configuration
from chemward.telemetry.worker.feeds import Feeds
from chemward.telemetry.worker.health import Health, echo
from chemward.telemetry.worker.inflow import Inflow
from chemward.telemetry.worker.pipeline import Pipeline, Step
from chemward.telemetry.worker.reading import Follower
from chemward.telemetry.worker.recovery import Recovered, config_now, recover
from chemward.telemetry.worker.snapshots import Snapshot, SnapshotFolder

log = logging.getLogger(__name__)

MAX_STEP_MESSAGES = 2_048
MAX_STEP_SAMPLES = 150_000
GATHER_S = 0.01  # a step waits so long for company of its first message
TICK_S = 1.0
SNAPSHOT_S = 10.0
HEALTH_S = 2.0
ECHO_S = 1.0
TRIM_S = 2.0
ACK_TIMEOUT_S = 5.0
EVENTS_IN_FLIGHT = 256


class Outrun(Exception):
    """Another worker writes the journal of this partition: this one must stop, and begin again from the journal."""


@dataclass
class Progress:
    """Where the partition stands."""

    step: int
    now_ms: int
    cfg_seq: int
    samples_seq: int
    lag_ms: int = 0
    samples: int = 0
    events: int = 0
    step_ms: float = 0.0


class Worker:
    """One partition, which serves all shards: reads IN and IN_MQTT, writes SAMPLES and EVENTS.

    It must be alone in its partition: a second one is found out by the journal's order and stops (`Outrun`).
    """

    def __init__(self, nc: Client, installation: Installation, partition: int = 0) -> None:
        self._nc = nc
        self._js = nc.jetstream(timeout=ACK_TIMEOUT_S)
        self._partition = partition
        self._snapshots = SnapshotFolder(installation.folder("engine"), partition)
        self._feeds = Feeds()
        self._pipeline = Pipeline(self._feeds)
        self._arrived = asyncio.Event()
        self._snapshot_write: asyncio.Future[Any] | None = None
        self._positions: dict[str, int] = {}
        self._inflows: list[Inflow] = []
        self._stopping = False

    # -- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Recover, then step until cancelled or stopped. Outrun when another worker took the partition."""
        await streams.ensure_streams(self._js)
        self._snapshots.remove_unfinished()
        recovered = await recover(self._nc, self._snapshots, self._partition)
        await self._take_up(recovered)
        keepers = [asyncio.create_task(job) for job in self._keepers()]
        try:
            await self._steps()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        await self._write_snapshot(wait=True)

    def stop(self) -> None:
        """End after the running step, with a snapshot."""
        self._stopping = True
        self._arrived.set()

    def interrupted(self) -> None:
        """The connection to the bus was lost and is back: read on from the last position."""
        for inflow in self._inflows:
            inflow.interrupted()
        self._follower.interrupted()

    async def _take_up(self, recovered: Recovered) -> None:
        self._judge = recovered.judge
        self._progress = Progress(recovered.step, recovered.now_ms, recovered.cfg_seq, recovered.samples_seq)
        self._positions = recovered.positions
        await self._publish_events(recovered.pending)
        current = await config_now(self._nc)
        if recovered.is_new:
            self._base = current
        else:
            # The engine knows everything up to its own cfg_seq; the feeds' tables are not in its snapshot.
            self._base = []
            known = configuration.read([m for m in current if m.seq <= recovered.cfg_seq], recovered.cfg_seq)
            configuration.apply(known, self._feeds)
            later = {m.subject for m in current if m.seq > recovered.cfg_seq}
            log.info("configuration: %d messages, %d of them new", len(current), len(later))
        self._follower = Follower(
            self._nc,
            subjects.CONFIG,
            configuration.FILTERS,
            current[-1].seq if recovered.is_new and current else recovered.cfg_seq,
            self._arrived.set,
        )
        self._inflows = [
            Inflow(
                self._nc,
                stream,
                f"worker-{self._partition}",
                [all_subjects],
                self._positions.get(stream, 0),
                self._arrived.set,
            )
            for stream, all_subjects in ((subjects.IN, subjects.ALL_INPUT), (subjects.IN_MQTT, subjects.ALL_MQTT_INPUT))
        ]
        self._health = Health(self._feeds, self._pipeline, _now_ms())
        await self._write_snapshot(wait=True)
        # Configuration and engine live as long as the process: the collector need not walk over them again and again.
        gc.collect()
        gc.freeze()

    def _keepers(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self._follower.keep_open(),
            *(inflow.keep_open() for inflow in self._inflows),
            _every(HEALTH_S, self._tell_health),
            _every(TRIM_S, self._trim),
            beat(self._nc, "worker", self._detail),
        ]

    # -- steps --------------------------------------------------------------------------------------------------------

    async def _steps(self) -> None:
        ticked = snapshot_at = time.monotonic()
        while not self._stopping:
            await self._wait(ticked)
            now = time.monotonic()
            if self._has_input() or self._judge.is_due(_now_ms()):
                await self._step()
                ticked = now
            elif now - ticked >= TICK_S:
                # Nothing came and nothing is due: no step, but the clock of the journal need not stand still for long.
                if self._judge.engine.due_ms() is not None:
                    await self._step()
                ticked = now
            if now - snapshot_at >= SNAPSHOT_S:
                snapshot_at = now
                await self._write_snapshot()

    async def _wait(self, ticked: float) -> None:
        """Until something arrived, something is due, or a tick's time is over."""
        if not self._has_input():
            due = self._judge.engine.due_ms()
            wait = max(0.0, TICK_S - (time.monotonic() - ticked))
            if due is not None:
                wait = min(wait, max(0.0, (due - _now_ms()) / 1000))
            self._arrived.clear()
            if not self._has_input():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), max(wait, 0.001))
            if self._has_input():
                await asyncio.sleep(GATHER_S)
        else:
            await asyncio.sleep(0)  # let the socket be read

    def _has_input(self) -> bool:
        return bool(self._base or self._follower.queue or any(self._inflows))

    async def _step(self) -> None:
        began = time.perf_counter()
        progress = self._progress
        now_ms = max(_now_ms(), progress.now_ms)
        changes = self._take_config()
        configuration.apply(changes, self._feeds)
        for page in changes.pages:
            self._pipeline.forget_told(page.feed)
        oldest_ms = self._take_input()
        step = self._pipeline.finish()
        positions = {inflow.stream: inflow.taken for inflow in self._inflows}
        header = BatchHeader(self._partition, progress.step + 1, now_ms, changes.seq, positions)
        await self._publish_side_events(header, step)
        journal = asyncio.ensure_future(self._publish_samples(header, step))
        events = self._judge.step(header, changes.pages, step.tag, step.ts, step.value, step.quality)
        progress.samples_seq = await journal
        progress.step, progress.now_ms, progress.cfg_seq = header.step, now_ms, changes.seq
        self._positions = positions
        await self._publish_events([(header.step, index, event) for index, event in enumerate(events)])
        await self._tell_applied(header, changes)
        for inflow in self._inflows:
            await inflow.acknowledge()
        progress.samples += len(step)
        progress.events += len(events)
        progress.lag_ms = max(0, _now_ms() - oldest_ms) if oldest_ms else 0
        progress.step_ms = (time.perf_counter() - began) * 1000

    def _take_config(self) -> configuration.Changes:
        messages, self._base = self._base, []
        while self._follower.queue:
            messages.append(self._follower.queue.popleft())
        return configuration.read(messages, self._progress.cfg_seq)

    def _take_input(self) -> int:
        """Take messages into the pipeline's open step; the time at which the oldest was received [ms], 0 without any."""
        oldest_ms = 0
        taken = 0
        for inflow in self._inflows:
            while taken < MAX_STEP_MESSAGES and self._pipeline.samples < MAX_STEP_SAMPLES and not self._pipeline.is_full:
                message = inflow.take()
                if message is None:
                    break
                taken += 1
                oldest_ms = min(oldest_ms or message.received_ms, message.received_ms)
                self._pipeline.take(message)
        self._inflows.reverse()  # neither door starves the other
        return oldest_ms

    # -- publishing ---------------------------------------------------------------------------------------------------

    async def _publish_samples(self, header: BatchHeader, step: Step) -> int:
        """Write the step to the journal; its sequence there. Tried until the bus has it: without it nothing may go on."""
        data = batch.encode(header, step.tag, step.ts, step.value, step.quality, step.texts)
        headers = {
            "Nats-Msg-Id": f"{self._partition}.{header.step}",
            "Nats-Expected-Last-Subject-Sequence": str(self._progress.samples_seq),
        }
        return await self._publish(subjects.samples(self._partition), data, headers)

    async def _publish_events(self, events: list[tuple[int, int, AlarmEvent]]) -> None:
        """Publish alarm events, each under its own id, and wait until the stream has them all."""
        for start in range(0, len(events), EVENTS_IN_FLIGHT):
            await asyncio.gather(
                *(
                    self._publish(
                        subjects.alarm_event(self._shard(event.feed)),
                        encode_event(event),
                        {"Nats-Msg-Id": f"{self._partition}.{step}.{index}"},
                    )
                    for step, index, event in events[start : start + EVENTS_IN_FLIGHT]
                )
            )

    def _shard(self, feed_id: str) -> str:
        feed = self._feeds.by_id.get(feed_id)
        return feed.config.shard if feed else "00"

    async def _publish_side_events(self, header: BatchHeader, step: Step) -> None:
        """External alarms and unknown codes, before the journal takes their input as done; ids come from the input's place."""
        waiting: list[Awaitable[int]] = []
        for external in step.external:
            config, alarm = external.feed.config, external.alarm
            body = {
                "feed": config.feed,
                "org_path": config.org_path,
                "id": alarm.id,
                "kind": alarm.kind,
                "at_ms": alarm.at_ms,
                "received_ms": external.received_ms,
                "tag": self._feeds.number(external.feed, alarm.tag),
                "code": alarm.tag,
                "level": alarm.level,
                "text": alarm.text,
            }
            message_id = f"x.{external.stream}.{external.seq}.{external.index}"
            waiting.append(self._publish(subjects.external_alarm_event(config.shard), encode(body), {"Nats-Msg-Id": message_id}))
        by_feed: dict[str, list[dict[str, Any]]] = {}
        for code in step.unknown:
            example = {"code": code.code, "first_ms": code.first_ms, "example": code.example, "unit": code.unit}
            by_feed.setdefault(code.feed.config.feed, []).append(example)
        for feed_id, codes in by_feed.items():
            body = {"feed": feed_id, "org_path": self._feeds.by_id[feed_id].config.org_path, "codes": codes}
            message_id = f"{self._partition}.{header.step}.u.{feed_id}"
            waiting.append(
                self._publish(subjects.unknown_tags_event(self._shard(feed_id)), encode(body), {"Nats-Msg-Id": message_id})
            )
        for start in range(0, len(waiting), EVENTS_IN_FLIGHT):
            await asyncio.gather(*waiting[start : start + EVENTS_IN_FLIGHT])

    async def _tell_applied(self, header: BatchHeader, changes: configuration.Changes) -> None:
        """ "In force since" of each page; told at least once, the newest version counts."""
        for start in range(0, len(changes.pages), EVENTS_IN_FLIGHT):
            await asyncio.gather(
                *(
                    self._publish(
                        subjects.CONFIG_APPLIED,
                        encode({"feed": page.feed, "page": page.page, "version": page.version, "at_ms": header.now_ms}),
                        {"Nats-Msg-Id": f"{self._partition}.{header.step}.c{index}"},
                    )
                    for index, page in enumerate(changes.pages[start : start + EVENTS_IN_FLIGHT], start)
                )
            )

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str]) -> int:
        while True:
            try:
                return (await self._js.publish(subject, data, timeout=ACK_TIMEOUT_S, headers=headers)).seq
            except APIError as refused:
                if refused.err_code in WRONG_LAST_SEQUENCE:
                    raise Outrun(f"{subject}: {refused.description}") from refused
                log.warning("%s: %s; trying again", subject, refused.description)
            except (TimeoutError, nats.errors.Error) as reason:
                log.warning("%s: %s; trying again", subject, reason or type(reason).__name__)
            await asyncio.sleep(0.1)

    # -- beside the steps ---------------------------------------------------------------------------------------------

    async def _write_snapshot(self, *, wait: bool = False) -> None:
        """The state after the last step, written by a thread; skipped while the last one is still being written."""
        if self._snapshot_write is not None and not self._snapshot_write.done():
            if not wait:
                return
            await self._snapshot_write
        progress = self._progress
        snapshot = Snapshot(
            self._partition,
            progress.step,
            progress.now_ms,
            progress.cfg_seq,
            dict(self._positions),
            progress.samples_seq,
            _now_ms(),
            self._judge.snapshot(),
        )
        self._snapshot_write = asyncio.ensure_future(asyncio.to_thread(self._snapshots.write, snapshot))
        self._snapshot_write.add_done_callback(_tell_failure)
        if wait:
            await self._snapshot_write

    async def _tell_health(self) -> None:
        now_ms = _now_ms()
        echoes = [(feed_id, echo(feed_id, news, now_ms)) for feed_id, news in self._pipeline.news.items() if news.last]
        for body in self._health.bodies(now_ms):
            await self._nc.publish(subjects.health(body["feed"]), encode(body))
        for feed_id, body in echoes:
            await self._nc.publish(subjects.echo(feed_id), encode(body))

    async def _trim(self) -> None:
        await streams.trim_inputs(self._js)

    def _detail(self) -> dict[str, Any]:
        progress = self._progress
        return {
            "lag_ms": progress.lag_ms,
            "partition": self._partition,
            "step": progress.step,
            "samples": progress.samples,
            "events": progress.events,
            "step_ms": round(progress.step_ms, 2),
            "waiting": sum(len(inflow) + inflow.pending for inflow in self._inflows),
            "feeds": len(self._feeds.by_index),
            "tags": len(self._feeds.tag_configs),
            "refused_settings": len(self._judge.engine.refused),
            "strangers": sum(self._pipeline.strangers.values()),
            "missed_messages": sum(inflow.missed for inflow in self._inflows),
        }


WRONG_LAST_SEQUENCE = (10071, 10164)


def encode_event(event: AlarmEvent) -> bytes:
    """An alarm event as it travels."""
    return encode(msgspec.to_builtins(event))


async def _every(seconds: float, work: Any) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except (TimeoutError, nats.errors.Error, APIError) as reason:
            log.warning("%s: %s", work.__name__, reason or type(reason).__name__)


def _tell_failure(written: asyncio.Future[Any]) -> None:
    if not written.cancelled() and written.exception() is not None:
        log.error("the snapshot was not written: %s", written.exception())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def serve(installation: Installation, partition: int = 0) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    nc = await connect(installation, f"worker-{partition}")
    worker = Worker(nc, installation, partition)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    watching = asyncio.create_task(_watch_connection(nc, worker))
    try:
        await worker.run()
    finally:
        watching.cancel()
        with contextlib.suppress(nats.errors.Error):
            await nc.close()


async def _watch_connection(nc: Client, worker: Worker) -> None:
    """Tell the worker of each reconnection."""
    seen = nc.stats["reconnects"]
    while True:
        await asyncio.sleep(0.1)
        if nc.stats["reconnects"] != seen and nc.is_connected:
            seen = nc.stats["reconnects"]
            worker.interrupted()


def main(installation: Installation) -> None:
    """Entry of `chemward process worker`."""
    uvloop.run(serve(installation))
