"""Weather of a site: a joint table of period, class and direction, from a table given or from a station's record."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from chemward.science.dispersion.weather import Sky, Weather, pasquill_class
from chemward.science.faults import Fault, Faults
from chemward.science.risk.missing import Gaps
from chemward.science.risk.schema import JointTable, Site, StationRecord, WeatherClass
from chemward.standards import aqt3046

Doubles = NDArray[np.float64]

CALM = 0.5  # [m/s] a cup anemometer's threshold; below it direction is not known
DAY_SHARE = 0.44  # [-] CPR 18E (Purple Book) 5.3: day from 8:00 to 18:30
DAY_HOURS = (8.0, 18.5)
SOURCE = "AQ/T 3046-2013 9.4.3, Table 9 and E.5"


class Record(msgspec.Struct, frozen=True):
    """How a station's record was used, in records [-].

    all, gaps (left out), calms (given the direction of the light winds), by_class (counts).
    """

    records: int
    gaps: int
    calms: int
    by_class: dict[str, int]


@dataclass(frozen=True)
class Climate:
    """classes (weathers,): the weather of each.

    share (periods, weathers, sectors) [-]: joint frequency, sector k towards 360° k / sectors; record of a station.
    """

    classes: tuple[Weather, ...]
    share: Doubles
    record: Record | None = None


def climate(given: JointTable | StationRecord, site: Site, gaps: Gaps) -> Climate:
    """The climate of a site from what was given; defaults are noted in gaps."""
    if isinstance(given, StationRecord):
        classes, share, record = _from_station(given, gaps)
    else:
        classes, share, record = list(given.classes), _from_table(given, gaps), None
    air = _air(site, gaps)
    weathers = tuple(Weather(c.wind_m_s, c.stability, is_urban=site.is_urban, **air) for c in classes)
    return Climate(weathers, np.roll(share, share.shape[2] // 2, 2), record)


def _air(site: Site, gaps: Gaps) -> dict[str, float]:
    defaults = {"temperature_c": 20.0, "relative_humidity": 0.7, "roughness_m": 1.0 if site.is_urban else 0.1}
    for name, value in defaults.items():
        if getattr(site, name) is None:
            gaps.default(f"site.{name}", "is not given", f"{value:g}", "customary")
    chosen = {name: value if getattr(site, name) is None else getattr(site, name) for name, value in defaults.items()}
    return {
        "temperature": chosen["temperature_c"] + 273.15,
        "relative_humidity": chosen["relative_humidity"],
        "roughness": chosen["roughness_m"],
    }


def _from_table(given: JointTable, gaps: Gaps) -> Doubles:
    day = np.asarray(given.day, float)
    share = given.day_share
    if share is None:
        share = DAY_SHARE
        gaps.default("weather.day_share", "is not given", f"{DAY_SHARE:g}", "Purple Book CPR 18E 5.3")
    if given.night is None:
        gaps.default("weather.night", "is not given", "the table of the day, day and night")
    night = day if given.night is None else np.asarray(given.night, float)
    return np.stack([share * day / day.sum(), (1 - share) * night / night.sum()])


def default_classes() -> list[WeatherClass]:
    """The six classes of AQ/T 3046-2013 Table 9, each with the middle of its wind [m/s]."""
    return [WeatherClass(row.stability, 0.5 * (row.least_m_s + row.most_m_s)) for row in aqt3046.weather_classes()]  # type: ignore[arg-type]


def _from_station(given: StationRecord, gaps: Gaps) -> tuple[list[WeatherClass], Doubles, Record]:
    classes = given.classes or default_classes()
    if given.classes is None:
        gaps.default("weather.classes", "are not given", "the six of AQ/T 3046-2013", SOURCE)
    if given.cloud is None and given.sun_w_m2 is None:
        gaps.default("weather.cloud", "neither cloud nor radiation is given", "overcast: neutral by day and by night", SOURCE)
    counts = np.zeros((2, len(classes), given.sectors))
    calms = np.zeros((2, len(classes)))
    missing = 0
    found: dict[str, int] = {}
    for i, (wind, bearing) in enumerate(zip(given.wind_m_s, given.from_deg, strict=True)):
        if wind is None or (bearing is None and wind >= CALM):
            missing += 1
            continue
        period = 0 if _is_day(given, i) else 1
        stability = pasquill_class(wind, _sky(given, i, period == 0), edition="aqt3046") if _knows(given, i) else "D"
        found[stability] = found.get(stability, 0) + 1
        k = _nearest_class(classes, stability, wind)
        if wind < CALM or bearing is None:
            calms[period, k] += 1
        else:
            counts[period, k, int(bearing / 360 * given.sectors + 0.5) % given.sectors] += 1
    if counts.sum() + calms.sum() == 0:
        raise Faults([Fault("weather.wind_m_s", "holds no hour with wind and direction", "give a record with some")])
    share = _with_calms(counts, calms, classes)
    if missing:
        gaps.default("weather.wind_m_s", f"{missing} of {len(given.wind_m_s)} records are gaps", "the rest stands for the whole")
    if calms.sum():
        gaps.default(
            "weather.wind_m_s", f"{int(calms.sum())} records are calm", "the directions of the lightest winds of their class"
        )
    record = Record(len(given.wind_m_s), missing, int(calms.sum()), dict(sorted(found.items())))
    return classes, share / share.sum(), record


def _with_calms(counts: Doubles, calms: Doubles, classes: list[WeatherClass]) -> Doubles:
    """Calms spread over the directions of their class, or of the lightest winds of the period, or of all winds."""
    light = [i for i, c in enumerate(classes) if c.wind_m_s <= min(x.wind_m_s for x in classes) + 0.5]
    out = counts.copy()
    for period in range(2):
        for k in range(len(classes)):
            for basis in (
                counts[period, k],
                counts[period, light].sum(0),
                counts[period].sum(0),
                counts.sum((0, 1)),
                np.ones(counts.shape[2]),
            ):
                if basis.sum() > 0:
                    out[period, k] += calms[period, k] * basis / basis.sum()
                    break
    return out


def _hour(given: StationRecord, i: int) -> float:
    return (given.start_hour + i * given.step_h) % 24


def _is_day(given: StationRecord, i: int) -> bool:
    sun = given.sun_w_m2[i] if given.sun_w_m2 is not None else None
    if sun is not None:
        return sun > 10
    return DAY_HOURS[0] <= _hour(given, i) < DAY_HOURS[1]


def _knows(given: StationRecord, i: int) -> bool:
    return any(series is not None and series[i] is not None for series in (given.cloud, given.sun_w_m2))


def _sky(given: StationRecord, i: int, is_day: bool) -> Sky:
    """Insolation by radiation (strong from 700, moderate from 350 W/m²) or, without it, by hour and cloud; by night cloud alone."""
    cloud = given.cloud[i] if given.cloud is not None else None
    sun = given.sun_w_m2[i] if given.sun_w_m2 is not None else None
    if not is_day:
        return "night_cloudy" if cloud is None or cloud >= 0.5 else "night_clear"
    if sun is None:
        high = math.sin(math.pi * (_hour(given, i) - 6) / 12)
        sun = max(0.0, 990 * max(high, 0.0) - 30) * (1 - 0.75 * (cloud or 0.0) ** 3.4)
    return "strong" if sun >= 700 else "moderate" if sun >= 350 else "slight"


def _nearest_class(classes: list[WeatherClass], stability: str, wind: float) -> int:
    """The class of the same or the nearest stability whose wind is nearest."""
    return min(
        range(len(classes)), key=lambda k: (abs(ord(classes[k].stability) - ord(stability)), abs(classes[k].wind_m_s - wind), k)
    )
