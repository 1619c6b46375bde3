"""JSON constants among the `value`s of docs/facts.md, and what is not one."""

from __future__ import annotations

import ast
import math
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.scopes import MISSING


def constant(value: Any) -> Any:
    """A Python constant as a JSON value, or MISSING. Long texts are cut, what UTF-8 cannot hold is replaced."""
    if isinstance(value, str):
        value = value[: bounds.FACT_TEXT]
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else MISSING
    if isinstance(value, float):
        return value if math.isfinite(value) else MISSING
    return MISSING


def negative(node: ast.UnaryOp) -> Any:
    """The number of `-3`, or MISSING."""
    if isinstance(node.operand, ast.Constant) and isinstance(node.op, ast.USub):
        number = constant(node.operand.value)
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return -number
    return MISSING


def is_constant(value: Any) -> bool:
    """Whether nothing unknown is in a value."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if "expr" in one:
                return False
            stack += one.values()
        elif isinstance(one, list):
            stack += one
    return True


def is_unknown(value: Any) -> bool:
    """Whether of a value no constant is known."""
    return isinstance(value, dict) and "expr" in value and "const" not in value


def plain(value: Any) -> Any:
    """The constant that a value is known to be, else the value."""
    return value["const"] if isinstance(value, dict) and "expr" in value and "const" in value else value
