"""The stories of the demo park: hidden hazards in every state, duties, restrictions, proposals tried on history; all through the acts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count

from chemward.apps.core.models import AuditEntry, Organisation
from chemward.apps.followup import queries
from chemward.apps.followup.models import (
    Duty,
    DutyState,
    Exemption,
    Finding,
    HazardState,
    HiddenHazard,
    Message,
    MessageState,
    Restriction,
)
from chemward.apps.monitoring.models import ChangeState, LimitChange
from chemward.demo.seed import seed
from chemward.demo.seed_followup import moment
from chemward.demo.tables import table
from chemward.telemetry.installation import Installation

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 18, 6, 26, 38, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A database with the demo park as it stands at START; rolled back at the end of the module."""
    from django.db import transaction

    installation = Installation(tmp_path_factory.mktemp("demo"))
    with django_db_blocker.unblock(), transaction.atomic():
        seed(installation, now=START)
        yield installation
        transaction.set_rollback(True)


def test_hidden_hazards_stand_in_every_state_of_the_loop(seeded):
    states = dict(HiddenHazard.objects.values_list("state").annotate(n=Count("id")))
    assert set(states) == set(HazardState.values)
    assert sum(states.values()) == len(table("followup")["hazard"]) >= 12


def test_nobody_accepted_what_they_rectified_themselves(seeded):
    closed = HiddenHazard.objects.filter(state=HazardState.CLOSED)
    assert closed.exists()
    assert not [h for h in closed if h.submitted_by_id == h.closed_by_id]


def test_a_hazard_that_came_back_is_found_by_the_rule(seeded):
    again = HiddenHazard.objects.exclude(rebound_of=None).get()
    assert again.rebound_of.state == HazardState.CLOSED
    assert Finding.objects.get(rule="followup.hazard_rebound").subject_id == str(again.uuid)


def test_duties_are_owed_overdue_done_late_and_cancelled(seeded):
    owed = Duty.objects.filter(state=DutyState.OWED)
    assert owed.filter(due_at__lt=START).count() >= 2
    assert owed.filter(due_at__gt=START).exists()
    assert Duty.objects.filter(state=DutyState.DONE, is_late=True).exists()
    assert Duty.objects.filter(state=DutyState.DONE, is_late=False).exists()
    assert Duty.objects.filter(state=DutyState.CANCELLED).exists()


def test_a_restriction_of_the_park_holds_everywhere_but_for_whom_it_was_lifted(seeded):
    by_code = {o.external_key: o for o in Organisation.objects.filter(is_demo=True)}
    bound = queries.restrictions_on(by_code["E27"].path, "special_work.hot_work", now=START)
    assert [r.key for r in bound] == ["demo:restriction:02"]
    assert queries.restrictions_on(by_code["E08"].path, "special_work.hot_work", now=START) == []
    assert queries.restrictions_on(by_code["E08"].path, "special_work.work_at_height", now=START) != []
    assert Exemption.objects.count() == 1
    assert Restriction.objects.exclude(lifted_at=None).count() == 1


def test_every_proposal_was_tried_on_the_simulated_hours(seeded):
    changes = list(LimitChange.objects.select_related("definition"))
    assert {c.state for c in changes} == {ChangeState.PROPOSED, ChangeState.APPROVED, ChangeState.REJECTED}
    assert all(c.trial["samples"] >= 300 for c in changes)
    # What was declined for raising too often does raise more often, and what was approved does not.
    raises = {c.state: c.trial["would_raise"] - c.trial["raises_now"] for c in changes if c.state != ChangeState.PROPOSED}
    assert raises[ChangeState.REJECTED] > 0 >= raises[ChangeState.APPROVED]
    approved = next(c for c in changes if c.state == ChangeState.APPROVED)
    assert approved.definition.limit == approved.after["limit"]


def test_every_story_was_told_by_people_and_audited_at_its_moment(seeded):
    verbs = set(AuditEntry.objects.exclude(user=None).values_list("verb", flat=True))
    assert {"hazard.report", "hazard.assign", "hazard.submit", "hazard.accept", "hazard.return", "hazard.dismiss"} <= verbs
    assert {"duty.assign", "duty.do", "restriction.impose", "restriction.exempt", "restriction.lift"} <= verbs
    assert {"limit.propose", "limit.try", "limit.approve", "limit.reject", "message.send", "message.handle"} <= verbs
    assert AuditEntry.objects.exclude(user=None).filter(at__gt=START).count() == 0


def test_messages_wait_and_are_handled(seeded):
    assert Message.objects.filter(state=MessageState.OPEN, key__startswith="demo:").exists()
    assert Message.objects.filter(state=MessageState.HANDLED, key__startswith="demo:").exists()


def test_a_moment_is_a_day_in_shanghai_or_a_distance():
    assert moment("+1d 08:00", START).astimezone(UTC) == datetime(2026, 3, 19, 0, 0, tzinfo=UTC)
    assert moment("-25m", START) == START - timedelta(minutes=25)
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday", START)
