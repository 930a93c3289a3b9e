"""Source terms: printed examples, and a second route for each model."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad

from chemward.science.release.flash import flash_fraction
from chemward.science.release.gas import critical_ratio, gas_hole, mass_flux
from chemward.science.release.liquid import drain, drain_time, liquid_rate
from chemward.science.release.outflow import steady
from chemward.science.release.pipe import fanno, friction_factor, pipeline_rupture
from chemward.science.release.pool import Air, ground_heat_flux, pool, surface
from chemward.science.release.real_gas import real_gas_nozzle
from chemward.science.release.two_phase import equilibrium, isentropic, omega_flux, subcooled_flux
from chemward.science.release.vessel import Vessel, blowdown_time, gas_blowdown
from chemward.science.substances import find
from tests.science.validation.case import Case, Missing

POUND = 0.45359237
PSI = 6894.757


def benzene_leak() -> float:
    """Rate in lb/s through a quarter-inch hole at 100 psig."""
    return liquid_rate(0.8794 * 999.0, math.pi / 4 * 0.00635**2, 0.61, 100 * PSI, 0.0) / POUND


def api_two_phase_area() -> float:
    flux, _ = omega_flux(5.564e5, 0.01945, 9 * (0.02265 / 0.01945 - 1), 2.045e5)
    return 216560 / 3600 / (0.85 * flux) * 1e6


def api_subcooled_area() -> float:
    flux, _ = subcooled_flux(20.733e5, 511.3, 7.419e5, 9 * (511.3 / 262.7 - 1), 1.703e5)
    return 378.5e-3 / 60 * 511.3 / (0.65 * flux) * 1e6


def greatest_ideal_flux(pressure: float, density: float, gamma: float) -> float:
    """Choked flux by search over the throat pressure."""
    r = np.linspace(0.2, 0.999999, 400_001)
    return float(np.sqrt(2 * pressure * density * gamma / (gamma - 1) * (r ** (2 / gamma) - r ** ((gamma + 1) / gamma))).max())


def sphere_drain_by_integral() -> float:
    """Time to drain a sphere: ∫ S(h) dh / (Cd A √(2 g head)), over the root of the head so that it is smooth."""
    area = math.pi * 0.04**2 / 4

    def slowness(s: float) -> float:
        level = 0.3 + s * s
        return 2 * math.pi * level * (3 - level) / (0.62 * area * math.sqrt(2 * 9.80665))

    return float(quad(slowness, 0.0, math.sqrt(2.1))[0])


def sphere_drain() -> float:
    return drain("sphere", 3, 3, 2.4, 0.04, density=900, temperature=293, coefficient=0.62, hole_height=0.3).duration


def blowdown_halfway() -> tuple[float, float]:
    """Time of the stepped blow-down when half its steps are done, and that of the closed form for the same mass."""
    gas = find("methane")
    vessel = Vessel(gas, 10.0, 293.0, 2e6)
    out = gas_blowdown(vessel, 0.02)
    left = 1 - float(out.mass_until(out.time[40])) / vessel.gas_mass
    return float(out.time[40]), blowdown_time(
        10.0, out.hole_area, 293.0, float(gas.heat_capacity_ratio(293.0)), gas.gas_constant, left
    )


def equilibrium_of(name: str) -> tuple[float, float]:
    """Flux by the ω-method and by the search along the isentrope, saturated at 20 °C."""
    s = find(name)
    p = float(s.vapour_pressure(293.15))
    return equilibrium(s, p, 293.15).flux, isentropic(s, p, 293.15).flux


def pipeline_share() -> float:
    gas = find("methane")
    out = pipeline_rupture(gas, 5e6, 288.0, 0.5, 10_000.0)
    return out.mass / (gas.gas_density(288.0, 5e6) * math.pi / 4 * 0.25 * 1e4)


def pool_balance(name: str, temperature: float) -> float:
    spill = steady(
        10, 600, temperature=temperature, pressure_exit=101325, vapour_fraction=0, velocity=1, regime="liquid", hole_area=0.01
    )
    result = pool(find(name), spill, Air(3.0, 293.15), surface("concrete"), bund_area=200.0)
    return (result.evaporated + float(result.left[-1])) / result.spilled


def boiling_pool() -> tuple[float, float]:
    """Evaporation of 100 m² of liquid methane on concrete after 20 s, and Fourier's heat alone."""
    s = find("methane")
    boiling = s.saturation_temperature(101325)
    spill = steady(
        2000, 1, temperature=boiling, pressure_exit=101325, vapour_fraction=0, velocity=1, regime="liquid", hole_area=0.01
    )
    result = pool(s, spill, Air(0.5, 293.15), surface("concrete"), bund_area=100.0, lasting=60)
    k = int(np.searchsorted(result.time, 20.0))
    flux = ground_heat_flux(1.1, 1.29e-7, 293.15 - boiling, float(result.time[k]))
    return float(result.evaporation[k]), flux / float(s.heat_of_vaporisation(boiling)) * 100.0


def high_pressure_methane() -> float:
    return real_gas_nozzle(find("methane"), 6e6, 290.0, 1e5).flux


