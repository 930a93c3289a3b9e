"""Faults of device payloads: what is wrong, in which sample and field, and what to do about it.

Texts are Chinese because the people who read them are the integrators of the park's enterprises; the code is for machines.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

MESSAGE = -1  # index of a fault that concerns the whole message
MAX_LISTED = 50  # further faults of a message are counted, not listed
_MAX_SHOWN = 40

# code: (what is wrong, remedy)
TEXTS: dict[str, tuple[str, str]] = {
    "too_large": ("报文超过大小上限", "拆成多条较小的报文发送"),
    "too_many_samples": ("一条报文中的样本过多", "每条报文不超过 50000 个样本，请拆分"),
    "not_utf8": ("报文不是 UTF-8 编码", "按 UTF-8 编码发送，不要使用 GBK"),
    "malformed_json": ("JSON 语法错误", "用 JSON 校验工具检查引号、逗号与括号"),
    "too_deep": ("JSON 嵌套过深", "按说明使用单层对象或 samples 列表"),
    "empty": ("报文中没有样本", "至少发送一个样本"),
    "unknown_form": ("无法识别的报文形式", "使用 tag/v、样本列表、samples 或 tags/v 四种形式之一，或二进制 CWB1"),
    "not_an_object": ("样本不是 JSON 对象", '样本写作 {"tag": "编码", "v": 数值}'),
    "missing_tag": ("缺少位号编码 tag", "补上 tag，与平台登记的编码一致"),
    "bad_tag": ("位号编码无效", "tag 为 1–64 个可见字符的字符串"),
    "missing_value": ("缺少数值 v", "补上 v；测点故障而无数值时同时给出 q = bad"),
    "bad_value": ("数值 v 的类型无效", "v 为数字、true/false 或字符串"),
    "not_finite": ("数值不是有限数", "NaN、Inf 不是测量值；测点故障请发 q = bad"),
    "text_too_long": ("文本值过长", "文本不超过 256 个字符"),
    "bad_time": ("时间 t 无效", "t 为毫秒时间戳（整数），或带时区的 ISO 8601，如 2026-05-01T08:00:00+08:00"),
    "time_seconds": ("时间 t 像是秒而不是毫秒", "乘以 1000 以毫秒发送"),
    "time_no_offset": ("时间 t 没有时区", "加上 +08:00 或 Z"),
    "time_out_of_range": ("时间 t 不在 2000–2100 年之间", "检查设备时钟与单位（毫秒）"),
    "bad_quality": ("质量 q 无法识别，按 uncertain 处理", "q 为 good/uncertain/bad 或 0/1/2"),
    "bad_unit": ("单位 u 无效", "u 为不超过 16 个字符的字符串"),
    "bad_flag": ("标志应为 true/false，已按 false 处理", "cal、maint 写 true 或 false"),
    "length_mismatch": ("各列长度不一致", "tags、v 以及列表形式的 t/q/u/cal/maint 长度须相同"),
    "cut_short": ("二进制报文被截断", "按报文头的个数核对长度后重发"),
    "bad_header": ("二进制报文头无效", "按说明核对标志位、个数与保留字节"),
    "bad_channel": ("通道号不在编码表中", "通道号从 0 起，小于编码表的条数"),
    "missing_id": ("缺少报警编号 id", "补上本系统内唯一的报警编号，报警与恢复使用同一编号"),
    "bad_kind": ("kind 无法识别", "kind 为 raised（发生）或 cleared（恢复）"),
    "bad_text": ("文字无效", "使用字符串，并遵守长度上限"),
    # found by the worker, who knows the tags
    "unknown_tag": ("平台没有此位号", "在接入页登记位号，或改正编码"),
    "disabled_tag": ("位号已停用", "在位号页启用，或停止发送"),
    "unknown_state": ("状态文字未在位号上定义", "在位号的状态表中加入此文字"),
    "not_a_number": ("数值型位号收到文本", "发送数字，或把位号改为状态型/文本型"),
    "no_conversion": ("单位无法换算到位号的单位", "改用位号的单位，或在位号上补充摩尔质量、爆炸下限"),
}
# A sample with one of these is kept, the field in question replaced.
KEPT = frozenset({"bad_quality", "bad_flag"})


class Fault(msgspec.Struct, frozen=True):
    """One fault. index: position of the sample in the message, or MESSAGE; field: JSON field; code: key of TEXTS."""

    index: int
    field: str
    code: str
    message: str
    remedy: str


def fault(index: int, field_name: str, code: str, shown: Any = None) -> Fault:
    """A fault with its texts; `shown` is what stood there, shortened."""
    message, remedy = TEXTS[code]
    if shown is not None:
        text = repr(shown) if not isinstance(shown, str) else shown
        message = f"{message}：{_printable(text)}"
    return Fault(index, field_name, code, message, remedy)


class UnreadableMessage(ValueError):
    """Nothing of the message can be read: fault `code` of the whole message, with what stood there."""

    def __init__(self, code: str, shown: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.shown = shown


@dataclass(slots=True)
class Faults:
    """Faults of one message, collected: the first MAX_LISTED in full, all by code, and which samples are refused."""

    listed: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    refused: set[int] = field(default_factory=set)

    def add(self, index: int, field_name: str, code: str, shown: Any = None) -> None:
        if len(self.listed) < MAX_LISTED:
            self.listed.append(fault(index, field_name, code, shown))
        self.counts[code] += 1
        if index != MESSAGE and code not in KEPT:
            self.refused.add(index)

    def include(self, others: Faults) -> None:
        """Take over the faults of another part of the same message."""
        self.listed.extend(others.listed[: MAX_LISTED - len(self.listed)])
        self.counts.update(others.counts)
        self.refused |= others.refused


def _printable(text: str) -> str:
    short = text[: _MAX_SHOWN + 1]
    clean = "".join(c if c.isprintable() else "�" for c in short[:_MAX_SHOWN])
    return clean + "…" if len(short) > _MAX_SHOWN else clean
