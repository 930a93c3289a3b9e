"""Reading an input: JSON against a type, with every fault found at once.

Types are msgspec structs. A field carries its unit in its name and, for the schema, in
`Annotated[float, number("t", gt=0)]`. A struct may define `check(self, at: str) -> Iterable[Fault]` for what one field alone cannot
say; it is asked only when its own fields are sound, whatever is wrong elsewhere. With a classmethod `check_fields(cls, fields, at)`
it says what it can of those fields that are sound (plain objects by name) when others are not. Unknown fields are faults: a misspelt
optional field must not be lost in silence.
"""

from __future__ import annotations

import difflib
import json
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect as shape

from chemward.science.faults import Fault, Faults

T = TypeVar("T")

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 64


def number(
    unit: str,
    description: str | None = None,
    *,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
) -> msgspec.Meta:
    """Meta of a numeric field: its unit, what it means, its limits (gt, ge, lt, le)."""
    limits: dict[str, Any] = {"gt": gt, "ge": ge, "lt": lt, "le": le}
    return msgspec.Meta(**limits, description=description, extra_json_schema={"unit": unit})


def read(kind: type[T], content: bytes | str) -> T:
    """The input of type `kind` from JSON text. Raises Faults that name every wrong field."""
    if len(content) > MAX_BYTES:
        raise Faults([Fault("", f"the input is larger than {MAX_BYTES // 2**20} MiB", "split it")])
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        data = json.loads(text, object_pairs_hook=_no_twice)
    except UnicodeDecodeError as fault:
        raise Faults([Fault("", f"is not UTF-8 at byte {fault.start}", "save the file as UTF-8")]) from None
    except json.JSONDecodeError as fault:
        raise Faults(
            [Fault("", f"is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}", "correct the file")]
        ) from None
    except (RecursionError, ValueError) as fault:
        raise Faults([Fault("", f"cannot be read as JSON: {fault}", "correct the file")]) from None
    return convert(kind, data)


def convert(kind: type[T], data: Any) -> T:
    """The input of type `kind` from plain objects (dict, list, str, float, bool, None). Raises Faults, all at once."""
    faults = list(_walk(_info(kind), data, "", 0))  # type: ignore[arg-type]
    if faults:
        raise Faults([*faults, *_sound_parts(_info(kind), data, "")])  # type: ignore[arg-type]
    value = _made(kind, data, "")
    faults = list(_checks(value, ""))
    if faults:
        raise Faults(faults)
    return value


def _made(kind: type[T], data: Any, at: str) -> T:
    """The value of sound data. Not strict, so that 10.0 is a whole number; what else could be taken for another is refused before."""
    try:
        return msgspec.convert(data, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise Faults([Fault(at, str(fault), "correct it")]) from None


def schema(kind: type) -> dict[str, Any]:
    """JSON Schema (2020-12) of a type, units beside the fields."""
    return msgspec.json.schema(kind)


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"{', '.join(twice)} given twice in one object")
    return found


@cache
def _info(kind: Any) -> shape.Type:
    return shape.type_info(kind)


def _walk(info: shape.Type, value: Any, at: str, depth: int) -> Iterator[Fault]:
    """Faults of a value against what the type says, deepest paths included."""
    if depth > MAX_DEPTH:
        yield Fault(at, "is nested too deeply", "flatten the input")
        return
    unit, info = _unwrapped(info)
    if isinstance(info, shape.UnionType):
        yield from _walk_union(info, value, at, depth, unit)
    elif isinstance(info, shape.StructType):
        yield from _walk_struct(info, value, at, depth)
    elif isinstance(info, shape.ListType | shape.VarTupleType | shape.CollectionType):
        yield from _walk_items(info, value, at, depth)
    elif isinstance(info, shape.TupleType):
        yield from _walk_tuple(info, value, at, depth)
    elif isinstance(info, shape.DictType):
        yield from _walk_dict(info, value, at, depth)
    elif isinstance(info, shape.FloatType | shape.IntType):
        yield from _number_faults(info, value, at, unit)
    else:
        yield from _plain_faults(info, value, at)


def _unwrapped(info: shape.Type) -> tuple[str, shape.Type]:
    unit = ""
    while isinstance(info, shape.Metadata):
        unit = (info.extra_json_schema or {}).get("unit", unit)
        info = info.type
    return unit, info


