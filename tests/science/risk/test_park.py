"""Individual and societal risk of a park against the long way, and what must hold for any park."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.risk.effects import Circle, Event, Layer, Plume, Table
from chemward.science.risk.loads import pack
from chemward.science.risk.park import People, Raster, assess, setting_for
from chemward.science.risk.polar import PolarGrid
from chemward.science.risk.rose import Rose
from tests.science.risk import brute
from tests.science.risk.parks import RASTER, fireball, flash, mixed, rose, town, toxic


def cells(raster):
    x, y = np.meshgrid(raster.x, raster.y)
    return np.stack([x.ravel(), y.ravel()], 1)


def risk_of(events, sites, share, raster=RASTER, people=None, pencils=False, **more):
    people = people or People.nobody(share.shape[0])
    setting = setting_for(events, sites, Rose(share, pencils), raster, people, **more)
    return assess(events, sites, raster, setting, threads=2)


@pytest.mark.parametrize("pencils", [False, True])
def test_individual_risk_against_every_direction_by_itself(pencils):
    rng = np.random.default_rng(11)
    share = rose(rng)
    sites = np.column_stack([rng.uniform(300, 1300, 6), rng.uniform(300, 1100, 6)])
    events = [toxic(int(rng.integers(6)), 10 ** rng.uniform(-7, -4), np.exp(rng.normal(6, 1.2))) for _ in range(30)]
    found = risk_of(events, sites, share, pencils=pencils).individual.ravel()
    expected = brute.individual_risk(events, sites, cells(RASTER), share[None], pencils)
    alive = expected > 1e-9
    error = np.abs(found[alive] / expected[alive] - 1)
    assert alive.sum() > 2500
    assert np.median(error) < (0.01 if not pencils else 0.02)
    assert np.quantile(error, 0.95) < (0.03 if not pencils else 0.1)


def test_every_kind_of_effect_against_the_long_way():
    rng = np.random.default_rng(12)
    share = rose(rng)
    events, sites = mixed(rng, 5, 25)
    found = risk_of(events, sites, share).individual.ravel()
    expected = brute.individual_risk(events, sites, cells(RASTER), share[None])
    alive = expected > 1e-9
    error = np.abs(
        found[alive] / expected[alive] - 1
    )  # cells across the rim of a circle: a step in nature, a slope between rings
    assert np.median(error) < 0.01
    assert np.quantile(error, 0.9) < 0.1
    assert found.sum() == pytest.approx(expected.sum(), rel=2e-3)


def test_deaths_against_the_long_way():
    rng = np.random.default_rng(13)
    share = rose(rng, 2)
    spots = np.column_stack([rng.uniform(50, 1550, 30), rng.uniform(50, 1350, 30), np.zeros(30)])
    heads = rng.poisson(20, (30, 4)).astype(float)
    events, sites = mixed(rng, 3, 12)
    found = risk_of(events, sites, share, people=People(spots, heads))
    by_period = [np.column_stack([spots[:, :2], heads[:, 2 * p : 2 * p + 2]]) for p in range(2)]
    rows = [brute.deaths(event, sites[event.site], by_period, share[None]) for event in events]
    expected = np.array([(dead * f).sum() for dead, f in (row.T for row in rows)])
    np.testing.assert_allclose(found.expected.sum(), expected.sum(), rtol=0.02)
    every = np.concatenate(rows)
    edges = setting_for(events, sites, Rose(share), RASTER, People(spots, heads)).edges
    for at_least in (1.0, 3.0, 10.0):
        f = found.bins[:, edges >= at_least * (1 - 1e-9), 0].sum()
        assert f == pytest.approx(every[every[:, 0] >= at_least, 1].sum(), rel=0.12)  # the wind is counted in 5° steps


def test_deaths_are_people_times_risk_when_everybody_is_outdoors():
    rng = np.random.default_rng(14)
    share, (sites,) = rose(rng), (np.array([[700.0, 650.0], [400.0, 900.0]]),)
    events = [toxic(i % 2, 1e-5, np.exp(rng.normal(9, 1))) for i in range(8)] + [flash(1, 1e-7, 200), Event(0, 1e-8, (FULL,))]
    spots = np.column_stack([rng.uniform(200, 1400, 50), rng.uniform(200, 1200, 50), np.zeros(50)])
    heads = np.column_stack([rng.poisson(30, 50), np.zeros(50)]).astype(float)
    found = risk_of(events, sites, share, people=People(spots, heads))
    at = risk_at(events, sites, share, spots[:, :2])
    assert found.expected.sum() == pytest.approx((at * heads[:, 0]).sum(), rel=5e-3)
    assert found.bins[..., 1].sum() == pytest.approx(found.expected.sum(), rel=0.05)


FULL = Layer((Circle([80.0, 160.0], [1.0, 0.0]),))


def risk_at(events, sites, share, points):
    """Risk read at points one by one, on rasters of one cell."""
    setting = setting_for(events, sites, Rose(share), RASTER, People.nobody())
    return np.array([assess(events, sites, Raster(x - 0.5, y - 0.5, 1.0, 1, 1), setting).individual[0, 0] for x, y in points])


def test_the_order_of_scenarios_and_the_number_of_threads_do_not_matter():
    rng = np.random.default_rng(15)
    share = rose(rng)
    events, sites = mixed(rng, 4, 20)
    setting = setting_for(events, sites, Rose(share), RASTER, town(rng))
    one, two = assess(events, sites, RASTER, setting, threads=1), assess(events, sites, RASTER, setting, threads=2)
    assert (one.individual == two.individual).all()
    assert (one.bins == two.bins).all()
    turned = assess(events[::-1], sites, RASTER, setting)
    np.testing.assert_allclose(turned.individual, one.individual, rtol=1e-5, atol=1e-16)
    np.testing.assert_allclose(turned.expected[::-1], one.expected, rtol=1e-6)


def test_turning_site_and_wind_together_turns_the_risk():
    rng = np.random.default_rng(16)
    share = rose(rng)
    raster = Raster(-500.0, -500.0, 10.0, 100, 100)
    sites = np.array([[120.0, -40.0], [-200.0, 90.0]])
    events = [toxic(i % 2, 1e-5, 300.0 * (i + 1)) for i in range(4)] + [flash(0, 1e-5, 150)]
    plain = risk_of(events, sites, share, raster).individual
    clockwise = np.column_stack([sites[:, 1], -sites[:, 0]])  # by 90°: four sectors on
    turned = risk_of(events, clockwise, np.roll(share, 4, -1), raster).individual
    np.testing.assert_allclose(turned, np.rot90(plain, 1), rtol=3e-3, atol=1e-12)


@given(st.floats(1e-9, 1e-2), st.integers(0, 4))
@settings(max_examples=10, deadline=None)
def test_risk_is_linear_in_frequency(frequency, seed):
    rng = np.random.default_rng(seed)
    share, sites = rose(rng), np.array([[700.0, 650.0]])
    event = toxic(0, 1.0, float(np.exp(rng.normal(6, 1))))
    people = town(rng)
    unit, scaled = (risk_of([replace(event, frequency=f)], sites, share, people=people) for f in (1.0, frequency))
    np.testing.assert_allclose(scaled.individual, unit.individual * frequency, rtol=1e-4, atol=1e-7 * frequency)
    assert scaled.expected[0] == pytest.approx(unit.expected[0] * frequency, rel=1e-5)


def test_in_a_wind_from_everywhere_risk_is_the_mean_round_the_ring():
    share = np.full((1, 6, 16), 1 / 96)
    event, site = toxic(0, 1e-5, 20_000.0), np.array([[700.0, 650.0]])
    found = risk_of([event], site, share)
    for away in (80.0, 150.0, 400.0):
        theta = np.linspace(-np.pi, np.pi, 7200, endpoint=False)
        mean = np.mean(
            [brute.lethality(e, away * np.cos(theta), away * np.sin(theta)).mean() for e in event.layers[0].by_weather]
        )
        i, j = (650 // 10), int((700 + away) // 10)
        around = [found.individual[i, j], found.individual[i - 1, j], found.individual[i, j - 1], found.individual[i - 1, j - 1]]
        assert np.mean(around) == pytest.approx(1e-5 * mean, rel=0.02)


def test_more_scenarios_never_mean_less_risk():
    rng = np.random.default_rng(17)
    share = rose(rng)
    events, sites = mixed(rng, 3, 15)
    people = town(rng)
    setting = setting_for(events, sites, Rose(share), RASTER, people)
    less, more = (assess(part, sites, RASTER, setting) for part in (events[:10], events))
    assert (more.individual >= less.individual * (1 - 0.02) - 1e-9).all()
    assert more.expected.sum() > less.expected.sum()


def test_the_size_of_cells_does_not_change_the_risk():
    rng = np.random.default_rng(18)
    share = rose(rng)
    events, sites = [toxic(0, 1e-5, 800.0), toxic(1, 1e-5, 3000.0)], np.array([[700.0, 650.0], [900.0, 300.0]])
    coarse = risk_of(events, sites, share, Raster(0, 0, 30.0, 53, 45)).individual
    fine = risk_of(events, sites, share, Raster(0, 0, 10.0, 159, 135)).individual[1::3, 1::3]
    alive = fine > 1e-8
    error = np.abs(coarse[alive] / fine[alive] - 1)
    assert np.median(error) < 5e-3
    assert np.quantile(error, 0.98) < 0.03


def test_ignition_on_the_way_is_a_rose_of_its_own():
    rng = np.random.default_rng(19)
    share, site = rose(rng), np.array([[700.0, 650.0]])
    sectors = rng.uniform(0, 1, 16)
    own = share * sectors
    split = risk_of([toxic(0, 1e-5, 800.0), toxic(0, 2e-5, 300.0, rose=1)], site, share, own_roses=[own])
    alone = risk_of([toxic(0, 1e-5, 800.0)], site, share).individual + risk_of([toxic(0, 2e-5, 300.0)], site, own).individual
    np.testing.assert_allclose(split.individual, alone, rtol=2e-2, atol=1e-11)


def test_people_indoors_count_by_their_factor():
    share, site = np.full((1, 6, 16), 1 / 96), np.array([[700.0, 650.0]])
    spots = np.array([[700.0, 700.0, 0.0]])
    inside, outside = (
        risk_of([fireball(0, 1e-5, 40.0)], site, share, people=People(spots, np.array([heads]))) for heads in ((0, 100), (100, 0))
    )
    assert inside.expected[0] == 0.0
    assert outside.expected[0] == pytest.approx(1e-5 * 100 * 0.14 * np.interp(50, [40, 88], [0.8, 0]), rel=0.02)


def test_two_hundred_and_more_points_are_taken_in_chunks():
    rng = np.random.default_rng(20)
    share = rose(rng)
    sites = np.column_stack([rng.uniform(100, 500, 300), rng.uniform(100, 500, 300)])
    events = [fireball(i, 1e-6, 30.0) for i in range(300)]
    raster = Raster(0, 0, 20.0, 30, 30)
    whole = risk_of(events, sites, share, raster)
    parts = [risk_of([replace(e, site=0)], sites[i : i + 1], share, raster).individual for i, e in enumerate(events[::60])][:1]
    assert whole.individual.max() > parts[0].max()
    assert (whole.individual >= parts[0] * 0.9 - 1e-14).all()
    assert whole.bins.shape[0] == 300


@pytest.mark.parametrize(
    "make",
    [
        lambda: Plume([10.0, 5.0], [1.0, 1.0], [0.0, 0.0]),
        lambda: Plume([5.0, 10.0], [np.nan, 1.0], [0.0, 0.0]),
        lambda: Circle([10.0], [1.5]),
        lambda: Circle([10.0, 5.0], [1.0, 0.5]),
        lambda: Circle([10.0], [1.0], -3.0),
        lambda: Table([0.0, 1.0, 3.0], [0.0, 1.0], np.zeros((3, 2))),
        lambda: Table([0.0, 1.0], [1.0, 2.0], np.zeros((2, 2))),
    ],
)
def test_an_effect_that_cannot_be_is_refused(make):
    with pytest.raises(Faults):
        make()


def test_events_that_do_not_fit_are_refused_all_at_once():
    grid = PolarGrid.spanning(4.0, 2000.0)
    events = [toxic(5, 1e-5, 100.0), toxic(0, -1.0, 100.0), replace(toxic(0, 1e-5, 100.0), by_weather=(1.0, 1.0))]
    with pytest.raises(Faults) as caught:
        pack(events, 1, 6, grid)
    assert [fault.field for fault in caught.value.faults] == ["events[0].site", "events[1].frequency", "events[2].by_weather"]
