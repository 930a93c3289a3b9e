"""Who silenced what: shelving for a time, out of service, and two persons where the law wants two."""

from __future__ import annotations

import pytest

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions import silences
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmResponse, Silence, SilenceState
from chemward.apps.monitoring.rules.state import PARK, ms, state_of
from tests.apps.monitoring.conftest import announced, told

CLOCK = Actor.platform("clock")


def test_shelved_alarms_and_their_next_occurrence_are_silent_until_the_time_is_over(
    first_level, raise_alarm, actor_of, now, later
):
    row = raise_alarm(first_level)
    (shelf,) = silences.shelve(actor_of("duty_officer"), [first_level.uuid], 60, "仪表检修", now=later(minutes=1))
    row.refresh_from_db()
    assert (shelf.state, shelf.until) == (SilenceState.IN_FORCE, later(minutes=61))
    assert state_of(row, PARK, later(minutes=2)) == "G"

    keep_alarms([told(first_level, "cleared", later(minutes=3), now)], later(minutes=3))
    again = raise_alarm(first_level, later(minutes=5))
    assert state_of(again, PARK, later(minutes=6)) == "G"
    assert not AlarmResponse.objects.filter(occurrence=again).exists(), "nobody was told, nobody owes"

    assert silences.end_due(CLOCK, now=later(minutes=61)) == 1
    again.refresh_from_db()
    assert state_of(again, PARK, later(minutes=61)) == "B"
    assert again.answer.opened_at == later(minutes=61)


def test_boards_are_told_of_the_definition_so_that_the_next_occurrence_is_silent_too(first_level, raise_alarm, actor_of, later):
    row, officer = raise_alarm(first_level), actor_of("duty_officer")
    silences.shelve(officer, [first_level.uuid], 60, "仪表检修", now=later(minutes=1))
    (body,) = announced("ev.act.alarm.shelve")
    assert (body["definitions"], body["ids"]) == ([str(first_level.uuid)], [str(row.uuid)])
    assert body["fields"] == {
        "shelved_until_ms": ms(later(minutes=61)),
        "shelved_by": officer.name,
        "shelf_reason": "仪表检修",
        "out_of_service": False,
    }
    silences.unshelve(officer, [first_level.uuid], "修好了", now=later(minutes=9))
    assert announced("ev.act.alarm.unshelve")[0]["fields"]["shelved_until_ms"] is None


def test_a_shelf_needs_a_reason_and_is_no_longer_than_the_table_allows(first_level, actor_of, now):
    officer = actor_of("duty_officer")
    with pytest.raises(Invalid) as refused:
        silences.shelve(officer, [first_level.uuid], 60, "  ", now=now)
    assert refused.value.faults[0].field == "reason"
    with pytest.raises(Invalid) as refused:
        silences.shelve(officer, [first_level.uuid], 241, "x", now=now)
    assert refused.value.faults[0].field == "minutes"


def test_shelved_twice_is_shelved_once(first_level, actor_of, now, later):
    officer = actor_of("duty_officer")
    silences.shelve(officer, [first_level.uuid], 60, "x", now=now)
    assert silences.shelve(officer, [first_level.uuid], 30, "y", now=later(minutes=1)) == []
    assert Silence.objects.count() == 1
    assert silences.unshelve(officer, [first_level.uuid], now=later(minutes=2)) == 1
    assert silences.unshelve(officer, [first_level.uuid], now=later(minutes=3)) == 0


def test_a_second_level_limit_at_a_major_hazard_takes_two_persons(second_level, raise_alarm, actor_of, now, later):
    row = raise_alarm(second_level)
    (shelf,) = silences.shelve(actor_of("duty_lead"), [second_level.uuid], 30, "检修", now=now)
    row.refresh_from_db()
    assert (shelf.state, state_of(row, PARK, later(seconds=1))) == (SilenceState.REQUESTED, "B")
    assert not announced("ev.act.alarm.shelve")
    with pytest.raises(NotPermitted) as refused:
        silences.approve(actor_of("duty_lead"), shelf.uuid, now=later(minutes=1))
    assert refused.value.code == "second_person"
    with pytest.raises(NotPermitted):
        silences.approve(actor_of("duty_officer"), shelf.uuid, now=later(minutes=1))

    silences.approve(actor_of("park_safety"), shelf.uuid, "已核实", now=later(minutes=5))
    row.refresh_from_db()
    assert row.shelved_until == later(minutes=35), "the minutes count from the approval"
    assert state_of(row, PARK, later(minutes=6)) == "G"
    assert set(AuditEntry.objects.filter(verb__startswith="alarm.s").values_list("verb", flat=True)) == {
        "alarm.shelve",
        "alarm.suppress_approve",
    }


def test_what_the_second_person_declines_stays_loud(second_level, raise_alarm, actor_of, now, later):
    row = raise_alarm(second_level)
    (shelf,) = silences.shelve(actor_of("duty_officer"), [second_level.uuid], 30, "检修", now=now)
    silences.reject(actor_of("duty_lead"), shelf.uuid, "没有作业票", now=later(minutes=1))
    row.refresh_from_db()
    assert state_of(row, PARK, later(minutes=2)) == "B"
    with pytest.raises(WrongState):
        silences.approve(actor_of("park_safety"), shelf.uuid, now=later(minutes=2))


def test_out_of_service_until_it_is_returned(first_level, raise_alarm, actor_of, now, later):
    row, lead = raise_alarm(first_level), actor_of("duty_lead")
    with pytest.raises(NotPermitted):
        silences.take_out_of_service(actor_of("duty_officer"), first_level.uuid, "换探头", now=now)
    silences.take_out_of_service(lead, first_level.uuid, "换探头", now=later(minutes=1))
    row.refresh_from_db()
    assert state_of(row, PARK, later(days=9)) == "I"
    assert silences.return_to_service(lead, first_level.uuid, "已标定", now=later(days=9)) == 1
    row.refresh_from_db()
    assert state_of(row, PARK, later(days=9)) == "B"
    assert silences.return_to_service(lead, first_level.uuid, "已标定", now=later(days=9)) == 0


def test_strangers_find_nothing_to_silence(first_level, actor_of, tree, now):
    with pytest.raises(NotFound):
        silences.shelve(actor_of("duty_officer", tree.other_park), [first_level.uuid], 5, "x", now=now)
    with pytest.raises(NotPermitted):
        silences.shelve(actor_of("city_bureau"), [first_level.uuid], 5, "x", now=now)


def test_the_list_of_silences_holds_all_three_kinds(first_level, second_level, raise_alarm, actor_of, now, later):
    lead = actor_of("duty_lead")
    silences.shelve(lead, [first_level.uuid], 60, "a", now=now)
    silences.take_out_of_service(lead, first_level.uuid, "b", now=now)
    raise_alarm(second_level, suppressed=True, reason="c")
    assert sorted(s.kind for s in queries.silences(lead.scope)) == ["out_of_service", "shelved", "suppressed"]