def _walk_union(info: shape.UnionType, value: Any, at: str, depth: int, unit: str) -> Iterator[Fault]:
    if value is None and info.includes_none:
        return
    kinds = [_unwrapped(kind) for kind in info.types]
    tagged = {kind.tag: kind for _, kind in kinds if isinstance(kind, shape.StructType) and kind.tag is not None}
    if len(tagged) > 1 and isinstance(value, dict):
        field = next(kind.tag_field for kind in tagged.values())
        chosen = tagged.get(value.get(field))  # type: ignore[arg-type]
        if chosen is None:
            yield Fault(_join(at, str(field)), _not_one_of(value.get(field), tagged), f"give one of {_listed(tagged)}")
        else:
            yield from _walk(chosen, value, at, depth)
        return
    fewest: list[Fault] | None = None
    for own_unit, kind in kinds:
        if isinstance(kind, shape.NoneType):
            continue
        found = (
            list(_number_faults(kind, value, at, own_unit or unit))
            if isinstance(kind, shape.FloatType | shape.IntType)
            else list(_walk(kind, value, at, depth))
        )
        if not found:
            return
        if fewest is None or len(found) < len(fewest):
            fewest = found
    yield from fewest or []


def _walk_struct(info: shape.StructType, value: Any, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(at, f"is {_named(value)}, not an object", "give an object {…}")
        return
    fields = {field.encode_name: field for field in info.fields}
    for name in value:
        if name not in fields and name != info.tag_field:
            yield Fault(_join(at, name), "is not a field that is known here", _nearest(name, fields))
    for name, field in fields.items():
        if name in value:
            yield from _walk(field.type, value[name], _join(at, name), depth + 1)
        elif field.required:
            unit, _ = _unwrapped(field.type)
            yield Fault(_join(at, name), "is missing", f"give it in {unit}" if unit else "give it")


def _walk_items(info: Any, value: Any, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(value, list | tuple):
        yield Fault(at, f"is {_named(value)}, not a list", "give a list […]")
        return
    least, most = getattr(info, "min_length", None), getattr(info, "max_length", None)
    if least and len(value) < least:
        yield Fault(at, f"has {len(value)} entries", f"give at least {least}")
    if most and len(value) > most:
        yield Fault(at, f"has {len(value)} entries", f"give at most {most}")
        return
    for index, item in enumerate(value):
        yield from _walk(info.item_type, item, f"{at}[{index}]", depth + 1)


def _walk_tuple(info: shape.TupleType, value: Any, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(value, list | tuple) or len(value) != len(info.item_types):
        yield Fault(at, f"is {_named(value)}", f"give a list of {len(info.item_types)} values")
        return
    for index, (kind, item) in enumerate(zip(info.item_types, value, strict=True)):
        yield from _walk(kind, item, f"{at}[{index}]", depth + 1)


def _walk_dict(info: shape.DictType, value: Any, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(at, f"is {_named(value)}, not an object", "give an object {…}")
        return
    for key, item in value.items():
        yield from _plain_faults(_unwrapped(info.key_type)[1], key, _join(at, key))
        yield from _walk(info.value_type, item, _join(at, key), depth + 1)


def _number_faults(info: Any, value: Any, at: str, unit: str) -> Iterator[Fault]:
    kind = "a number" if isinstance(info, shape.FloatType) else "a whole number"
    wanted = f"{kind} in {unit}" if unit else kind
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Fault(at, f"is {_named(value)}, not {wanted}", f"give {wanted}")
    elif not math.isfinite(value):
        yield Fault(at, f"is {value}, which is no number", f"give {wanted}, or leave it out if it is not known")
    elif isinstance(info, shape.IntType) and value != int(value):
        yield Fault(at, f"is {value:g}, not {wanted}", f"give {wanted}")
    elif abs(value) > 1e300:
        yield Fault(at, f"is {value:g}, beyond what can be computed with", f"give {wanted}")
    else:
        yield from _limit_faults(info, value, at, unit)


_LIMITS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("gt", "above", operator.gt),
    ("ge", "at least", operator.ge),
    ("lt", "below", operator.lt),
    ("le", "at most", operator.le),
)


def _limit_faults(info: Any, value: float, at: str, unit: str) -> Iterator[Fault]:
    for name, words, holds in _LIMITS:
        limit = getattr(info, name)
        if limit is not None and not holds(value, limit):
            yield Fault(at, f"is {value:g} {unit}".rstrip(), f"give a value {words} {limit:g} {unit}".rstrip())


def _plain_faults(info: shape.Type, value: Any, at: str) -> Iterator[Fault]:
    if isinstance(info, shape.LiteralType | shape.EnumType):
        allowed = info.values if isinstance(info, shape.LiteralType) else tuple(member.value for member in info.cls)
        if value not in allowed or isinstance(value, bool) != any(isinstance(a, bool) for a in allowed if a == value):
            yield Fault(at, _not_one_of(value, allowed), f"give one of {_listed(allowed)}")
        return
    try:
        msgspec.convert(value, _python_type(info))
    except msgspec.ValidationError as fault:
        yield Fault(at, f"is {_named(value)}: {fault}", "correct it")


def _python_type(info: shape.Type) -> Any:
    if isinstance(info, shape.StrType):
        limits = {"min_length": info.min_length, "max_length": info.max_length, "pattern": info.pattern}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        return _annotated(str, given)
    plain: dict[type, Any] = {shape.BoolType: bool, shape.AnyType: Any, shape.NoneType: None}
    return plain.get(type(info), Any)


def _annotated(kind: type, limits: dict[str, Any]) -> Any:
    from typing import Annotated

    return Annotated[kind, msgspec.Meta(**limits)] if limits else kind


def _checks(value: Any, at: str) -> Iterator[Fault]:
    """Faults that structs find in themselves, from the outside in."""
    if isinstance(value, msgspec.Struct):
        check = getattr(value, "check", None)
        if check is not None:
            found: Iterable[Fault] = check(at)
            yield from found
        for name, encoded in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _checks(getattr(value, name), _join(at, encoded))
    elif isinstance(value, list | tuple):
        if value and isinstance(value[0], float | int | str):
            return  # long series of plain values hold no structs
        for index, item in enumerate(value):
            yield from _checks(item, f"{at}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _checks(item, _join(at, str(key)))


def _sound_parts(info: shape.Type, value: Any, at: str) -> Iterator[Fault]:
    """Faults that the sound parts of an unsound input find in themselves, so that one slip does not hide the others."""
    _, info = _unwrapped(info)
    if isinstance(info, shape.UnionType):
        info = _chosen(info, value)
    if isinstance(info, shape.StructType) and isinstance(value, dict):
        yield from _sound_struct(info, value, at)
    elif isinstance(info, shape.ListType | shape.VarTupleType) and isinstance(value, list) and _holds_structs(info.item_type):
        for index, item in enumerate(value):
            yield from _sound_parts(info.item_type, item, f"{at}[{index}]")
    elif isinstance(info, shape.DictType) and isinstance(value, dict):
        for key, item in value.items():
            yield from _sound_parts(info.value_type, item, _join(at, str(key)))


def _sound_struct(info: shape.StructType, value: dict[str, Any], at: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in info.fields}
    known = {name: item for name, item in value.items() if name in fields or name == info.tag_field}
    if next(_walk(info, known, at, 0), None) is None:
        try:
            yield from _checks(_made(info.cls, known, at), at)
        except Faults as refused:
            yield from refused.faults
        return
    sound = {
        name: known[name] for name, field in fields.items() if name in known and not any(_walk(field.type, known[name], at, 0))
    }
    check = getattr(info.cls, "check_fields", None)
    if check is not None:
        yield from check(sound, at)
    for name in known:
        if name in fields:
            yield from _sound_parts(fields[name].type, known[name], _join(at, name))


def _chosen(info: shape.UnionType, value: Any) -> shape.Type:
    """The kind of a union that a value says it is: by its tag, else the first that may hold a part."""
    kinds = [kind for _, kind in map(_unwrapped, info.types) if not isinstance(kind, shape.NoneType)]
    tagged = {kind.tag: kind for kind in kinds if isinstance(kind, shape.StructType) and kind.tag is not None}
    if tagged and isinstance(value, dict):
        field = str(next(iter(tagged.values())).tag_field)
        tag = value.get(field)
        return tagged.get(tag, shape.AnyType()) if isinstance(tag, str | int) else shape.AnyType()
    return next(iter(kinds), shape.AnyType())


def _holds_structs(info: shape.Type) -> bool:
    _, info = _unwrapped(info)
    plain = shape.FloatType | shape.IntType | shape.StrType | shape.BoolType
    return not isinstance(info, plain)


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else str(name)


def _named(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return f"{value:g}"


def _not_one_of(value: Any, allowed: Iterable[Any]) -> str:
    near = difflib.get_close_matches(str(value), [str(a) for a in allowed], 1)
    return f"is {_named(value)}" + (f" (is {near[0]!r} meant?)" if near else "")


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _nearest(name: str, fields: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(fields), 1, 0.6)
    return f"leave it out; is {near[0]!r} meant?" if near else f"leave it out; known are {_listed(fields)}"
