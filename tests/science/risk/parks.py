"""Small parks for the tests of the risk sums: plumes of every stability, circles, tables, people."""

from __future__ import annotations

import numpy as np

from chemward.science.risk.effects import Circle, Event, Layer, Plume, Table, zone
from chemward.science.risk.park import People, Raster

WEATHERS = ((0.16, 0.12, 4.0), (0.08, 0.06, 1.5), (0.08, 0.06, 4.0), (0.08, 0.06, 8.5), (0.06, 0.03, 4.0), (0.04, 0.016, 1.5))
"""Growth of the plume across and up [-] and wind [m/s], for six weathers from B to F."""


def toxic_plume(strength, weather, slope=1.375, n=2.0):
    """A Gaussian plume with probit slope · ln(c^n) + const; strength sets how far it kills."""
    across, up, wind = WEATHERS[weather]
    x = np.geomspace(3.0, 20_000.0, 60)
    wide, high = across * x / np.sqrt(1 + 1e-4 * x), up * x / np.sqrt(1 + 1e-3 * x)
    a = slope * np.log(strength / (np.pi * wind * wide * high))
    keep = max(2, int((a > -10).sum()) + 1)
    return Plume(x[:keep], np.maximum(a[:keep], -49.0), (slope * n / 2 / (2 * wide**2) * 2)[:keep])


def toxic(site, frequency, strength, **more):
    layer = Layer(tuple(toxic_plume(strength, w) for w in range(6)), 1.0, 1.0, 0.1)
    return Event(site, frequency, (layer,), **more)


def flash(site, frequency, length, **more):
    """Everybody inside a tongue of that length [m] dies."""
    zones = []
    for w in range(6):
        end = length * (0.6 + 0.1 * w)
        x = np.geomspace(2.0, 1.4 * end, 60)
        zones.append(zone(x, 0.12 * end * np.sin(np.pi * np.minimum(x / end, 1.4))))
    return Event(site, frequency, (Layer(tuple(zones)),), **more)


def fireball(site, frequency, radius, **more):
    inside = Layer((Circle([radius, radius], [1.0, 0.0]),), 1.0, 1.0, 1.0)
    around = Layer((Circle([0.0, radius, radius, 2.2 * radius], [0.0, 0.0, 0.8, 0.0]),), 1.0, 0.14, 0.0)
    return Event(site, frequency, (inside, around), **more)


def explosion(site, frequency, away, radius, **more):
    """Everybody within the radius of a point downwind dies, and 2.5 % of those indoors in twice the radius."""
    near = Layer(tuple(Circle([radius, radius], [1.0, 0.0], away * (1 + 0.1 * w)) for w in range(6)))
    indoors = Layer(
        tuple(Circle([0.0, radius, radius, 2 * radius], [0.0, 0.0, 0.025, 0.025], away * (1 + 0.1 * w)) for w in range(6)),
        0.0,
        0.0,
        1.0,
    )
    return Event(site, frequency, (near, indoors), **more)


def tilted_fire(site, frequency, radius, **more):
    x, y = np.linspace(-2 * radius, 3 * radius, 41), np.linspace(0, 2.5 * radius, 26)
    value = np.exp(-(((x[:, None] - 0.4 * radius) / radius) ** 2) - (y[None, :] / radius) ** 2)
    return Event(site, frequency, (Layer((Table(x, y, value),), 1.0, 0.14, 0.0),), **more)


def rose(rng, periods=1, sectors=16):
    return rng.dirichlet(np.full(periods * 6 * sectors, 0.7)).reshape(periods, 6, sectors)


RASTER = Raster(0.0, 0.0, 10.0, 160, 140)


def town(rng, periods=1, squares=40, side=60.0):
    places = np.column_stack([rng.uniform(50, 1550, squares), rng.uniform(50, 1350, squares), np.full(squares, side)])
    return People(places, rng.poisson(20, (squares, 2 * periods)).astype(float))


def mixed(rng, sites, count):
    """Events of every kind at `sites` release points."""
    made = []
    kinds = (
        lambda s, f: toxic(s, f, np.exp(rng.normal(6.0, 1.2))),
        lambda s, f: flash(s, f, rng.uniform(60, 300)),
        lambda s, f: fireball(s, f, rng.uniform(30, 120)),
        lambda s, f: explosion(s, f, rng.uniform(20, 200), rng.uniform(30, 100)),
        lambda s, f: tilted_fire(s, f, rng.uniform(20, 80)),
    )
    for i in range(count):
        made.append(kinds[i % len(kinds)](int(rng.integers(sites)), float(10 ** rng.uniform(-7, -4))))
    return made, np.column_stack([rng.uniform(300, 1300, sites), rng.uniform(300, 1100, sites)])
