"""Geometry of assets: what is taken, how it is kept, how far things are from each other.

Kept is GeoJSON (RFC 7946) in longitude and latitude, degrees, CGCS2000. Distances are metres: on the ellipsoid between points, in a local plane
(good to a few parts in ten thousand over 20 km) between shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import shapely
from django.utils.translation import gettext as _
from pyproj import Geod
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from chemward.apps.core.errors import Fault

MAX_VERTICES = 20_000
# About 1 cm: more digits than any survey of a park has.
DIGITS = 7
# Mainland and sea of China with a margin: outside, the axes were most likely swapped or the grid was not recognised.
CHINA = (72.0, 3.0, 137.0, 55.0)
EARTH_M = 6_371_008.8
TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


@dataclass(frozen=True)
class Placed:
    """A geometry ready to be kept: compact text, bounding box [°], a point inside it [°]."""

    text: str
    box: tuple[float, float, float, float]
    point: tuple[float, float]


@cache
def ellipsoid() -> Geod:
    """The ellipsoid of CGCS2000."""
    return Geod(a=6378137.0, rf=298.257222101)


def place(geometry: Any, allowed: Sequence[str] = TYPES) -> tuple[Placed | None, list[Fault]]:
    """Check a GeoJSON geometry; either it is placed or the faults say why not."""
    if not isinstance(geometry, dict) or "type" not in geometry:
        return None, [Fault("geometry", _("This is not a GeoJSON geometry."), '{"type": "Point", "coordinates": [120.5, 31.9]}')]
    if geometry["type"] not in allowed:
        return None, [Fault("geometry", _("%(type)s does not fit here.") % {"type": geometry["type"]}, " ".join(allowed))]
    try:
        found = shapely.force_2d(shape(geometry))
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as fault:
        return None, [Fault("geometry", _("The coordinates cannot be read: %(fault)s") % {"fault": str(fault)[:200]})]
    if faults := _faults(found):
        return None, faults
    rounded = shapely.transform(found, lambda xy: xy.round(DIGITS))
    if not rounded.is_valid or rounded.is_empty:
        return None, [Fault("geometry", _("The shape is smaller than the grid it is kept on."))]
    if rounded.geom_type in ("Polygon", "MultiPolygon"):
        rounded = shapely.orient_polygons(rounded, exterior_cw=False)
    inside = rounded.representative_point()
    text = orjson.dumps(mapping(rounded)).decode()
    return Placed(text, rounded.bounds, (round(inside.x, DIGITS), round(inside.y, DIGITS))), []


def _faults(found: BaseGeometry) -> list[Fault]:
    if found.is_empty:
        return [Fault("geometry", _("The geometry is empty."))]
    count = int(shapely.get_num_coordinates(found))
    if count > MAX_VERTICES:
        return [Fault("geometry", _("%(n)d points, at most %(limit)d.") % {"n": count, "limit": MAX_VERTICES}, _("Simplify it."))]
    min_x, min_y, max_x, max_y = found.bounds
    if not all(math.isfinite(v) for v in found.bounds):
        return [Fault("geometry", _("A coordinate is not a number."))]
    if min_x < -180 or max_x > 180 or min_y < -90 or max_y > 90:
        return [Fault("geometry", _("These are not longitudes and latitudes."), _("Import grid coordinates as such."))]
    west, south, east, north = CHINA
    if not (west <= min_x and max_x <= east and south <= min_y and max_y <= north):
        remedy = _("Longitude comes first, then latitude.")
        return [Fault("geometry", _("%(x).4f, %(y).4f is not in China.") % {"x": min_x, "y": min_y}, remedy)]
    if not found.is_valid:
        reason = shapely.is_valid_reason(found)
        return [
            Fault("geometry", _("The shape is not valid: %(reason)s") % {"reason": reason}, _("A line may not cross itself."))
        ]
    return []


def metres_between(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance of two points on the ellipsoid [m]."""
    return float(ellipsoid().inv(lon1, lat1, lon2, lat2)[2])


def metres_to(geometry: dict[str, Any], lon: float, lat: float) -> float:
    """Distance from a point to the nearest part of a geometry [m]; 0 inside it."""
    local = to_plane(shape(geometry), lon, lat)
    return float(local.distance(shapely.Point(0.0, 0.0)))


def to_plane(found: BaseGeometry, lon: float, lat: float) -> BaseGeometry:
    """The geometry in metres east and north of a point (local plane of the ellipsoid's radii of curvature there)."""
    east, north = metres_per_degree(lat)
    return shapely.transform(found, lambda xy: (xy - (lon, lat)) * (east, north))


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres per degree of longitude and of latitude at a latitude, on the ellipsoid of CGCS2000."""
    a, f = 6378137.0, 1 / 298.257222101
    e2, phi = f * (2 - f), math.radians(lat)
    w = 1 - e2 * math.sin(phi) ** 2
    return math.radians(1) * a * math.cos(phi) / math.sqrt(w), math.radians(1) * a * (1 - e2) / w**1.5


def box_around(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """The bounding box [°] that holds everything within so many metres of a point."""
    east, north = metres_per_degree(lat)
    dx, dy = metres / east * 1.001, metres / north * 1.001
    return lon - dx, lat - dy, lon + dx, lat + dy


def measures(geometry: dict[str, Any]) -> dict[str, float]:
    """Area [m²] and outline [m] of a surface, length [m] of a line, on the ellipsoid."""
    found = shape(geometry)
    if found.geom_type in ("Polygon", "MultiPolygon"):
        area, outline = ellipsoid().geometry_area_perimeter(found)
        return {"area_m2": abs(area), "outline_m": outline}
    if found.geom_type in ("LineString", "MultiLineString"):
        return {"length_m": ellipsoid().geometry_length(found)}
    return {}
