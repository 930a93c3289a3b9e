"""Editions as data: how they are found, and that a mistake in a file never passes."""

import json
from pathlib import Path

import pytest

from chemward.science.commands import encode
from chemward.science.inputs import schema
from chemward.standards import coverage
from chemward.standards.edition import (
    CERTAINTIES,
    DataError,
    Description,
    Row,
    UnknownEdition,
    describe,
    edition,
    editions,
    load,
)

HEAD = """
id = "XX 1-2000"
kind = "standard"
title_zh = "标准"
title_en = "Standard"
status = "in force"
scope = "A test."

[[sources]]
text = "the print"
certainty = "read"

[[tables]]
id = "limits"
title_zh = "限值"
title_en = "Limits"
clause = "1"
key = ["name"]
optional = ["upper"]

[tables.columns]
name = "text"
lower = "m"
upper = "m"
"""
ROWS = "name,lower,upper,source,certainty,note\na,1.5,,XX 1,read,\nb,,2,XX 1,missing,not opened\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "edition.toml").write_text(HEAD, "utf-8")
    (tmp_path / "limits.csv").write_text(ROWS, "utf-8")
    return tmp_path


@pytest.mark.parametrize("known", editions(), ids=lambda e: e.id)
def test_every_edition_loads_and_describes_itself(known):
    described = describe(known.id)
    assert described.edition == known
    assert json.loads(encode(described))["edition"]["id"] == known.id
    assert known.title_zh
    assert known.sources
    for table in known.tables:
        assert sum(described.coverage[table.id].values()) == len(table.rows) > 0
        assert all(row["certainty"] in CERTAINTIES for row in table.rows)


def test_ids_are_unique():
    ids = [known.id for known in editions()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("GB 18218-2018", "GB 18218-2018"),
        ("gb18218-2018", "GB 18218-2018"),
        ("ＧＢ　１８２１８－２０１８", "GB 18218-2018"),
        ("GB 18218", "GB 18218-2018"),
        ("GB 18218-2009", "GB 18218-2009"),
        ("GB/T 37243", "GB/T 37243-2019"),
        ("gbt50493—2019", "GB/T 50493-2019"),
        ("aq/t3046", "AQ/T 3046-2013"),
        ("Purple Book", "CPR 18E-2005"),
        ("40号令", "Order 40-2011"),
    ],
)
def test_an_edition_is_found_however_it_is_written(name, found):
    assert edition(name).id == found


@pytest.mark.parametrize("name", ["GB 18218-2017", "", "GB", "18218", "--"])
def test_an_unknown_edition_names_the_known_ones(name):
    with pytest.raises(UnknownEdition, match="GB 18218-2018"):
        edition(name)


def test_the_description_has_a_schema():
    assert "$ref" in schema(Description)


def test_a_sound_folder_loads(folder):
    table = load(folder).table("limits")
    assert table.rows[0] == {"name": "a", "lower": "1.5", "upper": None, "source": "XX 1", "certainty": "read", "note": ""}
    assert table.counts()["missing"] == 1
    with pytest.raises(LookupError, match="limits"):
        load(folder).table("limit")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a,1.5,,XX 1,read,", "a,1.5,,XX 1,sure,", "line 2: certainty 'sure'"),
        ("a,1.5,,XX 1,read,", "a,1.5,,,read,", "line 2: a figure without a source"),
        ("a,1.5,,XX 1,read,", "a,,,XX 1,read,", "line 2: column 'lower' is empty"),
        ("a,1.5,,XX 1,read,", "a,1.5 m,,XX 1,read,", "line 2: column 'lower' is '1.5 m', not a finite number in m"),
        ("a,1.5,,XX 1,read,", "a,nan,,XX 1,read,", "not a finite number in m"),
        ("a,1.5,,XX 1,read,", "a,inf,,XX 1,read,", "not a finite number in m"),
        ("a,1.5,,XX 1,read,", "a,.5,,XX 1,read,", "not a finite number in m"),
        ("a,1.5,,XX 1,read,", "a,1_000,,XX 1,read,", "not a finite number in m"),
        ("a,1.5,,XX 1,read,", ",1.5,,XX 1,read,", "line 2: column 'name' is empty"),
        ("a,1.5,,XX 1,read,", "a,1.5,XX 1,read,", "line 2: has more or fewer cells"),
        ("a,1.5,,XX 1,read,", "a,1.5,,XX 1,read,,,", "line 2: has more or fewer cells"),
        ("a,1.5,,XX 1,read,", "b,1.5,,XX 1,read,", "b stands there twice"),
        ("name,lower,upper", "name,upper,lower", "the first line is"),
        ("name,lower,upper", "name,lower,upper,more", "the first line is"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_place(folder, old, new, told):
    text = ROWS.replace(old, new)
    assert text != ROWS
    (folder / "limits.csv").write_text(text, "utf-8")
    with pytest.raises(DataError, match=told) as fault:
        load(folder)
    assert "limits.csv" in str(fault.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('lower = "m"', 'lower = ""', "column 'lower' has no unit"),
        ('key = ["name"]', 'key = ["title"]', "'title' is a key or optional"),
        ('lower = "m"', 'note = "text"', "'note' stands in every table"),
        ('certainty = "read"', 'certainty = "certain"', "edition.toml"),
        ('scope = "A test."', 'scpoe = "A test."', "edition.toml"),
        ('status = "in force"', 'status = "good"', "edition.toml"),
        ('[[sources]]\ntext = "the print"\ncertainty = "read"\n', "sources = []\n", "at least one source"),
        ('id = "XX 1-2000"', "id = XX", "edition.toml"),
    ],
)
def test_a_mistake_in_the_head_is_told(folder, old, new, told):
    text = HEAD.replace(old, new, 1)
    assert text != HEAD
    (folder / "edition.toml").write_text(text, "utf-8")
    with pytest.raises(DataError, match=told):
        load(folder)


def test_a_typed_row_that_does_not_fit_is_told(folder):
    class Limit(Row, frozen=True, kw_only=True):
        name: str
        lower: float

    with pytest.raises(DataError, match="row 1"):
        load(folder).table("limits").read_as(Limit)


def test_a_figure_that_is_missing_stands_empty_and_visible():
    for known in editions():
        for table in known.tables:
            for row in table.rows:
                if row["certainty"] == "missing":
                    numbers = [row[c.name] for c in table.columns if c.unit != "text" and c.name not in table.key]
                    assert None in numbers or row["note"], f"{known.id} {table.id}: a missing row with every number in it"


def test_the_coverage_page_shows_every_edition_and_every_table():
    page = coverage.coverage_page()
    for table in coverage.tables():
        assert f"`{table.table}`" in page
        assert table.rows > 0
    for known in editions():
        assert f"| {known.id} |" in page
    assert "| 7782-50-5 | 氯" in page
    assert "1 molar mass" in page


def test_the_coverage_of_a_substance_is_that_of_its_rows():
    chlorine = coverage.substance_tables()["7782-50-5"]
    assert chlorine["GB 18218-2018, substances"] == "read"
    assert chlorine["Lees OSD/30, probit_toxic"] == "customary"
    assert chlorine["ERG isolation distances, isolation"] == "missing"
    assert "AQ/T 3046-2013, probit_toxic" not in coverage.substance_tables()["67-56-1"]
