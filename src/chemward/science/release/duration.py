"""How long a leak lasts: until it is shut off, until nothing is left, an hour at most."""

from __future__ import annotations

from dataclasses import dataclass

from chemward.science.faults import Fault, Faults
from chemward.science.notes import Note, info
from chemward.science.release.checks import check
from chemward.standards import aqt3046

MINUTE = 60.0
LONGEST = 60.0 * MINUTE  # AQ/T 3046-2013 9.2.6: sixty minutes


@dataclass(frozen=True)
class Duration:
    """seconds [s], and which of the three limits holds: "hour", "inventory" or "isolation"."""

    seconds: float
    reason: str
    notes: tuple[Note, ...] = ()


def isolation_time(detection: str, isolation: str, hole: float) -> float:
    """Time [s] from the begin of a leak to its shut-off by classes of detection and isolation (A, B, C) for a hole of diameter hole [m].

    Holes between 5, 25 and 100 mm take the next larger row's time (shorter), above 100 mm that of 100 mm. Raises Faults naming the class.
    Source: AQ/T 3046-2013 F.1, Table F.1.
    """
    check(hole=hole)
    rows = [r for r in aqt3046.release_times() if r.detection == detection and r.isolation == isolation]
    if not rows:
        raise Faults([Fault("detection/isolation", f"is {detection!r}/{isolation!r}", "give A, B or C for each")])
    rows.sort(key=lambda r: r.hole_mm)
    fitting = [r for r in rows if r.hole_mm * 1e-3 >= hole * (1 - 1e-9)]
    return MINUTE * (fitting[0] if fitting else rows[-1]).duration_min


def release_duration(inventory: float, rate: float, detection: str, isolation: str, hole: float) -> Duration:
    """Duration of a release: the least of 60 min, inventory [kg] over rate [kg/s], and detection with isolation for hole [m].

    Raises Faults naming the field. Source: AQ/T 3046-2013 9.2.6, F.1.
    """
    check(inventory=inventory, rate=rate)
    limits = {"hour": LONGEST, "inventory": inventory / rate, "isolation": isolation_time(detection, isolation, hole)}
    reason = min(limits, key=lambda name: limits[name])
    note = info("release_duration", f"{limits[reason]:.0f} s by {reason}", "AQ/T 3046-2013 9.2.6")
    return Duration(limits[reason], reason, (note,))
