"""A post owes, a person does."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chemward.apps.core.actions import attachments
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, Outbox, PostHolding
from chemward.apps.followup import todo
from chemward.apps.followup.actions import duties
from chemward.apps.followup.jobs import escalate_duties
from chemward.apps.followup.models import DutyState, Message, MessageState, Proof


@pytest.fixture
def owe(posts, actor_of, tank, later, now):
    return lambda **more: duties.assign(
        actor_of("park_safety"), posts.officer, "核对液位计", **{"due_at": later(hours=4), "subject": tank, "now": now, **more}
    )


def test_assigned_it_waits_for_the_holder_and_the_deputy(owe, actor_of, people, now):
    duty = owe()
    for role in ("enterprise_safety", "enterprise_operator"):
        assert [t.id for t in todo.mine(actor_of(role), now)] == [str(duty.uuid)]
    assert todo.mine(actor_of("enterprise_lead"), now) == []
    assert Outbox.objects.filter(subject="ev.act.duty.assign").count() == 1


def test_assigned_twice_under_one_key_it_is_owed_once(owe):
    assert owe(key="alarm.cause:1") == owe(key="alarm.cause:1")


def test_done_by_the_holder_in_time(owe, actor_of, later):
    done = duties.do(actor_of("enterprise_safety"), owe().uuid, proof="已核对", now=later(hours=1))
    assert (done.state, done.is_late, done.is_by_deputy, done.proof) == (DutyState.DONE, False, False, "已核对")
    assert AuditEntry.objects.filter(verb="duty.do").count() == 1


def test_done_by_the_deputy_too_late_both_are_kept(owe, actor_of, later):
    done = duties.do(actor_of("enterprise_operator"), owe().uuid, now=later(hours=5))
    assert (done.is_late, done.is_by_deputy) == (True, True)


def test_done_twice_is_refused(owe, actor_of, now):
    duty = owe()
    duties.do(actor_of("enterprise_safety"), duty.uuid, now=now)
    with pytest.raises(WrongState):
        duties.do(actor_of("enterprise_safety"), duty.uuid, now=now)


def test_another_post_may_not_do_it(owe, actor_of, now):
    with pytest.raises(NotPermitted, match="企业值班岗"):
        duties.do(actor_of("duty_officer"), owe().uuid, now=now)


def test_a_vacant_posts_duty_may_be_done_by_whoever_may_do_duties_there(owe, actor_of, now):
    duty = owe()
    PostHolding.objects.all().delete()
    assert duties.do(actor_of("duty_officer"), duty.uuid, now=now).state == DutyState.DONE


def test_the_neighbour_does_not_know_of_it(owe, actor_of, tree, now):
    with pytest.raises(NotFound):
        duties.do(actor_of("duty_officer", tree.other_park), owe().uuid, now=now)


def test_an_operator_may_not_assign(posts, actor_of, later, now):
    with pytest.raises(NotPermitted):
        duties.assign(actor_of("enterprise_operator"), posts.officer, "x", due_at=later(hours=1), now=now)


def test_proof_that_is_asked_for_must_be_there(owe, actor_of, tree, now, settings, tmp_path):
    written = owe(proof=Proof.TEXT)
    with pytest.raises(Invalid, match="proof"):
        duties.do(actor_of("enterprise_safety"), written.uuid, proof=" ", now=now)
    photo = owe(proof=Proof.FILE)
    with pytest.raises(Invalid, match="file"):
        duties.do(actor_of("enterprise_safety"), photo.uuid, proof="拍了", now=now)
    file = SimpleUploadedFile("现场.txt", "读数 4.2 m".encode())
    attachments.attach(actor_of("enterprise_safety"), photo, file, organisation=tree.chlor, capability="duty.view", now=now)
    assert duties.do(actor_of("enterprise_safety"), photo.uuid, now=now).state == DutyState.DONE


def test_handed_to_another_post_of_the_enterprise_with_a_reason(owe, posts, actor_of, now):
    duty = owe()
    with pytest.raises(Invalid, match="post"):
        duties.hand_over(actor_of("enterprise_safety"), duty.uuid, posts.park_duty, "不归我管", now=now)
    handed = duties.hand_over(actor_of("enterprise_safety"), duty.uuid, posts.lead, "需总监签字", now=now)
    assert (handed.post, handed.handed_from) == (posts.lead, posts.officer)
    assert [t.id for t in todo.mine(actor_of("enterprise_lead"), now)] == [str(duty.uuid)]


def test_cancelled_with_a_reason_nothing_is_owed(owe, actor_of, now):
    duty = owe(key="k")
    with pytest.raises(NotPermitted):
        duties.cancel(actor_of("enterprise_operator"), duty.uuid, "不用了", now=now)
    assert duties.cancel_by_key(actor_of("park_safety"), "k", "报警为测试", now=now)
    assert not duties.cancel_by_key(actor_of("park_safety"), "k", "报警为测试", now=now)


def test_settled_where_it_was_done(owe, actor_of, now):
    owe(key="alarm.cause:9")
    assert duties.settle(actor_of("enterprise_safety"), "alarm.cause:9", now=now).state == DutyState.DONE
    assert duties.settle(actor_of("enterprise_safety"), "alarm.cause:9", now=now) is None


def test_overdue_it_climbs_to_the_deputy_then_the_lead_and_stops_when_done(owe, people, actor_of, later):
    duty = owe()
    for at in (later(hours=3), later(hours=4, seconds=1), later(hours=4, seconds=2), later(hours=5, seconds=1)):
        escalate_duties(at)
    told = [{r.user for r in m.receipts.all()} for m in Message.objects.filter(topic="duty").order_by("id")]
    assert told == [{people.officer, people.deputy}, {people.lead}]
    duty.refresh_from_db()
    assert (duty.escalation, duty.escalated_to.name) == (2, "安全总监")
    duties.do(actor_of("enterprise_lead"), duty.uuid, now=later(hours=6))
    assert not Message.objects.filter(state=MessageState.OPEN).exists()
    escalate_duties(later(days=9))
    assert Message.objects.filter(topic="duty").count() == 2


def test_the_list_takes_the_same_queries_however_long(owe, actor_of, now, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    owe()
    actor = actor_of("enterprise_safety")
    with CaptureQueriesContext(connection) as few:
        todo.mine(actor, now)
    for _ in range(6):
        owe()
    with django_assert_num_queries(len(few)):
        assert len(todo.mine(actor, now)) == 7
