"""Cells of tables that leave the platform, as files that a spreadsheet opens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST = 32_000


def plain(value: Any) -> str | int | float | bool | datetime | None:
    """A value as a cell: text that would be run as a formula is prefixed with an apostrophe, times are local, control characters are out.

    >>> plain("=HYPERLINK(1)"), plain(3.5)
    ("'=HYPERLINK(1)", 3.5)
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).replace(tzinfo=None, microsecond=0)
    if isinstance(value, date):
        return value.isoformat()
    text = "".join(c for c in str(value) if c >= " " or c in "\t\n")[:LONGEST]
    return f"'{text}" if text.startswith(FORMULA) else text
