"""The simulator process: plays the plants of the demo park, whose gateways come in through the MQTT door like any device."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from chemward.demo import backfill, control, credentials, scenarios
from chemward.demo.gateway import Gateway
from chemward.demo.messages import Encoder
from chemward.demo.physics import Park
from chemward.demo.plan import build
from chemward.telemetry.bus import client
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

LINGER_S = 1200.0  # plumes drift away and winds turn back after a scenario's end
CATCH_UP_S = 5  # seconds made up after a pause; an older gap stays a gap


class Simulator:
    """All gateways of the demo with the park behind them."""

    def __init__(self, installation: Installation, now_s: float) -> None:
        self.demo = credentials.read(installation)
        self.installation = installation
        self.plan = build(self.demo.seed)
        self.park = Park(self.plan, self.demo.seed, now_s)
        by_key = {g.key: g for g in self.demo.gateways}
        self.gateways = {f.key: Gateway(installation, by_key[f.key]) for f in self.plan.feeds if f.key in by_key}
        self.encoders = [Encoder(self.plan, f) for f in self.plan.feeds if f.key in by_key]
        self.orders = control.Orders(control.orders_file(installation))
        self.lag_ms = 0
        self.follow()

    def follow(self) -> None:
        self.park.follow(scenarios.course(self.orders.listed, self.park))

    def tick(self, second: int) -> None:
        """Read the park at a whole second and hand every gateway what it is to send."""
        if self.orders.forget_ended(second, LINGER_S):
            self.follow()
        frame = self.park.frame(second * 1000)
        for encoder in self.encoders:
            gateway = self.gateways[encoder.feed.key]
            gateway.offer(encoder.messages(frame, second), is_cut=encoder.feed.key in frame.silent)

    async def keep_ticking(self) -> None:
        """One tick at each whole second."""
        last = int(time.time())
        while True:
            await asyncio.sleep(last + 1 - time.time() if time.time() < last + 1 else 0)
            now = time.time()
            for second in range(max(last + 1, int(now) - CATCH_UP_S), int(now) + 1):
                self.tick(second)
                last = second
            self.lag_ms = max(0, round((time.time() - last) * 1000))

    async def obey(self, message: Msg) -> None:
        """Answer a request of the control subject."""
        try:
            request: Any = client.decode(message.data)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            request = {"do": None}
        answered = control.answer(self.orders, request, time.time())
        self.follow()
        await message.respond(client.encode(answered))

    def detail(self) -> dict[str, Any]:
        gateways = self.gateways.values()
        return {
            "lag_ms": self.lag_ms,
            "gateways": len(self.gateways),
            "connected": sum(g.is_connected for g in gateways),
            "sent": sum(g.sent for g in gateways),
            "waiting": sum(g.waiting for g in gateways),
            "dropped": sum(g.dropped for g in gateways),
            "scenarios": [o.name for o in self.orders.listed if o.end_s > time.time()],
        }


async def main(installation: Installation) -> None:
    """Run the simulator until cancelled. NotSeeded when there is no demo park in the data folder."""
    simulator = Simulator(installation, time.time())
    bus = await client.connect(installation, "simulator")
    await bus.subscribe(control.REQUEST, cb=simulator.obey)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.beat(bus, "simulator", simulator.detail))
            tasks.create_task(simulator.keep_ticking())
            tasks.create_task(_tell_yesterday(simulator))
            for gateway in simulator.gateways.values():
                tasks.create_task(gateway.run())
                await asyncio.sleep(0.02)  # thirty devices do not come back in one instant
    finally:
        await _closed(bus)


async def _closed(bus: Client) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(bus.close(), 2.0)


async def _tell_yesterday(simulator: Simulator) -> None:
    """The hours before the first start; a fault here must not stop the present."""
    await asyncio.sleep(10.0)
    try:
        await backfill.send_once(
            simulator.installation, simulator.plan, simulator.demo.seed, {g.key: g for g in simulator.demo.gateways}
        )
    except Exception:
        log.exception("the history of the demo was not sent completely")
