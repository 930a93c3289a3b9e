"""Dispersion against printed figures, conserved quantities and field trials."""

from __future__ import annotations

from tests.science.validation.case import Case

CASES: list[Case] = []
