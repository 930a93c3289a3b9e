"""The historian's answers over loopback HTTP: an ASGI application, JSON or Arrow IPC stream by `Accept`.

Paths: /trend /raw /texts /hourly /at /last /days /health, and POST /backup. Arguments stand in the query, or as one JSON object in the body of a POST
(for long lists of tags). Times are milliseconds UTC, spans half open. Every request carries the installation's internal key.
"""

from __future__ import annotations

import asyncio
import hmac
import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
import pyarrow as pa

from chemward.telemetry.historian.answers import SAMPLES_SCHEMA, HistorianError, Trend, Values
from chemward.telemetry.historian.store import Historian

log = logging.getLogger(__name__)

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
KEY_HEADER = b"x-internal-key"
TREND_POINTS = 1000
JSON_ROWS = 100_000
# Streams hold a reader of the store for as long as their client takes: some readers are left for short questions.
STREAMS_AT_ONCE = 2
MOST_BODY = 16 * 1024 * 1024

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class BadQuestion(Exception):
    """The question cannot be answered as put; `field` names the argument that is wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Arguments:
    """Arguments of a question, from the query or from JSON."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def number(self, name: str, default: int | None = None) -> int:
        value = self._given.get(name, default)
        if value is None:
            raise BadQuestion(name, f"{name} is missing; give a whole number")
        try:
            return int(value)
        except (TypeError, ValueError):
            raise BadQuestion(name, f"{name} is {value!r}; give a whole number") from None

    def optional(self, name: str) -> int | None:
        return self.number(name) if self._given.get(name) not in (None, "") else None

    def tags(self) -> list[int] | None:
        """Tag numbers: a list, or a text "1,2,3"; all tags when left out."""
        value = self._given.get("tags")
        if value is None:
            return None
        try:
            tags = [int(tag) for tag in (value.split(",") if isinstance(value, str) else value) if tag != ""]
        except (TypeError, ValueError):
            raise BadQuestion("tags", "tags must be whole numbers: 1,2,3") from None
        if any(not -(2**31) <= tag < 2**31 for tag in tags):
            raise BadQuestion("tags", "a tag is a 32-bit number")
        return list(dict.fromkeys(tags))

    def some_tags(self) -> list[int]:
        tags = self.tags()
        if not tags:
            raise BadQuestion("tags", "tags is missing; give tag numbers: 1,2,3")
        return tags

    def span(self) -> tuple[int, int]:
        start, end = self.number("from"), self.number("to")
        if end <= start:
            raise BadQuestion("to", f"to ({end}) must be after from ({start})")
        return start, end

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str) or not value:
            raise BadQuestion(name, f"{name} is missing")
        return value


