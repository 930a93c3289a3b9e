"""Yesterday for a fresh demo: simulated readings of the hours before its first start, sent through the HTTP door as late data.

Nothing is written past the doors: the platform sees late samples, keeps them marked late and judges them into history, without
sound and without duties. It shows itself as what it is: simulated by the same park, one reading a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from chemward.demo.effects import Frame
from chemward.demo.messages import QUALITY_WORDS, Encoder, quality_classes, readings
from chemward.demo.physics import Park

STEP_S = 60
HOURS = 24.0
STEPS_A_MESSAGE = 15


@dataclass(frozen=True)
class Batch:
    """One message of one gateway: `samples` readings."""

    feed: str  # key of the plan
    body: bytes
    samples: int


def batches(park: Park, from_s: int, to_s: int, step_s: int = STEP_S, steps: int = STEPS_A_MESSAGE) -> Iterator[list[Batch]]:
    """Messages of all gateways, oldest first, yielded after every `steps` moments. Times are [s UTC], `to_s` is left out."""
    encoders = [Encoder(park.plan, feed) for feed in park.plan.feeds]
    frames: list[Frame] = []
    for second in range(from_s - from_s % step_s, to_s, step_s):
        frames.append(park.frame(second * 1000))
        if len(frames) == steps:
            yield _written(encoders, frames)
            frames = []
    if frames:
        yield _written(encoders, frames)


def _written(encoders: list[Encoder], frames: list[Frame]) -> list[Batch]:
    return [batch for encoder in encoders if (batch := _batch(encoder, frames)) is not None]


def _batch(encoder: Encoder, frames: list[Frame]) -> Batch | None:
    """Columns form; one list of codes repeated for each moment."""
    sent = [f for f in frames if encoder.feed.key not in f.silent]
    column = encoder.all
    if not sent or not column.codes:
        return None
    n = len(column.codes)
    body: dict[str, Any] = {
        "t": [round(f.t_s * 1000) for f in sent for _ in range(n)],
        "tags": column.codes * len(sent),
        "v": [v for f in sent for v in readings(column, f)],
    }
    classes = [int(c) for f in sent for c in quality_classes(column, f)]
    if any(classes):
        body["q"] = [QUALITY_WORDS[c] for c in classes]
    calibrating = [c for f in sent for c in f.calibrating[column.index].tolist()]
    if any(calibrating):
        body["cal"] = calibrating
    if column.units is not None:
        body["u"] = column.units * len(sent)
    return Batch(encoder.feed.key, orjson.dumps(body), n * len(sent))
