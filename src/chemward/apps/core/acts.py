"""The one way to change something.

An act is a function named by its verb that takes the actor first:

    def acknowledge(actor: Actor, ids: list[UUID], *, now: datetime) -> int:
        with act(actor, "alarm.acknowledge", now=now) as a:
            rows = a.get(AlarmOccurrence.objects.filter(uuid__in=ids), "alarm.acknowledge")
            ...
            a.record(row, {"acked_at": (None, now)})
            a.announce("ev.act.alarm.acknowledge", {...})

The state change, its audit row and its announcement are one transaction: all of it happened, or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import orjson
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.core.errors import NotFound, NotPermitted
from chemward.apps.core.models import AuditEntry, Outbox, User
from chemward.apps.core.scope import Scope

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Actor:
    """Who acts, with what rights, through which door."""

    scope: Scope
    name: str
    user: User | None = None
    via: str = "page"
    address: str = ""

    @classmethod
    def of(cls, user: User, *, via: str = "page", address: str = "", scope: Scope | None = None) -> Actor:
        return cls(scope=scope or Scope.of(user), name=user.display_name, user=user, via=via, address=address)

    @classmethod
    def platform(cls, name: str) -> Actor:
        """The platform itself: clock jobs, the recorder, seeding."""
        return cls(scope=Scope.everything(), name=name, via="clock")


@dataclass
class Act:
    """One act under way: checks, audit rows and announcements of one transaction."""

    actor: Actor
    verb: str
    now: datetime
    entries: list[AuditEntry] = field(default_factory=list)
    announcements: list[Outbox] = field(default_factory=list)

    def permit(self, capability: str, org_path: str) -> None:
        """NotFound when the place is out of scope, NotPermitted when it is seen but the role may not do this."""
        if self.actor.scope.allows(capability, org_path):
            return
        if self.actor.scope.sees(org_path):
            raise NotPermitted(_("Your role may not do this here."), remedy=_("Ask somebody whose role allows it."))
        raise NotFound(_("Not found."))

    def get(self, rows: QuerySet[M], capability: str, **lookup: Any) -> M:
        """One row, locked where the database can, checked for the capability at its `org_path`."""
        row = rows.filter(**lookup).select_for_update(of=("self",)).first() if _locks(rows) else rows.filter(**lookup).first()
        if row is None:
            raise NotFound(_("Not found."))
        self.permit(capability, row.org_path)  # type: ignore[attr-defined]
        return row

    def record(
        self,
        subject: Model,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        *,
        reason: str = "",
        verb: str = "",
        org_path: str | None = None,
    ) -> None:
        """An audit row: `changes` is field → (before, after). Personal data must come in as digests."""
        self.entries.append(
            AuditEntry.of(
                at=self.now,
                user=self.actor.user,
                actor=self.actor.name,
                via=self.actor.via,
                address=self.actor.address,
                verb=verb or self.verb,
                subject=subject,
                org_path=getattr(subject, "org_path", "") if org_path is None else org_path,
                changes=changes or {},
                reason=reason,
            )
        )

    def announce(self, subject: str, body: Mapping[str, Any]) -> None:
        """An announcement on the bus, relayed by the recorder after the commit, with the row's id as message id."""
        self.announcements.append(Outbox(subject=subject, body=orjson.dumps(body, default=str).decode(), created_at=self.now))

    def write(self) -> None:
        AuditEntry.objects.bulk_create(self.entries, batch_size=500)
        Outbox.objects.bulk_create(self.announcements, batch_size=500)


@contextmanager
def act(actor: Actor, verb: str, *, now: datetime) -> Iterator[Act]:
    """Open an act: everything inside is one transaction, written with its audit rows and announcements at the end."""
    with transaction.atomic():
        a = Act(actor, verb, now)
        yield a
        a.write()


def digest(value: str) -> str:
    """Stand-in for personal data in the audit: equal values stay comparable, the value itself is not kept."""
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:24]


def _locks(rows: QuerySet[Any]) -> bool:
    from django.db import connections

    return connections[rows.db].features.has_select_for_update
