"""Who is told, in which order, until somebody deals with it."""

from __future__ import annotations

from datetime import time

import pytest

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, NotificationPreference
from chemward.apps.followup import queries, receivers, todo
from chemward.apps.followup.actions import message_rules, messages
from chemward.apps.followup.jobs import escalate_messages
from chemward.apps.followup.models import Message, MessageState, Receipt

STEPS = [
    {"after_s": 0, "at": "own", "posts": ["duty"]},
    {"after_s": 300, "at": "own", "posts": ["duty"], "deputies": True},
    {"after_s": 600, "at": "own", "posts": ["lead"]},
    {"after_s": 1200, "at": "park", "posts": ["duty"], "roles": ["duty_lead"]},
]


@pytest.fixture
def rule(actor_of, tree, posts, now):
    return message_rules.lay_down(
        actor_of("park_safety"), tree.park.path, "gas", "alarm", name="气体报警", steps=STEPS, handle_within_s=600, now=now
    )


@pytest.fixture
def send(platform, tree, now):
    return lambda **more: messages.send(
        platform,
        more.pop("message_class", "alarm"),
        "氯气 51 ppm",
        **{"org_path": tree.chlor.path, "topic": "gas", "now": now, **more},
    )


def told(message) -> list[str]:
    return [r.user.username.split(".")[0] for r in message.receipts.order_by("id").select_related("user")]


def test_an_alarm_nobody_handles_climbs_from_the_holder_to_the_deputy_to_the_lead_to_the_park(rule, send, user_of, later):
    user_of("duty_lead")
    message = send()
    assert told(message) == ["enterprise_safety"]
    for seconds, names in (
        (299, ["enterprise_safety"]),
        (301, ["enterprise_safety", "enterprise_operator"]),
        (601, ["enterprise_safety", "enterprise_operator", "enterprise_lead"]),
        (1201, ["enterprise_safety", "enterprise_operator", "enterprise_lead", "duty_officer", "duty_lead"]),
        (9999, ["enterprise_safety", "enterprise_operator", "enterprise_lead", "duty_officer", "duty_lead"]),
    ):
        escalate_messages(later(seconds=seconds))
        escalate_messages(later(seconds=seconds))
        assert told(message) == names
    assert AuditEntry.objects.filter(verb="message.escalate").count() == 3
    deputy = Receipt.objects.get(user__username__startswith="enterprise_operator")
    assert deputy.is_deputy
    assert deputy.reason == "企业值班岗"


def test_handled_by_one_it_is_handled_for_all_and_climbs_no_more(rule, send, actor_of, later):
    message = send()
    escalate_messages(later(seconds=301))
    handled = messages.handle(actor_of("enterprise_operator"), message.uuid, "已现场核实", now=later(seconds=400))
    assert (handled.state, handled.is_late) == (MessageState.HANDLED, False)
    escalate_messages(later(seconds=5000))
    assert len(told(message)) == 2
    assert messages.handle(actor_of("enterprise_safety"), message.uuid, now=later(seconds=700)).handled_at == later(seconds=400)


def test_handled_after_its_time_it_is_late(rule, send, actor_of, later):
    assert messages.handle(actor_of("enterprise_safety"), send().uuid, now=later(seconds=601)).is_late


def test_recorder_asleep_all_steps_that_are_due_are_taken_at_once(rule, send, user_of, later):
    message = send()
    escalate_messages(later(seconds=700))
    assert told(message) == ["enterprise_safety", "enterprise_operator", "enterprise_lead"]


def test_a_step_that_reaches_nobody_passes_on_at_once(platform, actor_of, tree, posts, people, now):
    steps = [{"after_s": 0, "at": "own", "posts": ["nobody"]}, {"after_s": 900, "at": "park", "posts": ["duty"]}]
    message_rules.lay_down(
        actor_of("park_safety"), tree.park.path, "gas", "alarm", name="x", steps=steps, handle_within_s=60, now=now
    )
    message = messages.send(platform, "alarm", "氯气", org_path=tree.chlor.path, topic="gas", now=now)
    assert told(message) == ["duty_officer"]


def test_the_nearest_rule_holds_and_dropped_the_one_above_does(rule, send, actor_of, tree, now):
    own = message_rules.lay_down(
        actor_of("park_safety"), tree.chlor.path, "gas", "alarm", name="企业自定", steps=[{"after_s": 0, "at": "own", "posts": ["lead"]}],
        handle_within_s=None, now=now,
    )  # fmt: skip
    assert told(send()) == ["enterprise_lead"]
    message_rules.drop(actor_of("park_safety"), own.uuid, now=now)
    assert told(send()) == ["enterprise_safety"]


