"""The cases pass, and the committed pages say what the models give now."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.science.validation import report
from tests.science.validation.case import Case, Limits, cases_of, missing_of, room_names, statistics

PAGES = Path(__file__).parents[3] / "docs" / "validation"

ALL = [(room, case) for room in room_names() for case in cases_of(room)]


@pytest.mark.parametrize(
    ("room", "case"), [pair for pair in ALL if not pair[1].is_slow], ids=lambda value: getattr(value, "id", value)
)
def test_a_case_passes(room: str, case: Case) -> None:
    if case.is_informative:
        pytest.skip("printed, not judged")
    limit = case.tolerance
    assert case.passes, f"expected {case.wanted}, computed {case.found}, limit {limit}"


def test_every_case_has_its_own_name() -> None:
    names = [case.id for _, case in ALL]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("room", room_names())
def test_the_page_of_a_room_says_what_the_models_give_now(room: str) -> None:
    page = (PAGES / f"{room}.md").read_text("utf-8")
    for case in cases_of(room):
        if case.is_slow:
            assert case.title in page
        elif isinstance(case.tolerance, Limits):
            assert "\n".join(report.series(case)).strip() in page
        else:
            assert report.row(case) in page
    for item in missing_of(room):
        assert item.title in page


def test_a_model_that_is_right_has_no_bias_and_no_variance() -> None:
    found = statistics([1.0, 2.0, 5.0], [1.0, 2.0, 5.0])
    assert (found.mg, found.vg, found.fac2, found.fb) == (1, 1, 1, 0)


def test_a_model_that_gives_half_lies_at_the_edge_of_a_factor_of_two() -> None:
    found = statistics([1.0, 2.0, 5.0], [0.5, 1.0, 2.5])
    assert found.mg == pytest.approx(2)
    assert found.vg == pytest.approx(math.exp(math.log(2) ** 2))
    assert found.fac2 == 1
    assert found.fb == pytest.approx(2 / 3)
    assert statistics([1.0], [0.499]).fac2 == 0


def test_limits_are_judged_each() -> None:
    good = statistics([1.0, 2.0], [1.1, 1.8])
    assert good.within(Limits(fb=0.3))
    assert not good.within(Limits(mg=(1.5, 2.0)))
    assert not good.within(Limits(vg=1.0))
    assert not statistics([1.0, 1.0], [0.4, 2.5]).within(Limits(mg=None, vg=None, fac2=0.8))


def make(expected: float | list[float], found: float | list[float], tolerance: float | Limits, **rest: bool) -> Case:
    return Case("x", "x", "source", "quantity", "m", expected, lambda: found, tolerance, **rest)


def test_a_case_is_judged_by_its_worst_value_and_never_by_nan() -> None:
    assert make([1.0, 10.0], [1.0, 10.1], 0.011).passes
    assert not make([1.0, 10.0], [1.02, 10.0], 0.011).passes
    assert make(0.0, 0.001, 0.01).passes
    assert make(5.0, 5.4, 0.5, is_absolute=True).passes
    assert not make(1.0, np.nan, 10.0).passes
    assert not make([1.0, 2.0], [1.0], 10.0).passes


def test_the_page_is_the_same_twice() -> None:
    cases = [make(2.0, 2.01, 0.01), make([1.0, 2.0], [1.1, 2.1], Limits())]
    assert report.page("dispersion", cases) == report.page("dispersion", cases)
    assert "| pass |" in report.page("dispersion", cases)
    assert "FAIL" in report.page("dispersion", [make(2.0, 3.0, 0.01)])
