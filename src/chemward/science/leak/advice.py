"""Where one more reading would tell most about the place: the information expected from it, over a lattice of candidate points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chemward.science.leak.answer import Advice
from chemward.science.leak.case import LeakInput
from chemward.science.leak.hypotheses import Axes
from chemward.science.leak.record import Array, Record
from chemward.science.leak.search import SCALES, Weighed

_POINTS = 20  # along a side
_SAMPLES = 240
_HEIGHT = 1.5  # m
_EDGES = np.array([np.log(2.0), 1.4, 2.2, 3.2, 4.6, 6.2])  # of ln(1 + reading / limit): what a reading can tell apart


def next_reading(case: LeakInput, record: Record, tables: Axes, found: Weighed) -> Advice | None:
    """The point [m] whose reading in the last wind tells most about the place [bit]; None when no point tells anything."""
    place, how, weight = _samples(found)
    points = _points(case)
    level = np.log1p(_predicted(record, tables, found, place, how, points) / np.median(record.scale))
    spread = SCALES[np.clip(np.rint(found.fit[place, how]).astype(int), 0, len(SCALES) - 1)]
    gain = _gain(level, spread, weight, place)
    best = int(np.argmax(np.round(gain, 9)))
    if gain[best] < 1e-3:
        return None
    return Advice(float(points[best, 0]), float(points[best, 1]), _HEIGHT, float(gain[best]))


def _samples(found: Weighed) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Place, hypothesis and weight of the likeliest combinations."""
    flat = found.log_weight.reshape(-1)
    top = np.argsort(-flat, kind="stable")[:_SAMPLES]
    place, how = np.divmod(top, found.log_weight.shape[1])
    weight = np.exp(flat[top] - flat[top[0]])
    return place, how, weight / weight.sum()


def _points(case: LeakInput) -> Array:
    e = case.extent
    x = np.linspace(e.x_min_m, e.x_max_m, 2 * _POINTS + 1)[1::2]
    y = np.linspace(e.y_min_m, e.y_max_m, 2 * _POINTS + 1)[1::2]
    return np.column_stack([g.reshape(-1) for g in np.meshgrid(x, y)])


def _predicted(
    record: Record, tables: Axes, found: Weighed, place: NDArray[np.int64], how: NDArray[np.int64], points: Array
) -> Array:
    """Concentration (samples, points) [kg/m³] of each sample's plume in the wind of the last block, height 1.5 m."""
    h, p = found.hypotheses, found.places
    towards = np.arctan2(record.v[-1], record.u[-1]) + h.turn[how][:, None]
    dx, dy = points[None, :, 0] - p.x[place][:, None], points[None, :, 1] - p.y[place][:, None]
    x = np.cos(towards) * dx + np.sin(towards) * dy
    y = np.cos(towards) * dy - np.sin(towards) * dx
    ahead = np.maximum(x, 1.0)
    width = tables.widths[h.set[how], record.stability[-1]]
    at = np.minimum((ahead / tables.distance_step).astype(int), width.shape[1] - 1)
    across, up = (np.take_along_axis(width[:, :, k], at, axis=1) * h.width[how][:, None] ** 2 for k in (0, 1))
    across = across + (h.meander[how][:, None] ** 2 + record.spread[-1] ** 2) * ahead**2
    z = p.z[place][:, None]
    lift = np.exp(-0.5 * (_HEIGHT - z) ** 2 / up) + np.exp(-0.5 * (_HEIGHT + z) ** 2 / up)
    rate = np.exp(found.log_rate[place, how])[:, None]
    value = rate / (2 * np.pi * record.speed[-1] * np.sqrt(across * up)) * np.exp(-0.5 * y * y / across) * lift
    return np.where(x > 0, value, 0.0)


def _gain(level: Array, spread: Array, weight: Array, place: NDArray[np.int64]) -> Array:
    """Information (points,) [bit] of a reading about the place: entropy of what it can show less what stays when the place is known."""
    below = 1.0 / (1.0 + np.exp(-1.7 * (_EDGES[None, None, :] - level[:, :, None]) / spread[:, None, None]))
    chance = np.diff(np.concatenate([np.zeros_like(level)[:, :, None], below, np.ones_like(level)[:, :, None]], axis=2), axis=2)
    who, member = np.unique(place, return_inverse=True)
    share = np.zeros((len(who), len(weight)))
    share[member, np.arange(len(weight))] = weight
    total = share.sum(axis=1)
    given = np.tensordot(share / total[:, None], chance, axes=1)
    return _entropy(np.tensordot(total, given, axes=1)) - np.tensordot(total, _entropy(given), axes=1)


def _entropy(chance: Array) -> Array:
    """Entropy [bit] over the last axis."""
    return np.asarray(-(chance * np.log2(np.maximum(chance, 1e-12))).sum(axis=-1))
