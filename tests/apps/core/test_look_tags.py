"""Tags of the page furniture: what stands on the page for a reading, an age, an alarm, a deadline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from chemward.apps.core.templatetags import cw, formatting

NOW = datetime(2026, 3, 18, 6, 26, 38, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def before(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def test_a_reading_on_time_is_grey_and_says_its_age() -> None:
    html = cw.age(before(seconds=2), 1, now=NOW)
    assert 'class="age"' in html
    assert ">2 s ago<" in html
    assert f'data-at-ms="{int(before(seconds=2).timestamp() * 1000)}"' in html


def test_a_reading_older_than_two_periods_is_late_and_older_than_five_is_dead() -> None:
    assert 'class="age late"' in cw.age(before(seconds=11), 5, now=NOW)
    dead = cw.age(before(minutes=12, seconds=30), 5, now=NOW)
    assert 'class="age dead"' in dead
    assert "No data for 12:30" in dead


def test_a_source_that_never_spoke_says_so_and_is_not_zero() -> None:
    assert "no data yet" in cw.age(None, 5)
    assert cw.number(None, "MPa") == '<span class="val">—</span>'


def test_a_source_whose_clock_is_ahead_is_not_younger_than_now() -> None:
    assert ">0 s ago<" in cw.age(NOW + timedelta(seconds=90), 5, now=NOW)


def test_a_number_has_its_unit_and_thousands() -> None:
    assert cw.number(1286, "m³") == '<span class="val">1\u2009286<span class="u">m³</span></span>'


def test_a_doubtful_number_says_why() -> None:
    html = cw.number(41.8, "℃", quality=0b10001)
    assert 'title="uncertain, maintenance"' in html
    assert ">?</span>" in html


def test_the_last_value_of_a_dead_source_stays_and_is_struck() -> None:
    html = cw.number(0.71, "MPa", at=before(minutes=10), period=5, colour="red", now=NOW)
    assert "val dead" in html
    assert "0.71" in html
    assert "red" not in html.split("<time")[0]


def test_text_from_devices_is_escaped_everywhere() -> None:
    for html in (
        cw.number(HOSTILE, HOSTILE),
        cw.chip(HOSTILE),
        cw.why("/x", HOSTILE),
        Template(
            "{% load cw %}{% finding 1 h h since=None why_url=h %}{% duty h h None h h %}{% empty h h h h %}{% fault h %}"
        ).render(Context({"h": HOSTILE})),
    ):
        assert "<script>" not in html


@pytest.mark.parametrize(
    ("arguments", "css"),
    [
        ({}, "pm k1"),
        ({"acked": True}, "pm k1 acked"),
        ({"acked": True, "shelved": True}, "pm k1 shelved"),
        ({"pulse": True}, "pm k1 pulse"),
    ],
)
def test_the_mark_of_a_priority_shows_what_is_owed(arguments: dict[str, bool], css: str) -> None:
    assert f'class="{css}"' in cw.priority(1, **arguments)


def test_a_priority_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 to 4"):
        cw.priority(5)
    with pytest.raises(ValueError, match="no such colour"):
        cw.chip("x", "green")


def test_a_deadline_counts_down_and_then_is_overdue() -> None:
    assert ">02:04 left<" in cw.rest(NOW + timedelta(seconds=124), now=NOW)
    assert 'class="rest nw yel"' in cw.rest(before(days=5), now=NOW)
    assert "5 days overdue" in cw.rest(before(days=5), now=NOW)


def test_times_are_as_short_as_their_distance_allows() -> None:
    assert formatting.moment(NOW, NOW) == "14:26:38"
    assert formatting.moment(before(days=3), NOW) == "03-15"
    assert formatting.moment(before(days=400), NOW) == "2025-02-11"


@pytest.mark.parametrize(("seconds", "text"), [(48, "00:48"), (13_080, "3 h 38 min"), (432_000, "5 days")])
def test_durations(seconds: float, text: str) -> None:
    assert formatting.span(seconds) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_written_number_reads_back_to_six_figures(value: float) -> None:
    text = formatting.figure(value).replace("\u2009", "").replace("−", "-")
    assert float(text) == pytest.approx(value, rel=1e-5, abs=1e-300)
    assert "e" not in text


@given(st.integers(0, 255))
def test_only_a_plainly_good_reading_has_no_reason(quality: int) -> None:
    assert (formatting.quality_reason(quality) == "") == (quality & 0b1111111 == 0)


def test_a_share_is_kept_between_its_ends() -> None:
    assert 'width="100%" height="4"/></svg>' in cw.bar(140)
    assert 'width="0%"' in cw.bar(-3)


def test_the_words_of_scripts_are_one_json_attribute() -> None:
    html = Template('{% load cw %}<meta content="{% script_words %}">').render(Context())
    assert html.count('"') == 2
    assert json.loads(cw.script_words())["ago"] == "%(time)s ago"


def test_the_address_keeps_its_filters_and_drops_its_page() -> None:
    request = RequestFactory().get("/alarms", {"kind": "a", "page": "3"})
    html = Template("{% load cw %}{% query sort='-at' %}").render(Context({"request": request}))
    assert html == "?kind=a&amp;sort=-at"


def shown(section: str, *, is_rail: bool = True, is_current: bool = False, page: str = "") -> SimpleNamespace:
    return SimpleNamespace(
        entry=SimpleNamespace(section=section, is_rail=is_rail, label=section), url=f"/{section}{page}", is_current=is_current
    )


def test_the_frame_lists_the_pages_of_the_current_section_only_when_it_has_several() -> None:
    alone = [shown("map", is_current=True), shown("alarms")]
    assert cw.frame(alone).section == ()
    several = [
        shown("map"),
        shown("alarms", is_current=True),
        shown("alarms", is_rail=False),
        shown("alarms", is_rail=False, page="/kpi"),
    ]
    assert [s.url for s in cw.frame(several).section] == ["/alarms", "/alarms/kpi"]
    assert [s.entry.section for s in cw.frame(several).rail] == ["map", "alarms"]
    assert cw.frame(None).rail == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(30, "30 s"), (300, "5 min"), (5400, "1 h 30 min"), (86_400, "1 day"), (172_800, "2 days")]
)
def test_a_set_time_is_exact(seconds: float, text: str) -> None:
    assert cw.interval(seconds) == text
    assert cw.interval(None) == "—"


@pytest.mark.parametrize(("seconds", "text"), [(3600, "1 h"), (90_000, "1 day")])
def test_a_duration_says_no_empty_part_and_one_day(seconds: float, text: str) -> None:
    assert formatting.span(seconds) == text


@pytest.mark.parametrize("name", ["clock", "clock:duty.escalate", "followup.hazard_rebound", "platform"])
def test_the_platform_acts_under_one_name(name: str) -> None:
    assert cw.actor_name(name) == "Platform"
    assert cw.actor_name("值班员 甲") == "值班员 甲"
    assert cw.actor_name("示范数据") == "示范数据"


def test_a_moment_may_come_as_text() -> None:
    assert cw.moment("2026-03-18T06:20:00+00:00", now=NOW) == cw.moment(datetime(2026, 3, 18, 6, 20, tzinfo=UTC), now=NOW)
