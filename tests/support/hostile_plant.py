"""Adds to a seeded plant (`seeded_plant.py`) a feed in whose every name stands text that would be a program if a page forgot what it is.

A program of its own: `python hostile_plant.py TEXT`; the data folder is CHEMWARD_DATA. The feed has a gas detector with a second-level alarm,
a valve with named states, both on an asset of the map. What a test must know of them is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

LIMIT = 50.0
LON, LAT = 118.2, 38.02


def seed(text: str, now: datetime) -> dict[str, Any]:
    """The feed. text: the hostile text, at most 48 characters."""
    from chemward.apps.assets.actions import Draft, create
    from chemward.apps.core.acts import Actor
    from chemward.apps.core.models import Organisation
    from chemward.apps.monitoring.actions import credentials, feeds, tags
    from chemward.apps.monitoring.actions.definitions import NewAlarm
    from chemward.apps.monitoring.models import Tag

    platform, built = Actor.platform("test"), now - timedelta(days=1)
    park = Organisation.objects.get(kind="park")
    works = Organisation.objects.get(kind="enterprise")
    here = {"type": "Point", "coordinates": [LON, LAT]}

    def stand(org: Organisation, parent: Any, *words: str, geometry: Any) -> Any:
        return create(platform, org.path, Draft(*words, geometry=geometry), parent=parent, now=built)

    stand(park, None, "site", "SITE", "示范园区", "park", geometry=_ground(0.01))
    site = stand(works, None, "site", "WORKS", f"厂区 {text}", "enterprise", geometry=_ground(0.004))
    unit = stand(works, site, "unit", "U-1", f"罐区 {text}", "tanks", geometry=_ground(0.002))
    detector = stand(works, unit, "instrument", "GT-1", f"探测器 {text}", "gas_toxic", geometry=here)
    feed = feeds.create(platform, works.uuid, f"网关 {text}", kind="http", lateness_s=3600, period_s=1, now=now)
    common = {"name": f"氯气 {text}", "place": f"罐区 {text}", "asset_uuid": detector.uuid, "longitude": LON, "latitude": LAT}
    alarm = NewAlarm("HH", f"二级 {text}", {"limit": LIMIT, "deadband": 1.0, "priority": 1, "level": 2})
    tags.enter(platform, feed.uuid, [tags.NewTag(f"G{text}", {**common, "unit": "ppm", "lo": 0, "hi": 100}, [alarm])], now=now)
    issued = credentials.issue(platform, feed.uuid, kinds=["http"], now=now)
    tag = Tag.objects.get(feed=feed)
    return {
        "feed": feed.key,
        "page": str(feed.uuid),
        "secret": issued.secret,
        "code": tag.code,
        "number": tag.pk,
    }


def _ground(half: float) -> dict[str, Any]:
    """A square of the map about the works. half: half of its side [degrees]."""
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return {"type": "Polygon", "coordinates": [[[LON + x, LAT + y] for x, y in corners]]}


def main() -> None:
    from chemward.config.setup import start_django

    start_django()
    from django.utils import timezone

    sys.stdout.write(json.dumps(seed(sys.argv[1], timezone.now())) + "\n")


if __name__ == "__main__":
    main()
