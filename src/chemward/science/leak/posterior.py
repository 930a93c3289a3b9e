"""What the weighed places and hypotheses say: place, rate, suspects."""

from __future__ import annotations

import numpy as np

from chemward.science.leak.answer import Amount, Assumptions, Place, Suspect
from chemward.science.leak.case import LeakInput
from chemward.science.leak.hypotheses import SETS
from chemward.science.leak.record import Array, Record, to_readings
from chemward.science.leak.search import SCALES, Weighed

_CANDIDATES = 250
_MISS_CAP = 150.0  # m, beyond which a miss is a miss
_RATE_UNSURE = 0.3  # standard deviation of ln rate that detectors' gain and the plume model leave in any case
_SHORTFALL = 0.2  # of k²: a fluctuating reading's logarithm lies below that of its mean, ½ s² for a log-normal one
_NORMAL = np.array([-1.5341, -0.8871, -0.4888, -0.1573, 0.1573, 0.4888, 0.8871, 1.5341])  # middles of eighths of a normal law


def probabilities(found: Weighed) -> Array:
    """Probability (N,) [-] of each place, given that there is a leak."""
    score = found.by_place
    share = np.exp(score - score.max())
    return np.asarray(share / share.sum())


def position(case: LeakInput, found: Weighed, share: Array) -> Place:
    """The place of least expected miss [m], misses beyond 150 m counting alike; share (N,) [-] as `probabilities`."""
    top = np.argsort(-share, kind="stable")[:_CANDIDATES]
    p = found.places.chosen(top)
    weight = share[top] / share[top].sum()
    apart = np.hypot(p.x[:, None] - p.x[None, :], p.y[:, None] - p.y[None, :])
    best = int(np.argmin(np.round(np.minimum(apart, _MISS_CAP) @ weight, 6)))
    unit = int(p.unit[best])
    name = case.equipment[unit].id if unit >= 0 else None
    return Place(float(p.x[best]), float(p.y[best]), name, float(apart[best] @ weight))


def amount(found: Weighed) -> Amount:
    """Rate of the leak [kg/s]: median and 90 % interval."""
    weight = np.exp(found.log_weight - found.log_weight.max()).reshape(-1)
    spread = np.sqrt(found.variance.reshape(-1) + _RATE_UNSURE**2)
    misfit = np.interp(found.fit.reshape(-1), np.arange(len(SCALES)), SCALES)
    middle = found.log_rate.reshape(-1) + _SHORTFALL * misfit**2
    values = (middle[:, None] + spread[:, None] * _NORMAL).reshape(-1)
    weights = np.repeat(weight / weight.sum() / len(_NORMAL), len(_NORMAL))
    order = np.argsort(values, kind="stable")
    held = np.cumsum(weights[order])
    low, median, high = (
        float(np.exp(values[order[min(int(np.searchsorted(held, q)), len(order) - 1)]])) for q in (0.05, 0.5, 0.95)
    )
    return Amount(median, low, high)


def suspects(case: LeakInput, found: Weighed, share: Array, most: int = 10) -> list[Suspect]:
    """Units and "between the units" (null) by falling probability; share (N,) [-] as `probabilities`, most [-] of them."""
    held = np.zeros(len(case.equipment) + 1)
    np.add.at(held, found.places.unit, share)  # -1 is the last entry: between the units
    names = [*[unit.id for unit in case.equipment], None]
    order = np.argsort(-held, kind="stable")[:most]
    return [Suspect(names[i], float(held[i])) for i in order if held[i] >= 1e-4]


def assumptions(case: LeakInput, record: Record, found: Weighed) -> Assumptions:
    """What the answer rests on, in the mean of the posterior."""
    weight = np.exp(found.log_weight - found.log_weight.max()).sum(axis=0)
    weight /= weight.sum()
    h = found.hypotheses
    names = [name for index, name in enumerate(SETS) if weight[h.set == index].sum() >= 0.05]
    return Assumptions(
        names,
        float(-np.degrees(weight @ h.turn)),
        float(np.exp(weight @ np.log(h.width))),
        float(np.degrees(weight @ h.meander)),
        to_readings(float(np.median(record.background)), case),
    )
