"""One accident from the hole to the contours: `run(accident)`.

The chain: release → what goes to the air and what to the ground → pool and its vapour → cloud → toxic and flammable contours → fires →
explosion. Each step says which model it took and why. What cannot be reckoned for want of a property is said, not left out in silence.
"""

from __future__ import annotations

from pathlib import Path

from chemward.science.consequence import contours
from chemward.science.consequence.accident import Accident
from chemward.science.consequence.dispersion_step import Dispersed, disperse
from chemward.science.consequence.fire_step import burst, explosion, fires, is_flammable
from chemward.science.consequence.frame import Frame
from chemward.science.consequence.geojson import write
from chemward.science.consequence.pool_step import Pool, pool_step
from chemward.science.consequence.release_step import Released, release_step
from chemward.science.consequence.result import Consequence, Contour, Step
from chemward.science.consequence.toxic_step import toxic
from chemward.science.constants import kelvin
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Faults
from chemward.science.notes import Note, warning
from chemward.science.substances import Substance, find
from chemward.science.substances.mixtures import pseudo_substance
from chemward.standards import effect_levels, probits

Part = tuple[list[Step], list[Contour]]


def run(accident: Accident, geojson: Path | None = None) -> Consequence:
    """The consequence of one accident; geojson: folder to write the contours into. Raises Faults that name the fields."""
    result = consequence(accident)
    if geojson is not None:
        write(result, geojson)
    return result


def consequence(accident: Accident) -> Consequence:
    """The consequence of one accident, nothing written. Raises Faults that name the fields."""
    substance = _substance(accident)
    weather = _weather(accident)
    frame = frame_of(accident)
    released = release_step(accident, substance, weather.pressure)
    pool = pool_step(accident, substance, released, weather)
    clouds = disperse(accident, substance, released, pool, weather)
    parts = _effects(accident, substance, released, pool, clouds, weather, frame)
    steps = [released.step, *([pool.step] if pool else []), *(cloud.step for cloud in clouds)]
    drawn: list[Contour] = []
    for part_steps, part_contours in parts:
        steps += part_steps
        drawn += part_contours
    return Consequence(
        substance=substance.name_zh or substance.name,
        cas=substance.cas,
        steps=steps,
        contours=drawn,
        release=released.series,
        sets=_sets(accident, clouds),
        notes=_notes(substance),
    )


def _substance(accident: Accident) -> Substance:
    if accident.substance is not None:
        return find(accident.substance)
    parts = [(find(c.substance, f"mixture[{i}].substance"), c.mole_fraction) for i, c in enumerate(accident.mixture)]
    return pseudo_substance(parts)


def _weather(accident: Accident) -> Weather:
    given = accident.weather
    return Weather(
        wind_speed=given.wind_m_s,
        stability=given.stability,
        temperature=kelvin(given.temperature_c),
        pressure=given.pressure_kpa * 1e3,
        relative_humidity=given.humidity,
        roughness=given.roughness_m,
        is_urban=given.is_urban,
    )


def frame_of(accident: Accident) -> Frame:
    """Where the accident is and where the wind comes from."""
    place = accident.place
    origin = (place.lon_deg, place.lat_deg) if place.lon_deg is not None and place.lat_deg is not None else None
    return Frame(accident.weather.wind_from_deg, place.x_m, place.y_m, origin)


def _effects(
    accident: Accident,
    substance: Substance,
    released: Released,
    pool: Pool | None,
    clouds: list[Dispersed],
    weather: Weather,
    frame: Frame,
) -> list[Part]:
    parts: list[Part] = [toxic(accident, substance, dispersed, weather, frame) for dispersed in clouds]
    for dispersed in clouds:
        parts.append(_flash_fire(accident, substance, dispersed, weather, frame))
        parts.append(_tried(lambda d=dispersed: explosion(accident, substance, d.cloud, weather, frame), "explosion"))
    parts.append(_tried(lambda: fires(accident, substance, released, pool.radius if pool else 0.0, weather, frame), "fire"))
    parts.append(_tried(lambda: burst(accident, substance, released, weather, frame), "burst"))
    return parts


def _tried(part: object, what: str) -> Part:
    """A further effect; when a property that it needs is not known, a step that says so."""
    try:
        return part()  # type: ignore[operator,no-any-return]
    except Faults as refused:
        missing = [fault for fault in refused.faults if fault.field.startswith("substance.")]
        if len(missing) < len(refused.faults):
            raise
        step = Step(
            "explosion" if what in ("explosion", "burst") else "pool_fire",
            "none",
            "a property of the substance is not known",
            {},
            [warning("not_reckoned", str(fault)) for fault in missing],
        )
        return [step], []


def _flash_fire(accident: Accident, substance: Substance, dispersed: Dispersed, weather: Weather, frame: Frame) -> Part:
    if not is_flammable(substance):
        return [], []
    rows = contours.flammable_levels(
        substance.need("lower_flammable"), substance.need("molar_mass"), weather.temperature, weather.pressure
    )
    drawn = contours.of_concentration("flammable", dispersed.name, dispersed.cloud, rows, frame, accident.with_band)
    found = {"lower_limit_kg_m3": rows[0][1], "flammable_mass_kg": dispersed.cloud.flammable_mass(rows[0][1])}
    step = Step(
        "flash_fire", "contour of the lower limit", "a cloud that is lit late burns as far as it is above its lower limit", found
    )
    return [step], drawn


def _sets(accident: Accident, clouds: list[Dispersed]) -> dict[str, str]:
    sets: dict[str, str] = {"preset": accident.sets.preset}
    for dispersed in clouds:
        sets[f"{dispersed.name}_widths"] = dispersed.sigma
    sets["toxic_probit"] = accident.sets.toxic_probit or probits.DEFAULT
    sets["levels"] = effect_levels.ID
    return sets


def _notes(substance: Substance) -> list[Note]:
    return [
        *substance.notes,
        warning(
            "obstacles_not_modelled",
            "terrain and buildings are not modelled; fences and walls change concentrations by a factor of 0.3 to 2",
        ),
    ]
