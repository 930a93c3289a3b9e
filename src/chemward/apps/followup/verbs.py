"""What the acts that restrictions forbid are called."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@cache
def names() -> Mapping[str, str]:
    """Verb (or family `x.*`) → name."""
    loaded: dict[str, str] = tomllib.loads((DATA / "verbs.toml").read_text("utf-8"))["verbs"]
    return loaded


def in_words(verbs: Iterable[str]) -> str:
    """Verbs as people say them; one without a name stands as it is.

    >>> in_words(["gate.enter", "test.act"])
    '进入园区、test.act'
    """
    return "、".join(names().get(v, v) for v in verbs)
