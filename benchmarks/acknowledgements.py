"""10,000 alarms acknowledged at once, each with its entry in the audit and its announcement, on SQLite as in operation.

    python benchmarks/acknowledgements.py [--alarms 10000] [--repeats 3]

A fresh database on disk, the alarms put in as the recorder puts them in, then `alarms.acknowledge` by a duty officer, by the clock. Checked
after each: every alarm acknowledged, an audit entry for each. Aim: 10,000 in less than 3 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AIM_S = 3.0


def plant(now: datetime, tags: int) -> tuple[Any, list[Any]]:
    """A duty officer and alarm definitions of an enterprise."""
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
        platform, username="duty", display_name="Duty", home=place, memberships=[(place, "duty_officer")], now=now
    )
    feed = feeds.create(platform, enterprise.uuid, "gateway", now=now)
    judged = {"limit": 50.0, "priority": 3, "level": 2}
    news = [NewTag(f"GT-{i:04d}", {"name": "gas", "unit": "ppm"}, [NewAlarm("HH", "high", judged)]) for i in range(tags)]
    tag_acts.enter(platform, feed.uuid, news, now=now)
    return Actor.of(user), list(AlarmDefinition.objects.select_related("tag__feed"))


def raise_alarms(definitions: list[Any], count: int, first_ms: int) -> list[Any]:
    """Open alarms as the engine tells of them; their ids."""
    from chemward.apps.monitoring.keeping import keep_alarms
    from chemward.telemetry.engine.events import occurrence_id

    ids = []
    for start in range(0, count, 500):
        bodies = []
        for i in range(start, min(start + 500, count)):
            d, at_ms = definitions[i % len(definitions)], first_ms + i
            ids.append(occurrence_id(str(d.uuid), at_ms))
            bodies.append(body(d, ids[-1], at_ms))
        keep_alarms(bodies, datetime.now(UTC))
    return ids


def body(definition: Any, id_: str, at_ms: int) -> dict[str, Any]:
    d = definition
    told = {"id": id_, "def": str(d.uuid), "tag": d.tag_id, "kind": "raised", "at_ms": at_ms, "received_ms": at_ms, "value": 60.0}
    said = {"limit": d.limit, "type": d.type, "priority": d.priority, "level": d.level, "title": d.title, "code": d.tag.code}
    rest = {"unit": d.tag.unit, "late": False, "org_path": d.org_path, "feed": d.tag.feed.key, "step": 1}
    return {**told, **said, **rest, "suppressed": False, "reason": ""}


def measure(alarms: int, repeats: int) -> tuple[list[float], list[float]]:
    """Seconds by the clock and of processor time for each repeat, all alarms acknowledged in one call."""
    from uuid import UUID

    from chemward.apps.core.models import AuditEntry
    from chemward.apps.monitoring.actions import alarms as acts
    from chemward.apps.monitoring.models import AlarmOccurrence

    actor, definitions = plant(datetime.now(UTC), 200)
    took: list[float] = []
    busy: list[float] = []
    for _ in range(repeats):
        ids = raise_alarms(definitions, alarms, time.time_ns() // 1_000_000 - alarms)
        entries = AuditEntry.objects.count()
        began, worked = time.perf_counter(), time.process_time()
        outcomes = acts.acknowledge(actor, [acts.Seen(UUID(i)) for i in ids], now=datetime.now(UTC))
        took.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
        assert len(outcomes.done) == alarms, f"{len(outcomes.done)} of {alarms} acknowledged"
        assert AuditEntry.objects.count() - entries == alarms, "an acknowledgement is not in the audit"
        assert not AlarmOccurrence.objects.filter(uuid__in=ids[:500], park_acked_at=None).exists()
    return took, busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chemward-bench-") as folder:
        os.environ["CHEMWARD_DATA"] = str(Path(folder) / "var")
        os.environ.pop("CHEMWARD_DATABASE", None)
        from chemward.config.setup import migrate, start_django

        Path(os.environ["CHEMWARD_DATA"]).mkdir()
        start_django()
        migrate()
        took, busy = measure(options.alarms, options.repeats)
    name = f"{options.alarms:,} acknowledgements, each audited"
    print(f"{'':<46} {'min':>8} {'median':>8} {'max':>8}")
    print(f"{name:<46} {min(took):8.2f} {statistics.median(took):8.2f} {max(took):8.2f} s   aim < {AIM_S:g} s")
    print(f"{'  of which processor time':<46} {min(busy):8.2f} {statistics.median(busy):8.2f} {max(busy):8.2f} s")


if __name__ == "__main__":
    sys.exit(main())
