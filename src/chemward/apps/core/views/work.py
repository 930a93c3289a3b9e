"""Long work and files: one's jobs with progress, their results, attachments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chemward.apps.core.actions import attachments
from chemward.apps.core.actions import jobs as job_actions
from chemward.apps.core.errors import NotFound
from chemward.apps.core.models import Job, JobState

PAGE = 100


@login_required
@never_cache
def jobs(request: HttpRequest) -> HttpResponse:
    """One's own jobs, newest first."""
    rows = Job.objects.filter(owner=request.user).order_by("-id")[:PAGE]
    return render(request, "core/jobs.html", {"heading": _("Long work"), "jobs": rows})


@login_required
@never_cache
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One job. While it runs the page asks for the part with the progress each second."""
    row = job_actions.own(request.actor, uuid)  # type: ignore[attr-defined]
    is_open = row.state in (JobState.QUEUED, JobState.RUNNING)
    percent = round(100 * row.done_count / row.total_count) if row.total_count else None
    context: dict[str, Any] = {"heading": row.title, "job": row, "is_open": is_open, "percent": percent}
    template = "core/parts/job.html" if request.headers.get("HX-Request") else "core/job.html"
    return render(request, template, context)


@login_required
@require_POST
def job_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    if verb not in {"cancel", "retry"}:
        raise NotFound(_("Not found."))
    act = job_actions.cancel if verb == "cancel" else job_actions.retry
    act(request.actor, uuid, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("core:job", uuid=uuid)


@login_required
def job_result(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The result file of one's own job, as a download."""
    row = job_actions.own(request.actor, uuid)  # type: ignore[attr-defined]
    path = settings.INSTALLATION.folder("files") / row.result_path
    if not row.result_path or row.state != JobState.DONE or not path.is_file():
        raise NotFound(_("The result is not there any more. Run the job again."))
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result_name)


@login_required
def attachment(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A file of a record, only as a download: a browser never runs it on our pages."""
    row = attachments.readable(request.actor, uuid)  # type: ignore[attr-defined]
    path = settings.INSTALLATION.folder("files") / row.path
    if not path.is_file():
        raise NotFound(_("The file is missing from the store. Tell the administrator."))
    response = FileResponse(path.open("rb"), as_attachment=True, filename=row.name, content_type=row.content_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
