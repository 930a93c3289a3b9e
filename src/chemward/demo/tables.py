"""The tables of the demo park (TOML beside the code), read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table `data/<name>.toml`. Callers must not change it."""
    return tomllib.loads(files("chemward.demo").joinpath("data", f"{name}.toml").read_text("utf-8"))
