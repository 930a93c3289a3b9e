"""Leak location: what the search predicts and infers against the plume model of the dispersion room and against known leaks."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.weather import Weather
from chemward.science.inputs import convert
from chemward.science.leak.answer import LeakResult
from chemward.science.leak.case import LeakInput
from chemward.science.leak.locate import locate
from tests.science.leak.parks import park
from tests.science.leak.test_leak_kernel import a_case, at, one_way, touched
from tests.science.leak.test_located import is_inside
from tests.science.validation.case import Case, Missing

PARKS = "parks of known leaks, tests/science/leak/parks.py"
COUNTS = {"easy": 15, "medium": 15, "hard": 15, "unidentifiable": 15, "no source": 10}


@cache
def answers(kind: str) -> tuple[tuple[object, LeakResult], ...]:
    made = [park(kind, seed) for seed in range(300, 300 + COUNTS[kind])]
    return tuple((one.truth, locate(convert(LeakInput, one.document))) for one in made)


def median_miss(kind: str) -> float:
    """Median distance [m] from the answer to the leak; an answer without a place counts as missed."""
    away = [
        math.hypot(found.position.x_m - truth.x, found.position.y_m - truth.y) if found.position else math.inf
        for truth, found in answers(kind)
    ]
    return float(np.median(away))


def rate_within_two(kind: str) -> float:
    return float(
        np.mean([found.rate is not None and 0.5 < found.rate.median_kg_s / truth.rate < 2 for truth, found in answers(kind)])
    )


def held(kind: str) -> float:
    return float(np.mean([bool(f.regions) and is_inside(f.regions[1].rings, t.x, t.y) for t, f in answers(kind)]))


def said(kind: str, status: str) -> float:
    return float(np.mean([found.status == status for _, found in answers(kind)]))


def predicted(distance: float, off: float) -> float:
    case = a_case([(100.0 + distance, 500.0 + off, 3.0)], [[5.0]], [(4.0, 270.0)])
    return touched(case, at(100, 500, 4.0), one_way())[0]


def of_the_plume(distance: float, off: float) -> float:
    cloud = plume(1.0, Weather(wind_speed=4.0, stability="D"), height=4.0, sigma="briggs_rural", lid=math.inf)
    return float(cloud.concentration(distance, off, 3.0))


CASES = [
    Case(
        id="leak-plume",
        title="Prediction of the search's kernel and the plume of the dispersion room, class D, 4 m/s, height 4 m",
        source="AQ/T 3046-2013 E.6; Briggs (1973), ATDL contribution 79",
        quantity="concentration per rate",
        unit="s/m³",
        expected=[of_the_plume(x, y) for x, y in ((200.0, 0.0), (400.0, 20.0), (700.0, 50.0))],
        computed=lambda: [predicted(x, y) for x, y in ((200.0, 0.0), (400.0, 20.0), (700.0, 50.0))],
        tolerance=0.02,
        note="the kernel adds 1 m² to each width for the size of what leaks, and reads widths from a table",
        labels=["200 m", "400 m, 20 m aside", "700 m, 50 m aside"],
    ),
    *[
        Case(
            id=f"leak-miss-{kind}",
            title=f"Median distance from the answer to the leak, {kind} parks",
            source=PARKS,
            quantity="median miss",
            unit="m",
            expected=0.0,
            computed=lambda kind=kind: median_miss(kind),
            tolerance=limit,
            note=f"limit {limit:g} m",
            is_absolute=True,
            is_slow=True,
        )
        for kind, limit in (("easy", 25.0), ("medium", 70.0), ("hard", 120.0))
    ],
    Case(
        id="leak-rate-easy",
        title="Part of the easy parks whose rate is within a factor of two",
        source=PARKS,
        quantity="part",
        unit="-",
        expected=1.0,
        computed=lambda: rate_within_two("easy"),
        tolerance=0.25,
        is_slow=True,
    ),
    Case(
        id="leak-region",
        title="Part of the easy, medium and hard parks whose 90 % region holds the leak",
        source=PARKS,
        quantity="part",
        unit="-",
        expected=0.885,
        computed=lambda: float(np.mean([held(kind) for kind in ("easy", "medium", "hard")])),
        tolerance=0.085,
        note="0.80 to 0.97",
        is_absolute=True,
        is_slow=True,
    ),
    Case(
        id="leak-unidentifiable",
        title="Part of the records that cannot say where that are called so",
        source=PARKS,
        quantity="part",
        unit="-",
        expected=1.0,
        computed=lambda: said("unidentifiable", "not_identifiable"),
        tolerance=0.2,
        is_slow=True,
    ),
    Case(
        id="leak-no-source",
        title="Part of the quiet parks that are called without a source",
        source=PARKS,
        quantity="part",
        unit="-",
        expected=1.0,
        computed=lambda: said("no source", "no_source"),
        tolerance=0.2,
        is_slow=True,
    ),
]

MISSING = [
    Missing(
        "FUSION Field Trial 2007 (Dugway), single continuous releases",
        "Platt, DeRiggi, International Journal of Environment and Pollution 48 (2012) 13",
        "the readings are not public",
    ),
]
