"""Seeds a small plant through the acts, as a program of its own: `python seeded_plant.py [SPARE_TAGS [low]]`; the data folder is CHEMWARD_DATA.

示范园区 › 示范氯碱 with three feeds, one for each door. Every feed has tags `S-00`…`S-18` that only count, `A-00` that crosses its second
limit again and again, and `H-0`…`H-5` that stay beyond theirs; with `low` the MQTT feed has tags `L-000`…`L-499` of the lowest priority
besides. A duty officer of the park has a password and an API token. What a test must know of it is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

PASSWORD = "chlorine-6-detector"
COUNTING = [f"S-{i:02d}" for i in range(19)]
CROSSING = "A-00"
HELD = [f"H-{i}" for i in range(6)]
LOW = [f"L-{i:03d}" for i in range(500)]
LIMIT = 50.0
DOORS = ("http", "native", "mqtt")
TOKEN_RIGHTS = ("alarm.view", "alarm.acknowledge", "alarm.shelve", "record.export", "audit.view", "job.view")


def seed(spare: int, now: datetime, *, has_low: bool = False) -> dict[str, Any]:
    """The plant. spare: further tags with an alarm each that nobody sends to."""
    from chemward.apps.core.actions import organisations, users
    from chemward.apps.core.acts import Actor
    from chemward.apps.monitoring.actions import credentials, feeds, tags
    from chemward.apps.monitoring.models import AlarmDefinition, Tag

    platform = Actor.platform("test")
    park = None
    for kind, name in (("province", "示范省"), ("city", "示范市"), ("park", "示范园区")):
        park = organisations.add(platform, kind=kind, name=name, parent=park, now=now)
    enterprise = organisations.add(platform, kind="enterprise", name="示范氯碱", parent=park, now=now)
    user, link = users.invite(
        platform,
        username="duty.jia",
        display_name="值班甲",
        home=park,
        memberships=[(park, "duty_officer"), (park, "park_safety")],
        now=now,
    )
    users.set_password(link, PASSWORD, now=now)
    user.refresh_from_db()
    _token, secret = users.make_token(Actor.of(user), name="test", wanted=TOKEN_RIGHTS, now=now)
    described = {}
    for door in DOORS:
        feed = feeds.create(platform, enterprise.uuid, f"{door} 网关", kind=door, lateness_s=3600, period_s=1, now=now)
        tags.enter(
            platform, feed.uuid, plant_tags(spare if door == "http" else 0, LOW if has_low and door == "mqtt" else ()), now=now
        )
        issued = credentials.issue(platform, feed.uuid, kinds=[door], now=now)
        described[door] = {
            "feed": feed.key,
            "shard": feed.shard,
            "user": issued.credential.key_id,
            "secret": issued.secret,
            "tags": dict(Tag.objects.filter(feed=feed).values_list("code", "id")),
            "definitions": {
                c: str(u) for c, u in AlarmDefinition.objects.filter(tag__feed=feed).values_list("tag__code", "uuid")
            },
        }
    return {"token": secret, "username": user.username, "password": PASSWORD, "user": user.pk, "doors": described}


def plant_tags(spare: int, low: Sequence[str] = ()) -> list[Any]:
    from chemward.apps.monitoring.actions.definitions import NewAlarm
    from chemward.apps.monitoring.actions.tags import NewTag

    def with_alarm(code: str, priority: int = 1) -> NewTag:
        judged = {"limit": LIMIT, "deadband": 1.0, "priority": priority, "level": 2}
        return NewTag(code, {"name": code, "unit": "ppm"}, [NewAlarm("HH", f"{code} 二级报警", judged)])

    counting = [NewTag(code, {"name": code, "unit": "ppm"}) for code in COUNTING]
    return [
        *counting,
        *(with_alarm(c, 4) for c in low),
        *(with_alarm(c) for c in [CROSSING, *HELD, *(f"X-{i:05d}" for i in range(spare))]),
    ]


def main(arguments: list[str]) -> int:
    from chemward.config.setup import prepare, start_django
    from chemward.telemetry.installation import Installation

    prepare(Installation.from_environment())
    start_django()
    from django.utils import timezone

    sys.stdout.write(json.dumps(seed(int(arguments[0]) if arguments else 0, timezone.now(), has_low="low" in arguments)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
