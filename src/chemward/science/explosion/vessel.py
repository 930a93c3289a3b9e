"""Burst of a vessel under pressure: the energy set free."""

from __future__ import annotations

from dataclasses import replace

from chemward.science.explosion.blast import Blast
from chemward.science.explosion.tnt import ENERGY, tnt_blast
from chemward.science.faults import Fault, out_of_range, refuse
from chemward.science.notes import info


def brode_energy(pressure: float, volume: float, gamma: float, ambient: float = 101_325.0) -> float:
    """Energy [J] of compressed gas: (p − p0) V / (γ − 1); pressure [Pa], volume [m³] of the gas space, gamma [-], ambient [Pa].

    Source: Brode 1959; CCPS 2010, eq. 7.1.
    """
    return (pressure - ambient) * volume / (gamma - 1)


def isentropic_energy(pressure: float, volume: float, gamma: float, ambient: float = 101_325.0) -> float:
    """Work [J] of the gas expanding without loss to ambient [Pa]: p V/(γ−1) · (1 − (p0/p)^((γ−1)/γ)); pressure [Pa], volume [m³], gamma [-].

    Source: Baker et al. 1983; CCPS 2010, eq. 7.3.
    """
    return float(pressure * volume / (gamma - 1) * (1 - (ambient / pressure) ** ((gamma - 1) / gamma)))


def vessel_burst(
    pressure: float, volume: float, gamma: float, ambient: float = 101_325.0, share: float = 0.4, brittle: bool = False
) -> Blast:
    """Blast of a bursting vessel: pressure [Pa] at burst, volume [m³] of the gas space, gamma [-], ambient [Pa].

    share [-]: part of Brode's energy that goes into the blast, 0.4 ductile, 0.8 when brittle. Taken as TNT on the ground.
    Raises Faults. Source: CCPS 2010, chapter 7.
    """
    faults = [Fault("volume", f"is {volume:g} m³", "give a value above 0")] if not volume > 0 else []
    if not pressure > ambient:
        faults.append(Fault("pressure", f"is {pressure:g} Pa, not above the air's {ambient:g} Pa", "a burst needs pressure"))
    if not 1.01 <= gamma <= 1.7:
        faults.append(out_of_range("gamma", gamma, 1.01, 1.7, "-"))
    refuse(faults)
    energy = brode_energy(pressure, volume, gamma, ambient) * (0.8 if brittle else share)
    blast = tnt_blast(energy / ENERGY)
    note = info("vessel_burst", "Brode's energy as TNT; fragments are not modelled", "CCPS 2010, chapter 7")
    return replace(blast, kind="vessel_burst", energy=energy, notes=(note, *blast.notes))
