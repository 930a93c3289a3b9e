"""Backup and restore of a whole installation, one command each; the backup is taken while the platform works on.

Order matters. The database before the events that follow it (the recorder takes what it has seen already once more, by key), the
samples before the history made of them (the historian keeps the last of equal ones), so that what is restored continues by
itself without a gap. The manifest is written last: a folder with it is a whole backup.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chemward.config.supervisor import Refused, alone
from chemward.telemetry.bus import client, server, snapshot
from chemward.telemetry.installation import Installation

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "app.sqlite3"
POSTGRES_DUMP = "database.dump"
# Small files of the data folder that belong to the installation.
SINGLE_FILES = ("secrets.json", "audit-head.json", "demo-logins.txt", "demo-feeds.json", "demo-scenarios.json")
# Folders that are copied as they stand; `archive/samples` is the historian's and comes with its backup.
FOLDERS = ("engine", "files", "archive")
HISTORY_ARCHIVE = "samples"


class CannotBackUp(Exception):
    """The backup or the restore cannot be done; the text says why and what to do."""


# -- backup -----------------------------------------------------------------------------------------------------------


def backup(installation: Installation, target: Path, environment: Mapping[str, str] | None = None) -> int:
    """Write a backup into `target`, a folder that does not exist or is empty; answers its size [byte].

    Of a running instance it is taken from the running processes, otherwise from the files. Raises CannotBackUp.
    """
    env = os.environ if environment is None else environment
    if not installation.data.is_dir():
        raise CannotBackUp(f"there is no installation in {installation.data}; set CHEMWARD_DATA")
    _must_be_empty(target)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _said_clearly(), _running_or_held(installation) as is_running:
        _copy_folder(installation.data / "engine", target / "engine")
        _copy_database(installation, target, env)
        with _bus(installation, is_running=is_running):
            messages = asyncio.run(_save_streams(installation, target / "bus"))
        _back_up_history(installation, target / "historian", is_running=is_running)
        _copy_folder(installation.data / "files", target / "files")
        _copy_folder(installation.data / "archive", target / "archive", without=HISTORY_ARCHIVE)
        for name in SINGLE_FILES:
            if (installation.data / name).exists():
                shutil.copy2(installation.data / name, target / name)
    _write_manifest(target, {"format": FORMAT, "made_at_ms": round(time.time() * 1000), "messages": messages})
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def _copy_database(installation: Installation, target: Path, env: Mapping[str, str]) -> None:
    if url := env.get("CHEMWARD_DATABASE"):
        _postgres("pg_dump", "--format=custom", "--file", str(target / POSTGRES_DUMP), "--dbname", url)
        return
    if not installation.database.exists():
        raise CannotBackUp(f"{installation.database} does not exist; nothing was set up here yet")
    # SQLite's own copy of one moment, while others read and write.
    with (
        contextlib.closing(sqlite3.connect(f"file:{installation.database}?mode=ro", uri=True, timeout=60)) as source,
        contextlib.closing(sqlite3.connect(target / DATABASE)) as copy,
    ):
        source.backup(copy, pages=4096, sleep=0.001)
        copy.execute("PRAGMA journal_mode=DELETE")


async def _save_streams(installation: Installation, folder: Path) -> dict[str, int]:
    nc = await client.connect(installation, "backup", patience_s=10)
    try:
        await client.ensure_streams(nc.jetstream())
        return await snapshot.save_streams(nc, folder)
    finally:
        await nc.close()


def _back_up_history(installation: Installation, target: Path, *, is_running: bool) -> None:
    if is_running:
        from chemward.telemetry.historian.client import HistorianClient

        target.mkdir(mode=0o700)
        HistorianClient(installation).backup(target)
        return
    from chemward.telemetry.historian.process import open_store

    store = open_store(installation)
    try:
        target.mkdir(mode=0o700)
        store.backup(target)
    finally:
        store.close()


# -- restore ----------------------------------------------------------------------------------------------------------


def restore(installation: Installation, source: Path, environment: Mapping[str, str] | None = None) -> None:
    """Bring a backup back into an empty data folder (and, when one is set, an empty PostgreSQL database). Raises CannotBackUp."""
    env = os.environ if environment is None else environment
    _check_manifest(source)
    _must_be_empty(installation.data)
    with _said_clearly(), alone(installation):
        for name in SINGLE_FILES:
            if (source / name).exists():
                _copy_private(source / name, installation.data / name)
        _restore_database(installation, source, env)
        for name in FOLDERS:
            _copy_folder(source / name, installation.data / name)
        from chemward.telemetry.historian import backup as history

        history.restore(
            source / "historian",
            installation.folder("historian") / "store",
            installation.folder("archive") / HISTORY_ARCHIVE,
        )
        with _bus(installation, is_running=False):
            asyncio.run(_load_streams(installation, source / "bus"))
        with contextlib.suppress(FileNotFoundError):
            installation.run_file.unlink()


def _restore_database(installation: Installation, source: Path, env: Mapping[str, str]) -> None:
    if (source / DATABASE).exists():
        _copy_private(source / DATABASE, installation.database)
        return
    url = env.get("CHEMWARD_DATABASE")
    if not url:
        raise CannotBackUp("the backup holds a PostgreSQL database; set CHEMWARD_DATABASE to an empty one")
    _postgres("pg_restore", "--no-owner", "--exit-on-error", "--dbname", url, str(source / POSTGRES_DUMP))


async def _load_streams(installation: Installation, folder: Path) -> None:
    nc = await client.connect(installation, "restore", patience_s=10)
    try:
        await snapshot.load_streams(nc, folder)
    finally:
        await nc.close()


def _check_manifest(source: Path) -> None:
    try:
        manifest = json.loads((source / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        raise CannotBackUp(f"{source} is no whole backup: {MANIFEST} is missing") from None
    except ValueError as fault:
        raise CannotBackUp(f"{source / MANIFEST} cannot be read: {fault}") from fault
    if manifest.get("format") != FORMAT:
        raise CannotBackUp(f"the backup in {source} has format {manifest.get('format')}; this version reads {FORMAT}")


# -- both -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _running_or_held(installation: Installation) -> Iterator[bool]:
    """True while an instance runs on the data folder; otherwise the folder is held, so that none starts meanwhile."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(alone(installation))
        except Refused:
            yield True
        else:
            yield False


