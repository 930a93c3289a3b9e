"""What acts are called, for histories and the audit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from django.utils.translation import get_language

from chemward.apps.core.scope import DATA


@cache
def names() -> Mapping[str, str]:
    """Verb of the audit → Chinese name."""
    loaded: dict[str, str] = tomllib.loads((DATA / "acts.toml").read_text("utf-8"))["acts"]
    return loaded


def name(verb: str) -> str:
    """The name of an act in the language of the page; the verb itself where it has none."""
    is_chinese = (get_language() or "").startswith("zh")
    return names().get(verb, verb) if is_chinese else verb
