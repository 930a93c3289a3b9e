"""Scenarios on command: each makes a course of events for the simulated park from its start.

`data/scenarios.toml` says what the duty room sees minute by minute; here stands what happens to the plant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chemward.demo.ambient import trip
from chemward.demo.effects import Calibration, Chatter, Effect, Excursion, Fault, Hold, Plume, Silence, Skew
from chemward.demo.noise import Float
from chemward.demo.physics import Course, Park, TepOrder
from chemward.demo.puff import STEP_S, Leak, disperse
from chemward.demo.records import Equipment, Tag
from chemward.demo.tables import table
from chemward.demo.weather import Shift, Weather

MOLAR_VOLUME_25C = 24.45  # L/mol
PLUME_REACH_M = 2500.0
TEP_SPEED = 20.0


class UnknownScenario(Exception):
    """No scenario has this name; the text lists those there are."""


@dataclass(frozen=True)
class Scenario:
    """What a scenario is: name on the command line, texts, duration [s]."""

    name: str
    title: str
    summary: str
    duration_s: float
    minutes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Order:
    """A scenario started at a time, with its options (`idv` of `tep-disturbance`)."""

    name: str
    start_s: float
    options: Mapping[str, Any]

    @property
    def end_s(self) -> float:
        return self.start_s + scenario(self.name).duration_s


def scenarios() -> dict[str, Scenario]:
    """All scenarios by name."""
    rows = table("scenarios")
    return {
        name: Scenario(name, r["title"], r["summary"], float(r["duration_s"]), tuple((m, text) for m, text in r["minutes"]))
        for name, r in rows.items()
    }


def scenario(name: str) -> Scenario:
    """One scenario. UnknownScenario lists the names there are."""
    known = scenarios()
    if name not in known:
        raise UnknownScenario(f"no scenario is called {name!r}; there are {', '.join(known)}")
    return known[name]


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """`name` or `tep-disturbance=4` → (name, options). UnknownScenario when there is none, ValueError when the option is wrong."""
    name, _, option = text.strip().partition("=")
    scenario(name)
    if not option:
        return name, {}
    if name != "tep-disturbance":
        raise ValueError(f"{name} takes no option; only tep-disturbance=NUMBER does")
    if not option.isdigit() or not 1 <= int(option) <= 20:
        raise ValueError(f"tep-disturbance={option}: give the number of a published disturbance, 1 to 20")
    return name, {"idv": int(option)}


def course(orders: Iterable[Order], park: Park) -> Course:
    """What the park must follow when these orders are in force. Wind shifts come first: they carry the plumes."""
    listed = list(orders)
    shifts = [s for o in listed if o.name in SHIFTS for s in SHIFTS[o.name](o)]
    tep = [
        TepOrder(o.start_s, o.end_s, (int(o.options.get("idv", 6)),), TEP_SPEED) for o in listed if o.name == "tep-disturbance"
    ]
    weather = Weather(park.seed, shifts)
    effects = [e for o in listed if o.name in EFFECTS for e in EFFECTS[o.name](park, weather, o)]
    return Course(effects, shifts, tep)


# -- leaks ------------------------------------------------------------------------------------------------------------


def leak(park: Park, weather: Weather, gas: str, source: Leak) -> list[Effect]:
    """The plume of a leak over all detectors that see the gas: its own kind, and for a flammable one all flammable detectors."""
    substance = table("gases")[gas]
    flammable = substance["class"] == "flammable"
    index = np.array(
        [i for i, t in enumerate(park.plan.tags) if (t.unit == "%LEL" if flammable else t.gas == gas)], dtype=np.int64
    )
    places = np.array([park.plan.tags[i].at for i in index])
    near = np.hypot(*(places - np.array(source.at)).T) < PLUME_REACH_M
    concentrations = disperse(source, weather, places[near])
    per_kg_m3 = _percent_lel_per_kg_m3(substance) if flammable else 1e6  # mg/m³ per kg/m³
    end_s = source.start_s + len(concentrations.table) * STEP_S
    return [Plume(source.start_s, end_s, index[near], concentrations, per_kg_m3)]


def _percent_lel_per_kg_m3(substance: Mapping[str, Any]) -> float:
    """%LEL that 1 kg/m³ of the gas reads: kg/m³ → %vol by the molar volume at 25 ℃ → share of the lower explosive limit."""
    percent_volume = 1000.0 / substance["molar_mass"] * MOLAR_VOLUME_25C / 1000.0 * 100.0
    return percent_volume / substance["lel_percent"] * 100.0


def _growing(full_kg_s: float, full_at_s: float) -> Callable[[Float], Float]:
    """A seal or flange that gives way: the rate [kg/s] grows e-fold every seventh of the time until it is full."""
    return lambda t: full_kg_s * np.exp(-7.0 * np.maximum(0.0, full_at_s - t) / full_at_s)


def source_with_detector_downwind(
    park: Park, weather: Weather, o: Order, owner: str, number: int, kinds: Collection[str], gas: str
) -> Equipment:
    """The vessel or machine of a unit whose leak a detector of the gas would meet best in the wind of this moment."""
    things = [e for e in park.plan.equipment if e.unit == f"{owner}-{number}" and e.kind in kinds]
    detectors = np.array([park.plan.tags[i].at for i in park.find(owner=owner, gas=gas)])
    along = weather.blown(np.array([o.start_s + 30.0]))[0]
    along = along / np.hypot(*along)

    def miss(thing: Equipment) -> float:
        away = detectors - np.array(thing.at)
        downwind, crosswind = away @ along, np.abs(away @ np.array([along[1], -along[0]]))
        return float(np.where(downwind > 2.0, crosswind + 0.3 * downwind, np.inf).min())

    return min(things, key=miss)


def chlorine_leak(park: Park, weather: Weather, o: Order) -> list[Effect]:
    tank = source_with_detector_downwind(park, weather, o, "E08", 31, ("tank",), "chlorine")
    source = Leak(tank.at, o.start_s, 480.0, _growing(0.06, 180.0), width_m=10.0)
    pressure = park.find(equipment=[tank.code], quantity="pressure")
    falling = Excursion(o.start_s, o.start_s + 1400.0, pressure, park.undisturbed(o.start_s)[pressure] * 0.93, 480.0, 600.0)
    return [*leak(park, weather, "chlorine", source), falling]


def hydrogen_leak(park: Park, weather: Weather, o: Order) -> list[Effect]:
    kinds = ("compressor", "pump", "drum", "exchanger", "reactor")
    machine = source_with_detector_downwind(park, weather, o, "E07", 11, kinds, "hydrogen")
    return leak(park, weather, "hydrogen", Leak(machine.at, o.start_s, 360.0, _growing(0.25, 120.0), height_m=2.0, width_m=4.0))


def tank_overfill(park: Park, weather: Weather, o: Order) -> list[Effect]:
    tank = source_with_detector_downwind(park, weather, o, "E28", 31, ("tank",), "hydrocarbon")
    level = park.find(equipment=[tank.code], quantity="level")
    filling = Excursion(o.start_s, o.end_s, level, np.full(len(level), 99.6), 420.0, 780.0)
    # Petrol that falls over the rim breaks into drops and evaporates fast, as at Buncefield in 2005.
    spill = Leak(tank.at, o.start_s + 420.0, 300.0, lambda t: np.full_like(t, 4.0), width_m=8.0)
    return [filling, *leak(park, weather, "hydrocarbon", spill)]


# -- the process ------------------------------------------------------------------------------------------------------


def reactor_runaway(park: Park, _: Weather, o: Order) -> list[Effect]:
    reactor = _first_equipment(park, "E14", "reactor")
    hot = park.find(equipment=[reactor.code], quantity="temperature")
    pressed = park.find(equipment=[reactor.code], quantity="pressure")
    return [
        Excursion(o.start_s, o.end_s, hot, np.full(len(hot), 214.0), 420.0, 600.0),
        Excursion(o.start_s + 60.0, o.start_s + 700.0, pressed, np.full(len(pressed), 1.52), 330.0, 240.0),
    ]


def alarm_flood(park: Park, _: Weather, o: Order) -> list[Effect]:
    """A dip of the power supply: pumps trip within seconds, then flows, pressures, temperatures and levels go."""
    owner = "E07"
    pumps = [t for t in park.plan.tags if t.owner == owner and t.quantity == "running"]
    effects: list[Effect] = [
        trip(park.plan, [pump], o.start_s + 2.0 * i, o.start_s + 360.0 + 20.0 * i) for i, pump in enumerate(pumps)
    ]
    limited = [(i, t) for i, t in enumerate(park.plan.tags) if t.owner == owner and t.model == "wander" and t.alarms]
    delays = {"flow": 20.0, "pressure": 45.0, "temperature": 75.0, "level": 90.0}
    for n, (i, tag) in enumerate(limited):
        if tag.quantity in delays:
            start = o.start_s + delays[tag.quantity] + 1.5 * n
            effects.append(Excursion(start, o.end_s, np.array([i]), np.array([_beyond(tag)]), 60.0, 300.0))
    return effects


def _beyond(tag: Tag) -> float:
    """A value beyond the first limit of a tag: low for flows, high for the rest."""
    order = ("L", "H") if tag.quantity == "flow" else ("H", "L")
    limits = {a.type: a.limit for a in tag.alarms}
    kind = next((k for k in order if k in limits), None)
    if kind is None:
        return tag.normal
    end = tag.hi if kind == "H" else tag.lo
    return limits[kind] + 0.3 * (end - limits[kind])


def pump_trip(park: Park, _: Weather, o: Order) -> list[Effect]:
    pump = next(t for t in park.plan.tags if t.owner == "E01" and t.model == "running")
    return [trip(park.plan, [pump], o.start_s, o.end_s)]


# -- instruments and gateways -----------------------------------------------------------------------------------------


def detector_calibration(park: Park, _: Weather, o: Order) -> list[Effect]:
    """One detector after the other, three minutes each."""
    detectors = park.find(owner="E08", gas="chlorine")[:5]
    starts = [o.start_s + 180.0 * i for i in range(len(detectors))]
    gas = [0.8 * park.plan.tags[i].hi for i in detectors]
    return [Calibration(s, s + 180.0, np.array([i]), np.array([g])) for s, i, g in zip(starts, detectors, gas, strict=True)]


def chattering_tag(park: Park, _: Weather, o: Order) -> list[Effect]:
    tag = int(next(i for i, t in enumerate(park.plan.tags) if t.owner == "E27" and t.unit == "%LEL"))
    return [Chatter(o.start_s, o.end_s, tag, 2.0, 31.0)]


def frozen_sensor(park: Park, _: Weather, o: Order) -> list[Effect]:
    tank = _first_equipment(park, "E09", "tank")
    still = np.concatenate([park.find(equipment=[tank.code], quantity=q) for q in ("temperature", "pressure")])
    return [Hold(o.start_s, o.end_s, still, park.undisturbed(o.start_s)[still])]


def bad_sensor(park: Park, _: Weather, o: Order) -> list[Effect]:
    broken = park.find(owner="E08", gas="chlorine")[:2]
    return [Fault(o.start_s, o.end_s, broken, np.array([-0.2 * park.plan.tags[i].hi for i in broken]))]


def level_drift(park: Park, _: Weather, o: Order) -> list[Effect]:
    twin = next(i for i, t in enumerate(park.plan.tags) if t.owner == "E09" and t.model == "tank_level_twin")
    off = park.undisturbed(o.start_s)[twin] + 9.0
    return [Excursion(o.start_s, o.end_s, np.array([twin]), np.array([off]), 600.0, 300.0)]


def _first_equipment(park: Park, owner: str, kind: str) -> Equipment:
    """The first piece of a kind that carries instruments."""
    carrying = {t.equipment for t in park.plan.tags}
    return next(e for e in park.plan.equipment if e.enterprise == owner and e.kind == kind and e.code in carrying)


Build = Callable[[Park, Weather, Order], list[Effect]]
EFFECTS: dict[str, Build] = {
    "chlorine-leak": chlorine_leak,
    "hydrogen-leak": hydrogen_leak,
    "tank-overfill": tank_overfill,
    "reactor-runaway": reactor_runaway,
    "alarm-flood": alarm_flood,
    "pump-trip": pump_trip,
    "feed-outage": lambda park, weather, o: [Silence(o.start_s, o.end_s, ("E24",))],
    "clock-skew": lambda park, weather, o: [Skew(o.start_s, o.end_s, "E05", 180.0)],
    "detector-calibration": detector_calibration,
    "chattering-tag": chattering_tag,
    "frozen-sensor": frozen_sensor,
    "bad-sensor": bad_sensor,
    "level-drift": level_drift,
}
SHIFTS: dict[str, Callable[[Order], list[Shift]]] = {
    "wind-shift": lambda o: [Shift(o.start_s, o.end_s, 110.0, 1.3)],
    "gale": lambda o: [Shift(o.start_s, o.end_s, 20.0, 4.2, rise_s=150.0)],
}
