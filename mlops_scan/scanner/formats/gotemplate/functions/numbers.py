"""Arithmetic: whole numbers as int64, the functions ending in f as decimals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import to_int, to_number
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value

_WORD = 2**64


def _int64(number: int) -> int:
    """Wrapped round as an int64 is."""
    wrapped = number % _WORD
    return wrapped - _WORD if wrapped >= _WORD // 2 else wrapped


def _product(*values: Value) -> int:
    made = 1
    for value in values:
        made = _int64(made * to_int(value))
    return made


def _divide(left: Value, right: Value) -> int:
    """Go's division: towards zero."""
    first, second = to_int(left), to_int(right)
    if second == 0:
        raise TemplateError("integer divide by zero")
    made = abs(first) // abs(second)
    return made if (first < 0) == (second < 0) else -made


def _remainder(left: Value, right: Value) -> int:
    return to_int(left) - _divide(left, right) * to_int(right)


def _floats(values: tuple[Value, ...]) -> list[Decimal]:
    return [Decimal(repr(float(to_number(value)))) for value in values]


def _add(*values: Value) -> float:
    return float(sum(_floats(values)))


def _subtract(*values: Value) -> float:
    first, *rest = _floats(values)
    return float(first - sum(rest))


def _multiply(*values: Value) -> float:
    return float(math.prod(_floats(values)))


def _divide_floats(*values: Value) -> float:
    made, *rest = _floats(values)
    for one in rest:
        if one == 0:
            raise TemplateError("division by zero")
        made /= one
    return float(made)


def _round(value: Value, places: Value = 0, _: Value = 0.5) -> float:
    try:
        return float(_floats((value,))[0].quantize(Decimal(1).scaleb(-to_int(places)), ROUND_HALF_UP))
    except InvalidOperation:
        return float(to_number(value))


def _octal(value: Value) -> int:
    try:
        return int(show(value)[:22], 8)
    except ValueError:
        return 0


NUMBERS: Mapping[str, Callable[..., Value]] = {
    "add": lambda *values: _int64(sum(to_int(value) for value in values)),
    "add1": lambda value: _int64(to_int(value) + 1),
    "sub": lambda left, right: _int64(to_int(left) - to_int(right)),
    "mul": _product,
    "div": _divide,
    "mod": _remainder,
    "max": lambda *values: max(to_int(value) for value in values),
    "biggest": lambda *values: max(to_int(value) for value in values),
    "min": lambda *values: min(to_int(value) for value in values),
    "floor": lambda value: float(math.floor(to_number(value))),
    "ceil": lambda value: float(math.ceil(to_number(value))),
    "round": _round,
    "addf": _add,
    "add1f": lambda value: _add(value, 1),
    "subf": _subtract,
    "mulf": _multiply,
    "divf": _divide_floats,
    "maxf": lambda *values: max(float(to_number(value)) for value in values),
    "minf": lambda *values: min(float(to_number(value)) for value in values),
    "int": to_int,
    "int64": to_int,
    "atoi": to_int,
    "float64": lambda value: float(to_number(value)),
    "toDecimal": _octal,
}
