"""Texts that an expression puts together of names: f-strings, sums, `format`, `%`, joined paths."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

_Lookup = Callable[[str], Any]
_LONGEST = 120  # longer expressions are cut off where facts keep them
_PATHS = ("Path", "PurePath", "PosixPath", "PurePosixPath")


def written(text: str, lookup: _Lookup) -> str | None:
    """The text that an expression makes when `lookup` tells the constants of its names; None where one is unknown."""
    if len(text) >= _LONGEST or not any(sign in text for sign in ("+", "/", "{", "%", "join", "Path", "str(")):
        return None
    try:
        node = ast.parse(text, mode="eval").body
        return None if isinstance(node, (ast.Name, ast.Attribute, ast.Constant)) else _text(node, lookup)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _text(node: ast.expr, lookup: _Lookup) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, (str, int, float)) else None
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return _found(node, lookup)
    if isinstance(node, ast.JoinedStr):
        return _joined("", [_text(one, lookup) for one in node.values])
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, lookup) if node.format_spec is None and node.conversion in (-1, 115) else None
    if isinstance(node, ast.BinOp):
        return _operation(node, lookup)
    return (_call(node, lookup) or _found(node, lookup)) if isinstance(node, ast.Call) else None


def _found(node: ast.expr, lookup: _Lookup) -> str | None:
    value = lookup(ast.unparse(node))
    return str(value) if isinstance(value, (str, int, float)) else None


def _joined(between: str, parts: list[str | None]) -> str | None:
    known = [one for one in parts if one is not None]
    return between.join(known) if known and len(known) == len(parts) else None


def _operation(node: ast.BinOp, lookup: _Lookup) -> str | None:
    if isinstance(node.op, ast.Mod):
        form = _text(node.left, lookup)
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _filled(form, "%s", [_text(one, lookup) for one in values])
    between = "/" if isinstance(node.op, ast.Div) else "" if isinstance(node.op, ast.Add) else None
    parts = [_text(node.left, lookup), _text(node.right, lookup)]
    return (
        _joined(between, [one.rstrip("/") if between and one else one for one in parts])
        if between is not None
        else None
    )


def _filled(form: str | None, mark: str, values: list[str | None]) -> str | None:
    if form is None or form.count(mark) != len(values):
        return None
    pieces = form.split(mark)
    return _joined("", [pieces[0], *(one for pair in zip(values, pieces[1:], strict=True) for one in pair)])


def _call(node: ast.Call, lookup: _Lookup) -> str | None:
    if node.keywords:
        return None
    name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
    last = name.rpartition(".")[2]
    args = [_text(one, lookup) for one in node.args]
    if last in _PATHS or name.endswith("path.join"):
        return _joined("/", [one.rstrip("/") if one else one for one in args])
    if name == "str" and len(args) == 1:
        return args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "joinpath":
        return _joined("/", [_text(node.func.value, lookup), *args])
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _filled(_text(node.func.value, lookup), "{}", args)
    return None
