"""One run of a job, as the job's function sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Job, JobState

PROGRESS_PAUSE_S = 0.5


class Cancelled(Exception):
    """Somebody asked for the job to stop."""


class LeaseLost(Exception):
    """Another worker has taken the job over; this run must not do anything more."""


@dataclass
class JobRun:
    """One attempt at a job: its arguments, its owner's rights, and the ways to say how far it is."""

    job: Job
    holder: str
    _said_at: datetime | None = field(default=None, repr=False)

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.job.arguments)

    @property
    def checkpoint(self) -> dict[str, Any]:
        """What the attempt before this one had applied."""
        return dict(self.job.checkpoint)

    def actor(self) -> Actor:
        """The owner with the rights of now: rights lost since the order are lost for the job too."""
        if self.job.owner is None:
            return Actor.platform(f"job:{self.job.kind}")
        return Actor.of(self.job.owner, via="job")

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far the work is (written at most twice a second). Raises Cancelled or LeaseLost."""
        now = datetime.now(UTC)
        if self._said_at and (now - self._said_at).total_seconds() < PROGRESS_PAUSE_S:
            return
        self._said_at = now
        self._write(done_count=done, total_count=total, note=note[:200])

    def save_checkpoint(self, done: int, total: int | None = None, **state: Any) -> None:
        """Keep where the work stands. Call it inside the transaction that applied the piece."""
        self.job.checkpoint = {**self.job.checkpoint, **state}
        self._write(done_count=done, total_count=total, checkpoint=self.job.checkpoint)

    def result_file(self, name: str) -> Path:
        """A path to write the result file to; it is offered for download under `name` when the job is done."""
        folder = Path(settings.INSTALLATION.folder("files")) / "jobs"
        folder.mkdir(parents=True, exist_ok=True)
        suffix = Path(name).suffix
        self.job.result_path = f"jobs/{self.job.uuid}{suffix}"
        self.job.result_name = name
        return folder / f"{self.job.uuid}{suffix}"

    def _write(self, **fields: Any) -> None:
        with transaction.atomic():
            changed = Job.objects.filter(pk=self.job.pk, lease_holder=self.holder, state=JobState.RUNNING).update(**fields)
        if not changed:
            raise LeaseLost(self.job.title)
        if Job.objects.filter(pk=self.job.pk, is_cancel_asked=True).exists():
            raise Cancelled(self.job.title)
