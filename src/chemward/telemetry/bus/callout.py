"""Who may come in: the bus asks the platform about each connection of account DEVICES, and cuts whom the platform names.

A device may publish to the topics of its own feed and nothing else; it may not subscribe at all, except a native client to its
own answers (`_INBOX.<feed>.…`, so it connects with that inbox prefix).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chemward.telemetry.bus import keys, subjects
from chemward.telemetry.bus.client import decode, encode
from chemward.telemetry.bus.server import DEVICES
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

Door = Literal["mqtt", "native"]

REQUEST_SUBJECT = "$SYS.REQ.USER.AUTH"
QUEUE = "callout"  # several `live` processes share the questions
CONNECTION_TYPES: dict[Door, list[str]] = {"mqtt": ["MQTT", "MQTT_WS"], "native": ["STANDARD", "WEBSOCKET"]}


@dataclass(frozen=True)
class DeviceGrant:
    """What a credential stands for: one feed of one enterprise."""

    credential: str
    shard: str
    feed: str


# (user name = credential id, password = secret, door) → the grant, or None to refuse. It must answer from memory.
Decide = Callable[[str, str, Door], DeviceGrant | None]


@dataclass(frozen=True)
class Question:
    """One request of the bus. server, user_key: to whom and about whom the answer is; connection: the bus's number of it."""

    server: str
    user_key: str
    connection: int
    user: str
    password: str
    door: Door


def question(token: str) -> Question:
    """The question in a request of the bus. Raises ValueError, KeyError or TypeError when it is not one."""
    asked = keys.claims_of(token)["nats"]
    options = asked["connect_opts"]
    return Question(
        server=asked["server_id"]["id"],
        user_key=asked["user_nkey"],
        connection=int(asked["client_info"].get("id", 0)),
        user=str(options.get("user", "")),
        password=str(options.get("pass", "")),
        door="mqtt" if asked["client_info"].get("type") == "mqtt" else "native",
    )


def permissions(grant: DeviceGrant, door: Door) -> dict[str, Any]:
    """What a device may publish and subscribe, in the words of a user token."""
    if door == "mqtt":
        return {
            "pub": {"allow": [f"cw.{subjects.shard_id(grant.shard)}.{subjects.feed_id(grant.feed)}.*"]},
            "sub": {"deny": [">"]},
        }
    return {
        "pub": {"allow": [f"in.{subjects.shard_id(grant.shard)}.{subjects.feed_id(grant.feed)}.*"]},
        "sub": {"allow": [f"_INBOX.{grant.feed}.>"]},
    }


def inbox_prefix(feed: str) -> bytes:
    """The inbox prefix with which a native device connects to receive its acks."""
    return f"_INBOX.{subjects.feed_id(feed)}".encode()


def answer(asked: Question, grant: DeviceGrant | None, issuer: keys.Issuer, now_s: int) -> str:
    """The signed answer to the bus: the rights of the device, or a refusal. now_s: time of issue [s]."""
    said: dict[str, Any] = {"type": "authorization_response", "version": 2}
    if grant is None:
        said["error"] = "credential unknown, revoked, or not for this door"
    else:
        said["jwt"] = issuer.sign(_user(asked, grant, now_s))
    return issuer.sign({"sub": asked.user_key, "aud": asked.server, "iat": now_s, "nats": said})


def _user(asked: Question, grant: DeviceGrant, now_s: int) -> dict[str, Any]:
    rights: dict[str, Any] = {
        "type": "user",
        "version": 2,
        "subs": -1,
        "data": -1,
        "payload": -1,
        "allowed_connection_types": CONNECTION_TYPES[asked.door],
        **permissions(grant, asked.door),
    }
    return {"sub": asked.user_key, "aud": DEVICES, "name": grant.credential, "iat": now_s, "nats": rights}


async def serve_callout(
    nc: Client,
    installation: Installation,
    decide: Decide,
    admitted: Callable[[DeviceGrant, Question], None] | None = None,
) -> Subscription:
    """Answer the bus's questions until the subscription is ended. nc: a connection of the platform.

    admitted: told of each connection that is let in (see `refusals.py`).
    """
    issuer = keys.issuer(installation.secrets()["bus_issuer_seed"])

    async def on_question(message: Msg) -> None:
        try:
            asked = question(message.data.decode())
        except (ValueError, KeyError, TypeError):
            log.exception("the bus asked something that could not be read")
            return
        grant = _decided(decide, asked)
        if grant and admitted:
            admitted(grant, asked)
        await message.respond(answer(asked, grant, issuer, int(time.time())).encode())

    subscription = await nc.subscribe(REQUEST_SUBJECT, queue=QUEUE, cb=on_question)
    await nc.flush()  # a question asked before the bus knows of us would hang until the device gives up
    return subscription


def _decided(decide: Decide, asked: Question) -> DeviceGrant | None:
    """A decision that fails is a refusal: never an open door."""
    try:
        grant = decide(asked.user, asked.password, asked.door)
    except Exception:
        log.exception("deciding about credential %r failed; it was refused", asked.user)
        return None
    if grant is None:
        log.info("refused %s connection of credential %r", asked.door, asked.user)
    return grant


# -- cutting sessions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    """One open connection of a device. server, number: the bus's own names for it."""

    server: str
    number: int
    credential: str


async def sessions(system: Client, credential: str = "", *, wait_s: float = 0.25) -> list[Session]:
    """Open device sessions, of one credential or of all. system: a connection of account SYS.

    wait_s: how long further servers of a cluster may take to answer after the last one [s]. Raises TimeoutError when no server
    answers.
    """
    found: list[Session] = []
    for page in itertools.count():
        asked = {"auth": True, "acc": DEVICES, "user": credential, "limit": PAGE, "offset": page * PAGE}
        replies = await _ask_all_servers(system, asked, wait_s)
        rows = [(reply["server"]["id"], row) for reply in replies for row in reply["data"].get("connections") or []]
        found += [Session(server, row["cid"], row.get("authorized_user") or "") for server, row in rows]
        if len(rows) < PAGE:
            break
    return found


PAGE = 1024
# A connection that was let in just before its credential was revoked is not in the first list yet.
KICK_AGAIN_AFTER_S = 0.5


async def kick(system: Client, credential: str) -> int:
    """Cut all sessions of a credential that `decide` refuses by now; answers how many were cut.

    system: a connection of account SYS. Takes about 1 s; raises TimeoutError when no server answers.
    """
    if not credential:  # to the bus an empty name means everybody
        raise ValueError("a credential must be named")
    cut = await _cut(system, credential)
    await asyncio.sleep(KICK_AGAIN_AFTER_S)
    return cut + await _cut(system, credential)


async def _cut(system: Client, credential: str) -> int:
    open_sessions = await sessions(system, credential)
    for session in open_sessions:
        await system.request(f"$SYS.REQ.SERVER.{session.server}.KICK", encode({"cid": session.number}), timeout=2)
    return len(open_sessions)


async def _ask_all_servers(system: Client, body: dict[str, Any], wait_s: float) -> list[dict[str, Any]]:
    """Replies of every server to a CONNZ request; TimeoutError when none answers."""
    inbox = system.new_inbox()
    replies: list[dict[str, Any]] = []
    subscription = await system.subscribe(inbox)
    try:
        await system.publish("$SYS.REQ.SERVER.PING.CONNZ", encode(body), reply=inbox)
        while True:
            try:
                message = await subscription.next_msg(wait_s if replies else 2.0)
            except (TimeoutError, nats.errors.TimeoutError):
                if not replies:
                    raise
                return replies
            replies.append(decode(message.data))
    finally:
        await subscription.unsubscribe()
