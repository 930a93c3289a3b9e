"""What every process must know of this installation: where state lives, secrets, ports of the running instance.

State stands under one folder (`CHEMWARD_DATA`). Secrets are made once per installation and never leave it; the run file
says where the processes of the running instance listen, so that two instances can run side by side.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import random
import secrets as random_secrets
import socket
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# How each secret is made. The audit seed and the bus issuer seed are Ed25519 seeds (32 bytes, hex).
MAKERS: dict[str, Callable[[], str]] = {
    "django_key": lambda: random_secrets.token_urlsafe(48),
    "live_key": lambda: random_secrets.token_urlsafe(32),
    "internal_key": lambda: random_secrets.token_urlsafe(32),
    "personal_data_key": lambda: base64.urlsafe_b64encode(random_secrets.token_bytes(32)).decode(),
    "audit_seed": lambda: random_secrets.token_bytes(32).hex(),
    "bus_platform_password": lambda: random_secrets.token_urlsafe(32),
    "bus_system_password": lambda: random_secrets.token_urlsafe(32),
    "bus_issuer_seed": lambda: random_secrets.token_bytes(32).hex(),
}

FOLDERS = ("bus", "historian", "engine", "files", "archive", "log", "cache")


@dataclass(frozen=True)
class Installation:
    """One installation of the platform.

    data: folder that holds all state.
    listen: address the door and the device ports bind to (loopback unless told).
    nats_url: address of the site's own bus, several separated by commas; empty when the platform runs its own.
    """

    data: Path
    listen: str = "127.0.0.1"
    nats_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Installation:
        env = os.environ if environment is None else environment
        data = Path(env.get("CHEMWARD_DATA") or "var").resolve()
        listen = env.get("CHEMWARD_LISTEN") or "127.0.0.1"
        return cls(data=data, listen=listen, nats_url=env.get("CHEMWARD_NATS_URL") or "")

    # -- places ---------------------------------------------------------------------------------------------------

    def folder(self, name: str) -> Path:
        """A state folder by name (one of FOLDERS), made if it is missing."""
        if name not in FOLDERS:
            raise ValueError(f"no state folder is called {name!r}")
        path = self.data / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def database(self) -> Path:
        return self.data / "app.sqlite3"

    @property
    def run_file(self) -> Path:
        return self.data / "run.json"

    # -- secrets --------------------------------------------------------------------------------------------------

    def secrets(self) -> dict[str, str]:
        """Secrets of this installation, made on first use (file mode 0600); ones that a newer version needs are added."""
        path = self.data / "secrets.json"
        with contextlib.suppress(FileNotFoundError):
            known = _read(path)
            if known.keys() >= MAKERS.keys():
                return known
        self.data.mkdir(parents=True, exist_ok=True)
        # Several processes may come here at the same moment: one makes them, the others wait and read.
        with locked(self.data / "secrets.lock"):
            known = _read(path) if path.exists() else {}
            missing = {name: make() for name, make in MAKERS.items() if name not in known}
            if missing:
                temporary = path.with_suffix(f".{os.getpid()}")
                _write(temporary, {**known, **missing})
                os.replace(temporary, path)
            return _read(path)

    # -- ports ----------------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """The run file of the running instance (`ports`, `pids`, `started_at_ms`), empty when nothing runs."""
        try:
            return _read(self.run_file)
        except FileNotFoundError:
            return {}

    def write_run(self, run: Mapping[str, Any]) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        temporary = self.run_file.with_suffix(f".{os.getpid()}")
        _write(temporary, dict(run))
        os.replace(temporary, self.run_file)

    def port(self, name: str) -> int:
        """Port of a service of the running instance. KeyError names the service when it is not running."""
        try:
            return int(self.run()["ports"][name])
        except KeyError:
            raise KeyError(f"no running {name} in {self.run_file}; start the platform with `make run`") from None


def free_port(address: str = "127.0.0.1", *, taken: Container[int] = ()) -> int:
    """A port that was free a moment ago and is not in `taken`.

    It lies below the range from which the system takes the ports of outgoing connections: otherwise, while a killed server
    starts again, somebody's outgoing connection could be sitting on its port.
    """
    for port in random.sample(range(20_000, _first_outgoing_port()), 200):
        if port not in taken and is_free(port, address):
            return port
    with socket.socket() as s:
        s.bind((address, 0))
        return int(s.getsockname()[1])


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((address, port))
        except OSError:
            return False
        return True


def _first_outgoing_port() -> int:
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lowest = 32_768
    return max(lowest, 21_000)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among all processes that lock this file, which may wait for each other."""
    with path.open("a") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def _write(path: Path, content: Mapping[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        json.dump(content, f, indent=1)
        f.flush()
        os.fsync(f.fileno())
