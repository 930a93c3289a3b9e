"""A shift in the control room, told in steps: what the instruments said, what time it is, what fired."""

from __future__ import annotations

from chemward.telemetry.engine.config import AlarmConfig, Condition, TagConfig
from chemward.telemetry.engine.engine import Engine
from chemward.telemetry.engine.events import AlarmEvent

START = 1_700_000_000_000
GOOD, UNCERTAIN, BAD_QUALITY, LATE, CALIBRATION, MAINTENANCE = 0, 1, 2, 4, 8, 16


def ms(second: float) -> int:
    return START + round(second * 1000)


def alarm(kind: str, limit: float = 0.0, **more: object) -> AlarmConfig:
    """An alarm definition named like its type unless told otherwise."""
    return AlarmConfig(**{"id": kind, "type": kind, "limit": limit, "title": kind, **more})  # type: ignore[arg-type]


def tag(n: int, *alarms: AlarmConfig, **more: object) -> TagConfig:
    return TagConfig(**{"n": n, "code": f"T{n}", "unit": "kPa", "org_path": "1.", "alarms": alarms, **more})  # type: ignore[arg-type]


def when(n: int, op: str, value: float) -> Condition:
    return Condition(tag=n, op=op, value=value)  # type: ignore[arg-type]


def brief(event: AlarmEvent) -> str:
    """`raised H @12`, with `late` in front and the tag where it is not the first."""
    second = (event.at_ms - START) / 1000
    return f"{'late ' if event.late else ''}{event.kind} {event.definition} @{second:g}"


class Shift:
    """An engine whose clock stands at `now` seconds after the start; samples arrive when they were taken unless told."""

    def __init__(self, *tags: TagConfig, **options: int) -> None:
        self.engine = Engine(**options)
        self.now = 0.0
        self.events: list[AlarmEvent] = []
        self.configure(*tags)

    def configure(self, *tags: TagConfig, page: int = 0) -> list[str]:
        return self._told(self.engine.apply_page("feed", page, tags, ms(self.now)))

    def sample(self, second: float, value: float, quality: int = GOOD, n: int = 1, now: float | None = None) -> list[str]:
        """One sample of a tag."""
        return self.batch([(n, second, value, quality)], now)

    def batch(self, samples: list[tuple[int, float, float, int]], now: float | None = None) -> list[str]:
        """One step of samples (tag, second, value, quality)."""
        self.now = max([self.now, *(s[1] for s in samples)]) if now is None else now
        columns = list(zip(*samples, strict=True)) or [(), (), (), ()]
        return self._told(self.engine.judge(columns[0], [ms(s) for s in columns[1]], columns[2], columns[3], ms(self.now)))

    def tick(self, second: float) -> list[str]:
        self.now = second
        return self._told(self.engine.tick(ms(second)))

    def _told(self, events: list[AlarmEvent]) -> list[str]:
        self.events = events
        return [brief(event) for event in events]
