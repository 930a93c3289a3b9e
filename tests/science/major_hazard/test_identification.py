"""Which row of Table 1 a chemical is, and which threshold it has."""

import json

import pytest

from chemward.science.faults import Faults
from chemward.science.inputs import read
from chemward.science.major_hazard.grading import Inventory, UnitGrading, grade
from chemward.standards import gb18218


def unit_of(*items: dict, people: int | None = 0, **more) -> UnitGrading:
    unit = {"id": "1#", "kind": "storage", "exposed_people": people, "inventory": list(items)}
    return grade(read(Inventory, json.dumps({"edition": "GB 18218-2018", "units": [unit], **more}))).units[0]


def row_of(**item):
    return unit_of({"mass_t": 1, **item}).rows[0]


def faults_of(*items: dict, **more) -> dict[str, str]:
    with pytest.raises(Faults) as refused:
        unit_of(*items, **more)
    return {fault.field: str(fault) for fault in refused.value.faults}


VARIANT = {
    37: "干的",
    38: "含增塑剂<18%",
    39: "含乙醇≥25%",
    40: "含氮≤12.6%",
    41: "含水≥25%",
    43: "含可燃物>0.2%",
    44: "含可燃物≤0.2%",
}


@pytest.mark.parametrize("named", gb18218.substances(), ids=lambda row: str(row.no))
def test_every_row_of_table_1_is_found_by_each_of_its_names_and_numbers(named):
    variant = {"variant": VARIANT[named.no]} if named.no in VARIANT else {}
    for name in named.spellings:
        assert row_of(name=name, **variant).entry == f"row {named.no}"
    if named.no == 42:
        variant = {"variant": "溶液"}
    for cas in named.numbers:
        found = row_of(cas=cas, **variant)
        assert (found.entry, found.cas, found.table) == (f"row {named.no}", cas, "Table 1")
        assert found.threshold_t == float(named.threshold_t)


@pytest.mark.parametrize("further", gb18218.further_names(), ids=lambda row: row.name)
def test_further_names_find_their_row(further):
    assert row_of(name=further.name).entry == f"row {further.no}"
    if further.cas:
        assert row_of(name=further.name, cas=further.cas).cas == further.cas


@pytest.mark.parametrize("symbol", list(gb18218.categories()))
def test_every_category_of_table_2_gives_its_threshold_and_beta(symbol):
    row, category = row_of(name="某化学品", categories=[symbol]), gb18218.categories()[symbol]
    assert (row.table, row.entry) == ("Table 2", symbol)
    assert (row.threshold_t, row.beta) == (float(category.threshold_t), float(category.beta))


def test_named_chemical_takes_table_1_even_where_its_category_is_stricter():
    methanol = row_of(name="甲醇", categories=["W5.1"])
    assert (methanol.threshold_t, methanol.beta, methanol.beta_source) == (500, 1.5, "Table 4 (W5.1)")


def test_of_several_categories_the_lowest_threshold_counts():
    assert row_of(name="某液体", categories=["W5.3", "J2", "W9.2"]).threshold_t == 50


@pytest.mark.parametrize("cas", ["7664-41-7", "7664417", "7664 41 7", "７６６４－４１－７", "7664‑41‑7", "CAS 7664-41-7"])
def test_a_cas_number_may_be_written_in_many_ways(cas):
    assert row_of(cas=cas).substance == "氨"


@pytest.mark.parametrize("cas", ["7664-41-8", "7664-41", "氨", "0664-41-7", "7664-41-7-7", "12345678901"])
def test_a_cas_number_that_is_none_is_named(cas):
    assert list(faults_of({"cas": cas, "mass_t": 1})) == ["units[0].inventory[0].cas"]


def test_a_wrong_check_digit_says_the_right_one():
    assert "check digit would be 5" in faults_of({"cas": "7782-50-6", "mass_t": 1})["units[0].inventory[0].cas"]


def test_name_and_number_of_different_chemicals_are_a_fault():
    assert "75-44-5" in faults_of({"name": "光气", "cas": "7782-50-5", "mass_t": 1})["units[0].inventory[0].cas"]
    assert "units[0].inventory[0].cas" in faults_of({"name": "氯", "cas": "64-17-5", "mass_t": 1})
    assert "units[0].inventory[0].cas" in faults_of({"name": "氯", "cas": "1330-20-7", "mass_t": 1, "categories": ["W5.4"]})


