"""Reads of assets, scope applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.assets.geometry import box_around, metres_to
from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset, AssetPast
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.models import Organisation
from chemward.apps.core.scope import Scope, minimal, under

MAX_RADIUS_M = 50_000


@dataclass
class Node:
    """An asset in the tree with what stands under it."""

    asset: Asset
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Near:
    """An asset and its distance [m]."""

    asset: Asset
    distance_m: float


@dataclass(frozen=True)
class Guidance:
    """A text of guidance and where it comes from."""

    asset: Asset
    text: str
    is_own: bool


def living(scope: Scope) -> QuerySet[Asset]:
    """Assets in scope that are in force now."""
    return scope.filter(Asset.objects.filter(valid_until=None, deleted_at=None), "asset.view")


def one(scope: Scope, uuid: UUID) -> Asset:
    """An asset in scope, also a retired one. NotFound otherwise."""
    rows = Asset.objects.filter(uuid=uuid, deleted_at=None).select_related("organisation", "parent")
    found = scope.filter(rows, "asset.view").first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


def forest(scope: Scope, org_path: str, kinds_wanted: Sequence[str] = ()) -> list[Node]:
    """The assets of an organisation as trees. One query; a node whose parent is left out becomes a root."""
    rows = living(scope).filter(org_path=org_path).defer("geometry_text", "search_text", "search_grams")
    if kinds_wanted:
        rows = rows.filter(kind__in=kinds_wanted)
    nodes = {a.pk: Node(a) for a in rows.order_by("code", "id")}
    roots = []
    for node in nodes.values():
        parent = nodes.get(node.asset.parent_id or 0)
        (parent.children if parent else roots).append(node)
    return roots


def line(asset: Asset) -> list[Asset]:
    """The assets above this one, uppermost first, and itself. One query."""
    ids = [int(i) for i in asset.tree_path.strip(".").split(".") if i]
    found = {a.pk: a for a in Asset.objects.filter(pk__in=ids).defer("geometry_text", "search_text", "search_grams")}
    return [found[i] for i in ids if i in found]


def guidance(asset: Asset) -> list[Guidance]:
    """The guidance that holds for an asset: that of area, unit, equipment above it and its own, from the general to the particular."""
    return [Guidance(a, a.guidance, a.pk == asset.pk) for a in line(asset) if a.guidance]


def guidance_of(uuids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Inherited guidance of many assets by public id, general first. Two queries. For the platform itself: no scope is applied."""
    wanted = dict(Asset.objects.filter(uuid__in=list(uuids)).values_list("uuid", "tree_path"))
    ids = {int(i) for path in wanted.values() for i in path.strip(".").split(".") if i}
    texts = dict(Asset.objects.filter(pk__in=ids).exclude(guidance="").values_list("pk", "guidance"))
    return {uuid: [texts[int(i)] for i in path.strip(".").split(".") if i and int(i) in texts] for uuid, path in wanted.items()}


def near(scope: Scope, lon: float, lat: float, metres: float, kinds_wanted: Sequence[str] = (), limit: int = 200) -> list[Near]:
    """Living assets within so many metres of a point, nearest first. One query by bounding box, then true distances."""
    if not 0 < metres <= MAX_RADIUS_M:
        raise Invalid(Fault("metres", _("More than 0 and at most %(limit)d m.") % {"limit": MAX_RADIUS_M}))
    west, south, east, north = box_around(lon, lat, metres)
    rows = living(scope).filter(min_lon__lte=east, max_lon__gte=west, min_lat__lte=north, max_lat__gte=south)
    if kinds_wanted:
        rows = rows.filter(kind__in=kinds_wanted)
    found = [Near(a, metres_to(a.geometry or {}, lon, lat)) for a in rows.select_related("organisation")[:5000]]
    return sorted((n for n in found if n.distance_m <= metres), key=lambda n: n.distance_m)[:limit]


def as_of(rows: QuerySet[Asset], at: datetime) -> list[Asset]:
    """The assets of a query as they were at a moment: those that were in force, saying what they said then. Two queries."""
    then = AssetPast.objects.filter(valid_from__lte=at, valid_until__gt=at)
    standing = rows.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at, deleted_at=None)
    found = list(standing.prefetch_related(Prefetch("past", then, to_attr="then")))
    for asset in found:
        for past in asset.then[:1]:  # type: ignore[attr-defined]
            for name, value in past.state.items():
                setattr(asset, name, value)
    return found


def people(scope: Scope, boxed: tuple[float, float, float, float]) -> list[Asset]:
    """Protected targets, population cells and buildings with people in a bounding box [°]. One query."""
    west, south, east, north = boxed
    rows = living(scope).filter(kind__in=("protected_target", "population_cell", "building"))
    rows = rows.filter(min_lon__lte=east, max_lon__gte=west, min_lat__lte=north, max_lat__gte=south)
    return [a for a in rows if "people_day" in a.properties]


def horizon(scope: Scope) -> tuple[str, ...]:
    """The parks (or the places themselves where there is no park above) whose shared assets the scope sees on the map. One query."""
    paths = scope.paths("asset.view")
    above = {a for p in paths for a in _ancestors(p)}
    parks = set(Organisation.objects.filter(path__in=above, kind="park").values_list("path", flat=True))
    return minimal([next((a for a in _ancestors(p) if a in parks), p) for p in paths])


def on_the_map(scope: Scope, kind: str) -> QuerySet[Asset]:
    """Living assets of a kind for the map: those in scope, and of shared kinds those of the whole park."""
    rows = Asset.objects.filter(kind=kind, deleted_at=None)
    if not scope.has("asset.view"):
        return rows.none()
    if kinds()[kind].is_shared:
        return rows.filter(under("org_path", horizon(scope)))
    return scope.filter(rows, "asset.view")


def counts(scope: Scope) -> dict[str, int]:
    """How many living assets there are of each kind. One query."""
    from django.db.models import Count

    found: dict[str, int] = dict(living(scope).values_list("kind").annotate(n=Count("id")).order_by())
    return {code: found.get(code, 0) for code in kinds()}


def history(asset: Asset) -> QuerySet[AssetPast]:
    """What an asset said before, newest first."""
    return asset.past.all()


def _ancestors(path: str) -> list[str]:
    parts = [p for p in path.strip(".").split(".") if p]
    return ["".join(f"{p}." for p in parts[: i + 1]) for i in range(len(parts))]


def feature(asset: Asset) -> dict[str, Any]:
    """An asset as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": str(asset.uuid),
        "geometry": asset.geometry,
        "properties": {
            "code": asset.code,
            "name": asset.name,
            "kind": asset.kind,
            "subkind": asset.subkind,
            "organisation": str(asset.organisation),
            **asset.properties,
        },
    }
