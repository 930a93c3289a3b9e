"""Messages: complete in Chinese, told in the words of the glossary; every template compiles."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from django.template import engines

import chemward

ROOT = Path(chemward.__file__).parent.parent.parent
PACKAGE = Path(chemward.__file__).parent


def _tool():
    spec = importlib.util.spec_from_file_location("compile_messages", ROOT / "tools/compile_messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _tool()


@pytest.mark.parametrize("home", tool.homes(), ids=lambda p: p.name)
def test_every_message_is_translated_and_says_its_terms_as_the_glossary(home: Path) -> None:
    name = tool.po_of(home).relative_to(ROOT).as_posix()
    assert [fault for fault in tool.faults() if fault.startswith(name)] == []


def test_messages_of_a_template_are_found_with_their_lines() -> None:
    code = tool.python_of_template(
        '<p>\n  {% translate "Why" %} {{ _("Close") }}\n{% blocktranslate %}since {{ at }}{% endblocktranslate %}', "x"
    )
    assert [line.strip() for line in code.split("\n")] == ["", "gettext(u'Why') ; _(\"Close\")", "gettext(u'since %(at)s')"]


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ("Duty", "职责", "the glossary says 任务"),
        ("New duties", "新的职责", "the glossary says 任务"),
        ("To the duty room", "到任务室", "the glossary says 值班室"),
        ("%(n)s days", "几天", "values differ"),
    ],
)
def test_a_translation_that_departs_is_named(english: str, chinese: str, fault: str) -> None:
    terms = {"Duty": "任务", "Duties": "任务", "Duty room": "值班室"}
    assert any(fault in line for line in tool.text_faults(english, chinese, terms))


def test_a_duty_room_is_no_duty() -> None:
    assert list(tool.text_faults("The duty room is told", "已告知值班室", {"Duty": "任务", "Duty room": "值班室"})) == []


def test_a_longer_word_is_no_term() -> None:
    assert list(tool.text_faults("Parking lot", "停车场", {"Park": "化工园区"})) == []


TEMPLATES = sorted(p for p in (PACKAGE / "apps/core/templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_a_template_compiles(path: Path) -> None:
    engines["django"].engine.get_template(str(path.relative_to(PACKAGE / "apps/core/templates")))


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("apps/*/templates/**/*.html")), ids=lambda p: p.name)
def test_a_template_holds_no_script_and_no_handler(path: Path) -> None:
    text = path.read_text("utf-8")
    for script in text.split("<script")[1:]:
        assert 'src="' in script.split(">")[0], "inline script"
    for handler in (" onclick=", " onload=", " onerror=", " onsubmit=", " onchange=", " hx-on", "javascript:"):
        assert handler not in text, handler


def test_no_text_is_said_differently_by_two_rooms() -> None:
    """Django merges the catalogues of all apps: of two translations of one text the first app's wins everywhere."""
    assert list(tool.said_differently({home: tool.catalogue(home) for home in tool.homes()})) == []


def test_two_rooms_that_differ_are_named_and_a_context_keeps_them_apart() -> None:
    def room(chinese: str, context: str | None = None):
        made = tool.Catalog(locale="zh_Hans")
        made.add("Open", chinese, context=context)
        return made

    told = list(tool.said_differently({Path("followup"): room("未关闭"), Path("monitoring"): room("未结")}))
    assert len(told) == 1
    assert "'Open'" in told[0] and "未关闭" in told[0] and "monitoring" in told[0]
    apart = {Path("followup"): room("未关闭"), Path("monitoring"): room("未结", "alarm")}
    assert list(tool.said_differently(apart)) == []
