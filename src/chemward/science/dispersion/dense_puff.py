"""A cloud heavier than air that is there at once: it collapses, spreads, takes in air at its front and its top, and drifts off.

A flat disc with bell-shaped shoulders; the vertical profile and the take-up of air from above are those of the dense plume, the front that of
DEGADIS's blanket. Wind comes in with the air. Source: Van Ulden 1974; EPA-450/4-89-019; Fay and Ranck 1983, Atmospheric Environment 17:239.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.special import erf

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.checks import require_positive
from chemward.science.dispersion.cloud import Shape
from chemward.science.dispersion.dense_cloud import Reference, dense_notes
from chemward.science.dispersion.dense_plume import Surroundings, air_factor, entrainment_factor, surroundings
from chemward.science.dispersion.mixing import Mixing, Vapour, mix
from chemward.science.dispersion.sigma import SigmaSet, default_sigma
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import VON_KARMAN, Weather
from chemward.science.notes import Note

Array = NDArray[np.float64]

_LEVELS, _LEVEL_WEIGHTS = np.polynomial.legendre.leggauss(32)


class _Collapse:
    """Right-hand side: y = (radius R_eff² [m²], Sy² [m²], mass of mixture [kg], drift [m]) over time."""

    def __init__(self, mass: float, mixing: Mixing, around: Surroundings, sigma: SigmaSet, weather: Weather) -> None:
        self.mass, self.mixing, self.around = mass, mixing, around
        self.sigma, self.weather = sigma, weather
        self.figures = document("dense")["plume"]

    def layer(self, y: Array) -> tuple[float, float, float]:
        """Density [kg/m³], depth H [m], density of cloud over air, less one [-]."""
        density = self.mixing.at_share(min(self.mass / y[2], 1.0))[1]
        depth = y[2] / density / (math.pi * y[0])
        return density, depth, density / self.around.density - 1

    def wind(self, depth: float) -> float:
        """Mean wind [m/s] of the air in the depth [m] of the cloud."""
        around = self.around
        scale = depth / around.depth_share
        return around.flow(scale) / depth

    def __call__(self, t: float, y: Array) -> list[float]:
        radius2, shoulder2, total = (float(value) for value in y[:3])
        _, depth, excess = self.layer(y)
        around = self.around
        radius = math.sqrt(radius2)
        front = self.figures["spreading"] * math.sqrt(GRAVITY * max(excess, 0.0) * depth)
        share = 1 - self.mass / total
        speed = self.wind(depth) * max(share, 0.0)
        growth = self._meander(shoulder2, speed)
        richardson = GRAVITY * excess * depth / around.friction**2
        factor = entrainment_factor(richardson, 0.0, air_factor(depth / 2 * around.inverse_obukhov))
        room = max(1 - depth / around.lid, 0.0)
        top = math.pi * radius2 * VON_KARMAN * around.friction * around.rise / factor * room
        edge = 2 * math.pi * radius * depth * front * self.figures["front"] * self.figures["spreading"] ** 2
        spread = max(2 * radius * front, growth if shoulder2 >= radius2 * (1 - 1e-9) else 0.0)
        return [spread, growth, around.density * (top + edge), speed]

    def _meander(self, shoulder2: float, speed: float) -> float:
        """Growth of Sy² [m²/s] as of a puff of that width."""
        sigma = math.sqrt(shoulder2 / 2)
        stability, roughness = self.weather.stability, self.weather.roughness
        distance = self.sigma.distance_of(sigma, "y", stability, roughness)
        step = 1.01 * distance
        slope = (float(self.sigma.y(step, stability, roughness)) - sigma) / (step - distance)
        return 4 * sigma * slope * speed


@dataclass(frozen=True)
class DensePuff(Shape):
    """A dense cloud of one moment, made by `dense_puff`: over time [s], shape (k,), ground concentration [kg/m³], flat radius and shoulder
    [m], vertical scale [m], drift [m], density [kg/m³]. Concentrations are referred to the air's temperature as in `DensePlume`."""

    mass: float
    time: Array
    ridge: Array
    flat: Array
    shoulder: Array
    vertical: Array
    drift: Array
    density: Array
    around: Surroundings
    reference: Reference
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def start(self) -> float:  # type: ignore[override]
        """First x [m] that the cloud ever covers."""
        return float(min((self.drift - self.flat - 3 * self.shoulder).min(), -1e-3))

    @property
    def validity(self) -> tuple[float, float]:
        """Distances [m] the cloud's centre was followed."""
        return 0.0, float(self.drift[-1])

    @property
    def _slope(self) -> Array:
        return (self.density - self.around.density) / self.ridge

    def _field(self, x: Array, y: Array, z: Array, at: tuple[Array, ...]) -> Array:
        ridge, flat, shoulder, vertical, drift, slope = at
        outside = np.maximum(np.hypot(x - drift, y) - flat, 0.0)
        fall = np.exp(-((np.maximum(z, 0.0) / vertical) ** self.around.rise) - (outside / shoulder) ** 2)
        return self.reference.warm(ridge * fall, slope)

    def _moment(self, t: ArrayLike) -> tuple[Array, ...]:
        t = np.asarray(t, float)
        columns = (self.ridge, self.flat + 1e-9, self.shoulder, self.vertical)
        log = np.log(np.maximum(t, 0) + 1)
        nodes = np.log(self.time + 1)
        found = tuple(np.exp(np.interp(log, nodes, np.log(column))) for column in columns)
        return (*found, np.interp(log, nodes, self.drift), np.interp(log, nodes, self._slope))

    def concentration(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike | None = None) -> Array:
        """Concentration [kg/m³] at x, y, z [m], broadcast, at time t [s]; None: the greatest over the times of the track."""
        x, y, z = (np.asarray(value, float) for value in (x, y, z))
        if t is not None:
            t = np.asarray(t, float)
            return np.where(t >= 0, self._field(x, y, z, self._moment(t)), 0.0)
        greatest = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape))
        for at in zip(self.ridge, self.flat, self.shoulder, self.vertical, self.drift, self._slope, strict=True):
            np.maximum(greatest, self._field(x, y, z, at), out=greatest)
        return greatest

    def centreline(self, x: ArrayLike, z: float = 0.0) -> Array:
        """Greatest concentration [kg/m³] over time on the axis at x [m], any shape, at height z [m]."""
        return self.concentration(x, 0.0, z)

    def half_width(self, x: ArrayLike, level: float, z: ArrayLike = 0.0) -> Array:
        """Distance [m] from the axis within which the level [kg/m³] is exceeded at some time; x and z [m] broadcast."""
        x, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(z, float))
        ridge = self.ridge * np.exp(-((np.maximum(z[..., None], 0.0) / self.vertical) ** self.around.rise))
        over = ridge / self.reference.cold(level, self._slope)
        radius = np.where(over >= 1, self.flat + self.shoulder * np.sqrt(np.log(np.maximum(over, 1.0))), 0.0)
        return np.asarray(np.sqrt(np.maximum(radius**2 - (x[..., None] - self.drift) ** 2, 0.0)).max(-1))

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, exposure: float) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast; exponent [-] n. A stay of `exposure` [s] shorter than the passage counts the worst
        value over that time at most."""
        require_positive(exponent=exponent, exposure=exposure)
        x, y, z = (np.asarray(value, float) for value in (x, y, z))
        total = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape))
        greatest, before = np.zeros_like(total), np.zeros_like(total)
        columns = zip(self.ridge, self.flat, self.shoulder, self.vertical, self.drift, self._slope, strict=True)
        for step, at in zip(np.diff(self.time, prepend=0.0), columns, strict=True):
            value = self._field(x, y, z, at) ** exponent
            total += (before + value) / 2 * step
            np.maximum(greatest, value, out=greatest)
            before = value
        return np.asarray(np.minimum(total, greatest * exposure))

    def flammable_mass(self, lower: float, upper: float = math.inf) -> float:
        """Greatest mass [kg] between lower and upper [kg/m³], both referred to the air's temperature, of all moments of the track.

        Horizontally in closed form, over height by quadrature. Source: Purple Book CPR 18E, 4.8.
        """
        require_positive(lower=lower)
        found = self._mass_above(lower) - self._mass_above(upper)
        return float(min(found.max(), self.mass))

    def _mass_above(self, level: float) -> Array:
        """Mass [kg] above the level at each moment."""
        if math.isinf(level) or level >= self.reference.scale:
            return np.zeros(len(self.time))
        edge = self.reference.cold(level, self._slope)
        top = self.vertical * np.log(np.maximum(self.ridge / edge, 1.0)) ** (1 / self.around.rise)
        z = top[:, None] * (_LEVELS + 1) / 2
        ridge = self.ridge[:, None] * np.exp(-((z / self.vertical[:, None]) ** self.around.rise))
        out = np.sqrt(np.log(np.maximum(ridge / edge[:, None], 1.0)))
        flat, shoulder = self.flat[:, None], self.shoulder[:, None]
        area = flat**2 + math.sqrt(math.pi) * flat * shoulder * erf(out) + shoulder**2 * (1 - np.exp(-(out**2)))
        return np.asarray((math.pi * area * ridge * _LEVEL_WEIGHTS).sum(1) * top / 2)

    def contained(self) -> Array:
        """Mass [kg] in the cloud at each moment, shape (k,); equals the mass released."""
        area = self.flat**2 + math.sqrt(math.pi) * self.flat * self.shoulder + self.shoulder**2
        return np.asarray(self.ridge * math.pi * area * self.vertical * self.around.depth_share)


def dense_puff(
    mass: float,
    vapour: Vapour,
    weather: Weather,
    *,
    radius: float,
    temperature: float,
    liquid_fraction: float = 0.0,
    air: float = 0.0,
    farthest: float = 20_000.0,
) -> DensePuff:
    """The cloud of a sudden release of a vapour heavier than air.

    mass [kg] of vapour and drops (liquid_fraction [-]) at temperature [K] in a disc of radius [m]; air [kg] that the release itself has mixed
    in; farthest [m] its centre is followed. The ground does not warm it. Holds for wind from 0.5 m/s, flat ground.
    Raises Faults for numbers outside, RuntimeError when the integration fails. Source: EPA-450/4-89-019; Fay and Ranck 1983.
    """
    require_positive(mass=mass)
    notes = dense_notes(weather, radius)
    mixing = mix(vapour, temperature, liquid_fraction, weather)
    around = surroundings(weather, 0.0, False)
    run = _Collapse(mass, mixing, around, default_sigma(weather.is_urban, "puff"), weather)
    first = [radius**2, 1e-4 * radius**2, mass + air + 1e-6 * mass, 0.0]
    times = np.concatenate([[0.0], np.geomspace(0.3, 4 * farthest / max(around.wind * 0.5, 0.3), 159)])
    found = solve_ivp(run, (0, times[-1]), first, method="LSODA", t_eval=times, rtol=1e-4, atol=1e-6)
    if not found.success or not np.isfinite(found.y).all():
        raise RuntimeError(f"dense puff: {found.message}")
    keep = np.searchsorted(found.y[3], farthest) + 1
    time, y = found.t[:keep], found.y[:, :keep]
    density, depth = np.array([run.layer(column)[:2] for column in y.T]).T
    shoulder = np.sqrt(np.minimum(y[1], y[0]))
    flat = np.maximum((np.sqrt(math.pi * shoulder**2 + 4 * (y[0] - shoulder**2)) - math.sqrt(math.pi) * shoulder) / 2, 0.0)
    ridge = mass / (math.pi * y[0] * depth)
    reference = Reference.of(vapour.molar_mass, weather)
    return DensePuff(mass, time, ridge, flat, shoulder, depth / around.depth_share, y[3], density, around, reference, notes)
