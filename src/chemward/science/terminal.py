"""The science on the command line: `chemward hazard grade F`, `chemward qra run F --out DIR` and so on.

F is a file of JSON, or `-` for standard input. The result goes to standard output as JSON. Wrong input goes to standard error, every
fault at once, and the exit code is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from chemward.science.commands import COMMANDS, Command, encode
from chemward.science.faults import Fault, Faults

DONE, WRONG_INPUT = 0, 2


def add_to(commands: Any) -> None:
    """Hang the commands of the science into the `chemward` command's parser."""
    groups: dict[str, Any] = {}
    for command in COMMANDS:
        group, verb = command.name.split()
        if group not in groups:
            parser = commands.add_parser(group, help=command.help, description=command.help)
            groups[group] = parser.add_subparsers(required=True, metavar="VERB")
        _add_command(groups[group].add_parser(verb, help=command.help, description=command.help), command)
    _add_standards(commands.add_parser("standards", help="figures of standards, each with its source"))


def _add_command(parser: argparse.ArgumentParser, command: Command) -> None:
    parser.add_argument("file", metavar="F", nargs="?", help="a file of JSON, or - for standard input")
    for option in command.options:
        parser.add_argument(f"--{option.name}", metavar="DIR", type=Path, help=option.help)
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of input and output")
    parser.add_argument("--example", action="store_true", help="print a valid input")
    parser.add_argument("--json-faults", action="store_true", help="faults as JSON on standard error")
    parser.set_defaults(do=lambda options: _run(command, options))


def _run(command: Command, options: argparse.Namespace) -> int:
    if options.schema:
        return _print(encode(command.schema()))
    if options.example:
        return _print(command.example_text().encode())
    try:
        given = {option.name: getattr(options, option.name) for option in command.options}
        missing = [option for option in command.options if option.is_required and given[option.name] is None]
        if missing:
            raise Faults([Fault(f"--{option.name}", "is missing", f"give a {option.help}") for option in missing])
        return _print(command.execute(_content(options.file), **given))
    except Faults as refused:
        return _refuse(refused, as_json=options.json_faults)


def _content(file: str | None) -> bytes:
    if file is None:
        raise Faults([Fault("F", "is missing", "give a file of JSON, or - for standard input; --example prints one")])
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as fault:
        raise Faults([Fault("F", f"{file} cannot be read: {fault.strerror}", "give a file that can be read")]) from None


def _refuse(refused: Faults, *, as_json: bool) -> int:
    if as_json:
        faults = [{"field": f.field, "message": f.message, "remedy": f.remedy} for f in refused.faults]
        text = json.dumps({"faults": faults}, ensure_ascii=False, indent=2)
    else:
        text = "\n".join(str(fault) for fault in refused.faults)
    sys.stderr.write(f"{text}\n")
    return WRONG_INPUT


def _print(content: bytes) -> int:
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
    return DONE


def _add_standards(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    show = verbs.add_parser(
        "show", help="one edition with all its tables as JSON", description="One edition with all its tables as JSON."
    )
    show.add_argument("id", metavar="ID", nargs="?", help='as printed, "GB 18218-2018"; blanks, hyphens and case do not matter')
    show.add_argument("--schema", action="store_true", help="print the JSON Schema of the answer")
    show.add_argument("--example", action="store_true", help="print an id that is known")
    show.add_argument("--json-faults", action="store_true", help="faults as JSON on standard error")
    show.set_defaults(do=_show_standard)
    verbs.add_parser("list", help="all editions that are known").set_defaults(do=_list_standards)


def _show_standard(options: argparse.Namespace) -> int:
    from chemward.science.inputs import schema
    from chemward.standards import edition

    if options.schema:
        return _print(encode({"input": {"type": "string"}, "output": schema(edition.Description)}))
    if options.example:
        return _print(b"GB 18218-2018\n")
    known = [e.id for e in edition.editions()]
    if not options.id:
        return _refuse(Faults([Fault("ID", "is missing", f"give one of {', '.join(known)}")]), as_json=options.json_faults)
    try:
        return _print(encode(edition.describe(options.id)))
    except LookupError:
        fault = Fault("ID", f"no edition is called {options.id!r}", f"give one of {', '.join(known)}")
        return _refuse(Faults([fault]), as_json=options.json_faults)


def _list_standards(_: argparse.Namespace) -> int:
    from chemward.standards import edition

    return _print(encode([{"id": e.id, "title_zh": e.title_zh, "title_en": e.title_en} for e in edition.editions()]))
