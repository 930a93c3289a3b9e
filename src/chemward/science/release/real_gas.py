"""Real gas by Peng and Robinson: compressibility, enthalpy and entropy against the ideal gas, and the nozzle that maximises its flux."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chemward.science.constants import GAS_CONSTANT
from chemward.science.faults import Fault, Faults
from chemward.science.substances import Substance

_ROOT2 = math.sqrt(2.0)
_GOLDEN = (math.sqrt(5.0) - 1) / 2


@dataclass(frozen=True)
class Throat:
    """State in the narrowest plane: flux [kg/(m² s)], pressure [Pa], temperature [K], density [kg/m³]; compressibility [-] in the vessel."""

    flux: float
    pressure: float
    temperature: float
    density: float
    compressibility: float


@dataclass(frozen=True)
class PengRobinson:
    """The equation for one substance: critical_temperature [K], critical_pressure [Pa], acentric_factor [-]."""

    critical_temperature: float
    critical_pressure: float
    acentric_factor: float

    @classmethod
    def of(cls, substance: Substance) -> PengRobinson:
        """The equation of a substance. Raises Faults naming what is not known of it."""
        substance.require("critical_temperature", "critical_pressure", "acentric_factor", "gas_heat_capacity", "molar_mass")
        return cls(substance.need("critical_temperature"), substance.need("critical_pressure"), substance.need("acentric_factor"))

    @property
    def covolume(self) -> float:
        """b [m³/mol]."""
        return 0.0777960739 * GAS_CONSTANT * self.critical_temperature / self.critical_pressure

    @property
    def _kappa(self) -> float:
        w = self.acentric_factor
        return 0.37464 + 1.54226 * w - 0.26992 * w * w

    def attraction(self, temperature: float) -> tuple[float, float]:
        """a [J m³/mol²] and da/dT [J m³/(mol² K)] at temperature [K]."""
        ac = 0.457235529 * (GAS_CONSTANT * self.critical_temperature) ** 2 / self.critical_pressure
        root = 1 + self._kappa * (1 - math.sqrt(temperature / self.critical_temperature))
        slope = -ac * self._kappa * root / math.sqrt(temperature * self.critical_temperature)
        return ac * root * root, slope

    def compressibility(self, pressure: float, temperature: float) -> float:
        """Z of the gas [-] at pressure [Pa] and temperature [K]: the greatest root."""
        a, _ = self.attraction(temperature)
        rt = GAS_CONSTANT * temperature
        big_a, big_b = a * pressure / rt**2, self.covolume * pressure / rt
        return greatest_root(-(1 - big_b), big_a - 3 * big_b**2 - 2 * big_b, -(big_a * big_b - big_b**2 - big_b**3))

    def departures(self, pressure: float, temperature: float) -> tuple[float, float, float]:
        """Z [-], H − H_ideal [J/mol] and S − S_ideal [J/(mol K)] at pressure [Pa] and temperature [K]."""
        z = self.compressibility(pressure, temperature)
        a, slope = self.attraction(temperature)
        b = self.covolume
        big_b = b * pressure / (GAS_CONSTANT * temperature)
        log = math.log((z + (1 + _ROOT2) * big_b) / (z + (1 - _ROOT2) * big_b)) / (2 * _ROOT2 * b)
        enthalpy = GAS_CONSTANT * temperature * (z - 1) + (temperature * slope - a) * log
        entropy = GAS_CONSTANT * math.log(z - big_b) + slope * log
        return z, enthalpy, entropy


def greatest_root(c2: float, c1: float, c0: float) -> float:
    """The greatest real root [-] of z³ + c2 z² + c1 z + c0, coefficients c2, c1, c0 [-]; Cardano."""
    p, q = c1 - c2 * c2 / 3, c2 * (2 * c2 * c2 / 27 - c1 / 3) + c0
    inside = (q / 2) ** 2 + (p / 3) ** 3
    if inside >= 0:
        root = math.sqrt(inside)
        single = math.cbrt(-q / 2 + root) + math.cbrt(-q / 2 - root) - c2 / 3
        double = math.cbrt(q / 2) - c2 / 3
        return max(single, double) if inside <= 1e-12 * (q / 2) ** 2 else single
    radius = math.sqrt(-p / 3)
    angle = math.acos(max(-1.0, min(1.0, -q / (2 * radius**3))))
    return 2 * radius * math.cos(angle / 3) - c2 / 3


class _Isentrope:
    """Temperature, enthalpy and density along the isentrope through a state of rest."""

    def __init__(self, substance: Substance, pressure: float, temperature: float) -> None:
        self.equation = PengRobinson.of(substance)
        self.mass = substance.need("molar_mass")
        self.cp = float(substance.gas_heat_capacity(temperature)) * self.mass
        slope_at = min(1.0, 0.01 * temperature)
        self.cp_slope = (float(substance.gas_heat_capacity(temperature - slope_at)) * self.mass - self.cp) / -slope_at
        self.p0, self.t0 = pressure, temperature
        self.z0, self.h0, self.s0 = self.equation.departures(pressure, temperature)

    def _ideal(self, temperature: float) -> tuple[float, float]:
        """Ideal enthalpy [J/mol] and entropy at constant pressure [J/(mol K)] above rest; heat capacity a straight line of temperature."""
        base = self.cp - self.cp_slope * self.t0
        enthalpy = base * (temperature - self.t0) + 0.5 * self.cp_slope * (temperature**2 - self.t0**2)
        return enthalpy, base * math.log(temperature / self.t0) + self.cp_slope * (temperature - self.t0)

    def at(self, pressure: float, guess: float) -> tuple[float, float, float]:
        """Temperature [K], velocity [m/s] and density [kg/m³] at a pressure [Pa] down the isentrope."""
        t = guess
        for _ in range(30):
            z, h, s = self.equation.departures(pressure, t)
            enthalpy, entropy = self._ideal(t)
            excess = entropy + s - self.s0 - GAS_CONSTANT * math.log(pressure / self.p0)
            step = excess * t / self.cp
            t = max(t - step, 0.3 * t)
            if abs(step) < 1e-6 * t:
                break
        fall = -(enthalpy + h - self.h0) / self.mass
        return t, math.sqrt(max(2 * fall, 0.0)), pressure * self.mass / (z * GAS_CONSTANT * t)


def real_gas_nozzle(substance: Substance, pressure: float, temperature: float, ambient_pressure: float) -> Throat:
    """The greatest mass flux from pressure [Pa], temperature [K] down the isentrope to no less than ambient_pressure [Pa].

    Homogeneous gas; condensation in the throat is not modelled. Heat capacity of the ideal gas straight in temperature.
    Raises Faults when the state of rest is a liquid or a property is missing.
    Source: Peng and Robinson, Ind. Eng. Chem. Fundam. 15 (1976) 59; choking as greatest flux: Yellow Book (CPR 14E, 1997) 2.5.2.2.
    """
    line = _Isentrope(substance, pressure, temperature)
    if substance.need("critical_temperature") > temperature and pressure > float(substance.vapour_pressure(temperature)):
        raise Faults(
            [
                Fault(
                    "pressure",
                    f"at {pressure:g} Pa and {temperature:g} K {substance.name} is a liquid",
                    "use a model of liquid release",
                )
            ]
        )

    def flux(p: float) -> float:
        _, velocity, density = line.at(p, temperature * (p / pressure) ** (GAS_CONSTANT / line.cp))
        return velocity * density

    best = max(_golden(flux, max(ambient_pressure, 0.2 * pressure), pressure), ambient_pressure)
    t, velocity, density = line.at(best, temperature * (best / pressure) ** (GAS_CONSTANT / line.cp))
    return Throat(velocity * density, best, t, density, line.z0)


def _golden(function, low: float, high: float) -> float:  # type: ignore[no-untyped-def]
    """Where the function is greatest between low and high [-]."""
    a, b = low, high
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    fc, fd = function(c), function(d)
    while b - a > 2e-4 * high:
        if fc > fd:
            b, d, fd = d, c, fc
            c = b - _GOLDEN * (b - a)
            fc = function(c)
        else:
            a, c, fc = c, d, fd
            d = a + _GOLDEN * (b - a)
            fd = function(d)
    return low if function(low) >= max(fc, fd) else 0.5 * (a + b)
