"""A finding is one row as long as its rule finds it."""

from __future__ import annotations

import pytest

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, Outbox
from chemward.apps.followup.actions import findings
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.jobs import reopen_findings
from chemward.apps.followup.models import Finding, FindingState, Subject

RULE = "monitoring.feed_silent"


@pytest.fixture
def wanted(tank, tree):
    return lambda **more: Wanted(**{"subject": tank, "org_path": tree.chlor.path, "title": "接入中断", "level": 3, **more})


@pytest.fixture
def found(platform, wanted, now):
    return findings.raise_(platform, RULE, wanted(), now=now)


def test_raised_a_hundred_times_it_is_one_row_and_one_audit_entry(platform, wanted, found, later):
    for n in range(100):
        findings.raise_(platform, RULE, wanted(), now=later(seconds=n))
    assert Finding.objects.count() == 1
    assert AuditEntry.objects.filter(verb="finding.raise").count() == 1
    assert Outbox.objects.filter(subject="ev.act.finding.raise").count() == 1


def test_two_keys_are_two_findings(platform, wanted, found, now):
    findings.raise_(platform, RULE, wanted(key="lag"), now=now)
    assert Finding.objects.count() == 2


def test_it_is_cleared_by_its_rule_once(platform, found, tank, later):
    assert findings.clear(platform, RULE, tank, why="数据恢复", now=later(minutes=5))
    assert not findings.clear(platform, RULE, tank, now=later(minutes=6))
    found.refresh_from_db()
    assert (found.state, found.cleared_why, found.cleared_at) == (FindingState.CLEARED, "数据恢复", later(minutes=5))


def test_found_again_after_it_was_cleared_it_says_so(platform, wanted, found, tank, later):
    findings.clear(platform, RULE, tank, now=later(minutes=5))
    assert findings.raise_(platform, RULE, wanted(), now=later(minutes=9)).recurrence == 1


def test_a_duty_officer_takes_note_with_a_reason(found, actor_of, now):
    note = findings.note(actor_of("duty_officer"), found.uuid, "企业检修，已报备", now=now)
    assert (note.state, note.note) == (FindingState.NOTED, "企业检修，已报备")
    assert AuditEntry.objects.get(verb="finding.handle").reason == "企业检修，已报备"


def test_a_note_needs_a_reason(found, actor_of, now):
    with pytest.raises(Invalid, match="reason"):
        findings.note(actor_of("duty_officer"), found.uuid, "  ", now=now)


def test_a_wall_screen_may_not_take_note(found, actor_of, now):
    with pytest.raises(NotPermitted):
        findings.note(actor_of("wall"), found.uuid, "已知", now=now)


def test_the_neighbour_does_not_know_of_it(found, actor_of, tree, now):
    with pytest.raises(NotFound):
        findings.note(actor_of("duty_officer", tree.other_park), found.uuid, "已知", now=now)


def test_it_is_noted_only_while_open(found, actor_of, now):
    findings.note(actor_of("duty_officer"), found.uuid, "已知", now=now)
    with pytest.raises(WrongState):
        findings.note(actor_of("duty_officer"), found.uuid, "已知", now=now)


def test_noted_and_then_worse_it_is_open_again(platform, wanted, found, actor_of, now, later):
    findings.note(actor_of("duty_officer"), found.uuid, "已知", now=now)
    assert findings.raise_(platform, RULE, wanted(level=3), now=later(minutes=1)).state == FindingState.NOTED
    assert findings.raise_(platform, RULE, wanted(level=1), now=later(minutes=2)).state == FindingState.OPEN


def test_noted_until_a_moment_it_opens_by_the_clock_once(found, actor_of, now, later):
    findings.note(actor_of("duty_officer"), found.uuid, "检修中", until=later(hours=8), now=now)
    reopen_findings(later(hours=7))
    assert Finding.objects.get().state == FindingState.NOTED
    reopen_findings(later(hours=9))
    reopen_findings(later(hours=9))
    assert Finding.objects.get().state == FindingState.OPEN
    assert AuditEntry.objects.filter(verb="finding.reopen").count() == 1


def test_it_is_opened_again_by_hand(found, actor_of, now):
    findings.note(actor_of("duty_officer"), found.uuid, "已知", now=now)
    assert findings.reopen(actor_of("duty_lead"), found.uuid, "并未报备", now=now).state == FindingState.OPEN
    with pytest.raises(WrongState):
        findings.reopen(actor_of("duty_lead"), found.uuid, "并未报备", now=now)


def test_one_run_of_a_rule_raises_what_it_wants_and_clears_the_rest_of_its_subtree(platform, wanted, found, tree, now, later):
    elsewhere = Subject("assets.asset", "other", "邻园罐")
    findings.raise_(platform, RULE, wanted(subject=elsewhere, org_path=tree.other.path), now=now)
    new = Subject("assets.asset", "new", "T-3302")
    asked = [wanted(subject=new)]
    assert findings.settle(platform, RULE, asked, under=tree.park.path, now=later(minutes=1)) == (1, 1)
    assert findings.settle(platform, RULE, asked, under=tree.park.path, now=later(minutes=2)) == (0, 0)
    open_rows = Finding.objects.exclude(state=FindingState.CLEARED).values_list("subject_id", flat=True)
    assert set(open_rows) == {"new", "other"}
