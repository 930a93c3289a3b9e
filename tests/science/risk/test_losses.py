"""Leaks of equipment: how often, how large, how long."""

from __future__ import annotations

import math

import msgspec
import pytest

from chemward.science.risk.losses import content_of, losses, outflow
from chemward.science.risk.missing import Gaps
from chemward.science.risk.schema import Equipment

PURPLE = "CPR 18E-2005"
TANK = Equipment("V-1", "pressure vessel", 0, 0, "氯", 50.0, temperature_c=20, elevation_m=1, detection="A", isolation="B")


def found(item, name=PURPLE):
    gaps = Gaps()
    return {loss.name: loss for loss in losses(item, "equipment[0]", name, gaps)}, gaps.found()


def test_a_pressure_vessel_by_the_purple_book():
    leaks, _ = found(TANK)
    assert {name: loss.frequency for name, loss in leaks.items()} == {"instantaneous": 5e-7, "10 min": 5e-7, "10 mm": 1e-5}
    assert leaks["instantaneous"].mass == 50_000
    assert leaks["instantaneous"].is_instantaneous
    assert leaks["10 min"].rate == pytest.approx(50_000 / 600)
    assert leaks["10 mm"].hole == 0.01


def test_a_leak_lasts_as_long_as_detection_and_isolation_take():
    leaks, _ = found(TANK)
    assert leaks["10 mm"].duration == 20 * 60  # A/B: 10 mm counts as 25 mm
    slow, _ = found(msgspec.structs.replace(TANK, detection="C", isolation="C"))
    assert slow["10 mm"].duration == 40 * 60


def test_a_leak_ends_when_the_vessel_is_empty():
    leaks, _ = found(msgspec.structs.replace(TANK, inventory_t=0.5))
    assert leaks["10 mm"].duration == pytest.approx(500 / leaks["10 mm"].rate)


def test_a_pipe_counts_by_its_metres_and_bore():
    pipe = msgspec.structs.replace(TANK, kind="pipe", bore_mm=100.0, length_m=200.0)
    leaks, _ = found(pipe)
    assert leaks["rupture"].frequency == pytest.approx(200 * 3e-7)
    assert leaks["leak"].frequency == pytest.approx(200 * 2e-6)
    assert leaks["leak"].hole == pytest.approx(0.01)
    assert leaks["rupture"].hole == pytest.approx(0.1)


def test_a_tenth_of_a_wide_bore_is_fifty_millimetres_at_most():
    leaks, _ = found(msgspec.structs.replace(TANK, kind="pipe", bore_mm=800.0, length_m=10.0))
    assert leaks["leak"].hole == pytest.approx(0.05)


def test_a_hose_counts_by_its_hours_and_without_them_is_left_out():
    hose = msgspec.structs.replace(TANK, kind="hose", bore_mm=80.0)
    with_hours, _ = found(msgspec.structs.replace(hose, hours_per_year=100.0))
    assert with_hours["rupture"].frequency == pytest.approx(4e-4)
    none, gaps = found(hose)
    assert none == {}
    assert any(gap.result == "left out" and "hours" in gap.text for gap in gaps)


def test_the_factor_multiplies_every_frequency():
    leaks, _ = found(msgspec.structs.replace(TANK, factor=3.0))
    assert leaks["10 mm"].frequency == pytest.approx(3e-5)


def test_a_set_without_the_equipment_stands_in_or_leaves_out_and_says_so():
    leaks, gaps = found(msgspec.structs.replace(TANK, kind="column"))
    assert leaks["instantaneous"].frequency == 5e-6
    assert any("process vessel" in gap.used for gap in gaps)
    none, gaps = found(msgspec.structs.replace(TANK, kind="road tanker"), "HJ 169-2018")
    assert none == {}
    assert gaps[-1].result == "left out"


def test_an_unknown_substance_is_left_out_with_its_reason():
    none, gaps = found(msgspec.structs.replace(TANK, substance="莫须有"))
    assert none == {}
    assert "莫须有" in gaps[-1].text


def test_what_is_in_a_vessel():
    liquid = content_of(TANK, "", Gaps())
    assert not liquid.is_gas
    assert liquid.is_superheated
    gas = content_of(msgspec.structs.replace(TANK, pressure_kpa=200.0), "", Gaps())
    assert gas.is_gas
    benzene = content_of(msgspec.structs.replace(TANK, substance="苯", pressure_kpa=0.0), "", Gaps())
    assert not benzene.is_gas
    assert not benzene.is_superheated


def test_a_liquid_comes_out_of_a_hole_by_torricelli():
    benzene = content_of(msgspec.structs.replace(TANK, substance="苯", pressure_kpa=0.0), "", Gaps())
    density = float(benzene.substance.liquid_density(293.15))
    area = math.pi / 4 * 0.01**2
    assert outflow(benzene, 0.01, 8.0) == pytest.approx(0.61 * area * density * math.sqrt(2 * 9.80665 * 8.0), rel=0.02)


def test_every_default_is_reported():
    _, gaps = found(Equipment("P", "pump", 0, 0, "氯", 1.0))
    fields = {gap.field for gap in gaps}
    assert {
        "equipment[0].temperature_c",
        "equipment[0].pressure_kpa",
        "equipment[0].bore_mm",
        "equipment[0].detection",
        "equipment[0].elevation_m",
        "equipment[0].variant",
    } <= fields
