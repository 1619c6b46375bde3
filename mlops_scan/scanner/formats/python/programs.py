"""The programs that a call starts: as a list of words or as a text, in turn in a loop, or as a caller tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats.python.context import Context
from mlops_scan.scanner.formats.python.literals import rows
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.scopes import Scope

_MOST = 20  # programs that one call starts in a loop
_WORDS = 100
_BUILT = (ast.Name, ast.JoinedStr, ast.BinOp, ast.Subscript, ast.Call)  # may be something else in each turn

Given = list[ast.expr] | ast.expr | None


def given(node: ast.Call, name: str, context: Context, recorder: Recorder) -> Given:
    """The words with which a program is started, or the expression of the text or list of them."""
    first = node.args[0] if node.args else next((one.value for one in node.keywords if one.arg == "args"), None)
    if name.startswith("runpy."):
        before = ["python", "-m"] if name.endswith("module") else ["python"]
        return [*(ast.copy_location(ast.Constant(word), node) for word in before), first] if first is not None else None
    if name.endswith("create_subprocess_exec"):
        return node.args[:_WORDS]
    if isinstance(first, ast.Call):
        first = _split(first)
    if isinstance(first, ast.Name):
        first = recorder.resolver.resolve(first, context.scope).node or first
    return _elements(first, context, recorder) or first


def _split(node: ast.Call) -> ast.expr:
    """The text of `shlex.split(text)` or `text.split()`."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        if getattr(node.func.value, "id", "") == "shlex" and len(node.args) == 1:
            return node.args[0]
        return node if node.args else node.func.value
    return node


def _elements(node: ast.expr | None, context: Context, recorder: Recorder) -> list[ast.expr] | None:
    """The words of a list, and of lists that are added to each other."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return list(node.elts[:_WORDS])
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return None
    left = node.left
    if isinstance(left, ast.Name):
        left = recorder.resolver.resolve(left, context.scope).node or left
    before = _elements(left, context, recorder) if isinstance(left, (ast.List, ast.Tuple, ast.BinOp)) else None
    if before is None:
        return None
    after = _elements(node.right, context, recorder)
    return [*before, *(after or [ast.copy_location(ast.Starred(node.right), node.right)])][:_WORDS]


def ways(found: Given, context: Context, recorder: Recorder) -> Iterator[Given]:
    """What is started, once for each turn of a loop over a literal."""
    if not context.loop or found is None:
        yield found
        return
    if isinstance(found, ast.Name) and (lists := recorder.values.rows.of(found, context.scope)):
        yield from (_elements(row, context, recorder) for row in lists)
        return
    turns = [_turns(one, context.scope, recorder) for one in (found if isinstance(found, list) else [found])]
    for row in rows(turns, _MOST):
        yield list(row) if isinstance(found, list) else row[0]


def _turns(node: ast.expr, scope: Scope, recorder: Recorder) -> list[ast.expr]:
    """The texts that an expression is in turn, else itself."""
    value = recorder.values.of(node, scope) if isinstance(node, _BUILT) else None
    each = value.get("each") if isinstance(value, dict) and "const" not in value else None
    return [ast.copy_location(ast.Constant(str(one)), node) for one in each[:_MOST]] if each else [node]


def wrapper(found: Given, context: Context, recorder: Recorder) -> dict[str, Any]:
    """What is to be said of a call that starts what its function is handed; nothing where its callers have no say."""
    nodes = found if isinstance(found, list) else [found] if found is not None else []
    if not any(_is_handed(one, context.scope) for node in nodes for one in ast.walk(node)):
        return {}
    says: dict[str, Any] = {"function": context.function}
    if isinstance(found, list):
        says["words"] = [_word(one, context.scope, recorder) for one in nodes]
    else:
        says["text"] = _word(nodes[0], context.scope, recorder)
    return says


def _is_handed(node: ast.AST, scope: Scope) -> bool:
    """Whether a name may be a parameter: bound in the function itself, to nothing that is known."""
    found = scope.names.get(node.id) if isinstance(node, ast.Name) else None
    return found is not None and (found.param != "" or not found.telling)


def _word(node: ast.expr, scope: Scope, recorder: Recorder) -> Any:
    if not isinstance(node, ast.Starred):
        return recorder.values.of(node, scope)
    inner = node.value.values[0] if isinstance(node.value, ast.BoolOp) else node.value  # `*(args or [])`
    value = recorder.values.of(inner, scope)
    return {**value, "spread": True} if isinstance(value, dict) else value
