"""Backup of the whole history: a frozen moment of all tables (hard links, no pause worth naming), copied file by file."""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from chemward.telemetry.historian.answers import HistorianError
from chemward.telemetry.historian.archive import fsync_folder
from chemward.telemetry.historian.schema import DATABASE, TABLES, create_statements
from chemward.telemetry.historian.sessions import Sessions

FORMAT = 1
MANIFEST = "historian.json"
FROZEN = "backup"


def must_be_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise HistorianError(f"{folder} is not empty; give a folder that is")


def freeze(sessions: Sessions, folder: Path) -> None:
    """Freeze all tables. The caller holds the store's write lock, so that all are of one moment."""
    drop_frozen(folder)
    for table in TABLES:
        sessions.execute(f"alter table {DATABASE}.{table} freeze with name '{FROZEN}'")


def drop_frozen(folder: Path) -> None:
    """Let go of the frozen moment (or one that a crash left)."""
    shutil.rmtree(folder / "shadow" / FROZEN, ignore_errors=True)


def copy_frozen(sessions: Sessions, folder: Path, target: Path) -> dict[str, int]:
    """Copy the frozen parts to `target/tables/<table>/<part>`. Returns the rows of each table."""
    rows = dict.fromkeys(TABLES, 0)
    for table in TABLES:
        frozen = folder / "shadow" / FROZEN / "store" / _data_folder(sessions, table).relative_to(folder / "store")
        copied = target / "tables" / table
        copied.mkdir(parents=True)
        for part in sorted(frozen.iterdir()) if frozen.exists() else ():
            shutil.copytree(part, copied / part.name)
            rows[table] += int((part / "count.txt").read_text())
    return rows


def write_manifest(target: Path, rows: dict[str, int]) -> None:
    """Written last: a folder with this file is a whole backup."""
    _sync_tree(target)
    with (target / MANIFEST).open("w") as f:
        json.dump({"format": FORMAT, "rows": rows}, f, indent=1)
        f.flush()
        os.fsync(f.fileno())
    fsync_folder(target)


def restore(source: Path, folder: Path, archive: Path | None = None) -> None:
    """Make a store in an empty folder from a backup. No process may have the folder open.

    archive: where the exported days go, `folder/archive` unless told.
    Raises HistorianError when the backup is not whole or a folder is not empty.
    """
    archive = archive or folder / "archive"
    try:
        manifest = json.loads((source / MANIFEST).read_text())
    except FileNotFoundError:
        raise HistorianError(f"{source} is no whole backup of the history: {MANIFEST} is missing") from None
    if manifest.get("format") != FORMAT:
        raise HistorianError(f"the backup in {source} has format {manifest.get('format')}; this version reads {FORMAT}")
    must_be_empty(folder)
    must_be_empty(archive)
    sessions = Sessions(folder.resolve(), readers=1)
    try:
        for statement in create_statements():
            sessions.execute(statement)
        for table in TABLES:
            _attach(sessions, source / "tables" / table, table)
            if (found := _rows(sessions, table)) != manifest["rows"][table]:
                raise HistorianError(
                    f"the backup in {source} should hold {manifest['rows'][table]} rows of {table}, found {found}"
                )
    finally:
        sessions.close()
    if (source / "archive").exists():
        shutil.copytree(source / "archive", archive, dirs_exist_ok=True)
        _sync_tree(archive)


def _attach(sessions: Sessions, parts: Path, table: str) -> None:
    detached = _data_folder(sessions, table) / "detached"
    detached.mkdir(exist_ok=True)
    for part in sorted(parts.iterdir()):
        shutil.copytree(part, detached / part.name)
    _sync_tree(detached)
    # In the order in which they were written: of two rows of one key the later one wins.
    for part in sorted(parts.iterdir(), key=_written):
        sessions.execute(f"alter table {DATABASE}.{table} attach part '{part.name}'")


def _written(part: Path) -> int:
    """First block number of a part `<partition>_<first>_<last>_<level>`."""
    return int(part.name.split("_")[-3])


def _data_folder(sessions: Sessions, table: str) -> Path:
    paths = sessions.table(f"select data_paths[1] as path from system.tables where database = '{DATABASE}' and name = '{table}'")
    return Path(paths["path"][0].as_py())


def _rows(sessions: Sessions, table: str) -> int:
    return sessions.number(
        f"select toUInt64(sum(rows)) from system.parts where active and database = '{DATABASE}' and table = '{table}'"
    )


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            fsync_folder(path)
        else:
            with path.open("rb") as f:
                os.fsync(f.fileno())
    fsync_folder(folder)
