"""Ways out of the platform, and the rules that say who gets which messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from chemward.apps.followup.actions import channels, message_rules
from chemward.apps.followup.api.common import actor_of
from chemward.apps.followup.models import Channel, MessageRule

router = Router()


class ChannelOut(Schema):
    """`shown_url` is the address without its secrets; the address itself is never given out."""

    uuid: UUID
    org_path: str
    code: str
    name: str
    shown_url: str
    message_classes: list[str]
    is_personal: bool
    is_active: bool


class ChannelIn(Schema):
    org_path: str
    code: str
    name: str
    url: str
    message_classes: list[str]
    is_personal: bool = False


class StepIO(Schema):
    """`at`: own, parent, park, city, county or province; `after_s` since the message was sent [s]."""

    after_s: int
    at: str = "own"
    posts: list[str] = []
    roles: list[str] = []
    deputies: bool = False


class MessageRuleOut(Schema):
    uuid: UUID
    org_path: str
    topic: str
    message_class: str
    name: str
    handle_within_s: int | None
    steps: list[StepIO]


class MessageRuleIn(Schema):
    org_path: str
    topic: str = "*"
    message_class: str
    name: str
    handle_within_s: int | None = None
    steps: list[StepIO]


@router.get("/channels", response=list[ChannelOut])
def list_channels(request: HttpRequest) -> Any:
    """Channels in scope."""
    rows = Channel.objects.filter(deleted_at=None).order_by("code")
    return actor_of(request).scope.filter(rows, "message.configure")


@router.post("/channels", response={201: ChannelOut})
def add_channel(request: HttpRequest, body: ChannelIn) -> Any:
    """Make a channel; its address is checked against the allow-list and kept encrypted."""
    fields = body.dict(exclude={"org_path"})
    return Status(201, channels.add(actor_of(request), body.org_path, now=timezone.now(), **fields))


@router.post("/channels/{uuid}/on", response=ChannelOut)
def switch_channel_on(request: HttpRequest, uuid: UUID) -> Any:
    """Switch a channel on."""
    return channels.switch(actor_of(request), uuid, True, now=timezone.now())


@router.post("/channels/{uuid}/off", response=ChannelOut)
def switch_channel_off(request: HttpRequest, uuid: UUID) -> Any:
    """Switch a channel off."""
    return channels.switch(actor_of(request), uuid, False, now=timezone.now())


@router.post("/channels/{uuid}/remove", response={204: None})
def remove_channel(request: HttpRequest, uuid: UUID) -> Any:
    """Take a channel away; its address is forgotten."""
    channels.remove(actor_of(request), uuid, now=timezone.now())
    return Status(204, None)


@router.get("/message-rules", response=list[MessageRuleOut])
def list_message_rules(request: HttpRequest) -> Any:
    """Rules of the organisations in scope; where there is none those above, or the defaults, hold."""
    rows = MessageRule.objects.filter(deleted_at=None).order_by("org_path", "topic", "message_class")
    return actor_of(request).scope.filter(rows, "message.configure")


@router.post("/message-rules", response=MessageRuleOut)
def lay_down_message_rule(request: HttpRequest, body: MessageRuleIn) -> Any:
    """Make or replace the rule of an organisation for a topic (`*` for all) and class."""
    return message_rules.lay_down(
        actor_of(request),
        body.org_path,
        body.topic,
        body.message_class,
        name=body.name,
        steps=[s.dict() for s in body.steps],
        handle_within_s=body.handle_within_s,
        now=timezone.now(),
    )


@router.post("/message-rules/{uuid}/drop", response={204: None})
def drop_message_rule(request: HttpRequest, uuid: UUID) -> Any:
    """Take a rule away."""
    message_rules.drop(actor_of(request), uuid, now=timezone.now())
    return Status(204, None)
