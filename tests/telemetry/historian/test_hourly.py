"""Hourly aggregates are right at once, after roll-up, after late samples and after corrections."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chemward.protocols.telemetry.batch import Batch, BatchHeader
from chemward.telemetry.historian.store import HOLD_S, ChdbHistorian
from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, MINUTE, SECOND, Feed, expected_hour

NAN = float("nan")
HOLD_MS = HOLD_S * SECOND
sample = st.tuples(
    st.integers(0, 5 * HOUR).map(lambda ms: MIDNIGHT + ms - ms % 500),
    st.one_of(st.integers(-100, 100).map(float), st.just(NAN)),
    st.sampled_from([0, 0, 1, 2, 3, 4, 6]),
)


def hours_of(store: ChdbHistorian, tag: int) -> dict[int, dict[str, Any]]:
    rows = store.hourly([tag], MIDNIGHT, MIDNIGHT + DAY).to_pylist()
    assert len({row["hour"] for row in rows}) == len(rows)
    return {row["hour"]: row for row in rows}


def assert_right(feed: Feed, tag: int) -> None:
    found = hours_of(feed.store, tag)
    samples = feed.of(tag)
    for hour in range(MIDNIGHT, MIDNIGHT + 7 * HOUR, HOUR):
        expected = expected_hour(samples, hour, HOLD_MS)
        if expected["count"] == expected["good_s"] + expected["uncertain_s"] + expected["bad_s"] == 0:
            assert hour not in found
            continue
        row = found[hour]
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-6, abs=1e-3, nan_ok=True), name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(sample, min_size=1, max_size=15), late=st.lists(sample, max_size=10))
def test_hours_are_right_before_and_after_roll_up_and_after_late_and_corrected_samples(
    feed: Feed, first: list, late: list
) -> None:
    tag = 1 + max((tag for tag, _ in feed.known), default=0)
    feed.send((tag, *row) for row in first)
    assert_right(feed, tag)
    feed.store.roll_up(MIDNIGHT + DAY * (1 + tag))  # each example is later than the pause after the one before
    assert_right(feed, tag)
    feed.send((tag, *row) for row in late)
    assert_right(feed, tag)
    feed.store.roll_up(MIDNIGHT + DAY * (1 + tag) + HOUR)
    assert_right(feed, tag)


def test_a_sample_sent_twice_counts_once(feed: Feed) -> None:
    for value in (1.0, 3.0):
        feed.send([(1, MIDNIGHT, value, 0)])
    (row,) = hours_of(feed.store, 1).values()
    assert (row["count"], row["mean"], row["last"]) == (1, 3.0, 3.0)


def test_seconds_tell_good_bad_and_missing_time(feed: Feed) -> None:
    good = [(1, MIDNIGHT + i * SECOND, 1.0, 0) for i in range(600)]
    bad = [(1, MIDNIGHT + (600 + i) * SECOND, 1.0, 2) for i in range(300)]
    feed.send([*good, *bad])  # then nothing: the last one speaks for the hold and no longer
    (row,) = hours_of(feed.store, 1).values()
    assert (row["good_s"], row["bad_s"]) == (600.0, 299.0 + HOLD_S)


def test_the_last_sample_of_an_hour_speaks_for_the_beginning_of_the_next(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT + HOUR - 10 * SECOND, 5.0, 0), (1, MIDNIGHT + HOUR + 50 * SECOND, 6.0, 2)])
    first, second = hours_of(feed.store, 1).values()
    assert (first["count"], first["good_s"]) == (1, 10.0)
    assert (second["count"], second["good_s"], second["bad_s"]) == (1, 50.0, float(HOLD_S))


def test_an_hour_of_bad_samples_has_a_count_and_no_mean(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT, 7.0, 2), (1, MIDNIGHT + MINUTE, NAN, 0)])
    (row,) = hours_of(feed.store, 1).values()
    assert row["count"] == 2
    assert all(math.isnan(row[name]) for name in ("min", "max", "mean"))
    assert row["first"] == 7.0


def test_the_running_hour_is_not_rolled_up_and_late_samples_do_not_make_an_hour_be_done_each_minute(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT + 30 * MINUTE, 1.0, 0)])
    assert feed.store.roll_up(MIDNIGHT + 59 * MINUTE) == 0
    done_at = MIDNIGHT + HOUR + 2 * MINUTE
    assert feed.store.roll_up(done_at) == 1
    feed.send([(1, MIDNIGHT + 31 * MINUTE, 2.0, 4)])
    assert feed.store.roll_up(done_at + MINUTE) == 0
    assert hours_of(feed.store, 1)[MIDNIGHT]["count"] == 2  # answered from the samples meanwhile
    assert feed.store.roll_up(done_at + 11 * MINUTE) == 1
    assert feed.store.roll_up(done_at + DAY) == 0


def test_which_hours_are_out_of_date_is_known_after_a_restart(tmp_path: Any) -> None:
    with ChdbHistorian(tmp_path / "store") as store:
        feed = Feed(store)
        feed.send([(1, MIDNIGHT, 1.0, 0)])
        store.roll_up(MIDNIGHT + DAY)
        feed.send([(1, MIDNIGHT + MINUTE, 9.0, 4)])
    with ChdbHistorian(tmp_path / "store") as store:
        assert hours_of(store, 1)[MIDNIGHT]["max"] == 9.0
        assert store.roll_up(MIDNIGHT + DAY) == 1
        assert hours_of(store, 1)[MIDNIGHT]["max"] == 9.0


def test_an_hour_too_large_for_one_go_is_aggregated_in_shares(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chemward.telemetry.historian.store.ROWS_PER_AGGREGATION", 100)
    feed.send((tag, MIDNIGHT + i * MINUTE, float(tag), 0) for tag in range(-20, 30) for i in range(50))
    assert feed.store.roll_up(MIDNIGHT + DAY) == 1
    rows = feed.store.hourly(None, MIDNIGHT, MIDNIGHT + HOUR).to_pylist()
    assert [(row["tag"], row["count"], row["mean"]) for row in rows] == [(tag, 50, float(tag)) for tag in range(-20, 30)]


def test_long_answers_do_not_stand_still(feed: Feed) -> None:
    # The engine's parallel encoding of answers made this wait for ever, every few times.
    tags, scans = 1000, 1000
    tag = np.tile(np.arange(tags, dtype=np.int32), scans)
    ts = MIDNIGHT + np.repeat(np.arange(scans) * 80 * SECOND, tags)
    feed.store.append([Batch(BatchHeader(0, 1, MIDNIGHT, 0, count=len(tag)), tag, ts, tag / 10, np.zeros(len(tag), np.uint8))])
    for _ in range(10):
        assert feed.store.hourly(None, MIDNIGHT, MIDNIGHT + DAY).num_rows == 23 * tags
