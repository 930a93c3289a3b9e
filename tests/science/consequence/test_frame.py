"""Turning a result into the wind and onto the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from chemward.science.consequence.frame import Frame, area, circle


def test_a_north_wind_blows_to_the_south_and_left_of_it_is_east():
    assert Frame(0.0).placed(np.array([[100.0, 0.0], [0.0, 10.0]])) == pytest.approx(
        np.array([[0.0, -100.0], [10.0, 0.0]]), abs=1e-9
    )


def test_a_west_wind_blows_to_the_east_and_left_of_it_is_north():
    assert Frame(270.0, 5.0, 6.0).placed(np.array([[100.0, 7.0]])) == pytest.approx(np.array([[105.0, 13.0]]))


@given(st.floats(0, 360), st.floats(-500, 500), st.floats(-500, 500))
def test_turning_keeps_distances_and_areas(wind, x, y):
    line = np.array([[0.0, 0.0], [300.0, 40.0], [280.0, -60.0]])
    placed = Frame(wind, x, y).placed(line)
    assert np.linalg.norm(placed[1] - placed[0]) == pytest.approx(np.linalg.norm(line[1] - line[0]))
    assert area(placed) == pytest.approx(area(line))


@given(st.floats(0, 360), st.floats(10, 20_000), st.floats(-60, 60))
def test_longitude_and_latitude_agree_with_the_geodesic(wind, distance, lat):
    ((lon2, lat2),) = Frame(wind, origin=(120.5, lat)).placed(np.array([[distance, 0.0]]))
    azimuth, _, far = Geod(ellps="GRS80").inv(120.5, lat, lon2, lat2)
    assert far == pytest.approx(distance, rel=5e-3)
    assert (azimuth - (wind + 180)) % 360 == pytest.approx(0, abs=0.5) or (azimuth - (wind + 180)) % 360 == pytest.approx(
        360, abs=0.5
    )


def test_the_area_of_a_circle():
    assert area(circle(50.0, 721)) == pytest.approx(np.pi * 2500, rel=1e-4)
