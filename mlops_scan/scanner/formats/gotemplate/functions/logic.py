"""Comparison, choice, types, and the functions by which a chart refuses its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, kind, to_int, to_number, truth, type_name
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, RefusedError, TemplateError, Value

_COMPARED = 200_000


def equal(left: Value, *others: Value) -> bool:
    """`eq`: the first argument equals one of the others."""
    return any(_equal(left, other) for other in others)


def _equal(left: Value, right: Value) -> bool:
    if left is UNKNOWN or right is UNKNOWN:
        return (left is UNKNOWN or left is None) and (right is UNKNOWN or right is None)
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left == right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return type(left) is type(right) and not isinstance(left, (dict, list)) and bool(left == right)


def same(left: Value, right: Value) -> bool:
    """reflect.DeepEqual, but for the kind of a number. Raises BoundError for values too big to compare."""
    return _same(left, right, [_COMPARED], 0)


def _same(left: Value, right: Value, left_over: list[int], depth: int) -> bool:
    left_over[0] -= 1
    if left_over[0] < 0 or depth > bounds.YAML_DEPTH:
        raise BoundError("values too big to compare")
    if isinstance(left, dict) and isinstance(right, dict):
        if left is right:
            return True
        return left.keys() == right.keys() and all(_same(left[key], right[key], left_over, depth + 1) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(_same(one, two, left_over, depth + 1) for one, two in pairs)
    return _equal(left, right)


def _order(left: Value, right: Value) -> int:
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    first, second = to_number(left), to_number(right)
    return (first > second) - (first < second)


def _index(holder: Value, *keys: Value) -> Value:
    for key in keys:
        if holder is UNKNOWN:
            return UNKNOWN
        if holder is None:
            raise TemplateError("index of untyped nil")
        if isinstance(holder, dict):
            holder = holder.get(show(key))
        elif isinstance(holder, (list, str)):
            place = to_int(key)
            if not 0 <= place < len(holder):
                raise TemplateError(f"index out of range: {place}")
            holder = holder[place]
        else:
            raise TemplateError(f"can't index item of type {type_name(holder)}")
    return holder


def _length(value: Value) -> int:
    if value is None or value is UNKNOWN:
        raise TemplateError("len of nil pointer")
    return len(value.encode()) if isinstance(value, str) else len(value)


def _default(fallback: Value, *given: Value) -> Value:
    return given[0] if given and truth(given[0]) else fallback


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if truth(value)), None)


def _fail(message: Value = "") -> Value:
    raise RefusedError(show(message)[:200])


def _required(message: Value, value: Value) -> Value:
    if value is None or value == "":
        raise RefusedError(show(message)[:200])
    return value


def _kind_is(wanted: Value, value: Value) -> bool:
    return kind(value) == wanted or (wanted == "int64" and kind(value) == "int")


def _type_is(wanted: Value, value: Value) -> bool:
    return type_name(value) == show(wanted).lstrip("*") or (wanted == "int64" and kind(value) == "int")


LOGIC: Mapping[str, Callable[..., Value]] = {
    "not": lambda value: not truth(value),
    "eq": equal,
    "ne": lambda left, right: not _equal(left, right),
    "lt": lambda left, right: _order(left, right) < 0,
    "le": lambda left, right: _order(left, right) <= 0,
    "gt": lambda left, right: _order(left, right) > 0,
    "ge": lambda left, right: _order(left, right) >= 0,
    "any": lambda *values: any(truth(value) for value in values),
    "all": lambda *values: all(truth(value) for value in values),
    "len": _length,
    "index": _index,
    "default": _default,
    "empty": lambda value: not truth(value),
    "coalesce": _coalesce,
    "ternary": lambda yes, no, test: yes if truth(test) else no,
    "required": _required,
    "fail": _fail,
    "deepEqual": same,
    "kindOf": kind,
    "kindIs": _kind_is,
    "typeOf": type_name,
    "typeIs": _type_is,
    "typeIsLike": _type_is,
    "lookup": lambda *_: {},  # without a cluster nobody is asked
    "env": lambda _: "",
    "expandenv": show,
    "getHostByName": lambda _: "",
    "hello": lambda: "Hello!",
    "call": lambda *_: UNKNOWN,
}
