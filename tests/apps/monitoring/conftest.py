"""A feed of 示范氯碱 with its chlorine detector, and the engine's way of telling what happened to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest

from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Outbox
from chemward.apps.monitoring.actions import feeds, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.keeping import keep_alarms
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, Feed, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.engine.events import occurrence_id

PLATFORM = Actor.platform("test")

GT_3107 = NewTag(
    "GT-3107",
    {
        "name": "氯气 · 液氯罐区东",
        "unit": "mg/m³",
        "lo": 0,
        "hi": 10,
        "period_s": 1,
        "place": "液氯罐区",
        "longitude": 120.0,
        "latitude": 30.0,
    },
    [
        NewAlarm("H", "氯气浓度一级报警", {"limit": 1.0, "deadband": 0.1, "priority": 2, "level": 1}),
        NewAlarm("HH", "氯气浓度二级报警", {"limit": 2.0, "deadband": 0.1, "priority": 1, "level": 2, "is_major_hazard": True}),
    ],
)


@pytest.fixture
def feed(tree: Any, now: datetime) -> Feed:
    return feeds.create(PLATFORM, tree.chlor.uuid, "DCS 网关", period_s=1, now=now)


@pytest.fixture
def detector(feed: Feed, now: datetime) -> Tag:
    return tags.create(PLATFORM, feed.uuid, GT_3107, now=now)


@pytest.fixture
def first_level(detector: Tag) -> AlarmDefinition:
    return AlarmDefinition.objects.get(tag=detector, type="H")


@pytest.fixture
def second_level(detector: Tag) -> AlarmDefinition:
    return AlarmDefinition.objects.get(tag=detector, type="HH")


def told(definition: AlarmDefinition, kind: str, at: datetime, raised_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    """An event of the engine about a definition. raised_at: when the occurrence was raised (`at` for its raise)."""
    began = ms(raised_at or at)
    return {
        "id": occurrence_id(str(definition.uuid), began or 0, more.get("late", False)),
        "def": str(definition.uuid),
        "tag": definition.tag_id,
        "kind": kind,
        "at_ms": ms(at),
        "received_ms": ms(at),
        "value": 2.6,
        "limit": definition.limit,
        "type": definition.type,
        "priority": definition.priority,
        "level": definition.level,
        "title": definition.title,
        "code": definition.tag.code,
        "unit": definition.tag.unit,
        "late": False,
        "org_path": definition.org_path,
        "feed": definition.tag.feed.key,
        "step": 1,
        "suppressed": False,
        "reason": "",
        **more,
    }


@pytest.fixture
def raise_alarm(now: datetime) -> Callable[..., AlarmOccurrence]:
    """`raise_alarm(definition, at)`: the engine says that it was raised."""

    def raise_(definition: AlarmDefinition, at: datetime | None = None, **more: Any) -> AlarmOccurrence:
        body = told(definition, "raised", at or now, **more)
        keep_alarms([body], at or now)
        return AlarmOccurrence.objects.get(uuid=body["id"])

    return raise_


def announced(subject: str) -> list[dict[str, Any]]:
    """Bodies of the announcements that wait in the outbox under a subject (or subjects that begin with it, ending in a dot)."""
    rows = Outbox.objects.order_by("id")
    rows = rows.filter(subject__startswith=subject) if subject.endswith(".") else rows.filter(subject=subject)
    return [orjson.loads(r.body) for r in rows]
