"""The platform finds what is wrong with itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chemward.apps.core.models import ClockRun, ProcessBeat
from chemward.apps.followup import watch
from chemward.apps.followup.models import Finding, FindingState

LIMITS = watch.limits()["limits"]


@pytest.fixture
def well(now) -> watch.State:
    beats = [ProcessBeat(name=n, pid=i, at=now, detail={"lag_ms": 3}) for i, n in enumerate(("worker", "live"))]
    clock = [ClockRun(name="alarm.escalate", period_s=10, due_at=now)]
    return watch.State(beats=beats, clock=clock, disk_percent=40, outbox_rows=2, outbox_oldest_at=now, dead_letters=0)


def keys(state, now) -> list[str]:
    return [t.key for t in watch.troubles(state, now, LIMITS)]


def test_a_platform_that_is_well_has_no_findings(well, now):
    assert keys(well, now) == []


def test_a_silent_process_is_found_unless_another_of_its_name_lives(well, now):
    old = ProcessBeat(name="worker", pid=9, at=now - timedelta(minutes=2), detail={})
    assert keys(replace(well, beats=[*well.beats, old]), now) == []
    assert keys(replace(well, beats=[well.beats[1], old]), now) == ["process:worker"]


@pytest.mark.parametrize(("lag_ms", "found"), [(10_000, []), (10_001, ["lag:worker"])])
def test_a_lag_is_found_beyond_its_limit(well, now, lag_ms, found):
    well.beats[0].detail = {"lag_ms": lag_ms}
    assert keys(well, now) == found


def test_a_stream_that_fills_up_is_found_before_it_refuses(well, now):
    well.beats[0].detail = {"streams": {"IN": 80.0, "CONFIG": 79.9}}
    assert keys(well, now) == ["stream:IN"]


def test_messages_that_gave_way_unread_are_found(well, now):
    well.beats[0].detail = {"missed_messages": 12}
    (found,) = watch.troubles(well, now, LIMITS)
    assert (found.key, found.level) == ("missed:worker", 1)
    assert "12" in found.title


def test_a_clock_job_that_failed_or_is_late_is_found(well, now):
    late = ClockRun(name="a", period_s=10, due_at=now - timedelta(seconds=41))
    failed = ClockRun(name="b", period_s=10, due_at=now, error="ValueError: x")
    assert keys(replace(well, clock=[late, failed]), now) == ["clock:a", "clock:b"]


@pytest.mark.parametrize(("percent", "level"), [(84.9, None), (85, 2), (95, 1)])
def test_a_full_disk_is_found_in_two_steps(well, now, percent, level):
    found = watch.troubles(replace(well, disk_percent=percent), now, LIMITS)
    assert [t.level for t in found] == ([] if level is None else [level])


def test_announcements_that_wait_too_long_are_found(well, now):
    assert keys(replace(well, outbox_oldest_at=now - timedelta(seconds=31)), now) == ["outbox"]


def test_a_finding_opens_once_and_is_cleared_by_the_same_rule(tree, now, later, monkeypatch, well):
    bad = replace(well, dead_letters=1)
    monkeypatch.setattr(watch, "look", lambda: bad)
    watch.watch(now)
    watch.watch(later(seconds=5))
    finding = Finding.objects.get(rule=watch.RULE)
    assert (finding.org_path, finding.key) == (tree.province.path, "dead-letters")
    monkeypatch.setattr(watch, "look", lambda: well)
    watch.watch(later(seconds=10))
    assert Finding.objects.get(rule=watch.RULE).state == FindingState.CLEARED
