"""Gauss–Krüger zones of CGCS2000."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from chemward.apps.assets import grids
from chemward.apps.assets.grids import Zone, detect, zone, zone_at
from chemward.apps.core.errors import Invalid


def test_a_central_meridian_maps_to_the_false_easting():
    e, n = zone(3, 40, has_prefix=True).from_lonlat(120.0, 0.0)
    assert (e, n) == (pytest.approx(40_500_000, abs=1e-3), pytest.approx(0, abs=1e-3))


def test_the_quarter_meridian_of_the_ellipsoid_is_as_long_as_it_should_be():
    # Length of the meridian from the equator to 30° N on the ellipsoid of CGCS2000 (GRS 80).
    assert zone(6, 20, has_prefix=False).from_lonlat(117.0, 30.0)[1] == pytest.approx(3_320_113.398, abs=0.01)


@settings(deadline=None, max_examples=60)
@given(lon=st.floats(74.0, 134.9), lat=st.floats(4.0, 53.5), width=st.sampled_from([3, 6]), has_prefix=st.booleans())
def test_there_and_back_is_the_same_point(lon, lat, width, has_prefix):
    try:
        found = zone_at(lon, width, has_prefix=has_prefix)
    except Invalid:
        # West of the first 3° zone that carries a code.
        assert lon < 73.5 + 1.5
        return
    back = found.to_lonlat(*found.from_lonlat(lon, lat))
    assert back == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


@settings(deadline=None, max_examples=60)
@given(lon=st.floats(75.0, 134.9), lat=st.floats(4.0, 53.5), width=st.sampled_from([3, 6]), is_swapped=st.booleans())
def test_the_zone_is_known_from_the_prefix_in_either_order_of_axes(lon, lat, width, is_swapped):
    wanted = zone_at(lon, width)
    e, n = wanted.from_lonlat(lon, lat)
    assert detect(*((n, e) if is_swapped else (e, n))) == (wanted, is_swapped)


def test_degrees_are_left_alone_and_plain_eastings_must_say_their_zone():
    assert detect(120.5, 31.9) == (None, False)
    with pytest.raises(Invalid, match="zone"):
        detect(512_345.0, 3_530_000.0)


@pytest.mark.parametrize(("width", "number"), [(3, 24), (3, 46), (6, 12), (6, 24), (4, 40)])
def test_zones_outside_china_are_none(width, number):
    with pytest.raises(Invalid):
        zone(width, number, has_prefix=True)


@pytest.mark.parametrize(
    "one", [Zone(w, n, p) for w, ns in ((3, grids.ZONES_3), (6, grids.ZONES_6)) for n in ns for p in (True, False)]
)
def test_every_zone_is_the_one_of_the_register(one):
    system = CRS.from_epsg(one.epsg)
    assert system.name.startswith("CGCS2000")
    parameters = {p.name: p.value for p in system.coordinate_operation.params}
    assert parameters["Longitude of natural origin"] == one.central_meridian
    assert parameters["False easting"] == (one.number * 1_000_000 + 500_000 if one.has_prefix else 500_000)


def test_a_point_far_outside_its_zone_is_a_fault():
    with pytest.raises(ValueError, match="41300000"):
        zone(3, 40, has_prefix=True).to_lonlat(41_500_000 - 200_000, 3_500_000)


def test_the_old_systems_are_refused_and_wgs84_needs_nothing():
    with pytest.raises(Invalid, match="prj"):
        grids.reprojection(CRS.from_epsg(2437).to_wkt())  # Beijing 1954 / 3-degree GK CM 120E
    with pytest.raises(Invalid, match="prj"):
        grids.reprojection("nonsense")
    assert grids.reprojection(CRS.from_epsg(4326).to_wkt()) is None
    assert grids.reprojection(CRS.from_epsg(4528).to_wkt("WKT1_ESRI")).transform(40_500_000, 0)[0] == pytest.approx(120)
