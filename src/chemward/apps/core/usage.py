"""Use of the platform, counted in memory and written once in a while: looking at a page is not a database write."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.db.models import F

from chemward.apps.core.models import UsageDay, User

log = logging.getLogger(__name__)
FLUSH_S = 30
LOCAL = ZoneInfo("Asia/Shanghai")


@dataclass
class _Count:
    org_path: str
    pages: int = 0
    acts: int = 0
    api_calls: int = 0
    minutes: set[int] = field(default_factory=set)
    last_s: float = 0


_counts: dict[tuple[int, date], _Count] = {}
_lock = threading.Lock()
_flushed_s = time.time()


def count(user: User, path: str, method: str) -> None:
    """Count one request of a user; writes all counts when the last writing was a while ago."""
    global _flushed_s
    now_s = time.time()
    day = datetime.fromtimestamp(now_s, LOCAL).date()
    with _lock:
        row = _counts.setdefault((user.pk, day), _Count(user.org_path if user.home_id else ""))
        if path.startswith("/api/"):
            row.api_calls += 1
        elif method == "GET":
            row.pages += 1
        else:
            row.acts += 1
        row.minutes.add(int(now_s // 60))
        row.last_s = now_s
        is_due = now_s - _flushed_s > FLUSH_S
        if is_due:
            _flushed_s = now_s
    if is_due:
        try:
            flush()
        except DatabaseError:
            # Counting must never cost anybody a page.
            log.exception("use of the platform was not written")


def flush() -> None:
    """Write what was counted."""
    with _lock:
        taken = dict(_counts)
        _counts.clear()
    if not taken:
        return
    known = set(User.objects.filter(pk__in={user_id for user_id, _day in taken}).values_list("pk", flat=True))
    with transaction.atomic():
        for (user_id, day), c in taken.items():
            if user_id not in known:
                continue
            last_at = datetime.fromtimestamp(c.last_s, UTC)
            row, made = UsageDay.objects.get_or_create(
                user_id=user_id,
                day=day,
                defaults={
                    "org_path": c.org_path,
                    "pages": c.pages,
                    "acts": c.acts,
                    "api_calls": c.api_calls,
                    "active_minutes": len(c.minutes),
                    "last_at": last_at,
                },
            )
            if not made:
                UsageDay.objects.filter(pk=row.pk).update(
                    pages=F("pages") + c.pages,
                    acts=F("acts") + c.acts,
                    api_calls=F("api_calls") + c.api_calls,
                    active_minutes=F("active_minutes") + len(c.minutes),
                    last_at=last_at,
                )
