"""Identification and grading of major hazards by GB 18218-2018. Sums are exact fractions: the standard rounds nothing."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from chemward.science.faults import refuse
from chemward.science.major_hazard import remarks as say
from chemward.science.major_hazard.inventory import BetaRule, Inventory, Item, Unit, faults
from chemward.science.major_hazard.remarks import Remark
from chemward.science.major_hazard.sheet import Step, steps
from chemward.science.major_hazard.writing import plain
from chemward.standards import gb18218
from chemward.standards.edition import edition
from chemward.standards.gb18218 import Category, Named

__all__ = ["Grading", "Inventory", "SubstanceRow", "UnitGrading", "grade", "grade_unit"]


class SubstanceRow(msgspec.Struct, frozen=True, rename={"threshold_t": "Q_t", "mass_t": "q_t"}):
    """A chemical of a unit in the sums. threshold_t Q [t], mass_t q [t], ratio q/Q [-], beta [-] or None where it is not known.

    entry: row of Table 1, or the category of Table 2 with the lowest threshold. beta_source: where beta comes from.
    """

    substance: str
    cas: str | None
    table: Literal["Table 1", "Table 2"]
    entry: str
    threshold_t: float
    mass_t: float
    ratio: float
    beta: float | None
    beta_source: str
    categories: tuple[str, ...]
    given_as: tuple[str, ...]


class UnitGrading(msgspec.Struct, frozen=True, rename={"s": "S", "r": "R", "r_least": "R_least", "r_most": "R_most"}):
    """The answer for a unit. s [-] by formula (1), r [-] by formula (2); alpha [-].

    r and level are None for a unit that is no major hazard, and where a factor is not known (gaps say which). weighted [-]: formula
    (2) all the same for a unit below S = 1; it grades nothing and serves to watch how near the unit comes.
    r_least, r_most [-]: what R can be at all, with every unknown beta and alpha at the least and at the most of Tables 4 and 5; both
    equal R where nothing is unknown, None for a unit that is no major hazard.
    steps: the calculation sheet. warnings: the remarks in English.
    """

    id: str
    kind: Literal["storage", "production"]
    is_major_hazard: bool
    s: float
    r: float | None
    r_least: float | None
    r_most: float | None
    weighted: float | None
    level: Literal[1, 2, 3, 4] | None
    alpha: float | None
    exposed_people: int | None
    rows: tuple[SubstanceRow, ...]
    clauses: tuple[str, ...]
    warnings: tuple[str, ...]
    gaps: tuple[str, ...]
    remarks: tuple[Remark, ...]
    steps: tuple[Step, ...]


class Grading(msgspec.Struct, frozen=True):
    """The answer for all units, and the edition it was made by."""

    edition: str
    title_zh: str
    units: tuple[UnitGrading, ...]


def grade(inventory: Inventory) -> Grading:
    """Which units are major hazards, and of which level.

    Equality counts (S = 1, R = 10, 50, 100). Masses [t] are taken as their decimal text reads, so that sums at a boundary are exact.
    Raises Faults that name every field that is wrong.
    Source: GB 18218-2018 4.1.2 (threshold), 4.2.1 formula (1), 4.3.2 formula (2) with Tables 3 to 5, 4.3.3 Table 6.
    """
    refuse(faults(inventory))
    found = edition(inventory.edition)
    units = tuple(grade_unit(unit, inventory.beta_of_several) for unit in inventory.units)
    return Grading(found.id, found.title_zh, units)


def grade_unit(unit: Unit, rule: BetaRule = "largest") -> UnitGrading:
    """The answer for one unit that has no faults. rule: which beta a chemical of several categories takes."""
    parts = _summed([_part(item, rule) for item in unit.inventory])
    total = index(parts)
    alpha = _alpha(unit.exposed_people)
    weighted = graded_index(parts, alpha)
    graded = weighted if total >= 1 else None
    remarks = _unit_remarks(unit, parts, is_major=total >= 1)
    level = None if graded is None else _level(graded)
    least, most = _range(parts, alpha) if total >= 1 else (None, None)
    rows = tuple(part.row() for part in parts)
    return UnitGrading(
        id=unit.id,
        kind=unit.kind,
        is_major_hazard=total >= 1,
        s=_number(total),
        r=None if graded is None else _number(graded),
        r_least=None if least is None else _number(least),
        r_most=None if most is None else _number(most),
        weighted=None if weighted is None else _number(weighted),
        level=level,
        alpha=None if alpha is None else float(alpha),
        exposed_people=unit.exposed_people,
        rows=rows,
        clauses=_clauses(parts, is_major=total >= 1),
        warnings=tuple(remark.text_en for remark in remarks),
        gaps=tuple(remark.text_en for remark in remarks if remark.is_gap),
        remarks=remarks,
        steps=steps(unit, parts, total, alpha, graded, level),
    )


# -- one chemical ------------------------------------------------------------------------------------------------------------


class Part(msgspec.Struct, frozen=True):
    """A chemical with all that the formulas ask of it, exactly. mass, threshold [t]; beta [-] or None."""

    title: str
    cas: str | None
    named: Named | None
    categories: tuple[Category, ...]
    mass: Fraction
    threshold: Decimal
    entry: str
    beta: Decimal | None
    beta_source: str
    beta_source_zh: str
    beta_clause: str
    given_as: tuple[str, ...]
    remarks: tuple[Remark, ...]

    @property
    def ratio(self) -> Fraction:
        """q/Q [-]."""
        return self.mass / Fraction(self.threshold)

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two entries one chemical."""
        chemical = self.named.no if self.named and not self.cas else self.cas or plain(self.title)
        return (chemical, self.named.no if self.named else None, frozenset(c.symbol for c in self.categories), self.beta)

    def row(self) -> SubstanceRow:
        """The line of the answer."""
        return SubstanceRow(
            substance=self.title,
            cas=self.cas,
            table="Table 1" if self.named else "Table 2",
            entry=self.entry,
            threshold_t=float(self.threshold),
            mass_t=float(self.mass),
            ratio=float(self.ratio),
            beta=None if self.beta is None else float(self.beta),
            beta_source=self.beta_source,
            categories=tuple(category.symbol for category in self.categories),
            given_as=self.given_as,
        )


