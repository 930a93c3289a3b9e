"""API of assets and of the layers of the map."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from chemward.apps.assets import actions, layers, queries
from chemward.apps.assets.actions import Draft
from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset
from chemward.apps.assets.registers import AssetRegister
from chemward.apps.core.acts import Actor

router = Router()


class PropertyOut(Schema):
    name: str
    label: str
    type: str
    unit: str
    required: bool
    choices: list[str]


class KindOut(Schema):
    code: str
    name: str
    parents: list[str]
    geometry: list[str]
    subkinds: dict[str, str]
    properties: list[PropertyOut]


class AssetOut(Schema):
    uuid: UUID
    org_path: str
    kind: str
    subkind: str
    code: str
    name: str
    parent: UUID | None
    geometry: dict[str, Any] | None
    lon: float | None
    lat: float | None
    properties: dict[str, Any]
    guidance: str
    valid_from: datetime
    valid_until: datetime | None
    version: int

    @staticmethod
    def resolve_parent(row: Asset) -> UUID | None:
        return row.parent.uuid if row.parent else None


class AssetPage(Schema):
    rows: list[AssetOut]
    count: int
    is_capped: bool
    next: str
    previous: str


class AssetIn(Schema):
    org_path: str
    kind: str
    code: str
    name: str
    subkind: str = ""
    parent: str = ""
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] = {}
    guidance: str = ""
    external_key: str = ""


class AssetChange(Schema):
    code: str | None = None
    name: str | None = None
    subkind: str | None = None
    properties: dict[str, Any] | None = None
    guidance: str | None = None
    reason: str = ""


class GeometryIn(Schema):
    geometry: dict[str, Any] | None
    reason: str = ""


class MoveIn(Schema):
    parent: UUID | None
    reason: str = ""


class RetireIn(Schema):
    reason: str
    at: datetime | None = None


class RetiredOut(Schema):
    count: int


class NearOut(Schema):
    asset: AssetOut
    distance_m: float


class GuidanceOut(Schema):
    code: str
    text: str
    is_own: bool


class LayerOut(Schema):
    name: str
    title: str
    group: str
    min_zoom: int
    is_on: bool
    max_age_s: int


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


@router.get("/asset-kinds", response=list[KindOut])
def list_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """The kinds of assets: where they may stand, their geometry, what is known of them."""
    return [
        {
            "code": k.code,
            "name": k.name,
            "parents": list(k.parents),
            "geometry": list(k.geometry),
            "subkinds": dict(k.subkinds),
            "properties": [
                {
                    "name": p.name,
                    "label": p.label,
                    "type": p.type,
                    "unit": p.unit,
                    "required": p.required,
                    "choices": list(p.choices),
                }
                for p in k.properties.values()
            ],
        }
        for k in kinds().values()
    ]


@router.get("/assets", response=AssetPage)
def list_assets(request: HttpRequest) -> dict[str, Any]:
    """Assets in scope; filters, search and sort as on the page."""
    found = AssetRegister(_actor(request).scope, request.GET).page()
    return {
        "rows": found.rows,
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }


@router.post("/assets", response={201: AssetOut})
def create_asset(request: HttpRequest, body: AssetIn) -> Any:
    """Make an asset; `parent` is the code of one of the same organisation. With an external key it is idempotent."""
    draft = Draft(**body.dict(exclude={"org_path"}))
    return 201, actions.create(_actor(request), body.org_path, draft, source="api", now=timezone.now())


@router.get("/assets/near", response=list[NearOut])
def near(request: HttpRequest, lon: float, lat: float, metres: float = 500, kind: list[str] = Query([])) -> list[queries.Near]:
    """Assets within so many metres of a point, nearest first (200 at most)."""
    return queries.near(_actor(request).scope, lon, lat, metres, kind)


@router.get("/assets/{uuid}", response=AssetOut)
def get_asset(request: HttpRequest, uuid: UUID) -> Asset:
    """One asset, also a retired one."""
    return queries.one(_actor(request).scope, uuid)


@router.get("/assets/{uuid}/guidance", response=list[GuidanceOut])
def get_guidance(request: HttpRequest, uuid: UUID) -> list[dict[str, Any]]:
    """The guidance that holds for an asset, from the general to the particular."""
    found = queries.guidance(queries.one(_actor(request).scope, uuid))
    return [{"code": g.asset.code, "text": g.text, "is_own": g.is_own} for g in found]


@router.patch("/assets/{uuid}", response=AssetOut)
def change_asset(request: HttpRequest, uuid: UUID, body: AssetChange) -> Asset:
    """Change what is known of an asset; properties are merged, null takes one out."""
    fields = body.dict(exclude={"reason"}, exclude_none=True)
    return actions.change(_actor(request), uuid, reason=body.reason, now=timezone.now(), **fields)


@router.put("/assets/{uuid}/geometry", response=AssetOut)
def draw_asset(request: HttpRequest, uuid: UUID, body: GeometryIn) -> Asset:
    """Give an asset its geometry, or take it away."""
    return actions.draw(_actor(request), uuid, body.geometry, reason=body.reason, now=timezone.now())


@router.post("/assets/{uuid}/move", response=AssetOut)
def move_asset(request: HttpRequest, uuid: UUID, body: MoveIn) -> Asset:
    """Hang an asset under another one."""
    actor = _actor(request)
    parent = queries.one(actor.scope, body.parent) if body.parent else None
    return actions.move(actor, uuid, parent, reason=body.reason, now=timezone.now())


@router.post("/assets/{uuid}/retire", response=RetiredOut)
def retire_asset(request: HttpRequest, uuid: UUID, body: RetireIn) -> dict[str, int]:
    """End an asset and everything under it."""
    return {"count": actions.retire(_actor(request), uuid, body.reason, at=body.at, now=timezone.now())}


@router.get("/layers", response=list[LayerOut])
def list_layers(request: HttpRequest) -> list[dict[str, Any]]:
    """The layers of the map that the caller may see."""
    return [
        {
            "name": x.name,
            "title": str(x.title),
            "group": str(x.group),
            "min_zoom": x.min_zoom,
            "is_on": x.is_on,
            "max_age_s": x.max_age_s,
        }
        for x in layers.shown(_actor(request).scope)
    ]


@router.get("/layers/{name}", response={200: Any})
def get_layer(request: HttpRequest, name: str, bbox: str, zoom: float, at: datetime | None = None) -> HttpResponse:
    """Features of a layer in a bounding box (`west,south,east,north`, degrees) at a zoom, now or at a past moment, as GeoJSON."""
    ask = layers.Ask(_actor(request).scope, layers.box(bbox), zoom, at)
    return HttpResponse(layers.collection(name, ask), content_type="application/geo+json")
