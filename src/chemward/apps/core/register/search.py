"""Finding a two-character Chinese word among a million rows.

Built-in text search splits at spaces or into triples of characters and finds nothing for 氯碱. So a searchable row keeps the pairs of neighbouring
characters of its searched fields (`search_grams`), each pair as one word of letters, and the database indexes those words: FTS5 on SQLite, GIN on
PostgreSQL. A word that nearly every row holds is found faster by walking the list than by the index; `matching` chooses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from django.db import connections, migrations, models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault, Invalid

M = TypeVar("M", bound=models.Model)
FEW = 5_000
LONGEST = 64


def normal(text: str) -> str:
    """Text as it is compared: full-width forms folded, case folded, spaces and control characters out."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] != "C")


def grams(*texts: str) -> list[str]:
    """Pairs of neighbouring characters of each text, without repeats, each written as letters and digits.

    >>> grams("氯碱")
    ['x6c2fx78b1']
    """
    found: dict[str, None] = {}
    for text in texts:
        plain = normal(text)
        for a, b in pairwise(plain):
            found[f"x{ord(a):x}x{ord(b):x}"] = None
    return list(found)


class Searchable(models.Model):
    """A model whose `search_fields` can be searched. Rows made in bulk must go through `fill`."""

    search_fields: ClassVar[tuple[str, ...]] = ()
    search_text = models.TextField(blank=True, default="", editable=False)
    search_grams = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True

    def fill_search(self) -> None:
        texts = [str(getattr(self, f) or "") for f in self.search_fields]
        self.search_text = "\n".join(normal(t) for t in texts if t)
        self.search_grams = " ".join(grams(*texts))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_search()
        if (names := kwargs.get("update_fields")) is not None and set(names) & set(self.search_fields):
            kwargs["update_fields"] = {*names, "search_text", "search_grams"}
        super().save(*args, **kwargs)


def fill(rows: Iterable[Searchable]) -> None:
    """Prepare rows for bulk_create or bulk_update (update "search_text" and "search_grams" with the fields)."""
    for row in rows:
        row.fill_search()


def matching(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """The rows whose searched fields hold `text`. Invalid when it is shorter than two characters."""
    wanted = normal(text)[:LONGEST]
    if not wanted:
        return rows
    if len(wanted) < 2:
        raise Invalid(Fault("q", _("At least two characters."), _("Type one more character.")))
    holds = Q(search_text__contains=wanted)
    index = _index_query(rows, grams(wanted))
    if rows.model._base_manager.using(rows.db).filter(pk__in=index).values("pk")[: FEW + 1].count() > FEW:
        return rows.filter(holds)
    return rows.filter(holds, pk__in=index)


def _index_query(rows: QuerySet[Any], words: list[str]) -> RawSQL:
    table = rows.model._meta.db_table
    # The table name is the model's own; what the user typed goes in as a parameter.
    if connections[rows.db].vendor == "sqlite":
        return RawSQL(f'SELECT rowid FROM "{table}_fts" WHERE "{table}_fts" MATCH %s', [" AND ".join(words)])  # noqa: S608,S611
    return RawSQL(  # noqa: S611
        f"SELECT id FROM \"{table}\" WHERE to_tsvector('simple', search_grams) @@ to_tsquery('simple', %s)",  # noqa: S608
        [" & ".join(words)],
    )


class SearchIndex(migrations.RunPython):
    """Migration operation: the search index of a table, `SearchIndex("monitoring_tag")`."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(self._make, self._drop)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__name__, [self.table], {})

    def _make(self, _apps: Any, editor: Any) -> None:
        t = self.table
        if editor.connection.vendor != "sqlite":
            editor.execute(f'CREATE INDEX "{t}_grams" ON "{t}" USING gin (to_tsvector(\'simple\', search_grams))')
            return
        editor.execute(
            f"CREATE VIRTUAL TABLE \"{t}_fts\" USING fts5(search_grams, content='{t}', content_rowid='id', detail=none)"
        )
        insert = f'INSERT INTO "{t}_fts"(rowid, search_grams) VALUES (new.id, new.search_grams)'  # noqa: S608
        remove = f'INSERT INTO "{t}_fts"("{t}_fts", rowid, search_grams) VALUES (\'delete\', old.id, old.search_grams)'  # noqa: S608
        editor.execute(f'CREATE TRIGGER "{t}_fts_i" AFTER INSERT ON "{t}" BEGIN {insert}; END')
        editor.execute(f'CREATE TRIGGER "{t}_fts_d" AFTER DELETE ON "{t}" BEGIN {remove}; END')
        editor.execute(f'CREATE TRIGGER "{t}_fts_u" AFTER UPDATE OF search_grams ON "{t}" BEGIN {remove}; {insert}; END')

    def _drop(self, _apps: Any, editor: Any) -> None:
        t = self.table
        if editor.connection.vendor != "sqlite":
            editor.execute(f'DROP INDEX IF EXISTS "{t}_grams"')
            return
        for suffix in "idu":
            editor.execute(f'DROP TRIGGER IF EXISTS "{t}_fts_{suffix}"')
        editor.execute(f'DROP TABLE IF EXISTS "{t}_fts"')
