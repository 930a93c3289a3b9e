"""The past as it stood, bars of the slider, what a mast says: pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.apps.overview import basemap, rules
from chemward.apps.overview.rules import Quiet

T = 1_700_000_000_000
MINUTE = 60_000


def row(**changes):
    plain = {
        "definition": "d",
        "cleared_at_ms": None,
        "outcome": "",
        "park_acked_ms": None,
        "park_acked_by": "",
        "suppressed": False,
    }
    return {
        **plain,
        "enterprise_acked_ms": None,
        "shelved_until_ms": None,
        "out_of_service": False,
        "suppressed_reason": "",
        **changes,
    }


def test_what_people_did_later_is_not_there_yet():
    acked = row(park_acked_ms=T + MINUTE, park_acked_by="值班员 甲", cleared_at_ms=T + 2 * MINUTE, outcome="true")
    then = rules.as_at(acked, T, [], [])
    assert (then["park_acked_ms"], then["park_acked_by"], then["cleared_at_ms"], then["outcome"]) == (None, "", None, "")


def test_what_people_had_done_already_stands():
    acked = row(park_acked_ms=T - MINUTE, park_acked_by="值班员 甲")
    assert rules.as_at(acked, T, [], [])["park_acked_by"] == "值班员 甲"


def test_a_shelf_of_today_does_not_silence_yesterday():
    shelved = row(shelved_until_ms=T + 60 * MINUTE)
    later = Quiet("d", "shelved", T + MINUTE, T + 60 * MINUTE, None)
    assert rules.as_at(shelved, T, [later], [])["shelved_until_ms"] is None
    assert rules.as_at(row(), T + 2 * MINUTE, [later], [])["shelved_until_ms"] == T + 60 * MINUTE


def test_a_shelf_that_was_ended_early_no_longer_holds():
    assert not Quiet("d", "shelved", T, T + 60 * MINUTE, T + MINUTE).holds(T + 2 * MINUTE)


def test_suppression_is_that_of_the_moment():
    told = [[T, 1, True, "停车"], [T + 5 * MINUTE, 2, False, ""]]
    assert rules.as_at(row(), T + MINUTE, [], told)["suppressed_reason"] == "停车"
    assert rules.as_at(row(suppressed=True, suppressed_reason="停车"), T + 6 * MINUTE, [], told)["suppressed"] is False


def test_the_last_bar_holds_the_present_and_the_first_begins_24_hours_before():
    bars = rules.bars([(T, 1), (T - 24 * 3_600_000 - 600_000, 2)], T)
    assert (len(bars), bars[-1], sum(map(sum, bars))) == (144, [1, 0, 0, 0], 1)


@given(st.lists(st.tuples(st.integers(T - 86_400_000, T), st.integers(1, 4)), max_size=50))
def test_no_alarm_is_counted_twice_or_in_a_strange_bar(raised):
    bars, first = rules.bars(raised, T), rules.first_bin_ms(T)
    assert sum(map(sum, bars)) == sum(at >= first for at, _ in raised)
    assert all(bars[(at - first) // rules.BIN_MS][p - 1] > 0 for at, p in raised if at >= first)


@pytest.mark.parametrize(
    ("code", "unit", "name", "role"),
    [
        ("WS-01.WS", "m/s", "风速", "speed"),
        ("AWS-7", "°", "风向", "direction"),
        ("M-9", "m/s", "阵风", "gust"),
        ("WS-01.RH", "%", "相对湿度", "humidity"),
        ("TI-1", "MPa", "压力", ""),
    ],
)
def test_what_a_tag_of_a_mast_measures(code, unit, name, role):
    assert rules.weather_role(code, unit, name) == role


@pytest.mark.parametrize(("speed", "force"), [(0.0, 0), (0.3, 1), (3.3, 2), (3.4, 3), (8.0, 5), (32.7, 12), (60.0, 17)])
def test_wind_force_by_the_standard(speed, force):
    assert rules.wind_force(speed) == force


class Settings:
    STATIC_URL = "/static/"
    CHEMWARD_BASEMAP = ""


def chosen(text):
    settings = Settings()
    settings.CHEMWARD_BASEMAP = text
    return basemap.chosen(settings, "http://localhost:8000/")


def test_without_the_setting_there_is_no_base_map(monkeypatch):
    monkeypatch.delenv("CHEMWARD_BASEMAP", raising=False)
    assert chosen("") is None


def test_a_pmtiles_file_is_served_by_ourselves():
    assert chosen("pmtiles:area.pmtiles") == {"kind": "pmtiles", "url": "http://localhost:8000/basemap/area.pmtiles"}


def test_tianditu_by_key():
    found = chosen("tianditu:0123456789abcdef:img")
    assert found["kind"] == "raster"
    assert "LAYER=img" in found["tiles"][0]


@pytest.mark.parametrize(
    "wrong", ["pmtiles:../secrets.json", "tianditu:short", "tianditu:0123456789abcdef:x", "http://elsewhere/"]
)
def test_a_wrong_base_map_is_named(wrong):
    with pytest.raises(ValueError, match="CHEMWARD_BASEMAP"):
        chosen(wrong)
