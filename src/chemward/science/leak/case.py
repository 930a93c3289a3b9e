"""What leak location is given: detectors, their readings over time, the wind, the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec

from chemward.science.faults import Fault
from chemward.science.inputs import number

Class = Literal["A", "B", "C", "D", "E", "F"]
Coordinate = Annotated[float, number("m", "in the site's own axes, x to the east, y to the north", ge=-1e7, le=1e7)]
Height = Annotated[float, number("m", "above ground", ge=0, le=300)]
Reading = Annotated[float, number("ppm or mg/m3", "as readings_unit says", ge=-1e6, le=1e9)]
Limit = Annotated[float, number("ppm or mg/m3", "as readings_unit says", gt=0, le=1e9)]

MAX_SENSORS = 300
MAX_TIMES = 5000
MAX_EQUIPMENT = 2000


class Sensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A detector. detection_limit: readings below it say only "less than"; saturation: readings at or above it say "more than"."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    x_m: Coordinate
    y_m: Coordinate
    z_m: Height = 1.5
    detection_limit: Annotated[float, number("ppm or mg/m3", "0 as null: not known", ge=0, le=1e9)] | None = None
    saturation: Limit | None = None

    def check(self, at: str) -> Iterator[Fault]:
        """Faults of one detector."""
        if self.detection_limit and self.saturation and self.saturation <= self.detection_limit:
            yield Fault(
                f"{at}.saturation",
                f"is {self.saturation:g}, not above the detection limit {self.detection_limit:g}",
                "give both in readings_unit, saturation the larger",
            )


class Wind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wind at a time. from_deg: where it blows from, 0 and 360 north, 90 east (meteorological); its speed at 10 m."""

    time_s: Annotated[float, number("s", "on the clock of times_s", ge=-1e12, le=1e12)]
    speed_m_s: Annotated[float, number("m/s", ge=0, le=75)]
    from_deg: Annotated[float, number("deg", "0 and 360 north, 90 east", ge=0, le=360)]


class Equipment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit that may leak. weight: how likely against the others before anything is read, 1 when all are alike."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    x_m: Coordinate
    y_m: Coordinate
    z_m: Height = 1.5
    weight: Annotated[float, number("-", gt=0, le=1e6)] = 1.0


class Extent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site, in which the leak is looked for."""

    x_min_m: Coordinate
    x_max_m: Coordinate
    y_min_m: Coordinate
    y_max_m: Coordinate

    @property
    def area(self) -> float:
        """Area of the site [m²]."""
        return (self.x_max_m - self.x_min_m) * (self.y_max_m - self.y_min_m)

    def holds(self, x: float, y: float) -> bool:
        """Whether a place (x [m], y [m]) lies on the site (a truth value [-])."""
        return self.x_min_m <= x <= self.x_max_m and self.y_min_m <= y <= self.y_max_m

    def check(self, at: str) -> Iterator[Fault]:
        """Faults of the extent."""
        for axis, low, high in (("x", self.x_min_m, self.x_max_m), ("y", self.y_min_m, self.y_max_m)):
            if not 10 <= high - low <= 30_000:
                yield Fault(
                    f"{at}.{axis}_max_m",
                    f"is {high - low:g} m from {axis}_min_m, outside 10 to 30000 m",
                    "give the site's edges in m",
                )


class LeakInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of detectors and wind.

    readings: one row for each of times_s, one value for each of sensors, null where a reading is missing.
    averaging_s: each reading is the mean of this long up to its time; null takes the usual step of times_s. The wind is marked alike.
    stability: one Pasquill class, or one for each of times_s. is_urban: rough built-up surroundings; null when it is not known, both are
    then tried.
    """

    sensors: Annotated[list[Sensor], msgspec.Meta(min_length=1, max_length=MAX_SENSORS)]
    times_s: Annotated[
        list[Annotated[float, number("s", "on any clock, increasing", ge=-1e12, le=1e12)]],
        msgspec.Meta(min_length=1, max_length=MAX_TIMES),
    ]
    readings: Annotated[
        list[Annotated[list[Reading | None], msgspec.Meta(max_length=MAX_SENSORS)]], msgspec.Meta(max_length=MAX_TIMES)
    ]
    wind: Annotated[list[Wind], msgspec.Meta(min_length=1, max_length=20_000)]
    stability: Class | list[Class]
    molar_mass_g_mol: Annotated[float, number("g/mol", ge=1, le=1000)]
    extent: Extent
    equipment: Annotated[list[Equipment], msgspec.Meta(max_length=MAX_EQUIPMENT)] = []
    readings_unit: Literal["ppm", "mg/m3"] = "ppm"
    averaging_s: Annotated[float, number("s", gt=0, le=3600)] | None = None
    temperature_c: Annotated[float, number("°C", ge=-60, le=60)] = 20.0
    pressure_kpa: Annotated[float, number("kPa", ge=40, le=120)] = 101.325
    is_urban: bool | None = None
    source_height_m: Annotated[float, number("m", "of a leak between the units", ge=0, le=200)] = 2.0
    smallest_rate_kg_s: Annotated[float, number("kg/s", "a quiet record excludes leaks above this", gt=0, le=1e3)] = 0.05

    def check(self, at: str) -> Iterator[Fault]:
        """Faults that only the whole record shows."""
        yield from _repeated("sensors", [s.id for s in self.sensors])
        yield from _repeated("equipment", [e.id for e in self.equipment])
        yield from _not_increasing(self.times_s)
        yield from _shape_faults(self)
        yield from _wind_faults(self)
        yield from _outside(self)


def _repeated(field: str, ids: list[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if name in first:
            yield Fault(f"{field}[{index}].id", f"is {name!r}, as {field}[{first[name]}].id", "give each its own id")
        first.setdefault(name, index)


def _not_increasing(times: list[float]) -> Iterator[Fault]:
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:
            yield Fault(
                f"times_s[{index}]", f"is {times[index]:g} s, not after {times[index - 1]:g} s", "give times in increasing order"
            )


def _shape_faults(case: LeakInput) -> Iterator[Fault]:
    if len(case.readings) != len(case.times_s):
        yield Fault("readings", f"has {len(case.readings)} rows for {len(case.times_s)} times_s", "give one row for each time")
    for index, row in enumerate(case.readings):
        if len(row) != len(case.sensors):
            yield Fault(
                f"readings[{index}]",
                f"has {len(row)} values for {len(case.sensors)} sensors",
                "give one for each, null if missing",
            )
    if isinstance(case.stability, list) and len(case.stability) != len(case.times_s):
        yield Fault(
            "stability",
            f"has {len(case.stability)} classes for {len(case.times_s)} times_s",
            "give one class, or one for each time",
        )


def _wind_faults(case: LeakInput) -> Iterator[Fault]:
    seen: dict[float, int] = {}
    for index, row in enumerate(case.wind):
        if row.time_s in seen:
            yield Fault(f"wind[{index}].time_s", f"is {row.time_s:g} s, as wind[{seen[row.time_s]}]", "give one wind for a time")
        seen.setdefault(row.time_s, index)
    first, last = min(seen), max(seen)
    slack = 3600.0
    if first > case.times_s[-1] + slack or last < case.times_s[0] - slack:
        yield Fault("wind", "has no row within an hour of times_s", "give wind and readings on one clock, in s")


def _outside(case: LeakInput) -> Iterable[Fault]:
    for index, unit in enumerate(case.equipment):
        if not case.extent.holds(unit.x_m, unit.y_m):
            yield Fault(f"equipment[{index}]", f"({unit.id}) lies outside the extent", "correct its place or widen the extent")
