"""Hold the science against published figures and field trials and write `docs/validation`: `python tools/validate.py [ROOM …]`.

Without names every room is computed and the index too. Exit code 1 when a judged case does not pass.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from chemward.standards.coverage import coverage_page  # noqa: E402
from tests.science.validation import report  # noqa: E402
from tests.science.validation.case import Case, cases_of, missing_of, room_names  # noqa: E402


def write(folder: Path, rooms: list[str], with_index: bool) -> list[Case]:
    """Pages of the rooms into the folder; the cases that do not pass."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = {room: cases_of(room) for room in rooms}
    for room, own in cases.items():
        (folder / f"{room}.md").write_text(report.page(room, own, missing_of(room)), "utf-8")
    if with_index:
        (folder / "coverage.md").write_text(coverage_page(), "utf-8")
        (folder / "index.md").write_text(report.index(cases), "utf-8")
    return [case for own in cases.values() for case in own if not case.is_informative and not case.passes]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", help="rooms to compute, all without")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "validation", help="folder for the pages")
    chosen = parser.parse_args(arguments)
    failed = write(chosen.out, chosen.rooms or room_names(), not chosen.rooms)
    for case in failed:
        print(f"{case.id}: {case.title}: does not pass", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
