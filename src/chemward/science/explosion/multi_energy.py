"""TNO multi-energy method: blast of the congested part of a vapour cloud by charge strength 1 to 10."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.explosion.blast import Blast
from chemward.science.explosion.bst import FARTHEST, NEAREST, scaled_overpressure
from chemward.science.faults import Fault, refuse
from chemward.science.notes import Note, info, warning
from chemward.standards.explosion import Kinsella, Strength, bst_curves, kinsella, strengths

Array = NDArray[np.float64]
ENERGY_DENSITY = 3.5e6  # J/m³ of stoichiometric hydrocarbon–air mixture, CPR 14E 5.5.3, AQ/T 3046-2013 E.4.3
PLATEAU_END = 0.23  # scaled; nearer than this only the plateau is known (CPR 14E 5.5.3)


def overpressure(charge_strength: int, scaled_distance: ArrayLike) -> Array:
    """Scaled overpressure p/p0 (…) [-] for charge strength 1 to 10 at scaled distance R (p0/E)^⅓ (…) [-].

    Strengths 1 to 6: plateau, then the power law of the far field. Strengths 7 to 10, whose chart was not available: the blast curve of
    Baker–Strehlow–Tang with the same source pressure at the same scaled distance. Both methods scale by the energy alike, and so the
    far fields stay together as those of the chart do: at scaled distances of 1 to 6 this lies 15 to 28 % above strength 6.
    Source: van den Berg 1985; Alonso et al. 2006; Tang & Baker 1999.
    """
    row = _row(charge_strength)
    r = np.asarray(scaled_distance, float)
    if row.factor is not None and row.exponent is not None:
        return np.asarray(np.minimum(row.plateau, row.factor * np.maximum(r, PLATEAU_END) ** row.exponent), float)
    return np.asarray(np.minimum(row.plateau, scaled_overpressure(_mach_of_plateau(row.plateau), r)), float)


def _row(charge_strength: int) -> Strength:
    if not 1 <= charge_strength <= 10:
        refuse([Fault("charge_strength", f"is {charge_strength}", "give a whole number from 1 to 10")])
    return strengths()[charge_strength - 1]


def _mach_of_plateau(plateau: float) -> float:
    """Flame Mach number [-] whose curve has this greatest scaled overpressure [-]."""
    machs = list(bst_curves())
    tops = [max(bst_curves()[m][1]) for m in machs]
    if plateau <= tops[0]:
        return float(machs[0] * np.sqrt(plateau / tops[0]))
    return float(np.exp(np.interp(np.log(plateau), np.log(tops), np.log(machs))))


def strength_range(ignition: str, obstruction: str, confined: bool) -> Kinsella:
    """Kinsella's range of charge strengths: ignition "weak" or "strong", obstruction "high", "low" or "none".

    Raises Faults. Source: Kinsella 1993; CPR 14E table 5.3; AQ/T 3046-2013 table E.10.
    """
    wanted = (ignition, obstruction, "yes" if confined else "no")
    for row in kinsella():
        if (row.ignition, row.obstruction, row.confined) == wanted:
            return row
    refuse(
        [
            Fault(
                "ignition",
                f"{ignition}, {obstruction} is not in the table",
                "ignition weak or strong; obstruction high, low or none",
            )
        ]
    )
    raise AssertionError


def multi_energy_blast(volume: float, charge_strength: int, ambient: float = 101_325.0) -> Blast:
    """Blast of a stoichiometric cloud of a volume [m³] in the congested region, charge strength [-], ambient [Pa].

    Energy 3.5 MJ/m³. Raises Faults. Source: van den Berg 1985; CPR 14E 5.5.3; AQ/T 3046-2013 E.4.3.
    """
    refuse([Fault(n, f"is {v:g}", "give a value above 0") for n, v in (("volume", volume), ("ambient", ambient)) if not v > 0])
    row = _row(charge_strength)
    energy = ENERGY_DENSITY * volume
    scale = (energy / ambient) ** (1 / 3)
    notes: list[Note] = [info("blast_model", f"multi-energy, charge strength {charge_strength}", row.source)]
    if row.factor is None:
        notes.append(
            warning(
                "curve_bridged",
                f"the chart of strength {charge_strength} was not available: Baker–Strehlow–Tang curve of equal source pressure",
                "Tang & Baker 1999",
            )
        )
    return Blast(
        "multi_energy",
        energy,
        lambda r: ambient * overpressure(charge_strength, r / scale),
        None,
        NEAREST * scale,
        FARTHEST * scale,
        {"charge_strength": float(charge_strength), "volume_m3": volume},
        tuple(notes),
    )
