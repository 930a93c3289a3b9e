"""Baker–Strehlow–Tang: blast of a vapour cloud by the speed of its flame."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.explosion.blast import Blast
from chemward.science.faults import Fault, refuse
from chemward.science.notes import Note, info, warning
from chemward.standards.explosion import bst_curves, flame_machs

Array = NDArray[np.float64]
NEAREST, FARTHEST = 0.105, 9.5  # of all curves, scaled


def scaled_overpressure(flame_mach: float, scaled_distance: ArrayLike) -> Array:
    """Scaled overpressure p/p0 (…) [-] for flame_mach [-] at scaled_distance R (p0/E)^⅓ (…) [-].

    Log-log between points of a curve and between curves; below Mach 0.2 the pressure goes with the square of the flame speed.
    Valid for scaled distances 0.105 to 9.5. Source: Tang & Baker 1999, figure 2.
    """
    log_r = np.log(np.clip(np.asarray(scaled_distance, float), NEAREST, FARTHEST))
    machs = np.array(list(bst_curves()))
    if flame_mach < machs[0]:
        return np.asarray(np.exp(_log_curve(float(machs[0]), log_r)) * (flame_mach / machs[0]) ** 2, float)
    above = int(np.clip(np.searchsorted(machs, flame_mach), 1, len(machs) - 1))
    low, high = float(machs[above - 1]), float(machs[above])
    share = (np.log(min(flame_mach, high)) - np.log(low)) / (np.log(high) - np.log(low))
    return np.asarray(np.exp((1 - share) * _log_curve(low, log_r) + share * _log_curve(high, log_r)), float)


@cache
def _log_points(mach: float) -> tuple[Array, Array]:
    """Log of a curve's points; the pressure never rises outward, as that of a blast does not (small ripples are from digitising)."""
    distances, pressures = bst_curves()[mach]
    falling = np.maximum.accumulate(np.array(pressures)[::-1])[::-1]
    return np.log(np.array(distances)), np.log(falling)


def _log_curve(mach: float, log_r: Array) -> Array:
    points, values = _log_points(mach)
    return np.asarray(np.interp(log_r, points, values), float)


def flame_mach(confinement: str, reactivity: str, congestion: str) -> float:
    """Flame Mach number [-] for confinement ("2D", "2.5D", "3D"), reactivity and congestion ("low", "medium", "high").

    Raises Faults. Source: Pierorazio et al. 2005, table 3.
    """
    for row in flame_machs():
        if (row.confinement, row.reactivity, row.congestion) == (confinement, reactivity, congestion):
            return row.flame_mach
    known = "confinement 2D, 2.5D or 3D; reactivity and congestion low, medium or high"
    refuse([Fault("confinement", f"{confinement}, {reactivity}, {congestion} is not in the table", known)])
    raise AssertionError


def bst_blast(energy: float, mach: float, ambient: float = 101_325.0, ground: bool = True) -> Blast:
    """Blast of a cloud with energy [J] in its congested part, mach [-] of its flame, ambient [Pa].

    ground: the cloud stands on the ground, which doubles the energy. Raises Faults. Source: Tang & Baker 1999; CCPS 2010, 4.4.
    """
    faults = [
        Fault(n, f"is {v:g}", "give a value above 0")
        for n, v in (("energy", energy), ("mach", mach), ("ambient", ambient))
        if not v > 0
    ]
    refuse(faults)
    scale = ((2 if ground else 1) * energy / ambient) ** (1 / 3)
    notes: list[Note] = [info("blast_model", f"Baker–Strehlow–Tang, flame Mach number {mach:g}", "Tang & Baker 1999")]
    if mach < 0.2:
        notes.append(
            warning(
                "slow_flame",
                "below Mach 0.2 there is no curve: pressure taken with the square of the flame speed",
                "Tang & Baker 1999",
            )
        )
    if mach > 5.2:
        notes.append(warning("fast_flame", "above Mach 5.2 there is no curve: that of a detonation is used", "Tang & Baker 1999"))
    return Blast(
        "bst",
        energy,
        lambda r: ambient * scaled_overpressure(mach, r / scale),
        None,
        NEAREST * scale,
        FARTHEST * scale,
        {"flame_mach": mach},
        tuple(notes),
    )
