"""Reading one page of a register: how many rows match decides which index leads (see `leading`).

The scope is asked first: who sees few rows has all of them looked at. Then the filters, by the index of the most telling one; then the
words that are searched for. Whatever matches few rows leads, and they are gathered; otherwise the order is walked. Each question is bounded
by itself, so the number of queries is the same for a thousand rows and for ten million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from chemward.apps.core.register import paging, search
from chemward.apps.core.register.leading import Way, conditions, loosen
from chemward.apps.core.register.paging import Page, Place, capped_count
from chemward.apps.core.register.search import Words

if TYPE_CHECKING:
    from chemward.apps.core.register.register import Register


@dataclass(frozen=True)
class Reading:
    """The rows of a register as they are best read, and how many there are: (count, whether there are more)."""

    rows: QuerySet[Any]
    counted: tuple[int, bool]
    is_gathered: bool = False


def page(register: Register, place: Place) -> Page[Any]:
    """One page, in five queries at most besides those of its columns."""
    found = read(register)
    return paging.page(
        found.rows,
        sort=register.sort,
        place=place,
        size=register.size,
        counted=found.counted,
        is_gathered=found.is_gathered,
    )


def read(register: Register) -> Reading:
    """How the rows that are asked for are best read."""
    if register.leads is None:
        rows = register.selected()
        return Reading(rows, capped_count(rows))
    counted = capped_count(register.in_scope())
    if not counted[1]:
        return _gathered(register, Way(led_by=""))
    lead = register.lead()
    if register.filtered_by():
        way = Way(led_by=lead, is_scope_loose=True, along=register.leads.get(lead, ""))
        counted = capped_count(register.selected(way, has_search=False))
        if not counted[1]:
            return _gathered(register, way, counted)
    words = register.words()
    return _searched(register, words) if words else Reading(walked(register), counted)


def walked(register: Register) -> QuerySet[Any]:
    """Rows in the order's own index, or in the lead's where that goes on in this order."""
    order = register.sort.removeprefix("-")
    lead = register.lead()
    is_ordered = bool(lead) and (register.leads or {})[lead] == order and register.has_one_value(lead)
    way = Way(led_by=lead if is_ordered else "", is_scope_loose=True, along=order)
    return register.selected(way, has_search=False)


def _gathered(register: Register, way: Way, counted: tuple[int, bool] | None = None) -> Reading:
    rows = register.selected(way, has_search=False)
    if words := register.words():
        rows, counted = rows.filter(words.holds), None
    return Reading(rows, counted or capped_count(rows), is_gathered=True)


def _searched(register: Register, words: Words) -> Reading:
    """Words within many rows. What is found often is counted among its newest finds only: "more than" so many."""
    hits = words.hits(words.most)
    loose = register.selected(Way(led_by="", is_scope_loose=True), has_search=False).filter(words.holds)
    if hits <= search.FEW:
        rows = loose.filter(pk__in=words.indexed())
        return Reading(rows, capped_count(rows), is_gathered=True)
    count, _is_capped = capped_count(loose.filter(pk__in=words.indexed(newest=search.FEW)))
    rows = walked(register)
    if hits <= words.most:
        since = conditions(rows)
        rows = loosen(rows.filter(pk__in=words.indexed()), since)
    return Reading(rows.filter(words.holds), (count, True))
