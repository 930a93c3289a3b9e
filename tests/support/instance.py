"""The whole platform under test: `chemward run` on a small seeded plant, in a data folder of its own, on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from chemward.telemetry.installation import Installation, free_port

SEEDER = Path(__file__).with_name("seeded_plant.py")
# What the test environment sets must not reach an instance that runs as in operation.
FOREIGN = ("CHEMWARD_TESTING", "CHEMWARD_DEMO", "CHEMWARD_DATABASE", "CHEMWARD_NATS_URL", "PORT", "MQTT_PORT")


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "CHEMWARD_DATA": str(data), **more}


def seed(data: Path, spare_tags: int = 0, *, has_low: bool = False) -> dict[str, Any]:
    """Set a data folder up with the small plant (`seeded_plant.py`); what a test must know of it."""
    command = [sys.executable, str(SEEDER), str(spare_tags), *(["low"] if has_low else [])]
    done = subprocess.run(command, env=environment(data), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    plant: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return plant


def command(data: Path, *words: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run one `chemward` command on a data folder."""
    arguments = [sys.executable, "-m", "chemward.cli", *words]
    return subprocess.run(arguments, env=environment(data), capture_output=True, text=True, timeout=timeout_s, check=False)


def until(condition: Callable[[], Any], within_s: float, what: str, pause_s: float = 0.05) -> Any:
    """The first true answer of `condition`; AssertionError naming `what` when it does not come in time."""
    give_up_at = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < give_up_at, f"not within {within_s:g} s: {what}"
        time.sleep(pause_s)
    return found


class Platform:
    """A running instance and what the test knows of its plant."""

    def __init__(self, data: Path, plant: dict[str, Any], **settings: str) -> None:
        """settings: environment of the instance, beside its data folder and port."""
        self.data, self.plant, self.settings = data, plant, settings
        self.installation = Installation(data=data)
        self.output = data.parent / f"{data.name}.out"
        self.port = free_port()
        self.ready_s = 0.0
        self.has_tls = settings.get("CHEMWARD_TLS") == "1" or "CHEMWARD_TLS_CERT" in settings

    # -- its life -----------------------------------------------------------------------------------------------------

    def start(self, within_s: float = 90) -> Platform:
        began = time.monotonic()
        with self.output.open("wb") as out:
            self.program = subprocess.Popen(
                [sys.executable, "-m", "chemward.cli", "run"],
                env=environment(self.data, PORT=str(self.port), **self.settings),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        until(
            lambda: b"ready after" in self.output.read_bytes() or self.program.poll() is not None, within_s, "the platform ready"
        )
        assert self.program.poll() is None, self.output.read_text()
        until(self.is_well, 30, "the platform well")
        self.ready_s = time.monotonic() - began
        return self

    def stop(self) -> None:
        """Stop it as Ctrl-C does; nothing is left, or the test fails."""
        if self.program.poll() is None:
            family = self.family()
            self.program.send_signal(signal.SIGINT)
            self.program.wait(20)
            assert not [p for p in family if is_alive(p)], "processes are left after Ctrl-C"

    def kill_all(self) -> None:
        """Clear away whatever still runs (after a failed test)."""
        family = self.family()
        with contextlib.suppress(ProcessLookupError):
            self.program.kill()
        self.program.wait()
        psutil.wait_procs(family, 5)

    def family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.program.pid).children(recursive=True)
        return []

    def pid(self, name: str) -> int | None:
        pid = self.installation.run().get("pids", {}).get(name)
        return pid if pid and psutil.pid_exists(pid) else None

    def is_well(self) -> bool:
        with contextlib.suppress(httpx.HTTPError, OSError):  # the door's authority makes itself while it starts
            return httpx.get(f"{self.address}/healthz", timeout=2, verify=self.trust).status_code == 200
        return False

    # -- its doors ----------------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}" if self.has_tls else f"http://127.0.0.1:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext | bool:
        """What a caller trusts: the door's own authority, or the site's certificate."""
        if not self.has_tls:
            return True
        own = self.data / "door" / "pki" / "authorities" / "local" / "root.crt"
        return ssl.create_default_context(cafile=self.settings.get("CHEMWARD_TLS_CERT") or str(own))

    def api(self, method: str, path: str, body: Any = None, timeout_s: float = 30) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.plant['token']}"}
        return httpx.request(
            method, f"{self.address}/api/v1{path}", json=body, headers=headers, timeout=timeout_s, verify=self.trust
        )

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows of the database, read beside the running processes."""
        url = f"file:{self.installation.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(url, uri=True, timeout=10)) as database:
            return database.execute(sql, arguments).fetchall()


def is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextlib.contextmanager
def running(data: Path, plant: dict[str, Any], **settings: str) -> Iterator[Platform]:
    """A platform on a seeded data folder, stopped in the end."""
    platform = Platform(data, plant, **settings)
    try:
        yield platform.start()
        platform.stop()
    finally:
        platform.kill_all()


def copy_of(seeded: tuple[Path, dict[str, Any]], data: Path) -> tuple[Path, dict[str, Any]]:
    """A seeded data folder once more."""
    shutil.copytree(seeded[0], data)
    return data, seeded[1]
