"""Files of geometry: what is in them, what is wrong with them, and that nothing half is applied."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile

import pytest
import shapefile
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from chemward.apps.assets import geofiles, grids, imports
from chemward.apps.assets.models import Asset
from chemward.apps.core.errors import Invalid, NotPermitted
from chemward.apps.core.jobs import runner
from chemward.apps.core.models import Job, JobState
from chemward.apps.core.register.imports import Row
from tests.apps.assets.conftest import LAT, LON, point, square


def collection(*features) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def feature(geometry, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def shape_zip(prj: str = "", encoding: str = "utf-8", name: str = "液氯储罐", at=(LON, LAT), cpg: str = "") -> bytes:
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POINT, encoding=encoding) as w:
        w.field("code", "C", 20)
        w.field("name", "C", 40)
        w.field("people_nig", "N", 10)
        w.point(*at)
        w.record("T-1", name, 7)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for ending, data in (("shp", shp), ("shx", shx), ("dbf", dbf)):
            z.writestr(f"tank/tank.{ending}", data.getvalue())
        if prj:
            z.writestr("tank/tank.prj", prj)
        if cpg:
            z.writestr("tank/tank.cpg", cpg)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    def _read(data: bytes, name: str, zone=None):
        path = tmp_path / "in"
        path.write_bytes(data)
        return geofiles.read(path, name, zone)

    return _read


def test_geojson_in_degrees_and_on_the_grid(read):
    plain = read(collection(feature(point(), code="T-1", name="罐")), "a.geojson")
    e, n = grids.zone(3, 40, has_prefix=True).from_lonlat(LON, LAT)
    gridded = read(collection(feature({"type": "Point", "coordinates": [e, n]}, code="T-1")), "a.json")
    assert plain.rows[0].geometry["coordinates"] == [LON, LAT]
    assert gridded.grid == "CGCS2000 3° 40 (120°E)"
    assert gridded.rows[0].geometry["coordinates"] == pytest.approx([LON, LAT], abs=1e-8)


def test_plain_eastings_with_the_zone_given(read):
    zone = grids.zone(6, 21, has_prefix=False)
    e, n = zone.from_lonlat(LON, LAT)
    data = collection(feature({"type": "LineString", "coordinates": [[e, n], [e + 10, n]]}))
    with pytest.raises(Invalid, match="zone"):
        read(data, "a.geojson")
    assert read(data, "a.geojson", imports.parse_zone("6:21:plain")).rows[0].geometry["coordinates"][0] == pytest.approx(
        [LON, LAT], abs=1e-8
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_shapefile_with_chinese_names_in_either_encoding(read, encoding):
    (row,) = read(shape_zip(encoding=encoding), "tank.zip").rows
    assert row.attributes["name"] == "液氯储罐"
    assert row.geometry["coordinates"] == pytest.approx([LON, LAT])


def test_a_shapefile_is_brought_from_the_grid_that_its_prj_names(read):
    e, n = grids.zone(3, 40, has_prefix=False).from_lonlat(LON, LAT)
    found = read(shape_zip(prj=CRS.from_epsg(4549).to_wkt("WKT1_ESRI"), at=(e, n)), "tank.zip")
    assert found.rows[0].geometry["coordinates"] == pytest.approx([LON, LAT], abs=1e-7)
    assert "CGCS2000" in found.grid


KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>1号门</name><ExtendedData><Data name="code"><value>G-1</value></Data></ExtendedData>
<Point><coordinates>120.5,31.9,0</coordinates></Point></Placemark>
<Placemark><name>围栏</name><MultiGeometry><LineString><coordinates>120.5,31.9 120.6,31.9</coordinates></LineString>
<LineString><coordinates>120.5,31.8 120.6,31.8</coordinates></LineString></MultiGeometry></Placemark>
<Placemark><name>厂区</name><Polygon><outerBoundaryIs><LinearRing><coordinates>120,31 121,31 121,32 120,31</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark>
<Placemark><name>坏</name><Point><coordinates>x,y</coordinates></Point></Placemark>
</Folder></Document></kml>"""


