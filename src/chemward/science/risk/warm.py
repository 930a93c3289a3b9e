"""Compile the loops of the risk sums into the cache, so that the first analysis does not wait.

`python -m chemward.science.risk.warm`. The cache is where `NUMBA_CACHE_DIR` says, beside the source otherwise.
"""

from __future__ import annotations

import importlib
import sys
import time


def warm() -> float:
    """Import what is compiled, which compiles what the cache does not hold. Returns the seconds [s] it took."""
    started = time.perf_counter()
    importlib.import_module("chemward.science.risk.park")
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(f"risk kernel ready in {warm():.1f} s\n")
