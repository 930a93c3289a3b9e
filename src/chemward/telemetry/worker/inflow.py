"""Reading a stream in order, each message once, with acknowledgement of everything up to a position.

A durable pull consumer with `AckPolicy.ALL`; requests for more are kept outstanding, so that a step finds its messages already
here. The consumer is made anew at each start and after each interruption, at the position after the last message that is durable
elsewhere: what was on its way when the connection broke comes again, in order, and nothing waits for a redelivery time-out. A consumer
counts as acknowledged what lies before its start, and what is acknowledged is dropped (`streams.trim_inputs`): begun after a message that
was taken but stands in no journal yet, it would let that message go, and a worker killed then would have lost it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from chemward.telemetry.worker.pipeline import Incoming
from chemward.telemetry.worker.reading import place

log = logging.getLogger(__name__)

BATCH = 2_048
HIGH_WATER = 4 * BATCH  # messages here at which no more are asked for
MAX_BYTES = 32 << 20
EXPIRES_S = 20.0
NEVER_REDELIVER_S = 24 * 3600.0


class Inflow:
    """Messages of one input stream, in order.

    filters: subjects of this worker, all of the stream. position: sequence of the last message already taken. arrived: called when
    something came. missed: messages that gave way to newer ones before they were read, because the stream was full.
    """

    def __init__(
        self, nc: Client, stream: str, durable: str, filters: list[str], position: int, arrived: Callable[[], None]
    ) -> None:
        self._nc = nc
        self._js = nc.jetstream()
        self._stream = self.stream = stream
        self._durable = durable
        self._filters = filters
        self.taken = position
        self._kept = position  # last message whose step is in the journal
        self._arrived = arrived
        self._queue: deque[tuple[Incoming, str]] = deque()
        self._queued_bytes = 0
        self._delivered = position
        self._expected = 1
        self._outstanding = 0
        self._asked_at = 0.0
        self._ack_subject = ""
        self._subscription: Subscription | None = None
        self._is_broken = True
        self.pending = 0
        self.missed = 0

    # -- the consumer -------------------------------------------------------------------------------------------------

    async def keep_open(self) -> None:
        """Open the consumer, and open it anew whenever something broke; until cancelled."""
        while True:
            try:
                if self._is_broken:
                    await self._open()
                elif self._outstanding and time.monotonic() - self._asked_at > EXPIRES_S + 5:
                    self._outstanding = 0  # the answer to a request was lost with a connection
                    await self._ask()
                elif not self._outstanding:
                    await self._ask()
            except (TimeoutError, nats.errors.Error, APIError) as reason:
                log.warning("input %s: %s; trying again", self._stream, reason or type(reason).__name__)
                self._is_broken = True
            await asyncio.sleep(0.1)

    def interrupted(self) -> None:
        """The connection broke: open anew."""
        self._is_broken = True

    async def _open(self) -> None:
        if self._subscription is not None:
            with contextlib.suppress(nats.errors.Error):
                await self._subscription.unsubscribe()
            self._subscription = None
        self._queue.clear()
        self._queued_bytes = 0
        last = (await self._js.stream_info(self._stream)).state.last_seq
        if last < self.taken:
            log.error(
                "stream %s ends at %d before our position %d: it was made anew, reading from its start",
                self._stream,
                last,
                self.taken,
            )
            self.taken = self._kept = 0
        with contextlib.suppress(NotFoundError):
            await self._js.delete_consumer(self._stream, self._durable)
        await self._js.add_consumer(
            self._stream,
            ConsumerConfig(
                durable_name=self._durable,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._kept + 1,
                ack_policy=AckPolicy.ALL,
                ack_wait=NEVER_REDELIVER_S,
                max_ack_pending=-1,
                filter_subjects=self._filters,
            ),
        )
        self._delivered, self._expected, self._outstanding, self._ack_subject = self._kept, 1, 0, ""
        inbox = self._nc.new_inbox()
        self._subscription = await self._nc.subscribe(
            inbox, cb=self._receive, pending_msgs_limit=16 * BATCH, pending_bytes_limit=4 * MAX_BYTES
        )
        self._inbox = inbox
        self._is_broken = False
        await self._ask()

    async def _ask(self) -> None:
        if self._outstanding > BATCH // 2 or len(self._queue) >= HIGH_WATER or self._queued_bytes >= MAX_BYTES:
            return
        self._outstanding += BATCH
        self._asked_at = time.monotonic()
        request = {"batch": BATCH, "expires": int(EXPIRES_S * 1e9), "max_bytes": MAX_BYTES}
        await self._nc.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}", json.dumps(request).encode(), reply=self._inbox
        )

    async def _receive(self, message: Msg) -> None:
        if self._is_broken:
            return
        if message.headers and "Status" in message.headers and not message.data:
            self._status(message.headers)
            return
        sequence, consumed, stored_ns, pending = place(message.reply)
        self._outstanding -= 1
        if consumed != self._expected or sequence <= self._delivered:
            log.warning("input %s: message %d came out of order; opening anew", self._stream, sequence)
            self._is_broken = True
            return
        self._expected += 1
        if self._delivered and sequence > self._delivered + 1:
            self._miss(sequence - self._delivered - 1)
        self._delivered = sequence
        self.pending = pending
        if sequence > self.taken:  # else it is in the step under way and comes again because the consumer was made anew
            incoming = Incoming(message.subject, message.data, stored_ns // 1_000_000, self._stream, sequence)
            self._queue.append((incoming, message.reply))
            self._queued_bytes += len(message.data)
            self._arrived()
        if self._outstanding == BATCH // 2:
            await self._ask()

    def _miss(self, count: int) -> None:
        # Read messages are dropped behind us only; a hole before us is what the bus threw away.
        self.missed += count
        log.error("input %s: %d messages gave way to newer ones before they were read; the stream was full", self._stream, count)

    def _status(self, headers: dict[str, str]) -> None:
        status = headers.get("Status", "")
        if status in ("404", "408", "409"):
            # The request is over (time or bytes used up, or the consumer is gone): the rest of it will not come.
            self._outstanding = 0
            if status == "409" and "consumer" in headers.get("Description", "").lower():
                self._is_broken = True

    # -- taking -------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._queue)

    def take(self) -> Incoming | None:
        """The next message, or None."""
        if not self._queue:
            return None
        incoming, self._ack_subject = self._queue.popleft()
        self._queued_bytes -= len(incoming.data)
        self.taken = incoming.seq
        return incoming

    async def acknowledge(self) -> None:
        """Everything taken is durable: the bus need not keep it for us."""
        self._kept = self.taken
        if self._ack_subject and not self._is_broken:
            await self._nc.publish(self._ack_subject, b"+ACK")
        await self._ask_if_low()

    async def _ask_if_low(self) -> None:
        if not self._is_broken and self._outstanding <= BATCH // 2 and len(self._queue) < BATCH:
            await self._ask()
