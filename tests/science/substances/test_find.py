"""A substance is found by whatever a park calls it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Faults
from chemward.science.substances import every, find
from chemward.standards import substances as tables


@pytest.mark.parametrize(
    ("text", "cas"),
    [
        ("氯", "7782-50-5"),
        ("液氯", "7782-50-5"),
        ("Ｃｈｌｏｒｉｎｅ", "7782-50-5"),
        ("7782-50-5", "7782-50-5"),
        ("７７８２－５０－５", "7782-50-5"),
        ("光气", "75-44-5"),
        ("碳酰氯", "75-44-5"),
        ("sulphur dioxide", "7446-09-5"),
        ("Sulfur Dioxide", "7446-09-5"),
        ("1，3－丁二烯", "106-99-0"),
        ("1,3 butadiene", "106-99-0"),
        ("氯化氢（无水）", "7647-01-0"),
        ("lpg", "68476-85-7"),
        ("N,N-二甲基甲酰胺", "68-12-2"),
    ],
)
def test_a_substance_is_found_by_number_chinese_english_and_synonym_in_any_width_and_case(text: str, cas: str) -> None:
    assert find(text).cas == cas


def test_an_unknown_substance_is_a_fault_that_names_the_field_and_the_nearest_names() -> None:
    with pytest.raises(Faults) as fault:
        find("chlorin", field="units[0].substance")
    assert fault.value.faults[0].field == "units[0].substance"
    assert "chlorine 氯" in fault.value.faults[0].remedy


@given(st.sampled_from(sorted(tables.names())), st.randoms())
def test_each_name_of_each_substance_leads_back_to_it(cas: str, random: object) -> None:
    names = tables.names()[cas]
    for text in (cas, names.name, names.name.upper(), names.name_zh, *names.synonyms):
        assert find(text).cas == cas


def test_every_table_1_chemical_with_a_number_of_its_own_is_there() -> None:
    from_standard = [n for n in tables.names().values() if n.source.startswith("GB 18218-2018")]
    assert (
        len(from_standard) == 79
    )  # 85 names: less 3 without number, less 6 that share one, plus natural gas, propane and butane


def test_every_substance_loads_and_says_where_each_figure_is_from() -> None:
    for substance in every():
        for name, curve in substance.curves.items():
            assert curve.source, (substance.name, name)
            assert curve.low < curve.high
        assert all(substance.sources[n] for n in substance.sources)


def test_what_is_not_known_stands_as_missing_and_is_refused_by_name() -> None:
    azide = find("lead azide")
    assert tables.coverage()[azide.cas]["vapour_pressure"] == "missing"
    with pytest.raises(Faults, match=r"substance.vapour_pressure: is not known for lead azide"):
        azide.vapour_pressure(300.0)


def test_a_commercial_mixture_says_what_it_is_computed_as() -> None:
    assert find("汽油").notes[0].code == "represented_by_another_substance"
    assert find("汽油").molar_mass == find("正己烷").molar_mass


def test_cas_numbers_of_the_table_pass_their_check_digit() -> None:
    for cas in tables.names():
        digits = cas.replace("-", "")
        assert sum(place * int(d) for place, d in enumerate(reversed(digits))) % 10 == int(digits[-1])
