"""Explosions against published values."""

from __future__ import annotations

import numpy as np

from chemward.science.explosion import multi_energy, tnt, vessel
from tests.science.validation.case import Case, Missing

CASES: list[Case] = [
    Case(
        "explosion-tnt-pressure",
        "10 t of TNT on the ground at 500 m",
        "Swisdak 1994 as printed by the public calculator `kingery-bulmash`",
        "incident pressure",
        "Pa",
        5054.9639655028455,
        lambda: tnt.tnt_blast(10_000.0).overpressure(500.0),
        1e-6,
    ),
    Case(
        "explosion-tnt-impulse",
        "10 t of TNT on the ground at 500 m",
        "Swisdak 1994 as printed by the public calculator `kingery-bulmash`",
        "incident impulse",
        "Pa s",
        295.87689480141484,
        lambda: tnt.tnt_blast(10_000.0).impulse(500.0),
        1e-6,
    ),
    *(
        Case(
            f"explosion-explosives-{mass}-{threshold}",
            f"{mass} kg of explosive, {threshold} Pa",
            "GB/T 37243-2019 chapter 5: 58.86, 25.76, 15.86 m/kg^(1/3)",
            "overpressure",
            "Pa",
            threshold,
            lambda a=(mass, scaled): tnt.explosives_pressure(a[0], a[1] * a[0] ** (1 / 3)),
            1e-3,
        )
        for mass in (100, 1000)
        for threshold, scaled in ((2000, 58.86), (5000, 25.76), (9000, 15.86))
    ),
    Case(
        "explosion-me-6",
        "multi-energy, strength 6 at a scaled distance of 2",
        "Alonso et al. 2006: 0.301 R^-1.11",
        "scaled overpressure",
        "-",
        0.13946,
        lambda: multi_energy.overpressure(6, 2.0),
        1e-3,
    ),
    Case(
        "explosion-me-far",
        "multi-energy, strength 10 over strength 6 at scaled distances 2, 4, 8",
        "van den Berg 1985: strong charges run together far away",
        "ratio",
        "-",
        [1.0, 1.0, 1.0],
        lambda: (
            multi_energy.overpressure(10, np.array([2.0, 4.0, 8.0])) / multi_energy.overpressure(6, np.array([2.0, 4.0, 8.0]))
        ),
        0.35,
        "strengths 7 to 10 are bridged by Baker-Strehlow-Tang: the chart was not available",
    ),
    Case(
        "explosion-brode",
        "20 bar gauge in 50 m3, gamma 1.4",
        "Brode 1959: p V/(gamma - 1)",
        "energy",
        "J",
        2.5e8,
        lambda: vessel.brode_energy(20e5 + 101_325, 50.0, 1.4),
        1e-9,
    ),
]

MISSING = [
    Missing("multi-energy chart, strengths 7 to 10", "van den Berg 1985; CPR 14E figure 5.8", "the chart could not be opened"),
    Missing("MERGE and EMERGE explosions in congested regions", "Mercx et al. 1995", "tables could not be opened"),
]
