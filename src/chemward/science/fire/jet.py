"""Jet fire of a gas under pressure: a frustum of a cone, tilted and lifted off the hole.

Chamberlain 1987, Chem. Eng. Res. Des. 65, 299–309, in the form of CPR 14E (Yellow Book, 3rd ed. 2005) 6.5.3, eq. 6.27–6.68.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import cos, degrees, exp, pi, radians, sin, sqrt

import numpy as np
from scipy.optimize import brentq

from chemward.science.constants import GAS_CONSTANT, GRAVITY, air_density
from chemward.science.faults import Fault, out_of_range, refuse
from chemward.science.fire.flame import Flame, Zone
from chemward.science.fire.solid_flame import frustum
from chemward.science.fire.transmissivity import wayne
from chemward.science.notes import Note, info, warning


@dataclass(frozen=True)
class ExpandedJet:
    """A gas jet after it has fallen to the pressure of the air.

    velocity [m/s], temperature [K], density [kg/m³], diameter [m], mach [-].
    """

    velocity: float
    temperature: float
    density: float
    diameter: float
    mach: float


def expand(
    rate: float, molar_mass: float, gamma: float, pressure: float, temperature: float, ambient: float = 101_325.0
) -> ExpandedJet:
    """The expanded jet of a gas that leaves a vessel at rest.

    rate [kg/s], molar_mass [kg/mol], gamma [-] ratio of heat capacities, pressure [Pa] and temperature [K] in the vessel, ambient [Pa].
    Choked when the pressure in the hole stays above the air's. Source: CPR 14E eq. 6.29–6.37.
    """
    critical = pressure * (2 / (gamma + 1)) ** (gamma / (gamma - 1))
    if critical > ambient:
        mach = sqrt(((gamma + 1) * (critical / ambient) ** ((gamma - 1) / gamma) - 2) / (gamma - 1))
    else:
        mach = sqrt(2 / (gamma - 1) * ((pressure / ambient) ** ((gamma - 1) / gamma) - 1))
    cold = temperature / (1 + (gamma - 1) / 2 * mach**2)
    velocity = mach * sqrt(gamma * GAS_CONSTANT * cold / molar_mass)
    density = ambient * molar_mass / (GAS_CONSTANT * cold)
    return ExpandedJet(velocity, cold, density, sqrt(4 * rate / (pi * velocity * density)), mach)


@dataclass(frozen=True)
class JetShape:
    """Frustum of a jet flame.

    length [m] from hole to tip, lift_off [m], frustum_length [m], alpha [rad] tilt of the flame against the hole's axis, first_width [m],
    last_width [m] (diameters), effective_diameter [m].
    """

    length: float
    lift_off: float
    frustum_length: float
    alpha: float
    first_width: float
    last_width: float
    effective_diameter: float


def shape(jet: ExpandedJet, rate: float, molar_mass: float, wind_speed: float, angle: float, air: float) -> JetShape:
    """The flame's frustum: rate [kg/s], molar_mass [kg/mol], wind_speed [m/s], angle [rad] of the hole's axis above the level downwind
    direction (0: level, with the wind; π/2: upward), air [kg/m³] density of air. Source: CPR 14E eq. 6.38–6.57.
    """
    source = sqrt(4 * rate / (pi * air * jet.velocity))
    fraction = molar_mass / (15.816 * molar_mass + 0.0395)  # of fuel in the stoichiometric mixture with air, by mass
    calm = source * _dimensionless_length(source, jet.velocity, fraction)
    elevation = degrees(angle)
    length = calm * (0.51 * exp(-0.4 * wind_speed) + 0.49) * (1 - 6.07e-3 * (elevation - 90))
    momentum = (GRAVITY / (source * jet.velocity) ** 2) ** (1 / 3)
    ratio = wind_speed / jet.velocity
    alpha = _tilt(elevation, ratio, calm * momentum)
    lift = 0.185 * exp(-20 * ratio) + 0.015
    lift_off = length * (sin(lift * alpha) / sin(alpha) if abs(alpha) > 1e-6 else lift)
    reach = sqrt(length**2 - (lift_off * sin(alpha)) ** 2) - lift_off * cos(alpha)
    first = (
        source
        * (13.5 * exp(-6 * ratio) + 1.5)
        * (1 - (1 - sqrt(air / jet.density) / 15) * exp(-70 * (source * momentum) * (1000 * exp(-100 * ratio) + 0.8) * ratio))
    )
    last = length * (0.18 * exp(-1.5 * ratio) + 0.31) * (1 - 0.47 * exp(-25 * ratio))
    return JetShape(length, lift_off, reach, alpha, first, last, source)


def _dimensionless_length(source: float, velocity: float, fraction: float) -> float:
    """Y of CPR 14E eq. 6.44: 0.024 (g Ds/u²)^⅓ Y^(5/3) + 0.2 Y^(2/3) − (2.85/W)^(2/3) = 0; it has one root."""
    buoyant, wanted = 0.024 * (GRAVITY * source / velocity**2) ** (1 / 3), (2.85 / fraction) ** (2 / 3)
    highest = (wanted / 0.2) ** 1.5
    return float(brentq(lambda y: buoyant * y ** (5 / 3) + 0.2 * y ** (2 / 3) - wanted, 0.0, highest))


def _tilt(elevation: float, ratio: float, richardson: float) -> float:
    """Tilt α [rad] (CPR 14E eq. 6.49–6.50); the two branches meet at a ratio of 0.05 to within 1 %."""
    straight = (elevation - 90) * (1 - exp(-25.6 * ratio))
    bent = 8000 * ratio if ratio <= 0.05 else 134 + 1726 * sqrt(ratio - 0.026)
    return radians(straight + bent / richardson)


def radiant_fraction(velocity: float, molar_mass: float) -> float:
    """Share of the heat of combustion that a jet flame radiates [-]: velocity [m/s] of the expanded jet, molar_mass [kg/mol].

    0.21 exp(−0.00323 u) + 0.11, raised for gases heavier than 0.021 kg/mol by √(M/0.021), at most by 1.69 (Cook et al. 1990).
    Source: Chamberlain 1987; CPR 14E eq. 6.58–6.60.
    """
    base = 0.21 * exp(-0.00323 * velocity) + 0.11
    return base * min(max(sqrt(molar_mass / 0.021), 1.0), sqrt(0.060 / 0.021))


def jet_fire_flame(
    rate: float,
    molar_mass: float,
    gamma: float,
    pressure: float,
    gas_temperature: float,
    heat_of_combustion: float,
    wind_speed: float,
    temperature: float,
    relative_humidity: float,
    height: float = 1.0,
    angle: float = 0.0,
    ambient: float = 101_325.0,
) -> Flame:
    """The flame of burning gas that leaves a hole at the origin, in the wind's frame.

    rate [kg/s]; molar_mass [kg/mol]; gamma [-]; pressure [Pa] and gas_temperature [K] in the vessel; heat_of_combustion [J/kg];
    wind_speed [m/s] at the flame; temperature [K] and relative_humidity [-] of the air; height [m] of the hole; angle [rad] above the
    level, downwind; ambient [Pa]. Measured for natural gas up to 84 bar and for propane; level jets are known less well than upward ones.
    Raises Faults. Source: Chamberlain 1987; CPR 14E 6.5.3.
    """
    _check(rate, molar_mass, gamma, pressure, ambient, wind_speed, relative_humidity, angle)
    air = air_density(temperature, ambient)
    jet = expand(rate, molar_mass, gamma, pressure, gas_temperature, ambient)
    form = shape(jet, rate, molar_mass, wind_speed, angle, air)
    axis_angle = min(max(angle - form.alpha, 0.0), pi)  # the wind bends the flame downwind; the ground ends that
    begin = np.array([form.lift_off * cos(angle), 0.0, height + form.lift_off * sin(angle)])
    direction = np.array([cos(axis_angle), 0.0, sin(axis_angle)])
    surface = frustum(begin, direction, form.frustum_length, form.first_width / 2, form.last_width / 2, around=32, along=24)
    fraction = radiant_fraction(jet.velocity, molar_mass)
    power = fraction * rate * heat_of_combustion / surface.area
    extent = {
        "length_m": form.length,
        "lift_off_m": form.lift_off,
        "tilt_rad": form.alpha,
        "first_width_m": form.first_width,
        "last_width_m": form.last_width,
        "radiant_fraction": fraction,
        "emissive_power_w_m2": power,
        "jet_velocity_m_s": jet.velocity,
    }
    return Flame(
        "jet",
        (Zone(surface, power),),
        _outline(begin, direction, form),
        partial(wayne, temperature=temperature, relative_humidity=relative_humidity),
        extent,
        None,
        _notes(angle, jet),
    )


def _outline(begin: np.ndarray, direction: np.ndarray, form: JetShape) -> np.ndarray:
    """Ground plan (k, 2) [m] of the frustum."""
    end = begin + direction * form.frustum_length
    half = np.linspace(-pi / 2, pi / 2, 9)
    tip = np.column_stack([end[0] + form.last_width / 2 * abs(direction[2]) * np.cos(half), form.last_width / 2 * np.sin(half)])
    root = np.array([[begin[0], form.first_width / 2], [begin[0], -form.first_width / 2]])
    return np.concatenate([tip, root])


def _notes(angle: float, jet: ExpandedJet) -> tuple[Note, ...]:
    notes = [info("jet_model", "frustum of a cone after Chamberlain", "CPR 14E 6.5.3")]
    if angle < radians(45):
        notes.append(
            warning(
                "level_jet", "the model was fitted to flames that point upward; a level jet is known less well", "CPR 14E 6.5.3"
            )
        )
    if jet.mach < 0.3:
        notes.append(
            warning(
                "slow_jet",
                f"jet of Mach {jet.mach:.2f}: a slow flame bends and spreads more than the model's",
                "Chamberlain 1987",
            )
        )
    return tuple(notes)


def _check(
    rate: float, molar_mass: float, gamma: float, pressure: float, ambient: float, wind: float, humidity: float, angle: float
) -> None:
    faults = [Fault(n, f"is {v:g}", "give a value above 0") for n, v in (("rate", rate), ("molar_mass", molar_mass)) if not v > 0]
    if not 1.01 <= gamma <= 1.7:
        faults.append(out_of_range("gamma", gamma, 1.01, 1.7, "-"))
    if not pressure > 1.001 * ambient:
        faults.append(
            Fault(
                "pressure",
                f"is {pressure:g} Pa, not above the air's {ambient:g} Pa",
                "a jet needs pressure; use a pool or flash fire",
            )
        )
    if not 0 <= wind <= 30:
        faults.append(out_of_range("wind_speed", wind, 0, 30, "m/s"))
    if not 0 <= humidity <= 1:
        faults.append(out_of_range("relative_humidity", humidity, 0, 1, "-"))
    if not 0 <= angle <= pi:
        faults.append(out_of_range("angle", angle, 0, pi, "rad"))
    refuse(faults)
