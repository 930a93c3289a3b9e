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
TIMEOUT_S = 20.0
TRIES = 30


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
    sent = 0
    for round_of_batches in batches(park, start_s, end_s):
        began = time.monotonic()
        samples = sum(b.samples for b in round_of_batches)
        await asyncio.to_thread(_post_all, installation, gateways, round_of_batches)
        sent += samples
        await asyncio.sleep(max(0.0, samples / SAMPLES_PER_S - (time.monotonic() - began)))
    log.info("history of %.0f hours sent: %d samples", hours, sent)
    return sent


def _post_all(installation: Installation, gateways: Mapping[str, GatewayCredential], messages: list[Batch]) -> None:
    """POST messages over one connection; a refused or unanswered one is tried again, then left out."""
    connection: http.client.HTTPConnection | None = None
    for message in messages:
        gateway = gateways.get(message.feed)
        if gateway is None:
            continue
        for attempt in range(TRIES):
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", installation.port("live"), timeout=TIMEOUT_S)
                if _post(connection, gateway, message.body):
                    break
            except (OSError, http.client.HTTPException, KeyError) as reason:
                log.info("history of %s: %s; trying again", message.feed, reason)
                connection = None
            time.sleep(min(0.2 * 2**attempt, 5.0))


def _post(connection: http.client.HTTPConnection, gateway: GatewayCredential, body: bytes) -> bool:
    """True when the door answered that the message is stored, or that it will never be (not worth another try)."""
    headers = {"Authorization": f"Bearer {gateway.secret}", "Content-Type": "application/json"}
    connection.request("POST", f"/ingest/v1/{gateway.feed}/data", body, headers)
    response = connection.getresponse()
    answer = response.read()
    if 200 <= response.status < 300:
        return True
    log.warning("history of %s: %d %s", gateway.key, response.status, answer[:200])
    return 400 <= response.status < 500 and response.status not in (401, 408, 429)
