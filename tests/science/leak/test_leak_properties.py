"""What must not change the answer, and what must change it in proportion."""

import copy
import math

import numpy as np
import pytest

from chemward.science.commands import encode, find
from chemward.science.inputs import convert
from chemward.science.leak.case import LeakInput
from chemward.science.leak.locate import locate
from tests.science.leak.parks import park


@pytest.fixture(scope="module")
def document():
    return park("easy", 4, "swing").document


def answer_to(document):
    return locate(convert(LeakInput, document))


@pytest.fixture(scope="module")
def plain(document):
    return answer_to(document)


def moved(document, place, extent):
    """The document with every place (x, y) sent through `place`, the extent replaced."""
    other = copy.deepcopy(document)
    for row in [*other["sensors"], *other["equipment"]]:
        row["x_m"], row["y_m"] = place(row["x_m"], row["y_m"])
    other["extent"] = extent
    return other


def assert_same_place(one, other):
    assert one.position.equipment == other.position.equipment
    assert (one.position.x_m, one.position.y_m) == (other.position.x_m, other.position.y_m)
    assert one.position.expected_miss_m == pytest.approx(other.position.expected_miss_m, rel=1e-6)


def test_the_same_input_gives_the_same_bytes(document, plain):
    assert encode(answer_to(document)) == encode(plain)


def test_a_shifted_site_gives_the_shifted_answer(document, plain):
    e, (dx, dy) = document["extent"], (503_000.0, 3_461_000.0)
    extent = {"x_min_m": dx, "x_max_m": e["x_max_m"] + dx, "y_min_m": dy, "y_max_m": e["y_max_m"] + dy}
    other = answer_to(moved(document, lambda x, y: (x + dx, y + dy), extent))
    assert other.status == plain.status
    assert other.position.equipment == plain.position.equipment
    assert (other.position.x_m - dx, other.position.y_m - dy) == pytest.approx((plain.position.x_m, plain.position.y_m), abs=0.01)
    assert other.rate.median_kg_s == pytest.approx(plain.rate.median_kg_s, rel=1e-3)


def test_a_turned_site_and_wind_give_the_turned_answer(document, plain):
    """A quarter turn counter-clockwise: (x, y) becomes (L − y, x), and a west wind a south wind."""
    side = document["extent"]["x_max_m"]
    turned = moved(document, lambda x, y: (side - y, x), document["extent"])
    for row in turned["wind"]:
        row["from_deg"] = (row["from_deg"] - 90) % 360
    other = answer_to(turned)
    assert other.position.equipment == plain.position.equipment
    assert (other.position.y_m, side - other.position.x_m) == pytest.approx((plain.position.x_m, plain.position.y_m), abs=0.01)
    assert other.rate.median_kg_s == pytest.approx(plain.rate.median_kg_s, rel=0.01)
    assert other.regions[1].area_share == pytest.approx(plain.regions[1].area_share, rel=0.2)


def test_ten_times_the_readings_and_limits_is_ten_times_the_rate(document):
    is_urban = {"is_urban": False}
    other = copy.deepcopy(document) | is_urban
    other["readings"] = [[None if v is None else 10 * v for v in row] for row in other["readings"]]
    for sensor in other["sensors"]:
        sensor["detection_limit"] *= 10
    found, plain = answer_to(other), answer_to(document | is_urban)
    assert found.position.equipment == plain.position.equipment
    assert found.rate.median_kg_s / plain.rate.median_kg_s == pytest.approx(10, rel=0.15)


def test_the_order_of_detectors_units_and_wind_rows_does_not_matter(document, plain):
    rng = np.random.default_rng(1)
    other = copy.deepcopy(document)
    order = rng.permutation(len(other["sensors"]))
    other["sensors"] = [other["sensors"][i] for i in order]
    other["readings"] = [[row[i] for i in order] for row in other["readings"]]
    other["wind"] = [other["wind"][i] for i in rng.permutation(len(other["wind"]))]
    other["equipment"] = other["equipment"][::-1]
    found = answer_to(other)
    assert_same_place(found, plain)
    assert found.rate.median_kg_s == pytest.approx(plain.rate.median_kg_s, rel=1e-6)
    assert {s.equipment: s.probability for s in found.suspects} == pytest.approx(
        {s.equipment: s.probability for s in plain.suspects}
    )


