"""What the two parties owe about an alarm, counted apart.

The enterprise acknowledges, and gives cause, measure and verdict in time. The park sees the alarm, urges who is late, and lets it go
up the line. Answers count in the span in which they are due, so that none counts twice and none is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet

from chemward.apps.monitoring.models import AlarmResponse
from chemward.apps.monitoring.rules.state import ENTERPRISE, PARK, Party, ms
from chemward.telemetry.engine import kpi

PARTIES: tuple[Party, ...] = (ENTERPRISE, PARK)
ACKNOWLEDGED = ("enterprise_acked_at", "park_acked_at")
"""What a row of announced alarms must hold, beside `annunciated_at`."""


@dataclass(frozen=True)
class Answers:
    """Answers that enterprises owed. Of those not given in time: late are given, missing are not; urged by the park, escalated by the
    clock, or left alone by both."""

    owed: int = 0
    in_time: int = 0
    late: int = 0
    missing: int = 0
    urged: int = 0
    escalated: int = 0
    left_alone: int = 0

    def __add__(self, other: Answers) -> Answers:
        return Answers(*(getattr(self, f) + getattr(other, f) for f in self.__dataclass_fields__))

    @property
    def overdue(self) -> int:
        return self.late + self.missing

    @property
    def share(self) -> float | None:
        """Share in time, 0 to 1; None when nothing was owed."""
        return self.in_time / self.owed if self.owed else None


def responses(rows: Sequence[Mapping[str, Any]], since: datetime, until: datetime) -> dict[Party, kpi.Response]:
    """How fast each party acknowledged what was announced from `since` to `until`, and what still waits for it."""
    told = [r for r in rows if since <= r["annunciated_at"] < until]
    heard = moments(told, "annunciated_at")
    return {party: kpi.response(heard, moments(told, f"{party}_acked_at")) for party in PARTIES}


def first_acknowledged(rows: Sequence[Mapping[str, Any]]) -> kpi.Times:
    """When the first of the two parties acknowledged [ms], kpi.NONE where neither has."""
    both = np.stack([moments(rows, name) for name in ACKNOWLEDGED]) if rows else np.zeros((2, 0), np.int64)
    never = np.iinfo(np.int64).max
    first = np.where(both == kpi.NONE, never, both).min(axis=0)
    return np.asarray(np.where(first == never, kpi.NONE, first), np.int64)


def moments(rows: Sequence[Mapping[str, Any]], name: str) -> kpi.Times:
    """A column of moments [ms], kpi.NONE where there is none."""
    return np.array([kpi.NONE if r[name] is None else ms(r[name]) for r in rows], np.int64)


def answers_by_place(since: datetime, until: datetime, rows: QuerySet[AlarmResponse] | None = None) -> dict[str, Answers]:
    """Answers due from `since` to `until`, which must not be in the future, by organisation path. rows: those in scope, all unless told."""
    due = (AlarmResponse.objects.all() if rows is None else rows).filter(due_at__gte=since, due_at__lt=until).order_by()
    counted: dict[str, Answers] = {}
    for path, *told in due.values_list("org_path", "due_at", "answered_at", "urge_count", "escalation_step"):
        counted[path] = counted.get(path, Answers()) + _answer(*told)
    return counted


def under(counted: Mapping[str, Answers], path: str) -> Answers:
    """All answers owed at a path and below it."""
    return total(found for place, found in counted.items() if place.startswith(path))


def total(counted: Iterable[Answers]) -> Answers:
    return sum(counted, Answers())


def _answer(due_at: datetime, answered_at: datetime | None, urge_count: int, escalation_step: int) -> Answers:
    """One answer that is due."""
    if answered_at is not None and answered_at <= due_at:
        return Answers(owed=1, in_time=1)
    is_urged, is_escalated = urge_count > 0, escalation_step > 0
    return Answers(
        owed=1,
        late=int(answered_at is not None),
        missing=int(answered_at is None),
        urged=int(is_urged),
        escalated=int(is_escalated),
        left_alone=int(not is_urged and not is_escalated),
    )
