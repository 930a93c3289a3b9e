"""Settings of a feed as CONFIG carries them."""

from __future__ import annotations

import msgspec


class FeedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The message `cfg.feed.<feed>`. lateness_s, period_s, max_skew_s [s]."""

    feed: str
    shard: str
    org_path: str = ""
    enterprise: str | int = ""
    name: str = ""
    lateness_s: float = 60.0
    period_s: float = 0.0
    max_skew_s: float = 30.0
    active: bool = True
    version: int = 0
