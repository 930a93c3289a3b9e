"""The web process: Granian serving Django's WSGI application with several processes of one thread each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from chemward.config.lifeline import die_with
from chemward.telemetry.installation import Installation

PROBE = "/-/web"


def main(installation: Installation) -> None:
    """Serve until told to stop. Threads would not help (measured: four threads are slower than one); processes do."""
    from granian.constants import Interfaces
    from granian.server import Server

    # Loaded once, before the workers fork: with two of them it halves the time until pages answer again.
    application()
    Server(
        "chemward.config.wsgi:application",
        address="127.0.0.1",
        port=installation.port("web"),
        interface=Interfaces.WSGI,
        workers=web_workers(),
        blocking_threads=1,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=4,
    ).serve(target_loader=partial(load, os.getpid()), wrap_loader=False)


def web_workers() -> int:
    """`CHEMWARD_WEB_WORKERS`, else one a core but at most four. ValueError when it is not a count."""
    text = os.environ.get("CHEMWARD_WEB_WORKERS") or str(min(os.cpu_count() or 1, 4))
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise ValueError(f"CHEMWARD_WEB_WORKERS is {text!r}; it must be a number from 1 to 64")
    return int(text)


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def load(main_process: int) -> Application:
    """The application as one worker serves it. Runs in the worker, which must not outlive the main process when that is killed."""
    die_with(main_process)
    return with_probe(application())


def application() -> Application:
    """Django's application with all that its addresses lead to, so that a worker that answers the probe also answers a page at once."""
    from django.urls import get_resolver

    from chemward.config import wsgi

    _ = get_resolver().url_patterns
    found: Application = wsgi.application
    return found


def with_probe(application: Application) -> Application:
    """Answer the supervisor's probe before Django is asked: it shows that a worker takes requests, and costs nothing."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == PROBE:
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
            return [b"ok"]
        return application(environ, start_response)

    return serve
