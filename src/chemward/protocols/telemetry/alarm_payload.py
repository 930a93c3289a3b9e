"""Alarms that enterprises' own systems raise (topic `…/alarm`): taken beside ours and reconciled.

One object or a list of objects: `{"id", "kind": "raised"|"cleared", "at", "tag"?, "level"?, "text"?}`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from chemward.protocols.telemetry.columns import time_ms
from chemward.protocols.telemetry.faults import MESSAGE, Faults
from chemward.protocols.telemetry.taglists import MAX_CODE

MAX_ALARMS = 5_000
MAX_ID = 128
MAX_LEVEL = 32
MAX_ALARM_TEXT = 500
KINDS = ("raised", "cleared")


class ExternalAlarm(msgspec.Struct, frozen=True):
    """One transition of an alarm of an enterprise's own system. id: unique in that system; at_ms [ms UTC]; tag may be empty."""

    id: str
    kind: str
    at_ms: int
    tag: str = ""
    level: str = ""
    text: str = ""


def decode_alarms(data: bytes, received_ms: int, max_bytes: int = 1 << 20) -> tuple[list[ExternalAlarm], Faults]:
    """The good alarms of a message and the faults of all. Never raises on content."""
    faults = Faults()
    entries = _entries(data, max_bytes, faults)
    alarms = [_alarm(index, entry, received_ms, faults) for index, entry in enumerate(entries)]
    return [alarm for alarm in alarms if alarm is not None], faults


def _entries(data: bytes, max_bytes: int, faults: Faults) -> list[Any]:
    code, shown = "", ""
    try:
        if len(data) > max_bytes:
            code, shown = "too_large", f"{len(data)} > {max_bytes} B"
            return []
        content = json.loads(data.decode("utf-8-sig"))
        if isinstance(content, dict):
            content = content.get("alarms", [content])
        if not isinstance(content, list):
            code, shown = "unknown_form", type(content).__name__
        elif not content:
            code = "empty"
        elif len(content) > MAX_ALARMS:
            code, shown = "too_many_samples", str(len(content))
        else:
            return content
    except UnicodeDecodeError as error:
        code, shown = "not_utf8", f"byte {error.start}"
    except RecursionError:
        code = "too_deep"
    except ValueError as error:
        code, shown = "malformed_json", str(error)
    finally:
        if code:
            faults.add(MESSAGE, "", code, shown or None)
    return []


def _alarm(index: int, entry: Any, received_ms: int, faults: Faults) -> ExternalAlarm | None:
    if not isinstance(entry, dict):
        faults.add(index, "", "not_an_object", entry)
        return None
    kind = entry.get("kind")
    if kind not in KINDS:
        faults.add(index, "kind", "bad_kind", kind)
    at_ms, problem = time_ms(entry["at"]) if entry.get("at") is not None else (received_ms, None)
    if problem:
        faults.add(index, "at", problem, entry["at"])
    number = _text(index, entry, "id", MAX_ID, faults)
    if number == "" and index not in faults.refused:
        faults.add(index, "id", "missing_id")
    tag = _text(index, entry, "tag", MAX_CODE, faults)
    level = _text(index, entry, "level", MAX_LEVEL, faults)
    text = _text(index, entry, "text", MAX_ALARM_TEXT, faults)
    if index in faults.refused:
        return None
    return ExternalAlarm(number, str(kind), at_ms, tag, level, text)


def _text(index: int, entry: dict[str, Any], name: str, limit: int, faults: Faults) -> str:
    given = entry.get(name)
    if given is None:
        return ""
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**18:
        given = str(given)  # many systems number their alarms and levels
    if isinstance(given, str) and len(given) <= limit and not any("\ud800" <= c <= "\udfff" or c < " " for c in given):
        return given
    faults.add(index, name, "bad_text", given)
    return ""
