"""The park as its instruments see it: `Park.frame(t_ms)` gives the reading of every tag at a moment.

All but the Tennessee Eastman unit is a function of (seed, time, scenarios in force); that unit is stepped forward.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from chemward.demo.ambient import Ambient
from chemward.demo.effects import Effect, Frame, Index
from chemward.demo.models import Models
from chemward.demo.noise import Float
from chemward.demo.records import Plan, Tag
from chemward.demo.tep import TennesseeEastman
from chemward.demo.weather import Shift, Weather

log = logging.getLogger(__name__)

# NAMUR NE 43: a sound transmitter saturates at 3.8 and 20.5 mA; below 3.6 mA it reports a fault.
SATURATION_LOW, SATURATION_HIGH, FAULT_LOW = -0.0125, 1.03125, -0.025


@dataclass(frozen=True)
class TepOrder:
    """Disturbances of the Tennessee Eastman unit for a while; `speed` plant seconds per second."""

    start_s: float
    end_s: float
    disturbances: Collection[int]
    speed: float = 1.0


@dataclass(frozen=True)
class Course:
    """What scenarios have ordered: effects on readings, wind shifts, disturbances."""

    effects: Sequence[Effect] = ()
    shifts: Sequence[Shift] = ()
    tep: Sequence[TepOrder] = ()


@dataclass
class Park:
    """The simulated park. with_tep: also run the Tennessee Eastman unit (needs `tep-studio`)."""

    plan: Plan
    seed: int
    start_s: float
    with_tep: bool = True
    with_ambient: bool = True
    course: Course = field(default_factory=Course)

    def __post_init__(self) -> None:
        self.models = Models(self.plan, self.seed)
        self._ambient = Ambient(self, self.seed) if self.with_ambient else None
        self._tep = self._started_tep() if self.with_tep else None
        tags = self.plan.tags
        self._tep_tags = np.array([i for i, t in enumerate(tags) if t.model == "tep"], dtype=np.int64)
        self._lo, self._hi = (np.array([getattr(t, name) for t in tags]) for name in ("lo", "hi"))
        self._saturates = np.array([t.kind == "number" for t in tags])
        self._is_gas = np.array([bool(t.gas) for t in tags])
        self._resolution = np.array([t.resolution for t in tags])
        self._skews = {f.key: f.skew_s for f in self.plan.feeds if f.skew_s}
        self.follow(self.course)

    def _started_tep(self) -> TennesseeEastman | None:
        try:
            return TennesseeEastman(self.seed, self.start_s)
        except ImportError:
            log.warning("tep-studio is not installed: the Tennessee Eastman unit sends nothing; install chemward[demo]")
            return None

    def follow(self, course: Course) -> None:
        """From now on the readings follow this course."""
        self.course = course
        self.weather = Weather(self.seed, course.shifts)

    # -- asked by scenarios -------------------------------------------------------------------------------------------

    def find(
        self,
        owner: str | None = None,
        quantity: str | None = None,
        gas: str | None = None,
        equipment: Iterable[str] | None = None,
        code: str | None = None,
    ) -> Index:
        """Indices of the tags that fit all that is given."""
        things = set(equipment) if equipment is not None else None
        found = [
            i
            for i, t in enumerate(self.plan.tags)
            if (owner is None or t.owner == owner)
            and (quantity is None or t.quantity == quantity)
            and (gas is None or t.gas == gas)
            and (things is None or t.equipment in things)
            and (code is None or t.code == code)
        ]
        return np.array(found, dtype=np.int64)

    def tags(self, index: Index) -> list[Tag]:
        return [self.plan.tags[i] for i in index]

    def undisturbed(self, t_s: float) -> Float:
        """Readings of all tags if nothing happened; NaN for texts and for the Tennessee Eastman unit."""
        return self.models.values(t_s, self.weather)

    # -- readings ---------------------------------------------------------------------------------------------------

    def frame(self, t_ms: int) -> Frame:
        """Readings at a time [ms UTC]. Times must not go backwards while the Tennessee Eastman unit runs."""
        t_s = t_ms / 1000
        values = self.undisturbed(t_s)
        frame = Frame.of(t_s, values, self.models.texts(t_s, self.weather, values))
        frame.skew_s.update(self._skews)
        self._read_tep(frame)
        ambient = self._ambient.at(t_s) if self._ambient else []
        for effect in (*ambient, *self.course.effects):
            if effect.start_s <= t_s < effect.end_s:
                effect.apply(frame)
        self._through_the_transmitter(frame)
        return frame

    def _read_tep(self, frame: Frame) -> None:
        if self._tep is None:
            return
        orders = [o for o in self.course.tep if o.start_s <= frame.t_s < o.end_s]
        on = {n for o in orders for n in o.disturbances}
        frame.values[self._tep_tags] = self._tep.advance(frame.t_s, on, max((o.speed for o in orders), default=1.0))

    def _through_the_transmitter(self, frame: Frame) -> None:
        """Saturation of the transmitter and the resolution it sends in."""
        span = self._hi - self._lo
        low = np.where(frame.bad, FAULT_LOW, np.where(self._is_gas, 0.0, SATURATION_LOW))
        high = np.where(self._is_gas, 1.0, SATURATION_HIGH)
        clipped = np.clip(frame.values, self._lo + low * span, self._hi + high * span)
        values = np.where(self._saturates, clipped, frame.values)
        step = np.where(self._resolution > 0, self._resolution, 1.0)
        # Six decimals: a rounded multiple of 0.1 prints as 0.3, not as 0.30000000000000004.
        frame.values = np.where(self._resolution > 0, np.round(np.round(values / step) * step, 6), values)
