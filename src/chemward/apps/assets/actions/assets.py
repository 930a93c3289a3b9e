"""Making, changing, moving, drawing and retiring assets. What an asset said before is kept with the span it was said for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from chemward.apps.assets.geometry import Placed, place
from chemward.apps.assets.kinds import ORGANISATION, Kind, kinds
from chemward.apps.assets.models import Asset, AssetPast
from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound, WrongState
from chemward.apps.core.models import Organisation

# What a past row keeps.
KEPT = ("name", "code", "kind", "subkind", "parent_id", "tree_path", "geometry_text", "properties", "guidance", "lon", "lat")
BOX = ("min_lon", "min_lat", "max_lon", "max_lat")


@dataclass(frozen=True)
class Draft:
    """An asset as it is asked for. `parent` is a code of the same organisation when it comes from a file."""

    kind: str
    code: str
    name: str
    subkind: str = ""
    parent: str = ""
    geometry: dict[str, Any] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    guidance: str = ""
    external_key: str = ""


def create(
    actor: Actor,
    org_path: str,
    draft: Draft,
    *,
    parent: Asset | None = None,
    valid_from: datetime | None = None,
    source: str = "hand",
    now: datetime,
) -> Asset:
    """Make an asset. Invalid lists every fault of the draft. With an external key it is idempotent."""
    with act(actor, "asset.create", now=now) as a:
        a.permit("asset.edit", org_path)
        place_of = _organisation(org_path)
        if draft.external_key and (known := _living(place_of).filter(external_key=draft.external_key).first()):
            return known
        parent = parent or (_parent_by_code(place_of, draft.parent) if draft.parent else None)
        placed, properties = check(draft, parent, place_of)
        if _living(place_of).filter(code=draft.code.strip()).exists():
            raise Invalid(Fault("code", _("The code %(code)s is taken.") % {"code": draft.code}, _("Choose another one.")))
        asset = _new(place_of, draft, parent, placed, properties, valid_from or now, now, source)
        asset.save()
        asset.tree_path = f"{parent.tree_path if parent else ''}{asset.pk}."
        asset.save(update_fields=["tree_path"])
        a.record(asset, {"kind": (None, asset.kind), "code": (None, asset.code), "name": (None, asset.name)})
        _announce(a, "create", asset)
        return asset


def change(actor: Actor, uuid: UUID, *, now: datetime, reason: str = "", **fields: Any) -> Asset:
    """Change code, name, subkind, properties (merged; None takes one out) or guidance. Nothing changed writes nothing."""
    allowed = {"code", "name", "subkind", "properties", "guidance"}
    if unknown := fields.keys() - allowed:
        raise TypeError(f"change() does not know {', '.join(sorted(unknown))}")
    with act(actor, "asset.change", now=now) as a:
        asset = _editable(a, uuid)
        if "properties" in fields:
            merged = {**asset.properties, **fields["properties"]}
            fields["properties"] = {k: v for k, v in merged.items() if v not in (None, "")}
        draft = Draft(
            kind=asset.kind,
            code=fields.get("code", asset.code),
            name=fields.get("name", asset.name),
            subkind=fields.get("subkind", asset.subkind),
            properties=fields.get("properties", asset.properties),
            guidance=fields.get("guidance", asset.guidance),
        )
        faults = _word_faults(draft)
        properties, more = kinds()[asset.kind].check_properties(draft.properties)
        faults += more
        if draft.code.strip() != asset.code and _living(asset.organisation).filter(code=draft.code.strip()).exists():
            faults.append(Fault("code", _("The code %(code)s is taken.") % {"code": draft.code}, _("Choose another one.")))
        if faults:
            raise Invalid(*faults)
        values = {
            "code": draft.code.strip(),
            "name": draft.name.strip(),
            "subkind": draft.subkind,
            "properties": properties,
            "guidance": draft.guidance.strip(),
        }
        return _rewrite(a, asset, values, "change", reason)


def move(actor: Actor, uuid: UUID, parent: Asset | None, *, reason: str = "", now: datetime) -> Asset:
    """Hang an asset, with all below it, under another one of the same organisation (or directly under the organisation)."""
    with act(actor, "asset.move", now=now) as a:
        asset = _editable(a, uuid)
        if asset.parent_id == (parent.pk if parent else None):
            return asset
        _check_parent(kinds()[asset.kind], asset.organisation, parent)
        if parent is not None and parent.tree_path.startswith(asset.tree_path):
            raise Invalid(Fault("parent", _("An asset cannot hang under itself."), _("Choose another one.")))
        before = asset.tree_path
        after = f"{parent.tree_path if parent else ''}{asset.pk}."
        below = Asset.objects.filter(tree_path__startswith=before).exclude(pk=asset.pk)
        _keep_past(below.filter(valid_until=None), now)
        below.update(tree_path=Concat(Value(after), Substr("tree_path", len(before) + 1)), since=now)
        return _rewrite(a, asset, {"parent_id": parent.pk if parent else None, "tree_path": after}, "move", reason)


def draw(actor: Actor, uuid: UUID, geometry: dict[str, Any] | None, *, reason: str = "", now: datetime) -> Asset:
    """Give an asset its geometry, or take it away. Drawn the same again nothing is written."""
    with act(actor, "asset.draw", now=now) as a:
        asset = _editable(a, uuid)
        placed: Placed | None = None
        if geometry is not None:
            placed, faults = place(geometry, kinds()[asset.kind].geometry)
            if faults:
                raise Invalid(*faults)
        return _rewrite(a, asset, _placed_fields(placed), "draw", reason)


def retire(actor: Actor, uuid: UUID, reason: str, *, at: datetime | None = None, now: datetime) -> int:
    """End an asset and everything that stands under it. Returns how many were ended; they stay readable as of any day before."""
    if not reason.strip():
        raise Invalid(Fault("reason", _("Say why."), _("Fill it in.")))
    ends = at or now
    with act(actor, "asset.retire", now=now) as a:
        asset = _editable(a, uuid)
        if ends < asset.valid_from:
            raise Invalid(Fault("at", _("It would end before it began."), _("Choose a later day.")))
        rows = list(Asset.objects.filter(tree_path__startswith=asset.tree_path, valid_until=None, deleted_at=None))
        for row in rows:
            row.valid_until = max(ends, row.valid_from)
            row.version += 1
            a.record(row, {"valid_until": (None, row.valid_until)}, reason=reason)
        Asset.objects.bulk_update(rows, ["valid_until", "version"], batch_size=200)
        _announce(a, "retire", asset, count=len(rows))
        return len(rows)


def put_many(actor: Actor, org_path: str, drafts: Sequence[Draft], *, source: str, now: datetime) -> tuple[int, int]:
    """Make or change many assets of one organisation by their codes, in one act. Returns (made, changed). Applied twice it changes nothing.

    Parents must stand in the database already or earlier in the list.
    """
    with act(actor, "asset.import", now=now) as a:
        a.permit("asset.edit", org_path)
        place_of = _organisation(org_path)
        known = {x.code: x for x in _living(place_of).filter(code__in=_codes(drafts)).select_related("parent")}
        made = changed = 0
        for draft in drafts:
            parent = known.get(draft.parent) if draft.parent else None
            if draft.parent and parent is None:
                raise Invalid(Fault(draft.code, _("There is no asset with the code %(code)s.") % {"code": draft.parent}))
            asset = known.get(draft.code.strip())
            if asset is None:
                known[draft.code.strip()] = _put_new(a, place_of, draft, parent, source)
                made += 1
            else:
                changed += _put_changed(a, place_of, asset, draft, parent)
        return made, changed


def check(draft: Draft, parent: Asset | None, organisation: Organisation) -> tuple[Placed | None, dict[str, Any]]:
    """The geometry and properties of a draft ready to be kept. Invalid lists every fault."""
    faults = faults_of(draft)
    kind = kinds().get(draft.kind)
    if kind is not None:
        try:
            _check_parent(kind, organisation, parent)
        except Invalid as refused:
            faults += refused.faults
    if faults or kind is None:
        raise Invalid(*faults)
    placed = place(draft.geometry, kind.geometry)[0] if draft.geometry is not None else None
    return placed, kind.check_properties(draft.properties)[0]


def faults_of(draft: Draft) -> list[Fault]:
    """Every fault of a draft that can be seen without the database."""
    kind = kinds().get(draft.kind)
    faults = _word_faults(draft)
    if kind is None:
        return [*faults, Fault("kind", _("There is no kind %(kind)s.") % {"kind": draft.kind or "—"}, " ".join(kinds()))]
    faults += kind.check_properties(draft.properties)[1]
    if draft.geometry is not None:
        faults += place(draft.geometry, kind.geometry)[1]
    return faults


def _word_faults(draft: Draft) -> list[Fault]:
    faults = []
    for name, text, limit in (("code", draft.code, 64), ("name", draft.name, 120)):
        if not text.strip() or len(text.strip()) > limit or any(ord(c) < 32 for c in text):
            faults.append(Fault(name, _("1 to %(limit)d characters on one line") % {"limit": limit}))
    kind = kinds().get(draft.kind)
    if kind is not None and draft.subkind and draft.subkind not in kind.subkinds:
        faults.append(Fault("subkind", _("%(kind)s has no such type") % {"kind": kind.name}, " ".join(kind.subkinds)))
    return faults


def _check_parent(kind: Kind, organisation: Organisation, parent: Asset | None) -> None:
    above = parent.kind if parent else ORGANISATION
    if above not in kind.parents:
        allowed = "、".join(kinds()[p].name if p else _("directly under the organisation") for p in kind.parents)
        raise Invalid(
            Fault(
                "parent",
                _("%(kind)s cannot stand there.") % {"kind": kind.name},
                _("It stands under: %(kinds)s") % {"kinds": allowed},
            )
        )
    if parent is not None and (parent.organisation_id != organisation.pk or not parent.is_living):
        raise Invalid(Fault("parent", _("It must be a living asset of the same organisation.")))


def _new(
    organisation: Organisation,
    draft: Draft,
    parent: Asset | None,
    placed: Placed | None,
    properties: dict[str, Any],
    valid_from: datetime,
    now: datetime,
    source: str,
) -> Asset:
    return Asset(
        organisation=organisation,
        kind=draft.kind,
        subkind=draft.subkind,
        parent=parent,
        code=draft.code.strip(),
        name=draft.name.strip(),
        properties=properties,
        guidance=draft.guidance.strip(),
        external_key=draft.external_key,
        valid_from=valid_from,
        since=valid_from,
        source=source,
        **_placed_fields(placed),
    )


def _put_new(a: Act, organisation: Organisation, draft: Draft, parent: Asset | None, source: str) -> Asset:
    placed, properties = check(draft, parent, organisation)
    asset = _new(organisation, draft, parent, placed, properties, a.now, a.now, source)
    asset.save()
    asset.tree_path = f"{parent.tree_path if parent else ''}{asset.pk}."
    asset.save(update_fields=["tree_path"])
    a.record(asset, {"kind": (None, asset.kind), "code": (None, asset.code), "name": (None, asset.name)}, verb="asset.create")
    _announce(a, "create", asset)
    return asset


def _put_changed(a: Act, organisation: Organisation, asset: Asset, draft: Draft, parent: Asset | None) -> bool:
    if asset.kind != draft.kind:
        raise Invalid(Fault(draft.code, _("It is kept as %(kind)s.") % {"kind": kinds()[asset.kind].name}, _("Retire it first.")))
    placed, properties = check(draft, parent if draft.parent else asset.parent, organisation)
    version = asset.version
    values: dict[str, Any] = {"name": draft.name.strip(), "subkind": draft.subkind or asset.subkind}
    values["properties"] = {**asset.properties, **properties}
    values["guidance"] = draft.guidance.strip() or asset.guidance
    if placed is not None:
        values |= _placed_fields(placed)
    _rewrite(a, asset, values, "change", "")
    if parent is not None and asset.parent_id != parent.pk:
        move(a.actor, asset.uuid, parent, now=a.now)
        return True
    return asset.version != version


def _rewrite(a: Act, asset: Asset, values: Mapping[str, Any], verb: str, reason: str) -> Asset:
    changed = {n: v for n, v in values.items() if getattr(asset, n) != v}
    if not changed:
        return asset
    before = {n: getattr(asset, n) for n in changed}
    _keep_past([asset], a.now)
    for name, value in changed.items():
        setattr(asset, name, value)
    asset.since = a.now
    asset.version += 1
    asset.save()
    said = {n: (_short(before[n]), _short(v)) for n, v in changed.items() if n not in BOX}
    a.record(asset, said, reason=reason, verb=f"asset.{verb}")
    _announce(a, verb, asset)
    return asset


def _keep_past(rows: Iterable[Asset], now: datetime) -> None:
    # A change within the same moment leaves no span to remember.
    kept = [
        AssetPast(asset=r, valid_from=r.since, valid_until=now, state={n: getattr(r, n) for n in KEPT})
        for r in rows
        if r.since < now
    ]
    AssetPast.objects.bulk_create(kept, batch_size=200)


def _short(value: Any) -> Any:
    return f"{value[:80]}…" if isinstance(value, str) and len(value) > 80 else value


def _placed_fields(placed: Placed | None) -> dict[str, Any]:
    if placed is None:
        return {"geometry_text": "", **dict.fromkeys((*BOX, "lon", "lat"))}
    return {
        "geometry_text": placed.text,
        **dict(zip(BOX, placed.box, strict=True)),
        "lon": placed.point[0],
        "lat": placed.point[1],
    }


def _living(organisation: Organisation) -> Any:
    return Asset.objects.filter(organisation=organisation, valid_until=None, deleted_at=None)


def _codes(drafts: Iterable[Draft]) -> set[str]:
    return {d.code.strip() for d in drafts} | {d.parent for d in drafts if d.parent}


def _parent_by_code(organisation: Organisation, code: str) -> Asset:
    found = _living(organisation).filter(code=code).first()
    if found is None:
        raise Invalid(Fault("parent", _("There is no asset with the code %(code)s.") % {"code": code}))
    return found


def _organisation(path: str) -> Organisation:
    found = Organisation.objects.filter(path=path).first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


def _editable(a: Act, uuid: UUID) -> Asset:
    asset = a.get(Asset.objects.select_related("organisation", "parent"), "asset.edit", uuid=uuid)
    if not asset.is_living:
        raise WrongState(_("This asset has been retired."), remedy=_("Make a new one."))
    return asset


def _announce(a: Act, verb: str, asset: Asset, **more: Any) -> None:
    body = {
        "id": str(asset.uuid),
        "org_path": asset.org_path,
        "at_ms": int(a.now.timestamp() * 1000),
        "kind": asset.kind,
        "code": asset.code,
    }
    a.announce(f"ev.act.asset.{verb}", body | more)
