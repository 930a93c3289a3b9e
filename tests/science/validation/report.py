"""The pages of `docs/validation`: the same text for the same numbers, so that a change of a model shows in the diff."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.science.validation.case import Case, Limits, Missing

TITLES = {
    "dispersion": "Dispersion",
    "release": "Release",
    "fire": "Fire",
    "explosion": "Explosion",
    "harm": "Harm",
    "risk": "Risk",
    "leak": "Leak location",
    "major_hazard": "Major hazards",
    "substances": "Substances",
    "consequence": "Consequences",
}

NOTICE = "Written by `make validate`; not to be edited by hand."


def number(value: float) -> str:
    """Four digits that count."""
    return f"{value:.4g}"


def verdict(case: Case) -> str:
    """pass, FAIL, or a dash for what is printed and not judged."""
    return "–" if case.is_informative else "pass" if case.passes else "FAIL"


def row(case: Case) -> str:
    """Line of a table, of a case of numbers."""
    expected, found = (
        ", ".join(number(v) for v in values[:4]) + ("…" if len(values) > 4 else "") for values in (case.wanted, case.found)
    )
    unit = case.unit if case.is_absolute else "%"
    factor = 1 if case.is_absolute else 100
    deviation, limit = (f"{value * factor:.2g} {unit}".strip() for value in (case.deviation, case.tolerance))
    cells = (case.title, case.source, case.quantity, expected, found, case.unit, deviation, limit, verdict(case))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def series(case: Case) -> list[str]:
    """Section of a series of measured values with its statistics."""
    assert isinstance(case.tolerance, Limits)
    limits, found = case.tolerance, case.statistics
    lines = [f"### {case.title}", "", f"{case.quantity}, {case.unit}. Source: {case.source}.", ""]
    lines += [
        "| statistic | value | limit |",
        "|---|---|---|",
        f"| points | {found.count} | |",
        f"| MG | {found.mg:.3f} | {'–' if limits.mg is None else f'{limits.mg[0]:g} to {limits.mg[1]:g}'} |",
        f"| VG | {found.vg:.3f} | {'–' if limits.vg is None else f'≤ {limits.vg:g}'} |",
        f"| FAC2 | {found.fac2:.3f} | {'–' if limits.fac2 is None else f'≥ {limits.fac2:g}'} |",
        f"| FB | {found.fb:+.3f} | {'–' if limits.fb is None else f'−{limits.fb:g} to {limits.fb:g}'} |",
        f"| verdict | {verdict(case)} | |",
        "",
        "| point | measured | computed | computed/measured |",
        "|---|---|---|---|",
    ]
    labels: Sequence[str] = case.labels or [str(i + 1) for i in range(len(case.wanted))]
    for label, wanted, value in zip(labels, case.wanted, case.found, strict=True):
        lines.append(f"| {label} | {number(wanted)} | {number(value)} | {value / wanted:.2f} |")
    return [*lines, *(("", case.note) if case.note else ()), ""]


def page(room: str, cases: Iterable[Case], missing: Iterable[Missing] = ()) -> str:
    """Page of a room."""
    cases, missing = list(cases), list(missing)
    single = [case for case in cases if not isinstance(case.tolerance, Limits)]
    lines = [f"# {TITLES.get(room, room)}", "", NOTICE, ""]
    if single:
        lines += [
            "| case | source | quantity | expected | computed | unit | deviation | limit | verdict |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [row(case) for case in single]
        lines.append("")
        lines += [f"- {case.title}: {case.note}" for case in single if case.note] + [""] * any(case.note for case in single)
    measured = [case for case in cases if isinstance(case.tolerance, Limits)]
    if measured:
        lines += ["## Against measurements", "", "MG above 1 and FB above 0 mean that the model gives too little.", ""]
        for case in measured:
            lines += series(case)
    if missing:
        lines += ["## Not to be had", "", "| trial or example | source | why it is missing |", "|---|---|---|"]
        lines += [f"| {item.title} | {item.source} | {item.why} |" for item in missing] + [""]
    return "\n".join(lines).rstrip() + "\n"


def index(rooms: dict[str, list[Case]]) -> str:
    """Page that leads to the others, with how many cases pass."""
    lines = ["# Validation", "", NOTICE, "", "What the science is held against: equations, printed examples, field trials.", ""]
    lines += ["| room | cases | judged | pass |", "|---|---|---|---|"]
    for room, cases in rooms.items():
        judged = [case for case in cases if not case.is_informative]
        passed = sum(case.passes for case in judged)
        lines.append(f"| [{TITLES.get(room, room)}]({room}.md) | {len(cases)} | {len(judged)} | {passed} |")
    return "\n".join(lines) + "\n"
