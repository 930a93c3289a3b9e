"""What happens by itself: messages, escalation, findings of silent feeds, comparison with other systems, key figures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chemward.apps.followup.models import Finding, FindingState, Message
from chemward.apps.monitoring import health, jobs, performance, reconciliation, telling
from chemward.apps.monitoring import performance_parties as parties
from chemward.apps.monitoring.actions import alarms
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmKpi, AlarmResponse, ExternalAlarm, FeedHealth, FeedHour, Reconciliation
from chemward.apps.monitoring.rules.conformity import FeedFacts, conformity
from chemward.apps.monitoring.rules.state import ms
from tests.apps.monitoring.conftest import announced, told


class TestMessages:
    def test_an_alarm_reaches_the_enterprise_and_is_done_when_answered(
        self, second_level, raise_alarm, actor_of, user_of, now, later
    ):
        operator, safety = user_of("enterprise_operator"), actor_of("enterprise_safety")
        row = raise_alarm(second_level)
        assert telling.tell(later(seconds=2)) == 1
        assert telling.tell(later(seconds=4)) == 0
        message = Message.objects.get()
        assert (message.message_class, message.title) == ("alarm", "GT-3107 氯气浓度二级报警 2.6 mg/m³")
        assert operator.pk in message.receipts.values_list("user", flat=True)
        alarms.respond(safety, row.uuid, cause="x", measure="y", verdict="true", now=later(minutes=2))
        message.refresh_from_db()
        assert message.state == "handled"

    def test_a_flood_of_one_enterprise_is_one_message(self, second_level, user_of, now, later):
        user_of("enterprise_operator")
        keep_alarms([told(second_level, "raised", now + timedelta(seconds=i)) for i in range(60)], now)
        assert telling.tell(later(minutes=2)) == 1
        assert Message.objects.get().text.count("GT-3107") == 50
        assert not AlarmResponse.objects.filter(told_at=None).exists()

    def test_an_overdue_answer_climbs_each_step_once(self, second_level, raise_alarm, user_of, later):
        lead, duty = user_of("enterprise_lead"), user_of("duty_lead")
        raise_alarm(second_level)
        assert telling.escalate(later(minutes=29)) == 0
        assert telling.escalate(later(minutes=30)) == 1
        assert telling.escalate(later(minutes=31)) == 0
        assert telling.escalate(later(minutes=95)) == 1
        reached = [set(m.receipts.values_list("user", flat=True)) for m in Message.objects.order_by("id")]
        assert reached == [{lead.pk}, {duty.pk}]
        assert AlarmResponse.objects.get().escalation_step == 2
        assert [b["fields"]["escalation_step"] for b in announced("ev.act.alarm.escalate")] == [1, 2]


def report(feed, at, **totals):
    counted = {"messages": 10, "samples": 100, "refused": 0, "unknown": 0, "faults": 0, "late": 0, "gaps": 0, **totals}
    return {
        "feed": feed.key,
        "at_ms": ms(at),
        "since_ms": 1,
        "rate": 1.0,
        "lag_ms": 40,
        "skew_ms": 5,
        "frozen": 0,
        "last_sample_ms": ms(at),
        "last_received_ms": ms(at),
        "fault_codes": {},
        "totals": counted,
    }


class TestHealth:
    def test_reports_add_up_by_the_hour_whatever_is_missed(self, feed, detector, now, later):
        health.keep_health([report(feed, now)], now)
        health.keep_health([report(feed, later(seconds=10), samples=105)], later(seconds=10))
        health.keep_health([report(feed, later(seconds=60), samples=160)], later(seconds=60))
        hour = FeedHour.objects.get()
        assert (hour.samples, hour.expected) == (160, 60)
        row = FeedHealth.objects.get()
        assert (row.lag_ms, row.rate_per_s, row.score) == (40, 1.0, 100.0)

    def test_a_worker_that_began_anew_counts_from_nothing(self, feed, detector, now, later):
        health.keep_health([report(feed, now, samples=100)], now)
        health.keep_health([{**report(feed, later(seconds=60), samples=7), "since_ms": 2}], later(seconds=60))
        assert FeedHour.objects.get().samples == 107

    def test_what_the_door_tells_of_refusals_does_not_pass_for_a_report_of_the_worker(self, feed, detector, now, later):
        door = {"feed": feed.key, "at_ms": ms(later(seconds=60)), "source": "live", "refused_publishes": 3}
        health.keep_health([report(feed, now)], now)
        health.keep_health([door], later(seconds=60))
        row = FeedHealth.objects.get()
        assert (row.reported_at, row.rate_per_s, row.totals["samples"]) == (now, 1.0, 100)

    def test_the_score_opens_to_its_parts(self):
        score, parts = conformity(FeedFacts(age_s=35, period_s=10, skew_s=0, max_skew_s=60, messages=95, refused=5, samples=100))
        by_key = {p["key"]: p["score"] for p in parts}
        assert by_key == {"freshness": 0.5, "completeness": None, "quality": 1, "clock": 1, "format": 0, "known": 1}
        assert score == round(100 * (30 * 0.5 + 15 + 10 + 0 + 10) / 75, 1)

    def test_nothing_measured_is_no_score(self):
        assert conformity(FeedFacts(age_s=None, period_s=10, skew_s=0, max_skew_s=60))[0] is None

    def test_a_silent_feed_is_found_and_cleared_when_it_speaks(self, feed, detector, now, later):
        health.keep_health([report(feed, now)], now)
        jobs.find_silent_feeds(later(seconds=30))
        assert not Finding.objects.exists()
        jobs.find_silent_feeds(later(minutes=5))
        jobs.find_silent_feeds(later(minutes=6))
        assert Finding.objects.get().state == FindingState.OPEN
        health.keep_health([report(feed, later(minutes=7), samples=200)], later(minutes=7))
        jobs.find_silent_feeds(later(minutes=7))
        assert Finding.objects.get().state == FindingState.CLEARED


class TestReconciliation:
    @pytest.fixture
    def theirs(self, feed):
        def make(kind, at, alarm="A-1", code="GT-3107"):
            return {"feed": feed.key, "id": alarm, "kind": kind, "at_ms": ms(at), "code": code, "level": "2", "text": "氯气高高"}

        return make

    def test_theirs_and_ours_are_found_to_be_the_same(self, second_level, raise_alarm, theirs, later):
        row = raise_alarm(second_level)
        reconciliation.keep_external([theirs("raised", later(seconds=20))], later(seconds=21))
        found = ExternalAlarm.objects.get()
        assert (found.reconciliation, found.occurrence) == (Reconciliation.MATCHED, row)

    def test_the_order_of_their_messages_makes_no_difference(self, detector, theirs, now, later):
        reconciliation.keep_external([theirs("cleared", later(minutes=1))], later(minutes=1))
        reconciliation.keep_external([theirs("raised", now), theirs("cleared", later(minutes=1))], later(minutes=2))
        found = ExternalAlarm.objects.get()
        assert (found.raised_at, found.cleared_at, found.title) == (now, later(minutes=1), "氯气高高")

    def test_what_we_miss_is_said_after_a_while_and_taken_back_when_ours_comes(
        self, second_level, raise_alarm, theirs, now, later
    ):
        reconciliation.keep_external([theirs("raised", now)], now)
        assert ExternalAlarm.objects.get().reconciliation == Reconciliation.PENDING
        reconciliation.compare_pending(later(minutes=6))
        assert ExternalAlarm.objects.get().reconciliation == Reconciliation.THEIRS_ONLY
        raise_alarm(second_level, later(seconds=30))
        reconciliation.compare_pending(later(minutes=7))
        assert ExternalAlarm.objects.get().reconciliation == Reconciliation.MATCHED

    def test_what_they_miss_is_listed(self, first_level, second_level, raise_alarm, theirs, actor_of, now, later):
        from chemward.apps.monitoring import queries

        raise_alarm(second_level)
        missed = raise_alarm(first_level, later(minutes=10))
        reconciliation.keep_external([theirs("raised", now)], now)
        scope = actor_of("duty_officer").scope
        assert list(queries.ours_only(scope, now, later(hours=1))) == [missed]


def test_key_figures_of_an_hour_for_the_enterprise_and_its_park(second_level, actor_of, tree, now, later):
    for i in range(12):
        at = now + timedelta(seconds=15 * i)
        keep_alarms([told(second_level, "raised", at), told(second_level, "cleared", at + timedelta(seconds=5), at)], at)
    first = AlarmResponse.objects.order_by("id").first().occurrence
    alarms.acknowledge(actor_of("duty_officer"), [alarms.Seen(first.uuid)], now=later(seconds=40))
    performance.compute(later(minutes=20))
    performance.compute(later(minutes=20))
    chlor, park = (
        AlarmKpi.objects.get(organisation=tree.chlor, raised__gt=0),
        AlarmKpi.objects.get(organisation=tree.park, raised__gt=0),
    )
    assert (chlor.raised, sum(chlor.ten_minutes), chlor.chattering, chlor.acked, chlor.ack_median_s) == (12, 12, 1, 1, 40.0)
    assert chlor.flood_minutes > 0
    assert chlor.top[0]["count"] == 12
    assert park.raised == 12
    assert not AlarmKpi.objects.filter(organisation=tree.other_park, raised__gt=0).exists()


class TestBothParties:
    """The enterprise acknowledges and answers in time; the park sees, urges, and lets it go up the line."""

    def hour(self, tree, later, **span):
        performance.compute(later(**span))
        return AlarmKpi.objects.filter(organisation=tree.chlor).order_by("-hour").first()

    def test_how_fast_each_acknowledges_is_counted_apart(self, second_level, raise_alarm, actor_of, tree, later):
        row = raise_alarm(second_level)
        seen = [alarms.Seen(row.uuid)]
        alarms.acknowledge(actor_of("enterprise_operator"), seen, now=later(seconds=20))
        kpi = self.hour(tree, later, minutes=1)
        assert (kpi.enterprise_acked, kpi.enterprise_ack_median_s, kpi.acked, kpi.ack_median_s) == (1, 20.0, 0, None)
        alarms.acknowledge(actor_of("duty_officer"), seen, now=later(seconds=50))
        kpi = self.hour(tree, later, minutes=1)
        assert (kpi.enterprise_ack_median_s, kpi.acked, kpi.ack_median_s) == (20.0, 1, 50.0)

    def test_an_alarm_that_either_party_acknowledged_before_it_went_is_not_fleeting(
        self, second_level, raise_alarm, actor_of, tree, now, later
    ):
        row = raise_alarm(second_level)
        alarms.acknowledge(actor_of("enterprise_operator"), [alarms.Seen(row.uuid)], now=later(seconds=10))
        keep_alarms([told(second_level, "cleared", later(seconds=30), now)], later(seconds=30))
        assert self.hour(tree, later, minutes=1).fleeting == 0

    def test_an_answer_counts_when_it_is_due_and_not_before(self, second_level, raise_alarm, tree, later):
        due_at = raise_alarm(second_level).answer.due_at
        assert not AlarmKpi.objects.filter(answers_due__gt=0).exists()
        performance.compute_hour(due_at.replace(minute=0, second=0, microsecond=0), due_at - timedelta(seconds=1))
        assert AlarmKpi.objects.filter(answers_due__gt=0).count() == 0
        performance.compute_hour(due_at.replace(minute=0, second=0, microsecond=0), due_at + timedelta(seconds=1))
        kpi = AlarmKpi.objects.get(organisation=tree.chlor, answers_due=1)
        assert (kpi.answered, kpi.answered_in_time, kpi.left_alone, kpi.urged) == (0, 0, 1, 0)

    def test_whoever_urges_a_late_enterprise_has_not_left_it_alone(self, second_level, raise_alarm, actor_of, tree):
        row = raise_alarm(second_level)
        due_at = row.answer.due_at
        alarms.urge(actor_of("duty_officer"), [row.uuid], "请反馈", now=due_at + timedelta(minutes=1))
        alarms.respond(
            actor_of("enterprise_safety"), row.uuid, cause="x", measure="y", verdict="true", now=due_at + timedelta(minutes=2)
        )
        counted = parties.answers_by_place(due_at, due_at + timedelta(minutes=3))
        assert counted == {tree.chlor.path: parties.Answers(owed=1, late=1, urged=1)}

    def test_an_answer_in_time_asks_nothing_of_the_park(self, second_level, raise_alarm, actor_of, tree, later):
        row = raise_alarm(second_level)
        alarms.respond(actor_of("enterprise_safety"), row.uuid, cause="x", measure="y", verdict="true", now=later(seconds=30))
        due_at = row.answer.due_at
        found = parties.under(parties.answers_by_place(due_at, due_at + timedelta(seconds=1)), tree.park.path)
        assert (found, found.share, found.overdue) == (parties.Answers(owed=1, in_time=1), 1.0, 0)
