"""What is not known besides place and rate: plume widths, meander, the vane's error, whether the plume remembers the wind.

Each combination is a hypothesis with its prior probability; all are weighed against the record and averaged over.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from chemward.science.dispersion.sigma import sigma_set
from chemward.science.leak.record import CLASSES, Array, Record

SETS = ("briggs_rural", "briggs_urban")

_DISTANCES = 2048
_RANGES = 192
_PLUME_START = 1.0  # m, half width of what leaks


@dataclass(frozen=True)
class Hypotheses:
    """H combinations: set (H,) index into SETS, width (H,) [-] factor on both widths, meander (H,) [rad], turn (H,) [rad] added to
    the measured direction (counter-clockwise), lag (H,) 0 straight plume, 1 the path of the air; log_prior (H,) [-]."""

    set: NDArray[np.int64]
    width: Array
    meander: Array
    turn: Array
    lag: NDArray[np.int64]
    log_prior: Array

    def chosen(self, which: NDArray[np.int64]) -> Hypotheses:
        """The hypotheses of these indices: which (k,) [-]."""
        return Hypotheses(
            self.set[which], self.width[which], self.meander[which], self.turn[which], self.lag[which], self.log_prior[which]
        )


@dataclass(frozen=True)
class Axes:
    """Tables for the kernel. axis (2, B, R, 3): direction (cos, sin) in which gas comes over a range of r [m], and ln(2π u) there, for a
    straight plume and for one along the path of the air. widths (sets, 6, X, 2): σy², σz² [m²] by distance.
    range_step, distance_step [m]."""

    axis: Array
    range_step: float
    widths: Array
    distance_step: float


_WIDTHS = {0.7: 0.25, 1.0: 0.5, 1.4: 0.25}
_MEANDERS = {1.0: 0.35, 5.0: 0.35, 12.0: 0.3}
_TURN_SPREAD = 6.0  # degrees
_TURNS = (-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0)


def all_of(is_urban: bool | None) -> Hypotheses:
    """Every combination, for built-up (True), open (False) or unknown (None) surroundings ([-])."""
    return _made(_sets(is_urban), _WIDTHS, _MEANDERS, _TURNS)


def first_look(is_urban: bool | None) -> Hypotheses:
    """A few broad ones ([-] as `all_of`), to find where to look."""
    between = {0: 1.0}, {1.3: 1.0}  # open ground, widened towards what built-up surroundings would give
    sets, widths = between if is_urban is None else (_sets(is_urban), {1.0: 1.0})
    return _made(sets, widths, {8.0: 1.0}, (-8.0, 0.0, 8.0))


def _sets(is_urban: bool | None) -> dict[int, float]:
    if is_urban is None:
        return {0: 0.5, 1: 0.5}
    return {int(is_urban): 1.0}


def _made(
    sets: dict[int, float], widths: dict[float, float], meanders: dict[float, float], turns: tuple[float, ...]
) -> Hypotheses:
    turn_prior = {t: np.exp(-0.5 * (t / _TURN_SPREAD) ** 2) for t in turns}
    rows = list(product(sets, widths, meanders, turns, (0, 1)))
    prior = np.array([sets[s] * widths[w] * meanders[m] * turn_prior[t] for s, w, m, t, _ in rows])
    column = [np.array(c) for c in zip(*rows, strict=True)]
    return Hypotheses(
        column[0], column[1].astype(float), np.radians(column[2]), np.radians(column[3]), column[4], np.log(prior / prior.sum())
    )


def axes(record: Record, reach: float) -> Axes:
    """Tables up to a reach [m]."""
    ranges = np.linspace(0.0, reach, _RANGES)
    table = np.empty((2, len(record.mid), _RANGES, 3))
    towards = np.arctan2(record.v, record.u)
    table[0, :, :, 0], table[0, :, :, 1] = np.cos(towards)[:, None], np.sin(towards)[:, None]
    table[0, :, :, 2] = np.log(2 * np.pi * record.speed)[:, None]
    for block in range(len(record.mid)):
        table[1, block] = _path(record, block, ranges)
    return Axes(table, float(ranges[1]), _widths(record, reach), reach / (_DISTANCES - 1))


def _path(record: Record, block: int, ranges: Array) -> Array:
    """Direction and ln(2π u) over each range (R, 3), from where the air of a block was before."""
    now = record.mid[block]
    u, v = record.u[block], record.v[block]
    longest = 1.5 * ranges[-1] / record.speed[block]
    ages = np.linspace(0.0, longest, 400)[1:]
    here = _ran(record, np.array([now]))[0]
    back = here - _ran(record, now - ages)
    gone = np.maximum.accumulate(np.hypot(*back.T))
    age = np.interp(ranges, gone, ages, right=longest)
    age = np.maximum(age, record.length / 4)
    shift = here - _ran(record, now - age)
    far = np.maximum(np.hypot(*shift.T), 1e-6)
    towards = np.arctan2(v, u) if np.hypot(u, v) > 0 else 0.0
    is_still = far < 1.0
    cos = np.where(is_still, np.cos(towards), shift[:, 0] / far)
    sin = np.where(is_still, np.sin(towards), shift[:, 1] / far)
    return np.column_stack([cos, sin, np.log(2 * np.pi * np.maximum(far / age, 0.5))])


def _ran(record: Record, at: Array) -> Array:
    """Path of the air (n, 2) [m] at times (n,) [s]; before the record the first wind holds."""
    out = np.column_stack([np.interp(at, record.run_time, record.run[:, k]) for k in (0, 1)])
    before = np.minimum(at - record.run_time[0], 0.0)
    out[:, 0] += before * record.u[0]
    out[:, 1] += before * record.v[0]
    return out


def _widths(record: Record, reach: float) -> Array:
    distance = np.linspace(0.0, reach, _DISTANCES)
    table = np.full((len(SETS), len(CLASSES), _DISTANCES, 2), _PLUME_START)
    for s, name in enumerate(SETS):
        for c in np.unique(record.stability):
            table[s, c, :, 0] += sigma_set(name).y(distance, CLASSES[c]) ** 2
            table[s, c, :, 1] += sigma_set(name).z(distance, CLASSES[c]) ** 2
    return table
