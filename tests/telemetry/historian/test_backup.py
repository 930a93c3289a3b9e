"""A backup brings everything back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chemward.telemetry.historian.answers import HistorianError, Position
from chemward.telemetry.historian.backup import restore
from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, Feed, batch, read_back


def described(store: ChdbHistorian) -> str:
    return repr(
        (
            read_back(store, None, MIDNIGHT, MIDNIGHT + 9 * DAY),
            store.hourly(None, MIDNIGHT, MIDNIGHT + 9 * DAY).to_pylist(),
            store.texts(None, MIDNIGHT, MIDNIGHT + 9 * DAY).to_pylist(),
            store.last_all(),
            store.position("SAMPLES"),
            store.last_step(0),
            [(day.day, day.is_archived) for day in store.days()],
        )
    )


@pytest.fixture
def backup(tmp_path: Path) -> tuple[Path, str]:
    """A backup, and what the store it was made of answered."""
    with ChdbHistorian(tmp_path / "store") as store:
        feed = Feed(store)
        for day in range(3):
            feed.send((tag, MIDNIGHT + day * DAY + i * HOUR, float(i), 0) for tag in range(20) for i in range(24))
        feed.send([(5, MIDNIGHT, 99.0, 1), (6, MIDNIGHT, float("nan"), 0)], {1: "开"})
        feed.send([(5, MIDNIGHT, 100.0, 1)])
        store.roll_up(MIDNIGHT + DAY)
        store.apply_retention(1, MIDNIGHT + 2 * DAY)
        store.append([batch(99, [(5, MIDNIGHT + 2 * DAY, 101.0, 1)])], Position("SAMPLES", "x", 7))
        before = described(store)
        store.backup(tmp_path / "backup")
        store.append([batch(100, [(5, MIDNIGHT + 2 * DAY, -1.0, 1)])])  # after the backup
    return tmp_path / "backup", before


def test_a_restored_store_answers_as_the_one_that_was_backed_up(backup: tuple[Path, str], tmp_path: Path) -> None:
    source, before = backup
    restore(source, tmp_path / "restored")
    with ChdbHistorian(tmp_path / "restored") as store:
        assert described(store) == before
        assert store.append([batch(99, [(5, MIDNIGHT, 0.0, 0)])]).skipped == 1
        assert store.append([batch(100, [(5, MIDNIGHT, 1.0, 0)])]).stored == 1


def test_the_archive_can_be_restored_to_a_place_of_its_own(backup: tuple[Path, str], tmp_path: Path) -> None:
    source, before = backup
    restore(source, tmp_path / "restored", tmp_path / "elsewhere")
    with ChdbHistorian(tmp_path / "restored", tmp_path / "elsewhere") as store:
        assert described(store) == before


def test_a_backup_that_was_cut_off_is_refused(backup: tuple[Path, str], tmp_path: Path) -> None:
    source, _ = backup
    (source / "historian.json").unlink()
    with pytest.raises(HistorianError, match="no whole backup"):
        restore(source, tmp_path / "restored")


def test_a_backup_that_lost_a_part_is_refused(backup: tuple[Path, str], tmp_path: Path) -> None:
    source, _ = backup
    shutil.rmtree(next((source / "tables" / "raw").iterdir()))
    with pytest.raises(HistorianError, match="rows of raw"):
        restore(source, tmp_path / "restored")


def test_nothing_is_written_over(backup: tuple[Path, str], tmp_path: Path) -> None:
    source, _ = backup
    with pytest.raises(HistorianError, match="not empty"):
        restore(source, tmp_path / "store")
    with ChdbHistorian(tmp_path / "store") as store, pytest.raises(HistorianError, match="not empty"):
        store.backup(source)
