"""An import of 100,000 rows beside 500 alarms a second: how long an alarm waits from the bus until it is committed in the database.

    python benchmarks/imports.py [--rows 100000] [--alarms 500] [--tags 2000] [--quiet 10]

The bus, the recorder and the jobs process as in operation, each a process of its own, on SQLite. A person orders the Excel import of so many tags
with a limit each; meanwhile alarms come and go on the bus as the engine tells of them (so many raised and as many cleared each second).
Measured: from before an alarm is published until its row can be read by another process; first without the import, then during all of it.

Aim: p99 < 300 ms during the import.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acknowledgements import body

AIM_MS = 300
PIECE_S = 0.02
LASTS_MS = 4_000
# Occurrences that nobody saw committed this long after the last one was sent are lost.
PATIENCE_S = 60.0


def plant(now: datetime, tags: int) -> tuple[Any, Any, list[Any], Any]:
    """Who imports, for which enterprise, the alarm definitions of its first feed, and the feed that the import fills."""
    from chemward.apps.core.actions import organisations, users
    from chemward.apps.core.acts import Actor
    from chemward.apps.monitoring.actions import feeds
    from chemward.apps.monitoring.actions import tags as tag_acts
    from chemward.apps.monitoring.actions.definitions import NewAlarm
    from chemward.apps.monitoring.actions.tags import NewTag
    from chemward.apps.monitoring.models import AlarmDefinition

    platform, place = Actor.platform("bench"), None
    for kind, name in (("province", "P"), ("city", "C"), ("park", "K")):
        place = organisations.add(platform, kind=kind, name=name, parent=place, now=now)
    enterprise = organisations.add(platform, kind="enterprise", name="E", parent=place, now=now)
    user, _link = users.invite(
        platform, username="safety", display_name="Safety", home=place, memberships=[(place, "park_safety")], now=now
    )
    first, second = (feeds.create(platform, enterprise.uuid, name, now=now) for name in ("gateway", "new gateway"))
    judged = {"limit": 50.0, "priority": 3, "level": 2}
    news = [NewTag(f"GT-{i:05d}", {"name": "gas", "unit": "ppm"}, [NewAlarm("HH", "high", judged)]) for i in range(tags)]
    tag_acts.enter(platform, first.uuid, news, now=now)
    return Actor.of(user), enterprise, list(AlarmDefinition.objects.select_related("tag__feed")), second


def write_file(path: Path, feed: str, rows: int) -> None:
    """The Excel file: tags with name, unit, place and a high limit."""
    from openpyxl import Workbook

    from chemward.apps.core.register import imports

    columns = {c.name: str(c.heading) for c in imports.get("monitoring.tags").columns}
    names = ("feed", "code", "name", "unit", "place", "limit_h")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([columns[n] for n in names])
    for i in range(rows):
        sheet.append([feed, f"NT-{i:06d}", f"氯气 · {i % 97} 号", "mg/m³", f"{i % 13} 区", 50])
    book.save(path)


@contextmanager
def processes(names: tuple[str, ...]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of the platform, stopped in the end."""
    folder = Path(os.environ["CHEMWARD_DATA"]) / "log"
    folder.mkdir(parents=True, exist_ok=True)
    started = []
    try:
        for name in names:
            with (folder / f"{name}.log").open("wb") as out:
                command = [sys.executable, "-m", "chemward.cli", "process", name]
                started.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


