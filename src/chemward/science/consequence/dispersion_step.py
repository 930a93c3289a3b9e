"""Clouds of an accident: which model, and why."""

from __future__ import annotations

from dataclasses import dataclass

from chemward.science.consequence.accident import Accident
from chemward.science.consequence.pool_step import Pool
from chemward.science.consequence.release_step import Released
from chemward.science.consequence.result import Step
from chemward.science.dispersion.choice import cloud_of
from chemward.science.dispersion.cloud import Cloud
from chemward.science.dispersion.weather import Weather
from chemward.science.release.source import Source
from chemward.science.substances import Substance


@dataclass(frozen=True)
class Dispersed:
    """A cloud with its step. name: "jet", "pool" or "burst"; sigma: set of widths, or the dense model."""

    name: str
    cloud: Cloud
    sigma: str
    step: Step


def disperse(
    accident: Accident, substance: Substance, released: Released, pool: Pool | None, weather: Weather
) -> list[Dispersed]:
    """Clouds from what went to the air and from the pool."""
    clouds = []
    if released.airborne is not None:
        clouds.append(_of("burst" if released.airborne.kind == "instantaneous" else "jet", released.airborne, accident, weather))
    if pool is not None and pool.vapour is not None:
        clouds.append(_of("pool", pool.vapour, accident, weather))
    return clouds


def _of(name: str, source: Source, accident: Accident, weather: Weather) -> Dispersed:
    chosen = cloud_of(
        source,
        weather,
        averaging=accident.averaging_s,
        sigma=accident.sets.sigma,
        is_passive_only=accident.sets.preset == "aqt3046",
    )
    given = {"rate_kg_s": source.rate} if source.kind != "instantaneous" else {"mass_kg": source.mass}
    at, value = chosen.cloud.peak(1.0)
    weight = {"weight_criterion": chosen.criterion, "weight_limit": chosen.limit}
    found = {**given, "peak_kg_m3": value, "peak_at_m": at, **weight}
    step = Step("dispersion", chosen.model, chosen.because, found, list(dict.fromkeys((*chosen.notes, *chosen.cloud.notes))))
    return Dispersed(name, chosen.cloud, chosen.sigma, step)
