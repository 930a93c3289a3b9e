"""The input of a quantitative risk analysis: one file holds everything a run depends on.

Positions stand in a plane of metres, x east and y north. What may be left out says so; what was left out is listed in the result
(`missing.py`). Numbers of things are limited, so that time and memory of a run are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from chemward.science.faults import Fault
from chemward.science.inputs import number

MOST_EQUIPMENT = 4000
MOST_CELLS = 4_000_000
MOST_TABLES = 600_000  # items × classes × sectors: bounds the memory of wind roses and plumes

Metres = Annotated[float, number("m", ge=-1e6, le=1e6)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Share = Annotated[float, number("-", ge=0, le=1)]
Hours = Annotated[float, number("h/a", ge=0, le=8784)]
Class = Literal["A", "B", "C"]
Stability = Literal["A", "B", "C", "D", "E", "F"]
Kind = Literal[
    "pressure vessel", "process vessel", "reactor", "column", "gas tank", "filter", "atmospheric tank", "pipe", "pump", "compressor",
    "heat exchanger", "relief valve", "road tanker", "hose", "loading arm",
]  # fmt: skip
Target = Literal["highly sensitive", "important", "general, class 1", "general, class 2", "general, class 3"]
PER_METRE = {"pipe"}
PER_HOUR = {"hose", "loading arm"}
NEEDS_BORE = {"pipe", "pump", "compressor", "hose", "loading arm"}


class Site(msgspec.Struct, frozen=True):
    """Surroundings. origin: longitude and latitude [°] of (0, 0), for GeoJSON; without it contours are given in metres."""

    temperature_c: Annotated[float, number("°C", ge=-50, le=60)] | None = None
    relative_humidity: Share | None = None
    roughness_m: Annotated[float, number("m", ge=1e-4, le=3)] | None = None
    is_urban: bool = False
    origin_longitude_deg: Annotated[float, number("°", ge=-180, le=180)] | None = None
    origin_latitude_deg: Annotated[float, number("°", ge=-85, le=85)] | None = None

    def check(self, at: str) -> Iterator[Fault]:
        """Half an origin is none."""
        if (self.origin_longitude_deg is None) != (self.origin_latitude_deg is None):
            yield Fault(
                f"{at}.origin_longitude_deg", "stands without its other half", "give longitude and latitude of (0, 0), or neither"
            )


class Area(msgspec.Struct, frozen=True):
    """The raster: square cells from its south-west corner."""

    west_m: Metres
    south_m: Metres
    cell_m: Annotated[float, number("m", ge=0.5, le=1000)]
    columns: Annotated[int, number("-", ge=2, le=4000)]
    rows: Annotated[int, number("-", ge=2, le=4000)]

    def check(self, at: str) -> Iterator[Fault]:
        """No more cells than memory bears."""
        if self.columns * self.rows > MOST_CELLS:
            yield Fault(f"{at}.columns", f"times rows are {self.columns * self.rows} cells", f"give at most {MOST_CELLS}")


class WeatherClass(msgspec.Struct, frozen=True):
    """A class of weather: stability and wind at 10 m."""

    stability: Stability
    wind_m_s: Annotated[float, number("m/s", ge=0.5, le=40)]


class JointTable(msgspec.Struct, frozen=True, tag_field="kind", tag="joint"):
    """Joint frequency of weather and direction.

    day and night: a row for each class, a value for each sector the wind blows *from*, the first one north. The values of a
    period may sum to 1 or to any count; day_share [-] is the part of the year that is day. Without night the day's table holds
    always.
    """

    classes: Annotated[list[WeatherClass], msgspec.Meta(min_length=1, max_length=36)]
    day: Annotated[list[list[Annotated[float, number("-", ge=0, le=1e9)]]], msgspec.Meta(min_length=1, max_length=36)]
    night: Annotated[list[list[Annotated[float, number("-", ge=0, le=1e9)]]], msgspec.Meta(max_length=36)] | None = None
    day_share: Share | None = None

    @property
    def classes_count(self) -> int:
        """How many classes of weather [-]."""
        return len(self.classes)

    @property
    def sectors_count(self) -> int:
        """How many sectors [-]."""
        return len(self.day[0])

    def check(self, at: str) -> Iterator[Fault]:
        """Rows as many as classes, all of one length that divides the circle."""
        for name, table in (("day", self.day), ("night", self.night)):
            if table is None:
                continue
            if len(table) != len(self.classes):
                yield Fault(f"{at}.{name}", f"has {len(table)} rows for {len(self.classes)} classes", "give a row for each class")
            if {len(row) for row in table} - {len(self.day[0])}:
                yield Fault(f"{at}.{name}", "has rows of different length", "give a value for each sector in every row")
            if sum(map(sum, table)) <= 0:
                yield Fault(f"{at}.{name}", "sums to 0", "give frequencies")
        if len(self.day[0]) not in (8, 12, 16, 36):
            yield Fault(f"{at}.day[0]", f"has {len(self.day[0])} sectors", "give 8, 12, 16 or 36")


class StationRecord(msgspec.Struct, frozen=True, tag_field="kind", tag="station"):
    """A station's record, evenly spaced in time. null is a gap.

    wind_m_s at 10 m; from_deg: where the wind comes from; cloud: total cover [0 to 1]; sun_w_m2: global radiation; is_day, where
    radiation is missing. start_hour: local hour of the first record. sectors [-] of the table that is made of it; classes: into
    which it is gathered, by default those of AQ/T 3046-2013 Table 9.
    """

    wind_m_s: Annotated[
        list[Annotated[float, number("m/s", ge=0, le=100)] | None], msgspec.Meta(min_length=24, max_length=100_000)
    ]
    from_deg: Annotated[list[Annotated[float, number("°", ge=0, le=360)] | None], msgspec.Meta(min_length=24, max_length=100_000)]
    cloud: Annotated[list[Annotated[float, number("-", ge=0, le=1)] | None], msgspec.Meta(max_length=100_000)] | None = None
    sun_w_m2: (
        Annotated[list[Annotated[float, number("W/m²", ge=-50, le=1500)] | None], msgspec.Meta(max_length=100_000)] | None
    ) = None
    step_h: Annotated[float, number("h", gt=0, le=24)] = 1.0
    start_hour: Annotated[float, number("h", ge=0, lt=24)] = 0.0
    sectors: Literal[8, 12, 16, 36] = 16
    classes: Annotated[list[WeatherClass], msgspec.Meta(min_length=1, max_length=36)] | None = None

    @property
    def classes_count(self) -> int:
        """How many classes of weather [-]."""
        return len(self.classes) if self.classes else 6

    @property
    def sectors_count(self) -> int:
        """How many sectors [-]."""
        return self.sectors

    def check(self, at: str) -> Iterator[Fault]:
        """All series of one length."""
        for name in ("from_deg", "cloud", "sun_w_m2"):
            series = getattr(self, name)
            if series is not None and len(series) != len(self.wind_m_s):
                yield Fault(
                    f"{at}.{name}", f"has {len(series)} records, the wind {len(self.wind_m_s)}", "give one for each hour of wind"
                )


class Equipment(msgspec.Struct, frozen=True):
    """One item of equipment with what is in it.

    kind and variant as in the set of frequencies. pressure_kpa: over that of the air. bore_mm: of the pipe or connection;
    length_m: of a pipe; hours_per_year: of use, of hoses and arms; largest_connection_mm: of a vessel; head_m: liquid above the
    hole. bund_m2: ground a pool can cover. volume_m3: of the vessel, for escalation. congested_m3: obstructed volume a cloud can
    fill. detection, isolation: classes of AQ/T 3046-2013 Table F.1. factor [-]: on the frequency, for management or age. tnt_kg:
    explosives held, as TNT. s_ratio [-]: Σ q/Q of its unit by GB 18218.
    """

    id: Name
    kind: Kind
    x_m: Metres
    y_m: Metres
    substance: Name
    inventory_t: Annotated[float, number("t", gt=0, le=1e6)]
    unit: str = ""
    enterprise: str = ""
    variant: str | None = None
    temperature_c: Annotated[float, number("°C", ge=-200, le=800)] | None = None
    pressure_kpa: Annotated[float, number("kPa", ge=0, le=1e5)] | None = None
    bore_mm: Annotated[float, number("mm", gt=0, le=3000)] | None = None
    length_m: Annotated[float, number("m", gt=0, le=1e5)] | None = None
    hours_per_year: Hours | None = None
    largest_connection_mm: Annotated[float, number("mm", gt=0, le=3000)] | None = None
    head_m: Annotated[float, number("m", ge=0, le=100)] | None = None
    elevation_m: Annotated[float, number("m", ge=0, le=200)] | None = None
    bund_m2: Annotated[float, number("m²", gt=0, le=1e6)] | None = None
    volume_m3: Annotated[float, number("m³", gt=0, le=1e6)] | None = None
    congested_m3: Annotated[float, number("m³", ge=0, le=1e7)] | None = None
    detection: Class | None = None
    isolation: Class | None = None
    factor: Annotated[float, number("-", gt=0, le=100)] = 1.0
    tnt_kg: Annotated[float, number("kg", ge=0, le=1e8)] = 0.0
    s_ratio: Annotated[float, number("-", ge=0, le=1e6)] | None = None


class PopulationCell(msgspec.Struct, frozen=True):
    """People spread evenly over a square about (x, y); side 0 is a point. Shares of those indoors by period [-]."""

    x_m: Metres
    y_m: Metres
    day: Annotated[float, number("persons", ge=0, le=1e7)]
    night: Annotated[float, number("persons", ge=0, le=1e7)]
    side_m: Annotated[float, number("m", ge=0, le=20_000)] = 0.0
    indoors_day: Share | None = None
    indoors_night: Share | None = None


class IgnitionSource(msgspec.Struct, frozen=True):
    """Something that may light a cloud: source as in AQ/T 3046-2013 Table G.5.

    count: how many, hundreds of metres or persons; presence: share of the time.
    """

    x_m: Metres
    y_m: Metres
    source: Literal[
        "motor vehicle", "flame", "outdoor furnace", "indoor furnace", "outdoor boiler", "indoor boiler", "ship", "ship with dangerous goods",
        "fishing boat", "yacht", "diesel locomotive", "electric locomotive", "power line", "chemical plant", "refinery", "heavy industry",
        "resident", "worker",
    ]  # fmt: skip
    count: Annotated[float, number("-", ge=0, le=1e6)] = 1.0
    presence_day: Share = 1.0
    presence_night: Share = 1.0


class ProtectedTarget(msgspec.Struct, frozen=True):
    """A place to be protected, by its class in GB 36894-2018."""

    id: Name
    x_m: Metres
    y_m: Metres
    target: Target


class Sets(msgspec.Struct, frozen=True):
    """Names of the sets and editions to use; null takes the default, which the result names."""

    frequencies: str | None = None
    toxic_probits: str | None = None
    criteria: str | None = None
    widths: str | None = None


class Options(msgspec.Struct, frozen=True):
    """Choices of the analysis.

    pencils: wind along the middle of sectors alone. delayed: "sources" by the map of ignition sources, "all" lights every cloud
    that did not burn at once. situation of the installation for the limits. flammable_limit_share [-]: 1 for the lower flammable
    limit, 0.5 for half of it. blast_strength [-]: of the multi-energy method. domino: count escalation. points: where
    contributors are ranked, besides the targets.
    """

    pencils: bool = False
    delayed: Literal["sources", "all"] | None = None
    situation: Literal["new", "in service"] = "new"
    flammable_limit_share: Annotated[float, number("-", ge=0.25, le=1)] = 1.0
    blast_strength: Annotated[int, number("-", ge=1, le=10)] | None = None
    domino: bool = False
    points: Annotated[list[Annotated[list[Metres], msgspec.Meta(min_length=2, max_length=2)]], msgspec.Meta(max_length=50)] = []
    contributors: Annotated[int, number("-", ge=1, le=100)] = 10


class QraInput(msgspec.Struct, frozen=True):
    """Everything a quantitative risk analysis depends on."""

    name: Name
    area: Area
    weather: JointTable | StationRecord
    equipment: Annotated[list[Equipment], msgspec.Meta(min_length=1, max_length=MOST_EQUIPMENT)]
    site: Site = Site()
    population: Annotated[list[PopulationCell], msgspec.Meta(max_length=100_000)] = []
    ignition_sources: Annotated[list[IgnitionSource], msgspec.Meta(max_length=5000)] = []
    targets: Annotated[list[ProtectedTarget], msgspec.Meta(max_length=500)] = []
    sets: Sets = Sets()
    options: Options = Options()

    def check(self, at: str) -> Iterator[Fault]:
        """Names are given once; equipment lies within reach of the raster."""
        for name in ("equipment", "targets"):
            seen: set[str] = set()
            for i, item in enumerate(getattr(self, name)):
                if item.id in seen:
                    yield Fault(f"{name}[{i}].id", f"{item.id!r} is given twice", "give each a name of its own")
                seen.add(item.id)
        size = len(self.equipment) * self.weather.classes_count * self.weather.sectors_count
        if size > MOST_TABLES:
            text = f"times classes of weather and sectors are {size}"
            yield Fault("equipment", text, f"give fewer items, classes or sectors: at most {MOST_TABLES} together")
        area = self.area
        east, north = area.west_m + area.columns * area.cell_m, area.south_m + area.rows * area.cell_m
        for i, item in enumerate(self.equipment):
            away = math.hypot(
                max(area.west_m - item.x_m, item.x_m - east, 0.0), max(area.south_m - item.y_m, item.y_m - north, 0.0)
            )
            if away > 50_000:
                yield Fault(
                    f"equipment[{i}].x_m", f"lies {away / 1000:.0f} km outside the area", "correct the position or the area"
                )
