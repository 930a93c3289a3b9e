"""Pool fire: how fast it burns, how long and how tilted the flame is, how it radiates."""

from __future__ import annotations

from functools import partial
from math import asin, cos, exp, pi, sin, sqrt
from typing import Literal

import numpy as np

from chemward.science.constants import GRAVITY, air_density
from chemward.science.faults import Fault, out_of_range, refuse
from chemward.science.fire.flame import Flame, Zone
from chemward.science.fire.solid_flame import sheared_cylinder
from chemward.science.fire.transmissivity import wayne
from chemward.science.notes import Note, info, warning
from chemward.standards import pool_fire

Correlation = Literal["pritchard-binding", "thomas"]
KINEMATIC_VISCOSITY_AIR = 1.5e-5  # m²/s at 288 K; tilt depends on its 0.117th power
SMALLEST, LARGEST = 1.0, 120.0  # m


def burning_rate(cas: str, diameter: float) -> float | None:
    """Mass burning rate [kg/(m² s)] of a pool of diameter [m] by CAS number; None when no measured figure is known.

    m″ = m″∞ (1 − exp(−kβ D)). Source: Babrauskas 1983, Fire Technology 19, 251–261.
    """
    found = pool_fire.burning(cas)
    if found is None:
        return None
    if found.k_beta is None:
        return found.burning_rate
    return found.burning_rate * (1 - exp(-found.k_beta * diameter))


def burgess(
    heat_of_combustion: float, heat_of_vaporisation: float, heat_capacity: float, boiling_point: float, air: float
) -> float:
    """Mass burning rate of a large pool [kg/(m² s)]: 0.001 ΔHc / (ΔHv + cp (Tb − Ta)).

    heat_of_combustion [J/kg], heat_of_vaporisation [J/kg], heat_capacity of the liquid [J/(kg K)], boiling_point [K], air [K]; a liquid
    that boils below air temperature needs no heating up. Source: Burgess & Hertzberg 1974; AQ/T 3046-2013, E.4.1.
    """
    warming = max(boiling_point - air, 0.0) * heat_capacity
    return 0.001 * heat_of_combustion / (heat_of_vaporisation + warming)


def flame_length_calm(burning: float, diameter: float, air: float) -> float:
    """Flame length [m] in calm air: burning [kg/(m² s)], diameter [m], density of air [kg/m³].

    L/D = 42 (m″ / (ρa √(gD)))^0.61. Source: Thomas 1963; AQ/T 3046-2013, E.4.1.
    """
    return float(42 * diameter * (burning / (air * sqrt(GRAVITY * diameter))) ** 0.61)


def flame_length_thomas(burning: float, diameter: float, wind: float, air: float, vapour: float) -> float:
    """Flame length [m] in wind: burning [kg/(m² s)], diameter [m], wind [m/s] at 10 m, air [kg/m³], vapour [kg/m³] at the boiling point.

    L/D = 55 (m″ / (ρa √(gD)))^0.67 u*^−0.21, u* = u / (g m″ D / ρv)^⅓, not below 1. Source: Thomas 1963.
    """
    star = max(wind / (GRAVITY * burning * diameter / vapour) ** (1 / 3), 1.0)
    return float(55 * diameter * (burning / (air * sqrt(GRAVITY * diameter))) ** 0.67 * star**-0.21)


def flame_length_pritchard_binding(burning: float, diameter: float, wind: float, air: float, vapour: float) -> float:
    """Flame length [m] in wind: burning [kg/(m² s)], diameter [m], wind [m/s] at 9 m, air [kg/m³], vapour [kg/m³] at the boiling point.

    L/D = 10.615 (m″ / (ρa √(gD)))^0.305 u*^−0.03, u* not below 1. Source: Pritchard & Binding 1992, IChemE Symp. Ser. 130, FIRE2.
    """
    star = max(wind / (GRAVITY * burning * diameter / vapour) ** (1 / 3), 1.0)
    return float(10.615 * diameter * (burning / (air * sqrt(GRAVITY * diameter))) ** 0.305 * star**-0.03)


def tilt(wind: float, diameter: float) -> float:
    """Tilt of the flame from the vertical [rad]: wind [m/s] at 9 m, diameter [m].

    tan θ / cos θ = 0.666 Fr^0.333 Re^0.117, Fr = u²/(gD), Re = uD/ν. Source: Pritchard & Binding 1992, FIRE2.
    """
    if wind <= 0:
        return 0.0
    froude, reynolds = wind**2 / (GRAVITY * diameter), wind * diameter / KINEMATIC_VISCOSITY_AIR
    ratio = 0.666 * froude**0.333 * reynolds**0.117
    return asin((sqrt(1 + 4 * ratio**2) - 1) / (2 * ratio))


def drag(wind: float, diameter: float) -> float:
    """Length of the flame's base along the wind over its diameter [-], at least 1: wind [m/s] at 9 m, diameter [m].

    D′/D = 2.506 Fr^0.067 Re^−0.03. Source: Pritchard & Binding 1992, FIRE2.
    """
    if wind <= 0:
        return 1.0
    froude, reynolds = wind**2 / (GRAVITY * diameter), wind * diameter / KINEMATIC_VISCOSITY_AIR
    return float(max(2.506 * froude**0.067 * reynolds**-0.03, 1.0))


