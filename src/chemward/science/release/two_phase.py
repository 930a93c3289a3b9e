"""Liquid that boils on its way out: homogeneous equilibrium by the ω-method and by the isentrope, and short openings without equilibrium."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chemward.science.constants import ATMOSPHERE
from chemward.science.faults import Fault, Faults
from chemward.science.release.checks import check, check_not_negative
from chemward.science.release.flash import sensible_heat
from chemward.science.substances import Substance
from chemward.standards.release import figure


@dataclass(frozen=True)
class Throat:
    """State in the narrowest plane: flux [kg/(m² s)], pressure [Pa], quality [-] (vapour by mass), temperature [K]; is_choked."""

    flux: float
    pressure: float
    quality: float
    temperature: float
    is_choked: bool


@dataclass(frozen=True)
class Saturated:
    """A substance at saturation: temperature [K], pressure [Pa], v_liquid, v_vapour [m³/kg], heat [J/kg] of vaporisation, cp [J/(kg K)]
    of the liquid; each a float, or all arrays of one shape."""

    temperature: Any
    pressure: Any
    v_liquid: Any
    v_vapour: Any
    heat: Any
    cp: Any

    @classmethod
    def of(cls, substance: Substance, temperature: Any) -> Saturated:
        """Saturation at temperature, any shape [K]. The vapour volume follows from Clausius and Clapeyron, so that it is right at high
        pressure too; an ideal gas's is the most it can be."""
        substance.require("vapour_pressure", "liquid_density", "heat_of_vaporisation", "liquid_heat_capacity", "molar_mass")
        pressure = substance.vapour_pressure(temperature)
        liquid = 1 / substance.liquid_density(temperature)
        heat = substance.heat_of_vaporisation(temperature)
        upper = np.minimum(temperature * 1.001, substance.curve("vapour_pressure").limits[1])
        lower = temperature * 0.999
        slope = (substance.vapour_pressure(upper) - substance.vapour_pressure(lower)) / (upper - lower)
        vapour = np.minimum(liquid + heat / (temperature * slope), substance.gas_constant * temperature / pressure)
        return cls(temperature, pressure, liquid, vapour, heat, substance.liquid_heat_capacity(temperature))

    @property
    def v_difference(self) -> Any:
        """v_vapour − v_liquid [m³/kg]."""
        return self.v_vapour - self.v_liquid


def omega(state: Saturated, quality: float = 0.0) -> float:
    """Leung's compressibility ω [-] of a mixture with quality [-] at stagnation: x v_g/v + (cp T p/v)(v_fg/h_fg)².

    Source: Leung, AIChE J. 32 (1986) 1743, eq. 12; API 520 Part I (2014) C.2.2.
    """
    volume = state.v_liquid + quality * state.v_difference
    volume_ratio = state.cp * state.temperature * state.pressure / volume
    return float(quality * state.v_vapour / volume + volume_ratio * (state.v_difference / state.heat) ** 2)


def omega_flux(pressure: float, volume: float, omega: float, ambient_pressure: float) -> tuple[float, float]:
    """Mass flux [kg/(m² s)] and throat pressure [Pa] of a saturated or two-phase stagnation by the ω-method.

    pressure [Pa] and specific volume [m³/kg] at stagnation, omega [-], ambient_pressure [Pa]. Choked or not.
    Source: Leung 1986, eq. 17 and 24; API 520 Part I (2014) C.2.2.
    """
    check(pressure=pressure, volume=volume, omega=omega)

    def balance(eta: float) -> float:
        log = math.log(eta)
        return eta**2 + (omega**2 - 2 * omega) * (1 - eta) ** 2 + 2 * omega**2 * log + 2 * omega**2 * (1 - eta)

    critical = _rising_root(balance, 1e-9, 1.0)
    ratio = max(critical, ambient_pressure / pressure)
    if ratio >= 1:
        return 0.0, ambient_pressure
    return math.sqrt(pressure / volume) * _omega_speed(omega, ratio), ratio * pressure


def _omega_speed(omega: float, ratio: float) -> float:
    """Reduced mass flux at a pressure ratio."""
    drive = -2 * (omega * math.log(ratio) + (omega - 1) * (1 - ratio))
    return math.sqrt(max(drive, 0.0)) / (omega * (1 / ratio - 1) + 1)


