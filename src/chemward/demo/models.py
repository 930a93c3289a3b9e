"""How each kind of reading behaves when nothing happens: closed forms of time, evaluated for all tags of a kind at once.

Tanks are filled and emptied in batches, pumps A and B take turns, loading bays load one vehicle after the other, everything
else wanders about its usual value. Weather comes from `weather`, the Tennessee Eastman unit from `tep`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from chemward.demo.effects import Index
from chemward.demo.noise import Float, Streams, normal, smooth, streams, uniform
from chemward.demo.records import Plan, Tag
from chemward.demo.weather import HOUR_S, Weather

EPOCH_S = 1_704_038_400.0  # 2024-01-01 in Shanghai: counters count from here
LOADING_SHARE = 0.62  # of a loading cycle


@dataclass(frozen=True)
class Group:
    """All tags of one model. `own` streams belong to the tag, `thing` streams to its equipment (A and B of a pair share one)."""

    index: Index
    normal: Float
    swing: Float
    resolution: Float
    own: Streams
    thing: Streams
    is_second: Float  # 1.0 for B of a pair

    @classmethod
    def of(cls, plan: Plan, seed: int, tags: Iterable[Tag]) -> Group:
        chosen = list(tags)
        things = [_pair(t.equipment or t.key) for t in chosen]
        return cls(
            index=np.array([plan.tag_index[t.key] for t in chosen], dtype=np.int64),
            normal=np.array([t.normal for t in chosen]),
            swing=np.array([t.swing for t in chosen]),
            resolution=np.array([t.resolution for t in chosen]),
            own=streams(seed, [t.key for t in chosen], "tag"),
            thing=streams(seed, things, "thing"),
            is_second=np.array([float(t.equipment.endswith("B")) for t in chosen]),
        )


Law = Callable[[Group, float, Weather], Float]


def _pair(code: str) -> str:
    return code[:-1] if "-P-" in code and code[-1] in "AB" else code


# -- laws -------------------------------------------------------------------------------------------------------------


def wander(g: Group, t_s: float, _: Weather) -> Float:
    """Slow and quick wandering about the usual value, within about two swings, and instrument noise."""
    slow = 0.45 * smooth(g.own, t_s, 2700.0) + 0.25 * smooth(g.thing, t_s, 420.0)
    return g.normal + g.swing * slow + _noise(g, t_s)


def _noise(g: Group, t_s: float) -> Float:
    return (0.03 * g.swing + 0.25 * g.resolution) * normal(g.own, int(t_s))


def tank_level(g: Group, t_s: float, _: Weather) -> Float:
    """Filled, at rest, emptied, at rest, in cycles of 9 to 21 hours."""
    period = HOUR_S * (9.0 + 12.0 * uniform(g.thing, 1))
    at = np.mod(t_s / period + uniform(g.thing, 2), 1.0)
    full = np.clip(at / 0.36, 0, 1) - np.clip((at - 0.5) / 0.36, 0, 1)
    return g.normal + 1.25 * g.swing * (2 * full - 1) + 0.04 * normal(g.own, int(t_s) // 20)


def tank_level_twin(g: Group, t_s: float, weather: Weather) -> Float:
    """The second level gauge of the same tank, a little off."""
    return tank_level(g, t_s, weather) + 0.25 + 0.15 * smooth(g.own, t_s, 3600.0)


def tank_temperature(g: Group, t_s: float, weather: Weather) -> Float:
    """Between the season and what the product brings along, a little warmer in the afternoon."""
    air = 0.7 * float(weather.daily_temperature(t_s)) + 0.15 * float(weather.temperature(t_s - 3 * HOUR_S))
    return 0.55 * air + 0.45 * g.normal + 0.5 * g.swing * normal(g.thing, 3) * 0.6 + 0.25 * smooth(g.own, t_s, 3600.0)


def room_temperature(g: Group, t_s: float, weather: Weather) -> Float:
    return 0.5 * float(weather.temperature(t_s - HOUR_S)) + 0.45 * g.normal + 0.3 * smooth(g.own, t_s, 1800.0)


def gas(g: Group, t_s: float, _: Weather) -> Float:
    """Clean air: mostly zero, now and then the last digit. Oxygen stands at its usual share."""
    noise = normal(g.own, int(t_s) // 4)
    return np.where(g.normal > 0, g.normal + g.swing * noise, np.maximum(0.0, 0.6 * g.swing * (noise - 1.6)))


def _turns(g: Group, t_s: float) -> tuple[Float, Float]:
    """(length of a turn [s], turns since the epoch) of a pump pair."""
    length = HOUR_S * (5.0 + 5.0 * uniform(g.thing, 4))
    return length, (t_s - EPOCH_S) / length + 2 * uniform(g.thing, 5)


def running(g: Group, t_s: float, _: Weather) -> Float:
    """1 while it is the turn of this pump of the pair."""
    return (np.mod(np.floor(_turns(g, t_s)[1]), 2) == g.is_second).astype(np.float64)


def running_current(g: Group, t_s: float, weather: Weather) -> Float:
    return running(g, t_s, weather) * wander(g, t_s, weather)


def running_pressure(g: Group, t_s: float, weather: Weather) -> Float:
    """A pump at rest stands at the pressure of the header that the other one feeds; one in seven is valved off and empty."""
    on = running(g, t_s, weather)
    at_rest = np.where(uniform(g.thing, 9) < 1 / 7, 0.02, 0.84 * g.normal)
    return on * wander(g, t_s, weather) + (1 - on) * at_rest


def running_hours(g: Group, t_s: float, weather: Weather) -> Float:
    """Hours run since the epoch: finished turns and the present one."""
    length, turns = _turns(g, t_s)
    finished = np.floor((np.floor(turns) + 1 - g.is_second) / 2)
    return (finished + (turns - np.floor(turns)) * running(g, t_s, weather)) * length / HOUR_S


def always_running(g: Group, _: float, __: Weather) -> Float:
    return np.ones(len(g.index))


def always_running_hours(g: Group, t_s: float, _: Weather) -> Float:
    return (t_s - EPOCH_S) / HOUR_S * (0.90 + 0.05 * uniform(g.thing, 6))


def _loading(g: Group, t_s: float) -> tuple[Float, Float, Float]:
    """(length of a loading cycle [s], number of the cycle, share of it that is over)."""
    length = 2400.0 + 2400.0 * uniform(g.thing, 7)
    cycles = (t_s - EPOCH_S) / length + uniform(g.thing, 8)
    return length, np.floor(cycles), cycles - np.floor(cycles)


def batch_flow(g: Group, t_s: float, weather: Weather) -> Float:
    _, _, share = _loading(g, t_s)
    ramp = np.clip(share / 0.03, 0, 1) * np.clip((LOADING_SHARE - share) / 0.03, 0, 1)
    return ramp * wander(g, t_s, weather)


def batch_volume(g: Group, t_s: float, _: Weather) -> Float:
    """Cubic metres loaded since the epoch: 62 m³/h while loading."""
    length, cycle, share = _loading(g, t_s)
    return 62.0 * length / HOUR_S * LOADING_SHARE * (cycle + np.minimum(share / LOADING_SHARE, 1.0))


def batch_number(g: Group, t_s: float, _: Weather) -> Float:
    """Number of the batch being loaded, 0 when the bay is idle."""
    _, cycle, share = _loading(g, t_s)
    return np.where(share < LOADING_SHARE, cycle, 0.0)


LAWS: dict[str, Law] = {
    "wander": wander,
    "tank_level": tank_level,
    "tank_level_twin": tank_level_twin,
    "tank_temperature": tank_temperature,
    "room_temperature": room_temperature,
    "gas": gas,
    "running": running,
    "running_current": running_current,
    "running_pressure": running_pressure,
    "running_hours": running_hours,
    "always_running": always_running,
    "always_running_hours": always_running_hours,
    "batch_flow": batch_flow,
    "batch_volume": batch_volume,
    "batch_text": batch_number,
}
WEATHER: dict[str, Callable[[Weather, float], float]] = {
    "wind_speed": lambda w, t: float(w.speed(t)),
    "wind_direction": lambda w, t: float(w.direction_deg(t)),
    "wind_gust": lambda w, t: float(w.gust(t)),
    "air_temperature": lambda w, t: float(w.temperature(t)),
    "humidity": lambda w, t: float(w.humidity(t)),
    "air_pressure": lambda w, t: float(w.pressure(t)),
}


class Models:
    """Readings of all tags when nothing happens."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._n = len(plan.tags)
        by_model: dict[str, list[Tag]] = {}
        for tag in plan.tags:
            by_model.setdefault(tag.model, []).append(tag)
        self._groups = [(LAWS[m], Group.of(plan, seed, tags)) for m, tags in by_model.items() if m in LAWS]
        self._weather = [(WEATHER[m], plan.tag_index[t.key]) for m, tags in by_model.items() if m in WEATHER for t in tags]
        self._stability = [plan.tag_index[t.key] for t in by_model["stability"]]
        self._batches = [plan.tag_index[t.key] for t in by_model["batch_text"]]
        unknown = set(by_model) - set(LAWS) - set(WEATHER) - {"stability", "tep"}
        if unknown:
            raise ValueError(f"no law for the models {sorted(unknown)}; correct data/instruments.toml")

    def values(self, t_s: float, weather: Weather) -> Float:
        """Numbers of all tags; NaN where a tag is a text or belongs to the Tennessee Eastman unit."""
        values = np.full(self._n, np.nan)
        for law, group in self._groups:
            values[group.index] = law(group, t_s, weather)
        for read, i in self._weather:
            values[i] = read(weather, t_s)
        return values

    def texts(self, t_s: float, weather: Weather, values: Float) -> dict[int, str]:
        """Texts by index of the tag."""
        texts = {i: weather.stability(t_s) for i in self._stability}
        for i in self._batches:
            texts[i] = f"DEMO-{int(values[i]):06d}" if values[i] > 0 else "空闲"
        return texts
