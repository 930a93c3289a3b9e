"""Mixtures: Raoult, Le Chatelier, Kay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.substances import find
from chemward.science.substances.mixtures import (
    bubble_pressure,
    flammable_limit,
    molar_mass,
    parts_of,
    pseudo_substance,
    vapour_composition,
)


def lpg(share: float = 0.5) -> tuple:
    return parts_of([(find("propane"), share), (find("butane"), 1 - share)])


@given(st.floats(0.01, 0.99))
def test_raoult_lies_on_the_straight_line_between_the_pure_parts(share: float) -> None:
    propane, butane = find("propane"), find("butane")
    expected = share * propane.vapour_pressure(290) + (1 - share) * butane.vapour_pressure(290)
    assert bubble_pressure(lpg(share), 290) == pytest.approx(expected)


def test_the_vapour_is_richer_in_what_boils_lower() -> None:
    assert vapour_composition(lpg(), 290)[0] > 0.7


def test_le_chatelier_adds_reciprocal_limits() -> None:
    hexane, methane, ethylene = (find(n) for n in ("n-hexane", "methane", "ethylene"))
    parts = parts_of([(hexane, 0.24), (methane, 0.61), (ethylene, 0.15)])
    assert flammable_limit(parts) == pytest.approx(1 / (0.24 / 0.01 + 0.61 / 0.044 + 0.15 / 0.023))  # limits of IEC 60079-20-1
    with_nitrogen = parts_of([(methane, 0.5), (find("nitrogen"), 0.5)])
    assert flammable_limit(with_nitrogen) == pytest.approx(2 * 0.044)


def test_a_pseudo_substance_boils_where_its_bubble_pressure_is_one_atmosphere() -> None:
    mixture = pseudo_substance([(find("propane"), 0.5), (find("butane"), 0.5)], "lpg")
    assert bubble_pressure(lpg(), mixture.boiling_point) == pytest.approx(101325, rel=1e-4)
    assert mixture.molar_mass == pytest.approx(molar_mass(lpg()))
    assert mixture.notes[0].code == "pseudo_substance"


def test_a_mixture_of_one_part_is_that_part() -> None:
    alone, pure = pseudo_substance([(find("benzene"), 1.0)]), find("benzene")
    for name in ("vapour_pressure", "liquid_density", "heat_of_vaporisation", "liquid_heat_capacity", "gas_heat_capacity"):
        assert getattr(alone, name)(300.0) == pytest.approx(getattr(pure, name)(300.0))
    assert alone.critical_temperature == pure.critical_temperature


def test_fractions_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(Faults, match="mixture: mole fractions add up to 0.9"):
        parts_of([(find("propane"), 0.5), (find("butane"), 0.4)])
    with pytest.raises(Faults, match=r"mixture\[1\].mole_fraction"):
        parts_of([(find("propane"), 1.0), (find("butane"), -0.4)])
