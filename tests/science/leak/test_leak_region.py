"""Credible regions: what they hold, how large they are, how they are drawn."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chemward.science.leak.region import Raster, raster, region, rings
from chemward.science.leak.search import Places
from tests.science.leak.test_leak_kernel import a_case
from tests.science.leak.test_located import is_inside

X, Y = np.arange(9.0) * 10, np.arange(7.0) * 20


def area(ring):
    return 0.5 * sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


@given(hnp.arrays(bool, (6, 8), elements=st.booleans()))
@settings(max_examples=60, deadline=None)
def test_rings_enclose_the_marked_cells_and_no_other(mask):
    found = rings(mask, X, Y)
    assert sum(area(ring) for ring in found) == pytest.approx(mask.sum() * 200.0)
    for j, i in np.ndindex(mask.shape):
        assert is_inside(found, 10 * i + 5, 20 * j + 10) == mask[j, i]


def test_a_ring_is_closed_and_has_corners_only():
    mask = np.zeros((6, 8), bool)
    mask[1:4, 2:6] = True
    (ring,) = rings(mask, X, Y)
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    assert area(ring) > 0


def test_a_hole_runs_clockwise():
    mask = np.ones((6, 8), bool)
    mask[2, 3] = False
    assert sorted(area(ring) for ring in rings(mask, X, Y)) == [-200.0, 9600.0]


def test_the_region_holds_at_least_its_probability_in_the_fewest_cells():
    held = np.zeros((6, 8))
    held[0, :5] = 0.4, 0.3, 0.15, 0.1, 0.05
    site = Raster(held, X, Y)
    assert site.densest(0.5).sum() == 2
    assert site.densest(0.9).sum() == 4
    assert region(site, 0.9).area_m2 == 800.0
    assert region(site, 0.9).area_share == pytest.approx(4 / 48)


def test_equal_cells_are_in_or_out_together():
    held = np.zeros((6, 8))
    held[2, 1:5] = 0.25
    assert Raster(held, X, Y).densest(0.5).sum() == 4


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000), st.booleans()), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_probability_is_lost_on_the_raster(spots):
    case = a_case([(1.0, 1.0, 1.0)], [[0.0]], [(3.0, 0.0)])
    step = 1000 / 28
    cells = [((x // step + 0.5) * step, (y // step + 0.5) * step) for x, y, _ in spots]
    cells = [(min(x, 1000 - step / 2), min(y, 1000 - step / 2)) for x, y in cells]
    is_unit = np.array([u for *_, u in spots])
    x = np.where(is_unit, [s[0] for s in spots], [c[0] for c in cells])
    y = np.where(is_unit, [s[1] for s in spots], [c[1] for c in cells])
    half = np.where(is_unit, 0.0, step / 2)
    n = len(spots)
    places = Places(x, y, np.ones(n), half, half, np.where(is_unit, 0, -1), np.zeros(n))
    assert raster(case, places, np.full(n, 1 / n)).probability.sum() == pytest.approx(1.0)
