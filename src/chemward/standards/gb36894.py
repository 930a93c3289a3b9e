"""GB 36894-2018, risk criteria: limits of individual risk, F-N lines, classes of protected targets; and the criteria before it."""

from __future__ import annotations

from functools import cache
from typing import Literal

from chemward.standards.edition import Row, edition

ID = "GB 36894-2018"
BEFORE = ("Trial criteria-2014", "Order 40-2011")

Situation = Literal["new", "in service", "any"]


class Limit(Row, frozen=True, kw_only=True):
    """The greatest individual risk [1/a] that is tolerated at a target, for new installations or those in service."""

    target: str
    title_zh: str
    situation: Situation
    limit_per_year: float


class Line(Row, frozen=True, kw_only=True):
    """A line of the F-N diagram: F = frequency_per_year (N/at_deaths)^slope [1/a] for N up to to_deaths [persons]."""

    line: Literal["upper", "lower"]
    at_deaths: float
    frequency_per_year: float
    slope: float
    to_deaths: float

    def frequency(self, deaths: float) -> float:
        """Cumulative frequency F [1/a] of the line at N deaths [persons]."""
        return float(self.frequency_per_year * (deaths / self.at_deaths) ** self.slope)


class Group(Row, frozen=True, kw_only=True):
    """A group of protected targets."""

    group: Literal["highly sensitive", "important", "general"]
    title_zh: str
    contains: str


class GeneralClass(Row, frozen=True, kw_only=True):
    """How large a general target of one kind is in each class, in words; None: no such class of it."""

    kind: str
    title_zh: str
    class_1: str | None
    class_2: str | None
    class_3: str | None


@cache
def limits(name: str = ID) -> tuple[Limit, ...]:
    """Limits of individual risk of an edition (4.1), GB 36894-2018 or one before it."""
    return edition(name).table("individual_risk").read_as(Limit)


def limit(target: str, situation: Situation = "new", name: str = ID) -> float:
    """The limit of individual risk [1/a] of a target in a situation. LookupError names the targets known."""
    for row in limits(name):
        if row.target == target and row.situation in (situation, "any"):
            return row.limit_per_year
    known = sorted({row.target for row in limits(name)})
    raise LookupError(f"{name} has no limit for {target!r} ({situation}); known targets are {', '.join(known)}")


@cache
def lines() -> dict[str, Line]:
    """The lines "upper" and "lower" of the F-N diagram (4.2)."""
    return {row.line: row for row in edition(ID).table("societal_risk").read_as(Line)}


@cache
def groups() -> tuple[Group, ...]:
    """Groups of protected targets (3.1)."""
    return edition(ID).table("target_groups").read_as(Group)


@cache
def general_classes() -> tuple[GeneralClass, ...]:
    """Sizes of general targets by class (3.2, Table 1)."""
    return edition(ID).table("general_classes").read_as(GeneralClass)
