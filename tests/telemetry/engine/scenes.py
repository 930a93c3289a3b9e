"""Hypothesis strategies: small plants with every type of alarm, and shifts full of edges."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from chemward.telemetry.engine.config import AlarmConfig, Condition, TagConfig
from tests.telemetry.engine.shift import START

NUMBERS = (1, 2, 3)
VALUES = (0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 9.0, float("nan"), float("inf"))
"""On limits, on the edges of deadbands, between and beyond, and what is no number."""
QUALITIES = (0, 0, 0, 0, 1, 2, 3, 8, 16, 10)
SECONDS = st.sampled_from((0.0, 0.0, 1.0, 2.5, 5.0))


@dataclass(frozen=True)
class Samples:
    rows: tuple[tuple[int, int, float, int], ...]
    now: int


@dataclass(frozen=True)
class Tick:
    now: int


@dataclass(frozen=True)
class Page:
    tags: tuple[TagConfig, ...]
    now: int


Step = Samples | Tick | Page


@st.composite
def alarms(draw: st.DrawFn, n: int, position: int, *, logic: bool) -> AlarmConfig:
    kind = draw(st.sampled_from(("HH", "H", "L", "LL", "ROC", "DEV", "STATE", "STALE", "BAD")))
    limits = {"ROC": (-2.0, 0.5, 1.0), "DEV": (1.0, 2.0), "STALE": (3.0, 10.0)}
    count = draw(st.sampled_from((1, 1, 1, 2, 3)))
    others = [m for m in (*NUMBERS, 99) if m != n]
    suppress = draw(st.none() | conditions(others)) if logic else None
    return AlarmConfig(
        id=f"{n}.{position}",
        type=kind,
        limit=draw(st.sampled_from(limits.get(kind, (1.0, 2.0, 3.0, 4.0)))),
        deadband=draw(st.sampled_from((0.0, 0.25, 0.5, 1.0)))
        if kind not in ("ROC", "DEV")
        else draw(st.sampled_from((0.0, 0.25))),
        on_s=draw(SECONDS),
        off_s=draw(SECONDS),
        count=count,
        window_s=draw(st.sampled_from((5.0, 30.0))) if count > 1 else 0.0,
        reference=draw(st.sampled_from(others)) if kind == "DEV" else None,
        suppress=suppress,
        reason="plant stopped" if suppress else "",
    )


@st.composite
def conditions(draw: st.DrawFn, numbers: list[int], depth: int = 2) -> Condition:
    shape = draw(st.sampled_from(("tag", "all", "any"))) if depth else "tag"
    if shape == "tag":
        op = draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
        return Condition(tag=draw(st.sampled_from(numbers)), op=op, value=draw(st.sampled_from((1.0, 2.0, 3.0))))
    children = tuple(draw(st.lists(conditions(numbers, depth - 1), min_size=1, max_size=3)))
    return Condition(all=children) if shape == "all" else Condition(any=children)


@st.composite
def plants(draw: st.DrawFn, *, logic: bool = False, most: int = 3) -> tuple[TagConfig, ...]:
    return tuple(
        TagConfig(
            n=n,
            code=f"T{n}",
            unit="kPa",
            alarms=tuple(draw(alarms(n, i, logic=logic)) for i in range(draw(st.integers(0, most)))),
        )
        for n in NUMBERS
    )


@st.composite
def samples(draw: st.DrawFn, now: int, *, late: bool) -> Samples:
    times = st.integers(-6, 2).map(lambda halves: now + 500 * halves)
    qualities = st.sampled_from((*QUALITIES, 4, 4, 6) if late else QUALITIES)
    row = st.tuples(st.sampled_from(NUMBERS), times, st.sampled_from(VALUES), qualities)
    return Samples(tuple(draw(st.lists(row, max_size=8))), now)


@st.composite
def shifts(draw: st.DrawFn, *, late: bool = False, pages: bool = False, logic: bool = False, most: int = 25) -> list[Step]:
    """Steps with a clock that only goes forward, by whole and half seconds so that edges are met."""
    now, steps = START, []
    kinds = ["samples"] * 5 + ["tick"] * 2 + (["page"] if pages else [])
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=most)):
        now += 500 * draw(st.integers(0, 8))
        if kind == "samples":
            steps.append(draw(samples(now, late=late)))
        elif kind == "tick":
            steps.append(Tick(now))
        else:
            steps.append(Page(draw(plants(logic=logic)), now))
    return steps
