"""Reading inputs: every fault at once, each named by its path."""

import math
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.science.faults import Fault, Faults
from chemward.science.inputs import convert, number, read, schema


class Tank(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="tank"):
    mass_t: Annotated[float, number("t", gt=0)]
    name: str = ""
    weights: list[Annotated[float, number("kg")] | None] = []


class Pipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pipe"):
    length_m: Annotated[float, number("m", ge=0, le=1000)]
    people: Annotated[int, number("persons", ge=0)] = 0


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stability: Literal["A", "B"]
    parts: list[Tank | Pipe]
    origin: tuple[float, float] | None = None

    def check(self, at):
        if not self.parts:
            yield Fault(f"{at}.parts" if at else "parts", "is empty", "give at least one")


class Drum(msgspec.Struct, frozen=True):
    mass_t: Annotated[float, number("t", ge=0)]
    label: str | None = None

    def check(self, at):
        if self.label == "?":
            yield Fault(f"{at}.label", "is not known")


class Store(msgspec.Struct, frozen=True):
    edition: str
    drums: list[Drum]
    by_name: dict[str, Drum] = {}

    def check(self, at):
        yield from self.check_fields({"edition": self.edition}, at)

    @classmethod
    def check_fields(cls, fields, at):
        if fields.get("edition") == "none":
            yield Fault("edition", "is not known")


def faults_of(text):
    with pytest.raises(Faults) as raised:
        read(Site, text)
    return {fault.field: fault for fault in raised.value.faults}


def test_a_sound_input_is_read():
    site = read(Site, '{"stability": "A", "parts": [{"kind": "tank", "mass_t": 3, "weights": [1, null]}], "origin": [1, 2]}')
    assert site.parts == [Tank(mass_t=3.0, weights=[1.0, None])]
    assert site.origin == (1.0, 2.0)


def test_all_faults_are_found_at_once_and_each_names_its_field():
    found = faults_of(
        '{"stability": "Z", "wind": 3, "parts": [{"kind": "tank", "mass_t": NaN, "weights": [1, "x"]}, {"kind": "pipe", "people": 1.5},'
        '{"kind": "tnk"}, {"kind": "tank", "mass_t": -1}, {"kind": "pipe", "length_m": true}, 7], "origin": [1]}'
    )
    assert set(found) == {
        "stability",
        "wind",
        "parts[0].mass_t",
        "parts[0].weights[1]",
        "parts[1].people",
        "parts[1].length_m",
        "parts[2].kind",
        "parts[3].mass_t",
        "parts[4].length_m",
        "parts[5]",
        "origin",
    }
    assert "number in t" in found["parts[0].mass_t"].remedy
    assert found["parts[1].length_m"].remedy == "give it in m"
    assert "above 0 t" in found["parts[3].mass_t"].remedy


def test_a_misspelt_field_is_not_lost_but_answered_with_the_one_that_is_meant():
    found = faults_of('{"stability": "A", "parts": [{"kind": "tank", "mass_kg": 3}]}')
    assert "'mass_t'" in found["parts[0].mass_kg"].remedy
    assert found["parts[0].mass_t"].message == "is missing"


def test_a_struct_is_asked_for_its_own_faults_when_its_fields_are_sound():
    assert faults_of('{"stability": "A", "parts": []}')["parts"].message == "is empty"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        b"\xff\xfe",
        '{"stability": "A", "stability": "B", "parts": []}',
        "[" * 100_000,
        "1e999",
        "null",
        '"a"',
        '{"stability": "A", "parts": [{"kind": "tank", "mass_t": 1' + "0" * 5000 + "}]}",
    ],
)
def test_what_is_no_input_is_a_fault_and_never_a_traceback(text):
    with pytest.raises(Faults):
        read(Site, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["stability", "parts", "kind", "mass_t", "x", "origin"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes_is_read_or_refused_with_faults(value):
    try:
        site = convert(Site, value)
    except Faults as refused:
        if not refused.faults:
            pytest.fail("refused without a fault")
    else:
        assert all(math.isfinite(part.mass_t) for part in site.parts if isinstance(part, Tank))


@pytest.mark.parametrize("people", ["3", "3.0", "3e0"])
def test_a_whole_number_may_be_written_with_a_point(people):
    site = read(Site, '{"stability": "A", "parts": [{"kind": "pipe", "length_m": 1, "people": ' + people + "}]}")
    assert site.parts[0].people == 3
    assert isinstance(site.parts[0].people, int)


@pytest.mark.parametrize("people", ["3.5", '"3"', "true", "null", "[3]"])
def test_what_is_no_whole_number_is_not_taken_for_one(people):
    fields = faults_of('{"stability": "A", "parts": [{"kind": "pipe", "length_m": 1, "people": ' + people + "}]}")
    assert list(fields) == ["parts[0].people"]


def test_one_slip_does_not_hide_what_the_sound_parts_find():
    text = """{"edition": "none", "drums": [{"mass_t": -1}, {"mass_t": 1, "label": "?"}, {"mass_t": 1, "label": "?", "size": 2}],
               "by_name": {"a": {"mass_t": 1, "label": "?"}, "b": 3}}"""
    with pytest.raises(Faults) as raised:
        read(Store, text)
    fields = sorted(fault.field for fault in raised.value.faults)
    assert fields == [
        "by_name.a.label",
        "by_name.b",
        "drums[0].mass_t",
        "drums[1].label",
        "drums[2].label",
        "drums[2].size",
        "edition",
    ]


def test_a_sound_input_is_checked_once():
    with pytest.raises(Faults) as raised:
        read(Store, '{"edition": "none", "drums": [{"mass_t": 1, "label": "?"}]}')
    assert [fault.field for fault in raised.value.faults] == ["edition", "drums[0].label"]


def test_the_schema_shows_units():
    assert schema(Site)["$defs"]["Tank"]["properties"]["mass_t"]["unit"] == "t"
