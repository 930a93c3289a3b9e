"""AQ/T 3046-2013, quantitative risk assessment of chemical enterprises: its tables, typed.

Each function answers one table, its rows in the order of the print. Figures, units and known slips of the print: the data files.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, TypeVar

from chemward.standards.edition import Edition, Row, edition

ID = "AQ/T 3046-2013"

T = TypeVar("T")
Axis = Literal["x", "y", "z"]


class Hole(Row, frozen=True, kw_only=True):
    """A hole size. above_mm, to_mm, representative_mm [mm]; None: rupture, or no upper bound."""

    hole: Literal["small", "medium", "large", "rupture"]
    above_mm: float
    to_mm: float | None
    representative_mm: float | None


class Scenario(Row, frozen=True, kw_only=True):
    """Leaks of a kind of equipment. holes: names of `Hole`, or words where the rule is one of its own. into: where it goes."""

    equipment: str
    variant: str
    holes: str
    into: str
    clause: str


class Discharge(Row, frozen=True, kw_only=True):
    """A discharge coefficient [-] of a liquid by the kind of opening."""

    opening: Literal["sharp", "rounded", "short pipe", "unknown"]
    coefficient: float


class GasDischarge(Row, frozen=True, kw_only=True):
    """A discharge coefficient [-] of a gas by the shape of the hole."""

    shape: Literal["circle", "triangle", "rectangle"]
    coefficient: float


class PipeRoughness(Row, frozen=True, kw_only=True):
    """Roughness of a clean pipe: least_mm to most_mm [mm]."""

    material: str
    least_mm: float
    most_mm: float


class Fitting(Row, frozen=True, kw_only=True):
    """2-K constants of a fitting: k1 [-], k_infinity [-]."""

    fitting: str
    k1: float
    k_infinity: float


class PipeEnd(Row, frozen=True, kw_only=True):
    """2-K constants of an inlet or outlet of a pipe: k1 [-], k_infinity [-]."""

    end: Literal["inlet", "inlet, Borda", "outlet"]
    k1: float
    k_infinity: float


class ReleaseTime(Row, frozen=True, kw_only=True):
    """How long a leak lasts. detection, isolation: classes of Table F.1. hole_mm [mm]; duration_min [min]."""

    detection: Literal["A", "B", "C"]
    isolation: Literal["A", "B", "C"]
    hole_mm: float
    duration_min: float


class PoolDepth(Row, frozen=True, kw_only=True):
    """Least depth of a pool [m] on a ground."""

    ground: str
    depth_m: float


class Ground(Row, frozen=True, kw_only=True):
    """Heat conduction of a ground: conductivity [W/(m K)], diffusivity [m²/s]."""

    ground: str
    conductivity: float
    diffusivity: float


class PoolEvaporation(Row, frozen=True, kw_only=True):
    """Constants n [-] and a [-] of mass evaporation by stability; None where the table has no row (C)."""

    stability: str
    exponent: float | None
    factor: float | None


class WeatherClass(Row, frozen=True, kw_only=True):
    """One of the six classes of weather: stability, least_m_s and most_m_s of the wind [m/s]."""

    stability: str
    least_m_s: float
    most_m_s: float


class PasquillCell(Row, frozen=True, kw_only=True):
    """Stability for wind from_m_s (included) to to_m_s [m/s] and a sky; None where the cell is empty."""

    from_m_s: float
    to_m_s: float | None
    sky: Literal["strong sun", "moderate sun", "weak sun", "night, cloudy", "night, clear"]
    stability: str | None


class Sigma(Row, frozen=True, kw_only=True):
    """A dispersion coefficient [m] at x [m]: factor x^power (1 + stretch x)^stretch_power.

    factor [m^(1-power)], power [-], stretch [1/m], stretch_power [-]. environment: rural, urban, any.
    """

    environment: Literal["rural", "urban", "any"]
    stability: str
    axis: Axis
    factor: float
    power: float
    stretch: float
    stretch_power: float


class Immediate(Row, frozen=True, kw_only=True):
    """Probability [-] of immediate ignition of fixed plant, by rate [kg/s] or mass [kg]; an edge belongs to the middle band.

    reactivity: of class 0 only.
    """

    category: str
    reactivity: Literal["low", "average or high", "any"]
    from_kg_s: float
    to_kg_s: float | None
    from_kg: float
    to_kg: float | None
    probability: float


class TransportIgnition(Row, frozen=True, kw_only=True):
    """Probability [-] of immediate ignition of a vehicle, least to most (equal unless a range is printed)."""

    category: str
    vehicle: Literal["road tanker", "rail tanker", "ship"]
    release: Literal["continuous", "instantaneous"]
    least: float
    most: float


class FlammabilityClass(Row, frozen=True, kw_only=True):
    """A class of flammable substances: flash point from flash_from_c to flash_to_c [°C], boiling point to boiling_to_c [°C]."""

    category: str
    state: Literal["gas", "liquid"]
    flash_from_c: float | None
    flash_to_c: float | None
    boiling_to_c: float | None


class Reactivity(Row, frozen=True, kw_only=True):
    """Reactivity of a substance as the table prints it; cas is added, None where the printed name is doubtful."""

    reactivity: Literal["low", "average", "high"]
    name_zh: str
    name: str
    cas: str | None


class Delayed(Row, frozen=True, kw_only=True):
    """Probability [-] that a source lights a cloud within one minute, per source, 100 m, site or person."""

    source_of_ignition: str
    kind: Literal["point", "line", "area", "population"]
    probability: float
    per: str


class ToxicProbit(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(C^n t), C [mg/m³], t [min]. a, b, n [-]. name_zh as printed; name and cas are what the figures belong to."""

    name_zh: str
    name: str
    cas: str
    a: float
    b: float
    n: float


