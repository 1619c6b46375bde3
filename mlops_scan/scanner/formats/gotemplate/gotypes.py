"""Go's view of a value: what is true, what its type is called, how YAML scalars and numbers are read.

Numbers of YAML and JSON are floats, as in Helm; numbers of template literals and of `int` are ints.
"""

from __future__ import annotations

import re

from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.yamlnodes import Scalar

_TRUE = frozenset(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"))
_FALSE = frozenset(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_NUMERIC = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0o?[0-7_]+|[0-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DIGITS = 40  # a longer number is text: int() is quadratic


class Unknown:
    """A value that cannot be known here (a template that is missing, a call that failed): false, prints nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


def scalar(node: Scalar) -> Value:
    """A YAML scalar as Go's YAML 1.1 reader types it."""
    text = str(node)
    if not node.bare or node.tag.endswith(":str"):
        return text
    return word(text)


def word(text: str) -> Value:
    """A bare YAML word: null, bool, float (every number), or text."""
    if text[:1] in _NUMERIC and text:
        return _number(text)
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return text


def _number(text: str) -> Value:
    if len(text) > _DIGITS:
        return text
    if _INTEGER.match(text):
        whole = _whole(text.replace("_", ""))
        if whole is not None:
            return float(whole)
    if _FLOAT.match(text):
        return float(text.replace("_", ""))
    return text


def _whole(text: str) -> int | None:
    """A Go integer literal (0755 is octal), or None when its digits do not fit its base."""
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-")
    try:
        if digits[:1] == "0" and digits[1:].isdigit():
            return sign * int(digits, 8)
        return sign * int(digits, 0)
    except ValueError:
        return None


def truth(value: Value) -> bool:
    """Whether `if` takes the value as true: not zero, not empty, not nil."""
    if value is None or value is UNKNOWN or value is False:
        return False
    if isinstance(value, (str, list, dict, int, float)):
        return bool(value)
    try:
        return len(value) > 0
    except TypeError:
        return True


def kind(value: Value) -> str:
    """The name of reflect.Kind."""
    if value is None or value is UNKNOWN:
        return "invalid"
    if isinstance(value, bool):
        return "bool"
    for one, name in ((str, "string"), (int, "int"), (float, "float64"), (dict, "map"), (list, "slice")):
        if isinstance(value, one):
            return name
    return "ptr"


def type_name(value: Value) -> str:
    """What `%T` prints."""
    names = {"map": "map[string]interface {}", "slice": "[]interface {}", "invalid": "<nil>"}
    return names.get(kind(value), kind(value))


def to_number(value: Value) -> int | float:
    """The number in a value as the cast library reads it; 0 for what is none."""
    if isinstance(value, (bool, int, float)):
        return value if not isinstance(value, bool) else int(value)
    if isinstance(value, str):
        found = _number(value.strip()) if value.strip()[:1] in _NUMERIC else None
        if isinstance(found, float):
            return int(found) if found.is_integer() and "." not in value and "e" not in value.lower() else found
    return 0


def to_int(value: Value) -> int:
    """The value as int64, cut towards zero; 0 for what is no number."""
    found = to_number(value)
    if isinstance(found, float) and (found != found or abs(found) >= 2**63):
        return 0
    return int(found)


def to_list(value: Value) -> list[Value]:
    """The value as a list: nil is empty, a lone value a list of one."""
    if isinstance(value, list):
        return value
    if value is None or value is UNKNOWN:
        return []
    if isinstance(value, (tuple, range)):
        return list(value)
    return [value]
