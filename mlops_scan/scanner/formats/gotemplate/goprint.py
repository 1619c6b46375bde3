"""Go's fmt: how a value prints with %v, in quotes, and through Printf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, to_int, to_number, type_name
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.struct import Struct

_VERB = re.compile(r"%([-+# 0]*)([1-9]\d*|\*)?(?:\.(\d+|\*)?)?(?:\[(\d+)\])?([a-zA-Z%])", re.DOTALL)
_WIDTH = 10_000
_NODES = 200_000
_QUOTED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')


def show(value: Value) -> str:
    """What an action prints: %v, but nothing for nil."""
    if isinstance(value, str):
        return value
    if value is None or value is UNKNOWN:
        return ""
    return verbose(value)


def verbose(value: Value) -> str:
    """%v."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if value is UNKNOWN:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    return "".join(_parts(value, [_NODES], 0))


def _parts(value: Value, left: list[int], depth: int) -> Iterator[str]:
    left[0] -= 1
    if left[0] < 0 or depth > bounds.YAML_DEPTH:
        raise BoundError("a value too big to print")
    if isinstance(value, Struct) and value.shown is not None:
        yield value.shown
    elif isinstance(value, dict):
        yield "map["
        for index, key in enumerate(sorted(value, key=str)):
            yield f"{' ' if index else ''}{key}:"
            yield from _parts(value[key], left, depth + 1)
        yield "]"
    elif isinstance(value, (list, tuple, range)):
        yield "["
        for index, item in enumerate(value):
            yield " " if index else ""
            yield from _parts(item, left, depth + 1)
        yield "]"
    else:
        yield verbose(value) if value is None or isinstance(value, (str, int, float)) else str(value)


def float_text(value: float) -> str:
    """%v of a float64: the shortest digits, with an exponent from 1e+06 on."""
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    digits, exponent = _digits(repr(value))
    if -4 <= exponent < 6:
        return json_float(value)
    sign = "-" if value < 0 else ""
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _digits(text: str) -> tuple[str, int]:
    """(significant digits, decimal exponent) of a float's repr."""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, part = mantissa.partition(".")
    exponent = len(whole) - 1 + int(power or 0)
    digits = whole + part
    stripped = digits.lstrip("0")
    exponent -= len(digits) - len(stripped) if stripped else 0
    return stripped.rstrip("0") or "0", exponent


def json_float(value: float) -> str:
    """A float64 as encoding/json writes it: no exponent between 1e-6 and 1e21."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    exponent = int(power)
    if -6 <= exponent < 21:
        return f"{value:.{max(0, len(mantissa.replace('-', '').replace('.', '')) - 1 - exponent)}f}"
    return f"{mantissa}e{exponent:+03d}"


def quote(text: str) -> str:
    """%q."""
    if not _SPECIAL.search(text):
        return f'"{text}"'
    return '"' + _SPECIAL.sub(lambda match: _QUOTED.get(match[0], f"\\x{ord(match[0]):02x}"), text) + '"'


def printf(layout: str, *values: Value) -> str:
    """fmt.Sprintf."""
    return _Printf(values).run(layout)


class _Printf:
    def __init__(self, values: tuple[Value, ...]) -> None:
        self.values, self.index = values, 0

    def run(self, layout: str) -> str:
        text = _VERB.sub(self._verb, layout)
        if self.index < len(self.values):
            extra = ", ".join(f"{type_name(one)}={verbose(one)}" for one in self.values[self.index :])
            text += f"%!(EXTRA {extra})"
        return text

    def _verb(self, match: re.Match[str]) -> str:
        flags, width, precision, position, verb = match.groups()
        if verb == "%":
            return "%"
        if width == "*":
            width = str(to_int(self._next()))
        if position:
            self.index = int(position) - 1
        if self.index >= len(self.values):
            return f"%!{verb}(MISSING)"
        text = _formatted(verb, self._next(), flags, precision)
        size = int(width or 0)
        if size > _WIDTH or int(precision or 0) > _WIDTH:
            raise TemplateError("printf: width too large")
        if "-" in flags:
            return text.ljust(size)
        return text.zfill(size) if "0" in flags and verb in "dfFxXeg" else text.rjust(size)

    def _next(self) -> Value:
        self.index += 1
        return self.values[self.index - 1]


def _formatted(verb: str, value: Value, flags: str, precision: str | None) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if verb in "vw":
        return verbose(value)
    if verb == "T":
        return type_name(value)
    if value is UNKNOWN:
        return ""
    if verb in "sq" and isinstance(value, (str, list, dict)):
        text = verbose(value)
        text = text[: int(precision)] if precision else text
        return quote(text) if verb == "q" else text
    if verb == "t" and isinstance(value, bool):
        return verbose(value)
    if verb in "fFeEgG" and isinstance(value, float):
        shape = f".{precision}{verb}" if precision is not None else verb
        return verbose(value) if shape == "g" else format(value, shape)
    if verb in "dxXobc" and whole:
        number = int(to_number(value))
        return chr(number % 0x110000) if verb == "c" else format(number, ("+" if "+" in flags else "") + verb)
    if verb in "xX" and isinstance(value, str):
        digits = value.encode().hex()
        return digits.upper() if verb == "X" else digits
    return f"%!{verb}({'<nil>' if value is None else f'{type_name(value)}={verbose(value)}'})"
