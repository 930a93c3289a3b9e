"""What is missing: every value that was not given, what stands in for it, or why the item was left out."""

from __future__ import annotations

from typing import Literal

import msgspec


class Gap(msgspec.Struct, frozen=True, order=True):
    """Something the input does not say.

    field: where; used: what was taken instead, "" when the item was left out; source of that.
    """

    field: str
    result: Literal["default", "left out"]
    text: str
    used: str = ""
    source: str = ""


class Gaps:
    """Gaps as they are found, each once, in the order of the input."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Gap] = {}

    def default(self, field: str, text: str, used: str, source: str = "") -> None:
        """Note that a default stands in for a field."""
        self._found.setdefault((field, text), Gap(field, "default", text, used, source))

    def left_out(self, field: str, text: str, source: str = "") -> None:
        """Note that an item takes no part in the analysis."""
        self._found.setdefault((field, text), Gap(field, "left out", text, "", source))

    def found(self) -> tuple[Gap, ...]:
        """All gaps so far."""
        return tuple(self._found.values())
