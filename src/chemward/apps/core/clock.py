"""What runs on the clock. Apps register jobs in their `jobs.py`; the recorder runs those that are due.

    @clock_job("alarm.escalate", every=timedelta(seconds=10))
    def escalate(now: datetime) -> None: ...

A job gets the moment it is run for and must be idempotent: run twice it does nothing more, run late it loses nothing.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from chemward.apps.core.models import ClockRun

log = logging.getLogger(__name__)
ClockFunction = Callable[[datetime], None]


@dataclass(frozen=True)
class ClockJob:
    name: str
    every: timedelta
    run: ClockFunction


_jobs: dict[str, ClockJob] = {}


def clock_job(name: str, *, every: timedelta) -> Callable[[ClockFunction], ClockFunction]:
    """Register a function to be run every so often. ValueError when the name is taken."""

    def register(function: ClockFunction) -> ClockFunction:
        if name in _jobs:
            raise ValueError(f"two clock jobs are called {name}")
        _jobs[name] = ClockJob(name, every, function)
        return function

    return register


def clock_jobs() -> dict[str, ClockJob]:
    """All registered clock jobs by name; loads the `jobs` module of every app."""
    importlib.import_module("chemward.apps.core.upkeep")
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "jobs"):
            importlib.import_module(f"{config.name}.jobs")
    return _jobs


def run_due(
    now: datetime, *, budget: timedelta = timedelta(seconds=5), is_stopping: Callable[[], bool] = lambda: False
) -> list[str]:
    """Run what is due at `now`, longest overdue first, until the budget is spent or the process is to stop. Returns the names that ran."""
    jobs = clock_jobs()
    runs = {r.name: r for r in ClockRun.objects.all()}
    for job in jobs.values():
        if job.name not in runs:
            runs[job.name], _ = ClockRun.objects.get_or_create(
                name=job.name, defaults={"period_s": int(job.every.total_seconds()), "due_at": now}
            )
    due = sorted((r for name, r in runs.items() if name in jobs and r.due_at <= now), key=lambda r: r.due_at)
    started = time.monotonic()
    ran = []
    for row in due:
        if is_stopping() or time.monotonic() - started > budget.total_seconds():
            break
        _run(jobs[row.name], row, now)
        ran.append(row.name)
    return ran


def _run(job: ClockJob, row: ClockRun, now: datetime) -> None:
    started = time.monotonic()
    row.started_at, row.error = now, ""
    try:
        job.run(now)
        row.failures = 0
    except Exception as fault:  # one job's fault must not stop the others; it is kept, shown and tried again
        log.exception("clock job %s failed", job.name)
        row.failures += 1
        row.error = f"{type(fault).__name__}: {fault}"[:2000]
    row.took_ms = int((time.monotonic() - started) * 1000)
    row.finished_at = now + timedelta(milliseconds=row.took_ms)
    row.period_s = int(job.every.total_seconds())
    row.due_at = now + job.every
    row.save()
