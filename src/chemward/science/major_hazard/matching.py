"""Which row of Table 1 a substance is, by name, CAS number and variant."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import msgspec

from chemward.science.faults import Fault
from chemward.science.major_hazard.remarks import (
    Remark,
    assumed_condition,
    found_by_number,
    not_of_row,
    two_numbers,
    unused_variant,
)
from chemward.science.major_hazard.writing import NoCas, cas_number, content, limit_span, plain, split_condition
from chemward.standards import gb18218
from chemward.standards.gb18218 import Named, NotCovered


class Match(msgspec.Struct, frozen=True):
    """What was found. row: of Table 1, None: outside it. cas: the number given, or else that of the name; faults: why it cannot be told."""

    row: Named | None
    cas: str | None
    remarks: tuple[Remark, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def title(self) -> str | None:
        """The Chinese name: of the substance where the row holds several (甲烷, 天然气), else as printed. None outside Table 1."""
        if self.row is None:
            return None
        own = [f.name for f in gb18218.further_names() if f.no == self.row.no and f.cas == self.cas is not None]
        return own[0] if own and len(self.row.numbers) != 1 else self.row.title_zh


class _Index(msgspec.Struct, frozen=True):
    rows: dict[int, Named]
    by_name: dict[str, tuple[int, ...]]
    by_number: dict[str, tuple[int, ...]]
    own_number: dict[str, str]
    not_covered: dict[str, NotCovered]


@cache
def _index() -> _Index:
    names: dict[str, set[int]] = defaultdict(set)
    numbers: dict[str, set[int]] = defaultdict(set)
    own: dict[str, str] = {}
    for row in gb18218.substances():
        for spelling in row.spellings:
            names[plain(spelling)].add(row.no)
        for number in row.numbers:
            numbers[number].add(row.no)
    for further in gb18218.further_names():
        names[plain(further.name)].add(further.no)
        if further.cas:
            numbers[further.cas].add(further.no)
            own[plain(further.name)] = further.cas
    return _Index(
        {row.no: row for row in gb18218.substances()},
        {name: tuple(sorted(found)) for name, found in names.items()},
        {number: tuple(sorted(found)) for number, found in numbers.items()},
        own,
        {plain(row.name): row for row in gb18218.not_covered()},
    )


def match(name: str | None, cas: str | None, variant: str | None, at: str) -> Match:
    """The row of Table 1 for a substance given by name or CAS number or both, and a variant where the row has a condition.

    at: path of the substance for its faults. Faults: a CAS number that is none, name and number of different substances, a variant
    that is missing or not understood. A name that nobody knows is no fault here: the substance is outside Table 1.
    Source: GB 18218-2018 4.1.2, Table 1.
    """
    try:
        number = cas_number(cas) if cas else None
    except NoCas as fault:
        return Match(None, None, faults=(Fault(f"{at}.cas", str(fault), "correct the CAS number"),))
    if name and plain(name):
        found = _by_name(name, number, variant, at)
    else:
        found = _by_number(number, variant, at) if number else _nameless(at)
    if variant and found.row is not None and not found.row.condition_zh:
        return _with(found, unused_variant(found.row, variant))
    return found


def _nameless(at: str) -> Match:
    return Match(
        None, None, faults=(Fault(f"{at}.name", "neither name nor cas is given", "give the name, the CAS number, or both"),)
    )


def _by_number(number: str, variant: str | None, at: str) -> Match:
    rows = _index().by_number.get(number, ())
    return _among(rows, number, variant, f"{at}.cas", at)


def _by_name(name: str, number: str | None, variant: str | None, at: str) -> Match:
    index = _index()
    base, condition = split_condition(name)
    key, given = plain(name), variant or condition
    if key not in index.by_name and key not in index.not_covered:
        key = plain(base)
    if key in index.not_covered and number in (None, index.not_covered[key].cas):
        other = index.not_covered[key]
        return Match(None, number or other.cas, (not_of_row(name, index.rows[other.no], other.why),))
    rows = index.by_name.get(key, ())
    if not rows:
        found = _by_number(number, variant, at) if number else Match(None, None)
        return _with(found, found_by_number(name, number)) if found.row and number else found
    return _agreed(name, key, rows, number, given, at)


def _agreed(name: str, key: str, rows: tuple[int, ...], number: str | None, variant: str | None, at: str) -> Match:
    """The row of a known name, checked against the CAS number that stands beside it."""
    index = _index()
    own = index.own_number.get(key)
    if number is None or not any(index.rows[no].numbers for no in rows):
        first = index.rows[rows[0]].numbers
        known = own or (first[0] if len(first) == 1 else None)
        return _among(rows, number or known, variant, f"{at}.name", at)
    both = tuple(no for no in rows if no in index.by_number.get(number, ()))
    if not both:
        right = ", ".join(dict.fromkeys(n for no in rows for n in index.rows[no].numbers))
        fault = Fault(f"{at}.cas", f"{number} is not the CAS number of {name}, which is {own or right}", "correct name or cas")
        return Match(None, number, faults=(fault,))
    found = _among(both, number, variant, f"{at}.name", at)
    return _with(found, two_numbers(name, own, number)) if own and own != number and found.row else found


def _with(found: Match, remark: Remark) -> Match:
    return msgspec.structs.replace(found, remarks=(*found.remarks, remark))


# -- variants ----------------------------------------------------------------------------------------------------------------


def _among(rows: tuple[int, ...], number: str | None, variant: str | None, field: str, at: str) -> Match:
    """One row of several, by the variant. No rows: outside Table 1."""
    named = [_index().rows[no] for no in rows]
    if not named:
        return Match(None, number)
    if not any(row.condition_zh for row in named):
        return Match(named[0], number)
    if variant is None or not plain(variant):
        return _unsaid(named, number, field)
    return _said(named, number, variant, at)


def _unsaid(named: list[Named], number: str | None, field: str) -> Match:
    if len(named) == 1:
        return Match(named[0], number, (assumed_condition(named[0]),))
    known = "; ".join(f"{row.condition_zh} ({row.threshold_t} t)" for row in named)
    title = named[0].name_zh
    message = f"{title} stands in rows {', '.join(str(row.no) for row in named)} of Table 1 with different conditions"
    return Match(None, number, faults=(Fault(field, message, f"give as variant one of: {known}"),))


def _said(named: list[Named], number: str | None, variant: str, at: str) -> Match:
    fitting = [row for row in named if plain(variant) in _spellings(row.no)]
    is_understood = bool(fitting)
    if not fitting:
        fitting, is_understood = _by_content(named, variant)
    if len(fitting) == 1:
        return Match(fitting[0], number)
    if not fitting and is_understood:
        return Match(None, number, tuple(not_of_row(variant, row, "the content is outside its condition") for row in named))
    known = "; ".join(str(row.condition_zh) for row in named)
    message = f"{variant!r} does not tell which row of Table 1 {named[0].name_zh} is"
    return Match(
        None,
        number,
        faults=(Fault(f"{at}.variant", message, f"give one of: {known}; or the name of what it is, with categories"),),
    )


@cache
def _spellings(no: int) -> frozenset[str]:
    row = _index().rows[no]
    given = [variant.variant for variant in gb18218.variants() if variant.no == no]
    return frozenset(plain(text) for text in (*given, row.condition_zh or "", row.condition or "") if text)


def _by_content(named: list[Named], variant: str) -> tuple[list[Named], bool]:
    """Rows whose limit takes in the content that the variant names, and whether the variant could be compared with all of them."""
    said = content(variant)
    if said is None:
        return [], False
    what, span = said
    limits = {limit.no: limit for limit in gb18218.content_limits()}
    compared = [row for row in named if row.no in limits and what in limits[row.no].what.split(";")]
    fitting = [row for row in compared if span.is_within(limit_span(limits[row.no]))]
    is_apart = bool(compared) and all(span.is_apart(limit_span(limits[row.no])) for row in compared)
    return fitting, is_apart and len(compared) == len(named)
