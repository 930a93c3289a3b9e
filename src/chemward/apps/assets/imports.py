"""Assets from files: Excel rows, and files of geometry, both with a dry run that lists every fault by row."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.assets import geofiles, grids
from chemward.apps.assets.actions import Draft, put_many
from chemward.apps.assets.actions.assets import faults_of
from chemward.apps.assets.geofiles import GeoRow
from chemward.apps.assets.kinds import Kind, kinds
from chemward.apps.assets.models import Asset
from chemward.apps.core.actions import jobs
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.jobs.registry import job
from chemward.apps.core.jobs.run import JobRun
from chemward.apps.core.models import Job, Organisation
from chemward.apps.core.register.imports import Column, Importer, Row, importer

KIND = "assets.import"
BATCH = 100
# Between two transactions the recorder gets its turn.
PACE_S = 0.03
SHOWN_FAULTS = 500
# Names under which files carry what every asset has.
NAMES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "编码", "编号", "id", "bh"),
    "name": ("name", "名称", "mc"),
    "kind": ("kind", "类别"),
    "subkind": ("subkind", "类型", "type"),
    "parent": ("parent", "上级", "所属"),
    "guidance": ("guidance", "处置指引"),
}


def order(
    actor: Actor, file: BinaryIO, name: str, organisation: Organisation, *, kind: str, zone: str, is_dry_run: bool, now: datetime
) -> Job:
    """Order the import of a file of geometry, or its dry run. `kind` is for features that do not name theirs; `zone` as in `parse_zone`."""
    _permit(actor, organisation)
    if kind and kind not in kinds():
        raise Invalid(Fault("kind", _("There is no kind %(kind)s.") % {"kind": kind}, " ".join(kinds())))
    parse_zone(zone)
    folder = settings.INSTALLATION.folder("files") / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4()}.geo"
    with path.open("xb") as out:
        shutil.copyfileobj(file, out)
    title = (_("Try import: %(what)s") if is_dry_run else _("Import: %(what)s")) % {"what": name[:100]}
    arguments = {
        "path": path.name,
        "name": name[-200:],
        "organisation": organisation.pk,
        "kind": kind,
        "zone": zone,
        "is_dry_run": is_dry_run,
    }
    return jobs.submit(actor, KIND, arguments, title=title, organisation=organisation, now=now)


def parse_zone(text: str) -> grids.Zone | None:
    """`3:40` (3° zone 40, eastings with the zone number), `3:40:plain` (without), empty: to be detected. Invalid otherwise."""
    if not text.strip():
        return None
    parts = text.strip().split(":")
    if len(parts) not in (2, 3) or not all(p.isdigit() for p in parts[:2]) or parts[2:] not in ([], ["plain"]):
        raise Invalid(Fault("zone", _("This is no zone: %(text)s") % {"text": text}, "3:40 · 3:40:plain"))
    return grids.zone(int(parts[0]), int(parts[1]), has_prefix=len(parts) == 2)


def drafts(rows: Sequence[GeoRow], default_kind: str, organisation: Organisation) -> list[tuple[GeoRow, Draft]]:
    """The rows as drafts, with the faults of each row on the row. Two queries."""
    pairs = [(row, _draft(row, default_kind)) for row in rows]
    living = Asset.objects.filter(organisation=organisation, valid_until=None, deleted_at=None)
    codes = {d.code for _r, d in pairs} | {d.parent for _r, d in pairs if d.parent}
    known = _kinds_of(living, codes)
    seen: dict[str, int] = {}
    for row, draft in pairs:
        row.faults += faults_of(draft)
        if (earlier := seen.setdefault(draft.code, row.number)) != row.number:
            row.faults.append(
                Fault("code", _("Row %(n)d has the same code.") % {"n": earlier}, _("Codes are unique in an organisation."))
            )
        _check_tree(row, draft, known)
        known.setdefault(draft.code, draft.kind)
    return pairs


def apply(actor: Actor, organisation: Organisation, wanted: Sequence[Draft], *, source: str, now: datetime) -> tuple[int, int]:
    """Apply one batch in one act."""
    return put_many(actor, organisation.path, wanted, source=source, now=now)


@job(KIND, title=gettext_lazy("Import of assets"))
def run_import(run: JobRun) -> None:
    """Judge all features; with a fault anywhere nothing is applied; otherwise batch by batch."""
    asked = run.arguments
    actor, organisation = run.actor(), Organisation.objects.get(pk=asked["organisation"])
    _permit(actor, organisation)
    path = settings.INSTALLATION.folder("files") / "imports" / asked["path"]
    found = geofiles.read(path, asked["name"], parse_zone(asked["zone"]))
    pairs = drafts(found.rows, asked["kind"], organisation)
    faulty = [row for row, _d in pairs if row.faults]
    faults = [{"row": r.number, "field": f.field, "message": f.message, "remedy": f.remedy} for r in faulty for f in r.faults]
    run.job.total_count = len(pairs)
    run.job.result = {
        "rows": len(pairs),
        "faulty": len(faulty),
        "applied": 0,
        "grid": found.grid,
        "is_dry_run": asked["is_dry_run"],
        "faults": faults[:SHOWN_FAULTS],
    }
    if not faulty and not asked["is_dry_run"]:
        run.job.result["applied"] = _apply_all(run, actor, organisation, [d for _r, d in pairs])


def _apply_all(run: JobRun, actor: Actor, organisation: Organisation, wanted: list[Draft]) -> int:
    first, applied = run.checkpoint.get("next", 0), run.checkpoint.get("applied", 0)
    for start in range(first, len(wanted), BATCH):
        made, changed = apply(actor, organisation, wanted[start : start + BATCH], source="api", now=datetime.now().astimezone())
        applied += made + changed
        run.save_checkpoint(min(start + BATCH, len(wanted)), len(wanted), next=start + BATCH, applied=applied)
        time.sleep(PACE_S)
    return applied


def _draft(row: GeoRow, default_kind: str) -> Draft:
    said = {str(k).strip().lower(): v for k, v in row.attributes.items()}
    common = {field: _first(said, names) for field, names in NAMES.items()}
    kind = _kind_code(common["kind"]) or default_kind
    return Draft(
        kind=kind,
        code=common["code"] or common["name"],
        name=common["name"] or common["code"],
        subkind=_subkind_code(kinds().get(kind), common["subkind"]),
        parent=common["parent"],
        geometry=row.geometry,
        properties=_properties(kinds().get(kind), said),
        guidance=common["guidance"],
    )


def _first(said: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = said.get(name)
        if value not in (None, ""):
            whole = isinstance(value, float) and value.is_integer()
            return str(int(value) if whole else value).strip()  # type: ignore[arg-type]
    return ""


def _kind_code(word: str) -> str:
    return (
        word if word in kinds() or not word else next((k.code for k in kinds().values() if word in (k.name_zh, k.name_en)), word)
    )


def _subkind_code(kind: Kind | None, word: str) -> str:
    if kind is None or word in kind.subkinds or not word:
        return word
    return next((code for code, name in kind.subkinds.items() if name == word), word)


def _properties(kind: Kind | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that are properties of the kind, by name or Chinese label; others are left where they are."""
    if kind is None:
        return {}
    found = {}
    for name, known in kind.properties.items():
        # A Shapefile cuts names to ten characters.
        for key in (name, known.label_zh.lower(), known.label_en.lower(), name[:10]):
            if said.get(key) not in (None, ""):
                found[name] = said[key]
                break
    return found


