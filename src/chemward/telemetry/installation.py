"""What every process must know of this installation: where state lives, secrets, ports of the running instance.

State stands under one folder (`CHEMWARD_DATA`). Secrets are made once per installation and never leave it; the run file
says where the processes of the running instance listen, so that two instances can run side by side.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets as random_secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDERS = ("bus", "historian", "engine", "files", "archive", "log", "cache")


@dataclass(frozen=True)
class Installation:
    """One installation of the platform.

    data: folder that holds all state.
    listen: address the door and the device ports bind to (loopback unless told).
    """

    data: Path
    listen: str = "127.0.0.1"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Installation:
        env = os.environ if environment is None else environment
        data = Path(env.get("CHEMWARD_DATA") or "var").resolve()
        return cls(data=data, listen=env.get("CHEMWARD_LISTEN") or "127.0.0.1")

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
        """Secrets of this installation, made on first use (file mode 0600)."""
        path = self.data / "secrets.json"
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        self.data.mkdir(parents=True, exist_ok=True)
        made = {
            "django_key": random_secrets.token_urlsafe(48),
            "live_key": random_secrets.token_urlsafe(32),
            "internal_key": random_secrets.token_urlsafe(32),
            "personal_data_key": base64.urlsafe_b64encode(random_secrets.token_bytes(32)).decode(),
            "audit_seed": random_secrets.token_bytes(32).hex(),
            "bus_platform_password": random_secrets.token_urlsafe(32),
            "bus_system_password": random_secrets.token_urlsafe(32),
            "bus_callout_password": random_secrets.token_urlsafe(32),
        }
        # A second process may be making them at the same moment: the first link wins, everybody reads that one.
        temporary = path.with_suffix(f".{os.getpid()}")
        _write(temporary, made)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink()
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


def free_port(address: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind((address, 0))
        return int(s.getsockname()[1])


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def _write(path: Path, content: Mapping[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        json.dump(content, f, indent=1)
        f.flush()
        os.fsync(f.fileno())
