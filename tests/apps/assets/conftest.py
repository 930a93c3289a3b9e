"""A small works: area › unit › tank › level gauge, and things of the park around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chemward.apps.assets.actions import Draft, create
from chemward.apps.assets.models import Asset

LON, LAT = 120.5, 31.9


def square(lon: float = LON, lat: float = LAT, half: float = 0.001) -> dict[str, Any]:
    w, e, s, n = lon - half, lon + half, lat - half, lat + half
    return {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}


def point(lon: float = LON, lat: float = LAT) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


@pytest.fixture
def make(actor_of: Callable[..., Any], tree: Any, now: Any) -> Callable[..., Asset]:
    """`make("equipment", "T-3301", parent=unit)`: an asset of the chlor-alkali works, unless told otherwise."""

    def _make(
        kind: str, code: str, *, at: Any = None, parent: Asset | None = None, who: Any = None, when: Any = None, **more: Any
    ) -> Asset:
        draft = Draft(kind=kind, code=code, name=more.pop("name", code), **more)
        return create(who or actor_of("park_safety"), (at or tree.chlor).path, draft, parent=parent, now=when or now)

    return _make


@pytest.fixture
def works(make: Callable[..., Asset]) -> dict[str, Asset]:
    area = make("area", "A-1", name="氯碱生产区", subkind="process", geometry=square(), guidance="撤离方向：上风向")
    unit = make("unit", "U-33", name="液氯装置", parent=area, geometry=square(half=0.0005), guidance="佩戴空气呼吸器")
    tank = make(
        "equipment", "T-3301", name="液氯储罐", subkind="tank", parent=unit, geometry=point(), properties={"volume_m3": 100}
    )
    gauge = make(
        "instrument", "LI-3301", name="液位计", subkind="level", parent=tank, geometry=point(), guidance="先核对就地液位"
    )
    return {"area": area, "unit": unit, "tank": tank, "gauge": gauge}