@contextlib.contextmanager
def _bus(installation: Installation, *, is_running: bool) -> Iterator[None]:
    """A bus to speak to: the running one, the site's, or one started for the while."""
    if is_running or installation.nats_url:
        yield
        return
    started = server.start(installation)
    try:
        yield
    finally:
        started.stop()


@contextlib.contextmanager
def _said_clearly() -> Iterator[None]:
    """Failures of the parts, as CannotBackUp."""
    from chemward.telemetry.historian.answers import HistorianError
    from chemward.telemetry.historian.client import HistorianAway, HistorianRefused

    try:
        yield
    except (
        Refused,
        HistorianError,
        HistorianAway,
        HistorianRefused,
        snapshot.SnapshotFailed,
        client.BusUnavailable,
        sqlite3.Error,
        OSError,
    ) as fault:
        raise CannotBackUp(str(fault)) from fault


def _must_be_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotBackUp(f"{folder} is not empty; give a folder that is empty or does not exist")


def _copy_folder(source: Path, target: Path, *, without: str = "") -> None:
    """Copy a folder as far as it exists. Files that vanish meanwhile were temporary."""
    for folder, _, names in os.walk(source):
        at = Path(folder)
        if without and at.relative_to(source).parts[:1] == (without,):
            continue
        (target / at.relative_to(source)).mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(at / name, target / at.relative_to(source) / name)


def _copy_private(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    target.chmod(0o600)


def _postgres(program: str, *arguments: str) -> None:
    if not shutil.which(program):
        raise CannotBackUp(f"{program} is missing: sudo apt install postgresql-client")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBackUp(f"{program}: {done.stderr.strip()}")


def _write_manifest(target: Path, manifest: dict[str, Any]) -> None:
    with (target / MANIFEST).open("w", encoding="utf-8") as f:
        json.dump(manifest, f, indent=1)
        f.flush()
        os.fsync(f.fileno())
