"""What is wrong with an input, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with an input.

    field: path of the value as a reader would write it, `units[0].inventory[2].mass_t`; "" is the input as a whole.
    message: what is wrong. remedy: what to give instead.
    """

    field: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.field, "; ".join(p for p in (self.message, self.remedy) if p)) if part)


class Faults(ValueError):
    """The input cannot be used. `faults` names every field that is wrong, not the first alone."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def refuse(faults: Iterable[Fault]) -> None:
    """Raise Faults when there are any."""
    found = tuple(faults)
    if found:
        raise Faults(found)


def out_of_range(field: str, value: float, low: float, high: float, unit: str, why: str = "") -> Fault:
    """The fault of a value outside the range for which a model holds."""
    reason = f" ({why})" if why else ""
    return Fault(
        field,
        f"is {value:g} {unit}, outside {low:g} to {high:g} {unit}{reason}",
        f"give a value within {low:g} to {high:g} {unit}",
    )
