"""External safety distance by GB/T 37243-2019: which method holds for what, and the distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chemward.science.explosion.tnt import explosives_pressure
from chemward.science.faults import Faults
from chemward.science.risk.contours import farthest
from chemward.science.risk.missing import Gaps
from chemward.science.risk.result import ExternalDistance
from chemward.science.risk.schema import Equipment, QraInput
from chemward.science.substances.library import find
from chemward.standards import gb36894, gbt37243, probits

if TYPE_CHECKING:
    from chemward.science.risk.park import Raster

Doubles = NDArray[np.float64]


def explosives_distance(charge: float, pressure: float) -> float:
    """Distance [m] at which a charge [kg TNT] gives an overpressure, pressure [Pa]; the greatest.

    Source: GB/T 37243-2019 5: Δp = 14 Q/R³ + 4.3 Q^(2/3)/R² + 1.1 Q^(1/3)/R [1e5 Pa].
    """
    low, high = 1e-3, 1e3
    scale = charge ** (1 / 3)
    for _ in range(200):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if float(explosives_pressure(1.0, middle)) > pressure else (low, middle)
    return float(low * scale)


def external_distances(given: QraInput, risk: Doubles, raster: Raster, criteria: str, gaps: Gaps) -> list[ExternalDistance]:
    """Method and distances for explosives, for gases of a major hazard, and for everything else; risk (rows, columns) [1/a]."""
    explosives = [item for item in given.equipment if item.tnt_kg > 0]
    hazards = [item for n, item in enumerate(given.equipment) if is_hazardous_gas(item, f"equipment[{n}]", gaps)]
    found = [_of_explosives(item) for item in explosives]
    if hazards:
        found.append(_of_risk(given, hazards, risk, raster, criteria))
    chosen = {item.id for item in (*explosives, *(given.equipment if hazards else ()))}
    others = [item.id for item in given.equipment if item.id not in chosen]
    if others:
        rule = gbt37243.methods()[2]
        found.append(
            ExternalDistance(
                rule.method, "neither explosives nor a major hazard of toxic or flammable gas", others, {}, f"{gbt37243.ID} 4"
            )
        )
    return found


def is_hazardous_gas(item: Equipment, at: str, gaps: Gaps) -> bool:
    """Whether an item holds toxic or flammable gas in a unit with Σ q/Q of at least 1; without the ratio it counts.

    at names the item.
    """
    try:
        substance = find(item.substance)
    except Faults:  # a charge may be of something that is in no table; whatever leaks was looked up before
        gaps.left_out(
            f"{at}.substance", f"{item.substance} is in no table: not counted among the gases of a major hazard", gbt37243.ID
        )
        return False
    is_gas = substance.boiling_point is not None and substance.boiling_point <= 293.15
    harms = substance.lower_flammable is not None or substance.cas in probits.toxic()
    if not (is_gas and harms):
        return False
    if item.s_ratio is None:
        gaps.default(f"{at}.s_ratio", "is not given", "the unit counts as a major hazard", f"{gbt37243.ID} 4")
    return item.s_ratio is None or item.s_ratio >= 1


def _of_explosives(item: Equipment) -> ExternalDistance:
    rule = gbt37243.methods()[0]
    distances: dict[str, float | None] = {
        target: round(explosives_distance(item.tnt_kg, row.overpressure_pa), 1)
        for target, row in gbt37243.overpressure_thresholds().items()
    }
    return ExternalDistance(rule.method, f"explosives, {item.tnt_kg:g} kg TNT", [item.id], distances, f"{gbt37243.ID} 5")


def _of_risk(given: QraInput, hazards: list[Equipment], risk: Doubles, raster: Raster, criteria: str) -> ExternalDistance:
    rule = gbt37243.methods()[1]
    x, y = (float(np.mean([getattr(item, name) for item in given.equipment])) for name in ("x_m", "y_m"))
    situation = given.options.situation
    distances = {
        row.target: _rounded(farthest(risk, raster, row.limit_per_year, x, y))
        for row in gb36894.limits(criteria)
        if row.situation in (situation, "any")
    }
    reason = f"{', '.join(item.id for item in hazards[:5])}{' …' if len(hazards) > 5 else ''}: toxic or flammable gas of a major hazard"
    return ExternalDistance(rule.method, reason, [item.id for item in given.equipment], distances, f"{gbt37243.ID} 4, 6")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
