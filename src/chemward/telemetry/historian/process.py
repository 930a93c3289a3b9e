"""The historian process: owns the store, follows SAMPLES, answers over loopback HTTP, keeps house."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Mapping

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from chemward.telemetry.bus.client import beat, connect, ensure_streams
from chemward.telemetry.historian.answers import HistorianError
from chemward.telemetry.historian.ingest import Ingest
from chemward.telemetry.historian.service import Service
from chemward.telemetry.historian.store import ChdbHistorian
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
ROLL_UP_PAUSE_S = 60.0
RETENTION_PAUSE_S = 3600.0
UPKEEP_RETRY_S = 60.0
CONNECTIONS = 64


def open_store(installation: Installation) -> ChdbHistorian:
    """The store of an installation. HistorianError when another process has it open."""
    return ChdbHistorian(installation.folder("historian") / "store", installation.folder("archive") / "samples")


def keep_days(environment: Mapping[str, str] | None = None) -> int:
    """Days that raw samples stay in the store (`CHEMWARD_HISTORY_DAYS`); 0, the default, keeps them for good.

    Older days are exported to Parquet and stay readable. ValueError names the setting when it is wrong.
    """
    text = (os.environ if environment is None else environment).get("CHEMWARD_HISTORY_DAYS") or "0"
    if not text.isdigit():
        raise ValueError(f"CHEMWARD_HISTORY_DAYS is {text!r}; it must be a whole number of days, 0 keeps history for good")
    return int(text)


async def main(installation: Installation) -> None:
    """Run until cancelled."""
    days = keep_days()
    port = installation.port("historian")
    nc = await connect(installation, "historian")
    js = nc.jetstream(timeout=5)
    await ensure_streams(js)
    store = open_store(installation)
    ingest = Ingest(js, store, installation.folder("historian") / "refused")
    service = Service(store, installation.secrets()["internal_key"], ingest.detail)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ingest.run())
            tasks.create_task(beat(nc, "historian", ingest.detail))
            tasks.create_task(keep_house(store, days))
            tasks.create_task(serve(service, port))
    finally:
        service.close()
        await asyncio.to_thread(store.close)
        await nc.close()


async def serve(service: Service, port: int) -> None:
    """Answer HTTP on loopback until cancelled."""
    server = Server(
        service,
        address=LOOPBACK,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=CONNECTIONS,
        log_enabled=False,
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await asyncio.wait_for(serving, 5)


async def keep_house(store: ChdbHistorian, days: int) -> None:
    """Hourly aggregates each minute, retention each hour, in threads; a failure is logged and tried again."""
    retention_due = time.monotonic()
    while True:
        try:
            await asyncio.to_thread(store.roll_up, _now_ms())
            if days and time.monotonic() >= retention_due:
                archived = await asyncio.to_thread(store.apply_retention, days, _now_ms())
                retention_due = time.monotonic() + RETENTION_PAUSE_S
                if archived:
                    log.info("archived %s", ", ".join(archived))
        except HistorianError:
            log.exception("keeping house failed; trying again")
            retention_due = time.monotonic() + UPKEEP_RETRY_S
        await asyncio.sleep(ROLL_UP_PAUSE_S)


def _now_ms() -> int:
    return int(time.time() * 1000)
