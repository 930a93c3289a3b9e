"""What an accident does to people about its release point: death probability in the wind's own frame.

Three shapes are enough: a plume whose probit is A(x) − B(x) y², a circle about the source or about a point downwind, and a table.
A person outdoors dies with the probability of the shape; factors of the effect say how much of it counts for individual risk, for
people outdoors and for people indoors (AQ/T 3046-2013 Table 10).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.faults import Fault, refuse

Doubles = NDArray[np.float64]

NEVER = -50.0  # probit of no death at all
SHARPNESS = 12.0  # probit units from the edge of a zone to its middle: what the kernel takes for 0 or 1


@dataclass(frozen=True)
class Plume:
    """Death probability Φ(A(x) − B(x) y² − 5), x downwind and y across [m]; none upwind and none beyond the last x.

    x (n,) rising, above 0 [m]; a (n,) probit on the axis [-]; b (n,) fall across [1/m²]. Between values of x, a and b are linear
    in log x.
    """

    x: Doubles
    a: Doubles
    b: Doubles

    def __post_init__(self) -> None:
        x, a, b = (np.ascontiguousarray(v, float) for v in (self.x, self.a, self.b))
        for name, value in (("x", x), ("a", a), ("b", b)):
            object.__setattr__(self, name, value)
        faults = []
        if x.ndim != 1 or x.size < 2 or not x.shape == a.shape == b.shape:
            faults.append(
                Fault("x", f"x, a, b have shapes {x.shape}, {a.shape}, {b.shape}", "give three rows of one length, at least 2")
            )
        else:
            if not (np.all(np.diff(x) > 0) and x[0] > 0):
                faults.append(Fault("x", "does not rise from above 0 m", "give rising distances"))
            if not (np.isfinite(a).all() and np.isfinite(b).all() and (b >= 0).all()):
                faults.append(
                    Fault("b", "a or b is not finite, or b is negative", "give finite probits and b of at least 0 1/m²")
                )
        refuse(faults)

    @property
    def reach(self) -> float:
        """Farthest x with a death probability above 1e-5 [m]."""
        alive = np.flatnonzero(self.a > 0.735)
        return float(self.x[min(alive[-1] + 1, self.x.size - 1)]) if alive.size else 0.0


def zone(x: ArrayLike, half_width: ArrayLike) -> Plume:
    """The plume that kills everybody within half_width of its axis and nobody beyond, as inside a flammable cloud.

    x (n,) [m] rising, above 0; half_width (n,) [m], 0 or less where there is nothing: what stands negative is how far the zone is
    from beginning, so that its tip lies between two points. Steep instead of sharp: the probit goes from 17 on the axis through 5
    at the edge.
    """
    at, half = np.asarray(x, float), np.asarray(half_width, float)
    scale = np.maximum(np.abs(half), 0.05 * max(float(np.abs(half).max(initial=0.0)), 1e-3)) ** 2
    a = 5.0 + SHARPNESS * np.sign(half) * half**2 / scale
    return Plume(at, np.clip(a, NEVER, None), SHARPNESS / scale)


@dataclass(frozen=True)
class Circle:
    """Death probability by distance from a middle that lies `centre` [m] downwind of the release point.

    radius (n,) [m] from 0 or above, not falling (a value twice is a step); lethality (n,) [-] in 0 to 1, kept inside the first
    radius and 0 beyond the last.
    """

    radius: Doubles
    lethality: Doubles
    centre: float = 0.0

    def __post_init__(self) -> None:
        radius, lethality = np.ascontiguousarray(self.radius, float), np.ascontiguousarray(self.lethality, float)
        object.__setattr__(self, "radius", radius)
        object.__setattr__(self, "lethality", lethality)
        faults = []
        if radius.ndim != 1 or radius.size < 1 or radius.shape != lethality.shape:
            faults.append(Fault("radius", "radius and lethality differ in length or are empty", "give two rows of one length"))
        elif not (np.isfinite(radius).all() and (np.diff(radius) >= 0).all() and radius[0] >= 0):
            faults.append(Fault("radius", "falls, is negative or not finite", "give radii that do not fall"))
        elif not ((lethality >= 0) & (lethality <= 1)).all():
            faults.append(Fault("lethality", "is not a probability", "give values from 0 to 1"))
        if not np.isfinite(self.centre) or self.centre < 0:
            faults.append(Fault("centre", f"is {self.centre}", "give a distance downwind of at least 0 m"))
        refuse(faults)

    @property
    def reach(self) -> float:
        """Farthest distance from the release point with a death probability above 1e-5 [m]."""
        alive = np.flatnonzero(self.lethality > 1e-5)
        return self.centre + float(self.radius[min(alive[-1] + 1, self.radius.size - 1)]) if alive.size else 0.0

    def area_integral(self, r: ArrayLike) -> Doubles:
        """∫ lethality · 2 r dr from 0 to each r [m²]: exact for values that are linear between radii; shape of r [m]."""
        nodes, values = np.concatenate([[0.0], self.radius]), np.concatenate([self.lethality[:1], self.lethality])
        at = np.clip(np.asarray(r, float), 0.0, nodes[-1])
        lo, hi = nodes[:-1], nodes[1:]
        width = np.maximum(hi - lo, 1e-300)
        slope = np.diff(values) / width
        end = np.clip(at[..., None], lo, hi)
        constant = values[:-1] - slope * lo
        return np.asarray((constant * (end**2 - lo**2) + slope * (2.0 / 3.0) * (end**3 - lo**3)).sum(-1))


@dataclass(frozen=True)
class Table:
    """Death probability on an even grid in the wind's frame, the same on both sides of the wind, linear between points and 0 outside.

    x (nx,) [m] downwind, may begin below 0; y (ny,) [m] from 0; lethality (nx, ny) [-] in 0 to 1.
    """

    x: Doubles
    y: Doubles
    lethality: Doubles

    def __post_init__(self) -> None:
        x, y, lethality = (np.ascontiguousarray(v, float) for v in (self.x, self.y, self.lethality))
        for name, value in (("x", x), ("y", y), ("lethality", lethality)):
            object.__setattr__(self, name, value)
        faults = []
        if lethality.shape != (x.size, y.size) or x.size < 2 or y.size < 2:
            faults.append(Fault("lethality", f"has shape {lethality.shape}", f"give one of ({x.size}, {y.size}), at least 2 × 2"))
        elif not ((lethality >= 0) & (lethality <= 1)).all():
            faults.append(Fault("lethality", "is not a probability", "give values from 0 to 1"))
        for name, axis in (("x", x), ("y", y)):
            steps = np.diff(axis)
            if not (steps > 0).all() or not np.allclose(steps, steps[:1], rtol=1e-6):
                faults.append(Fault(name, "is not evenly spaced and rising", "give an even axis"))
        if y.size and y[0] != 0:
            faults.append(Fault("y", f"begins at {y[0]:g} m", "begin at 0 m"))
        refuse(faults)

    @property
    def reach(self) -> float:
        """Farthest distance from the release point that the table covers [m]."""
        return float(np.hypot(np.abs(self.x).max(), self.y.max()))


Effect = Plume | Circle | Table


@dataclass(frozen=True)
class Layer:
    """One shape of an event, and how much of it counts.

    by_weather: one effect for all weathers, or one (or None) for each. individual, outdoors, indoors [-]: factors on the death
    probability for individual risk, for people outdoors and for people indoors.
    """

    by_weather: tuple[Effect | None, ...]
    individual: float = 1.0
    outdoors: float = 1.0
    indoors: float = 1.0

    @property
    def reach(self) -> float:
        """Farthest distance in any weather [m]."""
        return max((effect.reach for effect in self.by_weather if effect is not None), default=0.0)


@dataclass(frozen=True)
class Event:
    """One outcome of a scenario at a release point: a frequency, layers of effect, and the wind it may happen in.

    site [-]: number of the release point. frequency [1/a], weather and direction apart. layers: deaths of all are of one
    accident. by_weather [-] (weathers,): further factor of each weather, e.g. of immediate ignition. rose [-]: number of the wind
    rose; 0 is the plain one, others hold ignition on the way. scenario, unit: whose it is, for the ranking.
    """

    site: int
    frequency: float
    layers: tuple[Layer, ...]
    by_weather: tuple[float, ...] = ()
    rose: int = 0
    scenario: str = ""
    unit: str = ""
    outcome: str = ""
    tags: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_still(self) -> bool:
        """Whether no effect depends on wind or weather: circles about the source, the same in all weathers."""
        return (
            all(
                len(layer.by_weather) == 1 and isinstance(layer.by_weather[0], Circle) and layer.by_weather[0].centre == 0
                for layer in self.layers
            )
            and len(set(self.by_weather)) <= 1
        )
