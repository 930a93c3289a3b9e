"""From messages to columns: codes, units, states, time, range, and what a feed's page shows."""

import json

import numpy as np
import pytest

from chemward.protocols.telemetry import quality as q
from chemward.protocols.telemetry.units import conversions_for
from chemward.telemetry.engine.config import TagConfig, TagPage
from chemward.telemetry.worker.feed_config import FeedConfig
from chemward.telemetry.worker.feeds import Feeds
from chemward.telemetry.worker.health import Health, echo
from chemward.telemetry.worker.pipeline import Incoming, Pipeline

NOW = 1_760_000_000_000
FEED = "tankfarm01"
TAGS = (
    TagConfig(n=101, code="GT-1", unit="ppm", lo=0, hi=100, period_s=1, conversions=conversions_for("ppm", molar_mass=34.08)),
    TagConfig(n=102, code="PT-1", unit="kPa", conversions=conversions_for("kPa"), frozen_s=60),
    TagConfig(n=103, code="P-1", kind="state", states={"运行": 1, "停止": 0}),
    TagConfig(n=104, code="MODE", kind="text"),
    TagConfig(n=105, code="OLD", enabled=False),
)


@pytest.fixture
def pipeline():
    feeds = Feeds()
    feeds.apply_feed(FeedConfig(feed=FEED, shard="03", org_path="1.4.9.", lateness_s=60, max_skew_s=30))
    feeds.apply_page(TagPage(feed=FEED, page=0, version=1, tags=TAGS))
    return Pipeline(feeds)


def message(content, received=NOW, subject=f"in.03.{FEED}.data", seq=1):
    data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Incoming(subject, data, received, "IN", seq)


def step(pipeline, *contents, **more):
    for content in contents:
        pipeline.take(message(content, **more))
    return pipeline.finish()


@pytest.fixture
def health(pipeline):
    """What the feed's page shows after the steps of the test."""
    told = Health(pipeline.feeds, pipeline, NOW)
    return lambda: told.bodies(NOW + 2000)[0]


def test_codes_become_numbers_in_order_of_arrival(pipeline):
    done = step(pipeline, {"tag": "PT-1", "v": 1}, {"tags": ["GT-1", "PT-1"], "v": [2, 3], "t": NOW - 5})
    assert done.tag.tolist() == [102, 101, 102]
    assert done.value.tolist() == [1, 2, 3]
    assert done.ts.tolist() == [NOW, NOW - 5, NOW - 5]


def test_units_are_converted_to_the_tags_own(pipeline):
    done = step(
        pipeline, [{"tag": "PT-1", "v": 0.5, "u": "MPa"}, {"tag": "GT-1", "v": 10, "u": "mg/m³"}, {"tag": "GT-1", "v": 7}]
    )
    assert done.value.tolist() == pytest.approx([500.0, 7.174, 7.0], rel=1e-3)


def test_a_unit_that_does_not_fit_is_refused_alone(pipeline):
    done = step(pipeline, [{"tag": "PT-1", "v": 1, "u": "℃"}, {"tag": "GT-1", "v": 7}])
    assert done.tag.tolist() == [101]
    assert pipeline.news[FEED].faults == {"no_conversion": 1}


def test_states_by_word_and_texts_by_index(pipeline):
    rows = [
        {"tag": "P-1", "v": "运行"},
        {"tag": "X", "v": 1},
        {"tag": "MODE", "v": "自动"},
        {"tag": "P-1", "v": "坏词"},
        {"tag": "PT-1", "v": "高"},
        {"tag": "MODE", "v": 3},
    ]
    done = step(pipeline, {"tag": "GT-1", "v": 1}, rows)
    assert done.tag.tolist() == [101, 103, 104, 104]
    assert done.value.tolist()[1] == 1.0
    assert done.texts == {2: "自动", 3: "3"}
    assert pipeline.news[FEED].faults == {"unknown_tag": 1, "unknown_state": 1, "not_a_number": 1}


def test_an_unknown_code_is_told_once_with_an_example_until_the_configuration_changes(pipeline):
    done = step(pipeline, {"tag": "NEW", "v": 5, "u": "m"}, {"tag": "NEW", "v": 6})
    assert [(u.code, u.example, u.unit) for u in done.unknown] == [("NEW", 5.0, "m")]
    assert step(pipeline, {"tag": "NEW", "v": 7}).unknown == []
    pipeline.forget_told(FEED)
    assert len(step(pipeline, {"tag": "NEW", "v": 7}).unknown) == 1