def test_kml_and_kmz_with_the_bad_placemark_named(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("doc.kml", KML)
    for data, name in ((KML.encode(), "a.kml"), (packed.getvalue(), "a.kmz")):
        rows = read(data, name).rows
        assert [r.geometry and r.geometry["type"] for r in rows] == ["Point", "MultiLineString", "Polygon", None]
        assert rows[0].attributes == {"name": "1号门", "code": "G-1"}
        assert [bool(r.faults) for r in rows] == [False, False, False, True]


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><kml><Placemark><name>&b;</name></Placemark></kml>'


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.geojson"), (b"[]", "a.geojson"), (b'{"features": 1}', "a.geojson"), (b"{", "a.json"), (collection(), "a.geojson"),
        (BOMB.encode(), "a.kml"), (b"<kml>", "a.kml"), (b"PK", "a.zip"), (b"x", "a.dwg"), (b"x", "a"), (shape_zip()[:200], "a.zip"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_so(read, data, name):
    with pytest.raises(Invalid, match="file"):
        read(data, name)


def test_an_archive_that_unpacks_to_too_much_is_refused(read, monkeypatch):
    monkeypatch.setattr(geofiles, "MAX_UNPACKED", 100)
    with pytest.raises(Invalid, match="file"):
        read(shape_zip(), "a.zip")


@settings(deadline=None, max_examples=150)
@given(data=st.binary(max_size=400), name=st.sampled_from(["a.geojson", "a.kml", "a.zip"]))
def test_noise_is_refused_and_never_breaks_anything(tmp_path_factory, data, name):
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(data)
    with pytest.raises(Invalid):
        geofiles.read(path, name)


@settings(deadline=None, max_examples=100)
@given(cut=st.integers(0, 3), at=st.integers(0, 3000), byte=st.integers(0, 255))
def test_a_damaged_shapefile_is_refused_or_read_with_faults(tmp_path_factory, cut, at, byte):
    with zipfile.ZipFile(io.BytesIO(shape_zip())) as good:
        parts = {n: bytearray(good.read(n)) for n in good.namelist()}
    victim = parts[sorted(parts)[cut % len(parts)]]
    victim[at % len(victim)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    with zipfile.ZipFile(path, "w") as z:
        for name, data in parts.items():
            z.writestr(name, bytes(data))
    with contextlib.suppress(Invalid):
        assert geofiles.read(path, "a.zip").rows


# -- the import itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def run(actor_of, tree, now, monkeypatch):
    # The test's transaction lives on this connection: the worker must not close it.
    monkeypatch.setattr(runner, "close_old_connections", lambda: None)

    def _run(data: bytes, name: str = "a.geojson", *, kind: str = "", zone: str = "", is_dry_run: bool = False) -> Job:
        who = actor_of("enterprise_safety")
        job = imports.order(who, io.BytesIO(data), name, tree.chlor, kind=kind, zone=zone, is_dry_run=is_dry_run, now=now)
        job.state, job.lease_holder, job.attempts = JobState.RUNNING, "test", 1
        job.save()
        runner.execute(job, "test")
        job.refresh_from_db()
        return job

    return _run


GOOD = collection(
    feature(square(), kind="区域", code="A-1", name="一区", 类型="生产区"),
    feature(square(half=0.0005), kind="unit", code="U-1", name="一装置", parent="A-1", 主要物料="液氯"),
    feature(point(), kind="equipment", code="T-1", name="一罐", parent="U-1", 类型="储罐", 容积="100", 备注="不认识的列"),
)


def test_a_dry_run_applies_nothing_and_the_run_after_it_everything(run):
    tried = run(GOOD, is_dry_run=True)
    assert (tried.state, tried.error) == (JobState.DONE, "")
    assert (tried.result["rows"], tried.result["faulty"], tried.result["applied"]) == (3, 0, 0)
    assert not Asset.objects.exists()
    assert run(GOOD).result["applied"] == 3
    tank = Asset.objects.get(code="T-1")
    assert (tank.subkind, tank.properties, tank.parent.code) == ("tank", {"volume_m3": 100.0}, "U-1")
    assert run(GOOD).result["applied"] == 0


def test_faults_are_listed_by_row_and_nothing_is_applied(run):
    bad = collection(
        feature(square(), kind="area", code="A-1", name="一区"),
        feature(point(31.9, 120.5), kind="equipment", code="T-1", name="罐", parent="A-9"),
        feature(point(), kind="spaceship", code="X", name="X"),
        feature(square(), kind="area", code="A-1", name="又一区"),
        feature(point(), kind="equipment", code="T-2", name="罐", parent="A-1", 容积="-1"),
    )
    result = run(bad).result
    assert (result["rows"], result["faulty"], result["applied"]) == (5, 4, 0)
    assert {(f["row"], f["field"]) for f in result["faults"]} == {
        (2, "geometry"), (2, "parent"), (3, "kind"), (4, "code"), (5, "volume_m3"),
    }  # fmt: skip
    assert not Asset.objects.exists()


def test_a_file_that_cannot_be_read_fails_with_words(run):
    job = run(b"{")
    assert job.state == JobState.FAILED
    assert "JSON" in job.error


def test_a_kind_for_all_features_and_cut_names_of_a_shapefile(run, actor_of):
    result = run(shape_zip(name="学校"), "t.zip", kind="population_cell").result
    assert [f["field"] for f in result["faults"]] == ["people_day"]


def test_who_may_not_import_orders_nothing(actor_of, tree, now):
    with pytest.raises(NotPermitted):
        imports.order(
            actor_of("enterprise_operator"), io.BytesIO(GOOD), "a.geojson", tree.chlor, kind="", zone="", is_dry_run=True, now=now
        )
    with pytest.raises(Invalid):
        imports.order(actor_of("park_safety"), io.BytesIO(GOOD), "a", tree.chlor, kind="", zone="3-40", is_dry_run=True, now=now)


def test_a_row_of_excel_with_a_grid_point_and_properties(actor_of, tree, now):
    e, n = grids.zone(3, 40, has_prefix=True).from_lonlat(LON, LAT)
    kind = imports.AssetImport(actor_of("park_safety"), tree.chlor)
    good = Row(
        2,
        {
            "kind": "防护目标",
            "code": "P-1",
            "name": "示范小学",
            "lon": n,
            "lat": e,
            "properties": "白天人数=600；夜间人数=0;防护目标分类=高敏感防护目标",
        },
    )
    assert kind.check(good) == []
    assert kind.apply([good], now) == 1
    school = Asset.objects.get()
    assert (school.properties["people_day"], school.lon, school.source) == (600, pytest.approx(LON, abs=1e-6), "excel")
    bad = Row(3, {"kind": "设备", "code": "T-1", "name": "罐", "lon": "512345", "lat": "3530000", "properties": "容积"})
    assert {f.field for f in kind.check(bad)} == {"zone", "properties"}
