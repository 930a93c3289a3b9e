"""The kinds of assets as typed data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault

DATA = Path(__file__).parent / "data" / "kinds.toml"
ORGANISATION = ""


@dataclass(frozen=True)
class Property:
    """One thing that is known of assets of a kind."""

    name: str
    label_en: str
    label_zh: str
    type: Literal["number", "integer", "text", "choice", "boolean", "date"]
    unit: str = ""
    required: bool = False
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def label(self) -> str:
        return self.label_zh if _is_chinese() else self.label_en

    def read(self, value: Any) -> Any:
        """The value in its type. ValueError says what is wrong with it."""
        if self.type == "boolean":
            return _boolean(value)
        if self.type in ("number", "integer"):
            return self._number(value)
        text = str(value).strip()
        if self.type == "date":
            return date.fromisoformat(text).isoformat()
        if self.type == "choice" and text not in self.choices:
            raise ValueError(_("one of %(choices)s") % {"choices": "、".join(self.choices)})
        if self.pattern and not re.match(self.pattern, text):
            raise ValueError(_("not of the form %(pattern)s") % {"pattern": self.pattern})
        return text[:500]

    def _number(self, value: Any) -> float | int:
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError(_("not a number"))
        if self.min is not None and number < self.min:
            raise ValueError(_("at least %(limit)s") % {"limit": f"{self.min:g}"})
        if self.max is not None and number > self.max:
            raise ValueError(_("at most %(limit)s") % {"limit": f"{self.max:g}"})
        if self.type == "integer":
            if not number.is_integer():
                raise ValueError(_("a whole number"))
            return int(number)
        return number


@dataclass(frozen=True)
class Kind:
    code: str
    name_en: str
    name_zh: str
    parents: tuple[str, ...]
    geometry: tuple[str, ...]
    min_zoom: int
    is_shared: bool
    subkinds: Mapping[str, str]
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.name_zh if _is_chinese() else self.name_en

    def subkind_name(self, code: str) -> str:
        return self.subkinds.get(code, code)

    def check_properties(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
        """The properties in their types, and every fault. Empty values are left out; unknown names are faults."""
        kept: dict[str, Any] = {}
        faults = [
            Fault(name, _("%(kind)s has no such property") % {"kind": self.name}, "、".join(self.properties))
            for name in given
            if name not in self.properties
        ]
        for name, known in self.properties.items():
            value = given.get(name)
            if value is None or value == "":
                if known.required:
                    faults.append(Fault(name, _("%(label)s is missing") % {"label": known.label}))
                continue
            try:
                kept[name] = known.read(value)
            except (ValueError, TypeError) as fault:
                faults.append(Fault(name, f"{known.label}：{fault}"))
        return kept, faults


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by code, in the order of the file. ValueError names what is wrong with the file."""
    loaded = tomllib.loads(DATA.read_text("utf-8"))["kinds"]
    result = {code: _kind(code, row) for code, row in loaded.items()}
    for one in result.values():
        if unknown := set(one.parents) - result.keys() - {ORGANISATION}:
            raise ValueError(f"kinds.toml, {one.code}: no such kind: {', '.join(sorted(unknown))}")
    return result


def _kind(code: str, row: Mapping[str, Any]) -> Kind:
    properties = {
        name: Property(
            name=name,
            label_en=p["label"],
            label_zh=p["label_zh"],
            type=p["type"],
            unit=p.get("unit", ""),
            required=p.get("required", False),
            min=p.get("min"),
            max=p.get("max"),
            choices=tuple(p.get("choices", ())),
            pattern=p.get("pattern", ""),
        )
        for name, p in row.get("properties", {}).items()
    }
    return Kind(
        code=code,
        name_en=row["name"],
        name_zh=row["name_zh"],
        parents=tuple(row["parents"]),
        geometry=tuple(row["geometry"]),
        min_zoom=row["min_zoom"],
        is_shared=row.get("is_shared", False),
        subkinds=row.get("subkinds", {}),
        properties=properties,
    )


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "是", "有"):
        return True
    if word in ("0", "false", "no", "否", "无"):
        return False
    raise ValueError(_("yes or no"))


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")