def test_a_configuration_change_is_seen_by_the_next_message_with_the_same_codes(pipeline):
    content = {"tags": ["GT-1", "NEW"], "v": [1, 2]}
    assert step(pipeline, content).tag.tolist() == [101]
    pipeline.feeds.apply_page(TagPage(feed=FEED, page=0, version=2, tags=(*TAGS[1:], TagConfig(n=109, code="NEW"))))
    assert step(pipeline, content).tag.tolist() == [109]


def test_late_and_ahead_and_out_of_range_are_marked(pipeline, health):
    rows = [
        {"tag": "GT-1", "v": 1, "t": NOW - 61_000},
        {"tag": "GT-1", "v": 500, "t": NOW},
        {"tag": "PT-1", "v": 1, "t": NOW + 31_000},
    ]
    done = step(pipeline, rows)
    assert done.quality.tolist() == [q.LATE, q.OUT_OF_RANGE, q.SUBSTITUTED]
    assert done.ts.tolist() == [NOW - 61_000, NOW, NOW]
    body = health()
    assert (body["late"], body["out_of_range"], body["ahead"], body["skew_ms"], body["clean"]) == (1, 1, 1, 31_000, 0)


def test_a_bad_reading_is_not_judged_against_the_range(pipeline):
    assert step(pipeline, {"tag": "GT-1", "v": 500, "q": "bad"}).quality.tolist() == [q.BAD]


def test_the_same_tag_and_time_twice_is_counted_and_kept_for_the_last_to_win(pipeline, health):
    done = step(pipeline, *[{"tag": "PT-1", "v": v, "t": NOW - 1000} for v in (1, 2)], {"tag": "PT-1", "v": 3, "t": NOW - 2000})
    assert done.value.tolist() == [1, 2, 3]
    body = health()
    assert (body["duplicates"], body["out_of_order"]) == (1, 1)


def test_gaps_and_frozen_values_are_seen(pipeline, health):
    for second in (0, 1, 2, 10):
        step(pipeline, {"tag": "GT-1", "v": second}, received=NOW + second * 1000)
    for second in (0, 40, 80):
        step(pipeline, {"tag": "PT-1", "v": 5}, received=NOW + second * 1000)
    body = health()
    assert (body["gaps"], body["frozen"]) == (1, 1)


def test_a_malformed_message_stops_nothing_and_is_shown_in_the_echo(pipeline):
    done = step(pipeline, b"{bad", {"tag": "GT-1", "v": 1}, b"\xff\xfe", b"[" * 50_000)
    assert len(done) == 1
    news = pipeline.news[FEED]
    assert sum(news.faults.values()) == 3
    shown = echo(FEED, news, NOW)
    assert len(shown["text"]) <= 2048
    assert shown["is_cut"]
    assert shown["faults"][0]["remedy"]


def test_messages_of_feeds_that_are_not_active_are_counted_and_dropped(pipeline):
    pipeline.feeds.apply_feed(FeedConfig(feed=FEED, shard="03", active=False))
    assert len(step(pipeline, {"tag": "GT-1", "v": 1})) == 0
    assert sum(pipeline.strangers.values()) == 1


def test_alarms_of_the_enterprises_own_system_are_taken_with_their_place(pipeline):
    pipeline.take(
        message(
            [{"id": "D-1", "kind": "raised", "tag": "GT-1"}, {"id": "", "kind": "raised"}], subject=f"cw.03.{FEED}.alarm", seq=9
        )
    )
    done = pipeline.finish()
    assert [(e.alarm.id, e.seq, e.index) for e in done.external] == [("D-1", 9, 0)]
    assert pipeline.feeds.number(done.external[0].feed, "GT-1") == 101


def test_conformity_is_the_share_of_samples_without_any_fault(pipeline, health):
    step(
        pipeline,
        [{"tag": "GT-1", "v": 1}, {"tag": "XX", "v": 1}, {"tag": "GT-1", "v": 900, "t": NOW + 1}, {"tag": "PT-1", "v": 1}],
    )
    assert health()["conformity"] == 0.5


def test_many_messages_of_many_feeds_keep_their_own_limits(pipeline):
    pipeline.feeds.apply_feed(FeedConfig(feed="otherfeed1", shard="04", lateness_s=1))
    pipeline.feeds.apply_page(TagPage(feed="otherfeed1", page=0, version=1, tags=(TagConfig(n=201, code="GT-1"),)))
    for n in range(200):
        for feed in (FEED, "otherfeed1"):
            pipeline.take(
                message({"tag": "GT-1", "v": n % 50, "t": NOW + n - 5000}, subject=f"cw.03.{feed}.data", received=NOW + n)
            )
    done = pipeline.finish()
    late = done.quality & q.LATE > 0
    assert set(done.tag[late].tolist()) == {201}
    assert np.array_equal(done.tag, np.tile([101, 201], 200))
