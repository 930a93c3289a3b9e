"""A park with a works, a tank in it, a chlorine detector with two limits, and a mast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chemward.apps.assets.actions import Draft, create
from chemward.apps.assets.models import Asset
from chemward.apps.core.acts import Actor
from chemward.apps.monitoring.actions import feeds, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.models import AlarmDefinition, Tag
from tests.apps.monitoring.conftest import raise_alarm, told  # noqa: F401

LON, LAT = 118.2, 38.02
PLATFORM = Actor.platform("test")


def ground(size: float = 0.004, east: float = 0.0) -> dict[str, Any]:
    west, south = LON - size + east, LAT - size
    ring = [[west, south], [west + 2 * size, south], [west + 2 * size, south + 2 * size], [west, south + 2 * size], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@dataclass(frozen=True)
class Works:
    site: Asset
    tank: Asset
    detector: Asset
    tag: Tag
    first: AlarmDefinition
    second: AlarmDefinition


@pytest.fixture
def works(tree, now) -> Works:
    built = now - timedelta(days=30)

    def stand(org, parent, *words, geometry=None, **more):
        return create(PLATFORM, org.path, Draft(*words, geometry=geometry, **more), parent=parent, now=built)

    park = stand(tree.park, None, "site", "SITE", "示范园区", "park", geometry=ground(0.02))
    site = stand(tree.chlor, None, "site", "SITE", "示范氯碱", "enterprise", geometry=ground())
    unit = stand(tree.chlor, site, "unit", "U-31", "液氯罐区", "tanks", geometry=ground(0.002))
    tank = stand(
        tree.chlor, unit, "equipment", "V-3101", "液氯储罐", "tank", geometry=ground(0.0002), properties={"material": "液氯"}
    )
    place = {"type": "Point", "coordinates": [LON, LAT]}
    detector = stand(tree.chlor, tank, "instrument", "GT-3107", "氯气探测器", "gas_toxic", geometry=place)
    mast = stand(tree.park, None, "instrument", "WS-01.WS", "气象站 风速", "weather", geometry=place)
    vane = stand(tree.park, None, "instrument", "WS-01.WD", "气象站 风向", "weather", geometry=place)
    stand(tree.park, park, "gate", "G1", "1号门", "main", geometry=place)
    feed = feeds.create(PLATFORM, tree.chlor.uuid, "DCS 网关", period_s=1, now=built)
    weather = feeds.create(PLATFORM, tree.park.uuid, "气象站", period_s=1, now=built)
    here = {"longitude": LON, "latitude": LAT, "period_s": 1}
    limits = [
        NewAlarm("H", "氯气浓度一级报警", {"limit": 1.0, "deadband": 0.1, "priority": 2, "level": 1}),
        NewAlarm("HH", "氯气浓度二级报警", {"limit": 2.0, "deadband": 0.1, "priority": 1, "level": 2}),
    ]
    values = {"name": "氯气 · 液氯罐区东", "unit": "mg/m³", "asset_uuid": detector.uuid, "place": "液氯罐区", **here}
    tag = tags.create(PLATFORM, feed.uuid, NewTag("GT-3107", values, limits), now=built)
    for code, unit_of, asset in (("WS-01.WS", "m/s", mast), ("WS-01.WD", "°", vane)):
        tags.create(
            PLATFORM, weather.uuid, NewTag(code, {"name": code, "unit": unit_of, "asset_uuid": asset.uuid, **here}), now=built
        )
    found = AlarmDefinition.objects
    return Works(site, tank, detector, tag, found.get(tag=tag, type="H"), found.get(tag=tag, type="HH"))


@pytest.fixture
def seen_by(user_of):
    """`seen_by("duty_officer")`: a browser logged in as such a person."""

    def enter(role: str, at: Any = None) -> Client:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