class HeatProbit(Row, frozen=True, kw_only=True):
    """Pr = a + b ln(q^n t), q [W/m²], t [s]. a, b, n [-]."""

    name: str
    a: float
    b: float
    n: float


class Factor(Row, frozen=True, kw_only=True):
    """Factors [-] on the probability of death by effect: individual risk, and societal risk outdoors and indoors."""

    effect: str
    individual: float
    societal_outdoors: float
    societal_indoors: float


class Figure(Row, frozen=True, kw_only=True):
    """A single figure in its unit."""

    name: str
    value: float
    unit: str
    clause: str


class KinsellaRow(Row, frozen=True, kw_only=True):
    """Strength of a vapour cloud explosion [-], least to most, as printed (see its note before use)."""

    ignition: Literal["weak", "strong"]
    obstruction: Literal["none", "weak", "strong"]
    confinement: Literal["yes", "no"]
    least: float
    most: float


class HeatDamage(Row, frozen=True, kw_only=True):
    """What a heat flux [kW/m²] does to equipment and people."""

    heat_kw_m2: float
    equipment_zh: str | None
    people_zh: str
    equipment: str | None
    people: str


class OverpressureDamage(Row, frozen=True, kw_only=True):
    """What an overpressure, least to most [kPa], does to buildings."""

    least_kpa: float
    most_kpa: float
    effect: str


def this() -> Edition:
    """The edition itself."""
    return edition(ID)


@cache
def _rows(table: str, kind: type[T]) -> tuple[T, ...]:
    return this().table(table).read_as(kind)


def holes() -> tuple[Hole, ...]:
    """Hole sizes, 8.1.1 Table 3."""
    return _rows("holes", Hole)


def scenarios() -> tuple[Scenario, ...]:
    """Leaks of each kind of equipment, 8.1.2 to 8.1.13."""
    return _rows("scenarios", Scenario)


def liquid_discharge() -> dict[str, float]:
    """Discharge coefficient [-] of a liquid by opening ("sharp", "rounded", "short pipe", "unknown"), E.1.1."""
    return {row.opening: row.coefficient for row in _rows("discharge_liquid", Discharge)}


def gas_discharge() -> dict[str, float]:
    """Discharge coefficient [-] of a gas by shape ("circle", "triangle", "rectangle"), E.1.4."""
    return {row.shape: row.coefficient for row in _rows("discharge_gas", GasDischarge)}


def pipe_roughnesses() -> tuple[PipeRoughness, ...]:
    """Roughness of clean pipes, Table E.1."""
    return _rows("pipe_roughness", PipeRoughness)


def fittings() -> tuple[Fitting, ...]:
    """2-K constants of fittings, Table E.2."""
    return _rows("fittings", Fitting)


