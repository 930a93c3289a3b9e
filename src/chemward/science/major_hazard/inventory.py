"""What is asked: units with the hazardous chemicals in them. And what is wrong with it, all at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from chemward.science.faults import Fault
from chemward.science.inputs import number
from chemward.science.major_hazard.matching import Match, match
from chemward.science.major_hazard.writing import plain
from chemward.standards import gb18218
from chemward.standards.edition import UnknownEdition, edition
from chemward.standards.gb18218 import Category

Mass = Annotated[float, number("t", "design maximum (4.2.2), of a mixture the whole of it (4.2.3)", ge=0)]
People = Annotated[
    int, number("persons", "resident people within 500 m outside the boundary of the plant; null: not counted", ge=0)
]
BetaRule = Literal["largest", "of the lowest threshold"]


class Item(msgspec.Struct, frozen=True):
    """A hazardous chemical of a unit.

    name, cas: one or both. variant: for rows of Table 1 with a condition ("含水≥25%", "95%"). categories: symbols of Table 2, needed
    for what Table 1 does not name, and for the beta of what Table 3 does not name.
    """

    mass_t: Mass
    name: str | None = None
    cas: str | None = None
    variant: str | None = None
    categories: list[str] = []

    @property
    def mass(self) -> Fraction:
        """The mass [t], exactly as its decimal text reads."""
        return Fraction(repr(self.mass_t))

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.cas or ""

    def found(self, at: str) -> Match:
        """Its row of Table 1, or why that cannot be told."""
        return match(self.name, self.cas, self.variant, at)

    def classes(self) -> tuple[Category, ...]:
        """Its categories that are known, each once, in the order given."""
        known = {plain(symbol): row for symbol, row in gb18218.categories().items()}
        found = [known[plain(symbol)] for symbol in self.categories if plain(symbol) in known]
        return tuple(dict.fromkeys(found))

    def check(self, at: str) -> Iterator[Fault]:
        """Faults of the substance: number, name, variant, categories, or that nothing gives it a threshold."""
        if not (math.isfinite(self.mass_t) and self.mass_t >= 0):
            yield Fault(f"{at}.mass_t", f"is {self.mass_t} t", "give a mass of at least 0 t")
        wrong = [
            fault for index, symbol in enumerate(self.categories) for fault in _symbol_faults(symbol, f"{at}.categories[{index}]")
        ]
        yield from wrong
        found = self.found(at)
        yield from found.faults
        if not found.faults and not wrong and found.row is None and not self.categories:
            yield Fault(
                f"{at}.categories",
                f"{self.title} is not named in Table 1 and has no category",
                "give its categories of Table 2, or the name or CAS number of Table 1",
            )


def _symbol_faults(symbol: str, at: str) -> Iterator[Fault]:
    known = gb18218.categories()
    if plain(symbol) in (plain(name) for name in known):
        return
    base = symbol.partition(".")[0].strip().upper()
    hint = f"; {base} has no subdivision" if base in known else ""
    yield Fault(at, f"{symbol!r} is no category of Table 2{hint}", f"give one of {', '.join(known)}")


class Unit(msgspec.Struct, frozen=True):
    """A unit: production bounded by shut-off valves (3.5), storage by the dike or the building (3.6)."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    kind: Literal["storage", "production"]
    exposed_people: People | None
    inventory: list[Item]


class Inventory(msgspec.Struct, frozen=True):
    """Units to identify and grade by an edition.

    beta_of_several: which beta a chemical of several categories takes; the standard is silent, practice takes the largest.
    """

    edition: str
    units: list[Unit]
    beta_of_several: BetaRule = "largest"

    @classmethod
    def check_fields(cls, fields: Mapping[str, Any], at: str) -> Iterator[Fault]:
        """Faults of the edition, whatever is wrong with the units."""
        if "edition" in fields:
            yield from _edition_faults(fields["edition"], f"{at}.edition" if at else "edition")

    def check(self, at: str) -> Iterator[Fault]:
        """Faults of the whole: the edition, and units of one id."""
        yield from self.check_fields({"edition": self.edition}, at)
        for name, count in Counter(unit.id for unit in self.units).items():
            if count > 1:
                places = [index for index, unit in enumerate(self.units) if unit.id == name]
                yield Fault(f"units[{places[-1]}].id", f"{name!r} is the id of {count} units", "give each unit an id of its own")


def _edition_faults(name: str, at: str) -> Iterator[Fault]:
    grading = ", ".join(gb18218.GRADING)
    try:
        known = edition(name)
    except UnknownEdition:
        yield Fault(at, f"no edition is called {name!r}", f"give one of {grading}")
        return
    if known.id not in gb18218.GRADING:
        yield Fault(at, f"{known.id} does not grade: its tables are not complete here", f"give one of {grading}")


def faults(inventory: Inventory) -> Iterator[Fault]:
    """Everything that is wrong with an inventory beyond the types of its fields."""
    yield from inventory.check("")
    for u, unit in enumerate(inventory.units):
        for i, item in enumerate(unit.inventory):
            yield from item.check(f"units[{u}].inventory[{i}]")
