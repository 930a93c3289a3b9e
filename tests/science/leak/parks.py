"""Parks with a known leak, made from a seed: layout, weather, plume, and what imperfect detectors report of it.

The plumes are made by other physics than the search inverts, so that nothing is proved by agreeing with itself:

| family | plume |
|---|---|
| puff | puffs released every 10 s, carried by a wind that turns within the block; puff widths of AQ/T 3046-2013 E.8; travel time |
| swing | Gaussian plume a block along a true direction that differs from the measured one; Briggs widths, scaled; no travel time |
| patchy | Gaussian plume, TNO power-law widths, travel time, gamma-distributed concentration fluctuations (intermittency) |

| class | detectors | what is wrong with the record |
|---|---|---|
| easy | 35 to 60 | gain 10 %, vane off by 2°, few gaps, five detectors or more have seen the gas |
| medium | 22 to 40 | gain 25 %, vane off by 5°, one reading in ten missing, some leaks stop or come and go, some background |
| hard | 10 to 25 | gain 45 %, vane off by 9°, one reading in four missing, every class of stability, uneven times, saturation |
| unidentifiable | any | upwind of everything; one detector and one wind; two readings; all saturated; calm |
| no source | 20 to 60 | noise, background, a spike |

Positions are metres (x east, y north), wind from-degrees, readings ppm or mg/m³ at 20 °C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

GASES = {"ammonia": 17.03, "hydrogen sulphide": 34.08, "chlorine": 70.9, "methane": 16.04, "propylene": 42.08, "benzene": 78.11}
FAMILIES = ("puff", "swing", "patchy")
STEP = 10.0  # s, within which the wind of a puff run is constant

PUFF = {  # AQ/T 3046-2013 E.8: along and across, vertical; coefficient and exponent
    "A": (0.18, 0.92, 0.60, 0.75),
    "B": (0.14, 0.92, 0.53, 0.73),
    "C": (0.10, 0.92, 0.34, 0.71),
    "D": (0.06, 0.92, 0.15, 0.70),
    "E": (0.04, 0.92, 0.10, 0.65),
    "F": (0.02, 0.89, 0.05, 0.61),
}
TNO = {  # TNO Yellow Book, 10 min, roughness 0.1 m: across, vertical
    "A": (0.527, 0.865, 0.28, 0.90),
    "B": (0.371, 0.866, 0.23, 0.85),
    "C": (0.209, 0.897, 0.22, 0.80),
    "D": (0.128, 0.905, 0.20, 0.76),
    "E": (0.098, 0.902, 0.15, 0.73),
    "F": (0.065, 0.902, 0.12, 0.67),
}
RURAL_Y = dict(zip("ABCDEF", (0.22, 0.16, 0.11, 0.08, 0.06, 0.04), strict=True))
URBAN_Y = dict(zip("ABCDEF", (0.32, 0.32, 0.22, 0.16, 0.11, 0.11), strict=True))


@dataclass(frozen=True)
class Truth:
    """Where the leak is [m], how much leaks [kg/s], and from which unit (None: between the units)."""

    x: float
    y: float
    z: float
    rate: float
    equipment: str | None


@dataclass(frozen=True)
class Park:
    """A park: its class, what `leak locate` is given, and the truth (None: nothing leaks)."""

    kind: str
    seed: int
    family: str
    document: dict[str, Any]
    truth: Truth | None


@dataclass(frozen=True)
class Conditions:
    """How good or bad a record is; ranges are drawn from evenly, `chance_*` are probabilities."""

    detectors: tuple[int, int]
    side: tuple[float, float]
    minutes: tuple[float, float]
    classes: str
    gain: float
    vane: float
    missing: float
    noise: float
    turn: tuple[float, float]
    meander: tuple[float, float]
    hits: tuple[int, int]  # detectors that saw it at least, readings above the limit at least
    chance_unsteady: float = 0.0
    chance_background: float = 0.0
    chance_uneven: float = 0.0
    chance_elsewhere: float = 0.1
    chance_saturation: float = 0.0


CLASSES = {
    "easy": Conditions((35, 60), (800, 1800), (40, 90), "BCD", 0.10, 2, 0.02, 0.25, (20, 70), (2, 6), (5, 20)),
    "medium": Conditions(
        (22, 40), (800, 2500), (30, 75), "BCDE", 0.25, 5, 0.10, 0.4, (10, 60), (4, 10), (3, 9), 0.25, 0.3, 0.2, 0.15, 0.1
    ),
    "hard": Conditions(
        (10, 25), (800, 3000), (20, 60), "ABCDEF", 0.45, 9, 0.25, 0.5, (5, 50), (6, 15), (2, 5), 0.4, 0.4, 0.4, 0.2, 0.3
    ),
}


def park(kind: str, seed: int, family: str | None = None) -> Park:
    """A park of a class (`easy`, `medium`, `hard`, `unidentifiable`, `no source`); the same seed gives the same park."""
    rng = np.random.default_rng([seed, sum(kind.encode())])
    chosen = family or FAMILIES[seed % len(FAMILIES)]
    if kind == "unidentifiable":
        return _unidentifiable(seed, chosen, rng)
    if kind == "no source":
        return _no_source(seed, chosen, rng)
    for _ in range(60):
        made = _attempt(kind, seed, chosen, CLASSES[kind], rng)
        if made is not None:
            return made
    raise RuntimeError(f"no visible leak in 60 parks: {kind} {seed}")


def _attempt(kind: str, seed: int, family: str, how: Conditions, rng: np.random.Generator) -> Park | None:
    site = _site(how, rng)
    weather = _weather(how, rng)
    truth = _leak(site, how, rng)
    is_on = _is_on(weather, how, rng)
    fields = _field(family, site, weather, truth, is_on, rng)
    readings = _report(fields, site, weather, how, rng)
    if not _is_seen(readings, site, how.hits):
        return None
    return Park(kind, seed, family, _document(site, weather, readings, rng), truth)


# layout


@dataclass(frozen=True)
class Site:
    side: float
    equipment: np.ndarray  # (n, 3) m
    sensors: np.ndarray  # (s, 3) m
    limit: float  # ppm
    saturation: float | None  # ppm
    molar_mass: float  # g/mol


def _site(how: Conditions, rng: np.random.Generator) -> Site:
    side = rng.uniform(*how.side)
    works = rng.uniform(0.12, 0.88, (rng.integers(4, 10), 2)) * side
    units = rng.integers(15, 70)
    centre = works[rng.integers(0, len(works), units)]
    spots = np.clip(centre + rng.normal(0, 0.05 * side, (units, 2)), 0.03 * side, 0.97 * side)
    equipment = np.column_stack([spots, rng.uniform(0.5, 8, units)])
    count = int(rng.integers(how.detectors[0], how.detectors[1] + 1))
    sensors = _sensors(count, side, spots, rng)
    limit = float(rng.choice([0.1, 0.5, 1.0, 2.0, 5.0]))
    saturation = float(limit * rng.choice([100, 300, 1000])) if rng.random() < how.chance_saturation else None
    return Site(side, equipment, sensors, limit, saturation, float(rng.choice(list(GASES.values()))))


def _sensors(count: int, side: float, spots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    near = count // 2
    by_units = spots[rng.integers(0, len(spots), near)] + rng.normal(0, 40, (near, 2))
    spread = rng.uniform(0.02, 0.98, (count - near, 2)) * side
    places = np.clip(np.vstack([by_units, spread]), 0.01 * side, 0.99 * side)
    return np.column_stack([places, rng.uniform(0.5, 6, count)])


# weather


@dataclass(frozen=True)
class Weather:
    ends: np.ndarray  # (b,) s, end of each block
    block: float  # s
    fine: np.ndarray  # (t,) s
    speed: np.ndarray  # (t,) m/s, true
    towards: np.ndarray  # (t,) rad, true, mathematical
    stability: str
    is_urban: bool
    measured: np.ndarray  # (b, 2) speed m/s, from degrees
    meander: float  # degrees, within a block


def _weather(how: Conditions, rng: np.random.Generator) -> Weather:
    block = float(rng.choice([60, 60, 120, 300]))
    minutes = max(rng.uniform(*how.minutes), 8 * block / 60)
    count = int(minutes * 60 / block)
    ends = block * np.arange(1, count + 1)
    if rng.random() < how.chance_uneven:
        ends = np.sort(rng.choice(ends, max(6, int(0.7 * count)), replace=False))
    fine = np.arange(-1800, ends[-1] + STEP, STEP)
    stability = str(rng.choice(list(how.classes)))
    meander = rng.uniform(*how.meander)
    span = np.radians(rng.uniform(*how.turn))
    slow = _wander(fine, 1500, rng) * span / 2 + np.linspace(-0.5, 0.5, len(fine)) * span * rng.choice([-1, 0, 1])
    towards = rng.uniform(0, 2 * np.pi) + slow + np.radians(meander) * _wander(fine, 90, rng)
    low, high = {"A": (1, 3), "B": (1.5, 4), "C": (2, 6), "D": (3, 9), "E": (1.5, 5), "F": (1, 3)}[stability]
    speed = rng.uniform(low, high) * np.exp(0.15 * _wander(fine, 300, rng))
    measured = _measured(ends, block, fine, speed, towards, how, rng)
    return Weather(ends, block, fine, speed, towards, stability, bool(rng.random() < 0.5), measured, meander)


def _wander(times: np.ndarray, memory: float, rng: np.random.Generator) -> np.ndarray:
    """A stationary first-order process of unit variance."""
    keep = np.exp(-(times[1] - times[0]) / memory)
    noise = rng.normal(0, 1, len(times))
    values = np.empty(len(times))
    values[0] = noise[0]
    for i in range(1, len(times)):
        values[i] = keep * values[i - 1] + np.sqrt(1 - keep**2) * noise[i]
    return values


def _measured(ends, block, fine, speed, towards, how, rng) -> np.ndarray:
    u, v = speed * np.cos(towards), speed * np.sin(towards)
    rows = []
    off = rng.normal(0, how.vane)
    for end in ends:
        within = (fine > end - block) & (fine <= end)
        mean = np.array([u[within].mean(), v[within].mean()])
        degrees = (270 - np.degrees(np.arctan2(mean[1], mean[0])) + off + rng.normal(0, how.vane / 3)) % 360
        rows.append([max(0.2, np.hypot(*mean) * np.exp(rng.normal(0, 0.05))), degrees])
    return np.array(rows)


# the leak and its plume


def _leak(site: Site, how: Conditions, rng: np.random.Generator) -> Truth:
    rate = float(np.exp(rng.uniform(np.log(0.02), np.log(5))))
    if rng.random() < how.chance_elsewhere:
        x, y = rng.uniform(0.1, 0.9, 2) * site.side
        return Truth(float(x), float(y), float(rng.uniform(0.5, 6)), rate, None)
    unit = int(rng.integers(len(site.equipment)))
    x, y, z = site.equipment[unit] + np.array([*rng.normal(0, 3, 2), 0.0])
    return Truth(float(x), float(y), float(z), rate, f"E{unit:02d}")


def _is_on(weather: Weather, how: Conditions, rng: np.random.Generator) -> np.ndarray:
    """(t,) whether the leak flows, at each fine time."""
    on = np.ones(len(weather.fine), bool)
    if rng.random() >= how.chance_unsteady:
        return on
    end = weather.ends[-1]
    way = rng.integers(3)
    if way == 0:
        return weather.fine < rng.uniform(0.4, 0.8) * end
    if way == 1:
        return weather.fine > rng.uniform(0.2, 0.6) * end
    return (weather.fine // rng.uniform(420, 900)) % 2 == 0


def _field(family, site, weather, truth, is_on, rng) -> np.ndarray:
    """(b, s) concentration [ppm] as a perfect detector would average it."""
    if family == "puff":
        mass = _puffs(site, weather, truth, is_on)
    else:
        mass = _plumes(family, site, weather, truth, is_on, rng)
    return mass / site.molar_mass * 24.055 * 1e6  # kg/m³ to ppm at 20 °C, 101,325 Pa


def _puffs(site: Site, weather: Weather, truth: Truth, is_on: np.ndarray) -> np.ndarray:
    steps = np.column_stack([weather.speed * np.cos(weather.towards), weather.speed * np.sin(weather.towards)]) * STEP
    run = np.vstack([np.zeros(2), np.cumsum(steps, axis=0)])[:-1]
    length = np.concatenate([[0], np.cumsum(weather.speed * STEP)])[:-1]
    reach = 1.6 * site.side
    a, b, c, d = PUFF[weather.stability]
    out = np.zeros((len(weather.ends), len(site.sensors)))
    for row, end in enumerate(weather.ends):
        times = np.flatnonzero((weather.fine > end - weather.block) & (weather.fine <= end))
        for now in times:
            alive = np.flatnonzero((length[now] - length[: now + 1] < reach) & is_on[: now + 1])
            path = length[now] - length[alive] + 0.5 * STEP * weather.speed[now]
            centre = np.array([truth.x, truth.y]) + run[now] - run[alive] + 0.5 * steps[now]
            sy, sz = a * path**b + 0.5, c * path**d + 0.3
            sx = np.sqrt(sy**2 + (0.4 * STEP * weather.speed[alive]) ** 2)
            wide = np.sqrt(sx * sy)
            far = np.hypot(site.sensors[:, 0, None] - centre[:, 0], site.sensors[:, 1, None] - centre[:, 1]) / wide
            up = _reflected(site.sensors[:, 2, None], truth.z, sz)
            amount = truth.rate * STEP / (2 * np.pi * wide**2 * np.sqrt(2 * np.pi) * sz)
            out[row] += (amount * np.exp(-0.5 * far**2) * up).sum(axis=1) / len(times)
    return out


def _plumes(family, site, weather, truth, is_on, rng) -> np.ndarray:
    scale = np.exp(rng.normal(0, 0.2)) if family == "swing" else 1.0
    out = np.zeros((len(weather.ends), len(site.sensors)))
    offset = site.sensors[:, :2] - np.array([truth.x, truth.y])
    for row, end in enumerate(weather.ends):
        within = np.flatnonzero((weather.fine > end - weather.block) & (weather.fine <= end))
        for now in within[:: max(1, len(within) // 6)]:
            out[row] += _plume(family, offset, site, weather, truth, is_on, int(now), scale)
        out[row] /= len(within[:: max(1, len(within) // 6)])
    if family == "patchy":
        out *= rng.gamma(4.0, 0.25, out.shape)
    return out


def _plume(family, offset, site, weather, truth, is_on, now, scale) -> np.ndarray:
    speed = weather.speed[now]
    age = 0 if family == "swing" else np.clip((np.hypot(*offset.T) / speed / STEP).astype(int), 0, now)
    emitted = np.full(len(offset), now) - age
    towards = weather.towards[emitted]
    x = offset[:, 0] * np.cos(towards) + offset[:, 1] * np.sin(towards)
    y = -offset[:, 0] * np.sin(towards) + offset[:, 1] * np.cos(towards)
    ahead = np.maximum(x, 1.0)
    sy, sz = _widths(family, weather, ahead)
    sy, sz = scale * sy + 0.5, scale * sz + 0.3
    peak = truth.rate / (2 * np.pi * speed * sy * sz)
    value = peak * np.exp(-0.5 * (y / sy) ** 2) * _reflected(site.sensors[:, 2], truth.z, sz)
    return np.where((x > 0) & is_on[emitted], value, 0.0)


def _widths(family: str, weather: Weather, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if family == "patchy":
        a, b, c, d = TNO[weather.stability]
        return a * x**b, c * x**d
    k = weather.stability
    if weather.is_urban:
        sz = {"A": 0.24 * np.sqrt(1 + 1e-3 * x), "C": 0.2, "D": 0.14 / np.sqrt(1 + 3e-4 * x), "E": 0.08 / np.sqrt(1 + 1.5e-3 * x)}
        return URBAN_Y[k] * x / np.sqrt(1 + 4e-4 * x), x * sz[{"B": "A", "F": "E"}.get(k, k)]
    sz = {
        "A": 0.20,
        "B": 0.12,
        "C": 0.08 / np.sqrt(1 + 2e-4 * x),
        "D": 0.06 / np.sqrt(1 + 1.5e-3 * x),
        "E": 0.03 / (1 + 3e-4 * x),
        "F": 0.016 / (1 + 3e-4 * x),
    }
    return RURAL_Y[k] * x / np.sqrt(1 + 1e-4 * x), x * sz[k]


def _reflected(z, height, sz) -> np.ndarray:
    return np.exp(-0.5 * ((z - height) / sz) ** 2) + np.exp(-0.5 * ((z + height) / sz) ** 2)


# what the detectors report


def _report(fields: np.ndarray, site: Site, weather: Weather, how: Conditions, rng: np.random.Generator) -> np.ndarray:
    """(b, s) ppm, NaN missing, 0 below the limit, the saturation value above it."""
    gain = np.exp(rng.normal(0, how.gain, fields.shape[1]))
    background = site.limit * rng.uniform(0.5, 4) if rng.random() < how.chance_background else 0.0
    values = gain * (fields * np.exp(rng.normal(0, 0.5 * how.gain, fields.shape)) + background)
    values += rng.normal(0, how.noise * site.limit, fields.shape)
    values = np.where(values < site.limit, 0.0, values)
    if site.saturation:
        values = np.minimum(values, site.saturation)
    values[rng.random(fields.shape) < how.missing] = np.nan
    return values


def _is_seen(readings: np.ndarray, site: Site, hits: tuple[int, int]) -> bool:
    """Whether enough detectors stand out from the rest, often enough."""
    level = 2.0 * max(site.limit, float(np.nanmedian(readings)) * 2)
    above = np.nan_to_num(readings) > level
    return int(above.any(axis=0).sum()) >= hits[0] and int(above.sum()) >= hits[1]


def _document(site: Site, weather: Weather, readings: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    is_mass = bool(rng.random() < 0.25)
    factor = site.molar_mass / 24.055 if is_mass else 1.0
    rows = [[None if np.isnan(v) else float(f"{v * factor:.4g}") for v in row] for row in readings]
    document: dict[str, Any] = {
        "sensors": [_sensor(i, p, site, factor) for i, p in enumerate(site.sensors)],
        "times_s": [float(t) for t in weather.ends],
        "averaging_s": weather.block,
        "readings_unit": "mg/m3" if is_mass else "ppm",
        "readings": rows,
        "wind": [
            {"time_s": float(t), "speed_m_s": round(float(u), 2), "from_deg": round(float(d), 1) % 360}
            for t, (u, d) in zip(weather.ends, weather.measured, strict=True)
        ],
        "stability": weather.stability,
        "molar_mass_g_mol": site.molar_mass,
        "temperature_c": 20.0,
        "extent": {"x_min_m": 0.0, "x_max_m": site.side, "y_min_m": 0.0, "y_max_m": site.side},
        "equipment": [
            {"id": f"E{i:02d}", "x_m": round(float(x), 1), "y_m": round(float(y), 1), "z_m": round(float(z), 1)}
            for i, (x, y, z) in enumerate(site.equipment)
        ],
    }
    if rng.random() < 0.5:
        document["is_urban"] = weather.is_urban
    return document


def _sensor(index: int, place: np.ndarray, site: Site, factor: float) -> dict[str, Any]:
    x, y, z = (round(float(v), 1) for v in place)
    row: dict[str, Any] = {"id": f"S{index:02d}", "x_m": x, "y_m": y, "z_m": z, "detection_limit": site.limit * factor}
    if site.saturation:
        row["saturation"] = site.saturation * factor
    return row


# records that cannot say where


def _unidentifiable(seed: int, family: str, rng: np.random.Generator) -> Park:
    way = ("upwind", "one line", "few readings", "saturated", "calm")[seed % 5]
    how = CLASSES["medium"]
    for _ in range(300):
        site, weather = _site(how, rng), _weather(how, rng)
        truth = _leak(site, how, rng)
        made = _spoil(way, site, weather, truth, family, rng)
        if made is not None:
            return Park(f"unidentifiable: {way}", seed, family, made, truth)
    raise RuntimeError(f"no such record in 300 parks: {way} {seed}")


def _spoil(way, site, weather, truth, family, rng) -> dict[str, Any] | None:
    steady = CLASSES["easy"]
    if way in ("one line", "upwind"):
        weather = _steady(weather, rng)
    if way == "upwind":
        site = _upwind(site, weather, rng)
    fields = _field(family, site, weather, truth, np.ones(len(weather.fine), bool), rng)
    if way == "one line":
        best = int(fields.mean(axis=0).argmax())
        keep = [best, *[s for s in range(len(site.sensors)) if fields[:, s].max() < 0.2 * site.limit][:8]]
        site, fields = _only(site, keep), fields[:, keep]
    readings = _report(fields, site, weather, steady, rng)
    if way == "few readings":
        readings = _kept(readings, site)
    if way == "saturated":
        return _saturated(site, weather, fields, rng)
    if way == "calm":
        return _calm(site, weather, fields, rng)
    seen = np.nan_to_num(readings) > 2 * site.limit
    if (way == "upwind") == bool(seen.any()):
        return None
    return _document(site, weather, readings, rng)


def _steady(weather: Weather, rng: np.random.Generator) -> Weather:
    towards = np.full_like(weather.towards, weather.towards.mean()) + np.radians(2) * _wander(weather.fine, 60, rng)
    degrees = (270 - np.degrees(weather.towards.mean())) % 360
    measured = np.column_stack([weather.measured[:, 0], (degrees + rng.normal(0, 1, len(weather.ends))) % 360])
    return Weather(
        weather.ends,
        weather.block,
        weather.fine,
        weather.speed,
        towards,
        weather.stability,
        weather.is_urban,
        measured,
        2.0,
    )


def _upwind(site: Site, weather: Weather, rng: np.random.Generator) -> Site:
    """All detectors along the edge that the wind comes over."""
    towards = weather.towards.mean()
    along = np.array([np.cos(towards), np.sin(towards)])
    across = np.array([-along[1], along[0]])
    n = len(site.sensors)
    places = site.side / 2 - along * 0.47 * site.side + across * rng.uniform(-0.45, 0.45, n)[:, None] * site.side
    places = np.clip(places, 0, site.side)
    return _only(Site(site.side, site.equipment, np.column_stack([places, site.sensors[:, 2]]), *_rest(site)), range(n))


def _rest(site: Site) -> tuple[float, float | None, float]:
    return site.limit, site.saturation, site.molar_mass


def _only(site: Site, keep) -> Site:
    return Site(site.side, site.equipment, site.sensors[list(keep)], *_rest(site))


def _kept(readings: np.ndarray, site: Site) -> np.ndarray:
    """The two largest readings of two detectors, all else missing."""
    flat = np.nan_to_num(readings)
    thin = np.full_like(readings, np.nan)
    for sensor in np.argsort(flat.max(axis=0))[-2:]:
        thin[flat[:, sensor].argmax(), sensor] = flat[:, sensor].max()
    return thin


def _saturated(site, weather, fields, rng) -> dict[str, Any] | None:
    """A handful of cheap switches: over range or nothing, and all that report are over range."""
    keep = np.argsort(fields.mean(axis=0))[-3:]
    if fields[:, keep].min() <= 0.05:
        return None
    level = 0.5 * float(fields[:, keep].min())
    site = Site(site.side, site.equipment, site.sensors[keep], level / 100, level, site.molar_mass)
    return _document(site, weather, np.full((len(fields), 3), level), rng)


def _calm(site, weather, fields, rng) -> dict[str, Any]:
    """Air that drifts about: gas at a third of the detectors, in no order, and a vane that points anywhere."""
    readings = site.limit * np.exp(rng.normal(1.5, 1.0, fields.shape)) * (rng.random(fields.shape) < 0.3)
    measured = np.column_stack([rng.uniform(0.0, 0.4, len(fields)), rng.uniform(0, 360, len(fields))])
    still = Weather(*[getattr(weather, f) for f in ("ends", "block", "fine", "speed", "towards")], "F", False, measured, 30.0)
    return _document(site, still, readings, rng)


def _no_source(seed: int, family: str, rng: np.random.Generator) -> Park:
    how = CLASSES[("easy", "medium")[seed % 2]]
    site, weather = _site(how, rng), _weather(how, rng)
    # detectors all over the park: a quiet record then means something
    spread = np.column_stack([rng.uniform(0.05, 0.95, (50, 2)) * site.side, rng.uniform(1, 3, 50)])
    site = Site(site.side, site.equipment, spread, *_rest(site))
    readings = _report(np.zeros((len(weather.ends), 50)), site, weather, how, rng)
    return Park("no source", seed, family, _document(site, weather, readings, rng), None)
