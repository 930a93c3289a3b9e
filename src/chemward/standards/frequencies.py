"""Sets of leak frequencies, each frequency with its hole. A result names the set it used.

AQ/T 3046-2013 has no table of frequencies and GB/T 37243-2019 Annex C could not be opened; the default is the Purple Book's set.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from chemward.standards.edition import Row, edition, editions

DEFAULT = "CPR 18E-2005"

HoleLaw = Literal[
    "fixed",
    "tenth",
    "bore",
    "content",
    "ten minutes",
    "largest connection",
    "one tube",
    "ten tubes",
    "greatest relief rate",
    "fire",
]


class Frequency(Row, frozen=True, kw_only=True):
    """How often a kind of equipment loses its content in one way.

    hole_law: what the hole is. "fixed": hole_mm [mm]; "tenth": 10 % of the bore, at most 50 mm; "bore": full bore; "content": the
    whole content at once; "ten minutes": the whole content within 10 min; the others as they say.
    bore_from_mm (excluded) to bore_to_mm (included) [mm]: the pipes it holds for; None: no bound.
    frequency: per item and year, per metre and year, per foot and year, or per hour of use, as `per` says; None: not available.
    """

    equipment: str
    variant: str | None
    loss: str
    hole_law: HoleLaw
    hole_mm: float | None
    bore_from_mm: float | None
    bore_to_mm: float | None
    frequency: float | None
    per: Literal["item a", "m a", "ft a", "h"]

    def holds_for(self, bore_mm: float) -> bool:
        """Whether it is the row for a bore [mm]."""
        above = self.bore_from_mm is None or bore_mm > self.bore_from_mm
        return above and (self.bore_to_mm is None or bore_mm <= self.bore_to_mm)


def sets() -> tuple[str, ...]:
    """Ids of the editions that have a usable table of frequencies, the default first."""
    found = [
        e.id for e in editions() if any(t.id == "frequencies" and "hole_law" in {c.name for c in t.columns} for t in e.tables)
    ]
    return (DEFAULT, *(name for name in found if name != DEFAULT))


@cache
def frequencies(name: str = DEFAULT) -> tuple[Frequency, ...]:
    """All rows of a set. UnknownEdition or LookupError when there is no such set."""
    return edition(name).table("frequencies").read_as(Frequency)


def of(equipment: str, name: str = DEFAULT, bore_mm: float | None = None) -> tuple[Frequency, ...]:
    """Rows for a kind of equipment ("pipe", "pressure vessel", "pump" …), and for a bore [mm] where one is given.

    LookupError when the set does not know the equipment, naming what it knows.
    """
    rows = tuple(row for row in frequencies(name) if row.equipment == equipment)
    if not rows:
        known = sorted({row.equipment for row in frequencies(name)})
        raise LookupError(f"{name} has no frequency of {equipment!r}, only of {', '.join(known)}")
    return rows if bore_mm is None else tuple(row for row in rows if row.holds_for(bore_mm))


class Split(Row, frozen=True, kw_only=True):
    """What becomes of a cloud lit late: probability [-] of each outcome."""

    outcome: Literal["flash fire", "explosion"]
    probability: float


@cache
def delayed_split() -> dict[str, float]:
    """Probability [-] of "flash fire" and "explosion" given delayed ignition, Purple Book 4.8."""
    return {row.outcome: row.probability for row in edition(DEFAULT).table("delayed_split").read_as(Split)}
