"""GB 18218-2018 against a second reading of its tables, typed from the text and not from the data."""

from decimal import Decimal

import pytest

from chemward.standards import gb18218 as gb
from chemward.standards.edition import edition

# Table 1, rows 1 to 85 in their order
THRESHOLDS = (
    "10 1 1 20 1 0.3 10 5 1 5 20 5 20 1 1 1 10 20 20 1 20 20 100 1 1 75 20 20 20 0.75 0.5 0.5 0.5 5 5 "
    "1 1 1 10 50 50 50 5 50 200 1000 5 50 50 50 5 50 5 1 50 200 50 500 500 50 50 500 10 "
    "500 500 200 500 10 500 500 10 10 50 1 1 20 20 100 100 20 100 50 100 1 10"
)
TABLE_2 = {
    "J1": 5, "J2": 50, "J3": 50, "J4": 50, "J5": 500, "W1.1": 1, "W1.2": 10, "W1.3": 50, "W2": 10, "W3": 150, "W4": 50, "W5.1": 10,
    "W5.2": 50, "W5.3": 1000, "W5.4": 5000, "W6.1": 10, "W6.2": 50, "W7.1": 10, "W7.2": 50, "W8": 50, "W9.1": 50, "W9.2": 200,
    "W10": 200, "W11": 200,
}  # fmt: skip
TABLE_3 = {
    "一氧化碳": 2, "二氧化硫": 2, "氨": 2, "环氧乙烷": 2, "氯化氢": 3, "溴甲烷": 3, "氯": 4, "硫化氢": 5, "氟化氢": 5, "二氧化氮": 10,
    "氰化氢": 10, "碳酰氯": 20, "磷化氢": 20, "异氰酸甲酯": 20,
}  # fmt: skip


def check_digit(cas: str) -> int:
    digits = cas.replace("-", "")[:-1]
    return sum(int(digit) * (len(digits) - place) for place, digit in enumerate(digits)) % 10


def test_table_1_has_its_85_thresholds():
    assert [row.no for row in gb.substances()] == list(range(1, 86))
    assert [row.threshold_t for row in gb.substances()] == [Decimal(text) for text in THRESHOLDS.split()]


def test_table_2_has_its_24_thresholds():
    assert {symbol: int(row.threshold_t) for symbol, row in gb.categories().items()} == TABLE_2


def test_table_3_has_its_14_gases_tied_to_their_rows():
    assert {row.name_zh: int(row.beta) for row in gb.named_betas().values()} == TABLE_3
    rows = {row.no: row for row in gb.substances()}
    for gas in gb.named_betas().values():
        assert rows[gas.no].name_zh == gas.name_zh or gas.no == 13
        assert gas.cas in rows[gas.no].numbers or gas.no == 13


def test_table_4_is_1_but_for_a_few():
    other = {symbol: str(row.beta) for symbol, row in gb.categories().items() if row.beta != 1}
    assert other == {
        "J1": "4", "J3": "2", "J4": "2", "W1.1": "2", "W1.2": "2", "W1.3": "2", "W2": "1.5", "W5.1": "1.5", "W6.1": "1.5", "W7.1": "1.5",
    }  # fmt: skip


def test_tables_5_and_6():
    assert [(row.least_people, float(row.alpha)) for row in gb.exposures()] == [(100, 2), (50, 1.5), (30, 1.2), (1, 1), (0, 0.5)]
    assert [(row.level, int(row.least_r)) for row in gb.levels()] == [(1, 100), (2, 50), (3, 10), (4, 0)]


def test_every_cas_number_has_its_check_digit():
    given = [number for row in gb.substances() for number in row.numbers]
    given += [row.cas for row in gb.further_names() if row.cas] + [row.cas for row in gb.not_covered()]
    for number in given:
        assert int(number[-1]) == check_digit(number), number


def test_a_cas_number_stands_in_one_row_but_for_those_with_variants():
    rows: dict[str, list[int]] = {}
    for row in gb.substances():
        for number in row.numbers:
            rows.setdefault(number, []).append(row.no)
    assert {number: found for number, found in rows.items() if len(found) > 1} == {
        "9004-70-0": [37, 38, 39, 40, 41, 42],
        "6484-52-2": [43, 44],
    }


def test_there_is_no_w11_2():
    assert "W11.2" not in gb.categories()
    assert "W11" in gb.categories()


def test_every_row_has_a_beta_of_table_3_or_a_line_in_the_aid():
    of_table_3 = {row.no for row in gb.named_betas().values()}
    assert of_table_3 | set(gb.classification_aid()) == set(range(1, 86))
    for aid in gb.classification_aid().values():
        assert set((aid.categories or "W2").split(";")) <= set(TABLE_2)
        assert aid.certainty == "customary"


@pytest.mark.parametrize(("name", "certainty"), [("GB 18218-2018", "read"), ("GB 18218-2009", "missing")])
def test_editions_stand_side_by_side(name, certainty):
    assert edition(name).table("substances").rows[0]["certainty"] == certainty


def test_the_edition_says_what_it_replaces_and_since_when():
    found = edition("GB 18218-2018")
    assert (str(found.issued), str(found.in_force), found.replaces) == ("2018-11-19", "2019-03-01", ("GB 18218-2009",))


def test_the_old_grading_had_the_same_named_gases_people_and_levels():
    old = edition("40号令")
    assert {row["name_zh"]: int(row["beta"]) for row in old.table("named_beta").rows} == TABLE_3
    assert [(row["least_people"], row["alpha"]) for row in old.table("exposure").rows] == [
        (str(row.least_people), str(row.alpha)) for row in gb.exposures()
    ]
    assert [row["least_r"] for row in old.table("levels").rows] == [str(row.least_r) for row in gb.levels()]
