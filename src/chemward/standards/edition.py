"""Editions of standards and sets of figures, read from `data/<folder>/edition.toml` and the CSV tables it names.

A table's columns and their units stand in `edition.toml`; each row says where its figures were found (`source`), how sure they are
(`certainty`) and what is odd about them (`note`). Everything is checked when it is read: a wrong column, unit, number, certainty or a
repeated key stops the program with the file and the line. How an edition is added: `docs/standards.md`.
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

T = TypeVar("T")

Certainty = Literal["read", "quoted", "customary", "computed", "missing"]
CERTAINTIES: tuple[str, ...] = ("read", "quoted", "customary", "computed", "missing")
PROVENANCE = ("source", "certainty", "note")
TEXT = "text"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every typed row carries beside its figures: where found, how sure, what is odd about it."""

    source: str
    certainty: Certainty
    note: str


class DataError(ValueError):
    """A data file is wrong. The message names the file, the line and the column."""


class UnknownEdition(LookupError):
    """No edition has that name. The message lists those that are known."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the edition was found, and how good that is. text: as a reader would cite it."""

    text: str
    certainty: Certainty


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a table. unit: "text" for words, "-" for a number without dimension. is_optional: a cell may be empty."""

    name: str
    unit: str
    is_optional: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table. key: columns that name a row uniquely. rows: one mapping a row, the cells as written, None where empty."""

    id: str
    title_zh: str
    title_en: str
    clause: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: tuple[dict[str, str | None], ...]
    note: str = ""

    def read_as(self, kind: type[T]) -> tuple[T, ...]:
        """The rows as structs of type `kind`, whose fields are the columns. DataError names the row that does not fit.

        Numbers are made from the decimal text of the file, so that a field of type Decimal is exact.
        """
        return tuple(self._row_as(kind, index, row) for index, row in enumerate(self.rows))

    def _row_as(self, kind: type[T], index: int, row: dict[str, str | None]) -> T:
        try:
            return msgspec.convert(row, kind, strict=False)
        except msgspec.ValidationError as fault:
            raise DataError(f"{self.id}, row {index + 1}: {fault}") from None

    def counts(self) -> dict[str, int]:
        """Number of rows [-] of each certainty, those without rows included."""
        found = Counter(row["certainty"] for row in self.rows)
        return {certainty: found[certainty] for certainty in CERTAINTIES}


class Edition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One edition of a standard, or one published set of figures.

    issued, in_force: None where no source was opened. replaces: ids. scope, clauses: what it is for and which parts are used.
    aliases: other names by which it is found.
    """

    id: str
    kind: Literal["standard", "set"]
    title_zh: str
    title_en: str
    issued: date | None
    in_force: date | None
    status: Literal["in force", "replaced", "published"]
    replaces: tuple[str, ...]
    scope: str
    clauses: tuple[str, ...]
    sources: tuple[Source, ...]
    tables: tuple[Table, ...]
    note: str = ""
    aliases: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that id. LookupError when there is none."""
        for table in self.tables:
            if table.id == name:
                return table
        raise LookupError(f"{self.id} has no table {name!r}, only {', '.join(t.id for t in self.tables)}")


class Description(msgspec.Struct, frozen=True):
    """What `chemward standards show` prints: the edition, and how many rows [-] stand in each table by certainty."""

    edition: Edition
    coverage: dict[str, dict[str, int]]


def editions() -> tuple[Edition, ...]:
    """All editions, in the order of their ids. DataError when a file is wrong."""
    return tuple(sorted((_load(folder) for folder in _folders()), key=lambda e: e.id))


def edition(name: str) -> Edition:
    """The edition of that name: "GB 18218-2018", "gb18218-2018", "GB/T 37243" (without a year: the newest). UnknownEdition else."""
    wanted = plain(name)
    for known in editions():
        if wanted in (plain(name) for name in (known.id, *known.aliases)):
            return known
    undated = [known for known in editions() if plain(known.id.rpartition("-")[0]) == wanted]
    if wanted and undated:
        return max(undated, key=lambda e: e.id)
    raise UnknownEdition(f"no edition is called {name!r}; known are {', '.join(e.id for e in editions())}")


def describe(name: str) -> Description:
    """Everything about one edition, as `chemward standards show` prints it. UnknownEdition when there is none of that name."""
    found = edition(name)
    return Description(found, {table.id: table.counts() for table in found.tables})


