"""Connecting to the bus: with what name and right, how often to try again, what to say each second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import nats.errors
import orjson
from nats.aio.client import Client

from chemward.telemetry.bus import subjects
from chemward.telemetry.bus.streams import ensure_streams
from chemward.telemetry.installation import Installation

__all__ = ["BusUnavailable", "beat", "beat_body", "bus_addresses", "connect", "decode", "encode", "ensure_streams"]

log = logging.getLogger(__name__)

PLATFORM_USER = "platform"
SYSTEM_USER = "system"

BEAT_INTERVAL_S = 1.0


class BusUnavailable(Exception):
    """The bus did not answer in time."""


def bus_addresses(installation: Installation) -> list[str]:
    """URLs of the bus: the site's own servers (`CHEMWARD_NATS_URL`, separated by commas) or the one that the supervisor started.

    Raises KeyError (naming the run file) when neither is known.
    """
    given = [url.strip() for url in installation.nats_url.split(",") if url.strip()]
    return given or [f"nats://127.0.0.1:{installation.port('bus')}"]


async def connect(installation: Installation, name: str, *, system: bool = False, patience_s: float = 30.0) -> Client:
    """A connection to the bus in account PLATFORM (or SYS when `system`), which reconnects for ever once made.

    name: shown in the bus's list of connections. patience_s: how long the first connection is tried for [s].
    Raises BusUnavailable when the bus does not answer in that time.
    """
    secrets = installation.secrets()
    user, password = (
        (SYSTEM_USER, secrets["bus_system_password"]) if system else (PLATFORM_USER, secrets["bus_platform_password"])
    )
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            return await _connect(bus_addresses(installation), name, user, password)
        except (TimeoutError, KeyError, OSError, nats.errors.Error) as reason:
            if time.monotonic() >= give_up_at:
                why = reason.args[0] if isinstance(reason, KeyError) else reason
                raise BusUnavailable(f"{name}: the bus did not answer within {patience_s:g} s: {why}") from reason
        await asyncio.sleep(0.2)


async def _connect(addresses: list[str], name: str, user: str, password: str) -> Client:
    async def on_error(error: Exception) -> None:
        log.warning("bus, %s: %s", name, error)

    async def on_disconnect() -> None:
        if not nc.is_closed:
            log.warning("bus, %s: connection lost, trying again", name)

    async def on_reconnect() -> None:
        log.info("bus, %s: connected again", name)

    nc = Client()
    await nc.connect(
        addresses,
        name=name,
        user=user,
        password=password,
        connect_timeout=2,
        # The first connection is tried by the caller's loop; after it, nats-py must never give up.
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,  # type: ignore[arg-type]  # it is slept on, fractions are fine
        ping_interval=10,
        max_outstanding_pings=2,
        pending_size=16 * 1024 * 1024,
        error_cb=on_error,
        disconnected_cb=on_disconnect,
        reconnected_cb=on_reconnect,
    )
    return nc


# -- JSON -------------------------------------------------------------------------------------------------------------


def encode(body: Any) -> bytes:
    """JSON bytes of a message body (numpy numbers allowed)."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def decode(data: bytes) -> Any:
    """What `encode` wrote. Raises ValueError when it is not JSON."""
    return orjson.loads(data)


# -- beats ------------------------------------------------------------------------------------------------------------


async def beat(
    nc: Client,
    name: str,
    detail: Callable[[], Mapping[str, Any]] = dict,
    *,
    interval_s: float = BEAT_INTERVAL_S,
    pid: int | None = None,
) -> None:
    """Say each second that process `name` is alive, until cancelled: `{name, pid, at_ms, lag_ms, detail}`.

    detail: called before each beat; a key `lag_ms` in it is the process's own lag behind its input [ms], without it the lag is
    the lateness of this loop. A detail that raises is itself reported, so that a fault there never silences a healthy process.
    """
    pid = os.getpid() if pid is None else pid
    subject = subjects.beat(name, pid)
    due = time.monotonic()
    while True:
        late_ms = max(0, round((time.monotonic() - due) * 1000))
        body = beat_body(name, pid, round(time.time() * 1000), late_ms, _safely(detail))
        with contextlib.suppress(nats.errors.Error):  # the bus is away: the connection is trying again by itself
            await nc.publish(subject, encode(body))
        due = max(due + interval_s, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


def beat_body(name: str, pid: int, at_ms: int, loop_lag_ms: int, detail: Mapping[str, Any]) -> dict[str, Any]:
    """A beat as it travels; `lag_ms` of the detail takes the place of the loop's lateness."""
    rest = dict(detail)
    lag_ms = rest.pop("lag_ms", loop_lag_ms)
    return {"name": name, "pid": pid, "at_ms": at_ms, "lag_ms": lag_ms, "detail": rest}


def _safely(detail: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return detail()
    except Exception as fault:
        log.exception("the detail of a beat failed")
        return {"fault": f"{type(fault).__name__}: {fault}"}
