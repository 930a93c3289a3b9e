"""Tags and alarms of the plan as the platform's own records of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.demo.records import Alarm, Tag
from chemward.demo.tables import table

Numbers = Mapping[str, int]  # key of a tag in the plan → its number in the platform


def refers(alarm: Alarm) -> bool:
    """Does this alarm name another tag? Then it can be entered only when that tag has its number."""
    return bool(alarm.reference or alarm.suppress)


def new_tag(tag: Tag, geometry: Mapping[str, Any], asset: UUID, label: str, numbers: Numbers | None = None) -> NewTag:
    """A tag with its alarms. numbers: of all tags, once they have them; without it alarms that refer to tags are left out."""
    gas = table("gases").get(tag.gas, {})
    longitude, latitude = geometry["coordinates"]
    measures = tag.kind in ("number", "counter")
    values = {
        "name": tag.name,
        "kind": tag.kind,
        "unit": tag.unit,
        "conversion_basis": {
            k: v for k, v in (("molar_mass", gas.get("molar_mass")), ("lel_pct_vol", gas.get("lel_percent"))) if v
        },
        "lo": tag.lo if measures else None,
        "hi": tag.hi if measures else None,
        "period_s": float(tag.period_s),
        "frozen_s": float(tag.frozen_s),
        "states": dict(tag.states),
        "asset_uuid": asset,
        "asset_label": label,
        "place": tag.place,
        "longitude": longitude,
        "latitude": latitude,
        "external_key": tag.key,
    }
    alarms = [new_alarm(a, numbers or {}) for a in tag.alarms if numbers is not None or not refers(a)]
    return NewTag(tag.code, values, alarms)


def new_alarm(alarm: Alarm, numbers: Numbers) -> NewAlarm:
    values: dict[str, Any] = {
        "level": alarm.level,
        "limit": alarm.limit,
        "deadband": alarm.deadband,
        "on_s": alarm.on_s,
        "off_s": alarm.off_s,
        "count": alarm.count,
        "window_s": alarm.window_s,
        "is_latched": alarm.latch,
        "priority": alarm.priority,
        "alarm_class": alarm.alarm_class,
        "consequence_class": alarm.severity,
        "time_to_respond_s": alarm.respond_s,
        "consequence": alarm.consequence,
        "response": alarm.response,
        "guidance": "\n".join(f"{n}. {step}" for n, step in enumerate(alarm.guidance, 1)),
        "is_major_hazard": alarm.major_hazard,
        "limit_source": alarm.source,
    }
    if alarm.suppress:
        values |= {"suppress": numbered(alarm.suppress, numbers), "suppress_reason": alarm.reason}
    if alarm.reference:
        values["reference_id"] = numbers[alarm.reference]
    return NewAlarm(alarm.type, alarm.title, values)


def numbered(condition: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """A condition with tag numbers in place of the plan's keys."""
    if "tag" in condition:
        return {**condition, "tag": numbers[condition["tag"]]}
    return {word: [numbered(part, numbers) for part in parts] for word, parts in condition.items()}
