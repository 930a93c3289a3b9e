"""What monitoring does on the clock. Every job is idempotent and short: the recorder's database thread runs it between two batches."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor
from chemward.apps.core.clock import clock_job
from chemward.apps.followup.actions import findings
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.models import Finding, FindingState, Subject
from chemward.apps.monitoring import health, performance, reconciliation, telling, verdicts
from chemward.apps.monitoring.actions import config, silences

CLOCK = Actor.platform("clock")
# An import announces its pages itself; those that it left (killed, or piece by piece) are announced when it has moved on.
LEFT_AFTER = timedelta(seconds=3)
PAGES_AT_ONCE = 2
SILENT = "monitoring.feed_silent"


@clock_job("alarm.end_silences", every=timedelta(seconds=5))
def end_silences(now: datetime) -> None:
    """Shelves whose time is over come back."""
    silences.end_due(CLOCK, now=now)


@clock_job("alarm.tell", every=timedelta(seconds=2))
def tell(now: datetime) -> None:
    """Messages of new alarms."""
    telling.tell(now)


@clock_job("alarm.escalate", every=timedelta(seconds=10))
def escalate(now: datetime) -> None:
    """Answers that are overdue: urge and climb."""
    telling.escalate(now)


@clock_job("alarm.reconcile", every=timedelta(minutes=1))
def reconcile(now: datetime) -> None:
    """Alarms of enterprises' systems that still wait for ours."""
    reconciliation.compare_pending(now)


@clock_job("alarm.kpi", every=timedelta(minutes=5))
def compute_kpi(now: datetime) -> None:
    """Alarm performance of this hour and of those before that are not final yet."""
    performance.compute(now)


@clock_job("tag.announce", every=timedelta(seconds=1))
def announce_left_pages(now: datetime) -> None:
    """Pages of tags that an import left to be announced, few at a time: events wait for them."""
    config.announce_dirty(CLOCK, now=now, before=now - LEFT_AFTER, most=PAGES_AT_ONCE)


@clock_job("feed.expected", every=timedelta(minutes=5))
def refresh_expected(now: datetime) -> None:
    """What feeds should send, from their tags."""
    health.refresh_expected(now)


@clock_job("feed.silent", every=timedelta(seconds=15))
def find_silent_feeds(now: datetime) -> None:
    """A finding for every feed that has fallen silent; cleared when it speaks again."""
    silent = health.silent_feeds(now)
    if not silent and not Finding.objects.filter(rule=SILENT).exclude(state=FindingState.CLEARED).exists():
        return
    wanted = [
        Wanted(
            Subject.of(feed),
            feed.org_path,
            _("Feed silent: %(feed)s") % {"feed": feed.name},
            message=_("No sample since %(since)s; expected every %(period)s s.")
            % {"since": seen_at.strftime("%Y-%m-%d %H:%M:%SZ"), "period": f"{feed.period_s:g}"},
            remedy=_("Check the gateway, its network and its credential."),
            level=3,
            clause="园安 接入规范",
            edition="2026-01",
        )
        for feed, seen_at in silent
    ]
    findings.settle(CLOCK, SILENT, wanted, under="", now=now, why=_("Samples come again."))


@clock_job("feed.conformity", every=timedelta(minutes=1))
def judge_conformity(now: datetime) -> None:
    """The conformity of every feed as a verdict that opens to why."""
    verdicts.state(now)
