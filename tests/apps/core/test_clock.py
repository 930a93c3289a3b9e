"""What runs on the clock: due, in turn, one fault stops nobody else, and every job may run twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chemward.apps.core import clock
from chemward.apps.core.models import AuditEntry, ClockRun, Outbox
from chemward.apps.core.rules import late_clock_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(monkeypatch):
    """Only the jobs that the test names: `jobs(a=function)`, each every ten seconds."""
    clock.clock_jobs()
    monkeypatch.setattr(clock, "_jobs", {})

    def known(**functions) -> None:
        for name, function in functions.items():
            clock.clock_job(name, every=timedelta(seconds=10))(function)

    monkeypatch.setattr(clock, "clock_jobs", lambda: clock._jobs)
    return known


def test_a_job_runs_at_once_and_then_each_period(jobs, now):
    seen = []
    jobs(a=seen.append)
    for s in (0, 1, 9.9, 10, 19, 20):
        clock.run_due(now + timedelta(seconds=s))
    assert seen == [now, now + timedelta(seconds=10), now + timedelta(seconds=20)]


def test_after_a_long_stop_it_runs_once_for_now_not_once_for_each_missed_period(jobs, now):
    seen = []
    jobs(a=seen.append)
    clock.run_due(now)
    later = now + timedelta(hours=3)
    assert clock.run_due(later) == ["a"]
    assert clock.run_due(later) == []
    assert seen == [now, later]


def test_a_failing_job_is_kept_with_its_fault_and_stops_nobody(jobs, now):
    seen = []

    def broken(at) -> None:
        raise RuntimeError("kaputt")

    jobs(broken=broken, fine=seen.append)
    assert sorted(clock.run_due(now)) == ["broken", "fine"]
    clock.run_due(now + timedelta(seconds=10))
    row = ClockRun.objects.get(name="broken")
    assert (row.failures, row.error) == (2, "RuntimeError: kaputt")
    assert len(seen) == 2


def test_a_job_that_works_again_forgets_its_failures(jobs, now):
    faults = [RuntimeError("kaputt"), None]

    def sometimes(at) -> None:
        if fault := faults.pop(0):
            raise fault

    jobs(a=sometimes)
    clock.run_due(now)
    clock.run_due(now + timedelta(seconds=10))
    row = ClockRun.objects.get(name="a")
    assert (row.failures, row.error) == (0, "")


def test_when_time_is_short_the_longest_overdue_goes_first_and_none_is_forgotten(jobs, now):
    seen = []
    jobs(a=lambda at: seen.append("a"), b=lambda at: seen.append("b"), c=lambda at: seen.append("c"))
    clock.run_due(now)
    seen.clear()
    for name, s in (("a", 3), ("b", 1), ("c", 2)):
        ClockRun.objects.filter(name=name).update(due_at=now + timedelta(seconds=s))
    later = now + timedelta(seconds=60)
    for _n in range(3):
        clock.run_due(later, budget=timedelta(microseconds=1))
    while clock.run_due(later, budget=timedelta(seconds=5)):
        pass
    assert seen == ["b", "c", "a"]


def test_a_job_that_does_not_run_shows_as_late(jobs, now):
    jobs(a=lambda at: None)
    clock.run_due(now)
    rows = list(ClockRun.objects.all())
    assert late_clock_jobs(rows, now + timedelta(seconds=5)) == []
    assert late_clock_jobs(rows, now + timedelta(minutes=10)) == rows


def test_a_name_belongs_to_one_job(jobs):
    jobs(a=lambda at: None)
    with pytest.raises(ValueError, match="two clock jobs"):
        jobs(a=lambda at: None)


def test_every_job_of_the_platform_runs_on_an_empty_park_twice_and_says_nothing_the_second_time(tree, now):
    for name, job in sorted(clock.clock_jobs().items()):
        job.run(now)
        said = (Outbox.objects.count(), AuditEntry.objects.count())
        job.run(now)
        assert (Outbox.objects.count(), AuditEntry.objects.count()) == said, name


def test_a_recorder_that_is_to_stop_begins_no_other_job(jobs, now):
    ran = []
    jobs(a=lambda at: ran.append("a"), b=lambda at: ran.append("b"))
    clock.run_due(now, is_stopping=lambda: bool(ran))
    assert len(ran) == 1
    clock.run_due(now)
    assert sorted(ran) == ["a", "b"]