class Watch(threading.Thread):
    """Sees alarms appear in the database, as another process would."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self._database, self._over = database, threading.Event()

    def run(self) -> None:
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30, isolation_level=None)
        last = 0
        while not self._over.wait(0.003):
            rows = connection.execute(
                "SELECT id, uuid FROM monitoring_alarmoccurrence WHERE id > ? ORDER BY id", (last,)
            ).fetchall()
            at = time.perf_counter()
            for number, uuid in rows:
                self.seen[uuid] = at
                last = number
        connection.close()

    def stop(self) -> None:
        self._over.set()
        self.join()


class Rain:
    """Alarms on the bus, at a steady rate, each cleared some seconds later."""

    def __init__(self, js: Any, definitions: list[Any], per_s: int) -> None:
        from chemward.telemetry.bus import client, subjects
        from chemward.telemetry.engine.events import occurrence_id

        self.sent: dict[str, float] = {}
        self._js, self._per_s, self._encode, self._id = js, per_s, client.encode, occurrence_id
        self._subject = subjects.alarm_event(definitions[0].tag.feed.shard)
        self._next = itertools.cycle(definitions)
        self._standing: list[tuple[int, dict[str, Any]]] = []

    async def fall(self, until: asyncio.Event) -> None:
        began, sent = time.perf_counter(), 0
        while not until.is_set():
            due = int((time.perf_counter() - began) * self._per_s)
            await self._send(min(due - sent, self._per_s))
            sent = due
            await asyncio.sleep(PIECE_S)

    async def _send(self, count: int) -> None:
        now_ms = time.time_ns() // 1_000_000
        raised = [self._raise(now_ms) for _ in range(count)]
        over = [b for at, b in self._standing if at <= now_ms]
        self._standing = [(at, b) for at, b in self._standing if at > now_ms]
        self._standing += [(now_ms + LASTS_MS, {**b, "kind": "cleared", "at_ms": now_ms + LASTS_MS, "step": 2}) for b in raised]
        at = time.perf_counter()
        self.sent.update({b["id"].replace("-", ""): at for b in raised})
        await asyncio.gather(*(self._js.publish(self._subject, self._encode(b), timeout=30) for b in (*over, *raised)))

    def _raise(self, at_ms: int) -> dict[str, Any]:
        definition = next(self._next)
        return body(definition, self._id(str(definition.uuid), at_ms), at_ms)


def line(name: str, waits: list[float], aim: str = "") -> None:
    cut = statistics.quantiles(waits, n=100, method="inclusive")
    figures = f"{cut[49]:8.0f} {cut[94]:8.0f} {cut[98]:8.0f} {max(waits):8.0f}"
    print(f"{name:<46} {figures} ms   {len(waits):>7,} alarms   {aim}", flush=True)


async def measure(installation: Any, definitions: list[Any], order: Any, per_s: int, quiet_s: float) -> None:
    """Alarms alone, then beside the import."""
    from chemward.telemetry.bus import client, streams

    nc = await client.connect(installation, "bench")
    js = nc.jetstream(timeout=30)
    await streams.ensure_streams(js)
    watch, rain, over = Watch(installation.database), Rain(js, definitions, per_s), asyncio.Event()
    watch.start()
    with processes(("recorder", "jobs")):
        falling = asyncio.create_task(rain.fall(over))
        await asyncio.sleep(5)  # the processes have started and the backlog is gone
        quiet_from = time.perf_counter()
        await asyncio.sleep(quiet_s)
        began = time.perf_counter()
        job = await asyncio.to_thread(order)
        await asyncio.to_thread(wait_for, job)
        ended = time.perf_counter()
        over.set()
        await falling
        await asyncio.to_thread(settle, rain, watch)
        watch.stop()
    await nc.close()
    waits = {u: (watch.seen[u] - at) * 1000 for u, at in rain.sent.items()}
    print(
        f"{'import of ' + format(job.result['rows'], ',') + ' rows':<46} {ended - began:8.0f} s   state {job.state}", flush=True
    )
    line("alarm published to committed, quiet", [w for u, w in waits.items() if quiet_from <= rain.sent[u] < began])
    beside = [w for u, w in waits.items() if began <= rain.sent[u] < ended]
    line("alarm published to committed, import beside", beside, f"aim p99 < {AIM_MS} ms")


def wait_for(job: Any) -> None:
    """Until the job has ended. SystemExit when it did not end well."""
    while job.state in ("queued", "running"):
        time.sleep(0.5)
        job.refresh_from_db()
    if job.state != "done" or job.result["applied"] != job.result["rows"]:
        sys.exit(f"the import did not go through: {job.state} {job.error} {str(job.result)[:500]}")


def settle(rain: Rain, watch: Watch) -> None:
    """Until every alarm that was sent is in the database. SystemExit when one is not."""
    give_up_at = time.perf_counter() + PATIENCE_S
    while missing := len(rain.sent.keys() - watch.seen.keys()):
        if time.perf_counter() > give_up_at:
            sys.exit(f"{missing} alarms never came to the database")
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--alarms", type=int, default=500, help="raised each second")
    parser.add_argument("--tags", type=int, default=2_000)
    parser.add_argument("--quiet", type=float, default=10.0, metavar="SECONDS", help="measured before the import begins")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chemward-imports-", ignore_cleanup_errors=True) as folder:
        os.environ["CHEMWARD_DATA"] = str(Path(folder) / "var")
        os.environ.pop("CHEMWARD_DATABASE", None)
        from chemward.config.setup import migrate, start_django
        from chemward.telemetry.bus import server
        from chemward.telemetry.installation import Installation

        Path(os.environ["CHEMWARD_DATA"]).mkdir()
        start_django()
        migrate()
        from chemward.apps.core.jobs import registry
        from chemward.apps.core.register import imports

        registry.kinds()
        actor, enterprise, definitions, feed = plant(datetime.now(UTC), options.tags)
        file = Path(folder) / "tags.xlsx"
        write_file(file, feed.key, options.rows)

        def order() -> Any:
            with file.open("rb") as rows:
                return imports.order(actor, "monitoring.tags", rows, enterprise, is_dry_run=False, now=datetime.now(UTC))

        bus = server.start(Installation(data=Path(os.environ["CHEMWARD_DATA"])))
        print(f"{'':<46} {'p50':>8} {'p95':>8} {'p99':>8} {'max':>8}", flush=True)
        try:
            asyncio.run(measure(bus.installation, definitions, order, options.alarms, options.quiet))
        finally:
            bus.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
