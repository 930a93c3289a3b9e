"""The live process on a real bus with one of everything on it, and callers of every kind."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from django.test import Client
from django.utils import timezone

from chemward.apps.core.actions import users
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Outbox, User
from chemward.apps.core.scope import Scope, roles
from chemward.apps.monitoring import board
from chemward.apps.monitoring.actions import credentials, feeds
from chemward.apps.monitoring.models import AlarmDefinition, Feed
from chemward.protocols.telemetry.batch import BatchHeader, encode
from chemward.telemetry.bus import subjects
from chemward.telemetry.installation import Installation
from chemward.telemetry.live import token
from tests.access.world import MARK
from tests.apps.monitoring.conftest import told

PLATFORM = Actor.platform("test")


@dataclass
class LiveWorld:
    """What stands in the database, and what of it belongs on the bus. tokens, scopes, sessions: by caller. told: what
    acts have announced; shut_out: what one more announces, which shuts the city bureau out."""

    installation: Installation
    feed: str
    shard: str
    path: str
    number: int
    keys: dict[str, str] = field(default_factory=dict)
    key_id: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    walls: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, bytes]] = field(default_factory=list)
    shut_out: list[tuple[str, bytes]] = field(default_factory=list)
    open_alarms: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, Any]] = field(default_factory=list)
    batch: bytes = b""


def build(installation: Installation, world: Mapping[str, Any], tree: Any, user_of: Any, now: Any) -> LiveWorld:
    """The world of `world.build` on the bus: every role at its place, people of other places, a wall screen, keys of every kind."""
    feed = Feed.objects.get(uuid=world["feed"])
    made = LiveWorld(installation, feed.key, feed.shard, feed.org_path, world["number"])
    _issue_keys(made, feed, tree, now)
    for role in sorted(roles()):
        _enter(made, role, user_of(role))
    for role, at in (("enterprise_safety", tree.tanks), ("enterprise_lead", tree.other), ("park_safety", tree.other_park)):
        _enter(made, f"{role} of {at.name}", user_of(role, at))
    _bind_wall(made, tree, user_of, now)
    made.open_alarms = board.snapshot(now)
    definition = AlarmDefinition.objects.get(tag=world["number"], type="HH")
    made.events = _events(made, definition, now)
    made.batch = _batch(made.number)
    made.told = _announced()
    users.deactivate(PLATFORM, user_of("city_bureau").uuid, reason="离职", now=timezone.now())
    made.shut_out = _announced()[len(made.told) :]
    return made


def _announced() -> list[tuple[str, bytes]]:
    return [(row.subject, row.body.encode()) for row in Outbox.objects.order_by("id")]


def _issue_keys(made: LiveWorld, feed: Feed, tree: Any, now: Any) -> None:
    def issue(of: Feed, *kinds: str) -> Any:
        return credentials.issue(PLATFORM, of.uuid, kinds=kinds, name="", now=now)

    own = issue(feed, "http")
    revoked = issue(feed, "http")
    credentials.revoke(PLATFORM, revoked.credential.uuid, "换人", now=now)
    other = feeds.create(PLATFORM, tree.tanks.uuid, "别家网关", period_s=1, now=now)
    closed = feeds.create(PLATFORM, tree.chlor.uuid, "旧网关", period_s=1, now=now)
    closed_key = issue(closed, "http").secret
    feeds.deactivate(PLATFORM, closed.uuid, "拆除", now=now)
    made.key_id = own.credential.key_id
    made.keys = {
        "http key of the feed": own.secret,
        "mqtt key of the feed": issue(feed, "mqtt").secret,
        "revoked key of the feed": revoked.secret,
        "key of another feed": issue(other, "http").secret,
        "key of a closed feed": closed_key,
        "closed feed": closed.key,
    }


def _enter(made: LiveWorld, name: str, user: User) -> None:
    """The token that a page of this user gets, and what the user may do."""
    client = Client()
    client.force_login(user)
    made.tokens[name] = client.get("/api/v1/live-token").json()["token"]
    made.scopes[name] = Scope.of(user)
    made.sessions[name] = client.cookies["sessionid"].value


def _bind_wall(made: LiveWorld, tree: Any, user_of: Any, now: Any) -> None:
    """A wall screen: its own session, opened by its secret."""
    administrator, user = Actor.of(user_of("platform_administrator")), user_of("wall")
    _device, secret = users.make_wall(administrator, name=f"大屏 {MARK}", organisation=tree.park, user=user, now=now)
    client = Client()
    assert client.get(f"/wall?device={secret}").status_code == 302
    made.tokens["a wall screen"] = client.get("/api/v1/live-token").json()["token"]
    made.scopes["a wall screen"] = Scope.of(user)
    made.walls["secret"] = secret
    person = user_of("duty_officer")
    _token, made.keys["API token of a person"] = users.make_token(Actor.of(person), name="脚本", wanted=["alarm.view"], now=now)


def _events(made: LiveWorld, definition: AlarmDefinition, now: Any) -> list[tuple[str, Any]]:
    """One of every kind of event about the feed of 示范氯碱, with the mark in it."""
    about = {"org_path": made.path, "at_ms": round(time.time() * 1000), "note": MARK}
    alarm = told(definition, "raised", now, title=f"氯气报警 {MARK}")
    return [
        (subjects.alarm_event(made.shard), alarm),
        (subjects.act_event("alarm", "urge"), {**about, "by": MARK, "ids": [alarm["id"]], "fields": {}}),
        (subjects.act_event("duty", "assign"), {**about, "id": "1"}),
        (subjects.act_event("tag", "change"), {**about, "id": "2"}),
        (subjects.health(made.feed), {**about, "feed": made.feed, "rate_per_s": 1.0}),
        (subjects.echo(made.feed), {"at_ms": 1, "text": MARK}),
    ]


def _batch(number: int) -> bytes:
    """A batch of samples with one reading of the tag."""
    columns = (
        np.array([number], np.int32),
        np.array([time.time_ns() // 1_000_000], np.int64),
        np.array([2.5]),
        np.zeros(1, np.uint8),
    )
    return bytes(encode(BatchHeader(partition=0, step=1, now_ms=1, cfg_seq=1), *columns))


def page_tokens(made: LiveWorld) -> dict[str, str]:
    """What callers may bring instead of a token, by the words of the table."""
    good = made.tokens["duty_officer"]
    secrets, now_ms = made.installation.secrets(), round(time.time() * 1000)
    body, mark = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    widened = orjson.dumps({**claims, "caps": {"alarm.view": [""]}})
    return {
        "token of a page": good,
        "token of a wall screen": made.tokens["a wall screen"],
        "token that is over": token.make(secrets["live_key"], 1, {"alarm.view": [""]}, now_ms - token.LIFE_MS - 1000),
        "token whose rights were widened by hand": f"{base64.urlsafe_b64encode(widened).rstrip(b'=').decode()}.{mark}",
        "token signed by another installation": token.make("another key", 1, {"alarm.view": [""]}, now_ms),
        "token of somebody shut out since": made.tokens["city_bureau"],
        "http key of the feed": made.keys["http key of the feed"],
        "API token of a person": made.keys["API token of a person"],
        "secret of a wall screen": made.walls["secret"],
        "nothing": "",
    }
