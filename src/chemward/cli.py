"""The `chemward` command. Nothing heavy is imported before it is known what to do."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import inspect
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from chemward.config.stopping import end_at_once, end_quietly, has_lost_its_reader, let_cancellations_through
from chemward.science import terminal
from chemward.telemetry.installation import Installation

USER_ERROR = 2


class UsageError(Exception):
    """The command cannot be done as given; the text says why and what to do instead."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code (0 done, 1 failed, 2 wrong use, 141 when nobody reads its output any more)."""
    try:
        try:
            return _command(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not has_lost_its_reader():
            raise
        return end_quietly()


def _command(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["manage"]:  # Django reads its own options
        return manage(arguments[1:])
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # whatever is written holds what only the platform may read
    try:
        return options.do(options) or 0
    except UsageError as fault:
        print(f"chemward: {fault}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chemward", description="Chemward 园安: safety-risk control platform of a chemical park"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, do: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(do=do)
        return sub

    sub = command("run", _run, "start all processes and keep them running until Ctrl-C")
    sub.add_argument("--demo", action="store_true", help="with the demo park: its users, its simulator")
    sub = command("setup", _setup, "prepare the data folder: database, static files, with --demo the demo park")
    sub.add_argument("--demo", action="store_true", help="seed the demo park if it is not there")
    sub = command(
        "create-admin", _create_admin, "make the first administrator and the organisation on top, print a one-time link"
    )
    sub.add_argument("--username", required=True, help="log-in name: letters, digits, dot, dash, underscore")
    sub.add_argument("--name", required=True, help="the person's name as pages show it")
    sub.add_argument("--organisation", required=True, help="name of the organisation on top of all others")
    sub.add_argument("--kind", choices=("park", "city", "province"), default="park", help="what that organisation is (park)")
    sub = command("process", _process, "run one process by itself (the supervisor does this)")
    sub.add_argument("name", metavar="NAME", help="worker, historian, live, recorder, jobs, web or simulator")
    sub = command("backup", _backup, "write a backup of this installation")
    sub.add_argument("target", metavar="FOLDER", type=Path, help="a folder that does not exist yet")
    sub = command("restore", _restore, "bring a backup back into an empty data folder")
    sub.add_argument("source", metavar="FOLDER", type=Path, help="a folder written by `chemward backup`")
    command("verify-audit", _verify_audit, "check the audit chain: nothing changed, missing or reordered")
    sub = command("replay", _replay, "judge the journal again in a second engine and print where it differs")
    sub.add_argument(
        "--from", dest="since", metavar="TIME", default="", help="ISO 8601 with offset; from the journal's beginning"
    )
    sub.add_argument("--to", dest="until", metavar="TIME", default="", help="ISO 8601 with offset; until now")
    command("version", _version, "print the version")
    sub = command("demo", _demo, "command the running demo: `scenario list`, `scenario NAME`, `scenario stop`")
    sub.add_argument("what", choices=["scenario"])
    sub.add_argument("words", nargs="*", metavar="WORD", help="a scenario's name, `list` or `stop`")
    commands.add_parser("manage", help="Django's management commands", add_help=False)
    terminal.add_to(commands)
    return parser


def installation_from_environment() -> Installation:
    return Installation.from_environment()


# -- commands ---------------------------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> None:
    from chemward.config import supervisor

    _log_to_stderr(logging.WARNING)
    try:
        supervisor.run(installation_from_environment(), is_demo=options.demo)
    except (supervisor.Refused, ValueError, FileNotFoundError, PermissionError) as fault:
        raise UsageError(str(fault)) from fault


def _setup(options: argparse.Namespace) -> None:
    from chemward.config import setup

    _log_to_stderr(logging.WARNING)
    if options.demo:
        os.environ["CHEMWARD_DEMO"] = "1"
    try:
        setup.prepare(installation_from_environment(), is_demo=options.demo)
    except setup.CannotPrepare as fault:
        raise UsageError(str(fault)) from fault


def _create_admin(options: argparse.Namespace) -> None:
    from chemward.config import setup

    setup.start_django()
    from django.utils import timezone

    try:
        path = setup.create_administrator(
            username=options.username,
            name=options.name,
            organisation=options.organisation,
            kind=options.kind,
            now=timezone.now(),
        )
    except setup.CannotPrepare as fault:
        raise UsageError(str(fault)) from fault
    where = installation_from_environment().run().get("address") or "http://localhost:8000/"
    print(f"{options.name} sets the first password within seven days at\n{where.rstrip('/')}{path}")


def _process(options: argparse.Namespace) -> None:
    from chemward.config.processes import ENTRIES

    if options.name not in ENTRIES:
        raise UsageError(f"no process is called {options.name!r}; there are {', '.join(ENTRIES)}")
    if options.name == "simulator" and os.environ.get("CHEMWARD_DEMO") != "1":
        raise UsageError("the simulator runs under the demo flag only; start with `chemward run --demo`")
    _log_to_stderr(logging.INFO)
    module, function = ENTRIES[options.name].split(":")
    run_entry(getattr(importlib.import_module(module), function), installation_from_environment())
    end_at_once()


def run_entry(entry: Callable[[Installation], Any], installation: Installation) -> None:
    """Run the main function of a process; a coroutine function is cancelled in good order at SIGTERM and SIGINT."""
    if not inspect.iscoroutinefunction(entry):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        entry(installation)
        return
    import uvloop

    let_cancellations_through()
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(_until_told_to_stop(entry(installation)))


async def _until_told_to_stop(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


def manage(arguments: Sequence[str]) -> int:
    """Django's command line, with our settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["chemward manage", *arguments])
    return 0


def _backup(options: argparse.Namespace) -> None:
    from chemward.config import backup

    try:
        written = backup.backup(installation_from_environment(), options.target)
    except backup.CannotBackUp as fault:
        raise UsageError(str(fault)) from fault
    print(f"backup written: {options.target} ({written / 1e6:.1f} MB)")


def _restore(options: argparse.Namespace) -> None:
    from chemward.config import backup

    try:
        backup.restore(installation_from_environment(), options.source)
    except backup.CannotBackUp as fault:
        raise UsageError(str(fault)) from fault
    print(f"restored into {installation_from_environment().data}; start with `chemward run`")


def _demo(options: argparse.Namespace) -> None:
    from chemward.demo import control

    try:
        print(*control.command(installation_from_environment(), options.words), sep="\n")
    except control.NotStarted as fault:
        raise UsageError(str(fault)) from fault


def _verify_audit(options: argparse.Namespace) -> int:
    from chemward.config.setup import start_django

    start_django()
    from django.utils import timezone

    from chemward.apps.core import audit

    faults = audit.verify(installation_from_environment(), now=timezone.now())
    for fault in faults:
        print(f"{fault.kind}: {fault.message}")
    print(f"{len(faults)} faults" if faults else "the audit chain is whole")
    return 1 if faults else 0


def _replay(options: argparse.Namespace) -> int:
    from chemward.telemetry.bus import client
    from chemward.telemetry.worker.replay import replay

    since, until = _moment_ms(options.since, 0), _moment_ms(options.until, 2**62)

    async def judged() -> Any:
        nc = await client.connect(installation_from_environment(), "replay", patience_s=5)
        try:
            return await replay(nc, since, until)
        finally:
            await nc.close()

    try:
        result = asyncio.run(judged())
    except client.BusUnavailable as fault:
        raise UsageError(f"{fault}; the journal is read from a running instance") from fault
    print(f"{result.steps} steps, {result.samples} samples, {result.events} events")
    for what in ("missing", "surplus", "changed"):
        for key, (occurrence, kind, at_ms) in getattr(result, what).items():
            print(f"{what}: {key} {kind} {occurrence} at {at_ms}")
    if result.first_step > 1:
        print(f"the journal begins with step {result.first_step}: alarms raised before it are not known to the second engine")
    print("the same" if result.is_same else "DIFFERENT")
    return 0 if result.is_same else 1


def _moment_ms(text: str, absent: int) -> int:
    from datetime import datetime

    if not text:
        return absent
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"{text!r} is no moment; write it like 2026-05-01T08:00:00+08:00")
    return round(moment.timestamp() * 1000)


def _version(options: argparse.Namespace) -> None:
    from importlib.metadata import version

    print(version("chemward"))


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
