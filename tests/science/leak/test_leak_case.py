"""A bad record: every fault at once, each naming its field."""

import json

import pytest

from chemward.science.commands import find
from chemward.science.faults import Faults
from chemward.science.inputs import read
from chemward.science.leak.case import LeakInput

COMMAND = find("leak locate")


def sound():
    return json.loads(COMMAND.example_text())


def fields_of(document):
    with pytest.raises(Faults) as raised:
        read(LeakInput, json.dumps(document))
    return {fault.field for fault in raised.value.faults}


def test_all_wrong_fields_are_named_at_once():
    bad = sound()
    bad["sensors"][0]["x_m"] = "east"
    bad["sensors"][1]["detection_limit"] = -1
    bad["readings"][0][2] = float("nan")
    bad["wind"][0]["from_deg"] = 400
    bad["wind"][1]["speed_kmh"] = 3
    bad["stability"] = "G"
    bad["molar_mass_g_mol"] = 0
    bad["readings_unit"] = "mg"
    del bad["extent"]["y_max_m"]
    assert fields_of(bad) >= {
        "sensors[0].x_m",
        "sensors[1].detection_limit",
        "readings[0][2]",
        "wind[0].from_deg",
        "wind[1].speed_kmh",
        "stability",
        "molar_mass_g_mol",
        "readings_unit",
        "extent.y_max_m",
    }


def test_what_only_the_whole_record_shows_is_named_at_once():
    bad = sound()
    bad["sensors"][1]["id"] = bad["sensors"][0]["id"]
    bad["equipment"][1]["id"] = bad["equipment"][0]["id"]
    bad["equipment"][2]["x_m"] = -500.0
    bad["times_s"][3] = bad["times_s"][2]
    bad["readings"][5].pop()
    bad["readings"].pop()
    bad["stability"] = ["D", "D"]
    bad["wind"][1]["time_s"] = bad["wind"][0]["time_s"]
    bad["sensors"][2] |= {"detection_limit": 10.0, "saturation": 5.0}
    assert fields_of(bad) == {
        "sensors[1].id",
        "equipment[1].id",
        "equipment[2]",
        "times_s[3]",
        "readings[5]",
        "readings",
        "stability",
        "wind[1].time_s",
        "sensors[2].saturation",
    }


def test_wind_on_another_clock_is_refused():
    bad = sound()
    for row in bad["wind"]:
        row["time_s"] += 1e6
    assert fields_of(bad) == {"wind"}


def test_a_site_without_width_is_refused():
    bad = sound() | {"equipment": []}
    bad["extent"] = {"x_min_m": 0, "x_max_m": 0, "y_min_m": 0, "y_max_m": 50_000}
    assert fields_of(bad) == {"extent.x_max_m", "extent.y_max_m"}


def test_the_smallest_record_is_answered_and_not_with_a_place():
    least = sound()
    least |= {
        "sensors": least["sensors"][:1],
        "times_s": [60.0],
        "readings": [[None]],
        "wind": least["wind"][:1],
        "equipment": [],
    }
    result = json.loads(COMMAND.execute(json.dumps(least)))
    assert result["status"] == "not_identifiable"
    assert result["position"] is None


def test_classes_may_differ_from_time_to_time():
    document = sound()
    document["stability"] = ["D", "C"] * (len(document["times_s"]) // 2) + ["D"] * (len(document["times_s"]) % 2)
    assert json.loads(COMMAND.execute(json.dumps(document)))["status"] == "located"


def test_the_schema_names_units():
    schema = json.dumps(COMMAND.schema())
    for word in ('"unit": "m/s"', '"unit": "kg/s"', '"unit": "g/mol"', "detection_limit", "next_reading"):
        assert word in schema
