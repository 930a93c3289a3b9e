"""Which dispersion model a source gets, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from chemward.science.dispersion.cloud import Cloud
from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.puff import puff
from chemward.science.dispersion.weather import Weather
from chemward.science.release.source import Source

SHORT = 10.0  # s: a release shorter than this is a puff


@dataclass(frozen=True)
class Chosen:
    """A cloud, the model's name, why it was chosen, its set of widths, and numbers with their unit in the name."""

    cloud: Cloud
    model: str
    because: str
    sigma: str
    found: dict[str, float] = field(default_factory=dict)


def chosen_cloud(source: Source, weather: Weather, *, averaging: float, sigma: str | None, is_passive_only: bool) -> Chosen:
    """The cloud of a source; averaging [s]; sigma: set of widths or None; is_passive_only: no dense-gas model (regulatory preset)."""
    return _passive(source, weather, averaging, sigma, "the cloud hardly differs from air in density, or soon will not")


def _passive(source: Source, weather: Weather, averaging: float, sigma: str | None, because: str) -> Chosen:
    ceiling = source.density  # nothing is denser than the source itself
    if source.kind == "instantaneous" or source.duration < SHORT:
        mass = source.mass if source.kind == "instantaneous" else source.rate * source.duration
        cloud = puff(mass, weather, height=source.height, radius=source.radius, sigma=sigma, ceiling=ceiling)
        return Chosen(cloud, "Gaussian puff", because, cloud.sigma.name)
    made = plume(
        source.rate,
        weather,
        height=source.height,
        duration=source.duration,
        radius=source.radius if source.kind in ("pool", "area") else 0.0,
        sigma=sigma,
        averaging=averaging,
        ceiling=ceiling,
    )
    return Chosen(made, "Gaussian plume of finite duration", because, made.sigma.name)
