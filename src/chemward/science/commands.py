"""Commands of the science: one table of name, input, output, example and what runs; the command line and the API read it.

Modules are named as text and imported when asked for, so that `chemward --help` stays quick.
"""

from __future__ import annotations

import importlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from chemward.science.inputs import read, schema


class Option(msgspec.Struct, frozen=True):
    """A further option of a command, a folder to write into. name: as the function's keyword; `--out` is "out"."""

    name: str
    help: str
    is_required: bool = False


class Command(msgspec.Struct, frozen=True):
    """A command. module: holds `run`, `input` and `output` (types) by the names given here; a type of another module is "module:Type", so
    that a schema can be shown without loading what computes.

    example: a valid input under `science/examples/`. run(value, **options) answers a value of the output type, or raises Faults.
    """

    name: str
    help: str
    module: str
    input: str
    output: str
    example: str
    run: str = "run"
    options: tuple[Option, ...] = ()

    def _get(self, attribute: str) -> Any:
        module, _, name = attribute.rpartition(":")
        return getattr(importlib.import_module(module or self.module), name)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the input and of the output, under these two names."""
        return {"input": schema(self._get(self.input)), "output": schema(self._get(self.output))}

    def example_text(self) -> str:
        """A valid input as JSON text."""
        return (files("chemward.science") / "examples" / self.example).read_text("utf-8")

    def execute(self, content: bytes | str, **options: Path | None) -> bytes:
        """Run on JSON text, answer JSON. Raises Faults that name every wrong field."""
        result = self._get(self.run)(read(self._get(self.input), content), **options)
        return encode(result)


def encode(result: Any) -> bytes:
    """Stable JSON of a result: fields in the order of the type, two blanks deep, and never NaN (it would become null unseen)."""
    plain = msgspec.to_builtins(result)
    return json.dumps(plain, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


COMMANDS: tuple[Command, ...] = (
    Command(
        name="hazard grade",
        help="identify and grade major hazards (GB 18218-2018)",
        module="chemward.science.major_hazard.grading",
        input="Inventory",
        output="Grading",
        run="grade",
        example="hazard-grade.json",
    ),
    Command(
        name="consequence run",
        help="one accident: release, dispersion, fire, explosion, harm, contours",
        module="chemward.science.consequence.chain",
        input="Accident",
        output="Consequence",
        example="consequence-run.json",
        options=(Option("geojson", "folder to write the contours into as GeoJSON"),),
    ),
    Command(
        name="qra run",
        help="quantitative risk analysis of a park: individual and societal risk",
        module="chemward.science.risk.run",
        input="chemward.science.risk.schema:QraInput",
        output="chemward.science.risk.result:QraResult",
        example="qra-run.json",
        options=(Option("out", "folder to write raster, contours, F-N and report into", is_required=True),),
    ),
    Command(
        name="leak locate",
        help="where and how much is leaking, from detector readings and wind",
        module="chemward.science.leak.locate",
        input="chemward.science.leak.case:LeakInput",
        output="chemward.science.leak.answer:LeakResult",
        run="locate",
        example="leak-locate.json",
    ),
)


def find(name: str) -> Command:
    """The command of that name. LookupError when there is none."""
    for command in COMMANDS:
        if command.name == name:
            return command
    raise LookupError(name)
