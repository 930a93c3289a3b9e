"""Cases of the room "risk": sums against the long way, printed figures, hand calculations."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from chemward.science.risk import tree
from chemward.science.risk.distance import explosives_distance
from chemward.science.risk.domino import by_blast, by_heat
from chemward.science.risk.effects import Circle, Event, Layer
from chemward.science.risk.park import ParkRisk, People, assess, setting_for
from chemward.science.risk.rose import Rose
from chemward.science.risk.schema import Equipment, IgnitionSource
from chemward.standards import gb36894
from tests.science.risk import brute
from tests.science.risk.parks import RASTER, rose, toxic
from tests.science.validation.case import Case, Missing

AREA_OF_POINTS = 400
TANK = Equipment("T", "atmospheric tank", 0, 0, "苯", 500.0, volume_m3=1000.0)
SPHERE = Equipment("V", "pressure vessel", 0, 0, "丙烷", 50.0, volume_m3=100.0)


@cache
def _errors() -> tuple[float, float]:
    """Median and 95 % of the error of individual risk at cells above 1e-9, against 1,408 directions."""
    rng = np.random.default_rng(31)
    share = rose(rng)
    sites = np.column_stack([rng.uniform(300, 1300, 8), rng.uniform(300, 1100, 8)])
    events = [toxic(i % 8, 10 ** rng.uniform(-7, -4), float(np.exp(rng.normal(6, 1.2)))) for i in range(40)]
    rows, columns = rng.integers(0, RASTER.rows, AREA_OF_POINTS), rng.integers(0, RASTER.columns, AREA_OF_POINTS)
    found = assess(events, sites, RASTER, setting_for(events, sites, Rose(share), RASTER, People.nobody()))
    expected = brute.individual_risk(events, sites, np.stack([RASTER.x[columns], RASTER.y[rows]], 1), share[None], per_sector=88)
    alive = expected > 1e-9
    error = np.abs(found.individual[rows, columns][alive] / expected[alive] - 1)
    return float(np.median(error)), float(np.quantile(error, 0.95))


@cache
def _one_circle() -> ParkRisk:
    """A fireball of 100 m at 1e-5 a year, 1,000 people outdoors 50 m and 1,000 people 150 m away."""
    event = Event(0, 1e-5, (Layer((Circle(np.array([100.0, 100.0]), np.array([1.0, 0.0])),)),))
    people = People(np.array([[700.0, 700.0, 0.0], [700.0, 800.0, 0.0]]), np.array([[1000.0, 0.0], [1000.0, 0.0]]))
    site = np.array([[700.0, 650.0]])
    setting = setting_for([event], site, Rose(np.full((1, 1, 16), 1 / 16)), RASTER, people)
    return assess([event], site, RASTER, setting)


def _delayed(source: str, seconds: float, count: float = 1.0) -> float:
    found = tree.delayed_by_sources(
        [IgnitionSource(0, 100, source, count=count)], 0, 0, np.zeros(1), np.array([200.0]), np.array([50.0]), np.array([seconds])
    )
    return float(found[0, 0, 0])


def _heat_by_hand(flux: float, volume: float) -> float:
    minutes = math.exp(-1.128 * math.log(flux) - 2.667e-5 * volume + 9.877) / 60
    return 0.5 * math.erfc(-(9.25 - 1.847 * math.log(minutes) - 5) / math.sqrt(2))


def _blast_by_hand(a: float, b: float, pressure: float) -> float:
    return 0.5 * math.erfc(-(a + b * math.log(pressure) - 5) / math.sqrt(2))


LONG_WAY = "sum over every scenario, weather and 1,408 directions in the plane (tests/science/risk/brute.py)"

CASES = [
    Case(
        "risk-01",
        "Individual risk, median error of cells above 1e-9",
        LONG_WAY,
        "relative error",
        "-",
        0.0,
        lambda: _errors()[0],
        0.01,
        is_absolute=True,
    ),
    Case(
        "risk-02",
        "Individual risk, 95 % of the errors",
        LONG_WAY,
        "relative error",
        "-",
        0.0,
        lambda: _errors()[1],
        0.03,
        is_absolute=True,
    ),
    Case(
        "risk-03",
        "Fireball over a crowd: expected deaths",
        "by hand: 1e-5/a × 1,000 persons within the circle",
        "PLL",
        "1/a",
        1e-2,
        lambda: float(_one_circle().expected.sum()),
        0.01,
    ),
    Case(
        "risk-04",
        "Fireball: individual risk inside the circle",
        "by hand: its frequency",
        "IR",
        "1/a",
        1e-5,
        lambda: float(_one_circle().individual[65, 72]),
        1e-3,
    ),
    *(
        Case(
            f"risk-05{letter}",
            f"Explosives, distance at {pressure} Pa for 1,000 kg TNT",
            "GB/T 37243-2019 5, solved by hand",
            "distance",
            "m",
            distance,
            lambda pressure=pressure: explosives_distance(1000.0, pressure),
            1e-3,
        )
        for letter, pressure, distance in (("a", 2000.0, 588.6), ("b", 5000.0, 257.6), ("c", 9000.0, 158.5))
    ),
    *(
        Case(
            f"risk-06{letter}",
            f"Line of societal risk at {deaths} deaths, {line}",
            "GB 36894-2018 4.2",
            "F",
            "1/a",
            frequency,
            lambda line=line, deaths=deaths: gb36894.lines()[line].frequency(deaths),
            1e-6,
        )
        for letter, line, deaths, frequency in (
            ("a", "upper", 1, 1e-3),
            ("b", "upper", 100, 1e-5),
            ("c", "upper", 1000, 1e-6),
            ("d", "lower", 1, 1e-5),
            ("e", "lower", 100, 1e-7),
        )
    ),
    Case(
        "risk-07a",
        "A vehicle lights a cloud within a minute",
        "AQ/T 3046-2013 Table G.5",
        "P",
        "-",
        0.4,
        lambda: _delayed("motor vehicle", 60.0),
        1e-3,
    ),
    Case("risk-07b", "and within two", "1 − (1 − 0.4)²", "P", "-", 0.64, lambda: _delayed("motor vehicle", 120.0), 1e-3),
    Case(
        "risk-07c",
        "A hundred workers within a minute",
        "1 − 0.99^100",
        "P",
        "-",
        1 - 0.99**100,
        lambda: _delayed("worker", 60.0, 100),
        1e-3,
    ),
    Case(
        "risk-08a",
        "Tank of 1,000 m³ at 30 kW/m² fails",
        "Cozzani et al. 2005; Landucci et al. 2009, by hand",
        "P",
        "-",
        _heat_by_hand(30, 1000),
        lambda: by_heat(30e3, 1800, TANK),
        1e-3,
    ),
    Case(
        "risk-08b",
        "Atmospheric tank at 30 kPa fails",
        "Cozzani and Salzano 2004, by hand",
        "P",
        "-",
        _blast_by_hand(-18.96, 2.44, 30e3),
        lambda: by_blast(30e3, TANK),
        1e-3,
    ),
    Case(
        "risk-08c",
        "Pressure vessel at 60 kPa fails",
        "Cozzani and Salzano 2004, by hand",
        "P",
        "-",
        _blast_by_hand(-42.44, 4.33, 60e3),
        lambda: by_blast(60e3, SPHERE),
        1e-3,
    ),
]

MISSING = [
    Missing(
        "A whole QRA with printed input and contours",
        "CASST-QRA or Safeti report",
        "no such report with all its input is public; users may send one",
    ),
    Missing("Frequencies of GB/T 37243-2019 Annex C", "GB/T 37243-2019", "the annex could not be opened"),
]
