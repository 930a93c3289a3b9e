"""Branches of an accident: exact sums, ignition by the tables, ignition on the way."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.risk import tree
from chemward.science.risk.schema import IgnitionSource
from chemward.science.substances.library import find

shares = st.fractions(0, 1, max_denominator=1000)


@given(shares, shares, shares)
def test_the_branches_of_a_tree_sum_to_one_exactly(immediate, delayed, flash):
    found = tree.branches(immediate, delayed, flash)
    assert sum(found) == 1
    assert min(found) >= 0


def test_branches_by_hand():
    assert tree.branches(Fraction(1, 5), Fraction(1, 2), Fraction(3, 5)) == (
        Fraction(1, 5), Fraction(6, 25), Fraction(4, 25), Fraction(2, 5),
    )  # fmt: skip


def test_flash_fire_takes_six_of_ten_delayed_ignitions():
    assert tree.flash_share() == 0.6


@pytest.mark.parametrize(
    ("rate", "mass", "reacts", "expected"),
    [
        (9.99, 0, "average or high", 0.2), (10, 0, "average or high", 0.5), (100, 0, "average or high", 0.5), (100.1, 0, "average or high", 0.7),
        (0, 999, "low", 0.02), (0, 1000, "low", 0.04), (0, 10_000, "low", 0.04), (0, 10_001, "low", 0.09),
    ],
)  # fmt: skip
def test_immediate_ignition_of_class_0_by_amount_edges_in_the_middle_band(rate, mass, reacts, expected):
    assert tree.immediate_ignition("0", reacts, rate, mass) == expected


@pytest.mark.parametrize(("category", "expected"), [("1", 0.065), ("2", 0.01), ("3", 0.0), ("4", 0.0), (None, 0.0)])
def test_immediate_ignition_of_other_classes(category, expected):
    assert tree.immediate_ignition(category, "average or high", 50.0, 0.0) == expected


@pytest.mark.parametrize(("name", "celsius", "category"), [("丙烷", 20, "0"), ("苯", 20, "1"), ("氯", 20, None), ("氨", 20, "0")])
def test_class_of_a_substance(name, celsius, category):
    assert tree.flammability(find(name), celsius + 273.15) == category


def test_ammonia_is_of_low_reactivity_and_counts_as_toxic_alone():
    ammonia = find("氨")
    assert tree.reactivity(ammonia) == "low"
    assert tree.is_toxic_only(ammonia, is_toxic=True)
    assert not tree.is_toxic_only(find("丙烷"), is_toxic=False)


def lit(source, bearing=0.0, lasting=60.0, reach=200.0, half=50.0, x=0.0, y=100.0, **more):
    found = tree.delayed_by_sources(
        [IgnitionSource(x, y, source, **more)],
        0.0,
        0.0,
        np.array([bearing]),
        np.array([reach]),
        np.array([half]),
        np.array([lasting]),
    )
    return found[:, 0, 0]


def test_a_vehicle_in_the_cloud_for_a_minute_lights_it_in_four_of_ten_cases():
    assert lit("motor vehicle") == pytest.approx([0.4, 0.4])


def test_ignition_grows_with_time_and_falls_with_presence():
    assert lit("motor vehicle", lasting=120.0)[0] == pytest.approx(1 - 0.6**2)
    assert lit("motor vehicle", presence_night=0.25)[1] == pytest.approx(0.25 * 0.4)
    assert lit("worker", count=10)[0] == pytest.approx(1 - 0.99**10)


def test_a_source_outside_the_cloud_does_not_light_it():
    assert lit("flame", bearing=math.pi).max() == 0
    assert lit("flame", y=250.0).max() == 0
    assert lit("flame", x=60.0).max() == 0


def test_two_sources_together():
    both = [IgnitionSource(0, 100, "motor vehicle"), IgnitionSource(0, 120, "indoor boiler")]
    found = tree.delayed_by_sources(both, 0, 0, np.zeros(1), np.array([200.0]), np.array([50.0]), np.array([60.0]))
    assert found[0, 0, 0] == pytest.approx(1 - 0.6 * 0.77)
