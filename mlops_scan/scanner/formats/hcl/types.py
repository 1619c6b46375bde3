"""Type constraints of variables: what a value that was given becomes, with the defaults of optional attributes."""

from __future__ import annotations

import re

from mlops_scan.scanner.formats.hcl.evaluate import evaluate
from mlops_scan.scanner.formats.hcl.frames import Frame
from mlops_scan.scanner.formats.hcl.nodes import Call, Expression, Name, ObjectLiteral
from mlops_scan.scanner.formats.hcl.values import Object, Unknown, Value, to_bool, to_number, to_text

_MADE_LATER = re.compile(r"(?:^|_)(?:model|image)_(?:\w+_)?(?:uri|url|arn)$")
_PRIMITIVES = {"string": to_text, "number": to_number, "bool": to_bool}


def made_later(name: str, default: Value) -> bool:
    """Whether an empty default waits for what a training run or a build makes first, and so switches nothing off."""
    return default in ("", None) and _MADE_LATER.search(name) is not None


def completed(value: Value, kind: Expression, frame: Frame) -> Value:
    """`value` as the type constraint `kind` makes it; a value that does not fit stays as it is."""
    frame.budget.left -= 1
    if frame.budget.left <= 0 or value is None or isinstance(value, Unknown):
        return value
    if isinstance(kind, Name):
        convert = _PRIMITIVES.get(kind.name)
        converted = convert(value) if convert is not None else None
        return value if converted is None else converted
    if not isinstance(kind, Call) or not kind.args:
        return value
    inner = kind.args[0]
    if kind.name == "optional":
        return completed(value, inner, frame)
    if kind.name in ("list", "set") and isinstance(value, list):
        return [completed(item, inner, frame) for item in value]
    if kind.name == "map" and isinstance(value, Object):
        return _like(value, {key: completed(item, inner, frame) for key, item in value.items()})
    if kind.name == "object" and isinstance(value, Object) and isinstance(inner, ObjectLiteral):
        return _object(value, inner, frame)
    return value


def _like(value: Object, items: dict[str, Value]) -> Object:
    made = Object(items, value.place, block=value.block)
    made.places = value.places
    return made


def _object(value: Object, kind: ObjectLiteral, frame: Frame) -> Object:
    items = dict(value)
    for item in kind.items:
        key = to_text(evaluate(item.key, frame))
        if key is None:
            continue
        given = value.get(key)
        if given is None and isinstance(item.value, Call) and item.value.name == "optional":
            given = evaluate(item.value.args[1], frame) if len(item.value.args) > 1 else None
            items[key] = given
        if given is not None:
            items[key] = completed(given, item.value, frame)
    return _like(value, items)