def pipe_ends() -> tuple[PipeEnd, ...]:
    """2-K constants of inlet and outlet, E.12."""
    return _rows("pipe_ends", PipeEnd)


def release_times() -> tuple[ReleaseTime, ...]:
    """Duration of a continuous leak by detection, isolation and hole, Table F.2."""
    return _rows("release_times", ReleaseTime)


def pool_depths() -> dict[str, float]:
    """Least depth of a pool [m] by ground ("grass", "rough", "flat", "concrete", "calm water"), Table E.9."""
    return {row.ground: row.depth_m for row in _rows("pool_depth", PoolDepth)}


def grounds() -> dict[str, Ground]:
    """Heat conduction by ground ("concrete", "soil, 8 % water", "dry soil", "wet soil", "gravel"), Table E.3."""
    return {row.ground: row for row in _rows("ground", Ground)}


def pool_evaporation() -> dict[str, PoolEvaporation]:
    """Constants of mass evaporation by stability "A" to "F" (C has none), Table E.4."""
    return {row.stability: row for row in _rows("pool_evaporation", PoolEvaporation)}


def weather_classes() -> tuple[WeatherClass, ...]:
    """The six classes of weather, Table 9."""
    return _rows("weather_classes", WeatherClass)


def pasquill() -> tuple[PasquillCell, ...]:
    """Stability by wind and sky, Table E.5."""
    return _rows("pasquill", PasquillCell)


def plume_sigmas(*, is_corrected: bool = True) -> tuple[Sigma, ...]:
    """Dispersion coefficients of a plume, Table E.7: with Briggs's urban A and B, or as printed."""
    return _rows("sigma_plume_corrected" if is_corrected else "sigma_plume", Sigma)


def puff_sigmas() -> tuple[Sigma, ...]:
    """Dispersion coefficients of a puff, Table E.8."""
    return _rows("sigma_puff", Sigma)


def immediate_ignition() -> tuple[Immediate, ...]:
    """Immediate ignition of fixed plant, Table G.1."""
    return _rows("ignition_immediate", Immediate)


def transport_ignition() -> tuple[TransportIgnition, ...]:
    """Immediate ignition of vehicles inside the plant, Table G.2."""
    return _rows("ignition_transport", TransportIgnition)


def flammability_classes() -> tuple[FlammabilityClass, ...]:
    """Classes of flammable substances, Table G.3."""
    return _rows("flammability_classes", FlammabilityClass)


def reactivities() -> tuple[Reactivity, ...]:
    """Reactivity of the substances listed, Table G.4."""
    return _rows("reactivity", Reactivity)


def delayed_ignition() -> dict[str, Delayed]:
    """Ignition within a minute by source ("motor vehicle", "flame", "power line", "chemical plant", "resident" …), Table G.5."""
    return {row.source_of_ignition: row for row in _rows("ignition_delayed", Delayed)}


def toxic_probits() -> tuple[ToxicProbit, ...]:
    """Toxic probits, Table I.2."""
    return _rows("probit_toxic", ToxicProbit)


def heat_probit() -> HeatProbit:
    """The heat probit, equation (6)."""
    rows: tuple[HeatProbit, ...] = _rows("probit_heat", HeatProbit)
    return rows[0]


def factors() -> dict[str, Factor]:
    """Factors on the probability of death by effect, Table 10."""
    return {row.effect: row for row in _rows("factors", Factor)}


def figures() -> dict[str, Figure]:
    """Single figures by name, each in the unit it carries: "longest_release", "fatal_heat", "flash_limit" …"""
    return {row.name: row for row in _rows("figures", Figure)}


def printed_kinsella() -> tuple[KinsellaRow, ...]:
    """Table E.10 as printed, with confinement the wrong way round: to check against, not to compute with."""
    return _rows("kinsella", KinsellaRow)


def heat_damage() -> tuple[HeatDamage, ...]:
    """Damage by heat, Table H.2."""
    return _rows("heat_damage", HeatDamage)


def overpressure_damage() -> tuple[OverpressureDamage, ...]:
    """Damage to buildings by overpressure, Table H.3."""
    return _rows("overpressure_damage", OverpressureDamage)
