"""Reading files of geometry: GeoJSON, Shapefile (zip), KML and KMZ. Hostile until proved otherwise: sizes are limited, entities refused.

Each feature becomes a row with its number, its geometry in longitude and latitude, its attributes and its faults; one bad feature does not
hide the others.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson
import shapefile
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

from chemward.apps.assets import grids
from chemward.apps.assets.grids import Zone
from chemward.apps.core.errors import Fault, Invalid

MAX_BYTES = 50 * 2**20
MAX_UNPACKED = 200 * 2**20
MAX_FEATURES = 50_000
Move = Callable[[float, float], tuple[float, float]]


@dataclass
class GeoRow:
    """One feature of a file."""

    number: int
    geometry: dict[str, Any] | None
    attributes: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class GeoFile:
    """A file that has been read: its rows and the grid it was on, in words."""

    rows: list[GeoRow]
    grid: str


def read(path: Path, name: str, zone: Zone | None = None) -> GeoFile:
    """Read a file by the ending of its name. `zone` says which Gauss–Krüger zone plain eastings belong to. Invalid when it cannot be read at all."""
    if path.stat().st_size > MAX_BYTES:
        raise _bad(_("The file is larger than %(n)d MB.") % {"n": MAX_BYTES // 2**20})
    ending = PurePosixPath(name.lower()).suffix
    if ending in (".geojson", ".json"):
        return _finish(_geojson(path.read_bytes()), zone)
    if ending == ".kml":
        return _finish(_kml(path.read_bytes()), zone)
    if ending in (".kmz", ".zip"):
        return _packed(path, zone)
    raise _bad(_("Files of this type are not read."), ".geojson .json .kml .kmz .zip (Shapefile)")


def _finish(rows: Iterable[GeoRow], zone: Zone | None, transformer: Any = None) -> GeoFile:
    kept: list[GeoRow] = []
    for row in rows:
        if len(kept) >= MAX_FEATURES:
            raise _bad(_("More than %(n)d features.") % {"n": MAX_FEATURES}, _("Split the file."))
        kept.append(row)
    if not kept:
        raise _bad(_("The file holds no feature."))
    if transformer is not None:
        move: Move | None = lambda x, y: transformer.transform(x, y, errcheck=True)  # noqa: E731
        grid = str(transformer.source_crs.name)
    else:
        move, grid = _mover(kept, zone)
    for row in kept:
        if row.geometry is not None and move is not None:
            _moved(row, move)
    return GeoFile(kept, grid)


def _mover(rows: list[GeoRow], zone: Zone | None) -> tuple[Move | None, str]:
    """How coordinates get to longitude and latitude, judged by the first point of the file."""
    first = next((p for r in rows if r.geometry is not None for p in _points(r.geometry)), None)
    if first is None:
        return None, "—"
    if abs(first[0]) <= 180 and abs(first[1]) <= 90:
        return None, "CGCS2000"
    if zone is not None:
        is_swapped = zone.has_prefix and int(first[1] // grids.PREFIX) == zone.number
        return _by_zone(zone, is_swapped), str(zone)
    found, is_swapped = grids.detect(*first)
    return (_by_zone(found, is_swapped), str(found)) if found else (None, "CGCS2000")


def _by_zone(zone: Zone, is_swapped: bool) -> Move:
    return (lambda x, y: zone.to_lonlat(y, x)) if is_swapped else zone.to_lonlat


def _moved(row: GeoRow, move: Move) -> None:
    try:
        row.geometry = {"type": row.geometry["type"], "coordinates": _map(row.geometry["coordinates"], move)}  # type: ignore[index]
    except Exception as fault:  # a coordinate that the projection refuses is a fault of this row only
        row.geometry = None
        row.faults.append(Fault("geometry", str(fault)[:200]))


def _map(coordinates: Any, move: Move) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        return list(move(float(coordinates[0]), float(coordinates[1])))
    return [_map(c, move) for c in coordinates]


def _points(geometry: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    stack = [geometry.get("coordinates")]
    while stack:
        top = stack.pop()
        if isinstance(top, list | tuple) and top:
            if (
                isinstance(top[0], int | float)
                and not isinstance(top[0], bool)
                and len(top) > 1
                and isinstance(top[1], int | float)
            ):
                yield float(top[0]), float(top[1])
            else:
                stack.extend(reversed(top))


def _geojson(data: bytes) -> Iterator[GeoRow]:
    try:
        loaded = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as fault:
        raise _bad(_("This is not JSON: %(fault)s") % {"fault": str(fault)[:120]}) from None
    features = loaded.get("features") if isinstance(loaded, dict) else None
    if isinstance(loaded, dict) and loaded.get("type") == "Feature":
        features = [loaded]
    if not isinstance(features, list):
        raise _bad(_("This is not a GeoJSON feature collection."))
    for number, one in enumerate(features, start=1):
        if not isinstance(one, dict):
            yield GeoRow(number, None, {}, [Fault("feature", _("This is not a GeoJSON feature."))])
            continue
        geometry = one.get("geometry")
        attributes = one.get("properties") if isinstance(one.get("properties"), dict) else {}
        if geometry is not None and (not isinstance(geometry, dict) or "coordinates" not in geometry):
            yield GeoRow(number, None, attributes, [Fault("geometry", _("This is not a GeoJSON geometry."))])
            continue
        yield GeoRow(number, geometry, attributes)


def _packed(path: Path, zone: Zone | None) -> GeoFile:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > MAX_UNPACKED:
                raise _bad(_("Unpacked the file is larger than %(n)d MB.") % {"n": MAX_UNPACKED // 2**20})
            names = [i.filename for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
            if kml := next((n for n in names if n.lower().endswith(".kml")), None):
                return _finish(_kml(archive.read(kml)), zone)
            shapes = [n for n in names if n.lower().endswith(".shp")]
            if len(shapes) != 1:
                raise _bad(_("The archive must hold one Shapefile or one KML; it holds %(n)d Shapefiles.") % {"n": len(shapes)})
            return _shapefile(archive, names, shapes[0], zone)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as fault:
        raise _bad(_("The archive cannot be opened: %(fault)s") % {"fault": str(fault)[:120]}) from None


def _shapefile(archive: zipfile.ZipFile, names: list[str], shp: str, zone: Zone | None) -> GeoFile:
    stem = shp[:-4].lower()
    parts = {n.lower().rsplit(".", 1)[-1]: n for n in names if n.lower().rsplit(".", 1)[0] == stem}
    if "dbf" not in parts:
        raise _bad(_("The .dbf file of the Shapefile is missing."), _("Put .shp, .shx, .dbf and .prj into one zip."))
    prj = archive.read(parts["prj"]).decode("utf-8", "replace") if "prj" in parts else ""
    transformer = grids.reprojection(prj) if prj and zone is None else None
    encoding = archive.read(parts["cpg"]).decode("ascii", "replace").strip() if "cpg" in parts else ""
    rows = _shape_rows({k: archive.read(parts[k]) for k in ("shp", "shx", "dbf") if k in parts}, encoding)
    return _finish(rows, zone, transformer)


def _shape_rows(parts: Mapping[str, bytes], encoding: str) -> Iterator[GeoRow]:
    chosen = _dbf_encoding(parts["dbf"], encoding)
    try:
        reader = shapefile.Reader(**{k: io.BytesIO(v) for k, v in parts.items()}, encoding=chosen, encodingErrors="replace")
        for number, one in enumerate(reader.iterShapeRecords(), start=1):
            attributes = {k: ("" if v is None else v) for k, v in one.record.as_dict().items()}
            try:
                geometry = one.shape.__geo_interface__ if one.shape.shapeType else None
            except Exception as fault:  # pyshp raises whatever the broken rings led to
                yield GeoRow(number, None, attributes, [Fault("geometry", str(fault)[:200])])
                continue
            yield GeoRow(number, _listed(geometry), attributes)
    except (shapefile.ShapefileException, ValueError, IndexError, KeyError, OSError, LookupError, AssertionError) as fault:
        raise _bad(_("The Shapefile cannot be read: %(fault)s") % {"fault": str(fault)[:120]}) from None
    except Exception as fault:  # struct.error and its like from a truncated file
        raise _bad(_("The Shapefile is damaged: %(fault)s") % {"fault": f"{type(fault).__name__} {fault}"[:120]}) from None


def _dbf_encoding(dbf: bytes, named: str) -> str:
    """The encoding that the .cpg names, else UTF-8 where the bytes are, else GB 18030, which old Chinese software writes."""
    names = {
        "utf-8": "utf-8",
        "utf8": "utf-8",
        "65001": "utf-8",
        "gbk": "gb18030",
        "936": "gb18030",
        "cp936": "gb18030",
        "gb2312": "gb18030",
    }
    if found := names.get(named.lower()):
        return found
    try:
        dbf[int.from_bytes(dbf[8:10], "little") :].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _listed(geometry: Any) -> dict[str, Any] | None:
    """The geometry with lists in place of tuples."""
    if geometry is None:
        return None
    loaded: dict[str, Any] = orjson.loads(orjson.dumps({"type": geometry["type"], "coordinates": geometry["coordinates"]}))
    return loaded


def _kml(data: bytes) -> Iterator[GeoRow]:
    if len(data) > MAX_BYTES:
        raise _bad(_("The file is larger than %(n)d MB.") % {"n": MAX_BYTES // 2**20})
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise _bad(_("The file declares entities, which are not read."), _("Export it anew.")) from None
    except (ParseError, ValueError) as fault:
        raise _bad(_("This is not KML: %(fault)s") % {"fault": str(fault)[:120]}) from None
    for number, mark in enumerate((e for e in root.iter() if _tag(e) == "Placemark"), start=1):
        attributes = {"name": _text(mark, "name"), **_extended(mark)}
        try:
            yield GeoRow(number, _kml_geometry(mark), attributes)
        except (ValueError, IndexError) as fault:
            yield GeoRow(number, None, attributes, [Fault("geometry", str(fault)[:200])])


def _kml_geometry(mark: Element) -> dict[str, Any] | None:
    for element in mark:
        match _tag(element):
            case "Point":
                return {"type": "Point", "coordinates": _coordinates(element)[0]}
            case "LineString":
                return {"type": "LineString", "coordinates": _coordinates(element)}
            case "Polygon":
                return {"type": "Polygon", "coordinates": _rings(element)}
            case "MultiGeometry":
                return _multi([g for g in (_kml_geometry(_wrap(e)) for e in element) if g])
    return None


def _wrap(element: Element) -> Element:
    holder = Element("Placemark")
    holder.append(element)
    return holder


def _multi(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    kinds = {p["type"] for p in parts}
    if not parts:
        return None
    if len(kinds) > 1 or not kinds <= {"Point", "LineString", "Polygon"}:
        raise ValueError(_("different shapes in one feature: %(types)s") % {"types": " ".join(sorted(kinds))})
    if len(parts) == 1:
        return parts[0]
    return {"type": f"Multi{kinds.pop()}", "coordinates": [p["coordinates"] for p in parts]}


def _rings(polygon: Element) -> list[Any]:
    outer = [r for e in polygon if _tag(e) == "outerBoundaryIs" for r in e]
    inner = [r for e in polygon if _tag(e) == "innerBoundaryIs" for r in e]
    if not outer:
        raise ValueError(_("a polygon without an outer ring"))
    return [_coordinates(ring) for ring in (*outer, *inner)]


def _coordinates(element: Element) -> list[list[float]]:
    text = next((e.text or "" for e in element if _tag(e) == "coordinates"), "")
    found = [[float(v) for v in triple.split(",")[:2]] for triple in text.split()]
    if not found or any(len(p) != 2 for p in found):
        raise ValueError(_("coordinates cannot be read: %(text)s") % {"text": text.strip()[:60] or "—"})
    return found


def _extended(mark: Element) -> dict[str, Any]:
    found = {}
    for element in mark.iter():
        if _tag(element) == "Data" and element.get("name"):
            found[str(element.get("name"))] = _text(element, "value")
        elif _tag(element) == "SimpleData" and element.get("name"):
            found[str(element.get("name"))] = (element.text or "").strip()
    return found


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _text(element: Element, tag: str) -> str:
    return next(((e.text or "").strip() for e in element if _tag(e) == tag), "")


def _bad(message: str, remedy: str = "") -> Invalid:
    return Invalid(Fault("file", message, remedy))
