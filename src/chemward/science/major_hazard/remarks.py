"""Remarks of a grading, in Chinese for the calculation sheet and in English for the log."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chemward.standards.gb18218 import Aid, Category, Named


class Remark(msgspec.Struct, frozen=True):
    """One remark. code: stable word for programs. is_gap: something is not known and the result stays open by it."""

    code: str
    text_en: str
    text_zh: str
    is_gap: bool = False


def assumed_condition(row: Named) -> Remark:
    """The variant was not given; the only row is taken as if its condition held."""
    return Remark(
        "condition_assumed",
        f"{row.name}: row {row.no} of Table 1 holds for {row.condition}; no variant was given, so it is taken to hold",
        f"{row.name_zh}：表1第{row.no}行限于“{row.condition_zh}”；未给出变体，按符合处理",
    )


def found_by_number(name: str, number: str) -> Remark:
    """The name is none that Table 1 knows; the CAS number is."""
    return Remark(
        "found_by_cas",
        f"{name}: not a name that Table 1 knows; its row was found by the CAS number {number}",
        f"{name}：不是表1所列名称，按CAS号{number}对应",
    )


def two_numbers(name: str, own: str, number: str) -> Remark:
    """Name and number belong to one row but to different substances of it."""
    return Remark(
        "cas_of_same_row",
        f"{name}: the CAS number given is {number}, that of the name is {own}; both belong to one row",
        f"{name}：所给CAS号为{number}，该名称的CAS号为{own}，两者同属一行",
    )


def unused_variant(row: Named, variant: str) -> Remark:
    """A variant was given of a row without condition."""
    return Remark(
        "variant_unused",
        f"{row.name}: row {row.no} of Table 1 has no condition; the variant {variant!r} changes nothing",
        f"{row.name_zh}：表1第{row.no}行无限定条件，变体“{variant}”不影响临界量；如为不同危险类别的混合物，按4.2.3处理",
    )


def not_of_row(name: str, row: Named, why: str) -> Remark:
    """The substance looks like a row of Table 1 but is not of it."""
    return Remark(
        "outside_table_1",
        f"{name}: not row {row.no} of Table 1 ({row.title_zh}): {why}; judged by its categories",
        f"{name}：不属于表1第{row.no}行（{row.title_zh}），按危险性类别确定临界量",
    )


def several_categories(title: str, chosen: Category, all_of_them: Iterable[Category], rule: str) -> Remark:
    """More than one category, with different beta."""
    listed = ", ".join(f"{c.symbol} {c.beta}" for c in all_of_them)
    return Remark(
        "beta_of_several",
        f"{title}: categories with different beta ({listed}); taken: {chosen.symbol}, rule {rule!r} (the standard is silent)",
        f"{title}：多个类别的β不同（{listed}），取{chosen.symbol}；标准未作规定，按设置“{rule}”处理",
    )


def customary_beta(row: Named, aid: Aid) -> Remark:
    """Beta from a customary classification, which is not part of the standard."""
    note = f" ({aid.note})" if aid.note else ""
    return Remark(
        "beta_customary",
        f"{row.name}: not in Table 3 and no category given; beta from the customary classification {aid.categories}{note}",
        f"{row.name_zh}：不在表3内且未给出类别，β按惯用分类{aid.categories}由表4取值，非标准内容，应核对分类信息",
    )


def beta_open(row: Named) -> Remark:
    """No beta can be given."""
    return Remark(
        "beta_unknown",
        f"{row.name}: not in Table 3 and its category is not sure; beta stays open, give its categories",
        f"{row.name_zh}：不在表3内，危险性类别不确定，β缺失，请给出危险性类别",
        is_gap=True,
    )


def people_open(unit: str) -> Remark:
    """The number of people outside is not known."""
    return Remark(
        "people_unknown",
        f"unit {unit}: the people within 500 m of the boundary are not counted; alpha stays open",
        f"单元{unit}：厂区边界外500 m范围内常住人口未知，α缺失",
        is_gap=True,
    )


def summed(title: str, count: int) -> Remark:
    """The same substance stood in the inventory more than once: count [-] entries."""
    return Remark(
        "summed",
        f"{title}: {count} entries of the unit are one chemical; their masses are summed",
        f"{title}：单元内{count}条记录为同一化学品，数量合并计算",
    )


def nothing_there(unit: str) -> Remark:
    """The inventory is empty."""
    return Remark("empty", f"unit {unit}: the inventory is empty", f"单元{unit}：无危险化学品")
