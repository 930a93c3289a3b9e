"""Tables for the risk analysis: the parabola of the probit against the cloud itself."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy.special import ndtr

from chemward.science.dispersion.footprint import (
    _of_any,
    default_distances,
    flammable_footprint,
    lethal_width,
    plume_tables,
    probit_of_dose,
    toxic_footprint,
)
from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.puff import puff
from chemward.science.dispersion.weather import Weather

CHLORINE = (-6.35, 0.5, 2.75)
OPEN = Weather(3.0, "D")


def test_probit_of_half_a_gram_of_chlorine_for_half_an_hour() -> None:
    """AQ/T 3046-2013 I.2: 500 mg/m³ for 30 min gives Pr 3.896 and 13.47 % deaths."""
    found = float(probit_of_dose((500e-6) ** 2.75 * 1800, *CHLORINE))
    assert found == pytest.approx(3.896, abs=5e-4)
    assert float(ndtr(found - 5)) == pytest.approx(0.1347, abs=5e-5)


@pytest.mark.parametrize("duration", [60.0, 600.0, 3600.0, math.inf])
def test_the_parabola_is_the_probit_of_the_dose_of_the_plume(duration: float) -> None:
    cloud = plume(5.0, OPEN, height=3.0, duration=duration)
    table = toxic_footprint(cloud, 1800.0, *CHLORINE)
    y = np.array([0.0, 10.0, 40.0])[:, None] * np.sqrt(table.x / 100)
    wanted = probit_of_dose(cloud.dose(table.x, y, 1.0, CHLORINE[2], 1800.0), *CHLORINE)
    within = wanted > -5
    assert (table.a - table.b * y**2)[within] == pytest.approx(wanted[within], abs=2e-3)


def test_the_parabola_is_nearly_the_probit_of_the_dose_of_the_puff() -> None:
    cloud = puff(500.0, OPEN)
    table = toxic_footprint(cloud, 1800.0, *CHLORINE, distances=np.geomspace(100, 5000, 30))
    wanted = probit_of_dose(cloud.dose(table.x, 0.0, 1.0, CHLORINE[2], 1800.0), *CHLORINE)
    assert table.a == pytest.approx(wanted, abs=0.05)


def test_lethality_read_from_the_table_between_its_distances() -> None:
    cloud = plume(5.0, OPEN, duration=600.0)
    table = toxic_footprint(cloud, 1800.0, *CHLORINE)
    x, y = np.array([123.0, 456.0, 1234.0]), np.array([5.0, 20.0, 30.0])
    wanted = ndtr(probit_of_dose(cloud.dose(x, y, 1.0, CHLORINE[2], 1800.0), *CHLORINE) - 5)
    assert table.lethality(x, y) == pytest.approx(wanted, abs=3e-3)
    assert float(table.lethality(-50.0, 0.0)) == 0


def test_any_cloud_keeps_its_lethal_width_and_a_bell_gets_its_own_parabola_back() -> None:
    cloud = plume(5.0, OPEN, duration=600.0)
    x = np.geomspace(50, 1500, 20)
    exact = toxic_footprint(cloud, 1800.0, *CHLORINE, distances=x)
    general = _of_any(cloud, x, 1800.0, *CHLORINE, height=1.0)
    assert general.a == pytest.approx(exact.a, abs=2e-3)
    lethal = exact.a > 3
    assert general.b[lethal] == pytest.approx(exact.b[lethal], rel=0.02)


def test_lethal_width_is_the_integral_across() -> None:
    s = np.linspace(-12, 12, 200_001)
    for top in (2.0, 5.0, 8.0, 30.0):
        assert float(lethal_width(top)) == pytest.approx(np.trapezoid(ndtr(top - 5 - s**2), s), rel=2e-4)


def test_many_releases_at_once_give_the_rows_of_each() -> None:
    rates, durations = np.array([0.5, 5.0, 50.0]), np.array([600.0, 60.0, 600.0])
    probits = np.array([CHLORINE, (-15.6, 1.0, 2.0), CHLORINE])
    x, a, b = plume_tables(rates, durations, plume(1.0, OPEN), 1800.0, *probits.T)
    assert a.shape == b.shape == (3, len(x))
    assert a.dtype == b.dtype == np.float64
    for i in range(3):
        alone = toxic_footprint(plume(rates[i], OPEN, duration=durations[i]), 1800.0, *probits[i])
        assert a[i] == pytest.approx(alone.a, abs=1e-9)
        assert b[i] == pytest.approx(alone.b, rel=1e-12)


def test_two_thousand_releases_take_less_than_a_fifth_of_a_second() -> None:
    rates = np.linspace(0.1, 100, 2000)
    cloud = plume(1.0, OPEN)
    plume_tables(rates, 600.0, cloud, 1800.0, *CHLORINE)
    start = time.thread_time()
    plume_tables(rates, 600.0, cloud, 1800.0, *CHLORINE)
    assert time.thread_time() - start < 0.2


def test_flammable_table_ends_at_its_reach() -> None:
    cloud = plume(10.0, OPEN)
    table = flammable_footprint(cloud, 0.01)
    assert table.far == pytest.approx(cloud.reach(0.01, 1.0).far)
    assert (table.half_width[table.x > table.far] == 0).all()
    assert (table.half_width[(table.x < 0.99 * table.far) & (table.x > 5)] > 0).all()
    assert table.mass == cloud.flammable_mass(0.01)


def test_distances_are_a_geometric_series() -> None:
    x = default_distances(64, 10.0, 1e4)
    assert x[0] == pytest.approx(10) and x[-1] == pytest.approx(1e4)
    assert x[1:] / x[:-1] == pytest.approx(np.full(63, x[1] / x[0]))