def test_an_unknown_name_beside_a_known_number_is_found_by_the_number_and_said():
    unit = unit_of({"name": "液态氨(冷冻)", "cas": "7664-41-7", "mass_t": 10})
    assert unit.rows[0].entry == "row 1"
    assert [remark.code for remark in unit.remarks] == ["found_by_cas"]


def test_nitrocellulose_without_variant_is_asked_for_it():
    for given in ({"cas": "9004-70-0"}, {"name": "硝化棉"}, {"name": "nitrocellulose", "cas": "9004-70-0"}):
        fault = next(iter(faults_of({**given, "mass_t": 1}).values()))
        assert "含水≥25%" in fault
        assert "含乙醇≥25%" in fault


@pytest.mark.parametrize(
    ("variant", "threshold"),
    [
        ("干的", 1),
        ("含水<25%", 1),
        ("水20%", 1),
        ("含乙醇 24.9%", 1),
        ("含增塑剂＜18％", 1),
        ("含乙醇≥25%", 10),
        ("乙醇 25 %", 10),
        ("ethanol >=25 %", 10),
        ("含氮≤12.6%", 50),
        ("含氮12.6%", 50),
        ("含水30%", 50),
        ("含水大于等于25%", 50),
        ("含水>30%", 50),
    ],
)
def test_nitrocellulose_takes_the_row_of_its_variant(variant, threshold):
    assert row_of(name="硝化纤维素", variant=variant).threshold_t == threshold


@pytest.mark.parametrize("variant", ["含水>10%", "潮的", "含氮12.7%", "含水130%"])
def test_a_variant_that_does_not_tell_the_row_is_a_fault(variant):
    assert list(faults_of({"name": "硝化纤维素", "variant": variant, "mass_t": 1})) == ["units[0].inventory[0].variant"]


@pytest.mark.parametrize(("content", "threshold"), [("0.2%", 50), ("0.21%", 5), ("0%", 50)])
def test_ammonium_nitrate_goes_by_its_combustible(content, threshold):
    assert row_of(cas="6484-52-2", variant=f"含可燃物{content}").threshold_t == threshold
    assert "units[0].inventory[0].cas" in faults_of({"cas": "6484-52-2", "mass_t": 1})


def test_ammonium_nitrate_fertiliser_is_a_row_of_its_own():
    assert row_of(name="硝酸铵肥料", cas="6484-52-2").threshold_t == 200


@pytest.mark.parametrize(
    ("name", "variant", "entry"), [("甲醛", "95%", "row 8"), ("硝酸", "98%", "row 81"), ("硝酸", "含硝酸>70%", "row 81")]
)
def test_a_content_above_the_limit_is_of_the_row(name, variant, entry):
    unit = unit_of({"name": name, "variant": variant, "mass_t": 1})
    assert unit.rows[0].entry == entry
    assert "condition_assumed" not in [remark.code for remark in unit.remarks]


@pytest.mark.parametrize(("name", "variant"), [("甲醛", "90%"), ("甲醛", "37%"), ("硝酸", "70%"), ("硝酸", "65%")])
def test_a_content_at_or_below_the_limit_is_judged_by_its_categories(name, variant):
    row = row_of(name=name, variant=variant, categories=["W9.2"])
    assert (row.table, row.threshold_t) == ("Table 2", 200)
    assert list(faults_of({"name": name, "variant": variant, "mass_t": 1})) == ["units[0].inventory[0].categories"]


def test_a_limited_row_without_variant_is_taken_and_said():
    for given in ({"cas": "50-00-0"}, {"name": "甲醛"}, {"name": "硝酸"}, {"cas": "7647-01-0"}, {"name": "过氧化甲基乙基酮"}):
        assert "condition_assumed" in [remark.code for remark in unit_of({**given, "mass_t": 1}).remarks]
    assert "condition_assumed" not in [r.code for r in unit_of({"name": "甲醛（含量＞90％）", "mass_t": 1}).remarks]


def test_a_variant_that_changes_nothing_is_said():
    assert [r.code for r in unit_of({"name": "氯", "variant": "液态", "mass_t": 1}).remarks] == ["variant_unused"]
    assert "variant_unused" not in [r.code for r in unit_of({"name": "煤气(CO，CO和H2、CH4的混合物等)", "mass_t": 1}).remarks]


