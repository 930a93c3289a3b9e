"""A case of validation: what is known from elsewhere, what the library computes, how near they must lie.

Each room keeps its cases in `cases/<room>.py` as `CASES`, a list. `tools/validate.py` prints them into `docs/validation/<room>.md`.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Limits:
    """Limits of a set of measured and computed values; None: not asked. Chang and Hanna 2004, Meteorology and Atmospheric Physics 87:167."""

    mg: tuple[float, float] | None = (0.7, 1.3)
    vg: float | None = 1.6
    fac2: float | None = 0.8
    fb: float | None = None


@dataclass(frozen=True)
class Statistics:
    """How computed values lie to measured ones. mg above 1 and fb above 0: computed too low."""

    count: int
    mg: float
    vg: float
    fac2: float
    fb: float

    def within(self, limits: Limits) -> bool:
        """Whether every limit that is set holds."""
        return (
            (limits.mg is None or limits.mg[0] <= self.mg <= limits.mg[1])
            and (limits.vg is None or self.vg <= limits.vg)
            and (limits.fac2 is None or self.fac2 >= limits.fac2)
            and (limits.fb is None or abs(self.fb) <= limits.fb)
        )


def statistics(measured: ArrayLike, computed: ArrayLike, floor: float = 1e-12) -> Statistics:
    """Geometric mean bias, geometric variance, part within a factor of two, fractional bias.

    MG = exp(mean ln(o/p)), VG = exp(mean (ln o/p)²), FAC2 the part with 0.5 ≤ p/o ≤ 2, FB = 2 (mean o − mean p)/(mean o + mean p).
    floor: a computed value below it counts as the floor in the logarithms.
    """
    o, p = np.asarray(measured, float), np.asarray(computed, float)
    log = np.log(o / np.maximum(p, floor))
    ratio = p / o
    return Statistics(
        count=len(o),
        mg=float(np.exp(log.mean())),
        vg=float(np.exp((log**2).mean())),
        fac2=float(((ratio >= 0.5) & (ratio <= 2)).mean()),
        fb=float(2 * (o.mean() - p.mean()) / (o.mean() + p.mean())),
    )


@dataclass(frozen=True)
class Case:
    """One case. expected: a number, or a series when `tolerance` is Limits. tolerance: relative, of one number or of every one of a series; or
    Limits on the statistics of a series; or absolute when `is_absolute`. labels: what each value of a series is (distance, trial).
    is_slow: takes more than a second; its page is checked by `make validate` alone. is_informative: printed, not judged.
    """

    id: str
    title: str
    source: str
    quantity: str
    unit: str
    expected: float | Sequence[float]
    computed: Callable[[], float | ArrayLike]
    tolerance: float | Limits
    note: str = ""
    is_absolute: bool = False
    is_slow: bool = False
    is_informative: bool = False
    labels: Sequence[str] = field(default=())

    @cached_property
    def found(self) -> NDArray[np.float64]:
        """What the library computes, as an array of at least one value; computed once."""
        return np.atleast_1d(np.asarray(self.computed(), float))

    @property
    def wanted(self) -> NDArray[np.float64]:
        return np.atleast_1d(np.asarray(self.expected, float))

    @property
    def deviation(self) -> float:
        """Greatest deviation, relative unless `is_absolute`; of a value of 0 absolute."""
        wanted, found = self.wanted, self.found
        if wanted.shape != found.shape or not np.isfinite(found).all():
            return math.inf
        scale = np.ones_like(wanted) if self.is_absolute else np.where(wanted == 0, 1.0, np.abs(wanted))
        return float(np.max(np.abs(found - wanted) / scale))

    @property
    def statistics(self) -> Statistics:
        return statistics(self.wanted, self.found)

    @property
    def passes(self) -> bool:
        if isinstance(self.tolerance, Limits):
            return self.wanted.shape == self.found.shape and self.statistics.within(self.tolerance)
        return self.deviation <= self.tolerance


@dataclass(frozen=True)
class Missing:
    """A trial or example that would be a case, if its figures could be had. A module lists them as `MISSING`."""

    title: str
    source: str
    why: str


def room_names() -> list[str]:
    """Names of the rooms that have cases, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def cases_of(room: str) -> list[Case]:
    """Cases of a room in the order given there."""
    return list(importlib.import_module(f"tests.science.validation.cases.{room}").CASES)


def missing_of(room: str) -> list[Missing]:
    """What is not to be had for a room."""
    return list(getattr(importlib.import_module(f"tests.science.validation.cases.{room}"), "MISSING", ()))
