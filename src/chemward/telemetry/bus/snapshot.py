"""A stream with its readers' positions as a file, and back: the bus's own snapshot, taken while it works on.

A snapshot is two files: `<STREAM>.json` (configuration and state) and `<STREAM>.snapshot` (the server's archive).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nats.errors
from nats.aio.client import Client

from chemward.telemetry.bus.client import decode, encode
from chemward.telemetry.bus.streams import STREAM_NAMES

CHUNK = 128 * 1024
CHUNK_PATIENCE_S = 60.0


class SnapshotFailed(Exception):
    """The bus would not give or take a snapshot; the text holds its words."""


async def save_streams(nc: Client, folder: Path) -> dict[str, int]:
    """Write a snapshot of each stream into `folder`; answers how many messages each holds. nc: a connection of the platform."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: await save_stream(nc, name, folder) for name in STREAM_NAMES}


async def save_stream(nc: Client, name: str, folder: Path) -> int:
    """Write the snapshot of one stream; answers how many messages it holds. Raises SnapshotFailed."""
    inbox = nc.new_inbox()
    subscription = await nc.subscribe(inbox)
    try:
        head = await _ask(nc, f"$JS.API.STREAM.SNAPSHOT.{name}", {"deliver_subject": inbox, "chunk_size": CHUNK, "jsck": True})
        with (folder / f"{name}.snapshot").open("wb") as f:
            while True:
                message = await subscription.next_msg(CHUNK_PATIENCE_S)
                status = (message.headers or {}).get("Status", "")
                if status not in ("", "204"):
                    raise SnapshotFailed(f"{name}: the snapshot broke off with status {status}")
                if not message.data:
                    break
                f.write(message.data)
                if message.reply:  # the server sends on when it hears that we have it
                    await message.respond(b"")
    except nats.errors.TimeoutError as fault:
        raise SnapshotFailed(f"{name}: the bus fell silent during the snapshot") from fault
    finally:
        await subscription.unsubscribe()
    (folder / f"{name}.json").write_bytes(encode({"config": head["config"], "state": head["state"]}))
    return int(head["state"]["messages"])


async def load_streams(nc: Client, folder: Path) -> None:
    """Bring the streams back that `save_streams` wrote. The bus may not have any of them yet. Raises SnapshotFailed."""
    for name in STREAM_NAMES:
        await load_stream(nc, name, folder)


async def load_stream(nc: Client, name: str, folder: Path) -> None:
    """Bring one stream back. Raises SnapshotFailed when the bus has it already or the file is damaged."""
    subject = f"$JS.API.STREAM.RESTORE.{name}"
    target = (await _ask(nc, subject, decode((folder / f"{name}.json").read_bytes())))["deliver_subject"]
    with (folder / f"{name}.snapshot").open("rb") as f:
        while chunk := f.read(CHUNK):
            taken = await nc.request(target, chunk, timeout=CHUNK_PATIENCE_S)
            if taken.data:
                raise SnapshotFailed(f"{name}: {_words(decode(taken.data))}")
    done = decode((await nc.request(target, b"", timeout=CHUNK_PATIENCE_S)).data)
    if "error" in done:
        raise SnapshotFailed(f"{name}: {_words(done)}")


async def _ask(nc: Client, subject: str, body: Any) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = decode((await nc.request(subject, encode(body), timeout=10)).data)
    except nats.errors.Error as fault:
        raise SnapshotFailed(f"{subject}: {fault}") from fault
    if "error" in answer:
        raise SnapshotFailed(f"{subject.rsplit('.', 1)[1]}: {_words(answer)}")
    return answer


def _words(answer: dict[str, Any]) -> str:
    return str(answer.get("error", {}).get("description", "refused"))
