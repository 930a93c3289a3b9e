"""Excel in: read, judge every row, show all faults by row and field, and only then apply, as a job in small paced transactions.

@importer
class TagImport(Importer):
    name = "monitoring.tags"
    columns = (Column("code", _("Code"), required=True), ...)

    def check(self, row: Row) -> list[Fault]: ...
    def apply(self, actor, rows, now) -> int: ...      # one act for at most `batch` rows, idempotent
"""

from __future__ import annotations

import shutil
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from zipfile import BadZipFile

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from chemward.apps.core.actions import jobs
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotPermitted, Refused
from chemward.apps.core.jobs.registry import job
from chemward.apps.core.jobs.run import JobRun
from chemward.apps.core.models import Job, Organisation
from chemward.apps.core.register.cells import plain

KIND = "core.import"
MAX_ROWS = 200_000
MAX_FAULTS = 2_000
# Between two transactions the recorder gets its turn: an import must never be felt in the duty room.
PACE_S = 0.03


@dataclass(frozen=True)
class Column:
    """A column of an import: its name in code, its heading in the file, an example for the template file."""

    name: str
    heading: str | Promise
    required: bool = False
    example: str = ""
    help: str | Promise = ""


@dataclass
class Row:
    """One row of the file: its number as the spreadsheet shows it, its cells by column name."""

    number: int
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)


class Importer:
    """Base of all imports."""

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    capability: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    # Rows applied in one transaction: it must be over in 20 ms, a row may be several records with their audit.
    batch: ClassVar[int] = 25
    # A template that is given the class shall read it, not make one.
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, actor: Actor, organisation: Organisation) -> None:
        self.actor = actor
        self.organisation = organisation

    def check(self, row: Row) -> list[Fault]:
        """Faults of one row beyond missing cells. Pure: changes nothing."""
        return []

    def apply(self, rows: list[Row], now: datetime) -> int:
        """Apply a batch in one act, idempotently. Returns how many records it made or changed."""
        raise NotImplementedError


_importers: dict[str, type[Importer]] = {}


def importer(kind: type[Importer]) -> type[Importer]:
    """Make an import known by its name (decorator)."""
    if _importers.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"two imports are called {kind.name}")
    return kind


def get(name: str) -> type[Importer]:
    try:
        return _importers[name]
    except KeyError:
        raise LookupError(f"no import is called {name}") from None


# What the libraries below say of a file that is cut off, mangled, or something else altogether.
BROKEN = (InvalidFileException, BadZipFile, zlib.error, LookupError, ValueError, OSError, EOFError, SyntaxError)


