"""How the engine's loops are compiled: the types of their rows and columns, and one decorator for all of them.

Compiled code is cached beside the source file of the function that is called from outside, and made anew when that file changes. What
it calls is compiled into it: a compiled function and all that it calls must therefore stand in one file, or a change would go unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
from numba import types as nt

from chemward.telemetry.engine.layout import ALARM_SETTING, ALARM_STATE, EVENT, TAG_SETTING, TAG_STATE

F = TypeVar("F", bound=Callable[..., Any])


def column(scalar: Any) -> nt.Array:
    """A contiguous column that is only read: views of a received message are read-only."""
    return nt.Array(scalar, 1, "C", readonly=True)


TAG_SETTINGS = nb.from_dtype(TAG_SETTING)[::1]
TAG_STATES = nb.from_dtype(TAG_STATE)[::1]
ALARM_SETTINGS = nb.from_dtype(ALARM_SETTING)[::1]
ALARM_STATES = nb.from_dtype(ALARM_STATE)[::1]
EVENTS = nb.from_dtype(EVENT)[::1]
numba_types: Any = nt
PAIR = numba_types.UniTuple(nt.boolean, 2)
I8, I4, F8, U1 = nt.int64[::1], nt.int32[::1], nt.float64[::1], nt.uint8[::1]

MEMORY = (TAG_SETTINGS, TAG_STATES, I8, ALARM_SETTINGS, ALARM_STATES, I8, I8)
"""tag settings, tag states, good_ts, alarm settings, alarm states, rings, due: handed to every loop in this order."""


def compiled(signature: Any) -> Callable[[F], F]:
    """Compile at once for one signature, keep in the cache, run without the interpreter lock."""
    decorate: Callable[[F], F] = nb.njit(signature, cache=True, nogil=True, error_model="numpy")
    return decorate
