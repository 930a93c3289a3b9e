"""Filters of registers that an index can answer, whatever the size of the table."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import connections
from django.db.models import CharField, Model, QuerySet
from django.db.models.functions import Upper

from chemward.apps.core.models import Organisation
from chemward.apps.core.scope import under

CharField.register_lookup(Upper)


class OneOf(django_filters.MultipleChoiceFilter):
    """One of the chosen values. (The filter it is made from lets the database compare whole rows for repeats, which there are none of.)"""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, distinct=False, **options)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        chosen = sorted(set(value or ()))
        if len(chosen) < 2:
            return qs.filter(**{self.field_name: chosen[0]}) if chosen else qs
        return qs.filter(**{f"{self.field_name}__in": chosen})


class CodeFilter(django_filters.CharFilter):
    """A code, whichever case it is typed in. Its index is over `Upper` of the field."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__upper": value.upper()}) if value else qs


class BeginningFilter(django_filters.CharFilter):
    """What begins with a text, as one range of the index."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        if connections[qs.db].vendor != "sqlite":  # whose order of letters is not that of their numbers everywhere
            return qs.filter(**{f"{self.field_name}__startswith": value})
        return qs.filter(**{f"{self.field_name}__gte": value, f"{self.field_name}__lt": value + "\U0010ffff"})


class UnderFilter(django_filters.CharFilter):
    """A subtree, by the path of its organisation."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(under("org_path", [value if value.endswith(".") else f"{value}."])) if value else qs


class PlaceFilter(django_filters.CharFilter):
    """Organisations by a piece of their name: few are looked for, their rows are found by path."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return _at(qs, Organisation.objects.filter(name__icontains=value)) if value else qs


class PlaceKindFilter(django_filters.ChoiceFilter):
    """Organisations of a kind."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return _at(qs, Organisation.objects.filter(kind=value)) if value else qs


def _at(rows: QuerySet[Any], places: QuerySet[Organisation]) -> QuerySet[Any]:
    return rows.filter(org_path__in=places.order_by().values("path"))


class NamedFilter(django_filters.CharFilter):
    """What points to one of few things (a post, a person, a feed) by a piece of its name: those are looked for first.

    NamedFilter(Post, "name", field_name="post"); with lookup_expr="exact" the whole name.
    """

    def __init__(self, model: type[Model], named: str, *, lookup_expr: str = "icontains", **options: Any) -> None:
        super().__init__(lookup_expr=lookup_expr, **options)
        self.model_named, self.named = model, named

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        found = self.model_named._default_manager.filter(**{f"{self.named}__{self.lookup_expr}": value})
        return qs.filter(**{f"{self.field_name}__in": found.order_by().values("pk")})
