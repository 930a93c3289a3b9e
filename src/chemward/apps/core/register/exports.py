"""Exports as jobs: the rows of a register as its owner would see them when the job runs, as Excel or CSV."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook

from chemward.apps.core.actions import jobs
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.jobs.registry import job
from chemward.apps.core.jobs.run import JobRun
from chemward.apps.core.models import Job
from chemward.apps.core.register import register as registers
from chemward.apps.core.register.cells import plain

KIND = "core.export"
EXCEL_ROWS = 1_048_575
FORMATS = ("xlsx", "csv")
PIECE = 1000


def order(actor: Actor, name: str, query: str, form: str, *, now: datetime) -> Job:
    """Order the export of a register with the filters of an address."""
    register = registers.get(name)
    if form not in FORMATS:
        raise Invalid(Fault("format", _("Excel or CSV."), "xlsx, csv"))
    if not actor.scope.has("record.export") or not actor.scope.has(register.capability):
        raise NotPermitted(_("Your role may not export this."))
    # A fault in the filters is said now, not by a failed job later.
    asked = register(actor.scope, QueryDict(query))
    asked.selected().order_by(asked.sort)
    title = _("Export: %(what)s") % {"what": register.title}
    home = actor.user.home if actor.user else None
    return jobs.submit(actor, KIND, {"register": name, "query": query, "format": form}, title=title, organisation=home, now=now)


@job(KIND, title=gettext_lazy("Export"))
def export(run: JobRun) -> None:
    """Write the file. The rows are those that the owner's rights of now reach."""
    asked = run.arguments
    register = registers.get(asked["register"])(run.actor().scope, QueryDict(asked["query"]))
    rows: QuerySet[Any] = register.selected().order_by(register.sort, "pk")
    total = rows.order_by().count()
    path = run.result_file(f"{register.name.split('.')[-1]}-{run.job.created_at:%Y%m%d-%H%M}.{asked['format']}")
    heads = [str(label) for _name, label in register.export_fields]
    lines = _lines(run, register, rows, total)
    if asked["format"] == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(heads)
            writer.writerows(lines)
    else:
        if total > EXCEL_ROWS:
            raise Invalid(Fault("format", _("Excel holds 1 048 575 rows at most."), _("Export as CSV, or filter.")))
        _write_excel(path, str(register.title), heads, lines)
    run.job.result = {"rows": total}
    run.job.total_count = total


def _lines(run: JobRun, register: registers.Register, rows: QuerySet[Any], total: int) -> Any:
    """Cells row by row. What is exported is settled first and fetched in pieces: on SQLite a result that is still being read keeps its
    connection at an old state of the database, from which it cannot write how far it is once anybody else has written."""
    numbers = list(rows.values_list("pk", flat=True))
    for done in range(0, len(numbers), PIECE):
        run.progress(done, total)
        found = {row.pk: row for row in rows.filter(pk__in=numbers[done : done + PIECE])}
        yield from _cells(register, [found[n] for n in numbers[done : done + PIECE] if n in found])


def _cells(register: registers.Register, rows: list[Any]) -> Any:
    for row in register.prepare(rows):
        yield [plain(_value(row, name)) for name, _label in register.export_fields]


def _value(row: Any, name: str) -> Any:
    for part in name.split("."):
        if row is None:
            return None
        row = getattr(row, part)
        if callable(row):
            row = row()
    return row


def _write_excel(path: Any, title: str, heads: list[str], lines: Any) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append(heads)
    for line in lines:
        sheet.append(line)
    book.save(path)
