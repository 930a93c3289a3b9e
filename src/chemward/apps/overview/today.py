"""The eight counters of today: each from whoever knows it. A room that is not there is "not connected", never 0.

A higher room offers its counter as a fact of the name below, called with `scope` and `now`, and answers a mapping:
`{"value": 18, "of": None, "unit": "…", "note": "…", "colour": "yel" | "", "url": "/…"}`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import formatting
from chemward.apps.followup import facts
from chemward.apps.followup.facts import NotConnected
from chemward.apps.followup.models import Duty, DutyState
from chemward.apps.monitoring import queries as monitoring
from chemward.apps.monitoring import values
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.overview import queries
from chemward.telemetry.historian.client import HistorianAway


@dataclass(frozen=True)
class Counter:
    """One counter. `value` None: not known now, `note` says why; `is_connected` False: no room offers it here."""

    name: str
    label: str
    value: int | float | None = None
    of: int | None = None
    unit: str = ""
    note: str = ""
    colour: str = ""
    url: str = ""
    is_connected: bool = True


Ask = Callable[[Scope, datetime], Counter | NotConnected]


def counters(scope: Scope, now: datetime) -> dict[str, Any]:
    """`{at_ms, counters: [Counter, …]}` in the order of the page."""
    return {"at_ms": ms(now), "counters": [asdict(_counter(name, label, own, scope, now)) for name, label, own in COUNTERS]}


def _counter(name: str, label: str | Promise, own: Ask | None, scope: Scope, now: datetime) -> Counter:
    """A fact that a higher room offers goes before what this room can tell itself."""
    told = facts.fact(name, scope=scope, now=now)
    if isinstance(told, NotConnected):
        told = own(scope, now) if own else told
    if isinstance(told, NotConnected):
        return Counter(name, str(label), note=str(told), is_connected=False)
    if isinstance(told, Counter):
        return replace(told, name=name, label=str(label))
    return Counter(name, str(label), **told)


def unfinished_alarms(scope: Scope, now: datetime) -> Counter | NotConnected:
    """Alarms that still stand or wait for the park, and how long the oldest has."""
    if not scope.has("alarm.view"):
        return NotConnected("monitoring.open_alarms")
    rows = monitoring.open_alarms(scope).order_by("raised_at")
    oldest = rows.values_list("raised_at", flat=True).first()
    note = _("oldest %(time)s") % {"time": formatting.span((now - oldest).total_seconds())} if oldest else ""
    return Counter("", "", rows.count(), unit=_("pieces"), note=note, url=_address("monitoring:alarms"))


def tags_online(scope: Scope, now: datetime) -> Counter | NotConnected:
    """Tags heard of within five of their periods, of all in use."""
    if not scope.has("tag.view"):
        return NotConnected("monitoring.tags_online")
    url = _address("monitoring:tags")
    try:
        last = values.historian().last_all()
    except HistorianAway:
        return Counter("", "", note=_("The historian does not answer."), colour="yel", url=url)
    found = queries.silent_tags(scope, (last.tag, last.ts), ms(now) or 0)
    note = ""
    if found.silent:
        note = _("%(n)s silent · %(name)s %(most)s") % {"n": found.silent, "name": found.worst, "most": found.worst_count}
    return Counter("", "", found.total - found.silent, found.total, note=note, colour="yel" if found.silent else "", url=url)


def major_hazards(scope: Scope, now: datetime) -> Counter | NotConnected:
    """Until the room of major hazards counts them itself: units that bear a grade in the register of assets."""
    if not scope.has("asset.view"):
        return NotConnected("major_hazard.count")
    grades = queries.major_hazard_units(scope)
    note = " · ".join(f"{grade} {n}" for grade, n in list(grades.items())[:2] if n)
    return Counter("", "", sum(grades.values()), unit=_("units"), note=note, url=_address("assets:register") + "?kind=unit")


def duties_owed(scope: Scope, now: datetime) -> Counter | NotConnected:
    """Duties owed in scope, and those due today or overdue."""
    if not scope.has("duty.view"):
        return NotConnected("followup.duties_owed")
    rows = scope.filter(Duty.objects.filter(state=DutyState.OWED), "duty.view")
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    overdue, today = rows.filter(due_at__lt=now).count(), rows.filter(due_at__gte=now, due_at__lt=midnight).count()
    note = _("%(n)s overdue") % {"n": overdue} if overdue else _("%(n)s due today") % {"n": today} if today else ""
    return Counter(
        "", "", rows.count(), unit=_("items"), note=note, colour="yel" if overdue else "", url=_address("followup:duties")
    )


COUNTERS: tuple[tuple[str, str | Promise, Ask | None], ...] = (
    ("major_hazard.commitments", gettext_lazy("Safety commitments"), None),
    ("special_work.open_tickets", gettext_lazy("Special work"), None),
    ("closed_management.vehicles_inside", gettext_lazy("Vehicles inside"), None),
    ("closed_management.people_inside", gettext_lazy("People inside"), None),
    ("monitoring.open_alarms", gettext_lazy("Not closed"), unfinished_alarms),
    ("monitoring.tags_online", gettext_lazy("Tags online"), tags_online),
    ("major_hazard.count", gettext_lazy("Major hazards"), major_hazards),
    ("followup.duties_owed", gettext_lazy("Duties owed"), duties_owed),
)


def _address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""
