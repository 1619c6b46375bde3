"""What is gathered in a list before anything comes of it: `failures.append(...)`, and later `if failures: raise`."""

from __future__ import annotations

import ast
import re

_PUTS = frozenset(("append", "add", "extend"))
_COUNTS = frozenset(("len", "any", "bool"))
_TEXT = re.compile(r"err|msg|message", re.IGNORECASE)  # names of what is said, not of what is measured
_NAMES = 8
_ORDER = frozenset(("<", "<=", ">", ">="))


def orders(signs: object) -> bool:
    """Whether one of the signs of a test says which of two is the greater one."""
    return isinstance(signs, list) and not _ORDER.isdisjoint(signs)


def gathering(body: list[ast.stmt]) -> tuple[str, list[str]]:
    """The list that a branch adds to, and the names that stand in what it adds; '' where it adds to none."""
    for one in body:
        held: ast.expr | None = None
        told: list[ast.expr] = []
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):
            func = one.value.func
            if isinstance(func, ast.Attribute) and func.attr in _PUTS:
                held, told = func.value, one.value.args
        elif isinstance(one, ast.AugAssign) and isinstance(one.op, ast.Add) and isinstance(one.value, ast.List):
            held, told = one.target, [one.value]
        if isinstance(held, ast.Name):
            names = [node.id for given in told for node in ast.walk(given) if isinstance(node, ast.Name)]
            names = [name for name in names if not _TEXT.search(name)]
            return held.id, list(dict.fromkeys(names))[:_NAMES]
    return "", []


def asked(test: ast.expr) -> str:
    """The list of which a test asks whether anything is in it; '' where it asks for something else."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = test.comparators[0]
        if not (isinstance(right, ast.Constant) and right.value == 0):
            return ""
        test = test.left
    if isinstance(test, ast.Call) and len(test.args) == 1 and getattr(test.func, "id", "") in _COUNTS:
        test = test.args[0]
    return test.id if isinstance(test, ast.Name) else ""
