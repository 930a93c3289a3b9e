"""Alarms: lists, what people do about them, the enterprise's answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from chemward.apps.monitoring import board, queries, values
from chemward.apps.monitoring.actions import alarms, silences
from chemward.apps.monitoring.api.common import PageQuery, actor_of, shown
from chemward.apps.monitoring.api.silences import silence_out
from chemward.apps.monitoring.history import HistoryRegister
from chemward.apps.monitoring.models import AlarmOccurrence
from chemward.apps.monitoring.rules.state import ms

router = Router()


class SeenIn(Schema):
    id: UUID
    seen_ms: int | None = None


class AcknowledgeIn(Schema):
    """Alarms that were shown, each with the moment (server clock) of what was shown."""

    alarms: list[SeenIn]


class Ids(Schema):
    ids: list[UUID]
    note: str = ""


class AnswerIn(Schema):
    cause: str
    measure: str
    verdict: str
    acknowledges: bool = True


class ShelveIn(Schema):
    """`ids`: occurrences; `definitions`: alarm definitions; either or both."""

    ids: list[UUID] = []
    definitions: list[UUID] = []
    minutes: int
    reason: str


class UnshelveIn(Schema):
    ids: list[UUID] = []
    definitions: list[UUID] = []
    reason: str = ""


def outcomes_out(done: alarms.Outcomes) -> dict[str, Any]:
    return {"done": done.done, "already": done.already, "changed": done.changed, "not_found": done.not_found}


def occurrence_out(row: AlarmOccurrence) -> dict[str, Any]:
    answer = getattr(row, "answer", None)
    return {
        "id": row.uuid,
        "code": row.code,
        "title": row.title,
        "type": row.type,
        "priority": row.priority,
        "level": row.level,
        "enterprise": row.organisation.name,
        "raised_at": row.raised_at,
        "cleared_at": row.cleared_at,
        "value": row.raise_value,
        "limit": row.limit,
        "unit": row.unit,
        "is_late": row.is_late,
        "is_open": row.is_open,
        "park_acked_at": row.park_acked_at,
        "enterprise_acked_at": row.enterprise_acked_at,
        "outcome": row.outcome,
        "due_at": answer.due_at if answer else None,
        "answered_at": answer.answered_at if answer else None,
        "cause": answer.cause if answer else "",
        "measure": answer.measure if answer else "",
    }


@router.get("/alarms/open", response=dict)
def list_open_alarms(request: HttpRequest) -> dict[str, Any]:
    """Open alarms in scope as a console shows them, highest priority first, each with the caller's `state` (ISA-18.2 letter)."""
    now = timezone.now()
    return {"at_ms": ms(now), "alarms": queries.console_rows(actor_of(request).scope, now)}


@router.get("/alarms", response=dict)
def list_alarms(
    request: HttpRequest, asked: Query[PageQuery], since: datetime | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """The register of alarms, newest first; filters, search and sort as on the page."""
    return shown(HistoryRegister(actor_of(request).scope, request.GET).page(), occurrence_out)


@router.get("/alarms/{uuid:uuid}", response=dict)
def get_alarm(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One alarm with guidance, its neighbours with values, and its silences."""
    scope, now = actor_of(request).scope, timezone.now()
    row = queries.alarm(scope, uuid)
    told = queries.guidance(row.definition) if row.definition else None
    return {
        **board.rows(AlarmOccurrence.objects.filter(pk=row.pk))[0],
        "guidance": None if told is None else told.__dict__,
        "neighbours": values.neighbours(scope, row.tag, now) if row.tag else [],
    }


@router.post("/alarms/acknowledge", response=dict)
def acknowledge(request: HttpRequest, body: AcknowledgeIn) -> dict[str, Any]:
    """Acknowledge alarms that were shown. What turned for the worse since `seen_ms` comes back in `changed`."""
    seen = [alarms.Seen(a.id, a.seen_ms) for a in body.alarms]
    return outcomes_out(alarms.acknowledge(actor_of(request), seen, now=timezone.now()))


@router.post("/alarms/undo-acknowledge", response=dict)
def undo_acknowledge(request: HttpRequest, body: Ids) -> dict[str, Any]:
    """Take back one's own acknowledgement within ten seconds."""
    return outcomes_out(alarms.undo_acknowledge(actor_of(request), body.ids, now=timezone.now()))


@router.post("/alarms/reset", response=dict)
def reset(request: HttpRequest, body: Ids) -> dict[str, Any]:
    """Reset latched alarms that are gone and acknowledged."""
    return outcomes_out(alarms.reset(actor_of(request), body.ids, now=timezone.now()))


@router.post("/alarms/urge", response=dict)
def urge(request: HttpRequest, body: Ids) -> dict[str, Any]:
    return {"urged": alarms.urge(actor_of(request), body.ids, body.note, now=timezone.now())}


@router.post("/alarms/shelve", response=list[dict])
def shelve(request: HttpRequest, body: ShelveIn) -> list[dict[str, Any]]:
    """Shelve alarms for some minutes; those that need a second person come back as `requested`."""
    wanted = [*body.definitions, *silences.definitions_of(body.ids)]
    made = silences.shelve(actor_of(request), wanted, body.minutes, body.reason, now=timezone.now())
    return [silence_out(s) for s in made]


@router.post("/alarms/unshelve", response=dict)
def unshelve(request: HttpRequest, body: UnshelveIn) -> dict[str, Any]:
    wanted = [*body.definitions, *silences.definitions_of(body.ids)]
    return {"unshelved": silences.unshelve(actor_of(request), wanted, body.reason, now=timezone.now())}


@router.post("/alarms/{uuid:uuid}/respond", response=dict)
def respond(request: HttpRequest, uuid: UUID, body: AnswerIn) -> dict[str, Any]:
    """The enterprise's answer: cause, measure, verdict (true, false, test, maintenance)."""
    answer = alarms.respond(actor_of(request), uuid, **body.dict(), now=timezone.now())
    return {"answered_at": answer.answered_at, "due_at": answer.due_at, "verdict": answer.verdict}
