"""Whether there is a leak at all, and whether the record can say where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chemward.science.leak.answer import Region
from chemward.science.leak.case import LeakInput
from chemward.science.leak.record import ABOVE, MISSING, Array, Record
from chemward.science.leak.search import Bench, Weighed, joined, lattice, log_evidence, units

_WIDEST = 0.25  # share of the site beyond which a 90 % region locates nothing
_LEAST_MISS = 100.0  # m, within which a place is found whatever the site
_MISS = 0.1  # of the side of the site, beyond which the expected miss locates nothing
_EVIDENCE = (
    0.5  # ln of how much likelier the record is with a leak than without, weighed as in the search, below which it says nothing
)
_FEW_READINGS = 3  # that show gas
_FEWEST_KNOWN = 10  # readings present, to call a record quiet
_TURN = np.radians(25.0)  # of the wind over the readings of one detector, that a single detector locates anything
_CALM = 0.5  # m/s
_SEEN = 0.05  # share of the site that must have been in view to exclude a leak
_FAINT = np.log1p(6.0)  # ln(1 + reading / limit) up to which a stray reading may be noise


@dataclass(frozen=True)
class Verdict:
    """status, its reasons; probability_of_source [-]; is_informed: whether place and rate are worth telling at all."""

    status: Literal["located", "not_identifiable", "no_source"]
    reasons: list[str]
    probability_of_source: float
    is_informed: bool


def judge(case: LeakInput, record: Record, table: Bench, found: Weighed, region: Region, miss: float) -> Verdict:
    """The verdict on a search; region is that of 90 % [m²], miss the expected miss [m]."""
    evidence = log_evidence(found)
    odds = float(1.0 / (1.0 + np.exp(-np.clip(evidence, -30, 30))))
    if evidence < _EVIDENCE or not record.is_hit.any():
        return _without_leak(case, record, table, odds)
    reasons = [reason for reason in _doubts(case, record, region, miss) if reason]
    return Verdict("not_identifiable" if reasons else "located", reasons, odds, True)


def _without_leak(case: LeakInput, record: Record, table: Bench, odds: float) -> Verdict:
    hits = record.is_hit
    is_stray = float(np.where(hits, table.levels, 0.0).max(initial=0.0)) <= _FAINT
    is_calm = _calm_share(record) > 0.5
    if hits.any() and (is_calm or not is_stray):
        return Verdict("not_identifiable", [_unexplained(record, is_calm)], odds, True)
    if int((record.kind != MISSING).sum()) < _FEWEST_KNOWN:
        return Verdict("not_identifiable", ["hardly any reading is present"], odds, bool(hits.any()))
    seen = in_view(case, record, table)
    quiet = f"no reading stands clear of limit and background; {seen:.0%} of the places a leak may have were in view"
    if seen >= _SEEN and not is_calm:
        return Verdict("no_source", [quiet], min(odds, 0.5), False)
    return Verdict("not_identifiable", [f"{quiet}: too few to exclude one"], odds, False)


def _unexplained(record: Record, is_calm: bool) -> str:
    found = int(record.is_hit.sum())
    if is_calm:
        return f"{found} readings show gas, but the air was calm (under {_CALM} m/s) most of the time: no plume to trace"
    return f"{found} readings show gas, but no single leak explains them in this wind"


def _calm_share(record: Record) -> float:
    return float(np.mean(np.hypot(record.u, record.v) < _CALM))


def _doubts(case: LeakInput, record: Record, region: Region, miss: float) -> list[str]:
    """Why the record cannot say where, each as a sentence or ""."""
    hits = record.is_hit
    count, who = int(hits.sum()), int(hits.any(axis=0).sum())
    return [
        f"the 90 % region covers {region.area_share:.0%} of the site" if region.area_share > _WIDEST else "",
        f"the expected miss is {miss:.0f} m" if miss > max(_LEAST_MISS, _MISS * np.sqrt(case.extent.area)) else "",
        f"only {count} readings show gas: too few" if count < _FEW_READINGS else "",
        "only one detector shows gas, in wind of one direction" if who == 1 and _turned(record, hits) < _TURN else "",
        "nearly every reading that shows gas is over range" if _over_range(record, hits) > 0.9 else "",
        f"the air was calm (under {_CALM} m/s) most of the time: no plume to trace" if _calm_share(record) > 0.5 else "",
    ]


def _over_range(record: Record, hits: NDArray[np.bool_]) -> float:
    return float((record.kind[hits] == ABOVE).mean()) if hits.any() else 0.0


def _turned(record: Record, hits: NDArray[np.bool_]) -> float:
    """Angle [rad] over which the wind turned in the blocks that show gas."""
    blocks = hits.any(axis=1)
    towards = np.arctan2(record.v[blocks], record.u[blocks])
    middle = np.arctan2(np.sin(towards).mean(), np.cos(towards).mean())
    off = (towards - middle + np.pi) % (2 * np.pi) - np.pi
    return float(np.ptp(off))


def in_view(case: LeakInput, record: Record, table: Bench) -> float:
    """Share [-] of the prior whose leak of `smallest_rate_kg_s` would have shown in two readings (one, if each detector has but one)."""
    places = joined(units(case), lattice(case))
    least = np.zeros(len(places))
    for block in range(len(record.mid)):
        least += (_shown(case, record, table, places.x, places.y, places.z, block)).sum(axis=1)
    prior = np.exp(places.log_prior)
    needed = 2 if len(record.mid) > 1 else 1
    return float(prior[least >= needed].sum() / prior.sum())


def _shown(case: LeakInput, record: Record, table: Bench, x: Array, y: Array, z: Array, block: int) -> NDArray[np.bool_]:
    """Whether a leak at each place shows at each detector (N, S) in a block: twice limit and background."""
    u, v, speed = record.u[block], record.v[block], np.hypot(record.u[block], record.v[block])
    ex, ey = record.sensors[None, :, 0] - x[:, None], record.sensors[None, :, 1] - y[:, None]
    along = (ex * u + ey * v) / max(speed, 1e-6)
    off = (ey * u - ex * v) / max(speed, 1e-6)
    ahead = np.maximum(along, 1.0)
    width = table.tables.widths[int(bool(case.is_urban)), record.stability[block]]
    at = np.minimum((ahead / table.tables.distance_step).astype(int), len(width) - 1)
    across = width[at, 0] + (np.radians(5.0) ** 2 + record.spread[block] ** 2) * ahead**2
    up = width[at, 1]
    height, level = z[:, None], record.sensors[None, :, 2]
    lift = np.exp(-0.5 * (level - height) ** 2 / up) + np.exp(-0.5 * (level + height) ** 2 / up)
    value = case.smallest_rate_kg_s / (2 * np.pi * record.speed[block] * np.sqrt(across * up)) * np.exp(-0.5 * off**2 / across)
    is_clear = value * lift > record.scale + record.background
    return np.asarray((along > 0) & is_clear & (record.kind[block] != MISSING)[None, :], np.bool_)
