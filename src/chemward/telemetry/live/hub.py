"""Clients of the stream: what each may see, what waits for each. Pure but for the wake-up of the writer.

A client that reads too slowly does not fill the memory: what waits is thrown away and it begins again with a fresh snapshot.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from chemward.telemetry.live.board import Board, Delta
from chemward.telemetry.live.directory import Directory
from chemward.telemetry.live.token import Claims
from chemward.telemetry.live.values import LastValues

TOPICS = frozenset({"alarms", "values", "health", "echo", "acts"})
MAX_TAGS = 2_000
MAX_WAITING = 1 << 20  # bytes that may wait for a client
VALUE_EVERY_MS = 500

ALARMS, VALUES, FEEDS = "alarm.view", "value.view", "feed.view"


def event(name: str, body: Any) -> bytes:
    """One server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


@dataclass(eq=False)
class Client:
    """One open stream. feeds: whose echo it wants. tags: rows of the value table that it asked for and may see."""

    claims: Claims
    topics: frozenset[str]
    feeds: frozenset[str] = frozenset()
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    tags: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    seen_version: int = 0
    values_due_ms: int = 0
    needs_snapshot: bool = True
    gone: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: list[bytes] = field(default_factory=list)
    _size: int = 0

    def tell(self, data: bytes) -> None:
        """Queue an event; beyond the bound everything goes and a snapshot comes instead."""
        if self.needs_snapshot:
            return  # the snapshot will hold it
        self._waiting.append(data)
        self._size += len(data)
        if self._size > MAX_WAITING:
            self.needs_snapshot = True
            self.drop()
        self.wake.set()

    def drop(self) -> None:
        self._waiting.clear()
        self._size = 0

    def take(self) -> bytes:
        """Everything that waits."""
        data = b"".join(self._waiting)
        self.drop()
        return data

    def close(self, reason: str) -> None:
        """End the stream; the page must authenticate anew."""
        self.gone = reason
        self.wake.set()


class Hub:
    """All clients."""

    def __init__(self, board: Board, values: LastValues, directory: Directory) -> None:
        self.board = board
        self.values = values
        self.directory = directory
        self.clients: dict[str, Client] = {}
        self._snapshots: dict[tuple[str, ...], tuple[int, bytes]] = {}

    # -- clients ------------------------------------------------------------------------------------------------------

    def join(self, claims: Claims, topics: Iterable[str], tags: Sequence[int] = (), feeds: Iterable[str] = ()) -> Client:
        client = Client(claims, frozenset(topics) & TOPICS, frozenset(feeds))
        self.ask(client, tags)
        self.clients[client.id] = client
        client.wake.set()
        return client

    def leave(self, client: Client) -> None:
        self.clients.pop(client.id, None)

    def ask(self, client: Client, tags: Sequence[int]) -> int:
        """The tags whose values a client wants from now on; how many of them it may see. ValueError beyond MAX_TAGS."""
        if len(tags) > MAX_TAGS:
            raise ValueError(f"{len(tags)} tags asked for, at most {MAX_TAGS}; zoom in or ask for fewer")
        allowed = [n for n in dict.fromkeys(tags) if self._may_see(client.claims, n)]
        client.tags = self.values.slots(allowed)
        client.seen_version = client.values_due_ms = 0
        client.wake.set()
        return len(allowed)

    def _may_see(self, claims: Claims, tag: int) -> bool:
        entry = self.directory.tags.get(tag)
        return entry is not None and claims.sees(VALUES, entry.org_path)

    def revoke(self, user: int, epoch_ms: int | None = None) -> None:
        """End the streams of a user whose tokens were made before `epoch_ms`, or all of them."""
        for client in list(self.clients.values()):
            if client.claims.user == user and (epoch_ms is None or client.claims.issued_ms < epoch_ms):
                client.close("rights or session changed; sign in again")

    # -- what happens -------------------------------------------------------------------------------------------------

    def tell(self, delta: Delta) -> None:
        """An alarm or an act, to everybody who may see alarms at that place, at once."""
        self._tell(delta.event, "alarms", ALARMS, delta.org_path, delta.body)

    def tell_act(self, noun: str, org_path: str, body: Mapping[str, Any]) -> None:
        """An act on anything else, to those who may view such things there."""
        self._tell("act", "acts", f"{noun}.view", org_path, body)

    def tell_health(self, body: Mapping[str, Any]) -> None:
        self._tell("health", "health", FEEDS, str(body.get("org_path", "")), body)

    def tell_echo(self, feed: str, body: Mapping[str, Any]) -> None:
        config = self.directory.feeds.get(feed)
        if config is None:
            return
        data = b""
        for client in self.clients.values():
            if feed in client.feeds and "echo" in client.topics and client.claims.sees(FEEDS, config.org_path):
                data = data or event("echo", body)
                client.tell(data)

    def _tell(self, name: str, topic: str, capability: str, org_path: str, body: Mapping[str, Any]) -> None:
        data = b""
        for client in self.clients.values():
            if topic in client.topics and client.claims.sees(capability, org_path):
                data = data or event(name, body)
                client.tell(data)

    def beat(self, now_ms: int) -> None:
        """Once a second: the server's clock, and the end of streams whose token is over."""
        data = event("beat", {"at_ms": now_ms, "state": "live" if self.board.is_ready else "starting", "seq": self.board.seq})
        for client in list(self.clients.values()):
            if now_ms >= client.claims.expires_ms:
                client.close("the token is over")
            elif client.needs_snapshot and not self.board.is_ready:
                client.needs_snapshot = False  # a beat may go out before the first snapshot, nothing else
                client.tell(data)
                client.needs_snapshot = True
            else:
                client.tell(data)

    def push_values(self, now_ms: int) -> None:
        """Wake those for whom values have changed and whose turn it is."""
        for client in self.clients.values():
            if len(client.tags) and not client.needs_snapshot and now_ms >= client.values_due_ms:
                rows = self.values.rows(client.tags, client.seen_version)
                client.seen_version = self.values.version
                client.values_due_ms = now_ms + VALUE_EVERY_MS
                if rows:
                    client.tell(event("value", {"at_ms": now_ms, "values": rows}))

    # -- what a client gets -------------------------------------------------------------------------------------------

    def next(self, client: Client, now_ms: int) -> bytes:
        """What is to be written to a client now; may be empty."""
        client.wake.clear()
        if client.needs_snapshot and (self.board.is_ready or "alarms" not in client.topics):
            client.drop()
            client.needs_snapshot = False
            return self._snapshot(client, now_ms)
        return client.take()

    def _snapshot(self, client: Client, now_ms: int) -> bytes:
        body: dict[str, Any] = {"stream": client.id, "at_ms": now_ms, "seq": self.board.seq}
        if len(client.tags):
            body["values"] = self.values.rows(client.tags)
            client.seen_version = self.values.version
            client.values_due_ms = now_ms + VALUE_EVERY_MS
        if "alarms" not in client.topics:
            return event("snapshot", body)
        head = orjson.dumps(body)[:-1]
        return b"event: snapshot\ndata: " + head + b',"alarms":' + self._alarms(client.claims) + b"}\n\n"

    def _alarms(self, claims: Claims) -> bytes:
        """Visible rows as JSON, made once for all clients of the same scope."""
        paths = tuple(claims.caps.get(ALARMS, ()))
        known = self._snapshots.get(paths)
        if known is None or known[0] != self.board.version:
            if len(self._snapshots) > 256:
                self._snapshots.clear()
            known = self._snapshots[paths] = (self.board.version, orjson.dumps(self.board.visible(paths)))
        return known[1]
