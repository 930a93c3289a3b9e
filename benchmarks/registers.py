"""A register of a million alarms: every filter, search, sort and the last page, as the server answers them.

    python benchmarks/registers.py [--rows 1000000] [--repeats 7] [--keep folder]

200 enterprises of one park in a database of their own (SQLite, or the PostgreSQL of CHEMWARD_DATABASE, which must be empty); 50 tags each;
alarms spread over a year, one in 2,000 open. Each case is the whole page of the register: filters read from an address, 50 rows with
what their columns need, the capped count. `park` sees all of it, `works` one enterprise in 200. Aim: 200 ms at most, and the same number
of queries whatever the case. --keep: the database stays in this folder and is used again by the next run.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ENTERPRISES, TAGS = 200, 50
AIM_MS = 200
OLD_SHARE = 0.05
GASES = ("氯气", "氨气", "硫化氢", "一氧化碳", "苯", "甲醇", "环氧乙烷", "氢气")
PLACES = ("液氯罐区", "合成工段", "装卸台", "冷冻站", "聚合车间", "精馏塔区", "中间罐区", "火炬")
CASES = {
    "newest": "",
    "last page": "last=1",
    "oldest first": "sort=raised_at",
    "by priority": "sort=priority",
    "by priority, down": "sort=-priority",
    "priority 1": "priority=1",
    "type LL": "type=LL",
    "one enterprise": "enterprise=示范企业 137",
    "one tag": "code=GT-13712",
    "open": "is_open=true",
    "late": "is_late=true",
    "outcome: false alarm": "outcome=false",
    "one day": "since=2026-06-01T00:00:00Z&until=2026-06-02T00:00:00Z",
    "open, one day": "is_open=true&since=2026-06-01T00:00:00Z&until=2026-06-02T00:00:00Z",
    "search 氯气": "q=氯气",
    "search 环氧": "q=环氧",
    "search 13712": "q=13712",
    "search, nothing": "q=没有",
    "search and filter": "q=硫化&priority=1",
    "several priorities": "priority=3&priority=4",
    "two rare filters": "priority=1&outcome=false&type=LL",
    "filter of old ones": "type=ROC",
    "word of old ones": "q=水合",
    "until a year ago": "until=2026-01-03T00:00:00Z",
    "by priority, one day": "sort=priority&since=2026-06-01T00:00:00Z&until=2026-06-02T00:00:00Z",
    "by priority, last page": "sort=priority&last=1",
    "search, last page": "q=氯气&last=1",
}


def fill(rows: int) -> None:
    """The park with its alarms; those of the first weeks are much of a kind that never came again."""
    from chemward.apps.core.models import Organisation
    from chemward.apps.core.register import search
    from chemward.apps.monitoring.models import AlarmOccurrence

    chance = random.Random(20260101)
    park = Organisation(kind="park", name="示范园区")
    park.save()
    works = []
    for n in range(ENTERPRISES):
        row = Organisation(kind="enterprise", name=f"示范企业 {n}", parent=park)
        row.save()
        works.append(row)

    def alarm(n: int) -> AlarmOccurrence:
        e, t = chance.randrange(ENTERPRISES), chance.randrange(TAGS)
        at = BEGAN + timedelta(seconds=n * 365 * 86400 / rows)
        is_open = chance.random() < 0.0005
        is_old = n < rows * OLD_SHARE and chance.random() < 0.6
        gas = "水合肼" if is_old else GASES[t % 8]
        return AlarmOccurrence(
            organisation=works[e],
            org_path=works[e].path,
            tag_number=e * TAGS + t,
            code=f"GT-{e}{t:02d}",
            title=f"{gas}浓度{'高' if t % 3 else '高高'}报警 · {PLACES[(e + t) % 8]}",
            type="ROC" if is_old else chance.choices(["H", "HH", "L", "LL", "BAD"], [60, 20, 10, 2, 8])[0],
            priority=chance.choices([1, 2, 3, 4], [3, 12, 35, 50])[0],
            raised_at=at,
            worsened_at=at,
            received_at=at,
            cleared_at=None if is_open else at + timedelta(minutes=4),
            is_open=is_open,
            is_late=chance.random() < 0.001,
            outcome="" if is_open else chance.choices(["true", "false", "test"], [90, 2, 8])[0],
        )

    for start in range(0, rows, 5_000):
        batch = [alarm(n) for n in range(start, min(start + 5_000, rows))]
        search.fill(batch)
        AlarmOccurrence.objects.bulk_create(batch)


def measure(path: str, query: str, repeats: int) -> tuple[list[float], list[float], int, int]:
    """Times of one case by the clock and of the processor [ms], its queries, its rows."""
    from django.db import connection
    from django.http import QueryDict
    from django.test.utils import CaptureQueriesContext

    from chemward.apps.core.register.register import get
    from chemward.apps.core.scope import Scope

    times, busy, queries, rows = [], [], 0, 0
    for _n in range(repeats):
        with CaptureQueriesContext(connection) as seen:
            started, worked = time.perf_counter(), time.process_time()
            page = get("monitoring.alarms")(Scope({"alarm.view": (path,)}), QueryDict(query)).page()
            times.append((time.perf_counter() - started) * 1000)
            busy.append((time.process_time() - worked) * 1000)
        queries, rows = len(seen), page.count
    return times, busy, queries, rows


def run(folder: str, asked: argparse.Namespace) -> int:
    """Fill the database of the folder unless it is filled, and measure all cases. Returns how many miss the aim."""
    os.environ.update(CHEMWARD_DATA=folder, DJANGO_SETTINGS_MODULE="chemward.config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from chemward.apps.core.jobs import registry
    from chemward.apps.core.models import Organisation

    call_command("migrate", verbosity=0)
    registry.kinds()
    if not Organisation.objects.exists():
        started = time.perf_counter()
        fill(asked.rows)
        print(f"{asked.rows:,} alarms in {time.perf_counter() - started:.0f} s, {connection.vendor}", flush=True)
        if connection.vendor != "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE monitoring_alarmoccurrence")
    paths = {row.name: row.path for row in Organisation.objects.filter(name__in=("示范园区", "示范企业 137"))}
    print(f"{'case':24}{'who':7}{'min':>9}{'median':>9}{'max':>9}{'processor':>11} ms  queries   rows")
    slow = 0
    for who, path in (("park", paths["示范园区"]), ("works", paths["示范企业 137"])):
        for name, query in CASES.items():
            times, busy, queries, rows = measure(path, query, asked.repeats)
            middle = statistics.median(times)
            slow += middle > AIM_MS
            mark = "  > 200 ms" if middle > AIM_MS else ""
            figures = f"{min(times):9.1f}{middle:9.1f}{max(times):9.1f}{statistics.median(busy):11.1f}"
            print(f"{name:24}{who:7}{figures}     {queries:4}  {rows:6}{mark}", flush=True)
    print(f"{slow} of {2 * len(CASES)} cases above the aim of {AIM_MS} ms (median)")
    connection.close()
    return slow


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeats", type=int, default=7)
    options.add_argument("--keep", metavar="FOLDER", help="keep the database there")
    asked = options.parse_args()
    if asked.keep:
        Path(asked.keep).mkdir(parents=True, exist_ok=True)
        run(asked.keep, asked)
        return
    with tempfile.TemporaryDirectory(prefix="chemward-registers-") as folder:
        run(folder, asked)


if __name__ == "__main__":
    sys.exit(main())
