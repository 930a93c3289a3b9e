"""A register: one declaration gives the page, the API list, the export and the saved filters of a kind of record.

    class TagRegister(Register):
        name = "monitoring.tags"
        title = _("Tags")
        capability = "tag.view"
        table = TagTable            # django-tables2: columns and how a cell looks
        filters = TagFilters        # django-filter: what stands in the address
        sorts = {"code": "code", "changed": "updated_at"}
        export_fields = (("code", _("Code")), ...)

        def rows(self) -> QuerySet[Tag]: ...

What is asked for stands in the address (`q`, the filters, `sort`, `after`/`before`/`last`), so an address can be kept and passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_tables2 import Table

from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.core.register import reading
from chemward.apps.core.register.leading import DATABASE, Way, conditions, loosen
from chemward.apps.core.register.paging import Page, Place
from chemward.apps.core.register.search import Searchable, Words, matching
from chemward.apps.core.scope import Scope

PLACES = ("after", "before", "last")
ROWS, MOST_ROWS = 50, 200
NO = {"", "0", "false"}


@dataclass(frozen=True)
class BulkAct:
    """An act on the chosen rows of a page."""

    name: str
    label: str | Promise
    url: str
    capability: str
    confirm: str | Promise = ""


@dataclass(frozen=True)
class ActiveFilter:
    name: str
    label: str
    value: str


class Register:
    """Base of all registers. Subclass, declare, and hand to `registers.add`."""

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    section: ClassVar[str | Promise] = ""
    capability: ClassVar[str]
    table: ClassVar[type[Table]]
    filters: ClassVar[type[django_filters.FilterSet] | None] = None
    # name in the address → field; every field is indexed and never null
    sorts: ClassVar[dict[str, str]] = {"id": "id"}
    # Filters that an index begins with, the most telling first, each with the field that this index goes on with ("" for none). A register
    # that can grow large names them, and has for each sort an index that holds all filtered columns; for others the database chooses.
    leads: ClassVar[dict[str, str] | None] = None
    default_sort: ClassVar[str] = "-id"
    scope_field: ClassVar[str] = "org_path"
    search_hint: ClassVar[str | Promise] = ""
    export_fields: ClassVar[Sequence[tuple[str, str | Promise]]] = ()
    bulk_acts: ClassVar[Sequence[BulkAct]] = ()

    def __init__(self, scope: Scope, query: QueryDict) -> None:
        self.scope = scope
        self.query = query

    # -- what a subclass says ---------------------------------------------------------------------------------------

    def rows(self) -> QuerySet[Any]:
        """All rows of the register with what its columns need (`select_related`), before scope and filters."""
        raise NotImplementedError

    def prepare(self, rows: list[Any]) -> list[Any]:
        """Add to a page's rows what is cheaper to read for all of them at once."""
        return rows

    # -- what is asked for ------------------------------------------------------------------------------------------

    @property
    def sort(self) -> str:
        asked = self.query.get("sort") or self.default_sort
        name = asked.removeprefix("-")
        if name not in self.sorts:
            raise Invalid(Fault("sort", _("This register cannot be sorted by that."), " ".join(self.sorts)))
        return ("-" if asked.startswith("-") else "") + self.sorts[name]

    @property
    def size(self) -> int:
        asked = self.query.get("size", "")
        return max(1, min(int(asked), MOST_ROWS)) if asked.isascii() and asked.isdigit() and len(asked) < 5 else ROWS

    def filter_set(self) -> django_filters.FilterSet | None:
        return self.filters(self.query, queryset=self.rows()) if self.filters else None

    def selected(self, way: Way | None = None, *, has_search: bool = True) -> QuerySet[Any]:
        """Rows in scope that match filters and search. Invalid lists the filters that are not understood. way: how they are come by."""
        way = way or Way()
        rows = self._filtered(way)
        rows = self.scope.filter(rows, self.capability, self.scope_field, is_wide=way.is_scope_loose)
        asked = self.query.get("q", "") if has_search else ""
        return matching(rows, asked) if asked and issubclass(rows.model, Searchable) else rows

    def _filtered(self, way: Way) -> QuerySet[Any]:
        rows, filter_set = self.rows(), self.filter_set()
        if filter_set is None:
            return rows
        if not filter_set.is_valid():
            raise Invalid(*(Fault(name, "；".join(errors)) for name, errors in filter_set.errors.items()))
        if way.led_by == DATABASE:
            return filter_set.qs
        for name, value in filter_set.form.cleaned_data.items():
            since = conditions(rows)
            rows = filter_set.filters[name].filter(rows, value)
            if name != way.led_by:
                rows = loosen(rows, since, way.along)
        return rows

    def in_scope(self) -> QuerySet[Any]:
        """All rows of the table that are in scope, as narrow as can be: to be counted."""
        model = self.rows().model
        return self.scope.filter(model._base_manager.order_by(), self.capability, self.scope_field)

    def filtered_by(self) -> dict[str, Any]:
        """The filters in force with their values."""
        filter_set = self.filter_set()
        if filter_set is None or not filter_set.is_valid():
            return {}
        return {name: value for name, value in filter_set.form.cleaned_data.items() if not _is_empty(value)}

    def lead(self) -> str:
        """The filter in force that leads, "" when none of them can. A yes-or-no leads by its yes, of which there are few."""
        asked = self.filtered_by()
        return next((name for name in self.leads or () if name in asked and asked[name] is not False), "")

    def has_one_value(self, name: str) -> bool:
        """Whether a filter in force asks for a single value, so that its index gives one order."""
        value = self.filtered_by()[name]
        return len(value) == 1 if isinstance(value, list | tuple) else isinstance(value, str | bool)

    def words(self) -> Words | None:
        """What is searched for, if anything is. Invalid when it is too short."""
        asked = self.query.get("q", "")
        rows = self.rows()
        words = Words(rows, asked) if asked and issubclass(rows.model, Searchable) else None
        return words if words else None

    def page(self) -> Page[Model]:
        place = Place(self.query.get("after", ""), self.query.get("before", ""), self.query.get("last", "").lower() not in NO)
        found = reading.page(self, place)
        return Page(self.prepare(found.rows), found.previous, found.next, found.count, found.is_capped)

    # -- for the page -----------------------------------------------------------------------------------------------

    def active_filters(self) -> list[ActiveFilter]:
        """The filters in force, in words."""
        filter_set = self.filter_set()
        if filter_set is None:
            return []
        form = filter_set.form
        form.is_valid()
        found = []
        for name, field in form.fields.items():
            value = form.cleaned_data.get(name)
            if _is_empty(value):
                continue
            found.append(ActiveFilter(name, str(field.label or name), _words(field, value)))
        return found

    def address(self, **changes: str | None) -> str:
        """The present address with some parts changed (None takes one out); the place is dropped unless given."""
        query = self.query.copy()
        for name in PLACES:
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"?{query.urlencode()}"

    def address_without(self, name: str) -> str:
        """The present address without one filter; a range stands in the address as two (`at_after`, `at_before`)."""
        widget = self.filter_set().form.fields[name].widget  # type: ignore[union-attr]
        suffixes = [s for s in getattr(widget, "suffixes", ()) if s]
        return self.address(**dict.fromkeys([name, *(f"{name}_{s}" for s in suffixes)]))

    @property
    def is_searchable(self) -> bool:
        return issubclass(self.rows().model, Searchable)


def _is_empty(value: Any) -> bool:
    return value in (None, "", [], ()) or (hasattr(value, "exists") and not value)


def _words(field: Any, value: Any) -> str:
    choices = {str(k): str(v) for k, v in getattr(field, "choices", ()) if not isinstance(v, list | tuple)}
    values = value if isinstance(value, list | tuple | set) else [value]
    if isinstance(value, slice):
        return f"{value.start or '…'} – {value.stop or '…'}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "、".join(choices.get(str(v), str(v)) for v in values)


_registers: dict[str, type[Register]] = {}


def add(register: type[Register]) -> type[Register]:
    """Make a register known by its name (decorator)."""
    if _registers.setdefault(register.name, register) is not register:
        raise ValueError(f"two registers are called {register.name}")
    return register


def get(name: str) -> type[Register]:
    """A register by name. LookupError when there is none."""
    try:
        return _registers[name]
    except KeyError:
        raise LookupError(f"no register is called {name}") from None


def all_registers() -> dict[str, type[Register]]:
    return dict(_registers)


Prepare = Callable[[list[Any]], list[Any]]
