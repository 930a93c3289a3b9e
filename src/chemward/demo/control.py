"""Scenarios by word of command: a request on the bus, answered by the simulator, which remembers what is in force.

Request `req.demo.scenario`: `{"do": "start", "scenario": "chlorine-leak"}`, `{"do": "stop"}`, `{"do": "list"}`. Answer:
`{"ok": true, …}` or `{"ok": false, "error": text}`.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import nats.errors

from chemward.demo.scenarios import Order, Scenario, UnknownScenario, parse, scenario, scenarios
from chemward.telemetry.bus import client
from chemward.telemetry.installation import Installation

REQUEST = "req.demo.scenario"
ANSWER_WITHIN_S = 5.0


class NotStarted(Exception):
    """The scenario was not started; the text says why and what to do."""


class Orders:
    """The scenarios in force, kept in a file so that a restarted simulator goes on with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.listed: list[Order] = self._read()

    def _read(self) -> list[Order]:
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            return [Order(o["name"], float(o["start_s"]), dict(o["options"])) for o in kept if o["name"] in scenarios()]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return []

    def _write(self) -> None:
        rows = [{"name": o.name, "start_s": o.start_s, "options": dict(o.options)} for o in self.listed]
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(rows), "utf-8")
        os.replace(temporary, self._path)

    def start(self, name: str, options: dict[str, Any], now_s: float) -> Order:
        """Put a scenario in force; the same one running already starts anew."""
        order = Order(name, now_s, options)
        self.listed = [o for o in self.listed if o.name != name] + [order]
        self._write()
        return order

    def stop(self) -> list[Order]:
        """End all; answers those that were in force."""
        stopped, self.listed = self.listed, []
        self._write()
        return stopped

    def forget_ended(self, now_s: float, linger_s: float) -> bool:
        """Drop scenarios that ended longer than `linger_s` ago; True when one was dropped."""
        kept = [o for o in self.listed if o.end_s + linger_s > now_s]
        if len(kept) == len(self.listed):
            return False
        self.listed = kept
        self._write()
        return True


def orders_file(installation: Installation) -> Path:
    return installation.data / "demo-scenarios.json"


def answer(orders: Orders, request: dict[str, Any], now_s: float) -> dict[str, Any]:
    """Carry out a request: pure but for the orders. Never raises on what the request says."""
    do = request.get("do")
    if do == "list":
        return {
            "ok": True,
            "scenarios": [_described(s) for s in scenarios().values()],
            "running": [_running(o) for o in orders.listed],
        }
    if do == "stop":
        return {"ok": True, "stopped": [o.name for o in orders.stop()]}
    if do != "start":
        return {"ok": False, "error": f"do: {do!r} is unknown; use start, stop or list"}
    try:
        name, options = parse(str(request.get("scenario", "")))
    except (UnknownScenario, ValueError) as fault:
        return {"ok": False, "error": str(fault)}
    order = orders.start(name, options, now_s)
    return {"ok": True, **_described(scenario(name)), **_running(order)}


def _described(s: Scenario) -> dict[str, Any]:
    return {"name": s.name, "title": s.title, "summary": s.summary, "duration_s": s.duration_s, "minutes": s.minutes}


def _running(o: Order) -> dict[str, Any]:
    return {
        "name": o.name,
        "options": dict(o.options),
        "started_at_ms": round(o.start_s * 1000),
        "ends_at_ms": round(o.end_s * 1000),
    }


# -- the commanding side ----------------------------------------------------------------------------------------------


async def ask(installation: Installation, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the running simulator. NotStarted when there is none or it refuses."""
    try:
        bus = await client.connect(installation, "demo-command", patience_s=2.0)
    except client.BusUnavailable as reason:
        raise NotStarted(f"the platform is not running here: {reason}; start it with `make run`") from reason
    try:
        reply = await bus.request(REQUEST, client.encode(request), timeout=ANSWER_WITHIN_S)
    except (nats.errors.Error, TimeoutError) as reason:
        raise NotStarted("no simulator answers; start the platform with the demo park: `make run`") from reason
    finally:
        await bus.close()
    answered: dict[str, Any] = client.decode(reply.data)
    if not answered.get("ok"):
        raise NotStarted(str(answered.get("error", "the simulator refused")))
    return answered


def command(installation: Installation, words: list[str]) -> list[str]:
    """`chemward demo scenario NAME`, `… stop`, `… list`: the lines to print. NotStarted when it cannot be done."""
    word = words[0] if words else "list"
    if word == "list":
        return [f"{s.name:22} {s.title}：{s.summary}" for s in scenarios().values()]
    if word == "stop":
        stopped = asyncio.run(ask(installation, {"do": "stop"}))["stopped"]
        return [f"已停止 {'、'.join(stopped)}" if stopped else "没有正在进行的场景"]
    try:
        parse(word)
    except (UnknownScenario, ValueError) as fault:
        raise NotStarted(str(fault)) from fault
    started = asyncio.run(ask(installation, {"do": "start", "scenario": word}))
    return [
        f"{started['title']}：{started['summary']}",
        *(f"  第 {minute:>3} 分钟  {text}" for minute, text in started["minutes"]),
    ]
