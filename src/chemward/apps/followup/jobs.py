"""What of this room runs on the clock: escalation, and the ways out of the platform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.actions import jobs
from chemward.apps.core.acts import Actor
from chemward.apps.core.clock import clock_job
from chemward.apps.core.jobs.registry import job
from chemward.apps.core.jobs.run import JobRun
from chemward.apps.core.models import Job, JobState
from chemward.apps.followup import rules, watch  # noqa: F401  (watch brings a clock job)
from chemward.apps.followup.actions import channels, duties, findings, hazards, messages
from chemward.apps.followup.models import (
    Delivery,
    DeliveryState,
    Duty,
    DutyState,
    HazardState,
    HiddenHazard,
    Message,
    MessageState,
)

DELIVER = "followup.deliver"
# One run takes so many at most: the clock belongs to all rooms, and what is left is taken ten seconds later.
AT_ONCE = 100


@clock_job("message.escalate", every=timedelta(seconds=10))
def escalate_messages(now: datetime) -> None:
    """Messages that nobody handled in time climb to deputies and superiors."""
    rows = Message.objects.filter(state=MessageState.OPEN, escalate_at__lte=now).order_by("escalate_at")[:AT_ONCE]
    for message in rows:
        messages.escalate(message, now=now)


@clock_job("duty.escalate", every=timedelta(seconds=30))
def escalate_duties(now: datetime) -> None:
    """Duties that are overdue climb."""
    for duty in Duty.objects.filter(state=DutyState.OWED, escalate_at__lte=now).order_by("escalate_at")[:AT_ONCE]:
        duties.escalate(duty, now=now)


@clock_job("hazard.escalate", every=timedelta(minutes=1))
def escalate_hazards(now: datetime) -> None:
    """Hidden hazards near and past their date are urged."""
    steps = rules.escalation("hazard")
    open_states = (HazardState.ASSIGNED, HazardState.RETURNED)
    for done, step in enumerate(steps):
        rows = HiddenHazard.objects.filter(state__in=open_states, escalation=done, due_at__lte=now - step.after)
        for hazard in rows.order_by("due_at")[:AT_ONCE]:
            hazards.escalate(hazard, now=now)


@clock_job("finding.reopen", every=timedelta(minutes=1))
def reopen_findings(now: datetime) -> None:
    """Findings noted until a moment that has passed are open again."""
    findings.reopen_due(Actor.platform("clock:finding.reopen"), now=now)


@clock_job("message.deliver", every=timedelta(seconds=10))
def order_deliveries(now: datetime) -> None:
    """Let the jobs process try what waits: the recorder itself never speaks to the outside."""
    if not Delivery.objects.filter(state=DeliveryState.WAITING, try_at__lte=now).exists():
        return
    if Job.objects.filter(kind=DELIVER, state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        return
    jobs.submit(Actor.platform("clock:message.deliver"), DELIVER, {}, title=_("Deliver messages"), organisation=None, now=now)


@job(DELIVER, title=gettext_lazy("Deliver messages"))
def deliver(run: JobRun) -> None:
    """Try every delivery that is due, one after the other, until none is left."""
    done = 0
    while batch := channels.due(datetime.now(UTC)):
        for delivery in batch:
            channels.attempt(delivery, now=datetime.now(UTC))
            done += 1
            run.progress(done)
