"""Messages: collect them from Python and templates, check them, compile them. Babel only, no GNU gettext.

    python tools/compile_messages.py extract     new messages into the .po files, gone ones out
    python tools/compile_messages.py compile     .mo beside every .po that is newer
    python tools/compile_messages.py check       missing, fuzzy, untranslated, said differently by two rooms, and terms that differ from
                                                 the glossary

Source texts are English. A catalogue is `<folder>/locale/zh_Hans/LC_MESSAGES/django.po`; a file's messages belong to the nearest
folder above it that has a `locale`; what the common catalogue (src/chemward/locale) already has is not repeated in an app's.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/chemward"
GLOSSARY = PACKAGE / "apps/core/glossary.toml"
LOCALE = "zh_Hans"
COMMON = PACKAGE
SKIPPED = {"vendor", "migrations", "__pycache__", "standards", "science", "protocols", "telemetry"}
KEYWORDS: Mapping[str, tuple[object, ...] | None] = {
    "_": None,
    # Where `_` is gettext_lazy, what is said at once is called so.
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = f"""msgid ""
msgstr ""
"Language: {LOCALE}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
NAMED_VALUE = re.compile(r"%\((\w+)\)(?:\.\d)?[sdf]|%[sd]")


@dataclass(frozen=True)
class Message:
    """One text of the source: singular (and plural), context, and where it stands."""

    text: str | tuple[str, str]
    context: str | None
    file: str
    line: int

    @property
    def key(self) -> tuple[str, str | None]:
        return (self.text if isinstance(self.text, str) else self.text[0], self.context)


def sources() -> Iterator[Path]:
    """Python files and templates whose texts people see."""
    for path in sorted(PACKAGE.rglob("*")):
        is_source = path.suffix == ".py" or (path.suffix in {".html", ".txt"} and "templates" in path.parts)
        if is_source and not SKIPPED & set(path.relative_to(PACKAGE).parts):
            yield path


def messages(path: Path) -> Iterator[Message]:
    """All messages of one file. ValueError names a template that cannot be read."""
    source = path.read_text("utf-8")
    code = source if path.suffix == ".py" else python_of_template(source, str(path))
    where = path.relative_to(ROOT).as_posix()
    for line, function, texts, _comments in extract_python(io.BytesIO(code.encode()), list(KEYWORDS), [], {}):
        if (message := _message(str(function), texts, where, line)) is not None:
            yield message


def python_of_template(source: str, name: str) -> str:
    """A template as Python that only calls gettext, line for line."""
    from django.utils.translation.template import templatize

    try:
        code = templatize(source, origin=name)
    except SyntaxError as fault:
        raise ValueError(f"{name}: {fault}") from None
    # Python's tokenizer minds indentation and lone quotes; neither means anything in what is left of a template.
    return "\n".join(" ; ".join(_CALL.findall(line)) for line in code.split("\n"))


_CALL = re.compile(r"""\b(?:n?p?gettext)\((?:[^()'"]|u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")*\)|_\((?:"[^"]*"|'[^']*')\)""")


def _message(function: str, texts: object, file: str, line: int) -> Message | None:
    parts = list(texts) if isinstance(texts, tuple | list) else [texts]
    context = parts.pop(0) if "pgettext" in function else None
    wanted = parts[:2] if function.startswith(("ngettext", "npgettext")) else parts[:1]
    if not wanted or any(not isinstance(p, str) or not p for p in wanted):
        return None
    text = wanted[0] if len(wanted) == 1 else (wanted[0], wanted[1])
    return Message(text, context, file, line)


def home_of(path: Path) -> Path:
    """The folder whose catalogue holds a file's messages."""
    for folder in path.parents:
        if (folder / "locale").is_dir():
            return folder
    return COMMON


def homes() -> list[Path]:
    """All folders with a catalogue, the common one first."""
    found = {p.parents[3] for p in PACKAGE.rglob(f"locale/{LOCALE}/LC_MESSAGES/django.po")} | {COMMON}
    return sorted(found, key=lambda p: len(p.parts))


def po_of(home: Path) -> Path:
    return home / "locale" / LOCALE / "LC_MESSAGES/django.po"


def catalogue(home: Path) -> Catalog:
    """The catalogue of a folder; empty when there is none yet."""
    path = po_of(home)
    if not path.is_file():
        return Catalog(locale=LOCALE, domain="django", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE, domain="django")


def wanted() -> dict[Path, dict[tuple[str, str | None], list[Message]]]:
    """Messages of the source by the folder whose catalogue must hold them."""
    result: dict[Path, dict[tuple[str, str | None], list[Message]]] = {home: {} for home in homes()}
    found = [(home_of(path), m) for path in sources() for m in messages(path)]
    # The common catalogue first: what it holds need not stand in an app's.
    for home, message in sorted(found, key=lambda pair: len(pair[0].parts)):
        common = result[COMMON]
        place = common if message.key in common else result.setdefault(home, {})
        place.setdefault(message.key, []).append(message)
    return result


