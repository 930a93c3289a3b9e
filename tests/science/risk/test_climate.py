"""Weather tables and station records."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.inputs import convert
from chemward.science.risk.climate import climate
from chemward.science.risk.missing import Gaps
from chemward.science.risk.schema import JointTable, Site, StationRecord, WeatherClass


def of(given_weather):
    gaps = Gaps()
    return climate(given_weather, Site(), gaps), gaps.found()


def test_a_north_wind_blows_towards_the_south():
    table = [[0.0] * 16]
    table[0][0] = 1.0
    found, _ = of(JointTable([WeatherClass("D", 4.0)], table, table, 0.5))
    assert found.share.sum() == pytest.approx(1.0)
    assert found.share[:, 0, 8].sum() == pytest.approx(1.0)


def test_day_and_night_have_their_shares():
    day, night = [[1.0] * 8], [[3.0] * 8]
    found, _ = of(JointTable([WeatherClass("D", 4.0)], day, night, 0.3))
    assert found.share[0].sum() == pytest.approx(0.3)
    assert found.share[1].sum() == pytest.approx(0.7)


def test_without_night_and_share_defaults_are_reported():
    _, gaps = of(JointTable([WeatherClass("D", 4.0)], [[1.0] * 8]))
    assert {gap.field for gap in gaps} >= {"weather.day_share", "weather.night"}


hours = st.lists(
    st.tuples(st.one_of(st.none(), st.floats(0, 15)), st.one_of(st.none(), st.floats(0, 360)), st.floats(0, 1)),
    min_size=24,
    max_size=80,
)


@given(hours)
@settings(max_examples=40, deadline=None)
def test_a_station_record_keeps_every_hour_or_says_it_is_a_gap(record):
    wind, bearing, cloud = (list(column) for column in zip(*record, strict=True))
    station = StationRecord(wind, bearing, cloud)
    used = [w is not None and (b is not None or w < 0.5) for w, b, _ in record]
    if not any(used):
        with pytest.raises(Faults):
            of(station)
        return
    found, gaps = of(station)
    assert found.share.sum() == pytest.approx(1.0)
    assert (found.share >= 0).all()
    assert found.record.gaps == used.count(False)
    assert found.record.gaps + sum(found.record.by_class.values()) == len(record)
    if found.record.gaps or found.record.calms:
        assert any(gap.field == "weather.wind_m_s" for gap in gaps)


def test_calms_take_the_directions_of_the_light_winds():
    wind = [0.2] * 12 + [1.5] * 12 + [9.0] * 24
    bearing = [None] * 12 + [90.0] * 12 + [270.0] * 24
    found, _ = of(StationRecord(wind, bearing, [1.0] * 48, start_hour=0.0))
    east, west = found.share[:, :, 12].sum(), found.share[:, :, 4].sum()
    assert found.record.calms == 12
    assert east == pytest.approx(0.5)
    assert west == pytest.approx(0.5)


def test_clear_nights_are_stable_and_sunny_noons_are_not():
    noon = StationRecord([2.5] * 24, [0.0] * 24, [0.0] * 24, [800.0] * 24)
    night = StationRecord([2.5] * 24, [0.0] * 24, [0.0] * 24, [0.0] * 24)
    assert set(of(noon)[0].record.by_class) <= {"A", "B"}
    assert set(of(night)[0].record.by_class) == {"F"}


def test_a_table_that_does_not_fit_is_refused_all_at_once():
    with pytest.raises(Faults) as caught:
        convert(
            JointTable,
            {
                "kind": "joint",
                "classes": [{"stability": "D", "wind_m_s": 4}],
                "day": [[1.0] * 8, [1.0] * 8],
                "night": [[1.0] * 7],
            },
        )
    assert {fault.field for fault in caught.value.faults} >= {".day", ".night"}


def test_the_rows_of_a_table_stand_for_their_classes():
    day = np.zeros((2, 16))
    day[1, 4] = 5.0
    found, _ = of(JointTable([WeatherClass("D", 4.0), WeatherClass("F", 1.5)], day.tolist(), None, 1.0))
    assert found.classes[1].stability == "F"
    assert found.share[0, 1, 12] == pytest.approx(1.0)