def test_without_a_rule_the_defaults_reach_somebody(send, people):
    assert set(told(send(topic="anything"))) >= {"enterprise_safety", "enterprise_operator"}


def test_every_default_rule_is_well_formed():
    from chemward.apps.followup import rules

    for rule in rules.default_message_rules().values():
        receivers.check_steps(rule["steps"])


def test_a_rule_with_faults_is_refused_with_all_of_them(actor_of, tree, now):
    steps = [{"after_s": -1, "at": "moon", "roles": ["king"]}, {"after_s": 0, "colour": "red"}]
    with pytest.raises(Invalid) as refused:
        message_rules.lay_down(
            actor_of("park_safety"), tree.park.path, "x", "alarm", name="x", steps=steps, handle_within_s=1, now=now
        )
    assert len(refused.value.faults) == 4


def test_rules_are_laid_down_by_administrators_only(actor_of, tree, now):
    with pytest.raises(NotPermitted):
        message_rules.lay_down(
            actor_of("duty_officer"), tree.park.path, "x", "alarm", name="x", steps=STEPS, handle_within_s=1, now=now
        )


def test_sent_twice_under_one_key_it_is_one(rule, send):
    assert send(key="alarm:7") == send(key="alarm:7")


def test_a_reminder_asks_for_nothing(send, actor_of, people, posts, now):
    message = send(message_class="reminder", to=[people.officer, posts.lead])
    assert (message.state, told(message)) == (MessageState.INFORMATION, ["enterprise_safety", "enterprise_lead"])
    assert todo.mine(actor_of("enterprise_safety"), now) == []
    assert queries.unread_count(actor_of("enterprise_safety")) == 1


def test_an_open_message_stands_among_the_to_dos(rule, send, actor_of, now):
    message = send()
    assert [t.id for t in todo.mine(actor_of("enterprise_safety"), now)] == [str(message.uuid)]
    messages.handle(actor_of("enterprise_safety"), message.uuid, now=now)
    assert todo.mine(actor_of("enterprise_safety"), now) == []


def test_read_is_kept_per_receiver_and_once(send, actor_of, people, now, later):
    message = send(to=[people.officer, people.lead])
    assert messages.mark_read(actor_of("enterprise_lead"), [message.uuid], now=later(minutes=1)) == 1
    assert messages.mark_read(actor_of("enterprise_lead"), now=later(minutes=2)) == 0
    assert message.receipts.get(user=people.officer).read_at is None


def test_who_did_not_get_it_cannot_handle_it(rule, send, actor_of, now):
    with pytest.raises(NotFound):
        messages.handle(actor_of("park_safety"), send().uuid, now=now)


def test_an_operator_may_not_send(actor_of, tree, now):
    with pytest.raises(NotPermitted):
        messages.send(actor_of("enterprise_operator"), "reminder", "x", org_path=tree.chlor.path, now=now)


def test_withdrawn_it_asks_for_nothing_and_cannot_be_handled(rule, send, actor_of, now):
    message = send()
    messages.withdraw(actor_of("duty_officer"), message.uuid, "误发", now=now)
    with pytest.raises(WrongState):
        messages.handle(actor_of("enterprise_safety"), message.uuid, now=now)
    with pytest.raises(WrongState):
        messages.withdraw(actor_of("duty_officer"), message.uuid, "误发", now=now)


def test_done_elsewhere_its_messages_are_handled(rule, send, platform, now):
    send(key="alarm:7:1")
    other = send(key="alarm:77")
    assert messages.conclude(platform, "alarm:7", now=now) == 1
    assert Message.objects.get(state=MessageState.OPEN) == other


def test_switched_off_a_reminder_is_quiet_an_alarm_never(send, people, now):
    for message_class in ("reminder", "alarm"):
        NotificationPreference.objects.create(user=people.officer, message_class=message_class, channel="page", is_on=False)
    assert send(message_class="reminder", to=[people.officer]).receipts.get().is_quiet
    assert not send(to=[people.officer]).receipts.get().is_quiet


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        # now is 14:26:38 in Shanghai
        (time(14, 0), time(16, 0), "2026-03-18T16:00:00+08:00"),
        (time(22, 0), time(6, 0), None),
        (time(14, 0), time(6, 0), "2026-03-19T06:00:00+08:00"),
    ],
)
def test_quiet_hours_put_a_delivery_off(people, now, begins, ends, expected):
    kept = NotificationPreference(user=people.officer, quiet_from=begins, quiet_until=ends)
    at = messages._after_quiet(kept, now)
    assert at == now if expected is None else at.isoformat() == expected
