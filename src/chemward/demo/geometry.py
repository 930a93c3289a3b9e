"""From the drawing board of the demo park (metres, turned plane) to GeoJSON in longitude and latitude (CGCS2000)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 [m] on the drawing board
XY = tuple[float, float]
DECIMALS = 7  # about 1 cm


@dataclass(frozen=True)
class Plane:
    """The drawing board: x to the right, y up, turned by `rotation_deg` against east and north, laid at `lon`, `lat`."""

    lon: float
    lat: float
    rotation_deg: float
    metres_per_lon: float
    metres_per_lat: float

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Plane:
        lon, lat = table["origin"]
        per_lon = table["metres_per_degree_lon_at_equator"] * math.cos(math.radians(lat))
        return cls(lon, lat, table["rotation_deg"], per_lon, table["metres_per_degree_lat"])

    def east_north(self, x: float, y: float) -> XY:
        """Metres east and north of the origin of the park."""
        c, s = math.cos(math.radians(self.rotation_deg)), math.sin(math.radians(self.rotation_deg))
        return x * c - y * s, x * s + y * c

    def board(self, east: float, north: float) -> XY:
        """Back from metres east and north to the drawing board."""
        c, s = math.cos(math.radians(self.rotation_deg)), math.sin(math.radians(self.rotation_deg))
        return east * c + north * s, north * c - east * s

    def lon_lat(self, x: float, y: float) -> list[float]:
        """[longitude, latitude] in degrees."""
        east, north = self.east_north(x, y)
        return [round(self.lon + east / self.metres_per_lon, DECIMALS), round(self.lat + north / self.metres_per_lat, DECIMALS)]

    def point(self, x: float, y: float) -> dict[str, Any]:
        return {"type": "Point", "coordinates": self.lon_lat(x, y)}

    def line(self, path: Iterable[Sequence[float]]) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": [self.lon_lat(p[0], p[1]) for p in path]}

    def polygon(self, ring: Iterable[Sequence[float]]) -> dict[str, Any]:
        """A polygon with one ring, closed and counter-clockwise as RFC 7946 asks."""
        points = [(p[0], p[1]) for p in ring]
        if _signed_area(points) < 0:
            points.reverse()
        coordinates = [self.lon_lat(x, y) for x, y in points]
        return {"type": "Polygon", "coordinates": [[*coordinates, coordinates[0]]]}

    def rectangle(self, rect: Rect) -> dict[str, Any]:
        x0, y0, x1, y1 = rect
        return self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])

    def circle(self, x: float, y: float, radius: float, corners: int = 20) -> dict[str, Any]:
        angles = (2 * math.pi * i / corners for i in range(corners))
        return self.polygon([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles])


def centre(rect: Rect) -> XY:
    return (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2


def inset(rect: Rect, by: float) -> Rect:
    x0, y0, x1, y1 = rect
    return x0 + by, y0 + by, x1 - by, y1 - by


def size(rect: Rect) -> XY:
    return rect[2] - rect[0], rect[3] - rect[1]


def side(rect: Rect, x: float, y: float) -> str:
    """On which side of the rectangle a point lies: 东, 西北, 中 …"""
    w, h = size(rect)
    cx, cy = centre(rect)
    u, v = (x - cx) / w, (y - cy) / h
    east_west = "东" if u > 0.17 else "西" if u < -0.17 else ""
    north_south = "北" if v > 0.17 else "南" if v < -0.17 else ""
    return east_west + north_south or "中"


def _signed_area(points: Sequence[XY]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True)) / 2
