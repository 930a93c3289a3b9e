"""Escalation as published."""

from __future__ import annotations

import math

import pytest

from chemward.science.risk.domino import by_blast, by_heat, combined
from chemward.science.risk.schema import Equipment

VESSEL = Equipment("V", "pressure vessel", 0, 0, "丙烷", 50.0, volume_m3=100.0)
TANK = Equipment("T", "atmospheric tank", 0, 0, "苯", 500.0, volume_m3=1000.0)


def test_escalation_by_heat_as_published():
    minutes = math.exp(-1.128 * math.log(30) - 2.667e-5 * 1000 + 9.877) / 60
    from scipy.special import ndtr

    assert by_heat(30e3, 1800, TANK) == pytest.approx(ndtr(9.25 - 1.847 * math.log(minutes) - 5), rel=1e-6)
    assert by_heat(30e3, 1800, TANK, "Cozzani 2005") > by_heat(30e3, 1800, TANK)
    assert by_heat(14.9e3, 1800, TANK) == 0.0
    assert by_heat(30e3, 500, TANK) == 0.0
    assert by_heat(44e3, 1800, VESSEL) == 0.0


def test_escalation_by_blast_as_published():
    from scipy.special import ndtr

    assert by_blast(30e3, TANK) == pytest.approx(ndtr(-18.96 + 2.44 * math.log(30e3) - 5), rel=1e-6)
    assert by_blast(21e3, TANK) == 0.0
    assert by_blast(18e3, VESSEL) == 0.0
    assert by_blast(18e3, VESSEL, is_toxic=True) >= 0.0


def test_two_causes_break_an_item_once():
    assert combined([0.5, 0.5]) == 0.75
    assert combined([1.0, 1.0]) == 1.0
