"""Plants defects into a copy of the package, one at a time, and shows that the tests turn red for each.

    python tools/negative_control.py [--only ROOM …] [--jobs N] [--list]

A suite that stays green when the code is wrong proves nothing. `tests/science/negative/defects/<room>.toml` lists the defects: a file under
`src`, the text to find (standing there once), the text to put, and the tests that must fail. A defect may change several places
("also"), so that a model and the check beside it are wrong together and only an independent route can tell.

The working tree is not touched: each defect is planted in a copy of its own. Exit 1 when one stays green.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFECTS = ROOT / "tests" / "science" / "negative" / "defects"


@dataclass(frozen=True)
class Change:
    """Text to put in place of text that stands once in a file of the repository."""

    file: str
    find: str
    put: str


@dataclass(frozen=True)
class Defect:
    room: str
    name: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
    note: str = field(default="")


class Unplantable(Exception):
    """The text to find does not stand in the file exactly once."""


def defects(only: list[str]) -> list[Defect]:
    found = []
    for path in sorted(DEFECTS.glob("*.toml")):
        if only and path.stem not in only:
            continue
        for entry in tomllib.loads(path.read_text("utf-8"))["defect"]:
            places = [entry, *entry.get("also", [])]
            changes = tuple(Change(p["file"], p["find"], p["put"]) for p in places)
            found.append(Defect(path.stem, entry["name"], changes, tuple(entry["tests"]), entry.get("note", "")))
    return found


def plant(defect: Defect, tree: Path) -> None:
    """Put the defect into a copy of the tree. Raises Unplantable."""
    for change in defect.changes:
        path = tree / change.file
        path = path if path.exists() else tree / "src" / change.file
        text = path.read_text("utf-8")
        if text.count(change.find) != 1:
            raise Unplantable(f"{change.file}: {change.find!r} stands {text.count(change.find)} times")
        path.unlink()  # the copy is made of hard links: writing into them would write into the working tree
        path.write_text(text.replace(change.find, change.put), "utf-8")


def copy_tree(target: Path) -> None:
    """Sources and tests of the science as hard links; caches of compiled kernels stay behind."""
    ignore = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc", "node_modules", "vendor", "migrations", "static", "locale")
    for part in ("src", "tests", "tools"):
        shutil.copytree(ROOT / part, target / part, copy_function=os.link, ignore=ignore)
    for name in ("pyproject.toml",):
        os.link(ROOT / name, target / name)
    shutil.copytree(ROOT / "docs", target / "docs", copy_function=os.link)


def turns_red(defect: Defect) -> tuple[bool, str]:
    """Whether a test fails with the defect in place, and what was seen."""
    with tempfile.TemporaryDirectory(prefix="defect-", dir=ROOT.parent if os.access(ROOT.parent, os.W_OK) else None) as folder:
        tree = Path(folder)
        try:
            copy_tree(tree)
            plant(defect, tree)
        except (Unplantable, OSError) as fault:
            return False, f"not planted: {fault}"
        environment = os.environ | {
            "PYTHONPATH": str(tree / "src"),
            "NUMBA_CACHE_DIR": str(tree / "numba"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / "hypothesis"),
        }
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=300", "-p", "no:randomly", *defect.tests]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=900, check=False)
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()[-300:] or "no output"]
    failed = [line for line in lines if line.startswith("FAILED ")]
    if done.returncode == 1 and failed:  # a test said no; an error on the way to a test would prove nothing
        return True, failed[0].removeprefix("FAILED ").split(" - ")[0]
    return False, f"exit {done.returncode}: {lines[-1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="ROOM")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    planted = defects(options.only)
    if options.list:
        for defect in planted:
            print(f"{defect.room}: {defect.name}")
        print(f"{len(planted)} defects")
        return 0
    began = time.monotonic()
    wanted = sorted({test for defect in planted for test in defect.tests})
    _, seen = turns_red(Defect("", "none", (), tuple(wanted)))
    if not seen.startswith("exit 0"):
        print(f"the tests are not green without a defect: {seen}")
        return 1
    green = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for defect, (is_red, seen) in zip(planted, pool.map(turns_red, planted), strict=True):
            print(f"{'red  ' if is_red else 'GREEN'} {defect.room}: {defect.name} ({seen})", flush=True)
            if not is_red:
                green.append(defect)
    print(f"\n{len(planted) - len(green)} of {len(planted)} defects turned the tests red, in {time.monotonic() - began:.0f} s")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main())
