"""Coming back after a stop of any kind: newest snapshot, then the journal after it, then the input after its last position.

The same steps with the same configuration and clock give the same events; those that the stream already has are left out, the
others are published now. So no alarm is lost and none is told twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js.api import DeliverPolicy
from nats.js.errors import NotFoundError

from chemward.protocols.telemetry.batch import Batch, decode
from chemward.telemetry.bus import subjects
from chemward.telemetry.engine.engine import SnapshotFault
from chemward.telemetry.engine.events import AlarmEvent
from chemward.telemetry.worker import configuration
from chemward.telemetry.worker.configuration import FILTERS
from chemward.telemetry.worker.judge import Judge
from chemward.telemetry.worker.reading import Stored, read_all
from chemward.telemetry.worker.snapshots import Snapshot, SnapshotFolder

log = logging.getLogger(__name__)

CLOCK_SLACK_MS = 60_000  # the bus's clock and ours may differ when they stand on different machines


@dataclass
class Recovered:
    """Where the partition stands. pending: events of repeated steps that the stream does not have yet."""

    judge: Judge
    step: int
    now_ms: int
    cfg_seq: int
    positions: dict[str, int]
    samples_seq: int
    pending: list[tuple[int, int, AlarmEvent]]
    is_new: bool = False


async def recover(nc: Client, folder: SnapshotFolder, partition: int) -> Recovered:
    """The state after the last step in the journal."""
    snapshot, judge = _newest(folder)
    if snapshot is None or judge is None:
        return await _begin(nc, partition)
    recovered = Recovered(
        judge, snapshot.step, snapshot.now_ms, snapshot.cfg_seq, dict(snapshot.positions), snapshot.samples_seq, []
    )
    await _replay(nc, recovered, partition, snapshot)
    return recovered


def _newest(folder: SnapshotFolder) -> tuple[Snapshot | None, Judge | None]:
    for snapshot in folder.newest():
        try:
            return snapshot, Judge.restore(snapshot.engine)
        except SnapshotFault as fault:
            log.error("snapshot of step %d is of no use: %s", snapshot.step, fault)
    return None, None


async def _begin(nc: Client, partition: int) -> Recovered:
    """Without a snapshot: go on after the journal's last batch, if there is one, with alarms beginning anew."""
    last = await _last_batch(nc, partition)
    if last is None:
        return Recovered(Judge(), 0, 0, 0, {}, 0, [], is_new=True)
    seq, batch = last
    log.warning("no usable snapshot: alarm states begin anew after step %d", batch.header.step)
    header = batch.header
    return Recovered(Judge(), header.step, header.now_ms, 0, dict(header.positions), seq, [], is_new=True)


async def _last_batch(nc: Client, partition: int) -> tuple[int, Batch] | None:
    try:
        found = await nc.jetstream().get_last_msg(subjects.SAMPLES, subjects.samples(partition))
    except NotFoundError:
        return None
    if found.seq is None or found.data is None:
        return None
    return found.seq, decode(found.data)


async def _replay(nc: Client, recovered: Recovered, partition: int, snapshot: Snapshot) -> None:
    changes = await _config_after(nc, recovered.cfg_seq)
    said: list[tuple[int, int, AlarmEvent]] = []
    repeated = 0
    subject = subjects.samples(partition)
    batches = read_all(
        nc, subjects.SAMPLES, [subject], deliver=DeliverPolicy.BY_START_SEQUENCE, start_seq=recovered.samples_seq + 1
    )
    async for stored in batches:
        batch = decode(stored.data)
        if batch.header.step <= recovered.step:
            continue
        if batch.header.step != recovered.step + 1:
            log.error("the journal has a gap: step %d follows step %d", batch.header.step, recovered.step)
        said += _repeat(recovered, batch, stored.seq, changes)
        repeated += 1
    log.info("repeated %d steps after step %d: %d events", repeated, snapshot.step, len(said))
    if said:
        known = await _told_since(nc, snapshot.now_ms - CLOCK_SLACK_MS)
        recovered.pending = [(step, index, event) for step, index, event in said if f"{partition}.{step}.{index}" not in known]


def _repeat(recovered: Recovered, batch: Batch, seq: int, changes: list[Stored]) -> list[tuple[int, int, AlarmEvent]]:
    """Take one step of the journal again; configuration that it names is taken off `changes`."""
    header = batch.header
    due = [message for message in changes if message.seq <= header.cfg_seq]
    del changes[: len(due)]
    pages = configuration.read(due, recovered.cfg_seq).pages
    events = recovered.judge.step(header, pages, batch.tag, batch.ts, batch.value, batch.quality)
    recovered.step, recovered.now_ms, recovered.cfg_seq = header.step, header.now_ms, header.cfg_seq
    recovered.positions, recovered.samples_seq = dict(header.positions), seq
    return [(header.step, index, event) for index, event in enumerate(events)]


async def _config_after(nc: Client, seq: int) -> list[Stored]:
    return [
        message
        async for message in read_all(nc, subjects.CONFIG, FILTERS, deliver=DeliverPolicy.BY_START_SEQUENCE, start_seq=seq + 1)
    ]


async def config_now(nc: Client) -> list[Stored]:
    """The configuration in force: the last message of each subject, in the order in which they were written."""
    messages = [message async for message in read_all(nc, subjects.CONFIG, FILTERS, deliver=DeliverPolicy.LAST_PER_SUBJECT)]
    return sorted(messages, key=lambda message: message.seq)


async def _told_since(nc: Client, since_ms: int) -> set[str]:
    """Ids of the alarm events that the stream already has."""
    start = datetime.fromtimestamp(since_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
    return {
        message.message_id
        async for message in read_all(
            nc, subjects.EVENTS, [subjects.ALL_ALARMS], deliver=DeliverPolicy.BY_START_TIME, start_time=start
        )
    }
