"""Set-up compiles the kernel once; no process compiles again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def warm(cache: Path) -> str:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "chemward.telemetry.engine.warm"]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=150).stdout


def compiled(cache: Path) -> dict[str, int]:
    return {str(path.relative_to(cache)): path.stat().st_mtime_ns for path in cache.rglob("*.nb[ci]")}


def test_the_kernel_is_compiled_once_into_the_cache_that_the_environment_names(tmp_path: Path) -> None:
    assert "alarm kernel ready" in warm(tmp_path)
    first = compiled(tmp_path)
    assert any("judge" in name for name in first)
    assert any("checks" in name for name in first), "the worker would compile its checks at its first start"
    warm(tmp_path)
    assert compiled(tmp_path) == first
