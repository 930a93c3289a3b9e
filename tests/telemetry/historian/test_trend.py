"""A thinned trend shows what the full series shows: extremes, ends, bad quality, gaps."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, MINUTE, SECOND, Feed

NAN = float("nan")
series = st.lists(
    st.tuples(
        st.integers(1, 20_000),
        st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 5.0, NAN])),
        st.sampled_from([0, 0, 0, 1, 2, 3, 4, 64]),
    ),
    min_size=1,
    max_size=120,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=series, n=st.integers(8, 60), gap_ms=st.one_of(st.none(), st.integers(1000, 30_000)))
def test_thinning_keeps_ends_extremes_bad_quality_and_gaps_and_invents_nothing(
    feed: Feed, steps: list, n: int, gap_ms: int | None
) -> None:
    tag = 1 + max((tag for tag, _ in feed.known), default=0)
    ts = MIDNIGHT
    rows = []
    for step_ms, value, quality in steps:
        ts += step_ms
        rows.append((tag, ts, value, quality))
    feed.send(rows)
    (trend,) = feed.store.trend([tag], MIDNIGHT, ts + 1, n, gap_ms)
    points = {t: (v, q) for t, v, q in zip(trend.ts.tolist(), trend.value.tolist(), trend.quality.tolist(), strict=True)}
    full = {t: (v, q) for t, v, q in feed.of(tag)}

    assert trend.count == len(full)
    assert len(points) == len(trend.ts) <= max(n, 0)
    assert trend.ts.tolist() == sorted(points)
    assert all(repr(full[t]) == repr(sample) for t, sample in points.items())
    if len(full) <= n:
        assert len(points) == len(full)
    assert {min(full), max(full)} <= points.keys()
    fine = [v for v, q in full.values() if q & 3 < 2 and math.isfinite(v)]
    shown = [v for v, q in points.values() if q & 3 < 2 and math.isfinite(v)]
    assert (min(fine, default=0), max(fine, default=0)) == (min(shown, default=0), max(shown, default=0))
    bad = [t for t, (_, q) in full.items() if q & 3 >= 2]
    assert {*bad[:1], *bad[-1:]} <= points.keys()
    moments = sorted(full)
    gaps = [(a, b) for a, b in itertools.pairwise(moments) if b - a > trend.gap_ms]
    assert set(trend.gaps) <= set(gaps)
    assert {t for gap in trend.gaps for t in gap} <= points.keys()
    if gaps:
        assert max(b - a for a, b in gaps) == max(b - a for a, b in trend.gaps)
    if gap_ms:
        assert trend.gap_ms == gap_ms


def test_a_day_of_seconds_thinned_to_a_thousand_points_keeps_one_spike_one_dip_and_an_outage(feed: Feed) -> None:
    spike, dip, outage = MIDNIGHT + 7 * HOUR, MIDNIGHT + 8 * HOUR, MIDNIGHT + 9 * HOUR

    def reading(ts: int) -> float:
        return {spike: 99.0, dip: -99.0}.get(ts, 20 + math.sin(ts / HOUR))

    day = range(MIDNIGHT, MIDNIGHT + DAY, SECOND)
    feed.send((1, ts, reading(ts), 0) for ts in day if not outage <= ts < outage + 40 * SECOND)
    (trend,) = feed.store.trend([1], MIDNIGHT, MIDNIGHT + DAY, 1000)
    assert len(trend.ts) <= 1000
    assert trend.is_thinned
    assert {spike, dip} <= set(trend.ts.tolist())
    assert trend.gaps == ((outage - SECOND, outage + 40 * SECOND),)


def test_a_bad_reading_does_not_become_the_extreme_but_is_shown(feed: Feed) -> None:
    feed.send((1, MIDNIGHT + i * SECOND, 1e9 if i == 500 else float(i % 7), 2 if i == 500 else 0) for i in range(1000))
    (trend,) = feed.store.trend([1], MIDNIGHT, MIDNIGHT + HOUR, 100)
    at = trend.ts.tolist().index(MIDNIGHT + 500 * SECOND)
    assert (trend.value[at], trend.quality[at]) == (1e9, 2)


def test_trends_come_in_the_order_asked_and_a_tag_without_samples_has_an_empty_one(feed: Feed) -> None:
    feed.send([(1, MIDNIGHT, 1.0, 0), (2, MIDNIGHT, 2.0, 0)])
    trends = feed.store.trend([2, 9, 1], MIDNIGHT, MIDNIGHT + MINUTE, 10)
    assert [trend.tag for trend in trends] == [2, 9, 1]
    assert [trend.count for trend in trends] == [1, 0, 1]


def test_a_trend_covers_its_span_half_open(feed: Feed) -> None:
    feed.send((1, MIDNIGHT + i * SECOND, float(i), 0) for i in range(5))
    (trend,) = feed.store.trend([1], MIDNIGHT + SECOND, MIDNIGHT + 3 * SECOND, 10)
    assert trend.value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("span", "n", "named"), [((5, 5), 100, "to_ms"), ((0, 5), 3, "n is 3")])
def test_a_question_that_makes_no_sense_is_refused_by_name(feed: Feed, span: tuple[int, int], n: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        feed.store.trend([1], *span, n)
