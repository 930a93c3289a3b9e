"""What may become of a leak: immediate ignition, delayed ignition on the way, flash fire or explosion, or a toxic cloud.

with their probabilities. The arithmetic is plain multiplication, so that exact fractions go through it and a tree can be shown to
sum to one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.schema import IgnitionSource
from chemward.science.substances.substance import Substance
from chemward.standards import aqt3046, frequencies

Doubles = NDArray[np.float64]

MINUTE = 60.0  # [s]


@dataclass(frozen=True)
class Branches:
    """Probabilities [-] of the outcomes of a release; they sum to 1."""

    immediate: float
    flash_fire: float
    explosion: float
    unlit: float


def branches(immediate: Any, delayed: Any, flash_share: Any) -> tuple[Any, Any, Any, Any]:
    """Probabilities of immediate ignition, flash fire, explosion and no ignition [-].

    they sum to 1, exactly where the numbers are exact. delayed: given that it did not burn at once; flash_share: of delayed
    ignitions. Source: AQ/T 3046-2013 Annex F; Purple Book CPR 18E 4.8.
    """
    later = (1 - immediate) * delayed
    return immediate, later * flash_share, later * (1 - flash_share), (1 - immediate) * (1 - delayed)


def flash_share() -> float:
    """Share of delayed ignitions that burn as a flash fire [-], Purple Book 4.8; the others explode."""
    return frequencies.delayed_split()["flash fire"]


def flammability(substance: Substance, temperature: float) -> str | None:
    """Class "0" to "4" of a substance at temperature [K], None when it does not burn. Source: AQ/T 3046-2013 Table G.3.

    Classes 2 to 4 above their flash point count as class 1.
    """
    if substance.lower_flammable is None:
        return None
    boiling, flash = substance.boiling_point, substance.flash_point
    if boiling is not None and boiling < 293.15:
        return "0"
    if flash is None:
        return "1"
    for row in aqt3046.flammability_classes():
        low, high = row.flash_from_c, row.flash_to_c
        celsius = flash - 273.15
        if row.state == "liquid" and (low is None or celsius >= low) and (high is None or celsius < high):
            if row.boiling_to_c is not None and (boiling is None or boiling - 273.15 > row.boiling_to_c):
                continue
            return "1" if row.category in "234" and temperature > flash else row.category
    return "4"


def reactivity(substance: Substance) -> str:
    """ "low" or "average or high" by AQ/T 3046-2013 Table G.4; what is not listed counts as the latter."""
    low = any(row.cas == substance.cas and row.reactivity == "low" for row in aqt3046.reactivities())
    return "low" if low else "average or high"


def immediate_ignition(category: str | None, reacts: str, rate: float, mass: float) -> float:
    """Probability [-] of immediate ignition by class and reactivity, rate [kg/s], or mass [kg] of a release at once (rate 0).

    An edge belongs to the middle band. Source: AQ/T 3046-2013 Table G.1; Purple Book CPR 18E Table 4.5.
    """
    if category is None:
        return 0.0
    for row in aqt3046.immediate_ignition():
        amount, low, high = (rate, row.from_kg_s, row.to_kg_s) if rate > 0 else (mass, row.from_kg, row.to_kg)
        if row.category == category and row.reactivity in (reacts, "any") and _in_band(amount, low, high):
            return row.probability
    return 0.0


def _in_band(amount: float, low: float, high: float | None) -> bool:
    """The middle band holds both its edges; the bands beside it do not."""
    if low == 0:
        return high is None or amount < high
    return amount >= low and (high is None or amount <= high) and not (high is None and amount == low)


def is_toxic_only(substance: Substance, is_toxic: bool) -> bool:
    """Whether a toxic substance of low reactivity is treated as toxic alone. Source: AQ/T 3046-2013 9.5.4."""
    return is_toxic and reactivity(substance) == "low"


def ignition_rate(source: IgnitionSource) -> float:
    """Effectiveness ω [1/s] of a source that lights a cloud with the listed probability within a minute.

    a certain one counts as 1 − 1e-6. Source: AQ/T 3046-2013 G.2, Table G.5.
    """
    p = min(aqt3046.delayed_ignition()[source.source].probability, 1 - 1e-6)
    return -math.log(1 - p) / MINUTE * source.count


def delayed_by_sources(
    sources: Sequence[IgnitionSource],
    x: float,
    y: float,
    bearings: Doubles,
    reach: Doubles,
    half_width: Doubles,
    lasting: Doubles,
) -> Doubles:
    """Probability (2, weathers, sectors) [-] by day and night that a cloud from (x, y) [m] is lit on its way.

    bearings (sectors,) [rad] towards which it drifts; reach, half_width, lasting (weathers,): length [m], widest half-width [m]
    and time [s] for which sources are inside. P = 1 − Π (1 − P_present (1 − e^(−ω t))). Source: AQ/T 3046-2013 G.2; Purple Book
    CPR 18E 4.7.
    """
    unlit = np.ones((2, len(reach), len(bearings)))
    far = float(np.hypot(reach, half_width).max(initial=0.0)) * 1.1 + 1.0
    near = [s for s in sources if (s.x_m - x) ** 2 + (s.y_m - y) ** 2 <= far**2]
    for source in near:
        dx, dy = source.x_m - x, source.y_m - y
        along = dx * np.sin(bearings) + dy * np.cos(bearings)
        across = np.abs(dx * np.cos(bearings) - dy * np.sin(bearings))
        inside = (
            (along[None] >= -half_width[:, None] * 0.1) & (along[None] <= reach[:, None]) & (across[None] <= half_width[:, None])
        )
        lights = 1 - np.exp(-ignition_rate(source) * lasting)[:, None]
        for period, presence in enumerate((source.presence_day, source.presence_night)):
            unlit[period] *= np.where(inside, 1 - presence * lights, 1.0)
    return 1 - unlit
