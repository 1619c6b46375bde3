"""Calls of which one is made for each of several values: `Operator.partial(image="x").expand(arguments=[a, b])`."""

from __future__ import annotations

import ast

_EXPANDS = ("expand", "expand_kwargs")
MAPS = tuple(f".partial.{one}" for one in _EXPANDS)  # ends of the names of such calls


def first(node: ast.Call) -> ast.Call | None:
    """The first of the calls that a mapped one comes to: `Operator(image="x", arguments=a)`; None for a function's."""
    begun = node.func.value if isinstance(node.func, ast.Attribute) else None
    if not isinstance(begun, ast.Call) or not isinstance(begun.func, ast.Attribute):
        return None
    made = begun.func.value
    if not getattr(made, "attr", getattr(made, "id", ""))[:1].isupper():
        return None
    each = [ast.keyword(one.arg, _first(one.value)) for one in node.keywords if one.arg]
    if isinstance(node.func, ast.Attribute) and node.func.attr == _EXPANDS[1]:
        each = _entries(node)
    return ast.copy_location(ast.Call(made, list(begun.args), [*begun.keywords, *each]), node)


def _first(value: ast.expr) -> ast.expr:
    """The first of the values that a literal holds; else all that is known of them."""
    return value.elts[0] if isinstance(value, (ast.List, ast.Tuple)) and value.elts else value


def _entries(node: ast.Call) -> list[ast.keyword]:
    """What the first of several dicts says."""
    told = _first(node.args[0]) if node.args else None
    pairs = zip(told.keys, told.values, strict=True) if isinstance(told, ast.Dict) else ()
    return [
        ast.keyword(key.value, value)
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
