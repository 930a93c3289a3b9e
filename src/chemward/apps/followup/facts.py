"""Facts: numbers that higher rooms offer to lower ones by name, registered at start.

    facts.register("special_work.open_by_level", open_by_level)
    facts.fact("special_work.open_by_level", org_path="1.4.9.", day=day)

Nobody there to answer is `NotConnected`, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NotConnected:
    """No room offers this fact here. It is false, so that `fact(…) or …` cannot take it for a number."""

    name: str

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        from django.utils.translation import gettext

        return gettext("Not connected")


Provider = Callable[..., Any]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Offer a fact. ValueError when the name is taken by another provider."""
    if _providers.setdefault(name, provider) is not provider:
        raise ValueError(f"two providers of the fact {name}")


def fact(name: str, **where: Any) -> Any:
    """The fact, or `NotConnected` when nobody offers it. Faults of the provider are its own and are not hidden."""
    provider = _providers.get(name)
    return NotConnected(name) if provider is None else provider(**where)


def names() -> list[str]:
    return sorted(_providers)