CROWL = "Crowl and Louvar, Chemical Process Safety, example 4-1"
API = "API 520 Part I (2020), example"
SHAPIRO = "Fanno tables, γ = 1.4 (Shapiro 1953)"

CASES: list[Case] = [
    Case("benzene-leak", "Benzene out of a pipe", CROWL, "rate", "lb/s", 1.48, benzene_leak, 0.005),
    Case("api-two-phase", "Crude column overhead, two phases", f"{API} C.2.2.2, as quoted in public", "area", "mm²", 24400, api_two_phase_area, 0.01),
    Case("api-subcooled", "Subcooled propane", f"{API} C.2.3, as quoted in public", "area", "mm²", 134.5, api_subcooled_area, 0.005),
    *(Case(f"critical-{g}", f"Critical pressure ratio, γ = {g}", "Crowl and Louvar, table of critical ratios", "ratio", "-", printed,
           lambda g=g: critical_ratio(g), 0.0007, is_absolute=True) for g, printed in ((1.4, 0.528), (1.32, 0.542), (1.67, 0.487))),
    *(Case(f"fanno-{m}", f"Friction from Mach {m} to the speed of sound", SHAPIRO, "4fL/D", "-", value, lambda m=m: fanno(m, 1.4), 3e-4)
      for m, value in ((0.1, 66.9216), (0.3, 5.2993), (0.5, 1.0691), (0.8, 0.07229))),
    Case("moody", "Darcy factor, Re 1e5, ε/D 0.001", "Colebrook 1939, Moody chart", "4f", "-", 0.02217,
         lambda: 4 * friction_factor(1e5, 0.001), 2e-3),
    Case("choking", "Choked flux against search over the throat", "second route", "flux", "kg/(m² s)", greatest_ideal_flux(1e6, 11.2, 1.3),
         lambda: mass_flux(1e6, 11.2, 1e5, 1.3), 1e-6),
    Case("drain-cylinder", "Vertical tank, stepped against closed form", "CPR 14E (1997) 2.194 to 2.197", "time", "s",
         drain_time(math.pi * 4, math.pi * 0.05**2 / 4, 0.61, 5.0, 2e4, 1000.0),
         lambda: drain("vertical cylinder", 4, 6, 5, 0.05, density=1000, temperature=293, coefficient=0.61, overpressure=2e4).duration, 1e-6),
    Case("drain-sphere", "Sphere, stepped in mass against an integral", "second route", "time", "s", sphere_drain_by_integral(), sphere_drain, 1e-4),
    Case("blowdown", "Gas vessel, stepped in mass against closed form", "CPR 14E (1997) 2.5.2.3", "time", "s", blowdown_halfway()[1],
         lambda: blowdown_halfway()[0], 2e-3),
    *(Case(f"equilibrium-{n}", f"Saturated {n}, ω-method against isentrope", "Leung 1986 and greatest flux", "flux", "kg/(m² s)",
           equilibrium_of(n)[1], lambda n=n: equilibrium_of(n)[0], 0.03) for n in ("chlorine", "ammonia", "propane", "vinyl chloride")),
    Case("methane-60-bar", "Methane, 60 bar, 290 K, against the reference equation of state", "CoolProp 8 (Setzmann and Wagner 1991)", "flux",
         "kg/(m² s)", 11_095.6, high_pressure_methane, 0.03),
    Case("chlorine-flash", "Chlorine from 20 °C, flash", "CoolProp 8, isenthalpic", "vapour", "-", 0.1807,
         lambda: flash_fraction(find("chlorine"), 293.15), 0.012, is_absolute=True),
    Case("pipeline", "Ruptured pipeline: mass out over content", "conservation", "share", "-", 1.0, pipeline_share, 5e-3),
    *(Case(f"pool-{n}", f"Pool of {n}: evaporated and left over spilt", "conservation", "share", "-", 1.0, lambda n=n, t=t: pool_balance(n, t), 1e-6)
      for n, t in (("benzene", 293.0), ("chlorine", 239.0), ("acetone", 290.0))),
    Case("boiling-pool", "Liquid methane on concrete after 20 s", "Fourier's heat, AQ/T 3046-2013 E.27", "evaporation", "kg/s", boiling_pool()[1],
         lambda: boiling_pool()[0], 0.08, note="the air's heat is in the computed figure"),
    Case("methane-10-bar", "Methane, 10 bar, 15 °C, 20 mm, Cd 1", "AQ/T 3046-2013 E.13 by hand", "rate", "kg/s",
         math.pi / 4 * 4e-4 * 1e6 * math.sqrt(1.3057 * 0.01604246 / 8.314462618 / 288.15 * (2 / 2.3057) ** (2.3057 / 0.3057)),
         lambda: gas_hole(find("methane"), 1e6, 288.15, 0.02).rate, 2e-3),
]  # fmt: skip

MISSING = [
    Missing(
        "Yellow Book worked examples of chapter 2 and 3", "CPR 14E (1997) 2.6, 3.6", "the printed figures could not be opened"
    ),
    Missing("Isle of Grain, LPG pipeline blow-down (P40, P42)", "Richardson and Saville 1996", "no tabulated data at hand"),
    Missing("CCPS RELEASE: rain-out of chlorine, cyclohexane, water", "Johnson and Woodward 1999", "no tabulated data at hand"),
]
