"""The small troubles of every day: excursions, loose contacts, calibrations, a gateway that drops out. About five alarms an hour.

Which trouble befalls whom follows from the seed and the hour alone, so that history and the present tell one story.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

import numpy as np

from chemward.demo.effects import Calibration, Chatter, Effect, Excursion, Fault, Hold, Silence, Trip
from chemward.demo.noise import Float
from chemward.demo.records import Alarm, Plan, Tag
from chemward.demo.weather import HOUR_S, SHANGHAI_S

LOOK_BACK_H = 6  # no trouble of an earlier hour reaches into this one
EXCURSIONS = ("level", "temperature", "pressure", "flow", "vibration", "current")


class Readings(Protocol):
    """What ambient troubles must know of the park."""

    plan: Plan

    def undisturbed(self, t_s: float) -> Float: ...


class Ambient:
    """Troubles by hour."""

    def __init__(self, park: Readings, seed: int) -> None:
        self._park, self._seed = park, seed
        tags = park.plan.tags
        self._limited = [
            (t, a) for t in tags if t.model == "wander" and t.quantity in EXCURSIONS for a in t.alarms if a.type in "HL"
        ]
        self._levels = [(t, a) for t in tags if t.model == "tank_level" for a in t.alarms if a.type == "H"]
        self._flammable = [t for t in tags if t.gas and t.unit == "%LEL"]
        self._toxic = [t for t in tags if t.gas and t.unit == "mg/m³" and t.owner.startswith("E")]
        self._pumps = [t for t in tags if t.model == "running"]
        self._still = [t for t in tags if t.quantity == "temperature" and t.model == "wander"]
        self._hours: dict[int, tuple[Effect, ...]] = {}

    def at(self, t_s: float) -> list[Effect]:
        """Troubles in force at a time."""
        hour = int(t_s // HOUR_S)
        return [e for h in range(hour - LOOK_BACK_H, hour + 1) for e in self._of(h) if e.start_s <= t_s < e.end_s]

    def _of(self, hour: int) -> tuple[Effect, ...]:
        if hour not in self._hours:
            if len(self._hours) > 64:
                self._hours.clear()
            self._hours[hour] = tuple(self._draw(hour))
        return self._hours[hour]

    def _draw(self, hour: int) -> list[Effect]:
        random = Random(f"{self._seed}/ambient/{hour}")
        start = hour * HOUR_S
        local = int((start + SHANGHAI_S) // HOUR_S) % 24
        effects: list[Effect] = [self._excursion(random, start) for _ in range(random.choice((2, 3, 3, 4)))]
        chances: list[tuple[float, Callable[[Random, float], Effect]]] = [
            (0.35, self._high_level),
            (0.5, self._gas_blip),
            (0.15, self._toxic_blip),
            (0.25, self._loose_contact),
            (0.4, self._pump_trip),
            (0.15, self._faulty),
            (0.08, self._frozen),
            (0.2, self._dropped_gateway),
            (0.8 if 8 <= local < 17 else 0.0, self._calibration),
        ]
        return effects + [make(random, start) for chance, make in chances if random.random() < chance]

    # -- the troubles ---------------------------------------------------------------------------------------------

    def _excursion(self, random: Random, hour_s: float) -> Effect:
        tag, alarm = random.choice(self._limited)
        start = hour_s + random.uniform(0, 3600)
        return Excursion(start, start + random.uniform(420, 1500), *self._beyond(tag, alarm, random), 180.0, 180.0)

    def _high_level(self, random: Random, hour_s: float) -> Effect:
        tag, alarm = random.choice(self._levels)
        start = hour_s + random.uniform(0, 3600)
        return Excursion(start, start + random.uniform(2400, 5400), *self._beyond(tag, alarm, random), 1200.0, 1200.0)

    def _beyond(self, tag: Tag, alarm: Alarm, random: Random) -> tuple[np.ndarray, Float]:
        """A value a little beyond a limit, but inside the next one."""
        sign = 1.0 if alarm.type == "H" else -1.0
        others = [a.limit for a in tag.alarms if a.type == ("HH" if sign > 0 else "LL")]
        end = others[0] if others else (tag.hi if sign > 0 else tag.lo)
        target = alarm.limit + random.uniform(0.15, 0.6) * (end - alarm.limit)
        return self._index([tag]), np.array([target])

    def _gas_blip(self, random: Random, hour_s: float) -> Effect:
        return self._blip(random, hour_s, random.choice(self._flammable))

    def _toxic_blip(self, random: Random, hour_s: float) -> Effect:
        return self._blip(random, hour_s, random.choice(self._toxic))

    def _blip(self, random: Random, hour_s: float, tag: Tag) -> Effect:
        first = next(a.limit for a in tag.alarms if a.type == "H")
        start = hour_s + random.uniform(0, 3600)
        target = np.array([first * random.uniform(1.1, 1.5)])
        return Excursion(start, start + random.uniform(120, 360), self._index([tag]), target, 40.0, 60.0)

    def _loose_contact(self, random: Random, hour_s: float) -> Effect:
        tag = random.choice(self._flammable)
        first = next(a.limit for a in tag.alarms if a.type == "H")
        start = hour_s + random.uniform(0, 3600)
        return Chatter(start, start + random.uniform(60, 150), self._park.plan.tag_index[tag.key], 0.1 * first, 1.2 * first)

    def _pump_trip(self, random: Random, hour_s: float) -> Effect:
        start = hour_s + random.uniform(0, 3600)
        return trip(self._park.plan, [random.choice(self._pumps)], start, start + random.uniform(300, 1200))

    def _faulty(self, random: Random, hour_s: float) -> Effect:
        tag = random.choice(self._flammable)
        start = hour_s + random.uniform(0, 3600)
        low = np.array([tag.lo - 0.1 * (tag.hi - tag.lo)])
        return Fault(start, start + random.uniform(900, 3600), self._index([tag]), low)

    def _frozen(self, random: Random, hour_s: float) -> Effect:
        tags = self._index([random.choice(self._still)])
        start = hour_s + random.uniform(0, 3600)
        return Hold(start, start + random.uniform(9000, 16000), tags, self._park.undisturbed(start)[tags])

    def _dropped_gateway(self, random: Random, hour_s: float) -> Effect:
        start = hour_s + random.uniform(0, 3600)
        return Silence(start, start + random.uniform(300, 1200), ("E22-2",))

    def _calibration(self, random: Random, hour_s: float) -> Effect:
        tag = random.choice(self._flammable + self._toxic)
        start = hour_s + random.uniform(0, 3600)
        return Calibration(start, start + random.uniform(420, 900), self._index([tag]), np.array([0.5 * tag.hi]))

    def _index(self, tags: Sequence[Tag]) -> np.ndarray:
        return np.array([self._park.plan.tag_index[t.key] for t in tags], dtype=np.int64)


def trip(plan: Plan, states: Sequence[Tag], start_s: float, end_s: float) -> Trip:
    """The trip of machines, given their state tags, with what else is measured on them."""
    machines = {t.equipment for t in states}
    index: dict[str, list[int]] = {"running": [], "current": [], "pressure": []}
    for i, tag in enumerate(plan.tags):
        if tag.equipment in machines and tag.quantity in index:
            index[tag.quantity].append(i)
    of = {name: np.array(found, dtype=np.int64) for name, found in index.items()}
    return Trip(start_s, end_s, of["running"], of["current"], of["pressure"])
