"""The search's inner loop: how well a leak at each place explains the record, under each hypothesis, its rate averaged over.

A reading y and a prediction p are compared as z = ln(1 + y/c) and ln(1 + p/c), c the detector's limit: near the limit the difference is
additive noise, far above it a factor. Their difference has a Student-t law with 4 degrees of freedom and scale k, k one of a few
("how well does any plume fit at all"). A reading below the limit costs only where the prediction lies above it, one over range only
where it lies below. With p = b + q s, z = ln(1 + b/c) + softplus(ln(s/(c + b)) + ln q): the plume enters by its logarithm, no
exponential is taken, and softplus comes from a table.

A leak may stop, start or come and go: along the blocks the best path through "flows" and "does not" is taken, every change at a
price (Viterbi), so that silence after a stop does not speak against the place.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from numba import types as nt

SOFTPLUS_LOW, SOFTPLUS_HIGH, SOFTPLUS_STEP = -10.0, 30.0, 1 / 32
SOFTPLUS = np.log1p(np.exp(np.arange(SOFTPLUS_LOW, SOFTPLUS_HIGH + 2 * SOFTPLUS_STEP, SOFTPLUS_STEP)))

_EDGE = 12.0  # a plume is cut where it has fallen by exp(-12)
_FAINT = -3.0  # ln of a prediction over the detector's scale below which it says nothing
_FREEDOM = 4.0
_POWER = (_FREEDOM + 1) / 2
_NEVER = -8.0  # ln of a prediction per kg/s below which no leak of any size shows (150 kg/s still tells nothing)
_LN2 = math.log(2.0)
_LADDER, _RUNGS = 1.0, 5  # steps of ln rate in the first look for it, and their number

_A1, _A2, _A3, _A4 = nt.float64[::1], nt.float64[:, ::1], nt.float64[:, :, ::1], nt.float64[:, :, :, ::1]
_I1, _K1, _K2 = nt.int64[::1], nt.int8[::1], nt.int8[:, ::1]


def _compiled(signature: Any) -> Any:
    """Compile at once for one signature, keep in the cache, run without the interpreter lock."""
    return nb.njit(signature, cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@_compiled(nt.float64(nt.float64, _A1))
def softplus(x: float, table: Any) -> float:
    """ln(1 + eˣ) [-] of x [-], by a table (n,) [-], within 2e-4."""
    if x <= SOFTPLUS_LOW:
        return 0.0
    if x >= SOFTPLUS_HIGH:
        return x
    at = (x - SOFTPLUS_LOW) / SOFTPLUS_STEP
    i = int(at)
    return float(table[i] + (at - i) * (table[i + 1] - table[i]))


@_compiled(nt.float64(nt.float64, nt.float64, nt.int8))
def _excess(found: float, expected: float, kind: int) -> float:
    """By how much a reading differs from what is expected, in ln; one-sided below the limit (2) and over range (3)."""
    off = expected - found
    if (kind == 2 and off < 0.0) or (kind == 3 and off > 0.0):
        return 0.0
    return off


@_compiled(
    nt.int64(
        _A1, _A2, _A4, nt.float64, _A4, nt.float64, _I1, _A1, _A1, nt.int64, nt.int64, _K2, _A1, _A2, _I1, _A1
    )
)  # fmt: skip
def _touched(  # type: ignore[no-untyped-def]
    place, sensors, axis, range_step, widths, distance_step, stability, spread, how, lag, name, kind, ground, seen, index, out
):
    """ln of prediction per unit rate over the detector's scale, for the readings that the plume touches; their number.

    place: x, y, z, smear² [m²] of its cell. how: width factor, meander² [rad²], cos and sin of the turn.
    """
    blocks, count = kind.shape
    far, reach = axis.shape[2] - 1, widths.shape[2] - 1
    wide2, meander2, cos_turn, sin_turn = how[0] ** 2, how[1], how[2], how[3]
    height, smear2 = place[2], place[3]
    for s in range(count):
        ex, ey = sensors[s, 0] - place[0], sensors[s, 1] - place[1]
        seen[0, s] = min(math.sqrt(ex * ex + ey * ey) / range_step, far)
        seen[1, s], seen[2, s] = cos_turn * ex + sin_turn * ey, cos_turn * ey - sin_turn * ex
    n = 0
    for b in range(blocks):
        table = widths[name, stability[b]]
        fan2 = meander2 + spread[b] ** 2
        for s in range(count):
            at = int(seen[0, s])
            c, d = axis[lag, b, at, 0], axis[lag, b, at, 1]
            x = c * seen[1, s] + d * seen[2, s]
            if x <= 0.0 or kind[b, s] == 0:
                continue
            y = c * seen[2, s] - d * seen[1, s]
            f = x / distance_step
            k = min(int(f), reach - 1)
            f -= k
            across = wide2 * (table[k, 0] + f * (table[k + 1, 0] - table[k, 0])) + fan2 * x * x + smear2
            off = 0.5 * y * y / across
            if off > _EDGE:
                continue
            up = wide2 * (table[k, 1] + f * (table[k + 1, 1] - table[k, 1])) + 0.1 * smear2
            z = sensors[s, 2]
            value = -axis[lag, b, at, 2] - 0.5 * math.log(across * up) - off - ground[s] - 0.5 * (z - height) ** 2 / up
            if value < _NEVER:
                continue
            image = 2.0 * z * height / up
            index[n] = b * count + s
            out[n] = value + (_LN2 - 0.5 * image if image < 0.1 else math.log1p(math.exp(-image)))
            n += 1
    return n


@_compiled(nt.float64(nt.int64, _I1, _A2, _A1, nt.float64, _A1))
def _bound(n, index, quiet, scale_prior, temper, work):  # type: ignore[no-untyped-def]
    """ln of the evidence [-] if all touched readings were explained to the last: no place can do better."""
    top = -1e300
    for k in range(len(scale_prior)):
        total = 0.0
        for i in range(n):
            total += quiet[k, index[i]]
        work[k] = scale_prior[k] + temper * _POWER * total
        top = max(top, work[k])
    return top


@_compiled(nt.int64(nt.int64, _I1, _A1, nt.float64))
def _without_faint(n, index, reach, rate):  # type: ignore[no-untyped-def]
    """Drop readings at which no more than a trace is predicted at this ln of rate; how many stay."""
    kept = 0
    for i in range(n):
        if reach[i] + rate > _FAINT:
            index[kept], reach[kept] = index[i], reach[i]
            kept += 1
    return kept


@_compiled(nt.float64(nt.int64, _I1, _A1, _A1, _K1, _A1))
def _first_rate(n, index, reach, level, kind, table):  # type: ignore[no-untyped-def]
    """ln of the rate [kg/s] that makes predictions and findings alike in sum."""
    found, made, top = 0.0, 0.0, -1e30
    for i in range(n):
        top = max(top, reach[i])
    for i in range(n):
        j = index[i]
        if kind[j] == 1:
            found += math.expm1(max(level[j], 0.0))
        elif kind[j] == 3:
            found += 2.0 * math.exp(level[j])
        made += math.exp(reach[i] - top)
    if found <= 0.0:
        return -top
    return math.log(found / made) - top


@_compiled(nt.void(nt.int64, nt.int64, _I1, _A1, _A1, _K1, _A1, nt.float64, nt.float64, _A1, _A2))
def _products(first, last, index, reach, level, kind, table, start, step, narrow, product):  # type: ignore[no-untyped-def]
    """Multiply (1 + r²/(4 k²)) of readings first…last into product (rates, k)."""
    rates, scales = product.shape
    for i in range(first, last):
        j = index[i]
        for q in range(rates):
            r = _excess(level[j], softplus(reach[i] + start + q * step, table), kind[j])
            r *= r
            for k in range(scales):
                product[q, k] *= 1.0 + r * narrow[k]


@_compiled(nt.float64(nt.int64, _I1, _A1, _A1, _K1, _A1, nt.float64, _A1, _A1, _A2))
def _best_rate(n, index, reach, level, kind, table, middle, narrow, total, product):  # type: ignore[no-untyped-def]
    """ln of the rate that fits best among a coarse ladder about `middle`."""
    rates = product.shape[0]
    start = middle - 0.5 * (rates - 1) * _LADDER
    total[:] = 0.0
    for first in range(0, n, 20):
        product[:] = 1.0
        _products(first, min(first + 20, n), index, reach, level, kind, table, start, _LADDER, narrow, product)
        for q in range(rates):
            total[q] += math.log(product[q, 0])
    return start + _LADDER * np.argmin(total[:rates])


@_compiled(
    nt.void(nt.int64, nt.int64, _I1, _A1, _A1, _K1, _A1, nt.float64, nt.float64, _A1, _A2, nt.float64, nt.float64, _A2, _A2, _A2)
)
def _paths(n, count, index, reach, level, kind, table, start, step, narrow, quiet, temper, price, on, off, product):  # type: ignore[no-untyped-def]
    """Best path through flowing and not flowing for each rate and k; on (rates, k): ln of likelihood against no leak, tempered."""
    rates, scales = on.shape
    on[:], off[:] = 0.0, 0.0
    first = 0
    while first < n:
        block = index[first] // count
        last = first
        while last < n and index[last] // count == block and last < first + 24:
            last += 1
        product[:] = 1.0
        _products(first, last, index, reach, level, kind, table, start, step, narrow, product)
        for k in range(scales):
            null = 0.0
            for i in range(first, last):
                null += quiet[k, index[i]]
            for q in range(rates):
                gain = temper * _POWER * (null - math.log(product[q, k]))
                a, b = on[q, k], off[q, k]
                on[q, k] = max(a, b - price) + gain
                off[q, k] = max(b, a - price)
        first = last
    for q in range(rates):
        for k in range(scales):
            on[q, k] = max(on[q, k], off[q, k])


@_compiled(nt.void(_A2, _A2, _A1, nt.float64, nt.float64, nt.float64, nt.float64, _A1))
def _summed(on, work, scale_prior, start, step, centre, width, out):  # type: ignore[no-untyped-def]
    """Average over rates and k into out: ln evidence, mean and variance of ln rate, mean of ln k index."""
    rates, scales = on.shape
    top = -1e300
    for q in range(rates):
        lnq = start + q * step
        for k in range(scales):
            work[q, k] = on[q, k] + scale_prior[k] - 0.5 * ((lnq - centre) / width) ** 2
            top = max(top, work[q, k])
    total, first, second, fit = 0.0, 0.0, 0.0, 0.0
    for q in range(rates):
        lnq = start + q * step
        for k in range(scales):
            w = math.exp(work[q, k] - top)
            total += w
            first += w * lnq
            second += w * lnq * lnq
            fit += w * k
    mean = first / total
    out[0] = top + math.log(total * step)
    out[1] = mean
    out[2] = max(second / total - mean * mean, 0.0) + step * step / 12.0
    out[3] = fit / total


@_compiled(
    nt.void(
        _A2, _A2, _A4, nt.float64, _A4, nt.float64, _I1, _A1, _A2, _I1, _I1, _K2, _A2, _A1,
        _A1, _A2, _A1, _A1, nt.float64, nt.float64, nt.int64, nt.float64, nt.float64, nt.float64, nt.float64, _A3,
    )
)  # fmt: skip
def weigh(  # type: ignore[no-untyped-def]
    places, sensors, axis, range_step, widths, distance_step, stability, spread, hows, lags, names, kinds, levels, ground,
    narrow, quiet, scale_prior, table, temper, price, rates, step, centre, width, least, out,
):  # fmt: skip
    """Fill out (N, H, 4) for N places and H hypotheses: ln evidence against no leak [-], mean [ln kg/s] and variance [-] of ln rate,
    mean index of the scale k [-].

    places (N, 4): x, y, z [m], smear² [m²]. sensors (S, 3) [m]. axis, range_step [m], widths, distance_step [m]: `hypotheses.Axes`.
    stability (B,) [-], spread (B,) [rad]. hows (H, 4): width factor [-], meander² [rad²], cos, sin of the turn [-]; lags, names (H,) [-].
    kinds (B, S) [-], levels (B, S) [-] less the background's, ground (S,) ln [kg/m³] of scale and background. narrow (K,) 1/(4 k²) [-],
    quiet (K, B·S) [-] ln of the same factors when nothing leaks, scale_prior (K,) [-]. table (n,) [-] of softplus.
    temper [-], price [-] of a change of flow, rates [-] and step [-] of the ladder in ln rate, centre [ln kg/s] and width [-] of its prior,
    least [-]: what cannot reach this evidence is not weighed further.
    """
    blocks, count = kinds.shape
    level, kind = levels.reshape(-1), kinds.reshape(-1)
    index, reach = np.empty(blocks * count, np.int64), np.empty(blocks * count)
    seen = np.empty((3, count))
    scales = len(narrow)
    on, off, product = np.empty((rates, scales)), np.empty((rates, scales)), np.empty((rates, scales))
    ladder, total, broad = np.empty((_RUNGS, 1)), np.empty(_RUNGS), narrow[scales // 2 : scales // 2 + 1].copy()
    work = np.empty(scales)
    for p in range(len(places)):
        for h in range(len(lags)):
            n = _touched(
                places[p], sensors, axis, range_step, widths, distance_step, stability, spread, hows[h], lags[h], names[h], kinds,
                ground, seen, index, reach,
            )  # fmt: skip
            bound = _bound(n, index, quiet, scale_prior, temper, work)
            if n == 0 or bound < least:
                out[p, h, 0], out[p, h, 1], out[p, h, 2], out[p, h, 3] = min(bound, 0.0), centre, width * width, scales - 1.0
                continue
            middle = _first_rate(n, index, reach, level, kind, table)
            n = _without_faint(n, index, reach, middle + 0.5 * _LADDER * _RUNGS)
            best = _best_rate(n, index, reach, level, kind, table, middle, broad, total, ladder)
            start = best - 0.5 * (rates - 1) * step
            n = _without_faint(n, index, reach, best + 0.5 * rates * step)
            _paths(n, count, index, reach, level, kind, table, start, step, narrow, quiet, temper, price, on, off, product)
            _summed(on, off, scale_prior, start, step, centre, width, out[p, h])