def plain(name: str) -> str:
    """A name without blanks, hyphens, slashes, width and case: what two spellings of one edition have in common."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()


# -- reading -----------------------------------------------------------------------------------------------------------------


class _TableHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title_zh: str
    title_en: str
    clause: str
    key: tuple[str, ...]
    columns: dict[str, str]
    optional: tuple[str, ...] = ()
    note: str = ""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kind: Literal["standard", "set"]
    title_zh: str
    title_en: str
    status: Literal["in force", "replaced", "published"]
    scope: str
    sources: tuple[Source, ...]
    issued: date | None = None
    in_force: date | None = None
    replaces: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    note: str = ""
    aliases: tuple[str, ...] = ()
    tables: tuple[_TableHead, ...] = ()


def _folders() -> Iterator[Path]:
    data = Path(str(files("chemward.standards") / "data"))
    return (file.parent for file in sorted(data.glob("*/edition.toml")))


@cache
def _load(folder: Path) -> Edition:
    return load(folder)


def load(folder: Path) -> Edition:
    """The edition in a folder. DataError names the file and the line that is wrong."""
    file = folder / "edition.toml"
    try:
        head = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _Head)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise DataError(f"{file.name} of {folder.name}: {fault}") from None
    if not head.sources:
        raise DataError(f"{file.name} of {folder.name}: an edition names at least one source")
    tables = tuple(_table(folder, table) for table in head.tables)
    known = {name: getattr(head, name) for name in _Head.__struct_fields__ if name != "tables"}
    return Edition(**known, tables=tables)


def _table(folder: Path, head: _TableHead) -> Table:
    file = folder / f"{head.id}.csv"
    at = f"{folder.name}/{file.name}"
    columns = tuple(Column(name, unit, name in head.optional) for name, unit in head.columns.items())
    _check_head(at, head, columns)
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        _check_header(at, reader.fieldnames, columns)
        rows = tuple(_row(f"{at}, line {reader.line_num}", row, columns) for row in reader)
    _check_key(at, head.key, rows)
    return Table(head.id, head.title_zh, head.title_en, head.clause, columns, head.key, rows, head.note)


def _check_head(at: str, head: _TableHead, columns: tuple[Column, ...]) -> None:
    names = [column.name for column in columns]
    for name in (*head.key, *head.optional):
        if name not in names:
            raise DataError(f"{at}: {name!r} is a key or optional in edition.toml, but no column")
    for column in columns:
        if not column.unit.strip():
            raise DataError(f'{at}: column {column.name!r} has no unit; give one, "-" for a bare number or "text"')
        if column.name in PROVENANCE:
            raise DataError(f"{at}: {column.name!r} stands in every table and is not to be listed")


def _check_header(at: str, found: Any, columns: tuple[Column, ...]) -> None:
    wanted = [column.name for column in columns] + list(PROVENANCE)
    if list(found or ()) != wanted:
        raise DataError(f"{at}: the first line is {found}, edition.toml says {wanted}")


def _row(at: str, row: dict[str | Any, Any], columns: tuple[Column, ...]) -> dict[str, str | None]:
    if None in row or None in row.values():
        raise DataError(f"{at}: has more or fewer cells than the first line")
    certainty = row["certainty"]
    if certainty not in CERTAINTIES:
        raise DataError(f"{at}: certainty {certainty!r} is not one of {', '.join(CERTAINTIES)}")
    if not row["source"].strip() and certainty != "missing":
        raise DataError(f"{at}: a figure without a source is not taken")
    for column in columns:
        _check_cell(at, row[column.name], column, certainty)
    return {name: cell.strip() or None if name not in PROVENANCE else cell.strip() for name, cell in row.items()}


def _check_cell(at: str, cell: str, column: Column, certainty: str) -> None:
    if not cell.strip():
        if not column.is_optional and not (certainty == "missing" and column.unit != TEXT):
            raise DataError(f"{at}: column {column.name!r} is empty")
        return
    if column.unit == TEXT:
        return
    if not _NUMBER.fullmatch(cell.strip()):
        raise DataError(f"{at}: column {column.name!r} is {cell!r}, not a finite number in {column.unit}")


def _check_key(at: str, key: tuple[str, ...], rows: tuple[dict[str, str | None], ...]) -> None:
    seen = Counter(tuple(row[name] for name in key) for row in rows)
    twice = [" / ".join(str(part) for part in parts) for parts, count in seen.items() if count > 1]
    if twice:
        raise DataError(f"{at}: {', '.join(twice)} stands there twice")
