"""Fireball of a bursting vessel (BLEVE): size, time, heat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.faults import Fault, refuse
from chemward.science.fire.transmissivity import aqt3046_horizontal, wayne
from chemward.science.notes import Note, info, warning

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fireball:
    """A fireball over the origin, round from every side.

    radius [m]; height [m] of its centre; duration [s]; emissive_power [W/m²]. Answers like a flame.
    """

    radius: float
    height: float
    duration: float
    emissive_power: float
    transmissivity: partial[Array]
    notes: tuple[Note, ...] = ()
    kind: str = "fireball"

    @property
    def extent(self) -> dict[str, float]:
        """Radius [m], height [m], duration [s], emissive power [W/m²] by name."""
        return {
            "radius_m": self.radius,
            "height_m": self.height,
            "duration_s": self.duration,
            "emissive_power_w_m2": self.emissive_power,
        }

    def flux(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0) -> Array:
        """Heat flux (…) [W/m²] at x, y, z (…) [m] on a receiver turned to the fireball; its own power inside it.

        View factor of a sphere: (radius/distance)². Source: CCPS 2010, Guidelines for VCE, BLEVE and flash fire, eq. 6.2.
        """
        x, y, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), np.asarray(z, float))
        distance = np.sqrt(x**2 + y**2 + (z - self.height) ** 2)
        factor = np.minimum((self.radius / np.maximum(distance, self.radius)) ** 2, 1.0)
        air = np.where(distance > self.radius, self.transmissivity(np.maximum(distance - self.radius, 0.0)), 1.0)
        return np.asarray(self.emissive_power * factor * air, float)

    def distance(self, level: float) -> float:
        """Greatest ground distance [m] from the origin at which the flux is `level` [W/m²]; 0 when nowhere reached."""
        radii = np.concatenate([[0.0], self.radius * np.geomspace(0.02, 100, 800)])
        flux = self.flux(radii)
        above = np.flatnonzero(flux >= level)
        if not len(above) or above[-1] == len(radii) - 1:
            return float(radii[above[-1]]) if len(above) else 0.0
        i = above[-1]
        return float(np.interp(np.log(level), np.log(flux[[i + 1, i]]), radii[[i + 1, i]]))

    def contour(self, level: float) -> list[Array]:
        """The circle (k, 2) [m] on which the flux at ground level is `level` [W/m²]; empty when nowhere reached."""
        reach = self.distance(level)
        angle = np.linspace(0, 2 * np.pi, 73)
        return [np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])] if reach > 0 else []


def diameter(mass: float) -> float:
    """Greatest diameter [m] of the fireball of a mass [kg]: 5.8 m^⅓. Source: CCPS 2010, eq. 6.1 (Roberts 1981)."""
    return float(5.8 * mass ** (1 / 3))


def duration(mass: float) -> float:
    """Time [s] that a fireball of a mass [kg] burns: 0.45 m^⅓ up to 30 t, 2.6 m^(1/6) above. Source: CCPS 2010, eq. 6.1."""
    return float(0.45 * mass ** (1 / 3) if mass < 30_000 else 2.6 * mass ** (1 / 6))


def radiant_fraction(burst_pressure: float) -> float:
    """Share of the heat of combustion that is radiated [-]: 0.27 p^0.32, at most 0.4; burst_pressure [Pa], in the formula in MPa.

    Source: Roberts 1981; CCPS 2010, eq. 6.3.
    """
    return float(min(0.27 * (burst_pressure / 1e6) ** 0.32, 0.4))


def fireball(
    mass: float,
    heat_of_combustion: float,
    burst_pressure: float,
    temperature: float,
    relative_humidity: float,
    height_rule: Literal["lifted", "grounded"] = "lifted",
) -> Fireball:
    """The fireball of a mass [kg] of fuel (all of it vapour or mist) over the place of the burst.

    heat_of_combustion [J/kg]; burst_pressure [Pa], absolute; temperature [K], relative_humidity [-] of the air. lifted: centre 0.75 D up;
    grounded: touching the ground (0.5 D), nearer to people. Emissive power at most 400 kW/m² (highest measured mean).
    Raises Faults. Source: CCPS 2010, chapter 6; Roberts 1981.
    """
    _check(mass, heat_of_combustion, burst_pressure, relative_humidity)
    size, time = diameter(mass), duration(mass)
    power = radiant_fraction(burst_pressure) * mass * heat_of_combustion / (pi * size**2 * time)
    notes = [info("fireball_model", "diameter, time and radiant share after Roberts", "CCPS 2010, chapter 6")]
    if power > 400e3:
        notes.append(
            warning(
                "emissive_power_capped", f"{power / 1e3:.0f} kW/m² lowered to 400, the highest measured", "CCPS 2010, chapter 6"
            )
        )
        power = 400e3
    return Fireball(
        size / 2,
        (0.75 if height_rule == "lifted" else 0.5) * size,
        time,
        power,
        partial(wayne, temperature=temperature, relative_humidity=relative_humidity),
        tuple(notes),
    )


Vessel = Literal["cylinder", "sphere"]
EMISSIVE_POWER_AQT = {"cylinder": 270e3, "sphere": 200e3}  # W/m²; the print says W/m² for figures in kW/m²
SHARE_OF_CONTENT_AQT = {1: 0.5, 2: 0.7, 3: 0.9}


def aqt3046_fireball(content: float, vessel: Vessel, vessels: int = 1) -> Fireball:
    """The fireball of AQ/T 3046: content [kg] of all vessels, vessels [-] how many; 50, 70 or 90 % of the content burns for 1, 2 or more.

    Radius 2.9 W^⅓ (the print calls it the diameter), time 0.45 W^⅓, 270 or 200 kW/m² (printed in W/m²). Distances are
    reckoned level from the fireball's middle, as the standard does. Raises Faults. Source: AQ/T 3046-2013, E.4.2.
    """
    refuse([Fault("content", f"is {content:g} kg", "give a value above 0")] if not content > 0 else [])
    mass = content * SHARE_OF_CONTENT_AQT[min(max(vessels, 1), 3)]
    radius = 2.9 * mass ** (1 / 3)
    note = info(
        "fireball_model",
        "AQ/T 3046: 2.9 W^⅓ taken as the radius and emissive power in kW/m² (both misprinted)",
        "AQ/T 3046-2013 E.4.2",
    )
    return Fireball(radius, 0.0, 0.45 * mass ** (1 / 3), EMISSIVE_POWER_AQT[vessel], partial(aqt3046_horizontal), (note,))


def _check(mass: float, heat: float, pressure: float, humidity: float) -> None:
    values = (("mass", mass, "kg"), ("heat_of_combustion", heat, "J/kg"), ("burst_pressure", pressure, "Pa"))
    faults = [Fault(name, f"is {value:g} {unit}", "give a value above 0") for name, value, unit in values if not value > 0]
    if not 0 <= humidity <= 1:
        faults.append(Fault("relative_humidity", f"is {humidity:g}", "give a share from 0 to 1"))
    refuse(faults)
