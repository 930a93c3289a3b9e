"""Addresses of the live process (ASGI): ingest, stream, last values, health."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

from chemward.telemetry.bus.health import Beats, judge
from chemward.telemetry.live import token as tokens
from chemward.telemetry.live.hub import MAX_TAGS, VALUES, Client, Hub
from chemward.telemetry.live.ingest import KINDS, MAX_BYTES, Door, Refused, Request, too_large
from chemward.telemetry.live.token import Claims, TokenRefused

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_INGEST = re.compile(r"/ingest/v1/([a-z0-9]{10})/([a-z]{1,16})/?\Z")
BODY_TIMEOUT_S = 30.0
SEND_TIMEOUT_S = 30.0
MAX_DRAINED = 32 << 20
DRAIN_TIMEOUT_S = 5.0
MAX_STREAMS = 4_000
MAX_STREAMS_OF_USER = 50
PAUSE_S = 0.02  # events that come within it are written together
PAUSE_PER_CLIENT_S = 0.000_25


@dataclass
class Live:
    """All state that the addresses need. expected: names of processes that must be alive; epochs: user → [ms]."""

    hub: Hub
    door: Door
    live_key: str
    internal_key: str
    expected: Callable[[], Iterable[str]]
    beats: Beats = field(default_factory=Beats)
    epochs: dict[int, int] = field(default_factory=dict)
    is_loaded: bool = False
    requests: int = 0

    def claims(self, text: str, now_ms: int) -> Claims:
        """The holder of a stream token. TokenRefused when it does not hold."""
        claims = tokens.verify(self.live_key, text, now_ms)
        epoch = self.epochs.get(claims.user, 0)
        if claims.issued_ms < epoch:
            raise TokenRefused("rights or session changed since the live token was made; sign in again")
        return claims

    # -- ASGI ---------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.requests += 1
        path = scope["path"]
        try:
            if match := _INGEST.match(path):
                await self._ingest(match[1], match[2], scope, receive, send)
            elif serve := ADDRESSES.get((scope["method"], path)):
                await serve(self, scope, receive, send)
            else:
                await _json(send, 404, {"error": "not_found", "message": "没有此地址", "remedy": "见接入说明"})
        except Refused as refused:
            await _refuse(send, refused)
        except TokenRefused as refused:
            await _json(send, 401, {"error": "token", "message": str(refused), "remedy": "GET /api/v1/live-token"})

    # -- ingest -------------------------------------------------------------------------------------------------------

    async def _ingest(self, feed: str, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive)
        try:
            if scope["method"] != "POST":
                raise Refused(405, "method", "只接受 POST", "用 POST 发送报文")
            if not self.is_loaded:
                raise Refused(503, "starting", "平台正在启动，本报文未保存", "稍后原样重发", retry_after=2)
            request = _request(feed, kind, scope)
            now_ms = _now_ms()
            self.door.admit(request, now_ms)
            data = await body.read(MAX_BYTES)
            await _json(send, 200, await self.door.store(request, data, now_ms))
        except Refused as refused:
            self.door.count_refusal(feed, refused.body["error"])
            await body.drain()
            raise

    # -- stream -------------------------------------------------------------------------------------------------------

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = _query(scope)
        claims = self.claims(query.get("token", ""), _now_ms())
        own = sum(client.claims.user == claims.user for client in self.hub.clients.values())
        if len(self.hub.clients) >= MAX_STREAMS or own >= MAX_STREAMS_OF_USER:
            raise Refused(503, "too_many_streams", "打开的实时页面过多", "关闭不用的页面后重试", retry_after=5)
        tags = _numbers(query.get("values", ""))
        if len(tags) > MAX_TAGS:
            raise Refused(413, "too_many_tags", f"一次最多 {MAX_TAGS} 个位号", "放大地图或减少位号")
        topics = query.get("topics", "alarms").split(",")
        client = self.hub.join(claims, topics, tags, filter(None, query.get("feeds", "").split(",")))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
            await send({"type": "http.response.body", "body": b": chemward\nretry: 2000\n\n", "more_body": True})
            await self._serve(client, receive, send)
        finally:
            self.hub.leave(client)

    async def _serve(self, client: Client, receive: Receive, send: Send) -> None:
        left = asyncio.ensure_future(_disconnected(receive))
        try:
            while not left.done():
                data = self.hub.next(client, _now_ms())
                if data:
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await send({"type": "http.response.body", "body": data, "more_body": True})
                if client.gone:
                    farewell = b'event: gone\ndata: {"reason":' + orjson.dumps(client.gone) + b"}\n\n"
                    await send({"type": "http.response.body", "body": farewell, "more_body": False})
                    return
                if data:
                    # One write for what comes in the next moment: a flood costs as many writes as moments, not as events.
                    await asyncio.sleep(max(PAUSE_S, min(0.25, PAUSE_PER_CLIENT_S * len(self.hub.clients))))
                waking = asyncio.ensure_future(client.wake.wait())
                await asyncio.wait({waking, left}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
        except (TimeoutError, OSError, RuntimeError) as reason:
            log.info("stream of user %d ended: %s", client.claims.user, reason or type(reason).__name__)
        finally:
            left.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await left

    async def _ask_values(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`POST /live/values?token=…&stream=…` `{"tags": [n, …]}`: the tags whose values an open stream wants from now on."""
        query = _query(scope)
        claims = self.claims(query.get("token", ""), _now_ms())
        client = self.hub.clients.get(query.get("stream", ""))
        if client is None or client.claims.user != claims.user:
            raise Refused(404, "no_stream", "没有此实时连接", "先打开 /live/stream，用 snapshot 中的 stream")
        data = await _Body(receive).read(64 << 10)
        try:
            tags = [int(n) for n in orjson.loads(data)["tags"]]
        except (ValueError, KeyError, TypeError) as fault:
            raise Refused(422, "bad_tags", "tags 应为位号编号的列表", '{"tags": [1, 2, 3]}') from fault
        try:
            granted = self.hub.ask(client, [n for n in tags if 0 < n < 2**26])
        except ValueError as fault:
            raise Refused(413, "too_many_tags", str(fault), "放大地图或减少位号") from fault
        await _json(send, 200, {"tags": granted})

    # -- single questions -----------------------------------------------------------------------------------------------

    async def _last(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /live/last?tags=1,2`: last values, for our own processes (X-Internal-Key) or within the scope of a token."""
        query = _query(scope)
        headers = _headers(scope)
        tags = _numbers(query.get("tags", ""))
        key = headers.get("x-internal-key", "")
        if not (key and hmac.compare_digest(key.encode(), self.internal_key.encode())):
            claims = self.claims(query.get("token") or headers.get("authorization", "").removeprefix("Bearer "), _now_ms())
            directory = self.hub.directory.tags
            tags = [n for n in tags if (entry := directory.get(n)) and claims.sees(VALUES, entry.org_path)]
        if len(tags) > 100_000:
            raise Refused(413, "too_many_tags", "一次最多 100000 个位号", "分批查询")
        values = self.hub.values
        await _json(send, 200, {"at_ms": _now_ms(), "values": values.rows(values.slots(tags))})

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        now_ms = _now_ms()
        verdict = judge(self.expected(), self.beats.ages_ms(now_ms))
        await _json(send, verdict.status, verdict.body())


# Every address but those of the devices' door, whose feed stands in the path: whoever adds one says in the access table who may.
ADDRESSES: Mapping[tuple[str, str], Callable[[Live, Scope, Receive, Send], Awaitable[None]]] = {
    ("GET", "/live/stream"): Live._stream,
    ("POST", "/live/values"): Live._ask_values,
    ("GET", "/live/last"): Live._last,
    ("GET", "/healthz"): Live._health,
    ("HEAD", "/healthz"): Live._health,
}
ROUTES: tuple[tuple[str, str], ...] = (*ADDRESSES, *(("POST", f"/ingest/v1/{{feed}}/{kind}") for kind in KINDS))
"""All of them, with their methods."""


# -- HTTP in small ----------------------------------------------------------------------------------------------------

_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: Scope) -> dict[str, str]:
    parsed = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20)
    return {name: values[-1] for name, values in parsed.items()}


def _numbers(text: str) -> list[int]:
    """Tag numbers of `1,2,3`; anything else is left out."""
    return [
        int(part) for part in text.split(",") if part.isascii() and part.isdigit() and 0 < len(part) < 9 and int(part) < 2**26
    ]


def _request(feed: str, kind: str, scope: Scope) -> Request:
    headers = _headers(scope)
    length = headers.get("content-length", "")
    return Request(
        feed,
        kind,
        authorization=headers.get("authorization", ""),
        content_type=headers.get("content-type", ""),
        key=headers.get("idempotency-key", "")[:200],
        length=int(length) if length.isascii() and length.isdigit() else None,
    )


class _Body:
    """The body of a request, read once."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = False

    async def read(self, max_bytes: int) -> bytes:
        """All of it. Refused when it is too large, too slow or cut off."""
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                while not self._is_over:
                    part = await self._next()
                    size += len(part)
                    if size > max_bytes:
                        raise too_large(size)
                    parts.append(part)
        except TimeoutError as fault:
            raise Refused(408, "too_slow", "报文未在 30 秒内传完", "检查网络后重发", retry_after=1) from fault
        return b"".join(parts)

    async def drain(self) -> None:
        """Read what a refused sender still sends: answered in the middle of its body, it would see a broken connection and no reason."""
        left = MAX_DRAINED
        with contextlib.suppress(TimeoutError, Refused):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while left > 0 and not self._is_over:
                    left -= len(await self._next()) or 1

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._is_over = True
            raise Refused(400, "cut_off", "连接在报文结束前断开", "原样重发")
        self._is_over = not message.get("more_body")
        part: bytes = message.get("body", b"")
        return part


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _json(send: Send, status: int, body: Mapping[str, Any], more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    data = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data, "more_body": False})


async def _refuse(send: Send, refused: Refused) -> None:
    more: list[tuple[bytes, bytes]] = []
    if refused.retry_after:
        more.append((b"retry-after", str(refused.retry_after).encode()))
    if refused.status == 401:
        more.append((b"www-authenticate", b'Bearer, Basic realm="chemward"'))
    await _json(send, refused.status, refused.body, more)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
