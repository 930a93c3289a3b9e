"""The tokens of the look: every text stands out from every ground it is put on, by day and by night (WCAG 2 contrast ratio)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chemward.apps.core

CSS = Path(chemward.apps.core.__file__).parent / "static/core/css"
DECLARATION = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
READABLE = 4.5
VISIBLE = 3.0
THEMES = ("day", "night")
RISKS = ("red", "org", "yel", "blu")
GROUNDS = ("bg", "s1", "s2", "s3")


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (day, night) for name, day, night in DECLARATION.findall((CSS / "tokens.css").read_text("utf-8"))}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs() -> list[tuple[str, str]]:
    """(text, ground) that occur on pages."""
    return [
        *((text, ground) for text in ("t1", "t2", "t3") for ground in GROUNDS),
        ("on-ink", "ink"),
        *((risk, ground) for risk in RISKS for ground in ("s1", "s2", f"{risk}-s")),
        *((f"{risk}-o", f"{risk}-f") for risk in RISKS),
    ]


def test_the_ratio_is_that_of_wcag() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
@pytest.mark.parametrize(("text", "ground"), pairs(), ids=lambda p: str(p))
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    known = tokens()
    assert ratio(known[text][theme], known[ground][theme]) >= READABLE


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
@pytest.mark.parametrize("risk", RISKS)
def test_a_mark_has_an_edge_that_stands_out_where_its_fill_does_not(risk: str, theme: int) -> None:
    known = tokens()
    assert ratio(known[f"{risk}-e"][theme], known["s1"][theme]) >= VISIBLE


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
def test_marks_stand_out_though_they_are_not_text(theme: int) -> None:
    known = tokens()
    assert ratio(known["t4"][theme], known["s1"][theme]) >= VISIBLE


def test_mark_grey_is_never_a_colour_of_text() -> None:
    offenders = [
        f"{file.name}: {line.strip()}"
        for file in CSS.glob("*.css")
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"(?<![-\w])color:\s*var\(--t4\)", line) and ".i {" not in line
    ]
    assert offenders == []


def test_colours_stand_only_in_the_token_file() -> None:
    offenders = [
        f"{file.name}: {line.strip()}"
        for file in CSS.glob("*.css")
        if file.name not in {"tokens.css", "print.css"}
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"#[0-9a-f]{3,8}\b", line)
        and "#000)" not in line
        and ".qr" not in line  # a QR code is read by machines: white in both themes
    ]
    assert offenders == []
