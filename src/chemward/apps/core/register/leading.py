"""Which index leads the reading of a register, so that no question costs what the whole table holds.

A register of a million rows is read in one of two ways. Where few rows match, the index of one condition (the scope, a filter, the search)
leads: its rows are gathered, looked at and sorted. Where many match, the index of the order leads: it is walked until a page is full, and
it carries every filtered column, so rows are passed over without being fetched. Left alone SQLite would mix the two by rules of thumb that
know nothing of how many rows match; so all conditions but the leading one are made `Loose`. PostgreSQL keeps statistics and decides itself.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Lookup
from django.db.models.sql.where import WhereNode

DATABASE = "*"
"""As leading filter: the database chooses."""


class Loose(Func):
    """A column that SQLite looks at where it stands and never searches or orders by (the unary plus says so)."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


@dataclass(frozen=True)
class Way:
    """How the rows of a register are come by.

    led_by: name of the filter whose condition is searched by ("" for none of them, DATABASE for as the database likes).
    is_scope_loose: most rows are in scope, so its index is of no use.
    along: field in whose order the leading index is read; conditions on it stay, they say where the reading begins and ends.
    """

    led_by: str = DATABASE
    is_scope_loose: bool = False
    along: str = ""


def loosen(rows: QuerySet[Any], since: int, along: str = "") -> QuerySet[Any]:
    """The same rows, with the conditions from number `since` on loose, but for those on the field that is read along."""
    loosened = rows.all()
    where = loosened.query.where
    where.children = [*where.children[:since], *(_loose(c, along) for c in where.children[since:])]
    return loosened


def conditions(rows: QuerySet[Any]) -> int:
    """How many conditions the rows have."""
    return len(rows.query.where.children)


def unconditional(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same columns and joins without the conditions: for rows whose ids are known."""
    free = rows.order_by()
    free.query.where = WhereNode()
    return free


def _loose(node: Any, along: str) -> Any:
    if isinstance(node, WhereNode):
        changed = copy.copy(node)
        changed.children = [_loose(c, along) for c in node.children]
        return changed
    if not isinstance(node, Lookup) or (isinstance(node.lhs, Col) and node.lhs.target.name == along):
        return node
    changed = copy.copy(node)
    changed.lhs = Loose(node.lhs)
    return changed