def _kinds_of(living: Any, codes: set[str]) -> dict[str, str]:
    wanted, found = sorted(codes), {}
    for start in range(0, len(wanted), 500):
        found.update(dict(living.filter(code__in=wanted[start : start + 500]).values_list("code", "kind")))
    return found


def _check_tree(row: GeoRow, draft: Draft, known: Mapping[str, str]) -> None:
    kind = kinds().get(draft.kind)
    if kind is None:
        return
    if draft.parent and draft.parent not in known:
        row.faults.append(
            Fault(
                "parent",
                _("There is no asset with the code %(code)s.") % {"code": draft.parent},
                _("Put it further up in the file."),
            )
        )
    elif draft.code in known and known[draft.code] != draft.kind:
        row.faults.append(Fault("code", _("It is kept as %(kind)s.") % {"kind": kinds()[known[draft.code]].name}))
    elif (draft.parent or draft.code not in known) and known.get(draft.parent, "") not in kind.parents:
        allowed = "、".join(kinds()[p].name if p else _("directly under the organisation") for p in kind.parents)
        row.faults.append(
            Fault(
                "parent",
                _("%(kind)s cannot stand there.") % {"kind": kind.name},
                _("It stands under: %(kinds)s") % {"kinds": allowed},
            )
        )


def _permit(actor: Actor, organisation: Organisation) -> None:
    for capability in ("record.import", "asset.edit"):
        if not actor.scope.allows(capability, organisation.path):
            raise NotPermitted(_("Your role may not import this here."))