def read(path: Path, kind: type[Importer]) -> Iterator[Row]:
    """Rows of an Excel file by its headings. Invalid names a missing heading or a file that is not Excel."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            yield from _rows(book.worksheets[0].iter_rows(values_only=True), kind)
        finally:
            book.close()
    except BROKEN as fault:
        raise Invalid(Fault("file", _("This is not an Excel file."), _("Save it as .xlsx and send it again."))) from fault


def _rows(lines: Iterator[tuple[Any, ...]], kind: type[Importer]) -> Iterator[Row]:
    heads = [str(h or "").strip() for h in next(lines, ())]
    places = {c.name: heads.index(str(c.heading)) for c in kind.columns if str(c.heading) in heads}
    missing = [str(c.heading) for c in kind.columns if c.required and c.name not in places]
    if missing:
        raise Invalid(Fault("file", _("Columns are missing: %(names)s") % {"names": "、".join(missing)}, _("Use the template.")))
    for number, line in enumerate(lines, start=2):
        if number - 1 > MAX_ROWS:
            raise Invalid(Fault("file", _("More than %(n)d rows.") % {"n": MAX_ROWS}, _("Split the file.")))
        values = {name: _clean(line[place]) if place < len(line) else "" for name, place in places.items()}
        if any(v != "" for v in values.values()):
            yield Row(number, values)


def _clean(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip().removeprefix("'")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def judge(kind: Importer, row: Row) -> Row:
    """The row with all its faults."""
    row.faults = [
        Fault(str(c.heading), _("is missing"), str(c.help))
        for c in kind.columns
        if c.required and row.values.get(c.name, "") == ""
    ]
    row.faults = row.faults or kind.check(row)
    return row


def order(actor: Actor, name: str, file: BinaryIO, organisation: Organisation, *, is_dry_run: bool, now: datetime) -> Job:
    """Order an import, or its dry run, of an uploaded file."""
    kind = get(name)
    for capability in ("record.import", kind.capability):
        if not actor.scope.allows(capability, organisation.path):
            raise NotPermitted(_("Your role may not import this here."))
    folder = settings.INSTALLATION.folder("files") / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4()}.xlsx"
    with path.open("xb") as out:
        shutil.copyfileobj(file, out)
    title = (_("Try import: %(what)s") if is_dry_run else _("Import: %(what)s")) % {"what": kind.title}
    arguments = {"importer": name, "path": path.name, "organisation": organisation.pk, "is_dry_run": is_dry_run}
    return jobs.submit(actor, KIND, arguments, title=title, organisation=organisation, now=now)


@job(KIND, title=gettext_lazy("Import"))
def run_import(run: JobRun) -> None:
    """Judge all rows; when one has a fault nothing is applied and the faults are the result; otherwise apply batch by batch."""
    asked = run.arguments
    organisation = Organisation.objects.get(pk=asked["organisation"])
    actor = run.actor()
    kind = get(asked["importer"])(actor, organisation)
    for capability in ("record.import", kind.capability):
        if not actor.scope.allows(capability, organisation.path):
            raise NotPermitted(_("Your role may not import this here."))
    path = settings.INSTALLATION.folder("files") / "imports" / asked["path"]
    total, faulty = 0, []
    # Rows that an attempt before this one applied were judged then; now they would be judged against their own records.
    applied_to = run.checkpoint.get("row", 0)
    for row in read(path, type(kind)):
        total += 1
        if row.number > applied_to and judge(kind, row).faults and len(faulty) < MAX_FAULTS:
            faulty.append(row)
        run.progress(0, None, note=_("Checked %(n)d rows") % {"n": total})
    run.job.total_count = total
    run.job.result = {
        "rows": total,
        "faulty": len(faulty),
        "applied": 0,
        "is_dry_run": asked["is_dry_run"],
        "faults": _listed(faulty[:100]),
    }
    if faulty:
        _write_faults(run, type(kind), faulty)
        return
    if not asked["is_dry_run"]:
        run.job.result["applied"] = _apply(run, kind, path, total)


def _apply(run: JobRun, kind: Importer, path: Path, total: int) -> int:
    applied, after = run.checkpoint.get("applied", 0), run.checkpoint.get("row", 0)
    batch: list[Row] = []

    def flush() -> None:
        nonlocal applied, batch
        if not batch:
            return
        try:
            applied += kind.apply(batch, datetime.now().astimezone())
        except Refused as refused:
            raise Invalid(
                Fault(f"{batch[0].number}–{batch[-1].number}", refused.message or str(refused), refused.remedy)
            ) from refused
        run.save_checkpoint(batch[-1].number - 1, total, applied=applied, row=batch[-1].number)
        batch = []
        time.sleep(PACE_S)

    for row in read(path, type(kind)):
        if row.number <= after:
            continue
        batch.append(row)
        if len(batch) == kind.batch:
            flush()
    flush()
    return applied


def _listed(rows: list[Row]) -> list[dict[str, Any]]:
    return [{"row": r.number, "field": f.field, "message": f.message, "remedy": f.remedy} for r in rows for f in r.faults]


def _write_faults(run: JobRun, kind: type[Importer], rows: list[Row]) -> None:
    """The faulty rows as a file with a column that says what is wrong, ready to be mended and sent again."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(c.heading) for c in kind.columns] + [_("Row"), _("Faults")])
    for row in rows:
        said = "；".join(f"{f.field}：{f.message} {f.remedy}".strip() for f in row.faults)
        sheet.append([plain(row.values.get(c.name)) for c in kind.columns] + [row.number, plain(said)])
    book.save(run.result_file(f"faults-{run.job.created_at:%Y%m%d-%H%M}.xlsx"))


def template(kind: type[Importer], path: Path) -> None:
    """An empty file with the headings, an example row and a sheet that explains the columns."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(c.heading) for c in kind.columns])
    if any(c.example for c in kind.columns):
        sheet.append([plain(c.example) for c in kind.columns])
    notes = book.create_sheet(_("Columns"))
    notes.append([_("Column"), _("Required"), _("Explanation")])
    for c in kind.columns:
        notes.append([str(c.heading), _("yes") if c.required else "", plain(str(c.help))])
    book.save(path)
