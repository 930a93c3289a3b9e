"""Weather: wind, stability, what follows from them for the lowest hundred metres of air.

Fields of a result do not hold the direction of the wind: it turns them, and a turned wind needs no new run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.constants import ATMOSPHERE, air_density
from chemward.science.dispersion.tables import STABILITIES, document, rows
from chemward.science.faults import Fault, Faults, out_of_range, refuse

VON_KARMAN = 0.4  # [-] Högström 1988, Boundary-Layer Meteorology 42:55

Sky = Literal["strong", "moderate", "slight", "night_cloudy", "night_clear", "overcast"]

_LIMITS: dict[str, tuple[float, float, str]] = {
    "wind_speed": (0.0, 50.0, "m/s"),
    "wind_height": (1.0, 200.0, "m"),
    "temperature": (200.0, 340.0, "K"),
    "pressure": (50_000.0, 110_000.0, "Pa"),
    "relative_humidity": (0.0, 1.0, "[-]"),
    "roughness": (1e-5, 3.0, "m"),
}


@dataclass(frozen=True)
class Weather:
    """Weather of one case.

    wind_speed [m/s] at wind_height [m]; stability: Pasquill class "A" to "F"; temperature [K] and pressure [Pa] of the air at the ground;
    relative_humidity [-] 0 to 1; roughness [m]; is_urban: surroundings of buildings (chooses widths and wind profile);
    mixing_height [m] of the lid over the mixed layer, None: by wind and class (`mixing_lid`); obukhov_length [m] and friction_velocity
    [m/s] where they were measured, None: by class, roughness and wind.
    Raises Faults that name every field out of range.
    """

    wind_speed: float
    stability: str
    temperature: float = 293.15
    pressure: float = ATMOSPHERE
    relative_humidity: float = 0.7
    roughness: float = 0.1
    is_urban: bool = False
    mixing_height: float | None = None
    wind_height: float = 10.0
    obukhov_length: float | None = None
    friction_velocity: float | None = None

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for field, (low, high, unit) in _LIMITS.items():
            value = getattr(self, field)
            if not (math.isfinite(value) and low <= value <= high):
                yield out_of_range(field, value, low, high, unit)
        if self.stability not in STABILITIES:
            yield Fault("stability", f"is {self.stability!r}", "give one of A, B, C, D, E, F")
        if self.mixing_height is not None and not 10.0 <= self.mixing_height <= 20_000.0:
            yield out_of_range("mixing_height", self.mixing_height, 10.0, 20_000.0, "m")
        if self.obukhov_length is not None and (self.obukhov_length == 0 or math.isnan(self.obukhov_length)):
            yield Fault("obukhov_length", f"is {self.obukhov_length:g} m", "give a length other than 0, or leave it out")
        if self.friction_velocity is not None and not 0 < self.friction_velocity < 5:
            yield out_of_range("friction_velocity", self.friction_velocity, 0, 5, "m/s")

    @property
    def air_density(self) -> float:
        """Density of the air [kg/m³]; ideal dry gas."""
        return air_density(self.temperature, self.pressure)

    @cached_property
    def inverse_obukhov(self) -> float:
        """1/L [1/m], L as measured, else by class and roughness (`obukhov_length`); 0 in class D."""
        return 1 / self.obukhov_length if self.obukhov_length is not None else inverse_obukhov(self.stability, self.roughness)

    @cached_property
    def friction(self) -> float:
        """Friction velocity [m/s], as measured, else from the logarithmic profile through the given wind."""
        if self.friction_velocity is not None:
            return self.friction_velocity
        return VON_KARMAN * self.wind_speed / float(_log_profile(self.wind_height, self.roughness, self.inverse_obukhov))

    def wind_at(self, height: ArrayLike) -> NDArray[np.float64]:
        """Wind [m/s] at height [m], any shape: power law with the exponents of Irwin.

        Heights below 1 m count as 1 m. Source: Irwin 1979; EPA-454/B-95-003b section 1.1.3.
        """
        exponent = wind_exponent(self.stability, self.is_urban)
        return np.asarray(self.wind_speed * (np.maximum(height, 1.0) / self.wind_height) ** exponent)

    def log_wind_at(self, height: ArrayLike) -> NDArray[np.float64]:
        """Wind [m/s] at height [m], any shape: logarithmic profile with Monin-Obukhov correction through the given wind.

        Zero at the roughness height and below. Source: Businger et al. 1971; stable side Van Ulden and Holtslag 1985, equation 11.
        """
        profile = _log_profile(np.maximum(height, self.roughness), self.roughness, self.inverse_obukhov)
        return np.asarray(self.friction / VON_KARMAN * profile)

    def transport_wind(self, height: float = 0.0) -> float:
        """Wind [m/s] that carries a plume at effective height [m]: at that height, never below 10 m.

        Source: EPA-454/B-95-003b section 1.1.3, which leaves releases below 10 m at the wind of 10 m.
        """
        least: float = document("limits")["wind"]["least_transport_height_m"]
        return float(self.wind_at(max(height, least)))

    def mixing_lid(self) -> float:
        """Height [m] of the lid over the mixed layer: as given, else 0.3 u*/f in A to D (u* a tenth of the wind at 10 m), 10 km in E and F.

        Source: EPA-454/B-95-004 (SCREEN3), f at 40° latitude.
        """
        if self.mixing_height is not None:
            return self.mixing_height
        mixing = document("limits")["mixing"]
        if self.stability in "EF":
            return float(mixing["stable_m"])
        friction = mixing["friction_over_wind"] * float(self.wind_at(10.0))
        return float(mixing["mechanical_factor"] * friction / mixing["coriolis_per_s"])


def wind_exponent(stability: str, is_urban: bool = False, edition: str | None = None) -> float:
    """Exponent [-] of the power-law wind profile for a Pasquill class; edition: "irwin_rural", "irwin_urban", "ccps_urban_printed".

    Raises Faults for an unknown class or edition. Source: Irwin 1979, Atmospheric Environment 13:191.
    """
    name = edition or ("irwin_urban" if is_urban else "irwin_rural")
    for row in rows("wind_exponents"):
        if row["set"] == name and row["stability"] == stability:
            return float(row["exponent"])
    raise Faults([Fault("stability", f"is {stability!r} in the set {name!r}", "give one of A, B, C, D, E, F")])


def inverse_obukhov(stability: str, roughness: float) -> float:
    """1/L [1/m] of a Pasquill class over ground of that roughness [m]; 0 in class D.

    Roughness from 1e-5 to 1.2 m; above, the fit changes its sign, and 1.2 m is taken. Source: TNO Yellow Book CPR 14E section 4.5,
    fits to Golder 1972, Boundary-Layer Meteorology 3:47.
    """
    row = next((row for row in rows("obukhov") if row["stability"] == stability), None)
    if row is None:
        raise Faults([Fault("stability", f"is {stability!r}", "give one of A, B, C, D, E, F")])
    if not row["a_m"]:
        return 0.0
    return math.log10(min(roughness, 1.2) / float(row["z_m"])) / float(row["a_m"])


def stability_function(zeta: ArrayLike) -> NDArray[np.float64]:
    """Correction psi_m [-] of the logarithmic wind profile at zeta = z/L [-], any shape; 0 in neutral air.

    Source: Paulson 1970, Journal of Applied Meteorology 9:857 (unstable); Van Ulden and Holtslag 1985, equation 11 (stable).
    """
    zeta = np.asarray(zeta, float)
    root = (1 - 16 * np.minimum(zeta, 0)) ** 0.25
    unstable = 2 * np.log((1 + root) / 2) + np.log((1 + root**2) / 2) - 2 * np.arctan(root) + math.pi / 2
    stable = -17 * (1 - np.exp(-0.29 * np.maximum(zeta, 0)))
    return np.asarray(np.where(zeta < 0, unstable, stable))


def _log_profile(height: ArrayLike, roughness: float, inverse: float) -> NDArray[np.float64]:
    """k u/u* [-] at height [m] over ground of that roughness [m], inverse being 1/L [1/m]."""
    height = np.asarray(height, float)
    shift = stability_function(roughness * inverse) - stability_function(height * inverse)
    return np.asarray(np.log(height / roughness) + shift)


def pasquill_class(
    wind_speed: float, sky: Sky, edition: str = "turner", lean: str = "stable", calm_night: str | None = "F"
) -> str:
    """Pasquill class from wind_speed [m/s] at 10 m and the sky.

    sky: "strong", "moderate", "slight" insolation by day, "night_cloudy" (4/8 or more), "night_clear" (3/8 or less), or "overcast" by day or
    night, which is D. edition: "turner" (rows part at 5 m/s) or "aqt3046" (at 4 m/s). A cell of two classes ("A-B") gives the more stable
    with lean "stable", the other with "unstable". Neither print fills the cell of a night below 2 m/s: calm_night stands there, or Faults when
    it is None. A row holds winds from its lower end up to, but without, its upper end; the last but one row holds its upper end too.
    Source: Turner 1970, AP-26, Table 3-1; AQ/T 3046-2013 E.5.
    """
    if not 0 <= wind_speed < 100:
        raise Faults([out_of_range("wind_speed", wind_speed, 0, 100, "m/s")])
    if sky == "overcast":
        return "D"
    cells = [row for row in rows("pasquill") if row["edition"] == edition and row["sky"] == sky]
    if not cells:
        raise Faults([Fault("sky", f"{sky!r} is not in the edition {edition!r}", "see the table of Pasquill classes")])
    ends = [float(row["to_m_s"]) for row in cells if row["to_m_s"]]
    index = sum(wind_speed >= end for end in ends[:-1]) + (wind_speed > ends[-1])
    found = cells[index]["stability"] or calm_night
    if not found:
        raise Faults(
            [Fault("wind_speed", f"{wind_speed:g} m/s at night has no class in {edition}", "name the class of calm nights")]
        )
    return found.split("-")[-1 if lean == "stable" else 0]


def roughness_of(terrain: str) -> float:
    """Roughness length [m] of a terrain: water, flat_grass, farm, bushes, plant, city. Raises Faults. Source: TNO Yellow Book CPR 14E."""
    found = {row["terrain"]: float(row["roughness_m"]) for row in rows("roughness")}
    if terrain not in found:
        raise Faults([Fault("terrain", f"is {terrain!r}", f"give one of {', '.join(found)}")])
    return found[terrain]
