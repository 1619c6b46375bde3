"""Evaluates expressions in a frame: constants come out as data, the rest as Unknown with what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl import calls, operators, texts
from mlops_scan.scanner.formats.hcl.elements import bound, element, elements
from mlops_scan.scanner.formats.hcl.frames import Frame, Steps
from mlops_scan.scanner.formats.hcl.nodes import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    ForExpression,
    If,
    Literal,
    Name,
    ObjectLiteral,
    Opaque,
    Splat,
    Template,
    Tuple,
    Unary,
)
from mlops_scan.scanner.formats.hcl.special import SPECIAL
from mlops_scan.scanner.formats.hcl.values import (
    MAX_CHARS,
    MAX_ITEMS,
    Object,
    Unknown,
    Value,
    combined,
    named,
    placed,
    settled,
    spelled,
    to_bool,
    to_number,
    to_text,
    wrong,
)


def evaluate(expression: Expression, frame: Frame) -> Value:
    """The value of `expression`. Never fails: over a bound, or where the files do not tell, it is Unknown."""
    budget = frame.budget
    if budget.left <= 0 or budget.depth >= bounds.HCL_DEPTH:
        return Unknown(expression.source)
    budget.left -= 1
    budget.depth += 1
    try:
        return _HANDLERS[type(expression)](expression, frame)
    finally:
        budget.depth -= 1


def _literal(expression: Literal, frame: Frame) -> Value:
    return expression.value


def _opaque(expression: Opaque, frame: Frame) -> Value:
    return Unknown(expression.source)


def _tuple(expression: Tuple, frame: Frame) -> Value:
    _told(expression, frame)
    return [evaluate(item, frame) for item in expression.items[:MAX_ITEMS]]


def _object(expression: ObjectLiteral, frame: Frame) -> Value:
    _told(expression, frame)
    made = Object(place=(frame.path, *expression.spot))
    for item in expression.items[:MAX_ITEMS]:
        key = to_text(settled(evaluate(item.key, frame)))
        if key is None:
            key = item.key.source
        made[key] = evaluate(item.value, frame)
        made.places[key] = (frame.path, *item.spot)
    return made


def _told(expression: Tuple | ObjectLiteral, frame: Frame) -> None:
    if len(expression.items) > MAX_ITEMS:
        frame.budget.large.add((frame.path, *expression.spot))


def _conditional(expression: Conditional, frame: Frame) -> Value:
    test = to_bool(settled(evaluate(expression.condition, frame)))
    if test is not None:
        return evaluate(expression.then if test else expression.otherwise, frame)
    branches = [evaluate(expression.then, frame), evaluate(expression.otherwise, frame)]
    if operators.same(*branches):
        return branches[0]
    return combined(expression.source, branches)


def _binary(expression: Binary, frame: Frame) -> Value:
    left = evaluate(expression.left, frame)
    decided = operators.decided(expression.operator, settled(left))
    if decided is not None:
        return decided
    right = evaluate(expression.right, frame)
    return operators.apply(expression.operator, left, right, expression.source)


def _unary(expression: Unary, frame: Frame) -> Value:
    value = evaluate(expression.operand, frame)
    if expression.operator == "!":
        truth = to_bool(settled(value))
        return combined(expression.source, [value]) if truth is None else not truth
    number = to_number(settled(value))
    return combined(expression.source, [value]) if number is None else -number


def _call(expression: Call, frame: Frame) -> Value:
    special = SPECIAL.get(expression.name)
    if special is not None:
        return special(expression, frame, evaluate)
    args = [evaluate(arg, frame) for arg in expression.args]
    if expression.expands and args and isinstance(args[-1], list):
        args = [*args[:-1], *args[-1][:MAX_ITEMS]]
    frame.budget.left -= sum(len(arg) for arg in args if isinstance(arg, (str, list, dict))) // 16
    try:
        return calls.call(expression.name, args, expression.source)
    except OverflowError:
        frame.budget.large.add((frame.path, *expression.spot))
        return Unknown(expression.source, call=expression.name, wrong=True)


def _for(expression: ForExpression, frame: Frame) -> Value:
    collection = evaluate(expression.collection, frame)
    pairs = elements(collection)
    if pairs is None:
        return combined(expression.source, [collection])
    kept = [one for one in (bound(frame, expression.names, *pair) for pair in pairs) if _passes(expression, one)]
    if expression.key is None:
        return [evaluate(expression.value, one) for one in kept]
    made = Object(place=(frame.path, *expression.spot))
    for one in kept:
        key, value = to_text(settled(evaluate(expression.key, one))), evaluate(expression.value, one)
        if key is not None and expression.grouped:
            made.setdefault(key, []).append(value)
        elif key is not None:
            made[key] = value
    return made


def _passes(expression: ForExpression, frame: Frame) -> bool:
    return expression.condition is None or to_bool(settled(evaluate(expression.condition, frame))) is not False


def _template(expression: Template, frame: Frame) -> Value:
    if expression.wraps:
        part = expression.parts[0]
        return None if isinstance(part, (str, If, For)) else evaluate(part, frame)
    pieces = list(_pieces(expression.parts, frame))
    text = "".join(map(spelled, pieces))
    frame.budget.left -= len(text) // 64
    if len(text) > MAX_CHARS:
        return Unknown(expression.source)
    if expression.line:
        text = placed(text, frame.path, texts.lines(pieces, expression.line))
    return (
        texts.half_known(expression.source, pieces, text) if any(isinstance(one, Unknown) for one in pieces) else text
    )


def _pieces(parts: tuple[str | Expression | If | For, ...], frame: Frame) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, If):
            test = to_bool(settled(evaluate(part.condition, frame)))
            if test is None:  # what may stand there is told, and that it is not known
                yield Unknown(part.condition.source, text="")
                yield from _pieces(part.then, frame)
            else:
                yield from _pieces(part.then if test else part.otherwise, frame)
        elif isinstance(part, For):
            pairs = elements(evaluate(part.collection, frame))
            if pairs is None:
                yield Unknown(part.collection.source, text="")
            for pair in pairs or ():
                yield from _pieces(part.body, bound(frame, part.names, *pair))
        else:
            value = evaluate(part, frame)
            yield wrong(part.source) if value is None or isinstance(value, (list, dict)) else value


def _name(expression: Name, frame: Frame) -> Value:
    return _reference(expression.name, (), expression.source, frame)


def _access(expression: Access, frame: Frame) -> Value:
    if isinstance(expression.base, Name):
        return _reference(expression.base.name, expression.steps, expression.source, frame)
    return take(evaluate(expression.base, frame), expression.steps, expression.source, frame)


def _reference(root: str, steps: Steps, source: str, frame: Frame) -> Value:
    if root in frame.names:
        return take(frame.names[root], steps, source, frame)
    value, rest = frame.scope.resolve(root, steps, source, frame)
    return take(value, rest, source, frame)


def take(value: Value, steps: Steps, source: str, frame: Frame) -> Value:
    """The value at `steps` below `value`."""
    for index, step in enumerate(steps):
        if isinstance(value, Unknown):
            if value.known is None:
                return named(value, source, _dotted(steps[index:]))
            value = value.known
        if isinstance(step, Splat):
            items = value if isinstance(value, list) else [] if value is None else [value]
            value = [take(item, step.steps, source, frame) for item in items]
            continue
        key = step if isinstance(step, str) else settled(evaluate(step, frame))
        if isinstance(key, Unknown):
            return combined(source, [key])
        value = element(value, key, source)
    return value


def _dotted(steps: Steps) -> str:
    return "".join(f".{step}" for step in steps if isinstance(step, str))


_HANDLERS: dict[type, Callable[[Any, Frame], Value]] = {
    Literal: _literal,
    Template: _template,
    Tuple: _tuple,
    ObjectLiteral: _object,
    Call: _call,
    Conditional: _conditional,
    Binary: _binary,
    Unary: _unary,
    ForExpression: _for,
    Name: _name,
    Access: _access,
    Opaque: _opaque,
}
