"""The one loop of a hidden hazard, told by who does what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, User
from chemward.apps.followup import rules
from chemward.apps.followup.actions import hazards
from chemward.apps.followup.jobs import escalate_hazards
from chemward.apps.followup.models import Finding, HazardState, HiddenHazard, Message

DAY = timedelta(days=1)


@pytest.fixture
def hazard(actor_of, tree, now):
    return hazards.report(actor_of("park_safety"), tree.chlor.path, "法兰渗漏", place="氯化装置 E-301", category="设备", now=now)


@pytest.fixture
def assigned(hazard, actor_of, posts, now):
    return hazards.assign(
        actor_of("park_safety"), hazard.uuid, post=posts.officer, due_at=now + 7 * DAY, measure="更换垫片", now=now
    )


@pytest.fixture
def submitted(assigned, actor_of, later):
    return hazards.submit(actor_of("enterprise_safety"), assigned.uuid, evidence="已更换，见照片", now=later(days=2))


def test_found_assigned_rectified_accepted_closed(submitted, actor_of, later):
    closed = hazards.accept(actor_of("park_safety"), submitted.uuid, opinion="现场复核合格", now=later(days=3))
    assert closed.state == HazardState.CLOSED
    assert [s.verb for s in closed.steps.all()] == ["report", "assign", "submit", "accept"]
    assert list(AuditEntry.objects.filter(verb__startswith="hazard.").order_by("id").values_list("verb", flat=True)) == [
        "hazard.report", "hazard.assign", "hazard.submit", "hazard.accept",
    ]  # fmt: skip


def test_a_number_is_given_and_kept(hazard):
    assert HiddenHazard.objects.get(uuid=hazard.uuid).number == f"YH260318-{hazard.pk:05d}"


def test_reported_twice_by_the_same_source_it_is_one(actor_of, tree, now):
    reporter = actor_of("enterprise_operator")
    first = hazards.report(reporter, tree.chlor.path, "护栏松动", external_key="app-17", now=now)
    assert hazards.report(reporter, tree.chlor.path, "护栏松动", external_key="app-17", now=now) == first


def test_who_rectified_may_not_accept(assigned, actor_of, user_of, tree, now, later):
    lead = actor_of("enterprise_lead")
    hazards.submit(lead, assigned.uuid, evidence="已更换", now=later(days=1))
    with pytest.raises(NotPermitted):
        hazards.accept(lead, assigned.uuid, opinion="合格", now=later(days=1))


def test_a_major_one_is_accepted_from_above_only(hazard, actor_of, posts, now, later):
    hazards.assign(
        actor_of("park_safety"), hazard.uuid, post=posts.officer, due_at=now + DAY, measure="停车检修", precaution="降负荷运行",
        level="major", now=now,
    )  # fmt: skip
    hazards.submit(actor_of("enterprise_safety"), hazard.uuid, evidence="已消除", now=later(hours=2))
    with pytest.raises(NotPermitted, match=r"above|上级"):
        hazards.accept(actor_of("enterprise_lead"), hazard.uuid, opinion="合格", now=later(hours=3))
    assert hazards.accept(actor_of("park_safety"), hazard.uuid, opinion="合格", now=later(hours=3)).state == HazardState.CLOSED


def test_a_major_one_needs_precautions(hazard, actor_of, posts, now):
    with pytest.raises(Invalid, match="precaution"):
        hazards.assign(
            actor_of("park_safety"), hazard.uuid, post=posts.officer, due_at=now + DAY, measure="停车", level="major", now=now
        )


def test_returned_with_a_reason_it_is_rectified_again(submitted, actor_of, later):
    returned = hazards.return_(actor_of("park_safety"), submitted.uuid, reason="照片看不清", now=later(days=3))
    assert (returned.state, returned.return_count) == (HazardState.RETURNED, 1)
    again = hazards.submit(actor_of("enterprise_safety"), submitted.uuid, evidence="补拍", now=later(days=4))
    assert again.state == HazardState.SUBMITTED


@pytest.mark.parametrize(
    "act",
    [
        lambda who, h, at: hazards.submit(who, h.uuid, evidence="x", now=at),
        lambda who, h, at: hazards.accept(who, h.uuid, opinion="x", now=at),
        lambda who, h, at: hazards.return_(who, h.uuid, reason="x", now=at),
        lambda who, h, at: hazards.ask_extension(who, h.uuid, due_at=at + DAY, reason="x", now=at),
    ],
)
def test_nothing_but_assigning_can_follow_finding(hazard, platform, now, act):
    with pytest.raises(WrongState):
        act(platform, hazard, now)


def test_nothing_follows_closing(submitted, actor_of, posts, platform, now, later):
    hazards.accept(actor_of("park_safety"), submitted.uuid, opinion="合格", now=later(days=3))
    with pytest.raises(WrongState):
        hazards.accept(actor_of("park_safety"), submitted.uuid, opinion="合格", now=later(days=3))
    with pytest.raises(WrongState):
        hazards.assign(platform, submitted.uuid, post=posts.officer, due_at=later(days=9), measure="x", now=later(days=4))


def test_every_transition_names_a_capability_that_exists():
    from chemward.apps.core.scope import capabilities

    assert {t.capability for t in rules.HAZARD.values()} <= capabilities().keys()
    assert {s for t in rules.HAZARD.values() for s in (*t.before, t.after)} == set(HazardState.values)


def test_an_operator_may_not_assign_and_a_neighbour_does_not_see(hazard, actor_of, posts, tree, now):
    arguments = {"post": posts.officer, "due_at": now + DAY, "measure": "x", "now": now}
    with pytest.raises(NotPermitted):
        hazards.assign(actor_of("enterprise_operator"), hazard.uuid, **arguments)
    with pytest.raises(NotFound):
        hazards.assign(actor_of("park_safety", tree.other_park), hazard.uuid, **arguments)


def test_the_post_must_be_of_the_enterprise_and_the_date_ahead(hazard, actor_of, posts, now):
    with pytest.raises(Invalid) as refused:
        hazards.assign(actor_of("park_safety"), hazard.uuid, post=posts.park_duty, due_at=now - DAY, measure="x", now=now)
    assert {f.field for f in refused.value.faults} == {"due_at", "post"}


def test_late_is_counted(assigned, actor_of, later):
    assert hazards.submit(actor_of("enterprise_safety"), assigned.uuid, evidence="已更换", now=later(days=8)).is_late


def test_more_time_is_asked_for_with_a_reason_and_decided_by_another(assigned, actor_of, later, now):
    asked = actor_of("enterprise_lead")
    wish = hazards.ask_extension(asked, assigned.uuid, due_at=later(days=14), reason="备件未到", now=now)
    assert hazards.ask_extension(asked, assigned.uuid, due_at=later(days=14), reason="备件未到", now=now) == wish
    with pytest.raises(NotPermitted):
        hazards.decide_extension(asked, assigned.uuid, is_granted=True, now=now)
    granted = hazards.decide_extension(actor_of("park_safety"), assigned.uuid, is_granted=True, now=now)
    assert (granted.due_at, granted.extension_count, granted.first_due_at) == (later(days=14), 1, later(days=7))
    with pytest.raises(WrongState):
        hazards.decide_extension(actor_of("park_safety"), assigned.uuid, is_granted=True, now=now)


def test_refused_more_time_the_date_stays(assigned, actor_of, later, now):
    hazards.ask_extension(actor_of("enterprise_safety"), assigned.uuid, due_at=later(days=14), reason="备件未到", now=now)
    with pytest.raises(Invalid, match="answer"):
        hazards.decide_extension(actor_of("park_safety"), assigned.uuid, is_granted=False, now=now)
    row = hazards.decide_extension(actor_of("park_safety"), assigned.uuid, is_granted=False, answer="现货可得", now=now)
    assert row.due_at == later(days=7)


def test_come_back_within_a_year_it_is_a_rebound_and_a_finding(submitted, actor_of, tree, later):
    hazards.accept(actor_of("park_safety"), submitted.uuid, opinion="合格", now=later(days=3))
    again = hazards.report(
        actor_of("park_safety"), tree.chlor.path, "又渗漏", place="氯化装置  E-301", category="设备", now=later(days=60)
    )
    assert again.rebound_of == submitted
    assert Finding.objects.get(rule=hazards.REBOUND).subject_id == str(again.uuid)


def test_dismissed_by_another_than_who_reported(hazard, actor_of, now):
    with pytest.raises(NotPermitted):
        hazards.dismiss(actor_of("park_safety"), hazard.uuid, reason="误报", now=now)
    assert hazards.dismiss(actor_of("city_bureau"), hazard.uuid, reason="误报", now=now).state == HazardState.DISMISSED


def test_it_climbs_from_the_post_to_its_deputy_to_the_lead_to_who_answers(assigned, people, user_of, later):
    safety = user_of("park_safety")

    def reached(at) -> set[User]:
        escalate_hazards(at)
        escalate_hazards(at)
        newest = Message.objects.filter(topic="hazard").order_by("-id").first()
        return {r.user for r in newest.receipts.all()} if newest else set()

    assert reached(later(days=3)) == set()
    assert reached(later(days=5)) == {people.officer}
    assert reached(later(days=7, minutes=1)) == {people.officer, people.deputy}
    assert reached(later(days=8, minutes=1)) == {people.lead}
    assert people.officer in reached(later(days=10, minutes=1))
    assert Message.objects.filter(topic="hazard").count() == 4
    assert safety.receipts.count() == 0
