"""Losses of containment: which leaks an item of equipment may have, how often, how much comes out, for how long.

Leaks and frequencies follow a set of frequencies (`standards.frequencies`), times of detection and isolation AQ/T 3046-2013 Table
F.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from chemward.science.constants import ATMOSPHERE
from chemward.science.faults import Fault, Faults
from chemward.science.release.flash import airborne_fraction, boiling_temperature, flash_fraction
from chemward.science.release.gas import gas_hole
from chemward.science.release.liquid import liquid_rate
from chemward.science.release.two_phase import equilibrium
from chemward.science.risk.missing import Gaps
from chemward.science.risk.schema import NEEDS_BORE, Equipment
from chemward.science.substances.library import find
from chemward.science.substances.substance import Substance
from chemward.standards import aqt3046, frequencies
from chemward.standards.frequencies import Frequency

STAND_IN = {
    "column": "process vessel",
    "gas tank": "pressure vessel",
    "filter": "process vessel",
    "compressor": "pump",
    "reactor": "process vessel",
}
LARGEST_TENTH = 50.0  # [mm] CPR 18E (Purple Book) 3.2: a leak is 10 % of the bore, at most 50 mm
TEN_MINUTES = 600.0  # [s]
LEAST_INVENTORY_RATE = 1e-6  # [kg/s]


@dataclass(frozen=True)
class Content:
    """What is in an item: substance, temperature [K], pressure [Pa] absolute, is_gas, boiling [K] in the air's pressure (None.

    not known).
    """

    substance: Substance
    temperature: float
    pressure: float
    is_gas: bool
    boiling: float | None

    @property
    def is_superheated(self) -> bool:
        """Whether the liquid boils when it is let out."""
        return not self.is_gas and self.boiling is not None and self.temperature > self.boiling


@dataclass(frozen=True)
class Loss:
    """One loss of containment.

    frequency [1/a]; hole [m], 0 for the whole content; rate [kg/s] over duration [s], or mass [kg] at once. airborne [-]: share
    that is vapour or mist at once; the rest makes a pool. height [m] of the release.
    """

    equipment: Equipment
    content: Content
    name: str
    frequency: float
    hole: float
    rate: float
    duration: float
    mass: float
    airborne: float
    height: float
    source: str

    @property
    def id(self) -> str:
        """Name of the scenario: item and loss."""
        return f"{self.equipment.id}/{self.name}"

    @property
    def is_instantaneous(self) -> bool:
        """Whether all comes out at once."""
        return self.rate == 0


def content_of(item: Equipment, at: str, gaps: Gaps) -> Content:
    """What is in an item: gas when warmer than it boils under its pressure. at names the item.

    Raises Faults for what the substance lacks.
    """
    substance = find(item.substance, f"{at}.substance")
    if item.temperature_c is None:
        gaps.default(f"{at}.temperature_c", "is not given", "20")
    if item.pressure_kpa is None:
        gaps.default(f"{at}.pressure_kpa", "is not given", "that of saturation, or of the air")
    temperature = 273.15 + (20.0 if item.temperature_c is None else item.temperature_c)
    critical = substance.critical_temperature
    saturation = None
    if critical is not None and temperature < critical and "vapour_pressure" in substance.curves:
        saturation = float(substance.vapour_pressure(temperature))
    pressure = ATMOSPHERE + item.pressure_kpa * 1e3 if item.pressure_kpa is not None else max(ATMOSPHERE, saturation or 0.0)
    is_gas = saturation is None or pressure < 0.98 * saturation
    boiling = None if is_gas and saturation is None else boiling_temperature(substance)
    return Content(substance, temperature, pressure, is_gas, boiling)


def losses(item: Equipment, at: str, set_name: str, gaps: Gaps) -> Iterator[Loss]:
    """All losses of an item by a set of frequencies; what cannot be computed is noted in gaps and left out. at names the item."""
    try:
        content = content_of(item, at, gaps)
    except Faults as faults:
        gaps.left_out(at, "; ".join(str(fault) for fault in faults.faults))
        return
    for row in _rows(item, at, set_name, gaps):
        amount = _times(item, row)
        if row.frequency is None or amount is None:
            gaps.left_out(
                at,
                f"{row.loss}: no frequency in {set_name}" if row.frequency is None else f"{row.loss}: length or hours not given",
            )
            continue
        if row.frequency == 0:
            continue
        frequency = row.frequency * amount * item.factor
        try:
            yield _loss(item, content, row, frequency, at, gaps)
        except Faults as faults:
            gaps.left_out(f"{at} {row.loss}", "; ".join(str(fault) for fault in faults.faults), row.source)


def _rows(item: Equipment, at: str, set_name: str, gaps: Gaps) -> tuple[Frequency, ...]:
    bore = item.bore_mm
    if bore is None and item.kind in NEEDS_BORE:
        bore = 100.0
        gaps.default(f"{at}.bore_mm", "is not given", "100", "customary")
    for kind in (item.kind, STAND_IN.get(item.kind)):
        try:
            rows = frequencies.of(kind, set_name, bore) if kind else ()
        except LookupError:
            rows = ()
        if rows:
            if kind != item.kind:
                gaps.default(f"{at}.kind", f"{set_name} has no {item.kind}", f"frequencies of {kind}", set_name)
            return _of_variant(item, rows, at, gaps)
    gaps.left_out(at, f"{set_name} has no frequency of {item.kind!r}")
    return ()


def _of_variant(item: Equipment, rows: tuple[Frequency, ...], at: str, gaps: Gaps) -> tuple[Frequency, ...]:
    variants = list(dict.fromkeys(row.variant for row in rows))
    if item.variant is not None:
        chosen = tuple(row for row in rows if (row.variant or "").startswith(item.variant))
        if chosen:
            return chosen
        gaps.default(f"{at}.variant", f"{item.variant!r} is not in the set ({', '.join(map(str, variants))})", str(variants[0]))
    elif len(variants) > 1:
        gaps.default(f"{at}.variant", f"is not given ({', '.join(map(str, variants))})", str(variants[0]))
    return tuple(row for row in rows if row.variant == variants[0])


def _times(item: Equipment, row: Frequency) -> float | None:
    """How many items, metres or hours [-] the frequency is multiplied by."""
    if row.per in ("m a", "ft a"):
        if item.length_m is None:
            return None
        return item.length_m / (0.3048 if row.per == "ft a" else 1.0)
    if row.per == "h":
        return item.hours_per_year
    return 1.0


def _loss(item: Equipment, content: Content, row: Frequency, frequency: float, at: str, gaps: Gaps) -> Loss:
    mass = item.inventory_t * 1000
    height = item.elevation_m if item.elevation_m is not None else 1.0
    if item.elevation_m is None:
        gaps.default(f"{at}.elevation_m", "is not given", "1", "customary")
    airborne = 1.0 if content.is_gas else _airborne(content.substance.cas, content.temperature)
    loss = Loss(item, content, row.loss, frequency, 0.0, 0.0, math.inf, mass, airborne, height, row.source)
    if row.hole_law == "content":
        return loss
    if row.hole_law == "ten minutes":
        return replace(loss, rate=mass / TEN_MINUTES, duration=TEN_MINUTES)
    hole = _hole(item, row, at, gaps)
    rate = outflow(content, hole, item.head_m or 0.0, is_open_end=row.hole_law == "bore")
    if rate <= LEAST_INVENTORY_RATE:
        raise Faults(
            [Fault(f"{at}.pressure_kpa", "neither pressure nor head drives anything out", "give pressure_kpa or head_m")]
        )
    return replace(loss, hole=hole, rate=rate, duration=duration(item, hole, mass / rate, at, gaps))


@lru_cache(maxsize=4096)
def _airborne(cas: str, temperature: float) -> float:
    return airborne_fraction(flash_fraction(find(cas), temperature))


def _hole(item: Equipment, row: Frequency, at: str, gaps: Gaps) -> float:
    """Diameter of the hole [m] by the law of the row."""
    bore = item.bore_mm or item.largest_connection_mm
    if row.hole_law == "fixed":
        return float(row.hole_mm or 0.0) / 1000
    if bore is None:
        bore = 100.0
        gaps.default(f"{at}.bore_mm", "is not given", "100", "customary")
    if row.hole_law == "tenth":
        return min(0.1 * bore, LARGEST_TENTH) / 1000
    if row.hole_law == "ten tubes":
        return math.sqrt(10) * 0.025
    if row.hole_law == "one tube":
        return 0.025
    return bore / 1000


def outflow(content: Content, hole: float, head: float = 0.0, *, is_open_end: bool = False) -> float:
    """Rate [kg/s] through a hole [m] under head [m] of liquid.

    A liquid that boils flashes in an open pipe, not in a hole in a wall. Source: AQ/T 3046-2013 E.1.1, E.1.4; two-phase Leung
    1986. Discharge coefficients: sharp hole 0.61 for liquids, 1 for gases.
    """
    area = math.pi / 4 * hole**2
    if content.is_gas:
        return (
            gas_hole(content.substance, content.pressure, content.temperature, hole).rate
            if content.pressure > ATMOSPHERE
            else 0.0
        )
    density = float(content.substance.liquid_density(content.temperature))
    if is_open_end and content.is_superheated:
        return area * equilibrium(content.substance, content.pressure, content.temperature).flux
    coefficient = aqt3046.liquid_discharge()["unknown" if is_open_end else "sharp"]
    return liquid_rate(density, area, coefficient, max(content.pressure - ATMOSPHERE, 0.0), head)


def duration(item: Equipment, hole: float, emptying: float, at: str, gaps: Gaps) -> float:
    """How long a leak through a hole [m] lasts [s]: 60 min, emptying [s] or the time of detection and isolation, the least.

    Source: AQ/T 3046-2013 9.2.6, Table F.2. Without classes C and C are taken, the longest.
    """
    if item.detection is None or item.isolation is None:
        gaps.default(
            f"{at}.detection", "class of detection or isolation is not given", "C, the longest time", "AQ/T 3046-2013 F.1"
        )
    detection, isolation = item.detection or "C", item.isolation or "C"
    longest = aqt3046.figures()["longest_release"].value * 60
    by_class = [row for row in aqt3046.release_times() if (row.detection, row.isolation) == (detection, isolation)]
    at_least = [row for row in by_class if row.hole_mm >= hole * 1000 - 1e-9] or by_class[-1:]
    seconds = min((row.hole_mm, row.duration_min) for row in at_least)[1] * 60 if at_least else longest
    return min(longest, emptying, seconds)
