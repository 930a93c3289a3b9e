"""The base map under the park: none (the default), a PMTiles file of this installation, or 天地图 by key.

`CHEMWARD_BASEMAP` (or the setting of that name):

    (empty)                 no base map: nothing is loaded from anywhere
    pmtiles:area.pmtiles    a file in `<data>/basemap/`, served by the door at /basemap/
    tianditu:<key>          tiles of 天地图 (`vec`, `img` or `ter` after a second colon), asked by the browsers themselves
"""

from __future__ import annotations

import os
import re
from typing import Any

TIANDITU = "https://t{n}.tianditu.gov.cn"
TIANDITU_HOSTS = "https://*.tianditu.gov.cn"
# A folder of its own: what is collected anew with each version is cleared before.
FOLDER_URL = "/basemap/"
LAYERS = ("vec", "img", "ter")
_KEY = re.compile(r"^[0-9A-Za-z]{8,64}$")
_FILE = re.compile(r"^[\w.-]+\.pmtiles$")


def chosen(settings: Any, origin: str) -> dict[str, Any] | None:
    """What the scripts need of the base map; None when there is none. ValueError names a setting that is wrong."""
    text = getattr(settings, "CHEMWARD_BASEMAP", None) or os.environ.get("CHEMWARD_BASEMAP", "")
    kind, _, rest = text.partition(":")
    if not kind or kind == "none":
        return None
    if kind == "pmtiles" and _FILE.match(rest):
        return {"kind": "pmtiles", "url": f"{origin.rstrip('/')}{FOLDER_URL}{rest}"}
    if kind == "tianditu":
        key, _, layer = rest.partition(":")
        if _KEY.match(key) and (layer or "vec") in LAYERS:
            return {"kind": "raster", "tiles": tianditu_tiles(key, layer or "vec"), "attribution": "天地图"}
    raise ValueError(f"CHEMWARD_BASEMAP is {text!r}; it must be empty, pmtiles:<file>.pmtiles or tianditu:<key>[:vec|img|ter]")


def tianditu_tiles(key: str, layer: str) -> list[str]:
    """Addresses of the tiles of a 天地图 layer in Web Mercator, one for each of its hosts."""
    query = f"SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    place = f"TILECOL={{x}}&TILEROW={{y}}&TILEMATRIX={{z}}&tk={key}"
    return [f"{TIANDITU.format(n=n)}/{layer}_w/wmts?{query}&{place}" for n in range(8)]
