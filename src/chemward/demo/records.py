"""The records of a plan of the demo park: plain frozen dataclasses with stable codes, no database.

Positions are kept twice: `geometry` is GeoJSON in longitude and latitude (CGCS2000, degrees), `at` is (east, north) in metres from
the origin of the park, which is what the physics needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Geometry = dict[str, Any]  # a GeoJSON geometry
Point = tuple[float, float]  # metres
Kind = Literal["number", "state", "counter", "text"]
AlarmType = Literal["HH", "H", "L", "LL", "ROC", "DEV", "STATE", "STALE", "BAD"]
PayloadForm = Literal["columns", "rows", "single", "binary"]


@dataclass(frozen=True)
class Organisation:
    """A unit of the tree province → city → park → enterprise, or a contractor of the park."""

    code: str
    name: str
    short: str
    kind: Literal["province", "city", "park", "enterprise", "contractor"]
    parent: str  # code, "" for the root
    geometry: Geometry | None = None
    industry: str = ""
    staff: int = 0


@dataclass(frozen=True)
class Area:
    """厂区分区: 生产区, 罐区, 仓库区, 装卸区, 公用工程区, 厂前区."""

    code: str
    enterprise: str
    name: str
    kind: str
    geometry: Geometry
    guidance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    """装置, 罐组, 仓库: what a number block of tags belongs to."""

    code: str
    area: str
    enterprise: str
    number: int
    name: str
    kind: Literal["process", "tanks", "hall", "loading", "basins", "bay"]
    material: str
    gases: tuple[str, ...]
    geometry: Geometry
    major_hazard: str = ""  # 一级 … 四级, "" for none


@dataclass(frozen=True)
class Equipment:
    """A vessel, machine or structure. `volume_m3` is 0 where it means nothing."""

    code: str
    unit: str
    enterprise: str
    tag_no: str
    name: str
    kind: str
    geometry: Geometry
    at: Point
    material: str = ""
    storage: str = ""
    volume_m3: float = 0.0
    radius_m: float = 0.0  # of round things, else 0
    within: str = ""  # code of the dike a tank stands in


@dataclass(frozen=True)
class Instrument:
    """One measuring point on an equipment (or, for a gas detector, in a unit)."""

    code: str
    tag_no: str
    name: str
    quantity: str
    equipment: str  # code, "" for a detector that watches the whole unit
    unit: str  # code, "" for the park's own
    owner: str  # organisation code
    place: str
    geometry: Geometry
    at: Point


@dataclass(frozen=True)
class Alarm:
    """One alarm definition, with everything the master alarm database keeps. Limits are in the unit of the tag."""

    type: AlarmType
    limit: float
    deadband: float
    on_s: float
    off_s: float
    priority: int
    level: int
    title: str
    alarm_class: str  # gas, safety, process, instrument
    severity: str  # of the consequence: severe, major, moderate, minor
    consequence: str
    response: str
    respond_s: int
    guidance: tuple[str, ...]
    source: str
    latch: bool = False
    count: int = 1
    window_s: float = 0.0
    reference: str = ""  # DEV: tag key compared with
    suppress: Mapping[str, Any] | None = None  # condition with tag keys in place of numbers
    reason: str = ""
    major_hazard: bool = False


@dataclass(frozen=True)
class Tag:
    """One measured value of one instrument. `key` is unique in the park, `code` in its feed."""

    key: str
    code: str
    feed: str
    instrument: str
    owner: str
    name: str
    kind: Kind
    quantity: str
    unit: str
    lo: float
    hi: float
    period_s: int
    resolution: float
    frozen_s: int
    place: str
    model: str
    normal: float = 0.0
    swing: float = 0.0
    gas: str = ""
    states: Mapping[str, int] = field(default_factory=dict)
    send_unit: str = ""  # unit the gateway sends in when it is not `unit`
    conversions: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # from unit: (factor, offset)
    alarms: tuple[Alarm, ...] = ()
    equipment: str = ""
    at: Point = (0.0, 0.0)


@dataclass(frozen=True)
class Feed:
    """One connection of one owner. `key` is stable in the plan; the platform gives it an opaque id when it is created."""

    key: str
    owner: str
    name: str
    form: PayloadForm
    period_s: int
    lateness_s: int
    skew_s: float = 0.0


@dataclass(frozen=True)
class Building:
    code: str
    owner: str
    name: str
    kind: Literal["office", "control_room", "warehouse", "green", "fire_station"]
    geometry: Geometry


@dataclass(frozen=True)
class Road:
    code: str
    name: str
    road_class: int  # 3 main, 2 park, 1 outside the fence, 0 inside an enterprise
    owner: str
    geometry: Geometry


@dataclass(frozen=True)
class Gate:
    code: str
    name: str
    kind: Literal["main", "hazardous", "small", "emergency"]
    geometry: Geometry


@dataclass(frozen=True)
class Camera:
    code: str
    name: str
    kind: Literal["dome", "bullet"]
    owner: str
    unit: str
    geometry: Geometry
    at: Point
    heading_deg: float


@dataclass(frozen=True)
class ProtectedTarget:
    code: str
    name: str
    kind: str
    category: str  # GB 36894-2018
    day: int
    night: int
    geometry: Geometry


@dataclass(frozen=True)
class PopulationCell:
    code: str
    day: int
    night: int
    geometry: Geometry


@dataclass(frozen=True)
class Feature:
    """A feature of the ground that belongs to nobody's register: river, fence, gallery, field, house."""

    code: str
    kind: Literal["river", "fence", "control_line", "gallery", "field", "house"]
    name: str
    geometry: Geometry


@dataclass(frozen=True)
class User:
    username: str
    name: str
    role: str
    organisation: str
    post: str
    deputy: str = ""  # username


@dataclass(frozen=True)
class Plan:
    """Everything the demo park consists of. All collections are in a stable order."""

    seed: int
    organisations: tuple[Organisation, ...]
    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    equipment: tuple[Equipment, ...]
    instruments: tuple[Instrument, ...]
    feeds: tuple[Feed, ...]
    tags: tuple[Tag, ...]
    buildings: tuple[Building, ...]
    roads: tuple[Road, ...]
    gates: tuple[Gate, ...]
    cameras: tuple[Camera, ...]
    targets: tuple[ProtectedTarget, ...]
    population: tuple[PopulationCell, ...]
    features: tuple[Feature, ...]
    users: tuple[User, ...]

    @cached_property
    def enterprises(self) -> tuple[Organisation, ...]:
        return tuple(o for o in self.organisations if o.kind == "enterprise")

    @cached_property
    def organisation(self) -> dict[str, Organisation]:
        return {o.code: o for o in self.organisations}

    @cached_property
    def tag(self) -> dict[str, Tag]:
        return {t.key: t for t in self.tags}

    @cached_property
    def tag_index(self) -> dict[str, int]:
        return {t.key: i for i, t in enumerate(self.tags)}

    def tags_of(self, feed: str) -> tuple[Tag, ...]:
        return tuple(t for t in self.tags if t.feed == feed)
