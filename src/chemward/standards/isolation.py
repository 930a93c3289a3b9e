"""Initial isolation and protective action distances of the Emergency Response Guidebook."""

from __future__ import annotations

from functools import cache
from typing import Literal

from chemward.standards.edition import Row, edition

ID = "ERG isolation distances"


class Isolation(Row, frozen=True, kw_only=True):
    """Distances for a spill: isolation_m [m] all round, day_km and night_km [km] downwind; None: not available."""

    name: str
    name_zh: str
    cas: str
    un: str
    spill: Literal["small", "large"]
    isolation_m: float | None
    day_km: float | None
    night_km: float | None


@cache
def isolations() -> tuple[Isolation, ...]:
    """All rows; those that could not be opened stand empty, certainty "missing"."""
    return edition(ID).table("isolation").read_as(Isolation)
