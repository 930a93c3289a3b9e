"""What stands on the one map: layers by bounding box and zoom. Higher rooms register theirs here.

    @layer("monitoring.tags", _("Tags"), min_zoom=14, capability="tag.view")
    def tags(ask: Ask) -> Iterable[Feature]: ...

A layer gets what is asked for and gives features; the answer is a GeoJSON feature collection that says when it was cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.assets import queries
from chemward.apps.assets.kinds import kinds
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.scope import Scope

Box = tuple[float, float, float, float]
MOST = 5000


@dataclass(frozen=True)
class Ask:
    """What a map asks for: bounding box [°] west, south, east, north; zoom; the moment to show, None for now."""

    scope: Scope
    box: Box
    zoom: float
    at: datetime | None = None
    limit: int = MOST

    def overlaps(self) -> Q:
        """The condition on rows with bounding-box columns."""
        west, south, east, north = self.box
        return Q(min_lon__lte=east, max_lon__gte=west, min_lat__lte=north, max_lat__gte=south)


@dataclass(frozen=True)
class Feature:
    """One thing on the map: its id, its geometry (GeoJSON text or object), what the map must know to draw it."""

    id: str
    geometry: str | Mapping[str, Any]
    properties: Mapping[str, Any] = field(default_factory=dict)


Fetch = Callable[[Ask], Iterable[Feature]]


@dataclass(frozen=True)
class Layer:
    """A layer. `is_on`: shown without being asked for. `max_age_s`: so long a map may keep the answer."""

    name: str
    title: str | Promise
    group: str | Promise
    min_zoom: int
    capability: str
    fetch: Fetch
    is_on: bool = True
    max_age_s: int = 300
    order: int = 100


_layers: dict[str, Layer] = {}


def layer(
    name: str,
    title: str | Promise,
    *,
    min_zoom: int = 0,
    capability: str = "asset.view",
    group: str | Promise = "",
    is_on: bool = True,
    max_age_s: int = 300,
    order: int = 100,
) -> Callable[[Fetch], Fetch]:
    """Register a layer (decorator). ValueError when the name is taken."""

    def register(fetch: Fetch) -> Fetch:
        known = _layers.setdefault(name, Layer(name, title, group, min_zoom, capability, fetch, is_on, max_age_s, order))
        if known.fetch is not fetch:
            raise ValueError(f"two layers are called {name}")
        return fetch

    return register


def shown(scope: Scope) -> list[Layer]:
    """The layers that a scope may see, in order."""
    return sorted((x for x in _layers.values() if scope.has(x.capability)), key=lambda x: (x.order, x.name))


def get(scope: Scope, name: str) -> Layer:
    """A layer by name. NotFound when there is none or the scope may not see it."""
    found = _layers.get(name)
    if found is None or not scope.has(found.capability):
        raise NotFound(_("Not found."))
    return found


def collection(name: str, ask: Ask) -> bytes:
    """The answer to a map: a feature collection, with `truncated` when more than the limit would have come. Empty below the layer's zoom."""
    found = get(ask.scope, name)
    rows = list(islice(found.fetch(ask), ask.limit + 1)) if ask.zoom >= found.min_zoom else []
    features = [
        {
            "type": "Feature",
            "id": f.id,
            "geometry": orjson.Fragment(f.geometry) if isinstance(f.geometry, str) else f.geometry,
            "properties": {**f.properties, "id": f.id},
        }
        for f in rows[: ask.limit]
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features, "truncated": len(rows) > ask.limit}, default=str)


def box(text: str) -> Box:
    """`west,south,east,north` in degrees. Invalid when it is none."""
    try:
        west, south, east, north = (float(v) for v in text.split(","))
    except ValueError:
        raise Invalid(Fault("bbox", _("Four numbers are asked for."), "west,south,east,north")) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid(Fault("bbox", _("West before east, south before north, in degrees."), "119.9,31.8,120.1,32.0"))
    return west, south, east, north


def _assets(kind: str, **only: Any) -> Fetch:
    """Assets of a kind: three queries at most, whatever the number of rows."""

    def fetch(ask: Ask) -> Iterable[Feature]:
        rows = queries.on_the_map(ask.scope, kind).filter(ask.overlaps(), **only)
        if ask.at is not None:
            # What was moved since then is looked for where it stands now: a map of the past is asked for with a margin.
            return (
                _feature(a.uuid, a.name, a.code, a.subkind, a.geometry_text, a.properties, a.org_path, ask)
                for a in queries.as_of(rows, ask.at)
            )
        plain = rows.filter(valid_until=None).order_by("id")
        values = plain.values_list("uuid", "name", "code", "subkind", "geometry_text", "properties", "org_path")
        return (_feature(*row, ask) for row in values[: ask.limit + 1])

    def _feature(
        uuid: Any, name: str, code: str, subkind: str, geometry: str, properties: dict[str, Any], path: str, ask: Ask
    ) -> Feature:
        said: dict[str, Any] = {"name": name, "subkind": subkind}
        if ask.scope.allows("asset.view", path):
            # Strangers of the same park see only the shape, the name and the type of shared kinds.
            said |= {**properties, "code": code, "is_own": True}
        return Feature(str(uuid), geometry, said)

    return fetch


GROUND = gettext_lazy("Ground")
PLANT = gettext_lazy("Plant")
PEOPLE = gettext_lazy("People")

for _order, (_name, _title, _kind, _group, _only) in enumerate(
    (
        ("assets.land", gettext_lazy("Land"), "land", GROUND, {}),
        ("assets.water", gettext_lazy("Water"), "water", GROUND, {}),
        ("assets.sites", gettext_lazy("Sites"), "site", GROUND, {}),
        ("assets.roads", gettext_lazy("Roads"), "road", GROUND, {}),
        ("assets.fences", gettext_lazy("Fences"), "fence", GROUND, {}),
        ("assets.areas", gettext_lazy("Areas"), "area", PLANT, {}),
        ("assets.units", gettext_lazy("Units"), "unit", PLANT, {}),
        ("assets.buildings", gettext_lazy("Buildings"), "building", GROUND, {}),
        ("assets.galleries", gettext_lazy("Pipe galleries"), "gallery", PLANT, {}),
        ("assets.equipment", gettext_lazy("Equipment"), "equipment", PLANT, {}),
        ("assets.tanks", gettext_lazy("Tanks"), "equipment", PLANT, {"subkind": "tank"}),
        ("assets.instruments", gettext_lazy("Instruments"), "instrument", PLANT, {}),
        ("assets.gates", gettext_lazy("Gates"), "gate", GROUND, {}),
        ("assets.cameras", gettext_lazy("Cameras"), "camera", PLANT, {}),
        ("assets.protected_targets", gettext_lazy("Protected targets"), "protected_target", PEOPLE, {}),
        ("assets.population", gettext_lazy("Population"), "population_cell", PEOPLE, {}),
    )
):
    layer(
        _name,
        _title,
        min_zoom=14 if _name == "assets.tanks" else kinds()[_kind].min_zoom,
        group=_group,
        is_on=_kind not in ("camera", "population_cell"),
        order=_order,
    )(_assets(_kind, **_only))
