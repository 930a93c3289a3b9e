"""What the page of a feed shows: rates, gaps, clock, faults. Pure: counts in, messages out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from chemward.protocols.telemetry.binary_payload import MAGIC
from chemward.telemetry.worker import checks
from chemward.telemetry.worker.feeds import Feed, Feeds
from chemward.telemetry.worker.pipeline import FeedNews, Pipeline

MAX_ECHO = 2_048
SILENT_EVERY_MS = 10_000  # a feed that sends nothing is told this often


class Health:
    """Turns the growing counts of feeds into one message per feed and window."""

    def __init__(self, feeds: Feeds, pipeline: Pipeline, now_ms: int) -> None:
        self._feeds = feeds
        self._pipeline = pipeline
        self._since_ms = now_ms
        self._window_began_ms = now_ms
        self._counted = feeds.counts.copy()
        self._totals: dict[str, Counter[str]] = {}
        self._told_ms: dict[str, int] = {}

    def bodies(self, now_ms: int) -> list[dict[str, Any]]:
        """Messages of the feeds that sent something since the last call, and now and then of the silent ones."""
        feeds = self._feeds
        news, self._pipeline.news = self._pipeline.news, {}
        before = np.zeros_like(feeds.counts)
        before[: len(self._counted)] = self._counted
        gained = feeds.counts - before
        self._counted = feeds.counts.copy()
        window_s = max(now_ms - self._window_began_ms, 1) / 1000
        self._window_began_ms = now_ms
        frozen = self._frozen()
        told = []
        for feed in feeds.by_index:
            if not feed.is_configured:
                continue
            heard = news.get(feed.config.feed)
            if heard is None and now_ms - self._told_ms.get(feed.config.feed, 0) < SILENT_EVERY_MS:
                continue
            self._told_ms[feed.config.feed] = now_ms
            told.append(self._body(feed, heard or FeedNews(), gained[feed.index], int(frozen[feed.index]), now_ms, window_s))
        feeds.times[:, checks.SKEW] = checks.NEVER
        return told

    def _body(self, feed: Feed, news: FeedNews, gained: Any, frozen: int, now_ms: int, window_s: float) -> dict[str, Any]:
        window = dict(zip(checks.COUNTS, gained.tolist(), strict=True))
        window["accepted"] = window.pop("samples")
        window |= {
            "messages": news.messages,
            "samples": news.samples,
            "refused": news.refused,
            "unknown": news.unknown,
            "alarms": news.alarms,
            "faults": sum(news.faults.values()),
        }
        totals = self._totals.setdefault(feed.config.feed, Counter())
        totals.update(window)
        times = self._feeds.times[feed.index].tolist()
        return {
            "feed": feed.config.feed,
            "org_path": feed.config.org_path,
            "at_ms": now_ms,
            "window_s": round(window_s, 3),
            "rate": round(window["accepted"] / window_s, 2),
            **window,
            "fault_codes": dict(news.faults),
            "frozen": frozen,
            "tags": len(feed.tags),
            "lag_ms": _known(times[checks.LAG]),
            "skew_ms": _known(times[checks.SKEW]),
            "last_sample_ms": _known(times[checks.NEWEST]),
            "last_received_ms": news.received_ms or None,
            "conformity": conformity(totals),
            "since_ms": self._since_ms,
            "totals": dict(totals),
        }

    def _frozen(self) -> Any:
        """Tags per feed whose value has not changed for longer than their setting allows, by source time."""
        tags = self._feeds.checks
        is_frozen = (tags["feed"] >= 0) & (tags["frozen_ms"] > 0) & (tags["last_ts"] - tags["changed_at"] > tags["frozen_ms"])
        return np.bincount(tags["feed"][is_frozen], minlength=len(self._feeds.by_index) or 1)


def conformity(totals: Counter[str]) -> float | None:
    """Share of samples without any fault [0–1]: readable, known, in time, in range, not repeated. None before the first one."""
    return round(totals["clean"] / totals["samples"], 4) if totals["samples"] else None


def echo(feed: str, news: FeedNews, now_ms: int) -> dict[str, Any]:
    """The last message of a feed as it came, with its faults, for the onboarding page. Text is shortened to MAX_ECHO bytes."""
    shown = news.last[:MAX_ECHO]
    is_binary = news.last[:4] == MAGIC
    faults = news.last_faults
    return {
        "feed": feed,
        "at_ms": now_ms,
        "received_ms": news.last_ms,
        "size": len(news.last),
        "is_cut": len(news.last) > MAX_ECHO,
        "is_binary": is_binary,
        "text": shown.hex(" ") if is_binary else shown.decode("utf-8", "replace"),
        "faults": [
            {"index": f.index, "field": f.field, "code": f.code, "message": f.message, "remedy": f.remedy}
            for f in (faults.listed if faults else ())
        ],
        "fault_count": sum(faults.counts.values()) if faults else 0,
    }


def _known(time_ms: int) -> int | None:
    return None if time_ms <= checks.NEVER else time_ms
