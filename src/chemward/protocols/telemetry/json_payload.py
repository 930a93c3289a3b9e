"""JSON forms of a device payload. Well-typed messages go through one typed pass, all others through a patient one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from chemward.protocols.telemetry.columns import RawColumns
from chemward.protocols.telemetry.faults import Faults, UnreadableMessage
from chemward.protocols.telemetry.taglists import TagList, TagListCache

_FIELDS = ("t", "q", "u", "cal", "maint")
Value = float | str | bool | None


class Row(msgspec.Struct, gc=False):
    """One sample as a JSON object."""

    tag: str
    v: Value = None
    t: int | str | None = None
    q: int | str | None = None
    u: str | None = None
    cal: bool | None = None
    maint: bool | None = None


class Message(msgspec.Struct):
    """A JSON object in one of its three forms; which one, its fields tell."""

    tag: str | None = None
    tags: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    samples: list[Row] | None = None
    v: Value | list[Value] = None
    t: int | str | list[int | str | None] | None = None
    q: int | str | list[int | str | None] | None = None
    u: str | list[str | None] | None = None
    cal: bool | list[bool | None] | None = None
    maint: bool | list[bool | None] | None = None


_rows_decoder = msgspec.json.Decoder(list[Row])
_message_decoder = msgspec.json.Decoder(Message)
_codes_decoder = msgspec.json.Decoder(list[str])


def parse(data: bytes, faults: Faults, cache: TagListCache) -> RawColumns:
    """Columns as they stand in a JSON message. UnreadableMessage when nothing of it can be read."""
    try:
        raw = _parse_typed(data, cache)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raw = None  # something is odd: find out what, sample by sample
    return raw if raw is not None else _parse_patiently(data, faults, cache)


# -- the usual, well-typed message -------------------------------------------------------------------------------------


def _parse_typed(data: bytes, cache: TagListCache) -> RawColumns | None:
    if data.lstrip()[:1] == b"[":
        rows = _rows_decoder.decode(data)
        return _from_rows(rows, Message(), cache) if rows else None
    message = _message_decoder.decode(data)
    if message.tags is not msgspec.UNSET:
        return _from_columns(message, message.tags, cache)
    if message.samples:
        return _from_rows(message.samples, message, cache)
    if message.tag and not isinstance(message.v, list):
        return _single(message, message.tag, cache)
    return None


def _from_columns(message: Message, tags: msgspec.Raw, cache: TagListCache) -> RawColumns:
    key = bytes(tags)
    listed = cache.get(key, len(key), lambda: _codes_decoder.decode(key))
    return RawColumns(listed, message.v, message.t, message.q, message.u, message.cal, message.maint)


def _from_rows(rows: Sequence[Row], shared: Message, cache: TagListCache) -> RawColumns:
    columns = {name: _column([getattr(row, name) for row in rows], getattr(shared, name)) for name in _FIELDS}
    return RawColumns(_tag_list([row.tag for row in rows], cache), [row.v for row in rows], **columns)


def _single(message: Message, tag: str, cache: TagListCache) -> RawColumns:
    return RawColumns(_tag_list([tag], cache), [message.v], message.t, message.q, message.u, message.cal, message.maint)


def _column(entries: list[Any], shared: Any) -> Any:
    """The field of all rows, a shared one of the message filling the gaps; None when nobody gave it."""
    if not any(entry is not None for entry in entries):
        return None if isinstance(shared, list) else shared
    if shared is None or isinstance(shared, list):
        return entries
    return [shared if entry is None else entry for entry in entries]


def _tag_list(codes: list[Any], cache: TagListCache) -> TagList:
    try:
        return cache.get(tuple(codes), 64 * len(codes), lambda: codes)
    except TypeError:  # an unhashable code: a list or an object stood there
        return TagList(codes)


# -- the odd message ---------------------------------------------------------------------------------------------------


def _parse_patiently(data: bytes, faults: Faults, cache: TagListCache) -> RawColumns:
    content = _loaded(data)
    if isinstance(content, list):
        return _rows_patiently(content, {}, faults, cache)
    if not isinstance(content, dict):
        raise UnreadableMessage("unknown_form", type(content).__name__)
    if "tags" in content:
        return _columns_patiently(content, faults, cache)
    if "samples" in content:
        if not isinstance(content["samples"], list):
            raise UnreadableMessage("unknown_form", "samples")
        return _rows_patiently(content["samples"], content, faults, cache)
    if "tag" in content or "v" in content:
        return _rows_patiently([content], {}, faults, cache)
    raise UnreadableMessage("unknown_form", ", ".join(list(content)[:5]) or "{}")


def _loaded(data: bytes) -> Any:
    try:
        # The patient parser: NaN, 1e400 and endless integers become values, so that only their samples are refused.
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableMessage("not_utf8", f"byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise UnreadableMessage("malformed_json", f"{error.msg}, line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableMessage("too_deep") from error
    except ValueError as error:  # an integer of thousands of digits
        raise UnreadableMessage("malformed_json", str(error)) from error


def _rows_patiently(rows: list[Any], shared: dict[str, Any], faults: Faults, cache: TagListCache) -> RawColumns:
    if not rows:
        raise UnreadableMessage("empty")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            faults.add(index, "", "not_an_object", row)
    # A row that is no object stays in its place, refused, so that the indices of the others are right.
    placed = [row if isinstance(row, dict) else _PLACEHOLDER for row in rows]
    columns = {name: _column([row.get(name) for row in placed], shared.get(name)) for name in _FIELDS}
    return RawColumns(_tag_list([row.get("tag") for row in placed], cache), [row.get("v") for row in placed], **columns)


_PLACEHOLDER = {"tag": "-", "v": 0.0}


def _columns_patiently(content: dict[str, Any], faults: Faults, cache: TagListCache) -> RawColumns:
    codes, values = content["tags"], content.get("v")
    if not isinstance(codes, list) or not isinstance(values, list):
        raise UnreadableMessage("unknown_form", "tags, v")
    if not codes:
        raise UnreadableMessage("empty")
    return RawColumns(_tag_list(codes, cache), values, **{name: content.get(name) for name in _FIELDS})
