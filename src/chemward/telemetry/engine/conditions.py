"""Conditions on plant state, compiled: what suppresses an alarm by design. See `suppression` for how a condition becomes these codes."""

from __future__ import annotations

import math
from typing import Any

from numba import types as nt

from chemward.telemetry.engine.compiling import TAG_STATES, U1, column, compiled
from chemward.telemetry.engine.layout import MODE_GOOD, MODE_HELD

EDITION = 1
"""Raised with every change of a number in `layout`, so that this file changes and the cache is made anew."""

OPERATORS = ("<", "<=", ">", ">=", "==", "!=")
CODE_ALL, CODE_ANY = 6, 7
"""Codes of a compiled condition, postfix: 0–5 compare (OPERATORS), 6 all and 7 any of the topmost `number` results."""
STACK = 64


@compiled(nt.boolean(nt.int64, nt.float64, nt.float64))
def _compares(code: int, value: float, number: float) -> bool:
    if code == 0:
        return value < number
    if code == 1:
        return value <= number
    if code == 2:
        return value > number
    if code == 3:
        return value >= number
    if code == 4:
        return value == number
    return value != number


@compiled(nt.void(column(nt.int32), column(nt.int32), column(nt.uint8), column(nt.int32), column(nt.float64), TAG_STATES, U1))
def evaluate(wanted: Any, first: Any, codes: Any, slots: Any, numbers: Any, tag_states: Any, results: Any) -> None:
    """Evaluate compiled conditions `wanted` into `results` (by condition).

    A comparison with a tag that is unknown, has no sample, is bad or silent is false, so that a dead instrument cannot
    keep an alarm suppressed; there is no negation, hence false is always the safe side. A flagged tag counts with its last
    good value.
    """
    stack = [False] * STACK
    for k in range(len(wanted)):
        condition = wanted[k]
        height = 0
        for i in range(first[condition], first[condition + 1]):
            code = codes[i]
            if code < CODE_ALL:
                slot = slots[i]
                result = False
                if slot >= 0:
                    mode = tag_states[slot].mode
                    value = tag_states[slot].good_value
                    if (mode in (MODE_GOOD, MODE_HELD)) and tag_states[slot].is_silent == 0 and math.isfinite(value):
                        result = _compares(code, value, numbers[i])
            else:
                arity = int(numbers[i])
                result = code == CODE_ALL
                for j in range(height - arity, height):
                    if code == CODE_ALL:
                        result = result and stack[j]
                    else:
                        result = result or stack[j]
                height -= arity
            stack[height] = result
            height += 1
        results[condition] = stack[0]
