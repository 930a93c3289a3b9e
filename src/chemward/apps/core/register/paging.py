"""Keyset paging: a page begins after a row, not after a number of rows, so the millionth page costs what the first does.

The order is one declared field and the id; the place is the pair of the last row shown. The last page is the first page of the opposite
order, turned round. Which rows stand on a page is found in an index alone; only those few are then fetched whole. Counts stop at a cap:
"more than 10 000" needs no scan of a million rows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.core.register.leading import Loose, conditions, loosen, unconditional

M = TypeVar("M", bound=Model)
COUNT_CAP = 10_000


@dataclass(frozen=True)
class Place:
    """Where a page is: after a row, before a row, at the end, or (neither) at the beginning."""

    after: str = ""
    before: str = ""
    is_last: bool = False


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows with the places of its neighbours ("" where there is none)."""

    rows: list[M]
    previous: str
    next: str
    count: int
    is_capped: bool


def page(
    rows: QuerySet[M],
    *,
    sort: str,
    place: Place,
    size: int,
    counted: tuple[int, bool] | None = None,
    is_gathered: bool = False,
) -> Page[M]:
    """One page of `rows` in the order of `sort` (a field, "-" before it for descending; ties by id the same way).

    Three queries at most: which rows, those rows, and the capped count unless the caller has `counted` already. is_gathered: the rows are
    few and are sorted, instead of walking the index of the order (SQLite). Invalid when a place in the address is not one of ours.
    """
    name, is_descending = sort.removeprefix("-"), sort.startswith("-")
    backwards = bool(place.before) or place.is_last
    ids = ids_of(rows, name, place, is_descending != backwards, is_gathered)[: size + 1]
    found = _fetched(rows, list(ids))
    has_more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous = has_more if backwards else bool(place.after)
    has_next = bool(place.before) if backwards else has_more
    count, is_capped = counted or capped_count(rows)
    return Page(
        rows=found,
        previous=encode(found[0], name) if found and has_previous else "",
        next=encode(found[-1], name) if found and has_next else "",
        count=max(count, len(found)),
        is_capped=is_capped,
    )


def ids_of(rows: QuerySet[M], name: str, place: Place, is_falling: bool, is_gathered: bool) -> QuerySet[M, Any]:
    """Ids of the rows beyond a place, in order."""
    mark = "" if place.is_last else place.before or place.after
    selected = rows.filter(_beyond(rows.model, name, mark, is_falling)) if mark else rows
    columns = ["pk"] if name in {"pk", "id"} else [name, "pk"]
    if is_gathered:
        selected = loosen(selected, conditions(rows))
        order = [Loose(c).desc() if is_falling else Loose(c).asc() for c in columns]
    else:
        order = [f"-{c}" if is_falling else c for c in columns]  # type: ignore[misc]
    return selected.order_by(*order).values_list("pk", flat=True)


def _fetched(rows: QuerySet[M], ids: list[Any]) -> list[M]:
    """The rows of these ids, in their order; one that has gone since is left out."""
    found = {row.pk: row for row in unconditional(rows).filter(pk__in=ids)} if ids else {}
    return [found[n] for n in ids if n in found]


def capped_count(rows: QuerySet[Any], cap: int | None = None) -> tuple[int, bool]:
    """How many rows there are, and whether there are more than the cap."""
    cap = COUNT_CAP if cap is None else cap
    found = rows.order_by().values("pk")[: cap + 1].count()
    return min(found, cap), found > cap


def encode(row: Model, name: str) -> str:
    """The place of a row in the order, as it stands in the address."""
    value = row.pk if name in {"pk", "id"} else _value(row, name)
    text = value.isoformat() if isinstance(value, datetime | date) else value
    return base64.urlsafe_b64encode(orjson.dumps([text, row.pk], default=str)).decode().rstrip("=")


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _beyond(model: type[Model], name: str, mark: str, is_descending: bool) -> Q:
    try:
        raw, pk = orjson.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        pk = int(pk)
    except (ValueError, TypeError):
        raise _no_place() from None
    side = "lt" if is_descending else "gt"
    if name in {"pk", "id"}:
        return Q(**{f"pk__{side}": pk})
    value = _place_value(_field(model, name), raw)
    # `field >= v AND (field > v OR id > n)` lets the database enter its index at v; the plain OR does not.
    return Q(**{f"{name}__{side}e": value}) & (Q(**{f"{name}__{side}": value}) | Q(**{f"pk__{side}": pk}))


def _place_value(field: Field[Any, Any], raw: Any) -> Any:
    """The value in a place as the field has it. Invalid when it cannot be one: the address is the caller's to write."""
    try:
        value = field.to_python(raw)
    except (ValidationError, ValueError, TypeError, OverflowError):
        raise _no_place() from None
    if value is None or (isinstance(value, str) and "\0" in value):
        raise _no_place()
    return value


def _no_place() -> Invalid:
    return Invalid(Fault("after", _("This is not a place in this list."), _("Begin at the first page.")))


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    *path, last = name.split("__")
    for part in path:
        model = model._meta.get_field(part).related_model  # type: ignore[assignment]
    return model._meta.get_field(last)  # type: ignore[return-value]