def extract() -> int:
    """Bring every catalogue up to the source; translations that stand are kept. Returns the number still untranslated."""
    open_ones = 0
    for home, found in wanted().items():
        old = catalogue(home)
        new = Catalog(locale=LOCALE, domain="django", project="Chemward", fuzzy=False, header_comment="# Chemward 园安, Chinese")
        for key, uses in sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")):
            known = old.get(key[0], key[1])
            places = sorted({m.file for m in uses})
            plural = next((m.text for m in uses if isinstance(m.text, tuple)), key[0])
            translated = known.string if known is not None and not known.fuzzy else ""
            new.add(plural, translated, locations=[(p, None) for p in places], context=key[1])
            open_ones += not is_translated(new.get(key[0], key[1]))
        write(new, po_of(home))
    return open_ones


def is_translated(message: object) -> bool:
    text = getattr(message, "string", "")
    return bool(text) and (all(text) if isinstance(text, tuple) else True)


def write(new: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    # Neither dates nor line numbers: a catalogue changes only when a text does.
    write_po(out, new, width=130, omit_header=True, sort_output=True, include_lineno=False)
    path.write_text(HEADER + out.getvalue().decode().lstrip(), "utf-8")


def compile_all() -> int:
    """Write the .mo beside every .po that is newer. Returns how many were written."""
    count = 0
    for home in homes():
        source = po_of(home)
        target = source.with_suffix(".mo")
        if source.is_file() and (not target.is_file() or target.stat().st_mtime < source.stat().st_mtime):
            with target.open("wb") as file:
                write_mo(file, catalogue(home))
            count += 1
    return count


def glossary() -> dict[str, str]:
    """English field term → Chinese."""
    loaded: dict[str, dict[str, str]] = tomllib.loads(GLOSSARY.read_text("utf-8"))
    return {english: chinese for table in loaded.values() for english, chinese in table.items()}


def faults() -> list[str]:
    """Everything that is wrong with the catalogues, as lines that name file and text."""
    terms = glossary()
    found: list[str] = []
    for home, texts in wanted().items():
        known = catalogue(home)
        name = po_of(home).relative_to(ROOT).as_posix()
        for (text, context), uses in texts.items():
            message = known.get(text, context)
            if message is None:
                found.append(f"{name}: missing {text!r} ({uses[0].file}:{uses[0].line})")
            elif message.fuzzy:
                found.append(f"{name}: fuzzy {text!r}")
            elif not is_translated(message):
                found.append(f"{name}: untranslated {text!r} ({uses[0].file}:{uses[0].line})")
            else:
                found += [f"{name}: {fault}" for fault in text_faults(text, message.string, terms)]
    return found + list(said_differently({home: catalogue(home) for home in homes()}))


def said_differently(catalogues: Mapping[Path, Catalog]) -> Iterator[str]:
    """One text, two translations: Django merges all catalogues and the room that is installed first wins without a word.

    A context (`pgettext`, `{% translate … context … %}`) or another English text keeps them apart.
    """
    seen: dict[tuple[str, str | None], dict[str, list[str]]] = {}
    for home, known in catalogues.items():
        for message in known:
            if message.id and is_translated(message):
                text = message.id if isinstance(message.id, str) else message.id[0]
                chinese = message.string if isinstance(message.string, str) else message.string[0]
                seen.setdefault((text, message.context), {}).setdefault(chinese, []).append(home.name)
    for (text, context), several in sorted(seen.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")):
        if len(several) > 1:
            words = ", ".join(f"{chinese!r} in {' '.join(rooms)}" for chinese, rooms in several.items())
            yield f"{text!r}{f' ({context})' if context else ''}: said differently: {words}"


def text_faults(english: str, chinese: str | Iterable[str], terms: Mapping[str, str]) -> Iterator[str]:
    """Faults of one translation: a field term said differently, a value that is lost or invented.

    >>> list(text_faults("Duty", "职责", {"Duty": "任务"}))
    ["'Duty': the glossary says 任务 for 'Duty', here it is '职责'"]
    """
    for text in [chinese] if isinstance(chinese, str) else chinese:
        if (exact := terms.get(english)) and text != exact:
            yield f"{english!r}: the glossary says {exact} for {english!r}, here it is {text!r}"
        elif not exact:
            yield from _terms_said_differently(english, text, terms)
        if sorted(NAMED_VALUE.findall(english)) != sorted(NAMED_VALUE.findall(text)) and "%(" in english + text:
            yield f"{english!r}: values differ in {text!r}"


def _terms_said_differently(english: str, text: str, terms: Mapping[str, str]) -> Iterator[str]:
    rest = NAMED_VALUE.sub(" ", english)
    # The longest term first: a duty room is no duty.
    for term in sorted(terms, key=len, reverse=True):
        rest, count = re.subn(rf"\b{re.escape(term)}(?:e?s)?\b", " ", rest, flags=re.IGNORECASE)
        if count and terms[term] not in text:
            yield f"{english!r}: the glossary says {terms[term]} for {term!r}, here it is {text!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Collect, check and compile messages.")
    parser.add_argument("act", choices=["extract", "compile", "check"])
    act = parser.parse_args().act
    if act == "extract":
        print(f"{extract()} untranslated")
        return 0
    if act == "compile":
        compile_all()
        return 0
    found = faults()
    print("\n".join(found) or "messages are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
