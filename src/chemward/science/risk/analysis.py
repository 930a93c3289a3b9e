"""An analysis that can be asked again.

the risk of a park, of the park with a unit added, removed or moved, and the difference of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from chemward.science.faults import Fault, Faults
from chemward.science.risk.build import Rules, Scenarios, add_item, build
from chemward.science.risk.climate import climate
from chemward.science.risk.domino import escalate
from chemward.science.risk.effects import Event
from chemward.science.risk.missing import Gap, Gaps
from chemward.science.risk.outcomes import Models
from chemward.science.risk.park import Lattices, Raster, Setting, assess_kept, polar_risk, setting_for
from chemward.science.risk.people import people
from chemward.science.risk.result import Escalation
from chemward.science.risk.rose import Rose
from chemward.science.risk.schema import Equipment, QraInput
from chemward.standards import frequencies, gb36894, probits

Doubles = NDArray[np.float64]

BLAST_STRENGTH = 7  # [-] multi-energy strength where none is given; CPR 14E 5.5.3: 7 and above is safe


@dataclass(frozen=True)
class Analysis:
    """A park with its risk. events and sites (n, 2) [m] as computed; lattices and bins hold the sums that a change starts from."""

    given: QraInput
    rules: Rules
    scenarios: Scenarios
    setting: Setting
    raster: Raster
    lattices: Lattices
    bins: Doubles
    expected: Doubles
    gaps: tuple[Gap, ...]
    escalations: tuple[Escalation, ...] = ()
    individual: Doubles = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def sites(self) -> Doubles:
        """Release points (n, 2) [m]."""
        return self.scenarios.points()

    @property
    def expected_deaths(self) -> float:
        """Expected deaths a year [1/a]."""
        return float(self.expected.sum())


def sets_of(given: QraInput, gaps: Gaps) -> dict[str, str]:
    """Names of the sets used. Raises Faults for names that are not known."""
    wanted = {"frequencies": frequencies.DEFAULT, "toxic_probits": probits.DEFAULT, "criteria": gb36894.ID}
    for name, default in wanted.items():
        if getattr(given.sets, name) is None:
            gaps.default(f"sets.{name}", "is not given", default)
    chosen = {name: getattr(given.sets, name) or default for name, default in wanted.items()}
    faults = []
    for name, load in (("frequencies", frequencies.frequencies), ("toxic_probits", probits.toxic), ("criteria", gb36894.limits)):
        try:
            load(chosen[name])
        except (LookupError, ValueError) as fault:
            faults.append(Fault(f"sets.{name}", str(fault).strip("'\""), "name a set that is known"))
    if faults:
        raise Faults(faults)
    return chosen | {"widths": given.sets.widths or "default of dispersion"}


def rules_of(given: QraInput, sets: dict[str, str], gaps: Gaps) -> Rules:
    """Models, weather and conventions of an input."""
    weather = climate(given.weather, given.site, gaps)
    if given.options.blast_strength is None:
        gaps.default("options.blast_strength", "is not given", str(BLAST_STRENGTH), "CPR 14E 5.5.3")
    delayed = given.options.delayed or ("sources" if given.ignition_sources else "all")
    if given.options.delayed is None:
        text = (
            "by the ignition sources"
            if delayed == "sources"
            else "no ignition sources: every cloud that did not burn at once is lit later"
        )
        gaps.default("options.delayed", "is not given", text, "AQ/T 3046-2013 G.2")
    models = Models(
        weather.classes,
        given.sets.widths,
        sets["toxic_probits"],
        given.options.flammable_limit_share,
        given.options.blast_strength or BLAST_STRENGTH,
    )
    return Rules(given, models, weather, delayed, sets["frequencies"])


def analyse(
    given: QraInput, sets: dict[str, str] | None = None, gaps: Gaps | None = None, threads: int | None = None
) -> Analysis:
    """The risk of a park; threads [-]. Raises Faults when nothing can be computed."""
    gaps = gaps or Gaps()
    rules = rules_of(given, sets or sets_of(given, gaps), gaps)
    found = build(given, rules, gaps)
    if not found.events:
        raise Faults(
            [Fault("equipment", "gives no event with an effect", "see: " + "; ".join(g.text for g in gaps.found()[-5:]))]
        )
    escalations: list[Escalation] = []
    if given.options.domino:
        escalations, second = escalate(found, list(given.equipment), rules.models)
        found.events.extend(second)
    area = given.area
    raster = Raster(area.west_m, area.south_m, area.cell_m, area.columns, area.rows)
    crowd = people(given.population, gaps)
    rose = Rose(rules.climate.share, given.options.pencils)
    setting = setting_for(found.events, found.points(), rose, raster, crowd, found.roses)
    risk, lattices = assess_kept(found.events, found.points(), raster, setting, threads)
    return Analysis(
        given,
        rules,
        found,
        setting,
        raster,
        lattices,
        risk.bins,
        risk.expected,
        gaps.found(),
        tuple(escalations),
        risk.individual,
    )


def what_if(
    base: Analysis,
    add: Sequence[Equipment] = (),
    remove: Sequence[str] = (),
    move: Mapping[str, tuple[float, float]] | None = None,
) -> Analysis:
    """The park with items added, removed (by id) or moved (move: id to x, y [m]); only release points that change are computed again.

    Escalation is not followed anew. Raises Faults for ids that are not there.
    """
    move = move or {}
    items = {item.id: item for item in base.given.equipment}
    unknown = [name for name in (*remove, *move) if name not in items]
    if unknown:
        raise Faults([Fault("equipment", f"{name!r} is not in the park", "give the id of an item") for name in unknown])
    fresh = [*add, *(msgspec.structs.replace(items[name], x_m=x, y_m=y) for name, (x, y) in move.items())]
    gone = {*remove, *move}
    kept = [e for e in base.scenarios.events if _owner(e) not in gone]
    new = Scenarios(
        list(base.scenarios.sites),
        kept,
        list(base.scenarios.roses),
        {k: v for k, v in base.scenarios.losses.items() if v.equipment.id not in gone},
    )
    gaps = Gaps()
    for item in fresh:
        add_item(new, item, f"equipment[{item.id}]", base.rules, gaps)
    given = msgspec.structs.replace(base.given, equipment=[i for i in base.given.equipment if i.id not in gone] + fresh)
    return _changed(base, given, new, gone, gaps)


def _owner(event: Event) -> str:
    return event.scenario.rsplit("/", 1)[0]


def _changed(base: Analysis, given: QraInput, new: Scenarios, gone: set[str], gaps: Gaps) -> Analysis:
    touched = sorted(
        {e.site for e in base.scenarios.events if _owner(e) in gone}
        | {e.site for e in new.events[len(base.scenarios.events) - _lost(base, gone) :]}
    )
    setting = replace(base.setting, roses=np.stack([base.rules.climate.share, *new.roses]))
    lattices = base.lattices.copy()
    bins = np.zeros((len(new.sites), *base.bins.shape[1:]))
    bins[: len(base.bins)] = base.bins
    expected = np.zeros(len(new.events))
    known = {id(event): value for event, value in zip(base.scenarios.events, base.expected, strict=True)}
    for n, event in enumerate(new.events):
        expected[n] = known.get(id(event), 0.0)
    for scenarios, sign in ((base.scenarios, -1.0), (new, 1.0)):
        sites = [s for s in touched if s < len(scenarios.sites)]
        numbers = [n for n, event in enumerate(scenarios.events) if event.site in set(sites)]
        part = [replace(scenarios.events[n], site=sites.index(scenarios.events[n].site)) for n in numbers]
        if not sites:
            continue
        found = polar_risk(part, scenarios.points()[sites], setting)
        lattices.add(replace(found, tables=found.tables * np.float32(sign)))
        if sign > 0:
            bins[sites], expected[numbers] = found.bins, found.expected
    return Analysis(
        given, base.rules, new, setting, base.raster, lattices, bins, expected, gaps.found(), (), lattices.raster_values()
    )


def _lost(base: Analysis, gone: set[str]) -> int:
    return sum(_owner(e) in gone for e in base.scenarios.events)


class Comparison(msgspec.Struct, frozen=True):
    """Two runs: greatest rise and fall of individual risk [1/a], area [m²] where it rose or fell by more than 1 %, expected
    deaths [1/a] before and after.

    scenarios: change of expected deaths [1/a] by scenario, the greatest first.
    """

    greatest_rise_per_year: float
    greatest_fall_per_year: float
    area_of_rise_m2: float
    area_of_fall_m2: float
    expected_deaths_before: float
    expected_deaths_after: float
    scenarios: dict[str, float]


def compare(before: Analysis, after: Analysis, most: int = 10) -> Comparison:
    """The difference of two runs on one raster; `most` [-] scenarios are listed. Raises Faults for rasters that differ."""
    if before.raster != after.raster:
        raise Faults([Fault("area", "differs between the runs", "compute both on one raster")])
    change = after.individual - before.individual
    scale = np.maximum(before.individual, 1e-9) * 0.01
    sums: dict[str, float] = {}
    for run, sign in ((before, -1.0), (after, 1.0)):
        for event, value in zip(run.scenarios.events, run.expected, strict=True):
            sums[event.scenario] = sums.get(event.scenario, 0.0) + sign * float(value)
    ranked = sorted(sums.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    cell = before.raster.cell**2
    return Comparison(
        float(max(change.max(), 0.0)),
        float(max(-change.min(), 0.0)),
        float((change > scale).sum()) * cell,
        float((change < -scale).sum()) * cell,
        before.expected_deaths,
        after.expected_deaths,
        {name: value for name, value in ranked[:most] if value != 0},
    )
