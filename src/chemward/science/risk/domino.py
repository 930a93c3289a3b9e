"""Escalation: an accident that damages other equipment, which has an accident of its own; two levels, no item twice in a chain.

Thresholds screen, probits say how likely: time to failure under fire (Cozzani et al. 2005, Landucci et al. 2009), overpressure
(Cozzani and Salzano 2004).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from chemward.science.explosion.multi_energy import multi_energy_blast
from chemward.science.faults import Faults
from chemward.science.harm.probit import probability
from chemward.science.risk import outcomes, tree
from chemward.science.risk.build import Scenarios
from chemward.science.risk.effects import Event
from chemward.science.risk.losses import Loss
from chemward.science.risk.outcomes import Models
from chemward.science.risk.result import Escalation
from chemward.science.risk.schema import Equipment
from chemward.standards import domino as rows

FORM = "Landucci 2009"
LEAST_PROBABILITY = 1e-3  # [-] below it an escalation is not carried on
LEAST_EXPOSURE = 600.0  # [s] fires shorter than this do not heat a vessel to failure; Cozzani et al. 2004
STRUCTURE = {
    "pressure vessel": "pressurised vessel",
    "gas tank": "pressurised vessel",
    "road tanker": "pressurised vessel",
    "reactor": "pressurised vessel",
    "process vessel": "pressurised vessel",
    "column": "elongated",
    "atmospheric tank": "atmospheric vessel",
}


@dataclass(frozen=True)
class Strike:
    """What an accident does to an item: effect, value, unit, probability [-] of a second accident."""

    effect: Literal["heat", "overpressure"]
    value: float
    unit: str
    probability: float


def structure(item: Equipment) -> str:
    """Kind of target in the tables of escalation."""
    return STRUCTURE.get(item.kind, "small equipment")


def by_heat(flux: float, lasting: float, item: Equipment, form: str = FORM) -> float:
    """Probability [-] that a flux [W/m²] lasting [s] breaks an item, 0 below its threshold or in a fire shorter than ten minutes.

    form: "Landucci 2009" or "Cozzani 2005", which differ by a factor six in time. Volume of the item, or that of its inventory.
    Source: Cozzani et al. 2005; Landucci et al. 2009.
    """
    kind = structure(item)
    known = {"atmospheric vessel": "atmospheric vessel"}.get(kind, "pressurised vessel")
    if kind == "small equipment":
        return 0.0
    threshold = next(row for row in rows.thresholds() if row.target == known and row.vector == "heat")
    exposure = (threshold.exposure_min or 0.0) * 60
    if flux / 1e3 < (threshold.least or 0.0) or lasting < exposure:
        return 0.0
    law = rows.times_to_failure()[known]
    volume = item.volume_m3 or item.inventory_t * 1.5
    log_ttf = law.heat_factor * math.log(flux / 1e3) + law.volume_factor * volume**law.volume_exponent + law.constant
    probit = rows.heat_probits()[form]
    return float(probability(probit.a + probit.b * (log_ttf - math.log(60.0))))


def by_blast(pressure: float, item: Equipment, is_toxic: bool = False) -> float:
    """Probability [-] that an overpressure, pressure [Pa], breaks an item, 0 below its threshold; toxic contents have the lower one.

    Source: Cozzani and Salzano 2004; Cozzani et al. 2006.
    """
    kind = structure(item)
    threshold = next(row for row in rows.thresholds() if row.target == kind and row.vector == "overpressure")
    limit = threshold.least if is_toxic or threshold.most is None else threshold.most
    if pressure / 1e3 < (limit or 0.0):
        return 0.0
    probit = rows.blast_probits()[kind]
    return float(probability(probit.a + probit.b * math.log(pressure)))


def combined(probabilities: list[float]) -> float:
    """Probability [-] that at least one of independent causes, probabilities [-], breaks an item: it breaks once. Source: Cozzani et al.

    2005, eq. 9.
    """
    return 1.0 - math.prod(1.0 - p for p in probabilities)


def strikes(loss: Loss, item: Equipment, models: Models) -> Iterator[tuple[float, Strike]]:
    """Outcomes of a loss that may break an item: probability [-] of the outcome and what it does."""
    away = math.hypot(item.x_m - loss.equipment.x_m, item.y_m - loss.equipment.y_m)
    category = tree.flammability(loss.content.substance, loss.content.temperature)
    if category is None:
        return
    immediate = tree.immediate_ignition(category, tree.reactivity(loss.content.substance), loss.rate, loss.mass)
    try:
        name, fire = outcomes.fire_of(loss, models)
    except (Faults, ValueError):
        name, fire = "", None
    if fire is not None and name != "fireball":
        flux = fire.flux_at(away)
        lasting = loss.duration if name == "jet fire" else LEAST_EXPOSURE
        chance = by_heat(flux, lasting, item)
        if chance >= LEAST_PROBABILITY:
            yield immediate, Strike("heat", flux, "W/m²", chance)
    cloud = max((outcomes.flammable(loss, w, models) for w in range(len(models.weathers))), key=lambda found: found.mass)
    volume = outcomes.explosive_volume(loss, cloud.mass)
    if volume > 1:
        blast = multi_energy_blast(volume, models.strength)
        pressure = float(blast.overpressure(away))
        chance = by_blast(pressure, item)
        if chance >= LEAST_PROBABILITY:
            yield (1 - immediate) * (1 - tree.flash_share()), Strike("overpressure", pressure, "Pa", chance)


def escalate(
    found: Scenarios, equipment: list[Equipment], models: Models, levels: int = 2
) -> tuple[list[Escalation], list[Event]]:
    """Escalations through `levels` [-] levels and the events of the second and third accidents, to be added to the others.

    The second accident is the worst loss of the item struck. A chain never returns to an item in it; causes that strike one item
    in one accident are combined, so that it breaks once.
    """
    worst = worst_losses(found)
    by_unit = {item.id: item for item in equipment}
    reported: list[Escalation] = []
    extra: dict[str, float] = {}
    front: list[tuple[Loss, float, tuple[str, ...]]] = [
        (loss, loss.frequency, (loss.equipment.id,)) for loss in found.losses.values()
    ]
    for level in range(1, levels + 1):
        following = []
        for loss, frequency, chain in front:
            for item in by_unit.values():
                if item.id in chain or item.id not in worst or _is_far(loss, item):
                    continue
                hits = list(strikes(loss, item, models))
                chance = combined([outcome * hit.probability for outcome, hit in hits])
                if chance * frequency < 1e-10 or chance < LEAST_PROBABILITY * 1e-2:
                    continue
                strongest = max(hits, key=lambda hit: hit[0] * hit[1].probability)[1]
                reported.append(
                    Escalation(
                        loss.id, item.id, strongest.effect, strongest.value, strongest.unit, chance, frequency * chance, level
                    )
                )
                extra[item.id] = extra.get(item.id, 0.0) + frequency * chance
                following.append((worst[item.id], frequency * chance, (*chain, item.id)))
        front = following
    return reported, second_events(found, worst, extra)


def _is_far(loss: Loss, item: Equipment) -> bool:
    return math.hypot(item.x_m - loss.equipment.x_m, item.y_m - loss.equipment.y_m) > 1000


def worst_losses(found: Scenarios) -> dict[str, Loss]:
    """The worst loss of each item: all at once, else the greatest rate."""
    worst: dict[str, Loss] = {}
    for loss in found.losses.values():
        best = worst.get(loss.equipment.id)
        if best is None or _badness(loss) > _badness(best):
            worst[loss.equipment.id] = loss
    return worst


def _badness(loss: Loss) -> tuple[bool, float]:
    return loss.is_instantaneous, loss.rate


def second_events(found: Scenarios, worst: dict[str, Loss], frequency: dict[str, float]) -> list[Event]:
    """Events of items broken by others: those of their worst loss, at the frequency [1/a] at which they are broken."""
    wanted = {worst[name].id: value / worst[name].frequency for name, value in frequency.items()}
    return [
        replace(event, frequency=event.frequency * wanted[event.scenario], outcome=f"domino: {event.outcome}")
        for event in found.events
        if event.scenario in wanted
    ]
