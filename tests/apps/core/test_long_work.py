"""Long work: leases, progress, cancelling, trying again, and a worker that dies half-way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chemward.apps.core.actions import jobs
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotFound, WrongState
from chemward.apps.core.jobs import registry, runner
from chemward.apps.core.jobs.run import Cancelled, JobRun, LeaseLost
from chemward.apps.core.models import AuditEntry, Job, JobState
from chemward.apps.core.upkeep import prune_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind(monkeypatch):
    """`kind(function)`: a kind of work known for this test only; gives its name."""
    registry.kinds()

    def add(function, name: str = "test.work") -> str:
        monkeypatch.setitem(registry._kinds, name, registry.JobKind(name, "试验", function, timedelta(days=7)))
        return name

    return add


@pytest.fixture
def order(actor_of, tree, now):
    def _order(kind: str, **more) -> Job:
        return jobs.submit(actor_of("duty_officer"), kind, {}, title="试验", organisation=tree.park, now=now, **more)

    return _order


def work(now, holder: str = "w1") -> Job | None:
    job = runner.claim(holder, now)
    if job is not None:
        runner.execute(job, holder)
        job.refresh_from_db()
    return job


def test_work_runs_once_and_is_done(kind, order, now):
    runs = []
    order(kind(lambda run: runs.append(run.job.pk)))
    done = work(now)
    assert (done.state, done.attempts, done.lease_holder) == (JobState.DONE, 1, "")
    assert work(now) is None
    assert runs == [done.pk]


def test_the_oldest_comes_first_and_nothing_before_its_time(kind, order, now):
    name = kind(lambda run: None)
    first, second, third = order(name), order(name), order(name)
    Job.objects.filter(pk=first.pk).update(run_after=now + timedelta(seconds=5))
    assert work(now) == second
    assert work(now) == third
    assert work(now) is None
    assert work(now + timedelta(seconds=5)) == first


def test_a_job_is_not_taken_twice_while_its_lease_runs(kind, order, now):
    order(kind(lambda run: None))
    taken = runner.claim("w1", now)
    assert runner.claim("w2", now + timedelta(seconds=29)) is None
    runner.renew("w1", now + timedelta(seconds=29))
    assert runner.claim("w2", now + timedelta(seconds=31)) is None
    assert taken.lease_holder == "w1"


def test_the_work_of_a_dead_worker_runs_again_from_its_checkpoint(kind, order, now):
    seen = []

    def pieces(run: JobRun) -> None:
        start = run.checkpoint.get("next", 0)
        for n in range(start, 4):
            seen.append(n)
            run.save_checkpoint(n + 1, 4, next=n + 1)
            if n == 1 and run.job.attempts == 1:
                raise SystemExit  # the process is gone: nothing else of this run happens

    job = order(kind(pieces))
    with pytest.raises(SystemExit):
        runner.execute(runner.claim("w1", now), "w1")
    job.refresh_from_db()
    assert (job.state, job.lease_holder) == (JobState.RUNNING, "w1")
    again = work(now + timedelta(seconds=31), "w2")
    assert (again.state, again.attempts, again.done_count) == (JobState.DONE, 2, 4)
    assert seen == [0, 1, 2, 3]


def test_a_worker_that_lost_its_lease_changes_nothing_more(kind, order, now):
    order(kind(lambda run: None))
    slow = JobRun(runner.claim("w1", now), "w1")
    quick = runner.claim("w2", now + timedelta(seconds=31))
    with pytest.raises(LeaseLost):
        slow.save_checkpoint(1, 2, next=1)
    runner.settle(slow, JobState.FAILED)
    quick.refresh_from_db()
    assert (quick.state, quick.lease_holder, quick.checkpoint) == (JobState.RUNNING, "w2", {})


def test_work_whose_worker_dies_every_time_is_given_up_with_the_reason(kind, order, now):
    order(kind(lambda run: None), max_attempts=2)
    for n in range(2):
        runner.claim(f"w{n}", now + timedelta(minutes=n))
    assert runner.claim("w3", now + timedelta(minutes=5)) is None
    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert "died 2 times" in job.error


def test_a_fault_is_tried_again_after_a_pause_and_then_shown(kind, order):
    def broken(run: JobRun) -> None:
        raise RuntimeError("kaputt")

    order(kind(broken), max_attempts=2)
    first = work(timezone.now())
    assert (first.state, first.error) == (JobState.QUEUED, "RuntimeError: kaputt")
    assert work(timezone.now()) is None
    assert work(timezone.now() + timedelta(seconds=6)).state == JobState.FAILED


def test_a_refusal_is_not_tried_again(kind, order, now):
    def refused(run: JobRun) -> None:
        raise Invalid(Fault("file", "空文件"))

    order(kind(refused))
    done = work(now)
    assert (done.state, done.attempts) == (JobState.FAILED, 1)
    assert "空文件" in done.error


def test_an_unknown_kind_of_work_fails_with_its_name(order, now):
    order("no.such.kind", max_attempts=1)
    assert "no.such.kind" in work(now).error


def test_a_success_leaves_no_fault_of_the_attempt_before(kind, order):
    def second_time(run: JobRun) -> None:
        if run.job.attempts == 1:
            raise RuntimeError("kaputt")

    order(kind(second_time))
    work(timezone.now())
    done = work(timezone.now() + timedelta(seconds=6))
    assert (done.state, done.error) == (JobState.DONE, "")


def test_progress_is_seen_while_the_work_runs(kind, order, now):
    seen = []

    def counting(run: JobRun) -> None:
        run.progress(30, 100, "读取")
        seen.append(Job.objects.values_list("done_count", "total_count", "note").get())
        run.progress(31, 100)  # within half a second: not worth a write
        seen.append(Job.objects.values_list("done_count", flat=True).get())

    order(kind(counting))
    work(now)
    assert seen == [(30, 100, "读取"), 30]


def test_waiting_work_is_cancelled_before_it_begins(kind, order, actor_of, now):
    job = order(kind(lambda run: pytest.fail("it ran")))
    jobs.cancel(actor_of("duty_officer"), job.uuid, now=now)
    jobs.cancel(actor_of("duty_officer"), job.uuid, now=now)
    assert AuditEntry.objects.filter(verb="job.cancel").count() == 1
    assert work(now) is None
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_running_work_stops_at_its_next_word(kind, order, actor_of, now):
    seen = []

    def stopped(run: JobRun) -> None:
        jobs.cancel(actor_of("duty_officer"), run.job.uuid, now=now)
        try:
            run.save_checkpoint(1, 2, next=1)
        except Cancelled:
            seen.append("cancelled")
            raise
        seen.append("went on")

    order(kind(stopped))
    assert work(now).state == JobState.CANCELLED
    assert seen == ["cancelled"]


def test_ended_work_cannot_be_cancelled_and_running_work_not_repeated(kind, order, actor_of, now):
    job = order(kind(lambda run: None))
    with pytest.raises(WrongState):
        jobs.retry(actor_of("duty_officer"), job.uuid, now=now)
    work(now)
    with pytest.raises(WrongState):
        jobs.cancel(actor_of("duty_officer"), job.uuid, now=now)


def test_cancelled_work_goes_on_from_its_checkpoint_when_asked(kind, order, actor_of, now):
    seen = []

    def pieces(run: JobRun) -> None:
        for n in range(run.checkpoint.get("next", 0), 3):
            seen.append(n)
            if n == 1 and len(seen) == 2:
                jobs.cancel(actor_of("duty_officer"), run.job.uuid, now=now)
            run.save_checkpoint(n + 1, 3, next=n + 1)

    job = order(kind(pieces))
    assert work(now).state == JobState.CANCELLED
    jobs.retry(actor_of("duty_officer"), job.uuid, now=now)
    assert work(now).state == JobState.DONE
    assert seen == [0, 1, 2]


def test_nobody_touches_the_work_of_another(kind, order, actor_of, now):
    job = order(kind(lambda run: None))
    for act in (jobs.cancel, jobs.retry):
        with pytest.raises(NotFound):
            act(actor_of("platform_administrator"), job.uuid, now=now)
        with pytest.raises(NotFound):
            act(Actor.platform("clock"), job.uuid, now=now)


def test_the_work_has_the_rights_that_its_owner_has_now(kind, order, user_of, now):
    seen = []
    order(kind(lambda run: seen.append(run.actor().scope.has("alarm.view"))))
    user_of("duty_officer").memberships.all().delete()
    work(now)
    assert seen == [False]


def test_a_result_goes_when_its_time_is_over(kind, order, now):
    paths = []

    def write(run: JobRun) -> None:
        path = run.result_file("liste.csv")
        path.write_text("x")
        paths.append(path)

    order(kind(write))
    done = work(now)
    prune_jobs(done.expires_at - timedelta(seconds=1))
    assert paths[0].exists()
    prune_jobs(done.expires_at + timedelta(seconds=1))
    prune_jobs(done.expires_at + timedelta(seconds=1))
    assert not paths[0].exists()
    done.refresh_from_db()
    assert done.result_path == ""
