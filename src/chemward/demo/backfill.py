"""Sends the simulated hours before the first start through the HTTP door, once, slowly enough to disturb nobody."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path

from chemward.demo.credentials import GatewayCredential
from chemward.demo.history import HOURS, STEP_S, Batch, batches
from chemward.demo.physics import Park
from chemward.demo.records import Plan
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

SAMPLES_PER_S = 60_000  # pace
TIMEOUT_S = 5.0
TRIES = 30
WORTH_ANOTHER_TRY = (401, 408, 429)  # a credential may be a moment younger than the door's knowledge of it


def marker(installation: Installation) -> Path:
    return installation.data / "demo-history.json"


async def send_once(
    installation: Installation, plan: Plan, seed: int, gateways: Mapping[str, GatewayCredential], hours: float = HOURS
) -> int:
    """Send the history of a fresh demo unless that was done (or begun) before; answers the number of samples sent.

    The marker is written first: a history cut off by a crash is not sent twice.
    """
    if marker(installation).exists():
        return 0
    longest_lateness = max(f.lateness_s for f in plan.feeds)
    end_s = int(time.time()) - longest_lateness - STEP_S
    marker(installation).write_text(json.dumps({"until_s": end_s, "hours": hours}), "utf-8")
    start_s = end_s - round(hours * 3600)
    park = Park(plan, seed, start_s)
    door = Door(installation)
    sent = 0
    for round_of_batches in batches(park, start_s, end_s):
        began = time.monotonic()
        for batch in round_of_batches:
            if batch.feed in gateways and await door.deliver(gateways[batch.feed], batch):
                sent += batch.samples
        offered = sum(b.samples for b in round_of_batches)
        await asyncio.sleep(max(0.0, offered / SAMPLES_PER_S - (time.monotonic() - began)))
    log.info("history of %.0f hours sent: %d samples", hours, sent)
    return sent


class Door:
    """The HTTP door for devices, over one connection that is kept open."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._connection: http.client.HTTPConnection | None = None

    async def deliver(self, gateway: GatewayCredential, batch: Batch) -> bool:
        """POST a message, trying again while the door is away; True when it was answered as stored."""
        for attempt in range(TRIES):
            try:
                status = await asyncio.to_thread(self._post, gateway, batch.body)
            except (OSError, http.client.HTTPException, KeyError) as reason:
                log.info("history of %s: %s; trying again", gateway.key, reason)
                self._connection = None
            else:
                if 200 <= status < 300:
                    return True
                if 400 <= status < 500 and status not in WORTH_ANOTHER_TRY:
                    return False
            # Waiting is done here, not in the thread, so that the simulator can be stopped at any time.
            await asyncio.sleep(min(0.2 * 2**attempt, 5.0))
        return False

    def _post(self, gateway: GatewayCredential, body: bytes) -> int:
        """The status that the door answers."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._installation.port("live"), timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {gateway.secret}", "Content-Type": "application/json"}
        self._connection.request("POST", f"/ingest/v1/{gateway.feed}/data", body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            log.warning("history of %s: %d %s", gateway.key, response.status, answer[:200])
        return response.status
