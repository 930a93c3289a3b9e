"""The master alarm database: definitions with texts, class and priority."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions import definitions
from chemward.apps.monitoring.api.common import PageQuery, TagChange, actor_of, paged
from chemward.apps.monitoring.models import AlarmDefinition

router = Router()


class AlarmIn(Schema):
    type: str
    title: str
    values: dict[str, Any] = {}


class RankIn(Schema):
    consequence_class: str
    time_to_respond_s: int
    reason: str


def definition_out(row: AlarmDefinition) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "tag": row.tag.uuid,
        "code": row.tag.code,
        "type": row.type,
        "title": row.title,
        "alarm_class": row.alarm_class,
        "consequence_class": row.consequence_class,
        "consequence": row.consequence,
        "response": row.response,
        "guidance": row.guidance,
        "time_to_respond_s": row.time_to_respond_s,
        "is_major_hazard": row.is_major_hazard,
        "in_force_since": row.in_force_since,
        "version": row.version,
        **row.limit_values(),
    }


@router.get("/alarm-definitions", response=dict)
def list_definitions(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    """The master alarm database in scope."""
    return paged(queries.definitions(actor_of(request).scope), asked, "id", definition_out)


@router.get("/alarm-definitions/{uuid:uuid}", response=dict)
def get_definition(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One definition with its guidance and the versions of its limit."""
    row = queries.definition(actor_of(request).scope, uuid)
    shown = ("number", "values", "reason", "changed_by", "approved_by", "created_at", "in_force_since")
    versions = [{f: getattr(v, f) for f in shown} for v in row.versions.all()]
    return {**definition_out(row), "inherited": queries.guidance(row).__dict__, "versions": versions}


@router.post("/tags/{uuid:uuid}/alarms", response={201: dict})
def add_alarm(request: HttpRequest, uuid: UUID, body: AlarmIn) -> Any:
    new = definitions.NewAlarm(body.type, body.title, body.values)
    return Status(201, definition_out(definitions.add(actor_of(request), uuid, new, now=timezone.now())))


@router.patch("/alarm-definitions/{uuid:uuid}", response=dict)
def describe_alarm(request: HttpRequest, uuid: UUID, body: TagChange) -> dict[str, Any]:
    """Change texts: title, class, consequence, response, guidance."""
    row = definitions.describe(actor_of(request), uuid, body.values, version=body.version, now=timezone.now())
    return definition_out(row)


@router.post("/alarm-definitions/{uuid:uuid}/rank", response=dict)
def rank_alarm(request: HttpRequest, uuid: UUID, body: RankIn) -> dict[str, Any]:
    """Priority by the matrix of consequence and time to respond."""
    return definition_out(definitions.rank(actor_of(request), uuid, **body.dict(), now=timezone.now()))
