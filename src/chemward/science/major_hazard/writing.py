"""How names, CAS numbers and contents are written: many spellings, one form to compare."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

import msgspec

from chemward.standards.gb18218 import ContentLimit

_WORDS = (
    ("大于等于", "≥"),
    ("小于等于", "≤"),
    ("不小于", "≥"),
    ("不大于", "≤"),
    ("大于", ">"),
    ("小于", "<"),
    (">=", "≥"),
    ("<=", "≤"),
    ("≧", "≥"),
    ("≦", "≤"),
    ("⩾", "≥"),
    ("⩽", "≤"),
)
_BRACKETS = str.maketrans("[]【】〔〕［］{}", "()()()()()")
_DASHES = re.compile(r"[‐‑‒–—―−－_]")
_CONTENT = re.compile(r"(?:含有?)?(?P<what>[^\d<>≤≥=%]*?)(?:含?量)?(?P<sign>[<>≤≥=]?)(?P<value>\d+(?:\.\d+)?)%")


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """A name or condition without what two spellings may differ in: width, case, blanks, dashes, brackets, words for ≥ and ≤."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)
    text = _DASHES.sub("-", text)
    for word, sign in _WORDS:
        text = text.replace(word, sign)
    return re.sub(r"[\s,，、;；]+", "", text)


def split_condition(name: str) -> tuple[str, str | None]:
    """A name and the condition that follows it in brackets: "甲醛(含量>90%)" gives "甲醛" and "含量>90%"."""
    text = unicodedata.normalize("NFKC", name).translate(_BRACKETS).strip()
    found = re.fullmatch(r"([^()]+)\((.+)\)", text)
    return (found[1].strip(), found[2].strip()) if found else (text, None)


# -- CAS numbers -------------------------------------------------------------------------------------------------------------


class NoCas(ValueError):
    """The text is no CAS number; the message says why."""


def cas_number(text: str) -> str:
    """A CAS number as it is printed, "7664-41-7", from any spelling of it. NoCas when it is none or its check digit is wrong."""
    digits = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).upper().removeprefix("CAS").strip(" :#号NO.")
    digits = re.sub(r"[\s-]", "", digits)
    if not re.fullmatch(r"[1-9]\d{4,9}", digits):
        raise NoCas(f"{text!r} is not a CAS number")
    body, check = digits[:-1], int(digits[-1])
    right = sum(place * int(digit) for place, digit in enumerate(reversed(body), 1)) % 10
    number = f"{body[:-2]}-{body[-2:]}-{check}"
    if right != check:
        raise NoCas(f"{number} is not a CAS number: its check digit would be {right}")
    return number


# -- contents ----------------------------------------------------------------------------------------------------------------


class Interval(msgspec.Struct, frozen=True):
    """Contents from low to high [%], each end belonging to it or not."""

    low: Decimal
    has_low: bool
    high: Decimal
    has_high: bool

    def is_within(self, other: Interval) -> bool:
        """Whether every content of this one is in the other."""
        low = self.low > other.low or (self.low == other.low and (other.has_low or not self.has_low))
        high = self.high < other.high or (self.high == other.high and (other.has_high or not self.has_high))
        return low and high

    def is_apart(self, other: Interval) -> bool:
        """Whether no content is in both."""
        return _ends_before(self, other) or _ends_before(other, self)


def _ends_before(first: Interval, second: Interval) -> bool:
    touch = first.has_high and second.has_low
    return first.high < second.low or (first.high == second.low and not touch)


_ZERO, _ALL = Decimal(0), Decimal(100)


def _above(value: Decimal, *, is_included: bool) -> Interval:
    return Interval(value, is_included, _ALL, True)


def _below(value: Decimal, *, is_included: bool) -> Interval:
    return Interval(_ZERO, True, value, is_included)


def content(text: str) -> tuple[str, Interval] | None:
    """What a condition names and how much of it: "含水30%" gives "水" and 30 to 30. None when it is no content."""
    found = _CONTENT.fullmatch(plain(text))
    if not found:
        return None
    value, sign = Decimal(found["value"]), found["sign"]
    if value > _ALL:
        return None
    span = {
        "<": _below(value, is_included=False),
        "≤": _below(value, is_included=True),
        ">": _above(value, is_included=False),
        "≥": _above(value, is_included=True),
    }
    return found["what"] or "含量", span.get(sign, Interval(value, True, value, True))


def limit_span(limit: ContentLimit) -> Interval:
    """The contents [%] that a row of Table 1 takes in."""
    if limit.bound in ("above", "at least"):
        return _above(limit.percent, is_included=limit.bound == "at least")
    return _below(limit.percent, is_included=limit.bound == "at most")
