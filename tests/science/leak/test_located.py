"""A leak is found where it is, as large as it is, and the regions keep their word: parks from fixed seeds."""

import itertools

import numpy as np
import pytest

from chemward.science.inputs import convert
from chemward.science.leak.case import LeakInput
from chemward.science.leak.locate import locate
from tests.science.leak.parks import park


def answered(made):
    return locate(convert(LeakInput, made.document))


def miss(made, answer):
    return float(np.hypot(answer.position.x_m - made.truth.x, answer.position.y_m - made.truth.y))


def is_inside(rings, x, y):
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in itertools.pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossings += 1
    return crossings % 2 == 1


@pytest.fixture(scope="module")
def easy():
    made = [park("easy", seed) for seed in range(1, 13)]
    return [(one, answered(one)) for one in made]


@pytest.fixture(scope="module")
def medium():
    made = [park("medium", seed) for seed in range(1, 11)]
    return [(one, answered(one)) for one in made]


def test_half_of_the_easy_leaks_are_missed_by_less_than_25_m(easy):
    assert np.median([miss(*pair) for pair in easy]) <= 25


def test_three_quarters_of_the_easy_rates_are_within_a_factor_of_two(easy):
    ratios = np.array([answer.rate.median_kg_s / made.truth.rate for made, answer in easy])
    assert np.mean((ratios > 0.5) & (ratios < 2)) >= 0.75
    assert 0.7 < np.median(ratios) < 1.4


def test_the_90_percent_region_of_easy_leaks_holds_the_truth_and_is_small(easy):
    held = [is_inside(answer.regions[1].rings, made.truth.x, made.truth.y) for made, answer in easy]
    assert np.mean(held) >= 0.8
    assert np.median([answer.regions[1].area_share for _, answer in easy]) <= 0.05


def test_nine_of_ten_easy_leaks_are_located(easy):
    assert np.mean([answer.status == "located" for _, answer in easy]) >= 0.9


def test_half_of_the_medium_leaks_are_missed_by_less_than_70_m(medium):
    assert np.median([miss(*pair) for pair in medium]) <= 70


def test_the_unit_that_leaks_is_mostly_the_first_suspect(easy):
    at_units = [(made, answer) for made, answer in easy if made.truth.equipment]
    assert np.mean([answer.suspects[0].equipment == made.truth.equipment for made, answer in at_units]) >= 0.6


def test_half_of_the_hard_leaks_are_missed_by_less_than_120_m():
    pairs = [(one, answered(one)) for one in (park("hard", seed) for seed in range(1, 25))]
    misses = [miss(*pair) if pair[1].position else np.inf for pair in pairs]
    assert np.median(misses) <= 120


@pytest.mark.parametrize("seed", range(10))
def test_a_record_that_cannot_say_where_is_called_so(seed):
    made = park("unidentifiable", seed)
    assert answered(made).status == "not_identifiable"


def test_quiet_parks_have_no_source():
    said = [answered(park("no source", seed)).status for seed in range(10)]
    assert said.count("no_source") >= 9
