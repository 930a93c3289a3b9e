"""Configuration messages read for the worker: which of them count, and what they say."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import msgspec

from chemward.telemetry.bus import subjects
from chemward.telemetry.engine.config import TagPage, decode_page
from chemward.telemetry.worker.feed_config import FeedConfig
from chemward.telemetry.worker.feeds import Feeds
from chemward.telemetry.worker.reading import Stored

log = logging.getLogger(__name__)

FILTERS = [subjects.ALL_FEED_CONFIG, subjects.ALL_TAG_CONFIG]

_feed_decoder = msgspec.json.Decoder(FeedConfig)


@dataclass(slots=True)
class Changes:
    """Configuration that comes into force with a step. seq: the last message of it, as the journal's cfg_seq."""

    seq: int
    feeds: list[FeedConfig] = field(default_factory=list)
    pages: list[TagPage] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.feeds or self.pages)


def read(messages: list[Stored], seq: int) -> Changes:
    """What these messages say. One that cannot be read is told in the log and left out: it must not stop the others."""
    changes = Changes(seq)
    for message in messages:
        changes.seq = message.seq
        try:
            if message.subject.startswith("cfg.feed."):
                changes.feeds.append(_feed_decoder.decode(message.data))
            elif message.subject.startswith("cfg.tags."):
                changes.pages.append(_page(message))
        except msgspec.MsgspecError as fault:
            log.error("configuration %s (%d) cannot be read: %s", message.subject, message.seq, fault)
    return changes


def _page(message: Stored) -> TagPage:
    if message.data:
        return decode_page(message.data)
    _, _, feed, page = message.subject.split(".")  # an empty body withdraws the page
    return TagPage(feed=feed, page=int(page), version=0)


def apply(changes: Changes, feeds: Feeds) -> None:
    """Bring feeds and tags up to these changes."""
    for config in changes.feeds:
        feeds.apply_feed(config)
    for page in changes.pages:
        feeds.apply_page(page)