class Service:
    """The ASGI application. `health` answers what the beat says."""

    def __init__(self, store: Historian, key: str, health: Callable[[], Mapping[str, Any]]) -> None:
        self._store = store
        self._key = key.encode()
        self._health = health
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="question")
        self._streams = asyncio.Semaphore(STREAMS_AT_ONCE)
        self._questions: dict[str, Callable[[Arguments], Any]] = {
            "/trend": self._trend,
            "/texts": self._texts,
            "/hourly": self._hourly,
            "/at": lambda a: self._store.at(a.tags(), a.number("when")),
            "/last": self._last,
            "/days": lambda a: [asdict(day) for day in self._store.days()],
            "/health": lambda a: dict(self._health()),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        try:
            await self._answer(scope["method"], scope["path"], scope["query_string"], headers, receive, send)
        except BadQuestion as fault:
            await _send_json(send, {"error": str(fault), "field": fault.field}, 400)
        except ValueError as fault:
            await _send_json(send, {"error": str(fault), "field": ""}, 400)
        except HistorianError as fault:
            log.warning("%s: %s", scope["path"], fault)
            await _send_json(send, {"error": str(fault), "field": ""}, 503)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _answer(
        self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        if not hmac.compare_digest(headers.get(KEY_HEADER, b""), self._key):
            await _send_json(send, {"error": "the internal key is missing or wrong", "field": "X-Internal-Key"}, 403)
            return
        arguments = Arguments(await _given(method, query, receive))
        wants_arrow = ARROW.encode() in headers.get(b"accept", b"")
        if path == "/raw":
            await self._send_raw(arguments, wants_arrow, receive, send)
        elif path == "/backup" and method == "POST":
            await self._in_thread(lambda: self._store.backup(Path(arguments.text("target"))))
            await _send_json(send, {"done": True})
        elif question := self._questions.get(path):
            answer = await self._in_thread(lambda: question(arguments))
            await _send(send, answer, wants_arrow)
        else:
            await _send_json(send, {"error": f"nothing is answered at {path}", "field": ""}, 404)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _trend(self, arguments: Arguments) -> list[Trend]:
        n, gap = arguments.number("n", TREND_POINTS), arguments.optional("gap")
        return self._store.trend(arguments.some_tags(), *arguments.span(), n, gap)

    def _texts(self, arguments: Arguments) -> pa.Table:
        return self._store.texts(arguments.tags(), *arguments.span(), arguments.optional("limit"))

    def _hourly(self, arguments: Arguments) -> pa.Table:
        return self._store.hourly(arguments.tags(), *arguments.span())

    def _last(self, arguments: Arguments) -> Values:
        tags = arguments.tags()
        return self._store.last_all() if tags is None else self._store.last_all().of(tags)

    async def _send_raw(self, arguments: Arguments, wants_arrow: bool, receive: Receive, send: Send) -> None:
        tags, span, limit = arguments.tags(), arguments.span(), arguments.optional("limit")
        if not wants_arrow:
            # One row more than may be shown tells whether there is more.
            most = min(limit or JSON_ROWS, JSON_ROWS)
            table = await self._in_thread(lambda: _table(self._store.raw(tags, *span, most + 1)))
            body = {**_columns(table.slice(0, most)), "is_cut": table.num_rows > most}
            await _send_json(send, body)
            return
        async with self._streams:
            await self._stream(self._store.raw(tags, *span, limit), receive, send)

    async def _stream(self, batches: Iterator[pa.RecordBatch], receive: Receive, send: Send) -> None:
        """An Arrow stream of unknown length; without its end mark it was cut off."""
        gone = asyncio.ensure_future(_disconnected(receive))
        sink = _Sink()
        writer = pa.ipc.new_stream(pa.PythonFile(sink, "w"), SAMPLES_SCHEMA)
        is_started = False
        try:
            while not gone.done():
                batch = await self._in_thread(lambda: next(batches, None))
                if not is_started:  # a fault of the first chunk can still be told by a status
                    await send(_start(200, ARROW))
                    is_started = True
                if batch is None:
                    writer.close()
                    await send({"type": "http.response.body", "body": sink.take()})
                    return
                writer.write_batch(batch)
                await send({"type": "http.response.body", "body": sink.take(), "more_body": True})
        except HistorianError:
            if not is_started:
                raise
            log.exception("a stream of samples broke off")
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            # A generator must be closed where it is not running; it lets go of the store's reader.
            await self._in_thread(cast(Any, batches).close)


class _Sink(io.RawIOBase):
    """Takes what an Arrow writer writes, chunk by chunk."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._chunks = b"".join(self._chunks), []
        return taken


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _given(method: str, query: bytes, receive: Receive) -> dict[str, Any]:
    given: dict[str, Any] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if method == "POST":
        try:
            body = orjson.loads(await _body(receive) or b"{}")
        except orjson.JSONDecodeError as fault:
            raise BadQuestion("body", f"the body is no JSON: {fault}") from None
        if not isinstance(body, dict):
            raise BadQuestion("body", "the body must be a JSON object of arguments")
        given.update(body)
    return given


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        event = await receive()
        chunks.append(event.get("body", b""))
        if sum(map(len, chunks)) > MOST_BODY:
            raise BadQuestion("body", f"the body is longer than {MOST_BODY} bytes")
        if not event.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, answer: Any, wants_arrow: bool) -> None:
    if wants_arrow and isinstance(answer, (pa.Table, Values)):
        table = answer.as_table() if isinstance(answer, Values) else answer
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        await _send_body(send, sink.getvalue().to_pybytes(), ARROW)
        return
    await _send_json(send, _plain(answer))


def _plain(answer: Any) -> Any:
    """An answer as JSON shows it; numbers that are none (NaN) become null."""
    if isinstance(answer, pa.Table):
        return _columns(answer)
    if isinstance(answer, Values):
        texts = {str(tag): text for tag, text in answer.texts.items()}
        return {"tag": answer.tag, "ts": answer.ts, "value": answer.value, "quality": answer.quality, "texts": texts}
    if isinstance(answer, list) and answer and isinstance(answer[0], Trend):
        return [asdict(trend) for trend in answer]
    return answer


def _columns(table: pa.Table) -> dict[str, Any]:
    is_text = {field.name: pa.types.is_string(field.type) for field in table.schema}
    return {name: table[name].to_pylist() if is_text[name] else table[name].to_numpy() for name in table.column_names}


def _table(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(list(batches), SAMPLES_SCHEMA)


async def _send_json(send: Send, body: Any, status: int = 200) -> None:
    await _send_body(send, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), JSON, status)


async def _send_body(send: Send, body: bytes, kind: str, status: int = 200) -> None:
    await send(_start(status, kind, len(body)))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, kind: str, length: int | None = None) -> dict[str, Any]:
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}
