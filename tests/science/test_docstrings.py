"""Each public function of the science says what its numbers are measured in, and where a model comes from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import chemward.science

ROOT = Path(chemward.science.__file__).parent
NUMERIC = re.compile(r"\b(float|int|ArrayLike|Array|NDArray)\b")
PLUMBING = {"__init__.py", "commands.py", "terminal.py", "inputs.py", "faults.py", "notes.py", "warm.py"}


def modules() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if path.name not in PLUMBING]


def public_functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Name, function and the docstring of its class ("" outside classes)."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node, ""
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner, ast.get_docstring(node) or ""


def annotation(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else ""


def faults_of(path: Path) -> list[str]:
    found = []
    for name, function, of_class in public_functions(ast.parse(path.read_text("utf-8"))):
        text = ast.get_docstring(function)
        if not text:
            found.append(f"{name}: has no docstring")
            continue
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        for argument in arguments:
            if NUMERIC.search(annotation(argument.annotation)) and not has_unit(argument.arg, f"{text}\n{of_class}"):
                found.append(f"{name}: no unit in brackets after {argument.arg!r}")
        returns = annotation(function.returns)
        if NUMERIC.search(returns) and "[" not in text:
            found.append(f"{name}: no unit in brackets for the result")
    return found


def has_unit(argument: str, text: str) -> bool:
    """Whether the name (or its words, "wind_speed" as "wind speed") is followed by a bracket before the next name could be meant."""
    words = re.escape(argument).replace("_", "[_ ]")
    return re.search(rf"\b{words}\b[^\[\]]{{0,160}}\[[^\]\s][^\]]*\]", text, re.IGNORECASE) is not None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_number_of_a_public_function_has_its_unit(path):
    assert faults_of(path) == []


def test_a_missing_unit_is_found(tmp_path):
    path = tmp_path / "model.py"
    path.write_text('def f(speed: float, height: float) -> float:\n    """Rate of speed [m/s] and height."""\n')
    assert faults_of(path) == ["f: no unit in brackets after 'height'"]
    path.write_text('def f(name: str) -> float:\n    """Rate."""\n')
    assert faults_of(path) == ["f: no unit in brackets for the result"]
