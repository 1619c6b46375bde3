"""What a program is told from outside, with its defaults: options of a command line, widgets of a notebook."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.python.constant import constant
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope
from mlops_scan.scanner.formats.python.values import CONSTANT_CALLS, Values

WIDGETS = frozenset(f"dbutils.widgets.{one}" for one in ("text", "dropdown", "combobox", "multiselect"))
_CLASSES = 4  # that one parser is handed


def declared(call: ast.Call) -> tuple[str, ast.expr] | None:
    """(attribute, default) of `add_argument("--model-path", default=...)` or `option(...)`; None without default."""
    names = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    keywords = {one.arg: one.value for one in call.keywords if one.arg}
    target, default = keywords.get("dest"), keywords.get("default")
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        names = [target.value]
    if not names or default is None:
        return None
    names.sort(key=lambda name: (name.startswith("-"), not name.startswith("--")))
    return names[0].lstrip("-").replace("-", "_"), default


def of_decorators(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """(parameter, default) of the command-line options that decorate a function."""
    found: list[tuple[str, ast.expr]] = []
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") in ("option", "argument"):
            option = declared(decorator)
            if option is not None:
                found.append(option)
    return found


def default_of(values: Values, default: ast.expr | None, scope: Scope) -> Any:
    """The constant default of a parameter, also inside `Option("x")` or `Query(default="x")`."""
    if default is None:
        return MISSING
    if isinstance(default, ast.Call):
        callee = values.resolver.callee(default, scope).name
        if callee in CONSTANT_CALLS or not callee.rpartition(".")[2][:1].isupper():
            return values.const(default, scope)
        named = [one.value for one in default.keywords if one.arg == "default"]
        inner = named or default.args[:1]
        return constant(inner[0].value) if inner and isinstance(inner[0], ast.Constant) else MISSING
    return values.const(default, scope)


def fill(values: Values, call: ast.Call, scope: Scope) -> None:
    """Keep the options that a parser takes from the classes it is handed: their fields, with their defaults."""
    given = [*call.args[:_CLASSES], *(keyword.value for keyword in call.keywords[:4])]
    listed = [one for value in given for one in (value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value])]
    for one in listed[:_CLASSES]:
        cls = values.resolver.resolve(one, scope).cls if isinstance(one, (ast.Name, ast.Attribute)) else None
        for name, field in cls.scope.names.items() if cls is not None else ():
            default = _default(values, field) if field.const is MISSING else field.const
            if default is not MISSING:
                values.options.setdefault(name, default)


def _default(values: Values, field: Binding) -> Any:
    """What a field is without an answer: `field(default="x")`, `Field("x")`."""
    if field.call is None or field.scope is None:
        return MISSING
    told = [one.value for one in field.call.keywords if one.arg == "default"] or field.call.args[:1]
    return values.const(told[0], field.scope) if told else MISSING


def ask(values: Values, node: ast.Call, scope: Scope) -> None:
    """Keep what a widget of a notebook is by default, under its name."""
    given = {one.arg: one.value for one in node.keywords}
    asked = [*node.args[:2], *(given[one] for one in ("name", "defaultValue") if one in given)]
    told = [values.const(one, scope) for one in asked]
    if len(told) == 2 and isinstance(told[0], str) and isinstance(told[1], str):
        values.widgets[told[0]] = told[1]
