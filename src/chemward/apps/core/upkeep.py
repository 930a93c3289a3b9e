"""Clock jobs of the core: what has had its time goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from chemward.apps.core.clock import clock_job
from chemward.apps.core.models import Job, JobState

UPLOADS_KEPT = timedelta(days=7)


@clock_job("core.prune_jobs", every=timedelta(minutes=10))
def prune_jobs(now: datetime) -> None:
    """Result files whose time is over, and uploads of imports that ended."""
    for job in Job.objects.filter(state=JobState.DONE, expires_at__lt=now).exclude(result_path="")[:200]:
        (settings.INSTALLATION.folder("files") / job.result_path).unlink(missing_ok=True)
        Job.objects.filter(pk=job.pk).update(result_path="")
    folder = settings.INSTALLATION.folder("files") / "imports"
    for path in folder.glob("*.xlsx") if folder.is_dir() else ():
        if now.timestamp() - path.stat().st_mtime > UPLOADS_KEPT.total_seconds():
            path.unlink(missing_ok=True)


@clock_job("core.prune_sessions", every=timedelta(hours=1))
def prune_sessions(now: datetime) -> None:
    """Sessions that have ended."""
    with transaction.atomic():
        Session.objects.filter(expire_date__lt=now).delete()