def test_another_zero_of_the_clock_does_not_matter(document, plain):
    other = copy.deepcopy(document)
    other["times_s"] = [t + 86_400 for t in other["times_s"]]
    for row in other["wind"]:
        row["time_s"] += 86_400
    assert_same_place(answer_to(other), plain)


def test_mass_or_volume_units_give_the_same_answer(document, plain):
    assert document["readings_unit"] == "ppm"
    factor = document["molar_mass_g_mol"] * 101.325 / (8.314462618 * 293.15)
    other = copy.deepcopy(document) | {"readings_unit": "mg/m3"}
    other["readings"] = [[None if v is None else factor * v for v in row] for row in other["readings"]]
    for sensor in other["sensors"]:
        sensor["detection_limit"] *= factor
    found = answer_to(other)
    assert_same_place(found, plain)
    assert found.rate.median_kg_s == pytest.approx(plain.rate.median_kg_s, rel=1e-6)


def test_probabilities_are_a_law_and_regions_are_nested(plain):
    assert sum(s.probability for s in plain.suspects) == pytest.approx(1.0, abs=2e-3)
    assert plain.runner_up == plain.suspects[1]
    assert plain.regions[0].area_m2 <= plain.regions[1].area_m2
    assert plain.rate.low_kg_s < plain.rate.median_kg_s < plain.rate.high_kg_s


def test_a_weight_makes_a_unit_more_suspect(document, plain):
    second = plain.runner_up.equipment or plain.suspects[2].equipment
    other = copy.deepcopy(document)
    next(u for u in other["equipment"] if u["id"] == second)["weight"] = 50.0
    before = next(s.probability for s in plain.suspects if s.equipment == second)
    after = next(s.probability for s in answer_to(other).suspects if s.equipment == second)
    assert after > min(0.9, 2 * before)


def test_one_more_reading_is_advised_on_the_site_where_the_gas_would_come(document):
    """Two tanks, one detector that both reach: the reading to take tells them apart."""
    case = {
        "sensors": [{"id": "S1", "x_m": 700.0, "y_m": 500.0, "z_m": 1.5, "detection_limit": 1.0}],
        "times_s": [60.0 * i for i in range(1, 11)],
        "readings": [[80.0]] * 10,
        "wind": [{"time_s": 60.0 * i, "speed_m_s": 3.0, "from_deg": 270.0} for i in range(1, 11)],
        "stability": "D",
        "molar_mass_g_mol": 17.03,
        "extent": {"x_min_m": 0, "x_max_m": 1000, "y_min_m": 0, "y_max_m": 1000},
        "equipment": [{"id": "near", "x_m": 600.0, "y_m": 500.0}, {"id": "far", "x_m": 200.0, "y_m": 500.0}],
    }
    found = answer_to(case)
    assert found.status == "not_identifiable"
    assert any("one detector" in reason for reason in found.reasons)
    advice = found.next_reading
    assert advice.expected_gain_bits > 0.3
    assert 200 < advice.x_m < 640
    assert abs(advice.y_m - 500) < 120


def test_the_example_is_located_at_the_tank_that_leaks_and_answers_json():
    command = find("leak locate")
    text = command.execute(command.example_text())
    assert b'"status": "located"' in text
    assert b'"equipment": "E08"' in text
    assert not math.isnan(len(text))


def test_readings_that_noise_alone_makes_are_no_source():
    rng = np.random.default_rng(5)
    case = {
        "sensors": [{"id": str(i), "x_m": float(x), "y_m": float(y)} for i, (x, y) in enumerate(rng.uniform(0, 800, (40, 2)))],
        "times_s": [60.0 * i for i in range(1, 41)],
        "readings": rng.normal(0.0, 0.3, (40, 40)).tolist(),
        "wind": [{"time_s": 60.0 * i, "speed_m_s": 3.0, "from_deg": 200.0 + 3 * i} for i in range(1, 41)],
        "stability": "C",
        "molar_mass_g_mol": 34.08,
        "extent": {"x_min_m": 0, "x_max_m": 800, "y_min_m": 0, "y_max_m": 800},
    }
    found = answer_to(case)
    assert found.status == "no_source"
    assert found.position is None
    assert found.rate is None
    assert found.regions == []
