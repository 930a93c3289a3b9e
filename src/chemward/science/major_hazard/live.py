"""S and R of what is in a unit now, beside those of the design maximum that alone decides the level (GB 18218-2018 4.2.2)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from chemward.science.faults import Fault, refuse
from chemward.science.major_hazard.grading import UnitGrading, grade_unit
from chemward.science.major_hazard.inventory import BetaRule, Inventory, Item, Unit, faults


class LiveGrading(msgspec.Struct, frozen=True):
    """What is there now against the design maximum.

    design: the grading that counts. present_s, present_r [-]: of the present masses; None where a mass or factor is not known, and
    present_s_known [-] is then the sum over what is known, a lower bound. share [-]: present_s over the design S.
    above_design: names of chemicals of which there is more than the design maximum: the identification no longer holds.
    """

    design: UnitGrading
    present_s: float | None
    present_s_known: float
    present_r: float | None
    share: float | None
    above_design: tuple[str, ...]
    gaps: tuple[str, ...]


def grade_live(
    unit: Unit, present_t: Sequence[float | None], rule: BetaRule = "largest", edition: str = "GB 18218-2018"
) -> LiveGrading:
    """S and R of present masses, an indicator only: the level stays that of the design maximum.

    unit: with its design maxima. present_t (n,): mass now [t] of each entry of its inventory, in its order; None where the level
    reading or the like is bad. rule: which beta a chemical of several categories takes.
    R is given below S = 1 too: for watching, it should not vanish when a tank is drawn down.
    Raises Faults for a faulty unit, a wrong number of masses, a mass that is negative or no number.
    Source: GB 18218-2018 4.2.1 formula (1), 4.2.2, 4.3.2 formula (2).
    """
    refuse([*faults(Inventory(edition, [unit], rule)), *_mass_faults(unit, present_t)])
    design = grade_unit(unit, rule)
    known = [(item, mass) for item, mass in zip(unit.inventory, present_t, strict=True) if mass is not None]
    present = grade_unit(_with(unit, known), rule)
    is_complete = len(known) == len(unit.inventory)
    return LiveGrading(
        design=design,
        present_s=present.s if is_complete else None,
        present_s_known=present.s,
        present_r=present.weighted if is_complete else None,
        share=present.s / design.s if is_complete and design.s > 0 else None,
        above_design=tuple(item.title for item, mass in known if mass > item.mass_t),
        gaps=(*_unread(unit, present_t), *present.gaps),
    )


def _with(unit: Unit, known: Sequence[tuple[Item, float]]) -> Unit:
    items = [msgspec.structs.replace(item, mass_t=mass) for item, mass in known]
    return msgspec.structs.replace(unit, inventory=items)


def _unread(unit: Unit, present_t: Sequence[float | None]) -> Iterator[str]:
    for item, mass in zip(unit.inventory, present_t, strict=True):
        if mass is None:
            yield f"{item.title}: its present mass is not known"


def _mass_faults(unit: Unit, present_t: Sequence[float | None]) -> Iterator[Fault]:
    if len(present_t) != len(unit.inventory):
        yield Fault(
            "present_t", f"has {len(present_t)} masses for {len(unit.inventory)} chemicals", "give one mass or null for each"
        )
    for index, mass in enumerate(present_t):
        if mass is not None and not (math.isfinite(mass) and mass >= 0):
            yield Fault(f"present_t[{index}]", f"is {mass} t", "give a mass of at least 0 t, or null when it is not known")
