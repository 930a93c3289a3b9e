"""Reading a stream from the side: all that it holds now, or every message from a place on, without acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

log = logging.getLogger(__name__)

PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Stored:
    """One message of a stream. seq: its place in the stream; stored_ms: when it was stored [ms UTC]."""

    subject: str
    seq: int
    data: bytes
    stored_ms: int = 0
    message_id: str = ""

    @classmethod
    def of(cls, message: Msg) -> Stored:
        sequence, _, stored_ns, _ = place(message.reply)
        return cls(
            message.subject, sequence, message.data, stored_ns // 1_000_000, (message.headers or {}).get("Nats-Msg-Id", "")
        )


def place(reply: str) -> tuple[int, int, int, int]:
    """(stream sequence, consumer sequence, time stored [ns], pending) of a message, from its reply subject
    `$JS.ACK.[domain.account.]stream.consumer.deliveries.stream_seq.consumer_seq.time.pending[.token]`."""
    parts = reply.split(".")
    first = 5 if len(parts) == 9 else 7
    return int(parts[first]), int(parts[first + 1]), int(parts[first + 2]), int(parts[first + 3])


async def read_all(
    nc: Client,
    stream: str,
    filters: list[str],
    *,
    deliver: DeliverPolicy,
    start_seq: int | None = None,
    start_time: str | None = None,
) -> AsyncIterator[Stored]:
    """Every message that the stream holds now under `filters`, in order, then the end. TimeoutError when the bus falls silent."""
    js = nc.jetstream()
    config = ConsumerConfig(
        deliver_policy=deliver,
        opt_start_seq=start_seq,
        opt_start_time=start_time,  # type: ignore[arg-type]
        ack_policy=AckPolicy.NONE,
        filter_subjects=filters,
        inactive_threshold=30.0,
        mem_storage=True,
    )
    info = await js.add_consumer(stream, config)
    left = info.num_pending or 0
    inbox = nc.new_inbox()
    subscription = await nc.subscribe(inbox, pending_msgs_limit=0, pending_bytes_limit=0)
    try:
        asked = 0
        while left > 0:
            if asked == 0:
                asked = min(left, 256)
                request = b'{"batch":%d,"expires":%d}' % (asked, int(PATIENCE_S * 1e9))
                await nc.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{info.name}", request, reply=inbox)
            message = await subscription.next_msg(PATIENCE_S)
            if message.headers and "Status" in message.headers:
                asked = 0
                continue
            asked -= 1
            left -= 1
            yield Stored.of(message)
    finally:
        with contextlib.suppress(nats.errors.Error):
            await subscription.unsubscribe()
        with contextlib.suppress(nats.errors.Error, APIError, TimeoutError):
            await js.delete_consumer(stream, info.name)


class Follower:
    """Messages after a sequence, in order, without a gap: an ordered consumer with a queue."""

    def __init__(self, nc: Client, stream: str, filters: list[str], after_seq: int, arrived: Callable[[], None]) -> None:
        self._nc = nc
        self._stream = stream
        self._filters = filters
        self.seq = after_seq
        self._arrived = arrived
        self.queue: deque[Stored] = deque()
        self._is_broken = False

    def interrupted(self) -> None:
        """The connection broke: subscribe anew."""
        self._is_broken = True

    async def keep_open(self) -> None:
        """Follow until cancelled, subscribing anew whenever something broke."""
        while True:
            try:
                await self._follow()
            except (TimeoutError, nats.errors.Error, APIError) as reason:
                log.warning("%s: %s; subscribing anew", self._stream, reason or type(reason).__name__)
                await asyncio.sleep(0.2)

    async def _follow(self) -> None:
        js = self._nc.jetstream()
        inbox = self._nc.new_inbox()
        self._is_broken = False
        expected = 1

        async def receive(message: Msg) -> None:
            nonlocal expected
            if message.headers and "Status" in message.headers:
                # Flow control asks for an answer, or reminds of one that was lost.
                answer_to = message.reply or message.headers.get("Nats-Consumer-Stalled")
                if answer_to:
                    await self._nc.publish(answer_to, b"")
                return
            sequence, consumed, _, _ = place(message.reply)
            if consumed != expected:
                self._is_broken = True
            if self._is_broken:
                return
            expected += 1
            self.seq = sequence
            self.queue.append(Stored.of(message))
            self._arrived()

        subscription = await self._nc.subscribe(inbox, cb=receive, pending_msgs_limit=0, pending_bytes_limit=0)
        info = None
        try:
            info = await js.add_consumer(
                self._stream,
                ConsumerConfig(
                    deliver_subject=inbox,
                    deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                    opt_start_seq=self.seq + 1,
                    ack_policy=AckPolicy.NONE,
                    filter_subjects=self._filters,
                    flow_control=True,
                    idle_heartbeat=5.0,
                    mem_storage=True,
                    inactive_threshold=30.0,
                ),
            )
            checked = asyncio.get_running_loop().time()
            while not self._is_broken:
                await asyncio.sleep(0.1)
                now = asyncio.get_running_loop().time()
                if now - checked > 10:
                    checked = now
                    await js.consumer_info(self._stream, info.name)  # NotFoundError when the bus forgot it
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
            if info is not None:
                with contextlib.suppress(nats.errors.Error, APIError, TimeoutError):
                    await js.delete_consumer(self._stream, info.name)
