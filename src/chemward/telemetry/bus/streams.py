"""The streams of the bus: one table, and the function that makes the bus agree with it.

Input is not a work queue, because the worker acknowledges a whole step at once (`AckPolicy.ALL`), which JetStream refuses on a
work queue. So IN and IN_MQTT keep what has been read until `trim_inputs` drops it; IN refuses new messages when full, IN_MQTT
(whose senders cannot be told) drops the oldest.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, BadRequestError, NotFoundError

from chemward.telemetry.bus import subjects

log = logging.getLogger(__name__)

GIB = 1024**3
MIB = 1024**2
HOUR_S = 3600.0
# Shares of the bus's disk; the rest is left for what the server keeps for MQTT sessions.
SHARES = {subjects.IN_MQTT: 0.20, subjects.IN: 0.20, subjects.SAMPLES: 0.40, subjects.EVENTS: 0.10, subjects.CONFIG: 0.05}
STREAM_NAMES = tuple(SHARES)


@dataclass(frozen=True)
class StreamSettings:
    """disk_bytes: how much of the disk the bus may fill, all streams together [byte]. replicas: copies in a cluster (1, 3, 5)."""

    disk_bytes: int = 20 * GIB
    replicas: int = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> StreamSettings:
        """`CHEMWARD_BUS_DISK_MB` [MiB] and `CHEMWARD_BUS_REPLICAS`. ValueError names the setting that is wrong."""
        env = os.environ if environment is None else environment
        disk = _number(env, "CHEMWARD_BUS_DISK_MB", cls.disk_bytes // MIB, least=64) * MIB
        return cls(disk_bytes=disk, replicas=_number(env, "CHEMWARD_BUS_REPLICAS", cls.replicas, least=1))

    def max_bytes(self, stream: str) -> int:
        """The limit of one stream [byte]."""
        return int(self.disk_bytes * SHARES[stream])


def _number(env: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or int(text) < least:
        raise ValueError(f"{name} is {text!r}; it must be a whole number of at least {least}")
    return int(text)


def stream_configs(settings: StreamSettings) -> list[StreamConfig]:
    """The streams as they must be."""

    def stream(name: str, subject: str, *, discard: DiscardPolicy = DiscardPolicy.OLD, **more: float) -> StreamConfig:
        return StreamConfig(
            name=name,
            subjects=[subject],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=discard,
            num_replicas=settings.replicas,
            max_bytes=settings.max_bytes(name),
            allow_direct=True,
            **more,  # type: ignore[arg-type]
        )

    return [
        stream(subjects.IN_MQTT, subjects.ALL_MQTT_INPUT),
        stream(subjects.IN, subjects.ALL_INPUT, discard=DiscardPolicy.NEW, duplicate_window=120.0),
        stream(subjects.SAMPLES, subjects.ALL_SAMPLES, max_age=48 * HOUR_S),
        stream(subjects.EVENTS, subjects.ALL_EVENTS, max_age=7 * 24 * HOUR_S, duplicate_window=600.0),
        stream(subjects.CONFIG, subjects.ALL_CONFIG, max_msgs_per_subject=64),
    ]


async def ensure_streams(js: JetStreamContext, settings: StreamSettings | None = None, *, patience_s: float = 30.0) -> None:
    """Make each stream, or change it to what the table says. Safe to call from every process at once.

    Tried again for `patience_s` [s], since a bus that has just started (or a cluster without a leader yet) refuses for a while.
    Raises the last error after that.
    """
    settings = settings or StreamSettings.from_environment()
    give_up_at = asyncio.get_running_loop().time() + patience_s
    for config in stream_configs(settings):
        while True:
            try:
                await _ensure(js, config)
                break
            except (TimeoutError, nats.errors.Error, APIError) as reason:
                if asyncio.get_running_loop().time() >= give_up_at:
                    raise
                log.info("stream %s is not ready yet: %s", config.name, reason)
            await asyncio.sleep(0.25)


async def _ensure(js: JetStreamContext, wanted: StreamConfig) -> None:
    assert wanted.name
    try:
        found = (await js.stream_info(wanted.name)).config
    except NotFoundError:
        try:
            await js.add_stream(wanted)
        except BadRequestError as reason:
            if reason.err_code != STREAM_NAME_IN_USE:  # another process made it just now, with other limits
                raise
        else:
            return
        found = (await js.stream_info(wanted.name)).config
    if _differs(found, wanted):
        await js.update_stream(wanted)


STREAM_NAME_IN_USE = 10058


def _differs(found: StreamConfig, wanted: StreamConfig) -> bool:
    names = ("subjects", "discard", "num_replicas", "max_bytes", "max_age", "max_msgs_per_subject")
    return any(
        _plain(getattr(found, name)) != _plain(getattr(wanted, name)) for name in names if getattr(wanted, name) is not None
    )


def _plain(value: object) -> object:
    return getattr(value, "value", value) or 0


async def trim_inputs(js: JetStreamContext) -> None:
    """Drop from IN and IN_MQTT what every durable reader has acknowledged. Call it each second or so from a worker.

    Nothing is dropped while no consumer exists.
    """
    for stream in (subjects.IN, subjects.IN_MQTT):
        consumers = [c for c in await js.consumers_info(stream) if c.config and c.config.durable_name]
        for consumer in consumers:
            acknowledged = consumer.ack_floor.stream_seq if consumer.ack_floor else 0
            if not acknowledged:
                continue
            if len(consumers) == 1:
                await js.purge_stream(stream, seq=acknowledged + 1)
                continue
            # Several workers: each may drop only of its own shards.
            config = consumer.config
            for subject in config.filter_subjects or ([config.filter_subject] if config.filter_subject else []):
                await js.purge_stream(stream, seq=acknowledged + 1, subject=subject)
