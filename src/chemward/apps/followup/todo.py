"""我的待办: one list of what waits for a person, fed by every room.

    @todo.provider("special_work.approvals")
    def approvals(actor: Actor, now: datetime) -> list[Todo]: ...

Each provider makes a constant number of queries and gives at most `MOST` entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.functional import Promise

from chemward.apps.core.acts import Actor

MOST = 200
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Todo:
    """One thing that waits for a person. `level` 1 (worst) … 4."""

    kind: str
    kind_label: str | Promise
    id: str
    title: str
    subject: str
    url: str
    since: datetime
    due_at: datetime | None = None
    level: int | None = None
    verb: str | Promise = ""

    def is_late(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at < now


Provider = Callable[[Actor, datetime], list[Todo]]
_providers: dict[str, Provider] = {}


def provider(name: str) -> Callable[[Provider], Provider]:
    """Register a provider (decorator). ValueError when the name is taken."""

    def register(function: Provider) -> Provider:
        if _providers.setdefault(name, function) is not function:
            raise ValueError(f"two providers of to-dos are called {name}")
        return function

    return register


def mine(actor: Actor, now: datetime) -> list[Todo]:
    """Everything that waits for the actor: overdue first, then by due moment, then by level and age."""
    entries = [t for give in _providers.values() for t in give(actor, now)] if actor.user else []
    return sorted(entries, key=lambda t: (t.due_at or LAST, t.level or 9, t.since))
