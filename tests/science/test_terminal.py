"""The science on the command line: every command shows its schema and an example, answers JSON, and names what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from chemward.science.commands import COMMANDS, encode

NAMES = [command.name for command in COMMANDS]


def chemward(*words, given=b""):
    return subprocess.run(
        [sys.executable, "-m", "chemward.cli", *words], input=given, capture_output=True, timeout=120, check=False
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shows_the_schema_of_input_and_output_with_units(name):
    answer = chemward(*name.split(), "--schema")
    assert answer.returncode == 0, answer.stderr
    shown = json.loads(answer.stdout)
    assert set(shown) == {"input", "output"}
    assert '"unit"' in json.dumps(shown["input"])


@pytest.mark.parametrize("name", NAMES)
def test_every_command_runs_on_its_own_example_and_twice_the_same(name, tmp_path):
    example = chemward(*name.split(), "--example")
    assert example.returncode == 0
    options = ["--out", str(tmp_path / "out")] if name == "qra run" else []
    first, again = (chemward(*name.split(), "-", *options, given=example.stdout) for _ in range(2))
    assert first.returncode == 0, first.stderr[-2000:]
    assert json.loads(first.stdout)
    assert first.stdout == again.stdout


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "given", [b"", b"{", b"[]", b"null", b'{"a": NaN}', b"\xff\xfe", b'{"units": 3, "substance": 5, "sensors": {}}']
)
def test_wrong_input_is_answered_with_its_faults_and_exit_code_2(name, given, tmp_path):
    options = ["--out", str(tmp_path)] if name == "qra run" else []
    answer = chemward(*name.split(), "-", *options, given=given)
    assert answer.returncode == 2
    assert not answer.stdout
    assert b"Traceback" not in answer.stderr
    assert answer.stderr.strip()


def test_faults_come_as_json_when_asked_for():
    given = json.dumps(
        {"edition": "GB 18218-2018", "units": [{"id": "1", "kind": "tank", "exposed_people": -1, "inventory": []}]}
    )
    answer = chemward("hazard", "grade", "-", "--json-faults", given=given.encode())
    assert answer.returncode == 2
    fields = {fault["field"] for fault in json.loads(answer.stderr)["faults"]}
    assert fields == {"units[0].kind", "units[0].exposed_people"}


def test_a_file_that_is_not_there_and_a_missing_folder_are_faults():
    assert chemward("hazard", "grade", "/no/such/file").returncode == 2
    answer = chemward("qra", "run", "-", given=b"{}")
    assert answer.returncode == 2
    assert b"--out" in answer.stderr


def test_an_edition_is_shown_with_all_its_tables_and_an_unknown_one_lists_what_there_is():
    answer = chemward("standards", "show", "gb18218-2018")
    assert answer.returncode == 0
    shown = json.loads(answer.stdout)
    assert shown["edition"]["id"] == "GB 18218-2018"
    assert all(row["certainty"] for table in shown["edition"]["tables"] for row in table["rows"])
    unknown = chemward("standards", "show", "GB 99999")
    assert unknown.returncode == 2
    assert b"GB 18218-2018" in unknown.stderr
    assert chemward("standards", "show", "--schema").returncode == 0


def test_contours_are_written_as_geojson(tmp_path):
    example = chemward("consequence", "run", "--example").stdout
    answer = chemward("consequence", "run", "-", "--geojson", str(tmp_path / "contours"), given=example)
    assert answer.returncode == 0
    written = sorted(path.name for path in (tmp_path / "contours").iterdir())
    assert "lethality.geojson" in written
    collection = json.loads((tmp_path / "contours" / "lethality.geojson").read_text("utf-8"))
    assert collection["features"]


def test_a_number_that_is_none_is_never_printed():
    with pytest.raises(ValueError, match="JSON"):
        encode({"x": float("nan")})
