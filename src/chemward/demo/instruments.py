"""Hangs instruments, tags and alarm definitions on the equipment of a site."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chemward.demo.geometry import XY, Plane, side
from chemward.demo.layout import Site, Zone
from chemward.demo.records import Alarm, AlarmType, Equipment, Instrument, Tag, Unit
from chemward.demo.tables import table

# How many pieces of each kind carry instruments in one unit.
INSTRUMENTED = {"reactor": 2, "column": 2, "drum": 2, "exchanger": 3, "pump": 4, "compressor": 1, "heater": 1}
PROCESS_KINDS = tuple(INSTRUMENTED)
MOST_DETECTORS = 20  # of one gas in one unit; a first-level major hazard has one at each vessel up to this
DETECTORS_PER_GAS = {"process": 5, "tanks": 8, "hall": 3, "loading": 3, "basins": 3, "bay": 3}
# GB/T 50493-2019 4.2.1, 4.3.1: outdoors a toxic detector stands within 4 m of the source, a flammable one within 10 m.
DETECTOR_DISTANCE_M = {"toxic": 3.0, "flammable": 6.0, "oxygen": 3.0}
PPM_GATEWAYS = frozenset({"E14", "E18"})  # their gas gateways speak ppm; the platform converts
MOLAR_VOLUME_25C = 24.45  # L/mol at 25 ℃ and 101.3 kPa
TEP_VESSELS = (
    ("反应器", "reactor"),
    ("分离器", "drum"),
    ("汽提", "column"),
    ("产品", "column"),
    ("压缩机", "compressor"),
    ("冷凝器", "exchanger"),
)


@dataclass
class Instruments:
    """Instruments and tags of one owner, filled in by `hang` or `detectors_at`."""

    owner: str
    feed: str
    plane: Plane
    random: Random
    instruments: list[Instrument] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    # -- numbering ------------------------------------------------------------------------------------------------

    def number(self, block: str, letters: str, first: int) -> str:
        """The next free tag number of these letters in a number block: GT-3107."""
        n = self.numbers[block, letters] = self.numbers.get((block, letters), 0) + 1
        if n > 99:
            raise ValueError(f"number block {block} has no free {letters} number left; give the unit fewer instruments")
        return f"{letters}-{first + n}"

    # -- one measuring point --------------------------------------------------------------------------------------

    def add(
        self, *, tag_no: str, unit: Unit | None, place: str, at: XY, equipment: Equipment | None, name: str, facts: dict[str, Any]
    ) -> Tag:
        """One instrument with one tag. `facts` are the remaining fields of the tag."""
        code = f"{self.owner}-{tag_no}"
        instrument = Instrument(
            code=code,
            tag_no=tag_no,
            name=name,
            quantity=facts["quantity"],
            equipment=equipment.code if equipment else "",
            unit=unit.code if unit else "",
            owner=self.owner,
            place=place,
            geometry=self.plane.point(*self.plane.board(*at)),
            at=at,
        )
        tag = Tag(
            key=code,
            code=tag_no,
            feed=self.feed,
            instrument=code,
            owner=self.owner,
            name=name,
            place=place,
            equipment=instrument.equipment,
            at=at,
            **facts,
        )
        self.instruments.append(instrument)
        self.tags.append(tag)
        return tag

    # -- process and tank instruments -----------------------------------------------------------------------------

    def hang(self, site: Site) -> None:
        for zone in site.zones:
            if zone.unit is None:
                continue
            here = [e for e in site.equipment if e.unit == zone.unit.code]
            self.hang_unit(zone, zone.unit, here)
            self.detectors(zone, zone.unit, here)

    def hang_unit(self, zone: Zone, unit: Unit, equipment: list[Equipment]) -> None:
        if zone.row.get("process") == "tep":
            self.hang_tep(unit, equipment)
            equipment = [e for e in equipment if e.kind == "pump"]
        for one, rows in _equipped(unit, equipment):
            self.hang_equipment(unit, one, rows)

    def hang_equipment(self, unit: Unit, equipment: Equipment, rows: Iterable[Mapping[str, Any]]) -> None:
        made: dict[str, Tag] = {}
        for row in rows:
            quantity = table("quantities")[row["quantity"]]
            if "suffix" in row:
                tag_no = made[row["quantity"]].code + row["suffix"]
            else:
                tag_no = self.number(unit.code, quantity["letters"], unit.number * 100)
            normal = row.get("normal", 0.0) * self.random.uniform(0.985, 1.015)
            facts = _facts(row["quantity"], row) | {
                "normal": round(normal, 4),
                "swing": row.get("swing", 0.0),
                "model": row["model"],
            }
            facts["alarms"] = tuple(
                self.alarm(row["quantity"], kind, limit, facts, equipment.tag_no, unit, made) for kind, limit in row["trips"]
            )
            name = f"{equipment.name} {quantity['name']}{'（二）' if 'suffix' in row else ''}"
            place = f"{unit.name} {equipment.tag_no}"
            made[row["quantity"]] = self.add(
                tag_no=tag_no, unit=unit, place=place, at=equipment.at, equipment=equipment, name=name, facts=facts
            )

    def alarm(
        self, quantity: str, kind: AlarmType, limit: float, facts: dict[str, Any], thing: str, unit: Unit, made: dict[str, Tag]
    ) -> Alarm:
        family = "pressure" if quantity == "gauge_pressure" else quantity
        source = table("alarms")["source"][family]
        row = table("quantities")[quantity]
        more: dict[str, Any] = {}
        if kind == "DEV":
            more = {"reference": made[quantity].key}
        if quantity == "pressure" and kind == "L" and "running" in made:
            more = {"suppress": {"tag": made["running"].key, "op": "!=", "value": 1}, "reason": f"{thing} 未运行，低压不报警"}
        return make_alarm(f"{family}_{kind}", kind, limit, row, facts, source, {"thing": thing, "place": unit.name}, unit, more)

    # -- Tennessee Eastman unit -----------------------------------------------------------------------------------

    def hang_tep(self, unit: Unit, equipment: list[Equipment]) -> None:
        first = {kind: next((e for e in equipment if e.kind == kind), None) for kind in PROCESS_KINDS}
        trips = table("instruments")["tep"]["trips"]
        for code, name, quantity, measure, lo, hi, resolution in table("tep")["signals"]:
            kind = next((k for word, k in TEP_VESSELS if word in name), "reactor")
            one = first[kind] or first["drum"] or equipment[0]
            facts = {
                "kind": "number",
                "quantity": quantity,
                "unit": measure,
                "lo": float(lo),
                "hi": float(hi),
                "period_s": 2 if code.startswith("XMEAS") else 5,
                "resolution": resolution,
                "frozen_s": 0,
                "model": "tep",
            }
            facts["alarms"] = tuple(self.tep_alarm(t, name, facts, unit) for t in trips if t["signal"] == code)
            self.add(tag_no=code, unit=unit, place=unit.name, at=one.at, equipment=one, name=name, facts=facts)

    def tep_alarm(self, trip: Mapping[str, Any], name: str, facts: dict[str, Any], unit: Unit) -> Alarm:
        row = {"deadband_percent": 1.0, "on_s": 15, "off_s": 15}
        limit = trip["limit"]
        deadband = {"deadband_percent": min(1.0, 2.0 * limit / (facts["hi"] - facts["lo"]))}
        thing = name.split("（")[0]
        source = table("alarms")["source"]["tep"]
        return make_alarm(
            f"tep_{trip['type']}",
            trip["type"],
            limit,
            row | deadband,
            facts,
            source,
            {"thing": thing, "place": unit.name},
            unit,
            {},
        )

    # -- gas detectors --------------------------------------------------------------------------------------------

    def detectors(self, zone: Zone, unit: Unit, equipment: list[Equipment]) -> None:
        """Detectors beside the likely sources of each gas of the unit."""
        sources = [e for e in equipment if e.kind not in ("dike", "rack", "structure")] or equipment
        for gas in unit.gases:
            wanted = MOST_DETECTORS if unit.major_hazard == "一级" else DETECTORS_PER_GAS[unit.kind]
            for source in _spread(sources, wanted, offset=len(gas)):
                reach = source.radius_m + DETECTOR_DISTANCE_M[table("gases")[gas]["class"]]
                angle = self.random.uniform(0, 2 * math.pi)
                at = (source.at[0] + reach * math.cos(angle), source.at[1] + reach * math.sin(angle))
                place = unit.name + side(zone.rect, *self.plane.board(*at))
                self.detector(gas, self.number(unit.code, "GT", unit.number * 100), place, at, unit, source)

    def detector(self, gas: str, tag_no: str, place: str, at: XY, unit: Unit | None, equipment: Equipment | None) -> Tag:
        facts = gas_facts(gas)
        if self.owner in PPM_GATEWAYS and facts["unit"] == "mg/m³":
            factor = table("gases")[gas]["molar_mass"] / MOLAR_VOLUME_25C
            facts |= {"send_unit": "ppm", "conversions": {"ppm": (round(factor, 6), 0.0)}}
        facts["alarms"] = gas_alarms(gas, facts, place, unit)
        name = f"{place} {table('gases')[gas]['name']}浓度"
        return self.add(tag_no=tag_no, unit=unit, place=place, at=at, equipment=equipment, name=name, facts=facts)


# -- facts ------------------------------------------------------------------------------------------------------------


def gas_facts(gas: str) -> dict[str, Any]:
    """Unit, span and resolution of a detector: 0–100 %LEL, 0–300 %OEL, oxygen 0–25 %vol (GB/T 50493-2019)."""
    row = table("gases")[gas]
    unit, hi = {"toxic": ("mg/m³", 3 * row.get("oel", 0.0)), "flammable": ("%LEL", 100.0), "oxygen": ("%vol", 25.0)}[row["class"]]
    quantity = table("quantities")["gas"]
    return {
        "kind": "number",
        "quantity": "gas",
        "unit": unit,
        "lo": 0.0,
        "hi": hi,
        "period_s": quantity["period_s"],
        "resolution": row["resolution"],
        "frozen_s": 0,
        "model": "gas",
        "normal": 20.9 if row["class"] == "oxygen" else 0.0,
        "swing": 0.05 if row["class"] == "oxygen" else 0.02 * hi,
        "gas": gas,
    }


def gas_alarms(gas: str, facts: dict[str, Any], place: str, unit: Unit | None) -> tuple[Alarm, ...]:
    """First and second level after GB/T 50493-2019; in major hazard installations also dead and faulty detectors."""
    row = table("gases")[gas]
    sources = table("alarms")["source"]
    quantity = table("quantities")["gas"]
    words = {"gas": row["name"], "place": place, "thing": place} | {k: row.get(k, "") for k in ("oel", "oel_kind")}

    def one(key: str, kind: AlarmType, limit: float, source: str, **more: Any) -> Alarm:
        return make_alarm(key, kind, limit, quantity, facts, sources[source].format(**words), words, unit, more)

    if row["class"] == "oxygen":
        return one("oxygen_L", "L", 19.5, "oxygen"), one("oxygen_H", "H", 23.5, "oxygen")
    first, second = (row["oel"], 2 * row["oel"]) if row["class"] == "toxic" else (25.0, 50.0)
    key = f"gas_{row['class']}"
    alarms = [one(f"{key}_HH", "HH", second, key), one(f"{key}_H", "H", first, key)]
    if unit is not None and unit.major_hazard in ("一级", "二级"):
        alarms += [one("gas_STALE", "STALE", 60.0, "gas_STALE"), one("gas_BAD", "BAD", 0.0, "gas_BAD", on_s=30.0)]
    return tuple(alarms)


def make_alarm(
    key: str,
    kind: AlarmType,
    limit: float,
    quantity: Mapping[str, Any],
    facts: Mapping[str, Any],
    source: str,
    words: Mapping[str, Any],
    unit: Unit | None,
    more: Mapping[str, Any],
) -> Alarm:
    """An alarm definition from its row in the master alarm database; `more` overrides."""
    row = table("alarms")[key]
    analog = kind in ("HH", "H", "L", "LL", "DEV")
    percent = quantity.get("deadband_percent", 0.0) if analog else 0.0
    delayed = analog or kind == "ROC"
    facts_of_alarm: dict[str, Any] = {
        "type": kind,
        "limit": float(limit),
        # Of a deviation a fifth of the limit: a share of the span could be more than the limit itself.
        "deadband": round(0.2 * limit if kind == "DEV" else percent / 100 * (facts["hi"] - facts["lo"]), 6),
        "on_s": float(quantity["on_s"]) if delayed and kind != "ROC" else 0.0,
        "off_s": float(quantity["off_s"]) if delayed else 0.0,
        "priority": row["priority"],
        "level": row["level"],
        "title": row["title"].format(**words),
        "alarm_class": row["class"],
        "severity": row["severity"],
        "consequence": row["consequence"].format(**words),
        "response": row["response"].format(**words),
        "respond_s": row["respond_s"],
        "guidance": tuple(step.format(**words) for step in row["guidance"]),
        "source": source,
        "latch": row.get("latch", False),
        "major_hazard": bool(unit and unit.major_hazard),
    }
    return Alarm(**(facts_of_alarm | dict(more)))


def _facts(quantity: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a tag that follow from its quantity, overridden by the row of the equipment."""
    base = table("quantities")[quantity]
    lo, hi = row.get("span") or base.get("span") or (0, 2)
    return {
        "kind": base["kind"],
        "quantity": quantity,
        "unit": base["unit"],
        "lo": float(lo),
        "hi": float(hi),
        "period_s": base["period_s"],
        "resolution": base.get("resolution", 0.0),
        "frozen_s": base["frozen_s"],
        "states": base.get("states", {}),
    }


def _equipped(unit: Unit, equipment: list[Equipment]) -> Iterable[tuple[Equipment, list[dict[str, Any]]]]:
    """The pieces of a unit that carry instruments, with the instruments of each."""
    tables = table("instruments")
    used: dict[str, int] = {}
    for one in equipment:
        if one.kind in ("tank", "basin"):
            yield one, tables["tank"][one.storage]
        elif one.kind in ("hall", "loading_arm"):
            yield one, tables["other"][one.kind]
        elif one.kind in INSTRUMENTED and used.get(one.kind, 0) < INSTRUMENTED[one.kind]:
            used[one.kind] = used.get(one.kind, 0) + 1
            yield one, tables["process"][one.kind]


def _spread(things: list[Equipment], wanted: int, offset: int) -> list[Equipment]:
    """About `wanted` of the things, spread evenly, starting somewhere else for each gas."""
    if len(things) <= wanted:
        return things
    step = len(things) / wanted
    return [things[(int(i * step) + offset) % len(things)] for i in range(wanted)]
