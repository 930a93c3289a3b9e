"""The platform watches itself: what is late or nearly full becomes a finding like any other, and is cleared by the same rule."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core import process_words
from chemward.apps.core import rules as core_rules
from chemward.apps.core.acts import Actor
from chemward.apps.core.clock import clock_job
from chemward.apps.core.models import ClockRun, DeadLetter, Organisation, Outbox, ProcessBeat
from chemward.apps.core.scope import DATA
from chemward.apps.followup import rulebook
from chemward.apps.followup.actions import findings
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.models import Subject

RULE = "platform.self_watch"
SUBJECT = "core.platform"


@cache
def limits() -> dict[str, Any]:
    """The limits with their edition and source."""
    return tomllib.loads(Path(DATA / "platform_limits.toml").read_text("utf-8"))


rulebook.declare(
    RULE,
    title=gettext_lazy("The platform is late or nearly full"),
    edition="2026-11",
    clause="",
    source="Chemward operation rules",
    sure="text",
)


@dataclass(frozen=True)
class State:
    """What is looked at: signs of life, clock jobs, disk [%], outbox, events that could not be kept."""

    beats: list[ProcessBeat]
    clock: list[ClockRun]
    disk_percent: float
    outbox_rows: int
    outbox_oldest_at: datetime | None
    dead_letters: int


@dataclass(frozen=True)
class Trouble:
    key: str
    title: str
    remedy: str
    level: int


def troubles(state: State, now: datetime, limit: dict[str, Any]) -> list[Trouble]:
    """What is wrong with the platform, worst first. Pure."""
    found = [
        Trouble(
            f"process:{b.name}",
            _("Process silent: %(name)s") % {"name": process_words.process(b.name) or b.name},
            _("See its log; the supervisor starts it again."),
            1,
        )
        for b in core_rules.late_processes(state.beats, now)
    ]
    for b in state.beats:
        if now - b.at > core_rules.BEAT_LATE:
            continue
        if (lag := b.detail.get("lag_ms") or 0) > limit["lag_ms"]:
            words = {"name": process_words.process(b.name) or b.name, "s": round(lag / 1000)}
            found.append(
                Trouble(
                    f"lag:{b.name}", _("%(name)s is %(s)d s behind") % words, _("Look for a flood of data or a slow disk."), 2
                )
            )
        if b.name == "worker" and (missed := b.detail.get("missed_messages") or 0):
            title = _("%(n)d messages over MQTT gave way before they were read") % {"n": missed}
            found.append(
                Trouble("missed:worker", title, _("Give the bus more disk (CHEMWARD_BUS_DISK_MB), or let devices send less."), 1)
            )
        for name, percent in (b.detail.get("streams") or {}).items():
            if percent >= limit["stream_percent"]:
                words = {"name": name, "n": round(percent)}
                remedy = _("Give the bus more disk (CHEMWARD_BUS_DISK_MB) or find what does not read.")
                found.append(Trouble(f"stream:{name}", _("Stream %(name)s is %(n)d %% full") % words, remedy, 2))
    for run in core_rules.late_clock_jobs(state.clock, now):
        title = _("Clock job late or failed: %(name)s") % {"name": process_words.clock_job(run.name)}
        found.append(Trouble(f"clock:{run.name}", title, run.error[:200] or _("See the system page."), 2))
    if state.disk_percent >= limit["disk_percent"]:
        level = 1 if state.disk_percent >= limit["disk_percent_severe"] else 2
        title = _("Disk %(n)d %% full") % {"n": round(state.disk_percent)}
        found.append(Trouble("disk", title, _("Free space, or keep raw history for fewer days."), level))
    oldest = state.outbox_oldest_at
    is_old = oldest is not None and now - oldest > timedelta(seconds=limit["outbox_age_s"])
    if state.outbox_rows > limit["outbox_rows"] or is_old:
        title = _("%(n)d announcements wait for the bus") % {"n": state.outbox_rows}
        found.append(Trouble("outbox", title, _("See whether bus and recorder run."), 1))
    if state.dead_letters:
        title = _("%(n)d events could not be kept") % {"n": state.dead_letters}
        found.append(Trouble("dead-letters", title, _("Read the reason on the system page and try again."), 2))
    return sorted(found, key=lambda t: (t.level, t.key))


def look() -> State:
    """The state of the platform now."""
    use = shutil.disk_usage(settings.INSTALLATION.data)
    return State(
        beats=list(ProcessBeat.objects.all()),
        clock=list(ClockRun.objects.all()),
        disk_percent=100 * use.used / use.total,
        outbox_rows=Outbox.objects.count(),
        outbox_oldest_at=Outbox.objects.order_by("id").values_list("created_at", flat=True).first(),
        dead_letters=DeadLetter.objects.filter(resolved_at=None).count(),
    )


@clock_job("platform.watch", every=timedelta(seconds=15))
def watch(now: datetime) -> None:
    """Findings about the platform, at the top of the tree."""
    root = Organisation.objects.filter(parent=None, is_active=True).order_by("id").first()
    if root is None:
        return
    subject = Subject(SUBJECT, "platform", _("Platform"))
    edition, source = limits()["edition"], limits()["source"]
    wanted = [
        Wanted(subject, root.path, t.title, remedy=t.remedy, level=t.level, key=t.key, clause=source, edition=edition)
        for t in troubles(look(), now, limits()["limits"])
    ]
    findings.settle(Actor.platform("platform"), RULE, wanted, under="", now=now, why=_("It is in order again."))