def _rising_root(function: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
        if high - low < 1e-14:
            break
    return 0.5 * (low + high)


def subcooled_flux(
    pressure: float, density: float, saturation_pressure: float, omega_s: float, ambient_pressure: float
) -> tuple[float, float]:
    """Mass flux [kg/(m² s)] and throat pressure [Pa] of a liquid at pressure [Pa] above its saturation_pressure [Pa] by the ω-method.

    density [kg/m³] of the liquid; omega_s [-] of the saturated liquid, ρ cp T p_s (v_fg/h_fg)²; ambient_pressure [Pa]. High subcooling:
    boils in the throat, Bernoulli down to p_s; low: before it. Both meet at p_s = 2ω/(1+2ω) p₀, and saturated liquid at p_s = p₀.
    Source: Leung and Grolmes, AIChE J. 34 (1988) 524; API 520 Part I (2014) C.2.3.
    """
    check(pressure=pressure, density=density, saturation_pressure=saturation_pressure, omega_s=omega_s)
    eta_s = min(saturation_pressure / pressure, 1.0)
    if eta_s <= 2 * omega_s / (1 + 2 * omega_s):
        throat = max(saturation_pressure, ambient_pressure)
        return math.sqrt(2 * density * max(pressure - throat, 0.0)), throat

    def balance(eta: float) -> float:
        square = (omega_s + 1 / omega_s - 2) / (2 * eta_s) * eta**2
        return square - 2 * (omega_s - 1) * eta + omega_s * eta_s * math.log(eta / eta_s) + 1.5 * omega_s * eta_s - 1

    ratio = max(_rising_root(balance, 1e-9, eta_s), ambient_pressure / pressure)
    if ratio >= eta_s:
        return math.sqrt(2 * density * max(pressure - ratio * pressure, 0.0)), ratio * pressure
    drive = 2 * (1 - eta_s) + 2 * (omega_s * eta_s * math.log(eta_s / ratio) - (omega_s - 1) * (eta_s - ratio))
    return math.sqrt(drive * pressure * density) / (omega_s * (eta_s / ratio - 1) + 1), ratio * pressure


def equilibrium(substance: Substance, pressure: float, temperature: float, *, ambient_pressure: float = ATMOSPHERE) -> Throat:
    """Homogeneous equilibrium outflow of liquid at pressure [Pa] and temperature [K] through a nozzle longer than the relaxation length.

    ambient_pressure [Pa]. Saturated where pressure is the vapour pressure, subcooled above it. ω-method.
    Raises Faults when the liquid is not stable (pressure below saturation by more than 1 %). Source: as `subcooled_flux`.
    """
    check(pressure=pressure, temperature=temperature, pressure_ambient=ambient_pressure)
    state = Saturated.of(substance, temperature)
    if pressure < 0.99 * state.pressure:
        raise Faults(
            [
                Fault(
                    "pressure",
                    f"is {pressure:g} Pa, below the vapour pressure {state.pressure:g} Pa at {temperature:g} K",
                    "give at least that",
                )
            ]
        )
    flux, throat = subcooled_flux(
        max(pressure, state.pressure), 1 / state.v_liquid, state.pressure, omega(state), ambient_pressure
    )
    return _throat(substance, state, flux, throat, ambient_pressure)


def _throat(substance: Substance, state: Saturated, flux: float, pressure: float, ambient_pressure: float) -> Throat:
    """Quality and temperature in the throat: equilibrium at its pressure."""
    if pressure >= state.pressure * (1 - 1e-9):
        return Throat(flux, pressure, 0.0, state.temperature, pressure > ambient_pressure * 1.0001)
    temperature = substance.saturation_temperature(pressure)
    heat = sensible_heat(substance, temperature, state.temperature)
    quality = min(heat / float(substance.heat_of_vaporisation(temperature)), 1.0)
    return Throat(flux, pressure, quality, temperature, pressure > ambient_pressure * 1.0001)


def isentropic(
    substance: Substance, pressure: float, temperature: float, *, ambient_pressure: float = ATMOSPHERE, steps: int = 200
) -> Throat:
    """The same by search: the greatest flux along the isentrope of the saturated mixture, properties read at each pressure.

    pressure [Pa], temperature [K], ambient_pressure [Pa]; steps [-] of temperature. Slower than `equilibrium` and independent of its
    linearisation: the check of it. Source: CPR 14E (1997) 2.5.3.4 (homogeneous equilibrium, choking as greatest flux).
    """
    state = Saturated.of(substance, temperature)
    liquid = max(pressure - state.pressure, 0.0) * state.v_liquid  # work of the liquid before it boils
    end = substance.saturation_temperature(min(max(ambient_pressure, 0.1 * state.pressure), state.pressure))
    best = Throat(math.sqrt(2 * liquid) / state.v_liquid, state.pressure, 0.0, temperature, True)
    enthalpy, entropy = 0.0, 0.0
    before, last = temperature, state.pressure
    for k in range(1, steps + 1):
        t = temperature + (end - temperature) * k / steps
        middle = float(substance.liquid_heat_capacity(0.5 * (t + before)))
        here = Saturated.of(substance, t)
        enthalpy += middle * (t - before) + here.v_liquid * (here.pressure - last)  # dh = T ds + v dp along saturation
        entropy += middle * math.log(t / before)
        quality = -entropy * t / here.heat
        volume = here.v_liquid + quality * here.v_difference
        flux = math.sqrt(max(2 * (liquid - enthalpy - quality * here.heat), 0.0)) / volume
        if flux > best.flux:
            best = Throat(flux, here.pressure, quality, t, k < steps)
        before, last = t, here.pressure
    return best


def nonequilibrium_omega(state: Saturated, quality: float, critical_ratio: float) -> float:
    """ω [-] with the delay of boiling by Diener and Schmidt, for quality [-] at stagnation and critical_ratio [-] of the equilibrium.

    N = [x + cp T p (v_fg/h_fg²) ln(1/η_c)]^a takes the flashing term down. Source: Diener and Schmidt, Process Saf. Prog. 23 (2004) 335.
    """
    volume = state.v_liquid + quality * state.v_difference
    flashing = state.cp * state.temperature * state.pressure * state.v_difference / state.heat**2 * math.log(1 / critical_ratio)
    delay = math.pow(min(quality + flashing, 1.0), figure("hne_exponent"))
    base = state.cp * state.temperature * state.pressure / volume * (state.v_difference / state.heat) ** 2
    return float(quality * state.v_vapour / volume + base * delay)


def short_nozzle(
    substance: Substance, temperature: float, *, quality: float = 0.0, ambient_pressure: float = ATMOSPHERE
) -> Throat:
    """Saturated liquid, or mixture of quality [-], at temperature [K] through a short nozzle or valve, with the delay of boiling (HNE-DS).

    ambient_pressure [Pa]. Source: as `nonequilibrium_omega`.
    """
    check(temperature=temperature)
    state = Saturated.of(substance, temperature)
    volume = state.v_liquid + quality * state.v_difference
    _, throat = omega_flux(state.pressure, volume, omega(state, quality), 1e3)
    delayed = nonequilibrium_omega(state, quality, throat / state.pressure)
    flux, throat = omega_flux(state.pressure, volume, delayed, ambient_pressure)
    return Throat(flux, throat, quality, temperature, throat > ambient_pressure * 1.0001)


def relaxing(
    substance: Substance,
    pressure: float,
    temperature: float,
    path: float,
    *,
    coefficient: float = 0.61,
    ambient_pressure: float = ATMOSPHERE,
) -> Throat:
    """Liquid at pressure [Pa] and temperature [K] through an opening with a flow path [m] long: no boiling in a hole without length,
    equilibrium from 0.1 m on, between them by Fauske's relaxation.

    coefficient [-] of discharge of the liquid; it is in the flux of this function already. ambient_pressure [Pa].
    Equilibrium: G = (h_fg/v_fg)(T cp)^−½, with subcooling added to its square. Between, 1/G² goes in a straight line with the path from
    the liquid's to equilibrium's (Fauske adds the two, which would leave a step at 0.1 m); so does the pressure in the exit plane, from
    the air's to the choked one, and the share of the equilibrium quality there. Raises Faults naming the field.
    Source: Fauske, Chem. Eng. Prog. 81(8) (1985) 53; Fauske and Epstein, J. Loss Prev. 1 (1988) 75; CPR 14E (1997) 2.5.3.4.
    """
    check(pressure=pressure, temperature=temperature, pressure_ambient=ambient_pressure, coefficient=coefficient)
    state = Saturated.of(substance, temperature)
    flux = float(relaxed_flux(state, pressure, path, coefficient, ambient_pressure))
    share = min(path / figure("relaxation_length"), 1.0)
    if share == 0 or state.pressure <= ambient_pressure:
        return Throat(flux, ambient_pressure, 0.0, temperature, False)
    _, choked = subcooled_flux(max(pressure, state.pressure), 1 / state.v_liquid, state.pressure, omega(state), ambient_pressure)
    end = _throat(
        substance, state, flux, ambient_pressure + share * (min(choked, state.pressure) - ambient_pressure), ambient_pressure
    )
    return replace(end, quality=share * end.quality)


def relaxed_flux(state: Saturated, pressure: Any, path: float, coefficient: float, ambient_pressure: float) -> Any:
    """Mass flux, any shape [kg/(m² s)], of `relaxing` for a state whose properties, and a pressure [Pa], are of that shape.

    path [m], coefficient [-], ambient_pressure [Pa]. Source: as `relaxing`.
    """
    check_not_negative(path=path)
    liquid = 2 * coefficient**2 / state.v_liquid * np.maximum(pressure - ambient_pressure, 0.0)
    subcooled = 2 * coefficient**2 / state.v_liquid * np.maximum(pressure - np.maximum(state.pressure, ambient_pressure), 0.0)
    share = min(path / figure("relaxation_length"), 1.0)
    boiling = (state.heat / state.v_difference) ** 2 / (state.temperature * state.cp)
    saturated = np.maximum(liquid - subcooled, 1e-300)
    delayed = 1 / ((1 - share) / saturated + share / np.minimum(boiling, saturated))
    return np.sqrt(np.where(state.pressure <= ambient_pressure, liquid, np.minimum(subcooled + delayed, liquid)))
