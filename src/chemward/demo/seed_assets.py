"""Assets of the plan as the platform's drafts: parents before children, codes as people in the park say them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from chemward.apps.assets.actions import Draft
from chemward.demo.layout import AREA_NAMES
from chemward.demo.records import Equipment, Instrument, Organisation, Plan, Unit
from chemward.demo.tables import table

AREA_SUBKIND = {name: kind for kind, name in AREA_NAMES.items()}
ROAD_SUBKIND = {3: "main", 2: "park", 1: "outside", 0: "inside"}
TARGET_SUBKIND = {"village": "village", "school": "school", "hospital": "hospital"}
QUANTITY_SUBKIND = {
    "level": "level",
    "temperature": "temperature",
    "pressure": "pressure",
    "gauge_pressure": "pressure",
    "flow": "flow",
}
SITE = "SITE"


def drafts(plan: Plan) -> dict[str, list[Draft]]:
    """Drafts by code of the organisation, in an order in which each parent comes before its children."""
    by_owner: dict[str, list[Draft]] = defaultdict(list)
    park = next(o for o in plan.organisations if o.kind == "park")
    for owner, draft in _all(plan, park.code):
        by_owner[owner].append(draft)
    return by_owner


def _all(plan: Plan, park: str) -> Iterator[tuple[str, Draft]]:
    for organisation in (o for o in plan.organisations if o.kind in ("park", "enterprise")):
        yield organisation.code, _site(organisation)
    yield from ((park, d) for d in _ground(plan))
    for a in plan.areas:
        yield a.enterprise, Draft("area", local(a.code), a.name, AREA_SUBKIND[a.kind], SITE, a.geometry, external_key=a.code)
    for u in plan.units:
        yield u.enterprise, _unit(u)
    for e in plan.equipment:
        yield e.enterprise, _equipment(e)
    for i in plan.instruments:
        yield i.owner, _instrument(i, plan)
    for b in plan.buildings:
        yield b.owner, Draft("building", local(b.code), b.name, b.kind, SITE, b.geometry, external_key=b.code)
    for r in plan.roads:
        yield (
            r.owner,
            Draft("road", local(r.code), r.name or "厂内道路", ROAD_SUBKIND[r.road_class], SITE, r.geometry, external_key=r.code),
        )
    for c in plan.cameras:
        properties = {"heading_deg": c.heading_deg}
        yield c.owner, Draft("camera", c.code, c.name, c.kind, local(c.unit) or SITE, c.geometry, properties, external_key=c.code)


def local(code: str) -> str:
    """The code inside its organisation: `E08-31` → `31`, `DEMO-K-G1` → `G1`."""
    return code.removeprefix("DEMO-").split("-", 1)[-1] if code else ""


def _site(organisation: Organisation) -> Draft:
    subkind = "park" if organisation.kind == "park" else "enterprise"
    return Draft("site", SITE, organisation.name, subkind, "", organisation.geometry, external_key=f"{organisation.code}-{SITE}")


def _ground(plan: Plan) -> Iterator[Draft]:
    """What belongs to the park itself and to its surroundings."""
    for g in plan.gates:
        yield Draft("gate", local(g.code), g.name, g.kind, SITE, g.geometry, external_key=g.code)
    for t in plan.targets:
        properties = {"category": t.category, "people_day": t.day, "people_night": t.night}
        subkind = TARGET_SUBKIND.get(t.kind, "other")
        yield Draft("protected_target", t.code, t.name, subkind, "", t.geometry, properties, external_key=t.code)
    for p in plan.population:
        properties = {"people_day": p.day, "people_night": p.night}
        yield Draft("population_cell", p.code, f"人口格网 {p.code}", "", "", p.geometry, properties, external_key=p.code)
    forms = {
        "river": ("water", "river", "", "水体"),
        "fence": ("fence", "fence", SITE, "围界"),
        "control_line": ("fence", "control_line", "", "管控线"),
        "gallery": ("gallery", "public", SITE, "公共管廊"),
        "field": ("land", "field", "", "农田"),
        "house": ("building", "house", "", "房屋"),
    }
    for f in plan.features:
        kind, subkind, parent, name = forms[f.kind]
        yield Draft(kind, f.code.upper(), f.name or name, subkind, parent, f.geometry, external_key=f"DEMO-{f.code}")


def _unit(u: Unit) -> Draft:
    gases = "、".join(table("gases")[g]["name"] for g in u.gases)
    properties = _given(material=u.material, gases=gases, major_hazard=u.major_hazard)
    return Draft("unit", local(u.code), u.name, u.kind, local(u.area), u.geometry, properties, external_key=u.code)


def _equipment(e: Equipment) -> Draft:
    properties = _given(material=e.material, storage=e.storage, volume_m3=e.volume_m3, radius_m=e.radius_m)
    return Draft("equipment", e.tag_no, e.name, e.kind, local(e.unit), e.geometry, properties, external_key=e.code)


def _instrument(i: Instrument, plan: Plan) -> Draft:
    subkind = QUANTITY_SUBKIND.get(i.quantity, "other")
    if i.quantity == "gas":
        toxic = plan.tag[i.code].unit == "mg/m³"
        subkind = "gas_toxic" if toxic else "gas_combustible" if plan.tag[i.code].unit == "%LEL" else "other"
    elif i.tag_no.startswith("WS-"):
        subkind = "weather"
    parent = local(i.equipment) or local(i.unit)
    name = table("quantities").get(i.quantity, {}).get("name", i.name)
    return Draft("instrument", i.tag_no, i.name, subkind, parent, i.geometry, {"quantity": name}, external_key=i.code)


def _given(**values: Any) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v}
