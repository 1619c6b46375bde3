"""Functions that do not just take values: they look at failures, or read files of the repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mlops_scan.scanner.formats.hcl.frames import Frame
from mlops_scan.scanner.formats.hcl.nodes import Call, Expression, Literal
from mlops_scan.scanner.formats.hcl.values import MAX_ITEMS, Unknown, Value, settled, wrong

Evaluate = Callable[[Expression, Frame], Value]
_NOTHING = Literal(None, (0, 0), "")


def _try(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    value: Value = wrong(expression.source)
    for arg in expression.args:
        value = evaluate(arg, frame)
        if not (isinstance(value, Unknown) and value.wrong):
            return value
    return value


def _can(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    value = evaluate(expression.args[0], frame) if expression.args else None
    if isinstance(value, Unknown):
        return False if value.wrong else Unknown(expression.source, call="can")
    return True


def _file(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    path = evaluate(expression.args[0], frame) if expression.args else None
    text = frame.scope.read(path) if isinstance(path, str) else None
    return text if text is not None else Unknown(expression.source, call=expression.name, parts=_parts(path))


def _fileset(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    folder, pattern = (settled(evaluate(arg, frame)) for arg in (*expression.args[:2], *[_NOTHING] * 2)[:2])
    names = frame.scope.names(folder, pattern) if isinstance(folder, str) and isinstance(pattern, str) else None
    return Unknown(expression.source, call=expression.name) if names is None else names[:MAX_ITEMS]


def _templatefile(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    args = [evaluate(arg, frame) for arg in expression.args[:2]]
    path, variables = args if len(args) == 2 else (None, None)
    found = frame.scope.template(path) if isinstance(path, str) else None
    if found is None or not isinstance(variables, dict):
        return Unknown(expression.source, call=expression.name, parts=_parts(path))
    template, where = found
    names = {**frame.names, **variables}
    value = evaluate(template, Frame(frame.scope, frame.budget, where, names))
    return replace(value, source=expression.source) if isinstance(value, Unknown) else value


def _parts(value: Value) -> tuple[str, ...]:
    return (str(value),) if isinstance(value, str) else value.parts if isinstance(value, Unknown) else ()


SPECIAL: dict[str, Callable[[Call, Frame, Evaluate], Value]] = {
    "try": _try,
    "can": _can,
    "file": _file,
    "fileset": _fileset,
    "templatefile": _templatefile,
}
