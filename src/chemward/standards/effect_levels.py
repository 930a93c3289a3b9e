"""Levels that contours are drawn for, and the scatter of models, from `data/effect_levels/`."""

from __future__ import annotations

from functools import cache

from chemward.standards.edition import Row, edition

ID = "Effect levels"


class Level(Row, frozen=True, kw_only=True):
    """A level of an effect: level in `unit`. name_zh: as a page shows it."""

    effect: str
    name: str
    name_zh: str
    level: float
    unit: str


class Scatter(Row, frozen=True, kw_only=True):
    """Geometric standard deviation of a model or an input: factor [-] up and down."""

    what: str
    factor: float


@cache
def levels(effect: str) -> tuple[Level, ...]:
    """Levels of "heat", "overpressure", "flammable" or "lethality", in the order of the table."""
    return tuple(row for row in edition(ID).table("levels").read_as(Level) if row.effect == effect)


@cache
def scatter() -> dict[str, float]:
    """Factors [-] by what scatters."""
    return {row.what: row.factor for row in edition(ID).table("scatter").read_as(Scatter)}
