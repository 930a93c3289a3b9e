"""What the core keeps of what the bus says: signs of life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from chemward.apps.core.models import ProcessBeat
from chemward.apps.core.recorder.registry import BusEvent, on_pulse

FORGOTTEN = timedelta(hours=1)


@on_pulse("sys.beat.>")
def keep_beats(events: list[BusEvent], now: datetime) -> None:
    """The newest beat of each process, so that the system page knows them even when the bus is away."""
    with transaction.atomic():
        for event in events:
            body = event.body
            if not isinstance(body.get("name"), str) or not isinstance(body.get("pid"), int):
                continue
            at = datetime.fromtimestamp(event.received_ms / 1000, UTC)
            detail = {"lag_ms": body.get("lag_ms", 0), **(body.get("detail") or {})}
            ProcessBeat.objects.update_or_create(name=body["name"][:48], pid=body["pid"], defaults={"at": at, "detail": detail})
        ProcessBeat.objects.filter(at__lt=now - FORGOTTEN).delete()
