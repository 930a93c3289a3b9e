"""A jet of gas, or of gas with drops, bending in the wind until the wind carries it: where it ends, how wide and how thin it then is.

Top-hat integral model along the axis: air comes in by the jet's own shear (Ricou and Spalding), by the crosswind, and by the turbulence of
the air; momentum is kept but for the wind's and for weight. Source: Ricou and Spalding 1961, Journal of Fluid Mechanics 11:21; Ooms 1972,
Atmospheric Environment 6:899.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.mixing import Mixing
from chemward.science.dispersion.rise import LAPSE
from chemward.science.dispersion.weather import Weather

Array = NDArray[np.float64]

_SHEAR = 0.0796  # [-] of a top hat: 0.282/(2 π^½), Ricou and Spalding 1961
_CROSSWIND = 0.5  # [-] Ooms 1972
_EXCESS = 0.2  # [-] of the wind: speed against the air, as a vector, below which the wind carries the jet; shear alone keeps a jet a tenth behind
_MOST = 20_000  # [-] evaluations after which the integration is given up


@dataclass(frozen=True)
class JetTrack:
    """Axis of a jet, arrays (k,): path [m], x and z [m], radius [m] of the top hat, speed [m/s], mass share [-] of the release, density
    [kg/m³], time [s]. is_grounded: it came down while it was heavy."""

    path: Array
    x: Array
    z: Array
    radius: Array
    speed: Array
    share: Array
    density: Array
    time: Array
    is_grounded: bool


class _Bend:
    """Right-hand side: y = (mass flow, momentum along x, along z, x, z, time, buoyancy lost to layered air) over the path."""

    def __init__(self, rate: float, mixing: Mixing, weather: Weather) -> None:
        self.rate, self.mixing, self.weather = rate, mixing, weather
        self.air = weather.air_density
        self.layering = GRAVITY * LAPSE.get(weather.stability, 0.0) / weather.temperature
        self.calls = 0

    def local(self, y: Array) -> tuple[float, float, float, float, float]:
        """Speed, radius, density, share, wind at the axis."""
        flow, along, upward, _, height = (float(value) for value in y[:5])
        share = min(self.rate / flow, 1.0)
        density = self.mixing.at_share(share)[1]
        speed = math.hypot(along, upward) / flow
        return speed, math.sqrt(flow / (math.pi * density * speed)), density, share, float(self.weather.wind_at(max(height, 0.5)))

    def __call__(self, path: float, y: Array) -> list[float]:
        self.calls += 1
        if self.calls > _MOST:
            raise RuntimeError("jet: the integration does not come to an end")
        speed, radius, density, _, wind = self.local(y)
        momentum = math.hypot(y[1], y[2])
        along, upward = y[1] / momentum, y[2] / momentum
        shear = _SHEAR * abs(speed - wind * along) * math.sqrt(density / self.air)
        cross = _CROSSWIND * wind * abs(upward)
        stir = 0.1 * self.weather.friction
        taken = 2 * math.pi * radius * self.air * (shear + cross + stir)
        lift = math.pi * radius**2 * GRAVITY * (self.air - density) + y[6] / speed
        lost = -self.layering * (y[0] - self.rate) * upward
        return [taken, taken * wind, lift, along, upward, 1 / speed, lost]


def jet_track(
    rate: float,
    radius: float,
    velocity: float,
    height: float,
    direction: str,
    mixing: Mixing,
    weather: Weather,
    farthest: float = 3000.0,
) -> JetTrack:
    """The jet to where the wind carries it, or to where it comes down heavy.

    rate [kg/s], radius [m] and velocity [m/s] after expansion to the pressure of the air, height [m], direction "horizontal" (with the wind)
    or "vertical", farthest [m] along its path. Raises RuntimeError when the integration fails. Source: Ricou and Spalding 1961; Ooms 1972.
    """
    bend = _Bend(rate, mixing, weather)
    along, upward = (1.0, 0.0) if direction == "horizontal" else (0.02, 1.0)
    first = [rate, rate * max(velocity, 1e-3) * along, rate * max(velocity, 1e-3) * upward, 0.0, max(height, radius), 0.0, 0.0]

    def carried(path: float, y: Array) -> float:
        here = bend.local(y)[4]
        relative = math.hypot(y[1] / y[0] - here, y[2] / y[0])
        top = (
            y[2] / y[0] if bend.layering and path > 20 * radius else math.inf
        )  # in layered air it stops where it would turn back
        return float(min(relative / max(here, 0.1) - _EXCESS, top if first[2] > 0 else math.inf))

    def landed(path: float, y: Array) -> float:
        _, around, density, _, _ = bend.local(y)
        is_heavy = density > 1.002 * bend.air
        return float(y[4] - 0.5 * around) if is_heavy and y[2] <= 0 and path > 0.5 * radius else 1.0

    carried.terminal = landed.terminal = True  # type: ignore[attr-defined]
    carried.direction = landed.direction = -1.0  # type: ignore[attr-defined]
    start = min(0.05 * radius, 0.01)
    found = solve_ivp(
        bend, (0, farthest), first, method="LSODA", events=(carried, landed), rtol=1e-4, atol=1e-8, first_step=start
    )
    if found.status < 0 or not np.isfinite(found.y).all():
        raise RuntimeError(f"jet: {found.message}")
    speed, around, density, share, _ = np.array([bend.local(column) for column in found.y.T]).T
    return JetTrack(
        found.t, found.y[3], np.maximum(found.y[4], 0.0), around, speed, share, density, found.y[5], len(found.t_events[1]) > 0
    )
