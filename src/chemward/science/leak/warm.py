"""Compile the search's kernel into the cache, so that no process compiles when it is needed: `python -m chemward.science.leak.warm`.

The cache is where `NUMBA_CACHE_DIR` says, beside the source otherwise.
"""

from __future__ import annotations

import sys
import time

from chemward.science.commands import find


def warm() -> float:
    """Import what is compiled, which compiles what the cache does not hold, and locate the example's leak. Returns the time it took [s]."""
    started = time.perf_counter()
    command = find("leak locate")
    command.execute(command.example_text())
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(f"leak search ready in {warm():.1f} s\n")
