"""What the recorder makes of the engine's events, of unknown tags and of applied configuration."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chemward.apps.core.recorder import registry
from chemward.apps.monitoring import keeping, listeners
from chemward.apps.monitoring.actions import limits, tags
from chemward.apps.monitoring.models import (
    AlarmOccurrence,
    AlarmResponse,
    LimitVersion,
    Silence,
    SilenceKind,
    SilenceState,
    TagPage,
    UnknownTag,
)
from chemward.apps.monitoring.rules.state import PARK, ms, state_of
from tests.apps.monitoring.conftest import PLATFORM, told


def one_row(uuid):
    row = AlarmOccurrence.objects.get(uuid=uuid)
    answer = AlarmResponse.objects.filter(occurrence=row).values_list("opened_at", "due_at").first()
    shown = (row.raised_at, row.cleared_at, row.cleared_by, row.is_suppressed, row.suppressions, row.annunciated_at, row.is_open)
    return (*shown, row.title, answer)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(5)), st.lists(st.integers(1, 4), max_size=2), st.booleans())
def test_redelivery_in_any_order_gives_the_same_row(second_level, now, later, order, cuts, is_suppressed):
    told_events = [
        told(second_level, "raised", now, suppressed=is_suppressed, reason="检修" if is_suppressed else ""),
        told(second_level, "unsuppressed", now + timedelta(seconds=20), now, step=2),
        told(second_level, "suppressed", now + timedelta(seconds=30), now, step=3, suppressed=True, reason="检修"),
        told(second_level, "unsuppressed", now + timedelta(seconds=40), now, step=4),
        told(second_level, "cleared", now + timedelta(seconds=50), now, step=5),
    ]
    AlarmOccurrence.objects.all().delete()
    keeping.keep_alarms(told_events, later(seconds=60))
    expected = one_row(told_events[0]["id"])

    AlarmOccurrence.objects.all().delete()
    bounds = sorted({0, 5, *cuts})
    for start, stop in pairwise(bounds):
        piece = [told_events[i] for i in order[start:stop]]
        keeping.keep_alarms(piece, later(seconds=60))
        keeping.keep_alarms(piece[:1], later(seconds=60))
    assert one_row(told_events[0]["id"]) == expected


def test_a_raised_alarm_is_open_and_owes_an_answer(second_level, raise_alarm, now):
    row = raise_alarm(second_level)
    assert (row.code, row.title, row.raise_value, row.limit, row.priority) == ("GT-3107", "氯气浓度二级报警", 2.6, 2.0, 1)
    assert row.is_open
    assert state_of(row, PARK, now) == "B"
    assert row.answer.due_at == now + timedelta(minutes=30)


def test_a_late_alarm_goes_into_history_without_obligations(second_level, raise_alarm):
    row = raise_alarm(second_level, late=True)
    assert not row.is_open
    assert row.annunciated_at is None
    assert not AlarmResponse.objects.exists()


def test_what_the_design_suppresses_is_listed_with_its_reason_and_owes_nothing_until_it_ends(
    second_level, raise_alarm, now, later
):
    row = raise_alarm(second_level, suppressed=True, reason="装置停车")
    assert not AlarmResponse.objects.exists()
    silence = Silence.objects.get()
    assert (silence.kind, silence.state, silence.reason) == (SilenceKind.SUPPRESSED, SilenceState.IN_FORCE, "装置停车")

    keeping.keep_alarms([told(second_level, "unsuppressed", later(minutes=5), now)], later(minutes=5))
    assert AlarmResponse.objects.get().opened_at == later(minutes=5)
    silence.refresh_from_db()
    assert (silence.state, silence.ended_at) == (SilenceState.ENDED, later(minutes=5))
    row.refresh_from_db()
    assert state_of(row, PARK, later(minutes=5)) == "B"


def test_a_removed_definition_ends_its_alarm_without_asking_anybody(second_level, raise_alarm, now, later):
    row = raise_alarm(second_level)
    keeping.keep_alarms([told(second_level, "config_removed", later(seconds=9), now)], later(seconds=9))
    row.refresh_from_db()
    assert (row.cleared_by, row.is_open) == ("config_removed", False)


def test_events_keep_what_people_did(second_level, raise_alarm, actor_of, now, later):
    from chemward.apps.monitoring.actions import alarms

    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(row.uuid)], now=later(seconds=5))
    keeping.keep_alarms(
        [told(second_level, "raised", now), told(second_level, "cleared", later(seconds=9), now)], later(seconds=9)
    )
    row.refresh_from_db()
    assert (row.park_acked_at, row.cleared_at, row.is_open) == (later(seconds=5), later(seconds=9), False)


def test_hostile_text_of_devices_is_kept_as_it_came(second_level, raise_alarm):
    hostile = "<script>alert('氯')</script>\"'&\\u202e"
    row = raise_alarm(second_level, title=hostile, code="a'; DROP TABLE--")
    assert (row.title, row.code) == (hostile, "a'; DROP TABLE--")


def test_a_malformed_event_is_refused_so_that_the_recorder_can_put_it_aside(second_level, now):
    body = told(second_level, "raised", now)
    del body["title"]
    with pytest.raises(KeyError, match="title"):
        keeping.keep_alarms([body], now)


def test_an_alarm_of_a_definition_that_is_gone_is_kept_at_its_place(second_level, raise_alarm, now, tree):
    body = told(second_level, "raised", now)
    second_level.delete()
    keeping.keep_alarms([body], now)
    row = AlarmOccurrence.objects.get()
    assert (row.definition, row.organisation) == (None, tree.chlor)


def test_two_hundred_alarms_take_as_many_statements_as_two(second_level, now):
    def cost(count, start):
        bodies = [told(second_level, "raised", now + timedelta(seconds=start + i)) for i in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as few:
            keeping.keep_alarms(bodies, now + timedelta(days=1))
        return len(few)

    few = cost(2, 0)
    # Rows go in as pieces of what SQLite takes in one statement; nothing else grows.
    assert cost(200, 1_000) <= few + 200 // 15 + 200 // 40


def test_unknown_tags_are_counted_until_somebody_accepts_them(feed, now, later):
    body = {"feed": feed.key, "codes": [{"code": "<b>XV-1</b>", "first_ms": ms(now), "example": "开", "unit": ""}]}
    keeping.keep_unknown_tags([body, body], now)
    keeping.keep_unknown_tags([body], later(minutes=1))
    row = UnknownTag.objects.get()
    assert (row.code, row.example, row.count, row.last_seen_at) == ("<b>XV-1</b>", "开", 3, later(minutes=1))

    tags.accept(PLATFORM, feed.uuid, ["<b>XV-1</b>"], now=later(minutes=2))
    keeping.keep_unknown_tags([body], later(minutes=3))
    assert not UnknownTag.objects.exists()


def test_a_limit_is_in_force_since_the_worker_applied_its_page(second_level, feed, now, later):
    page = TagPage.objects.get(feed=feed, page=0)
    assert (second_level.page_version, second_level.in_force_since) == (page.version, None)
    applied = {"feed": feed.key, "page": 0, "version": page.version, "at_ms": ms(later(seconds=1))}
    keeping.keep_applied([{**applied, "version": page.version + 1, "at_ms": ms(later(seconds=9))}, applied])
    second_level.refresh_from_db()
    assert second_level.in_force_since == later(seconds=1)
    assert LimitVersion.objects.get(definition=second_level).in_force_since == later(seconds=1)
    page.refresh_from_db()
    assert page.applied_version == page.version + 1


def test_a_changed_limit_is_not_in_force_before_a_worker_says_so(second_level, feed, actor_of, now, later):
    keeping.keep_applied([{"feed": feed.key, "page": 0, "version": 1, "at_ms": ms(now)}])
    change = limits.propose(actor_of("enterprise_safety"), second_level.uuid, {"limit": 1.8}, "按新标准", now=now)
    limits.approve(actor_of("enterprise_lead"), change.uuid, "同意", now=later(minutes=1))
    keeping.keep_applied([{"feed": feed.key, "page": 0, "version": 1, "at_ms": ms(now)}])
    second_level.refresh_from_db()
    assert (second_level.limit, second_level.in_force_since) == (1.8, None)
    keeping.keep_applied([{"feed": feed.key, "page": 0, "version": 2, "at_ms": ms(later(minutes=2))}])
    second_level.refresh_from_db()
    assert second_level.in_force_since == later(minutes=2)


def test_a_board_starts_from_all_open_alarms_and_the_sequence_they_include(second_level, raise_alarm, actor_of, now, later):
    from chemward.apps.core.models import BusPosition
    from chemward.apps.monitoring.actions import alarms

    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(row.uuid)], now=later(seconds=5))
    BusPosition.objects.create(stream="EVENTS", sequence=17)
    answer = listeners.open_alarms({}, later(seconds=6))
    (shown,) = answer["alarms"]
    assert answer["seq"] == 17
    assert shown["park_acked_ms"] == ms(later(seconds=5))
    assert {k: shown[k] for k in ("id", "code", "enterprise", "place", "lon", "value", "unit", "limit", "due_ms")} == {
        "id": str(row.uuid),
        "code": "GT-3107",
        "enterprise": "示范氯碱",
        "place": "液氯罐区",
        "lon": 120.0,
        "value": 2.6,
        "unit": "mg/m³",
        "limit": 2.0,
        "due_ms": ms(later(minutes=30)),
    }


def test_the_recorder_finds_these_listeners():
    registry.load()
    assert {"ev.alarm.>", "ev.unknown.>", "ev.config.applied", "ev.external.>"} <= {p for p, _f in registry.listeners()}
    assert "req.open_alarms" in registry.responders()
