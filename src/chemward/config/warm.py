"""Compile everything that is compiled into the cache, so that no process compiles when it is needed: `python -m chemward.config.warm`.

The cache is where `NUMBA_CACHE_DIR` says, beside the source otherwise.
"""

from __future__ import annotations

import sys

from chemward.science.leak import warm as leak
from chemward.science.risk import warm as risk
from chemward.telemetry.engine import warm as engine


def warm() -> dict[str, float]:
    """What was made ready and the seconds [s] it took."""
    return {"alarm kernel": engine.warm(), "risk kernel": risk.warm(), "leak search": leak.warm()}


if __name__ == "__main__":
    sys.stdout.writelines(f"{name} ready in {seconds:.1f} s\n" for name, seconds in warm().items())
