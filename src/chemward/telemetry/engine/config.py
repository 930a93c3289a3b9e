"""What the engine is told to watch: tags, their alarms, and the conditions that suppress them by design.

The structs are the messages `cfg.tags.<feed>.<page>` of the CONFIG stream. Decoding checks shapes and types; `faults`
checks sense and names every fault of a tag at once, so that a form, an import and the API can show them together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Literal

import msgspec

TagKind = Literal["number", "state", "counter", "text"]
AlarmType = Literal["HH", "H", "L", "LL", "ROC", "DEV", "STATE", "STALE", "BAD"]
Operator = Literal["<", "<=", ">", ">=", "==", "!="]

PAGE_SIZE = 256
"""Tags of one configuration page, at most."""
MAX_TAG_NUMBER = 2**26
"""Tag numbers are row numbers of the database and index a table of the engine: they must stay below this."""
MAX_ALARMS = 64
"""Alarms of one tag, at most; bounds what one sample can set off."""
MAX_COUNT = 100
"""Crossings that count-in-window may ask for."""
MAX_SECONDS = 31 * 86_400
"""Longest delay, window or silence [s]."""
MAX_DEPTH = 4
"""Levels of all/any in a suppression condition: deeper logic nobody reads at three in the morning."""
MAX_COMPARISONS = 32
"""Comparisons in one suppression condition."""

HIGH_TYPES: tuple[AlarmType, ...] = ("HH", "H")
LOW_TYPES: tuple[AlarmType, ...] = ("L", "LL")
RISING_ORDER: tuple[AlarmType, ...] = ("LL", "L", "H", "HH")


class Condition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """A condition on plant state: `{"all": [...]}`, `{"any": [...]}` or `{"tag": n, "op": "<", "value": x}`.

    The three shapes share one struct because they carry no tag field; `condition_faults` holds them apart.
    """

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    tag: int | None = None
    op: Operator | None = None
    value: float | None = None


class AlarmConfig(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One alarm definition of a tag.

    id: definition id (UUID text), stable through changes of limit.
    limit: HH H L LL: value [unit of the tag]; ROC: rate [unit/s], its sign is the direction; DEV: distance [unit];
        STATE: the state number; STALE: silence [s]; BAD: not used.
    deadband: [unit of the limit] how far the value must come back before the alarm clears.
    on_s, off_s: on- and off-delay [s]. count, window_s: crossings within a window [s] before it is raised; 1 is at once.
    level: 0 none, 1 一级, 2 二级 (GB/T 50493). priority: 1 highest to 4.
    reference: DEV: number of the tag to compare with. suppress: design suppression, `reason` is shown with it.
    latch: stays until reset (judged by `state.isa_state`, not by the kernel).
    """

    id: str
    type: AlarmType
    limit: float = 0.0
    deadband: float = 0.0
    on_s: float = 0.0
    off_s: float = 0.0
    count: int = 1
    window_s: float = 0.0
    latch: bool = False
    priority: int = 3
    level: int = 0
    title: str = ""
    reference: int | None = None
    suppress: Condition | None = None
    reason: str = ""
    enabled: bool = True
    major_hazard: bool = False


