"""Snapshot files of the engine: what recovery starts from. Written whole or not at all, the last two are kept."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

KEPT = 2


class Snapshot(msgspec.Struct, frozen=True):
    """State after a step.

    step, now_ms, cfg_seq, positions: as in the step's batch. samples_seq: sequence of that batch in SAMPLES, 0 before the first.
    made_at_ms: platform time [ms]. engine: the engine's own bytes.
    """

    partition: int
    step: int
    now_ms: int
    cfg_seq: int
    positions: dict[str, int]
    samples_seq: int
    made_at_ms: int
    engine: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


class SnapshotFolder:
    """The snapshots of one partition in the `engine` folder."""

    def __init__(self, folder: Path, partition: int) -> None:
        self._folder = folder
        self._prefix = f"{partition:03d}."

    def write(self, snapshot: Snapshot) -> Path:
        """Write durably: a temporary file, flushed to the disk, then given its name; older ones are removed."""
        path = self._folder / f"{self._prefix}{snapshot.step:015d}.snapshot"
        temporary = path.with_suffix(f".{os.getpid()}")
        with temporary.open("wb") as f:
            f.write(_encoder.encode(snapshot))
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
        _sync_folder(self._folder)
        for old in self._files()[KEPT:]:
            old.unlink(missing_ok=True)
        return path

    def newest(self) -> Iterator[Snapshot]:
        """Readable snapshots, the newest first."""
        for path in self._files():
            try:
                yield _decoder.decode(path.read_bytes())
            except (OSError, msgspec.MsgspecError) as fault:
                log.error("snapshot %s cannot be read (%s); trying an older one", path.name, fault)

    def remove_unfinished(self) -> None:
        """Temporary files that a killed process left."""
        for path in self._folder.glob(f"{self._prefix}*"):
            if path.suffix != ".snapshot":
                with contextlib.suppress(OSError):
                    path.unlink()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._prefix}*.snapshot"), reverse=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
