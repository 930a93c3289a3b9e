"""What the manual takes from the code when it is built: a marker `{{ name }}` alone on a line becomes a table made of the data files.

Used by mkdocs (`hooks` in mkdocs.yml). A marker that nobody fills is an error, so that a page never shows one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent.parent / "src" / "chemward"
MARKER = re.compile(r"^\{\{ (\w+) \}\}$", re.MULTILINE)


def on_page_markdown(markdown: str, **_context: Any) -> str:
    """mkdocs calls this for each page before it is rendered. KeyError names an unknown marker."""
    return MARKER.sub(lambda found: TABLES[found[1]](), markdown)


def glossary() -> str:
    """Field terms, as the check of the translations uses them."""
    parts = []
    for section, terms in _load("apps/core/glossary.toml").items():
        parts += [f"### {section}", "", _table(("English", "中文"), terms.items()), ""]
    return "\n".join(parts)


def roles() -> str:
    """Roles: where they are given and how many capabilities they hold."""
    rows = [(role["name_zh"], f"`{name}`", "、".join(KINDS[kind] for kind in role["at"])) for name, role in _role_rows()]
    return _table(("角色", "代号", "可授予的单位"), rows)


def capabilities() -> str:
    """Who may do what: a row per capability, the roles that hold it."""
    groups = _load("apps/core/data/roles.toml")["groups"]
    held: dict[str, list[str]] = {}
    for _name, role in _role_rows():
        own = {*role.get("capabilities", ()), *(c for group in role.get("groups", ()) for c in groups[group])}
        for capability in own:
            held.setdefault(capability, []).append(role["name_zh"])
    known = _load("apps/core/data/capabilities.toml")["capabilities"]
    return _table(("权限", "代号", "持有的角色"), [(text, f"`{c}`", "、".join(held.get(c, []))) for c, text in known.items()])


def scenarios() -> str:
    """Scenarios of the demo park."""
    known = _load("demo/data/scenarios.toml")
    return _table(("`S=`", "场景", "发生什么"), [(f"`{name}`", s["title"], s["summary"]) for name, s in known.items()])


KINDS = {
    "province": "省",
    "city": "设区市",
    "county": "县区",
    "park": "化工园区",
    "enterprise": "企业",
    "contractor": "第三方单位",
}
TABLES: dict[str, Callable[[], str]] = {f.__name__: f for f in (glossary, roles, capabilities, scenarios)}


def _role_rows() -> Sequence[tuple[str, dict[str, Any]]]:
    return list(_load("apps/core/data/roles.toml")["roles"].items())


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((SOURCE / name).read_text("utf-8"))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
