"""A browser's end of the stream, and what the recorder answers, for tests."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx

from chemward.telemetry.bus import subjects
from chemward.telemetry.installation import Installation
from chemward.telemetry.live import token


def ms() -> int:
    return time.time_ns() // 1_000_000


def make_token(bus: Installation, user: int = 7, now_ms: int | None = None, **caps: list[str]) -> str:
    given = {name.replace("_", "."): paths for name, paths in caps.items()}
    return token.make(bus.secrets()["live_key"], user, given, ms() if now_ms is None else now_ms)


def address(bus: Installation) -> str:
    return f"http://127.0.0.1:{bus.port('live')}"


async def answer_open_alarms(nc: Any, alarms: list[dict[str, Any]] | None = None) -> None:
    """What the recorder does: answer with the rows and the EVENTS sequence that they include."""

    async def answer(message: Any) -> None:
        info = await nc.jetstream().stream_info("EVENTS")
        body = {
            "seq": info.state.last_seq,
            "at_ms": ms(),
            "alarms": alarms or [],
            "silences": {},
            "answers_due_ms": {"1": 600_000},
        }
        await message.respond(json.dumps(body).encode())

    await nc.subscribe(subjects.REQUEST_OPEN_ALARMS, cb=answer)


class Stream:
    """An EventSource: collects events until closed."""

    def __init__(self, bus: Installation, token_text: str, topics: str = "alarms", **query: str) -> None:
        self.url = f"{address(bus)}/live/stream"
        self.query = {"token": token_text, "topics": topics, **query}
        self.events: list[tuple[str, Any]] = []
        self.status = 0
        self.is_over = False

    async def __aenter__(self) -> Stream:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", self.url, params=self.query) as answer:
            self.status = answer.status_code
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line[6:])))
        self.is_over = True

    def of(self, name: str) -> list[Any]:
        return [body for event, body in self.events if event == name]

    async def wait(self, name: str, count: int = 1, patience_s: float = 6.0) -> list[Any]:
        give_up_at = time.monotonic() + patience_s
        while len(self.of(name)) < count and time.monotonic() < give_up_at and not self._task.done():
            await asyncio.sleep(0.005)
        return self.of(name)


async def until(condition: Any, patience_s: float = 6.0) -> bool:
    """Whether `condition()` (plain or awaitable) became true in time."""
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return True
        await asyncio.sleep(0.05)
    return False


async def is_up(bus: Installation) -> bool:
    async def answers() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2) as client:
                return (await client.get(f"{address(bus)}/healthz")).status_code in (200, 503)
        except (httpx.HTTPError, KeyError):
            return False

    return await until(answers, 20)
