"""Kinds of long work. Apps register theirs in their `jobs.py` (clock jobs stand there too).

    @job("core.export", title=_("Export"))
    def export(run: JobRun) -> None:
        for n, row in enumerate(rows):
            run.progress(n, total)          # raises Cancelled when somebody asked for it

A job may be killed at any moment and is then run again: what it applies in pieces it marks with `run.save_checkpoint`, so that a piece is not applied
twice.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule

if TYPE_CHECKING:
    from chemward.apps.core.jobs.run import JobRun

JobFunction = Callable[["JobRun"], None]


@dataclass(frozen=True)
class JobKind:
    name: str
    title: str | Promise
    run: JobFunction
    keep_result: timedelta


_kinds: dict[str, JobKind] = {}


def job(name: str, *, title: str | Promise, keep_result: timedelta = timedelta(days=7)) -> Callable[[JobFunction], JobFunction]:
    """Register a kind of long work. ValueError when the name is taken by another function."""

    def register(function: JobFunction) -> JobFunction:
        known = _kinds.setdefault(name, JobKind(name, title, function, keep_result))
        if known.run is not function:
            raise ValueError(f"two kinds of job are called {name}")
        return function

    return register


def kinds() -> dict[str, JobKind]:
    """All kinds by name; loads the `jobs` (and `exports`, `imports`) modules of every app."""
    for module in ("exports", "imports"):
        importlib.import_module(f"chemward.apps.core.register.{module}")
    for config in apps.get_app_configs():
        for module in ("jobs", "registers", "exports", "imports"):
            if config.module and module_has_submodule(config.module, module):
                importlib.import_module(f"{config.name}.{module}")
    return _kinds
