"""From the SAMPLES stream into the store.

The store itself remembers up to which sequence it holds the stream, and reading starts there: order is kept over any crash, which
acknowledgements and redelivery would not do (a redelivered older step behind a newer one could no longer be told from one stored twice).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from chemward.protocols.telemetry import batch as codec
from chemward.protocols.telemetry.batch import Batch, BatchError
from chemward.telemetry.bus import subjects
from chemward.telemetry.historian.answers import HistorianError, Position
from chemward.telemetry.historian.store import Historian

log = logging.getLogger(__name__)

GROUP_ROWS = 200_000
GROUP_AGE_S = 1.0
FETCH = 32
IDLE_CHECK_S = 5.0
KEPT_REFUSED = 100


@dataclass
class Group:
    """Messages that are stored in one go."""

    messages: list[Msg] = field(default_factory=list)
    rows: int = 0
    began: float = 0.0

    def add(self, message: Msg, now: float) -> None:
        if not self.messages:
            self.began = now
        self.messages.append(message)
        self.rows += len(message.data) // codec.BYTES_PER_SAMPLE

    def is_due(self, now: float) -> bool:
        return bool(self.messages) and (self.rows >= GROUP_ROWS or now - self.began >= GROUP_AGE_S)


class StreamRead(Exception):
    """The stream must be read anew from what is stored."""


class Ingest:
    """Follows SAMPLES for ever. Counters are for the beat.

    refused: folder that takes messages which are no batches, at most KEPT_REFUSED of them.
    """

    def __init__(self, js: JetStreamContext, store: Historian, refused: Path, clock: Callable[[], float] = time.time) -> None:
        self._js = js
        self._store = store
        self._refused = refused
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._newest_ms = 0
        self.stored = 0
        self.skipped = 0
        self.impossible_time = 0
        self.refused_messages = 0
        self.missed_messages = 0
        self.waiting = 0
        self.slowest_ms = 0
        self.fault = ""

    def detail(self) -> dict[str, Any]:
        """What a beat says of this ingest; `lag_ms` is how old the newest stored batch is while more is waiting."""
        slowest, self.slowest_ms = self.slowest_ms, 0
        return {
            "lag_ms": max(0, int(self._clock() * 1000) - self._newest_ms) if self.waiting and self._newest_ms else 0,
            "waiting": self.waiting,
            "stored": self.stored,
            "skipped": self.skipped,
            "impossible_time": self.impossible_time,
            "refused_messages": self.refused_messages,
            "missed_messages": self.missed_messages,
            "slowest_insert_ms": slowest,
            "fault": self.fault,
        }

    async def run(self) -> None:
        """Until cancelled; what was handed to the store before is stored in full."""
        try:
            while True:
                try:
                    await self._follow()
                except (TimeoutError, nats.errors.Error, APIError, StreamRead) as reason:
                    log.warning("SAMPLES: %s; reading again from what is stored", reason)
                    await asyncio.sleep(0.5)
        finally:
            self._thread.shutdown(wait=True)

    async def _follow(self) -> None:
        position = await self._start()
        subscription = await self._js.pull_subscribe(
            subjects.ALL_SAMPLES,
            stream=subjects.SAMPLES,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=position.sequence + 1,
                ack_policy=AckPolicy.NONE,
                inactive_threshold=60,
                mem_storage=True,
            ),
        )
        handed_on: asyncio.Queue[Group] = asyncio.Queue(maxsize=1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(subscription, handed_on))
                tasks.create_task(self._keep(position, handed_on))
        except BaseExceptionGroup as faults:
            # Only one of the two can have failed first; the other was cancelled.
            raise faults.exceptions[0] from faults
        finally:
            with contextlib.suppress(Exception):
                await subscription.unsubscribe()

    async def _start(self) -> Position:
        """The stored position, or the beginning when the stream is another one than the store knows."""
        info = await self._js.stream_info(subjects.SAMPLES)
        created = info.created.isoformat() if info.created else ""
        known = self._store.position(subjects.SAMPLES)
        if known and known.created == created and known.sequence <= info.state.last_seq:
            return known
        if known:
            log.warning("SAMPLES was made anew (%s, before %s): reading it from its beginning", created, known.created)
        return Position(subjects.SAMPLES, created, max(0, info.state.first_seq - 1))

    async def _read(self, subscription: JetStreamContext.PullSubscription, handed_on: asyncio.Queue[Group]) -> None:
        """Gather what arrives into groups of one second or many rows."""
        group = Group()
        deliveries = 0
        heard = time.monotonic()
        while True:
            now = time.monotonic()
            if group.is_due(now):
                await handed_on.put(group)
                group = Group()
            patience = GROUP_AGE_S if not group.messages else max(0.02, group.began + GROUP_AGE_S - now)
            for message in await _fetched(subscription, patience):
                deliveries += 1
                heard = time.monotonic()
                # Nothing is acknowledged: a lost delivery shows as a hole in the consumer's own count.
                if message.metadata.sequence.consumer != deliveries:
                    raise StreamRead(f"delivery {deliveries} was lost")
                group.add(message, heard)
            if time.monotonic() - heard > IDLE_CHECK_S:
                await subscription.consumer_info()  # raises when the consumer or its stream is gone
                heard = time.monotonic()

    async def _keep(self, position: Position, handed_on: asyncio.Queue[Group]) -> None:
        """Store group after group. What the store refuses is tried again for ever: nothing is dropped, nothing overtakes."""
        while True:
            group = await handed_on.get()
            sequences = [message.metadata.sequence.stream for message in group.messages]
            self.missed_messages += max(0, sequences[-1] - position.sequence - len(sequences))
            position = Position(position.stream, position.created, sequences[-1])
            batches = [batch for message in group.messages if (batch := self._decoded(message)) is not None]
            behind = group.messages[-1].metadata.num_pending
            self.waiting = behind + len(group.messages)
            if batches and not self._newest_ms:
                self._newest_ms = batches[0].header.now_ms
            await self._store_for_sure(batches, position)
            self.waiting = behind
            if batches:
                self._newest_ms = batches[-1].header.now_ms

    async def _store_for_sure(self, batches: list[Batch], position: Position) -> None:
        pause_s = 0.5
        while True:
            began = time.monotonic()
            try:
                done = await asyncio.get_running_loop().run_in_executor(self._thread, self._store.append, batches, position)
            except HistorianError as fault:
                self.fault = str(fault)
                log.exception("storing up to message %d failed; trying again", position.sequence)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, 10)
                continue
            self.fault = ""
            self.slowest_ms = max(self.slowest_ms, round((time.monotonic() - began) * 1000))
            self.stored += done.stored
            self.skipped += done.skipped
            self.impossible_time += done.refused
            return

    def _decoded(self, message: Msg) -> Batch | None:
        try:
            return codec.decode(message.data)
        except BatchError as fault:
            sequence = message.metadata.sequence.stream
            log.error("message %d of SAMPLES is no batch: %s", sequence, fault)
            self.refused_messages += 1
            if self.refused_messages <= KEPT_REFUSED:
                self._refused.mkdir(parents=True, exist_ok=True)
                (self._refused / f"{sequence}.bin").write_bytes(message.data)
            return None


async def _fetched(subscription: JetStreamContext.PullSubscription, patience_s: float) -> list[Msg]:
    try:
        messages = await subscription.fetch(FETCH, timeout=patience_s)
    except (TimeoutError, nats.errors.TimeoutError):
        return []
    if not messages:  # refused at once instead of waited for
        await asyncio.sleep(min(patience_s, 0.2))
    return messages
