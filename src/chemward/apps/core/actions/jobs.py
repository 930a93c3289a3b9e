"""Ordering, stopping and repeating long work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import NotFound, WrongState
from chemward.apps.core.models import Job, JobState, Organisation

OPEN = (JobState.QUEUED, JobState.RUNNING)


def submit(
    actor: Actor,
    kind: str,
    arguments: dict[str, Any],
    *,
    title: str,
    organisation: Organisation | None,
    now: datetime,
    max_attempts: int = 3,
) -> Job:
    """Order long work. It runs with the rights that the owner has then."""
    with act(actor, "job.submit", now=now) as a:
        job = Job.objects.create(
            kind=kind,
            title=title[:200],
            owner=actor.user,
            organisation=organisation,
            org_path=organisation.path if organisation else "",
            arguments=arguments,
            created_at=now,
            run_after=now,
            max_attempts=max_attempts,
        )
        a.record(job, {"kind": (None, kind)})
        return job


def cancel(actor: Actor, uuid: UUID, *, now: datetime) -> Job:
    """Ask a job to stop. Repeated calls are harmless."""
    with act(actor, "job.cancel", now=now) as a:
        job = own(actor, uuid)
        if job.state not in OPEN:
            raise WrongState(_("This job has ended already."))
        if not job.is_cancel_asked:
            job.is_cancel_asked = True
            job.save(update_fields=["is_cancel_asked"])
            a.record(job, {"is_cancel_asked": (False, True)})
        return job


def retry(actor: Actor, uuid: UUID, *, now: datetime) -> Job:
    """Run a failed or cancelled job again from its last checkpoint."""
    with act(actor, "job.retry", now=now) as a:
        job = own(actor, uuid)
        if job.state not in (JobState.FAILED, JobState.CANCELLED):
            raise WrongState(_("Only a failed or cancelled job can be run again."))
        a.record(job, {"state": (job.state, JobState.QUEUED)})
        job.state, job.attempts, job.is_cancel_asked, job.error = JobState.QUEUED, 0, False, ""
        job.run_after, job.finished_at = now, None
        job.save()
        return job


def own(actor: Actor, uuid: UUID) -> Job:
    """A job of the actor. Nobody sees another's jobs: their results hold the owner's scope."""
    job = Job.objects.filter(uuid=uuid, owner=actor.user).first() if actor.user else None
    if job is None:
        raise NotFound(_("Not found."))
    return job
