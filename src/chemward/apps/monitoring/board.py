"""What live boards start from: all open alarms with everything a console row shows, and the EVENTS sequence they include."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from chemward.apps.core.models import BusPosition
from chemward.apps.monitoring.actions.silences import silence_fields
from chemward.apps.monitoring.condition import obligation_fields, silences_of
from chemward.apps.monitoring.models import AlarmOccurrence, Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.monitoring.rules.tables import answer_rule
from chemward.telemetry.bus import subjects

PEOPLE = ("park_acked_by", "enterprise_acked_by", "shelved_by")


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


def rows(found: Any) -> list[dict[str, Any]]:
    """Console rows of occurrences (one query)."""
    return [row(r) for r in found.select_related("organisation", "tag", "definition", "answer", *PEOPLE)]


def row(r: AlarmOccurrence) -> dict[str, Any]:
    """One console row: condition, place, and all obligation fields."""
    tag, answer = r.tag, getattr(r, "answer", None)
    return {
        "id": str(r.uuid),
        "definition": str(r.definition.uuid) if r.definition else "",
        "tag": r.tag_number,
        "code": r.code,
        "title": r.title,
        "priority": r.priority,
        "level": r.level,
        "type": r.type,
        "raised_at_ms": ms(r.raised_at),
        "cleared_at_ms": ms(r.cleared_at),
        "worsened_at_ms": ms(r.worsened_at),
        "value": r.raise_value,
        "unit": r.unit,
        "limit": r.limit,
        "late": r.is_late,
        "latch": r.is_latched,
        "suppressed": r.is_suppressed,
        "suppressed_reason": r.suppressed_reason,
        "org_path": r.org_path,
        "enterprise": r.organisation.name,
        "organisation_kind": r.organisation.kind,
        "feed": r.feed_key,
        "major_hazard": bool(r.definition and r.definition.is_major_hazard),
        "place": (tag.place or tag.asset_label) if tag else "",
        "asset": str(tag.asset_uuid or "") if tag else "",
        "lon": tag.longitude if tag else None,
        "lat": tag.latitude if tag else None,
        "due_ms": ms(answer.due_at) if answer else None,
        "answered_ms": ms(answer.answered_at) if answer else None,
        "urged_ms": ms(answer.urged_at) if answer else None,
        "escalation_step": answer.escalation_step if answer else 0,
        "version": r.version,
        **obligation_fields(r),
    }


def silences_in_force() -> dict[str, dict[str, Any]]:
    """Definition → what its shelving or out of service means for its rows."""
    kinds = (SilenceKind.SHELVED, SilenceKind.OUT_OF_SERVICE)
    found: Iterable[Silence] = Silence.objects.filter(state=SilenceState.IN_FORCE, kind__in=kinds).select_related("definition")
    names = {s.definition_id: str(s.definition.uuid) for s in found}
    return {names[pk]: silence_fields(rows) for pk, rows in silences_of(names).items()}
