"""Guidelines and limits: as printed, the lower of two prints, missing where nobody has them."""

from __future__ import annotations

import pytest

from chemward.standards.substances import names
from chemward.standards.toxic_limits import coverage, guideline, limits_of, rows


@pytest.mark.parametrize(
    ("cas", "levels"),
    [
        ("7782-50-5", (1, 3, 20)),
        ("7664-41-7", (25, 200, 1000)),
        ("7783-06-4", (0.1, 30, 100)),
        ("7664-39-3", (2, 20, 50)),
        ("7446-09-5", (0.3, 3, 15)),
        ("630-08-0", (200, 350, 500)),
        ("71-43-2", (50, 150, 1000)),
    ],
)
def test_erpg_are_those_of_the_printed_table(cas: str, levels: tuple[float, float, float]) -> None:
    """AQ/T 3046-2013 Table H.1."""
    assert tuple(guideline(cas)[k].value for k in (1, 2, 3)) == levels


def test_protective_action_criteria_are_those_of_the_spreadsheet() -> None:
    assert [guideline("7782-50-5", "PAC")[k].value for k in (1, 2, 3)] == [0.5, 2, 20]
    assert [guideline("7664-41-7", "PAC")[k].value for k in (1, 2, 3)] == [30, 160, 1100]
    assert guideline("71-43-2", "PAC") == {}  # not read: stands as missing


def test_a_level_that_is_not_established_is_left_out_and_stands_as_missing() -> None:
    assert set(guideline("75-44-5")) == {2, 3}
    assert [r.certainty for r in limits_of("75-44-5", "ERPG")] == ["missing", "read", "read"]


def test_of_two_printed_figures_the_lower_one_counts() -> None:
    assert guideline("7647-01-0")[3].value == 100  # hydrogen chloride 100, 盐酸 150
    assert guideline("624-83-9")[3].value == 1.5
    assert len(limits_of("7647-01-0", "ERPG")) == 6


def test_levels_rise() -> None:
    for cas in names():
        values = [row.value for _, row in sorted(guideline(cas).items())]
        assert values == sorted(values), cas


def test_every_row_is_of_a_known_substance_and_has_a_source() -> None:
    assert all(row.cas in names() and row.source for row in rows())
    assert all(row.unit in ("ppm", "mg/m3") for row in rows())


def test_what_nobody_has_is_visible() -> None:
    table = coverage()
    assert set(table) == set(names())
    assert table["7782-50-5"] == {
        "AEGL": "missing",
        "ERPG": "read",
        "PAC": "quoted",
        "IDLH": "missing",
        "TWA": "quoted",
        "STEL": "quoted",
        "C": "missing",
    }
