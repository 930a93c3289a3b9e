"""The compiled sums equal those in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from chemward.science.risk.park import assess, setting_for
from chemward.science.risk.plain import assess_plain
from chemward.science.risk.rose import Rose
from tests.science.risk.parks import RASTER, mixed, rose, town


@pytest.mark.parametrize(
    ("pencils", "periods", "sectors"), [(False, 1, 16), (False, 2, 16), (True, 1, 16), (False, 1, 12), (False, 1, 8)]
)
def test_compiled_and_plain_sums_agree(pencils, periods, sectors):
    rng = np.random.default_rng(7)
    events, sites = mixed(rng, 3, 10)
    wind = Rose(rose(rng, periods, sectors), pencils)
    setting = setting_for(events, sites, wind, RASTER, town(rng, periods))
    fast, plain = assess(events, sites, RASTER, setting, threads=2), assess_plain(events, sites, RASTER, setting)
    np.testing.assert_allclose(fast.expected, plain.expected, rtol=3e-4)
    np.testing.assert_allclose(fast.bins.sum((0, 1)), plain.bins.sum((0, 1)), rtol=1e-3)
    alive = plain.individual > 1e-9
    error = np.abs(fast.individual[alive] / plain.individual[alive] - 1)
    assert np.median(error) < 2e-3
    assert np.quantile(error, 0.99) < 0.03


def test_on_a_small_raster_every_cell_is_read_for_itself_and_agrees():
    from chemward.science.risk.park import Raster

    rng = np.random.default_rng(8)
    events, sites = mixed(rng, 3, 10)
    raster = Raster(400.0, 300.0, 40.0, 20, 20)
    setting = setting_for(events, sites, Rose(rose(rng)), raster, town(rng))
    fast, plain = assess(events, sites, raster, setting), assess_plain(events, sites, raster, setting)
    np.testing.assert_allclose(fast.individual, plain.individual, rtol=2e-3, atol=5e-12)
