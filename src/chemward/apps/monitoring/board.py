"""What live boards start from: all open alarms with everything a console row shows, and the EVENTS sequence they include."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from chemward.apps.core.models import BusPosition
from chemward.apps.monitoring.actions.silences import silence_fields
from chemward.apps.monitoring.condition import silences_of
from chemward.apps.monitoring.models import AlarmOccurrence, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.state import Party, ms
from chemward.apps.monitoring.rules.tables import answer_rule
from chemward.telemetry.bus import subjects
from chemward.telemetry.engine.state import Condition, IsaState, Obligations, isa_state

COLUMNS = (
    *(
        "uuid",
        "tag_number",
        "code",
        "title",
        "priority",
        "level",
        "type",
        "raised_at",
        "cleared_at",
        "worsened_at",
        "raise_value",
    ),
    *("unit", "limit", "is_late", "is_latched", "is_suppressed", "suppressed_reason", "org_path", "feed_key", "version"),
    *("organisation__name", "organisation__kind", "definition__uuid", "definition__is_major_hazard"),
    *("tag__uuid", "tag__place", "tag__asset_label", "tag__asset_uuid", "tag__longitude", "tag__latitude"),
    *("answer__due_at", "answer__answered_at", "answer__urged_at", "answer__escalation_step"),
    *("park_acked_at", "park_acked_by__display_name", "enterprise_acked_at", "enterprise_acked_by__display_name"),
    *("shelved_until", "shelved_by__display_name", "shelf_reason", "is_out_of_service", "reset_at", "outcome"),
)


def snapshot(now: datetime) -> dict[str, Any]:
    """`{seq, at_ms, alarms, silences, answers_due_ms}`.

    seq: EVENTS sequence up to which the alarms are complete. silences: definition → obligation fields of shelving and out of service in
    force, for alarms that are raised after this answer. answers_due_ms: priority → time to answer [ms].
    """
    # One transaction, so that the position and the rows are of the same moment.
    with transaction.atomic():
        position = BusPosition.objects.filter(stream=subjects.EVENTS).values_list("sequence", flat=True).first()
        alarms = rows(AlarmOccurrence.objects.filter(is_open=True).order_by("priority", "-raised_at"))
        silences = silences_in_force()
    rule = answer_rule()
    due = {str(p): rule.due_ms(p) for p in rule.due_min}
    return {"seq": position or 0, "at_ms": ms(now), "alarms": alarms, "silences": silences, "answers_due_ms": due}


def rows(found: QuerySet[AlarmOccurrence]) -> list[dict[str, Any]]:
    """Console rows of occurrences: condition, place, and all obligation fields (one query, no model instances)."""
    return [_row(r) for r in found.values(*COLUMNS)]


def _row(r: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(r["uuid"]),
        "definition": str(r["definition__uuid"] or ""),
        "tag": r["tag_number"],
        "tag_uuid": str(r["tag__uuid"] or ""),
        "code": r["code"],
        "title": r["title"],
        "priority": r["priority"],
        "level": r["level"],
        "type": r["type"],
        "raised_at_ms": ms(r["raised_at"]),
        "cleared_at_ms": ms(r["cleared_at"]),
        "worsened_at_ms": ms(r["worsened_at"]),
        "value": r["raise_value"],
        "unit": r["unit"],
        "limit": r["limit"],
        "late": r["is_late"],
        "latch": r["is_latched"],
        "suppressed": r["is_suppressed"],
        "suppressed_reason": r["suppressed_reason"],
        "org_path": r["org_path"],
        "enterprise": r["organisation__name"],
        "organisation_kind": r["organisation__kind"],
        "feed": r["feed_key"],
        "major_hazard": bool(r["definition__is_major_hazard"]),
        "place": r["tag__place"] or r["tag__asset_label"] or "",
        "asset": str(r["tag__asset_uuid"] or ""),
        "lon": r["tag__longitude"],
        "lat": r["tag__latitude"],
        "due_ms": ms(r["answer__due_at"]),
        "answered_ms": ms(r["answer__answered_at"]),
        "urged_ms": ms(r["answer__urged_at"]),
        "escalation_step": r["answer__escalation_step"] or 0,
        "version": r["version"],
        **_obligations(r),
    }


def _obligations(r: Mapping[str, Any]) -> dict[str, Any]:
    """What people did, all of it, so that a delta may simply replace what stands on a board."""
    return {
        "park_acked_ms": ms(r["park_acked_at"]),
        "park_acked_by": r["park_acked_by__display_name"] or "",
        "enterprise_acked_ms": ms(r["enterprise_acked_at"]),
        "enterprise_acked_by": r["enterprise_acked_by__display_name"] or "",
        "shelved_until_ms": ms(r["shelved_until"]),
        "shelved_by": r["shelved_by__display_name"] or "",
        "shelf_reason": r["shelf_reason"],
        "out_of_service": r["is_out_of_service"],
        "reset_ms": ms(r["reset_at"]),
        "outcome": r["outcome"],
    }


def state(row: Mapping[str, Any], party: Party, now_ms: int) -> IsaState:
    """The ISA-18.2 state of a console row as a party sees it."""
    condition = Condition(
        raised_at=row["raised_at_ms"], cleared_at=row["cleared_at_ms"], suppressed=row["suppressed"], latch=row["latch"]
    )
    obligations = Obligations(
        acked_at=row[f"{party}_acked_ms"],
        shelved_until=row["shelved_until_ms"],
        out_of_service=row["out_of_service"],
        reset_at=row["reset_ms"],
    )
    return isa_state(condition, obligations, now_ms)


def silences_in_force() -> dict[str, dict[str, Any]]:
    """Definition → what its shelving or out of service means for its rows."""
    kinds = (SilenceKind.SHELVED, SilenceKind.OUT_OF_SERVICE)
    found: Iterable[Silence] = Silence.objects.filter(state=SilenceState.IN_FORCE, kind__in=kinds).select_related("definition")
    names = {s.definition_id: str(s.definition.uuid) for s in found}
    return {names[pk]: silence_fields(rows) for pk, rows in silences_of(names).items()}
