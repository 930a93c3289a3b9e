"""What people meet: concentration of a source that changes in time, concentration and dose indoors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from chemward.science.dispersion.checks import require_positive
from chemward.science.dispersion.plume import Plume
from chemward.science.faults import Fault, refuse

Array = NDArray[np.float64]


@dataclass(frozen=True)
class VaryingPlume:
    """A Gaussian plume whose rate changes in steps, made by `varying_plume`: rates [kg/s] between edges [s], one edge more than rates."""

    unit: Plume
    edges: Array
    rates: Array

    def concentration(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, t: ArrayLike) -> Array:
        """Concentration [kg/m³] at x, y, z [m] and time t [s] after the first edge, broadcast: the steps added up.

        Source: Palazzi et al. 1982, Atmospheric Environment 16:2785, superposed.
        """
        x, t = np.asarray(x, float), np.asarray(t, float)
        scale = math.sqrt(2) * self.unit.width_along(x)
        steady = self.unit.concentration(x, y, z)
        total = np.zeros(np.broadcast_shapes(steady.shape, t.shape))
        before = erf((self.unit.wind * np.maximum(t - self.edges[0], 0.0) - x) / scale)
        for edge, rate in zip(self.edges[1:], self.rates, strict=True):
            after = erf((self.unit.wind * np.maximum(t - edge, 0.0) - x) / scale)
            total = total + rate * 0.5 * (before - after)
            before = after
        return np.asarray(steady * total)

    def dose(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, exponent: float, times: ArrayLike) -> Array:
        """Dose [(kg/m³)ⁿ s] at x, y, z [m], broadcast, between the first and the last of times [s], shape (k,); exponent [-] n."""
        require_positive(exponent=exponent)
        times = np.asarray(times, float)
        x, y, z = (np.asarray(value, float)[..., None] for value in np.broadcast_arrays(x, y, z))
        return np.asarray(np.trapezoid(self.concentration(x, y, z, times) ** exponent, times, axis=-1))


def varying_plume(times: ArrayLike, rates: ArrayLike, steady: Plume) -> VaryingPlume:
    """A plume of a release whose rate changes, as an `Outflow` gives it.

    times [s], shape (n,), ascending, and rates [kg/s], shape (n,), of the release: the mean of two counts between them; steady: any plume of
    its height, weather and set. Raises Faults when the series do not fit. Source: as `VaryingPlume.concentration`.
    """
    edges, values = np.asarray(times, float), np.asarray(rates, float)
    fits = edges.ndim == 1 and edges.shape == values.shape and len(edges) > 1
    checks = (
        (fits, Fault("rates", "do not fit the times", "give one rate a time, two at least")),
        (not fits or bool((np.diff(edges) > 0).all()), Fault("times", "do not ascend", "give times [s] in order")),
        (bool((values >= 0).all()), Fault("rates", "are not all 0 or above", "give rates in kg/s")),
    )
    refuse(fault for holds, fault in checks if not holds)
    endless = replace(steady.with_rate(1.0), duration=math.inf)
    return VaryingPlume(endless, edges, (values[1:] + values[:-1]) / 2)


def indoor_concentration(times: ArrayLike, outdoor: ArrayLike, exchange_rate: float, start: float = 0.0) -> Array:
    """Concentration indoors [kg/m³] at times [s], shape (k,), from that outdoors: outdoor [kg/m³], shape (k,), straight between the times.

    exchange_rate [1/s]: air changes a second (1/3600 for one an hour); start [kg/m³] indoors at the first time. Nothing is lost on walls.
    Exact between the times. Raises Faults for series that do not fit and a rate below 0. Source: AQ/T 3046-2013 chapter 10; Wilson 1996.
    """
    t, c = np.asarray(times, float), np.asarray(outdoor, float)
    refuse(
        fault
        for is_wrong, fault in (
            (t.shape != c.shape or t.ndim != 1, Fault("outdoor", "does not fit the times", "give one concentration a time")),
            (not exchange_rate >= 0, Fault("exchange_rate", f"is {exchange_rate:g} 1/s", "give a rate of 0 or above")),
        )
        if is_wrong
    )
    found = np.empty_like(c)
    inside = start
    found[:1] = start
    for i, step in enumerate(np.diff(t)):
        fall = math.exp(-exchange_rate * step)
        slope = (c[i + 1] - c[i]) / step
        lag = 0.0 if exchange_rate == 0 else slope / exchange_rate
        if exchange_rate > 0:
            inside = c[i + 1] - lag + (inside - c[i] + lag) * fall
        found[i + 1] = inside
    return found


def indoor_factor(exchange_rate: float, passage: float, stay: float | None = None) -> float:
    """Dose indoors over dose outdoors [-] for n = 1 while a steady cloud stands outside for passage [s] and people leave after stay [s].

    exchange_rate [1/s]; stay None: they leave when the cloud has passed. 1 − (1 − e^(−λt))/(λt), more when they stay on and none air out.
    Source: Purple Book CPR 18E 5.3.3 (ventilation 1/h, stay until the cloud has passed).
    """
    require_positive(duration=passage)
    through = passage if stay is None else min(stay, passage)
    growth = through - (1 - math.exp(-exchange_rate * through)) / exchange_rate if exchange_rate > 0 else 0.0
    if stay is not None and stay > passage and exchange_rate > 0:
        reached = 1 - math.exp(-exchange_rate * passage)
        growth += reached * (1 - math.exp(-exchange_rate * (stay - passage))) / exchange_rate
    return growth / passage


def indoor_dose(times: Sequence[float] | Array, outdoor: ArrayLike, exchange_rate: float, exponent: float) -> float:
    """Dose indoors [(kg/m³)ⁿ s] over times [s], shape (k,), from outdoor [kg/m³], shape (k,); exchange_rate [1/s], exponent [-] n."""
    inside = indoor_concentration(times, outdoor, exchange_rate)
    return float(np.trapezoid(inside**exponent, np.asarray(times, float)))
