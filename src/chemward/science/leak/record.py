"""The record as arrays: blocks of time with their wind, readings in a scale on which their errors are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chemward.science.constants import concentration, kelvin
from chemward.science.leak.case import LeakInput

Array = NDArray[np.float64]

MISSING, MEASURED, BELOW, ABOVE = 0, 1, 2, 3
CLASSES = "ABCDEF"

LONGEST, ROUGH = 64, 20
"""Most blocks of a record that is weighed, and of one that serves to find where to look; a longer one is averaged."""
_FEWEST = 12
_PAIRS = 2600  # readings; what the search weighs in its time
_CALM = 0.5  # m/s, below which a plume has no direction of its own
_ROUNDED = 0.999  # of the saturation: a reading that was rounded is still over range
_ALWAYS, _ALIKE = 0.25, 2.5  # part of the detectors that always read something, ratio of their quartiles: a background
_WAFT = 0.15  # m/s, cross-wind drift that never rests


@dataclass(frozen=True)
class Record:
    """A leak record of B blocks and S detectors.

    level (B, S): ln(1 + reading / scale), 0 where nothing was found. kind (B, S): missing, measured, below the limit, above the range.
    scale (S,) [kg/m³]: detection limit, or noise where none is given, below which a reading tells nothing. background (S,) [kg/m³].
    mid (B,) [s], length [s] of a block; u, v (B,) [m/s] towards east and north; spread (B,) [rad] of the direction within the block;
    stability (B,) index into A…F. run_time (n,), run (n, 2): path of the air [m] over the whole record.
    """

    sensors: Array
    level: Array
    kind: NDArray[np.int8]
    scale: Array
    background: Array
    mid: Array
    length: float
    u: Array
    v: Array
    spread: Array
    stability: NDArray[np.int64]
    run_time: Array
    run: Array

    @property
    def speed(self) -> Array:
        """Wind speed (B,) [m/s] of each block, not less than what a plume needs."""
        return np.maximum(np.hypot(self.u, self.v), _CALM)

    @property
    def is_hit(self) -> NDArray[np.bool_]:
        """Whether each reading (B, S) [-] stands clear: over twice the limit and the background together, or over range."""
        clear = np.log(3.0 + 2.0 * self.background / self.scale)
        return np.asarray(((self.kind == MEASURED) & (self.level > clear)) | (self.kind == ABOVE), np.bool_)


def from_case(case: LeakInput, most: int = LONGEST) -> Record:
    """The record of an input: SI, averaged to `most` blocks [-], calm air given its drift."""
    sensors = np.array([[s.x_m, s.y_m, s.z_m] for s in case.sensors])
    order = np.lexsort(sensors.T)  # sums do not depend on the order in which detectors are listed
    raw = np.ascontiguousarray(_kg_m3(case)[:, order])
    limits, tops = (_column(case, name)[order] for name in ("detection_limit", "saturation"))
    step = _step(case)
    merge = _merged(len(raw), raw.shape[1], most)
    groups = [slice(i, i + merge) for i in range(0, len(raw), merge)]
    values, kind = _classified(raw, limits, tops)
    values, kind = _averaged(values, kind, limits, groups)
    times = np.asarray(case.times_s) - step / 2
    mid = np.array([times[g].mean() for g in groups])
    length = np.array([times[g][-1] - times[g][0] + step for g in groups])
    scale = _scale(values, kind, limits)
    background = _background(values, kind, scale)
    run_time, run, wind = _wind(case, step)
    u, v, spread = _block_wind(mid, length, wind)
    classes = [case.stability] * len(raw) if isinstance(case.stability, str) else case.stability
    stability = np.array([CLASSES.index(classes[g][len(classes[g]) // 2]) for g in groups])
    level = np.log1p(np.maximum(values, 0.0) / scale)
    return Record(
        sensors[order], level, kind, scale, background, mid, float(length.mean()), u, v, spread, stability, run_time, run
    )


def to_readings(value: float, case: LeakInput) -> float:
    """The concentration value [kg/m³] in the unit of the readings [ppm or mg/m³]."""
    return value / _unit(case)


def _unit(case: LeakInput) -> float:
    """kg/m³ in one unit of the readings."""
    if case.readings_unit == "mg/m3":
        return 1e-6
    return float(concentration(1e-6, case.molar_mass_g_mol / 1000, kelvin(case.temperature_c), case.pressure_kpa * 1000))


def _kg_m3(case: LeakInput) -> Array:
    rows = [[np.nan if value is None else value for value in row] for row in case.readings]
    return np.array(rows, float) * _unit(case)


def _column(case: LeakInput, name: str) -> Array:
    values: list[Any] = [getattr(sensor, name) for sensor in case.sensors]
    return np.array([v or np.nan for v in values], float) * _unit(case)


def _step(case: LeakInput) -> float:
    if case.averaging_s is not None:
        return case.averaging_s
    return float(np.clip(np.median(np.diff(case.times_s)), 1.0, 3600.0)) if len(case.times_s) > 1 else 60.0


def _merged(times: int, sensors: int, most: int) -> int:
    """How many times go into one block."""
    most = int(np.clip(_PAIRS // sensors, _FEWEST, most))
    return -(-times // most)


def _classified(raw: Array, limits: Array, tops: Array) -> tuple[Array, NDArray[np.int8]]:
    kind = np.where(np.isnan(raw), MISSING, MEASURED).astype(np.int8)
    kind[raw < limits] = BELOW
    kind[raw >= tops * _ROUNDED] = ABOVE
    values = np.where(kind == BELOW, np.broadcast_to(limits, raw.shape), raw)
    return np.where(kind == ABOVE, np.broadcast_to(tops, raw.shape), values), kind


def _averaged(values: Array, kind: NDArray[np.int8], limits: Array, groups: list[slice]) -> tuple[Array, NDArray[np.int8]]:
    """Blocks: a mean with readings below the limit at half of it; over range as soon as half of them are."""
    if all(g.stop - g.start == 1 for g in groups):
        return np.nan_to_num(values), kind
    out = np.zeros((len(groups), values.shape[1]))
    kinds = np.zeros(out.shape, np.int8)
    for row, g in enumerate(groups):
        known = (kind[g] != MISSING).sum(axis=0)
        amounts = np.where(kind[g] == BELOW, values[g] / 2, np.nan_to_num(values[g]))
        out[row] = amounts.sum(axis=0) / np.maximum(known, 1)
        kinds[row] = np.where(known > 0, MEASURED, MISSING)
        low = (known > 0) & (out[row] < limits)
        out[row, low], kinds[row, low] = limits[low], BELOW
        kinds[row, (known > 0) & ((kind[g] == ABOVE).sum(axis=0) * 2 >= known)] = ABOVE
    return out, kinds


def _scale(values: Array, kind: NDArray[np.int8], limits: Array) -> Array:
    """Detection limits; where none is given, twice the noise of the lower half of all readings."""
    known = values[kind == MEASURED]
    fallback = 1e-9
    if len(known):
        middle = float(np.median(known))
        noise = 1.4826 * float(np.median(middle - known[known <= middle]))
        positive = known[known > 0]
        smallest = float(np.quantile(positive, 0.02)) if len(positive) and (known <= 0).any() and noise == 0 else 0.0
        fallback = max(2 * noise, smallest, 1e-3 * float(np.quantile(np.abs(known), 0.99)), 1e-12)
    return np.where(np.isnan(limits), fallback, limits)


def _background(values: Array, kind: NDArray[np.int8], scale: Array) -> Array:
    """What each detector reads without a leak (S,) [kg/m³]: 0 unless many of them always read something, and much alike.

    Where they do, a detector's own low readings count, within a factor of three of what they have in common: gains differ, but one that
    stands in the plume most of the time must not take the plume for its background.
    """
    known = (kind != MISSING).sum(axis=0) >= 3
    found = np.where(kind == MISSING, np.nan, np.where(kind == BELOW, 0.0, values))
    low, middle = np.zeros(len(scale)), np.zeros(len(scale))
    if known.any():
        low[known], middle[known] = np.nanquantile(found[:, known], (0.25, 0.5), axis=0)
    always = middle > 0.5 * scale
    if always.sum() < max(4, _ALWAYS * known.sum()):
        return np.zeros(len(scale))
    first, third = np.quantile(middle[always], (0.25, 0.75))
    if third > _ALIKE * first:
        return np.zeros(len(scale))
    common = float(np.median(np.maximum(low[always], 0.5 * scale[always])))
    return np.where(known, np.clip(low, common / 3, common * 3), common)


def _wind(case: LeakInput, step: float) -> tuple[Array, Array, Array]:
    """Path of the air over the record, and the wind rows as (n, 3): time [s], u, v [m/s]."""
    rows = sorted((w.time_s, w.speed_m_s, w.from_deg) for w in case.wind)
    time, speed, degrees = np.array(rows).T
    towards = np.radians(270.0 - degrees)
    wind = np.column_stack([time - step / 2, speed * np.cos(towards), speed * np.sin(towards)])
    start, end = min(wind[0, 0], case.times_s[0] - step), max(wind[-1, 0], case.times_s[-1])
    fine = np.linspace(start, end, int(np.clip((end - start) / 10.0, 2, 4000)))
    u, v = (np.interp(fine, wind[:, 0], wind[:, k]) for k in (1, 2))
    gap = np.diff(fine)
    run = np.column_stack([np.concatenate([[0.0], np.cumsum(0.5 * (w[1:] + w[:-1]) * gap)]) for w in (u, v)])
    return fine, run, wind


def _block_wind(mid: Array, length: Array, wind: Array) -> tuple[Array, Array, Array]:
    """Mean wind of each block and the spread [rad] of its direction: rows within the block, or between the neighbours."""
    u, v = (np.interp(mid, wind[:, 0], wind[:, k]) for k in (1, 2))
    spread = np.zeros(len(mid))
    for block, (centre, long) in enumerate(zip(mid, length, strict=True)):
        within = wind[np.abs(wind[:, 0] - centre) <= long / 2]
        if len(within) > 1:
            u[block], v[block] = within[:, 1].mean(), within[:, 2].mean()
            unit = within[:, 1:] / np.maximum(np.hypot(within[:, 1], within[:, 2]), 1e-9)[:, None]
            spread[block] = np.sqrt(max(0.0, -2 * np.log(max(1e-6, float(np.hypot(*unit.mean(axis=0)))))))
    spread = np.hypot(spread, _WAFT / np.maximum(np.hypot(u, v), _CALM))
    return u, v, np.minimum(spread, 1.0)
