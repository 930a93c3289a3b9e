"""Toxic contours: probability of death by the probit of a named set, and the published limits for the public."""

from __future__ import annotations

from chemward.science.consequence import contours
from chemward.science.consequence.accident import Accident
from chemward.science.consequence.dispersion_step import Dispersed
from chemward.science.consequence.frame import Frame
from chemward.science.consequence.result import Contour, Step
from chemward.science.constants import concentration
from chemward.science.dispersion.weather import Weather
from chemward.science.harm.toxic import toxic_probit
from chemward.science.notes import Note, info
from chemward.science.substances import Substance
from chemward.standards import probits
from chemward.standards.effect_levels import Level
from chemward.standards.toxic_limits import guideline

Part = tuple[list[Step], list[Contour]]
MG_PER_KG = 1e6


def toxic(accident: Accident, substance: Substance, dispersed: Dispersed, weather: Weather, frame: Frame) -> Part:
    """Contours of a cloud's toxic effect; nothing for a substance without probit and without limits."""
    if substance.molar_mass is None:
        return [], []
    set_id = accident.sets.toxic_probit or probits.DEFAULT
    probit = toxic_probit(substance.cas, substance.molar_mass, set_id)
    drawn: list[Contour] = []
    notes: list[Note] = []
    if probit is not None:
        drawn += contours.of_lethality(dispersed.name, dispersed.cloud, probit, accident.exposure_s, frame, accident.with_band)
        notes.append(
            info(
                "toxic_probit",
                f"Pr = {probit.a:g} + {probit.b:g} ln(C^{probit.n:g} t), mg/m³ and min",
                f"{set_id}: {probit.source}",
            )
        )
    rows = zones(substance.cas, substance.molar_mass, weather)
    drawn += contours.of_concentration("toxic", dispersed.name, dispersed.cloud, rows, frame, accident.with_band)
    if not drawn:
        return [], []
    found = {} if probit is None else {"lc50_mg_m3": probit.concentration(0.5, accident.exposure_s) * MG_PER_KG}
    because = "probit of the set and published limits" if probit else "no probit in this set: published limits only"
    return [Step("toxic", set_id if probit else "limits", because, found, notes)], drawn


def zones(cas: str, molar_mass: float, weather: Weather) -> list[tuple[Level, float]]:
    """Guidelines for the public with their concentrations [kg/m³] in the air of the accident; molar_mass [kg/mol]."""
    found = []
    for number, row in sorted(guideline(cas).items(), reverse=True):
        assert row.value is not None
        if row.unit == "ppm":
            level = float(concentration(row.value * 1e-6, molar_mass, weather.temperature, weather.pressure))
        else:
            level = row.value / MG_PER_KG
        name = f"{row.limit}-{number}"
        found.append(
            (
                Level(
                    effect="toxic",
                    name=name,
                    name_zh=name,
                    level=row.value,
                    unit=row.unit,
                    source=row.source,
                    certainty=row.certainty,  # type: ignore[arg-type]
                    note=row.note,
                ),
                level,
            )
        )
    return found
