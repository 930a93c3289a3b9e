"""Remarks that a result carries: which model and why, what is less sure, what is not modelled."""

from __future__ import annotations

from typing import Literal

import msgspec


class Note(msgspec.Struct, frozen=True):
    """One remark. code: stable word for programs ("obstacles_not_modelled"). source: standard, edition, clause or paper, equation."""

    level: Literal["info", "warning"]
    code: str
    text: str
    source: str = ""


def info(code: str, text: str, source: str = "") -> Note:
    """A remark about what was done."""
    return Note("info", code, text, source)


def warning(code: str, text: str, source: str = "") -> Note:
    """A remark about what makes the result less sure."""
    return Note("warning", code, text, source)