@pytest.mark.parametrize("name", ["盐酸", "福尔马林", "氨水", "氢氟酸", "hydrochloric acid"])
def test_solutions_are_not_the_named_chemical(name):
    assert row_of(name=name, categories=["J5"]).table == "Table 2"
    assert "units[0].inventory[0].categories" in faults_of({"name": name, "mass_t": 1})


@pytest.mark.parametrize("given", [{"name": "一氧化碳"}, {"cas": "630-08-0"}, {"name": "CO"}])
def test_carbon_monoxide_has_the_threshold_of_coal_gas_and_the_beta_of_table_3(given):
    row = row_of(**given)
    assert (row.substance, row.threshold_t, row.beta, row.beta_source) == ("一氧化碳", 20, 2, "Table 3 (一氧化碳)")


def test_propane_and_butane_are_liquefied_petroleum_gas():
    for name, cas in (("丙烷", "74-98-6"), ("丁烷", "106-97-8"), ("液化石油气", "68476-85-7"), ("LPG", None)):
        assert row_of(name=name, cas=cas).threshold_t == 50


def test_an_unknown_chemical_without_category_is_a_fault():
    assert "categories" in next(iter(faults_of({"name": "二甲苯", "mass_t": 1})))
    assert list(faults_of({"mass_t": 1})) == ["units[0].inventory[0].name"]


@pytest.mark.parametrize("symbol", ["W11.2", "W11.1", "J6", "W5", "W12", "", "甲类"])
def test_a_symbol_that_table_2_has_not_is_named_with_those_it_has(symbol):
    fault = faults_of({"name": "某化学品", "mass_t": 1, "categories": ["J1", symbol]})["units[0].inventory[0].categories[1]"]
    assert "W10, W11" in fault


def test_symbols_may_be_written_in_small_letters():
    assert row_of(name="某气体", categories=["w2", "ｊ３"]).categories == ("W2", "J3")


def test_all_faults_are_found_at_once():
    found = faults_of(
        {"cas": "7782-50-6", "mass_t": 1},
        {"name": "二甲苯", "mass_t": 1},
        {"name": "硝化棉", "mass_t": 1},
        {"name": "氯", "mass_t": 1},
    )
    assert [field.split(".")[1] for field in found] == ["inventory[0]", "inventory[1]", "inventory[2]"]


def test_a_field_of_the_wrong_type_does_not_hide_the_other_faults():
    items = [{"name": "氯", "mass_t": -1}, {"name": "二甲苯", "mass_t": 1}, {"cas": "7782-50-6", "mass_t": 1}]
    unit = {"id": "a", "kind": "tank", "exposed_people": 1.5, "inventory": items}
    with pytest.raises(Faults) as refused:
        read(Inventory, json.dumps({"edition": "GB 1-1", "units": [unit]}))
    assert {fault.field for fault in refused.value.faults} == {
        "edition",
        "units[0].kind",
        "units[0].exposed_people",
        "units[0].inventory[0].mass_t",
        "units[0].inventory[1].categories",
        "units[0].inventory[2].cas",
    }


def test_older_and_unknown_editions_do_not_grade():
    for name, told in (("GB 18218-2009", "does not grade"), ("GB 18218-2000", "does not grade"), ("GB 99999-1", "no edition")):
        with pytest.raises(Faults, match=told) as refused:
            grade(read(Inventory, json.dumps({"edition": name, "units": []})))
        assert "GB 18218-2018" in str(refused.value)


def test_units_of_one_id_are_a_fault():
    unit = {"id": "a", "kind": "storage", "exposed_people": 1, "inventory": []}
    with pytest.raises(Faults, match=r"units\[1\]\.id"):
        grade(read(Inventory, json.dumps({"edition": "gb18218-2018", "units": [unit, unit]})))


@pytest.mark.parametrize("mass", ["-1", "NaN", "Infinity", "1e400", '"5"', "null", "true"])
def test_an_impossible_mass_is_a_fault(mass):
    text = '{"edition":"GB 18218-2018","units":[{"id":"a","kind":"storage","exposed_people":1,"inventory":[{"name":"氯","mass_t":%s}]}]}'
    with pytest.raises(Faults, match=r"units\[0\]\.inventory\[0\]\.mass_t"):
        grade(read(Inventory, text % mass))
