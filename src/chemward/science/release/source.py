"""What dispersion takes: a jet, a pool, an area or a cloud that is there at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from chemward.science.faults import Fault, refuse
from chemward.science.notes import Note
from chemward.science.substances import Substance

Kind = Literal["jet", "pool", "area", "instantaneous"]
Direction = Literal["horizontal", "vertical"]


@dataclass(frozen=True)
class Source:
    """A source of vapour (and aerosol) at ambient pressure: after expansion, not in the hole.

    rate [kg/s] over duration [s] for "jet", "pool" and "area"; mass [kg] for "instantaneous". height [m] above ground; radius [m] of the
    expanded jet, the pool or the cloud; velocity [m/s] of the expanded jet; temperature [K]; liquid_fraction [-] by mass, as drops that
    are carried; vapour_fraction of air mixed in is not in it. Raises Faults that name every wrong field.
    """

    kind: Kind
    substance: Substance
    rate: float = 0.0
    mass: float = 0.0
    duration: float = math.inf
    height: float = 0.0
    radius: float = 0.0
    velocity: float = 0.0
    direction: Direction = "horizontal"
    temperature: float = 293.15
    liquid_fraction: float = 0.0
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> list[Fault]:
        found = []
        needed = "mass" if self.kind == "instantaneous" else "rate"
        if not getattr(self, needed) > 0 or not math.isfinite(getattr(self, needed)):
            found.append(Fault(needed, f"is {getattr(self, needed):g}", f"a {self.kind} source needs a {needed} above 0"))
        for name in ("height", "radius", "velocity"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                found.append(Fault(name, f"is {value:g}", "give a finite value, 0 or above"))
        if not 0.0 <= self.liquid_fraction <= 1.0:
            found.append(Fault("liquid_fraction", f"is {self.liquid_fraction:g}", "give a value within 0 to 1"))
        if not self.duration > 0:
            found.append(Fault("duration", f"is {self.duration:g} s", "give a duration above 0 s"))
        if not 1.0 < self.temperature < 3000.0:
            found.append(Fault("temperature", f"is {self.temperature:g} K", "give a temperature within 1 to 3000 K"))
        return found

    @property
    def total_mass(self) -> float:
        """All that it gives [kg]; inf for a steady source without end."""
        return self.mass if self.kind == "instantaneous" else self.rate * self.duration

    @property
    def density(self) -> float:
        """Density of vapour with its drops at ambient pressure 101 325 Pa [kg/m³]; homogeneous."""
        vapour = 1.0 / self.substance.gas_density(self.temperature)
        if self.liquid_fraction <= 0:
            return 1.0 / vapour
        liquid = 1.0 / float(self.substance.liquid_density(self.temperature))
        return 1.0 / (vapour * (1 - self.liquid_fraction) + liquid * self.liquid_fraction)
