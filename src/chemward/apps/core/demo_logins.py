"""Log-ins of the demonstration, shown on the log-in page under the demo flag only. Seeding writes the file; elsewhere it does not exist."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

FILE = "demo-logins.json"


def listed() -> list[dict[str, Any]]:
    """`[{username, password, role}]`, empty when nothing was seeded."""
    try:
        found: list[dict[str, Any]] = json.loads((settings.INSTALLATION.data / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return []
    return found


def write(rows: list[dict[str, Any]]) -> None:
    path = settings.INSTALLATION.data / FILE
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    path.chmod(0o600)
