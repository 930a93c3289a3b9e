"""What the one map shows besides the plain assets: gas detectors from afar, and stations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from chemward.apps.assets import queries
from chemward.apps.assets.layers import PLANT, Ask, Feature, layer
from chemward.apps.assets.models import Asset

GAS_DETECTORS = ("gas_toxic", "gas_combustible")


def _point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


@layer("overview.detectors", _("Gas detectors"), min_zoom=13, group=PLANT, order=20)
def detectors(ask: Ask) -> Iterable[Feature]:
    """Gas detectors as points: they are what a duty room looks for long before single instruments can be told apart."""
    rows = queries.on_the_map(ask.scope, "instrument").filter(ask.overlaps(), subkind__in=GAS_DETECTORS, lon__isnull=False)
    if ask.at is not None:
        for a in queries.as_of(rows, ask.at):
            yield Feature(str(a.uuid), _point(a.lon or 0.0, a.lat or 0.0), {"code": a.code, "name": a.name, "subkind": a.subkind})
        return
    plain = rows.filter(valid_until=None).order_by("id")
    for uuid, code, name, subkind, lon, lat in plain.values_list("uuid", "code", "name", "subkind", "lon", "lat")[
        : ask.limit + 1
    ]:
        yield Feature(str(uuid), _point(lon, lat), {"code": code, "name": name, "subkind": subkind})


@layer("overview.stations", _("Stations"), min_zoom=11, group=PLANT, order=21)
def stations(ask: Ask) -> Iterable[Feature]:
    """Weather and fire stations. The instruments of one mast are one station, which bears the code before the dot."""
    masts: dict[tuple[float, float], Asset] = {}
    for a in _living(ask, "instrument", "weather"):
        masts.setdefault((a.lon or 0.0, a.lat or 0.0), a)
    for a in masts.values():
        yield _station(a, "weather", a.code.partition(".")[0])
    for a in _living(ask, "building", "fire_station"):
        yield _station(a, "fire_station", a.name)


def _living(ask: Ask, kind: str, subkind: str) -> Iterable[Asset]:
    rows = queries.on_the_map(ask.scope, kind).filter(ask.overlaps(), subkind=subkind, lon__isnull=False).order_by("id")
    return queries.as_of(rows, ask.at) if ask.at is not None else rows.filter(valid_until=None)[: ask.limit + 1]


def _station(a: Asset, subkind: str, name: str) -> Feature:
    return Feature(str(a.uuid), _point(a.lon or 0.0, a.lat or 0.0), {"name": name, "subkind": subkind})
