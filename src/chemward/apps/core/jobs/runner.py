"""The jobs process: takes leases, runs, renews, and gives up what another has taken over."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Q

from chemward.apps.core.errors import Refused
from chemward.apps.core.jobs import registry
from chemward.apps.core.jobs.run import Cancelled, JobRun, LeaseLost
from chemward.apps.core.models import Job, JobState
from chemward.telemetry.bus import client
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
RENEW_S = 8.0
POLL_S = 0.5
THREADS = 2
RETRY_AFTER = timedelta(seconds=5)


def claim(holder: str, now: datetime) -> Job | None:
    """Take the oldest job that is due or whose worker has died. None when there is nothing to do."""
    due = Q(state=JobState.QUEUED, run_after__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)
    if not Job.objects.filter(due).exists():
        return None
    with transaction.atomic():
        rows = Job.objects.filter(due).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        job = rows.first()
        if job is None:
            return None
        if job.is_cancel_asked:
            _finish(job, JobState.CANCELLED, now)
            return None
        if job.attempts >= job.max_attempts:
            job.error = job.error or f"its worker died {job.attempts} times"
            _finish(job, JobState.FAILED, now)
            return None
        job.state, job.lease_holder, job.lease_until = JobState.RUNNING, holder, now + LEASE
        job.started_at = job.started_at or now
        job.attempts += 1
        job.save(update_fields=["state", "lease_holder", "lease_until", "started_at", "attempts"])
        return job


def execute(job: Job, holder: str) -> None:
    """Run one claimed job to its end and write what became of it."""
    run = JobRun(job, holder)
    kind = registry.kinds().get(job.kind)
    try:
        if kind is None:
            raise LookupError(f"no such kind of job: {job.kind}")
        kind.run(run)
    except LeaseLost:
        log.warning("job %s was taken over", job.uuid)
    except Cancelled:
        settle(run, JobState.CANCELLED)
    except Refused as refused:
        job.error = refused.message or str(refused)
        settle(run, JobState.FAILED)
    except Exception as fault:
        log.exception("job %s failed", job.uuid)
        job.error = f"{type(fault).__name__}: {fault}"[:4000]
        settle(run, JobState.QUEUED if job.attempts < job.max_attempts else JobState.FAILED)
    else:
        job.error = ""
        job.expires_at = datetime.now(UTC) + kind.keep_result
        settle(run, JobState.DONE)
    finally:
        close_old_connections()


def settle(run: JobRun, state: JobState) -> None:
    """Write the end of a run, only while the lease is ours."""
    job, now = run.job, datetime.now(UTC)
    fields: dict[str, Any] = {
        "state": state,
        "error": job.error,
        "result": job.result,
        "result_path": job.result_path if state == JobState.DONE else "",
        "result_name": job.result_name,
        "expires_at": job.expires_at,
        "lease_until": None,
        "lease_holder": "",
        "finished_at": None if state == JobState.QUEUED else now,
        "run_after": now + RETRY_AFTER,
    }
    if state == JobState.DONE and job.total_count is not None:
        fields["done_count"] = fields["total_count"] = job.total_count
    with transaction.atomic():
        Job.objects.filter(pk=job.pk, lease_holder=run.holder).update(**fields)


def _finish(job: Job, state: JobState, now: datetime) -> None:
    job.state, job.finished_at, job.lease_holder, job.lease_until = state, now, "", None
    job.save(update_fields=["state", "finished_at", "lease_holder", "lease_until", "error"])


def renew(holder: str, now: datetime) -> None:
    with transaction.atomic():
        Job.objects.filter(lease_holder=holder, state=JobState.RUNNING).update(lease_until=now + LEASE)


async def run(installation: Installation) -> None:
    """Take and run jobs until told to stop; a job under way is given back when it does not end in time."""
    nc = await client.connect(installation, "jobs")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pool = ThreadPoolExecutor(THREADS + 1, thread_name_prefix="job")
    state = {"running": 0, "done": 0}
    tasks = [asyncio.create_task(_work(pool, stop, state, n)) for n in range(THREADS)]
    beat = asyncio.create_task(client.beat(nc, "jobs", lambda: dict(state)))
    await stop.wait()
    await asyncio.wait(tasks, timeout=5)
    beat.cancel()
    await nc.close()
    # A thread that still works would keep the process alive; its lease ends and the job runs again elsewhere.
    os._exit(0)


async def _work(pool: ThreadPoolExecutor, stop: asyncio.Event, state: dict[str, int], number: int) -> None:
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        holder = f"{os.getpid()}-{number}-{secrets.token_hex(4)}"
        try:
            job = await loop.run_in_executor(pool, claim, holder, datetime.now(UTC))
        except DatabaseError as fault:
            log.warning("jobs: %s", fault)
            job = None
        if job is None:
            await asyncio.sleep(POLL_S)
            continue
        state["running"] += 1
        running = loop.run_in_executor(pool, execute, job, holder)
        while not (await asyncio.wait([running], timeout=RENEW_S))[0]:
            try:
                await loop.run_in_executor(pool, renew, holder, datetime.now(UTC))
            except DatabaseError as fault:
                log.warning("lease of %s: %s", job.uuid, fault)
        running.result()
        state["running"] -= 1
        state["done"] += 1
