"""To-dos and messages of the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.followup import queries, todo
from chemward.apps.followup.actions import messages
from chemward.apps.followup.api.common import AboutOut, ReasonIn, SubjectIO, actor_of, subject_of
from chemward.apps.followup.models import Receipt

router = Router()


class TodoOut(Schema):
    kind: str
    id: str
    title: str
    subject: str
    url: str
    since: datetime
    due_at: datetime | None
    level: int | None


class MessageOut(AboutOut):
    message_class: str
    topic: str
    title: str
    text: str
    level: int | None
    state: str
    sent_at: datetime
    due_at: datetime | None
    handled_at: datetime | None


class ReceiptOut(Schema):
    message: MessageOut
    reason: str
    step: int
    received_at: datetime
    read_at: datetime | None
    handled_at: datetime | None


class MessageIn(Schema):
    message_class: str
    title: str
    text: str = ""
    org_path: str
    topic: str = "*"
    due_at: datetime | None = None
    key: str | None = None
    subject: SubjectIO | None = None


class HandleIn(Schema):
    note: str = ""


@router.get("/todos", response=list[TodoOut])
def list_todos(request: HttpRequest) -> list[todo.Todo]:
    """What waits for the caller: overdue first."""
    return todo.mine(actor_of(request), timezone.now())


@router.get("/messages", response=list[ReceiptOut])
def list_messages(request: HttpRequest, limit: int = Query(100, ge=1, le=500)) -> list[Receipt]:
    """The caller's own messages, newest first."""
    return list(queries.inbox(actor_of(request))[:limit])


@router.post("/messages", response={201: MessageOut})
def send_message(request: HttpRequest, body: MessageIn) -> Any:
    """Send a message to whom the rules name. With a key it is sent once."""
    fields = body.dict(exclude={"subject", "message_class", "title", "text"})
    return Status(
        201,
        messages.send(
            actor_of(request),
            body.message_class,
            body.title,
            body.text,
            subject=subject_of(body.subject),
            now=timezone.now(),
            **fields,
        ),
    )


@router.post("/messages/{uuid}/read", response=int)
def read_message(request: HttpRequest, uuid: UUID) -> int:
    """Mark a message of the caller as read; how many were new."""
    return messages.mark_read(actor_of(request), [uuid], now=timezone.now())


@router.post("/messages/{uuid}/handle", response=MessageOut)
def handle_message(request: HttpRequest, uuid: UUID, body: HandleIn) -> Any:
    """Say that it is dealt with."""
    return messages.handle(actor_of(request), uuid, body.note, now=timezone.now())


@router.post("/messages/{uuid}/withdraw", response=MessageOut)
def withdraw_message(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Take a message back."""
    return messages.withdraw(actor_of(request), uuid, body.reason, now=timezone.now())
