"""Noise that is a function of (stream, time), so that the same moment always reads the same, after a restart and in history.

A stream is a 64-bit number (seed and tag mixed); `slot` is a whole number of time steps. The mixing is SplitMix64 (Steele, Lea and
Flood 2014), of which one step gives four 16-bit uniforms; their sum is near enough to a normal variate for instrument noise.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Streams = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def streams(seed: int, names: list[str], purpose: str = "") -> Streams:
    """One stream per name: shape (n,)."""
    digests = [hashlib.blake2b(f"{seed}/{purpose}/{name}".encode(), digest_size=8).digest() for name in names]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def uniform(stream: Streams, slot: ArrayLike = 0) -> Float:
    """Uniform in [0, 1), broadcast over stream and slot."""
    return (_mixed(stream, slot) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(stream: Streams, slot: ArrayLike = 0) -> Float:
    """Mean 0, standard deviation 1, never beyond ±3.47; broadcast over stream and slot."""
    mixed = _mixed(stream, slot)
    total = sum(((mixed >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) for shift in (0, 16, 32, 48))
    return (total / 65535.0 - 2.0) * np.sqrt(3.0)  # type: ignore[no-any-return]


def smooth(stream: Streams, t_s: ArrayLike, period_s: float) -> Float:
    """Noise that changes smoothly over `period_s`; broadcast over stream and t_s [s]."""
    at = np.asarray(t_s, dtype=np.float64) / period_s
    slot = np.floor(at)
    share = at - slot
    share = share * share * (3.0 - 2.0 * share)
    slots = slot.astype(np.int64)
    return normal(stream, slots) * (1.0 - share) + normal(stream, slots + 1) * share


def _mixed(stream: Streams, slot: ArrayLike) -> Streams:
    steps = np.asarray(slot, dtype=np.int64).astype(np.uint64)
    with np.errstate(over="ignore"):
        z = stream + (steps + np.uint64(1)) * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _A
        z = (z ^ (z >> np.uint64(27))) * _B
        return z ^ (z >> np.uint64(31))  # type: ignore[no-any-return]
