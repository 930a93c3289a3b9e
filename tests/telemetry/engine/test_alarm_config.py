"""Configuration: pages as JSON, and all faults of a tag at once."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given

from chemward.telemetry.engine.config import (
    MAX_ALARMS,
    AlarmConfig,
    Condition,
    TagConfig,
    TagPage,
    condition_tags,
    decode_page,
    encode_page,
    faults,
)
from tests.telemetry.engine.scenes import plants
from tests.telemetry.engine.shift import alarm, tag, when


def fields(faulty: TagConfig, known: set[int] | None = None) -> list[str]:
    """Fields that are at fault."""
    return [fault.split(":")[0] for fault in faults(faulty, known)]


def sound() -> TagConfig:
    return tag(
        1, alarm("L", 20, deadband=2), alarm("H", 80, deadband=2, on_s=5), alarm("HH", 90, priority=1, level=2), lo=0, hi=100
    )


def test_a_sound_tag_has_no_faults() -> None:
    assert faults(sound(), {1}) == []


def test_all_faults_are_named_at_once_each_with_a_remedy() -> None:
    wrong = tag(
        1,
        alarm("H", 10, deadband=-1, priority=5),
        alarm("L", 20, id="L", on_s=-1, level=3),
        alarm("DEV", 0, reference=9),
        lo=0,
        hi=100,
    )
    found = faults(wrong, {1})
    assert fields(wrong, {1}) == [
        "alarms.0.deadband",
        "alarms.0.priority",
        "alarms.1.on_s",
        "alarms.1.level",
        "alarms.2.limit",
        "alarms.2.reference",
        "alarms.0.limit",
    ]
    assert all(";" in fault for fault in found), "each says what to do"


@pytest.mark.parametrize(
    ("faulty", "field"),
    [
        (tag(0), "n"),
        (tag(1, code=""), "code"),
        (tag(1, code="x" * 65), "code"),
        (tag(1, lo=5, hi=5), "hi"),
        (tag(1, lo=math.nan), "lo"),
        (tag(1, period_s=-1), "period_s"),
        (tag(1, conversions={"ppm": (0, 1)}), "conversions.ppm"),
        (tag(1, kind="state", states={"run": 1, "stop": 1}), "states"),
        (tag(1, *[alarm("H", 1, id=str(i)) for i in range(MAX_ALARMS + 1)]), "alarms"),
        (tag(1, alarm("H", 1), alarm("L", 0, id="H")), "alarms"),
        (tag(1, alarm("H", 101), lo=0, hi=100), "alarms.0.limit"),
        (tag(1, alarm("L", -1), lo=0, hi=100), "alarms.0.limit"),
        (tag(1, alarm("H", 50, deadband=101), lo=0, hi=100), "alarms.0.deadband"),
        (tag(1, alarm("H", math.inf)), "alarms.0.limit"),
        (tag(1, alarm("H", 1), kind="text"), "alarms.0.type"),
        (tag(1, alarm("ROC", 0)), "alarms.0.limit"),
        (tag(1, alarm("ROC", -2, deadband=2)), "alarms.0.deadband"),
        (tag(1, alarm("STALE", 0)), "alarms.0.limit"),
        (tag(1, alarm("H", 1, count=0)), "alarms.0.count"),
        (tag(1, alarm("H", 1, count=3)), "alarms.0.window_s"),
        (tag(1, alarm("H", 1, id="")), "alarms.0.id"),
        (tag(1, alarm("DEV", 1)), "alarms.0.reference"),
        (tag(1, alarm("DEV", 1, reference=1)), "alarms.0.reference"),
        (tag(1, alarm("H", 1, suppress=when(2, ">", 1))), "alarms.0.reason"),
    ],
)
def test_each_fault_names_its_field(faulty: TagConfig, field: str) -> None:
    assert field in fields(faulty)


def test_a_low_limit_above_a_high_one_contradicts_it_unless_one_is_off() -> None:
    assert fields(tag(1, alarm("H", 10), alarm("L", 10))) == ["alarms.0.limit"]
    assert fields(tag(1, alarm("H", 10), alarm("L", 10, enabled=False))) == []


def nested(depth: int) -> Condition:
    return when(2, ">", 1) if depth == 1 else Condition(all=(nested(depth - 1),))


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        (Condition(), "alarms.0.suppress"),
        (Condition(all=()), "alarms.0.suppress"),
        (Condition(tag=2, op=">"), "alarms.0.suppress"),
        (Condition(all=(when(2, ">", 1),), tag=2, op=">", value=1), "alarms.0.suppress"),
        (when(1, ">", 1), "alarms.0.suppress.tag"),
        (when(3, ">", 1), "alarms.0.suppress.tag"),
        (Condition(any=(when(2, ">", 1), when(2, ">", math.nan))), "alarms.0.suppress.any.1.value"),
        (nested(5), "alarms.0.suppress.all.0.all.0.all.0.all.0"),
        (Condition(any=tuple(when(2, ">", i) for i in range(33))), "alarms.0.suppress"),
    ],
)
def test_suppression_that_makes_no_sense_is_pointed_at(condition: Condition, field: str) -> None:
    assert fields(tag(1, alarm("H", 1, suppress=condition, reason="why")), {1, 2}) == [field]


def test_four_levels_are_not_too_deep() -> None:
    assert faults(tag(1, alarm("H", 1, suppress=nested(4), reason="why")), {1, 2}) == []
    assert condition_tags(nested(4)) == {2}


@given(plants(logic=True))
def test_a_page_survives_the_wire(plant: tuple[TagConfig, ...]) -> None:
    page = TagPage(feed="abc", page=3, version=7, tags=plant)
    assert decode_page(encode_page(page)) == page


def test_a_page_as_it_is_written_by_hand() -> None:
    written = b"""{"feed": "abc", "page": 0, "version": 1, "tags": [{"n": 1, "code": "LT-1", "conversions": {"m": [1000, 0]},
        "alarms": [{"id": "d", "type": "L", "limit": 5,
                    "suppress": {"any": [{"tag": 2, "op": "==", "value": 0}]}, "reason": "pump stopped"}]}]}"""
    (told,) = decode_page(written).tags
    assert told.conversions == {"m": (1000, 0)}
    assert told.alarms == (
        AlarmConfig(id="d", type="L", limit=5, suppress=Condition(any=(when(2, "==", 0),)), reason="pump stopped"),
    )


@pytest.mark.parametrize(
    "wrong", [b'{"feed": 1}', b'{"feed":"a","page":0,"version":0,"tags":[{"n":"x"}]}', b"{", b'{"suppress": 1}']
)
def test_a_page_that_does_not_fit_is_refused(wrong: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        decode_page(wrong)
