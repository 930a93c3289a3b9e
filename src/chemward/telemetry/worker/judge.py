"""The engine step by step. The live worker and its recovery call the same `step`, so the same journal gives the same events."""

from __future__ import annotations

from collections.abc import Sequence

from chemward.protocols.telemetry.batch import BatchHeader, Float64, Int32, Int64, UInt8
from chemward.telemetry.engine.config import TagPage
from chemward.telemetry.engine.engine import Engine
from chemward.telemetry.engine.events import AlarmEvent


class Judge:
    """An engine and the rule in which order a step's inputs reach it: configuration, samples, clock."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()

    def step(
        self, header: BatchHeader, pages: Sequence[TagPage], tag: Int32, ts: Int64, value: Float64, quality: UInt8
    ) -> list[AlarmEvent]:
        """Events of one step, in order. pages: configuration that came into force just before its samples."""
        events: list[AlarmEvent] = []
        for page in pages:
            events += self.engine.apply_page(page.feed, page.page, page.tags, header.now_ms)
        if len(tag):
            events += self.engine.judge(tag, ts, value, quality, header.now_ms)
        # A function of the engine's state and the recorded clock alone: recovery ticks at the same steps.
        if self.is_due(header.now_ms):
            events += self.engine.tick(header.now_ms)
        for event in events:
            event.step = header.step
        return events

    def is_due(self, now_ms: int) -> bool:
        """Whether a delay, a silence or another timed thing has come due."""
        due = self.engine.due_ms()
        return due is not None and due <= now_ms

    def snapshot(self) -> bytes:
        return self.engine.snapshot()

    @classmethod
    def restore(cls, blob: bytes) -> Judge:
        """SnapshotFault when the engine cannot go on from it."""
        return cls(Engine.restore(blob))
