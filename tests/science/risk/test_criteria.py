"""Limits, lines and distances of the criteria."""

from __future__ import annotations

import json

import numpy as np
import pytest

from chemward.science.commands import find
from chemward.science.inputs import convert
from chemward.science.risk import curve
from chemward.science.risk.distance import explosives_distance, is_hazardous_gas
from chemward.science.risk.missing import Gaps
from chemward.science.risk.schema import Equipment
from chemward.standards import gb36894


@pytest.mark.parametrize(
    ("deaths", "frequency", "zone"),
    [
        (10, 1.01e-4, "unacceptable"), (10, 1e-4, "as low as reasonably practicable"), (100, 1.1e-5, "unacceptable"),
        (100, 9e-6, "as low as reasonably practicable"), (10, 1e-6, "acceptable"), (1, 1.1e-5, "as low as reasonably practicable"),
        (1500, 1e-12, "unacceptable"), (1000, 9e-9, "acceptable"),
    ],
)  # fmt: skip
def test_zones_of_the_societal_risk(deaths, frequency, zone):
    assert curve.zone_of(deaths, frequency) == zone


def test_limits_of_individual_risk_by_situation():
    for situation, expected in (("new", (3e-7, 3e-6, 1e-5)), ("in service", (3e-6, 1e-5, 3e-5))):
        assert tuple(gb36894.limit(f"general, class {n}", situation) for n in (1, 2, 3)) == expected


@pytest.mark.parametrize(("pressure", "scaled"), [(2000, 58.86), (5000, 25.76), (9000, 15.86)])
def test_distance_of_explosives(pressure, scaled):
    assert explosives_distance(1.0, pressure) == pytest.approx(scaled, rel=1e-3)
    assert explosives_distance(1000.0, pressure) == pytest.approx(10 * scaled, rel=1e-3)


def test_a_substance_in_no_table_is_no_gas_of_a_major_hazard_and_that_is_said():
    example = json.loads(find("qra run").example_text())["equipment"][0]
    item, gaps = convert(Equipment, example | {"substance": "某种自制炸药", "tnt_kg": 100.0}), Gaps()
    assert not is_hazardous_gas(item, "equipment[0]", gaps)
    assert [(gap.field, gap.result) for gap in gaps.found()] == [("equipment[0].substance", "left out")]


def test_the_curve_counts_accidents_with_at_least_so_many_deaths():
    edges = np.array([1.0, 2.0, 5.0, 10.0])
    bins = np.zeros((2, 4, 2))
    bins[0, :, 0] = [1e-4, 0.0, 1e-5, 0.0]
    bins[1, :, 0] = [0.0, 2e-5, 0.0, 1e-6]
    found = curve.curve(bins, edges)
    assert found == pytest.approx([1.31e-4, 3.1e-5, 1.1e-5, 1e-6])
    assert [point.deaths for point in curve.fn_points(found, edges)] == [1, 2, 5, 10]
