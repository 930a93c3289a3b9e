"""The scale of a verdict as the sheet draws it: bands, their limits, the value's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 660.0


@dataclass(frozen=True)
class DrawnBand:
    """A band between two places [px]; `limit` is the figure at its left end, None when it is open."""

    label: str
    left: float
    right: float
    limit: float | None
    is_own: bool

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Drawn:
    bands: Sequence[DrawnBand]
    mark: float


def drawn(value: float, scale: Sequence[Mapping[str, Any]]) -> Drawn | None:
    """Bands of equal width in the order of the scale and the value's place within its own; None when it lies in none.

    Equal widths, because limits like 10, 50, 100 with open ends have no common measure on which all bands could be read.

    >>> d = drawn(30, [{"label": "四级", "low": None, "high": 10}, {"label": "三级", "low": 10, "high": 50}])
    >>> d.mark, d.bands[1].is_own
    (495.0, True)
    """
    width = WIDTH / len(scale)
    bands, mark = [], None
    for n, band in enumerate(scale):
        low, high = band["low"], band["high"]
        is_own = (low is None or value >= low) and (high is None or value < high)
        if is_own:
            share = (value - low) / (high - low) if low is not None and high is not None and high > low else 0.5
            mark = (n + share) * width
        bands.append(DrawnBand(band["label"], n * width, (n + 1) * width, low, is_own))
    return Drawn(bands, round(mark, 1)) if mark is not None else None