class _Beta(msgspec.Struct, frozen=True):
    value: Decimal | None
    source: str
    source_zh: str
    clause: str
    remarks: tuple[Remark, ...] = ()


def _part(item: Item, rule: BetaRule) -> Part:
    found = item.found("")
    classes = item.classes()
    if found.row is not None:
        title, threshold, entry = found.title or item.title, found.row.threshold_t, f"row {found.row.no}"
        beta = _named_beta(found.row, found.cas, classes, rule)
    else:
        lowest = min(classes, key=lambda category: category.threshold_t)
        title, threshold, entry = item.title, lowest.threshold_t, lowest.symbol
        beta = _category_beta(title, classes, rule)
    return Part(
        title=title,
        cas=found.cas,
        named=found.row,
        categories=classes,
        mass=item.mass,
        threshold=threshold,
        entry=entry,
        beta=beta.value,
        beta_source=beta.source,
        beta_source_zh=beta.source_zh,
        beta_clause=beta.clause,
        given_as=(item.title,),
        remarks=(*found.remarks, *beta.remarks),
    )


def _named_beta(row: Named, cas: str | None, classes: tuple[Category, ...], rule: BetaRule) -> _Beta:
    """Beta of a chemical of Table 1: Table 3, else Table 4 by the categories given, else customary, else open (4.3.2)."""
    of_table_3 = {named.no: named for named in gb18218.named_betas().values()}.get(row.no)
    if of_table_3 is not None and (
        row.numbers or cas == of_table_3.cas
    ):  # row 13 prints no number: of its gases only CO is in Table 3
        return _Beta(of_table_3.beta, f"Table 3 ({of_table_3.name_zh})", f"表3（{of_table_3.name_zh}）", "4.3.2, Table 3")
    if classes:
        return _category_beta(row.title_zh, classes, rule)
    aid = gb18218.classification_aid().get(row.no)
    if aid is None or aid.sureness == "low" or not aid.categories:
        source = "unknown: not in Table 3, category not sure"
        return _Beta(None, source, "缺失：不在表3内，类别不确定", "4.3.2, Table 4", (say.beta_open(row),))
    known = gb18218.categories()
    chosen = max((known[symbol] for symbol in aid.categories.split(";")), key=lambda category: category.beta)
    source = f"customary classification {chosen.symbol}, Table 4; the classification is not part of the standard"
    source_zh = f"惯用分类{chosen.symbol}，表4；分类非标准内容"
    return _Beta(chosen.beta, source, source_zh, "4.3.2, Table 4", (say.customary_beta(row, aid),))