class TagConfig(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One measuring point of a feed.

    n: tag number (database id). code: its name in the feed. unit: unit the value is kept in.
    conversions: unit the device may send → (factor, offset), kept = sent × factor + offset.
    lo, hi: measuring range [unit], None where there is none. period_s: usual time between samples [s].
    states: text → number of a state tag. frozen_s: unchanged for so long is suspicious [s], 0 never. lon, lat: where it stands [°].
    """

    n: int
    code: str
    name: str = ""
    kind: TagKind = "number"
    unit: str = ""
    conversions: dict[str, tuple[float, float]] = {}
    lo: float | None = None
    hi: float | None = None
    period_s: float = 0.0
    states: dict[str, int] = {}
    org_path: str = ""
    asset: str = ""
    place: str = ""
    alarms: tuple[AlarmConfig, ...] = ()
    enabled: bool = True
    frozen_s: float = 0.0
    lon: float | None = None
    lat: float | None = None


class TagPage(msgspec.Struct, frozen=True, kw_only=True):
    """The message `cfg.tags.<feed>.<page>`: the whole of one page of a feed, at most PAGE_SIZE tags."""

    feed: str
    page: int
    version: int
    tags: tuple[TagConfig, ...] = ()


_page_decoder = msgspec.json.Decoder(TagPage)
_encoder = msgspec.json.Encoder()


def decode_page(message: bytes) -> TagPage:
    """A configuration page from JSON. msgspec.ValidationError names the field that does not fit."""
    return _page_decoder.decode(message)


def encode_page(page: TagPage) -> bytes:
    """A configuration page as JSON."""
    return _encoder.encode(page)


# -- faults -----------------------------------------------------------------------------------------------------------


def faults(tag: TagConfig, known: Collection[int] | None = None) -> list[str]:
    """All faults of a tag at once, each `field: what is wrong; what to do`.

    known: numbers of the tags that exist, to check references against; None leaves references unchecked.
    """
    found = [*_tag_faults(tag)]
    for position, alarm in enumerate(tag.alarms):
        found += [f"alarms.{position}.{fault}" for fault in alarm_faults(alarm, tag, known)]
    found += _order_faults(tag)
    return found


def alarm_faults(alarm: AlarmConfig, tag: TagConfig, known: Collection[int] | None = None) -> list[str]:
    """Faults of one alarm of `tag`, each `field: what is wrong; what to do`."""
    found = [*_limit_faults(alarm, tag), *_timing_faults(alarm), *_rank_faults(alarm), *_reference_faults(alarm, tag, known)]
    if alarm.suppress is not None:
        found += condition_faults(alarm.suppress, tag.n, known)
        if not alarm.reason.strip():
            found.append("reason: missing; say why the alarm is suppressed under this condition")
    return found


def condition_faults(condition: Condition, own: int | None = None, known: Collection[int] | None = None) -> list[str]:
    """Faults of a suppression condition. own: number of the tag that carries it, which it may not ask about."""
    found: list[str] = []
    comparisons = 0
    for path, depth, node in _walk(condition, "suppress", 1):
        shapes = [
            node.all is not None,
            node.any is not None,
            node.tag is not None or node.op is not None or node.value is not None,
        ]
        if sum(shapes) != 1:
            found.append(f"{path}: must be exactly one of all, any, or tag with op and value; write one of the three")
            continue
        if depth > MAX_DEPTH:
            found.append(f"{path}: deeper than {MAX_DEPTH} levels; split the logic or compute it in the controller")
        if not shapes[2]:
            if not (node.all or node.any):
                found.append(f"{path}: empty all/any; add a comparison")
            continue
        comparisons += 1
        found += _comparison_faults(path, node, own, known)
    if comparisons > MAX_COMPARISONS:
        found.append(f"suppress: {comparisons} comparisons, at most {MAX_COMPARISONS}; compute it in the controller")
    return found


def condition_tags(condition: Condition) -> set[int]:
    """Numbers of the tags that a condition asks about."""
    return {node.tag for _, _, node in _walk(condition, "", 1) if node.tag is not None}


def _walk(node: Condition, path: str, depth: int) -> Iterator[tuple[str, int, Condition]]:
    """Nodes of a condition in reading order with path and depth; does not descend past one level too many."""
    yield path, depth, node
    if depth > MAX_DEPTH:
        return
    for name, children in (("all", node.all), ("any", node.any)):
        for position, child in enumerate(children or ()):
            yield from _walk(child, f"{path}.{name}.{position}", depth + 1)


def _comparison_faults(path: str, node: Condition, own: int | None, known: Collection[int] | None) -> list[str]:
    if node.tag is None or node.op is None or node.value is None:
        return [f"{path}: a comparison needs tag, op and value; fill in what is missing"]
    found = []
    if not math.isfinite(node.value):
        found.append(f"{path}.value: is {node.value}; give a finite number")
    if own is not None and node.tag == own:
        found.append(f"{path}.tag: an alarm may not be suppressed by its own tag; use another tag's state")
    elif known is not None and node.tag not in known:
        found.append(f"{path}.tag: tag {node.tag} is unknown; choose an existing tag")
    return found


def _tag_faults(tag: TagConfig) -> list[str]:
    found = []
    if not 0 < tag.n < MAX_TAG_NUMBER:
        found.append(f"n: {tag.n} is outside 1–{MAX_TAG_NUMBER - 1}; use the number of the database row")
    if not 1 <= len(tag.code) <= 64:
        found.append(f"code: {len(tag.code)} characters; use 1 to 64")
    found += _range_faults(tag)
    for name, seconds in (("period_s", tag.period_s), ("frozen_s", tag.frozen_s)):
        found += _seconds_faults(name, seconds)
    for unit, (factor, offset) in tag.conversions.items():
        if not (math.isfinite(factor) and math.isfinite(offset)) or factor == 0:
            found.append(f"conversions.{unit}: factor {factor}, offset {offset}; give finite numbers, factor not 0")
    if tag.kind == "state" and len(set(tag.states.values())) != len(tag.states):
        found.append("states: two texts share a number; give every state its own")
    if len(tag.alarms) > MAX_ALARMS:
        found.append(f"alarms: {len(tag.alarms)}, at most {MAX_ALARMS}; remove some")
    if len({alarm.id for alarm in tag.alarms}) != len(tag.alarms):
        found.append("alarms: two alarms share an id; give each its own")
    return found


def _range_faults(tag: TagConfig) -> list[str]:
    found = [
        f"{name}: is {end}; give a finite number"
        for name, end in (("lo", tag.lo), ("hi", tag.hi))
        if end is not None and not math.isfinite(end)
    ]
    if not found and tag.lo is not None and tag.hi is not None and tag.lo >= tag.hi:
        found.append(f"hi: {tag.hi} is not above lo {tag.lo}; give the measuring range from low to high")
    return found


def _limit_faults(alarm: AlarmConfig, tag: TagConfig) -> list[str]:
    found = []
    if tag.kind == "text" and alarm.type not in ("STALE", "BAD"):
        found.append(f"type: {alarm.type} cannot judge a text; only STALE and BAD can")
    if not math.isfinite(alarm.limit):
        found.append(f"limit: is {alarm.limit}; give a finite number")
    elif alarm.type in RISING_ORDER:
        if tag.lo is not None and alarm.limit < tag.lo:
            found.append(
                f"limit: {alarm.limit} is below the range from {tag.lo}; it could never act as meant, correct limit or range"
            )
        if tag.hi is not None and alarm.limit > tag.hi:
            found.append(
                f"limit: {alarm.limit} is above the range to {tag.hi}; it could never act as meant, correct limit or range"
            )
    elif alarm.type == "ROC" and alarm.limit == 0:
        found.append("limit: a rate of 0 says no direction; positive for rising, negative for falling [unit/s]")
    elif alarm.type == "DEV" and alarm.limit <= 0:
        found.append(f"limit: deviation {alarm.limit}; give a distance above 0")
    elif alarm.type == "STALE" and not 0 < alarm.limit <= MAX_SECONDS:
        found.append(f"limit: silence of {alarm.limit} s; give 1 to {MAX_SECONDS} seconds")
    return found + _deadband_faults(alarm, tag)


def _deadband_faults(alarm: AlarmConfig, tag: TagConfig) -> list[str]:
    if not math.isfinite(alarm.deadband) or alarm.deadband < 0:
        return [f"deadband: is {alarm.deadband}; give 0 or more"]
    if alarm.type in RISING_ORDER and tag.lo is not None and tag.hi is not None and alarm.deadband > tag.hi - tag.lo:
        return [f"deadband: {alarm.deadband} is larger than the span {tag.hi - tag.lo}; the alarm would never clear"]
    if alarm.type in ("ROC", "DEV") and alarm.deadband >= abs(alarm.limit) > 0:
        return [f"deadband: {alarm.deadband} is not below the limit {abs(alarm.limit)}; the alarm would never clear"]
    return []


def _timing_faults(alarm: AlarmConfig) -> list[str]:
    found = []
    for name, seconds in (("on_s", alarm.on_s), ("off_s", alarm.off_s), ("window_s", alarm.window_s)):
        found += _seconds_faults(name, seconds)
    if not 1 <= alarm.count <= MAX_COUNT:
        found.append(f"count: is {alarm.count}; give 1 to {MAX_COUNT}")
    elif alarm.count > 1 and not alarm.window_s > 0:
        found.append("window_s: missing; count needs the seconds within which the crossings are counted")
    return found


def _seconds_faults(name: str, seconds: float) -> list[str]:
    if 0 <= seconds <= MAX_SECONDS:
        return []
    return [f"{name}: is {seconds}; give 0 to {MAX_SECONDS} seconds"]


def _rank_faults(alarm: AlarmConfig) -> list[str]:
    found = []
    if not 1 <= alarm.priority <= 4:
        found.append(f"priority: is {alarm.priority}; give 1 (highest) to 4")
    if not 0 <= alarm.level <= 2:
        found.append(f"level: is {alarm.level}; give 0 (none), 1 (一级) or 2 (二级)")
    if not alarm.id:
        found.append("id: missing; give the id of the definition")
    return found


def _reference_faults(alarm: AlarmConfig, tag: TagConfig, known: Collection[int] | None) -> list[str]:
    if alarm.type != "DEV":
        return []
    if alarm.reference is None:
        return ["reference: missing; name the tag that the value is compared with"]
    if alarm.reference == tag.n:
        return ["reference: a tag cannot deviate from itself; name another tag"]
    if known is not None and alarm.reference not in known:
        return [f"reference: tag {alarm.reference} is unknown; choose an existing tag"]
    return []


def _order_faults(tag: TagConfig) -> list[str]:
    """Enabled limits must rise strictly LL < L < H < HH, otherwise two alarms contradict each other."""
    found = []
    limits = [
        (RISING_ORDER.index(a.type), a.type, a.limit, p) for p, a in enumerate(tag.alarms) if a.enabled and a.type in RISING_ORDER
    ]
    for rank, kind, limit, position in limits:
        for lower_rank, lower_kind, lower_limit, _ in limits:
            if lower_rank < rank and not lower_limit < limit:
                fault = f"{kind} {limit} is not above {lower_kind} {lower_limit}; limits must rise LL < L < H < HH"
                found.append(f"alarms.{position}.limit: {fault}")
    return found
