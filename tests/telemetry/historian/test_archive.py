"""Days leave the store only when their export has been proved, and stay readable."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chemward.telemetry.historian import archive
from chemward.telemetry.historian.answers import HistorianError
from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, MINUTE, SECOND, Feed, read_back

NAN = float("nan")
LATER = MIDNIGHT + 10 * DAY


@pytest.fixture
def three_days(feed: Feed) -> Feed:
    for day in range(3):
        for tag in (5, 3, 4):
            feed.send((tag, MIDNIGHT + day * DAY + i * MINUTE, day * 1000 + i + tag / 10, i % 3) for i in range(300))
        feed.send([(6, MIDNIGHT + day * DAY, NAN, 0)], {0: f"第{day}天"})
    return feed


def everything(store: ChdbHistorian) -> list[str]:
    return list(map(repr, read_back(store, None, MIDNIGHT, MIDNIGHT + 4 * DAY)))


def answers(store: ChdbHistorian) -> list[str]:
    """What readers see, by every kind of question."""
    span = (MIDNIGHT, MIDNIGHT + 4 * DAY)
    trends = store.trend([1, 3, 4], *span, 50, 5000)
    return [
        *everything(store),
        *(repr((t.ts.tolist(), t.value.tolist(), t.gaps)) for t in trends),
        repr(store.hourly(None, *span).to_pylist()),
        repr(store.texts(None, *span).to_pylist()),
        repr(store.at(None, MIDNIGHT + DAY + HOUR)),
    ]


def test_old_days_are_exported_and_dropped_and_every_answer_stays_the_same(three_days: Feed) -> None:
    store = three_days.store
    before = answers(store)
    assert store.apply_retention(1, MIDNIGHT + 3 * DAY) == ["2026-09-22", "2026-09-23"]
    assert [(day.day, day.rows, day.is_archived) for day in store.days()] == [
        ("2026-09-22", 901, True),
        ("2026-09-23", 901, True),
        ("2026-09-24", 901, False),
    ]
    assert answers(store) == before
    assert store.apply_retention(1, MIDNIGHT + 3 * DAY) == []


def test_the_export_is_sorted_by_tag_and_time_for_other_readers(three_days: Feed, tmp_path: Path) -> None:
    three_days.store.apply_retention(1, LATER)
    table = pq.read_table(tmp_path / "store" / "archive" / "samples-2026-09-22.1.parquet")
    keys = list(zip(table["tag"].to_pylist(), table["ts"].to_pylist(), strict=True))
    assert keys == sorted(keys)
    assert table.schema.names == ["tag", "ts", "value", "quality"]


def test_what_arrives_late_for_an_archived_day_wins_and_is_archived_the_next_time(three_days: Feed, tmp_path: Path) -> None:
    store = three_days.store
    store.apply_retention(1, LATER)
    three_days.send([(3, MIDNIGHT, 777.0, 4), (3, MIDNIGHT + SECOND, 778.0, 4), (6, MIDNIGHT, NAN, 4)], {2: "改"})
    after = answers(store)
    expected = sorted((ts, tag, repr(v), q) for (tag, ts), (v, q) in three_days.known.items())
    assert [(r[1], r[0], repr(r[2]), r[3]) for r in read_back(store, None, MIDNIGHT, LATER)] == expected
    assert store.texts([6], MIDNIGHT, MIDNIGHT + 1)["text"].to_pylist() == ["改"]
    assert store.apply_retention(1, LATER) == ["2026-09-22"]
    assert answers(store) == after
    names = {file.name for file in (tmp_path / "store" / "archive").iterdir()}
    assert {"samples-2026-09-22.2.parquet", "texts-2026-09-22.2.parquet"} <= names
    assert "samples-2026-09-22.1.parquet" not in names


def test_a_day_whose_export_does_not_hold_what_was_stored_is_kept(three_days: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    store = three_days.store
    before = answers(store)
    whole = archive._row_groups

    def lossy(*args):  # type: ignore[no-untyped-def]
        for table in whole(*args):
            yield table.slice(1)

    monkeypatch.setattr(archive, "_row_groups", lossy)
    with pytest.raises(HistorianError, match="the day is kept"):
        store.apply_retention(1, LATER)
    assert not any(day.is_archived for day in store.days())
    assert answers(store) == before


def test_a_sample_that_arrives_during_the_export_keeps_its_day_for_the_next_time(
    three_days: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = three_days.store
    record = archive.record

    def record_and_receive(sessions, entry):  # type: ignore[no-untyped-def]
        record(sessions, entry)
        if entry.day == 20260922:
            three_days.send([(3, MIDNIGHT + 5, 1.5, 4)])

    with monkeypatch.context() as patched:
        patched.setattr(archive, "record", record_and_receive)
        assert store.apply_retention(1, LATER) == ["2026-09-23", "2026-09-24"]
    seen = answers(store)
    assert (3, MIDNIGHT + 5, 1.5, 4) in read_back(store, [3], MIDNIGHT, MIDNIGHT + MINUTE)
    assert store.apply_retention(1, LATER) == ["2026-09-22"]
    assert answers(store) == seen


@pytest.mark.parametrize("cut_at", ["record", "drop_day", "remove_orphans"])
def test_retention_cut_off_anywhere_is_finished_after_the_restart(
    tmp_path: Path, cut_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        pass

    def cut(*_):  # type: ignore[no-untyped-def]
        raise Cut

    with ChdbHistorian(tmp_path / "store") as store:
        feed = Feed(store)
        feed.send((1, MIDNIGHT + i * MINUTE, float(i), 0) for i in range(100))
        feed.send([(2, MIDNIGHT, NAN, 0)], {0: "开"})
        before = answers(store)
        with monkeypatch.context() as patched:
            patched.setattr(archive, cut_at, cut)
            with pytest.raises(Cut):
                store.apply_retention(1, LATER)
    with ChdbHistorian(tmp_path / "store") as store:
        assert answers(store) == before
        store.apply_retention(1, LATER)
        assert answers(store) == before
        assert [(day.rows, day.is_archived) for day in store.days()] == [(101, True)]
        assert len(list((tmp_path / "store" / "archive").iterdir())) == 2


def test_history_is_kept_for_good_unless_told(three_days: Feed) -> None:
    from chemward.telemetry.historian.process import keep_days

    assert keep_days({}) == 0
    assert keep_days({"CHEMWARD_HISTORY_DAYS": "30"}) == 30
    with pytest.raises(ValueError, match="CHEMWARD_HISTORY_DAYS"):
        keep_days({"CHEMWARD_HISTORY_DAYS": "-3"})
    with pytest.raises(ValueError, match="keep_days"):
        three_days.store.apply_retention(0, LATER)
