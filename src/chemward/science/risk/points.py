"""Individual risk at chosen points, event by event: who makes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.effects import Circle, Effect, Event, Layer, Plume
from chemward.science.risk.kernel.spot import plumes_at
from chemward.science.risk.kernel.sweep import PLUME
from chemward.science.risk.loads import pack
from chemward.science.risk.park import Setting

Doubles = NDArray[np.float64]

PER_SECTOR = 24  # directions of the wind in a sector


def contributions(events: Sequence[Event], sites: Doubles, x: float, y: float, setting: Setting) -> Doubles:
    """Individual risk [1/a] at the point (x, y) [m] from every event, shape (events,); sites (n, 2) [m].

    Each direction of the wind by itself, 24 in a sector: independent of the polar tables, to which it must agree.
    """
    away = np.hypot(*(np.array([x, y]) - sites).T)
    out = np.zeros(len(events))
    for n, event in enumerate(events):
        if any(layer.individual > 0 and layer.reach >= away[event.site] for layer in event.layers):
            out[n] = _of_event(event, x - sites[event.site, 0], y - sites[event.site, 1], setting)
    return out


def contributions_at(events: Sequence[Event], sites: Doubles, points: Doubles, setting: Setting) -> Doubles:
    """As `contributions`, for many points (m, 2) [m] at once, shape (m, events) [1/a]; plumes by compiled code; sites (n, 2) [m]."""
    spots = np.ascontiguousarray(points, float).reshape(-1, 2)
    out = np.zeros((len(spots), len(events)))
    if not len(spots):
        return out
    plumes = [n for n, event in enumerate(events) if all(_is_plume(layer) for layer in event.layers)]
    others = sorted(set(range(len(events))) - set(plumes))
    for n in others:
        dx, dy = (spots - sites[events[n].site]).T
        reach = max(layer.reach for layer in events[n].layers if layer.individual > 0) if events[n].layers else 0.0
        for m in np.flatnonzero(np.hypot(dx, dy) <= reach):
            out[m, n] = _of_event(events[n], float(dx[m]), float(dy[m]), setting)
    _add_plumes([events[n] for n in plumes], plumes, np.ascontiguousarray(sites, float), spots, setting, out)
    return out


def _is_plume(layer: Layer) -> bool:
    return any(isinstance(effect, Plume) for effect in layer.by_weather)


def _add_plumes(events: list[Event], numbers: list[int], sites: Doubles, spots: Doubles, setting: Setting, out: Doubles) -> None:
    loads = pack(events, len(sites), setting.weathers, setting.grid)
    starts, kind, index, _, rose_of, _, event, weight, beta, plume_a, plume_b = loads.effects[:11]
    site_of = np.repeat(np.arange(len(sites), dtype=np.int32), np.diff(starts))
    found = np.zeros((len(spots), max(len(events), 1)))
    roses = np.ascontiguousarray(setting.roses.sum(1), np.float32)
    parts = 1 if setting.pencils else PER_SECTOR
    chosen = np.where(kind == PLUME, index, -1).astype(np.int32)
    plumes_at(
        spots, sites, site_of, chosen, rose_of, event, weight, beta, plume_a, plume_b,
        setting.grid.inner, math.log(setting.grid.ratio), roses, parts, found,
    )  # fmt: skip
    out[:, numbers] = found[:, : len(events)]


def _of_event(event: Event, dx: float, dy: float, setting: Setting) -> float:
    rose = setting.roses[event.rose].sum(0)
    away, bearing = math.hypot(dx, dy), math.atan2(dx, dy)
    total = 0.0
    for w in range(rose.shape[0]):
        factor = event.by_weather[w % len(event.by_weather)] if event.by_weather else 1.0
        for layer in event.layers:
            effect = layer.by_weather[w % len(layer.by_weather)]
            if effect is not None and layer.individual * factor > 0 and effect.reach >= away:
                total += layer.individual * factor * _over_rose(effect, away, bearing, rose[w], setting.pencils)
    return event.frequency * total


def _over_rose(effect: Effect, away: float, bearing: float, share: Doubles, pencils: bool) -> float:
    if isinstance(effect, Circle) and effect.centre == 0:
        return float(share.sum()) * float(_radial(effect, np.array([away]))[0])
    per = 1 if pencils else PER_SECTOR
    parts = (np.arange(per) + 0.5) / per - 0.5
    wind = ((np.arange(share.size)[:, None] + parts) * 2 * math.pi / share.size).ravel()
    off = bearing - wind
    return float((lethality(effect, away * np.cos(off), away * np.sin(off)) * np.repeat(share / per, per)).sum())


def _radial(circle: Circle, away: Doubles) -> Doubles:
    inside = away <= circle.radius[-1]
    return np.where(inside, np.interp(away, circle.radius, circle.lethality), 0.0)


def lethality(effect: Effect, x: Doubles, y: Doubles) -> Doubles:
    """Death probability [-] of an effect at x downwind and y across [m], one shape."""
    if isinstance(effect, Circle):
        return _radial(effect, np.hypot(x - effect.centre, y))
    if isinstance(effect, Plume):
        from scipy.special import ndtr

        log = np.log(np.maximum(x, effect.x[0]))
        at = np.log(effect.x)
        probit = np.interp(log, at, effect.a) - np.interp(log, at, effect.b) * y**2
        return np.where((x > 0) & (x <= effect.x[-1]), ndtr(probit - 5.0), 0.0)
    from scipy.interpolate import RegularGridInterpolator

    read = RegularGridInterpolator((effect.x, effect.y), effect.lethality, bounds_error=False, fill_value=0.0)
    return np.asarray(read(np.stack([x, np.abs(y)], -1)))
