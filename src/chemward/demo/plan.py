"""The plan of the demo park: `build(seed)` gives every organisation, asset, tag, alarm and user, the same each time.

Everything in it is plainly invented: names carry 示范, people are a role and 甲乙丙.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from shapely import Polygon, box

from chemward.demo.geometry import Plane
from chemward.demo.instruments import Instruments, make_alarm
from chemward.demo.layout import Site, draw
from chemward.demo.records import (
    Building,
    Camera,
    Feature,
    Feed,
    Gate,
    Organisation,
    Plan,
    PopulationCell,
    ProtectedTarget,
    Road,
    Tag,
    User,
)
from chemward.demo.tables import table

DEFAULT_SEED = 7
CELL_M = 500.0
STEMS = ("甲", "乙", "丙", "丁")
STEM_LETTERS = ("jia", "yi", "bing", "ding")
WEATHER_QUANTITIES = ("wind_speed", "wind_direction", "wind_gust", "air_temperature", "humidity", "air_pressure", "stability")


@cache
def build(seed: int = DEFAULT_SEED) -> Plan:
    """The plan of the demo park. The same seed gives an equal plan; other seeds draw other plants on the same lots."""
    park = table("park")
    plane = Plane.from_table(park["plane"])
    sites = [draw(row, plane, park["park"]["code"], seed) for row in table("enterprises")["enterprise"]]
    feeds = [f for row in table("enterprises")["enterprise"] for f in _feeds(row)] + [_park_feed()]
    hung = [_instruments(site, plane, seed) for site in sites] + [_park_instruments(plane, seed)]
    targets = _targets(plane)
    return Plan(
        seed=seed,
        organisations=(*_organisations(plane), *(s.organisation for s in sites), *_contractors()),
        areas=tuple(a for s in sites for a in s.areas),
        units=tuple(u for s in sites for u in s.units),
        equipment=tuple(e for s in sites for e in s.equipment),
        instruments=tuple(i for h in hung for i in h.instruments),
        feeds=tuple(feeds),
        tags=tuple(t for h in hung for t in _by_gateway(h.tags)),
        buildings=(*(b for s in sites for b in s.buildings), *_park_buildings(plane)),
        roads=(*_park_roads(plane), *(r for s in sites for r in s.roads)),
        gates=_gates(plane),
        cameras=_cameras(sites, plane, seed),
        targets=targets,
        population=_population(sites, plane),
        features=_features(plane, seed),
        users=_users(),
    )


# -- organisations and people -----------------------------------------------------------------------------------------


def _organisations(plane: Plane) -> list[Organisation]:
    park = table("park")
    parent = ""
    made = []
    for kind in ("province", "city", "park"):
        row = park[kind]
        geometry = plane.polygon(park["park"]["fence"]) if kind == "park" else None
        made.append(Organisation(row["code"], row["name"], row["short"], kind, parent, geometry))  # type: ignore[arg-type]
        parent = row["code"]
    return made


def _contractors() -> list[Organisation]:
    park = table("park")
    return [Organisation(c["code"], c["name"], c["name"], "contractor", park["park"]["code"]) for c in park["contractor"]]


def _users() -> tuple[User, ...]:
    park = table("park")
    at_park, at_city, at_province = (park[k]["code"] for k in ("park", "city", "province"))
    users = [
        *_people("duty", "值班员", "duty_officer", at_park, "园区值班室", 4),
        *_people("lead", "值班长", "duty_lead", at_park, "园区值班室", 2),
        *_people("bureau", "园区安监员", "park_safety", at_park, "园区安监局", 2),
        *_people("city", "市局监管员", "city_bureau", at_city, "市应急管理局", 2),
        *_people("province", "省厅监管员", "province_bureau", at_province, "省应急管理厅", 2),
        *_people("integrator", "接入工程师", "integrator", at_park, "园区信息中心", 1),
        *_people("admin", "系统管理员", "platform_administrator", at_province, "信息中心", 1),
        *_people("wall", "值班大屏", "wall", at_park, "园区值班室", 1),
    ]
    for row in table("enterprises")["enterprise"]:
        name = row["code"].lower()
        users += _people(f"{name}.safety", f"{row['name']}安全员", "enterprise_safety", row["code"], "安全管理部", 2)
        users += _people(f"{name}.lead", f"{row['name']}安全负责人", "enterprise_lead", row["code"], "安全管理部", 1)
        users += _people(f"{name}.shift", f"{row['name']}班长", "enterprise_operator", row["code"], "中控室", 1)
    for row in park["contractor"]:
        users += _people(
            row["code"].lower().removeprefix("demo-"), f"{row['name']}负责人", "contractor", row["code"], "项目部", 1
        )
    return tuple(users)


def _people(prefix: str, title: str, role: str, organisation: str, post: str, n: int) -> list[User]:
    """n people of one post; each has the next one as deputy."""
    names = [f"{prefix}.{letters}" for letters in STEM_LETTERS[:n]]
    deputies = [names[(i + 1) % n] if n > 1 else "" for i in range(n)]
    return [User(u, f"{title} {STEMS[i]}", role, organisation, post, deputies[i]) for i, u in enumerate(names)]


# -- feeds and tags ---------------------------------------------------------------------------------------------------


def _feeds(row: dict[str, Any]) -> list[Feed]:
    form = row.get("payload") or ("rows" if int(row["code"][1:]) % 4 == 3 else "columns")
    feed = Feed(row["code"], row["code"], f"{row['name']}数据网关", form, 5, 120, row.get("skew_s", 0.0))
    if row["code"] != "E22":
        return [feed]
    return [feed, Feed("E22-2", "E22", f"{row['name']}边缘网关 2", "rows", 5, 120)]


def _park_feed() -> Feed:
    return Feed("K", table("park")["park"]["code"], "园区气象与边界监测", "columns", 1, 120)


def _by_gateway(tags: list[Tag]) -> list[Tag]:
    """The third warehouse of 示范仓储 hangs on an edge gateway of its own."""
    return [
        replace(t, feed="E22-2") if t.feed == "E22" and t.instrument.startswith("E22-") and _block(t) == 53 else t for t in tags
    ]


def _block(tag: Tag) -> int:
    digits = "".join(c for c in tag.code.split("-", 1)[1] if c.isdigit()) if "-" in tag.code else "0"
    return int(digits) // 100


def _instruments(site: Site, plane: Plane, seed: int) -> Instruments:
    code = site.organisation.code
    hung = Instruments(code, code, plane, Random(f"{seed}/{code}/instruments"))
    hung.hang(site)
    return hung


def _park_instruments(plane: Plane, seed: int) -> Instruments:
    park = table("park")
    hung = Instruments(park["park"]["code"], "K", plane, Random(f"{seed}/park/instruments"))
    _weather_station(hung, park["weather_station"], plane)
    for x, y, place in park["fence_line"]["points"]:
        for gas in park["fence_line"]["gases"]:
            hung.detector(gas, hung.number("K", "GT", 9000), place, plane.east_north(x, y), None, None)
    return hung


def _weather_station(hung: Instruments, station: dict[str, Any], plane: Plane) -> None:
    for quantity in WEATHER_QUANTITIES:
        row = table("quantities")[quantity]
        lo, hi = row.get("span", (0, 2))
        facts: dict[str, Any] = {
            "kind": row["kind"],
            "quantity": quantity,
            "unit": row["unit"],
            "lo": float(lo),
            "hi": float(hi),
            "period_s": row["period_s"],
            "resolution": row.get("resolution", 0.0),
            "frozen_s": row["frozen_s"],
            "model": quantity,
        }
        if quantity == "wind_speed":
            source = table("alarms")["source"]["wind_speed"]
            words = {"thing": station["name"], "place": station["name"]}
            facts["alarms"] = (make_alarm("wind_speed_H", "H", 10.8, row, facts, source, words, None, {}),)
        at = plane.east_north(*station["at"])
        name = f"{station['name']} {row['name']}"
        hung.add(
            tag_no=f"{station['code']}.{row['letters']}",
            unit=None,
            place=station["name"],
            at=at,
            equipment=None,
            name=name,
            facts=facts,
        )


# -- what belongs to the park -----------------------------------------------------------------------------------------


def _park_roads(plane: Plane) -> list[Road]:
    park = table("park")
    code = park["park"]["code"]
    return [Road(f"{code}-ROAD{i}", r["name"], r["class"], code, plane.line(r["line"])) for i, r in enumerate(park["road"], 1)]


def _park_buildings(plane: Plane) -> list[Building]:
    park = table("park")
    x, y = park["fire_station"]["at"]
    code = park["park"]["code"]
    return [
        Building(
            f"{code}-FS1", code, park["fire_station"]["name"], "fire_station", plane.rectangle((x - 45, y - 25, x + 45, y + 25))
        )
    ]


def _gates(plane: Plane) -> tuple[Gate, ...]:
    park = table("park")
    return tuple(
        Gate(f"{park['park']['code']}-G{i}", g["name"], g["kind"], plane.point(*g["at"])) for i, g in enumerate(park["gate"], 1)
    )


def _cameras(sites: list[Site], plane: Plane, seed: int) -> tuple[Camera, ...]:
    """One camera at a corner of each unit, two at each tank group, one at each gate."""
    park = table("park")
    random = Random(f"{seed}/cameras")
    spots = []
    for site in sites:
        for zone in (z for z in site.zones if z.unit is not None):
            x0, y0, x1, y1 = zone.rect
            corners = [(x0, y0), (x1, y1)] if zone.unit.kind == "tanks" else [random.choice([(x0, y1), (x1, y0)])]
            spots += [(c, zone.unit.name, site.organisation.code, zone.unit.code) for c in corners]
    spots += [(tuple(g["at"]), g["name"], park["park"]["code"], "") for g in park["gate"]]
    made = []
    for i, ((x, y), name, owner, unit) in enumerate(spots, 1):
        kind = "dome" if i % 2 else "bullet"
        at = plane.east_north(x, y)
        made.append(
            Camera(
                f"CAM-{i:03d}",
                f"{name}摄像机 CAM-{i:03d}",
                kind,
                owner,
                unit,
                plane.point(x, y),
                at,
                round(random.uniform(0, 360)),
            )
        )  # type: ignore[arg-type]
    return tuple(made)


def _targets(plane: Plane) -> tuple[ProtectedTarget, ...]:
    made = []
    for i, t in enumerate(table("park")["protected_target"], 1):
        (x, y), (w, h) = t["at"], t["size"]
        geometry = plane.rectangle((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        day, night = _people_at(t)
        made.append(ProtectedTarget(f"PT-{i:02d}", t["name"], t["kind"], t["category"], round(day), round(night), geometry))
    return tuple(made)


def _people_at(target: dict[str, Any]) -> tuple[float, float]:
    """People by day and by night: villagers go out to work, schools are empty at night."""
    by_day, by_night = {"village": (0.65, 1.0), "school": (1.0, 0.02)}.get(target["kind"], (1.0, 1.0))
    return target["persons"] * by_day, target["persons"] * by_night


def _population(sites: list[Site], plane: Plane) -> tuple[PopulationCell, ...]:
    """Square cells with the people in them by day and night: staff by lot area, targets by theirs. Empty cells are left out."""
    park = table("park")
    places = [(box(*s.lot), s.organisation.staff * 0.72, s.organisation.staff * 0.22) for s in sites]
    for t in park["protected_target"]:
        (x, y), (w, h) = t["at"], t["size"]
        places.append((box(x - w / 2, y - h / 2, x + w / 2, y + h / 2), *_people_at(t)))
    cells = []
    for i in range(-5, 5):
        for j in range(-4, 4):
            cell = box(i * CELL_M, j * CELL_M, (i + 1) * CELL_M, (j + 1) * CELL_M)
            shares = [(cell.intersection(p).area / p.area, day, night) for p, day, night in places if cell.intersects(p)]
            day, night = round(sum(s * d for s, d, _ in shares)), round(sum(s * n for s, _, n in shares))
            if day or night:
                cells.append(PopulationCell(f"POP-{i + 6:02d}{j + 5:02d}", day, night, plane.rectangle(cell.bounds)))
    return tuple(cells)


def _features(plane: Plane, seed: int) -> tuple[Feature, ...]:
    park = table("park")
    dx, dy = park["park"]["control_line_offset"]
    control = [(x + dx * (1 if x > 0 else -1), y + dy * (1 if y > 0 else -1)) for x, y in park["park"]["fence"]]
    made = [
        Feature("river", "river", "示范河", plane.polygon(park["park"]["river"])),
        Feature("fence", "fence", "园区围界", plane.polygon(park["park"]["fence"])),
        Feature("control", "control_line", "土地规划安全控制线", plane.polygon(control)),
    ]
    made += [Feature(f"gallery{i}", "gallery", g["name"], plane.line(g["line"])) for i, g in enumerate(park["gallery"], 1)]
    return (*made, *_fields(plane, Random(f"{seed}/fields")), *_houses(plane))


def _fields(plane: Plane, random: Random) -> list[Feature]:
    river = Polygon(table("park")["park"]["river"])
    fields: list[Feature] = []
    while len(fields) < 60:
        x = random.uniform(-2600, 2600)
        y = random.choice((-1, 1)) * random.uniform(1180, 1650)
        rect = (x, y, x + random.uniform(120, 360), y + random.uniform(80, 220))
        if not box(*rect).intersects(river):
            fields.append(Feature(f"field{len(fields) + 1}", "field", "", plane.rectangle(rect)))
    return fields


def _houses(plane: Plane) -> list[Feature]:
    made = []
    for t in table("park")["protected_target"]:
        (x, y), (w, h) = t["at"], t["size"]
        columns, rows = max(1, int(w / 32)), max(1, int(h / 40))
        for i in range(columns):
            for j in range(rows):
                x0, y0 = x - w / 2 + i * 32, y - h / 2 + j * 40
                rect = (x0, y0, x0 + 22, y0 + (14 if t["kind"] == "village" else 26))
                made.append(Feature(f"house{len(made) + 1}", "house", "", plane.rectangle(rect)))
    return made
