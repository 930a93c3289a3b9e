"""What devices send: one message → columns of samples and a list of faults. Pure: no clock, no network, no configuration.

The written format with examples is `docs/payload.md`. JSON forms are told apart by their fields, binary by its magic `CWB1`:

- `{"tag", "v", …}` one sample; `[{"tag", "v", …}, …]` rows; `{"t", "samples": [rows]}` rows with shared fields;
- `{"tags": […], "v": […], …}` columns, the fast form.

Fields: tag string code · v number, bool or string · t int [ms since 1970 UTC] or ISO 8601 with offset, absent = time of receipt ·
q good/uncertain/bad or 0–2 · u unit · cal, maint flags. A faulty sample never blocks the good ones of its message, and no bytes
whatever raise anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from chemward.protocols.telemetry import binary_payload, json_payload
from chemward.protocols.telemetry.batch import Float64, Int64, UInt8
from chemward.protocols.telemetry.columns import RawColumns, build
from chemward.protocols.telemetry.faults import MESSAGE, Fault, Faults, UnreadableMessage
from chemward.protocols.telemetry.taglists import TagList, TagListCache


@dataclass(frozen=True)
class Limits:
    """What one message may hold. max_bytes [B], max_samples [1]."""

    max_bytes: int
    max_samples: int = 50_000


MQTT_LIMITS: Final = Limits(max_bytes=1 << 20)
HTTP_LIMITS: Final = Limits(max_bytes=8 << 20)


@dataclass(slots=True)
class Payload:
    """Decoded samples, columns of shape (n,) in the order of the message.

    tags: codes; the same object for the same list of codes.
    units: one unit for all, or one per sample, or None where the device named none.
    ts [ms UTC]; value (NaN where the sample is a text or bad without a number); quality byte (class, calibration, maintenance).
    texts: index → text. Samples whose index is in `faults.refused` are to be left out.
    """

    tags: TagList
    units: str | tuple[str | None, ...] | None
    ts: Int64
    value: Float64
    quality: UInt8
    texts: Mapping[int, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def listed_faults(self) -> list[Fault]:
        return self.faults.listed


class PayloadDecoder:
    """Decodes messages, remembering lists of codes from message to message."""

    def __init__(self, cache: TagListCache | None = None) -> None:
        self._cache = cache or TagListCache()

    def decode(self, data: bytes, received_ms: int, limits: Limits = MQTT_LIMITS) -> Payload:
        """The samples of a message received at `received_ms` [ms UTC]. Never raises on content: see `Payload.faults`."""
        if len(data) > limits.max_bytes:
            return _refused("too_large", f"{len(data)} > {limits.max_bytes} B")
        faults = Faults()
        parse = binary_payload.parse if data[:4] == binary_payload.MAGIC else json_payload.parse
        try:
            raw = parse(data, faults, self._cache)
        except UnreadableMessage as unreadable:
            faults.add(MESSAGE, "", unreadable.code, unreadable.shown)
            return _empty(faults)
        if not len(raw.tags):
            return _refused("empty")
        if len(raw.tags) > limits.max_samples:
            return _refused("too_many_samples", str(len(raw.tags)))
        return _payload(raw, received_ms, faults)


def _payload(raw: RawColumns, received_ms: int, faults: Faults) -> Payload:
    if raw.tags.faults.counts:
        faults.include(raw.tags.faults)
    built = build(raw, received_ms, faults)
    if built is None:
        return _empty(faults)
    return Payload(raw.tags, built.units, built.ts, built.value, built.quality, built.texts, faults)


_NO_TAGS = TagList(())


def _refused(code: str, shown: str | None = None) -> Payload:
    faults = Faults()
    faults.add(MESSAGE, "", code, shown)
    return _empty(faults)


def _empty(faults: Faults) -> Payload:
    none = np.empty(0)
    return Payload(_NO_TAGS, None, none.astype(np.int64), none, none.astype(np.uint8), {}, faults)
