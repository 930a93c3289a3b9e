"""A limit is proposed with a reason, tried on history, approved by another person, and then in force."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from chemward.apps.core.errors import Away, Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.monitoring import trial
from chemward.apps.monitoring.actions import limits
from chemward.apps.monitoring.models import AlarmDefinition, ChangeState, LimitVersion
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.engine.config import AlarmConfig, Condition, TagConfig
from chemward.telemetry.historian.answers import SAMPLES_SCHEMA
from chemward.telemetry.historian.client import HistorianAway
from tests.apps.monitoring.conftest import announced


class Stored:
    """A history that holds these samples: {tag: [(ts, value), …]}."""

    def __init__(self, samples):
        rows = sorted((ts, tag, value) for tag, points in samples.items() for ts, value in points)
        self.rows = rows

    def raw(self, tags, from_ms, to_ms):
        rows = [r for r in self.rows if r[1] in tags and from_ms <= r[0] < to_ms]
        columns = [
            np.array([r[1] for r in rows], np.int32),
            np.array([r[0] for r in rows], np.int64),
            np.array([r[2] for r in rows], np.float64),
            np.zeros(len(rows), np.uint8),
        ]
        yield pa.record_batch(columns, schema=SAMPLES_SCHEMA)


class Silent:
    def raw(self, tags, from_ms, to_ms):
        raise HistorianAway("not running")


def test_a_proposal_is_tried_approved_and_announced(second_level, feed, detector, actor_of, now, later):
    safety, lead = actor_of("enterprise_safety"), actor_of("enterprise_lead")
    change = limits.propose(
        safety, second_level.uuid, {"limit": 1.5, "limit_clause": "GB/T 50493 5.5.2"}, "按新职业接触限值", now=now
    )
    assert (change.before["limit"], change.after["limit"]) == (2.0, 1.5)

    began = ms(now - timedelta(hours=1))
    waves = [(began + i * 1000, 1.8 if i // 60 % 2 else 0.2) for i in range(600)]
    change = limits.try_on_history(safety, change.uuid, Stored({detector.pk: waves}), now=now)
    assert (change.trial["would_raise"], change.trial["raises_now"], change.trial["samples"]) == (5, 0, 600)

    limits.approve(lead, change.uuid, "同意", now=later(minutes=5))
    second_level.refresh_from_db()
    assert (second_level.limit, second_level.limit_clause, second_level.in_force_since) == (1.5, "GB/T 50493 5.5.2", None)
    page = announced(f"cfg.tags.{feed.key}.0")[-1]
    assert page["version"] == second_level.page_version == 2
    assert [a["limit"] for a in page["tags"][0]["alarms"]] == [1.0, 1.5]
    newest = LimitVersion.objects.filter(definition=second_level).order_by("-number").first()
    assert (newest.number, newest.values["limit"], newest.approved_by, newest.page_version) == (2, 1.5, lead.name, 2)


def test_who_proposed_cannot_approve(second_level, actor_of, now):
    lead = actor_of("enterprise_lead")
    change = limits.propose(lead, second_level.uuid, {"limit": 1.5}, "x", now=now)
    with pytest.raises(NotPermitted) as refused:
        limits.approve(lead, change.uuid, "y", now=now)
    assert refused.value.code == "second_person"
    with pytest.raises(NotPermitted):
        limits.approve(actor_of("enterprise_safety"), change.uuid, "y", now=now)
    assert limits.approve(actor_of("park_safety"), change.uuid, "y", now=now).state == ChangeState.APPROVED


def test_a_limit_that_makes_no_sense_is_refused_at_once(second_level, actor_of, tree, now):
    safety = actor_of("enterprise_safety")
    for values in ({"limit": 0.5}, {"limit": 99}, {"deadband": -1}, {"count": 3}, {"limit": 2.0}, {"title": "x"}):
        with pytest.raises(Invalid):
            limits.propose(safety, second_level.uuid, values, "x", now=now)
    with pytest.raises(Invalid):
        limits.propose(safety, second_level.uuid, {"limit": 1.5}, " ", now=now)
    with pytest.raises(NotPermitted):
        limits.propose(actor_of("duty_officer"), second_level.uuid, {"limit": 1.5}, "x", now=now)
    with pytest.raises(NotFound):
        limits.propose(actor_of("enterprise_safety", tree.other), second_level.uuid, {"limit": 1.5}, "x", now=now)
    assert AlarmDefinition.objects.get(pk=second_level.pk).limit == 2.0


def test_one_proposal_at_a_time_and_a_decided_one_stays_decided(second_level, actor_of, now):
    safety, park = actor_of("enterprise_safety"), actor_of("park_safety")
    change = limits.propose(safety, second_level.uuid, {"limit": 1.5}, "x", now=now)
    with pytest.raises(WrongState):
        limits.propose(safety, second_level.uuid, {"limit": 1.6}, "x", now=now)
    limits.reject(park, change.uuid, "依据不足", now=now)
    with pytest.raises(WrongState):
        limits.approve(park, change.uuid, "x", now=now)
    again = limits.propose(safety, second_level.uuid, {"limit": 1.6}, "x", now=now)
    assert limits.withdraw(safety, again.uuid, now=now).state == ChangeState.WITHDRAWN


def test_a_change_made_meanwhile_is_not_overwritten(second_level, actor_of, now):
    change = limits.propose(actor_of("enterprise_safety"), second_level.uuid, {"limit": 1.5}, "x", now=now)
    AlarmDefinition.objects.filter(pk=second_level.pk).update(limit=1.9)
    with pytest.raises(WrongState):
        limits.approve(actor_of("park_safety"), change.uuid, "y", now=now)


def test_without_the_historian_the_trial_says_so(second_level, actor_of, now):
    change = limits.propose(actor_of("enterprise_safety"), second_level.uuid, {"limit": 1.5}, "x", now=now)
    with pytest.raises(Away):
        limits.try_on_history(actor_of("enterprise_safety"), change.uuid, Silent(), now=now)


class TestTrial:
    """The engine over history."""

    tag = TagConfig(n=7, code="T", lo=0, hi=100, period_s=1)

    def high(self, limit, **more):
        return AlarmConfig(id="a", type="H", limit=limit, **more)

    def test_delays_count_in_source_time(self):
        points = [(i * 1000, 50.0 if 10 <= i < 14 else 0.0) for i in range(60)]
        found = trial.run(Stored({7: points}), self.tag, self.high(40), self.high(40, on_s=5), 0, 60_000)
        assert (found.raises_now, found.would_raise) == (1, 0)

    def test_silence_is_noticed_within_the_gap(self):
        stale = AlarmConfig(id="a", type="STALE", limit=30)
        points = [(i * 1000, 1.0) for i in (*range(10), *range(300, 310))]
        found = trial.run(Stored({7: points}), self.tag, stale, AlarmConfig(id="a", type="STALE", limit=600), 0, 320_000)
        assert (found.raises_now, found.would_raise) == (1, 0)

    def test_what_plant_state_suppresses_is_not_counted(self):
        suppressed = self.high(40, suppress=Condition(tag=8, op="==", value=1), reason="停车")
        points = {7: [(i * 1000, 50.0 if i % 10 > 5 else 0.0) for i in range(5, 60)], 8: [(0, 1.0), (30_000, 0.0)]}
        found = trial.run(Stored(points), self.tag, self.high(40), suppressed, 0, 60_000)
        assert (found.raises_now, found.would_raise) == (6, 3)

    def test_a_span_must_be_a_span(self):
        with pytest.raises(ValueError, match="days"):
            trial.run(Stored({}), self.tag, self.high(1), self.high(2), 10, 10)
