"""What the platform finds about itself. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from chemward.apps.core.models import ClockRun, ProcessBeat

BEAT_LATE = timedelta(seconds=15)
GRACE = timedelta(seconds=30)


def late_processes(beats: Iterable[ProcessBeat], now: datetime) -> list[ProcessBeat]:
    """Processes whose last sign of life is too old; a name counts as alive when any of its processes is."""
    rows = list(beats)
    alive = {b.name for b in rows if now - b.at <= BEAT_LATE}
    newest: dict[str, ProcessBeat] = {}
    for b in rows:
        if b.name not in alive and (b.name not in newest or newest[b.name].at < b.at):
            newest[b.name] = b
    return list(newest.values())


def late_clock_jobs(runs: Sequence[ClockRun], now: datetime) -> list[ClockRun]:
    """Jobs that are overdue by more than their period and a grace, or whose last run failed."""
    return [r for r in runs if r.error or now - r.due_at > timedelta(seconds=r.period_s) + GRACE]
