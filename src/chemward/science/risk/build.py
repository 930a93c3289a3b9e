"""From equipment to events: losses, their branches and effects, in the form the kernel takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from chemward.science.faults import Faults
from chemward.science.harm.toxic import ToxicProbit
from chemward.science.risk import outcomes, tree
from chemward.science.risk.climate import Climate
from chemward.science.risk.effects import Event, Layer
from chemward.science.risk.losses import Loss, losses
from chemward.science.risk.missing import Gaps
from chemward.science.risk.outcomes import Flammable, Models
from chemward.science.risk.schema import Equipment, QraInput
from chemward.standards import aqt3046

Doubles = NDArray[np.float64]

PLAIN = 0  # number of the wind rose without ignition

NEAR = 1.0  # [m] items nearer than this share a release point


@dataclass
class Scenarios:
    """Release points, sites (n, 2) [m]; events; own roses [-]; losses by name of scenario; what was dropped and why."""

    sites: list[tuple[float, float]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    roses: list[Doubles] = field(default_factory=list)
    losses: dict[str, Loss] = field(default_factory=dict)
    dropped: int = 0

    def site(self, x: float, y: float) -> int:
        """Number of the release point at (x, y) [m]; points within a metre are one."""
        for n in range(len(self.sites) - 1, -1, -1):
            if abs(self.sites[n][0] - x) <= NEAR and abs(self.sites[n][1] - y) <= NEAR:
                return n
        self.sites.append((x, y))
        return len(self.sites) - 1

    def points(self) -> Doubles:
        """Release points (n, 2) [m]."""
        return np.asarray(self.sites, float).reshape(-1, 2)


@dataclass(frozen=True)
class Rules:
    """What is shared by all items: models, climate, ignition sources, how delayed ignition is reckoned."""

    given: QraInput
    models: Models
    climate: Climate
    delayed: str
    frequencies: str


def build(given: QraInput, rules: Rules, gaps: Gaps) -> Scenarios:
    """All events of the input."""
    found = Scenarios()
    for i, item in enumerate(given.equipment):
        add_item(found, item, f"equipment[{i}]", rules, gaps)
    return found


def add_item(found: Scenarios, item: Equipment, at: str, rules: Rules, gaps: Gaps) -> None:
    """Add the events of one item; at names it."""
    least = aqt3046.figures()["least_frequency"].value
    for loss in losses(item, at, rules.frequencies, gaps):
        if loss.frequency < least:
            found.dropped += 1
            continue
        try:
            events, roses = events_of(loss, at, rules, gaps)
        except Faults as faults:
            gaps.left_out(f"{at} {loss.name}", "; ".join(str(fault) for fault in faults.faults))
            continue
        found.losses[loss.id] = loss
        site = found.site(item.x_m, item.y_m)
        first = len(found.roses) + 1
        found.roses.extend(roses)
        kept = [e for e in events if e.layers and e.frequency * max(e.by_weather or (1.0,)) >= least * 1e-3]
        found.dropped += len(events) - len(kept)
        for event in kept:
            rose = PLAIN if event.rose == PLAIN else first + event.rose - 1
            found.events.append(replace(event, site=site, rose=rose, scenario=loss.id, unit=item.unit or item.id))


def events_of(loss: Loss, at: str, rules: Rules, gaps: Gaps) -> tuple[list[Event], list[Doubles]]:
    """Events of one loss and the roses that they use besides the plain one (numbered from 1 in their order)."""
    models, content = rules.models, loss.content
    probit = outcomes.probit_of(loss, models)
    category = tree.flammability(content.substance, content.temperature)
    if category is None and probit is None:
        gaps.left_out(at, f"{content.substance.name} has no toxic probit in {models.probits} and no flammable limit")
        return [], []
    burns = category is not None and not tree.is_toxic_only(content.substance, probit is not None)
    immediate = tree.immediate_ignition(category, tree.reactivity(content.substance), loss.rate, loss.mass) if burns else 0.0
    clouds = [outcomes.flammable(loss, w, models) for w in range(len(models.weathers))] if burns else []
    delayed = delayed_ignition(loss, clouds, rules) if burns else None
    events = fires(loss, immediate, models, at, gaps)
    plain = rules.climate.share
    lit: tuple[float, ...] = ()
    rose_lit = rose_unlit = PLAIN
    roses: list[Doubles] = []
    if delayed is not None and delayed.max() > 0:
        if np.ptp(delayed, (0, 2)).max() < 1e-12:  # the same in every wind: a factor of the weather will do
            lit = tuple(float(value) for value in delayed[0, :, 0])
        else:
            roses, rose_lit, rose_unlit = [plain * delayed, plain * (1 - delayed)], 1, 2
        events += [replace(event, by_weather=lit) for event in late(loss, clouds, immediate, models, rose_lit)]
    if probit is not None:
        layer = toxic_layer(loss, probit, models)
        if any(effect is not None for effect in layer.by_weather):
            unlit = tuple(1 - value for value in lit)
            if unlit and max(unlit) == 0:
                text = f"clouds of {content.substance.name} are all lit, none stays toxic"
                gaps.default("ignition_sources", text, "every cloud burns", "AQ/T 3046-2013 G.2")
            events.append(Event(0, loss.frequency * (1 - immediate), (layer,), unlit, rose_unlit, outcome="toxic"))
    return events, roses


def toxic_layer(loss: Loss, probit: ToxicProbit, models: Models) -> Layer:
    """The toxic cloud; indoors the tenth of the outdoor death probability. Source: AQ/T 3046-2013 Table 10."""
    return outcomes.toxic_layer(loss, probit, models, aqt3046.figures()["indoor_toxic_share"].value)


def delayed_ignition(loss: Loss, clouds: list[Flammable], rules: Rules) -> Doubles:
    """Probability (2, weathers, sectors) [-] of ignition later on: by the sources, or certain where there is a cloud."""
    sectors = rules.climate.share.shape[2]
    reach, half, lasting = (np.array([getattr(cloud, name) for cloud in clouds]) for name in ("reach", "half_width", "lasting"))
    if rules.delayed == "all":
        return np.broadcast_to((reach > 0)[None, :, None], (2, len(clouds), sectors)).astype(float)
    bearings = 2 * np.pi * np.arange(sectors) / sectors
    sources = rules.given.ignition_sources
    return tree.delayed_by_sources(sources, loss.equipment.x_m, loss.equipment.y_m, bearings, reach, half, lasting)


def fires(loss: Loss, immediate: float, models: Models, at: str, gaps: Gaps) -> list[Event]:
    """What burns at once; immediate [-] is how likely that is. Source: AQ/T 3046-2013 Annex F."""
    if immediate <= 0:
        return []
    try:
        name, fire = outcomes.fire_of(loss, models)
    except (Faults, ValueError) as fault:
        gaps.left_out(f"{at} {loss.name}", f"fire: {fault}")
        return []
    layers = fire.layers()
    return [Event(0, loss.frequency * immediate, layers, outcome=name)]


def late(loss: Loss, clouds: list[Flammable], immediate: float, models: Models, rose: int) -> list[Event]:
    """Flash fire and explosion of a cloud lit on its way, rose [-] holding how likely that is; immediate [-].

    Source: Purple Book CPR 18E 4.8.
    """
    frequency = loss.frequency * (1 - immediate)
    share = tree.flash_share()
    found = []
    shapes = tuple(cloud.shape for cloud in clouds)
    if any(shape is not None for shape in shapes):
        found.append(Event(0, frequency * share, (Layer(shapes),), rose=rose, outcome="flash fire"))
    blasts = outcomes.blast_layers(loss, clouds, models)
    if blasts:
        found.append(Event(0, frequency * (1 - share), blasts, rose=rose, outcome="explosion"))
    return found
