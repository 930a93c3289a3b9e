"""Updating many rows, each with its own values, in one statement sent many times.

Django's `bulk_update` writes one statement with a CASE per field and row, whose building and parsing takes a hundred times longer than the
update itself: too long for a batch of events inside the recorder's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connections, router
from django.db.models import Model

M = TypeVar("M", bound=Model)


def write_rows(rows: Sequence[M], fields: Sequence[str]) -> None:
    """Write these fields of rows that are stored already, by primary key."""
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = [model._meta.get_field(name) for name in fields]
    settings = ", ".join(f"{quote(c.column)} = %s" for c in columns)  # type: ignore[union-attr]
    # Names of our own tables and columns; every value is a parameter.
    statement = f"UPDATE {quote(model._meta.db_table)} SET {settings} WHERE {quote(model._meta.pk.column)} = %s"  # noqa: S608
    values = [
        [*(c.get_db_prep_save(getattr(row, c.attname), connection) for c in columns), row.pk]  # type: ignore[union-attr]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
