"""What apps do with what the bus says. Apps register in their `listeners.py`; the recorder calls.

    @on_event("ev.alarm.>")
    def keep(events: list[BusEvent], now: datetime) -> None: ...

A listener is called with a batch in stream order, inside one write transaction together with the recorder's position: either the batch is in
the database and the position stands behind it, or neither. It must still be idempotent by natural key, because a stream may be read again from an
earlier position after a restore.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@dataclass(frozen=True)
class BusEvent:
    """One message of the EVENTS stream."""

    subject: str
    sequence: int
    received_ms: int
    body: dict[str, Any]


Listener = Callable[[list[BusEvent], datetime], None]
Responder = Callable[[dict[str, Any], datetime], dict[str, Any]]

_listeners: list[tuple[str, Listener]] = []
_responders: dict[str, Responder] = {}
_pulses: list[tuple[str, Listener]] = []


def on_event(pattern: str) -> Callable[[Listener], Listener]:
    """Register a listener for subjects of the EVENTS stream (`*` one token, `>` the rest)."""

    def register(function: Listener) -> Listener:
        if (pattern, function) not in _listeners:
            _listeners.append((pattern, function))
        return function

    return register


def on_pulse(pattern: str) -> Callable[[Listener], Listener]:
    """Register a listener for core subjects (`health.>`, `sys.beat.>`): the newest message per subject, every few seconds, may be missed."""

    def register(function: Listener) -> Listener:
        if (pattern, function) not in _pulses:
            _pulses.append((pattern, function))
        return function

    return register


def answers(subject: str) -> Callable[[Responder], Responder]:
    """Register the answer to a bus request (`req.…`); called with the recorder's database thread, between two batches."""

    def register(function: Responder) -> Responder:
        if _responders.setdefault(subject, function) is not function:
            raise ValueError(f"two answers to {subject}")
        return function

    return register


def load() -> None:
    """Import the `listeners` module of every app."""
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "listeners"):
            importlib.import_module(f"{config.name}.listeners")


def matches(pattern: str, subject: str) -> bool:
    """Whether a bus subject matches a pattern.

    >>> matches("ev.alarm.>", "ev.alarm.07"), matches("ev.*.x", "ev.a.b"), matches("ev.>", "ev")
    (True, False, False)
    """
    wanted, given = pattern.split("."), subject.split(".")
    for i, part in enumerate(wanted):
        if part == ">":
            return len(given) > i
        if i >= len(given) or part not in ("*", given[i]):
            return False
    return len(wanted) == len(given)


def listeners() -> list[tuple[str, Listener]]:
    return _listeners


def pulses() -> list[tuple[str, Listener]]:
    return _pulses


def responders() -> dict[str, Responder]:
    return _responders
