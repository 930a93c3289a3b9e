"""What holds for every shift: replay equals state, the slow judge agrees, raising and clearing alternate."""

from __future__ import annotations

import uuid

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.telemetry.engine.config import TagConfig
from chemward.telemetry.engine.engine import Engine
from chemward.telemetry.engine.events import OCCURRENCES, AlarmEvent, occurrence_id
from tests.telemetry.engine.oracle import Oracle
from tests.telemetry.engine.scenes import NUMBERS, Page, Samples, Step, Tick, plants, shifts
from tests.telemetry.engine.shift import START

Plant = tuple[TagConfig, ...]


def take(engine: Engine, step: Step) -> list[AlarmEvent]:
    if isinstance(step, Tick):
        return engine.tick(step.now)
    if isinstance(step, Page):
        return engine.apply_page("feed", 0, step.tags, step.now)
    columns = list(zip(*step.rows, strict=True)) or [(), (), (), ()]
    return engine.judge(*columns, step.now)


def started(plant: Plant) -> Engine:
    engine = Engine(late_idle_ms=5_000)
    engine.apply_page("feed", 0, plant, START)
    return engine


def as_told(events: list[AlarmEvent]) -> bytes:
    return msgspec.json.encode(events)


@given(plants(), shifts())
@settings(max_examples=400, deadline=None)
def test_the_slow_judge_agrees(plant: Plant, shift: list[Step]) -> None:
    engine, oracle = started(plant), Oracle(list(plant), START)
    for step in shift:
        expected = oracle.judge(list(step.rows), step.now) if isinstance(step, Samples) else oracle.tick(step.now)
        assert sorted((e.kind, e.definition, e.at_ms) for e in take(engine, step)) == sorted(expected)
    raised = {(a.config.id, a.raised_at) for tag in oracle.tags.values() for a in tag.alarms if a.is_raised}
    assert {(opened.definition, opened.raised_at_ms) for opened in engine.open_alarms()} == raised


@given(plants(logic=True), shifts(late=True, pages=True, logic=True), st.data())
@settings(max_examples=300, deadline=None)
def test_replay_from_any_snapshot_equals_the_uninterrupted_run(plant: Plant, shift: list[Step], data: st.DataObject) -> None:
    whole, interrupted = started(plant), started(plant)
    cuts = data.draw(st.sets(st.integers(0, len(shift))), label="snapshots before steps")
    for i, step in enumerate(shift):
        if i in cuts:
            interrupted = Engine.restore(interrupted.snapshot())
        assert as_told(take(interrupted, step)) == as_told(take(whole, step))
        assert interrupted.due_ms() == whole.due_ms()
    assert interrupted.open_alarms() == whole.open_alarms()
    assert interrupted.counts == whole.counts
    assert interrupted.snapshot() == whole.snapshot()


@given(plants(logic=True), shifts(late=True, logic=True), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_tags_in_a_batch_does_not_matter(plant: Plant, shift: list[Step], random: object) -> None:
    one, other = started(plant), started(plant)
    for step in shift:
        shuffled = _tags_shuffled(step, random) if isinstance(step, Samples) else step
        assert as_told(take(one, step)) == as_told(take(other, shuffled))


def _tags_shuffled(step: Samples, random: object) -> Samples:
    """Other tags between the samples of a tag; the samples of each tag in their order."""
    waiting = {n: [row for row in step.rows if row[0] == n] for n in NUMBERS}
    order = [row[0] for row in step.rows]
    random.shuffle(order)  # type: ignore[attr-defined]
    return Samples(tuple(waiting[n].pop(0) for n in order), step.now)


@given(plants(logic=True), shifts(late=True, pages=True, logic=True))
@settings(max_examples=200, deadline=None)
def test_every_occurrence_is_raised_once_and_ended_once(plant: Plant, shift: list[Step]) -> None:
    engine = started(plant)
    configured = {a.id for tag in plant for a in tag.alarms}
    standing: dict[tuple[str, bool], AlarmEvent] = {}
    suppressed: set[str] = set()
    for step in shift:
        if isinstance(step, Page):
            configured |= {a.id for tag in step.tags for a in tag.alarms}
        for event in take(engine, step):
            key = (event.definition, event.late)
            assert event.definition in configured, "no event without configuration"
            if event.kind == "raised":
                assert key not in standing
                assert event.id == occurrence_id(event.definition, event.at_ms, event.late)
                standing[key] = event
                continue
            assert event.id == standing[key].id
            assert event.at_ms >= standing[key].at_ms
            if event.kind == "suppressed":
                assert event.id not in suppressed
                suppressed.add(event.id)
            elif event.kind == "unsuppressed":
                suppressed.remove(event.id)
            else:
                del standing[key]
                suppressed.discard(event.id)
    present = {e.id for (_, late), e in standing.items() if not late}
    assert {opened.id for opened in engine.open_alarms()} == present
    assert {opened.id for opened in engine.open_alarms() if opened.suppressed} == suppressed & present


@given(plants(), shifts())
@settings(max_examples=100, deadline=None)
def test_ticks_at_the_due_time_only_tell_the_same_as_ticks_at_all_times(plant: Plant, shift: list[Step]) -> None:
    """A worker may sleep until `due_ms`: every other tick is silent."""
    engine = started(plant)
    for step in shift:
        due = engine.due_ms()
        events = take(engine, step)
        if isinstance(step, Tick) and (due is None or due > step.now):
            assert events == []


@given(plants())
@settings(max_examples=50, deadline=None)
def test_the_same_page_again_changes_nothing(plant: Plant) -> None:
    engine = started(plant)
    engine.judge(NUMBERS, [START] * 3, [3.0] * 3, [0] * 3, START)
    before = engine.snapshot()
    assert engine.apply_page("feed", 0, plant, START + 1000) == []
    assert engine.snapshot() == before


@given(st.text(), st.integers(-(2**63), 2**63), st.booleans())
def test_an_occurrence_id_is_a_uuid_of_version_5(definition: str, raised_at: int, late: bool) -> None:
    try:
        name = f"{definition}/{raised_at}/{int(late)}".encode().decode()
    except UnicodeEncodeError:
        return
    assert occurrence_id(definition, raised_at, late) == str(uuid.uuid5(OCCURRENCES, name))
