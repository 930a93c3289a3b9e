"""`chemward leak locate`: where and how much is leaking, from detector readings and wind."""

from __future__ import annotations

from chemward.science.leak.advice import next_reading
from chemward.science.leak.answer import LeakResult
from chemward.science.leak.case import LeakInput
from chemward.science.leak.posterior import amount, assumptions, position, probabilities, suspects
from chemward.science.leak.record import ROUGH, from_case
from chemward.science.leak.region import raster, region
from chemward.science.leak.search import bench, search
from chemward.science.leak.verdict import judge
from chemward.science.notes import Note, info, warning

__all__ = ["LeakInput", "LeakResult", "locate"]

REGIONS = (0.5, 0.9)


def locate(case: LeakInput) -> LeakResult:
    """Where a gas leaks, how much, and how sure that is; SI inside, units as the fields of input and result say ([m], [kg/s], [-]).

    Bayesian: every unit and a refined lattice over the site, a plume of Briggs' widths per block of time, the rate averaged over, plume
    width, meander, vane error, surroundings and the plume's memory of the wind as hypotheses. One source, flat ground, 10 m to about 5 km.
    Same input, same answer.
    Source: Keats, Yee, Lien, Atmospheric Environment 41 (2007) 465; Hutchinson, Oh, Chen, Information Fusion 36 (2017) 130 (review).
    """
    record = from_case(case)
    table = bench(case, record)
    found = search(case, table, bench(case, from_case(case, ROUGH)))
    share = probabilities(found)
    site = raster(case, found.places, share)
    regions = [region(site, p) for p in REGIONS]
    place = position(case, found, share)
    verdict = judge(case, record, table, found, regions[-1], place.expected_miss_m)
    who = suspects(case, found, share)
    is_told = verdict.status != "no_source" and verdict.is_informed
    return LeakResult(
        status=verdict.status,
        reasons=verdict.reasons,
        position=place if is_told else None,
        rate=amount(found) if is_told else None,
        runner_up=who[1] if is_told and len(who) > 1 else None,
        suspects=who if is_told else [],
        regions=regions if is_told else [],
        next_reading=next_reading(case, record, table.tables, found),
        probability_of_source=verdict.probability_of_source,
        assumptions=assumptions(case, record, found) if is_told else None,
        notes=_notes(case),
    )


def _notes(case: LeakInput) -> list[Note]:
    notes = [
        info(
            "model",
            "Gaussian plume a block of time, Briggs' widths, their factor weighed",
            "Briggs (1973), ATDL contribution 79; EPA ISC3",
        ),
        info("one_source", "one leak is looked for; two at a time show as one, or as none that explains the record"),
        info("wind_convention", "from_deg is where the wind comes from, clockwise from north; x points east, y north"),
        warning("obstacles_not_modelled", "buildings, terrain and dense-gas slumping are not modelled"),
    ]
    if not case.equipment:
        notes.append(info("no_equipment", "no units were given: every place on the site counts alike"))
    return notes
