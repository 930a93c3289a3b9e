"""What is known and what is not: tables by certainty, substances by property. The page shows the holes as well as the figures."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import msgspec

from chemward.standards import substances
from chemward.standards.edition import CERTAINTIES, Edition, Table, editions

MARKS = {"read": "R", "quoted": "Q", "customary": "K", "computed": "C", "missing": "–"}


class TableCoverage(msgspec.Struct, frozen=True):
    """A table and how many of its rows [-] are of each certainty."""

    edition: str
    table: str
    title: str
    counts: dict[str, int]

    @property
    def rows(self) -> int:
        """Number of rows [-]."""
        return sum(self.counts.values())


def tables() -> tuple[TableCoverage, ...]:
    """Every table of every edition, then the tables that belong to no edition (`data/<folder>/*.csv` without `edition.toml`)."""
    found = [TableCoverage(e.id, t.id, t.title_en, t.counts()) for e in editions() for t in e.tables]
    return (*found, *_loose_tables())


def _loose_tables() -> Iterator[TableCoverage]:
    data = Path(str(files("chemward.standards") / "data"))
    for file in sorted(data.glob("*/*.csv")):
        if (file.parent / "edition.toml").exists():
            continue
        with file.open(encoding="utf-8", newline="") as stream:
            counts = Counter(row.get("certainty", "") for row in csv.DictReader(stream))
        unknown = sorted(set(counts) - set(CERTAINTIES))
        if unknown:
            raise ValueError(f"{file.parent.name}/{file.name}: certainty {unknown} is not one of {', '.join(CERTAINTIES)}")
        name = f"{file.parent.name}/{file.name}"
        yield TableCoverage("–", name, file.stem.replace("_", " "), {c: counts[c] for c in CERTAINTIES})


def substance_properties() -> dict[str, dict[str, str]]:
    """CAS number → property → certainty, from the table of substances; a property that is not known stands as "missing"."""
    return substances.coverage()


def substance_tables() -> dict[str, dict[str, str]]:
    """CAS number → "edition, table" → certainty, for each table of an edition that goes by CAS number."""
    found: dict[str, dict[str, str]] = {}
    for edition, table in _by_number():
        for row in table.rows:
            for cas in (row["cas"] or "").split(";"):
                if cas:
                    found.setdefault(cas, {})[f"{edition.id}, {table.id}"] = str(row["certainty"])
    return found


def _by_number() -> list[tuple[Edition, Table]]:
    return [(e, t) for e in editions() for t in e.tables if "cas" in {column.name for column in t.columns}]


# -- the page ----------------------------------------------------------------------------------------------------------------


def coverage_page() -> str:
    """The page `docs/validation/coverage.md`: editions, tables by certainty, substances by property and by table, as Markdown."""
    legend = " · ".join(f"`{mark}` {certainty}" for certainty, mark in MARKS.items())
    parts = [
        "# Coverage of the standards' data\n",
        "What the figures rest on. This page is generated; what each certainty means: [standards as data](../standards.md).\n",
        "## Editions\n",
        *_table(("id", "title", "status", "in force", "rows"), _edition_rows()),
        "\n## Tables by certainty\n",
        *_table(("edition", "table", "rows", *CERTAINTIES), _table_rows()),
        "\n## Substances and their properties\n",
        f"{legend} · empty: not asked for.\n",
        *_matrix(substance_properties(), _property_names()),
        "\n## Substances and the tables of standards\n",
        f"{legend} · empty: the table does not name the substance.\n",
        *_matrix(substance_tables(), [f"{e.id}, {t.id}" for e, t in _by_number()]),
    ]
    return "\n".join(parts) + "\n"


def _edition_rows() -> Iterator[tuple[str, ...]]:
    for known in editions():
        rows = sum(len(table.rows) for table in known.tables)
        in_force = known.in_force.isoformat() if known.in_force else ""
        yield known.id, f"{known.title_zh} {known.title_en}", known.status, in_force, str(rows)


def _table_rows() -> Iterator[tuple[str, ...]]:
    for table in tables():
        counts = (str(table.counts[certainty] or "") for certainty in CERTAINTIES)
        yield table.edition, f"{table.title} (`{table.table}`)", str(table.rows), *counts


def _property_names() -> list[str]:
    return list(dict.fromkeys(name for row in substance_properties().values() for name in row))


def _matrix(found: dict[str, dict[str, str]], columns: list[str]) -> list[str]:
    """A table with one line for each substance, one numbered column for each property, and the key of the numbers below it."""
    names = substances.names()
    lines = []
    for cas, row in found.items():
        name = f"{names[cas].name_zh} {names[cas].name}" if cas in names else ""
        lines.append((cas, name, *(MARKS.get(row.get(column, ""), "") for column in columns)))
    head = ("CAS", "substance", *(str(number) for number in range(1, len(columns) + 1)))
    key = "; ".join(f"{number} {column.replace('_', ' ')}" for number, column in enumerate(columns, 1))
    known = Counter(mark for line in lines for mark in line[2:])
    count = ", ".join(f"{known[mark]} {certainty}" for certainty, mark in MARKS.items() if known[mark])
    return [f"Columns: {key}.\n", f"{len(lines)} substances: {count}.\n", *_table(head, lines)]


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> list[str]:
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows]
