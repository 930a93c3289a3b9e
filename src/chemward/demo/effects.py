"""What can happen to the readings of the park for a while: excursions, leaks, failures of instruments, gateways and machines.

An effect changes a `Frame` of one moment. It holds its own start and end, so that the same list of effects gives the same readings
whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chemward.demo.noise import Float
from chemward.demo.puff import Concentrations

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]

STOPPED, RUNNING, FAILED = 0.0, 1.0, 2.0


@dataclass
class Frame:
    """Readings of all tags of the plan at one moment, in the order of the plan."""

    t_s: float
    values: Float
    texts: dict[int, str]
    bad: Flags
    uncertain: Flags
    calibrating: Flags
    silent: set[str] = field(default_factory=set)  # feeds whose line is broken
    skew_s: dict[str, float] = field(default_factory=dict)  # feed → error of its clock

    @classmethod
    def of(cls, t_s: float, values: Float, texts: dict[int, str]) -> Frame:
        n = len(values)
        return cls(t_s, values, texts, np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, bool))


class Effect(Protocol):
    start_s: float
    end_s: float

    def apply(self, frame: Frame) -> None: ...


def trapezoid(t_s: float, start_s: float, end_s: float, rise_s: float, fall_s: float) -> float:
    """0 before the start, 1 from start + rise to end − fall, 0 after the end, with soft shoulders."""
    up = (t_s - start_s) / rise_s if rise_s > 0 else 1.0
    down = (end_s - t_s) / fall_s if fall_s > 0 else 1.0
    share = min(1.0, max(0.0, min(up, down)))
    return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Excursion:
    """Values go to `targets` and come back."""

    start_s: float
    end_s: float
    tags: Index
    targets: Float
    rise_s: float = 60.0
    fall_s: float = 120.0

    def apply(self, frame: Frame) -> None:
        share = trapezoid(frame.t_s, self.start_s, self.end_s, self.rise_s, self.fall_s)
        frame.values[self.tags] += (self.targets - frame.values[self.tags]) * share


@dataclass(frozen=True)
class Chatter:
    """A loose contact: the value jumps between two levels every few seconds."""

    start_s: float
    end_s: float
    tag: int
    low: float
    high: float
    half_period_s: float = 8.0

    def apply(self, frame: Frame) -> None:
        is_high = int((frame.t_s - self.start_s) // self.half_period_s) % 2 == 0
        frame.values[self.tag] = self.high if is_high else self.low


@dataclass(frozen=True)
class Hold:
    """Values stand at what they were: a frozen transmitter, a stuck float."""

    start_s: float
    end_s: float
    tags: Index
    values: Float

    def apply(self, frame: Frame) -> None:
        frame.values[self.tags] = self.values


@dataclass(frozen=True)
class Fault:
    """The transmitter reports itself faulty; its value runs out of range (NAMUR NE 43: below 3.6 mA)."""

    start_s: float
    end_s: float
    tags: Index
    values: Float

    def apply(self, frame: Frame) -> None:
        frame.values[self.tags] = self.values
        frame.bad[self.tags] = True


@dataclass(frozen=True)
class Calibration:
    """Test gas on detectors, flagged as calibration: zero, then span gas, then zero."""

    start_s: float
    end_s: float
    tags: Index
    test_gas: Float

    def apply(self, frame: Frame) -> None:
        middle = trapezoid(frame.t_s, self.start_s + 30.0, self.end_s - 30.0, 30.0, 45.0)
        frame.values[self.tags] = self.test_gas * middle
        frame.calibrating[self.tags] = True


@dataclass(frozen=True)
class Silence:
    """Gateways whose line is broken: nothing arrives; the last minute is sent when it is mended."""

    start_s: float
    end_s: float
    feeds: Sequence[str]

    def apply(self, frame: Frame) -> None:
        frame.silent.update(self.feeds)


@dataclass(frozen=True)
class Skew:
    """A gateway whose clock is wrong."""

    start_s: float
    end_s: float
    feed: str
    by_s: float

    def apply(self, frame: Frame) -> None:
        frame.skew_s[self.feed] = frame.skew_s.get(self.feed, 0.0) + self.by_s


@dataclass(frozen=True)
class Trip:
    """Machines fail: state 故障, current and discharge pressure gone."""

    start_s: float
    end_s: float
    states: Index
    currents: Index
    pressures: Index

    def apply(self, frame: Frame) -> None:
        frame.values[self.states] = FAILED
        frame.values[self.currents] = 0.0
        frame.values[self.pressures] = 0.02


@dataclass(frozen=True)
class Plume:
    """Detectors of one gas in a drifting cloud. per_kg_m3: reading of the detector for 1 kg/m³."""

    start_s: float
    end_s: float
    tags: Index
    concentrations: Concentrations
    per_kg_m3: float

    def apply(self, frame: Frame) -> None:
        frame.values[self.tags] += self.concentrations.at(frame.t_s) * self.per_kg_m3
