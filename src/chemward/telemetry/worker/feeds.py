"""What the worker knows of feeds and tags: codes to numbers, units to factors, limits of time and range."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chemward.protocols.telemetry.faults import Faults
from chemward.protocols.telemetry.taglists import TagList
from chemward.protocols.telemetry.units import canonical
from chemward.telemetry.engine.config import TagConfig, TagPage
from chemward.telemetry.worker import checks
from chemward.telemetry.worker.feed_config import FeedConfig

log = logging.getLogger(__name__)

Units = str | tuple[str | None, ...] | None

MAX_RESOLVED = 4096  # lists of codes per feed that are kept resolved
NUMBER, STATE, COUNTER, TEXT = range(4)
KINDS = {"number": NUMBER, "state": STATE, "counter": COUNTER, "text": TEXT}


@dataclass(slots=True, frozen=True)
class Resolved:
    """A list of codes with its units, in numbers. slot: row of the tag table, -1 unknown or refused. factor, offset: None where
    nothing is to be converted. kind: KINDS of each. faults: of the list itself. unknown: codes that no tag has, with their unit."""

    slot: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    factor: npt.NDArray[np.float64] | None
    offset: npt.NDArray[np.float64] | None
    faults: Faults
    unknown: tuple[tuple[int, str, str], ...]
    has_states_or_texts: bool


@dataclass(slots=True)
class Feed:
    """One feed. index: row in the tables of counts. tags: code → slot. pages: what each page of configuration holds."""

    index: int
    config: FeedConfig
    is_configured: bool = False
    tags: dict[str, int] = field(default_factory=dict)
    pages: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    resolved: dict[tuple[TagList, Units], Resolved] = field(default_factory=dict)


class Feeds:
    """All feeds and tags of a partition, changed by configuration messages."""

    def __init__(self) -> None:
        self.by_id: dict[str, Feed] = {}
        self.by_index: list[Feed] = []
        self.tag_configs: list[TagConfig] = []
        self.numbers: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self.checks = checks.fresh_tags(0)
        self.ring: npt.NDArray[np.int64] = np.zeros((0, checks.REMEMBERED), np.int64)
        self.limits: npt.NDArray[Any] = np.zeros(0, checks.FEED_LIMIT)
        self.counts: npt.NDArray[np.int64] = np.zeros((0, len(checks.COUNTS)), np.int64)
        self.times: npt.NDArray[np.int64] = np.zeros((0, 3), np.int64)
        self._slot_of: dict[int, int] = {}

    # -- configuration ------------------------------------------------------------------------------------------------

    def apply_feed(self, config: FeedConfig) -> None:
        """A feed's own settings, in force from now on."""
        feed = self._feed(config.feed)
        feed.config, feed.is_configured = config, True
        self.limits[feed.index] = (round(config.lateness_s * 1000), round(config.max_skew_s * 1000))
        for slot in feed.tags.values():
            self._set_period(slot, feed)

    def apply_page(self, page: TagPage) -> None:
        """One page of a feed's tags, replacing what the page held before."""
        feed = self._feed(page.feed)
        feed.resolved.clear()
        for code, slot in feed.pages.get(page.page, ()):
            if feed.tags.get(code) == slot:
                del feed.tags[code]
                self.checks["feed"][slot] = -1
        held = []
        self._reserve(len(self.tag_configs) + len(page.tags))
        for tag in page.tags:
            slot = self._slot(tag)
            feed.tags[tag.code] = slot
            self.checks["feed"][slot] = feed.index
            self._set_period(slot, feed)
            held.append((tag.code, slot))
        feed.pages[page.page] = held

    def _feed(self, feed_id: str) -> Feed:
        feed = self.by_id.get(feed_id)
        if feed is None:
            # A page may come before the feed's own message: defaults until then, and not active.
            config = FeedConfig(feed=feed_id, shard="00", active=False)
            feed = Feed(len(self.by_index), config)
            self.by_id[feed_id] = feed
            self.by_index.append(feed)
            size = len(self.by_index)
            self.limits = _grown(self.limits, size)
            self.counts = _grown(self.counts, size)
            self.times = _grown(self.times, size, fill=checks.NEVER)
            self.limits[feed.index] = (round(config.lateness_s * 1000), round(config.max_skew_s * 1000))
        return feed

    def _slot(self, tag: TagConfig) -> int:
        slot = self._slot_of.get(tag.n)
        if slot is None:
            slot = self._slot_of[tag.n] = len(self.tag_configs)
            self.tag_configs.append(tag)
        self.tag_configs[slot] = tag
        self.numbers[slot] = tag.n
        row = self.checks[slot]
        row["lo"] = -np.inf if tag.lo is None else tag.lo
        row["hi"] = np.inf if tag.hi is None else tag.hi
        row["frozen_ms"] = round(tag.frozen_s * 1000)
        return slot

    def _set_period(self, slot: int, feed: Feed) -> None:
        self.checks["period_ms"][slot] = round((self.tag_configs[slot].period_s or feed.config.period_s) * 1000)

    def _reserve(self, slots: int) -> None:
        if slots <= len(self.numbers):
            return
        size = max(slots, 2 * len(self.numbers), 1024)
        fresh = checks.fresh_tags(size)
        fresh[: len(self.checks)] = self.checks
        self.checks = fresh
        self.numbers = _grown(self.numbers, size)
        self.ring = _grown(self.ring, size, fill=checks.NEVER)

    def number(self, feed: Feed, code: str) -> int | None:
        """Number of the feed's tag with this code, None when there is none."""
        slot = feed.tags.get(code)
        return None if slot is None else self.tag_configs[slot].n

    # -- resolution ---------------------------------------------------------------------------------------------------

    def resolve(self, feed: Feed, tags: TagList, units: Units) -> Resolved:
        """Codes and units of a message in numbers; remembered, because devices send the same lists again and again."""
        known = feed.resolved.get((tags, units))
        if known is not None:
            return known
        made = self._resolve(feed, tags, units)
        if len(feed.resolved) >= MAX_RESOLVED:
            feed.resolved.clear()
        feed.resolved[tags, units] = made
        return made

    def _resolve(self, feed: Feed, tags: TagList, units: Units) -> Resolved:
        count = len(tags)
        slots = np.full(count, -1, np.int32)
        kinds = np.zeros(count, np.uint8)
        factors, offsets = np.ones(count), np.zeros(count)
        faults = Faults()
        unknown = []
        for index, code in enumerate(tags.codes):
            unit = units if isinstance(units, str) else units[index] if units else None
            slot = feed.tags.get(code)
            if slot is None:
                if index not in tags.faults.refused:
                    faults.add(index, "tag", "unknown_tag", code)
                    unknown.append((index, code, unit or ""))
                continue
            tag = self.tag_configs[slot]
            conversion = _conversion(tag, unit)
            if not tag.enabled:
                faults.add(index, "tag", "disabled_tag", code)
            elif conversion is None:
                faults.add(index, "u", "no_conversion", f"{unit} → {tag.unit}")
            else:
                slots[index], kinds[index] = slot, KINDS[tag.kind]
                factors[index], offsets[index] = conversion
        is_plain = bool((factors == 1).all() and (offsets == 0).all())
        return Resolved(
            slot=slots,
            kind=kinds,
            factor=None if is_plain else factors,
            offset=None if is_plain else offsets,
            faults=faults,
            unknown=tuple(unknown),
            has_states_or_texts=bool(((kinds == STATE) | (kinds == TEXT)).any()),
        )


def _conversion(tag: TagConfig, unit: str | None) -> tuple[float, float] | None:
    """(factor, offset) to the tag's unit; None when there is no way. A tag without a unit takes any."""
    if unit is None or not tag.unit or unit == tag.unit:
        return 1.0, 0.0
    for name in (unit, canonical(unit)):
        if name in tag.conversions:
            return tag.conversions[name]
    return (1.0, 0.0) if canonical(unit) == canonical(tag.unit) else None


def _grown(old: npt.NDArray[Any], size: int, fill: int = 0) -> npt.NDArray[Any]:
    """A larger array with the old rows first; grows by doubling."""
    if len(old) >= size:
        return old
    grown = np.zeros((max(size, 2 * len(old)), *old.shape[1:]), old.dtype)
    if fill:
        grown[len(old) :] = fill
    grown[: len(old)] = old
    return grown
