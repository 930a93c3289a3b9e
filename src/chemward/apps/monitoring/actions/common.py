"""What the acts of this room do alike."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault, Invalid, WrongState


def need_text(field: str, value: str, message: str = "") -> str:
    """The text without edge blanks. Invalid when nothing is left."""
    words = (value or "").strip()
    if not words:
        raise Invalid(Fault(field, message or _("This is missing."), _("Fill it in.")))
    return words


def need_number(field: str, value: float, least: float, most: float) -> float:
    """A finite number within a range. Invalid otherwise."""
    if not (isinstance(value, int | float) and math.isfinite(value) and least <= value <= most):
        raise Invalid(Fault(field, _("%(value)s does not fit.") % {"value": value}, f"{least:g} – {most:g}"))
    return float(value)


def need_version(row: Any, version: int | None) -> None:
    """WrongState when somebody else changed the row since the caller read it."""
    if version is not None and row.version != version:
        raise WrongState(
            _("Somebody else has changed this since you opened it."),
            code="changed",
            remedy=_("Load it anew and look at the change."),
        )


def field_faults(row: Model, exclude: Collection[str] = ()) -> list[Fault]:
    """Faults of the values of a row by the columns they must fit: type, length, choice. Values are brought to their type."""
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as refused:
        return [Fault(name, "；".join(messages), _("Correct this value.")) for name, messages in refused.message_dict.items()]
    return []


def _typed(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the row would hold them: an id from JSON is a UUID, a whole number a float. Invalid names what does not fit."""
    typed, faults = {}, []
    for name, value in values.items():
        try:
            typed[name] = row._meta.get_field(name).to_python(value)
        except ValidationError as refused:
            faults.append(Fault(name, "；".join(refused.messages), _("Correct this value.")))
    if faults:
        raise Invalid(*faults)
    return typed


def change(row: Any, values: Mapping[str, Any], allowed: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Put values on a row; returns what differs, field → (before, after). Invalid names a field that may not be changed."""
    if unknown := set(values) - set(allowed):
        faults = [Fault(f, _("This field cannot be changed here."), _("Leave it out.")) for f in sorted(unknown)]
        raise Invalid(*faults)
    asked = _typed(row, values)
    differing = {f: (getattr(row, f), v) for f, v in asked.items() if getattr(row, f) != v}
    for field, (_before, after) in differing.items():
        setattr(row, field, after)
    return differing
