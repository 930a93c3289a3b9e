"""Backup and restore: what was there is there again, running or not."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from chemward.config import backup
from chemward.protocols.telemetry.batch import BatchHeader, encode
from chemward.telemetry.bus import client, server, subjects
from chemward.telemetry.historian.client import HistorianAway, HistorianClient
from chemward.telemetry.installation import Installation

PROGRAM = Path(__file__).parents[1] / "support" / "small_instance.py"
NOW_MS = 1_800_000_000_000
INPUT = subjects.native_input("07", "abcdefghij")


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def samples(step, value):
    header = BatchHeader(partition=0, step=step, now_ms=NOW_MS + step, cfg_seq=0)
    columns = {
        "tag": np.array([7], np.int32),
        "ts": np.array([NOW_MS + step * 1000], np.int64),
        "value": np.array([value], np.float64),
        "quality": np.array([0], np.uint8),
    }
    return encode(header, **columns)


@pytest.fixture
def live(tmp_path):
    """Start instances of a real bus and a real historian; all are stopped at the end."""
    programs = []

    def start(data):
        output = (tmp_path / f"{data.name}.out").open("wb+")
        programs.append(
            subprocess.Popen(
                [sys.executable, str(PROGRAM), "bus", "historian"],
                env={**os.environ, "CHEMWARD_DATA": str(data)},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        )
        until(lambda: b"ready after" in Path(output.name).read_bytes(), 60)
        return programs[-1]

    yield start
    for program in programs:
        program.send_signal(signal.SIGTERM)
        program.wait(15)


def until(condition, within_s=20.0):
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "did not come true in time"
        time.sleep(0.1)


async def fill(installation):
    """Three samples in the journal, five inputs of which two are acknowledged."""
    nc = await client.connect(installation, "test")
    js = nc.jetstream()
    await client.ensure_streams(js)
    for step in (1, 2, 3):
        await js.publish(subjects.samples(0), samples(step, float(step)))
    reader = await js.pull_subscribe(
        INPUT, durable="worker-0", stream=subjects.IN, config=ConsumerConfig(ack_policy=AckPolicy.ALL)
    )
    for number in range(5):
        await js.publish(INPUT, b"%d" % number)
    await (await reader.fetch(2, timeout=2))[-1].ack_sync()
    await nc.close()


async def unread(installation):
    nc = await client.connect(installation, "test")
    reader = await nc.jetstream().pull_subscribe_bind("worker-0", subjects.IN)
    messages = await reader.fetch(10, timeout=2)
    await nc.close()
    return [(m.metadata.sequence.stream, m.data) for m in messages]


def furnish(installation):
    """What the other processes keep: database, attachments, snapshots, exported files."""
    installation.secrets()
    with sqlite3.connect(installation.database) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("create table park (name text)")
        database.execute("insert into park values ('示范园区')")
    (installation.folder("files") / "2027").mkdir()
    (installation.folder("files") / "2027" / "cause.pdf").write_bytes(b"%PDF")
    (installation.folder("engine") / "0.snapshot").write_bytes(b"state")


def check_furniture(installation, secrets):
    assert installation.secrets() == secrets
    with sqlite3.connect(installation.database) as database:
        assert database.execute("select name from park").fetchall() == [("示范园区",)]
    assert (installation.folder("files") / "2027" / "cause.pdf").read_bytes() == b"%PDF"
    assert (installation.folder("engine") / "0.snapshot").read_bytes() == b"state"
    assert installation.database.stat().st_mode & 0o077 == 0
    assert (installation.data / "secrets.json").stat().st_mode & 0o077 == 0


def last_value(installation):
    try:
        values = HistorianClient(installation).last_all()
    except HistorianAway:
        return None
    return dict(zip(values.tag.tolist(), values.value.tolist(), strict=True)).get(7)


def test_a_running_installation_is_backed_up_and_goes_on_elsewhere(tmp_path, live):
    old, new = Installation(data=tmp_path / "old"), Installation(data=tmp_path / "new")
    furnish(old)
    live(old.data)
    run(fill(old))
    until(lambda: last_value(old) == 3.0)
    assert backup.backup(old, tmp_path / "backup", {}) > 0
    backup.restore(new, tmp_path / "backup", {})
    check_furniture(new, old.secrets())
    live(new.data)
    assert last_value(new) == 3.0
    assert run(unread(new)) == [(3, b"2"), (4, b"3"), (5, b"4")]


def test_a_stopped_installation_is_backed_up_too(tmp_path):
    old, new = Installation(data=tmp_path / "old"), Installation(data=tmp_path / "new")
    furnish(old)
    bus = server.start(old)
    run(fill(old))
    bus.stop()
    backup.backup(old, tmp_path / "backup", {})
    backup.restore(new, tmp_path / "backup", {})
    check_furniture(new, old.secrets())
    bus = server.start(new)
    try:
        assert len(run(unread(new))) == 3
    finally:
        bus.stop()


def test_a_full_folder_is_never_written_into(tmp_path):
    installation = Installation(data=tmp_path / "var")
    furnish(installation)
    with pytest.raises(backup.CannotBackUp, match="is not empty"):
        backup.backup(installation, installation.data, {})
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / backup.MANIFEST).write_text('{"format": 1}')
    with pytest.raises(backup.CannotBackUp, match="is not empty"):
        backup.restore(installation, tmp_path / "backup", {})


@pytest.mark.parametrize(
    ("manifest", "said"), [(None, "no whole backup"), ("{", "cannot be read"), ('{"format": 9}', "has format 9")]
)
def test_half_a_backup_is_refused(tmp_path, manifest, said):
    if manifest is not None:
        (tmp_path / backup.MANIFEST).write_text(manifest)
    with pytest.raises(backup.CannotBackUp, match=said):
        backup.restore(Installation(data=tmp_path / "var"), tmp_path, {})
    assert not (tmp_path / "var").exists()


def test_there_must_be_something_to_back_up(tmp_path):
    with pytest.raises(backup.CannotBackUp, match="there is no installation"):
        backup.backup(Installation(data=tmp_path / "none"), tmp_path / "backup", {})