def _category_beta(title: str, classes: tuple[Category, ...], rule: BetaRule) -> _Beta:
    """Beta by Table 4; of several categories the largest, or that of the lowest threshold, as the setting says."""
    largest = max(classes, key=lambda category: category.beta)
    lowest = min(classes, key=lambda category: (category.threshold_t, -category.beta))
    chosen = largest if rule == "largest" else lowest
    differ = len({category.beta for category in classes}) > 1
    remarks = (say.several_categories(title, chosen, classes, rule),) if differ else ()
    return _Beta(chosen.beta, f"Table 4 ({chosen.symbol})", f"表4（{chosen.symbol}）", "4.3.2, Table 4", remarks)


def _summed(parts: list[Part]) -> tuple[Part, ...]:
    """Each chemical once: entries of one chemical become one, in the order of their first."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        found.setdefault(part.identity, []).append(part)
    return tuple(_one(group) for group in found.values())


def _one(group: list[Part]) -> Part:
    first = group[0]
    if len(group) == 1:
        return first
    remarks = dict.fromkeys(remark for part in group for remark in part.remarks)
    return msgspec.structs.replace(
        first,
        mass=sum((part.mass for part in group), Fraction(0)),
        given_as=tuple(dict.fromkeys(name for part in group for name in part.given_as)),
        remarks=(*remarks, say.summed(first.title, len(group))),
    )


# -- the formulas ------------------------------------------------------------------------------------------------------------


def index(parts: tuple[Part, ...]) -> Fraction:
    """S [-], exactly: the sum of q/Q. Source: GB 18218-2018 4.2.1, formula (1)."""
    return sum((part.ratio for part in parts), Fraction(0))


def graded_index(parts: tuple[Part, ...], alpha: Decimal | None) -> Fraction | None:
    """R [-], exactly: alpha [-] times the sum of beta q/Q; None where a factor that counts is not known.

    A chemical of which there is nothing adds nothing, whatever its beta. Source: GB 18218-2018 4.3.2, formula (2).
    """
    if alpha is None:
        return None
    total = Fraction(0)
    for part in parts:
        if part.mass == 0:
            continue
        if part.beta is None:
            return None
        total += Fraction(part.beta) * part.ratio
    return Fraction(alpha) * total


def _range(parts: tuple[Part, ...], alpha: Decimal | None) -> tuple[Fraction | None, Fraction | None]:
    """R with everything that is not known at its least and at its most of Tables 4 and 5."""
    betas = [category.beta for category in gb18218.categories().values()]
    alphas = [row.alpha for row in gb18218.exposures()] if alpha is None else [alpha]
    least = graded_index(_filled(parts, min(betas)), min(alphas))
    return least, graded_index(_filled(parts, max(betas)), max(alphas))


def _filled(parts: tuple[Part, ...], beta: Decimal) -> tuple[Part, ...]:
    return tuple(part if part.beta is not None else msgspec.structs.replace(part, beta=beta) for part in parts)


def _number(exact: Fraction) -> float:
    """The float [-] next to S or R, never on the other side of a boundary: what falls just short of 1 must not read 1."""
    nearest = float(exact)
    bounds = (1, *(row.least_r for row in gb18218.levels()))
    is_short = any(nearest == bound and exact < Fraction(bound) for bound in bounds)
    return math.nextafter(nearest, 0) if is_short else nearest


def _alpha(people: int | None) -> Decimal | None:
    if people is None:
        return None
    return next(row.alpha for row in gb18218.exposures() if people >= row.least_people)


def _level(weighted: Fraction) -> Literal[1, 2, 3, 4]:
    return next(row.level for row in gb18218.levels() if weighted >= Fraction(row.least_r))


def _unit_remarks(unit: Unit, parts: tuple[Part, ...], *, is_major: bool) -> tuple[Remark, ...]:
    found = [remark for part in parts for remark in part.remarks]
    if not parts:
        found.append(say.nothing_there(unit.id))
    if is_major and unit.exposed_people is None:
        found.append(say.people_open(unit.id))
    return tuple(dict.fromkeys(found))


def _clauses(parts: tuple[Part, ...], *, is_major: bool) -> tuple[str, ...]:
    found = ["3.5 and 3.6 (unit)", "4.2.2 (design maximum)"]
    if any(part.named for part in parts):
        found.append("4.1.2 a), Table 1 (threshold)")
    if any(part.named is None for part in parts):
        found.append("4.1.2 b), Table 2 (threshold, the lowest)")
    found.append("4.2.1 a)" if len(parts) == 1 else "4.2.1 b), formula (1)")
    if is_major:
        found += [*dict.fromkeys(f"{part.beta_clause} (beta)" for part in parts)]
        found += ["4.3.2, Table 5 (alpha)", "4.3.2, formula (2)", "4.3.3, Table 6 (level)"]
    return tuple(f"{gb18218.ID} {clause}" for clause in found)
