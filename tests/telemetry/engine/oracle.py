"""The same rules once more, slowly and in another shape: one object an alarm, plain Python, no arrays, no short cuts.

Written from the rules in `kernel`'s docstring, not from its code. Covers samples and ticks of the present.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from chemward.telemetry.engine.config import AlarmConfig, TagConfig

Told = tuple[str, str, int]
"""(kind, definition, at_ms)."""
Known = tuple[str, float | None]
"""(what the newest sample was good for, the last good value)."""


@dataclass
class Alarm:
    config: AlarmConfig
    is_raised: bool = False
    has_counted: bool = False
    timer: int | None = None
    crossings: list[int] = field(default_factory=list)
    raised_at: int | None = None
    changed_at: int | None = None

    def observe(self, at: int, is_in: bool, is_still_in: bool) -> list[Told]:
        if self.is_raised:
            return self._while_raised(at, is_still_in)
        if self.has_counted:
            self.has_counted = is_still_in
            return []
        if not is_in:
            self.timer = None
            return []
        self.timer = at if self.timer is None else self.timer
        over = self.timer + round(self.config.on_s * 1000)
        return self._cross(over) if at >= over else []

    def _while_raised(self, at: int, is_still_in: bool) -> list[Told]:
        if is_still_in:
            self.timer = None
            return []
        self.timer = at if self.timer is None else self.timer
        over = self.timer + round(self.config.off_s * 1000)
        if at < over:
            return []
        self.is_raised, self.timer = False, None
        self.changed_at = max(over, self.changed_at or over)
        return [("cleared", self.config.id, self.changed_at)]

    def _cross(self, at: int) -> list[Told]:
        self.timer = None
        self.crossings = [t for t in self.crossings if at - t <= self.config.window_s * 1000] + [at]
        if len(self.crossings) < self.config.count:
            self.has_counted = True
            return []
        self.crossings = []
        at = at if self.changed_at is None else max(at, self.changed_at)
        if self.raised_at is not None and at == self.raised_at:
            at += 1
        self.is_raised, self.raised_at, self.changed_at = True, at, at
        return [("raised", self.config.id, at)]

    def wait(self, now: int) -> list[Told]:
        """Nothing came: only a running timer can end."""
        return [] if self.timer is None else self.observe(now, not self.is_raised, not self.is_raised)


@dataclass
class Tag:
    config: TagConfig
    since: int
    ts: int | None = None
    quality: str = "none"
    good: float | None = None
    good_ts: int | None = None

    def __post_init__(self) -> None:
        self.alarms = [Alarm(a) for a in self.config.alarms if a.enabled]


class Oracle:
    """Tags by number; `judge` and `tick` tell (kind, definition, at_ms), in no particular order."""

    def __init__(self, tags: list[TagConfig], now: int) -> None:
        self.tags = {t.n: Tag(t, now) for t in tags if t.enabled}

    def judge(self, samples: list[tuple[int, int, float, int]], now: int) -> list[Told]:
        """Samples (tag, ts, value, quality). Tags by themselves as they come, comparisons by time over all."""
        told: list[Told] = []
        compared: dict[int, dict[int, Known]] = {}
        before = {n: (t.quality, t.good) for n, t in self.tags.items()}
        for n, ts, value, quality in samples:
            tag = self.tags[n]
            if tag.ts is not None and ts < tag.ts:
                continue
            condition = "held" if quality & 24 else "bad" if quality & 3 >= 2 or not math.isfinite(value) else "good"
            told += self._alone(tag, ts, value, condition, now)
            group = compared.setdefault(ts, {})
            group[n] = (condition, value if condition == "good" else group[n][1] if n in group else None)
        return told + self._compare(before, compared)

    def _alone(self, tag: Tag, ts: int, value: float, condition: str, now: int) -> list[Told]:
        told: list[Told] = []
        is_newer = tag.ts is None or ts > tag.ts
        for alarm in tag.alarms:
            kind, limit, deadband = alarm.config.type, alarm.config.limit, alarm.config.deadband
            if kind == "STALE" and is_newer:
                told += alarm.observe(now, False, False)
            elif kind == "BAD" and condition != "held":
                told += alarm.observe(ts, condition == "bad", condition == "bad")
            elif condition != "good":
                continue
            elif kind in ("H", "HH"):
                told += alarm.observe(ts, value >= limit, value >= limit - deadband)
            elif kind in ("L", "LL"):
                told += alarm.observe(ts, value <= limit, value <= limit + deadband)
            elif kind == "STATE":
                told += alarm.observe(ts, value == limit, value == limit)
            elif kind == "ROC" and is_newer and tag.good is not None and tag.good_ts is not None:
                sign = math.copysign(1, limit)
                change, span = sign * (value - tag.good) * 1000, ts - tag.good_ts
                told += alarm.observe(ts, change >= abs(limit) * span, change >= (abs(limit) - deadband) * span)
        if is_newer:
            tag.since = now
        tag.ts, tag.quality = ts, condition
        if condition == "good":
            tag.good, tag.good_ts = value, ts
        return told

    def _compare(self, before: dict[int, Known], samples: dict[int, dict[int, Known]]) -> list[Told]:
        told: list[Told] = []
        known = dict(before)
        for ts in sorted(samples):
            for n, (condition, value) in samples[ts].items():
                known[n] = (condition, known[n][1] if value is None else value)
            for n, tag in self.tags.items():
                for alarm in tag.alarms:
                    other = alarm.config.reference
                    if alarm.config.type != "DEV" or not ({n, other} & samples[ts].keys()) or other not in known:
                        continue
                    (condition, value), (_, peer) = known[n], known[other]
                    if condition == "good" and value is not None and peer is not None:
                        apart = abs(value - peer)
                        told += alarm.observe(
                            ts, apart >= alarm.config.limit, apart >= alarm.config.limit - alarm.config.deadband
                        )
        return told

    def tick(self, now: int) -> list[Told]:
        told: list[Told] = []
        for tag in self.tags.values():
            for alarm in tag.alarms:
                kind = alarm.config.type
                if kind == "STALE":
                    told += self._silence(tag, alarm, now)
                elif tag.quality == "good" or (kind == "BAD" and tag.quality == "bad"):
                    told += alarm.wait(now)
        return told

    def _silence(self, tag: Tag, alarm: Alarm, now: int) -> list[Told]:
        silent_at = tag.since + round(alarm.config.limit * 1000)
        if now < silent_at:
            return alarm.observe(now, False, False)
        told = []
        if not alarm.is_raised and alarm.timer is None and not alarm.has_counted:
            told = alarm.observe(silent_at, True, True)
        return told or alarm.observe(now, True, True)
