"""Which model a source gets, and why: jet, dense or passive, plume or puff. Results are kept, so that asking again costs nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from chemward.science.constants import GRAVITY
from chemward.science.dispersion.britter_mcquaid import workbook_plume, workbook_puff
from chemward.science.dispersion.cloud import Cloud
from chemward.science.dispersion.dense_cloud import dense_plume
from chemward.science.dispersion.dense_puff import dense_puff
from chemward.science.dispersion.jet_cloud import jet_cloud
from chemward.science.dispersion.mixing import Vapour
from chemward.science.dispersion.plume import plume
from chemward.science.dispersion.puff import puff
from chemward.science.dispersion.sigma import sigma_set
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults
from chemward.science.notes import Note, warning
from chemward.science.release.source import Source
from chemward.science.substances import Substance

SHORT = 10.0  # [s] a release shorter than this is a cloud that is there at once
FAST = 2.0  # [-] velocity over the wind from which a release is a jet


@dataclass(frozen=True)
class Chosen:
    """A cloud, the name of its model, why that one, the set of widths or the dense model, the criterion of weight [-] and its limit [-]."""

    cloud: Cloud
    model: str
    because: str
    sigma: str
    criterion: float
    limit: float
    notes: tuple[Note, ...] = ()


@lru_cache(maxsize=128)
def cloud_of(
    source: Source, weather: Weather, *, averaging: float = 600.0, sigma: str | None = None, is_passive_only: bool = False
) -> Chosen:
    """The cloud of a source in a weather by the model that suits it.

    averaging [s] of the concentration; sigma: name of the set of widths of a Gaussian plume; is_passive_only: Gaussian models alone, as a
    regulatory preset may ask. A dense or jet model that fails falls back to the workbook of Britter and McQuaid, or to a Gaussian model, with
    a warning. Raises Faults for inputs outside all models. Source: Britter and McQuaid 1988, chapter 2 (criterion of weight).
    """
    criterion, limit = weight_criterion(source, weather)
    if not is_passive_only:
        try:
            found = _pushed_or_heavy(source, weather, averaging, sigma, criterion, limit)
        except Faults:
            raise
        except (RuntimeError, ArithmeticError, ValueError) as fault:
            found = _fall_back(source, weather, averaging, sigma, criterion, limit, str(fault))
        if found is not None:
            return found
    because = (
        "only Gaussian models were asked for" if is_passive_only else f"weight criterion {criterion:.2g} is not above {limit:g}"
    )
    return _passive(source, weather, averaging, sigma, because, criterion, limit)


def weight_criterion(source: Source, weather: Weather) -> tuple[float, float]:
    """How much the weight of a release counts against the wind, and the limit above which it is a dense gas, both [-].

    (g'V̇/(u³D))^⅓ against 0.15 of a steady release, (g'V)^½/(u V^⅓) against 0.20 of a sudden one; 0 for gases no heavier than air; D is
    (V̇/u)^½ or the width of a pool. Source: Britter and McQuaid 1988, chapter 2; CCPS 1999.
    """
    limits = document("dense")["criterion"]
    limit = limits["instantaneous" if _is_sudden(source) else "continuous"]
    density, air = source.density, weather.air_density
    if density <= air:
        return 0.0, limit
    reduced = GRAVITY * (density - air) / air
    wind = max(float(weather.wind_at(10.0)), 1e-3)
    if _is_sudden(source):
        volume = _mass(source) / density
        return math.sqrt(reduced * volume) / (wind * volume ** (1 / 3)), limit
    flow = source.rate / density
    width = 2 * source.radius if source.kind in ("pool", "area") and source.radius > 0 else math.sqrt(flow / wind)
    return (reduced * flow / (wind**3 * width)) ** (1 / 3), limit


def vapour_of(substance: Substance, temperature: float, weather: Weather, liquid_fraction: float) -> Vapour:
    """What mixing needs of a substance released at temperature [K] with a fraction liquid_fraction [-] of drops.

    Raises Faults naming what is not known; boiling point and heat are needed only of a release with drops.
    """
    middle = (temperature + weather.temperature) / 2
    heat_capacity = float(substance.gas_heat_capacity(middle))
    boiling = substance.boiling_point
    if liquid_fraction <= 0 and (boiling is None or "heat_of_vaporisation" not in substance.curves):
        return Vapour(substance.need("molar_mass"), heat_capacity)
    boiling = substance.need("boiling_point")
    density = float(substance.liquid_density(boiling)) if "liquid_density" in substance.curves else 1000.0
    return Vapour(substance.need("molar_mass"), heat_capacity, boiling, float(substance.heat_of_vaporisation(boiling)), density)


def _is_sudden(source: Source) -> bool:
    return source.kind == "instantaneous" or source.duration < SHORT


def _mass(source: Source) -> float:
    return source.mass if source.kind == "instantaneous" else source.rate * source.duration


def _pushed_or_heavy(
    source: Source, weather: Weather, averaging: float, sigma: str | None, criterion: float, limit: float
) -> Chosen | None:
    """Jet or dense cloud, None for a passive one."""
    wind = float(weather.wind_at(10.0))
    is_jet = source.kind == "jet" and source.velocity > FAST * wind and source.radius > 0 and not _is_sudden(source)
    if not is_jet and criterion <= limit:
        return None
    vapour = vapour_of(source.substance, source.temperature, weather, source.liquid_fraction)
    if is_jet:
        return _jet(source, weather, averaging, sigma, vapour, criterion, limit)
    because = f"weight criterion {criterion:.2g} is above {limit:g}"
    radius = max(source.radius, 0.05)
    if _is_sudden(source):
        volume = _mass(source) / source.density
        size = max(source.radius, (volume / math.pi) ** (1 / 3))
        sudden = dense_puff(
            _mass(source), vapour, weather, radius=size, temperature=source.temperature, liquid_fraction=source.liquid_fraction
        )
        return Chosen(sudden, "dense cloud", because, "dense", criterion, limit, sudden.notes)
    steady = dense_plume(
        source.rate,
        vapour,
        weather,
        radius=radius,
        temperature=source.temperature,
        duration=source.duration,
        liquid_fraction=source.liquid_fraction,
        averaging=averaging,
    )
    notes = steady.notes
    if source.height > 1:
        notes += (warning("set_down", f"a heavy release at {source.height:g} m is taken as one at the ground"),)
    return Chosen(steady, "dense plume", because, "dense", criterion, limit, notes)


def _jet(
    source: Source, weather: Weather, averaging: float, sigma: str | None, vapour: Vapour, criterion: float, limit: float
) -> Chosen:
    cloud = jet_cloud(
        source.rate,
        vapour,
        weather,
        radius=source.radius,
        velocity=source.velocity,
        temperature=source.temperature,
        height=source.height,
        direction=source.direction,
        duration=source.duration,
        liquid_fraction=source.liquid_fraction,
        averaging=averaging,
        sigma=sigma_set(sigma) if sigma else None,
    )
    after = "dense plume" if cloud.path.is_grounded else "Gaussian plume"
    fate = "it comes down heavy" if cloud.path.is_grounded else "the wind carries it on"
    because = f"it leaves at {source.velocity:.0f} m/s, faster than the wind; {fate}"
    kind = "dense" if cloud.path.is_grounded else cloud.beyond.sigma.name  # type: ignore[union-attr]
    return Chosen(cloud, f"jet, then {after}", because, kind, criterion, limit, cloud.notes)


def _fall_back(
    source: Source, weather: Weather, averaging: float, sigma: str | None, criterion: float, limit: float, why: str
) -> Chosen:
    """The workbook for a heavy release, else a Gaussian model, with a warning."""
    note = warning("fall_back", f"the first choice of model gave no result ({why[:120]})")
    if criterion <= limit:
        found = _passive(source, weather, averaging, sigma, "the jet model gave no result", criterion, limit)
        return Chosen(found.cloud, found.model, found.because, found.sigma, criterion, limit, (note, *found.notes))
    mole = source.substance.need("molar_mass")
    if _is_sudden(source):
        cloud = workbook_puff(_mass(source), source.density, source.temperature, mole, weather)
    else:
        cloud = workbook_plume(source.rate, source.density, source.temperature, mole, weather, source.duration)
    return Chosen(
        cloud,
        "workbook of Britter and McQuaid",
        "the dense model gave no result",
        "dense",
        criterion,
        limit,
        (note, *cloud.notes),
    )


def _passive(
    source: Source, weather: Weather, averaging: float, sigma: str | None, because: str, criterion: float, limit: float
) -> Chosen:
    ceiling = source.substance.gas_density(weather.temperature, weather.pressure)
    if _is_sudden(source):
        chosen = sigma if sigma and sigma_set(sigma).kind == "puff" else None
        cloud = puff(_mass(source), weather, height=source.height, radius=source.radius, sigma=chosen, ceiling=ceiling)
        return Chosen(cloud, "Gaussian puff", because, cloud.sigma.name, criterion, limit, cloud.notes)
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
    return Chosen(made, "Gaussian plume", because, made.sigma.name, criterion, limit, made.notes)
