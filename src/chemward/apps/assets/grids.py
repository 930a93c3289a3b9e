"""CGCS2000 Gauss–Krüger coordinates: which zone they are in, and back and forth to longitude and latitude.

A 3° zone n has its central meridian at 3n° (China: 25–45), a 6° zone n at 6n − 3° (13–23). Eastings usually carry the zone number as a prefix
(40 512 345 m = zone 40, 12 345 m east of its central meridian): the two ranges do not overlap, so the prefix tells the zone. Eastings without a
prefix do not say where they are, and the zone must be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from chemward.apps.core.errors import Fault, Invalid

ZONES_3 = range(25, 46)
ZONES_6 = range(13, 24)
PREFIX = 1_000_000
FALSE_EASTING = 500_000
# Half the width of a zone at the equator with a generous overlap [m].
REACH_M = {3: 250_000, 6: 450_000}


@dataclass(frozen=True)
class Zone:
    """A Gauss–Krüger zone of CGCS2000. `has_prefix`: eastings begin with the zone number."""

    width: int
    number: int
    has_prefix: bool

    @property
    def central_meridian(self) -> int:
        return 3 * self.number if self.width == 3 else 6 * self.number - 3

    @property
    def epsg(self) -> int:
        """The code of the EPSG register.

        >>> Zone(3, 40, True).epsg, Zone(3, 40, False).epsg, Zone(6, 20, True).epsg, Zone(6, 20, False).epsg
        (4528, 4549, 4498, 4509)
        """
        first = {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502}[self.width, self.has_prefix]
        return first + self.number - (25 if self.width == 3 else 13)

    def __str__(self) -> str:
        return f"CGCS2000 {self.width}° {self.number} ({self.central_meridian}°E)"

    def to_lonlat(self, easting_m: float, northing_m: float) -> tuple[float, float]:
        """Longitude and latitude [°]. ValueError when the point lies far outside the zone."""
        lon, lat = _transformer(self.epsg).transform(easting_m, northing_m, errcheck=True)
        if abs(lon - self.central_meridian) > self.width:
            raise ValueError(
                _("%(e).0f, %(n).0f lies far outside of the zone %(zone)s") % {"e": easting_m, "n": northing_m, "zone": self}
            )
        return lon, lat

    def from_lonlat(self, lon: float, lat: float) -> tuple[float, float]:
        """Easting and northing [m]."""
        easting, northing = _transformer(self.epsg).transform(lon, lat, direction="INVERSE", errcheck=True)
        return easting, northing


def zone(width: int, number: int, *, has_prefix: bool) -> Zone:
    """A zone by width and number. Invalid when there is none such in China."""
    if width not in (3, 6) or number not in (ZONES_3 if width == 3 else ZONES_6):
        raise Invalid(
            Fault(
                "zone",
                _("There is no %(width)s° zone %(number)s in China.") % {"width": width, "number": number},
                "3°: 25–45, 6°: 13–23",
            )
        )
    return Zone(width, number, has_prefix)


def zone_at(lon: float, width: int = 3, *, has_prefix: bool = True) -> Zone:
    """The zone that a longitude lies in.

    >>> zone_at(120.6).number, zone_at(120.6, 6).number
    (40, 21)
    """
    number = int((lon + 1.5) // 3) if width == 3 else int(lon // 6) + 1
    return zone(width, number, has_prefix=has_prefix)


def detect(x: float, y: float) -> tuple[Zone | None, bool]:
    """(zone, are the axes swapped) of one point of a file: zone None when it is longitude and latitude already.

    Surveyors write x for the northing: when only the second number carries a zone prefix, the axes are swapped. Invalid when eastings have no
    prefix, because they could lie in any zone.
    """
    if abs(x) <= 180 and abs(y) <= 90:
        return None, False
    for easting, northing, is_swapped in ((x, y, False), (y, x, True)):
        number = int(easting // PREFIX)
        width = 3 if number in ZONES_3 else 6 if number in ZONES_6 else 0
        offset = easting - number * PREFIX - FALSE_EASTING
        if width and abs(offset) <= REACH_M[width] and 300_000 < northing < 6_000_000:
            return Zone(width, number, True), is_swapped
    raise Invalid(
        Fault(
            "zone",
            _("%(x).1f, %(y).1f are grid coordinates without the number of their zone.") % {"x": x, "y": y},
            _("Give the zone, for instance 3° zone 40 (central meridian 120°E)."),
        )
    )


def reprojection(wkt: str) -> Transformer | None:
    """From the coordinate system of a .prj file to CGCS2000; None when it is longitude and latitude of CGCS2000 or WGS 84 already.

    Invalid for the old Chinese systems (北京54, 西安80), whose shift to CGCS2000 is not public, and for text that is no coordinate system.
    """
    try:
        system = CRS.from_wkt(wkt)
    except CRSError:
        raise Invalid(Fault("prj", _("The coordinate system of the file cannot be read."), _("Export it as CGCS2000."))) from None
    base = (system.geodetic_crs or system).name.lower()
    if any(old in base for old in ("beijing", "xian", "xi'an", "1954", "1980")):
        raise Invalid(
            Fault(
                "prj",
                _("%(name)s cannot be brought to CGCS2000 without secret parameters.") % {"name": system.name},
                _("Export it as CGCS2000."),
            )
        )
    if system.is_geographic and any(name in base for name in ("2000", "cgcs", "wgs 84", "wgs84", "wgs_1984")):
        return None
    try:
        return Transformer.from_crs(system, 4490, always_xy=True)
    except ProjError:
        raise Invalid(Fault("prj", _("There is no way from %(name)s to CGCS2000.") % {"name": system.name})) from None


@cache
def _transformer(epsg: int) -> Any:
    return Transformer.from_crs(epsg, 4490, always_xy=True)
