"""S, R and level: worked units, boundaries, and laws that hold for every unit."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.commands import encode, find
from chemward.science.faults import Faults
from chemward.science.major_hazard.grading import grade, grade_unit
from chemward.science.major_hazard.inventory import Inventory, Item, Unit
from chemward.science.major_hazard.live import grade_live
from chemward.standards import gb18218


def unit(*items: Item, people: int | None = 0, name: str = "1#") -> Unit:
    return Unit(name, "storage", people, list(items))


def judged(*items: Item, people: int | None = 0, rule="largest"):
    return grade(Inventory("GB 18218-2018", [unit(*items, people=people)], rule)).units[0]


def item(name: str, mass: float, *categories: str, **more) -> Item:
    return Item(mass, name, categories=list(categories), **more)


# -- worked by hand ----------------------------------------------------------------------------------------------------------


def test_chlorine_store_of_a_water_works():
    found = judged(item("液氯", 30), people=200)
    assert (found.is_major_hazard, found.s, found.r, found.level, found.alpha) == (True, 6, 2.0 * 4 * 6, 3, 2.0)


def test_tank_farm_of_several_chemicals():
    """甲醇 400 t, 苯 20 t, 二甲苯 (W5.4) 1000 t, 氨 2 t: S = 0.8 + 0.4 + 0.2 + 0.2; R = 1.5 (0.8 + 0.4 + 0.2 + 2×0.2)."""
    found = judged(item("甲醇", 400, "W5.3"), item("苯", 20, "W5.3"), item("二甲苯", 1000, "W5.4"), item("氨", 2), people=60)
    assert (found.s, found.r, found.level) == (1.6, 2.7, 4)
    assert [row.threshold_t for row in found.rows] == [500, 50, 5000, 10]
    assert [row.beta_source for row in found.rows] == ["Table 4 (W5.3)", "Table 4 (W5.3)", "Table 4 (W5.4)", "Table 3 (氨)"]


def test_phosgene_takes_its_small_threshold_and_large_beta():
    found = judged(item("光气", 0.75), people=10)
    assert (found.s, found.r, found.level) == (2.5, 50, 2)


@pytest.mark.parametrize("gas", gb18218.named_betas().values(), ids=lambda row: row.name_zh)
def test_the_beta_of_table_3_beats_the_category(gas):
    found = judged(item(gas.name_zh, 1, "W2", "J1")).rows[0]
    assert (found.beta, found.beta_source) == (float(gas.beta), f"Table 3 ({gas.name_zh})")


# -- boundaries --------------------------------------------------------------------------------------------------------------


def test_equality_is_a_major_hazard():
    assert judged(item("甲醇", 500)).is_major_hazard
    assert not judged(item("甲醇", 499.999999999)).is_major_hazard


def test_sums_at_the_boundary_are_exact():
    """Thirds and tenths that floats would sum to a little less or more than 1."""
    assert judged(item("光气", 0.1), item("异氰酸甲酯", 0.25), item("光气", 0.1)).s == 1
    assert judged(item("光气", 0.3)).is_major_hazard
    assert judged(item("氯", 4.7), item("光气", 0.018)).is_major_hazard
    tenths = [item(name, float(row.threshold_t) / 10) for name, row in _first_ten()]
    assert judged(*tenths).s == 1
    assert judged(*tenths).is_major_hazard


def test_what_falls_just_short_does_not_read_as_if_it_reached():
    short = judged(item("光气", 0.1), item("异氰酸甲酯", 0.25), item("某液体", 166.66666666666666, "J5"))
    over = judged(item("光气", 0.1), item("异氰酸甲酯", 0.25), item("某液体", 166.66666666666669, "J5"))
    assert (short.is_major_hazard, short.s < 1) == (False, True)
    assert (over.is_major_hazard, over.s >= 1) == (True, True)


def _first_ten():
    return [(row.title_zh, row) for row in gb18218.substances() if not row.condition_zh][:10]


@pytest.mark.parametrize(("mass", "level"), [(12.5, 3), (12.499999, 4), (62.5, 2), (62.499999, 3), (125, 1), (124.999999, 2)])
def test_levels_change_at_r_10_50_100(mass, level):
    found = judged(item("氯", mass), people=1)
    assert found.r == pytest.approx(mass / 5 * 4)
    assert found.level == {12.5: 3, 12.499999: 4, 62.5: 2, 62.499999: 3, 125: 1, 124.999999: 2}[mass] == level


@pytest.mark.parametrize(
    ("people", "alpha"), [(0, 0.5), (1, 1.0), (29, 1.0), (30, 1.2), (49, 1.2), (50, 1.5), (99, 1.5), (100, 2.0), (100_000, 2.0)]
)
def test_alpha_by_the_people_outside(people, alpha):
    assert judged(item("氯", 5), people=people).alpha == alpha


def test_a_unit_below_its_thresholds_has_no_r_and_no_level():
    found = judged(item("氯", 4.9), people=500)
    assert (found.is_major_hazard, found.r, found.level, found.alpha) == (False, None, None, 2.0)


def test_an_empty_unit_is_no_major_hazard():
    found = judged()
    assert (found.is_major_hazard, found.s, found.r, found.rows) == (False, 0, None, ())
    assert "empty" in found.warnings[0]


# -- gaps --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["锑化氢", "硒化氢", "氟", "二氟化氧", "甲醛", "三氧化硫", "一氯化硫", "TDI", "环氧溴丙烷"])
def test_a_beta_that_nobody_is_sure_of_stays_open(name):
    found = judged(item(name, 1000))
    assert (found.is_major_hazard, found.rows[0].beta, found.r, found.level) == (True, None, None, None)
    assert len(found.gaps) == 1
    assert judged(item(name, 1000, "J1")).r == 0.5 * 4 * found.s


def test_what_r_can_be_is_told_where_a_factor_is_unknown():
    found = judged(item("三氧化硫", 750), item("氯", 5), people=40)
    assert (found.r, found.r_least, found.r_most) == (None, 1.2 * (1 * 10 + 4), pytest.approx(1.2 * (4 * 10 + 4)))
    uncounted = judged(item("氯", 50), people=None)
    assert (uncounted.r_least, uncounted.r_most) == (0.5 * 40, 2.0 * 40)
    known = judged(item("氯", 50), people=40)
    assert known.r_least == known.r == known.r_most
    assert judged(item("氯", 1)).r_least is None


def test_a_customary_beta_says_so():
    found = judged(item("甲醇", 500))
    assert found.rows[0].beta == 1
    assert found.rows[0].beta_source.startswith("customary classification W5.3")
    assert not found.gaps
    assert any("customary" in warning for warning in found.warnings)


def test_people_that_were_not_counted_leave_r_open():
    found = judged(item("氯", 50), people=None)
    assert (found.is_major_hazard, found.s, found.alpha, found.r, found.level) == (True, 10, None, None, None)
    assert found.gaps


def test_of_several_categories_the_rule_for_beta_is_a_setting():
    several = item("某物质", 100, "W5.2", "J3", "W2")
    assert judged(several).rows[0].beta == 2
    assert judged(several, rule="of the lowest threshold").rows[0].beta == 1.5
    assert "beta_of_several" in [remark.code for remark in judged(several).remarks]


# -- one chemical counts once ------------------------------------------------------------------------------------------------


def test_entries_of_one_chemical_are_summed():
    found = judged(item("氯", 2), item("液氯", 1, cas="7782-50-5"), item("氨", 1), Item(2, cas="7782-50-5"))
    assert [(row.substance, row.mass_t) for row in found.rows] == [("氯", 5), ("氨", 1)]
    assert "summed" in [remark.code for remark in found.remarks]


# -- laws --------------------------------------------------------------------------------------------------------------------

_NAMES = [row.title_zh for row in gb18218.substances()]
_MASS = st.decimals(0, 2000, places=3, allow_nan=False).map(float)
_ITEMS = st.lists(
    st.builds(
        lambda name, mass, symbol: item(name, mass, symbol),
        st.sampled_from(_NAMES),
        _MASS,
        st.sampled_from(list(gb18218.categories())),
    ),
    max_size=6,
)


def exact_s(items: list[Item]) -> Fraction:
    by_title = {row.title_zh: row for row in gb18218.substances()}
    return sum((Fraction(str(i.mass_t)) / Fraction(str(by_title[i.name].threshold_t)) for i in items), Fraction(0))


@given(_ITEMS, st.integers(0, 300))
def test_s_is_the_sum_of_the_ratios_and_decides(items, people):
    found = judged(*items, people=people)
    assert found.s == float(exact_s(items))
    assert found.is_major_hazard == (exact_s(items) >= 1)
    assert (found.level is None) == (not found.is_major_hazard)


@given(_ITEMS, st.integers(0, 300))
def test_r_is_alpha_times_the_weighted_ratios(items, people):
    found = judged(*items, people=people)
    if found.is_major_hazard:
        assert found.r == pytest.approx(
            found.alpha * sum(row.beta * row.mass_t / row.threshold_t for row in found.rows), rel=1e-12
        )
        assert found.level == (1 if found.r >= 100 else 2 if found.r >= 50 else 3 if found.r >= 10 else 4)


@given(_ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_the_inventory_does_not_matter(items, random):
    mixed = random.sample(items, len(items))
    a, b = judged(*items, people=7), judged(*mixed, people=7)
    assert (a.s, a.r, a.level) == (b.s, b.r, b.level)


@given(_ITEMS, _ITEMS, st.integers(0, 300))
def test_more_chemicals_never_lower_s_or_r(items, more, people):
    a, b = judged(*items, people=people), judged(*items, *more, people=people)
    assert b.s >= a.s
    assert b.weighted >= a.weighted
    assert (a.level or 5) >= (b.level or 5)


@given(_ITEMS, st.integers(2, 9))
def test_s_and_r_grow_in_proportion_to_the_masses(items, times):
    doubled = [Item(float(Fraction(str(i.mass_t)) * times), i.name, categories=i.categories) for i in items]
    a, b = judged(*items), judged(*doubled)
    assert b.s == pytest.approx(times * a.s, rel=1e-12)
    assert b.weighted == pytest.approx(times * a.weighted, rel=1e-12)


@given(_ITEMS, st.integers(0, 300), st.integers(0, 300))
def test_more_people_never_lower_r(items, few, many):
    a, b = judged(*items, people=min(few, many)), judged(*items, people=max(few, many))
    assert a.weighted <= b.weighted


# -- the sheet, the command, the present masses ------------------------------------------------------------------------------


def test_the_sheet_shows_every_factor_with_its_clause():
    found = judged(item("氯", 60), item("甲醇", 100, "W5.3"), people=120)
    text = "\n".join(f"{step.clause} {step.text_zh}" for step in found.steps)
    for part in (
        "表1第12行",
        "q = 60 t",
        "Q = 5 t",
        "S = 60/5 + 100/500 = 12.2 ≥ 1",
        "β = 4",
        "α = 2.0",
        "R = 2.0×(4×60/5 + 1×100/500) = 96.4",
        "二级",
    ):
        assert part in text
    assert all(step.clause and step.text_en for step in found.steps)
    assert any("formula (2)" in clause for clause in found.clauses)


def test_figures_of_the_sheet_that_go_on_are_marked():
    assert "≈0.3333" in judged(item("光气", 0.1)).steps[1].text_zh


def test_the_command_answers_as_agreed():
    command = find("hazard grade")
    answer = json.loads(command.execute(command.example_text()))
    first = answer["units"][0]
    assert {"id", "is_major_hazard", "S", "R", "level", "alpha", "rows", "clauses", "warnings"} <= set(first)
    assert {"substance", "cas", "table", "Q_t", "q_t", "beta", "beta_source"} <= set(first["rows"][0])
    assert (first["S"], first["R"], first["level"], first["alpha"]) == (12, 96, 2, 2)
    assert command.schema()["input"]
    assert encode(answer)


def test_one_edition_may_be_written_in_many_ways():
    for name in ("GB 18218-2018", "gb18218-2018", "GB18218—2018", "ｇｂ 18218"):
        assert grade(Inventory(name, [])).edition == "GB 18218-2018"


def test_present_masses_do_not_change_the_level():
    live = grade_live(unit(item("氯", 60), item("氨", 10), people=120), [2.5, 5])
    assert (live.design.level, live.design.s, live.design.r) == (1, 13, 100)
    assert (live.present_s, live.present_r) == (1.0, 2 * (4 * 0.5 + 2 * 0.5))
    assert live.share == pytest.approx(1 / 13)
    assert not live.above_design


def test_a_present_mass_that_is_not_known_is_a_gap():
    live = grade_live(unit(item("氯", 60), item("氨", 10), people=120), [30, None])
    assert (live.present_s, live.present_r, live.present_s_known) == (None, None, 6)
    assert live.gaps


def test_more_than_the_design_maximum_is_said():
    assert grade_live(unit(item("氯", 60)), [61]).above_design == ("氯",)


@pytest.mark.parametrize("masses", [[1], [1, -1], [1, float("nan")], [1, 2, 3]])
def test_present_masses_that_cannot_be_are_refused(masses):
    with pytest.raises(Faults, match="present_t"):
        grade_live(unit(item("氯", 60), item("氨", 10)), masses)


def test_an_unsound_mass_is_refused_from_python_too():
    with pytest.raises(Faults, match="mass_t"):
        judged(item("氯", float("nan")))
    with pytest.raises(Faults, match="mass_t"):
        judged(item("氯", -1))


def test_grade_unit_and_grade_agree():
    one = unit(item("氯", 60), people=3)
    assert grade_unit(one) == grade(Inventory("GB 18218-2018", [one])).units[0]
