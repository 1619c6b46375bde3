"""Terraform's functions over known values. What reads the clock, the network, randomness or a regular expression
of the repository is left out: its result stays unknown.
"""

from __future__ import annotations

import base64
import json
import math
import posixpath
import re
from collections.abc import Callable
from itertools import product
from typing import Any

from mlops_scan.scanner.formats.hcl.decoding import bounded, from_text
from mlops_scan.scanner.formats.hcl.values import (
    MAX_CHARS,
    Encoded,
    Object,
    Value,
    to_bool,
    to_number,
    to_text,
)

ERRORS = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, ZeroDivisionError)
_VERB = re.compile(r"%[-+ 0#]*(?P<width>\d{0,9})(?:\.(?P<precision>\d{0,9}))?(?P<verb>[a-zA-Z%])")
_WIDTH = 100


def _string(value: Value) -> str:
    text = to_text(value)
    if text is None:
        raise TypeError
    return text


def _number(value: Value) -> int | float:
    number = to_number(value)
    if number is None:
        raise TypeError
    return number


def _integer(value: Value) -> int:
    return int(_number(value))


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _object(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _is_scalar(value: Value) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _distinct(items: list[Value]) -> list[Value]:
    seen: set[tuple[type, Any]] = set()
    made: list[Value] = []
    for item in items:
        mark = (type(item), item) if _is_scalar(item) else (object, id(item))
        if mark not in seen:
            seen.add(mark)
            made.append(item)
    return made


def _toset(value: Value) -> list[Value]:
    items = _distinct(_list(value))
    return sorted(items) if all(isinstance(item, str) for item in items) else items


def _flatten(items: list[Value], depth: int = 0) -> Any:
    for item in items:
        if isinstance(item, list) and depth < 20:
            yield from _flatten(item, depth + 1)
        else:
            yield item


def _lookup(mapping: Value, key: Value, *default: Value) -> Value:
    found = _object(mapping)
    return found[_string(key)] if _string(key) in found else default[0]


def _element(items: Value, index: Value) -> Value:
    found = _list(items)
    return found[_integer(index) % len(found)]


def _length(value: Value) -> int:
    if isinstance(value, (str, list, dict)):
        return len(value)
    raise TypeError


def _contains(items: Value, wanted: Value) -> bool:
    return any(_is_scalar(item) and type(item) is type(wanted) and item == wanted for item in _list(items))


def _replace(text: Value, old: Value, new: Value) -> str:
    pattern = _string(old)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        raise ValueError("a regular expression")
    if not pattern:
        raise ValueError
    made = _string(text).replace(pattern, _string(new)) if len(_string(new)) < 10_000 else ""
    if len(made) > MAX_CHARS:
        raise OverflowError
    return made


def _format(pattern: Value, *args: Value) -> str:
    left = list(args)

    def put(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        value = left.pop(0)
        if int(match["width"] or 0) > _WIDTH or int(match["precision"] or 0) > _WIDTH:
            raise OverflowError
        if verb in "dxXob":
            return match[0] % _integer(value) if verb != "b" else bin(_integer(value))[2:]
        if verb in "feEgG":
            return match[0] % float(_number(value))
        if verb in "svq":
            text = json.dumps(_string(value)) if verb == "q" else _string(value)
            return match[0].replace(verb, "s") % text
        raise ValueError

    return _VERB.sub(put, _string(pattern))


def _substr(text: Value, offset: Value, length: Value) -> str:
    start, size = _integer(offset), _integer(length)
    rest = _string(text)[start:]
    return rest if size < 0 else rest[:size]


def _indent(spaces: Value, text: Value) -> str:
    return _string(text).replace("\n", "\n" + " " * min(_integer(spaces), _WIDTH))


def _range(*numbers: Value) -> list[Value]:
    return bounded(iter(range(*(_integer(number) for number in numbers))))


def _zipmap(keys: Value, values: Value) -> Object:
    return Object(zip((_string(key) for key in _list(keys)), _list(values), strict=False))


def _jsondecode(text: Value) -> Value:
    if isinstance(text, Encoded):
        return text.data
    return from_text(_string(text))


def _base64decode(text: Value) -> str:
    return base64.b64decode(_string(text), validate=True).decode()


def _tobool(value: Value) -> bool:
    found = to_bool(value)
    if found is None:
        raise TypeError
    return found


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": lambda x: abs(_number(x)),
    "alltrue": lambda x: all(to_bool(item) for item in _list(x)),
    "anytrue": lambda x: any(to_bool(item) for item in _list(x)),
    "base64decode": _base64decode,
    "base64encode": lambda x: base64.b64encode(_string(x).encode()).decode(),
    "basename": lambda x: posixpath.basename(_string(x)),
    "ceil": lambda x: math.ceil(_number(x)),
    "chomp": lambda x: _string(x).rstrip("\r\n"),
    "coalescelist": lambda *xs: next((x for x in xs if _list(x)), []),
    "compact": lambda x: [item for item in _list(x) if item not in (None, "")],
    "contains": _contains,
    "dirname": lambda x: posixpath.dirname(_string(x)) or ".",
    "distinct": lambda x: _distinct(_list(x)),
    "element": _element,
    "endswith": lambda x, end: _string(x).endswith(_string(end)),
    "flatten": lambda x: bounded(_flatten(_list(x))),
    "floor": lambda x: math.floor(_number(x)),
    "format": _format,
    "formatlist": lambda pattern, items: [_format(pattern, item) for item in _list(items)],
    "indent": _indent,
    "index": lambda items, x: _list(items).index(_string(x)),
    "join": lambda separator, items: _string(separator).join(_string(item) for item in _list(items)),
    "jsondecode": _jsondecode,
    "keys": lambda x: sorted(_object(x)),
    "length": _length,
    "lookup": _lookup,
    "lower": lambda x: _string(x).lower(),
    "max": lambda *xs: max(_number(x) for x in xs),
    "min": lambda *xs: min(_number(x) for x in xs),
    "nonsensitive": lambda x: x,
    "one": lambda x: x[0] if _list(x) else None,
    "parseint": lambda x, base: int(_string(x)[:100], _integer(base)),
    "range": _range,
    "replace": _replace,
    "reverse": lambda x: _list(x)[::-1],
    "sensitive": lambda x: x,
    "setintersection": lambda x, y: [item for item in _toset(x) if _contains(y, item)],
    "setproduct": lambda *xs: bounded([*one] for one in product(*(_list(x) for x in xs))),
    "setsubtract": lambda x, y: [item for item in _toset(x) if not _contains(y, item)],
    "setunion": lambda *xs: _toset([item for x in xs for item in _list(x)]),
    "slice": lambda x, start, end: _list(x)[_integer(start) : _integer(end)],
    "sort": lambda x: sorted(_string(item) for item in _list(x)),
    "split": lambda separator, x: list(bounded(_string(x).split(_string(separator)))),
    "startswith": lambda x, start: _string(x).startswith(_string(start)),
    "strcontains": lambda x, part: _string(part) in _string(x),
    "strrev": lambda x: _string(x)[::-1],
    "substr": _substr,
    "sum": lambda x: sum(_number(item) for item in _list(x)),
    "title": lambda x: _string(x).title(),
    "tobool": lambda x: None if x is None else _tobool(x),
    "tolist": lambda x: _list(x),
    "tomap": lambda x: x if isinstance(x, Object) else Object(_object(x)),
    "tonumber": lambda x: None if x is None else _number(x),
    "toset": _toset,
    "tostring": lambda x: None if x is None else _string(x),
    "trim": lambda x, characters: _string(x).strip(_string(characters)),
    "trimprefix": lambda x, prefix: _string(x).removeprefix(_string(prefix)),
    "trimspace": lambda x: _string(x).strip(),
    "trimsuffix": lambda x, suffix: _string(x).removesuffix(_string(suffix)),
    "upper": lambda x: _string(x).upper(),
    "values": lambda x: [_object(x)[key] for key in sorted(_object(x))],
    "yamldecode": _jsondecode,
    "zipmap": _zipmap,
}
