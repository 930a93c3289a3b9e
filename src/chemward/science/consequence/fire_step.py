"""Fires and explosions of an accident, each only where it can happen."""

from __future__ import annotations

from math import pi

from chemward.science.consequence import contours
from chemward.science.consequence.accident import Accident
from chemward.science.consequence.frame import Frame
from chemward.science.consequence.release_step import Released
from chemward.science.consequence.result import Contour, Step
from chemward.science.constants import concentration
from chemward.science.dispersion.cloud import Cloud
from chemward.science.dispersion.weather import Weather
from chemward.science.explosion.multi_energy import ENERGY_DENSITY, multi_energy_blast
from chemward.science.explosion.vessel import vessel_burst
from chemward.science.faults import Faults
from chemward.science.fire import pool as pool_model
from chemward.science.fire.fireball import aqt3046_fireball, fireball
from chemward.science.fire.jet import jet_fire_flame
from chemward.science.notes import Note, warning
from chemward.science.release.flash import boiling_temperature
from chemward.science.substances import Substance

Part = tuple[list[Step], list[Contour]]
NOTHING: Part = ([], [])


def is_flammable(substance: Substance) -> bool:
    """Whether the substance burns as far as the tables know: it has a lower limit and a heat of combustion."""
    return substance.lower_flammable is not None and substance.heat_of_combustion is not None


def fires(
    accident: Accident, substance: Substance, released: Released, pool_radius: float, weather: Weather, frame: Frame
) -> Part:
    """Pool fire, jet fire and fireball where they can be: pool_radius [m] of the pool on the ground, 0 without one."""
    if not is_flammable(substance):
        return NOTHING
    steps: list[Step] = []
    drawn: list[Contour] = []
    for part in (
        _pool_fire(accident, substance, pool_radius, weather, frame),
        _jet_fire(accident, substance, released, weather, frame),
        _fireball(accident, substance, released, weather, frame),
    ):
        steps += part[0]
        drawn += part[1]
    return steps, drawn


def _pool_fire(accident: Accident, substance: Substance, radius: float, weather: Weather, frame: Frame) -> Part:
    if radius <= 0:
        return NOTHING
    diameter = 2 * radius
    notes: list[Note] = []
    if diameter > pool_model.LARGEST:
        notes.append(
            warning("pool_fire_capped", f"pool of {diameter:.0f} m taken as one of {pool_model.LARGEST:.0f} m", "Mudan 1984")
        )
        diameter = pool_model.LARGEST
    if diameter < pool_model.SMALLEST:
        return NOTHING
    heat = substance.need("heat_of_combustion")
    boiling = boiling_temperature(substance, weather.pressure)
    burning = pool_model.burning_rate(substance.cas, diameter)
    because = "measured burning rate (Babrauskas)"
    if burning is None:
        cp = float(substance.liquid_heat_capacity(min(boiling, weather.temperature)))
        burning = pool_model.burgess(heat, float(substance.heat_of_vaporisation(boiling)), cp, boiling, weather.temperature)
        because = "burning rate by Burgess: none measured is known"
    flame = pool_model.pool_fire_flame(
        substance.cas,
        diameter,
        burning,
        substance.gas_density(boiling, weather.pressure),
        heat,
        weather.wind_speed,
        weather.temperature,
        weather.relative_humidity,
        weather.pressure,
        "thomas" if accident.sets.preset == "aqt3046" else "pritchard-binding",
    )
    found = {**flame.extent, "burning_rate_kg_m2_s": burning}
    step = Step("pool_fire", "tilted, dragged cylinder", because, found, [*notes, *flame.notes])
    return [step], contours.of_heat("pool_fire", flame, frame, accident.with_band)


