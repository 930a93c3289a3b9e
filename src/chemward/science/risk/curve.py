"""The F-N curve and its judgement, and the limits of individual risk, by GB 36894-2018."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chemward.science.risk.result import FnPoint, Societal
from chemward.standards import gb36894

Doubles = NDArray[np.float64]
Zone = Literal["unacceptable", "as low as reasonably practicable", "acceptable"]


def curve(bins: Doubles, edges: Doubles) -> Doubles:
    """F(N) [1/a] at every edge [persons], from bins (sites, edges, 2) of frequency [1/a]: accidents with at least so many deaths.

    Source: AQ/T 3046-2013 11.6; Purple Book CPR 18E 6.4.
    """
    return np.asarray(np.cumsum(bins.sum(0)[::-1, 0])[::-1][: edges.size])


def zone_of(deaths: float, frequency: float) -> Zone:
    """Zone of the diagram for at least `deaths` [persons] at frequency [1/a]: a point on a line belongs to the zone below.

    Source: GB 36894-2018 4.2.
    """
    lines = gb36894.lines()
    if frequency > lines["upper"].frequency(deaths) or (deaths > lines["upper"].to_deaths and frequency > 0):
        return "unacceptable"
    return "as low as reasonably practicable" if frequency > lines["lower"].frequency(deaths) else "acceptable"


def fn_points(frequency: Doubles, edges: Doubles) -> list[FnPoint]:
    """The curve from one death on, where it steps; frequency [1/a] at edges [persons]."""
    at = [i for i in range(edges.size) if edges[i] >= 1 - 1e-9 and frequency[i] > 0]
    kept = [i for i in at if i + 1 == edges.size or frequency[i] > frequency[i + 1] or i == at[0]]
    return [FnPoint(float(edges[i]), float(frequency[i]), zone_of(float(edges[i]), float(frequency[i]))) for i in kept]


def societal(points: list[FnPoint]) -> Societal:
    """The worst zone of a curve and where it comes nearest to the upper line."""
    source = f"{gb36894.ID} 4.2"
    if not points:
        return Societal("acceptable", None, 0.0, source)
    upper = gb36894.lines()["upper"]
    worst = max(points, key=lambda p: (p.zone == "unacceptable", p.frequency_per_year / upper.frequency(p.deaths)))
    order: tuple[Zone, ...] = ("unacceptable", "as low as reasonably practicable", "acceptable")
    zone = next(name for name in order if any(p.zone == name for p in points))
    return Societal(zone, worst.deaths, worst.frequency_per_year / upper.frequency(worst.deaths), source)
