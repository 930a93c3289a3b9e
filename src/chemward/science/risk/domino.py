"""Escalation: an accident that damages other equipment, which has an accident of its own; two levels, no item twice in a chain.

Thresholds screen, probits say how likely: time to failure under fire (Cozzani et al. 2005, Landucci et al. 2009), overpressure
(Cozzani and Salzano 2004).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from chemward.science.explosion.blast import Blast
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
LEAST_FREQUENCY = 1e-10  # [1/a] of a second accident
MOST_CHAINS = 5000  # chains that are followed to the next level, the most frequent
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


@dataclass(frozen=True)
class Hazard:
    """What of a loss may break equipment: fire lasting [s] with its probability [-], blast with its own; reach [m] of either."""

    fire: outcomes.Fire | None
    lasting: float
    immediate: float
    blast: Blast | None
    explodes: float
    reach: float


def hazard_of(loss: Loss, models: Models) -> Hazard | None:
    """Fire and blast of a loss as they count for escalation; None when it does not burn. A fireball is too short to heat a vessel to failure."""
    category = tree.flammability(loss.content.substance, loss.content.temperature)
    if category is None:
        return None
    immediate = tree.immediate_ignition(category, tree.reactivity(loss.content.substance), loss.rate, loss.mass)
    try:
        name, fire = outcomes.fire_of(loss, models)
    except (Faults, ValueError):
        name, fire = "", None
    if name == "fireball":
        fire = None
    cloud = max((outcomes.flammable(loss, w, models) for w in range(len(models.weathers))), key=lambda found: found.mass)
    volume = outcomes.explosive_volume(loss, cloud.mass)
    blast = multi_energy_blast(volume, models.strength) if volume > 1 else None
    least_heat = min(row.least or 0.0 for row in rows.thresholds() if row.vector == "heat") * 1e3
    least_blast = min(row.least or 0.0 for row in rows.thresholds() if row.vector == "overpressure") * 1e3
    warm = np.flatnonzero(fire.flux >= least_heat) if fire is not None else np.zeros(0, int)
    reach = max(
        outcomes.RADII[warm[-1]] + fire.centre if fire is not None and warm.size else 0.0,
        blast.radius(least_blast) if blast is not None else 0.0,
    )
    lasting = loss.duration if name == "jet fire" else LEAST_EXPOSURE
    return Hazard(fire, lasting, immediate, blast, (1 - immediate) * (1 - tree.flash_share()), float(reach))


def strikes(hazard: Hazard, item: Equipment, away: float) -> Iterator[tuple[float, Strike]]:
    """Outcomes of a loss that may break an item away [m] from it: probability [-] of the outcome and what it does."""
    if hazard.fire is not None:
        flux = hazard.fire.flux_at(away)
        chance = by_heat(flux, hazard.lasting, item)
        if chance >= LEAST_PROBABILITY:
            yield hazard.immediate, Strike("heat", flux, "W/m²", chance)
    if hazard.blast is not None:
        pressure = float(hazard.blast.overpressure(max(away, 1.0)))
        chance = by_blast(pressure, item)
        if chance >= LEAST_PROBABILITY:
            yield hazard.explodes, Strike("overpressure", pressure, "Pa", chance)


def escalate(
    found: Scenarios, equipment: list[Equipment], models: Models, levels: int = 2
) -> tuple[list[Escalation], list[Event]]:
    """Escalations through `levels` [-] levels and the events of the second and third accidents, to be added to the others.

    The second accident is the worst loss of the item struck. A chain never returns to an item in it; causes that strike one item in one
    accident are combined, so that it breaks once. Explosions count as at the place of the loss.
    """
    worst = worst_losses(found)
    struck = [item for item in equipment if item.id in worst]
    places = np.array([[item.x_m, item.y_m] for item in struck]).reshape(-1, 2)
    hazards: dict[str, Hazard | None] = {}
    reported: list[Escalation] = []
    extra: dict[str, float] = {}
    front: list[tuple[Loss, float, tuple[str, ...]]] = [
        (loss, loss.frequency, (loss.equipment.id,)) for loss in found.losses.values()
    ]
    for level in range(1, levels + 1):
        following: list[tuple[Loss, float, tuple[str, ...]]] = []
        for loss, frequency, chain in front:
            if loss.id not in hazards:
                hazards[loss.id] = hazard_of(loss, models)
            hazard = hazards[loss.id]
            if hazard is None:
                continue
            away = np.hypot(*(places - (loss.equipment.x_m, loss.equipment.y_m)).T)
            for n in np.flatnonzero(away <= hazard.reach):
                item = struck[n]
                hits = [] if item.id in chain else list(strikes(hazard, item, float(away[n])))
                chance = combined([outcome * hit.probability for outcome, hit in hits])
                if chance * frequency < LEAST_FREQUENCY:
                    continue
                best = max(hits, key=lambda hit: hit[0] * hit[1].probability)[1]
                reported.append(
                    Escalation(loss.id, item.id, best.effect, best.value, best.unit, chance, frequency * chance, level)
                )
                extra[item.id] = extra.get(item.id, 0.0) + frequency * chance
                following.append((worst[item.id], frequency * chance, (*chain, item.id)))
        front = sorted(following, key=lambda chain: (-chain[1], chain[2]))[:MOST_CHAINS]
    return reported, second_events(found, worst, extra)


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
