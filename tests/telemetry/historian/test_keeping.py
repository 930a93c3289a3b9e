"""What is appended is there: whole, once, the last one of each tag and time."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chemward.telemetry.historian.answers import HistorianError, Position
from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.making import DAY, MIDNIGHT, MINUTE, SECOND, Feed, batch, read_back

NAN = float("nan")
moments = st.integers(MIDNIGHT - 3 * DAY, MIDNIGHT + 3 * DAY)
values = st.one_of(st.floats(allow_nan=False), st.integers(-5, 5).map(float))
samples = st.tuples(st.integers(0, 3), st.one_of(moments, st.integers(MIDNIGHT, MIDNIGHT + 5)), values, st.integers(0, 127))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(samples, max_size=12), min_size=1, max_size=4))
def test_everything_appended_is_read_back_once_in_order_of_time_and_the_last_one_wins(feed: Feed, steps: list) -> None:
    # The store lives through all examples; each takes tags of its own.
    base = 1 + max((tag for tag, _ in feed.known), default=0)
    for rows in steps:
        feed.send([(base + tag, ts, value, quality) for tag, ts, value, quality in rows])
    tags = list(range(base, base + 4))
    expected = sorted((ts, tag, value, quality) for (tag, ts), (value, quality) in feed.known.items() if tag >= base)
    found = read_back(feed.store, tags, MIDNIGHT - 3 * DAY, MIDNIGHT + 3 * DAY + 1)
    assert found == [(tag, ts, value, quality) for ts, tag, value, quality in expected]
    last = feed.store.last_all().of(tags)
    newest = {tag: max((s for s in expected if s[1] == tag), default=None) for tag in tags}
    assert dict(zip(last.tag.tolist(), zip(last.ts, last.value, last.quality, strict=True), strict=True)) == {
        tag: (ts, value, quality) for tag, (ts, _, value, quality) in ((t, s) for t, s in newest.items() if s)
    }


def test_a_redelivered_step_is_skipped_and_does_not_bring_back_old_values(store: ChdbHistorian) -> None:
    first = batch(1, [(7, MIDNIGHT, 1.0, 0), (7, MIDNIGHT + SECOND, 2.0, 0)])
    store.append([first])
    store.append([batch(2, [(7, MIDNIGHT, 10.0, 0)])])
    again = store.append([first])
    assert (again.stored, again.skipped) == (0, 2)
    assert read_back(store, [7], MIDNIGHT, MIDNIGHT + MINUTE) == [(7, MIDNIGHT, 10.0, 0), (7, MIDNIGHT + SECOND, 2.0, 0)]


def test_steps_of_two_worker_partitions_are_counted_apart(store: ChdbHistorian) -> None:
    store.append([batch(5, [(1, MIDNIGHT, 1.0, 0)], partition=0), batch(5, [(2, MIDNIGHT, 2.0, 0)], partition=1)])
    assert [row[0] for row in read_back(store, None, MIDNIGHT, MIDNIGHT + 1)] == [1, 2]
    assert (store.last_step(0), store.last_step(1), store.last_step(2)) == (5, 5, 0)


def test_a_worker_that_lost_its_state_and_counts_from_one_again_is_not_taken_for_a_redelivery(store: ChdbHistorian) -> None:
    from chemward.protocols.telemetry.batch import BatchHeader, decode, encode

    store.append([batch(900, [(1, MIDNIGHT, 1.0, 0)])])
    later = BatchHeader(0, 1, now_ms=MIDNIGHT + DAY, cfg_seq=0)
    done = store.append([decode(encode(later, [1], [MIDNIGHT + DAY], [2.0], [0]))])
    assert done.stored == 1


def test_a_sample_with_an_impossible_time_is_refused_and_counted_and_the_rest_of_the_step_is_stored(store: ChdbHistorian) -> None:
    rows = [(1, -5, 1.0, 0), (2, MIDNIGHT, NAN, 0), (3, 2**60, 3.0, 0), (4, MIDNIGHT, NAN, 0)]
    done = store.append([batch(1, rows, {0: "lost", 1: "开", 3: "关"})])
    assert (done.stored, done.refused) == (2, 2)
    assert store.last_all().texts == {2: "开", 4: "关"}


def test_texts_are_kept_beside_their_samples(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT, NAN, 0), (2, MIDNIGHT, 5.0, 0)], {0: "'; drop table x; -- \\ <b>阀门</b>"})
    feed.send([(1, MIDNIGHT + SECOND, NAN, 0)], {0: "关"})
    found = feed.store.texts([1], MIDNIGHT, MIDNIGHT + MINUTE).to_pylist()
    assert [row["text"] for row in found] == ["'; drop table x; -- \\ <b>阀门</b>", "关"]
    assert feed.store.at([1, 2], MIDNIGHT).texts == {1: "'; drop table x; -- \\ <b>阀门</b>"}
    assert feed.store.last_all().texts == {1: "关"}


def test_a_late_sample_goes_into_history_but_is_not_the_last_value(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT + MINUTE, 5.0, 0)])
    feed.send([(1, MIDNIGHT, 4.0, 4)])
    assert feed.store.last_all().value.tolist() == [5.0]
    assert len(read_back(feed.store, [1], MIDNIGHT, MIDNIGHT + DAY)) == 2


def test_a_number_after_a_text_takes_the_text_away(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT, NAN, 0)], {0: "开"})
    feed.send([(1, MIDNIGHT + 1, 1.0, 0)])
    assert feed.store.last_all().texts == {}


def test_raw_stops_at_its_limit_and_a_reader_left_early_does_not_block_others(feed: Feed) -> None:
    feed.send((tag, MIDNIGHT + i * SECOND, float(i), 0) for i in range(500) for tag in range(100))
    assert len(read_back(feed.store, None, MIDNIGHT, MIDNIGHT + DAY, limit=777)) == 777
    for _ in range(12):  # more than there are readers
        chunks = feed.store.raw(None, MIDNIGHT, MIDNIGHT + DAY)
        next(chunks)
        chunks.close()
    assert len(read_back(feed.store, [5], MIDNIGHT, MIDNIGHT + DAY)) == 500


def test_many_tags_can_be_asked_for_at_once(feed: Feed) -> None:
    feed.send((tag, MIDNIGHT, float(tag), 0) for tag in range(5000))
    wanted = list(range(0, 5000, 2))
    assert [row[0] for row in read_back(feed.store, wanted, MIDNIGHT, MIDNIGHT + 1)] == wanted
    assert feed.store.at(wanted, MIDNIGHT).tag.tolist() == wanted


def test_a_store_opened_again_knows_last_values_steps_and_positions(tmp_path: Path) -> None:
    position = Position("SAMPLES", "2026-09-22", 41)
    with ChdbHistorian(tmp_path / "store") as store:
        store.append([batch(3, [(1, MIDNIGHT, 1.5, 1), (2, MIDNIGHT, NAN, 0)], {1: "开"})], position)
    with ChdbHistorian(tmp_path / "store") as store:
        last = store.last_all()
        assert (last.tag.tolist(), last.value[0], last.quality.tolist(), last.texts) == ([1, 2], 1.5, [1, 0], {2: "开"})
        assert math.isnan(last.value[1])
        assert store.last_step(0) == 3
        assert store.position("SAMPLES") == position


def test_clock_ticks_move_the_position_without_a_write_each(store: ChdbHistorian) -> None:
    for step in range(1, 200):
        store.append([batch(step, [])], Position("SAMPLES", "x", step))
    assert store.position("SAMPLES") == Position("SAMPLES", "x", 199)
    assert store.last_step(0) == 199


def test_a_second_process_is_told_that_the_store_is_open(store: ChdbHistorian, tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys; from pathlib import Path; from chemward.telemetry.historian.store import ChdbHistorian; ChdbHistorian(Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "is open already" in done.stderr


def test_a_folder_that_the_engine_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistorianError, match="choose another"):
        ChdbHistorian(tmp_path / "what?")


def test_samples_of_many_days_in_one_step_are_all_stored(feed: Feed) -> None:
    feed.send((1, MIDNIGHT - i * DAY, float(i), 0) for i in range(300))
    assert len(feed.store.days()) == 300
    assert len(read_back(feed.store, [1], MIDNIGHT - 300 * DAY, MIDNIGHT + 1)) == 300


def test_days_tell_rows_and_bytes(feed: Feed) -> None:
    feed.send((1, MIDNIGHT + i, 1.0, 0) for i in range(10))
    (day,) = feed.store.days()
    assert (day.day, day.rows, day.is_archived) == ("2026-09-22", 10, False)
    assert day.bytes > 0


def test_the_value_at_a_moment_is_found_however_long_ago_it_was(feed: Feed) -> None:
    history = [
        MIDNIGHT - 400 * DAY,
        MIDNIGHT - 20 * DAY,
        MIDNIGHT - 3 * 3_600_000,
        MIDNIGHT - 10 * MINUTE,
        MIDNIGHT - 1,
        MIDNIGHT,
    ]
    for tag, ts in enumerate(history):
        feed.send([(tag, ts, float(tag), 0), (tag, ts - DAY, -1.0, 0)])
    for is_rolled_up in (False, True):
        if is_rolled_up:
            feed.store.roll_up(MIDNIGHT + DAY)
        values = feed.store.at(None, MIDNIGHT)
        assert values.ts.tolist() == history
        assert values.value.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    before = feed.store.at([3, 4, 5, 99], MIDNIGHT - 1)
    assert dict(zip(before.tag.tolist(), before.value.tolist(), strict=True)) == {3: 3.0, 4: 4.0, 5: -1.0}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(samples, min_size=1, max_size=25), when=moments, split=st.integers(0, 25), rolled_up=st.booleans())
def test_the_value_at_any_moment_is_the_newest_before_it(feed: Feed, rows: list, when: int, split: int, rolled_up: bool) -> None:
    base = 1 + max((tag for tag, _ in feed.known), default=0)
    shifted = [(base + tag, ts, value, quality) for tag, ts, value, quality in rows]
    feed.send(shifted[:split])
    if rolled_up:
        feed.store.roll_up(MIDNIGHT + 10 * DAY)
    feed.send(shifted[split:])
    values = feed.store.at(list(range(base, base + 4)), when)
    expected = {tag: found[-1] for tag in range(base, base + 4) if (found := feed.of(tag, to_ms=when + 1))}
    columns = zip(values.ts.tolist(), values.value.tolist(), values.quality.tolist(), strict=True)
    assert dict(zip(values.tag.tolist(), columns, strict=True)) == expected


def test_last_values_of_half_a_million_tags_are_kept_in_memory() -> None:
    from chemward.telemetry.historian.last_values import LastValues, Samples

    last = LastValues()
    tags = np.arange(500_000, dtype=np.int32)
    for ts, value in itertools.product((5, 3), (1.0, 2.0)):
        rows = Samples(tags[::-1], np.full(len(tags), ts), np.full(len(tags), value), np.zeros(len(tags), np.uint8), {})
        last.put(last.newer(rows))
    found = last.all()
    assert (found.tag == tags).all()
    assert (found.ts == 5).all()
    assert (found.value == 2.0).all()
