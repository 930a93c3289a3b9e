"""What falls to the ground: a pool, its spread and its vapour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chemward.science.consequence.accident import Accident
from chemward.science.consequence.release_step import Released
from chemward.science.consequence.result import Step
from chemward.science.dispersion.weather import Weather
from chemward.science.release.outflow import steady
from chemward.science.release.pool import Air, pool, surface
from chemward.science.release.source import Source
from chemward.science.substances import Substance

LASTING = 3600.0  # s, an hour is looked at: AQ/T 3046-2013 9.2.6
LEAST_RATE = 1e-6  # kg/s


@dataclass(frozen=True)
class Pool:
    """The pool as the later steps need it: radius [m] at its largest; vapour: the source in the air, None when hardly any evaporates."""

    radius: float
    vapour: Source | None
    step: Step


def pool_step(accident: Accident, substance: Substance, released: Released, weather: Weather) -> Pool | None:
    """The pool of what falls to the ground; None when nothing does. Raises Faults naming a property that is not known."""
    if released.ground_mass <= 0:
        return None
    duration = min(max(released.duration, 1.0), LASTING)
    spill = steady(
        released.ground_mass / duration,
        duration,
        temperature=released.ground_temperature,
        pressure_exit=weather.pressure,
        vapour_fraction=0.0,
        velocity=0.0,
        regime="liquid",
        hole_area=1.0,
    )
    area = accident.bund.area_m2 if accident.bund else None
    air = Air(weather.wind_speed, weather.temperature, weather.pressure)
    lying = pool(substance, spill, air, surface(accident.surface), bund_area=area, lasting=LASTING)
    radius = float(np.max(lying.radius))
    vapour, rate, time = _vapour(accident, substance, lying.time, lying.evaporation, lying.temperature, radius)
    because = "held by the bund" if area is not None and radius >= 0.99 * (area / np.pi) ** 0.5 else "spreads to its least depth"
    found = {
        "radius_m": radius,
        "evaporation_kg_s": rate,
        "evaporation_for_s": time,
        "evaporated_in_an_hour_kg": lying.evaporated,
        "temperature_k": float(lying.temperature[-1]),
    }
    return Pool(radius, vapour, Step("pool", "spreading pool, heat balance", because, found, list(lying.notes)))


def _vapour(
    accident: Accident, substance: Substance, time: np.ndarray, rate: np.ndarray, temperature: np.ndarray, radius: float
) -> tuple[Source | None, float, float]:
    """The steady source that stands for the pool: the greatest mean over the exposure, lasting as long as that mass needs."""
    span = float(min(accident.exposure_s, time[-1]))
    gone = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(time))])
    starts = np.linspace(0.0, max(time[-1] - span, 0.0), 60)
    masses = np.interp(starts + span, time, gone) - np.interp(starts, time, gone)
    best = int(np.argmax(masses))
    mean = float(masses[best]) / span
    if mean < LEAST_RATE:
        return None, mean, span
    at = float(np.interp(starts[best] + span / 2, time, temperature))
    peak = float(rate.max())
    lasting = float(masses[best]) / max(
        mean, 0.5 * peak
    )  # a pool that boils off at once is a short strong source, not a long weak one
    source = Source(
        "pool",
        substance,
        rate=float(masses[best]) / lasting,
        duration=lasting,
        height=0.0,
        radius=max(radius, 0.1),
        temperature=at,
    )
    return source, source.rate, lasting
