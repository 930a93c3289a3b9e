"""Checks and remarks that the passive models share."""

from __future__ import annotations

import math

from chemward.science.dispersion.sigma import SigmaSet
from chemward.science.dispersion.tables import document
from chemward.science.dispersion.weather import Weather
from chemward.science.faults import Fault, out_of_range, refuse
from chemward.science.notes import Note, info, warning

_UNITS = {
    "rate": "kg/s",
    "mass": "kg",
    "duration": "s",
    "exposure": "s",
    "exponent": "[-]",
    "lower": "kg/m³",
    "level": "kg/m³",
    "averaging": "s",
}


def require_positive(**values: float) -> None:
    """Raise Faults for every value, named as its field, that is not above 0 or is no number; only `duration` may be inf."""
    refuse(
        Fault(name, f"is {value:g} {_UNITS.get(name, '')}".rstrip(), f"give a value above 0 in {_UNITS.get(name, 'SI')}")
        for name, value in values.items()
        if not value > 0 or (math.isinf(value) and name != "duration")
    )


def passive_notes(
    weather: Weather, sigma: SigmaSet, kind: str, *, height: float, radius: float, lid: float, rise: float
) -> tuple[Note, ...]:
    """Remarks on a Gaussian model: set, calm, lid, what is not modelled. height, radius, lid, rise [m].

    Raises Faults for calm (below 0.5 m/s), a set of the other kind, a height or radius below 0.
    """
    wind = document("limits")["wind"]
    speed = float(weather.wind_at(10.0))
    calm = speed < wind["refused_below_m_s"]
    why = "a Gaussian model has no calm: the cloud spreads faster than it drifts"
    refuse(
        fault
        for is_wrong, fault in (
            (calm, out_of_range("wind_speed", speed, wind["refused_below_m_s"], 50, "m/s", why)),
            (sigma.kind != kind, Fault("sigma", f"{sigma.name!r} is a set of {sigma.kind}s", f"name a set of {kind}s")),
            (not 0 <= height < 1000, out_of_range("height", height, 0, 1000, "m")),
            (not 0 <= radius < 1000, out_of_range("radius", radius, 0, 1000, "m")),
            (not lid > 0, Fault("lid", f"is {lid:g} m", "give a height above 0, or inf for no lid")),
        )
        if is_wrong
    )
    notes = [
        info("sigma_set", f"widths: {sigma.title}, for {sigma.near:g} to {sigma.far:g} m", sigma.source),
        info("obstacles_not_modelled", "buildings, fences and terrain are not modelled; they change concentrations by factors"),
    ]
    if speed < wind["warned_below_m_s"]:
        notes.append(
            warning("low_wind", f"wind {speed:g} m/s at 10 m: below 1 m/s a Gaussian model is only an estimate", wind["source"])
        )
    if height + rise > lid:
        notes.append(
            warning(
                "above_lid",
                f"the release rises to {height + rise:.0f} m, above the lid at {lid:.0f} m: nothing reaches the ground",
            )
        )
    return tuple(notes)
