"""All measurements, one after the other: what `make bench` prints.

    python benchmarks/run_all.py [--short | --full] [--only kernel live …]

--full takes about 35 minutes, --short less than 5. Each program prints its figures (min, median, max, or p50, p95, max) with its aims
beside them. A figure that misses its aim is best looked into with a profile of that program alone:
`python -m cProfile -s tottime benchmarks/<name>.py …`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
AIMS = {
    "kernel": "20 M samples/s a core, calm and tag-ordered; 440,000 tags with limits loaded < 5 s",
    "ingest": "JSON N=20 >= 100,000/s, JSON N=500 >= 500,000/s, binary N=500 >= 1,500,000/s, lag < 2 s",
    "historian": "<= 2 bytes a sample; one-tag trend < 50 ms, all last values < 100 ms, at 100 M samples",
    "acknowledgements": "10,000 acknowledgements, each audited, < 3 s",
    "registers": "1,000,000 rows: any filter, search, sort and last page < 200 ms server time",
    "imports": "an import of 100,000 rows beside 500 alarms a second: alarm published to committed p99 < 300 ms",
    "live": "sensor to browser p95 < 1 s with 200 streams; in a flood the newest of priority 1 < 1 s, key < 200 ms",
}
SHORT = {
    "kernel": ["--repeats", "2", "--tags", "50000", "--load", "100000"],
    "ingest": [
        "--samples",
        "20",
        "500",
        "--form",
        "json",
        "--door",
        "mqtt",
        "--sync",
        "2m",
        "--seconds",
        "4",
        "--clients",
        "100",
    ],
    "historian": ["--samples", "5000000"],
    "acknowledgements": ["--repeats", "2"],
    "registers": ["--rows", "50000", "--repeats", "3"],
    "imports": ["--rows", "5000", "--quiet", "4"],
    "live": ["--streams", "50", "--tries", "8", "--flood", "1500", "--flood-seconds", "5"],
}
FULL: dict[str, list[str]] = {"ingest": ["--seconds", "12"]}


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (r.split(":", 1)[1].strip() for r in _lines("/proc/cpuinfo") if r.startswith("model name")), platform.processor()
    )
    memory = next((int(r.split()[1]) / 2**20 for r in _lines("/proc/meminfo") if r.startswith("MemTotal")), 0.0)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{today}; {os.cpu_count()} cores, {model}, {memory:.0f} GB; Python {platform.python_version()}; load before: {load}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def run(name: str, arguments: list[str]) -> bool:
    """One program, its output as it comes; whether it ended well."""
    print(f"\n== {name} {' '.join(arguments)}\n   aims: {AIMS.get(name, 'see its head')}", flush=True)
    began = time.monotonic()
    code = subprocess.run([sys.executable, str(HERE / f"{name}.py"), *arguments], check=False).returncode
    print(f"   {time.monotonic() - began:.0f} s{'' if code == 0 else f', FAILED (exit {code})'}", flush=True)
    return code == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--short", action="store_true", help="small sizes, less than 5 minutes")
    size.add_argument("--full", action="store_true", help="the sizes of the aims (default)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help=f"of {', '.join(AIMS)}")
    options = parser.parse_args()
    known = [name for name in AIMS if (HERE / f"{name}.py").exists()]
    if unknown := set(options.only or ()) - set(known):
        parser.error(f"there is no measurement called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    print(machine())
    sizes = SHORT if options.short else FULL
    failed = [name for name in options.only or known if not run(name, sizes.get(name, []))]
    print(f"\n{machine()}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
