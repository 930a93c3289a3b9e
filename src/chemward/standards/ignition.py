"""Probabilities of ignition by other models than AQ/T 3046-2013 Annex G (which is in `aqt3046`)."""

from __future__ import annotations

from functools import cache

from chemward.standards.edition import Row, edition

ID = "Ignition models"


class ByRate(Row, frozen=True, kw_only=True):
    """Probabilities [-] for a rate from_kg_s (included) to to_kg_s [kg/s]; None: the model does not say."""

    model: str
    from_kg_s: float
    to_kg_s: float | None
    total: float | None
    explosion_given_ignition: float | None
    immediate: float | None
    delayed: float | None


@cache
def by_rate(model: str) -> tuple[ByRate, ...]:
    """The bands of a model: "Cox, Lees and Ang" for gas, "HyRAM" for hydrogen. LookupError names the models."""
    rows = edition(ID).table("by_rate").read_as(ByRate)
    found = tuple(row for row in rows if row.model == model)
    if not found:
        raise LookupError(f"no ignition model is called {model!r}; known are {', '.join(sorted({row.model for row in rows}))}")
    return found
