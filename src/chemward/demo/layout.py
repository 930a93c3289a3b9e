"""Draws one enterprise on its lot: zones between internal roads, units, equipment, buildings.

Everything is drawn from a random generator that belongs to the enterprise alone, so that a change in one lot leaves the others
as they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chemward.demo.geometry import XY, Plane, Rect, centre, inset, size
from chemward.demo.records import Area, Building, Equipment, Organisation, Road, Unit

LOT_INSET_M = 14.0
ROAD_M = 7.0
AREA_NAMES = {
    "process": "生产区",
    "tanks": "罐区",
    "hall": "仓库区",
    "loading": "装卸区",
    "basins": "公用工程区",
    "bay": "停车区",
    "admin": "厂前区",
}
# Rows of a process unit counted from the pipe rack outwards.
ROWS = (
    ("pump", "exchanger", "pump", "drum"),
    ("column", "structure", "drum", "column", "exchanger", "structure"),
    ("reactor", "structure", "exchanger", "compressor", "drum", "structure"),
    ("structure", "heater", "column", "structure", "drum"),
)
LETTER = {
    "pump": "P",
    "exchanger": "E",
    "drum": "V",
    "column": "C",
    "reactor": "R",
    "compressor": "K",
    "heater": "F",
    "structure": "S",
    "rack": "PR",
    "tank": "T",
    "dike": "D",
    "basin": "B",
    "hall": "W",
    "loading_arm": "LA",
    "bay": "BY",
}
NAME = {
    "pump": "泵",
    "exchanger": "换热器",
    "drum": "容器",
    "column": "塔",
    "reactor": "反应器",
    "compressor": "压缩机",
    "heater": "加热炉",
    "structure": "框架",
    "rack": "管廊",
    "tank": "罐",
    "dike": "防火堤",
    "basin": "池",
    "hall": "库房",
    "loading_arm": "鹤位",
    "bay": "车位",
}


@dataclass(frozen=True)
class Zone:
    """A zone of a lot, with the row of the table that says what stands on it."""

    rect: Rect
    row: dict[str, Any]
    area: Area
    unit: Unit | None


@dataclass
class Site:
    """The drawing of one enterprise, filled in by `draw`."""

    organisation: Organisation
    lot: Rect
    areas: list[Area] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    equipment: list[Equipment] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)


def draw(row: dict[str, Any], plane: Plane, park: str, seed: int) -> Site:
    """The site of one enterprise from its row in `enterprises.toml`."""
    x0, y0, x1, y1 = (float(v) for v in row["lot"])
    lot = inset((x0, y0, x1, y1), LOT_INSET_M)
    organisation = Organisation(
        code=row["code"],
        name=row["name"],
        short=row["name"],
        kind="enterprise",
        parent=park,
        geometry=plane.rectangle(lot),
        industry=row["industry"],
        staff=row["staff"],
    )
    return _Draughtsman(Site(organisation, lot), plane, Random(f"{seed}/{row['code']}")).draw(row)


class _Draughtsman:
    def __init__(self, site: Site, plane: Plane, random: Random) -> None:
        self.site, self.plane, self.random = site, plane, random
        self.numbers: dict[tuple[str, str], int] = {}

    def draw(self, row: dict[str, Any]) -> Site:
        for rect, zone_row in zip(self.rects(row["grid"]), row["zones"], strict=True):
            zone = self.zone(rect, zone_row)
            self.site.zones.append(zone)
            fill: Callable[[Zone], None] = getattr(self, f"draw_{zone_row['kind']}")
            fill(zone)
        return self.site

    # -- zones ----------------------------------------------------------------------------------------------------

    def rects(self, grid: list[int]) -> Iterator[Rect]:
        """Cuts the lot by internal roads: columns × rows, from the lower left."""
        columns, rows = grid
        x0, y0, x1, y1 = self.site.lot
        xs = [x0, *self.cuts(x0, x1, columns), x1]
        ys = [y0, *self.cuts(y0, y1, rows), y1]
        for x in xs[1:-1]:
            self.road([(x, y0), (x, y1)])
        for y in ys[1:-1]:
            self.road([(x0, y), (x1, y)])
        margin = min(12.0, (x1 - x0) / columns * 0.07)
        for j in range(rows):
            for i in range(columns):
                yield inset((xs[i], ys[j], xs[i + 1], ys[j + 1]), margin)

    def cuts(self, a: float, b: float, parts: int) -> list[float]:
        step = (b - a) / parts
        return [a + step * (i + self.random.uniform(-0.06, 0.06)) for i in range(1, parts)]

    def road(self, path: list[XY]) -> None:
        code = f"{self.site.organisation.code}-ROAD{len(self.site.roads) + 1}"
        self.site.roads.append(Road(code, "", 0, self.site.organisation.code, self.plane.line(path)))

    def zone(self, rect: Rect, row: dict[str, Any]) -> Zone:
        owner = self.site.organisation.code
        code = f"{owner}-A{len(self.site.areas) + 1}"
        name = row["name"] if row["kind"] == "admin" else f"{row['name']}{AREA_NAMES[row['kind']]}"
        if name.endswith("罐区罐区"):
            name = row["name"]
        area = Area(code, owner, name, AREA_NAMES[row["kind"]], self.plane.rectangle(rect))
        self.site.areas.append(area)
        if row["kind"] == "admin":
            return Zone(rect, row, area, None)
        unit = Unit(
            code=f"{owner}-{row['number']}",
            area=code,
            enterprise=owner,
            number=row["number"],
            name=row["name"],
            kind=row["kind"],
            material=row["material"],
            gases=tuple(row["gases"]),
            geometry=self.plane.rectangle(rect),
            major_hazard=row.get("major_hazard", ""),
        )
        self.site.units.append(unit)
        return Zone(rect, row, area, unit)

    # -- equipment ------------------------------------------------------------------------------------------------

    def add(self, zone: Zone, kind: str, shape: dict[str, Any], at: XY, **more: Any) -> Equipment:
        assert zone.unit is not None
        number, suffix = self.next_number(zone.unit, kind)
        tag_no = f"{LETTER[kind]}-{number}{suffix}"
        equipment = Equipment(
            code=f"{zone.unit.enterprise}-{tag_no}",
            unit=zone.unit.code,
            enterprise=zone.unit.enterprise,
            tag_no=tag_no,
            name=f"{more.pop('label', '')}{NAME[kind]} {tag_no}",
            kind=kind,
            geometry=shape,
            at=self.plane.east_north(*at),
            material=zone.unit.material,
            **more,
        )
        self.site.equipment.append(equipment)
        return equipment

    def next_number(self, unit: Unit, kind: str) -> tuple[int, str]:
        """Running number of a kind in a unit; pumps come in pairs A and B."""
        n = self.numbers[unit.code, kind] = self.numbers.get((unit.code, kind), 0) + 1
        if kind == "pump":
            return unit.number * 100 + (n + 1) // 2, "A" if n % 2 else "B"
        return unit.number * 100 + n, ""

    def rectangle(self, zone: Zone, kind: str, rect: Rect, **more: Any) -> Equipment:
        return self.add(zone, kind, self.plane.rectangle(rect), centre(rect), **more)

    def circle(self, zone: Zone, kind: str, x: float, y: float, radius: float, **more: Any) -> Equipment:
        return self.add(
            zone, kind, self.plane.circle(x, y, radius, 14 if radius < 6 else 24), (x, y), radius_m=round(radius, 2), **more
        )

    # -- what stands in a zone ------------------------------------------------------------------------------------

    def draw_process(self, zone: Zone) -> None:
        x0, y0, x1, y1 = zone.rect
        rack = (y0 + y1) / 2
        self.rectangle(zone, "rack", (x0 + 6, rack - 2.5, x1 - 6, rack + 2.5))
        for up in (1, -1):
            row, y = 0, rack + up * 11.0
            while y0 + 9 < y < y1 - 9:
                self.draw_row(zone, y, ROWS[min(row, 2 + row % 2)])
                row, y = row + 1, y + up * self.random.uniform(17, 21)

    def draw_row(self, zone: Zone, y: float, kinds: tuple[str, ...]) -> None:
        x0, _, x1, _ = zone.rect
        x, i = x0 + self.random.uniform(7, 16), self.random.randrange(len(kinds))
        while True:
            kind = kinds[i % len(kinds)]
            width, height = self.footprint(kind)
            if x + width > x1 - 6:
                return
            jitter = self.random.uniform(-1.5, 1.5)
            if kind in ("column", "reactor"):
                self.circle(zone, kind, x + width / 2, y + jitter, width / 2)
            else:
                self.rectangle(zone, kind, (x, y - height / 2 + jitter, x + width, y + height / 2 + jitter))
            x, i = x + width + self.random.uniform(5, 15), i + 1

    def footprint(self, kind: str) -> tuple[float, float]:
        r = self.random.uniform
        sizes: dict[str, Callable[[], tuple[float, float]]] = {
            "pump": lambda: (6.0, 4.0),
            "exchanger": lambda: (r(9, 15), r(4, 6)),
            "drum": lambda: (r(9, 14), r(4, 6)),
            "column": lambda: (r(6, 11), 0.0),
            "reactor": lambda: (r(8, 12), 0.0),
            "compressor": lambda: (r(18, 24), r(10, 12)),
            "heater": lambda: (r(10, 14), r(9, 11)),
            "structure": lambda: (r(8, 24), r(7, 12)),
        }
        return sizes[kind]()

    def draw_tanks(self, zone: Zone) -> None:
        for dike in self.dikes(zone):
            self.draw_dike(zone, dike, float(zone.row["radius"]))

    def dikes(self, zone: Zone) -> list[Rect]:
        """One dike, or three on a large zone: one large left, two right."""
        x0, y0, x1, y1 = zone.rect
        w, h = size(zone.rect)
        if w * h < 15_000:
            return [zone.rect]
        if w > h:
            c, s = x0 + w * self.random.uniform(0.45, 0.58), y0 + h * self.random.uniform(0.42, 0.58)
            return [(x0, y0, c - 5, y1), (c + 5, y0, x1, s - 5), (c + 5, s + 5, x1, y1)]
        c, s = y0 + h * self.random.uniform(0.45, 0.58), x0 + w * self.random.uniform(0.42, 0.58)
        return [(x0, y0, x1, c - 5), (x0, c + 5, s - 5, y1), (s + 5, c + 5, x1, y1)]

    def draw_dike(self, zone: Zone, rect: Rect, radius: float) -> None:
        dike = self.rectangle(zone, "dike", rect)
        w, h = size(rect)
        radius = min(radius * self.random.uniform(0.86, 1.12), w / 2.6, h / 2.6)
        pitch = max(radius * 3, math.sqrt(w * h / 9))
        columns, rows = max(1, int(w / pitch)), max(1, int(h / pitch))
        for i in range(columns):
            for j in range(rows):
                r = radius * self.random.uniform(0.92, 1.0)
                x, y = rect[0] + w / columns * (i + 0.5), rect[1] + h / rows * (j + 0.5)
                storage = zone.row["storage"]
                volume = 4 / 3 * math.pi * r**3 if storage != "atmospheric" else math.pi * r * r * min(14.0, 1.2 * r)
                facts = {"storage": storage, "volume_m3": round(volume, -1), "within": dike.code, "label": zone.row["material"]}
                self.circle(zone, "tank", x, y, r, **facts)

    def draw_basins(self, zone: Zone) -> None:
        w, h = size(zone.rect)
        radius = min(float(zone.row["radius"]), w / 2.4, h / 2.4)
        columns, rows = max(1, int(w / (radius * 2.7))), max(1, min(4, int(h / (radius * 2.7))))
        for i in range(columns):
            for j in range(rows):
                x, y = zone.rect[0] + w / columns * (i + 0.5), zone.rect[1] + h / rows * (j + 0.5)
                self.circle(
                    zone, "basin", x, y, radius * self.random.uniform(0.9, 1.0), storage="basin", label=zone.row["material"]
                )

    def draw_hall(self, zone: Zone) -> None:
        x0, y0, x1, y1 = zone.rect
        n = max(1, round((y1 - y0) / 56))
        h = (y1 - y0) / n
        for i in range(n):
            rect = (x0, y0 + i * h + 6, x1, y0 + (i + 1) * h - 8)
            hall = self.rectangle(zone, "hall", rect)
            self.building(zone, "warehouse", f"{zone.row['name']} {hall.tag_no}", rect)

    def draw_loading(self, zone: Zone) -> None:
        x0, y0, x1, y1 = zone.rect
        y = y0 + 14
        while y + 22 < y1:
            x = x0 + 10
            while x + 16 < x1 - 8:
                self.rectangle(zone, "loading_arm", (x, y, x + 5, y + 16))
                x += 24
            y += 46

    def draw_bay(self, zone: Zone) -> None:
        x0, y0, x1, y1 = zone.rect
        for y in (y0 + 6, y1 - 34):
            x = x0 + 6
            while x + 9 < x1:
                self.rectangle(zone, "bay", (x, y, x + 7, y + 26))
                x += 12

    def draw_admin(self, zone: Zone) -> None:
        x0, y0, x1, y1 = zone.rect
        w, h = size(zone.rect)
        self.building(zone, "green", "厂前区绿地", zone.rect)
        self.building(zone, "office", "办公楼", (x0 + 10, y0 + 10, x0 + 10 + w * 0.2, y1 - h * 0.12))
        self.building(
            zone, "control_room", "中控室", (x0 + 20 + w * 0.25, y0 + 14, min(x1 - 8, x0 + 20 + w * 0.6), y0 + 14 + h * 0.22)
        )

    def building(self, zone: Zone, kind: Any, name: str, rect: Rect) -> None:
        owner = self.site.organisation.code
        code = f"{owner}-BLD{len(self.site.buildings) + 1}"
        self.site.buildings.append(Building(code, owner, name, kind, self.plane.rectangle(rect)))