def emissive_power(cas: str, diameter: float) -> tuple[float, Note]:
    """Surface emissive power of the whole flame [W/m²] for a pool of diameter [m], and where it comes from.

    Fuels with measured flames: E (1 − exp(−kD)). All others, sooty: 140 exp(−0.12 D) + 20 (1 − exp(−0.12 D)) kW/m².
    Source: Mudan 1984, Prog. Energy Combust. Sci. 10, 59–80, eq. 33; 49 CFR 193.2057 for LNG.
    """
    found = pool_fire.emissive_power(cas)
    if found is not None and found.emissive_power_kw_m2 is not None and found.extinction is not None:
        power = found.emissive_power_kw_m2 * (1 - exp(-found.extinction * diameter))
        return 1e3 * power, info("emissive_power_measured", f"surface emissive power of {found.fuel}", found.source)
    soot = exp(-0.12 * diameter)
    return 1e3 * (140 * soot + 20 * (1 - soot)), info(
        "emissive_power_sooty", "surface emissive power of a sooty flame", "Mudan 1984, eq. 33"
    )


def pool_fire_flame(
    cas: str,
    diameter: float,
    burning: float,
    vapour_density: float,
    heat_of_combustion: float,
    wind_speed: float,
    temperature: float,
    relative_humidity: float,
    pressure: float = 101_325.0,
    correlation: Correlation = "pritchard-binding",
) -> Flame:
    """The flame of a burning pool in the wind's frame, pool's centre at the origin.

    cas: which fuel (for its measured emissive power); diameter [m]; burning [kg/(m² s)]; vapour_density [kg/m³] at the boiling point;
    heat_of_combustion [J/kg]; wind_speed [m/s] at 10 m; temperature [K], relative_humidity [-], pressure [Pa] of the air.
    Valid for diameters of 1 to 120 m (measured to 35 m). No more is radiated than 35 % of the heat of combustion… of a clean, 40 % of
    any flame: the emissive power is lowered to that. Raises Faults. Source: Pritchard & Binding 1992; Thomas 1963; Mudan 1984.
    """
    _check(diameter, burning, vapour_density, wind_speed, relative_humidity)
    air = air_density(temperature, pressure)
    length_of = flame_length_thomas if correlation == "thomas" else flame_length_pritchard_binding
    length = length_of(burning, diameter, wind_speed, air, vapour_density)
    angle, stretch = tilt(wind_speed, diameter), drag(wind_speed, diameter)
    surface = sheared_cylinder(diameter / 2, length * cos(angle), length * sin(angle), stretch, around=36, up=16)
    power, note = emissive_power(cas, diameter)
    heat = burning * heat_of_combustion * pi * diameter**2 / 4
    notes = [
        note,
        info(
            "flame_shape",
            f"flame length, tilt and drag by {correlation}",
            "Pritchard & Binding 1992" if correlation != "thomas" else "Thomas 1963",
        ),
    ]
    if power * surface.area > 0.4 * heat:
        power = 0.4 * heat / surface.area
        notes.append(
            warning(
                "radiant_share_capped",
                "emissive power lowered: a flame radiates at most 40 % of its heat of combustion",
                "Mudan 1984",
            )
        )
    if diameter > 35:
        notes.append(
            warning("beyond_measured", f"pool of {diameter:.0f} m: flames were measured up to 35 m", "Nedelka et al. 1989")
        )
    around = np.linspace(0, 2 * np.pi, 49)
    shift = diameter / 2 * (stretch - 1)
    outline = np.column_stack([shift + diameter / 2 * stretch * np.cos(around), diameter / 2 * np.sin(around)])
    return Flame(
        "pool",
        (Zone(surface, power),),
        outline,
        partial(wayne, temperature=temperature, relative_humidity=relative_humidity),
        {
            "length_m": length,
            "tilt_rad": angle,
            "drag": stretch,
            "diameter_m": diameter,
            "emissive_power_w_m2": power,
            "heat_release_w": heat,
        },
        None,
        tuple(notes),
    )


def _check(diameter: float, burning: float, vapour_density: float, wind_speed: float, relative_humidity: float) -> None:
    faults = []
    if not SMALLEST <= diameter <= LARGEST:
        faults.append(out_of_range("diameter", diameter, SMALLEST, LARGEST, "m", "larger pools break up into several flames"))
    for name, value in (("burning", burning), ("vapour_density", vapour_density)):
        if not value > 0:
            faults.append(Fault(name, f"is {value:g}", "give a value above 0"))
    if not 0 <= wind_speed <= 30:
        faults.append(out_of_range("wind_speed", wind_speed, 0, 30, "m/s"))
    if not 0 <= relative_humidity <= 1:
        faults.append(out_of_range("relative_humidity", relative_humidity, 0, 1, "-"))
    refuse(faults)
