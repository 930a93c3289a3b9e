"""The rules that state verdicts, as a register: who computes what, by which clause of which edition, and how sure the reading is.

    @rule("gb18218.grade", title=_("Grade of a major hazard"), edition="GB 18218-2018", clause="4.3", source="…", sure="text")
    def grade(unit: Unit) -> Result: ...

A rule is a pure function from facts to a `Result`; `actions.verdicts.state` writes it down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.utils.functional import Promise

F = TypeVar("F", bound=Callable[..., Any])
# text: read in the published text · secondary: known through a source that quotes it · assumed: our reading, to be confirmed.
Sure = Literal["text", "secondary", "assumed"]


@dataclass(frozen=True)
class RuleCard:
    """What is known of a rule apart from its code."""

    id: str
    title: str | Promise
    edition: str
    clause: str
    source: str
    sure: Sure


@dataclass(frozen=True)
class Input:
    """One thing a verdict was computed from. A number that moves by no more than `tolerance` is not a change."""

    name: str
    value: float | str | bool | None
    unit: str = ""
    source: str = ""
    at: datetime | None = None
    quality: Literal["good", "uncertain", "bad", "missing"] = "good"
    editor: str = ""
    tolerance: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat() if self.at else None}


@dataclass(frozen=True)
class Step:
    """One line of the computation: the formula and the same with numbers put in."""

    formula: str
    numbers: str = ""
    clause: str = ""
    note: str = ""


@dataclass(frozen=True)
class Band:
    """One level of the scale: `low` ≤ value < `high` (None is open)."""

    code: str
    label: str
    low: float | None
    high: float | None
    level: int | None = None


@dataclass(frozen=True)
class WhatIf:
    """What would change the verdict: a changed input, the value it gives, the result it leads to."""

    change: str
    value: str
    result: str
    is_other: bool = False


@dataclass(frozen=True)
class Result:
    """What a rule says about a subject. `level` 1 (worst) … 4, None when nothing is the matter."""

    code: str
    label: str
    level: int | None = None
    value: float | None = None
    unit: str = ""
    inputs: Sequence[Input] = ()
    steps: Sequence[Step] = ()
    scale: Sequence[Band] = ()
    what_if: Sequence[WhatIf] = ()
    tolerance: float = 0.0

    @property
    def formula(self) -> str:
        return "\n".join(f"{s.formula} = {s.numbers}" if s.numbers else s.formula for s in self.steps)


@dataclass(frozen=True)
class Distance:
    """How far a value is from the next worse and the next better band."""

    to: Band
    amount: float


_cards: dict[str, RuleCard] = {}


def rule(
    identity: str, *, title: str | Promise, edition: str, clause: str, source: str = "", sure: Sure = "assumed"
) -> Callable[[F], F]:
    """Register a rule. ValueError when the id is taken by another card."""

    def register(function: F) -> F:
        card = RuleCard(identity, title, edition, clause, source, sure)
        known = _cards.setdefault(identity, card)
        if (known.edition, known.clause) != (edition, clause):
            raise ValueError(f"two rules are called {identity}")
        function.card = card  # type: ignore[attr-defined]
        return function

    return register


def declare(
    identity: str, *, title: str | Promise, edition: str, clause: str, source: str = "", sure: Sure = "assumed"
) -> RuleCard:
    """Register a rule whose code is not one function (the engine, a clock job). Returns its card."""
    rule(identity, title=title, edition=edition, clause=clause, source=source, sure=sure)(lambda: None)
    return _cards[identity]


def card(identity: str) -> RuleCard:
    """The card of a rule. LookupError when nobody declared it: a verdict must cite a rule."""
    try:
        return _cards[identity]
    except KeyError:
        raise LookupError(f"no rule is called {identity}") from None


def cards() -> Mapping[str, RuleCard]:
    """All rules by id."""
    return dict(sorted(_cards.items()))


def distances(value: float, scale: Sequence[Band]) -> list[Distance]:
    """The distance from a value to the bands beside its own, nearest first; empty when the value lies in no band.

    >>> bands = [Band("4", "四级", None, 10), Band("3", "三级", 10, 50), Band("2", "二级", 50, 100)]
    >>> [(d.to.code, round(d.amount, 2)) for d in distances(45.48, bands)]
    [('2', 4.52), ('4', 35.48)]
    """
    own = next((b for b in scale if _lies_in(value, b)), None)
    if own is None:
        return []
    near = [Distance(b, b.low - value) for b in scale if own.high is not None and b.low == own.high and b.low is not None]
    near += [Distance(b, value - b.high) for b in scale if own.low is not None and b.high == own.low and b.high is not None]
    return sorted(near, key=lambda d: d.amount)


def _lies_in(value: float, band: Band) -> bool:
    return (band.low is None or value >= band.low) and (band.high is None or value < band.high)
