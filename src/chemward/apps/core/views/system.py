"""The platform looks at itself: processes, lag, queues, disk, clock jobs, versions, dead letters."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from datetime import datetime
from typing import Any

import django
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chemward import __version__
from chemward.apps.core import process_words
from chemward.apps.core.actions import system as system_actions
from chemward.apps.core.errors import NotPermitted
from chemward.apps.core.models import AuditEntry, AuditHead, ClockRun, DeadLetter, Job, JobState, Outbox, ProcessBeat
from chemward.apps.core.rules import late_clock_jobs


@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The system page; asked for again every two seconds while it is open."""
    if not request.actor.scope.has("system.view"):  # type: ignore[attr-defined]
        raise NotPermitted(_("Your role may not see this."))
    template = "core/parts/system.html" if request.headers.get("HX-Request") else "core/system.html"
    return render(request, template, {"heading": _("System"), **state(timezone.now())})


def state(now: datetime) -> dict[str, Any]:
    """Everything the page shows, at a moment."""
    beats = list(ProcessBeat.objects.order_by("name", "pid"))
    clock = list(ClockRun.objects.order_by("name"))
    late = late_clock_jobs(clock, now)
    head = AuditHead.objects.order_by("-position").first()
    return {
        "now": now,
        "processes": [
            {"beat": b, "name": process_words.process(b.name), "detail": process_words.detail(b.name, b.detail)} for b in beats
        ],
        "clock": [{"run": r, "name": process_words.clock_job(r.name), "is_late": r in late} for r in clock],
        "disk": disk(),
        "outbox": Outbox.objects.count(),
        "unsealed": AuditEntry.objects.filter(position=None).count(),
        "audit_head": head,
        "jobs_waiting": Job.objects.filter(state=JobState.QUEUED).count(),
        "jobs_running": Job.objects.filter(state=JobState.RUNNING).count(),
        "dead_letters": DeadLetter.objects.filter(resolved_at=None).order_by("-id")[:50],
        "versions": versions(),
    }


def disk() -> dict[str, Any]:
    """How full the disk is that holds our state, and what of it is ours [byte]."""
    use = shutil.disk_usage(settings.INSTALLATION.data)
    own = {f.name: _size(f.path) for f in os.scandir(settings.INSTALLATION.data) if f.is_dir()}
    own["app.sqlite3"] = settings.INSTALLATION.database.stat().st_size if settings.INSTALLATION.database.exists() else 0
    return {
        "total": use.total,
        "free": use.free,
        "percent": round(100 * use.used / use.total),
        "own": sorted(own.items(), key=lambda i: -i[1]),
    }


def _size(path: str) -> int:
    total = 0
    for folder, _folders, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total


def versions() -> list[tuple[str, str]]:
    database = f"SQLite {sqlite3.sqlite_version}" if connection.vendor == "sqlite" else f"PostgreSQL {connection.pg_version}"
    return [
        ("Chemward", __version__),
        ("Python", sys.version.split()[0]),
        ("Django", django.get_version()),
        (_("Database"), database),
        (_("Time of the platform"), timezone.localtime().strftime("%Y-%m-%d %H:%M:%S")),
    ]


@login_required
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a dead letter again."""
    done = system_actions.retry_dead_letter(request.actor, pk, now=timezone.now())  # type: ignore[attr-defined]
    if done:
        messages.success(request, _("The event is in the database now."))
    else:
        messages.error(request, _("It failed again; the reason is on the page."))
    return redirect("core:system")
