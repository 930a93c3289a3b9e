"""Contours of clouds, flames and blasts, each with the band around its distance.

The band: concentration, heat and overpressure are known to a factor. Where the effect is that factor above or below its level the true
contour may as well be; so the band is read off the same field at the level times and over the factor, and nothing is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, hypot, log

import numpy as np
from numpy.typing import NDArray

from chemward.science.consequence.frame import Frame, area, circle
from chemward.science.consequence.result import Band, Contour
from chemward.science.constants import concentration
from chemward.science.dispersion.cloud import Cloud
from chemward.science.explosion.blast import Blast
from chemward.science.fire.fireball import Fireball
from chemward.science.fire.flame import Flame
from chemward.science.harm.toxic import ToxicProbit
from chemward.standards import effect_levels
from chemward.standards.effect_levels import Level

Array = NDArray[np.float64]
BREATHING_HEIGHT = 1.0  # m, AQ/T 3046-2013 11: reference height


def combined(*what: str) -> float:
    """Factor [-] of several independent scatters: exp √Σ ln²."""
    return exp(hypot(*(log(effect_levels.scatter()[name]) for name in what)))


def contour(
    effect: str,
    of: str,
    level: Level,
    lines: Sequence[Array],
    frame: Frame,
    band: Band | None,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Contour:
    """A contour of lines (k, 2) [m] in the wind's frame, moved by shift [m], placed on the site."""
    moved = [line + np.asarray(shift) for line in lines if len(line) >= 4]
    return Contour(
        effect=effect,  # type: ignore[arg-type]
        of=of,
        name=level.name,
        name_zh=level.name_zh,
        level=level.level,
        unit=level.unit,
        distance_m=max((float(np.hypot(line[:, 0], line[:, 1]).max()) for line in moved), default=0.0),
        area_m2=sum(area(line) for line in moved),
        rings=[[(round(x, 7), round(y, 7)) for x, y in frame.placed(line).tolist()] for line in moved],
        source=level.source,
        band=band,
    )


def band(reach: Callable[[float], float], level: float, factor: float, because: str) -> Band:
    """Reach [m] at the level times and over the factor [-]; level in the unit that `reach` takes."""
    return Band(low_m=reach(level * factor), high_m=reach(level / factor), because=because)


def of_concentration(
    effect: str, of: str, cloud: Cloud, rows: Sequence[tuple[Level, float]], frame: Frame, with_band: bool
) -> list[Contour]:
    """Contours of concentrations: rows of a level and its concentration [kg/m³]."""
    factor = combined("concentration", "rate")

    def reach(level: float) -> float:
        return cloud.reach(level, BREATHING_HEIGHT).far

    return [
        contour(
            effect,
            of,
            row,
            cloud.contour(level, BREATHING_HEIGHT),
            frame,
            band(reach, level, factor, "dispersion model and release rate") if with_band else None,
        )
        for row, level in rows
    ]


def of_lethality(of: str, cloud: Cloud, probit: ToxicProbit, exposure: float, frame: Frame, with_band: bool) -> list[Contour]:
    """Contours of the probability of death outdoors by a toxic cloud, exposure [s]: along the axis by dose, across it by the half-width that
    the cloud has where its dose is the wanted one."""
    found = []
    for row in effect_levels.levels("lethality"):
        wanted = probit.concentration(row.level, exposure)
        found.append(_lethality(of, cloud, probit, exposure, row, wanted, frame, with_band))
    return found


def _lethality(
    of: str, cloud: Cloud, probit: ToxicProbit, exposure: float, row: Level, wanted: float, frame: Frame, with_band: bool
) -> Contour:
    """The dose of a cloud that passes is less than that of its greatest concentration for the whole exposure: the equivalent steady
    concentration c̄ = (dose/t)^(1/n) is drawn, on a grid of the axis and of the offset from it."""
    minutes = min(exposure, 1800.0)
    far = cloud.reach(wanted / 2, BREATHING_HEIGHT).far
    if far <= 0:
        return contour("lethality", of, row, [], frame, None)
    x = np.concatenate([[0.5], np.geomspace(1.0, far * 1.05, 70)])
    widest = max(cloud.reach(wanted / 4, BREATHING_HEIGHT).half_width * 1.3, 1.0)
    y = np.linspace(0.0, widest, 33)
    dose = cloud.dose(x[:, None], y[None, :], BREATHING_HEIGHT, probit.n, exposure)
    steady = (dose / minutes) ** (1 / probit.n)
    lines = _outline(x, y, steady, wanted)
    reach = _axis_reach(x, steady[:, 0])
    factor = combined("concentration", "rate")
    return contour(
        "lethality",
        of,
        row,
        lines,
        frame,
        band(reach, wanted, factor, "dispersion model and release rate") if with_band else None,
    )


def _outline(x: Array, y: Array, values: Array, level: float) -> list[Array]:
    """Closed lines (k, 2) [m] of where values (x, y) exceed the level, mirrored about the axis."""
    reach = np.array([_last_above(y, row, level) for row in values])
    inside = reach >= 0
    if not inside.any():
        return []
    kept_x, kept_y = x[inside], reach[inside]
    right = np.column_stack([kept_x, -kept_y])
    left = np.column_stack([kept_x[::-1], kept_y[::-1]])
    line = np.concatenate([right, left])
    return [np.concatenate([line, line[:1]])]


def _last_above(at: Array, values: Array, level: float) -> float:
    """The farthest place [m] where values (k,) exceed the level, −1 when nowhere."""
    above = np.flatnonzero(values >= level)
    if not len(above):
        return -1.0
    last = int(above[-1])
    if last == len(at) - 1:
        return float(at[last])
    step = max(values[last] - values[last + 1], 1e-300)
    return float(at[last] + (values[last] - level) / step * (at[last + 1] - at[last]))


def _axis_reach(x: Array, values: Array) -> Callable[[float], float]:
    return lambda level: max(_last_above(x, values, level), 0.0)


def of_heat(of: str, flame: Flame | Fireball, frame: Frame, with_band: bool) -> list[Contour]:
    """Contours of heat radiation."""
    factor = combined("heat")
    found = []
    for row in effect_levels.levels("heat"):
        around = band(flame.distance, row.level * 1e3, factor, "fire model") if with_band else None
        found.append(contour("heat", of, row, flame.contour(row.level * 1e3), frame, around))
    return found


def of_blast(of: str, blast: Blast, frame: Frame, with_band: bool, centre: float = 0.0) -> list[Contour]:
    """Contours of overpressure around a point on the cloud's axis, centre [m] downwind of the source."""
    factor = combined("overpressure")
    found = []
    for row in effect_levels.levels("overpressure"):
        radius = blast.radius(row.level * 1e3)
        lines = [circle(radius)] if radius > 0 else []
        around = None
        if with_band:
            near = band(blast.radius, row.level * 1e3, factor, "explosion model")
            around = Band(near.low_m + centre if near.low_m else 0.0, near.high_m + centre if near.high_m else 0.0, near.because)
        found.append(contour("overpressure", of, row, lines, frame, around, (centre, 0.0)))
    return found


def flammable_levels(lower: float, molar_mass: float, temperature: float, pressure: float) -> list[tuple[Level, float]]:
    """Levels of a flammable cloud with their concentrations [kg/m³]: lower [mol/mol], molar_mass [kg/mol], air at temperature [K] and
    pressure [Pa]."""
    full = float(concentration(lower, molar_mass, temperature, pressure))
    return [(row, row.level * full) for row in effect_levels.levels("flammable")]
