"""The risk sums done the long way, as an oracle.

Every effect, weather, direction and cell by itself, in the plane, without polar grid or tails.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from chemward.science.risk.effects import Circle, Event, Plume, Table


def directions(share, per_sector=22, pencils=False):
    """Bearings towards which the wind blows [rad] and the share of each, from shares of sectors (sectors,).

    Midpoints of equal parts.
    """
    sectors = share.shape[-1]
    wide = 2 * math.pi / sectors
    if pencils:
        return np.arange(sectors) * wide, share
    parts = (np.arange(per_sector) + 0.5) / per_sector - 0.5
    bearings = (np.arange(sectors)[:, None] + parts[None, :]) * wide
    return bearings.ravel(), np.repeat(share / per_sector, per_sector, axis=-1)


@nb.njit(cache=True, nogil=True)
def _plume_sum(px, py, cosines, sines, shares, log_x, a, b, out):
    for i in range(px.size):
        total = 0.0
        for d in range(cosines.size):
            x = px[i] * sines[d] + py[i] * cosines[d]
            if x <= 0 or shares[d] == 0:
                continue
            lx = max(math.log(x), log_x[0])
            if lx > log_x[-1]:
                continue
            k = min(int(np.searchsorted(log_x, lx)), log_x.size - 1)
            k = max(k, 1)
            u = (lx - log_x[k - 1]) / (log_x[k] - log_x[k - 1])
            y = px[i] * cosines[d] - py[i] * sines[d]
            pr = a[k - 1] + u * (a[k] - a[k - 1]) - (b[k - 1] + u * (b[k] - b[k - 1])) * y * y
            if pr > 0.7:
                total += shares[d] * 0.5 * math.erfc((5.0 - pr) / math.sqrt(2.0))
        out[i] = total


def lethality(effect, x, y):
    """Death probability of an effect at x downwind and y across [m]."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.abs(np.asarray(y, float)))
    if isinstance(effect, Circle):
        away = np.hypot(x - effect.centre, y)
        return np.where(away <= effect.radius[-1], np.interp(away, effect.radius, effect.lethality), 0.0)
    if isinstance(effect, Table):
        from scipy.interpolate import RegularGridInterpolator

        read = RegularGridInterpolator((effect.x, effect.y), effect.lethality, bounds_error=False, fill_value=0.0)
        return read(np.stack([x.ravel(), y.ravel()], -1)).reshape(x.shape)
    log_x = np.log(np.maximum(x, effect.x[0]))
    inside = (x > 0) & (x <= effect.x[-1])
    probit = np.interp(log_x, np.log(effect.x), effect.a) - np.interp(log_x, np.log(effect.x), effect.b) * y**2
    from scipy.special import ndtr

    return np.where(inside, ndtr(probit - 5.0), 0.0)


def _effects(layer, weathers):
    return layer.by_weather if len(layer.by_weather) == weathers else layer.by_weather * weathers


def individual_risk(events: list[Event], sites, points, roses, pencils=False, per_sector=22):
    """Individual risk at points (n, 2) [1/a]: the sum over events, weathers and at least 352 directions."""
    points = np.asarray(points, float)
    out, part = np.zeros(len(points)), np.zeros(len(points))
    for event in events:
        share = roses[event.rose].sum(0)
        dx, dy = (points - sites[event.site]).T
        for layer in event.layers:
            for w, effect in enumerate(_effects(layer, share.shape[0])):
                if effect is None:
                    continue
                times = (
                    event.frequency
                    * layer.individual
                    * (event.by_weather[w % len(event.by_weather)] if event.by_weather else 1.0)
                )
                bearings, shares = directions(share[w], per_sector, pencils)
                near = np.hypot(dx, dy) < effect.reach * 1.3 + 1
                if isinstance(effect, Plume):
                    _plume_sum(
                        dx[near],
                        dy[near],
                        np.cos(bearings),
                        np.sin(bearings),
                        shares,
                        np.log(effect.x),
                        effect.a,
                        effect.b,
                        part[: near.sum()],
                    )
                    out[near] += times * part[: near.sum()]
                else:
                    x = dx[near, None] * np.sin(bearings) + dy[near, None] * np.cos(bearings)
                    y = dx[near, None] * np.cos(bearings) - dy[near, None] * np.sin(bearings)
                    out[near] += times * (lethality(effect, x, y) * shares).sum(1)
    return out


def deaths(event: Event, site, places, roses, pencils=False, per_sector=22):
    """Deaths of one event in every period, weather and direction, with its frequency.

    Rows of (deaths [persons], frequency [1/a]). places: a list of (x, y, outdoors, indoors) for each period, persons at points.
    """
    rows = []
    for period, people in enumerate(places):
        spots = np.asarray(people, float)
        dx, dy = spots[:, 0] - site[0], spots[:, 1] - site[1]
        for w in range(roses.shape[2]):
            bearings, shares = directions(roses[event.rose, period, w], per_sector, pencils)
            x = dx[:, None] * np.sin(bearings) + dy[:, None] * np.cos(bearings)
            y = dx[:, None] * np.cos(bearings) - dy[:, None] * np.sin(bearings)
            dead = np.zeros(len(bearings))
            for layer in event.layers:
                effect = _effects(layer, roses.shape[2])[w]
                if effect is not None:
                    counted = layer.outdoors * spots[:, 2] + layer.indoors * spots[:, 3]
                    dead += (lethality(effect, x, y) * counted[:, None]).sum(0)
            times = event.frequency * (event.by_weather[w % len(event.by_weather)] if event.by_weather else 1.0)
            rows += list(zip(dead, times * shares, strict=True))
    return np.asarray(rows)
