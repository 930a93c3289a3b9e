"""Contours as GeoJSON files, one an effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chemward.science.consequence.result import Consequence, Contour
from chemward.science.faults import Fault, Faults


def feature(contour: Contour) -> dict[str, Any]:
    """A contour as a GeoJSON feature; rings in the coordinates of the result."""
    polygons = [[[list(point) for point in ring]] for ring in contour.rings]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        "properties": {
            "effect": contour.effect,
            "of": contour.of,
            "name": contour.name,
            "name_zh": contour.name_zh,
            "level": contour.level,
            "unit": contour.unit,
            "distance_m": contour.distance_m,
            "area_m2": contour.area_m2,
            "source": contour.source,
        },
    }


def collections(result: Consequence) -> dict[str, dict[str, Any]]:
    """Effect → feature collection, the farthest contour first so that the nearer ones are drawn above it."""
    found: dict[str, list[Contour]] = {}
    for contour in result.contours:
        if contour.rings:
            found.setdefault(contour.effect, []).append(contour)
    return {
        effect: {
            "type": "FeatureCollection",
            "features": [feature(c) for c in sorted(drawn, key=lambda c: -c.distance_m)],
        }
        for effect, drawn in found.items()
    }


def write(result: Consequence, folder: Path) -> None:
    """Write `<effect>.geojson` files into a folder, made when it is not there. Raises Faults when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for effect, collection in collections(result).items():
            text = json.dumps(collection, ensure_ascii=False, allow_nan=False)
            (folder / f"{effect}.geojson").write_text(text + "\n", "utf-8")
    except OSError as fault:
        raise Faults([Fault("--geojson", f"{folder} cannot be written: {fault.strerror}", "give a folder that can be")]) from None
