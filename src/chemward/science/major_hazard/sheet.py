"""The calculation sheet of a unit: every factor, where it comes from, every formula with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from chemward.science.major_hazard.inventory import Unit
from chemward.standards import gb18218

if TYPE_CHECKING:
    from chemward.science.major_hazard.grading import Part

KINDS_ZH = {"storage": "储存单元", "production": "生产单元"}


class Step(msgspec.Struct, frozen=True):
    """A line of the sheet in Chinese and in English. clause: of GB 18218-2018. Figures are shown to 4 decimals, compared unrounded."""

    clause: str
    text_zh: str
    text_en: str


def steps(
    unit: Unit,
    parts: Sequence[Part],
    total: Fraction,
    alpha: Decimal | None,
    weighted: Fraction | None,
    level: int | None,
) -> tuple[Step, ...]:
    """The sheet of a unit: total S [-], alpha [-], weighted R [-], level 1 to 4 [-], None where not known or not asked."""
    found = [_unit_step(unit), *(_threshold_step(part) for part in parts), _index_step(parts, total)]
    if total >= 1:
        found += [*(_beta_step(part) for part in parts), _alpha_step(unit, alpha), _graded_step(parts, alpha, weighted)]
        found.append(_level_step(weighted, level))
    return tuple(found)


def shown(value: Fraction | Decimal) -> str:
    """A number [-] to at most 4 decimals, with "≈" before it when more would follow."""
    exact = Fraction(value)
    text = f"{float(exact):.4f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == exact else f"≈{float(exact):.4f}"


def _unit_step(unit: Unit) -> Step:
    return Step("3.5, 3.6", f"单元{unit.id}：{KINDS_ZH[unit.kind]}", f"unit {unit.id}: {unit.kind}")


def _threshold_step(part: Part) -> Step:
    if part.named is not None:
        where_zh, where_en, clause = f"表1第{part.named.no}行", f"Table 1, row {part.named.no}", "4.1.2 a), Table 1"
    else:
        listed = "、".join(category.symbol for category in part.categories)
        where_zh = f"表2类别{listed}，取最低临界量{part.entry}"
        where_en, clause = f"Table 2, {listed}, the lowest: {part.entry}", "4.1.2 b), Table 2"
    figures = f"q = {shown(part.mass)} t, Q = {part.threshold} t, q/Q = {shown(part.ratio)}"
    return Step(clause, f"{part.title}：{where_zh}，{figures}", f"{part.title}: {where_en}, {figures}")


def _index_step(parts: Sequence[Part], total: Fraction) -> Step:
    sum_text = " + ".join(f"{shown(part.mass)}/{part.threshold}" for part in parts) or "0"
    sign = "≥" if total >= 1 else "<"
    clause = "4.2.1 a)" if len(parts) == 1 else "4.2.1 b), formula (1)"
    verdict_zh = "构成重大危险源" if total >= 1 else "不构成重大危险源"
    verdict_en = "a major hazard" if total >= 1 else "no major hazard"
    formula = f"S = {sum_text} = {shown(total)} {sign} 1"
    return Step(clause, f"{formula}，{verdict_zh}", f"{formula}: {verdict_en}")


def _beta_step(part: Part) -> Step:
    value = "?" if part.beta is None else str(part.beta)
    return Step(
        part.beta_clause,
        f"{part.title}：β = {value}，{part.beta_source_zh}",
        f"{part.title}: beta = {value} ({part.beta_source})",
    )


def _alpha_step(unit: Unit, alpha: Decimal | None) -> Step:
    if alpha is None:
        return Step("4.3.2, Table 5", "厂外暴露人员数量未知，α缺失", "people outside not counted, alpha not known")
    people = unit.exposed_people
    return Step("4.3.2, Table 5", f"厂外暴露人员{people}人，α = {alpha}", f"{people} people outside, alpha = {alpha}")


def _graded_step(parts: Sequence[Part], alpha: Decimal | None, weighted: Fraction | None) -> Step:
    factors = " + ".join(f"{'?' if part.beta is None else part.beta}×{shown(part.mass)}/{part.threshold}" for part in parts)
    formula = f"R = {'?' if alpha is None else alpha}×({factors})"
    value = "?" if weighted is None else shown(weighted)
    return Step("4.3.2, formula (2)", f"{formula} = {value}", f"{formula} = {value}")


def _level_step(weighted: Fraction | None, level: int | None) -> Step:
    if weighted is None or level is None:
        return Step("4.3.3, Table 6", "R未知，级别缺失", "R not known, level open")
    row = next(row for row in gb18218.levels() if row.level == level)
    return Step("4.3.3, Table 6", f"R = {shown(weighted)}，{row.name_zh}重大危险源", f"R = {shown(weighted)}: level {level}")
