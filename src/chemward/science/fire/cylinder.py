"""View factors of an upright cylinder in closed form: the independent check of the surface integral."""

from __future__ import annotations

from math import atan, pi, sqrt


def upright_view_factors(radius: float, height: float, distance: float) -> tuple[float, float]:
    """View factors (vertical receiver, level receiver) [-] at ground level beside an upright cylinder that stands on the ground.

    radius [m], height [m], distance [m] from the axis; distance > radius, else ValueError.
    Source: Mudan 1987, Fire Safety Journal 12, eq. 12–13 with no tilt; CPR 14E (Yellow Book, 3rd ed.) appendix 6.1.
    """
    if distance <= radius:
        raise ValueError(f"distance {distance:g} m is inside the cylinder of radius {radius:g} m")
    h, s = height / radius, distance / radius
    a = h * h + s * s + 1
    root = sqrt(a * a - 4 * s * s)
    shrink = sqrt((s - 1) / (s + 1))
    stretched = sqrt((a + 2 * s) * (s - 1) / ((a - 2 * s) * (s + 1)))
    vertical = (atan(h / sqrt(s * s - 1)) / s + h / s * (a / root * atan(stretched) - atan(shrink))) / pi
    level = (atan(1 / shrink) - (h * h + s * s - 1) / root * atan(stretched)) / pi
    return vertical, level