@importer
class AssetImport(Importer):
    """Assets from Excel: code, name, kind, parent, a point, and whatever the kind knows."""

    name = "assets.assets"
    title = gettext_lazy("Assets")
    capability = "asset.edit"
    batch = BATCH
    columns = (
        Column("kind", gettext_lazy("Kind"), required=True, example="设备"),
        Column("code", gettext_lazy("Code"), required=True, example="T-3301"),
        Column("name", gettext_lazy("Name"), required=True, example="液氯储罐"),
        Column("subkind", gettext_lazy("Type"), example="储罐"),
        Column("parent", gettext_lazy("Belongs to"), example="U-33", help=gettext_lazy("Code of the asset it stands under")),
        Column(
            "lon", gettext_lazy("Longitude"), example="120.5361", help=gettext_lazy("Degrees, or easting with the zone number")
        ),
        Column("lat", gettext_lazy("Latitude"), example="31.9482", help=gettext_lazy("Degrees, or northing")),
        Column("guidance", gettext_lazy("Guidance")),
        Column(
            "properties",
            gettext_lazy("Properties"),
            example="容积=100；物料=液氯",
            help=gettext_lazy("name=value, separated by ；"),
        ),
    )

    def check(self, row: Row) -> list[Fault]:
        """Faults that can be seen in the row alone; parents are looked for when it is applied."""
        geo = self._geo(row)
        return geo.faults + faults_of(_draft(geo, ""))

    def apply(self, rows: list[Row], now: datetime) -> int:
        wanted = [_draft(self._geo(r), "") for r in rows]
        return sum(put_many(self.actor, self.organisation.path, wanted, source="excel", now=now))

    @staticmethod
    def _geo(row: Row) -> GeoRow:
        values = row.values
        attributes = {k: values.get(k, "") for k in ("code", "name", "kind", "subkind", "parent", "guidance")}
        faults: list[Fault] = []
        for part in str(values.get("properties", "")).replace(";", "；").split("；"):
            name, sign, value = part.partition("=")
            if part.strip() and not sign:
                faults.append(Fault("properties", _("not name=value: %(part)s") % {"part": part}))
            elif part.strip():
                attributes[name.strip()] = value.strip()
        return GeoRow(row.number, _point(values.get("lon", ""), values.get("lat", ""), faults), attributes, faults)


def _point(x: Any, y: Any, faults: list[Fault]) -> dict[str, Any] | None:
    if x == "" and y == "":
        return None
    try:
        lon, lat = float(x), float(y)
        zone, is_swapped = grids.detect(lon, lat)
        if zone is not None:
            lon, lat = zone.to_lonlat(*((lat, lon) if is_swapped else (lon, lat)))
    except Invalid as refused:
        faults += refused.faults
        return None
    except (ValueError, TypeError) as fault:
        faults.append(Fault("geometry", str(fault)[:120]))
        return None
    return {"type": "Point", "coordinates": [lon, lat]}
