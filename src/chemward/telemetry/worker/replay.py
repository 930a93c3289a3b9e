"""What a second engine makes of the journal: the steps that SAMPLES holds with the configuration of their time, judged again.

The same samples, ticks and configuration must give the same events with the same ids. Where they differ, either the journal does not
begin with the partition (its alarms were raised before it) or something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from nats.aio.client import Client
from nats.js.api import DeliverPolicy

from chemward.protocols.telemetry.batch import decode
from chemward.telemetry.bus import subjects
from chemward.telemetry.engine.events import AlarmEvent
from chemward.telemetry.worker import configuration
from chemward.telemetry.worker.configuration import FILTERS
from chemward.telemetry.worker.judge import Judge
from chemward.telemetry.worker.reading import read_all

# Message id `<partition>.<step>.<index>` → what was said there: (occurrence, kind, when it happened [ms]).
Said = dict[str, tuple[str, str, int]]


@dataclass
class Replayed:
    """A stretch judged again. missing: said then and not now; surplus: said now and not then; changed: said otherwise.

    first_step: first step of the journal; 1 when it holds the partition's whole life.
    """

    steps: int = 0
    samples: int = 0
    first_step: int = 0
    events: int = 0
    missing: Said = field(default_factory=dict)
    surplus: Said = field(default_factory=dict)
    changed: Said = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        return not (self.missing or self.surplus or self.changed)


async def replay(nc: Client, from_ms: int, to_ms: int, partition: int = 0) -> Replayed:
    """Judge the journal again and compare what was said in steps between two moments of platform time [ms], the second left out.

    All steps before `from_ms` that the journal holds are judged too, for the state that they leave.
    """
    result = Replayed()
    now = await _judge_again(nc, result, from_ms, to_ms, partition)
    then = await _said_then(nc, partition)
    steps = {key.split(".")[1] for key in now.asked}
    told = {key: said for key, said in then.items() if key.split(".")[1] in steps}
    result.events = len(told)
    result.missing = {key: said for key, said in told.items() if key not in now.said}
    result.surplus = {key: said for key, said in now.said.items() if key not in told}
    result.changed = {key: said for key, said in now.said.items() if key in told and told[key] != said}
    return result


@dataclass
class _Now:
    """Steps that were asked for (`<partition>.<step>`) and what the second engine said in them."""

    asked: set[str] = field(default_factory=set)
    said: Said = field(default_factory=dict)


async def _judge_again(nc: Client, result: Replayed, from_ms: int, to_ms: int, partition: int) -> _Now:
    changes = [m async for m in read_all(nc, subjects.CONFIG, FILTERS, deliver=DeliverPolicy.ALL)]
    judge, now, cfg_seq = Judge(), _Now(), 0
    async for stored in read_all(nc, subjects.SAMPLES, [subjects.samples(partition)], deliver=DeliverPolicy.ALL):
        batch = decode(stored.data)
        header = batch.header
        if header.now_ms >= to_ms:
            break
        result.first_step = result.first_step or header.step
        due = [message for message in changes if message.seq <= header.cfg_seq]
        del changes[: len(due)]
        pages = configuration.read(due, cfg_seq).pages
        cfg_seq = header.cfg_seq
        events = judge.step(header, pages, batch.tag, batch.ts, batch.value, batch.quality)
        if header.now_ms >= from_ms:
            now.asked.add(f"{partition}.{header.step}")
            now.said |= {f"{partition}.{header.step}.{i}": _said(event) for i, event in enumerate(events)}
            result.steps += 1
            result.samples += len(batch.tag)
    return now


def _said(event: AlarmEvent) -> tuple[str, str, int]:
    return event.id, event.kind, event.at_ms


async def _said_then(nc: Client, partition: int) -> Said:
    said: Said = {}
    async for message in read_all(nc, subjects.EVENTS, [subjects.ALL_ALARMS], deliver=DeliverPolicy.ALL):
        if message.message_id.startswith(f"{partition}."):
            body = orjson.loads(message.data)
            said[message.message_id] = (body["id"], body["kind"], body["at_ms"])
    return said
