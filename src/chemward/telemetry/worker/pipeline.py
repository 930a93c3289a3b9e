"""From messages to one step's columns: decode, resolve, convert, check. Pure: messages and configuration in, columns out."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from chemward.protocols.telemetry.alarm_payload import ExternalAlarm, decode_alarms
from chemward.protocols.telemetry.faults import Faults
from chemward.protocols.telemetry.payload import HTTP_LIMITS, MQTT_LIMITS, Limits, Payload, PayloadDecoder
from chemward.telemetry.bus import subjects
from chemward.telemetry.worker import checks
from chemward.telemetry.worker.feeds import STATE, TEXT, Feed, Feeds, Resolved

log = logging.getLogger(__name__)

MAX_UNKNOWN = 10_000  # unknown codes per feed that are remembered as told
MAX_TEXT_BYTES = 1 << 20  # of one step: the journal's message has an upper size


@dataclass(slots=True, frozen=True)
class Incoming:
    """One message of an input stream. received_ms: when the stream stored it; stream, seq: its place."""

    subject: str
    data: bytes
    received_ms: int
    stream: str
    seq: int


@dataclass(slots=True, frozen=True)
class UnknownCode:
    """A code that no tag of the feed has, with an example. shown once until the configuration changes."""

    feed: Feed
    code: str
    first_ms: int
    example: float | str | None
    unit: str


@dataclass(slots=True, frozen=True)
class External:
    """An alarm of an enterprise's own system, with the place of its message and its own place therein."""

    feed: Feed
    alarm: ExternalAlarm
    received_ms: int
    stream: str
    seq: int
    index: int


@dataclass(slots=True)
class FeedNews:
    """What messages of a feed told since health was last asked, beside the counts of `checks`."""

    messages: int = 0
    samples: int = 0
    refused: int = 0
    unknown: int = 0
    alarms: int = 0
    received_ms: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    last: bytes = b""
    last_faults: Faults | None = None
    last_ms: int = 0


@dataclass(slots=True)
class Step:
    """Columns of one step, in order of arrival, and what else its messages told."""

    tag: npt.NDArray[np.int32]
    ts: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    texts: dict[int, str]
    unknown: list[UnknownCode]
    external: list[External]

    def __len__(self) -> int:
        return len(self.tag)


@dataclass(slots=True)
class _Chunks:
    slot: list[npt.NDArray[np.int32]] = field(default_factory=list)
    ts: list[npt.NDArray[np.int64]] = field(default_factory=list)
    value: list[npt.NDArray[np.float64]] = field(default_factory=list)
    quality: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    feed: list[int] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    text_bytes: int = 0
    count: int = 0


