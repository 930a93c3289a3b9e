"""Widths of plumes and puffs: named sets of coefficients that never mix.

A set gives the widths [m] as functions of the distance from the source [m] for each Pasquill class. The figures stand in
`standards/data/dispersion/sigma.csv` with the source of every row; the forms of the equations stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chemward.science.dispersion.tables import STABILITIES, document, rows
from chemward.science.faults import Fault, Faults

Array = NDArray[np.float64]

_NO_LIMIT = np.inf


def _root(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    return a * x * (1 + b * x) ** c


def _power(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    return np.asarray(a * x**b)


def _rough(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    return np.asarray(a * x**b * (10 * roughness) ** (0.53 * x**-0.22))


def _log(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    decade = np.log10(x)
    return np.asarray(10 ** (a + b * decade + c * decade**2))


def _angle(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    return np.asarray(c * x / 1000 * np.tan(np.radians(a - b * np.log(x / 1000))))


def _power_km(x: Array, a: Array, b: Array, c: Array, roughness: float) -> Array:
    return np.minimum(a * (x / 1000) ** b, np.where(c > 0, c, _NO_LIMIT))


_FORMS: dict[str, Callable[[Array, Array, Array, Array, float], Array]] = {
    "root": _root,
    "power": _power,
    "rough": _rough,
    "log": _log,
    "angle": _angle,
    "power_km": _power_km,
}

_LEAST_DISTANCE = 1e-3  # [m] below it a width has no meaning; keeps logarithms and negative powers finite


@dataclass(frozen=True)
class Curve:
    """A width as a function of distance: pieces (form, a, b, c), piece i holding up to and with ends[i] [m]."""

    pieces: tuple[tuple[str, float, float, float], ...]
    ends: tuple[float, ...]

    def __call__(self, x: ArrayLike, roughness: float) -> Array:
        """Width [m] at distance x [m], any shape, over ground of that roughness [m]."""
        at: Array = np.asarray(np.maximum(np.asarray(x, float), _LEAST_DISTANCE))
        if len(self.pieces) == 1:
            return _piece(self.pieces[0], at, roughness)
        which = np.searchsorted(self.ends, at, side="left")
        widths = np.empty_like(at)
        for index, piece in enumerate(self.pieces):
            inside = which == index
            widths[inside] = _piece(piece, at[inside], roughness)
        return widths


def _piece(piece: tuple[str, float, float, float], x: Array, roughness: float) -> Array:
    form, a, b, c = piece
    return _FORMS[form](x, np.float64(a), np.float64(b), np.float64(c), roughness)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SigmaSet:
    """A set of widths. kind: "plume" (time mean over averaging [s]) or "puff". near and far [m]: the distances for which it is given."""

    name: str
    title: str
    kind: str
    near: float
    far: float
    averaging: float
    source: str

    def x(self, distance: ArrayLike, stability: str, roughness: float = 0.1) -> Array:
        """Width along the wind [m] at distance [m], any shape; roughness [m]. Raises Faults for a plume's set, which has none."""
        if self.kind != "puff":
            raise Faults([Fault("sigma", f"{self.name!r} gives no width along the wind", "name a set of puffs")])
        return _curve(self.name, stability, "x")(distance, roughness)

    def y(self, distance: ArrayLike, stability: str, roughness: float = 0.1, averaging: float | None = None) -> Array:
        """Crosswind width [m] at distance [m], any shape; roughness [m].

        averaging [s]: of the concentration; None leaves the set's own; others scale by (t/600 s)^0.2 down to 18.75 s. A puff is not scaled.
        Source: the set's; averaging TNO Yellow Book CPR 14E section 4.5.3.
        """
        width = _curve(self.name, stability, "y")(distance, roughness)
        if self.kind == "puff" or averaging is None:
            return width
        return width * averaging_factor(averaging, self.averaging)

    def z(self, distance: ArrayLike, stability: str, roughness: float = 0.1) -> Array:
        """Vertical width [m] at distance [m], any shape; roughness [m]. Source: the set's."""
        return _curve(self.name, stability, "z")(distance, roughness)

    def distance_of(self, width: float, axis: str, stability: str, roughness: float = 0.1) -> float:
        """Distance [m] at which the width [m] along axis "y" or "z" is reached; 0 for no width; roughness [m].

        That is the virtual distance of a source which already has that width. In closed form of a power, else by halving within 1e-3 m to 1e6 m.
        """
        if width <= 0:
            return 0.0
        curve = _curve(self.name, stability, axis)
        if len(curve.pieces) == 1 and curve.pieces[0][0] == "power":
            _, factor, power, _ = curve.pieces[0]
            return float((width / factor) ** (1 / power))
        low, high = np.log(_LEAST_DISTANCE), np.log(1e6)
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if float(curve(np.exp(middle), roughness)) < width else (low, middle)
        return float(np.exp(high))


def averaging_factor(averaging: float, reference: float | None = None) -> float:
    """Ratio [-] of the crosswind width for averaging [s] to that for reference [s] (600 s): (t/t0)^0.2, t at least 18.75 s.

    Source: TNO Yellow Book CPR 14E section 4.5.3.
    """
    figures = document("limits")["averaging"]
    least = max(averaging, figures["least_s"])
    return float((least / (reference or figures["reference_s"])) ** figures["exponent"])


@cache
def _curve(name: str, stability: str, axis: str) -> Curve:
    if stability not in STABILITIES:
        raise Faults([Fault("stability", f"is {stability!r}", "give one of A, B, C, D, E, F")])
    found = [r for r in rows("sigma") if (r["set"], r["stability"], r["axis"]) == (name, stability, axis)]
    pieces = tuple((r["form"], float(r["a"]), float(r["b"] or 0), float(r["c"] or 0)) for r in found)
    return Curve(pieces, tuple(float(r["to_m"]) for r in found if r["to_m"]))


@cache
def sigma_set(name: str) -> SigmaSet:
    """The set of that name. Raises Faults that list the names there are."""
    sets = document("sets")
    if name not in sets:
        raise Faults([Fault("sigma", f"{name!r} is no set of widths", f"give one of {', '.join(sets)}")])
    row = sets[name]
    near, far = row["range_m"]
    return SigmaSet(name, row["title"], row["kind"], near, far, row.get("averaging_s", 0.0), row["source"])


def sigma_names(kind: str | None = None) -> tuple[str, ...]:
    """Names of the sets, all or those of a kind ("plume", "puff")."""
    return tuple(name for name, row in document("sets").items() if kind in (None, row["kind"]))


def default_sigma(is_urban: bool, kind: str = "plume") -> SigmaSet:
    """The set taken when none is named: Briggs for plumes, CCPS for puffs."""
    if kind == "puff":
        return sigma_set("ccps_puff")
    return sigma_set("briggs_urban" if is_urban else "briggs_rural")
