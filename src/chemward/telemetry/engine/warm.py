"""Compile the kernel and the worker's checks of samples into the cache, so that no process compiles when it is needed:
`python -m chemward.telemetry.engine.warm`.

The cache is where `NUMBA_CACHE_DIR` says, beside the source otherwise.
"""

from __future__ import annotations

import importlib
import sys
import time


def warm() -> float:
    """Import what is compiled, which compiles what the cache does not hold, and run the kernel once. Returns the seconds it took."""
    started = time.perf_counter()
    importlib.import_module("chemward.telemetry.worker.checks")
    from chemward.telemetry.engine.engine import Engine

    Engine().judge([], [], [], [], 0)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(f"alarm kernel ready in {warm():.1f} s\n")
