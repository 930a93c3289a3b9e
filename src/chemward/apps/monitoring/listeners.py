"""What the recorder does with events of alarms, unknown tags, applied configuration, enterprises' alarms and feed health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chemward.apps.core.recorder.registry import BusEvent, answers, on_event, on_pulse
from chemward.apps.monitoring import board, keeping, reconciliation
from chemward.apps.monitoring.health import keep_health
from chemward.telemetry.bus import subjects


@on_event("ev.alarm.>")
def keep_alarms(events: list[BusEvent], now: datetime) -> None:
    keeping.keep_alarms([e.body for e in events], now)


@on_event("ev.unknown.>")
def keep_unknown_tags(events: list[BusEvent], now: datetime) -> None:
    keeping.keep_unknown_tags([e.body for e in events], now)


@on_event(subjects.CONFIG_APPLIED)
def keep_applied(events: list[BusEvent], now: datetime) -> None:
    keeping.keep_applied([e.body for e in events])


@on_event("ev.external.>")
def keep_external(events: list[BusEvent], now: datetime) -> None:
    reconciliation.keep_external([e.body for e in events], now)


@on_event("ev.act.asset.*")
def follow_assets(events: list[BusEvent], now: datetime) -> None:
    keeping.follow_assets([e.body for e in events])


@on_pulse("health.>")
def keep_pulses(events: list[BusEvent], now: datetime) -> None:
    keep_health([e.body for e in events], now)


@answers(subjects.REQUEST_OPEN_ALARMS)
def open_alarms(_asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    return board.snapshot(now)
