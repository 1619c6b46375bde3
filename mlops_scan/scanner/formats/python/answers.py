"""What a function answers by a test: in what it returns, writes or hands on, in what branches of an `if` set."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats.python.scopes import Binding, Scope

_CASTS = frozenset(("bool", "str", "int", "float"))
_METHODS = frozenset(("lower", "upper", "item", "strip"))
_HOLDERS = ("output", "outputs", "result", "results", "tuple", "decision")  # endings of names of tuples with names
_WRITES = frozenset(("write", "write_text", "dump", "xcom_push"))
_TESTS = (ast.Compare, ast.BoolOp)
_MOST = 16


def within(value: ast.expr, resolve: Callable[[ast.expr, Scope], Binding], scope: Scope) -> Iterator[ast.expr]:
    """The tests that an answer holds: `bool(a > b)`, `("true" if a > b else "false",)`, a name that was set to one."""
    waiting: list[tuple[ast.expr, bool]] = [(value, True)]
    for _ in range(_MOST):
        if not waiting:
            return
        node, named = waiting.pop()
        if isinstance(node, ast.IfExp):
            waiting.append((node.test, named))
        elif isinstance(node, _TESTS):
            yield node
        elif isinstance(node, ast.Call):
            waiting += [(one, named) for one in _held(node)]
        elif isinstance(node, (ast.Tuple, ast.List)):
            waiting += [(one, named) for one in reversed(node.elts[:_MOST])]
        elif isinstance(node, ast.Dict):
            waiting += [(one, named) for one in reversed(node.values[:_MOST])]
        elif isinstance(node, ast.Name) and named:
            binding = resolve(node, scope)
            found = binding.node or binding.before
            if isinstance(found, (*_TESTS, ast.IfExp)):
                waiting.append((found, False))


def written(call: ast.Call) -> list[ast.expr]:
    """What a call writes to a file or hands on to other steps."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _WRITES:
        return []
    return [*call.args[:2], *(one.value for one in call.keywords[:4])]


def looked_into(value: ast.expr) -> ast.expr | None:
    """The test in what a name is set to: `bool(a > b)`, `"yes" if a > b else "no"`."""
    if isinstance(value, ast.IfExp):
        plain = isinstance(value.body, ast.Constant) and isinstance(value.orelse, ast.Constant)
        return value.test if plain and isinstance(value.test, _TESTS) else None
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], _TESTS):
        return value.args[0] if getattr(value.func, "id", "") in _CASTS else None
    return None


def decided(body: list[ast.stmt]) -> list[str]:
    """The names that a branch sets to a text or a truth, and `write` where it writes one."""
    found: dict[str, None] = {}
    for one in body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            if isinstance(one.value, ast.Constant) and isinstance(one.value.value, (str, bool)):
                found[one.targets[0].id] = None
        elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):
            given = written(one.value)
            if any(isinstance(plain, ast.Constant) for plain in given):
                found["write"] = None
    return list(found)


def _held(call: ast.Call) -> list[ast.expr]:
    """What a call only wraps: a conversion, a tuple with names."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in _METHODS:
        return [func.value]
    name = str(getattr(func, "id", getattr(func, "attr", ""))).lower()
    made = getattr(getattr(func, "func", None), "id", "")  # `namedtuple("Outputs", ["deploy"])(...)`
    if name in _CASTS or name.endswith(_HOLDERS) or made == "namedtuple":
        return [*call.args[:_MOST], *(one.value for one in call.keywords[:_MOST])]
    return []
