"""One gateway of the demo: an MQTT connection like any device's, which buffers a minute while the door is away."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import random
import ssl
import time
from collections import deque
from dataclasses import dataclass, field

import aiomqtt

from chemward.demo.credentials import GatewayCredential
from chemward.telemetry.bus import subjects
from chemward.telemetry.bus.server import BusSettings
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

BUFFER_S = 60.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
ACK_WITHIN_S = 10.0


@dataclass
class Gateway:
    """Sends what it is offered, QoS 1, in order. Counts what it sent and what it had to drop."""

    installation: Installation
    credential: GatewayCredential
    sent: int = 0
    dropped: int = 0
    is_connected: bool = False
    _is_cut: bool = False
    _waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    _offered: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, messages: list[bytes], *, is_cut: bool = False) -> None:
        """Take messages to send; what waited longer than BUFFER_S is dropped, as in a small device. is_cut: its line is broken, so
        that messages wait."""
        now = time.monotonic()
        self._is_cut = is_cut
        self._waiting.extend((now, m) for m in messages)
        while self._waiting and now - self._waiting[0][0] > BUFFER_S:
            self._waiting.popleft()
            self.dropped += 1
        if self._waiting and not is_cut:
            self._offered.set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def run(self) -> None:
        """Connect, send, and when the connection breaks, try again ever more patiently. Runs until cancelled."""
        wait_s = FIRST_WAIT_S
        while True:
            connected_at = time.monotonic()
            try:
                await self._session()
            except (aiomqtt.MqttError, OSError, KeyError, TimeoutError) as reason:
                log.info("gateway %s: %s; trying again in %.1f s", self.credential.key, reason, wait_s)
            self.is_connected = False
            if time.monotonic() - connected_at > LONGEST_WAIT_S:
                wait_s = FIRST_WAIT_S
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _session(self) -> None:
        topic = subjects.mqtt_topic(self.credential.shard, self.credential.feed)
        async with aiomqtt.Client(
            reachable(self.installation.listen),
            self.installation.port("mqtt"),
            username=self.credential.user,
            password=self.credential.secret,
            identifier=f"demo-{self.credential.feed}",
            protocol=aiomqtt.ProtocolVersion.V311,
            keepalive=30,
            timeout=ACK_WITHIN_S,
            tls_context=tls(self.installation),
        ) as client:
            self.is_connected = True
            while True:
                await self._offered.wait()
                self._offered.clear()
                while self._waiting and not self._is_cut:
                    # It leaves the buffer only when the door has acknowledged it.
                    offered_at, message = self._waiting[0]
                    await client.publish(topic, message, qos=1)
                    if self._waiting and self._waiting[0] == (offered_at, message):
                        self._waiting.popleft()
                    self.sent += 1


def reachable(address: str) -> str:
    """An address to connect to for one that is listened on: all interfaces means loopback."""
    with contextlib.suppress(ValueError):  # a host name
        if ipaddress.ip_address(address).is_unspecified:
            return "127.0.0.1"
    return address


def tls(installation: Installation) -> ssl.SSLContext | None:
    """TLS of the MQTT door, when it has any: its certificate is trusted, whatever name it carries."""
    certificate = BusSettings.from_environment(installation).mqtt_certificate
    if not certificate:
        return None
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context