def _jet_fire(accident: Accident, substance: Substance, released: Released, weather: Weather, frame: Frame) -> Part:
    source, content = released.airborne, released.content
    if source is None or source.kind != "jet" or content is None or released.phase not in ("gas", "flashing"):
        return NOTHING
    if content.pressure <= 1.05 * weather.pressure:
        return NOTHING
    notes: list[Note] = []
    pressure = content.pressure
    if released.phase == "flashing":
        notes.append(warning("two_phase_jet", "jet of vapour and mist taken as vapour of the same rate", "CPR 14E 6.5.3"))
    flame = jet_fire_flame(
        source.rate,
        substance.need("molar_mass"),
        min(max(float(substance.heat_capacity_ratio(content.temperature)), 1.02), 1.67),
        pressure,
        content.temperature,
        substance.need("heat_of_combustion"),
        weather.wind_speed,
        weather.temperature,
        weather.relative_humidity,
        source.height,
        pi / 2 if source.direction == "vertical" else 0.0,
        weather.pressure,
    )
    step = Step(
        "jet_fire",
        "frustum of a cone (Chamberlain)",
        "gas under pressure, lit at once",
        dict(flame.extent),
        [*notes, *flame.notes],
    )
    return [step], contours.of_heat("jet_fire", flame, frame, accident.with_band)


def _fireball(accident: Accident, substance: Substance, released: Released, weather: Weather, frame: Frame) -> Part:
    source, content = released.airborne, released.content
    if source is None or source.kind != "instantaneous" or content is None or content.liquid <= 0:
        return NOTHING
    if accident.sets.preset == "aqt3046":
        ball = aqt3046_fireball(content.mass, "cylinder")
        model = "AQ/T 3046"
    else:
        ball = fireball(
            source.mass, substance.need("heat_of_combustion"), content.pressure, weather.temperature, weather.relative_humidity
        )
        model = "Roberts (CCPS)"
    step = Step("fireball", model, "a vessel of boiling liquid gives way and is lit at once", dict(ball.extent), list(ball.notes))
    return [step], contours.of_heat("fireball", ball, frame, accident.with_band)


def explosion(accident: Accident, substance: Substance, cloud: Cloud | None, weather: Weather, frame: Frame) -> Part:
    """Explosion of the part of the cloud that lies in a congested region: multi-energy; its centre as given, else half way to the lower limit."""
    if cloud is None or accident.congestion is None or not is_flammable(substance):
        return NOTHING
    mass_molar = substance.need("molar_mass")
    lower, upper = (
        float(concentration(x, mass_molar, weather.temperature, weather.pressure))
        for x in (substance.need("lower_flammable"), substance.upper_flammable or 1.0)
    )
    mass = cloud.flammable_mass(lower, upper)
    heat = substance.need("heat_of_combustion")
    volume = min(mass * heat / ENERGY_DENSITY, accident.congestion.volume_m3)
    if volume <= 0:
        return NOTHING
    blast = multi_energy_blast(volume, accident.congestion.charge_strength, weather.pressure)
    reach = cloud.reach(lower, 1.0)
    given = accident.congestion.at_m
    centre = given if given is not None else max((reach.near + reach.far) / 2, 0.0)
    found = {"flammable_mass_kg": mass, "cloud_volume_m3": volume, "energy_j": blast.energy, "centre_m": centre, **blast.extent}
    because = "the congested volume was given; only the part of the cloud inside it makes pressure"
    return [Step("explosion", "multi-energy", because, found, list(blast.notes))], contours.of_blast(
        "explosion", blast, frame, accident.with_band, centre
    )


def burst(accident: Accident, substance: Substance, released: Released, weather: Weather, frame: Frame) -> Part:
    """Blast of the vessel itself when it gives way under pressure with a gas space."""
    source, content = released.airborne, released.content
    release = accident.release
    if content is None or source is None or source.kind != "instantaneous" or content.pressure < 1.5 * weather.pressure:
        return NOTHING
    gas_space = release.vessel.volume_m3 * (1 - release.vessel.fill) if hasattr(release, "vessel") else 0.0
    if gas_space <= 0:
        return NOTHING
    try:
        gamma = min(max(float(substance.heat_capacity_ratio(content.temperature)), 1.02), 1.67)
    except Faults:
        gamma = 1.3
    blast = vessel_burst(content.pressure, gas_space, gamma, weather.pressure)
    found = {"energy_j": blast.energy, **blast.extent}
    step = Step("explosion", "vessel burst", "the vessel is under pressure and gives way at once", found, list(blast.notes))
    return [step], contours.of_blast("vessel_burst", blast, frame, accident.with_band)
