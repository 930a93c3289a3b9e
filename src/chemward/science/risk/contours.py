"""Contours of individual risk, and how far they reach."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import contourpy
import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.result import Level
from chemward.standards import aqt3046, gb36894

if TYPE_CHECKING:
    from chemward.science.risk.park import Raster

Doubles = NDArray[np.float64]

EARTH = 6_371_008.8  # [m] mean radius, IUGG


def levels(criteria: str) -> list[float]:
    """Levels of contours [1/a], falling.

    the limits of the criteria and the decades down to the least contour of AQ/T 3046-2013 11.3 (1e-8).
    """
    least = aqt3046.figures()["least_contour"].value
    decades = [10.0**-k for k in range(3, 9)]
    limits = {row.limit_per_year for row in gb36894.limits(criteria)}
    return sorted({float(f"{v:.3g}") for v in (*decades, *limits) if v >= least * 0.999}, reverse=True)


def contours(risk: Doubles, raster: Raster, wanted: list[float]) -> list[Level]:
    """Contours of risk (rows, columns) [1/a] at wanted levels [1/a], in the logarithm, so that lines between cells lie where they should."""
    floor = 1e-14
    lines = contourpy.contour_generator(raster.x, raster.y, np.log10(np.maximum(risk, floor)))
    rim = np.concatenate([risk[0], risk[-1], risk[:, 0], risk[:, -1]]).max()
    found = []
    for level in wanted:
        raw: Any = lines.lines(math.log10(level))
        drawn = [[[round(float(x), 2), round(float(y), 2)] for x, y in line] for line in raw]
        found.append(Level(level, float((risk >= level).sum()) * raster.cell**2, drawn, bool(rim >= level)))
    return found


def geojson(drawn: list[Level], origin: tuple[float, float] | None) -> bytes:
    """GeoJSON of contours as lines with their level; origin: longitude and latitude [°] of (0, 0).

    Without it coordinates are metres and it says so.
    """
    features = [
        {
            "type": "Feature",
            "properties": {"level_per_year": level.level_per_year, "area_m2": level.area_m2, "touches_rim": level.touches_rim},
            "geometry": {"type": "MultiLineString", "coordinates": [[_place(p, origin) for p in line] for line in level.lines]},
        }
        for level in drawn
    ]
    out: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if origin is None:
        out["coordinates_in"] = "metres of the site's plane"
    return json.dumps(out, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _place(point: list[float], origin: tuple[float, float] | None) -> list[float]:
    if origin is None:
        return point
    longitude = origin[0] + math.degrees(point[0] / (EARTH * math.cos(math.radians(origin[1]))))
    return [round(longitude, 7), round(origin[1] + math.degrees(point[1] / EARTH), 7)]


def farthest(risk: Doubles, raster: Raster, level: float, x: float, y: float) -> float | None:
    """Farthest distance [m] from (x, y) [m] to a cell of risk (rows, columns) [1/a] of at least level [1/a].

    None when there is none.
    """
    rows, columns = np.nonzero(risk >= level)
    if not rows.size:
        return None
    return float(np.hypot(raster.x[columns] - x, raster.y[rows] - y).max())


def clearance(risk: Doubles, raster: Raster, level: float, x: float, y: float) -> float | None:
    """Distance [m] from (x, y) [m] to the zone of risk (rows, columns) [1/a] above level [1/a].

    inside it, to its edge, negative. None: no such edge.
    """
    above = risk > level
    j = int(np.clip((x - raster.west) / raster.cell, 0, raster.columns - 1))
    i = int(np.clip((y - raster.south) / raster.cell, 0, raster.rows - 1))
    inside = bool(above[i, j])
    rows, columns = np.nonzero(~above if inside else above)
    if not rows.size:
        return None
    nearest = float(np.hypot(raster.x[columns] - x, raster.y[rows] - y).min())
    return round(-nearest if inside else nearest, 1)


def read_at(risk: Doubles, raster: Raster, x: float, y: float) -> float:
    """Risk [1/a] at (x, y) [m] from cells (rows, columns) [1/a], linear between their middles, the rim's value outside."""
    fx = float(np.clip((x - raster.west) / raster.cell - 0.5, 0, raster.columns - 1))
    fy = float(np.clip((y - raster.south) / raster.cell - 0.5, 0, raster.rows - 1))
    j, i = min(int(fx), raster.columns - 2), min(int(fy), raster.rows - 2)
    u, v = fx - j, fy - i
    near = risk[i, j] * (1 - u) + risk[i, j + 1] * u
    return float(near * (1 - v) + (risk[i + 1, j] * (1 - u) + risk[i + 1, j + 1] * u) * v)