class Pipeline:
    """Takes messages into the open step; `finish` gives its columns."""

    def __init__(self, feeds: Feeds) -> None:
        self.feeds = feeds
        self.news: dict[str, FeedNews] = {}
        self.strangers: Counter[str] = Counter()  # messages of feeds that are not configured or not active, by subject
        self._decoder = PayloadDecoder()
        self._told: dict[str, set[str]] = {}
        self._begin()

    def _begin(self) -> None:
        self._chunks = _Chunks()
        self._unknown: list[UnknownCode] = []
        self._external: list[External] = []

    @property
    def samples(self) -> int:
        """Samples in the open step."""
        return self._chunks.count

    @property
    def is_full(self) -> bool:
        return self._chunks.text_bytes > MAX_TEXT_BYTES

    def take(self, message: Incoming) -> None:
        """Take one message into the open step."""
        try:
            door, _, feed_id, kind = subjects.input_parts(message.subject)
        except ValueError:
            self._stranger(message.subject)
            return
        feed = self.feeds.by_id.get(feed_id)
        if feed is None or not feed.config.active:
            self._stranger(message.subject)
            return
        limits = HTTP_LIMITS if door == "in" else MQTT_LIMITS
        news = self._news(feed_id)
        if kind == subjects.DATA:
            faults = self._take_data(feed, message, limits, news)
        elif kind == subjects.ALARM:
            faults = self._take_alarms(feed, message, limits, news)
        else:
            self._stranger(message.subject)
            return
        news.messages += 1
        news.received_ms = message.received_ms
        if faults.counts:
            news.faults.update(faults.counts)
        # A message with faults stays on show until the echo has been told, a good one gives way to the next.
        if not news.last_faults or not news.last_faults.counts or faults.counts:
            news.last, news.last_faults, news.last_ms = message.data, faults, message.received_ms

    def finish(self) -> Step:
        """Columns of the open step, checked; the next step is open."""
        chunks, unknown, external = self._chunks, self._unknown, self._external
        self._begin()
        if not chunks.count:
            return Step(*_no_columns(), {}, unknown, external)
        slot = np.concatenate(chunks.slot)
        ts = np.concatenate(chunks.ts)
        value = np.concatenate(chunks.value)
        quality = np.concatenate(chunks.quality)
        feeds = self.feeds
        checks.check(
            np.array(chunks.ends, np.int64),
            np.array(chunks.received, np.int64),
            np.array(chunks.feed, np.int32),
            slot,
            ts,
            value,
            quality,
            feeds.limits,
            feeds.counts,
            feeds.times,
            feeds.checks,
            feeds.ring,
        )
        return Step(feeds.numbers[slot], ts, value, quality, chunks.texts, unknown, external)

    # -- samples ------------------------------------------------------------------------------------------------------

    def _take_data(self, feed: Feed, message: Incoming, limits: Limits, news: FeedNews) -> Faults:
        payload = self._decoder.decode(message.data, message.received_ms, limits)
        faults = payload.faults
        count = len(payload)
        news.samples += count
        if not count:
            return faults
        resolved = self.feeds.resolve(feed, payload.tags, payload.units)
        value = payload.value
        if resolved.factor is not None and resolved.offset is not None:
            value = value * resolved.factor + resolved.offset
        if resolved.faults.counts:
            faults.include(resolved.faults)
            news.unknown += len(resolved.unknown)
            self._note_unknown(feed, payload, resolved, message.received_ms)
        texts: dict[int, str] = {}
        if payload.texts or resolved.has_states_or_texts:
            value, texts = self._words(feed, payload, resolved, value)
        news.refused += len(faults.refused)
        self._append(feed, payload, resolved.slot, value, texts, message.received_ms)
        return faults

    def _words(
        self, feed: Feed, payload: Payload, resolved: Resolved, value: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], dict[int, str]]:
        """Values with state words as their numbers, and the texts of text tags."""
        value = value.copy()
        texts: dict[int, str] = {}
        for index, text in payload.texts.items():
            slot = int(resolved.slot[index])
            if slot < 0:
                continue
            kind = resolved.kind[index]
            if kind == TEXT:
                texts[index] = text
            elif kind != STATE:
                payload.faults.add(index, "v", "not_a_number", text)
            elif text in (states := self.feeds.tag_configs[slot].states):
                value[index] = states[text]
            else:
                payload.faults.add(index, "v", "unknown_state", text)
        for index in np.flatnonzero((resolved.kind == TEXT) & (resolved.slot >= 0)).tolist():
            if index not in texts and np.isfinite(value[index]):
                texts[index], value[index] = f"{value[index]:.15g}", np.nan
        return value, texts

    def _append(
        self,
        feed: Feed,
        payload: Payload,
        slot: npt.NDArray[np.int32],
        value: npt.NDArray[np.float64],
        texts: dict[int, str],
        received_ms: int,
    ) -> None:
        ts, quality = payload.ts, payload.quality
        if payload.faults.refused:
            keep = np.ones(len(slot), bool)
            keep[list(payload.faults.refused)] = False
            places = np.cumsum(keep) - 1
            texts = {int(places[index]): text for index, text in texts.items() if keep[index]}
            slot, ts, value, quality = slot[keep], ts[keep], value[keep], quality[keep]
        chunks = self._chunks
        for index, text in texts.items():
            chunks.texts[chunks.count + index] = text
            chunks.text_bytes += 4 * len(text)
        chunks.slot.append(slot)
        chunks.ts.append(ts)
        chunks.value.append(value)
        chunks.quality.append(quality)
        chunks.count += len(slot)
        chunks.ends.append(chunks.count)
        chunks.received.append(received_ms)
        chunks.feed.append(feed.index)

    def _note_unknown(self, feed: Feed, payload: Payload, resolved: Resolved, now_ms: int) -> None:
        told = self._told.setdefault(feed.config.feed, set())
        for index, code, unit in resolved.unknown:
            if code in told or len(told) >= MAX_UNKNOWN:
                continue
            told.add(code)
            number = float(payload.value[index])
            example = payload.texts.get(index, number if np.isfinite(number) else None)
            self._unknown.append(UnknownCode(feed, code, now_ms, example, unit))

    def forget_told(self, feed_id: str) -> None:
        """Unknown codes of a feed are told again: its tags changed."""
        self._told.pop(feed_id, None)

    # -- alarms of enterprises' own systems ---------------------------------------------------------------------------

    def _take_alarms(self, feed: Feed, message: Incoming, limits: Limits, news: FeedNews) -> Faults:
        alarms, faults = decode_alarms(message.data, message.received_ms, limits.max_bytes)
        news.alarms += len(alarms)
        news.refused += len(faults.refused)
        for index, alarm in enumerate(alarms):
            self._external.append(External(feed, alarm, message.received_ms, message.stream, message.seq, index))
        return faults

    # -- counting -----------------------------------------------------------------------------------------------------

    def _news(self, feed_id: str) -> FeedNews:
        news = self.news.get(feed_id)
        if news is None:
            news = self.news[feed_id] = FeedNews()
        return news

    def _stranger(self, subject: str) -> None:
        self.strangers[subject if len(self.strangers) < 1000 else "…"] += 1


def _no_columns() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    return np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.float64), np.zeros(0, np.uint8)
