"""Harm against the check values of the standards."""

from __future__ import annotations

from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.harm import blast, heat, probit
from chemward.science.harm.toxic import ToxicProbit, from_ppm, toxic_probit
from chemward.standards import aqt3046, probits


def toxic(cas: str) -> ToxicProbit:
    row = next(row for row in aqt3046.toxic_probits() if row.cas == cas)
    return ToxicProbit(cas, row.a, row.b, row.n, aqt3046.ID, row.source)


CHLORINE, AMMONIA, HYDROGEN_SULFIDE, PHOSGENE = "7782-50-5", "7664-41-7", "7783-06-4", "75-44-5"


@given(st.floats(-5, 15))
def test_a_probit_is_the_normal_integral_and_comes_back(value):
    assert probit.probability(value) == pytest.approx(0.5 * (1 + erf((value - 5) / sqrt(2))), abs=1e-12)
    assert probit.probit_of(probit.probability(min(value, 11.0))) == pytest.approx(min(value, 11.0), abs=1e-4)


def test_probits_of_the_printed_table_and_not_its_two_slips():
    """2.67 is 1 %, 5 is 50 %, 7.33 is 99 %; 99.6 % is 7.65 and 99.7 % is 7.75, printed as 7.58 and 7.65."""
    for share, value in ((0.01, 2.67), (0.10, 3.72), (0.5, 5.0), (0.9, 6.28), (0.99, 7.33), (0.996, 7.65), (0.997, 7.75)):
        assert probit.probit_of(share) == pytest.approx(value, abs=0.006)


@pytest.mark.parametrize(
    ("cas", "milligrams", "expected", "share"),
    [(CHLORINE, 500, 3.896, 0.1347), (AMMONIA, 5000, 4.836, 0.435), (HYDROGEN_SULFIDE, 500, 3.709, 0.0983)],
)
def test_toxic_check_values_over_half_an_hour(cas, milligrams, expected, share):
    assert toxic(cas).of(milligrams * 1e-6, 1800) == pytest.approx(expected, abs=6e-4)
    assert toxic(cas).lethality(milligrams * 1e-6, 1800) == pytest.approx(share, abs=6e-4)


@pytest.mark.parametrize(
    ("cas", "molar_mass", "ppm"), [(CHLORINE, 0.070906, 385), (AMMONIA, 0.0170305, 7798), (PHOSGENE, 0.098916, 20)]
)
def test_lc50_of_half_an_hour_in_ppm_is_the_one_published_for_the_set(cas, molar_mass, ppm):
    """LC50 at 25 °C implied by the Purple Book's constants, which AQ/T 3046 took over."""
    concentration = toxic(cas).concentration(0.5, 1800)
    assert concentration * 8.314462618 * 298.15 / (molar_mass * 101_325) * 1e6 == pytest.approx(ppm, rel=0.025)


def test_a_probit_in_ppm_becomes_one_in_milligrams():
    """Chlorine by Lees: Pr = −8.29 + 0.92 ln(C² t), C in ppm: 250 ppm for 30 min kill half."""
    lees = from_ppm(CHLORINE, -8.29, 0.92, 2.0, 0.070906, "OSD/30", "HSE OSD/30")
    ppm = lees.concentration(0.5, 1800) * 8.314462618 * 298.15 / (0.070906 * 101_325) * 1e6
    assert ppm == pytest.approx(250, rel=2e-3)
    assert -8.29 + 0.92 * np.log(ppm**2 * 30) == pytest.approx(5.0, abs=1e-9)


@given(st.floats(1e-5, 1e-2), st.floats(60, 1700), st.floats(1.05, 3))
def test_more_gas_or_longer_never_harms_less(concentration, exposure, times):
    model = toxic(CHLORINE)
    assert model.of(concentration * times, exposure) > model.of(concentration, exposure)
    assert model.of(concentration, exposure * times) >= model.of(concentration, exposure)
    assert model.of(concentration, 7200) == model.of(concentration, 1800)  # counted to half an hour


@given(st.floats(1e-5, 1e-2), st.floats(60, 1800))
def test_a_steady_series_is_a_steady_concentration(concentration, exposure):
    times = np.linspace(0, exposure, 21)
    series = np.full((21, 1), concentration)
    assert toxic(AMMONIA).of_series(times, series)[0] == pytest.approx(toxic(AMMONIA).of(concentration, exposure), rel=1e-9)


@given(st.sampled_from(aqt3046.toxic_probits()), st.floats(0.001, 0.999))
def test_the_concentration_of_a_share_gives_that_share(row, share):
    model = ToxicProbit(row.cas, row.a, row.b, row.n, aqt3046.ID, row.source)
    assert model.lethality(model.concentration(share, 900), 900) == pytest.approx(share, rel=1e-6)


def test_no_gas_kills_nobody():
    assert toxic(CHLORINE).lethality(0.0, 1800) == 0


def test_heat_check_values_over_twenty_seconds():
    assert heat.heat_probit([12.5e3, 25e3], 20.0) == pytest.approx([3.489, 5.855], abs=6e-4)
    assert heat.lethality([12.5e3, 25e3], 20.0) == pytest.approx([0.0654, 0.804], abs=6e-4)


def test_at_37_5_kilowatt_everybody_dies_and_exposure_counts_to_twenty_seconds():
    assert heat.lethality([37.49e3, 37.5e3], 0.5)[1] == 1
    assert heat.lethality(20e3, 60.0) == heat.lethality(20e3, 20.0)


@given(st.floats(0.01, 0.9), st.floats(2, 20))
def test_the_flux_of_a_share_gives_that_share(share, exposure):
    flux = heat.flux_of(share, exposure)
    if flux < 37.5e3:
        assert heat.lethality(flux, exposure) == pytest.approx(share, rel=1e-6)


def test_factors_of_heat_for_societal_risk():
    individual, outdoors, indoors = heat.factors(np.array([10e3, 40e3]))
    assert individual.tolist() == [1, 1]
    assert outdoors.tolist() == [0.14, 1]
    assert indoors.tolist() == [0, 1]


def test_overpressure_by_the_bands_of_the_standard_edges_included():
    assert blast.lethality([29_999, 30_000, 10_000]).tolist() == [0, 1, 0]
    outdoors, indoors = blast.societal([9_000, 10_000, 10_001, 29_999, 30_000])
    assert outdoors.tolist() == [0, 0, 0, 0, 1]
    assert indoors.tolist() == [0, 0, 0.025, 0.025, 1]


def test_damage_at_points_of_the_relations():
    assert blast.damage("lung", np.exp((5 + 77.1) / 6.91)) == pytest.approx(0.5)  # 145 kPa
    assert np.exp((5 + 77.1) / 6.91) == pytest.approx(144.6e3, rel=5e-3)
    assert np.exp((5 + 15.6) / 1.93) == pytest.approx(43.2e3, rel=2e-2)  # eardrums of half of the people
    assert blast.damage("HSC", np.exp((5 - 1.47) / 1.37) * 6894.757) == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(LookupError, match="lung"):
        blast.damage("soul", 1e5)


def test_a_substance_has_its_probit_in_each_set_or_none():
    default = toxic_probit(CHLORINE, 0.070906)
    assert default.of(500e-6, 1800) == pytest.approx(3.896, abs=6e-4)
    lees = toxic_probit(CHLORINE, 0.070906, probits.LEES)
    assert lees.concentration(0.5, 1800) < default.concentration(0.5, 1800)
    assert toxic_probit("67-64-1", 0.05808) is None  # acetone
    with pytest.raises(LookupError):
        toxic_probit(CHLORINE, 0.070906, "no such set")
