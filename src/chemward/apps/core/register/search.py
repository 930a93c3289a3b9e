"""Finding a two-character Chinese word among a million rows.

Built-in text search splits at spaces or into triples of characters and finds nothing for 氯碱. So a searchable row keeps the pairs of neighbouring
characters of its searched fields (`search_grams`), each pair as one word of letters, and the database indexes those words: FTS5 on SQLite, GIN on
PostgreSQL. A word that nearly every row holds is found faster by walking the list than by the index; `matching` and the registers choose.
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
# Rows that hold the pairs of a word: gathered up to FEW; the walk keeps their ids beside it up to MANY; beyond, it looks at each row.
FEW = 20_000
MANY = 150_000
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


class Words:
    """What is searched for in a table. Invalid when it is shorter than two characters."""

    def __init__(self, rows: QuerySet[Any], text: str) -> None:
        self.text = normal(text)[:LONGEST]
        if len(self.text) == 1:
            raise Invalid(Fault("q", _("At least two characters."), _("Type one more character.")))
        self.rows = rows
        self.holds = Q(search_text__contains=self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def most(self) -> int:
        """Up to how many ids the walk keeps beside it; PostgreSQL, which would fetch each row for that, looks at rows at once."""
        return MANY if self._is_sqlite else FEW

    def hits(self, cap: int) -> int:
        """How many rows of the table hold the pairs of characters, counted up to one more than `cap` (one query)."""
        sql, params = self._query(f" LIMIT {cap + 1:d}")
        with connections[self.rows.db].cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS found", params)  # noqa: S608
            return int(cursor.fetchone()[0])

    def indexed(self, newest: int = 0) -> RawSQL:
        """Ids of the rows that hold the pairs, from the search index; only the newest so many of them when told."""
        return RawSQL(*self._query(f" ORDER BY 1 DESC LIMIT {newest:d}" if newest else ""))  # noqa: S611

    @property
    def _is_sqlite(self) -> bool:
        return connections[self.rows.db].vendor == "sqlite"

    def _query(self, rest: str) -> tuple[str, list[str]]:
        # The table name is the model's own; what the user typed goes in as a parameter.
        table, words = self.rows.model._meta.db_table, grams(self.text)
        if self._is_sqlite:
            return f'SELECT rowid FROM "{table}_fts" WHERE "{table}_fts" MATCH %s{rest}', [" AND ".join(words)]  # noqa: S608
        indexed = "to_tsvector('simple', search_grams) @@ to_tsquery('simple', %s)"
        return f'SELECT id FROM "{table}" WHERE {indexed}{rest}', [" & ".join(words)]  # noqa: S608


def matching(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """The rows whose searched fields hold `text`. Invalid when it is shorter than two characters."""
    words = Words(rows, text)
    if not words:
        return rows
    if words.hits(FEW) > FEW:
        return rows.filter(words.holds)
    return rows.filter(words.holds, pk__in=words.indexed())


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
