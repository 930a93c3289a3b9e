"""A shift in the duty room: what people may do about alarms, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry
from chemward.apps.monitoring.actions import alarms
from chemward.apps.monitoring.actions.alarms import Seen
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmResponse
from chemward.apps.monitoring.rules.state import ENTERPRISE, PARK, ms, state_of
from tests.apps.monitoring.conftest import announced, told


def seen(*rows: AlarmOccurrence) -> list[Seen]:
    return [Seen(r.uuid) for r in rows]


def test_the_duty_officer_acknowledges_for_the_park_and_the_enterprise_for_itself(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), seen(row), now=later(seconds=20))
    row.refresh_from_db()
    assert (state_of(row, PARK, later(seconds=21)), state_of(row, ENTERPRISE, later(seconds=21))) == ("C", "B")

    alarms.acknowledge(actor_of("enterprise_safety"), seen(row), now=later(seconds=40))
    row.refresh_from_db()
    assert row.park_acked_at == later(seconds=20)
    assert row.enterprise_acked_at == later(seconds=40)


def test_an_acknowledgement_is_audited_and_announced_with_what_boards_need(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    officer = actor_of("duty_officer")
    alarms.acknowledge(officer, seen(row), now=later(seconds=20))

    entry = AuditEntry.objects.get(verb="alarm.acknowledge")
    assert (entry.subject_id, entry.user, entry.org_path) == (str(row.uuid), officer.user, row.org_path)
    assert announced("ev.act.alarm.acknowledge") == [
        {
            "org_path": row.org_path,
            "at_ms": ms(later(seconds=20)),
            "by": officer.name,
            "ids": [str(row.uuid)],
            "fields": {"park_acked_ms": ms(later(seconds=20)), "park_acked_by": officer.name},
        }
    ]


def test_acknowledged_twice_is_acknowledged_once(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), seen(row), now=later(seconds=20))
    again = alarms.acknowledge(actor_of("duty_lead"), seen(row, row), now=later(seconds=30))
    row.refresh_from_db()
    assert again.already == [row.uuid]
    assert row.park_acked_at == later(seconds=20)
    assert AuditEntry.objects.filter(verb="alarm.acknowledge").count() == 1


def test_who_only_looks_may_not_acknowledge(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    with pytest.raises(NotPermitted):
        alarms.acknowledge(actor_of("city_bureau"), seen(row), now=later(seconds=20))
    row.refresh_from_db()
    assert row.park_acked_at is None


def test_an_alarm_of_the_other_park_does_not_exist(second_level, raise_alarm, actor_of, tree, later):
    row = raise_alarm(second_level)
    stranger = actor_of("duty_officer", tree.other_park)
    with pytest.raises(NotFound):
        alarms.acknowledge(stranger, seen(row), now=later(seconds=20))
    with pytest.raises(NotFound):
        alarms.respond(stranger, row.uuid, cause="x", measure="y", verdict="true", now=later(seconds=20))


def test_in_bulk_what_is_out_of_sight_is_listed_as_not_found(second_level, raise_alarm, actor_of, later):
    row, nobody = raise_alarm(second_level), uuid4()
    done = alarms.acknowledge(actor_of("duty_officer"), [Seen(row.uuid), Seen(nobody)], now=later(seconds=20))
    assert (done.done, done.not_found) == ([row.uuid], [nobody])


def test_only_what_was_shown_is_acknowledged(second_level, raise_alarm, actor_of, now, later):
    row = raise_alarm(second_level, suppressed=True, reason="检修")
    keep_alarms([told(second_level, "unsuppressed", later(seconds=30), now)], later(seconds=30))
    done = alarms.acknowledge(actor_of("duty_officer"), [Seen(row.uuid, ms(later(seconds=10)))], now=later(seconds=31))
    assert done.changed == [row.uuid]
    done = alarms.acknowledge(actor_of("duty_officer"), [Seen(row.uuid, ms(later(seconds=31)))], now=later(seconds=32))
    assert done.done == [row.uuid]


def test_a_returned_alarm_leaves_the_console_once_the_park_has_acknowledged(second_level, raise_alarm, actor_of, now, later):
    row = raise_alarm(second_level)
    keep_alarms([told(second_level, "cleared", later(seconds=50), now)], later(seconds=50))
    row.refresh_from_db()
    assert row.is_open
    assert state_of(row, PARK, later(seconds=51)) == "D"
    alarms.acknowledge(actor_of("duty_officer"), seen(row), now=later(seconds=60))
    row.refresh_from_db()
    assert not row.is_open
    assert state_of(row, PARK, later(seconds=61)) == "A"
    assert row.answer.answered_at is None, "what the enterprise owes stays owed"


def test_an_acknowledgement_is_taken_back_within_ten_seconds_by_who_gave_it(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    alarms.acknowledge(actor_of("duty_officer"), seen(row), now=later(seconds=20))
    assert alarms.undo_acknowledge(actor_of("duty_lead"), [row.uuid], now=later(seconds=22)).changed == [row.uuid]
    assert alarms.undo_acknowledge(actor_of("duty_officer"), [row.uuid], now=later(seconds=31)).changed == [row.uuid]
    assert alarms.undo_acknowledge(actor_of("duty_officer"), [row.uuid], now=later(seconds=29)).done == [row.uuid]
    row.refresh_from_db()
    assert row.park_acked_at is None
    assert row.is_open
    assert AuditEntry.objects.filter(verb="alarm.undo_acknowledge").count() == 1


def test_a_latched_alarm_is_reset_only_when_it_is_gone_and_acknowledged(first_level, raise_alarm, actor_of, now, later):
    type(first_level).objects.update(is_latched=True)
    row, officer = raise_alarm(first_level), actor_of("duty_officer")
    assert alarms.reset(officer, [row.uuid], now=later(seconds=1)).changed == [row.uuid]
    alarms.acknowledge(officer, seen(row), now=later(seconds=2))
    keep_alarms([told(first_level, "cleared", later(seconds=3), now)], later(seconds=3))
    row.refresh_from_db()
    assert (row.is_open, state_of(row, PARK, later(seconds=4))) == (True, "F")
    assert alarms.reset(officer, [row.uuid], now=later(seconds=5)).done == [row.uuid]
    assert alarms.reset(officer, [row.uuid], now=later(seconds=6)).already == [row.uuid]
    row.refresh_from_db()
    assert not row.is_open


def test_the_enterprise_answers_with_cause_measure_and_verdict(second_level, raise_alarm, actor_of, later):
    row, safety = raise_alarm(second_level), actor_of("enterprise_safety")
    assert row.answer.due_at == later(minutes=30)
    words = {"cause": "阀门法兰泄漏", "measure": "已启动喷淋和碱液吸收", "verdict": "true"}
    answer = alarms.respond(safety, row.uuid, **words, now=later(minutes=3))
    row.refresh_from_db()
    assert (answer.answered_at, row.outcome) == (later(minutes=3), "true")
    assert row.enterprise_acked_at == later(minutes=3)
    assert announced("ev.act.alarm.respond")[0]["fields"]["outcome"] == "true"
    assert alarms.respond(safety, row.uuid, **words, now=later(minutes=4)).answered_at == later(minutes=3)
    with pytest.raises(WrongState):
        alarms.respond(safety, row.uuid, **{**words, "verdict": "false"}, now=later(minutes=5))


def test_an_answer_without_words_is_no_answer(second_level, raise_alarm, actor_of, later):
    row = raise_alarm(second_level)
    with pytest.raises(Invalid) as refused:
        alarms.respond(actor_of("enterprise_safety"), row.uuid, cause=" ", measure="x", verdict="true", now=later(minutes=3))
    assert refused.value.faults[0].field == "cause"
    with pytest.raises(NotPermitted):
        alarms.respond(actor_of("duty_officer"), row.uuid, cause="x", measure="x", verdict="true", now=later(minutes=3))


def test_the_park_urges_until_it_is_answered(second_level, raise_alarm, actor_of, later):
    row, officer = raise_alarm(second_level), actor_of("duty_officer")
    assert alarms.urge(officer, [row.uuid], "请反馈", now=later(minutes=1)) == 1
    assert AlarmResponse.objects.get().urge_count == 1
    alarms.respond(actor_of("enterprise_safety"), row.uuid, cause="x", measure="y", verdict="test", now=later(minutes=2))
    assert alarms.urge(officer, [row.uuid], now=later(minutes=3)) == 0
    with pytest.raises(NotPermitted):
        alarms.urge(actor_of("enterprise_safety"), [row.uuid], now=later(minutes=3))


def test_what_the_park_runs_itself_is_acknowledged_once_for_both(tree, actor_of, now, later, raise_alarm):
    from chemward.apps.monitoring.actions import feeds, tags
    from chemward.apps.monitoring.models import AlarmDefinition
    from tests.apps.monitoring.conftest import GT_3107, PLATFORM

    mast = feeds.create(PLATFORM, tree.park.uuid, "气象站", now=now)
    tags.create(PLATFORM, mast.uuid, GT_3107, now=now)
    row = raise_alarm(AlarmDefinition.objects.get(type="H"))
    alarms.acknowledge(actor_of("duty_officer"), seen(row), now=later(seconds=5))
    row.refresh_from_db()
    assert row.park_acked_at == row.enterprise_acked_at == later(seconds=5)


def test_bulk_acknowledging_takes_as_many_statements_for_many_as_for_few(
    second_level, actor_of, now, later, django_assert_max_num_queries
):
    for count, start in ((5, 1000), (400, 2000)):
        bodies = [told(second_level, "raised", now + timedelta(seconds=start + i)) for i in range(count)]
        for i in range(0, count, 100):
            keep_alarms(bodies[i : i + 100], now)
        fresh = list(AlarmOccurrence.objects.filter(park_acked_at=None))
        assert len(fresh) == count
        # Short transactions of so many alarms each. SQLite takes 999 parameters a statement by Django's reckoning: the audit rows go in as
        # many pieces as that asks for.
        with django_assert_max_num_queries(14 + count * 14 // 999 + 5 * count // alarms.CHUNK):
            done = alarms.acknowledge(actor_of("duty_officer"), seen(*fresh), now=later(hours=1))
        assert len(done.done) == count
    assert AuditEntry.objects.filter(verb="alarm.acknowledge").count() == 405
