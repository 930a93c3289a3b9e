"""GB 18218-2018, major-hazard identification and grading: its tables, typed. Numbers are decimals: the standard rounds nothing.

Editions before 2018 stand beside it as far as their figures could be opened; only `GRADING` editions are complete enough to grade.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Literal, TypeVar

from chemward.standards.edition import Row, edition

ID = "GB 18218-2018"
GRADING = (ID,)

T = TypeVar("T")


class Named(Row, frozen=True, kw_only=True):
    """A row of Table 1. threshold_t [t]. condition_zh: the part of the printed name that limits it. cas, aliases_zh: by semicolons."""

    no: int
    name_zh: str
    condition_zh: str | None
    name: str
    condition: str | None
    aliases_zh: str | None
    cas: str | None
    threshold_t: Decimal

    @property
    def title_zh(self) -> str:
        """The name as printed, condition included."""
        return f"{self.name_zh}({self.condition_zh})" if self.condition_zh else self.name_zh

    @property
    def numbers(self) -> tuple[str, ...]:
        """CAS numbers printed for the row."""
        return tuple(self.cas.split(";")) if self.cas else ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names of the row: printed, alias, English."""
        aliases = self.aliases_zh.split(";") if self.aliases_zh else []
        return (self.title_zh, self.name_zh, *aliases, self.name)


class FurtherName(Row, frozen=True, kw_only=True):
    """A further name of row `no`; cas: the number that belongs to this very name, None: none of its own."""

    no: int
    name: str
    cas: str | None


class Variant(Row, frozen=True, kw_only=True):
    """A spelling of the condition of row `no`."""

    no: int
    variant: str


class ContentLimit(Row, frozen=True, kw_only=True):
    """The condition of row `no` as a limit of content: `what` (by semicolons) above, at least, below or at most percent [%]."""

    no: int
    what: str
    percent: Decimal
    bound: Literal["above", "at least", "below", "at most"]


class NotCovered(Row, frozen=True, kw_only=True):
    """A name that shares the CAS number of row `no` but is not of it, and why."""

    name: str
    cas: str
    no: int
    why: str


class Category(Row, frozen=True, kw_only=True):
    """A category of Table 2 with its threshold_t [t], and its beta [-] of Table 4."""

    symbol: str
    hazard_zh: str
    hazard: str
    definition_zh: str
    definition: str
    threshold_t: Decimal
    beta: Decimal


class NamedBeta(Row, frozen=True, kw_only=True):
    """Beta [-] of a gas named in Table 3; no, cas: where it stands in Table 1."""

    name_zh: str
    no: int
    cas: str
    beta: Decimal


class Exposure(Row, frozen=True, kw_only=True):
    """Alpha [-] from least_people [persons] on, Table 5."""

    least_people: int
    alpha: Decimal


class Level(Row, frozen=True, kw_only=True):
    """A level from least_r [-] on, Table 6."""

    level: Literal[1, 2, 3, 4]
    name_zh: str
    least_r: Decimal


class Aid(Row, frozen=True, kw_only=True):
    """Customary categories (by semicolons) of a row of Table 1 without a beta of its own. Not part of the standard."""

    no: int
    categories: str | None
    sureness: Literal["high", "medium", "low"]


@cache
def _rows(table: str, kind: type[T]) -> tuple[T, ...]:
    return edition(ID).table(table).read_as(kind)


def substances() -> tuple[Named, ...]:
    """Table 1."""
    return _rows("substances", Named)


def further_names() -> tuple[FurtherName, ...]:
    """Names by which a row of Table 1 is found besides those printed."""
    return _rows("names", FurtherName)


def variants() -> tuple[Variant, ...]:
    """Spellings of the conditions of Table 1."""
    return _rows("variants", Variant)


def content_limits() -> tuple[ContentLimit, ...]:
    """Conditions of Table 1 as limits of content."""
    return _rows("limits", ContentLimit)


def not_covered() -> tuple[NotCovered, ...]:
    """Names that share a CAS number with a row of Table 1 but are not of it."""
    return _rows("not_covered", NotCovered)


def categories() -> dict[str, Category]:
    """Tables 2 and 4 by symbol, "J1" … "W11"."""
    return {row.symbol: row for row in _rows("categories", Category)}


def named_betas() -> dict[str, NamedBeta]:
    """Table 3 by CAS number."""
    return {row.cas: row for row in _rows("named_beta", NamedBeta)}


def exposures() -> tuple[Exposure, ...]:
    """Table 5, most people first."""
    return _rows("exposure", Exposure)


def levels() -> tuple[Level, ...]:
    """Table 6, level 1 first."""
    return _rows("levels", Level)


def classification_aid() -> dict[int, Aid]:
    """Customary categories by row of Table 1."""
    return {row.no: row for row in _rows("classification_aid", Aid)}
