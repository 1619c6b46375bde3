"""The operators of HCL over values, known or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlops_scan.scanner.formats.hcl.values import Unknown, Value, combined, settled, to_bool, to_number


def decided(operator: str, left: Value) -> bool | None:
    """The result where the left side alone settles it."""
    truth = to_bool(left)
    if operator == "&&" and truth is False:
        return False
    if operator == "||" and truth is True:
        return True
    return None


def apply(operator: str, left: Value, right: Value, source: str) -> Value:
    """`left operator right`, Unknown when a side is."""
    one, other = settled(left), settled(right)
    if operator in ("&&", "||"):
        return _logical(operator, one, other, source)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return combined(source, [left, right])
    if operator in ("==", "!="):
        equal = same(one, other)
        return Unknown(source) if equal is None else equal == (operator == "==")
    return _arithmetic(operator, to_number(one), to_number(other), source)


def _logical(operator: str, left: Value, right: Value, source: str) -> Value:
    sides = (to_bool(left), to_bool(right))
    if operator == "&&":
        return False if False in sides else True if None not in sides else Unknown(source)
    return True if True in sides else False if None not in sides else Unknown(source)


def _arithmetic(operator: str, left: int | float | None, right: int | float | None, source: str) -> Value:
    if left is None or right is None:
        return Unknown(source, wrong=True)
    try:
        result = _ARITHMETIC[operator](left, right)
    except (ArithmeticError, ValueError, KeyError):
        return Unknown(source, wrong=True)
    if isinstance(result, int) and not isinstance(result, bool) and abs(result) >= 2**63:
        return float(result)
    return result


def _divided(left: float, right: float) -> int | float:
    result = left / right
    return int(result) if result.is_integer() else result


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": lambda left, right: left % right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def same(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None when that is not known (or too much to compare)."""
    left, right = settled(left), settled(right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if left is None or right is None:
        return left is right
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        if isinstance(left, (list, dict)) and isinstance(right, (list, dict)) and not (left and right):
            return len(left) == len(right) and isinstance(left, list) == isinstance(right, list)
        return None if type(left) is type(right) else False
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, str) != isinstance(right, str):
        return False
    return bool(left == right)
