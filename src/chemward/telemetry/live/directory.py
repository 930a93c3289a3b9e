"""What live knows of feeds, tags and alarm definitions, from CONFIG: names and places beside bare numbers."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import msgspec

from chemward.telemetry.worker.feed_config import FeedConfig

log = logging.getLogger(__name__)


class AlarmEntry(msgspec.Struct, frozen=True, gc=False):
    """Of an alarm definition, what a console row shows and the event does not say."""

    id: str
    latch: bool = False
    major_hazard: bool = False


class TagEntry(msgspec.Struct, frozen=True, gc=False):
    """Of a tag, what a console row or a value shows."""

    n: int
    code: str
    org_path: str = ""
    asset: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    alarms: tuple[AlarmEntry, ...] = ()


class _Page(msgspec.Struct):
    feed: str
    page: int
    tags: tuple[TagEntry, ...] = ()


_page_decoder = msgspec.json.Decoder(_Page)
_feed_decoder = msgspec.json.Decoder(FeedConfig)


@dataclass
class Directory:
    """Feeds by id, tags by number."""

    feeds: dict[str, FeedConfig] = field(default_factory=dict)
    tags: dict[int, TagEntry] = field(default_factory=dict)
    _pages: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)

    def apply(self, subject: str, data: bytes) -> None:
        """Take a message `cfg.feed.…` or `cfg.tags.…`; one that cannot be read is told in the log and left out."""
        try:
            if subject.startswith("cfg.feed."):
                config = _feed_decoder.decode(data)
                self.feeds[config.feed] = config
            elif subject.startswith("cfg.tags."):
                self._apply_page(_page_decoder.decode(data))
        except msgspec.MsgspecError as fault:
            log.error("configuration %s cannot be read: %s", subject, fault)

    def _apply_page(self, page: _Page) -> None:
        key = (page.feed, page.page)
        for n in self._pages.get(key, ()):
            self.tags.pop(n, None)
        self._pages[key] = tuple(tag.n for tag in page.tags)
        self.tags.update({tag.n: tag for tag in page.tags})

    def alarm(self, tag: int, definition: str) -> AlarmEntry:
        """The definition of a tag's alarm; a plain one when it is not known any more."""
        entry = self.tags.get(tag)
        return next((a for a in entry.alarms if a.id == definition), AlarmEntry(definition)) if entry else AlarmEntry(definition)
