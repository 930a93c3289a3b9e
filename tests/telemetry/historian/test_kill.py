"""kill -9 in the middle of inserting: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, batch, read_back

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[3]
ROWS = 400

# Appends step after step from the one after the last stored, printing each when it is acknowledged.
WRITER = """
import sys
from pathlib import Path
from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.test_kill import step_batch

with ChdbHistorian(Path(sys.argv[1])) as store:
    # As after a crash of the reader: the last steps come again.
    step = max(1, store.last_step(0) - 2)
    while True:
        store.append([step_batch(step)])
        print(step, flush=True)
        step += 1
"""


def step_batch(step: int):  # type: ignore[no-untyped-def]
    """A step over three days, which the store writes as three parts; one tag and time is corrected by every step."""
    rows = [(tag, MIDNIGHT + (tag % 3) * DAY + step, float(step), 0) for tag in range(1, ROWS)]
    return batch(step, [*rows, (0, MIDNIGHT, float(step), 0)])


def write_until_killed(folder: Path, seconds: float) -> int:
    """The last step acknowledged by a writer that is killed after a while."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    try:
        acknowledged = int(process.stdout.readline())
        time.sleep(seconds)
    finally:
        process.kill()
        process.wait()
    return max([acknowledged, *map(int, process.stdout.read().split())])


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled_by_two_kills(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    for seconds in (0.7, 1.1):
        acknowledged = write_until_killed(folder, seconds)
        with ChdbHistorian(folder) as store:
            # The step in flight may be there in part; redelivered, it becomes whole.
            store.append([step_batch(acknowledged + 1)])
            found = read_back(store, None, MIDNIGHT, MIDNIGHT + 9 * DAY)
            stored = {(tag, ts): value for tag, ts, value, _ in found}
            assert len(stored) == len(found)
            steps = range(1, acknowledged + 2)
            assert stored == {
                **{(tag, MIDNIGHT + tag % 3 * DAY + step): float(step) for step in steps for tag in range(1, ROWS)},
                (0, MIDNIGHT): float(acknowledged + 1),
            }
            counts = store.hourly(list(range(1, ROWS)), MIDNIGHT, MIDNIGHT + 3 * DAY + HOUR)["count"].to_pylist()
            assert sum(counts) == len(steps) * (ROWS - 1)
            assert store.last_all().value.tolist() == [float(acknowledged + 1)] * ROWS
